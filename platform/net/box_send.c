#include <string.h>

#include "platform/base/wbuf.h"
#include "platform/net/csum.h"
#include "platform/net/egress_int.h"
#include "platform/net/route.h"
#include "platform/net/tun.h"

enum { IP_HLEN = 20, BOX_TTL = 64 };

static void put_ip_header(struct pkt *pk)
{
        struct wbuf wb = wbuf_of(pk->buf + pk->l3, IP_HLEN);
        uint16_t sum;

        wbuf_be16(&wb, 0x4500);
        wbuf_be16(&wb, (uint16_t)(pk->end - pk->l3));
        wbuf_be16(&wb, pk->ip_id);
        wbuf_be16(&wb, 0);
        wbuf_u8(&wb, pk->ttl);
        wbuf_u8(&wb, pk->key.proto);
        wbuf_be16(&wb, 0);
        wbuf_be32(&wb, pk->key.src[0]);
        wbuf_be32(&wb, pk->key.dst[0]);
        sum = csum_ip_header(pk->buf + pk->l3, IP_HLEN);
        memcpy(pk->buf + pk->l3 + 10, &sum, 2);
}

struct pkt *box_packet(struct worker *w, const struct addr *src, const struct addr *dst, uint8_t proto, size_t n)
{
        struct pkt *pk;

        if (n > 65535 - IP_HLEN || !addr_is_v4(src) || !addr_is_v4(dst))
                return NULL;
        pk = pkt_get(w->pkts, (uint32_t)n + IP_HLEN);
        if (!pk)
                return NULL;
        pk->from_box = true;
        pk->iface = IFACE_NONE;
        pk->ethertype = 0x0800;
        pk->ttl = BOX_TTL;
        pk->ip_id = ++w->ip_id;
        pk->len = (uint32_t)n + IP_HLEN;
        pk->l3 = pk->off;
        pk->l4 = pk->pay = pk->l3 + IP_HLEN;
        pk->end = pk->l3 + pk->len;
        pk->key.fam = ADDR_V4;
        pk->key.proto = proto;
        pk->key.src[0] = src->v4;
        pk->key.dst[0] = dst->v4;
        put_ip_header(pk);
        memset(pk->buf + pk->l4, 0, n);
        return pk;
}

bool box_next_hop(const struct net_rt *n, uint16_t iface, const struct addr *dst, struct addr *hop)
{
        const struct route_entry *r = route_lookup_iface(n, dst, iface);

        if (!r)
                return false;
        *hop = r->connected || !r->gw.fam ? *dst : r->gw;
        return true;
}

bool is_kernel_key(const struct flow_key *k)
{
        return k->fam == ADDR_V4 && k->src[0] == PSEUDO_KERNEL;
}

struct flow_key wire_key(const struct worker *w, const struct pkt *pk)
{
        struct flow_key k = pk->key;

        if (pk->conn && w->env.wire_key)
                w->env.wire_key(w, pk, &k);
        return k;
}

void box_answer(struct worker *w, const struct flow_key *about, struct pkt *pk)
{
        struct addr dst = flow_dst(&pk->key);

        if (is_kernel_key(about)) {
                dp_to_tun(w, pk);
                return;
        }
        pk->out_iface = about->iface;
        if (w->snap && box_next_hop(net_rt(w->snap), about->iface, &dst, &pk->next_hop))
                egress_send(w, pk);
        else
                dp_discard(w, pk, DROP_NO_ROUTE);
}

static int send_ip(struct worker *w, uint16_t iface, const struct addr *src, const struct addr *dst, uint8_t proto,
                   uint8_t ttl, const void *l4, size_t n)
{
        const struct net_rt *net = w->snap ? net_rt(w->snap) : NULL;
        const struct route_entry *r = NULL;
        const struct iface_rt *ifc;
        struct pkt *pk;

        if (net)
                r = iface ? route_lookup_iface(net, dst, iface) : route_lookup(net, dst);
        ifc = r ? iface_by_idx(net, r->iface) : NULL;
        if (!ifc)
                return -1;
        pk = box_packet(w, src && src->fam ? src : &ifc->ip, dst, proto, n);
        if (!pk)
                return -1;
        pk->ttl = ttl;
        put_ip_header(pk);
        memcpy(pk->buf + pk->l4, l4, n);
        csum_l4_full(pk);
        pk->out_iface = r->iface;
        pk->next_hop = r->connected || !r->gw.fam ? *dst : r->gw;
        egress_send(w, pk);
        return 0;
}

int box_send_ip(struct worker *w, uint16_t iface, const struct addr *src, const struct addr *dst, uint8_t proto,
                const void *l4, size_t n)
{
        return send_ip(w, iface, src, dst, proto, BOX_TTL, l4, n);
}

int box_send_ttl(struct worker *w, uint16_t iface, const struct addr *dst, uint8_t proto, uint8_t ttl, const void *l4,
                 size_t n)
{
        return send_ip(w, iface, NULL, dst, proto, ttl, l4, n);
}
