/* Captured frames as text. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "cli/exec/pkt_text.h"
#include "tests/support/pktbuild.h"

static char text[1024];

static const char *show(const uint8_t *f, size_t n, bool detail)
{
        const struct capture_rec r = { .caplen = (uint32_t)n, .len = (uint32_t)n };
        const struct pkt_text_opts o = { .detail = detail };
        struct wbuf w = wbuf_of(text, sizeof text);

        pkt_text(&r, f, &o, &w);
        assert_false(w.full);
        return wbuf_text(&w);
}

static const char *show_pb(const struct pb *p, bool detail)
{
        uint8_t f[2048];
        size_t n = pb_build(f, sizeof f, p);

        assert_true(n > 0);
        return show(f, n, detail);
}

/* The published sample, values and all. */
static void tcp_syn_with_options(void **state UNUSED)
{
        static const uint8_t opt[] = { 2, 4, 5, 180, 1, 1, 8, 10, 0, 59, 117, 69, 0, 0, 0, 0, 1, 3, 3, 7 };
        struct pb p = pb_of("198.51.100.20", 42098, "10.0.0.28", 443, IPPROTO_TCP_);

        p.flags = PB_SYN;
        p.seq = 2514567835u;
        p.win = 29200;
        p.opt = opt;
        p.nopt = sizeof opt;
        assert_string_equal(show_pb(&p, false),
                            "198.51.100.20.42098 > 10.0.0.28.443: S 2514567835:2514567835(0) win 29200 "
                            "<mss 1460,nop,nop,timestamp 3896645 0,nop,wscale 7> ");
}

static void tcp_ack_and_data(void **state UNUSED)
{
        struct pb p = pb_of("10.0.0.28", 443, "198.51.100.20", 42098, IPPROTO_TCP_);

        p.flags = PB_ACK;
        p.ack = 357492863;
        p.win = 366;
        assert_string_equal(show_pb(&p, false), "10.0.0.28.443 > 198.51.100.20.42098: . ack 357492863 win 366 ");
        p.flags = PB_ACK | PB_PSH;
        p.seq = 1;
        p.ack = 1;
        p.pay = "0123456789";
        p.npay = 10;
        assert_string_equal(show_pb(&p, false), "10.0.0.28.443 > 198.51.100.20.42098: P 1:11(10) ack 1 win 366 ");
        p.flags = PB_ACK | PB_FIN;
        p.npay = 0;
        assert_string_equal(show_pb(&p, false), "10.0.0.28.443 > 198.51.100.20.42098: F 1:1(0) ack 1 win 366 ");
        p.flags = PB_RST;
        assert_string_equal(show_pb(&p, false), "10.0.0.28.443 > 198.51.100.20.42098: R 1:1(0) win 366 ");
}

static void udp_icmp_arp(void **state UNUSED)
{
        uint8_t f[512];
        size_t n = pb_udp(f, sizeof f, "10.0.0.1", 16384, "10.0.0.2", 16500, "x", 1);

        assert_string_equal(show(f, n, false), "10.0.0.1.16384 > 10.0.0.2.16500:  udp 1 ");
        n = pb_echo(f, sizeof f, "10.0.0.1", "10.0.0.2", false, 1, 1);
        assert_string_equal(show(f, n, false), "10.0.0.1 > 10.0.0.2: icmp: echo request ");
        n = pb_echo(f, sizeof f, "10.0.0.2", "10.0.0.1", true, 1, 1);
        assert_string_equal(show(f, n, false), "10.0.0.2 > 10.0.0.1: icmp: echo reply ");
        n = pb_icmp_error(f, sizeof f, "10.0.0.9", "10.0.0.1", 3, 3, 0, "quoted datagram 1234567890ab", 28);
        assert_string_equal(show(f, n, false), "10.0.0.9 > 10.0.0.1: icmp: port unreachable ");
        n = pb_arp(f, sizeof f, 1, pb_mac(1), "10.0.0.1", pb_mac(0), "10.0.0.2");
        assert_string_equal(show(f, n, false), "arp who-has 10.0.0.2 tell 10.0.0.1 ");
        n = pb_arp(f, sizeof f, 2, pb_mac(7), "10.0.0.2", pb_mac(1), "10.0.0.1");
        assert_string_equal(show(f, n, false), "arp reply 10.0.0.2 is-at 0200.0000.0007 ");
}

