#include "nat/rewrite_int.h"

#include <arpa/inet.h>

#define IP4_TOS 1
#define IP4_CSUM 10
#define IP4_SRC 12
#define IP4_DST 16
#define IP6_SRC 8
#define IP6_DST 24
#define ICMP_ID 4
#define ICMP_ID_END 6
#define TCP_HDR 20
#define TCPOPT_END 0
#define TCPOPT_NOP 1
#define TCPOPT_MSS 2

static uint16_t load16(const uint8_t *p)
{
        uint16_t v;

        memcpy(&v, p, sizeof v);
        return v;
}

static uint32_t load32(const uint8_t *p)
{
        uint32_t v;

        memcpy(&v, p, sizeof v);
        return v;
}

static void store16(uint8_t *p, uint16_t v)
{
        memcpy(p, &v, sizeof v);
}

struct l4_sum l4_sum_at(uint8_t *l4, size_t have, uint8_t proto, uint8_t fam)
{
        int off = csum_l4_offset(proto);

        if (off < 0 || (size_t)off + 2 > have)
                return (struct l4_sum){ .field = NULL };
        return (struct l4_sum){
                .field = l4 + off,
                .pseudo = proto != IPPROTO_ICMP_,
                .may_be_off = proto == IPPROTO_UDP_ && fam == ADDR_V4,
        };
}

static bool is_off(const struct l4_sum *s)
{
        return !s->field || (s->may_be_off && !s->partial && !load16(s->field));
}

static void store_sum(struct l4_sum *s, uint16_t v)
{
        if (s->may_be_off && !s->partial && !v)
                v = 0xFFFF;
        store16(s->field, v);
}

static void sum_addr_word(struct l4_sum *s, uint32_t was, uint32_t is)
{
        if (is_off(s) || !s->pseudo)
                return;
        if (s->partial)
                store16(s->field, csum_partial_update32(load16(s->field), was, is));
        else
                store_sum(s, csum_update32(load16(s->field), was, is));
}

static void sum_word(struct l4_sum *s, uint16_t was, uint16_t is)
{
        if (!is_off(s) && !s->partial)
                store_sum(s, csum_update16(load16(s->field), was, is));
}

static void set_v4(uint8_t *ip, unsigned at, uint32_t host_order, struct l4_sum *s)
{
        uint32_t was = load32(ip + at), is = htonl(host_order);

        if (was == is)
                return;
        memcpy(ip + at, &is, sizeof is);
        store16(ip + IP4_CSUM, csum_update32(load16(ip + IP4_CSUM), was, is));
        sum_addr_word(s, was, is);
}

static void set_v6(uint8_t *ip, unsigned at, const uint32_t w[4], struct l4_sum *s)
{
        for (unsigned i = 0; i < 4; i++, at += 4) {
                uint32_t was = load32(ip + at);

                memcpy(ip + at, &w[i], sizeof w[i]);
                sum_addr_word(s, was, w[i]);
        }
}

void rewrite_addrs(uint8_t *ip, uint8_t fam, const uint32_t src[4], const uint32_t dst[4], struct l4_sum *s)
{
        if (fam == ADDR_V4) {
                set_v4(ip, IP4_SRC, src[0], s);
                set_v4(ip, IP4_DST, dst[0], s);
        } else {
                set_v6(ip, IP6_SRC, src, s);
                set_v6(ip, IP6_DST, dst, s);
        }
}

static void set_port(uint8_t *at, uint16_t host_order, struct l4_sum *s)
{
        uint16_t was = load16(at), is = htons(host_order);

        if (was == is)
                return;
        store16(at, is);
        sum_word(s, was, is);
}

bool icmp_type_is_request(uint8_t proto, uint8_t type)
{
        return proto == IPPROTO_ICMP_ ? type == 8 : proto == IPPROTO_ICMP6_ && type == 128;
}

