/* Datagrams in fragments through the whole appliance: translation, inspection, the box itself, what the operator
 * sees. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_media.h"

#define INSIDE "10.0.0.5"
#define MAPPED "192.0.2.140"
#define PEER "192.0.2.10"

static struct path_fixture fx;
static uint8_t whole[8192], got[8192];
static size_t nwhole;

static const char rules[] = "object network srv\n"
                            " host 10.0.0.5\n"
                            " nat (inside,outside) static 192.0.2.140\n"
                            "access-list outside_in extended permit udp any host 10.0.0.5 eq 5000\n"
                            "access-group outside_in in interface outside\n";
static const char sip[] = "class-map inspection_default\n"
                          " match default-inspection-traffic\n"
                          "policy-map global_policy\n"
                          " class inspection_default\n"
                          "  inspect sip\n"
                          "service-policy global_policy global\n";

static void start(const char *more)
{
        char conf[4096];

        snprintf(conf, sizeof conf, "%s%s%s", px_base, rules, more);
        px_start(&fx, conf, true);
}

/* In pieces of n bytes, the last first. */
static void send_pieces(unsigned port, const struct pb *p, size_t n)
{
        size_t end, at;

        nwhole = pb_build(whole, sizeof whole, p);
        assert_true(nwhole != 0);
        end = nwhole - 34;
        for (at = (end - 1) / n * n;; at -= n) {
                uint8_t f[2048];
                size_t to = MIN_OF(at + n, end);

                px_send(&fx, port, f, pb_fragment(f, sizeof f, whole, nwhole, at, to, to < end));
                if (!at)
                        return;
        }
}

/* The fragments on a port, put together by hand: one after the other, none longer than most, all but the last full.
 */
static struct pb_view collect(unsigned port, size_t most, unsigned pieces)
{
        size_t at = 0;
        struct pb_view v;
        bool more = true;
        uint16_t sum;

        for (unsigned i = 0; i < pieces; i++) {
                assert_true(more && px_take(&fx, port, &v) && v.ip_ok);
                assert_int_equal((v.frag & 0x1FFFu) * 8u, at);
                more = v.frag & 0x2000;
                assert_true(v.ip_len <= most && (!more || v.ip_len == 20 + ((most - 20) & ~(size_t)7)));
                if (!at)
                        memcpy(got, v.ip - 14, 34);
                memcpy(got + 34 + at, v.ip + 20, v.ip_len - 20);
                at += v.ip_len - 20;
        }
        assert_false(more);
        assert_true(px_quiet(&fx));
        got[14 + 2] = (uint8_t)((at + 20) >> 8);
        got[14 + 3] = (uint8_t)(at + 20);
        got[14 + 6] &= 0x40;
        got[14 + 7] = 0;
        got[14 + 10] = got[14 + 11] = 0;
        sum = pb_csum(got + 14, 20);
        got[14 + 10] = (uint8_t)(sum >> 8);
        got[14 + 11] = (uint8_t)sum;
        assert_true(pb_parse(got, 34 + at, false, &v) && v.l4_ok);
        return v;
}

static void through_translation_and_back(void **state UNUSED)
{
        static uint8_t pay[3000];
        struct pb_view v;
        struct pb p;

        for (size_t i = 0; i < sizeof pay; i++)
                pay[i] = (uint8_t)(i % 251);
        start("");
        p = px_pb(&fx, 0, PEER, 4000, MAPPED, 5000, IPPROTO_UDP_);
        p.id = 99;
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(0, &p, 1480);
        v = collect(1, 1500, 3);
        assert_true(px_is(&v, PEER, 4000, INSIDE, 5000));
        assert_int_equal(v.npay, sizeof pay);
        assert_memory_equal(v.pay, pay, sizeof pay);
        p = px_pb(&fx, 1, INSIDE, 5000, PEER, 4000, IPPROTO_UDP_);
        p.pay = pay;
        p.npay = sizeof pay;
        p.frag = 0x4000;
        send_pieces(1, &p, 1000);
        v = collect(0, 1020, 4);
        assert_true(px_is(&v, MAPPED, 5000, PEER, 4000));
        assert_int_equal(v.frag, 0x4000);
        assert_memory_equal(v.pay, pay, sizeof pay);
        assert_non_null(strstr(px_show(&fx, "show conn"), "bytes 6000"));
        px_stop(&fx);
}

/* A filter on ports that fragments cannot go round. */
static void filter_sees_the_ports(void **state UNUSED)
{
        static uint8_t pay[3000];
        struct pb p;

        start("");
        p = px_pb(&fx, 0, PEER, 4000, MAPPED, 5001, IPPROTO_UDP_);
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(0, &p, 1480);
        assert_int_equal(px_drops(&fx, DROP_ACL), 1);
        assert_true(px_quiet(&fx));
        px_stop(&fx);
}

