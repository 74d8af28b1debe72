/* ICMP errors on the real path: about translated flows, about proxied ones both ways, lies about them, and those we
 * send ourselves. */
#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "proxy/punt/punt.h"
#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define ROUTER "192.0.2.254"
#define UNREACHABLE 3
#define PORT_UNREACHABLE 3
#define FRAG_NEEDED 4
#define TIME_EXCEEDED 11

static const char config[] =
        "object network srv\n"
        " host 10.0.0.5\n"
        " nat (inside,outside) static 192.0.2.140\n" PX_NAT_ALL "access-list outside_in extended permit ip any any\n"
        "access-group outside_in in interface outside\n"
        "icmp unreachable rate-limit 100 burst-size 10\n" PX_TLS_PROXY "policy-map global_policy\n" PX_MMP;

static struct path_fixture fx;

static int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, true);
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

/* The packet quoted in an error, taken apart like any other; the quote's own sums are looked at by the caller. */
static struct pb_view quoted(const struct pb_view *error)
{
        struct pb_view q;

        assert_true(error->ip_ok && error->l4_ok && error->npay >= 28);
        assert_true(pb_parse(error->pay, error->npay, true, &q));
        return q;
}

static void is_from(const struct pb_view *v, const char *src, const char *dst)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);

        assert_true(addr_eq(&v->src, &s) && addr_eq(&v->dst, &d));
}

static uint32_t be32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- forwarded flows ---- */

/* The far end refuses what PAT sent: the near end must recognise its own datagram. */
static void an_error_about_a_pat_flow(void **state UNUSED)
{
        struct pb_view out, v, q;

        px_udp(&fx, 1, "10.0.0.9", 4000, "198.51.100.1", 53, "question");
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, "198.51.100.1", &out, UNREACHABLE, PORT_UNREACHABLE, 0);
        assert_true(px_take(&fx, 1, &v));
        is_from(&v, "198.51.100.1", "10.0.0.9");
        q = quoted(&v);
        assert_true(px_is(&q, "10.0.0.9", 4000, "198.51.100.1", 53));
}

/* A router on the way speaks for itself; what it quotes is translated. */
static void a_router_wants_smaller_datagrams(void **state UNUSED)
{
        struct pb_view out, v, q;

        px_udp(&fx, 1, "10.0.0.5", 4000, "198.51.100.1", 53, "question");
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, ROUTER, &out, UNREACHABLE, FRAG_NEEDED, 1400);
        assert_true(px_take(&fx, 1, &v));
        is_from(&v, ROUTER, "10.0.0.5");
        assert_int_equal(v.icmp_rest, 1400);
        q = quoted(&v);
        assert_true(px_is(&q, "10.0.0.5", 4000, "198.51.100.1", 53));
}

/* The server inside refuses: the client outside hears it from the address it called. */
static void an_error_of_a_translated_server(void **state UNUSED)
{
        struct pb_view in, v, q;

        px_udp(&fx, 0, CLIENT, 4000, "192.0.2.140", 53, "question");
        assert_true(px_take(&fx, 1, &in));
        px_icmp_error(&fx, 1, "10.0.0.5", &in, UNREACHABLE, PORT_UNREACHABLE, 0);
        assert_true(px_take(&fx, 0, &v));
        is_from(&v, "192.0.2.140", CLIENT);
        q = quoted(&v);
        assert_true(px_is(&q, CLIENT, 4000, "192.0.2.140", 53));
}

static void an_error_about_an_echo(void **state UNUSED)
{
        struct pb_view out, v, q;

        px_echo(&fx, 1, "10.0.0.9", "198.51.100.1", false, 77);
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, ROUTER, &out, TIME_EXCEEDED, 0, 0);
        assert_true(px_take(&fx, 1, &v));
        is_from(&v, ROUTER, "10.0.0.9");
        q = quoted(&v);
        is_from(&q, "10.0.0.9", "198.51.100.1");
        assert_int_equal(q.icmp_rest >> 16, 77);
        assert_true(q.ip_ok && q.l4_ok);
}

