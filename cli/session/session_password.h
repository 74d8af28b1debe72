/* The questions of `change-password`, for sessions that must ask them before anything else. */
#ifndef VOXGATE_CLI_SESSION_SESSION_PASSWORD_H
#define VOXGATE_CLI_SESSION_SESSION_PASSWORD_H

#include "cli/session/session.h"

/* forced: says why. NULL: out of memory. */
struct dialog *password_dialog(struct session *s, bool forced) MUST_USE;

#endif
