#include "nat/nat_int.h"

const struct nat_rule_rt *nat_rule_at(const struct nat_rt *n, unsigned idx)
{
        return idx < n->n ? &n->rule[idx] : NULL;
}

const struct nat_rule_rt *nat_match_source(const struct nat_rt *n, uint16_t real_if, uint16_t mapped_if,
                                           uint8_t proto, const struct addr *real, uint16_t port,
                                           const struct endpoint *peer)
{
        struct nat_query q = {
                .a = *real, .iface = real_if, .mapped_if = mapped_if, .proto = proto, .port = port, .peer = peer
        };

        return nat_index_find(&n->source, n, &q);
}

static bool is_own_address(const struct net_rt *net, uint16_t iface, const struct addr *a)
{
        const struct iface_rt *ifc = iface_by_idx(net, iface);

        return ifc && addr_eq(&ifc->ip, a);
}

static struct nat_query called(const struct net_rt *net, uint16_t in_if, uint8_t proto, const struct addr *mapped,
                               uint16_t mport)
{
        struct nat_query q = { .a = *mapped, .iface = in_if, .mapped_if = in_if, .proto = proto, .port = mport };

        if (is_own_address(net, in_if, mapped))
                q.a = (struct addr){ .fam = ADDR_NONE };
        return q;
}

const struct nat_rule_rt *nat_find_dest(const struct nat_rt *n, const struct net_rt *net, uint16_t in_if,
                                        uint8_t proto, const struct addr *mapped, uint16_t mport,
                                        const struct endpoint *peer)
{
        struct nat_query q = called(net, in_if, proto, mapped, mport);

        q.peer = peer;
        q.peer_is_real = true;
        return nat_index_find(&n->dest, n, &q);
}

bool nat_port_is_static(const struct nat_rt *n, const struct net_rt *net, uint16_t mapped_if, uint8_t proto,
                        const struct addr *mapped, uint16_t mport)
{
        struct nat_query q = called(net, mapped_if, proto, mapped, mport);

        q.service = true;
        return nat_index_find(&n->dest, n, &q) != NULL;
}

/* The address as far into `to` as `a` is into `from`; the smaller side is used over and over. */
static struct addr shift(const struct addr *a, const struct addr_range *from, const struct addr_range *to)
{
        unsigned __int128 off = addr_num(a) - addr_num(&from->lo);
        unsigned __int128 span = addr_num(&to->hi) - addr_num(&to->lo);

        if (span != ~(unsigned __int128)0)
                off %= span + 1;
        return addr_of_num(to->lo.fam, addr_num(&to->lo) + off);
}

const struct nat_rule_rt *nat_match_dest(const struct nat_rt *n, const struct net_rt *net, uint16_t in_if,
                                         uint8_t proto, const struct addr *mapped, uint16_t mport,
                                         const struct endpoint *peer, struct addr *real, uint16_t *port)
{
        const struct nat_rule_rt *r = nat_find_dest(n, net, in_if, proto, mapped, mport, peer);

        if (!r || r->dynamic)
                return NULL;
        *real = r->to_interface ? r->real.lo : shift(mapped, &r->mapped, &r->real);
        *port = r->svc_proto ? r->svc_real : mport;
        return r;
}

/* A rule for `any` mapped interface takes the one the flow leaves by. */
static bool interface_address(const struct nat_rule_rt *r, const struct net_rt *net, uint16_t mapped_if,
                              struct addr *out)
{
        const struct iface_rt *ifc = iface_by_idx(net, r->mapped_if != IFACE_NONE ? r->mapped_if : mapped_if);

        if (!ifc || ifc->ip.fam != r->real.lo.fam)
                return false;
        *out = ifc->ip;
        return true;
}

bool nat_static_mapped(const struct nat_rule_rt *r, const struct net_rt *net, const struct addr *real, uint16_t port,
                       uint8_t proto, uint16_t mapped_if, struct addr *mapped, uint16_t *mport)
{
        if (r->dynamic || !range_has(&r->real, real))
                return false;
        if (r->svc_proto && (r->svc_proto != proto || r->svc_real != port))
                return false;
        if (!r->to_interface)
                *mapped = shift(real, &r->real, &r->mapped);
        else if (!interface_address(r, net, mapped_if, mapped))
                return false;
        *mport = r->svc_proto ? r->svc_mapped : port;
        return true;
}
