/* The relay as its neighbours see it: a session, two phones, frames in and out. Latching has a file of its own. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/media_int.h"
#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9" /* client side, outside */
#define DESK "10.1.1.9"   /* server side, inside */

struct call {
        struct media_fixture f;
        struct srtp_master k[4]; /* phone's, ours to it, desk's, ours to it */
        struct media_peer phone, desk;
        struct media_spec spec;
};

static void start(struct call *c)
{
        memset(c, 0, sizeof *c);
        mf_start(&c->f);
        for (unsigned i = 0; i < 4; i++)
                c->k[i] = peer_key(SRTP_AES_CM_128_80, i + 1);
        c->phone = (struct media_peer){ .ssrc = 0x1111, .seq = 1000, .ts = 16000 };
        c->desk = (struct media_peer){ .ssrc = 0x2222, .seq = 5000, .ts = 32000 };
}

/* The phone speaks SRTP, the desk RTP. */
static void start_srtp_rtp(struct call *c)
{
        start(c);
        c->spec = spec_of(side_srtp(PHONE, 4000, &c->k[0], &c->k[1]), side_rtp(DESK, 6000));
        peer_keys(&c->phone, &c->k[0], &c->k[1]);
        mf_open(&c->f, 3, &c->spec);
}

static void stop(struct call *c)
{
        peer_done(&c->phone);
        peer_done(&c->desk);
        mf_stop(&c->f);
}

static void phone_sends(struct call *c)
{
        uint8_t b[512];
        size_t n = peer_rtp(&c->phone, b);

        mf_udp(&c->f, 0, PHONE, 4000, MF_PORT(3), b, n);
}

static void desk_sends(struct call *c)
{
        uint8_t b[512];
        size_t n = peer_rtp(&c->desk, b);

        mf_udp(&c->f, 1, DESK, 6000, MF_PORT(3), b, n);
}

static bool is(const struct pb_view *v, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);

        return v->ip_ok && v->l4_ok && addr_eq(&v->src, &s) && addr_eq(&v->dst, &d) && v->sport == sport &&
               v->dport == dport;
}

static bool desk_hears(struct call *c)
{
        struct pb_view v;

        return mf_take(&c->f, 1, &v) && is(&v, MF_IN, MF_PORT(3), DESK, 6000) && peer_hears(&c->desk, v.pay, v.npay);
}

static bool phone_hears(struct call *c)
{
        struct pb_view v;

        return mf_take(&c->f, 0, &v) && is(&v, MF_OUT, MF_PORT(3), PHONE, 4000) &&
               peer_hears(&c->phone, v.pay, v.npay);
}

static bool quiet(struct call *c)
{
        struct pb_view v;

        return !mf_take(&c->f, 0, &v) && !mf_take(&c->f, 1, &v);
}

/* ---- handlers ---- */

static void test_srtp_to_rtp_keeps_the_header(void **state UNUSED)
{
        struct call c;

        start_srtp_rtp(&c);
        for (unsigned i = 0; i < 5; i++) {
                phone_sends(&c);
                assert_true(desk_hears(&c));
                assert_int_equal(c.desk.heard.ssrc, 0x1111);
                assert_int_equal(c.desk.heard.seq, 1000 + i);
                assert_int_equal(c.desk.heard.ts, 16000 + 160 * i);
        }
        assert_true(quiet(&c));
        stop(&c);
}

static void test_rtp_to_srtp_has_numbers_of_ours(void **state UNUSED)
{
        struct call c;
        uint32_t ssrc = 0;
        uint16_t seq = 0;

        start_srtp_rtp(&c);
        for (unsigned i = 0; i < 5; i++) {
                desk_sends(&c);
                assert_true(phone_hears(&c));
                if (i) {
                        assert_int_equal(c.phone.heard.ssrc, ssrc);
                        assert_int_equal(c.phone.heard.seq, (uint16_t)(seq + 1));
                }
                ssrc = c.phone.heard.ssrc;
                seq = c.phone.heard.seq;
                assert_true(seq < 0x8000);
                assert_int_equal(c.phone.heard.ts, 32000 + 160 * i);
        }
        assert_int_not_equal(ssrc, 0x2222);
        stop(&c);
}