bool icmp_type_is_reply(uint8_t proto, uint8_t type)
{
        return proto == IPPROTO_ICMP_ ? type == 0 : proto == IPPROTO_ICMP6_ && type == 129;
}

void rewrite_ports(uint8_t *l4, size_t have, uint8_t proto, uint16_t sport, uint16_t dport, struct l4_sum *s)
{
        if ((proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_) && have >= 4) {
                set_port(l4, sport, s);
                set_port(l4 + 2, dport, s);
        } else if (have >= ICMP_ID_END && icmp_type_is_request(proto, l4[0])) {
                set_port(l4 + ICMP_ID, sport, s);
        } else if (have >= ICMP_ID_END && icmp_type_is_reply(proto, l4[0])) {
                set_port(l4 + ICMP_ID, dport, s);
        }
}

void rewrite_packet(struct pkt *pk, const struct flow_key *to)
{
        uint8_t *l4 = pk->buf + pk->l4;
        size_t have = pk->end - pk->l4;
        struct l4_sum s = l4_sum_at(l4, have, to->proto, to->fam);
        uint16_t iface = pk->key.iface;

        s.partial = pk->csum.partial && pk->csum.csum_start == pk->l4;
        rewrite_addrs(pk->buf + pk->l3, to->fam, to->src, to->dst, &s);
        rewrite_ports(l4, have, to->proto, to->sport, to->dport, &s);
        pk->key = *to;
        pk->key.iface = iface;
}

/* The MSS option's value among the options of a TCP header, NULL when it is not there. */
static uint8_t *find_mss(uint8_t *p, const uint8_t *end)
{
        while (p < end && *p != TCPOPT_END) {
                size_t n = 1;

                if (*p != TCPOPT_NOP) {
                        if (end - p < 2 || p[1] < 2 || p[1] > end - p)
                                return NULL;
                        n = p[1];
                }
                if (*p == TCPOPT_MSS && n == 4)
                        return p + 2;
                p += n;
        }
        return NULL;
}

void rewrite_mss(struct pkt *pk, uint16_t mss)
{
        uint8_t *l4 = pk->buf + pk->l4, *at;
        struct l4_sum s;
        uint16_t was, is = htons(mss);

        if (pk->key.proto != IPPROTO_TCP_ || pk->pay < pk->l4 + TCP_HDR)
                return;
        at = find_mss(l4 + TCP_HDR, pk->buf + pk->pay);
        if (!at || ntohs(load16(at)) <= mss)
                return;
        s = l4_sum_at(l4, pk->end - pk->l4, pk->key.proto, pk->key.fam);
        s.partial = pk->csum.partial && pk->csum.csum_start == pk->l4;
        was = load16(at);
        store16(at, is);
        if ((at - l4) % 2) { /* an option may start anywhere: at an odd place its bytes count swapped */
                was = __builtin_bswap16(was);
                is = __builtin_bswap16(is);
        }
        sum_word(&s, was, is);
}

static void set_dscp_v4(uint8_t *ip, uint8_t dscp)
{
        uint16_t was = load16(ip);

        ip[IP4_TOS] = (uint8_t)(dscp << 2 | (ip[IP4_TOS] & 3));
        store16(ip + IP4_CSUM, csum_update16(load16(ip + IP4_CSUM), was, load16(ip)));
}

/* Version, traffic class (the DSCP is its upper six bits), flow label. */
static void set_dscp_v6(uint8_t *ip, uint8_t dscp)
{
        ip[0] = (uint8_t)((ip[0] & 0xF0) | dscp >> 2);
        ip[1] = (uint8_t)(dscp << 6 | (ip[1] & 0x3F));
}

void rewrite_dscp(struct pkt *pk, uint8_t dscp)
{
        dscp &= 0x3F;
        if (pk->key.fam == ADDR_V4)
                set_dscp_v4(pk->buf + pk->l3, dscp);
        else
                set_dscp_v6(pk->buf + pk->l3, dscp);
        pk->dscp = dscp;
}
