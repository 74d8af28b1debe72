/* Where `configure net` and `write net` go. */
#ifndef VOXGATE_CLI_EXEC_NET_PLACE_H
#define VOXGATE_CLI_EXEC_NET_PLACE_H

#include "cli/exec/copy_url.h"

/* "SERVER:FILE", ":FILE", "SERVER:", ":" or nothing, what is left out as in `tftp-server`; or a URL. -1: it is
 * not all known. */
int net_place(struct session *s, const char *typed, struct copy_end *out, struct err *e);

#endif