static void errors_about_nothing_end_here(void **state UNUSED)
{
        struct pb p = pb_of("192.0.2.140", 4000, "198.51.100.1", 53, IPPROTO_UDP_);
        struct pb_view never;
        uint8_t d[128];

        p.l3 = true;
        assert_true(pb_parse(d, pb_build(d, sizeof d, &p), true, &never));
        px_icmp_error(&fx, 0, ROUTER, &never, UNREACHABLE, PORT_UNREACHABLE, 0);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_ICMP_NO_CONN), 1);
        assert_true(px_logged(&fx, "%ASA-4-313005: No matching connection for ICMP error message: icmp src "
                                   "outside:192.0.2.254 dst 192.0.2.140 (type 3, code 3) on outside interface.  "
                                   "Original IP payload: udp src 192.0.2.140/4000 dst 198.51.100.1/53."));
}

/* RFC 5927: an error about TCP quotes something that may still be on its way. */
static void a_lie_about_tcp_ends_here(void **state UNUSED)
{
        struct pb_view out;
        uint8_t d[256];
        struct pb_view lie;

        px_tcp(&fx, 1, "10.0.0.5", 4000, "198.51.100.1", 80, PB_SYN, 1000, 0);
        assert_true(px_take(&fx, 0, &out));
        memcpy(d, out.ip, out.ip_len);
        d[24] ^= 0x40; /* the sequence number */
        assert_true(pb_parse(d, out.ip_len, true, &lie));
        px_icmp_error(&fx, 0, ROUTER, &lie, UNREACHABLE, FRAG_NEEDED, 600);
        assert_true(px_quiet(&fx));
        px_icmp_error(&fx, 0, ROUTER, &out, UNREACHABLE, FRAG_NEEDED, 600);
        assert_true(px_take(&fx, 1, &out));
}

/* ---- who may answer ---- */

#define INSPECT(what)                                                                                                \
        "policy-map global_policy\n class inspection_default\n  " what "\nservice-policy global_policy global\n"

static bool answered(uint16_t id)
{
        struct pb_view v;

        px_echo(&fx, 0, "198.51.100.1", "192.0.2.140", true, id);
        return px_take(&fx, 1, &v);
}

static void asks(uint16_t id)
{
        struct pb_view v;

        px_echo(&fx, 1, "10.0.0.5", "198.51.100.1", false, id);
        assert_true(px_take(&fx, 0, &v));
}

/* ICMP is stateless: without a list that lets it in, an answer is like any packet from below. */
static void an_answer_needs_a_list(void **state UNUSED)
{
        px_config(&fx, "no access-group outside_in in interface outside\n");
        asks(7);
        assert_false(answered(7));
        assert_int_equal(px_drops(&fx, DROP_ACL), 1);
        assert_true(px_logged(&fx, "%ASA-3-106014: Deny inbound icmp src outside:198.51.100.1 dst inside:192.0.2.140 "
                                   "(type 0, code 0)"));
        px_config(&fx, "access-list back extended permit icmp any host 10.0.0.5 echo-reply\n"
                       "access-group back in interface outside\n");
        assert_true(answered(7));
        assert_non_null(strstr(px_show(&fx, "show access-list back"), "echo-reply (hitcnt=1)"));
}

static void or_an_inspection(void **state UNUSED)
{
        px_config(&fx, "no access-group outside_in in interface outside\n" INSPECT("inspect icmp"));
        asks(7);
        assert_true(answered(7));
        assert_false(answered(7));
        assert_false(answered(8));
        assert_non_null(strstr(px_show(&fx, "show service-policy inspect icmp"), "packet 2, lock fail 0, drop 1"));
}

/* An error about an echo is an answer of a kind. */
static void errors_about_echoes_need_the_same(void **state UNUSED)
{
        struct pb_view out, v;

        px_config(&fx, "no access-group outside_in in interface outside\n");
        px_echo(&fx, 1, "10.0.0.9", "198.51.100.1", false, 77);
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, ROUTER, &out, TIME_EXCEEDED, 0, 0);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_ACL), 1);
        px_config(&fx, INSPECT("inspect icmp error"));
        px_icmp_error(&fx, 0, ROUTER, &out, TIME_EXCEEDED, 0, 0);
        assert_true(px_take(&fx, 1, &v));
        is_from(&v, ROUTER, "10.0.0.9");
}

/* What is said about UDP needs no list: its connection asked for it. */
static void errors_about_udp_need_nothing(void **state UNUSED)
{
        struct pb_view out, v;

        px_config(&fx, "no access-group outside_in in interface outside\n");
        px_udp(&fx, 1, "10.0.0.9", 4000, "198.51.100.1", 53, "question");
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, ROUTER, &out, TIME_EXCEEDED, 0, 0);
        assert_true(px_take(&fx, 1, &v));
}

