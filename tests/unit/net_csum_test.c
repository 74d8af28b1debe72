/* Checksums against a plain 16-bit loop and against RFC 1071/1624's own numbers. */
#include "platform/net/csum.h"

#include "platform/base/rng.h"
#include "platform/net/decode.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

/* Sum of 16-bit words in wire order, the slow way. */
static uint16_t plain(const uint8_t *p, size_t n)
{
        uint32_t s = 0;

        for (size_t i = 0; i < n; i++)
                s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        while (s >> 16)
                s = (s & 0xFFFF) + (s >> 16);
        return (uint16_t)s;
}

static uint16_t wire(uint16_t v)
{
        uint8_t b[2];

        memcpy(b, &v, 2);
        return (uint16_t)(b[0] << 8 | b[1]);
}

static uint16_t host(uint16_t v)
{
        uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

        memcpy(&v, b, 2);
        return v;
}

static void test_rfc1071_example(void **state)
{
        static const uint8_t d[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

        (void)state;
        assert_int_equal(wire(csum_fold(csum_add(0, d, sizeof d))), 0xddf2);
}

static void test_every_length_and_alignment(void **state)
{
        struct rng_fixed seed = { 42 };
        struct rng r = rng_of_fixed(&seed);
        uint8_t d[300];

        (void)state;
        assert_int_equal(rng_fill(&r, d, sizeof d), 0);
        for (size_t off = 0; off < 9; off++)
                for (size_t n = 0; n < sizeof d - 9; n++)
                        assert_int_equal(wire(csum_fold(csum_add(0, d + off, n))), plain(d + off, n));
        memset(d, 0xFF, sizeof d); /* every addition carries */
        for (size_t n = 2; n < sizeof d; n++)
                assert_int_equal(wire(csum_fold(csum_add(0, d, n))), plain(d, n));
}

static void test_continues(void **state)
{
        uint8_t d[64];

        (void)state;
        for (size_t i = 0; i < sizeof d; i++)
                d[i] = (uint8_t)(i * 37 + 200);
        for (size_t cut = 0; cut <= sizeof d; cut += 2)
                assert_int_equal(csum_fold(csum_add(csum_add(0, d, cut), d + cut, sizeof d - cut)),
                                 csum_fold(csum_add(0, d, sizeof d)));
}

/* RFC 1624, section 4: HC 0xDD2F, word 0x5555 -> 0x3285 gives 0x0000, not 0xFFFF. */
static void test_rfc1624_example(void **state)
{
        (void)state;
        assert_int_equal(csum_update16(host(0xDD2F), host(0x5555), host(0x3285)), 0);
}

static void test_updates_equal_recomputing(void **state)
{
        struct rng_fixed seed = { 7 };
        struct rng r = rng_of_fixed(&seed);

        (void)state;
        for (int i = 0; i < 2000; i++) {
                uint8_t d[20];
                uint16_t c, o16, n16;
                uint32_t o32, n32;

                assert_int_equal(rng_fill(&r, d, sizeof d), 0);
                c = (uint16_t)~csum_fold(csum_add(0, d, sizeof d));
                memcpy(&o16, d + 4, 2);
                n16 = (uint16_t)(rng_below(&r, 65536));
                memcpy(d + 4, &n16, 2);
                c = csum_update16(c, o16, n16);
                memcpy(&o32, d + 12, 4);
                n32 = rng_below(&r, UINT32_MAX);
                memcpy(d + 12, &n32, 4);
                c = csum_update32(c, o32, n32);
                assert_int_equal(csum_fold(csum_add(c, d, sizeof d)), 0xFFFF);
        }
}

/* A packet in a buffer of its own, parsed. */
static struct pkt *parsed(struct pkt_pool *pool, const struct pb *p)
{
        uint8_t f[2048];
        size_t n = pb_build(f, sizeof f, p);
        struct pkt *pk = pkt_get(pool, (uint32_t)n);

        assert_non_null(pk);
        memcpy(pkt_frame(pk), f, n);
        pk->len = (uint32_t)n;
        pk->iface = 1;
        pk->csum.partial = p->partial;
        pk->csum.csum_start = (uint16_t)(pk->off + 14 + 20);
        pk->csum.csum_offset = p->proto == IPPROTO_TCP_ ? 16 : 6;
        assert_int_equal(decode_frame(pk), DROP_NONE);
        return pk;
}

static void test_full_and_partial(void **state)
{
        static const uint8_t protos[] = { IPPROTO_TCP_, IPPROTO_UDP_, IPPROTO_ICMP_ };
        struct pkt_pool *pool = pkt_pool_new(4, 1);

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                struct pb p = pb_of("10.0.0.1", 1000, "10.0.0.2", 2000, protos[i]);
                struct pb_view v;
                struct pkt *pk;

                p.icmp_type = 8;
                p.pay = "odd";
                p.npay = 3;
                p.partial = protos[i] != IPPROTO_ICMP_;
                p.pad_to = 60; /* padding is not part of the datagram */
                pk = parsed(pool, &p);
                assert_true(csum_l4_ok(pk));
                csum_l4_full(pk);
                assert_false(pk->csum.partial);
                assert_true(pb_parse(pkt_frame(pk), pk->len, false, &v) && v.l4_ok);
                pk->csum.verified = false;
                assert_true(csum_l4_ok(pk));
                pk->buf[pk->pay] ^= 0x40;
                assert_false(csum_l4_ok(pk));
                csum_l4_partial(pk);
                assert_int_equal(pk->csum.partial, protos[i] != IPPROTO_ICMP_);
                assert_true(pb_parse(pkt_frame(pk), pk->len, false, &v));
                assert_true(protos[i] == IPPROTO_ICMP_ ? v.l4_ok : v.l4_partial);
                pkt_put(pk);
        }
        pkt_pool_free(pool);
}