static void test_srtp_to_srtp_has_two_keys(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.k[2] = peer_key(SRTP_AEAD_AES_256_GCM, 5);
        c.k[3] = peer_key(SRTP_AES_CM_128_32, 6);
        c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), side_srtp(DESK, 6000, &c.k[2], &c.k[3]));
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        peer_keys(&c.desk, &c.k[2], &c.k[3]);
        mf_open(&c.f, 3, &c.spec);
        for (unsigned i = 0; i < 3; i++) {
                phone_sends(&c);
                assert_true(desk_hears(&c));
                desk_sends(&c);
                assert_true(phone_hears(&c));
        }
        stop(&c);
}

static void test_pass_changes_no_byte(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.spec = spec_of(side_rtp(PHONE, 4000), side_rtp(DESK, 6000));
        mf_open(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        assert_int_equal(c.desk.heard.ssrc, 0x1111);
        assert_int_equal(c.desk.heard.seq, 1000);
        stop(&c);
}

static void test_opaque(void **state UNUSED)
{
        struct call c;
        struct pb_view v;

        start(&c);
        c.spec = spec_of(side_rtp(PHONE, 4000), side_rtp(DESK, 6000));
        c.spec.side[0].transport = c.spec.side[1].transport = MEDIA_OPAQUE;
        mf_open(&c.f, 3, &c.spec);
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), "T.38", 4);
        assert_true(mf_take(&c.f, 1, &v) && is(&v, MF_IN, MF_PORT(3), DESK, 6000));
        assert_memory_equal(v.pay, "T.38", 4);
        mf_udp(&c.f, 0, PHONE, 4001, MF_PORT(3), "T.38", 4);
        mf_udp(&c.f, 0, PHONE, 4001, MF_PORT(3) + 1, "T.38", 4);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_FOREIGN), 1);
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_NO_SESSION), 1);
        stop(&c);
}

static void test_sides_that_do_not_fit(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.spec = spec_of(side_rtp(PHONE, 4000), side_rtp(DESK, 6000));
        c.spec.side[1].transport = MEDIA_OPAQUE;
        mf_open(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_NO_OUTPUT), 1);
        stop(&c);
}

/* Every suite both ways, in one burst of packets whose order is kept. */
static void test_every_suite(void **state UNUSED)
{
        for (unsigned suite = 1; suite < SRTP_SUITES; suite++) {
                struct call c;

                start(&c);
                for (unsigned i = 0; i < 4; i++)
                        c.k[i] = peer_key(suite, i + 9);
                c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), side_rtp(DESK, 6000));
                peer_keys(&c.phone, &c.k[0], &c.k[1]);
                mf_open(&c.f, 3, &c.spec);
                phone_sends(&c);
                assert_true(desk_hears(&c));
                desk_sends(&c);
                assert_true(phone_hears(&c));
                assert_int_equal(mf_row(&c.f, 3).suite_rx[0], suite);
                stop(&c);
        }
}

/* ---- bursts ---- */

static void inject(struct call *c, unsigned port, const char *src, uint16_t sport, uint16_t dport, const uint8_t *b,
                   size_t n)
{
        struct pb p = pb_of(src, sport, port ? MF_IN : MF_OUT, dport, IPPROTO_UDP_);
        uint8_t frame[2048];

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.pay = b;
        p.npay = n;
        n = pb_build(frame, sizeof frame, &p);
        assert_int_equal(port_mem_inject(c->f.wf.port[port], frame, n, NULL), 0);
}

