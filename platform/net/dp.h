/*
 * A dataplane worker and its stage runner. worker_step() is all there is: threads loop over it, tests and replay call
 * it on virtual time. Modules above hang their live state on the worker as incomplete types; the order of stages is a
 * table handed down by platform/boot/path.c.
 */
#ifndef VOXGATE_NET_DP_H
#define VOXGATE_NET_DP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/attr.h"
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
        const struct fast_stage *wire;          /* frames from ports */
        const struct fast_stage *punt;          /* datagrams from the private kernel (TUN) */
        const struct slow_stage *slow;          /* first packet of a flow */
        const struct fast_stage *output;        /* packets the box sends or releases, from the header rewrite on */
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
        /* Upward question of the ARP stage: do we answer for this address on this interface (NAT, media)? May be
         * NULL. */
        bool (*proxy_arp)(const struct snapshot *s, uint16_t iface, const struct addr *a);
        /* Calls fn for each address proxy_arp would answer for on iface (for announcements); may be NULL. */
        void (*proxy_arp_each)(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                               void *ctx);
        /*
         * Upward question about a packet with a conn, whose key NAT has changed: the key it arrived with (for one of
         * the private kernel: its pseudo pair). false: unknown. May be NULL.
         */
        bool (*wire_key)(const struct worker *w, const struct pkt *pk, struct flow_key *out);
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
        bool link_was[WORKER_PORTS_MAX];     /* carrier, as told last */
        unsigned nports;
        struct port *tun; /* may be NULL (replay) */
        bool tun_quiet;   /* the private kernel has sent nothing, says the wait that just ended */
        struct pkt_queue txq[WORKER_PORTS_MAX];
        struct pkt_queue tunq;
        struct pkt_queue
                dead;   /* freed when the outermost dp_run() ends: stages may still look at what they handed on */
        unsigned depth; /* of nested dp_run() calls */
        _Atomic uint64_t drops[DROP_REASONS];
        uint64_t snap_gen;   /* the last one whose hooks ran */
        uint16_t ip_id;      /* of datagrams the dataplane builds */
        struct icmp_bucket { /* what `icmp unreachable rate-limit` leaves, in thousandths of a message */
                uint64_t last_ms;
                uint64_t milli;
        } unreach;
        /* live state of the modules, each owned by its module */
        struct arp_table *arp;
        struct frag_table *frags; /* NULL: fragments are dropped */
        struct icmp_box *icmp;
        struct capture_set *caps;
        struct conn_table *conns;
        struct pinhole_table *pinholes;
        struct xlate_table *xlates;
        struct punt *punt;
        struct hit_table *acl_hits;
        struct policy_live *policy;
        struct media_table *media;
        /*
         * replay: called once for every received frame with its end: PKT_NEXT sent on pk->out_iface, PKT_DROP
         * pk->drop, PKT_TAKEN pk->consumed. NULL otherwise.
         */
        void (*verdict)(void *ctx, const struct pkt *pk, enum pkt_verdict v);
        void *verdict_ctx;
        /* requests of cold threads */
        pthread_mutex_t req_lock;
        pthread_cond_t req_done;
        struct worker_req *req_head, *req_tail;
        atomic_bool req_pending;
        bool running;       /* inside worker_run(); under req_lock */
        atomic_bool asleep; /* about to wait, or waiting: a waker must write to wake_fd */
        int wake_fd;        /* eventfd, -1 in tests */
        atomic_bool stop;
};

