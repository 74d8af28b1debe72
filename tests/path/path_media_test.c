/*
 * Calls through the whole appliance: frames in, frames out, virtual time. The test plays phones and the proxy worker;
 * what a phone hears is opened with keys of its own and compared byte by byte.
 */
#include "tests/support/test.h"

#include "cli/conf/commit.h"
#include "platform/net/icmp_box.h"
#include "tests/path/support/path_media.h"

#define DMZ                                                                                                          \
        "interface GigabitEthernet0/2\n"                                                                             \
        " nameif dmz\n"                                                                                              \
        " security-level 50\n"                                                                                       \
        " ip address 10.2.0.1 255.255.255.0\n"                                                                       \
        " no shutdown\n"

static struct path_fixture fx;
static struct srtp_master k[8];

static void start_with(const char *mta, const char *more)
{
        char conf[4096];

        snprintf(conf, sizeof conf, "%s%s%s", px_base, more, mta);
        px_start(&fx, conf, true);
        fx.lazy = true; /* reports are for the test */
        for (unsigned i = 0; i < 8; i++)
                k[i] = peer_key(i % 2 ? SRTP_AEAD_AES_128_GCM : SRTP_AES_CM_128_80, 40 + i);
}

static void start(const char *more)
{
        start_with(PM_MTA, more);
}

/* Announcements and what else is no datagram is not kept by the fixture: nothing may be left of a test's own. */
static void stop(void)
{
        assert_true(px_quiet(&fx));
        px_stop(&fx);
}

/* The phone outside speaks SRTP with keys a and a + 1, the desk inside RTP. */
static struct media_spec call(unsigned a)
{
        return spec_of(side_srtp(PM_PHONE, 4000, &k[a], &k[a + 1]), side_rtp(PM_DESK, 6000));
}

static bool reported(enum media_event ev, unsigned slot)
{
        struct media_report r;

        return ring_pop(fx.parts.media[0][0].to_proxy, &r) && r.event == ev && r.h.slot == slot;
}

/* ---- a call ---- */

static void a_call_both_ways(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 65500 }, desk = { .ssrc = 2, .seq = 65500 };
        struct media_spec s;

        start("");
        s = call(0);
        s.side[0].latch = true;
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        for (unsigned i = 0; i < 100; i++) { /* over the wrap */
                pm_phone(&fx, 0, &phone);
                assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
                assert_true(desk.heard.ssrc == 1 && desk.heard.seq == (uint16_t)(65500 + i));
                pm_desk(&fx, 0, &desk);
                assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
                px_advance(&fx, 20);
        }
        assert_true(reported(MEDIA_EV_FIRST_PACKET, 0));
        assert_true(reported(MEDIA_EV_FIRST_PACKET, 0));
        pm_push(&fx, 0, MEDIA_CLOSE, NULL);
        assert_true(reported(MEDIA_EV_CLOSED, 0));
        pm_phone(&fx, 0, &phone);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_MEDIA_NO_SESSION), 1);
        assert_int_equal(conn_count(fx.w->conns), 0); /* media is no connection */
        peer_done(&phone);
        stop();
}