static void test_a_burst_keeps_its_order(void **state UNUSED)
{
        struct call c;
        uint8_t b[512];

        start_srtp_rtp(&c);
        for (unsigned i = 0; i < 40; i++) {
                size_t n = peer_rtp(&c.phone, b);

                if (i == 10)
                        b[n - 1] ^= 1; /* one is bad */
                inject(&c, 0, PHONE, 4000, MF_PORT(3), b, n);
                if (i % 8 == 0)
                        inject(&c, 0, PHONE, 4000, 30000, b, n); /* nobody's, in between */
        }
        worker_step(c.f.w);
        for (unsigned i = 0; i < 40; i++) {
                if (i == 10)
                        continue;
                assert_true(desk_hears(&c));
                assert_int_equal(c.desk.heard.seq, 1000 + i);
        }
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_TAG), 1);
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_NO_SESSION), 5);
        stop(&c);
}

/* ---- headers ---- */

static void test_headers(void **state UNUSED)
{
        struct call c;
        struct pb_view v;
        uint8_t b[512], frame[1024];
        struct pb p;

        start_srtp_rtp(&c);
        p = pb_of(PHONE, 4000, MF_OUT, MF_PORT(3), IPPROTO_UDP_);
        p.dmac = pb_mac(2);
        p.npay = peer_rtp(&c.phone, b);
        p.pay = b;
        p.tos = 0xB8;
        p.ttl = 9;
        p.id = 0x1234;
        p.frag = 0x4000;
        p.pad_to = 300;
        wf_send(&c.f.wf, 0, frame, pb_build(frame, sizeof frame, &p));
        assert_true(mf_take(&c.f, 1, &v) && is(&v, MF_IN, MF_PORT(3), DESK, 6000));
        assert_int_equal(v.tos, 0xB8);
        assert_int_equal(v.ttl, 8);
        assert_int_equal(v.id, 0x1234);
        assert_int_equal(v.frag, 0x4000);
        assert_int_equal(v.ip_len, 28 + RTP_HDR_MIN + PEER_PAYLOAD);
        assert_int_equal(v.dmac.b[5], 0x79);
        p.ttl = 1;
        p.npay = peer_rtp(&c.phone, b);
        wf_send(&c.f.wf, 0, frame, pb_build(frame, sizeof frame, &p));
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_TTL), 1);
        stop(&c);
}

static void test_what_outgrows_the_link_is_cut(void **state UNUSED)
{
        struct call c;
        uint8_t b[1500] = { 0x80 }, frame[1600];
        struct pb p;
        struct pb_view v;
        unsigned n = 0;

        start_srtp_rtp(&c);
        p = pb_of(DESK, 6000, MF_IN, MF_PORT(3), IPPROTO_UDP_);
        p.dmac = pb_mac(3);
        p.pay = b;
        p.npay = 1472;
        p.frag = 0x4000;
        wf_send(&c.f.wf, 1, frame, pb_build(frame, sizeof frame, &p));
        while (mf_take(&c.f, 0, &v))
                n++;
        assert_int_equal(n, 2);
        stop(&c);
}

/* A clear packet has nothing but its sum to show that it is whole; sealing it would make it believed. */
static void test_a_bad_sum_is_not_sealed(void **state UNUSED)
{
        struct call c;
        uint8_t b[512], frame[1024];
        struct pb p;
        size_t n;

        start_srtp_rtp(&c);
        p = pb_of(DESK, 6000, MF_IN, MF_PORT(3), IPPROTO_UDP_);
        p.dmac = pb_mac(3);
        p.npay = peer_rtp(&c.desk, b);
        p.pay = b;
        n = pb_build(frame, sizeof frame, &p);
        frame[n - 1] ^= 1;
        wf_send(&c.f.wf, 1, frame, n);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_BAD_L4_CSUM), 1);
        stop(&c);
}

/* ---- bad packets (M4) ---- */

