/* Host names in commands: asked for while the operator waits, until ^C. */
#ifndef VOXGATE_CLI_EXEC_RESOLVE_H
#define VOXGATE_CLI_EXEC_RESOLVE_H

#include "cli/exec/util.h"

/* An address as typed, or the first one of the name. -1: the name has none, or the operator has had enough. */
int resolve_host(struct session *s, const char *text, struct addr *out, struct err *e);

#endif