static void traced(const char *command, const char *part)
{
        const char *text = px_show(&fx, command);

        if (!strstr(text, part))
                fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* packet-tracer says where a packet for a live port would go, and why one would not. */
static void what_packet_tracer_says(void **state UNUSED)
{
        static const char from_phone[] = "packet-tracer input outside udp " PM_PHONE " 4000 " PM_OUT " 20000",
                          from_desk[] = "packet-tracer input inside udp " PM_DESK " 6000 " PM_IN " 20000",
                          of_nobody[] = "packet-tracer input outside udp " PM_PHONE " 4000 " PM_OUT " 20002",
                          rtcp[] = "packet-tracer input outside udp " PM_PHONE " 4001 " PM_OUT " 20001";
        struct media_spec s;

        start("");
        s = call(0);
        s.no_rtcp = true;
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        traced(from_phone, "Type: MEDIA-RELAY\nSubtype: SRTP->RTP\nResult: ALLOW\n");
        traced(from_phone, "relayed to " PM_DESK "/6000\n");
        traced(from_phone, "output-interface: inside\n");
        traced(from_phone, "Action: allow\n");
        traced(from_desk, "Subtype: RTP->SRTP\nResult: ALLOW\n");
        traced(from_desk, "output-interface: outside\n");
        traced(of_nobody, "Action: drop\nDrop-reason: (inspect-srtp-no-media-session)");
        traced(rtcp, "Result: DROP\n");
        traced(rtcp, "Action: drop\nDrop-reason: (media-rtcp-not-relayed)");
        s.side[1].remote.a = addr_v4(0);
        pm_push(&fx, 1, MEDIA_OPEN, &s);
        traced("packet-tracer input outside udp " PM_PHONE " 4000 " PM_OUT " 20004", "Action: drop\nDrop-reason: (");
        assert_true(px_quiet(&fx));
        stop();
}

/* The phone that never sends hears the music all the same. */
static void a_silent_phone_hears(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;

        start("");
        s = call(0);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        for (unsigned i = 0; i < 10; i++) {
                pm_desk(&fx, 0, &desk);
                assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
        }
        peer_done(&phone);
        stop();
}

static void hold_and_new_keys(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;

        start("");
        s = call(0);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        s.side[1].receives = false; /* the desk holds */
        pm_push(&fx, 0, MEDIA_UPDATE, &s);
        pm_phone(&fx, 0, &phone);
        assert_true(px_quiet(&fx));
        s = call(2); /* resumed with other keys */
        pm_push(&fx, 0, MEDIA_UPDATE, &s);
        pm_phone(&fx, 0, &phone); /* was under way */
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        px_advance(&fx, 2000);
        pm_phone(&fx, 0, &phone);
        assert_true(px_quiet(&fx));
        peer_done(&phone);
        peer_keys(&phone, &k[2], &k[3]);
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        pm_desk(&fx, 0, &desk);
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
        peer_done(&phone);
        stop();
}

static void idle_until_somebody_speaks(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;

        start("");
        s = call(0);
        s.idle_s = 10;
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        px_advance(&fx, 10100);
        assert_true(reported(MEDIA_EV_TIMEOUT, 0));
        pm_desk(&fx, 0, &desk);
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
        assert_true(reported(MEDIA_EV_FIRST_PACKET, 0));
        px_advance(&fx, 9000);
        assert_false(reported(MEDIA_EV_TIMEOUT, 0));
        px_advance(&fx, 1200);
        assert_true(reported(MEDIA_EV_TIMEOUT, 0));
        peer_done(&phone);
        stop();
}

/* ---- two calls that meet on the box ---- */

static void two_phones_outside(void **state UNUSED)
{
        struct media_peer a = { .ssrc = 1, .seq = 100 }, b = { .ssrc = 1, .seq = 900, .ts = 48000 };
        struct media_spec s;
        uint8_t buf[512];
        size_t n;

        start("");
        s = call(0);
        s.side[1].remote = ep(PM_IN, PM_PORT(1)); /* the call manager tells each the other's address inside */
        peer_keys(&a, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        s = call(2);
        s.side[0].remote = ep("192.0.2.11", 4400);
        s.side[1].remote = ep(PM_IN, PM_PORT(0));
        peer_keys(&b, &k[2], &k[3]);
        pm_push(&fx, 1, MEDIA_OPEN, &s);
        for (unsigned i = 0; i < 20; i++) {
                pm_phone(&fx, 0, &a);
                assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(1), "192.0.2.11", 4400, &b));
                n = peer_rtp(&b, buf);
                pm_udp(&fx, 0, "192.0.2.11", 4400, PM_OUT, PM_PORT(1), buf, n);
                assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &a));
                assert_true(px_quiet(&fx));
        }
        pm_push(&fx, 1, MEDIA_CLOSE, NULL); /* the other hangs up */
        pm_phone(&fx, 0, &a);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_MEDIA_NO_SESSION), 1);
        peer_done(&a);
        peer_done(&b);
        stop();
}

/* Behind NAT, towards a session that latches: inside the box there is no NAT, the signalled place is the right one.
 */
