/*
 * The connection table of one dataplane worker: every flow through, to or from the box. Reserved to its hard maximum
 * at start. A conn has two sides; each side's key is what a packet ARRIVING on it carries, so the header a packet
 * leaves with is the reverse of the other side's key, and NAT needs nothing but the conn.
 *
 * Life: conn_build() from a plan; conn_end() takes it out of the lookup, logs, tells the path's conn_end callbacks
 * and marks it dead; its memory is given back by the timers of this loop, so that packets of the burst in hand may
 * still look at it. Whoever keeps a conn longer than a burst keeps {slot, id} and asks conn_at().
 */
#ifndef VOXGATE_POLICY_CONN_H
#define VOXGATE_POLICY_CONN_H

#include "platform/base/hash.h"
#include "platform/base/table_use.h"
#include "platform/base/tmr.h"
#include "policy/conf.h"
#include "policy/flow_plan.h"
#include "policy/icmp_flow.h"
#include "policy/tcp_state.h"

#define CONNS_DEFAULT_MAX 262144u
#define CONNS_LEAST_MAX 65536u
#define CONNS_MOST_MAX 1048576u
/* How many there may be on a machine with so many octets of memory: at most an eighth of it goes into full ones. */
uint32_t conns_max_for(uint64_t memory);

enum conn_end_reason { /* words of 302014: see conn_end_text() */
                       CONN_END_NONE,
                       CONN_END_FINS,
                       CONN_END_RESET_I, /* reset from the initiator's... inside or outside: text chosen by security
                                            level */
                       CONN_END_RESET_O,
                       CONN_END_SYN_TIMEOUT,
                       CONN_END_IDLE,
                       CONN_END_INSPECT, /* "Flow closed by inspection" */
                       CONN_END_CLEARED, /* "Connection cleared by operator" / "Xlate Clear" */
                       CONN_END_XLATE_CLEAR,
                       CONN_END_IFACE, /* "Interface down" */
                       CONN_END_PROXY, /* proxy worker ended it: "Flow closed by proxy" */
                       CONN_END_PROXY_FULL,
                       CONN_END_HALF_CLOSED,
                       CONN_END_PARENT, /* "Parent flow is closed": signalling ended what it had announced */
                       CONN_END_REASONS
};
const char *conn_end_text(enum conn_end_reason r);

struct conn_side {
        struct hash_node node; /* with the key in one cache line */
        struct flow_key key;   /* of packets arriving on this side */
        uint8_t no;            /* 0 or 1: which side this is */
        uint8_t dscp;
        uint32_t snap_gen;    /* low bits of the snapshot generation next_hop was resolved with */
        struct addr next_hop; /* towards this side's peer */
        uint64_t pkts, bytes; /* payload */
} CACHE_ALIGNED;

struct conn {
        struct conn_side side[2]; /* 0 initiator, 1 responder */
        uint64_t id;              /* number in 302013; never reused */
        uint8_t proto;
        uint8_t action; /* enum conn_action */
        uint8_t engine; /* enum inspect_id */
        uint8_t opener; /* of a conn that came of a pinhole: the inspection that opened it */
        bool inbound;   /* initiator's level < responder's */
        bool accept_first;
        bool client_waits; /* connect first: its SYN is kept until the server has answered */
        bool ending;       /* nobody terminates it any more: it lingers for last segments, end_reason is set */
        bool dead;         /* conn_end() was called */
        bool no_log;
        bool embryonic;            /* counted as half-open by its class */
        bool passing;              /* ICMP nobody answers: it ended with the packet that made it */
        bool reset_idle;           /* both ends are told when it dies of age */
        uint64_t born_ms, last_ms; /* last packet; the only field a packet writes besides counters */
        uint32_t idle_ms, embryonic_ms, half_closed_ms;
        uint32_t answered_idle_ms; /* datagrams: idle_ms once the responder has answered; 0 no change */
        struct icmp_track icmp;
        struct tcp_conn_state tcp[2]; /* [0] end to end, or leg 0; [1] leg 1 of a punted conn */
        struct tmr tmr;
        struct worker *w;
        uint32_t flow; /* punt/box/inspect flow id, 0 none */
        uint8_t generation;
        uint16_t kernel_port[2]; /* private kernel's port per leg: 0 not known yet */
        uint16_t mss_clamp;
        uint32_t ace_id, class_id, inspect_line, map_id, tls_proxy_id, phone_proxy_id, nat_rule, untrans_rule;
        uint32_t xlate;                     /* handle, 0 none */
        uint32_t limit_class, limit_client; /* handles of policy_live, 0 none */
        uint32_t police_gen;                /* low bits of the snapshot generation the handles below are of */
        uint16_t police[2][POLICE_DIRS];    /* of packets from side 0 and 1: handles of policy_live, 0 none */
        uint16_t dst_real_port;             /* what the initiator asked for, before a shift of the server's port */
        uint32_t rtp_watch;                 /* its RTP must conform: number of the watch, 0 none */
        uint64_t parent;                    /* conn id that opened the pinhole, 0 none */
        uint8_t end_reason;
};

