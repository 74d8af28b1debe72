#include "cli/exec/pkt_text.h"

#include <ctype.h>

#include "platform/base/cur.h"
#include "platform/base/str.h"
#include "platform/net/csum.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* What is known of a datagram when its payload is described. */
struct ip {
        struct addr src, dst;
        uint8_t proto, ttl;
        uint16_t id, frag; /* frag: flags and offset as on the wire; v6: 0 */
        bool v6;
        uint32_t paylen;    /* bytes behind the IP header, by its length field */
        const uint8_t *pay; /* what was captured of them */
        size_t caplen;
};

/* ---- endpoints ---- */

static void put_addr(struct wbuf *w, const struct addr *a)
{
        char t[ADDR_TEXT_MAX];

        wbuf_str(w, addr_print(a, t));
}

static void put_pair(struct wbuf *w, const struct ip *ip, int sport, int dport)
{
        put_addr(w, &ip->src);
        if (sport >= 0)
                wbuf_printf(w, ".%d", sport);
        wbuf_str(w, " > ");
        put_addr(w, &ip->dst);
        if (dport >= 0)
                wbuf_printf(w, ".%d", dport);
        wbuf_str(w, ": ");
}

/* Verdict on the checksum when all of the datagram is there. */
static void put_sum(struct wbuf *w, const struct ip *ip, const char *proto)
{
        uint8_t ph[40];
        struct wbuf p = wbuf_of(ph, sizeof ph);
        uint64_t sum;

        if (ip->caplen < ip->paylen || ip->frag & 0x3FFF)
                return;
        if (ip->v6) {
                wbuf_put(&p, ip->src.v6, 16);
                wbuf_put(&p, ip->dst.v6, 16);
                wbuf_be32(&p, ip->paylen);
        } else {
                wbuf_be32(&p, ip->src.v4);
                wbuf_be32(&p, ip->dst.v4);
                wbuf_be16(&p, (uint16_t)ip->paylen);
        }
        wbuf_be16(&p, ip->proto);
        sum = csum_add(csum_add(0, ph, p.len), ip->pay, ip->paylen);
        wbuf_printf(w, "[%s sum %s] ", proto, csum_fold(sum) == 0xFFFF ? "ok" : "wrong");
}

/* ---- TCP ---- */

static void put_option(struct wbuf *w, uint8_t kind, struct cur *o)
{
        uint32_t a, b;

        switch (kind) {
        case 2:
                wbuf_printf(w, "mss %u", cur_be16(o));
                break;
        case 3:
                wbuf_printf(w, "wscale %u", cur_u8(o));
                break;
        case 4:
                wbuf_str(w, "sackOK");
                break;
        case 8:
                a = cur_be32(o);
                b = cur_be32(o);
                wbuf_printf(w, "timestamp %u %u", a, b);
                break;
        default:
                wbuf_printf(w, "opt-%u", kind);
                break;
        }
}

static void put_options(struct wbuf *w, struct cur o)
{
        const char *sep = "<";

        if (!o.left)
                return;
        while (o.left && !o.bad) {
                uint8_t kind = cur_u8(&o), len;
                struct cur body;

                if (!kind)
                        break;
                wbuf_str(w, sep);
                sep = ",";
                if (kind == 1) {
                        wbuf_str(w, "nop");
                        continue;
                }
                len = cur_u8(&o);
                body = cur_child(&o, len >= 2 ? (size_t)len - 2 : SIZE_MAX);
                if (body.bad) {
                        wbuf_str(w, "bad-opt");
                        break;
                }
                put_option(w, kind, &body);
        }
        wbuf_str(w, *sep == ',' ? "> " : "");
}

static void put_flags(struct wbuf *w, unsigned f)
{
        if (!(f & (FIN | SYN | RST | PSH)))
                wbuf_str(w, ".");
        if (f & SYN)
                wbuf_str(w, "S");
        if (f & FIN)
                wbuf_str(w, "F");
        if (f & PSH)
                wbuf_str(w, "P");
        if (f & RST)
                wbuf_str(w, "R");
        wbuf_str(w, " ");
}

