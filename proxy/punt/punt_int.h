/* Private to proxy/punt/: the flow table of one dataplane worker. */
#ifndef VOXGATE_PROXY_PUNT_PUNT_INT_H
#define VOXGATE_PROXY_PUNT_PUNT_INT_H

#include "platform/base/list.h"
#include "platform/base/log_limit.h"
#include "platform/base/pool.h"
#include "platform/net/tun.h"
#include "proxy/punt/punt.h"

#define FLOW_ID_FIRST 3u /* 240.0.0.0-2 stay out of use: PSEUDO_KERNEL lives there */
#define PUNT_DRAIN_MAX 256u

enum flow_owner {
        OWNER_PROXY, /* a proxy worker behind links[link] */
        OWNER_BOX,   /* a socket of the box: punt_box_close() gives the id back */
        OWNER_CONN,  /* nobody but the conn (secondary flows of the box) */
};

enum flow_state {
        FLOW_LIVE,
        FLOW_END_SENT, /* the conn is gone; waiting for GONE */
        FLOW_END_RCVD, /* the proxy is done; the conn lingers */
        FLOW_DEAD,     /* OWNER_BOX: the conn is gone, the owner has not closed yet */
};

struct punt_flow {
        struct list pend; /* in punt.pend while owed is not empty */
        uint64_t conn_id;
        uint32_t conn_slot;
        uint8_t owner, state, link, reason;
        bool owe_end, owe_gone;
        bool inbound;       /* to a service of the box: counted */
        struct list begun;  /* in punt.begun while it is inbound and may be half-open */
        struct pkt *held;   /* connect first: the client's SYN, owned */
        uint64_t answer_id; /* OWNER_BOX: the conn on which a peer answers from another port */
        uint32_t answer_slot;
};

/* A block of ports that a proxy worker has; what of it stands for a source now. */
struct punt_block {
        bool live;
        uint8_t link;
        struct punt_lease lease;
        struct {
                uint16_t gen;
                uint8_t n; /* translations alive */
                bool owe;  /* GONE */
        } pair[LEASE_PORTS / 2];
};

struct punt {
        struct worker *w;
        struct punt_link *const *links;
        unsigned nlinks;
        struct pool *flows;
        uint8_t *gens; /* per flow index: survives reuse */
        struct list pend;
        unsigned nheld, ninbound;
        struct list begun; /* flows to services in the order of their coming; those that are open leave it when met */
        struct punt_block *block; /* [LEASES_MAX] */
        unsigned nblocks, gones_owed;
        struct punt_secure_table *secure;
        struct punt_stat stat;
        struct log_limit full; /* no id is free: told */
        struct log_full ring_full, held_full, leases_full, ports_full;
};

/* NULL when the id is not live or is of another generation. */
struct punt_flow *punt_flow_find(struct punt *p, uint32_t flow, uint8_t gen);
/* An unused id; 0 when all are taken. */
uint32_t punt_flow_take(struct punt *p, struct punt_flow **out, uint8_t *gen);
void punt_flow_give(struct punt *p, struct punt_flow *f);
/* punt_stage.c: what punt_held_pass() and the stage do with a packet of a terminated conn. */
enum pkt_verdict punt_to_kernel(struct worker *w, struct pkt *pk);
bool punt_link_push(struct punt *p, unsigned link, const struct punt_msg *m);
/* punt_end.c */
void punt_end_msg(struct punt *p, struct punt_flow *f, const struct punt_msg *m);
void punt_gone_msg(struct punt *p, struct punt_flow *f);
void punt_pay(struct punt *p); /* ENDs and GONEs that did not fit */
/* punt_lease.c: ports for payloads */
int punt_lease_init(struct punt *p);
void punt_lease_fini(struct punt *p);
/* A flow whose payload will speak of ports: its proxy worker has some before its first byte. */
void punt_lease_first(struct punt *p, unsigned link, const struct punt_flow_info *i);
void punt_lease_msg(struct punt *p, unsigned link, const struct punt_msg *m);
void punt_lease_pay(struct punt *p); /* GONEs that did not fit */
/* punt_box.c: a flow that a proxy worker asks for; the answer goes back over its ring. */
void punt_far_open(struct punt *p, unsigned link, const struct punt_msg *m);
/* punt_secure.c */
#define SECURE_PLACES_MAX 16384u
struct punt_secure_table;
int punt_secure_init(struct punt *p);
void punt_secure_fini(struct punt *p);
void punt_secure_msg(struct punt *p, unsigned link, const struct punt_msg *m);
/* punt_held.c: connect first. The client's SYN waits until the server has answered. */
enum pkt_verdict punt_hold(struct punt *p, struct pkt *pk);
void punt_held_pass(struct punt *p, struct punt_flow *f, struct conn *c);
/* refused: the client is told. Legal without a held packet. */
void punt_held_drop(struct punt *p, struct punt_flow *f, bool refused);
static inline uint32_t punt_flow_id(const struct punt *p, const struct punt_flow *f)
{
        return pool_index(p->flows, f) + FLOW_ID_FIRST;
}
static inline struct conn *punt_flow_conn(struct punt *p, const struct punt_flow *f)
{
        return conn_at(p->w->conns, f->conn_slot, f->conn_id);
}

#endif
