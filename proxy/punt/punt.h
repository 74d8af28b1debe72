/*
 * Punt: flows of a dataplane worker that a proxy worker (or a socket of the box) terminates. Addresses are translated
 * to a pseudo pair (platform/net/tun.h) and written to the private kernel; its TCP does the rest.
 *
 * Life of a flow id: FLOW_NEW is pushed before the first packet goes to the TUN, so the proxy worker, which drains
 * its ring before it looks an accepted id up, always knows it. Either side may send END(reason); the other answers
 * GONE; two ENDs that cross count as the answers. Only then is the id reused: first in, first out, with a new
 * generation, which is also the pseudo port on both legs, so that a packet or socket of the id's former life is
 * recognised. A message that does not fit its ring stays noted on its flow and is sent later: control messages are
 * never dropped. A nearly full ring refuses new flows (DROP_PUNT_RING).
 */
#ifndef VOXGATE_PROXY_PUNT_PUNT_H
#define VOXGATE_PROXY_PUNT_PUNT_H

#include "inspect/ctx.h"
#include "nat/xlate.h"
#include "platform/base/ring.h"
#include "policy/conn.h"
#include "policy/pinhole.h"

#define PUNT_FLOWS_MAX 65536u
#define PUNT_LISTEN_PORT 5u /* the proxy workers' listener in the private kernel: one for every destination port */
#define PUNT_RING_SLOTS 4096u
/* SYNs of connect-first flows that wait for their server; one more waits for its retransmission instead. */
#define PUNT_HELD_MAX 512u
#define PUNT_INBOUND_MAX 2048u /* flows to services of the box, half-open ones included */
#define PUNT_LINGER_MS 15000u  /* an ended flow's last segments still pass this long */

enum punt_kind {
        PUNT_FLOW_NEW,
        PUNT_END,
        PUNT_GONE,
        PUNT_DGRAM,
        PUNT_DGRAM_DROP,
        PUNT_REFUSED, /* to the dataplane: so many messages of a stream were dropped by its engine */
        PUNT_PINHOLE,
        PUNT_PINHOLE_END,
        PUNT_GROUP_CLOSE, /* its pinholes */
        PUNT_LEASE_ASK,   /* to the dataplane: more ports like these, n */
        PUNT_LEASE,       /* from it: here they are, or n 0: there are none */
        PUNT_LEASE_GIVE,  /* back to it */
        PUNT_MAP,         /* to the dataplane: these leased ports stand for that source, from now on */
        PUNT_UNMAP,       /* no longer asked for by anybody here */
        PUNT_MAP_GONE,    /* from it: the translations of a MAP have ended, all of them */
        PUNT_CONNECTED,   /* connect first: the server has answered, the client may be let in */
        PUNT_BOX_OPEN,    /* to the dataplane: a flow of datagrams that this proxy worker begins */
        PUNT_BOX_OPENED,  /* from it: here it is, or why not */
        PUNT_BOX_CLOSE,   /* to it: flow and gen are given back */
        PUNT_SECURE,      /* to it: a phone is known at this address for so long */
        PUNT_SECURE_OK,   /* from it: in force */
        PUNT_SECURE_VOID  /* to it: none is known any more at this address; without one: anywhere */
};

struct punt_flow_info {
        uint64_t conn_id;
        uint32_t conn_slot;
        uint8_t proto, action, engine; /* enum conn_action, enum inspect_id */
        bool accept_first;
        bool shifted; /* the server leg dials another port than the client asked for: the clear one */
        uint32_t inspect_line, map_id, tls_proxy_id, phone_proxy_id, class_id;
        uint16_t iface[2];                          /* [0] client side, [1] server side */
        struct endpoint client_real, client_mapped; /* as the client sends; as the server sees it */
        struct endpoint server_real, server_mapped; /* as it is; as the client dialled it */
};

/* Ports that a proxy worker may write into payloads without asking. */
struct punt_lease {
        uint16_t iface; /* mapped side */
        uint8_t proto;
        uint8_t n;      /* ports: LEASE_PORTS or fewer, even */
        uint16_t first; /* even */
        struct addr addr;
};
#define LEASE_PORTS 32u
#define LEASES_MAX 512u /* blocks of one proxy worker, and of all of them at one dataplane worker */

/* One port, or two neighbours, of a lease. */
struct punt_map {
        struct xlate_lease x; /* of the lower port */
        bool pair;
        uint16_t gen; /* of the mapping: an old GONE means nothing */
};

/* A flow of datagrams of a proxy worker itself (TFTP): BOX_OPEN, and its answer. */
struct punt_far {
        uint64_t cookie;     /* of the asker */
        uint16_t iface;      /* where the peer is; OPEN */
        uint16_t local_port; /* of the socket in the private kernel: the peer may answer from another port (a server's
                                TID, RFC 1350); 0: it may not */
        struct endpoint peer;
        struct addr local; /* what the peer sees us as; fam NONE: our address there */
        /* OPENED; flow 0: refused, for which drop reason */
        uint32_t flow;
        uint8_t gen, why;
};