/* A client outside traces the way to a translated server; 10.0.0.77 is on it. */
static const char *hop_seen(const char *hop)
{
        static char text[ADDR_TEXT_MAX];
        struct pb_view in, v, q;

        px_udp(&fx, 0, CLIENT, 4000, "192.0.2.140", 53, "question");
        assert_true(px_take(&fx, 1, &in));
        px_icmp_error(&fx, 1, hop, &in, TIME_EXCEEDED, 0, 0);
        assert_true(px_take(&fx, 0, &v));
        q = quoted(&v);
        assert_true(px_is(&q, CLIENT, 4000, "192.0.2.140", 53));
        return addr_print(&v.src, text);
}

static void hops_inside_hide_behind_the_server(void **state UNUSED)
{
        assert_string_equal(hop_seen("10.0.0.77"), "192.0.2.140");
}

static void or_are_shown_as_translated(void **state UNUSED)
{
        px_config(&fx, INSPECT("inspect icmp error")
                       "object network hop\n host 10.0.0.78\n nat (inside,outside) static 192.0.2.78\n"
                       "route inside 10.7.0.0 255.255.0.0 10.0.0.78\n");
        assert_string_equal(hop_seen("10.0.0.78"), "192.0.2.78");
        assert_string_equal(hop_seen("10.0.0.77"), "192.0.2.200"); /* PAT */
        assert_string_equal(hop_seen("10.7.0.1"), "10.7.0.1");     /* no rule */
        assert_string_equal(hop_seen("10.0.0.5"), "192.0.2.140");  /* the server itself */
        assert_non_null(strstr(px_show(&fx, "show service-policy"), "Inspect: icmp error , packet 3"));
}

/* ---- errors of our own ---- */

/* The source is told with its own datagram, not with what NAT made of it. */
static void our_error_quotes_what_was_sent(void **state UNUSED)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&fx, 0, CLIENT, 4000, "192.0.2.140", 53, IPPROTO_UDP_);
        struct pb_view v;

        px_config(&fx, "mtu inside 600\n");
        p.frag = 0x4000;
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&fx, 0, p);
        assert_true(px_take(&fx, 0, &v));
        is_from(&v, "192.0.2.1", CLIENT);
        assert_int_equal(v.icmp_type, UNREACHABLE);
        assert_int_equal(v.icmp_code, FRAG_NEEDED);
        assert_int_equal(v.icmp_rest, 600);
        assert_true(v.npay >= 28);
        assert_int_equal(be32(v.pay + 16), 0xC000028C);
        assert_true(px_quiet(&fx));
}

static void without_df_it_is_cut(void **state UNUSED)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&fx, 0, CLIENT, 4000, "192.0.2.140", 53, IPPROTO_UDP_);
        size_t got = 0;
        struct pb_view v;

        px_config(&fx, "mtu inside 600\n");
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&fx, 0, p);
        while (px_take(&fx, 1, &v)) {
                assert_true(v.ip_ok && v.ip_len <= 600);
                got += v.ip_len - 20;
        }
        assert_int_equal(got, 908);
}

/* ---- proxied flows ---- */

static struct pb_view punted(uint16_t sport, uint8_t *buf)
{
        struct pb_view v;

        px_tcp(&fx, 0, CLIENT, sport, "192.0.2.140", 5443, PB_SYN, 1000, 0);
        assert_true(px_take_tun(&fx, buf, 2048, &v));
        return v;
}

static struct pb kernel_segment(const struct pb_view *syn, uint16_t sport, uint32_t leg)
{
        struct pb p = pb_of("240.0.0.1", sport, "240.0.0.1", syn->sport, IPPROTO_TCP_);

        p.dst = syn->src;
        p.dst.v4 |= leg << 27;
        p.seq = 5000;
        return p;
}

