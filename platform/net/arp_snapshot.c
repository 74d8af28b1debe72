/* What a commit does to the neighbour table: static entries, entries of interfaces that changed, announcements. */
#include <stdlib.h>
#include <string.h>

#include "platform/net/arp_int.h"

static void put_static(struct arp_table *t, const struct arp_static_rt *s)
{
        struct arp_entry *a = arp_find(t, s->iface, &s->ip);

        if (!a)
                a = arp_add(t, s->iface, &s->ip);
        if (!a)
                return;
        arp_confirm(t, a, &s->mac); /* sends what waits */
        tmr_cancel(t->w->tmr, &a->tmr);
        a->mac = s->mac;
        a->state = ARP_STATIC;
        a->keep = true;
}

/* A learned neighbour stays while its address is still on that interface's subnet. */
static bool still_valid(const struct net_rt *n, const struct arp_entry *a)
{
        const struct iface_rt *ifc = iface_by_idx(n, a->iface);

        if (a->state == ARP_STATIC)
                return a->keep;
        return ifc && ifc->up && (iface_connects(ifc, &a->ip) || n->arp_nonconnected || a->state == ARP_ASKING) &&
               !addr_eq(&ifc->ip, &a->ip);
}

static void review_entries(struct arp_table *t, const struct net_rt *n)
{
        bool retime = t->timeout_s != n->arp_timeout_s;

        t->timeout_s = n->arp_timeout_s;
        for (unsigned i = 0; i < n->narps; i++)
                put_static(t, &n->arps[i]);
        for (uint32_t i = 0; i < pool_high(t->pool); i++) {
                struct arp_entry *a = pool_at(t->pool, i);

                if (!pool_live(t->pool, i))
                        continue;
                if (!still_valid(n, a))
                        arp_give_up(t, a);
                else if (retime && a->state == ARP_KNOWN)
                        tmr_set(t->w->tmr, &a->tmr, 0); /* on_timer() works out what is left */
                else
                        a->keep = false;
        }
}

static void note(void *ctx, uint16_t iface, const struct addr *ip)
{
        struct arp_table *t = ctx;
        const struct net_rt *n = net_rt(t->w->snap);
        const struct iface_rt *ifc = iface_by_idx(n, iface);

        if (ifc && ifc->up && addr_is_v4(ip) && t->next.n < ARP_ANNOUNCED_MAX)
                t->next.key[t->next.n++] =
                        hash_bytes(&ifc->mac, sizeof ifc->mac, t->seed) << 40 | (uint64_t)iface << 32 | ip->v4;
}

static void note_proxied(void *ctx, uint16_t iface, const struct addr *ip)
{
        const struct arp_table *t = ctx;

        if (iface < IFACES_MAX && !net_rt(t->w->snap)->noproxyarp[iface])
                note(ctx, iface, ip);
}

static int by_key(const void *x, const void *y)
{
        uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

        return a < b ? -1 : a > b;
}

static void collect_own(struct arp_table *t, const struct net_rt *n)
{
        t->next.n = 0;
        for (uint16_t i = 1; i < n->nifaces; i++)
                if (n->iface[i].idx)
                        note(t, i, &n->iface[i].ip);
        for (unsigned i = 0; i < n->narps; i++)
                if (n->arps[i].alias)
                        note(t, n->arps[i].iface, &n->arps[i].ip);
        if (t->w->env.proxy_arp_each)
                t->w->env.proxy_arp_each(t->w->snap, note_proxied, t);
        qsort(t->next.key, t->next.n, sizeof t->next.key[0], by_key);
}

static void announce_new(struct arp_table *t, const struct net_rt *n)
{
        for (unsigned i = 0; i < t->next.n; i++) {
                uint64_t k = t->next.key[i];
                struct addr ip = addr_v4((uint32_t)k);

                if (!bsearch(&k, t->now.key, t->now.n, sizeof k, by_key))
                        arp_announce(t->w, &n->iface[k >> 32 & 0xFF], &ip);
        }
        memcpy(&t->now, &t->next, sizeof t->now);
}

void arp_snapshot_changed(struct worker *w)
{
        const struct net_rt *n = net_rt(w->snap);

        if (!w->arp)
                return;
        review_entries(w->arp, n);
        collect_own(w->arp, n);
        announce_new(w->arp, n);
}