struct punt_secure {
        uint64_t cookie; /* comes back with SECURE_OK; 0: no answer is wanted */
        uint16_t iface;
        struct addr at;
        uint32_t timeout_ms; /* 0: nothing new is entered, nothing lives longer for it */
        uint8_t told, clear; /* protocols of which the phone's file said a mode; those that are in clear inside */
};
#define SECURE_SCCP 1u
#define SECURE_SIP 2u

struct punt_msg { /* by value over the ring */
        uint8_t kind;
        uint8_t gen;
        uint8_t reason; /* END: enum conn_end_reason */
        uint8_t dir;    /* DGRAM: enum inspect_dir */
        uint8_t drop;   /* END from a proxy worker: the flow drop to count, DROP_NONE without one */
        uint32_t flow;
        union {
                struct punt_flow_info info; /* FLOW_NEW */
                struct pkt *pk; /* DGRAM, DGRAM_DROP: the buffer changes hands; only the dataplane frees it */
                struct pinhole_spec pinhole; /* PINHOLE, PINHOLE_END */
                uint64_t group;              /* GROUP_CLOSE */
                uint32_t n;                  /* REFUSED */
                struct punt_lease lease;     /* LEASE, LEASE_ASK, LEASE_GIVE */
                struct punt_map map;         /* MAP, UNMAP, MAP_GONE */
                struct punt_far far;         /* BOX_OPEN, BOX_OPENED */
                struct punt_secure secure;   /* SECURE, SECURE_OK */
        };
};

/* The two rings between one dataplane worker and one proxy worker, and how to wake either. */
struct punt_link {
        struct ring *to_proxy, *to_dp;
        void (*wake_proxy)(void *ctx);
        void *wake_ctx;
        struct worker *dp;
};
int punt_link_init(struct punt_link *l, struct worker *dp, struct err *e);
void punt_link_fini(struct punt_link *l);

/* ---- dataplane side (runs in the worker's thread) ---- */
struct punt;
/* links: one per proxy worker; borrowed. A flow goes to the proxy worker chosen by a hash of its unordered real
 * address pair; phones of a phone proxy to that of their own address, whichever server they talk to. */
struct punt *punt_new(struct worker *w, struct punt_link *const *links, unsigned nlinks) MUST_USE;
void punt_free(struct punt *p);

void punt_stage(struct worker *w, struct burst *b); /* wire path: conns with action PUNT, INSPECT or BOX leave here */
void punt_in_stage(struct worker *w, struct burst *b); /* TUN path: pseudo pair -> wire headers, conn, out_iface */
/* worker_env.wire_key: the headers a packet of a conn had before NAT or punt, for ICMP errors about it. */
bool punt_wire_key(const struct worker *w, const struct pkt *pk, struct flow_key *out);
void punt_drain(struct worker *w); /* hook: messages from proxy workers, bounded */
/* Slow stage behind conn_new_stage: PUNT, INSPECT and BOX conns get their flow id and FLOW_NEW is pushed, or the conn
 * ends. */
enum pkt_verdict punt_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* The same for conns built elsewhere. false: refused, *why; the conn is the caller's to end. */
bool punt_conn_new(struct worker *w, struct conn *c, const struct flow_plan *plan, enum drop_reason *why);
/* Ends a lingering conn once both legs are closed on the wire: true when it is gone. */
bool punt_check_closed(struct worker *w, struct conn *c);
void punt_conn_end(struct worker *w, struct conn *c); /* conn_end callback */

/* ---- flows of the box itself (worker's thread) ---- */
struct box_flow {
        uint32_t flow;
        uint8_t gen;
        struct addr pseudo; /* where a socket of the private namespace connects or sends to */
        uint16_t pseudo_port;
        struct addr local; /* what the peer sees */
        uint16_t local_port;
};
/* Builds a conn with action BOX from our interface address (PAT-free port of ours) to peer. out_iface 0: by route. */
int punt_box_open(struct worker *w, uint8_t proto, uint16_t out_iface, const struct addr *peer, uint16_t port,
                  struct box_flow *out, struct err *e);
void punt_box_close(struct worker *w, uint32_t flow, uint8_t gen);
/* Who has opened a flow to a service of the box: the headers of his packets. false: its conn has ended. */
bool punt_box_peer(struct worker *w, uint32_t flow, uint8_t gen, struct flow_key *in);
/* Does its conn still live? */
bool punt_box_alive(struct worker *w, uint32_t flow, uint8_t gen);
/* Lets the peer of a box flow answer from another port (TFTP): packets arrive at the same socket from a pseudo
 * address of their own. */
/* local_port: of the socket, in the private kernel. Call it before the first datagram goes out. */
int punt_box_expect(struct worker *w, uint32_t flow, uint8_t gen, uint16_t local_port, uint32_t timeout_s);

struct punt_stat {
        uint32_t flows, most, waiting_gone;
        uint64_t refused_ring, refused_id, stale;
        uint32_t held_most, leases_most;
        uint64_t refused_lease; /* no run of ports was free */
};
void punt_stat(const struct punt *p, struct punt_stat *out);
#define PUNT_USES 3u /* flows, SYNs that wait for their server, blocks of PAT ports */
void punt_use(const struct punt *p, struct table_use out[PUNT_USES]);

#endif