static void test_bad_packets_change_nothing(void **state UNUSED)
{
        struct call c;
        uint8_t b[512], bad[512];
        struct media_row r;
        size_t n;

        start_srtp_rtp(&c);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        n = peer_rtp(&c.phone, b);
        for (size_t k = 0; k < n; k++) { /* every prefix */
                mf_udp(&c.f, 0, "198.51.100.66", 666, MF_PORT(3), b, k);
                assert_true(quiet(&c));
        }
        for (size_t k = 0; k < n; k++) { /* every byte changed */
                memcpy(bad, b, n);
                bad[k] ^= 0x41;
                mf_udp(&c.f, 0, "198.51.100.66", 666, MF_PORT(3), bad, n);
                assert_true(quiet(&c));
        }
        desk_sends(&c); /* still goes to the phone */
        assert_true(phone_hears(&c));
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), b, n);
        assert_true(desk_hears(&c));
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), b, n); /* again */
        assert_true(quiet(&c));
        r = mf_row(&c.f, 3);
        assert_int_equal(r.stat.side[0].rx_pkts, 2);
        assert_int_equal(r.stat.side[0].replayed, 1);
        assert_int_equal(r.stat.side[0].auth_failed + r.stat.side[0].malformed, 2 * n);
        assert_true(r.stat.side[0].auth_failed > n);
        stop(&c);
}

static void test_a_replay_from_elsewhere_does_not_redirect(void **state UNUSED)
{
        struct call c;
        uint8_t b[512];
        size_t n;

        start_srtp_rtp(&c);
        n = peer_rtp(&c.phone, b);
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), b, n);
        assert_true(desk_hears(&c));
        mf_udp(&c.f, 0, "198.51.100.66", 666, MF_PORT(3), b, n);
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_REPLAY), 1);
        desk_sends(&c);
        assert_true(phone_hears(&c));
        stop(&c);
}

static void test_clear_packets_on_an_srtp_side(void **state UNUSED)
{
        struct call c;
        struct media_peer clear = { .ssrc = 9, .seq = 1 };
        uint8_t b[512];

        start_srtp_rtp(&c);
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), b, peer_rtp(&clear, b));
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_TAG), 1);
        stop(&c);
}

static void test_no_session(void **state UNUSED)
{
        struct call c;
        uint8_t b[512];

        start_srtp_rtp(&c);
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(4), b, peer_rtp(&c.phone, b));
        mf_udp(&c.f, 0, PHONE, 4000, 1, b, 20);
        mf_udp(&c.f, 0, PHONE, 4000, 65535, b, 0);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_NO_SESSION), 3);
        stop(&c);
}

static void test_somebody_in_our_name(void **state UNUSED)
{
        struct call c;
        uint8_t b[512];

        start_srtp_rtp(&c);
        mf_udp(&c.f, 0, MF_IN, 6000, MF_PORT(3), b, peer_rtp(&c.phone, b));
        assert_int_equal(mf_drops(&c.f, DROP_SPOOF), 1);
        stop(&c);
}

static void test_a_side_without_keys(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.k[0].suite = c.k[1].suite = SRTP_SUITE_NONE;
        c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), side_rtp(DESK, 6000));
        mf_open(&c.f, 3, &c.spec);
        phone_sends(&c);
        desk_sends(&c);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_NO_KEY), 2);
        assert_int_equal(mf_row(&c.f, 3).stat.side[0].no_key, 1);
        assert_int_equal(mf_row(&c.f, 3).stat.side[0].not_sent, 1);
        stop(&c);
}

static void test_a_side_not_known_yet(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), (struct media_side){ .transport = MEDIA_RTP });
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        mf_open(&c.f, 3, &c.spec);
        phone_sends(&c); /* authentic, but there is nobody to hear it */
        desk_sends(&c);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_NO_PEER), 2);
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 0));
        c.spec.side[1] = side_rtp(DESK, 6000);
        mf_update(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        stop(&c);
}

/* ---- hold, keys anew ---- */

