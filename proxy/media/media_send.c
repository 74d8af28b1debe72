/* Headers of our own, and the way out. */
#include "platform/net/csum.h"
#include "platform/net/egress.h"
#include "platform/net/route.h"
#include "proxy/media/media_int.h"

enum { IP_LEN = 20, UDP_LEN = 8, IP_DF = 0x40 };

/*
 * A peer that was learned, or is to be, sits behind the interface it is heard or signalled on: the address it calls
 * itself may be somebody else's elsewhere. Any other follows the routes.
 */
static uint16_t via_of(const struct media_leg *l, bool which)
{
        if (l->learned[which])
                return l->seen_iface;
        return l->spec.latch ? l->iface : IFACE_NONE;
}

static void look_up(const struct snapshot *s, struct media_hop *h)
{
        const struct net_rt *n = net_rt(s);
        const struct route_entry *r = h->via ? route_lookup_iface(n, &h->to, h->via) : NULL;
        const struct iface_rt *ifc;

        if (!r)
                r = route_lookup(n, &h->to);
        ifc = r ? iface_by_idx(n, r->iface) : NULL;
        h->gen = s->gen;
        h->ok = ifc != NULL;
        if (!ifc)
                return;
        h->out_iface = r->iface;
        h->next = r->connected ? h->to : r->gw;
        h->mtu = ifc->mtu;
}

const struct media_hop *media_hop_find(struct worker *w, struct media_leg *l, bool rtcp)
{
        bool which = rtcp && !l->spec.rtcp_mux;
        struct media_hop *h = &l->hop[which];
        uint16_t via = via_of(l, which);

        if (unlikely(h->gen != w->snap->gen || h->via != via || h->to.v4 != l->to[which].a.v4)) {
                h->to = l->to[which].a;
                h->via = via;
                look_up(w->snap, h);
        }
        return h->ok ? h : NULL;
}

static void put_key(struct pkt *pk, const struct endpoint *from, const struct endpoint *to)
{
        struct flow_key *k = &pk->key;

        k->src[0] = from->a.v4;
        k->dst[0] = to->a.v4;
        k->sport = from->port;
        k->dport = to->port;
}

/* Type of service, identification and DF are the sender's; so are the hops that are left, which ends every loop. */
static void put_ip(struct pkt *pk, const struct endpoint *from, const struct endpoint *to)
{
        const uint8_t *old = pk->buf + pk->l3;
        uint8_t *ip = pk->buf + pk->pay - UDP_LEN - IP_LEN, tos = old[1], df = old[6] & IP_DF;
        uint16_t sum;

        ip[0] = 0x45;
        ip[1] = tos;
        rtp_put16(ip + 2, (uint16_t)(pk->end - (pk->pay - UDP_LEN - IP_LEN)));
        rtp_put16(ip + 4, pk->ip_id);
        ip[6] = df;
        ip[7] = 0;
        ip[8] = --pk->ttl;
        ip[9] = IPPROTO_UDP_;
        memset(ip + 10, 0, 2);
        rtp_put32(ip + 12, from->a.v4);
        rtp_put32(ip + 16, to->a.v4);
        sum = csum_ip_header(ip, IP_LEN);
        memcpy(ip + 10, &sum, 2);
}

void media_headers(struct pkt *pk, const struct media_leg *l, bool rtcp, size_t len)
{
        const struct endpoint *to = media_target(l, rtcp);
        struct endpoint from = l->at;
        uint8_t *udp = pk->buf + pk->pay - UDP_LEN;

        from.port = (uint16_t)(from.port + (rtcp && !l->spec.rtcp_mux));
        pk->end = pk->pay + (uint32_t)len;
        pk->tot_pay = (uint32_t)len;
        put_ip(pk, &from, to);
        pk->l4 = pk->pay - UDP_LEN;
        pk->l3 = pk->l4 - IP_LEN;
        pk->off = pk->l3;
        pk->len = pk->end - pk->l3;
        pk->has_l2 = false;
        pk->vlan_tci = 0;
        put_key(pk, &from, to);
        rtp_put16(udp, from.port);
        rtp_put16(udp + 2, to->port);
        rtp_put16(udp + 4, (uint16_t)(UDP_LEN + len));
        pk->csum = (struct pkt_csum){ 0 };
        csum_l4_partial(pk);
}

/* What grew beyond the link by our doing is cut: its sender cannot know. */
static void allow_cut(struct pkt *pk)
{
        uint8_t *ip = pk->buf + pk->l3;
        uint16_t sum = 0;

        ip[6] &= (uint8_t)~IP_DF;
        pk->df = false;
        memcpy(ip + 10, &sum, 2);
        sum = csum_ip_header(ip, IP_LEN);
        memcpy(ip + 10, &sum, 2);
}

void media_send(struct worker *w, struct pkt *pk, const struct media_hop *h)
{
        if (unlikely(pk->end - pk->l3 > h->mtu && pk->df))
                allow_cut(pk);
        if (!pk->from_box)
                dp_answered(w, pk, "media relay");
        pk->conn = NULL;
        pk->out_iface = h->out_iface;
        pk->next_hop = h->next;
        egress_send(w, pk);
        dp_taken(pk);
}
