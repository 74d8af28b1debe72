/* Who may speak, where the peer is found, RTCP and its ports. The rows of docs/media.md, latching. */
#include "tests/support/test.h"

#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9"
#define NAT "198.51.100.7" /* where the phone's packets really come from: behind the default route */
#define THIEF "198.51.100.66"
#define DESK "10.1.1.9"

struct call {
        struct media_fixture f;
        struct srtp_master k[2];
        struct media_peer phone, desk;
        struct media_spec spec;
};

/* The phone says 192.168.1.5:4000 of itself and is seen as NAT. */
static void start(struct call *c, bool srtp, bool latch)
{
        memset(c, 0, sizeof *c);
        mf_start(&c->f);
        c->k[0] = peer_key(SRTP_AES_CM_128_80, 1);
        c->k[1] = peer_key(SRTP_AES_CM_128_80, 2);
        c->phone = (struct media_peer){ .ssrc = 0x1111, .seq = 1000 };
        c->desk = (struct media_peer){ .ssrc = 0x2222, .seq = 5000 };
        c->spec = spec_of(side_rtp("192.168.1.5", 4000), side_rtp(DESK, 6000));
        if (srtp) {
                c->spec.side[0] = side_srtp("192.168.1.5", 4000, &c->k[0], &c->k[1]);
                peer_keys(&c->phone, &c->k[0], &c->k[1]);
        }
        c->spec.side[0].latch = latch;
        mf_open(&c->f, 0, &c->spec);
}

static void stop(struct call *c)
{
        peer_done(&c->phone);
        mf_stop(&c->f);
}

/* A packet of p from there; does the desk hear it? */
static bool passes(struct call *c, struct media_peer *p, unsigned port, const char *src, uint16_t sport)
{
        uint8_t b[512];
        size_t n = peer_rtp(p, b);
        struct pb_view v;

        mf_udp(&c->f, port, src, sport, MF_PORT(0), b, n);
        return mf_take(&c->f, 1, &v) && peer_hears(&c->desk, v.pay, v.npay);
}

/* Where the desk's packets go to now. */
static bool goes_to(struct call *c, const char *dst, uint16_t dport)
{
        struct addr d = pb_addr(dst);
        uint8_t b[512];
        size_t n = peer_rtp(&c->desk, b);
        struct pb_view v;

        mf_udp(&c->f, 1, DESK, 6000, MF_PORT(0), b, n);
        return mf_take(&c->f, 0, &v) && addr_eq(&v.dst, &d) && v.dport == dport && v.sport == MF_PORT(0);
}

static uint64_t foreign(struct call *c)
{
        return mf_row(&c->f, 0).stat.side[0].foreign;
}

/* ---- SRTP: what is authentic shows where the peer is ---- */

static void test_srtp_before_it_speaks(void **state UNUSED)
{
        struct call c;

        start(&c, true, true);
        assert_true(goes_to(&c, "192.168.1.5", 4000)); /* of no use, and harmless: by the way out */
        assert_false(mf_row(&c.f, 0).stat.side[0].latched);
        stop(&c);
}

static void test_srtp_one_packet_is_enough(void **state UNUSED)
{
        struct call c;

        start(&c, true, true);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(goes_to(&c, NAT, 31000));
        assert_true(mf_row(&c.f, 0).stat.side[0].latched);
        assert_int_equal(mf_row(&c.f, 0).remote[0].port, 31000);
        stop(&c);
}

static void test_srtp_is_followed(void **state UNUSED)
{
        struct call c;

        start(&c, true, false);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(passes(&c, &c.phone, 0, NAT, 32000));
        assert_true(goes_to(&c, NAT, 32000));
        assert_true(passes(&c, &c.phone, 0, PHONE, 5));
        assert_true(goes_to(&c, PHONE, 5));
        stop(&c);
}

