/* `ping`: what its kinds share. */
#ifndef VOXGATE_CLI_EXEC_PING_H
#define VOXGATE_CLI_EXEC_PING_H

#include "cli/exec/util.h"

#define PING_REPEAT 5
#define PING_BYTES 100
#define PING_TIMEOUT_S 2

struct ping_job {
        char host[254];              /* name or address */
        char nameif[NAMEIF_MAX + 1]; /* "": by the route */
        unsigned repeat, bytes, timeout_s;
        uint16_t port;   /* TCP */
        struct addr src; /* TCP: of which of our interfaces; ADDR_NONE: by the route */
};

/* Tries number i, from 1 on. '!' answered (with the time it took), '.' silence, 'U' unreachable, 'R' refused;
 * 0: the operator has had enough. */
typedef char (*ping_one_fn)(void *ctx, unsigned i, uint32_t *rtt_us);
/* One after the other, with a mark for each and the sum of it. */
void ping_all(struct session *s, unsigned repeat, ping_one_fn one, void *ctx);

int ping_echo(struct session *s, const struct ping_job *j, struct err *e);
int ping_tcp(struct session *s, const struct ping_job *j, struct err *e);
/* `ping` alone: asks for everything. */
int ping_ask(struct session *s, const struct args *a, struct err *e);

#endif