static void tags_fragments_and_other_protocols(void **state UNUSED)
{
        struct pb p = pb_of("10.0.0.1", 1, "10.0.0.2", 2, IPPROTO_UDP_);

        p.tagged = true;
        p.tci = 3u << 13 | 10;
        assert_string_equal(show_pb(&p, false), "802.1Q vlan#10 P3 10.0.0.1.1 > 10.0.0.2.2:  udp 0 ");
        p.tagged = false;
        p.id = 77;
        p.frag = 0x2000 | 185;
        p.pay = "12345678";
        p.npay = 8;
        assert_string_equal(show_pb(&p, false), "10.0.0.1 > 10.0.0.2: (frag 77:16@1480+) ");
        p = pb_of("10.0.0.1", 0, "10.0.0.2", 0, 47);
        p.pay = "abcd";
        p.npay = 4;
        assert_string_equal(show_pb(&p, false), "10.0.0.1 > 10.0.0.2:  ip-proto-47, length 4 ");
}

static void detail_judges_checksums(void **state UNUSED)
{
        struct pb p = pb_of("10.0.0.1", 1, "10.0.0.2", 2, IPPROTO_TCP_);
        uint8_t f[256];
        size_t n;

        p.flags = PB_SYN;
        p.seq = 7;
        p.id = 1234;
        p.frag = 0x4000;
        n = pb_build(f, sizeof f, &p);
        assert_string_equal(show(f, n, true), "0200.0000.0001 0200.0000.0002 0x0800 Length: 54\n"
                                              "      10.0.0.1.1 > 10.0.0.2.2: S [tcp sum ok] 7:7(0) win 65535 (DF) "
                                              "(ttl 64, id 1234)");
        f[n - 1] ^= 1;
        assert_non_null(strstr(show(f, n, true), "[tcp sum wrong]"));
        p = pb_of("2001:db8::1", 1, "2001:db8::2", 2, IPPROTO_UDP_);
        p.pay = "hi";
        p.npay = 2;
        assert_non_null(strstr(show_pb(&p, true), "2001:db8::1.1 > 2001:db8::2.2:  [udp sum ok] udp 2 "));
}

/* Whatever is cut off, the text says so and nothing is read behind the end (ASan watches). */
static void every_prefix_is_survived(void **state UNUSED)
{
        static const uint8_t opt[] = { 2, 4, 5, 180, 1, 1, 8, 10, 0, 59, 117, 69, 0, 0, 0, 0, 1, 3, 3, 7 };
        struct pb p = pb_of("10.0.0.1", 1, "10.0.0.2", 2, IPPROTO_TCP_);
        uint8_t f[256];
        size_t n;

        p.opt = opt;
        p.nopt = sizeof opt;
        n = pb_build(f, sizeof f, &p);
        for (size_t k = 0; k < n; k++) {
                uint8_t *cut = malloc(k ? k : 1);

                memcpy(cut, f, k);
                show(cut, k, true);
                assert_true(k < 14   ? strstr(text, "[malformed frame") != NULL
                            : k < 34 ? strstr(text, "[malformed ip") != NULL
                            : k < 54 ? strstr(text, "[malformed tcp") != NULL
                                     : strstr(text, "10.0.0.1.1 > 10.0.0.2.2") != NULL);
                free(cut);
        }
}

static void lies_are_not_believed(void **state UNUSED)
{
        struct pb p = pb_of("10.0.0.1", 1, "10.0.0.2", 2, IPPROTO_TCP_);
        uint8_t f[256];
        size_t n = pb_build(f, sizeof f, &p);

        f[14 + 20 + 12] = 0xF0; /* a TCP header longer than the datagram */
        assert_non_null(strstr(show(f, n, false), "[malformed tcp"));
        f[14] = 0x43; /* an IP header of 12 bytes */
        assert_non_null(strstr(show(f, n, false), "[malformed ip"));
        f[14] = 0x45;
        f[16] = f[17] = 0; /* total length 0 */
        assert_non_null(strstr(show(f, n, false), "[malformed ip"));
}

static void dump_rows(void **state UNUSED)
{
        static const uint8_t d[] = "E..<hello, world\x01\xff";
        struct wbuf w = wbuf_of(text, sizeof text);

        pkt_dump_row(d, 18, 0, &w);
        assert_string_equal(wbuf_text(&w), "0x0000\t 452e 2e3c 6865 6c6c 6f2c 2077 6f72 6c64 \tE..<hello, world");
        w = wbuf_of(text, sizeof text);
        pkt_dump_row(d, 18, 16, &w);
        assert_string_equal(wbuf_text(&w), "0x0010\t 01ff                                    \t..");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tcp_syn_with_options),
                cmocka_unit_test(tcp_ack_and_data),
                cmocka_unit_test(udp_icmp_arp),
                cmocka_unit_test(tags_fragments_and_other_protocols),
                cmocka_unit_test(detail_judges_checksums),
                cmocka_unit_test(every_prefix_is_survived),
                cmocka_unit_test(lies_are_not_believed),
                cmocka_unit_test(dump_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