/* A phone that roams to another interface is answered there. */
static void test_srtp_on_another_interface(void **state UNUSED)
{
        struct call c;
        uint8_t b[512], frame[1024];
        struct pb p;
        struct pb_view v;

        start(&c, true, true);
        p = pb_of("10.1.1.9", 31000, MF_OUT, MF_PORT(0), IPPROTO_UDP_);
        p.dmac = pb_mac(3);
        p.npay = peer_rtp(&c.phone, b);
        p.pay = b;
        wf_send(&c.f.wf, 1, frame, pb_build(frame, sizeof frame, &p));
        assert_true(mf_take(&c.f, 1, &v));
        p.npay = peer_rtp(&c.desk, b);
        mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, p.npay);
        assert_true(mf_take(&c.f, 1, &v) && v.dport == 31000);
        stop(&c);
}

static void test_srtp_after_a_re_offer(void **state UNUSED)
{
        struct call c;

        start(&c, true, true);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        mf_update(&c.f, 0, &c.spec); /* the same again */
        assert_true(goes_to(&c, NAT, 31000));
        c.spec.side[0].remote.port = 4100;
        mf_update(&c.f, 0, &c.spec);
        assert_true(goes_to(&c, "192.168.1.5", 4100));
        assert_true(passes(&c, &c.phone, 0, NAT, 31001));
        assert_true(goes_to(&c, NAT, 31001));
        stop(&c);
}

/* ---- RTP ---- */

static void test_rtp_from_where_it_was_signalled_only(void **state UNUSED)
{
        struct call c;
        struct media_peer thief = { .ssrc = 9, .seq = 1 };

        start(&c, false, false);
        c.spec.side[0].remote = ep(PHONE, 4000);
        mf_update(&c.f, 0, &c.spec);
        for (unsigned i = 0; i < 5; i++) {
                assert_false(passes(&c, &thief, 0, THIEF, 4000));
                assert_false(passes(&c, &thief, 0, PHONE, 4001));
        }
        assert_true(passes(&c, &c.phone, 0, PHONE, 4000));
        assert_true(goes_to(&c, PHONE, 4000));
        assert_int_equal(foreign(&c), 10);
        stop(&c);
}

/* The right address from the wrong side is a forgery. */
static void test_rtp_must_come_from_its_side(void **state UNUSED)
{
        struct call c;
        struct pb_view v;
        uint8_t b[512], frame[1024];
        struct pb p;

        start(&c, false, false);
        p = pb_of(DESK, 6000, MF_IN, MF_PORT(0), IPPROTO_UDP_);
        p.dmac = pb_mac(2);
        p.npay = peer_rtp(&c.desk, b);
        p.pay = b;
        wf_send(&c.f.wf, 0, frame, pb_build(frame, sizeof frame, &p));
        assert_false(mf_take(&c.f, 0, &v));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_FOREIGN), 1);
        assert_true(goes_to(&c, "192.168.1.5", 4000));
        stop(&c);
}

static void test_rtp_latch_takes_two_in_a_row(void **state UNUSED)
{
        struct call c;

        start(&c, false, true);
        assert_true(goes_to(&c, "192.168.1.5", 4000));
        assert_false(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(goes_to(&c, "192.168.1.5", 4000));
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(goes_to(&c, NAT, 31000));
        stop(&c);
}

struct trial {
        const char *what, *src;
        uint16_t sport;
        uint8_t pt;
        uint32_t ssrc;
        int step; /* of the sequence number, after 1000 */
        bool learnt;
};
static const struct trial trials[] = {
        { "the next one", NAT, 31000, 0, 0x1111, 1, true },
        { "an event", NAT, 31000, 101, 0x1111, 1, true },
        { "a payload type nobody agreed", NAT, 31000, 55, 0x1111, 1, false },
        { "a gap", NAT, 31000, 0, 0x1111, 2, false },
        { "the same again", NAT, 31000, 0, 0x1111, 0, false },
        { "the one before", NAT, 31000, 0, 0x1111, -1, false },
        { "another sender", NAT, 31000, 0, 0x1112, 1, false },
        { "another port", NAT, 31001, 0, 0x1111, 1, false },
        { "another address", THIEF, 31000, 0, 0x1111, 1, false },
};

static void test_rtp_latch_rows(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(trials); i++) {
                const struct trial *t = &trials[i];
                struct call c;

                start(&c, false, true);
                assert_false(passes(&c, &c.phone, 0, NAT, 31000));
                c.phone.seq = (uint16_t)(1000 + t->step);
                c.phone.ssrc = t->ssrc;
                c.phone.pt = t->pt;
                if (passes(&c, &c.phone, 0, t->src, t->sport) != t->learnt)
                        fail_msg("%s", t->what);
                assert_int_equal(mf_row(&c.f, 0).stat.side[0].latched, t->learnt);
                stop(&c);
        }
}

