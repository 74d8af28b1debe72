#include "tests/support/pktbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETH_IP4 = 0x0800, ETH_ARP = 0x0806, ETH_VLAN = 0x8100, ETH_IP6 = 0x86dd };

static uint8_t *put16(uint8_t *p, unsigned v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
        return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
        return put16(put16(p, v >> 16), v & 0xFFFF);
}

static uint16_t get16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
        return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Word by word, the slow and obvious way. */
static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
                sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return sum;
}

uint16_t pb_csum(const void *p, size_t n)
{
        return (uint16_t)~sum16(0, p, n);
}

static uint8_t *put_addr(uint8_t *p, const struct addr *a)
{
        if (a->fam != ADDR_V6)
                return put32(p, a->v4);
        memcpy(p, a->v6, 16);
        return p + 16;
}

static struct addr get_addr(const uint8_t *p, bool v6)
{
        struct addr a = { .fam = ADDR_V6 };

        if (!v6)
                return addr_v4(get32(p));
        memcpy(a.v6, p, 16);
        return a;
}

static uint32_t pseudo_sum(const struct addr *src, const struct addr *dst, uint8_t proto, size_t n)
{
        uint8_t ph[40];
        uint8_t *p = put_addr(put_addr(ph, src), dst);

        p = put32(p, (uint32_t)n);
        p = put32(p, proto);
        return sum16(0, ph, (size_t)(p - ph));
}

struct addr pb_addr(const char *text)
{
        struct addr a;

        if (!addr_parse(text, &a)) {
                fprintf(stderr, "pktbuild: bad address %s\n", text);
                abort();
        }
        return a;
}

struct mac pb_mac(uint8_t last)
{
        return (struct mac){ { 2, 0, 0, 0, 0, last } };
}

struct pb pb_of(const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t proto)
{
        return (struct pb){ .dmac = pb_mac(2),
                            .smac = pb_mac(1),
                            .src = pb_addr(src),
                            .dst = pb_addr(dst),
                            .sport = sport,
                            .dport = dport,
                            .proto = proto };
}

static size_t l4_header_len(const struct pb *p)
{
        switch (p->proto) {
        case IPPROTO_TCP_:
                return 20 + p->nopt;
        case IPPROTO_UDP_:
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                return 8;
        default:
                return 0;
        }
}

static uint8_t *put_eth(uint8_t *o, struct mac dst, struct mac src, bool tagged, uint16_t tci, uint16_t type)
{
        memcpy(o, dst.b, 6);
        memcpy(o + 6, src.b, 6);
        o += 12;
        if (tagged)
                o = put16(put16(o, ETH_VLAN), tci);
        return put16(o, type);
}

static uint8_t *put_ip4(uint8_t *o, const struct pb *p, size_t l4_len)
{
        size_t hl = 20 + p->nipopt;
        uint8_t *h = o;

        *o++ = (uint8_t)(0x40 | hl / 4);
        *o++ = p->tos;
        o = put16(o, (unsigned)(hl + l4_len));
        o = put16(put16(o, p->id), p->frag);
        *o++ = p->ttl ? p->ttl : 64;
        *o++ = p->proto;
        o = put_addr(put_addr(put16(o, 0), &p->src), &p->dst);
        if (p->nipopt)
                memcpy(o, p->ipopt, p->nipopt);
        put16(h + 10, pb_csum(h, hl));
        return h + hl;
}

static uint8_t *put_ip6(uint8_t *o, const struct pb *p, size_t l4_len)
{
        o = put32(o, 0x60000000u | (uint32_t)p->tos << 20);
        o = put16(o, (unsigned)l4_len);
        *o++ = p->proto;
        *o++ = p->ttl ? p->ttl : 64;
        return put_addr(put_addr(o, &p->src), &p->dst);
}

static size_t csum_field(uint8_t proto)
{
        switch (proto) {
        case IPPROTO_TCP_:
                return 16;
        case IPPROTO_UDP_:
                return 6;
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                return 2;
        default:
                return 0;
        }
}

static void put_l4(uint8_t *o, const struct pb *p)
{
        switch (p->proto) {
        case IPPROTO_TCP_:
                o = put32(put32(put16(put16(o, p->sport), p->dport), p->seq), p->ack);
                *o++ = (uint8_t)((20 + p->nopt) / 4 << 4);
                *o++ = p->flags;
                o = put32(put16(o, p->win ? p->win : 65535), 0);
                if (p->nopt)
                        memcpy(o, p->opt, p->nopt);
                break;
        case IPPROTO_UDP_:
                put32(put16(put16(o, p->sport), p->dport), (uint32_t)(8 + p->npay) << 16);
                break;
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                *o++ = p->icmp_type;
                *o++ = p->icmp_code;
                put32(put16(o, 0), p->icmp_rest);
                break;
        }
}

