/* What `debug call` was asked to follow, as words that debug lines hold. */
#ifndef VOXGATE_CLI_EXEC_DEBUG_CALL_H
#define VOXGATE_CLI_EXEC_DEBUG_CALL_H

#include "cli/lang/exec.h"
#include "cli/session/follow.h"
#include "platform/base/err.h"

int debug_call_follow(struct session *s, const struct args *a, struct follow *f, struct err *e);

#endif
