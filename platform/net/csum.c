#include "platform/net/csum.h"

/*
 * A one's-complement sum does not care about the width of its words: eight bytes at a time with the carry brought
 * round, folded to 16 bits at the end (RFC 1071, section 2). Byte order stays that of the buffer all the way.
 */
static inline uint64_t add_carry(uint64_t sum, uint64_t w)
{
        sum += w;
        return sum + (sum < w);
}

static inline uint64_t load64(const uint8_t *b)
{
        uint64_t w;

        memcpy(&w, b, sizeof w);
        return w;
}

static uint64_t add_tail(uint64_t sum, const uint8_t *b, size_t n)
{
        uint64_t w = 0;

        memcpy(&w, b, n);
        return add_carry(sum, w);
}

uint64_t csum_add(uint64_t sum, const void *p, size_t n)
{
        const uint8_t *b = p;
        uint64_t odd = 0;

        /* Two chains, so that the additions of one do not wait for the carries of the other. */
        for (; n >= 32; n -= 32, b += 32) {
                sum = add_carry(sum, load64(b));
                odd = add_carry(odd, load64(b + 8));
                sum = add_carry(sum, load64(b + 16));
                odd = add_carry(odd, load64(b + 24));
        }
        for (; n >= 8; n -= 8, b += 8)
                sum = add_carry(sum, load64(b));
        if (n)
                sum = add_tail(sum, b, n);
        return add_carry(sum, odd);
}

uint16_t csum_fold(uint64_t sum)
{
        sum = (sum & 0xFFFFFFFF) + (sum >> 32);
        sum = (sum & 0xFFFFFFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (uint16_t)((sum & 0xFFFF) + (sum >> 16));
}

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m'). */
uint16_t csum_update16(uint16_t old_csum, uint16_t old_word, uint16_t new_word)
{
        return (uint16_t)~csum_fold((uint64_t)(uint16_t)~old_csum + (uint16_t)~old_word + new_word);
}

uint16_t csum_update32(uint16_t old_csum, uint32_t old_word, uint32_t new_word)
{
        return (uint16_t)~csum_fold((uint64_t)(uint16_t)~old_csum + (uint32_t)~old_word + new_word);
}

uint16_t csum_partial_update32(uint16_t old_sum, uint32_t old_word, uint32_t new_word)
{
        return csum_fold((uint64_t)old_sum + (uint32_t)~old_word + new_word);
}

uint16_t csum_ip_header(const void *hdr, size_t len)
{
        return (uint16_t)~csum_fold(csum_add(0, hdr, len));
}

int csum_l4_offset(uint8_t proto)
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
                return -1;
        }
}

static bool is_v6(const struct pkt *pk)
{
        return pk->buf[pk->l3] >> 4 == 6;
}

static uint8_t l4_proto(const struct pkt *pk)
{
        return is_v6(pk) ? pk->key.proto : pk->buf[pk->l3 + 9];
}

/* ICMPv6 inside IPv4 is just some protocol. */
static int field_offset(const struct pkt *pk, uint8_t proto)
{
        return proto == IPPROTO_ICMP6_ && !is_v6(pk) ? -1 : csum_l4_offset(proto);
}

uint64_t csum_pseudo(const struct pkt *pk)
{
        const uint8_t *ip = pk->buf + pk->l3;
        uint32_t len = pk->end - pk->l4;
        uint8_t rest[4] = { 0, l4_proto(pk), (uint8_t)(len >> 8), (uint8_t)len };

        if (rest[1] == IPPROTO_ICMP_)
                return 0;
        return csum_add(is_v6(pk) ? csum_add(0, ip + 8, 32) : csum_add(0, ip + 12, 8), rest, sizeof rest);
}

static bool can_be_partial(uint8_t proto)
{
        return proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_;
}

/* A computed UDP checksum of zero is sent as all ones: zero means "none" there. */
static uint16_t never_zero(uint8_t proto, uint16_t sum)
{
        return proto == IPPROTO_UDP_ && !sum ? 0xFFFF : sum;
}

void csum_l4_full(struct pkt *pk)
{
        uint8_t proto = l4_proto(pk);
        int at = field_offset(pk, proto);
        uint16_t field = 0;

        if (pk->csum.gso_type && can_be_partial(proto)) {
                csum_l4_partial(pk);
                return;
        }
        pk->csum.partial = false;
        if (at < 0 || pk->end < pk->l4 + (uint32_t)at + 2)
                return;
        memcpy(pk->buf + pk->l4 + at, &field, 2);
        field = (uint16_t)~csum_fold(csum_add(csum_pseudo(pk), pk->buf + pk->l4, pk->end - pk->l4));
        field = never_zero(proto, field);
        memcpy(pk->buf + pk->l4 + at, &field, 2);
        pk->csum.verified = true;
}

void csum_l4_partial(struct pkt *pk)
{
        uint8_t proto = l4_proto(pk);
        int at = field_offset(pk, proto);
        uint16_t field;

        if (!can_be_partial(proto)) {
                csum_l4_full(pk);
                return;
        }
        field = csum_fold(csum_pseudo(pk));
        memcpy(pk->buf + pk->l4 + at, &field, 2);
        pk->csum.partial = true;
        pk->csum.csum_start = (uint16_t)pk->l4;
        pk->csum.csum_offset = (uint16_t)at;
}

bool csum_l4_ok(const struct pkt *pk)
{
        uint8_t proto = l4_proto(pk);
        int at = field_offset(pk, proto);
        uint16_t field;

        if (pk->csum.partial || pk->csum.verified || at < 0)
                return true;
        if (pk->end < pk->l4 + (uint32_t)at + 2)
                return false;
        memcpy(&field, pk->buf + pk->l4 + at, 2);
        if (!field && proto == IPPROTO_UDP_ && !is_v6(pk))
                return true;
        return csum_fold(csum_add(csum_pseudo(pk), pk->buf + pk->l4, pk->end - pk->l4)) == 0xFFFF;
}

void csum_complete(uint8_t *frame, size_t len, size_t start, size_t offset)
{
        uint16_t field;

        if (start > len || len - start < 2 || offset > len - start - 2)
                return;
        field = (uint16_t)~csum_fold(csum_add(0, frame + start, len - start));
        field = never_zero(offset == 6 ? IPPROTO_UDP_ : IPPROTO_TCP_, field);
        memcpy(frame + start + offset, &field, 2);
}