static void inspection_reads_and_edits_the_whole(void **state UNUSED)
{
        static char msg[4096];
        struct pb_view v;
        struct pb p;
        size_t n;

        n = (size_t)snprintf(msg, sizeof msg,
                             "OPTIONS sip:bob@192.0.2.10 SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK776\r\n"
                             "From: <sip:alice@10.0.0.5>;tag=1\r\nTo: <sip:bob@192.0.2.10>\r\n"
                             "Call-ID: a84b4c@10.0.0.5\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                             "Contact: <sip:alice@10.0.0.5:5060>\r\n");
        for (unsigned i = 0; n < 2900; i++)
                n += (size_t)snprintf(msg + n, sizeof msg - n, "X-Filler-%u: %060u\r\n", i, i);
        n += (size_t)snprintf(msg + n, sizeof msg - n, "Content-Length: 0\r\n\r\n");
        start(sip);
        p = px_pb(&fx, 1, INSIDE, 5060, PEER, 5060, IPPROTO_UDP_);
        p.pay = msg;
        p.npay = n;
        send_pieces(1, &p, 1480);
        v = collect(0, 1500, 3);
        assert_true(px_is(&v, MAPPED, 5060, PEER, 5060));
        assert_true(v.npay > n);
        assert_non_null(memmem(v.pay, v.npay, "Via: SIP/2.0/UDP 192.0.2.140:5060", 33));
        assert_non_null(memmem(v.pay, v.npay, "Contact: <sip:alice@192.0.2.140:5060>", 37));
        assert_non_null(strstr(px_show(&fx, "show conn"), "flags T\n"));
        assert_non_null(strstr(px_show(&fx, "show conn detail"), "timeout 2m0s"));
        px_stop(&fx);
}

static void the_box_answers_a_long_ping(void **state UNUSED)
{
        static uint8_t pay[4000];
        struct pb_view v;
        struct pb p;

        start("");
        p = px_pb(&fx, 1, INSIDE, 0, "10.0.0.1", 0, IPPROTO_ICMP_);
        p.icmp_type = 8;
        p.icmp_rest = 0x00070001;
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(1, &p, 1480);
        v = collect(1, 1500, 3);
        assert_int_equal(v.icmp_type, 0);
        assert_int_equal(v.npay, sizeof pay);
        px_stop(&fx);
}

/* Video of a call: longer than a link in, and out again. */
static void the_relay_takes_and_makes_fragments(void **state UNUSED)
{
        static uint8_t rtp[2000] = { 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 };
        struct media_spec s;
        struct pb_view v;
        struct pb p;

        for (size_t i = 12; i < sizeof rtp; i++)
                rtp[i] = (uint8_t)i;
        start(PM_MTA);
        fx.lazy = true;
        s = spec_of(side_rtp(PM_PHONE, 4000), side_rtp(PM_DESK, 6000));
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        p = px_pb(&fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), IPPROTO_UDP_);
        p.id = 3;
        p.pay = rtp;
        p.npay = sizeof rtp;
        send_pieces(0, &p, 1480);
        v = collect(1, 1500, 2);
        assert_true(px_is(&v, PM_IN, PM_PORT(0), PM_DESK, 6000));
        assert_int_equal(v.npay, sizeof rtp);
        assert_memory_equal(v.pay, rtp, sizeof rtp);
        pm_push(&fx, 0, MEDIA_CLOSE, NULL);
        px_stop(&fx);
}

static const char mmp[] = "crypto ca trustpoint ours\n"
                          " enrollment self\n"
                          " subject-name cn=cuma.example.com\n"
                          "crypto key generate rsa modulus 1024\n"
                          "crypto ca enroll ours noconfirm\n"
                          "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                          "tls-proxy cuma_proxy\n"
                          " server trust-point ours\n"
                          " no server authenticate-client\n"
                          "class-map cuma_proxy\n"
                          " match port tcp eq 5443\n"
                          "policy-map global_policy\n" PX_MMP;