static void put_tcp(struct wbuf *w, const struct ip *ip, bool detail)
{
        struct cur c = cur_of(ip->pay, ip->caplen);
        uint16_t sport = cur_be16(&c), dport = cur_be16(&c), win;
        uint32_t seq = cur_be32(&c), ack = cur_be32(&c), hlen, len;
        unsigned flags;

        hlen = (uint32_t)(cur_u8(&c) >> 4) * 4;
        flags = cur_u8(&c);
        win = cur_be16(&c);
        cur_be32(&c); /* checksum, urgent pointer */
        if (c.bad || hlen < 20 || hlen > ip->paylen) {
                put_pair(w, ip, -1, -1);
                wbuf_printf(w, "[malformed tcp, %u bytes]", ip->paylen);
                return;
        }
        len = ip->paylen - hlen;
        put_pair(w, ip, sport, dport);
        put_flags(w, flags);
        if (detail)
                put_sum(w, ip, "tcp");
        if (len || flags & (SYN | FIN | RST))
                wbuf_printf(w, "%u:%u(%u) ", seq, seq + len, len);
        if (flags & ACK)
                wbuf_printf(w, "ack %u ", ack);
        wbuf_printf(w, "win %u ", win);
        put_options(w, cur_child(&c, MIN_OF((size_t)hlen - 20, c.left)));
}

/* ---- UDP, ICMP, the rest ---- */

static void put_udp(struct wbuf *w, const struct ip *ip, bool detail)
{
        struct cur c = cur_of(ip->pay, ip->caplen);
        uint16_t sport = cur_be16(&c), dport = cur_be16(&c), len = cur_be16(&c), sum = cur_be16(&c);

        put_pair(w, ip, c.bad ? -1 : sport, c.bad ? -1 : dport);
        if (c.bad || len < 8 || len > ip->paylen) {
                wbuf_printf(w, "[malformed udp, %u bytes]", ip->paylen);
                return;
        }
        wbuf_str(w, " ");
        if (detail && sum)
                put_sum(w, ip, "udp");
        wbuf_printf(w, "udp %u ", len - 8);
}

static const char *unreachable_text(uint8_t code)
{
        static const char *const text[] = { "net unreachable", "host unreachable", "protocol unreachable",
                                            "port unreachable", "unreachable - need to frag" };

        return code < ARRAY_LEN(text) ? text[code] : "unreachable";
}

static void put_icmp(struct wbuf *w, const struct ip *ip)
{
        struct cur c = cur_of(ip->pay, ip->caplen);
        uint8_t type = cur_u8(&c), code = cur_u8(&c);

        put_pair(w, ip, -1, -1);
        if (c.bad)
                wbuf_printf(w, "[malformed icmp, %u bytes]", ip->paylen);
        else if (type == 8 || type == 0)
                wbuf_printf(w, "icmp: echo %s ", type ? "request" : "reply");
        else if (type == 3)
                wbuf_printf(w, "icmp: %s ", unreachable_text(code));
        else if (type == 11)
                wbuf_str(w, "icmp: time exceeded in-transit ");
        else
                wbuf_printf(w, "icmp: type %u code %u ", type, code);
}

static void put_fragment(struct wbuf *w, const struct ip *ip)
{
        unsigned off = (ip->frag & 0x1FFFu) * 8;

        if (ip->frag & 0x3FFF)
                wbuf_printf(w, "(frag %u:%u@%u%s) ", ip->id, ip->paylen, off, ip->frag & 0x2000 ? "+" : "");
}

static void put_payload(struct wbuf *w, const struct ip *ip, bool detail)
{
        if (ip->frag & 0x1FFF)
                put_pair(w, ip, -1, -1);
        else if (ip->proto == IPPROTO_TCP_)
                put_tcp(w, ip, detail);
        else if (ip->proto == IPPROTO_UDP_)
                put_udp(w, ip, detail);
        else if (ip->proto == IPPROTO_ICMP_ && !ip->v6)
                put_icmp(w, ip);
        else {
                put_pair(w, ip, -1, -1);
                wbuf_printf(w, " ip-proto-%u, length %u ", ip->proto, ip->paylen);
        }
        put_fragment(w, ip);
        if (!detail)
                return;
        if (ip->frag & 0x4000)
                wbuf_str(w, "(DF) ");
        wbuf_printf(w, "(ttl %u, id %u)", ip->ttl, ip->id);
}

/* ---- IP, ARP, Ethernet ---- */

static struct addr take_v6(struct cur *c)
{
        struct addr a = { .fam = ADDR_V6 };

        cur_copy(c, a.v6, 16);
        return a;
}