static void test_hold_keeps_the_contexts(void **state UNUSED)
{
        struct call c;

        start_srtp_rtp(&c);
        c.phone.seq = 65530;
        for (unsigned i = 0; i < 4; i++) {
                phone_sends(&c);
                assert_true(desk_hears(&c));
        }
        c.spec.side[0].sends = false;
        mf_update(&c.f, 3, &c.spec);
        for (unsigned i = 0; i < 10; i++) /* the wrap falls into the hold */
                phone_sends(&c);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_HELD), 10);
        desk_sends(&c); /* music for the phone */
        assert_true(phone_hears(&c));
        c.spec.side[0].receives = false;
        mf_update(&c.f, 3, &c.spec);
        desk_sends(&c);
        assert_true(quiet(&c));
        c.spec.side[0].sends = c.spec.side[0].receives = true;
        mf_update(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        assert_int_equal(mf_row(&c.f, 3).stat.side[0].roc_in, 1);
        desk_sends(&c);
        assert_true(phone_hears(&c));
        stop(&c);
}

static void test_a_changed_key_is_a_new_context(void **state UNUSED)
{
        struct call c;
        uint8_t old[512];
        size_t n;

        start_srtp_rtp(&c);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        desk_sends(&c);
        assert_true(phone_hears(&c));
        n = peer_rtp(&c.phone, old);
        c.k[0] = peer_key(SRTP_AES_CM_128_32, 21);
        c.k[1] = peer_key(SRTP_AES_CM_128_32, 22);
        c.spec.side[0] = side_srtp(PHONE, 4000, &c.k[0], &c.k[1]);
        mf_update(&c.f, 3, &c.spec);
        peer_done(&c.phone);
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        wf_advance(&c.f.wf, MEDIA_REKEY_MS);
        mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(3), old, n);
        assert_true(quiet(&c));
        phone_sends(&c);
        assert_true(desk_hears(&c));
        desk_sends(&c);
        assert_true(phone_hears(&c));
        stop(&c);
}

static void test_a_moved_peer(void **state UNUSED)
{
        struct call c;
        struct pb_view v;
        uint8_t b[512];

        start_srtp_rtp(&c);
        desk_sends(&c);
        assert_true(phone_hears(&c));
        c.spec.side[1] = side_rtp(DESK, 7000);
        mf_update(&c.f, 3, &c.spec);
        desk_sends(&c); /* from the old port */
        assert_true(quiet(&c));
        assert_int_equal(mf_row(&c.f, 3).stat.side[1].foreign, 1);
        phone_sends(&c);
        assert_true(mf_take(&c.f, 1, &v) && v.dport == 7000);
        mf_udp(&c.f, 1, DESK, 7000, MF_PORT(3), b, peer_rtp(&c.desk, b));
        assert_true(phone_hears(&c));
        stop(&c);
}

static void test_0_0_0_0_is_no_other_place(void **state UNUSED)
{
        struct call c;

        start_srtp_rtp(&c);
        c.spec.side[1].remote.a = pb_addr("0.0.0.0");
        c.spec.side[1].receives = false;
        mf_update(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(quiet(&c));
        c.spec.side[1] = side_rtp(DESK, 6000);
        mf_update(&c.f, 3, &c.spec);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        stop(&c);
}

/* ---- events ---- */

static void test_life(void **state UNUSED)
{
        struct call c;
        struct media_report r;
        struct media_count n;

        start_srtp_rtp(&c);
        media_count(c.f.w, &n);
        assert_int_equal(n.sessions, 1);
        assert_int_equal(n.srtp, 1);
        assert_false(mf_report(&c.f, &r));
        phone_sends(&c);
        phone_sends(&c);
        desk_sends(&c);
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 0));
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 1));
        assert_int_equal(c.f.woken, 2);
        assert_false(mf_report(&c.f, &r));
        mf_close(&c.f, 3);
        assert_true(mf_report(&c.f, &r));
        assert_int_equal(r.event, MEDIA_EV_CLOSED);
        assert_int_equal(r.h.slot, 3);
        assert_int_equal(r.stat.side[0].rx_pkts, 2);
        assert_int_equal(r.stat.side[0].tx_pkts, 1);
        assert_int_equal(r.stat.side[1].rx_pkts, 1);
        assert_int_equal(r.stat.side[1].tx_pkts, 2);
        assert_int_equal(r.stat.side[1].rx_bytes, 172);
        assert_int_equal(r.stat.side[0].ssrc_in, 0x1111);
        media_count(c.f.w, &n);
        assert_int_equal(n.sessions, 0);
        assert_int_equal(n.srtp, 0);
        assert_int_equal(n.most, 1);
        assert_true(n.rx_pkts == 3 && n.rx_bytes == 3 * 172); /* what has ended counts, too */
        assert_int_equal(n.tx_pkts, 3);
        assert_int_equal(n.tx_bytes, r.stat.side[0].tx_bytes + r.stat.side[1].tx_bytes);
        while (!quiet(&c))
                ;
        phone_sends(&c);
        assert_true(quiet(&c));
        assert_int_equal(mf_drops(&c.f, DROP_MEDIA_NO_SESSION), 1);
        mf_open(&c.f, 3, &c.spec); /* the slot and its ports are free */
        media_count(c.f.w, &n);
        assert_int_equal(n.sessions, 1);
        assert_int_equal(n.refused, 0);
        stop(&c);
}

