#include "platform/base/cur.h"
#include "platform/net/csum.h"
#include "platform/net/decode.h"

enum { OPT_EOL = 0, OPT_NOP = 1, OPT_ROUTER_ALERT = 148 };
enum { IP_DF = 0x4000, IP_FRAG_BITS = 0x3FFF };

/* Where the cursor stands, as an absolute offset in the packet's buffer. */
static uint32_t at(const struct pkt *pk, const struct cur *c)
{
        return (uint32_t)(c->p - pk->buf);
}

/* Everything else can change the route or reveal it (N1). */
static enum drop_reason check_options(struct cur opt)
{
        while (opt.left) {
                uint8_t type = cur_u8(&opt), len;

                if (type == OPT_EOL)
                        return DROP_NONE;
                if (type == OPT_NOP)
                        continue;
                len = cur_u8(&opt);
                if (opt.bad || len < 2 || !cur_take(&opt, len - 2u))
                        return DROP_BAD_IP_HEADER;
                if (type != OPT_ROUTER_ALERT || len != 4)
                        return DROP_IP_OPTION;
        }
        return DROP_NONE;
}

static enum drop_reason decode_tcp(struct pkt *pk, struct cur l4)
{
        struct cur c = l4;
        uint8_t hlen;

        pk->key.sport = cur_be16(&c);
        pk->key.dport = cur_be16(&c);
        pk->tcp_seq = cur_be32(&c);
        pk->tcp_ack = cur_be32(&c);
        hlen = cur_u8(&c) >> 4;
        pk->tcp_flags = cur_u8(&c);
        pk->tcp_win = cur_be16(&c);
        cur_take(&c, 4);
        if (c.bad || hlen < 5 || !cur_take(&l4, hlen * 4u))
                return DROP_BAD_TCP_HEADER;
        pk->pay = at(pk, &l4);
        return DROP_NONE;
}

/* A UDP length that differs from what came is refused both ways: bytes behind the datagram would pass unseen. */
static enum drop_reason decode_udp(struct pkt *pk, struct cur l4)
{
        size_t whole = l4.left;
        uint16_t len;

        pk->key.sport = cur_be16(&l4);
        pk->key.dport = cur_be16(&l4);
        len = cur_be16(&l4);
        cur_take(&l4, 2);
        if (l4.bad || len != whole)
                return DROP_BAD_UDP_LENGTH;
        pk->pay = at(pk, &l4);
        return DROP_NONE;
}

static enum drop_reason decode_icmp(struct pkt *pk, struct cur l4)
{
        uint16_t id;

        pk->icmp_type = cur_u8(&l4);
        pk->icmp_code = cur_u8(&l4);
        cur_take(&l4, 2);
        id = cur_be16(&l4);
        cur_take(&l4, 2);
        if (l4.bad)
                return DROP_BAD_ICMP;
        if (pk->icmp_type == 8)
                pk->key.sport = id;
        else if (pk->icmp_type == 0)
                pk->key.dport = id;
        pk->pay = at(pk, &l4);
        return DROP_NONE;
}

static enum drop_reason decode_l4(struct pkt *pk, struct cur l4)
{
        switch (pk->key.proto) {
        case IPPROTO_TCP_:
                return decode_tcp(pk, l4);
        case IPPROTO_UDP_:
                return decode_udp(pk, l4);
        case IPPROTO_ICMP_:
                return decode_icmp(pk, l4);
        default:
                pk->pay = pk->l4;
                return DROP_NONE;
        }
}

/*
 * A partial checksum is believed only where we can carry it along: on the L4 header just parsed. Any other (a
 * tunnel's inner sum, say) is completed here and now, and such a frame is no super-frame any more. What is left with
 * a gso_type then always has a partial sum, as segmentation wants it.
 */
