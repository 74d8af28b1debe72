#include "nat/nat_int.h"

/* A rule with more mapped addresses than this is answered for, but not announced address by address. */
#define ANNOUNCE_MAX 256u

bool nat_proxy_arp(const struct snapshot *s, uint16_t iface, const struct addr *a)
{
        const struct net_rt *net = net_rt(s);
        const struct iface_rt *ifc = iface_by_idx(net, iface);
        struct nat_query q = { .a = *a, .iface = iface, .mapped_if = iface, .arp_if = ifc };

        if (!ifc || net->noproxyarp[iface] || iface_by_addr(net, a))
                return false;
        return nat_index_find(&nat_rt(s)->arp, nat_rt(s), &q) != NULL;
}

struct announce {
        const struct snapshot *snap;
        void (*fn)(void *ctx, uint16_t iface, const struct addr *a);
        void *ctx;
};

/* Neighbours can only hold an entry for an address of their own subnet. */
static void announce_rule(const struct announce *an, const struct nat_rule_rt *r, const struct iface_rt *ifc)
{
        unsigned __int128 lo = addr_num(&r->mapped.lo), hi = addr_num(&r->mapped.hi);

        if (hi - lo >= ANNOUNCE_MAX)
                return;
        for (unsigned __int128 n = lo; n <= hi; n++) {
                struct addr a = addr_of_num(r->mapped.lo.fam, n);

                if (iface_connects(ifc, &a) && nat_proxy_arp(an->snap, ifc->idx, &a))
                        an->fn(an->ctx, ifc->idx, &a);
        }
}

void nat_proxy_arp_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                        void *ctx)
{
        const struct announce an = { s, fn, ctx };
        const struct nat_rt *n = nat_rt(s);
        const struct net_rt *net = net_rt(s);

        for (unsigned i = 0; i < n->n; i++) {
                const struct nat_rule_rt *r = &n->rule[i];

                for (uint16_t idx = 1; !r->to_interface && !nat_rule_is_identity(r) && idx < net->nifaces; idx++) {
                        if (iface_by_idx(net, idx) && (r->mapped_if == IFACE_NONE || r->mapped_if == idx))
                                announce_rule(&an, r, iface_by_idx(net, idx));
                }
        }
}
