/*
 * SSRC and sequence numbers towards SRTP are the relay's own: whatever the plain side does, no number of ours goes
 * out twice with different bytes, and reports agree with it.
 */
#include "tests/support/test.h"

#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9"
#define DESK "10.1.1.9"

struct call {
        struct media_fixture f;
        struct srtp_master k[2];
        struct media_peer phone, desk;
        struct media_spec spec;
};

static void start(struct call *c)
{
        memset(c, 0, sizeof *c);
        mf_start(&c->f);
        c->k[0] = peer_key(SRTP_AES_CM_128_80, 1);
        c->k[1] = peer_key(SRTP_AES_CM_128_80, 2);
        c->phone = (struct media_peer){ .ssrc = 0x1111, .seq = 1000 };
        c->desk = (struct media_peer){ .ssrc = 0x2222, .seq = 5000 };
        peer_keys(&c->phone, &c->k[0], &c->k[1]);
        c->spec = spec_of(side_srtp(PHONE, 4000, &c->k[0], &c->k[1]), side_rtp(DESK, 6000));
        mf_open(&c->f, 0, &c->spec);
}

static void stop(struct call *c)
{
        peer_done(&c->phone);
        mf_stop(&c->f);
}

/* The desk sends a packet of this sender and number; true when the phone hears it. */
static bool hears(struct call *c, uint32_t ssrc, uint16_t seq)
{
        struct media_peer p = { .ssrc = ssrc, .seq = seq, .ts = ssrc * 160 + seq * 160u };
        uint8_t b[512];
        size_t n = peer_rtp(&p, b);
        struct pb_view v;

        mf_udp(&c->f, 1, DESK, 6000, MF_PORT(0), b, n);
        return mf_take(&c->f, 0, &v) && peer_hears(&c->phone, v.pay, v.npay);
}

static uint16_t next(struct call *c, uint32_t ssrc, uint16_t seq)
{
        assert_true(hears(c, ssrc, seq));
        return c->phone.heard.seq;
}

/* ---- one sender ---- */

static void test_gaps_and_order_are_kept(void **state UNUSED)
{
        struct call c;
        uint16_t base;

        start(&c);
        base = (uint16_t)(next(&c, 1, 5000) - 5000);
        assert_int_equal(next(&c, 1, 5003), (uint16_t)(base + 5003));
        assert_int_equal(next(&c, 1, 5001), (uint16_t)(base + 5001));
        assert_int_equal(next(&c, 1, 5002), (uint16_t)(base + 5002));
        assert_int_equal(next(&c, 1, 8002), (uint16_t)(base + 8002));
        stop(&c);
}

/* What comes out of order at the very beginning is heard too. */
static void test_the_first_ones_late(void **state UNUSED)
{
        struct call c;
        uint16_t first;

        start(&c);
        first = next(&c, 1, 5000);
        assert_int_equal(next(&c, 1, 4990), (uint16_t)(first - 10));
        assert_int_equal(next(&c, 1, 4900), (uint16_t)(first - 100));
        stop(&c);
}

static void test_both_sides_wrap(void **state UNUSED)
{
        struct call c;
        uint16_t seq = 65000, out;

        start(&c);
        out = next(&c, 1, seq);
        for (unsigned i = 0; i < 140; i++) {
                seq = (uint16_t)(seq + 1000);
                assert_int_equal(next(&c, 1, seq), (uint16_t)(out + 1000 * (i + 1)));
        }
        assert_in_range(mf_row(&c.f, 0).stat.side[0].roc_out, 2, 3);
        stop(&c);
}

/* A sender that starts over goes on where it was, as far as the phone can see. */
static void test_a_jump_goes_on(void **state UNUSED)
{
        static const uint16_t to[] = { 100, 60000, 3000, 7000, 65535, 40000, 40000 - 101 };
        struct call c;
        uint16_t out;
        uint32_t ssrc;

        start(&c);
        out = next(&c, 1, 5000);
        ssrc = c.phone.heard.ssrc;
        for (unsigned i = 0; i < ARRAY_LEN(to); i++) {
                assert_int_equal(next(&c, 1, to[i]), ++out);
                assert_int_equal(next(&c, 1, (uint16_t)(to[i] + 1)), ++out);
                assert_int_equal(c.phone.heard.ssrc, ssrc);
                /* a latecomer from before the beginning has no number that is free */
                assert_false(hears(&c, 1, (uint16_t)(to[i] - 1)));
        }
        assert_int_equal(mf_drops(&c.f, DROP_RTP_SEQ), ARRAY_LEN(to));
        stop(&c);
}