/* NULL when out of memory. The worker owns its ports from worker_add_port() on. */
struct worker *worker_new(unsigned id, const struct worker_env *env, struct err *e) MUST_USE;
void worker_free(struct worker *w); /* modules must have released their live state before */
int worker_add_port(struct worker *w, unsigned index, struct port *p, struct err *e);
/* Opens wake_fd; before the thread starts. Without it the worker looks up from its sleep every few milliseconds. */
int worker_open_wake(struct worker *w, struct err *e);
void worker_close_wake(struct worker *w);
/* The start of a loop: time, quiescent point, newest snapshot with its hooks. */
void worker_refresh(struct worker *w);
/* Runs one waiting request of a cold thread; returns how many it ran. */
unsigned worker_serve_request(struct worker *w);
/* One loop: snapshot, receive, stages, rings, requests, transmit, bounded timers. Returns packets handled. */
unsigned worker_step(struct worker *w);
/* The same without receiving: a look for what other threads have handed over. */
unsigned worker_look(struct worker *w);
/* Loops until w->stop, waiting on ports and wake_fd when idle. */
void worker_run(struct worker *w);
void worker_wake(struct worker *w);

/*
 * Another worker that shares the thread: each has its turn when there is something for it, and what one hands to the
 * other wakes nobody. All functions run in that thread.
 */
struct worker_mate {
        void *ctx;
        int fd;                                        /* readable when something waits for it */
        bool (*turn)(void *ctx);                       /* a bounded round that never waits. True: it did something */
        bool (*waits)(void *ctx);                      /* is there something for it that fd does not tell? */
        uint64_t (*timer_ms)(void *ctx, uint64_t cap); /* until its next timer may be due */
        void (*asleep)(void *ctx, bool on);            /* from now on others must make fd readable, or no longer */
        bool (*stopped)(void *ctx);                    /* asked after each turn; true: no more of them */
};
void worker_run_with(struct worker *w, const struct worker_mate *mate);

/*
 * Runs a list of stages over a burst, then forgets it; every packet ends taken, dropped or transmitted. Nothing is
 * freed or sent before the outermost run ends, so a stage may hand a packet on first and mark it taken afterwards. A
 * stage never calls pkt_put() on a packet of its burst: it returns dp_drop() or dp_consume().
 */
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
/* Ends a packet that did its work without leaving the box ("arp", "inspect mmp"): the runner tells replay and frees
 * it. */
static inline enum pkt_verdict dp_consume(struct pkt *pk, const char *why)
{
        pk->consumed = why;
        pk->verdict = PKT_TAKEN;
        return PKT_TAKEN;
}
/* Counts, shows to asp-drop captures, reports to replay, frees. For packets outside a stage list. */
void dp_discard(struct worker *w, struct pkt *pk, enum drop_reason why);
/* The received packet is about to be turned into our own answer: its end as received, for replay. */
void dp_answered(struct worker *w, struct pkt *pk, const char *why);
void dp_count(struct worker *w, enum drop_reason why); /* flow drops: no packet at hand */
/* It left the box in another shape (fragments): its end for replay, and the buffer back. */
void dp_sent(struct worker *w, struct pkt *pk);
/* It went into another packet: its end for replay, unless `why` is NULL and the other has that, and the buffer back.
 */
void dp_merged(struct worker *w, struct pkt *pk, const char *why);
/* Queues a finished frame (Ethernet header in place) on its port / a datagram to the private kernel; flushed each
 * loop. */
void dp_transmit(struct worker *w, struct pkt *pk);
void dp_to_tun(struct worker *w, struct pkt *pk);
void dp_flush(struct worker *w);

/* ---- cold threads ask a worker: fn runs in the worker's thread between bursts; one request per loop ---- */
/* Blocks until done. While no worker_run() is active (tests, start-up, after the stop) it runs at once, in the
 * caller. */
void worker_call(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg);

/* ---- packet-tracer ---- */
enum trace_ref { TRACE_REF_NONE, TRACE_REF_ACE, TRACE_REF_NAT, TRACE_REF_CLASS, TRACE_REF_ROUTE };
struct trace_phase {
        const char *type;    /* "UN-NAT", "ACCESS-LIST" ... static */
        const char *subtype; /* static */
        bool allow;
        enum trace_ref ref;
        uint32_t ref_id; /* conf id of the rule, for the console to print its lines */
        char info[256];  /* "Additional Information", may hold newlines */
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
