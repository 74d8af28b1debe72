#include "platform/net/route.h"

/* The address with all bits behind `len` cleared. */
static struct addr masked(const struct addr *a, uint8_t len)
{
        struct prefix p = { .a = *a, .len = len };

        if (addr_is_v4(a))
                return addr_v4(a->v4 & len_to_mask(len));
        prefix_normalise(&p);
        return p.a;
}

/* First entry of e[0..n) that is not below a; entries are sorted by address. */
static unsigned lower_bound(const struct route_entry *e, unsigned n, const struct addr *a)
{
        unsigned lo = 0;

        while (n) {
                unsigned half = n / 2;

                if (addr_cmp(&e[lo + half].dst.a, a) < 0) {
                        lo += half + 1;
                        n -= half + 1;
                } else {
                        n = half;
                }
        }
        return lo;
}

/* iface IFACE_NONE: any. Of equal prefixes the compiler put the best first. */
static const struct route_entry *find(const struct route_rt *r, const struct addr *a, uint16_t iface)
{
        for (unsigned l = 0; l < r->nlens; l++) {
                uint8_t len = r->len[l];
                const struct route_entry *e = r->e + r->by_len[len].first;
                unsigned n = r->by_len[len].n;
                struct addr key;

                if (addr_is_v4(a) && len > 32)
                        continue;
                key = masked(a, len);
                for (unsigned i = lower_bound(e, n, &key); i < n && addr_eq(&e[i].dst.a, &key); i++)
                        if (iface == IFACE_NONE || e[i].iface == iface)
                                return &e[i];
        }
        return NULL;
}

const struct route_entry *route_lookup(const struct net_rt *n, const struct addr *a)
{
        return n->routes ? find(n->routes, a, IFACE_NONE) : NULL;
}

const struct route_entry *route_lookup_iface(const struct net_rt *n, const struct addr *a, uint16_t iface)
{
        return n->routes ? find(n->routes, a, iface) : NULL;
}
