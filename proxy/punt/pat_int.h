/* Private to proxy/punt/pat*.c. */
#ifndef VOXGATE_PROXY_PUNT_PAT_INT_H
#define VOXGATE_PROXY_PUNT_PAT_INT_H

#include "platform/base/hash.h"
#include "platform/base/pool.h"
#include "platform/net/dp.h"
#include "proxy/punt/pat.h"

#define PAT_PAIRS (LEASE_PORTS / 2)
#define PAT_MAPS_MAX PAT_MAPS_LIMIT

struct pat_addr {         /* what is leased of one address */
        bool live, empty; /* empty: the dataplane has none left; asked again at the next tick */
        uint8_t asked;    /* ticks that the answer may still take: a lost one is asked for again; 0 not asked */
        uint8_t link;
        struct punt_lease kind; /* first and n unused */
        uint32_t blocks, free;  /* free: pairs */
};

struct pat_block {
        bool live;
        uint16_t addr; /* index */
        uint16_t first, n;
        uint32_t used; /* a bit per pair */
};

/* A source and the leased pair that stands for it. */
struct pat_mapping {
        struct hash_node by_real, by_mapped;
        struct punt_map m;
        uint8_t link;
        uint16_t block;
        uint32_t refs; /* groups */
        bool lost;     /* the dataplane has ended it although it is still wanted */
        bool owed;     /* UNMAP */
};

struct pat_group {
        uint32_t gen;
        bool live, closing, holes;
        uint8_t link, nmaps;
        uint16_t map[PAT_GROUP_MAPS];
};

struct pat {
        unsigned id;
        struct punt_link *const *links;
        unsigned nlinks;
        struct pat_addr addr[PAT_ADDRS_MAX];
        struct pat_block block[LEASES_MAX];
        uint32_t nblocks;
        struct pool *maps;
        struct hash_table by_real, by_mapped;
        struct pat_group *group; /* [PAT_GROUPS_MAX], reserved */
        uint32_t next_group, ngroups;
        uint32_t owed;          /* UNMAPs and GROUP_CLOSEs */
        uint64_t refused, seed; /* phones choose what they announce: how it hashes must not be known */
};

static inline bool pat_push(struct pat *p, unsigned link, const struct punt_msg *m)
{
        struct punt_link *l = p->links[link];

        if (ring_space(l->to_dp) < 2 || !ring_push(l->to_dp, m)) /* the last place is the datagram's */
                return false;
        if (l->dp)
                worker_wake(l->dp);
        return true;
}

/* pat_lease.c: a pair of an address; *block, and its even port. 0: none is at hand, more are asked for. */
uint16_t pat_pair_take(struct pat *p, unsigned link, const struct punt_lease *kind, uint16_t *block);
void pat_pair_give(struct pat *p, uint16_t block, uint16_t port);
void pat_leased(struct pat *p, unsigned link, const struct punt_lease *l);
/* pat_map.c */
struct pat_mapping *pat_mapping_known(const struct pat *p, const struct pat_place *at, const struct endpoint *real,
                                      bool pair);
struct pat_mapping *pat_mapping_for(struct pat *p, const struct pat_place *at, const struct endpoint *real, bool pair,
                                    struct endpoint *out);
void pat_mapping_hold(struct pat_mapping *m);
void pat_mapping_release(struct pat *p, struct pat_mapping *m);
void pat_mapping_gone(struct pat *p, unsigned link, const struct punt_map *m);
void pat_mapping_pay(struct pat *p);

#endif