static void test_idle_is_reported_again_and_again(void **state UNUSED)
{
        struct call c;

        start_srtp_rtp(&c);
        c.spec.idle_s = 30;
        mf_update(&c.f, 3, &c.spec);
        wf_advance(&c.f.wf, 29000);
        phone_sends(&c);
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 0));
        wf_advance(&c.f.wf, 29900);
        mf_udp(&c.f, 0, "198.51.100.66", 1, MF_PORT(3), "bad", 3); /* a stranger keeps no call alive */
        assert_false(mf_reported(&c.f, MEDIA_EV_TIMEOUT, 3, 0));
        wf_advance(&c.f.wf, 200);
        assert_true(mf_reported(&c.f, MEDIA_EV_TIMEOUT, 3, 0));
        wf_advance(&c.f.wf, 30100);
        assert_true(mf_reported(&c.f, MEDIA_EV_TIMEOUT, 3, 0));
        c.spec.idle_s = 0;
        mf_update(&c.f, 3, &c.spec);
        wf_advance(&c.f.wf, 100000);
        assert_false(mf_reported(&c.f, MEDIA_EV_TIMEOUT, 3, 0));
        stop(&c);
}

static void test_two_events_of_one_loop(void **state UNUSED)
{
        struct call c;
        struct media_report r;
        uint8_t b[512];

        start_srtp_rtp(&c);
        inject(&c, 0, PHONE, 4000, MF_PORT(3), b, peer_rtp(&c.phone, b));
        inject(&c, 1, DESK, 6000, MF_PORT(3), b, peer_rtp(&c.desk, b));
        worker_step(c.f.w);
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 0));
        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 1));
        assert_false(mf_report(&c.f, &r));
        stop(&c);
}

/* At once, not when the report has found room. */
static void test_keys_go_with_the_call(void **state UNUSED)
{
        struct call c;
        struct media_report r = { .h = { 0, 9, 9 } };
        const struct srtp_ctx *rx, *tx;
        struct media_session *s;

        start_srtp_rtp(&c);
        phone_sends(&c);
        desk_sends(&c);
        s = media_slot(c.f.w->media, 3);
        rx = s->leg[0].rx;
        tx = s->leg[0].tx;
        for (unsigned i = 0; i < sizeof s->leg[0].spec.rx; i++)
                assert_int_equal(((uint8_t *)&s->leg[0].spec.rx)[i], 0); /* expanded, then forgotten */
        while (ring_push(c.f.link.to_proxy, &r))
                ;
        mf_close(&c.f, 3);
        assert_true(s->closed);
        for (size_t i = 0; i < srtp_ctx_size(); i++)
                assert_true(!((const uint8_t *)rx)[i] && !((const uint8_t *)tx)[i]);
        stop(&c);
}

