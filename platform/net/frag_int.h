/* Shared by frag*.c: datagrams in the making. */
#ifndef VOXGATE_NET_FRAG_INT_H
#define VOXGATE_NET_FRAG_INT_H

#include "platform/base/hash.h"
#include "platform/base/pool.h"
#include "platform/net/frag.h"

/* What makes fragments one datagram (RFC 791), on one interface. Hashed as bytes: no padding but zeros. */
struct frag_key {
        uint32_t src, dst;
        uint16_t iface, id;
        uint8_t proto, zero[3];
};

/* Whoever sends fragments is charged for what waits of them. */
struct frag_source {
        struct hash_node node;
        uint32_t addr;
        uint16_t iface;
        uint32_t held;
};

struct frag_chain {
        struct hash_node node;
        struct frag_key key;
        struct frag_table *t;
        struct frag_source *src;
        struct tmr tmr;
        struct pkt *first; /* sorted by offset, by pkt.link */
        struct pkt *last;
        uint32_t n;       /* fragments */
        uint32_t have;    /* bytes of payload in them */
        uint32_t end;     /* length of the payload; 0: the last fragment is not here yet */
        uint32_t charge;  /* what the limits count: fragments, at least one */
        uint16_t largest; /* IP length of the largest */
        uint8_t ecn;      /* a bit for each codepoint seen */
        bool df, dead;    /* dead: refused, and so is what else comes of it */
};

/* Bytes [from, to) of the datagram's payload. */
struct frag_span {
        uint32_t from, to;
        bool more;
};
struct frag_span frag_span(const struct pkt *pk);
/* Can this be a fragment of any datagram? NONE, or why not. */
enum drop_reason frag_check(const struct pkt *pk);
/*
 * Puts a fragment in its place. NONE: the chain owns it. FRAG_DUPLICATE: the chain has it already. Any other reason
 * is the end of the whole datagram.
 */
enum drop_reason frag_chain_add(struct frag_chain *c, struct pkt *pk, uint32_t limit);
static inline bool frag_chain_complete(const struct frag_chain *c)
{
        return c->end && c->have == c->end;
}
/* Why a complete chain makes no datagram; NONE: it does. */
enum drop_reason frag_chain_verify(const struct frag_chain *c);
/* The datagram of a complete chain, not decoded yet; NULL when no buffer is free. */
struct pkt *frag_chain_join(const struct frag_chain *c, struct pkt_pool *pool) MUST_USE;

#endif