static void a_burst_that_goes_round(void **state UNUSED)
{
        struct media_peer a = { .ssrc = 1, .seq = 100 }, b = { .ssrc = 1 };
        struct media_spec s;
        uint8_t frame[1024], buf[512];

        start("");
        s = call(0);
        s.side[1].remote = ep(PM_IN, PM_PORT(1));
        peer_keys(&a, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        s = call(2);
        s.side[0].remote = ep("192.0.2.11", 4400);
        s.side[1].remote = ep(PM_IN, PM_PORT(0));
        s.side[1].latch = true;
        peer_keys(&b, &k[2], &k[3]);
        pm_push(&fx, 1, MEDIA_OPEN, &s);
        pm_phone(&fx, 0, &a); /* the neighbour is known now */
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(1), "192.0.2.11", 4400, &b));
        for (unsigned i = 0; i < 50; i++) {
                struct pb p = px_pb(&fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), IPPROTO_UDP_);
                size_t n;

                p.npay = peer_rtp(&a, buf);
                p.pay = buf;
                n = pb_build(frame, sizeof frame, &p);
                assert_int_equal(port_mem_inject(fx.port[0], frame, n, NULL), 0);
        }
        px_settle(&fx);
        for (unsigned i = 0; i < 50; i++) {
                assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(1), "192.0.2.11", 4400, &b));
                assert_int_equal(b.heard.ts, 160 * (i + 1));
        }
        peer_done(&a);
        peer_done(&b);
        stop();
}

/* A session whose other side is itself: nothing goes round for ever, nothing comes out. */
static void a_call_to_itself(void **state UNUSED)
{
        struct media_peer desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;

        start("");
        s = spec_of(side_rtp(PM_OUT, PM_PORT(0)), side_rtp(PM_DESK, 6000));
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_desk(&fx, 0, &desk);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_MEDIA_LOOP), 1);
        stop();
}

/* ---- other interfaces ---- */

static void the_desk_is_on_a_third_interface(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;
        uint8_t b[512];
        size_t n;

        start_with(PM_MTA " address 10.2.0.50 interface dmz\n", DMZ);
        s = call(0);
        s.side[1].remote = ep("10.2.0.9", 6000);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 2, PM_IN, PM_PORT(0), "10.2.0.9", 6000, &desk));
        n = peer_rtp(&desk, b);
        pm_udp(&fx, 2, "10.2.0.9", 6000, PM_IN, PM_PORT(0), b, n);
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
        pm_udp(&fx, 1, "10.2.0.9", 6000, PM_IN, PM_PORT(0), b, n); /* from the wrong side */
        assert_true(px_quiet(&fx));
        peer_done(&phone);
        stop();
}

/* A route that changes is followed by the next packet. */
static void another_route(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;
        struct pb_view v;
        uint8_t b[512];
        size_t n;

        start("");
        s = call(0);
        s.side[0].remote = ep("198.51.100.7", 4000);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        n = peer_rtp(&desk, b);
        pm_udp(&fx, 1, PM_DESK, 6000, PM_IN, PM_PORT(0), b, n);
        assert_true(px_take(&fx, 0, &v) && v.dmac.b[5] == 254);
        px_config(&fx, "route outside 198.51.100.0 255.255.255.0 192.0.2.253 1\n");
        n = peer_rtp(&desk, b);
        pm_udp(&fx, 1, PM_DESK, 6000, PM_IN, PM_PORT(0), b, n);
        assert_true(px_take(&fx, 0, &v) && v.dmac.b[5] == 253);
        px_config(&fx, "no route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n"
                       "no route outside 198.51.100.0 255.255.255.0 192.0.2.253 1\n");
        n = peer_rtp(&desk, b);
        pm_udp(&fx, 1, PM_DESK, 6000, PM_IN, PM_PORT(0), b, n);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_NO_ROUTE), 1);
        peer_done(&phone);
        stop();
}

/* ---- the addresses ---- */

static void ask(unsigned port, const char *who, const char *whom)
{
        uint8_t f[64];
        size_t n = pb_arp(f, sizeof f, 1, pb_mac(9), who, pb_mac(0), whom);

        assert_int_equal(port_mem_inject(fx.port[port], f, n, NULL), 0);
        worker_step(fx.w);
}

static bool answered(unsigned port, const char *whom)
{
        struct addr a = pb_addr(whom);
        uint8_t f[256];
        struct pb_view v;
        size_t n = port_mem_take(fx.port[port], f, sizeof f, NULL);

        return n && pb_parse(f, n, false, &v) && v.arp_op == 2 && addr_eq(&v.spa, &a) &&
               !memcmp(&v.sha, &fx.port[port]->mac, 6);
}

