/*
 * The SNMP subagent: keeps a session (agentx_session.h) with the master agent of the host over its socket, and begins
 * anew when it ends. One thread runs agentx_step(); everybody else looks at copies.
 */
#ifndef VOXGATE_SVC_AGENTX_H
#define VOXGATE_SVC_AGENTX_H

#include "platform/base/err.h"
#include "platform/svc/agentx_session.h"

#define AGENTX_SOCKET "/var/agentx/master" /* where Debian's snmpd has it */
#define AGENTX_PATH_MAX 107u
#define AGENTX_RETRY_MS 1000u /* between connections, more and more up to */
#define AGENTX_RETRY_MAX_MS 15000u
#define AGENTX_LOOK_MS 1000u

struct agentx_env {
        const struct clock *clk;
        const char *path; /* of the master's socket */
        struct agentx_conf conf;
        struct agentx_mib mib;
        /* In its thread, about every second while the session is up: what is to be notified? Takes mib.ctx. */
        void (*look)(void *ctx, struct agentx_session *s, unsigned notify);
};

struct agentx;
/* What env points to is borrowed. NULL when out of memory. */
struct agentx *agentx_new(const struct agentx_env *env, struct err *e) MUST_USE;
void agentx_free(struct agentx *a); /* NULL is legal. Its thread has ended. */
/* Any thread. Off: the session is closed, and nothing is connected to. notify: handed to look(). */
void agentx_configure(struct agentx *a, bool on, unsigned notify);

/* What it was told to notify; 0 while it is off. Any thread. */
unsigned agentx_notifies(struct agentx *a);

/* One round of its thread: waits at most wait_ms. */
void agentx_step(struct agentx *a, unsigned wait_ms);
void agentx_run(struct agentx *a); /* until agentx_stop(), any thread */
void agentx_stop(struct agentx *a);

/* ---- views (any thread) ---- */
struct agentx_status {
        bool enabled;
        enum agentx_state state;
        char path[AGENTX_PATH_MAX + 1];
        char why[AGENTX_WHY_MAX]; /* why there is no session, or not all of one; "" */
        struct agentx_counts counts;
};
void agentx_status(struct agentx *a, struct agentx_status *out);

#endif