static void test_partial_address_change(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct pb p = pb_of("10.0.0.1", 1000, "10.0.0.2", 2000, IPPROTO_TCP_);
        struct pb_view v;
        struct pkt *pk;
        uint32_t old, new = 0x01020304;
        uint16_t f;

        (void)state;
        p.partial = true;
        pk = parsed(pool, &p);
        memcpy(&old, pk->buf + pk->l3 + 12, 4);
        memcpy(pk->buf + pk->l3 + 12, &new, 4);
        memcpy(&f, pk->buf + pk->l4 + 16, 2);
        f = csum_partial_update32(f, old, new);
        memcpy(pk->buf + pk->l4 + 16, &f, 2);
        assert_true(pb_parse(pkt_frame(pk), pk->len, false, &v) && v.l4_partial);
        pkt_put(pk);
        pkt_pool_free(pool);
}

static void test_udp_zero(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct pb p = pb_of("10.0.0.1", 1000, "10.0.0.2", 2000, IPPROTO_UDP_);
        struct pkt *pk;
        uint16_t f;

        (void)state;
        p.pay = "xy";
        p.npay = 2;
        p.no_csum = true;
        pk = parsed(pool, &p);
        assert_true(csum_l4_ok(pk));
        /* Choose the payload so that the sum comes out as zero: it must be stored as all ones. */
        memset(pk->buf + pk->pay, 0, 2);
        csum_l4_full(pk);
        memcpy(pk->buf + pk->pay, pk->buf + pk->l4 + 6, 2);
        csum_l4_full(pk);
        memcpy(&f, pk->buf + pk->l4 + 6, 2);
        assert_int_equal(f, 0xFFFF);
        pkt_put(pk);
        pkt_pool_free(pool);
}

static void test_complete_is_bounded(void **state)
{
        uint8_t d[40] = { 1, 2, 3 }, before[40];
        static const size_t bad[][2] = { { 40, 0 }, { 39, 0 },       { 41, 0 },        { 0, 39 },
                                         { 38, 1 }, { SIZE_MAX, 0 }, { 20, SIZE_MAX }, { 20, 19 } };

        (void)state;
        memcpy(before, d, sizeof d);
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                csum_complete(d, sizeof d, bad[i][0], bad[i][1]);
        assert_memory_equal(d, before, sizeof d);
        csum_complete(d, sizeof d, 0, 38);
        assert_int_equal(csum_fold(csum_add(0, d, sizeof d)), 0xFFFF);
}

static void test_gso_stays_partial(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct pb p = pb_of("10.0.0.1", 1000, "10.0.0.2", 2000, IPPROTO_TCP_);
        struct pkt *pk;

        (void)state;
        p.proto = IPPROTO_ICMP_; /* nonsense metadata: a full sum is all there can be */
        pk = parsed(pool, &p);
        pk->csum.gso_type = 1;
        csum_l4_full(pk);
        assert_false(pk->csum.partial);
        pkt_put(pk);
        p.proto = IPPROTO_TCP_;
        pk = parsed(pool, &p);
        pk->csum.gso_type = 1;
        csum_l4_full(pk);
        assert_true(pk->csum.partial);
        assert_int_equal(pk->csum.csum_start, pk->l4);
        assert_int_equal(pk->csum.csum_offset, 16);
        pkt_put(pk);
        pkt_pool_free(pool);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_rfc1071_example),
                cmocka_unit_test(test_every_length_and_alignment),
                cmocka_unit_test(test_continues),
                cmocka_unit_test(test_rfc1624_example),
                cmocka_unit_test(test_updates_equal_recomputing),
                cmocka_unit_test(test_full_and_partial),
                cmocka_unit_test(test_partial_address_change),
                cmocka_unit_test(test_udp_zero),
                cmocka_unit_test(test_complete_is_bounded),
                cmocka_unit_test(test_gso_stays_partial),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