static bool read_v4(struct cur c, struct ip *ip)
{
        uint8_t vhl = cur_u8(&c);
        uint32_t hlen = (vhl & 15u) * 4, total;

        cur_u8(&c);
        total = cur_be16(&c);
        ip->id = cur_be16(&c);
        ip->frag = cur_be16(&c);
        ip->ttl = cur_u8(&c);
        ip->proto = cur_u8(&c);
        cur_be16(&c);
        ip->src = addr_v4(cur_be32(&c));
        ip->dst = addr_v4(cur_be32(&c));
        if (c.bad || vhl >> 4 != 4 || hlen < 20 || total < hlen || !cur_take(&c, hlen - 20))
                return false;
        ip->paylen = total - hlen;
        ip->caplen = MIN_OF(c.left, (size_t)ip->paylen);
        ip->pay = c.p;
        return true;
}

static bool read_v6(struct cur c, struct ip *ip)
{
        uint8_t v = cur_u8(&c);

        cur_take(&c, 3);
        ip->v6 = true;
        ip->paylen = cur_be16(&c);
        ip->proto = cur_u8(&c);
        ip->ttl = cur_u8(&c);
        ip->src = take_v6(&c);
        ip->dst = take_v6(&c);
        ip->caplen = MIN_OF(c.left, (size_t)ip->paylen);
        ip->pay = c.p;
        return !c.bad && v >> 4 == 6;
}

static void put_ip(struct wbuf *w, struct cur c, bool detail)
{
        struct ip ip = { 0 };
        bool v6 = c.left && c.p[0] >> 4 == 6;

        if (v6 ? read_v6(c, &ip) : read_v4(c, &ip))
                put_payload(w, &ip, detail);
        else
                wbuf_printf(w, "[malformed ip, %zu bytes]", c.left);
}

static void put_arp(struct wbuf *w, struct cur c)
{
        struct addr spa, tpa;
        struct mac sha = { 0 };
        char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX], m[16];
        uint16_t op;

        cur_take(&c, 6);
        op = cur_be16(&c);
        cur_copy(&c, sha.b, 6);
        spa = addr_v4(cur_be32(&c));
        cur_take(&c, 6);
        tpa = addr_v4(cur_be32(&c));
        if (c.bad)
                wbuf_str(w, "[malformed arp]");
        else if (op == 1)
                wbuf_printf(w, "arp who-has %s tell %s ", addr_print(&tpa, a), addr_print(&spa, b));
        else
                wbuf_printf(w, "arp reply %s is-at %s ", addr_print(&spa, a), mac_print(&sha, m));
}

/* 0x0800 for a frame that has no Ethernet header. */
static uint16_t put_ethernet(struct wbuf *w, struct cur *c, uint32_t len, bool detail)
{
        struct mac d = { 0 }, s = { 0 };
        char dt[16], st[16];
        uint16_t type, tci;

        cur_copy(c, d.b, 6);
        cur_copy(c, s.b, 6);
        type = cur_be16(c);
        if (detail)
                wbuf_printf(w, "%s %s 0x%04x Length: %u\n      ", mac_print(&s, st), mac_print(&d, dt), type, len);
        while (type == 0x8100 || type == 0x88A8) {
                tci = cur_be16(c);
                type = cur_be16(c);
                if (c->bad)
                        break;
                wbuf_printf(w, "802.1Q vlan#%u P%u ", tci & 0xFFF, tci >> 13);
        }
        return type;
}

void pkt_text(const struct capture_rec *r, const uint8_t *data, const struct pkt_text_opts *o, struct wbuf *w)
{
        struct cur c = cur_of(data, r->caplen);
        uint16_t type = r->l3 ? 0x0800 : put_ethernet(w, &c, r->len, o->detail);

        if (c.bad)
                wbuf_printf(w, "[malformed frame, %u bytes]", r->len);
        else if (type == 0x0800 || type == 0x86DD)
                put_ip(w, c, o->detail);
        else if (type == 0x0806)
                put_arp(w, c);
        else
                wbuf_printf(w, "0x%04x, length %u ", type, r->len);
}

void pkt_dump_row(const uint8_t *data, uint32_t n, uint32_t at, struct wbuf *w)
{
        wbuf_printf(w, "0x%04x\t ", at);
        for (uint32_t i = at; i < at + 16; i++)
                if (i < n)
                        wbuf_printf(w, "%02x%s", data[i], i % 2 ? " " : "");
                else
                        wbuf_str(w, i % 2 ? "   " : "  ");
        wbuf_str(w, "\t");
        for (uint32_t i = at; i < at + 16 && i < n; i++)
                wbuf_printf(w, "%c", isprint(data[i]) ? data[i] : '.');
}