/* One packet of each of many strangers opens nothing, and takes nothing from the phone in between. */
static void test_rtp_latch_under_spray(void **state UNUSED)
{
        struct call c;
        struct media_peer thief = { .ssrc = 9, .seq = 1 };

        start(&c, false, true);
        for (uint16_t i = 0; i < 50; i++) {
                assert_false(passes(&c, &thief, 0, THIEF, (uint16_t)(1000 + i)));
                thief.ssrc++;
        }
        assert_false(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_int_equal(foreign(&c), 51);
        stop(&c);
}

static void test_rtp_latch_is_once(void **state UNUSED)
{
        struct call c;
        struct media_peer thief = { .ssrc = 9, .seq = 1 };

        start(&c, false, true);
        passes(&c, &c.phone, 0, NAT, 31000);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        for (unsigned i = 0; i < 5; i++)
                assert_false(passes(&c, &thief, 0, THIEF, 1));
        assert_false(passes(&c, &c.phone, 0, "192.168.1.5", 4000)); /* not even from there: it is elsewhere now */
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        mf_update(&c.f, 0, &c.spec); /* the same: nothing is learned anew */
        for (unsigned i = 0; i < 5; i++)
                assert_false(passes(&c, &thief, 0, THIEF, 1));
        assert_true(goes_to(&c, NAT, 31000));
        c.spec.side[0].remote.port = 4002; /* signalling moved it */
        mf_update(&c.f, 0, &c.spec);
        assert_true(goes_to(&c, "192.168.1.5", 4002));
        assert_false(passes(&c, &c.phone, 0, NAT, 31002));
        assert_true(passes(&c, &c.phone, 0, NAT, 31002));
        assert_true(goes_to(&c, NAT, 31002));
        stop(&c);
}

/* The peer speaks from where it said: a stranger who comes later is too late. */
static void test_rtp_latch_on_the_signalled_place(void **state UNUSED)
{
        struct call c;
        struct media_peer thief = { .ssrc = 9, .seq = 1 };

        start(&c, false, true);
        c.spec.side[0].remote = ep(PHONE, 4000);
        mf_update(&c.f, 0, &c.spec);
        assert_true(passes(&c, &c.phone, 0, PHONE, 4000));
        for (unsigned i = 0; i < 5; i++)
                assert_false(passes(&c, &thief, 0, THIEF, 1));
        assert_true(goes_to(&c, PHONE, 4000));
        stop(&c);
}

/* A learned peer is where it was learned: the same address from inside is not it. */
static void test_rtp_learned_on_an_interface(void **state UNUSED)
{
        struct call c;
        uint8_t b[512], frame[1024];
        struct pb p;

        start(&c, false, true);
        passes(&c, &c.phone, 0, NAT, 31000);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        p = pb_of(NAT, 31000, MF_OUT, MF_PORT(0), IPPROTO_UDP_);
        p.dmac = pb_mac(3);
        p.npay = peer_rtp(&c.phone, b);
        p.pay = b;
        wf_send(&c.f.wf, 1, frame, pb_build(frame, sizeof frame, &p));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_FOREIGN), 2);
        stop(&c);
}

/* Before anything is learned the phone's own idea of its address may be a host of ours: nothing goes there. */
static void test_an_address_that_is_somebody_elses(void **state UNUSED)
{
        struct call c;
        struct pb_view v;
        uint8_t b[512];
        size_t n;

        start(&c, true, true);
        c.spec.side[0].remote = ep("10.1.1.9", 4000);
        mf_update(&c.f, 0, &c.spec);
        n = peer_rtp(&c.desk, b);
        mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, n);
        assert_false(mf_take(&c.f, 1, &v));
        assert_true(mf_take(&c.f, 0, &v) && v.dport == 4000); /* by the default route, where it is lost */
        stop(&c);
}

