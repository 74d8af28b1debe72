/* The test builder itself, against bytes worked out elsewhere. */
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

/* A DNS answerless query as a resolver sends it: 192.168.0.10:40000 -> 192.168.0.1:53 with zero id; sums by tcpdump
 * -vv. */
static void test_udp_known(void **state)
{
        static const uint8_t want[] = { 0x45, 0x00, 0x00, 0x1e, 0x00, 0x00, 0x00, 0x00, 0x40, 0x11,
                                        0xf9, 0x73, 0xc0, 0xa8, 0x00, 0x0a, 0xc0, 0xa8, 0x00, 0x01,
                                        0x9c, 0x40, 0x00, 0x35, 0x00, 0x0a, 0x79, 0x9f, 0x68, 0x69 };
        uint8_t f[100];
        struct pb_view v;
        size_t n = pb_udp(f, sizeof f, "192.168.0.10", 40000, "192.168.0.1", 53, "hi", 2);

        (void)state;
        assert_int_equal(n, 44);
        assert_memory_equal(f + 14, want, sizeof want);
        assert_true(pb_parse(f, n, false, &v));
        assert_true(v.ip_ok && v.l4_ok && !v.l4_partial);
        f[43] ^= 1;
        assert_true(pb_parse(f, n, false, &v));
        assert_false(v.l4_ok);
        assert_int_equal(pb_udp(f, 43, "192.168.0.10", 1, "192.168.0.1", 2, "hi", 2), 0);
}

static void test_tcp_fields(void **state)
{
        static const uint8_t mss[] = { 2, 4, 5, 0xb4 };
        struct pb p = pb_of("2001:db8::1", 1000, "2001:db8::2", 443, IPPROTO_TCP_);
        uint8_t f[200];
        struct pb_view v;
        size_t n;

        (void)state;
        p.flags = PB_SYN;
        p.seq = 0xFFFFFFFF;
        p.opt = mss;
        p.nopt = sizeof mss;
        p.tagged = true;
        p.tci = 0x2014;
        n = pb_build(f, sizeof f, &p);
        assert_int_equal(n, 18 + 40 + 24);
        assert_true(pb_parse(f, n, false, &v));
        assert_int_equal(v.seq, 0xFFFFFFFF);
        assert_int_equal(v.tci, 0x2014);
        assert_int_equal(v.nopt, 4);
        assert_int_equal(v.npay, 0);
        assert_true(v.l4_ok);
        p.partial = true;
        n = pb_build(f, sizeof f, &p);
        assert_true(pb_parse(f, n, false, &v));
        assert_true(v.l4_partial && !v.l4_ok);
}

static void test_arp_and_icmp(void **state)
{
        uint8_t f[200], q[64];
        struct pb_view v;
        size_t n = pb_arp(f, sizeof f, 1, pb_mac(9), "10.0.0.9", (struct mac){ { 0 } }, "10.0.0.1");

        (void)state;
        assert_true(pb_parse(f, n, false, &v));
        assert_int_equal(v.arp_op, 1);
        assert_int_equal(v.spa.v4, 0x0A000009);
        assert_int_equal(v.tpa.v4, 0x0A000001);
        assert_memory_equal(v.sha.b, pb_mac(9).b, 6);
        assert_int_equal(v.dmac.b[0], 0xFF);
        n = pb_echo(f, sizeof f, "fe80::1", "fe80::2", false, 7, 8);
        assert_true(pb_parse(f, n, false, &v) && v.l4_ok);
        assert_int_equal(v.icmp_rest, 0x00070008);
        n = pb_udp(q, sizeof q, "10.0.0.1", 1, "10.0.0.2", 2, "abc", 3);
        n = pb_icmp_error(f, sizeof f, "10.0.0.3", "10.0.0.1", 3, 4, 1400, q + 14, n - 14);
        assert_true(pb_parse(f, n, false, &v) && v.l4_ok);
        assert_int_equal(v.icmp_rest, 1400);
        assert_int_equal(v.npay, 31);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_udp_known),
                cmocka_unit_test(test_tcp_fields),
                cmocka_unit_test(test_arp_and_icmp),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