/* The same number twice with other bytes: the second is not sealed. */
static void test_a_number_is_used_once(void **state UNUSED)
{
        struct call c;
        struct media_peer p = { .ssrc = 1, .seq = 7, .ts = 160 };
        uint8_t b[512];
        struct pb_view v;
        size_t n;

        start(&c);
        n = peer_rtp(&p, b);
        mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, n);
        assert_true(mf_take(&c.f, 0, &v));
        b[20] ^= 1;
        mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, n);
        assert_false(mf_take(&c.f, 0, &v));
        assert_int_equal(mf_drops(&c.f, DROP_SRTP_ENCRYPT), 1);
        stop(&c);
}

/* ---- several ---- */

static void test_each_sender_has_its_own(void **state UNUSED)
{
        struct call c;
        uint32_t a, b;
        uint16_t sa, sb;

        start(&c);
        sa = next(&c, 1, 100);
        a = c.phone.heard.ssrc;
        sb = next(&c, 2, 100);
        b = c.phone.heard.ssrc;
        assert_int_not_equal(a, b);
        for (uint16_t i = 1; i < 20; i++) { /* mixed */
                assert_int_equal(next(&c, 1, (uint16_t)(100 + i)), (uint16_t)(sa + i));
                assert_int_equal(c.phone.heard.ssrc, a);
                assert_int_equal(next(&c, 2, (uint16_t)(100 + i)), (uint16_t)(sb + i));
                assert_int_equal(c.phone.heard.ssrc, b);
        }
        stop(&c);
}

static bool known(uint32_t *seen, unsigned *n, uint32_t v)
{
        for (unsigned i = 0; i < *n; i++)
                if (seen[i] == v)
                        return true;
        seen[(*n)++] = v;
        return false;
}

/* Music, announcements, transfers: a call has more senders than a key has sources. The phone hears them all. */
static void test_more_senders_than_numbers(void **state UNUSED)
{
        struct call c;
        uint32_t seen[64];
        unsigned n = 0;

        start(&c);
        for (uint32_t s = 1; s <= 60; s++) {
                for (uint16_t i = 0; i < 3; i++)
                        assert_true(hears(&c, s, (uint16_t)(s * 50 + i)));
                known(seen, &n, c.phone.heard.ssrc);
                wf_advance(&c.f.wf, 20);
        }
        assert_int_equal(n, 8);
        assert_int_equal(mf_row(&c.f, 0).stat.side[0].not_sent, 0);
        stop(&c);
}

/* Who speaks all the time is not the one to be taken over. */
static void test_the_one_silent_longest_gives_way(void **state UNUSED)
{
        struct call c;
        uint32_t constant = 0;

        start(&c);
        for (uint16_t i = 0; i < 30; i++) {
                assert_true(hears(&c, 1, i));
                if (!i)
                        constant = c.phone.heard.ssrc;
                assert_int_equal(c.phone.heard.ssrc, constant);
                wf_advance(&c.f.wf, 10);
                assert_true(hears(&c, 100u + i, 7));
                assert_int_not_equal(c.phone.heard.ssrc, constant);
                wf_advance(&c.f.wf, 10);
        }
        stop(&c);
}

/* A random walk of a hostile sender: the phone's replay window sees no number of ours twice. */
static void test_nothing_a_sender_does_reuses_a_number(void **state UNUSED)
{
        struct call c;
        uint32_t x = 12345, heard = 0;

        start(&c);
        for (unsigned i = 0; i < 4000; i++) {
                uint16_t seq;
                struct media_peer p = { 0 };
                uint8_t b[512];
                struct pb_view v;
                size_t n;

                x = x * 1664525 + 1013904223;
                seq = (uint16_t)(x >> 16);
                p = (struct media_peer){ .ssrc = x >> 13 & 15,
                                         .seq = i % 3 ? (uint16_t)(seq % 300) : seq,
                                         .ts = i * 160 };
                n = peer_rtp(&p, b);
                mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, n);
                if (!mf_take(&c.f, 0, &v))
                        continue;
                heard++;
                assert_true(peer_hears(&c.phone, v.pay, v.npay)); /* what is sealed is never a replay */
        }
        assert_true(heard > 2000);
        stop(&c);
}

/* A new key begins with new sources: both readings of what becomes of the roll-over agree on those. */
static void test_a_new_key_has_new_sources(void **state UNUSED)
{
        struct call c;
        uint32_t before;

        start(&c);
        next(&c, 1, 100);
        before = c.phone.heard.ssrc;
        mf_update(&c.f, 0, &c.spec);
        next(&c, 1, 101);
        assert_int_equal(c.phone.heard.ssrc, before);
        c.k[1] = peer_key(SRTP_AES_CM_128_80, 3);
        c.spec.side[0] = side_srtp(PHONE, 4000, &c.k[0], &c.k[1]);
        mf_update(&c.f, 0, &c.spec);
        peer_done(&c.phone);
        peer_keys(&c.phone, &c.k[0], &c.k[1]);
        next(&c, 1, 102);
        assert_int_not_equal(c.phone.heard.ssrc, before);
        stop(&c);
}

