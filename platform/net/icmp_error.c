#include <string.h>

#include "platform/net/csum.h"
#include "platform/net/decode.h"
#include "platform/net/egress_int.h"

enum { ICMP_HLEN = 8, QUOTE_MAX = 548 }; /* RFC 1812, 4.3.2.3: an error is at most 576 bytes long */

/* Tokens in thousandths, so that a rate of one per second needs no fractions. */
static bool may_send(struct worker *w, const struct net_rt *n)
{
        struct icmp_bucket *b = &w->unreach;
        uint64_t most = n->unreach_burst * 1000ull;

        b->milli += (w->now_ms - b->last_ms) * n->unreach_rate;
        if (b->milli > most)
                b->milli = most;
        b->last_ms = w->now_ms;
        if (b->milli < 1000)
                return false;
        b->milli -= 1000;
        return true;
}

static bool is_later_fragment(const struct pkt *pk)
{
        const uint8_t *ip = pk->buf + pk->l3;

        return pk->is_frag && (ip[6] << 8 | ip[7]) & 0x1FFF;
}

/* RFC 1122, 3.2.2: what no error message may be about. */
static bool is_unmentionable(const struct pkt *pk, const struct flow_key *k)
{
        struct addr src = flow_src(k), dst = flow_dst(k);

        if (k->fam != ADDR_V4 || pk->dry || pk->l2_bcast || is_later_fragment(pk) || icmp_is_error(pk))
                return true;
        if (pk->from_box && !is_kernel_key(k)) /* the dataplane's own */
                return true;
        return addr_is_multicast(&dst) || (!is_kernel_key(k) && addr_is_martian_source(&src));
}

/* Checksum fields inside the quote that follow a change; NULL: none. */
struct sums {
        uint8_t *ip, *pseudo, *l4;
};

static void follow(uint8_t *sum, uint16_t old, uint16_t new)
{
        uint16_t s;

        if (!sum)
                return;
        memcpy(&s, sum, 2);
        s = csum_update16(s, old, new);
        memcpy(sum, &s, 2);
}

static void put_word(uint8_t *at, uint16_t v, uint8_t *sum, uint8_t *sum2)
{
        uint16_t old, new;

        memcpy(&old, at, 2);
        at[0] = (uint8_t)(v >> 8);
        at[1] = (uint8_t)v;
        memcpy(&new, at, 2);
        follow(sum, old, new);
        follow(sum2, old, new);
}

/* An L4 sum can be followed where it is full, present, and inside the quote. */
static struct sums find_sums(uint8_t *q, size_t n, uint32_t hlen, const struct pkt *pk, uint8_t proto)
{
        struct sums s = { .ip = q + 10 };
        int at = csum_l4_offset(proto);

        if (at < 0 || n < hlen + (uint32_t)at + 2 || pk->csum.partial)
                return s;
        if (proto == IPPROTO_UDP_ && !q[hlen + 6] && !q[hlen + 7])
                return s;
        s.l4 = q + hlen + at;
        s.pseudo = proto == IPPROTO_ICMP_ ? NULL : s.l4;
        return s;
}

/* The source must recognise its own packet: addresses and ports become again what they were before translation. */
static void restore_quote(uint8_t *q, size_t n, uint32_t hlen, const struct pkt *pk, const struct flow_key *k)
{
        struct sums s = find_sums(q, n, hlen, pk, k->proto);

        put_word(q + 12, (uint16_t)(k->src[0] >> 16), s.ip, s.pseudo);
        put_word(q + 14, (uint16_t)k->src[0], s.ip, s.pseudo);
        put_word(q + 16, (uint16_t)(k->dst[0] >> 16), s.ip, s.pseudo);
        put_word(q + 18, (uint16_t)k->dst[0], s.ip, s.pseudo);
        if (k->proto == IPPROTO_TCP_ || k->proto == IPPROTO_UDP_) {
                put_word(q + hlen, k->sport, s.l4, NULL);
                put_word(q + hlen + 2, k->dport, s.l4, NULL);
        } else if (k->proto == IPPROTO_ICMP_ && (pk->icmp_type == 8 || pk->icmp_type == 0)) {
                put_word(q + hlen + 4, pk->icmp_type == 8 ? k->sport : k->dport, s.l4, NULL);
        }
}

/* From the interface the packet came in by; for the private kernel from the peer it meant. */
static bool error_source(const struct net_rt *n, const struct flow_key *k, struct addr *src)
{
        const struct iface_rt *ifc = iface_by_idx(n, k->iface);

        if (is_kernel_key(k)) {
                *src = flow_dst(k);
                return true;
        }
        if (!ifc || !ifc->up || !ifc->ip.fam)
                return false;
        *src = ifc->ip;
        return true;
}

static struct pkt *build_error(struct worker *w, const struct pkt *pk, const struct flow_key *k,
                               const struct addr *src, const uint8_t head[4], uint16_t mtu)
{
        struct addr dst = flow_src(k);
        uint32_t n = MIN_OF(pk->end - pk->l3, (uint32_t)QUOTE_MAX), hlen = pk->l4 - pk->l3;
        struct pkt *e = box_packet(w, src, &dst, IPPROTO_ICMP_, ICMP_HLEN + n);
        uint8_t *icmp;

        if (!e)
                return NULL;
        icmp = e->buf + e->l4;
        memcpy(icmp, head, 4);
        icmp[6] = (uint8_t)(mtu >> 8);
        icmp[7] = (uint8_t)mtu;
        memcpy(icmp + ICMP_HLEN, pk->buf + pk->l3, n);
        if (n >= hlen + 8)
                restore_quote(icmp + ICMP_HLEN, n, hlen, pk, k);
        csum_l4_full(e);
        return e;
}

void icmp_send_error(struct worker *w, const struct pkt *pk, uint8_t type, uint8_t code, uint16_t mtu)
{
        const uint8_t head[4] = { type, code };
        struct flow_key k = wire_key(w, pk);
        struct addr src;
        struct pkt *e;

        if (!w->snap || is_unmentionable(pk, &k) || !error_source(net_rt(w->snap), &k, &src))
                return;
        /* Our own kernel is no stranger to be protected from. */
        if (!is_kernel_key(&k) && !may_send(w, net_rt(w->snap)))
                return;
        e = build_error(w, pk, &k, &src, head, mtu);
        if (e)
                box_answer(w, &k, e);
}