/* ---- RTCP ---- */

/* An empty receiver report of a sender, sealed when it has keys. */
static size_t report(struct media_peer *p, uint8_t *b)
{
        size_t n = 8;

        memset(b, 0, 8);
        b[0] = 0x80;
        b[1] = RTCP_RR;
        b[3] = 1;
        rtp_put32(b + 4, p->ssrc);
        if (p->tx)
                assert_int_equal(srtcp_protect(p->tx, b, &n, 256), SRTP_OK);
        return n;
}

static bool report_from_phone(struct call *c, const char *src, uint16_t sport, uint16_t dport, struct pb_view *v)
{
        uint8_t b[256];
        size_t n = report(&c->phone, b);

        mf_udp(&c->f, 0, src, sport, dport, b, n);
        return mf_take(&c->f, 1, v) && rtp_is_rtcp(v->pay, v->npay);
}

static bool report_from_desk(struct call *c, uint16_t sport, uint16_t dport, struct pb_view *v)
{
        uint8_t b[256];
        size_t n = report(&c->desk, b);

        mf_udp(&c->f, 1, DESK, sport, dport, b, n);
        if (!mf_take(&c->f, 0, v) || !rtp_is_rtcp(v->pay, v->npay))
                return false;
        n = v->npay;
        memcpy(b, v->pay, n);
        return !c->phone.rx || srtcp_unprotect(c->phone.rx, b, &n) == SRTP_OK;
}

static void test_rtcp_on_its_own_port(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        assert_true(report_from_phone(&c, NAT, 31005, MF_PORT(0) + 1, &v));
        assert_true(v.sport == MF_PORT(0) + 1 && v.dport == 6001);
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_true(v.sport == MF_PORT(0) + 1 && v.dport == 31005);
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].rtcp_rx, 1);
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].rtcp_tx, 1);
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].rx_pkts, 0);
        stop(&c);
}

/* Until its RTCP is heard it is taken to be beside the RTP. */
static void test_rtcp_beside_the_learned_rtp(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_int_equal(v.dport, 4001);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_int_equal(v.dport, 31001);
        stop(&c);
}

static void test_rtcp_where_signalling_says(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        c.spec.side[1].remote_rtcp.port = 7777;
        mf_update(&c.f, 0, &c.spec);
        assert_true(report_from_phone(&c, NAT, 31005, MF_PORT(0) + 1, &v));
        assert_int_equal(v.dport, 7777);
        assert_false(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_true(report_from_desk(&c, 7777, MF_PORT(0) + 1, &v));
        stop(&c);
}

static void test_mux_towards_the_phone_only(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        c.spec.side[0].rtcp_mux = true;
        mf_update(&c.f, 0, &c.spec);
        assert_true(report_from_phone(&c, NAT, 31000, MF_PORT(0), &v));
        assert_true(v.sport == MF_PORT(0) + 1 && v.dport == 6001);
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_true(v.sport == MF_PORT(0) && v.dport == 31000);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(goes_to(&c, NAT, 31000));
        stop(&c);
}

static void test_mux_towards_the_desk_only(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        c.spec.side[1].rtcp_mux = true;
        mf_update(&c.f, 0, &c.spec);
        assert_true(report_from_phone(&c, NAT, 31001, MF_PORT(0) + 1, &v));
        assert_true(v.sport == MF_PORT(0) && v.dport == 6000);
        assert_true(report_from_desk(&c, 6000, MF_PORT(0), &v));
        assert_true(v.sport == MF_PORT(0) + 1 && v.dport == 31001);
        stop(&c);
}

/* Without mux the types that look like RTCP are no payload of RTP, whoever sends them. */
static void test_rtcp_on_the_rtp_port(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        assert_false(report_from_phone(&c, NAT, 31001, MF_PORT(0), &v));
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].rtcp_rx, 0);
        stop(&c);
        start(&c, false, true);
        passes(&c, &c.phone, 0, NAT, 31000);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_false(report_from_phone(&c, NAT, 31000, MF_PORT(0), &v));
        assert_int_equal(mf_drops(&c.f, DROP_RTP_PAYLOAD_TYPE), 1);
        stop(&c);
}