static void test_reports_wait_for_room(void **state UNUSED)
{
        struct call c;
        struct media_report r = { .h = { 0, 9, 9 } };
        unsigned n = 0;

        start_srtp_rtp(&c);
        while (ring_push(c.f.link.to_proxy, &r))
                n++;
        phone_sends(&c);
        mf_close(&c.f, 3);
        worker_step(c.f.w);
        while (n--)
                assert_true(mf_report(&c.f, &r) && r.h.slot == 9);
        assert_false(mf_report(&c.f, &r));
        worker_step(c.f.w);
        assert_true(mf_report(&c.f, &r));
        assert_int_equal(r.event, MEDIA_EV_CLOSED);
        assert_int_equal(r.stat.side[0].rx_pkts, 1);
        worker_step(c.f.w);
        assert_false(mf_report(&c.f, &r));
        stop(&c);
}

static void test_a_key_that_is_nearly_used_up(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.k[0].lifetime = 64;
        c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), side_rtp(DESK, 6000));
        c.k[0].lifetime = 0;
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        mf_open(&c.f, 3, &c.spec);
        for (unsigned i = 0; i < 70; i++) {
                phone_sends(&c);
                assert_int_equal(desk_hears(&c), i < 64);
                if (i == 0)
                        assert_true(mf_reported(&c.f, MEDIA_EV_FIRST_PACKET, 3, 0));
                if (i == 59)
                        assert_true(mf_reported(&c.f, MEDIA_EV_KEY_LIMIT, 3, 0));
                else
                        assert_false(mf_reported(&c.f, MEDIA_EV_KEY_LIMIT, 3, 0));
        }
        stop(&c);
}

static void test_handles_that_are_not_right(void **state UNUSED)
{
        struct call c;
        struct media_msg m;
        struct media_report r;
        struct media_count n;

        start_srtp_rtp(&c);
        m = mf_msg(3, MEDIA_CLOSE, NULL); /* another life */
        m.h.gen = 6;
        mf_push(&c.f, &m);
        m = mf_msg(3, MEDIA_OPEN, &c.spec); /* in use */
        m.h.gen = 8;
        mf_push(&c.f, &m);
        m.h.slot = MEDIA_SLOTS;
        mf_push(&c.f, &m);
        m.h.slot = 4; /* ports in use */
        m.h.gen = 9;
        mf_push(&c.f, &m);
        assert_true(mf_report(&c.f, &r) && r.event == MEDIA_EV_CLOSED && r.h.slot == 4 && r.h.gen == 9);
        m.kind = MEDIA_CLOSE; /* who closes is answered */
        mf_push(&c.f, &m);
        assert_true(mf_report(&c.f, &r) && r.event == MEDIA_EV_CLOSED && r.h.slot == 4 && r.h.gen == 9);
        m.kind = MEDIA_UPDATE;
        mf_push(&c.f, &m);
        assert_false(mf_report(&c.f, &r));
        media_count(c.f.w, &n);
        assert_int_equal(n.sessions, 1);
        assert_int_equal(n.refused, 3);
        phone_sends(&c);
        assert_true(desk_hears(&c));
        stop(&c);
}

static void test_odd_and_foreign_ports_are_refused(void **state UNUSED)
{
        struct call c;
        struct media_msg m;
        struct media_report r;

        start_srtp_rtp(&c);
        m = mf_msg(5, MEDIA_OPEN, &c.spec);
        m.local.at[0].port++;
        mf_push(&c.f, &m);
        assert_true(mf_report(&c.f, &r) && r.event == MEDIA_EV_CLOSED);
        m.local.at[0].port = 0;
        mf_push(&c.f, &m);
        assert_true(mf_report(&c.f, &r) && r.event == MEDIA_EV_CLOSED);
        m.local.at[0] = m.local.at[1]; /* both sides the same */
        mf_push(&c.f, &m);
        assert_true(mf_report(&c.f, &r) && r.event == MEDIA_EV_CLOSED);
        stop(&c);
}

/* ---- many ---- */

