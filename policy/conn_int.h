/* Private to policy/conn*.c. */
#ifndef VOXGATE_POLICY_CONN_INT_H
#define VOXGATE_POLICY_CONN_INT_H

#include "platform/base/log_limit.h"
#include "platform/base/pool.h"
#include "policy/conn.h"

#define CONN_WALK_SLOTS 512u   /* looked at per call of a walk: as long as a burst takes, 50 us */
#define CONN_CLEAR_MOST 128u   /* ended per call */
#define CONN_SWEEP_SLOTS 4096u /* looked at per tick of a sweep */
#define CONN_SWEEP_MOST 1024u  /* ended per tick */
#define CONN_SWEEP_MS 10u

struct conn_iface_seen { /* what of an interface a conn depends on */
        bool up;
        uint8_t mask_len;
        struct addr ip;
        uint32_t naming;
};

struct conn_table {
        struct worker *w;
        struct pool *pool;
        struct hash_table keys; /* both sides of every conn */
        uint64_t seed, next_id, built_tcp, built_udp;
        uint32_t live, most;
        struct log_full full;
        plan_refused_fn refused;
        /* sweep after a commit: conns older than `below` on an interface die with it */
        struct conn_iface_seen seen[IFACES_MAX];
        uint64_t below[IFACES_MAX]; /* 0: nothing to do */
        uint32_t sweep_at;
        struct tmr sweep;
};

static inline uint64_t conn_key_hash(const struct conn_table *t, const struct flow_key *k)
{
        return hash_bytes(k, sizeof *k, t->seed);
}
struct conn *conn_find_hashed(const struct conn_table *t, const struct flow_key *k, uint64_t hash, unsigned *side);

/* When it would die if nothing more came, and of what; 0: never. */
uint64_t conn_due_ms(const struct conn *c, enum conn_end_reason *why);
void conn_arm(struct conn *c);
/* Gives a dead conn's memory back at the next run of the timers. */
void conn_bury(struct conn *c);

void conn_log_built(const struct conn *c);
void conn_log_teardown(const struct conn *c, enum conn_end_reason why);
/* Tells whoever made what the plan holds; called by miss_stage(). */
void conn_plan_refused(struct worker *w, const struct flow_plan *plan);
/* The conn's security level on a side: the box itself is above all. */
int conn_level(const struct net_rt *n, uint16_t iface);

#endif
