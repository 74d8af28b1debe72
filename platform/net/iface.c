#include "platform/net/iface.h"

#include <string.h>

#include "platform/base/str.h"
#include "platform/net/iface_int.h"

static unsigned own_slot(const struct addr *a)
{
        uint32_t h = (a->w[0] ^ a->w[1] ^ a->w[2] ^ a->w[3]) * 2654435761u;

        return h >> 24 & (NET_OWN_SLOTS - 1);
}

void iface_own_add(struct net_rt *n, uint16_t idx)
{
        unsigned i = own_slot(&n->iface[idx].ip);

        while (n->own[i])
                i = (i + 1) & (NET_OWN_SLOTS - 1);
        n->own[i] = (uint8_t)idx;
}

const struct iface_rt *iface_by_addr(const struct net_rt *n, const struct addr *a)
{
        for (unsigned i = own_slot(a); n->own[i]; i = (i + 1) & (NET_OWN_SLOTS - 1)) {
                const struct iface_rt *ifc = &n->iface[n->own[i]];

                if (addr_eq(&ifc->ip, a))
                        return ifc;
        }
        return NULL;
}

const struct iface_rt *iface_by_name(const struct net_rt *n, const char *nameif)
{
        for (unsigned i = 1; *nameif && i < n->nifaces; i++)
                if (n->iface[i].idx && strcmp(n->iface[i].nameif, nameif) == 0)
                        return &n->iface[i];
        return NULL;
}

const char *iface_name(const struct net_rt *n, uint16_t idx)
{
        const struct iface_rt *ifc = iface_by_idx(n, idx);

        if (idx == IFACE_BOX)
                return "identity";
        return ifc ? ifc->nameif : "";
}

const struct iface_rt *iface_by_vlan(const struct net_rt *n, uint16_t port, uint16_t vlan)
{
        uint16_t i = port < IFACES_MAX ? n->port_iface[port] : 0;

        while (i && n->iface[i].vlan != vlan)
                i = n->iface[i].next_on_port;
        return i ? &n->iface[i] : NULL;
}

bool iface_connects(const struct iface_rt *ifc, const struct addr *a)
{
        struct prefix p = { .a = ifc->ip, .len = ifc->mask_len };

        if (!ifc->ip.fam || ifc->ip.fam != a->fam)
                return false;
        if (addr_is_v4(a))
                return ((ifc->ip.v4 ^ a->v4) & len_to_mask(ifc->mask_len)) == 0;
        prefix_normalise(&p);
        return prefix_has(&p, a);
}

bool iface_is_broadcast(const struct iface_rt *ifc, const struct addr *a)
{
        uint32_t host = ~len_to_mask(ifc->mask_len);

        if (!addr_is_v4(a) || ifc->mask_len > 30 || !iface_connects(ifc, a))
                return false;
        return (a->v4 & host) == host || (a->v4 & host) == 0;
}

struct iface_binding *iface_bind(struct iface_bindings *t, const char *hwname)
{
        struct iface_binding *b;

        for (unsigned i = 0; i < t->n; i++)
                if (strcmp(t->b[i].hwname, hwname) == 0)
                        return &t->b[i];
        if (t->n + 1 >= IFACES_MAX)
                return NULL;
        b = &t->b[t->n];
        *b = (struct iface_binding){ .idx = (uint16_t)(t->n + 1), .port = 0xFFFF };
        if (!str_copy(b->hwname, sizeof b->hwname, hwname))
                return NULL;
        t->n++;
        return b;
}

bool iface_is_port(const struct iface_bindings *t, const char *hwname)
{
        for (unsigned i = 0; i < t->n; i++)
                if (!strcmp(t->b[i].hwname, hwname))
                        return t->b[i].port != 0xFFFF || t->b[i].absent;
        return false;
}
