#include <string.h>

#include "platform/base/cur.h"
#include "platform/base/wbuf.h"
#include "platform/net/arp_int.h"

enum { ETHERTYPE_ARP = 0x0806, ETHERTYPE_VLAN = 0x8100, ARP_LEN = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { COLLISION_LOG_MS = 1000 };

static const struct mac broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

struct arp_msg {
        uint16_t op;
        struct mac sha, tha;
        struct addr spa, tpa;
};

static bool mac_is_host(const struct mac *m)
{
        static const struct mac zero;

        return !(m->b[0] & 1) && memcmp(m, &zero, sizeof zero) != 0;
}

/* Ethernet, IPv4, a question or an answer from a single host. Everything else is no ARP for us. */
static bool parse_arp(const struct pkt *pk, struct arp_msg *m)
{
        struct cur c = cur_of(pk->buf + pk->l3, pk->off + pk->len - pk->l3);
        uint16_t htype = cur_be16(&c), ptype = cur_be16(&c), lens = cur_be16(&c);

        m->op = cur_be16(&c);
        cur_copy(&c, m->sha.b, 6);
        m->spa = addr_v4(cur_be32(&c));
        cur_copy(&c, m->tha.b, 6);
        m->tpa = addr_v4(cur_be32(&c));
        if (c.bad || htype != 1 || ptype != 0x0800 || lens != 0x0604)
                return false;
        return (m->op == ARP_REQUEST || m->op == ARP_REPLY) && mac_is_host(&m->sha);
}

bool arp_push_header(struct pkt *pk, const struct iface_rt *ifc, const struct mac *dst, uint16_t ethertype)
{
        struct wbuf wb;

        if (!pkt_push(pk, ifc->vlan ? 18 : 14))
                return false;
        wb = wbuf_of(pkt_frame(pk), 18);
        wbuf_put(&wb, dst->b, 6);
        wbuf_put(&wb, ifc->mac.b, 6);
        if (ifc->vlan) {
                wbuf_be16(&wb, ETHERTYPE_VLAN);
                wbuf_be16(&wb, ifc->vlan);
        }
        wbuf_be16(&wb, ethertype);
        pk->has_l2 = true;
        pk->vlan_tci = 0;
        pk->ethertype = ethertype;
        return true;
}

void arp_send(struct worker *w, const struct iface_rt *ifc, uint16_t op, const struct mac *to, const struct addr *spa,
              const struct addr *tpa)
{
        static const struct mac unknown;
        struct pkt *pk = pkt_get(w->pkts, ARP_LEN);
        struct wbuf wb;

        if (!pk)
                return;
        pk->from_box = true;
        pk->iface = IFACE_NONE;
        pk->out_iface = ifc->idx;
        pk->len = ARP_LEN;
        pk->l3 = pk->off;
        pk->end = pk->off + ARP_LEN;
        wb = wbuf_of(pkt_frame(pk), ARP_LEN);
        wbuf_be16(&wb, 1);
        wbuf_be16(&wb, 0x0800);
        wbuf_be16(&wb, 0x0604);
        wbuf_be16(&wb, op);
        wbuf_put(&wb, ifc->mac.b, 6);
        wbuf_be32(&wb, spa->v4);
        wbuf_put(&wb, to ? to->b : unknown.b, 6);
        wbuf_be32(&wb, tpa->v4);
        if (arp_push_header(pk, ifc, to ? to : &broadcast, ETHERTYPE_ARP))
                dp_transmit(w, pk);
        else
                dp_discard(w, pk, DROP_NO_BUFFER);
}

/* Static lines with `alias`, and whatever the modules above answer for, unless `sysopt noproxyarp` forbids. */
static bool is_proxied(const struct worker *w, const struct net_rt *n, uint16_t iface, const struct addr *ip)
{
        for (unsigned i = 0; i < n->narps; i++)
                if (n->arps[i].alias && n->arps[i].iface == iface && addr_eq(&n->arps[i].ip, ip))
                        return true;
        return w->env.proxy_arp && !n->noproxyarp[iface] && w->env.proxy_arp(w->snap, iface, ip);
}

bool arp_is_own(const struct worker *w, uint16_t iface, const struct addr *ip)
{
        const struct net_rt *n = net_rt(w->snap);
        const struct iface_rt *own = iface_by_addr(n, ip);

        return (own && own->idx == iface) || is_proxied(w, n, iface, ip);
}

/* Who can make us log can do so without end: once a second is enough to be seen. */
static bool may_tell(struct arp_table *t)
{
        if (t->collision_ms && t->w->now_ms - t->collision_ms < COLLISION_LOG_MS)
                return false;
        t->collision_ms = t->w->now_ms;
        return true;
}

/* Somebody has an address of ours. */
static void log_twin(struct arp_table *t, const struct iface_rt *ifc, const struct arp_msg *m)
{
        char theirs[16], ours[16];

        if (may_tell(t))
                log_msg(t->w->log, LOG_405003, LA(&m->spa), LS(mac_print(&m->sha, theirs)), LS(ifc->nameif),
                        LS(mac_print(&ifc->mac, ours)));
}

/* Somebody has an address that is another's. */
static void log_collision(struct arp_table *t, const struct iface_rt *ifc, const struct arp_msg *m)
{
        char mac[16];

        if (!may_tell(t))
                return;
        log_msg(t->w->log, LOG_405001, LS(m->op == ARP_REQUEST ? "request" : "response"), LA(&m->spa),
                LS(mac_print(&m->sha, mac)), LS(ifc->nameif));
}

/* An entry exists, or the question is for us and the asker will be answered next: else nothing is learned. */
static void learn(struct arp_table *t, const struct iface_rt *ifc, const struct arp_msg *m, bool for_us)
{
        struct arp_entry *a = arp_find(t, ifc->idx, &m->spa);

        if (!a && for_us && m->op == ARP_REQUEST)
                a = arp_add(t, ifc->idx, &m->spa);
        if (!a)
                return;
        if (a->state == ARP_STATIC && memcmp(&a->mac, &m->sha, sizeof a->mac) != 0)
                log_collision(t, ifc, m);
        arp_confirm(t, a, &m->sha);
}

/* `arp permit-nonconnected`: a neighbour may have a secondary subnet. */
static bool may_be_neighbour(const struct net_rt *n, const struct iface_rt *ifc, const struct addr *ip)
{
        if (iface_connects(ifc, ip))
                return !iface_is_broadcast(ifc, ip);
        return n->arp_nonconnected && !addr_is_martian_source(ip);
}

static enum drop_reason arp_input(struct worker *w, struct pkt *pk)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(w->snap), pk->iface);
        struct arp_msg m;
        bool for_us, probe;

        if (!ifc || !parse_arp(pk, &m) || memcmp(&m.sha, &ifc->mac, sizeof m.sha) == 0)
                return DROP_BAD_ARP;
        probe = m.spa.v4 == 0;
        if (arp_is_own(w, ifc->idx, &m.spa)) {
                log_twin(w->arp, ifc, &m);
                return DROP_BAD_ARP;
        }
        if (!probe && !may_be_neighbour(net_rt(w->snap), ifc, &m.spa))
                return DROP_BAD_ARP;
        for_us = arp_is_own(w, ifc->idx, &m.tpa);
        if (!probe)
                learn(w->arp, ifc, &m, for_us);
        if (for_us && m.op == ARP_REQUEST)
                arp_send(w, ifc, ARP_REPLY, &m.sha, &m.tpa, &m.spa);
        return DROP_NONE;
}

void arp_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                enum drop_reason why;

                if (likely(pk->ethertype != ETHERTYPE_ARP))
                        continue;
                why = arp_input(w, pk);
                if (why)
                        dp_drop(pk, why);
                else
                        dp_consume(pk, "arp");
        }
}

void arp_announce(struct worker *w, const struct iface_rt *ifc, const struct addr *ip)
{
        arp_send(w, ifc, ARP_REQUEST, NULL, ip, ip);
}