static void arp_is_answered_where_the_address_lives(void **state UNUSED)
{
        start("");
        ask(0, "192.0.2.77", PM_OUT);
        assert_true(answered(0, PM_OUT));
        ask(1, "10.0.0.77", PM_IN);
        assert_true(answered(1, PM_IN));
        ask(0, "192.0.2.77", PM_IN);
        assert_false(answered(0, PM_IN));
        ask(0, "192.0.2.77", "192.0.2.51");
        assert_false(answered(0, "192.0.2.51"));
        stop();
}

static void a_global_address_lives_where_its_subnet_is(void **state UNUSED)
{
        const struct media_term_rt *m;

        start_with("media-termination mta\n address " PM_IN "\n", "");
        ask(1, "10.0.0.77", PM_IN);
        assert_true(answered(1, PM_IN));
        ask(0, "192.0.2.77", PM_IN);
        assert_false(answered(0, PM_IN));
        m = &proxy_rt(snap_current(fx.parts.hub))->media_term[0];
        assert_int_equal(m->n, 1);
        assert_ptr_equal(media_term_at(m, 1), &m->at[0]);
        assert_ptr_equal(media_term_at(m, 7), &m->at[0]);
        assert_null(media_term_at(NULL, 1));
        stop();
}

static void addresses_are_announced(void **state UNUSED)
{
        struct load_report rep = { 0 };
        struct err e;
        uint8_t f[256];
        struct pb_view v;
        struct addr a = pb_addr(PM_OUT);
        unsigned seen = 0;
        size_t n;

        px_start(&fx, px_base, true);
        fx.lazy = true;
        while (port_mem_take(fx.port[0], f, sizeof f, NULL))
                ;
        fx.silent[0] = true;
        assert_int_equal(box_load(&fx.box, &fx.setup, PM_MTA, strlen(PM_MTA), &rep), 0);
        assert_int_equal(commit_run(fx.box.commit, &e), 0);
        worker_step(fx.w);
        while ((n = port_mem_take(fx.port[0], f, sizeof f, NULL)))
                seen += pb_parse(f, n, false, &v) && v.arp_op == 1 && addr_eq(&v.spa, &a) && addr_eq(&v.tpa, &a);
        fx.silent[0] = false;
        assert_int_equal(seen, 1);
        px_stop(&fx);
}

static void ping(void **state UNUSED)
{
        struct pb_view v;

        start("icmp deny host 192.0.2.66 outside\nicmp permit any outside\n");
        px_echo(&fx, 0, PM_PHONE, PM_OUT, false, 7);
        assert_true(px_take(&fx, 0, &v) && px_is(&v, PM_OUT, 0, PM_PHONE, 0) && v.icmp_type == 0);
        px_echo(&fx, 1, PM_DESK, PM_IN, false, 7);
        assert_true(px_take(&fx, 1, &v) && px_is(&v, PM_IN, 0, PM_DESK, 0));
        px_echo(&fx, 0, "192.0.2.66", PM_OUT, false, 7);
        assert_true(px_logged(&fx, "%ASA-3-313001: Denied ICMP type=8, code=0 from 192.0.2.66 on interface outside"));
        px_echo(&fx, 0, PM_PHONE, PM_IN, false, 7); /* through the box to the far one */
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_BOX_DENIED), 2);
        stop();
}

static void nothing_else_listens_there(void **state UNUSED)
{
        start("access-list in extended permit ip any any\naccess-group in in interface outside\n");
        px_tcp(&fx, 0, PM_PHONE, 1000, PM_OUT, 5060, PB_SYN, 1, 0);
        px_udp(&fx, 0, PM_PHONE, 1000, PM_OUT, 5060, "INVITE");
        px_udp(&fx, 1, PM_DESK, 1000, PM_IN, 69, "x");
        assert_true(px_quiet(&fx));
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(px_drops(&fx, DROP_BOX_NO_SERVICE), 1);
        assert_int_equal(px_drops(&fx, DROP_MEDIA_NO_SESSION), 2);
        stop();
}

