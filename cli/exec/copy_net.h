/* Files from and to other hosts: what `copy` shows meanwhile, and whom it trusts. */
#ifndef VOXGATE_CLI_EXEC_COPY_NET_H
#define VOXGATE_CLI_EXEC_COPY_NET_H

#include "cli/exec/copy_url.h"
#include "cli/lang/text.h"

/* p->src into `to`, of at most `room` bytes. */
int copy_fetch(struct session *s, struct copy_plan *p, uint64_t room, struct text *to, struct err *e);
/* n bytes to p->dst. */
int copy_send(struct session *s, struct copy_plan *p, const void *data, size_t n, struct err *e);

#endif
