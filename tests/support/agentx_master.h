/* A master agent of our own, for tests of the subagent's session: writes PDUs in either order of octets, reads ours.
 */
#ifndef VOXGATE_AGENTX_MASTER_H
#define VOXGATE_AGENTX_MASTER_H

#include "platform/svc/agentx_session.h"

#define MASTER_SESSION 77u

struct master {
        bool le;      /* writes the lower octet first */
        size_t begun; /* the PDU that is written */
        size_t n;     /* what it has to send */
        uint8_t out[8192];
};

/* The PDUs that the session has ready, each to fn; they count as sent. Returns how many. */
unsigned master_read(struct agentx_session *s, void (*fn)(void *ctx, const struct agentx_pdu *p), void *ctx);

/* A head; the length is put in by master_end(). */
void master_begin(struct master *m, uint8_t type, uint8_t flags, uint32_t session, uint32_t packet);
void master_end(struct master *m);
void master_u16(struct master *m, uint16_t v);
void master_u32(struct master *m, uint32_t v);
void master_octets(struct master *m, const char *s);
/* With the prefix of RFC 2741 where the name has it; "": the null name. */
void master_oid(struct master *m, const char *oid, bool include);
/* An answer to a PDU of the session's. */
void master_response(struct master *m, uint32_t session, uint32_t packet, uint16_t error);
/* A request for the ranges {start, end}, {start, end}, ... up to NULL. */
void master_request(struct master *m, uint8_t type, const char *const *ranges);

/* Gives the session what there is to send. */
int master_send(struct master *m, struct agentx_session *s);
/* Opens it, and takes all it registers. */
void master_accept(struct master *m, struct agentx_session *s);

#endif
