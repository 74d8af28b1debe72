#include "nat/rewrite_int.h"
#include "platform/net/decode.h"

/* How much of the quoted packet an edit can reach: its L3 header and the L4 header up to the last checksum field. */
#define L4_REACH 18u

/* The quoted packet as its sender knows it. What was cut off, checksum included, stays cut off. */
static void rewrite_quoted(uint8_t *buf, const struct icmp_quote *q, const struct flow_key *to)
{
        size_t have = q->end > q->l4 ? q->end - q->l4 : 0;
        struct l4_sum s = l4_sum_at(buf + q->l4, have, to->proto, to->fam);

        rewrite_addrs(buf + q->l3, to->fam, to->src, to->dst, &s);
        rewrite_ports(buf + q->l4, have, to->proto, to->sport, to->dport, &s);
}

/* The message's own checksum after the bytes at `at` changed from sum `was` (unfolded) to what they are now. */
static void follow(uint8_t *field, uint64_t was, const uint8_t *at, size_t n)
{
        uint16_t c;

        memcpy(&c, field, sizeof c);
        c = csum_update16(c, csum_fold(was), csum_fold(csum_add(0, at, n)));
        memcpy(field, &c, sizeof c);
}

void rewrite_icmp_error(struct pkt *pk, const struct addr *outer_src, const struct addr *outer_dst,
                        const struct flow_key *quoted)
{
        uint8_t *icmp = pk->buf + pk->l4;
        struct l4_sum s = l4_sum_at(icmp, pk->end - pk->l4, pk->key.proto, pk->key.fam);
        struct icmp_quote q;

        if (s.field && decode_icmp_quote(pk, &q)) {
                uint8_t *at = pk->buf + q.l3;
                size_t n = MIN_OF(q.end, q.l4 + L4_REACH) - q.l3;
                uint64_t was = csum_add(0, at, n);

                rewrite_quoted(pk->buf, &q, quoted);
                follow(s.field, was, at, n);
        }
        rewrite_addrs(pk->buf + pk->l3, pk->key.fam, outer_src->w, outer_dst->w, &s);
        memcpy(pk->key.src, outer_src->w, sizeof pk->key.src);
        memcpy(pk->key.dst, outer_dst->w, sizeof pk->key.dst);
}
