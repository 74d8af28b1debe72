/* The media relay: packets that are wrong, or come from elsewhere. */
#include "tests/support/media_call_rig.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bad_packets_change_nothing),
                cmocka_unit_test(test_a_replay_from_elsewhere_does_not_redirect),
                cmocka_unit_test(test_clear_packets_on_an_srtp_side),
                cmocka_unit_test(test_no_session),
                cmocka_unit_test(test_somebody_in_our_name),
                cmocka_unit_test(test_a_side_without_keys),
                cmocka_unit_test(test_a_side_not_known_yet),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