static void finish_csum(uint8_t *l4, const struct pb *p, size_t l4_len)
{
        size_t at = csum_field(p->proto);
        uint32_t sum = p->proto == IPPROTO_ICMP_ ? 0 : pseudo_sum(&p->src, &p->dst, p->proto, l4_len);
        uint16_t c;

        if (!at || p->no_csum)
                return;
        if (p->partial) {
                put16(l4 + at, sum);
                return;
        }
        c = (uint16_t)~sum16(sum, l4, l4_len);
        put16(l4 + at, c == 0 && p->proto == IPPROTO_UDP_ ? 0xFFFF : c);
}

size_t pb_build(void *out, size_t cap, const struct pb *p)
{
        bool v6 = p->src.fam == ADDR_V6;
        size_t eth = p->l3 ? 0 : p->tagged ? 18 : 14;
        size_t iph = v6 ? 40 : 20 + p->nipopt, l4_len = l4_header_len(p) + p->npay;
        size_t n = MAX_OF(eth + iph + l4_len, p->pad_to);
        uint8_t *o = out, *l4;

        if (n > cap)
                return 0;
        memset(out, 0, n);
        if (eth)
                o = put_eth(o, p->dmac, p->smac, p->tagged, p->tci, v6 ? ETH_IP6 : ETH_IP4);
        l4 = v6 ? put_ip6(o, p, l4_len) : put_ip4(o, p, l4_len);
        put_l4(l4, p);
        if (p->npay)
                memcpy(l4 + l4_header_len(p), p->pay, p->npay);
        finish_csum(l4, p, l4_len);
        return n;
}