static void test_a_thousand_sessions(void **state UNUSED)
{
        struct call c;
        struct media_count n;
        struct media_row rows[64];
        uint32_t cursor = 0;
        unsigned seen = 0;
        bool end = false;

        start(&c);
        c.spec = spec_of(side_srtp(PHONE, 4000, &c.k[0], &c.k[1]), side_rtp(DESK, 6000));
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        for (unsigned i = 0; i < 1000; i++) {
                c.k[0] = peer_key(SRTP_AES_CM_128_80, i);
                c.spec.side[0].rx = c.k[0];
                mf_open(&c.f, i, &c.spec);
        }
        for (unsigned i = 0; i < 1000; i++) {
                struct media_peer p = { .ssrc = i, .seq = (uint16_t)i };
                struct srtp_master k = peer_key(SRTP_AES_CM_128_80, i);
                uint8_t b[512];
                struct pb_view v;

                peer_keys(&p, &k, &c.k[1]);
                mf_udp(&c.f, 0, PHONE, 4000, MF_PORT(i), b, peer_rtp(&p, b));
                assert_true(mf_take(&c.f, 1, &v) && is(&v, MF_IN, MF_PORT(i), DESK, 6000));
                assert_true(peer_hears(&c.desk, v.pay, v.npay) && c.desk.heard.ssrc == i);
                peer_done(&p);
        }
        while (!end) {
                unsigned k = media_walk(c.f.w, &cursor, rows, 64, &end);

                for (unsigned i = 0; i < k; i++, seen++)
                        assert_int_equal(rows[i].stat.side[0].rx_pkts, 1);
        }
        assert_int_equal(seen, 1000);
        media_count(c.f.w, &n);
        assert_int_equal(n.sessions, 1000);
        stop(&c);
}

static void test_memory(void **state UNUSED)
{
        struct call c;
        struct media_link l;
        struct err e;

        start(&c);
        for (unsigned i = 1; i <= 2; i++) {
                mem_fail_nth(i, false);
                assert_int_equal(media_link_init(&l, c.f.w, &e), -1);
        }
        mem_fail_nth(1, false);
        assert_null(media_table_new(c.f.w, c.f.links, 1));
        mem_fail_nth(0, false);
        media_table_free(NULL);
        stop(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_srtp_to_rtp_keeps_the_header),
                cmocka_unit_test(test_rtp_to_srtp_has_numbers_of_ours),
                cmocka_unit_test(test_srtp_to_srtp_has_two_keys),
                cmocka_unit_test(test_pass_changes_no_byte),
                cmocka_unit_test(test_opaque),
                cmocka_unit_test(test_sides_that_do_not_fit),
                cmocka_unit_test(test_every_suite),
                cmocka_unit_test(test_a_burst_keeps_its_order),
                cmocka_unit_test(test_headers),
                cmocka_unit_test(test_what_outgrows_the_link_is_cut),
                cmocka_unit_test(test_a_bad_sum_is_not_sealed),
                cmocka_unit_test(test_bad_packets_change_nothing),
                cmocka_unit_test(test_a_replay_from_elsewhere_does_not_redirect),
                cmocka_unit_test(test_clear_packets_on_an_srtp_side),
                cmocka_unit_test(test_no_session),
                cmocka_unit_test(test_somebody_in_our_name),
                cmocka_unit_test(test_a_side_without_keys),
                cmocka_unit_test(test_a_side_not_known_yet),
                cmocka_unit_test(test_hold_keeps_the_contexts),
                cmocka_unit_test(test_a_changed_key_is_a_new_context),
                cmocka_unit_test(test_a_moved_peer),
                cmocka_unit_test(test_0_0_0_0_is_no_other_place),
                cmocka_unit_test(test_life),
                cmocka_unit_test(test_idle_is_reported_again_and_again),
                cmocka_unit_test(test_two_events_of_one_loop),
                cmocka_unit_test(test_keys_go_with_the_call),
                cmocka_unit_test(test_reports_wait_for_room),
                cmocka_unit_test(test_a_key_that_is_nearly_used_up),
                cmocka_unit_test(test_handles_that_are_not_right),
                cmocka_unit_test(test_odd_and_foreign_ports_are_refused),
                cmocka_unit_test(test_a_thousand_sessions),
                cmocka_unit_test(test_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