/* The private kernel gets segments whole, and may cut its own. */
static void the_private_kernel_gets_segments_whole(void **state UNUSED)
{
        static uint8_t buf[8192], pay[2000];
        uint8_t from_kernel[2048], f[2048];
        struct pb_view v, syn;
        struct pb p;
        size_t n;

        for (size_t i = 0; i < sizeof pay; i++)
                pay[i] = (uint8_t)(i % 253);
        start(mmp);
        px_tcp(&fx, 0, PEER, 4000, MAPPED, 5443, PB_SYN, 1000, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &syn));
        p = pb_of("240.0.0.1", syn.dport, "240.0.0.1", syn.sport, IPPROTO_TCP_);
        p.dst = syn.src;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 5000;
        p.ack = 1001;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &v));
        px_tcp(&fx, 0, PEER, 4000, MAPPED, 5443, PB_ACK, 1001, 5001);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = px_pb(&fx, 0, PEER, 4000, MAPPED, 5443, IPPROTO_TCP_);
        p.flags = PB_ACK;
        p.seq = 1001;
        p.ack = 5001;
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(0, &p, 1480);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_true(v.ip_ok && v.l4_ok && v.sport == syn.sport && v.npay == sizeof pay);
        assert_memory_equal(v.pay, pay, sizeof pay);
        p = pb_of("240.0.0.1", syn.dport, "240.0.0.1", syn.sport, IPPROTO_TCP_);
        p.dst = syn.src;
        p.flags = PB_ACK;
        p.seq = 5001;
        p.ack = 3001;
        p.pay = pay;
        p.npay = 600;
        n = pb_build(from_kernel, sizeof from_kernel, &p);
        for (size_t at = 0; at < 620; at += 320) {
                size_t k =
                        pb_fragment(f, sizeof f, from_kernel, n, at, MIN_OF(at + 320, (size_t)620), at + 320 < 620);

                assert_int_equal(port_mem_inject(fx.tun, f + 14, k - 14, NULL), 0);
                px_settle(&fx);
        }
        assert_true(px_take(&fx, 0, &v) && px_is(&v, MAPPED, 5443, PEER, 4000));
        assert_int_equal(v.npay, 600);
        px_stop(&fx);
}

/* A capture holds what came and what left, piece by piece. */
static void captures_show_fragments(void **state UNUSED)
{
        static uint8_t pay[2000];
        const char *text;
        struct pb p;
        unsigned lines = 0;

        start("");
        px_show(&fx, "capture in interface inside");
        px_show(&fx, "capture out interface outside");
        p = px_pb(&fx, 1, INSIDE, 5000, PEER, 4000, IPPROTO_UDP_);
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(1, &p, 1480);
        text = px_show(&fx, "show capture in");
        for (const char *at = text; (at = strstr(at, "frag")); at++)
                lines++;
        if (lines != 2)
                fail_msg("%s", text);
        text = px_show(&fx, "show capture out");
        assert_non_null(strstr(text, "frag"));
        px_stop(&fx);
}

static void operator_sees_and_sets(void **state UNUSED)
{
        static uint8_t pay[2000];
        uint8_t f[2048];
        struct pb p;

        start("fragment size 300\nfragment chain 30 inside\nfragment timeout 10 outside\n");
        p = px_pb(&fx, 1, INSIDE, 5000, PEER, 4000, IPPROTO_UDP_);
        p.pay = pay;
        p.npay = sizeof pay;
        send_pieces(1, &p, 1480);
        px_send(&fx, 1, f, pb_fragment(f, sizeof f, whole, nwhole, 0, 800, true));
        assert_string_equal(px_show(&fx, "show fragment inside"),
                            "Interface: inside\n"
                            "    Size: 300, Chain: 30, Timeout: 5, Reassembly: full\n"
                            "    Queue: 1, Assembled: 1, Fail: 0, Overflow: 0\n");
        assert_non_null(strstr(px_show(&fx, "show fragment"), "Interface: outside\n"
                                                              "    Size: 300, Chain: 24, Timeout: 10"));
        px_show(&fx, "clear fragment statistics inside");
        assert_non_null(strstr(px_show(&fx, "show fragment inside"), "Queue: 1, Assembled: 0"));
        px_show(&fx, "clear fragment queue outside");
        assert_non_null(strstr(px_show(&fx, "show fragment inside"), "Queue: 1"));
        px_show(&fx, "clear fragment");
        assert_non_null(strstr(px_show(&fx, "show fragment inside"), "Queue: 0"));
        assert_non_null(strstr(px_show(&fx, "show running-config fragment"), "fragment size 300\n"
                                                                             "fragment chain 30 inside\n"
                                                                             "fragment timeout 10 outside\n"));
        px_config(&fx, "fragment chain 20\nno fragment size 300\nno fragment timeout 10 outside\n");
        assert_non_null(
                strstr(px_show(&fx, "show fragment"), "Interface: outside\n    Size: 200, Chain: 20, Timeout: 5"));
        assert_non_null(
                strstr(px_show(&fx, "show fragment"), "Interface: inside\n    Size: 200, Chain: 20, Timeout: 5"));
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(through_translation_and_back),
                cmocka_unit_test(filter_sees_the_ports),
                cmocka_unit_test(inspection_reads_and_edits_the_whole),
                cmocka_unit_test(the_box_answers_a_long_ping),
                cmocka_unit_test(the_relay_takes_and_makes_fragments),
                cmocka_unit_test(the_private_kernel_gets_segments_whole),
                cmocka_unit_test(captures_show_fragments),
                cmocka_unit_test(operator_sees_and_sets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
