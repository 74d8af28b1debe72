/* What `copy` reads and writes. */
#ifndef VOXGATE_CLI_EXEC_COPY_IO_H
#define VOXGATE_CLI_EXEC_COPY_IO_H

#include "cli/exec/copy_url.h"

/* Does it; what is to be shown goes to say. *changed: the running configuration is another. */
int copy_run(struct session *s, struct copy_plan *p, struct text *say, bool *changed, struct err *e);

#endif
