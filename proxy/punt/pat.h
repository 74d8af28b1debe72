/*
 * Ports of shared addresses for payloads, on the proxy worker's side: blocks leased from the dataplane (punt.h), what
 * they stand for, and groups of what ends together. Nothing here waits: what is not at hand is refused and asked for.
 */
#ifndef VOXGATE_PROXY_PUNT_PAT_H
#define VOXGATE_PROXY_PUNT_PAT_H

#include "platform/base/rng.h"
#include "proxy/punt/punt.h"

#define PAT_ADDRS_MAX 64u     /* (address, protocol, interface, dataplane worker) with leases */
#define PAT_GROUPS_MAX 65536u /* a stream of a call has two, a call two more */
#define PAT_MAPS_LIMIT (LEASES_MAX * (LEASE_PORTS / 2))
#define PAT_LOW 6u            /* free pairs of an address below which more are asked for */
#define PAT_GROUP_MAPS 8u

struct pat;
struct pat *pat_new(unsigned id, struct punt_link *const *links, unsigned nlinks, const struct rng *rng) MUST_USE;
void pat_free(struct pat *p);

/* Between which interfaces, under which rule, at which shared address. */
struct pat_place {
        unsigned link;
        uint16_t real_if, mapped_if;
        uint8_t proto;
        struct addr mapped;
        uint32_t rule;
};
/* What stands for this source, if anything does; and the other way round. */
bool pat_find(const struct pat *p, const struct pat_place *at, const struct endpoint *real, struct endpoint *out);
bool pat_find_real(const struct pat *p, unsigned link, uint16_t mapped_if, uint8_t proto,
                   const struct endpoint *mapped, struct endpoint *out);
/*
 * The same, taken from a lease and told to the dataplane if it is not there yet. It stays while a group that asked is
 * open, and its port is not used for another source before the dataplane has let go of it. false: refused.
 */
bool pat_map(struct pat *p, const struct pat_place *at, uint32_t group, const struct endpoint *real, bool pair,
             struct endpoint *out);

/* Are ports of this place on their way, and none at hand? What pat_map() refused may be tried again when they come.
 */
bool pat_awaits(const struct pat *p, const struct pat_place *at);

uint32_t pat_group_open(struct pat *p, unsigned link); /* 0: none left */
void pat_group_close(struct pat *p, uint32_t group);
/* The group has pinholes: their name in the dataplane; 0 without a group. */
uint64_t pat_group_holes(struct pat *p, uint32_t group);

void pat_msg(struct pat *p, unsigned link, const struct punt_msg *m); /* LEASE, MAP_GONE */
void pat_pay(struct pat *p);                                          /* what did not fit the ring */
/* About once a second: blocks not needed go back; idle: all that are not in use. */
void pat_tick(struct pat *p, uint64_t now_ms, bool idle);

struct pat_stat { /* refused: also where another address had one */
        uint32_t blocks, ports_free, maps, maps_most, groups;
        uint64_t refused;
};
void pat_stat(const struct pat *p, struct pat_stat *out);

#endif