static void test_rtcp_of_a_clear_side_behind_nat(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, false, true);
        assert_false(report_from_phone(&c, NAT, 31001, MF_PORT(0) + 1, &v)); /* nobody knows that address yet */
        passes(&c, &c.phone, 0, NAT, 31000);
        assert_true(passes(&c, &c.phone, 0, NAT, 31000));
        assert_false(report_from_phone(&c, THIEF, 31001, MF_PORT(0) + 1, &v));
        assert_true(report_from_phone(&c, NAT, 40000, MF_PORT(0) + 1, &v));
        assert_false(report_from_phone(&c, NAT, 40002, MF_PORT(0) + 1, &v));
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_int_equal(v.dport, 40000);
        assert_true(goes_to(&c, NAT, 31000)); /* RTP stays where it was */
        stop(&c);
}

static void test_rtcp_passes_on_hold(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c, true, true);
        c.spec.side[0].sends = c.spec.side[0].receives = false;
        mf_update(&c.f, 0, &c.spec);
        assert_false(passes(&c, &c.phone, 0, NAT, 31000));
        assert_true(report_from_phone(&c, NAT, 31001, MF_PORT(0) + 1, &v));
        c.spec.no_rtcp = true;
        mf_update(&c.f, 0, &c.spec);
        assert_false(report_from_phone(&c, NAT, 31001, MF_PORT(0) + 1, &v));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_NO_RTCP), 1);
        stop(&c);
}

static void test_bad_rtcp(void **state UNUSED)
{
        struct call c;
        struct pb_view v;
        uint8_t b[256], bad[256];
        size_t n;

        start(&c, true, true);
        n = report(&c.phone, b);
        for (size_t k = 0; k < n; k++) {
                mf_udp(&c.f, 0, THIEF, 1, MF_PORT(0) + 1, b, k);
                memcpy(bad, b, n);
                bad[k] ^= 0x21;
                mf_udp(&c.f, 0, THIEF, 1, MF_PORT(0) + 1, bad, n);
        }
        assert_false(mf_take(&c.f, 1, &v));
        assert_true(report_from_desk(&c, 6001, MF_PORT(0) + 1, &v));
        assert_int_equal(v.dport, 4001);
        mf_udp(&c.f, 0, NAT, 31001, MF_PORT(0) + 1, b, n);
        assert_true(mf_take(&c.f, 1, &v));
        mf_udp(&c.f, 0, NAT, 31001, MF_PORT(0) + 1, b, n);
        assert_false(mf_take(&c.f, 1, &v));
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].replayed, 1);
        stop(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_srtp_before_it_speaks),
                cmocka_unit_test(test_srtp_one_packet_is_enough),
                cmocka_unit_test(test_srtp_is_followed),
                cmocka_unit_test(test_srtp_on_another_interface),
                cmocka_unit_test(test_srtp_after_a_re_offer),
                cmocka_unit_test(test_rtp_from_where_it_was_signalled_only),
                cmocka_unit_test(test_rtp_must_come_from_its_side),
                cmocka_unit_test(test_rtp_latch_takes_two_in_a_row),
                cmocka_unit_test(test_rtp_latch_rows),
                cmocka_unit_test(test_rtp_latch_under_spray),
                cmocka_unit_test(test_rtp_latch_is_once),
                cmocka_unit_test(test_rtp_latch_on_the_signalled_place),
                cmocka_unit_test(test_rtp_learned_on_an_interface),
                cmocka_unit_test(test_an_address_that_is_somebody_elses),
                cmocka_unit_test(test_rtcp_on_its_own_port),
                cmocka_unit_test(test_rtcp_beside_the_learned_rtp),
                cmocka_unit_test(test_rtcp_where_signalling_says),
                cmocka_unit_test(test_mux_towards_the_phone_only),
                cmocka_unit_test(test_mux_towards_the_desk_only),
                cmocka_unit_test(test_rtcp_on_the_rtp_port),
                cmocka_unit_test(test_rtcp_of_a_clear_side_behind_nat),
                cmocka_unit_test(test_rtcp_passes_on_hold),
                cmocka_unit_test(test_bad_rtcp),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
