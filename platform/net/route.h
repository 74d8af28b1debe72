/* Longest-prefix match over connected and static routes; compiled into the snapshot. */
#ifndef VOXGATE_NET_ROUTE_H
#define VOXGATE_NET_ROUTE_H

#include <stdbool.h>

#include "platform/net/iface.h"

struct route_entry {
        struct prefix dst;
        uint16_t iface;
        struct addr gw; /* fam ADDR_NONE: directly connected */
        uint8_t metric, distance;
        bool connected;
};

struct route_rt {
        unsigned n;
        struct route_entry *e; /* sorted by prefix length, longest first, then address */
        struct {
                unsigned first, n;
        } by_len[129];
        uint8_t len[129]; /* the lengths in use, longest first */
        unsigned nlens;
};

/* The best route to a, NULL when there is none. Never allocates. O(number of distinct prefix lengths x log n). */
const struct route_entry *route_lookup(const struct net_rt *n, const struct addr *a);
/* Best route to a that leaves by iface, NULL when there is none. */
const struct route_entry *route_lookup_iface(const struct net_rt *n, const struct addr *a, uint16_t iface);

#endif