/* An address that left the configuration serves the calls it has, and nothing when they are over. */
static void an_address_that_goes(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;

        start("");
        s = call(0);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        px_config(&fx, "no media-termination mta\n");
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        px_udp(&fx, 0, PM_PHONE, 1000, PM_OUT, 7000, "to another port");
        px_echo(&fx, 0, PM_PHONE, PM_OUT, false, 7);
        assert_int_equal(px_drops(&fx, DROP_ACL), 2); /* a host like any other, but for the call */
        pm_push(&fx, 0, MEDIA_CLOSE, NULL);
        pm_phone(&fx, 0, &phone); /* nobody need type anything for that */
        assert_int_equal(px_drops(&fx, DROP_MEDIA_NO_SESSION), 0);
        assert_int_equal(px_drops(&fx, DROP_BOX_DENIED), 0);
        assert_int_equal(px_drops(&fx, DROP_ACL), 3);
        peer_done(&phone);
        stop();
}

/* The interface takes it over while a call still runs there. */
static void an_address_that_goes_to_the_interface(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;
        struct pb_view v;

        start("");
        s = call(0);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        px_config(&fx,
                  "no media-termination mta\ninterface GigabitEthernet0/0\n ip address " PM_OUT " 255.255.255.0\n");
        px_echo(&fx, 0, PM_PHONE, PM_OUT, false, 7);
        assert_true(px_take(&fx, 0, &v) && px_is(&v, PM_OUT, 0, PM_PHONE, 0) && v.icmp_type == 0);
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        pm_push(&fx, 0, MEDIA_CLOSE, NULL);
        px_echo(&fx, 0, PM_PHONE, PM_OUT, false, 8);
        assert_true(px_take(&fx, 0, &v) && px_is(&v, PM_OUT, 0, PM_PHONE, 0) && v.icmp_type == 0);
        peer_done(&phone);
        stop();
}

/* ---- bad input ---- */

static void strangers_and_floods(void **state UNUSED)
{
        struct media_peer phone = { .ssrc = 1, .seq = 7 }, desk = { .ssrc = 2, .seq = 9 };
        struct media_spec s;
        uint8_t b[1400];
        uint32_t x = 1;
        unsigned lines = 0;

        start("");
        s = call(0);
        peer_keys(&phone, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        for (unsigned i = 0; i < 3000; i++) {
                for (unsigned j = 0; j < 64; j++) {
                        x = x * 1664525 + 1013904223;
                        b[j] = (uint8_t)(x >> 24);
                }
                if (i % 2)
                        b[0] = 0x80 | (b[0] & 0x1F);
                pm_udp(&fx, i % 3 == 0, i % 3 == 0 ? PM_DESK : "192.0.2.66", (uint16_t)(x >> 16),
                       i % 3 == 0 ? PM_IN : PM_OUT, (uint16_t)(PM_PORT(0) + i % 5), b, x >> 20 & 63);
        }
        assert_true(px_quiet(&fx));
        pm_phone(&fx, 0, &phone);
        assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &desk));
        pm_desk(&fx, 0, &desk);
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &phone));
        for (const char *p = px_logs(&fx); (p = strstr(p, "337005")); p++)
                lines++;
        assert_in_range(lines, 1, 5);
        assert_int_equal(pkt_pool_used(fx.w->pkts), 0);
        peer_done(&phone);
        stop();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_call_both_ways),
                cmocka_unit_test(what_packet_tracer_says),
                cmocka_unit_test(a_silent_phone_hears),
                cmocka_unit_test(hold_and_new_keys),
                cmocka_unit_test(idle_until_somebody_speaks),
                cmocka_unit_test(two_phones_outside),
                cmocka_unit_test(a_burst_that_goes_round),
                cmocka_unit_test(a_call_to_itself),
                cmocka_unit_test(the_desk_is_on_a_third_interface),
                cmocka_unit_test(another_route),
                cmocka_unit_test(arp_is_answered_where_the_address_lives),
                cmocka_unit_test(a_global_address_lives_where_its_subnet_is),
                cmocka_unit_test(addresses_are_announced),
                cmocka_unit_test(ping),
                cmocka_unit_test(nothing_else_listens_there),
                cmocka_unit_test(an_address_that_goes),
                cmocka_unit_test(an_address_that_goes_to_the_interface),
                cmocka_unit_test(strangers_and_floods),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