/* An error about the server leg's SYN reaches the private kernel as one about the pseudo pair. */
static void an_error_about_the_server_leg(void **state UNUSED)
{
        uint8_t buf[2048], buf2[2048];
        struct pb_view syn = punted(40000, buf), out, v, q;
        struct pb p = kernel_segment(&syn, 55555, 1);

        p.flags = PB_SYN;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 1, &out));
        assert_true(px_is(&out, CLIENT, 40000, "10.0.0.5", 5443));
        px_icmp_error(&fx, 1, "10.0.0.5", &out, UNREACHABLE, PORT_UNREACHABLE, 0);
        assert_true(px_quiet(&fx));
        assert_true(px_take_tun(&fx, buf2, sizeof buf2, &v));
        assert_int_equal(v.proto, IPPROTO_ICMP_);
        assert_int_equal(v.dst.v4, PSEUDO_KERNEL);
        q = quoted(&v);
        assert_int_equal(q.src.v4, PSEUDO_KERNEL);
        assert_int_equal(q.dst.v4, p.dst.v4);
        assert_int_equal(q.sport, 55555);
        assert_int_equal(q.dport, p.dport);
        assert_true(q.ip_ok && q.l4_ok);
}

/* A segment of the private kernel is too long for the wire: the kernel is told in its own words, nobody outside is.
 */
static void the_private_kernel_is_told_the_mtu(void **state UNUSED)
{
        static uint8_t pay[900];
        uint8_t buf[2048], buf2[2048];
        struct pb_view syn, v;
        struct pb p;

        px_config(&fx, "mtu outside 600\n");
        syn = punted(40000, buf);
        p = kernel_segment(&syn, PUNT_LISTEN_PORT, 0);
        p.flags = PB_SYN | PB_ACK;
        p.ack = 1001;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &v));
        px_tcp(&fx, 0, CLIENT, 40000, "192.0.2.140", 5443, PB_ACK, 1001, 5001);
        assert_true(px_take_tun(&fx, buf2, sizeof buf2, &v));
        p.flags = PB_ACK;
        p.seq = 5001;
        p.frag = 0x4000;
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_tun(&fx, p);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_MTU), 1);
        assert_true(px_take_tun(&fx, buf2, sizeof buf2, &v));
        assert_int_equal(v.icmp_type, UNREACHABLE);
        assert_int_equal(v.icmp_code, FRAG_NEEDED);
        assert_int_equal(v.icmp_rest & 0xFFFF, 600);
        assert_int_equal(v.dst.v4, PSEUDO_KERNEL);
        assert_true(v.ip_ok && v.l4_ok);
        /* The quote begins with the datagram as the kernel sent it. */
        assert_int_equal(be32(v.pay + 12), PSEUDO_KERNEL);
        assert_int_equal(be32(v.pay + 20), (uint32_t)PUNT_LISTEN_PORT << 16 | p.dport);
}

/* The client's router wants smaller segments: for the private kernel's socket, not for the server. */
static void an_error_about_the_client_leg(void **state UNUSED)
{
        uint8_t buf[2048], buf2[2048];
        struct pb_view syn = punted(40000, buf), out, v, q;
        struct pb p = kernel_segment(&syn, PUNT_LISTEN_PORT, 0);

        p.flags = PB_SYN | PB_ACK;
        p.ack = 1001;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &out));
        px_icmp_error(&fx, 0, ROUTER, &out, UNREACHABLE, FRAG_NEEDED, 576);
        assert_true(px_quiet(&fx));
        assert_true(px_take_tun(&fx, buf2, sizeof buf2, &v));
        assert_int_equal(v.icmp_rest, 576);
        q = quoted(&v);
        assert_int_equal(q.src.v4, PSEUDO_KERNEL);
        assert_int_equal(q.sport, PUNT_LISTEN_PORT);
        assert_int_equal(q.dst.v4, p.dst.v4);
        assert_true(q.ip_ok && q.l4_ok);
}

#define PATH_TEST(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                PATH_TEST(an_error_about_a_pat_flow),       PATH_TEST(a_router_wants_smaller_datagrams),
                PATH_TEST(an_error_of_a_translated_server), PATH_TEST(an_error_about_an_echo),
                PATH_TEST(errors_about_nothing_end_here),   PATH_TEST(a_lie_about_tcp_ends_here),
                PATH_TEST(our_error_quotes_what_was_sent),  PATH_TEST(without_df_it_is_cut),
                PATH_TEST(an_error_about_the_server_leg),   PATH_TEST(the_private_kernel_is_told_the_mtu),
                PATH_TEST(an_error_about_the_client_leg),   PATH_TEST(an_answer_needs_a_list),
                PATH_TEST(or_an_inspection),                PATH_TEST(errors_about_echoes_need_the_same),
                PATH_TEST(errors_about_udp_need_nothing),   PATH_TEST(hops_inside_hide_behind_the_server),
                PATH_TEST(or_are_shown_as_translated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
