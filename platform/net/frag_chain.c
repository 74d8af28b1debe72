/* One datagram in the making: what may stand beside what, and how the whole looks. No limits, no time. */
#include "platform/net/csum.h"
#include "platform/net/frag_int.h"

enum { IP_DF = 0x4000, IP_MF = 0x2000, IP_OFFSET = 0x1FFF, IP_HLEN = 20, IP_MAX = 65535 };
enum { TCP_HLEN = 20, UDP_HLEN = 8, ICMP_HLEN = 8 };
enum { NOT_ECT = 0, CE = 3 };

static uint16_t get16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}

static uint16_t flags_of(const struct pkt *pk)
{
        return get16(pk->buf + pk->l3 + 6);
}

struct frag_span frag_span(const struct pkt *pk)
{
        uint32_t from = (flags_of(pk) & IP_OFFSET) * 8u;

        return (struct frag_span){ .from = from, .to = from + pk->end - pk->l4, .more = flags_of(pk) & IP_MF };
}

/* How much of the payload rules and translation look at. */
static uint32_t header_length(uint8_t proto)
{
        switch (proto) {
        case IPPROTO_TCP_:
                return TCP_HLEN;
        case IPPROTO_UDP_:
                return UDP_HLEN;
        case IPPROTO_ICMP_:
                return ICMP_HLEN;
        default:
                return 1;
        }
}

/*
 * RFC 1858 and 3128: nobody needs a first fragment that ends inside the transport header, nor another that begins
 * there, but to slip past a filter.
 */
static bool is_tiny(const struct pkt *pk, const struct frag_span *s)
{
        uint32_t head = header_length(pk->key.proto);

        if (s->from)
                return s->from < head;
        if (s->to < head)
                return true;
        return pk->key.proto == IPPROTO_TCP_ && s->to < (pk->buf[pk->l4 + 12] >> 4) * 4u;
}

enum drop_reason frag_check(const struct pkt *pk)
{
        struct frag_span s = frag_span(pk);

        /* A sum that is left to do covers a whole datagram, and a super-frame is none of its own fragments. */
        if (pk->csum.partial || pk->csum.gso_type)
                return DROP_FRAG_INVALID;
        if (s.to == s.from || (s.more && s.to % 8))
                return DROP_FRAG_INVALID;
        if (s.to > IP_MAX - IP_HLEN)
                return DROP_FRAG_SIZE;
        return is_tiny(pk, &s) ? DROP_FRAG_TINY : DROP_NONE;
}

/* The last one at or before an offset; NULL: it would be the first. What comes in order is found at once. */
static struct pkt *find_before(const struct frag_chain *c, uint32_t from)
{
        struct pkt *before = NULL;

        if (c->last && frag_span(c->last).from <= from)
                return c->last;
        for (struct pkt *pk = c->first; pk && frag_span(pk).from <= from; pk = pk->link)
                before = pk;
        return before;
}

static bool is_same(const struct pkt *a, const struct pkt *b)
{
        struct frag_span x = frag_span(a), y = frag_span(b);

        return x.from == y.from && x.to == y.to && x.more == y.more &&
               memcmp(a->buf + a->l4, b->buf + b->l4, x.to - x.from) == 0;
}

/* RFC 5722's rule holds for IPv4 as well: what overlaps was made to be read in two ways. */
static enum drop_reason check_place(const struct frag_chain *c, const struct pkt *before, const struct pkt *pk)
{
        const struct pkt *after = before ? before->link : c->first;
        struct frag_span s = frag_span(pk);

        if (before && is_same(before, pk))
                return DROP_FRAG_DUPLICATE;
        if (before && frag_span(before).to > s.from)
                return DROP_FRAG_OVERLAP;
        if (after && frag_span(after).from < s.to)
                return DROP_FRAG_OVERLAP;
        /* Behind the end, or an end with something behind it. */
        if ((c->end && s.to > c->end) || (!s.more && after))
                return DROP_FRAG_INVALID;
        return DROP_NONE;
}

static void insert(struct frag_chain *c, struct pkt *before, struct pkt *pk)
{
        pk->link = before ? before->link : c->first;
        if (before)
                before->link = pk;
        else
                c->first = pk;
        if (!pk->link)
                c->last = pk;
}

enum drop_reason frag_chain_add(struct frag_chain *c, struct pkt *pk, uint32_t limit)
{
        struct frag_span s = frag_span(pk);
        struct pkt *before = find_before(c, s.from);
        enum drop_reason why = check_place(c, before, pk);

        if (why)
                return why;
        if (c->n >= limit)
                return DROP_FRAG_CHAIN;
        insert(c, before, pk);
        c->n++;
        c->have += s.to - s.from;
        if (!s.more)
                c->end = s.to;
        c->df |= pk->df;
        c->ecn |= (uint8_t)(1u << (pk->buf[pk->l3 + 1] & 3));
        c->largest = (uint16_t)MAX_OF((uint32_t)c->largest, pk->end - pk->l3);
        return DROP_NONE;
}

/* RFC 3168, 5.3: congestion seen by a part of a datagram that never agreed to be marked. */
enum drop_reason frag_chain_verify(const struct frag_chain *c)
{
        const struct pkt *f = c->first;

        if ((c->ecn & 1u << CE) && (c->ecn & 1u << NOT_ECT))
                return DROP_FRAG_INVALID;
        return f->l4 - f->l3 + c->end > IP_MAX ? DROP_FRAG_SIZE : DROP_NONE;
}

/* The header is the first fragment's (RFC 791, 3.2), with the length of the whole and without its place. */
static void join_header(const struct frag_chain *c, uint8_t *ip, uint32_t hlen)
{
        uint16_t sum;

        put16(ip + 2, hlen + c->end);
        put16(ip + 6, c->df ? IP_DF : 0);
        if (c->ecn & 1u << CE)
                ip[1] |= CE;
        memset(ip + 10, 0, 2);
        sum = csum_ip_header(ip, hlen);
        memcpy(ip + 10, &sum, 2);
}

struct pkt *frag_chain_join(const struct frag_chain *c, struct pkt_pool *pool)
{
        const struct pkt *f = c->first;
        uint32_t l2 = f->l3 - f->off, hlen = f->l4 - f->l3;
        struct pkt *pk = pkt_get(pool, l2 + hlen + c->end);
        uint8_t *at;

        if (!pk)
                return NULL;
        at = pkt_frame(pk);
        memcpy(at, pkt_frame(f), l2 + hlen);
        for (const struct pkt *p = f; p; p = p->link)
                memcpy(at + l2 + hlen + frag_span(p).from, p->buf + p->l4, p->end - p->l4);
        join_header(c, at + l2, hlen);
        pk->len = l2 + hlen + c->end;
        pk->l3 = pk->off + l2;
        pk->iface = f->iface;
        pk->vlan_tci = f->vlan_tci;
        pk->ethertype = f->ethertype;
        pk->l2_bcast = f->l2_bcast;
        pk->has_l2 = f->has_l2;
        pk->from_box = f->from_box;
        pk->frag_max = f->from_box ? 0 : c->largest; /* our own TUN is no link to spare */
        return pk;
}