size_t pb_udp(void *out, size_t cap, const char *src, uint16_t sport, const char *dst, uint16_t dport,
              const void *pay, size_t n)
{
        struct pb p = pb_of(src, sport, dst, dport, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = n;
        return pb_build(out, cap, &p);
}

size_t pb_tcp(void *out, size_t cap, const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t flags,
              uint32_t seq, uint32_t ack, const void *pay, size_t n)
{
        struct pb p = pb_of(src, sport, dst, dport, IPPROTO_TCP_);

        p.flags = flags;
        p.seq = seq;
        p.ack = ack;
        p.pay = pay;
        p.npay = n;
        return pb_build(out, cap, &p);
}

size_t pb_echo(void *out, size_t cap, const char *src, const char *dst, bool reply, uint16_t id, uint16_t seq)
{
        struct pb p = pb_of(src, 0, dst, 0, IPPROTO_ICMP_);

        if (p.src.fam == ADDR_V6)
                p.proto = IPPROTO_ICMP6_;
        p.icmp_type = p.src.fam == ADDR_V6 ? (reply ? 129 : 128) : (reply ? 0 : 8);
        p.icmp_rest = (uint32_t)id << 16 | seq;
        p.pay = "abcdefghijklmnopqrstuvwxyz012345";
        p.npay = 32;
        return pb_build(out, cap, &p);
}

size_t pb_icmp_error(void *out, size_t cap, const char *src, const char *dst, uint8_t type, uint8_t code,
                     uint32_t rest, const void *datagram, size_t quoted)
{
        struct pb p = pb_of(src, 0, dst, 0, IPPROTO_ICMP_);

        if (p.src.fam == ADDR_V6)
                p.proto = IPPROTO_ICMP6_;
        p.icmp_type = type;
        p.icmp_code = code;
        p.icmp_rest = rest;
        p.pay = datagram;
        p.npay = quoted;
        return pb_build(out, cap, &p);
}

size_t pb_fragment(void *out, size_t cap, const void *frame, size_t n, size_t from, size_t to, bool more)
{
        const uint8_t *in = frame;
        uint8_t *ip = (uint8_t *)out + 14;
        size_t hlen = (in[14] & 15u) * 4u, len = hlen + to - from;
        uint16_t sum;

        if (14 + len > cap || 14 + hlen + to > n)
                return 0;
        memcpy(out, in, 14 + hlen);
        memcpy(ip + hlen, in + 14 + hlen + from, to - from);
        put16(ip + 2, (uint16_t)len);
        put16(ip + 6, (uint16_t)((in[20] & 0x40) << 8 | from / 8 | (more ? 0x2000 : 0)));
        put16(ip + 10, 0);
        sum = pb_csum(ip, hlen);
        put16(ip + 10, sum);
        return 14 + len;
}

size_t pb_arp(void *out, size_t cap, uint16_t op, struct mac sha, const char *spa, struct mac tha, const char *tpa)
{
        struct addr s = pb_addr(spa), t = pb_addr(tpa);
        struct mac dst = op == 1 ? (struct mac){ { 255, 255, 255, 255, 255, 255 } } : tha;
        uint8_t *o = out;

        if (cap < 42)
                return 0;
        o = put_eth(o, dst, sha, false, 0, ETH_ARP);
        o = put32(put32(o, 0x00010800), 0x06040000u | op);
        memcpy(o, sha.b, 6);
        put32(o + 6, s.v4);
        memcpy(o + 10, tha.b, 6);
        put32(o + 16, t.v4);
        return 42;
}

static bool parse_arp(const uint8_t *p, size_t n, struct pb_view *v)
{
        if (n < 28 || get32(p) != 0x00010800 || get16(p + 4) != 0x0604)
                return false;
        v->arp_op = get16(p + 6);
        memcpy(v->sha.b, p + 8, 6);
        v->spa = get_addr(p + 14, false);
        memcpy(v->tha.b, p + 18, 6);
        v->tpa = get_addr(p + 24, false);
        return true;
}

static bool parse_tcp(const uint8_t *p, size_t n, struct pb_view *v)
{
        size_t hl = n >= 20 ? (size_t)(p[12] >> 4) * 4 : 0;

        if (hl < 20 || hl > n)
                return false;
        v->sport = get16(p);
        v->dport = get16(p + 2);
        v->seq = get32(p + 4);
        v->ack = get32(p + 8);
        v->flags = p[13];
        v->win = get16(p + 14);
        v->l4_csum = get16(p + 16);
        v->opt = p + 20;
        v->nopt = hl - 20;
        v->pay = p + hl;
        v->npay = n - hl;
        return true;
}

static bool parse_udp(const uint8_t *p, size_t n, struct pb_view *v)
{
        if (n < 8 || get16(p + 4) != n)
                return false;
        v->sport = get16(p);
        v->dport = get16(p + 2);
        v->l4_csum = get16(p + 6);
        v->pay = p + 8;
        v->npay = n - 8;
        return true;
}

static bool parse_icmp(const uint8_t *p, size_t n, struct pb_view *v)
{
        if (n < 8)
                return false;
        v->icmp_type = p[0];
        v->icmp_code = p[1];
        v->l4_csum = get16(p + 2);
        v->icmp_rest = get32(p + 4);
        v->pay = p + 8;
        v->npay = n - 8;
        return true;
}

static void check_l4(const uint8_t *p, size_t n, struct pb_view *v)
{
        uint32_t pseudo = v->proto == IPPROTO_ICMP_ ? 0 : pseudo_sum(&v->src, &v->dst, v->proto, n);

        v->l4_ok = sum16(pseudo, p, n) == 0xFFFF;
        v->l4_partial = v->l4_csum == pseudo;
        if (v->proto == IPPROTO_UDP_ && v->l4_csum == 0 && v->src.fam == ADDR_V4)
                v->l4_ok = true;
}

static bool parse_l4(const uint8_t *p, size_t n, struct pb_view *v)
{
        bool ok = true;

        v->l4 = p;
        switch (v->proto) {
        case IPPROTO_TCP_:
                ok = parse_tcp(p, n, v);
                break;
        case IPPROTO_UDP_:
                /* A first fragment holds less than its UDP length says. */
                ok = v->frag & 0x2000 ? n >= 8 : parse_udp(p, n, v);
                break;
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                ok = parse_icmp(p, n, v);
                break;
        default:
                v->pay = p;
                v->npay = n;
                return true;
        }
        if (ok)
                check_l4(p, n, v);
        return ok;
}

static bool parse_ip(const uint8_t *p, size_t n, struct pb_view *v)
{
        bool v6 = n && p[0] >> 4 == 6;
        size_t hl = v6 ? 40 : n ? (size_t)(p[0] & 15) * 4 : 0;

        if (hl < 20 || hl > n || (!v6 && p[0] >> 4 != 4))
                return false;
        v->ip = p;
        v->ip_len = v6 ? 40u + get16(p + 4) : get16(p + 2);
        v->tos = v6 ? (uint8_t)(get16(p) >> 4) : p[1];
        v->proto = v6 ? p[6] : p[9];
        v->ttl = v6 ? p[7] : p[8];
        v->src = get_addr(p + (v6 ? 8 : 12), v6);
        v->dst = get_addr(p + (v6 ? 24 : 16), v6);
        v->id = v6 ? 0 : get16(p + 4);
        v->frag = v6 ? 0 : get16(p + 6);
        v->ip_ok = v6 || pb_csum(p, hl) == 0;
        if (v->ip_len > n || v->ip_len < hl)
                return false;
        if (v->frag & 0x1FFF)
                return true;
        return parse_l4(p + hl, v->ip_len - hl, v);
}

bool pb_parse(const void *frame, size_t n, bool l3, struct pb_view *v)
{
        const uint8_t *p = frame;

        memset(v, 0, sizeof *v);
        if (l3)
                return parse_ip(p, n, v);
        if (n < 14)
                return false;
        memcpy(v->dmac.b, p, 6);
        memcpy(v->smac.b, p + 6, 6);
        v->ethertype = get16(p + 12);
        p += 14;
        n -= 14;
        if (v->ethertype == ETH_VLAN && n >= 4) {
                v->tagged = true;
                v->tci = get16(p);
                v->ethertype = get16(p + 2);
                p += 4;
                n -= 4;
        }
        if (v->ethertype == ETH_ARP)
                return parse_arp(p, n, v);
        return v->ethertype == ETH_IP4 || v->ethertype == ETH_IP6 ? parse_ip(p, n, v) : true;
}