/* ---- reports ---- */

/* What the desk says of itself and of the phone: SR with one block, SDES, BYE. */
static size_t desk_report(uint32_t self, uint32_t about, uint32_t ext, uint8_t *b)
{
        static const uint8_t form[] = { 0x81, 200, 0, 12, 0, 0, 0, 0, 9,   9,   9,    9,   9, 9, 9, 9, 0,    0,
                                        1,    0,   0, 0,  0, 1, 0, 0, 0,   160, 0,    0,   0, 0, 0, 0, 0,    0,
                                        0,    0,   0, 0,  0, 0, 0, 0, 0,   0,   0,    0,   0, 0, 0, 0, 0x81, 202,
                                        0,    2,   0, 0,  0, 0, 1, 1, 'x', 0,   0x81, 203, 0, 1, 0, 0, 0,    0 };

        memcpy(b, form, sizeof form);
        rtp_put32(b + 4, self);
        rtp_put32(b + 28, about);
        rtp_put32(b + 36, ext);
        rtp_put32(b + 56, self);
        rtp_put32(b + 68, self);
        return sizeof form;
}

static void test_reports_to_the_phone(void **state UNUSED)
{
        struct call c;
        uint8_t b[256];
        struct pb_view v;
        uint32_t ours;
        size_t n;

        start(&c);
        next(&c, 0x2222, 5000);
        ours = c.phone.heard.ssrc;
        n = desk_report(0x2222, 0x1111, 1000, b);
        mf_udp(&c.f, 1, DESK, 6001, MF_PORT(0) + 1, b, n);
        assert_true(mf_take(&c.f, 0, &v));
        n = v.npay;
        memcpy(b, v.pay, n);
        assert_int_equal(srtcp_unprotect(c.phone.rx, b, &n), SRTP_OK);
        assert_int_equal(rtp_be32(b + 4), ours);
        assert_int_equal(rtp_be32(b + 28), 0x1111); /* the phone's own number went through as it is */
        assert_int_equal(rtp_be32(b + 36), 1000);
        assert_int_equal(rtp_be32(b + 56), ours);
        assert_int_equal(rtp_be32(b + 68), ours);
        stop(&c);
}

static void test_reports_from_the_phone(void **state UNUSED)
{
        struct call c;
        uint8_t b[256];
        struct pb_view v;
        size_t n;

        start(&c);
        for (uint16_t i = 0; i < 5; i++)
                next(&c, 0x2222, (uint16_t)(5000 + i));
        n = desk_report(0x1111, c.phone.heard.ssrc, c.phone.heard.seq, b);
        assert_int_equal(srtcp_protect(c.phone.tx, b, &n, sizeof b), SRTP_OK);
        mf_udp(&c.f, 0, PHONE, 4001, MF_PORT(0) + 1, b, n);
        assert_true(mf_take(&c.f, 1, &v));
        assert_int_equal(rtp_be32(v.pay + 4), 0x1111);
        assert_int_equal(rtp_be32(v.pay + 28), 0x2222);
        assert_int_equal(rtp_be32(v.pay + 36), 5004);
        assert_int_equal(rtp_be32(v.pay + 68), 0x1111);
        stop(&c);
}

/* Who only listens has a number too, before any RTP of his. */
static void test_a_listener_reports(void **state UNUSED)
{
        struct call c;
        uint8_t b[256] = { 0x80, 201, 0, 1, 0, 0, 0x33, 0x33 };
        struct pb_view v;
        uint32_t ours;
        size_t n;

        start(&c);
        mf_udp(&c.f, 1, DESK, 6001, MF_PORT(0) + 1, b, 8);
        assert_true(mf_take(&c.f, 0, &v));
        n = v.npay;
        memcpy(b, v.pay, n);
        assert_int_equal(srtcp_unprotect(c.phone.rx, b, &n), SRTP_OK);
        ours = rtp_be32(b + 4);
        assert_int_not_equal(ours, 0x3333);
        next(&c, 0x3333, 40000); /* its first packet of RTP has the same */
        assert_int_equal(c.phone.heard.ssrc, ours);
        stop(&c);
}

/* ---- what passes ---- */

