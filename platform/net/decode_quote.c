#include "platform/base/cur.h"
#include "platform/net/decode.h"

enum { QUOTE_L4_MIN = 8 }; /* what RFC 792 promises of the quoted packet's L4 header */

bool icmp_is_error(const struct pkt *pk)
{
        if (pk->key.proto != IPPROTO_ICMP_)
                return false;
        switch (pk->icmp_type) {
        case 3:  /* unreachable */
        case 4:  /* source quench */
        case 5:  /* redirect */
        case 11: /* time exceeded */
        case 12: /* parameter problem */
                return true;
        default:
                return false;
        }
}

/* Echo messages keep their id where flow_key wants it; an error about an error is never legal. */
static bool quote_icmp(struct flow_key *k, struct cur c)
{
        uint8_t type = cur_u8(&c);
        uint16_t id;

        cur_take(&c, 3);
        id = cur_be16(&c);
        if (c.bad || (type != 8 && type != 0))
                return false;
        if (type == 8)
                k->sport = id;
        else
                k->dport = id;
        return true;
}

static bool quote_l4(struct flow_key *k, struct cur c)
{
        if (c.left < QUOTE_L4_MIN)
                return false;
        if (k->proto == IPPROTO_ICMP_)
                return quote_icmp(k, c);
        if (k->proto != IPPROTO_TCP_ && k->proto != IPPROTO_UDP_)
                return false;
        k->sport = cur_be16(&c);
        k->dport = cur_be16(&c);
        return true;
}

bool decode_icmp_quote(const struct pkt *pk, struct icmp_quote *q)
{
        struct cur c, hdr;
        uint8_t vhl;
        uint16_t tot, frag;

        if (!icmp_is_error(pk) || pk->pay > pk->end)
                return false;
        c = cur_of(pk->buf + pk->pay, pk->end - pk->pay);
        memset(q, 0, sizeof *q);
        q->l3 = pk->pay;
        vhl = c.left ? c.p[0] : 0;
        hdr = cur_child(&c, (vhl & 15) * 4u);
        if (vhl >> 4 != 4 || (vhl & 15) < 5 || hdr.bad)
                return false;
        tot = (uint16_t)(hdr.p[2] << 8 | hdr.p[3]);
        frag = (uint16_t)(hdr.p[6] << 8 | hdr.p[7]);
        if (tot < (vhl & 15) * 4u || (frag & 0x1FFF))
                return false;
        /* What stands behind the quoted datagram (RFC 4884 extensions, padding) is not part of it. */
        c.left = MIN_OF(c.left, tot - (vhl & 15) * 4u);
        q->l4 = (uint32_t)(c.p - pk->buf);
        q->end = q->l4 + (uint32_t)c.left;
        cur_take(&hdr, 9);
        q->key.proto = cur_u8(&hdr);
        cur_take(&hdr, 2);
        q->key.fam = ADDR_V4;
        q->key.src[0] = cur_be32(&hdr);
        q->key.dst[0] = cur_be32(&hdr);
        return quote_l4(&q->key, c);
}
