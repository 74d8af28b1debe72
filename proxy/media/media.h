/*
 * The media relay of a dataplane worker. A session has two sides, each with an address and an even port of ours (RTP;
 * the next port is RTCP). Signalling owns sessions: a proxy worker chooses handle and ports, sends OPEN, UPDATE and
 * CLOSE by value; the dataplane relays and reports events. Nothing a packet says ever opens, ends, redirects or
 * re-keys a session (M4, M5). docs/media.md.
 *
 * Order: a proxy worker pushes before it writes the bytes that speak of the session, and the dataplane drains before
 * it transmits, so a session is in force before the peer can know of it.
 */
#ifndef VOXGATE_PROXY_MEDIA_MEDIA_H
#define VOXGATE_PROXY_MEDIA_MEDIA_H

#include "platform/base/media_spec.h"
#include "platform/base/ring.h"
#include "platform/net/dp.h"
#include "policy/conn.h"

#define MEDIA_SLOTS 8192u /* sessions of a proxy worker at a dataplane worker; reserved at start */
#define MEDIA_PROXIES_MAX 8u
#define MEDIA_SESSIONS_MAX (MEDIA_SLOTS * MEDIA_PROXIES_MAX)
#define MEDIA_RING_SLOTS 1024u
#define MEDIA_ADDRS_MAX 64u

/* Chosen by the proxy worker; {proxy, slot} is unique among the living, gen tells lives of a slot apart. */
struct media_handle {
        uint8_t proxy; /* proxy worker id */
        uint32_t slot; /* < MEDIA_SLOTS */
        uint32_t gen;  /* never 0 */
};

/* What signalling decides besides the spec: where each side lives on the box. */
struct media_local {
        struct endpoint at[2]; /* our address and even port, [0] client side, [1] server side */
        uint16_t iface[2];     /* the interface the side's signalling is on; packets may arrive on another */
};

/* Every CLOSE is answered by CLOSED, also that of an OPEN that was refused (which is told as CLOSED too, at once). */
enum media_msg_kind { MEDIA_OPEN, MEDIA_UPDATE, MEDIA_CLOSE };
struct media_msg { /* proxy worker -> dataplane; wiped in the ring slot after the copy */
        uint8_t kind;
        struct media_handle h;
        struct media_local local; /* OPEN */
        struct media_spec spec;   /* OPEN, UPDATE */
        uint8_t engine;           /* enum inspect_id of who asked for it, for show */
        uint64_t owner;           /* conn id of the signalling flow, for show */
        char call[48];            /* beginning of the Call-ID or call reference, for show */
};
struct media_report {  /* dataplane -> proxy worker */
        uint8_t event; /* enum media_event */
        uint8_t side;
        struct media_handle h;
        struct media_stat stat; /* CLOSED, TIMEOUT */
};

struct media_link { /* between one dataplane worker and one proxy worker */
        struct ring *to_dp, *to_proxy;
        void (*wake_proxy)(void *ctx);
        void *wake_ctx;
        struct worker *dp;
};
int media_link_init(struct media_link *l, struct worker *dp, struct err *e);
void media_link_fini(struct media_link *l);

/* ---- dataplane side (worker's thread) ---- */
struct media_table;
struct media_table *media_table_new(struct worker *w, struct media_link *const *links, unsigned nlinks) MUST_USE;
void media_table_free(struct media_table *t);
/*
 * Fast stage in front of conn_stage: UDP to a media-termination address (proxy_rt of the snapshot). Relays it and
 * takes the packet, or drops it with a reason of its own; everything else is not looked at. Output goes through
 * egress; a packet for one of our own media addresses goes round once more (hairpin), never twice.
 */
void media_stage(struct worker *w, struct burst *b);
void media_drain(struct worker *w); /* hook: messages of proxy workers, bounded */

/* ---- proxy side: ports (worker's thread, proxy worker `id` of `n`; ranges never overlap) ---- */
struct media_ports;
struct media_ports *media_ports_new(unsigned id, unsigned n, const struct rng *rng, const struct clock *clk) MUST_USE;
void media_ports_free(struct media_ports *p);
/* An even port of addr in [lo, hi] whose odd neighbour is free too; random start, rotating. 0: none (counted). */
uint16_t media_port_take(struct media_ports *p, const struct addr *a, uint16_t lo, uint16_t hi);
/* Usable again after a rest of 5 s. */
void media_port_give(struct media_ports *p, const struct addr *a, uint16_t port);
unsigned media_ports_used(const struct media_ports *p, const struct addr *a);
/* The idx-th place for an address (MEDIA_ADDRS_MAX of them); false: nothing of it is in use. */
bool media_ports_at(const struct media_ports *p, unsigned idx, struct addr *a);
/* Pairs taken of all addresses, and the most there were. */
void media_ports_total(const struct media_ports *p, uint32_t *now, uint32_t *most);
uint64_t media_ports_refused(const struct media_ports *p);

/* ---- views (worker's thread, through worker_call) ---- */
struct media_row {
        struct media_handle h;
        uint64_t owner;
        char call[48];
        uint8_t kind, transport[2];
        uint8_t suite_rx[2], suite_tx[2];
        uint16_t iface[2];
        struct endpoint local[2], remote[2]; /* remote: where packets go now */
        struct media_pt pt;                  /* last seen from the client side, or the first negotiated */
        struct media_stat stat;
        uint64_t idle_ms;
};
unsigned media_walk(const struct worker *w, uint32_t *cursor, struct media_row *rows, unsigned max, bool *end);
struct media_count {
        uint32_t sessions, most, srtp; /* srtp: encrypting or decrypting here */
        uint32_t flows_most;           /* connections and legs of sessions at once */
        uint64_t opened, refused;
        uint64_t rx_pkts, rx_bytes, tx_pkts, tx_bytes; /* RTP of all sessions there ever were; octets of payload and header */
};
void media_count(const struct worker *w, struct media_count *out);
/*
 * The legs of sessions as connections between the peer and the address of ours, for `show conn`: the peer is side 0,
 * flags m (SIP) or k (Skinny). A leg whose peer is not known yet is none. As conn_walk() and conn_clear(); clearing a
 * leg ends its session: the owner is told (MEDIA_EV_CLEARED) and closes it.
 */
unsigned media_flow_walk(const struct worker *w, uint32_t *cursor, const struct conn_filter *f, struct conn_row *rows,
                         unsigned max, bool *end);
unsigned media_flow_clear(struct worker *w, uint32_t *cursor, const struct conn_filter *f, bool *end);

#endif