static void normalise_csum(struct pkt *pk)
{
        struct pkt_csum *s = &pk->csum;
        bool l4 = pk->key.proto == IPPROTO_TCP_ || pk->key.proto == IPPROTO_UDP_;

        if (s->partial && !(l4 && s->csum_start == pk->l4 && s->csum_offset == csum_l4_offset(pk->key.proto))) {
                if (s->csum_start >= pk->l4)
                        csum_complete(pk->buf, pk->end, s->csum_start, s->csum_offset);
                s->partial = false;
                s->gso_type = 0;
        }
        if (!l4)
                s->gso_type = 0;
        else if (s->gso_type && !s->partial)
                csum_l4_partial(pk);
}

static void decode_addresses(struct pkt *pk, struct cur *c)
{
        struct flow_key *k = &pk->key;

        k->iface = pk->iface;
        k->fam = ADDR_V4;
        k->sport = k->dport = 0;
        memset(k->src, 0, sizeof k->src);
        memset(k->dst, 0, sizeof k->dst);
        k->src[0] = cur_be32(c);
        k->dst[0] = cur_be32(c);
}

/* The fixed header without its checksum and lengths, which the caller has verified. */
static uint16_t decode_fixed(struct pkt *pk, struct cur c)
{
        uint16_t frag;

        cur_take(&c, 1);
        pk->dscp = cur_u8(&c) >> 2;
        cur_take(&c, 2);
        pk->ip_id = cur_be16(&c);
        frag = cur_be16(&c);
        pk->ttl = cur_u8(&c);
        pk->key.proto = cur_u8(&c);
        cur_take(&c, 2);
        decode_addresses(pk, &c);
        return frag;
}

/* Version, both lengths, the checksum. *l4 becomes all that the header's lengths leave behind the header. */
static enum drop_reason check_header(struct pkt *pk, struct cur *hdr, struct cur *l4)
{
        struct cur c = cur_of(pk->buf + pk->l3, pk->off + pk->len - pk->l3);
        uint8_t vhl = c.left ? c.p[0] : 0;
        uint16_t tot;

        if (!c.left)
                return DROP_BAD_IP_LENGTH;
        if (vhl >> 4 != 4)
                return vhl >> 4 == 6 ? DROP_NO_IPV6 : DROP_BAD_IP_VERSION;
        if ((vhl & 15) < 5)
                return DROP_BAD_IP_HEADER;
        *l4 = c;
        *hdr = cur_child(l4, (vhl & 15) * 4u);
        if (hdr->bad)
                return DROP_BAD_IP_LENGTH;
        tot = (uint16_t)(hdr->p[2] << 8 | hdr->p[3]);
        if (tot < hdr->left || tot > c.left)
                return DROP_BAD_IP_LENGTH;
        l4->left = tot - hdr->left;
        return csum_ip_header(hdr->p, hdr->left) ? DROP_BAD_IP_CSUM : DROP_NONE;
}

static enum drop_reason decode_header(struct pkt *pk, struct cur *l4)
{
        struct cur hdr;
        enum drop_reason why = check_header(pk, &hdr, l4);
        uint16_t frag;

        if (why)
                return why;
        pk->l4 = pk->pay = at(pk, l4);
        pk->end = pk->l4 + (uint32_t)l4->left;
        frag = decode_fixed(pk, hdr);
        pk->df = frag & IP_DF;
        pk->is_frag = frag & IP_FRAG_BITS;
        cur_take(&hdr, 20);
        why = check_options(hdr);
        if (why)
                return why;
        if (pk->ttl == 0)
                return DROP_TTL;
        return DROP_NONE;
}

enum drop_reason decode_l3(struct pkt *pk)
{
        struct cur l4;
        enum drop_reason why;

        if (!pk->has_l2)
                pk->l3 = pk->off;
        if (pk->l3 < pk->off || pk->l3 > pk->off + pk->len)
                return DROP_BAD_IP_LENGTH;
        why = decode_header(pk, &l4);
        if (!why && !pk->is_frag)
                why = decode_l4(pk, l4);
        if (why)
                return why;
        pk->tot_pay = pk->end - pk->pay;
        if (pk->is_frag)
                return DROP_NONE;
        normalise_csum(pk);
        return DROP_NONE;
}