struct conn_table;
/*
 * A plan that may hold something (an xlate) and does not become a conn, because a later stage refused the flow or
 * because it was a packet-tracer's: told to whoever made what it holds. At most one function; NULL none.
 */
typedef void (*plan_refused_fn)(struct worker *w, const struct flow_plan *plan);
void conn_on_refused(struct conn_table *t, plan_refused_fn fn);
/* max: hard maximum of conns. Needs w->tmr, w->log. */
struct conn_table *conn_table_new(struct worker *w, uint32_t max) MUST_USE;
void conn_table_free(struct conn_table *t);

/* Which conn and side a packet belongs to; NULL on a miss. Prefetch-friendly: never writes. */
struct conn *conn_find(const struct conn_table *t, const struct flow_key *k, unsigned *side);
/* By table slot (flow events keep slot + id): NULL when that slot no longer holds a live conn `id`. */
struct conn *conn_at(const struct conn_table *t, uint32_t slot, uint64_t id);
uint32_t conn_slot(const struct conn_table *t, const struct conn *c);
/* Builds a conn from a plan (keys, settings, timers, log 302013/302015/302020). NULL with *why set when refused. */
struct conn *conn_build(struct worker *w, const struct pkt *pk, const struct flow_plan *plan, enum drop_reason *why);
/* Ends it: out of the lookup, log, conn_end callbacks of the path (NAT, punt, pinholes, limits). Ending a dead conn
 * is legal and does nothing. */
void conn_end(struct worker *w, struct conn *c, enum conn_end_reason why);

/* Tells both ends of a TCP conn with a reset that each must accept; the conn itself stays. */
void conn_send_resets(struct worker *w, struct conn *c);

uint32_t conn_count(const struct conn_table *t);
uint32_t conn_most(const struct conn_table *t);
/* How many were ever built: of an IP protocol (6, 17), or of all (0). */
uint64_t conn_built(const struct conn_table *t, uint8_t proto);
void conn_table_use(const struct conn_table *t, struct table_use *out);

/* ---- views for cold threads (run in the worker's thread) ---- */
struct conn_row { /* by value */
        uint64_t id;
        uint8_t proto, action, engine;
        uint16_t iface[2];
        struct addr real[2], mapped[2]; /* [0] initiator, [1] responder */
        uint16_t real_port[2], mapped_port[2];
        uint64_t bytes, pkts[2], idle_ms, uptime_ms, timeout_ms;
        bool inbound;
        char flags[16]; /* as show conn prints them */
};
struct conn_filter { /* zero = everything */
        uint8_t proto;
        bool through;       /* neither to nor from the box itself */
        struct addr lo, hi; /* address A[-B] */
        uint16_t port_lo, port_hi;
};
bool conn_row_fits(const struct conn_filter *f, const struct conn_row *r);
/* Resumable: *cursor 0 at first; returns rows (at most max), 0 at the end. Looks at a bounded number of slots per
 * call. */
unsigned conn_walk(const struct worker *w, uint32_t *cursor, const struct conn_filter *f, struct conn_row *rows,
                   unsigned max, bool *end);
/* Ends matching conns, bounded per call; returns how many; *end as above. */
unsigned conn_clear(struct worker *w, uint32_t *cursor, const struct conn_filter *f, enum conn_end_reason why,
                    bool *end);

/* ---- stages ---- */
void conn_stage(struct worker *w,
                struct burst *b); /* fast: lookup; ICMP errors find the conn of their quoted packet */
void conn_track_stage(struct worker *w,
                      struct burst *b); /* fast: TCP state, counters, idle, next hop; ends conns on RST/FIN */
void miss_stage(struct worker *w, struct burst *b); /* runs path->slow over packets without a conn */
/* One packet of a conn that is not in the wire path (punt glue): leg 0/1 of a punted conn, from_peer: it came from
 * the wire. Moves TCP state, counters, idle time; DROP_NONE or why the packet must not pass. */
enum drop_reason conn_track_packet(struct worker *w, struct conn *c, unsigned leg, bool from_peer, struct pkt *pk);
/* Where packets towards the peer of a side go; resolved anew when the snapshot changed. fam NONE: no route any more.
 */
const struct addr *conn_next_hop(struct worker *w, struct conn *c, unsigned side);
/* slow */
enum pkt_verdict pinhole_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
enum pkt_verdict box_stage(struct worker *w, struct pkt *pk,
                           struct flow_plan *plan); /* destination is our own address */
enum pkt_verdict route_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
enum pkt_verdict acl_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
enum pkt_verdict classify_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
enum pkt_verdict limit_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
enum pkt_verdict conn_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* hook: interfaces that went away or changed their address end their conns, bounded per tick */
void conn_snapshot_hook(struct worker *w);

#endif