static void test_events_pass(void **state UNUSED)
{
        static const uint8_t event[] = { 0x80, 0xE5, 0x13, 0x88, 0, 0, 0, 160, 0, 0, 0x22, 0x22, 5, 0x8A, 3, 0x20 };
        struct call c;
        struct pb_view v;
        uint8_t b[64];
        size_t n;

        start(&c);
        c.spec.conformance = c.spec.enforce_payloadtype = true;
        mf_update(&c.f, 0, &c.spec);
        for (unsigned i = 0; i < 3; i++) { /* the end of an event is said three times */
                memcpy(b, event, sizeof event);
                b[3] = (uint8_t)(0x88 + i);
                mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, sizeof event);
                assert_true(mf_take(&c.f, 0, &v));
                n = v.npay;
                memcpy(b, v.pay, n);
                assert_int_equal(srtp_unprotect(c.phone.rx, b, &n), SRTP_OK);
                assert_int_equal(n, sizeof event);
                assert_int_equal(b[1], 0xE5);
                assert_memory_equal(b + 4, event + 4, 4);
                assert_memory_equal(b + 12, event + 12, 4);
        }
        stop(&c);
}

static bool passes(struct call *c, unsigned port, uint8_t pt)
{
        struct media_peer *p = port ? &c->desk : &c->phone;
        struct pb_view v;
        uint8_t b[512];

        p->pt = pt;
        mf_udp(&c->f, port, port ? DESK : PHONE, port ? 6000 : 4000, MF_PORT(0), b, peer_rtp(p, b));
        return mf_take(&c->f, !port, &v);
}

static void takes(struct media_side *s, uint8_t pt, uint8_t ev)
{
        s->npts = 2;
        s->pts[0] = (struct media_pt){ .pt = pt, .clock = 16000, .name = "G722" };
        s->pts[1] = (struct media_pt){ .pt = ev, .event = true, .clock = 8000, .name = "event" };
}

/* Who sends uses the receiver's numbers; while that one has not said any, its own. */
static void test_types_of_the_receiver(void **state UNUSED)
{
        struct call c;

        start(&c);
        c.spec.npts = 0;
        c.spec.conformance = c.spec.enforce_payloadtype = true;
        takes(&c.spec.side[0], 110, 101);
        mf_update(&c.f, 0, &c.spec);
        assert_true(passes(&c, 0, 110) && passes(&c, 1, 110) && passes(&c, 1, 101));
        assert_false(passes(&c, 0, 96) || passes(&c, 1, 96));
        takes(&c.spec.side[1], 96, 97);
        mf_update(&c.f, 0, &c.spec);
        assert_true(passes(&c, 0, 96) && passes(&c, 0, 97));
        assert_true(passes(&c, 1, 110) && passes(&c, 1, 101));
        assert_false(passes(&c, 0, 110) || passes(&c, 0, 101));
        assert_false(passes(&c, 1, 96) || passes(&c, 1, 97));
        assert_true(passes(&c, 0, 96));
        assert_string_equal(mf_row(&c.f, 0).pt.name, "G722");
        stop(&c);
}

/* ---- statistics ---- */

static void test_losses_and_jitter_are_told(void **state UNUSED)
{
        struct call c;
        struct media_report r;

        start(&c);
        c.desk.ts = 0;
        for (unsigned i = 0; i < 50; i++) {
                uint8_t b[512];
                size_t n = peer_rtp(&c.desk, b);
                struct pb_view v;

                wf_advance(&c.f.wf, i % 2 ? 10 : 30); /* 20 ms, ten early or late */
                if (i == 20 || i == 21)
                        continue;
                mf_udp(&c.f, 1, DESK, 6000, MF_PORT(0), b, n);
                mf_take(&c.f, 0, &v);
        }
        mf_close(&c.f, 0);
        do
                assert_true(mf_report(&c.f, &r));
        while (r.event != MEDIA_EV_CLOSED);
        assert_int_equal(r.stat.side[1].rx_pkts, 48);
        assert_int_equal(r.stat.side[1].lost, 2);
        assert_int_equal(r.stat.side[1].late, 0);
        assert_in_range(r.stat.side[1].jitter, 60, 80); /* |D| is 80 units of 1/8000 s; J comes close to it */
        assert_int_equal(r.stat.side[1].ssrc_in, 0x2222);
        assert_int_equal(r.stat.side[0].tx_pkts, 48);
        stop(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_gaps_and_order_are_kept),
                cmocka_unit_test(test_the_first_ones_late),
                cmocka_unit_test(test_both_sides_wrap),
                cmocka_unit_test(test_a_jump_goes_on),
                cmocka_unit_test(test_a_number_is_used_once),
                cmocka_unit_test(test_each_sender_has_its_own),
                cmocka_unit_test(test_more_senders_than_numbers),
                cmocka_unit_test(test_the_one_silent_longest_gives_way),
                cmocka_unit_test(test_nothing_a_sender_does_reuses_a_number),
                cmocka_unit_test(test_a_new_key_has_new_sources),
                cmocka_unit_test(test_reports_to_the_phone),
                cmocka_unit_test(test_reports_from_the_phone),
                cmocka_unit_test(test_a_listener_reports),
                cmocka_unit_test(test_events_pass),
                cmocka_unit_test(test_types_of_the_receiver),
                cmocka_unit_test(test_losses_and_jitter_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
