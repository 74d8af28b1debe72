/*
 * One AgentX session as seen by a subagent (RFC 2741): opens, registers its subtrees in a context of its own, answers
 * Get, GetNext and GetBulk out of a table that is filled anew when it is older than a second, refuses every Set, and
 * sends notifications. No descriptor, no thread: octets in, octets out.
 */
#ifndef VOXGATE_SVC_AGENTX_SESSION_H
#define VOXGATE_SVC_AGENTX_SESSION_H

#include "platform/base/clock.h"
#include "platform/svc/agentx_wire.h"

#define AGENTX_INPUT_MAX (AGENTX_HEAD + AGENTX_PAYLOAD_MAX) /* a PDU; the caller's buffer holds one */
#define AGENTX_PATIENCE_MS 10000u                           /* an answer of the master is late after that */
#define AGENTX_IDLE_MS 30000u                               /* is it still there? */
#define AGENTX_FRESH_MS 1000u
#define AGENTX_WHY_MAX 120u

struct agentx_conf { /* static text */
        const char *description, *context;
        uint8_t priority; /* 1-255: the lower one is asked */
        const char *const *subtree;
        unsigned nsubtrees;
};
struct agentx_mib {
        void *ctx;
        void (*fill)(void *ctx, struct mib_table *t); /* an empty table; it is sorted afterwards */
};

enum agentx_state { AGENTX_DOWN, AGENTX_OPENING, AGENTX_REGISTERING, AGENTX_UP };
struct agentx_counts {
        uint64_t in, out; /* PDUs */
        uint64_t get, next, bulk, set, vars, errors, notified, unnotified, bad, sessions;
};

struct agentx_session;
/* What is pointed to is borrowed. NULL when out of memory. */
struct agentx_session *agentx_session_new(const struct clock *clk, const struct agentx_conf *c,
                                          const struct agentx_mib *mib) MUST_USE;
void agentx_session_free(struct agentx_session *s); /* NULL is legal */

/* There is a connection: the first octets are ready. */
void agentx_session_begin(struct agentx_session *s);
/* Consumes the PDUs that are there as a whole, as many as there is room for answers. -1: the connection is of no use
 * (agentx_session_why). */
int agentx_session_input(struct agentx_session *s, struct cur *in);
/* Asks whether the master is there, and finds that it is not: -1. */
int agentx_session_tick(struct agentx_session *s);
/* The connection is over, or will be when what is ready is sent. */
void agentx_session_end(struct agentx_session *s);

/* What is to be sent; how much of it was. */
const uint8_t *agentx_session_output(const struct agentx_session *s, size_t *n);
void agentx_session_sent(struct agentx_session *s, size_t n);

/* vars in the order in which they are sent, snmpTrapOID.0 first. false: the master is not there, or takes nothing. */
bool agentx_session_notify(struct agentx_session *s, const struct mib_table *vars);

enum agentx_state agentx_session_state(const struct agentx_session *s);
const char *agentx_session_why(const struct agentx_session *s); /* the end of the last connection; "" none */
const struct agentx_counts *agentx_session_counts(const struct agentx_session *s);

#endif
