/*
 * A dataplane worker and its stage runner. worker_step() is all there is: threads loop over it, tests and replay call it on
 * virtual time. Modules above hang their live state on the worker as incomplete types; the order of stages is a table
 * handed down by platform/boot/path.c.
 */
#ifndef VOXGATE_NET_DP_H
#define VOXGATE_NET_DP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/clock.h"
#include "platform/base/err.h"
#include "platform/base/log.h"
#include "platform/base/rng.h"
#include "platform/base/tmr.h"
#include "platform/net/iface.h"
#include "platform/net/pkt.h"
#include "platform/net/port.h"
#include "platform/net/snapshot.h"

enum drop_reason {
#define DROP(id, key, text) DROP_##id,
#define FLOW_DROP(id, key, text) DROP_##id,
#include "platform/net/drop.def"
#undef DROP
#undef FLOW_DROP
        DROP_REASONS
};
const char *drop_key(unsigned reason);  /* "acl-drop" */
const char *drop_text(unsigned reason); /* "Flow is denied by configured rule" */
bool drop_is_flow(unsigned reason);

struct worker;
struct flow_plan;

/* Fast stages work on bursts and set pk->verdict; the runner removes what is not PKT_NEXT after each. */
struct fast_stage {
        const char *name;
        void (*fn)(struct worker *w, struct burst *b);
};
/* Slow stages see one packet without a connection and fill their part of the plan. */
struct slow_stage {
        const char *name;
        enum pkt_verdict (*fn)(struct worker *w, struct pkt *pk, struct flow_plan *plan);
};
/* THE order: NULL-name-terminated lists. */
struct dp_path {
        const struct fast_stage *wire;   /* frames from ports */
        const struct fast_stage *punt;   /* datagrams from the private kernel (TUN) */
        const struct slow_stage *slow;   /* first packet of a flow */
        const struct fast_stage *output; /* packets the box sends or releases, from the header rewrite on */
        void (*const *drain)(struct worker *w); /* every loop: rings; NULL-terminated */
        void (*const *conn_end)(struct worker *w, struct conn *c); /* when a conn dies; NULL-terminated */
        void (*const *snapshot)(struct worker *w); /* when a new snapshot is first seen; NULL-terminated */
};

#define WORKER_PORTS_MAX 64

struct worker_env {
        const struct clock *clk;
        const struct rng *rng;
        struct log *log;
        struct snap_hub *hub;
        const struct dp_path *path;
        struct iface_stat *ifstat; /* [IFACES_MAX], shared */
        /* Upward question of the ARP stage: do we answer for this address on this interface (NAT, media)? May be NULL. */
        bool (*proxy_arp)(const struct snapshot *s, uint16_t iface, const struct addr *a);
        /* Calls fn for each address proxy_arp would answer for on iface (for announcements); may be NULL. */
        void (*proxy_arp_each)(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a), void *ctx);
        uint32_t pkts_small, pkts_big;
};

struct worker {
        unsigned id;
        struct worker_env env;
        const struct clock *clk;
        uint64_t now_ms, now_ns; /* monotonic, of this loop */
        struct tmr_wheel *tmr;
        struct log_src *log;
        struct qsbr_slot *qs;
        const struct snapshot *snap; /* of this loop; NULL before the first commit */
        struct pkt_pool *pkts;
        struct port *port[WORKER_PORTS_MAX]; /* by port index */
        unsigned nports;
        struct port *tun; /* may be NULL (replay) */
        struct burst txq[WORKER_PORTS_MAX];
        struct burst tunq;
        _Atomic uint64_t drops[DROP_REASONS];
        /* live state of the modules, each owned by its module */
        struct arp_table *arp;
        struct icmp_box *icmp;
        struct capture_set *caps;
        struct conn_table *conns;
        struct pinhole_table *pinholes;
        struct xlate_table *xlates;
        struct punt *punt;
        struct hit_table *acl_hits;
        struct policy_live *policy;
        /* replay: called for every frame leaving the path with its end; NULL otherwise */
        void (*verdict)(void *ctx, const struct pkt *pk, enum pkt_verdict v);
        void *verdict_ctx;
        /* requests of cold threads */
        pthread_mutex_t req_lock;
        pthread_cond_t req_done;
        struct worker_req *req_head, *req_tail;
        atomic_bool req_pending;
        int wake_fd; /* eventfd, -1 in tests */
        atomic_bool stop;
};

/* NULL when out of memory. The worker owns its ports from worker_add_port() on. */
struct worker *worker_new(unsigned id, const struct worker_env *env, struct err *e) MUST_USE;
void worker_free(struct worker *w); /* modules must have released their live state before */
int worker_add_port(struct worker *w, unsigned index, struct port *p, struct err *e);

/* One loop: snapshot, receive, stages, rings, requests, transmit, bounded timers. Returns packets handled. */
unsigned worker_step(struct worker *w);
/* Loops until w->stop, waiting on ports and wake_fd when idle. */
void worker_run(struct worker *w);
void worker_wake(struct worker *w);

/* Runs a list of stages over a burst, then forgets it; every packet ends taken, dropped or transmitted. */
void dp_run(struct worker *w, const struct fast_stage *list, struct burst *b);
/* Marks a packet dropped: return dp_drop(pk, DROP_ACL); */
static inline enum pkt_verdict dp_drop(struct pkt *pk, enum drop_reason why)
{
        pk->drop = (uint16_t)why;
        pk->verdict = PKT_DROP;
        return PKT_DROP;
}
static inline enum pkt_verdict dp_taken(struct pkt *pk)
{
        pk->verdict = PKT_TAKEN;
        return PKT_TAKEN;
}
/* Counts, shows to asp-drop captures, reports to replay, frees. For packets outside a stage list. */
void dp_discard(struct worker *w, struct pkt *pk, enum drop_reason why);
void dp_count(struct worker *w, enum drop_reason why); /* flow drops: no packet at hand */
/* Queues a finished frame (Ethernet header in place) on its port / a datagram to the private kernel; flushed each loop. */
void dp_transmit(struct worker *w, struct pkt *pk);
void dp_to_tun(struct worker *w, struct pkt *pk);
void dp_flush(struct worker *w);

/* ---- cold threads ask a worker: fn runs in the worker's thread between bursts; one request per loop ---- */
/* Blocks until done. In tests without threads (wake_fd -1) it runs at once. */
void worker_call(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg);

/* ---- packet-tracer ---- */
enum trace_ref { TRACE_REF_NONE, TRACE_REF_ACE, TRACE_REF_NAT, TRACE_REF_CLASS, TRACE_REF_ROUTE };
struct trace_phase {
        const char *type;    /* "UN-NAT", "ACCESS-LIST" ... static */
        const char *subtype; /* static */
        bool allow;
        enum trace_ref ref;
        uint32_t ref_id;   /* conf id of the rule, for the console to print its lines */
        char info[256];    /* "Additional Information", may hold newlines */
};
#define TRACE_PHASES_MAX 24
struct trace {
        unsigned n;
        struct trace_phase phase[TRACE_PHASES_MAX];
        uint16_t in_iface, out_iface;
        bool allow;
        uint16_t drop;
};
/* No-op without pk->trace. Returns the phase for printf-style info, or NULL. */
struct trace_phase *trace_add(struct pkt *pk, const char *type, const char *subtype, bool allow);
void trace_info(struct trace_phase *ph, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
