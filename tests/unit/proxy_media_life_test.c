/* The media relay: hold, new keys, events, and many sessions. */
#include "tests/support/media_call_rig.h"

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
