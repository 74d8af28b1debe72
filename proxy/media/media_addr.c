/* Media-termination addresses of a snapshot, for whoever asks seldom: ARP, the box, signalling. The packet path has
 * its own table (media_addrs.c). */
#include "proxy/media/media_addr.h"

const struct mta_rt *media_term_at(const struct media_term_rt *m, uint16_t iface)
{
        const struct mta_rt *global = NULL;

        for (unsigned i = 0; m && i < m->n; i++) {
                if (m->at[i].iface == iface)
                        return &m->at[i];
                if (m->at[i].iface == IFACE_NONE)
                        global = &m->at[i];
        }
        return global;
}

void media_addr_each(const struct proxy_rt *p, void (*fn)(void *ctx, const struct mta_rt *m), void *ctx)
{
        for (unsigned i = 0; p && i < p->n_media_terms; i++)
                for (unsigned k = 0; k < p->media_term[i].n; k++)
                        fn(ctx, &p->media_term[i].at[k]);
}

struct search {
        const struct addr *a;
        const struct mta_rt *found;
};

static void compare(void *ctx, const struct mta_rt *m)
{
        struct search *s = ctx;

        if (addr_eq(&m->addr, s->a))
                s->found = m;
}

static const struct mta_rt *find(const struct proxy_rt *p, const struct addr *a)
{
        struct search s = { .a = a };

        media_addr_each(p, compare, &s);
        return s.found;
}

uint16_t media_addr_iface(const struct proxy_rt *p, const struct addr *a)
{
        const struct mta_rt *m = find(p, a);

        return m ? m->iface : IFACE_NONE;
}

/* The interface an address lives on: its own, or the one whose subnet has the global address. */
static bool lives_on(const struct net_rt *n, const struct mta_rt *m, uint16_t iface)
{
        const struct iface_rt *ifc = iface_by_idx(n, iface);

        if (m->iface != IFACE_NONE)
                return m->iface == iface;
        return ifc && ifc->ip.fam && iface_connects(ifc, &m->addr);
}

bool media_proxy_arp(const struct snapshot *s, uint16_t iface, const struct addr *a)
{
        const struct mta_rt *m = find(proxy_rt(s), a);

        return m && lives_on(net_rt(s), m, iface);
}

struct announce {
        const struct snapshot *s;
        void (*fn)(void *ctx, uint16_t iface, const struct addr *a);
        void *ctx;
};

static void announce(void *ctx, const struct mta_rt *m)
{
        const struct announce *an = ctx;
        const struct net_rt *n = net_rt(an->s);

        for (uint16_t i = 1; i < n->nifaces; i++)
                if (lives_on(n, m, i))
                        an->fn(an->ctx, i, &m->addr);
}

void media_proxy_arp_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                          void *ctx)
{
        struct announce an = { .s = s, .fn = fn, .ctx = ctx };

        media_addr_each(proxy_rt(s), announce, &an);
}
