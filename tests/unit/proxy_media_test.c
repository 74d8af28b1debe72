/* The media relay: handlers, order, headers. */
#include "tests/support/media_call_rig.h"

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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
