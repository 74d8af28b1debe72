/* SIP dialogs: bounds of calls, transactions, media. */
#include "tests/support/sip_dialog_rig.h"

/* ---- limits ---- */

/* Sessions of every kind: phone, endpoint, trunk. */
struct kind {
        struct leg_setup l;
        unsigned calls, media, asked, told;
};

static const struct kind kinds[] = {
        { { .via = { VIA_TLS, VIA_TCP }, .phone = &world_strict, .anchor = true, .device = "SEP001122334455" },
          16,
          32,
          64,
          1024 },
        { { .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true }, 1024, 1024, 4096, 4096 },
        { { .via = { VIA_TCP, VIA_TCP } }, 4096, 4096, 8192, 8192 },
};

static void session_of(const struct kind *k)
{
        struct leg_setup l = k->l;
        uint64_t now_ms = f.c.now_ms;

        l.w = &w;
        feed_close(&f);
        world_session(&f, &l, NULL);
        f.c.now_ms = now_ms;
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s" };
}

static void calls_of_a_session_are_bounded(void **st)
{
        (void)st;
        w.known = true;
        for (unsigned k = 0; k < ARRAY_LEN(kinds); k++) {
                unsigned before, made = 0;
                char id[32];

                session_of(&kinds[k]);
                before = feed_count(&f, "calls refused");
                for (unsigned i = 0; i < kinds[k].calls + 10; i++) {
                        snprintf(id, sizeof id, "flood%u", i);
                        out.id = in.id = id;
                        made += talk_request(i % 2 ? &in : &out, i % 2 ? DIR_S2C : DIR_C2S, "INVITE", 1, NULL) !=
                                NULL;
                }
                assert_int_equal(made, kinds[k].calls);
                assert_int_equal(feed_count(&f, "calls refused") - before, 10);
                assert_int_equal(sip_calls(w.shared), kinds[k].calls);
                after(SIP_INVITE_TXN_MS + 20);
                for (unsigned i = 0; i < 10; i++)
                        after(1); /* more are due than one tick does */
                assert_int_equal(sip_calls(w.shared), 0);
                out.id = "after";
                assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO));
        }
}

static void transactions_of_a_session_are_bounded(void **st)
{
        (void)st;
        for (unsigned k = 0; k < ARRAY_LEN(kinds); k++) {
                unsigned asked = 0, told = 0;

                session_of(&kinds[k]);
                for (unsigned i = 0; i < kinds[k].asked + 10; i++)
                        asked += talk_request(&out, DIR_C2S, "OPTIONS", i, NULL) != NULL;
                for (unsigned i = 0; i < kinds[k].told + 10; i++)
                        told += talk_request(&in, DIR_S2C, "NOTIFY", i, NULL) != NULL;
                assert_int_equal(asked, kinds[k].asked);
                assert_int_equal(told, kinds[k].told);
                assert_non_null(talk_response(&out, DIR_S2C, 200, "OPTIONS", 0, NULL));
                after(SIP_TXN_STREAM_MS + 20);
                assert_non_null(talk_request(&out, DIR_C2S, "OPTIONS", 100000, NULL)); /* one place */
                assert_null(talk_request(&out, DIR_C2S, "OPTIONS", 100001, NULL));
        }
}

#define LINE "m=audio 4000 RTP/AVP 0\r\n"
#define LINES4 LINE LINE LINE LINE

/* m-lines over the limit are refused one by one, in calls that have others; what ends makes room. */
static void media_of_a_session_is_bounded(void **st)
{
        char id[32];

        (void)st;
        w.known = true;
        session_of(&kinds[0]);
        for (unsigned i = 0; i < 3; i++) {
                snprintf(id, sizeof id, "big%u", i);
                in.id = id;
                assert_non_null(
                        talk_request(&in, DIR_S2C, "INVITE", 1, SDP_HEAD("10.1.1.7") LINES4 LINES4 LINES4 LINE));
        }
        assert_int_equal(w.live, 32);
        assert_int_equal(feed_count(&f, "media refused"), 7);
        talk_response(&in, DIR_C2S, 486, "INVITE", 1, NULL);
        assert_int_equal(w.live, 26);
        in.id = "next";
        assert_non_null(talk_request(&in, DIR_S2C, "INVITE", 1, SDP_HEAD("10.1.1.7") LINES4 LINES4));
        assert_int_equal(w.live, 32);
}

/* Calls that go on without their session are nobody's; whoever takes one over has it on his account. */
static void media_moves_with_its_call(void **st)
{
        const struct sip_session *s;

        (void)st;
        w.known = true;
        session_of(&kinds[0]);
        in.to = NULL;
        talk_request(&in, DIR_S2C, "INVITE", 1, SDP_HEAD("10.1.1.7") LINE LINE);
        in.to = "b";
        talk_response(&in, DIR_C2S, 200, "INVITE", 1,
                      SDP_HEAD("198.51.100.10") "m=audio 4100 RTP/SAVP 0\r\n" CRYPTO(
                              "5", KEY_B) "m=audio 4102 RTP/SAVP 0\r\n" CRYPTO("5", KEY_A));
        s = f.c.state;
        assert_int_equal(s->nmedia, 2);
        session_of(&kinds[0]);
        s = f.c.state;
        assert_int_equal(s->nmedia, 0);
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s", .to = "b" };
        talk_request(&in, DIR_S2C, "OPTIONS", 2, NULL);
        assert_int_equal(s->ncalls, 1);
        assert_int_equal(s->nmedia, 2);
        talk_request(&in, DIR_S2C, "BYE", 3, NULL);
        talk_response(&in, DIR_C2S, 200, "BYE", 3, NULL);
        assert_int_equal(s->nmedia, 0);
        assert_int_equal(w.live, 0);
}

static void trunk_calls(struct feed *g, uint16_t port, unsigned n)
{
        struct leg_setup l = { .w = &w, .via = { VIA_TCP, VIA_TCP }, .port = port };
        struct talk t = { .f = g, .caller = DIR_C2S, .from = "a" };
        char id[32];

        world_session(g, &l, NULL);
        for (unsigned i = 0; i < n; i++) {
                snprintf(id, sizeof id, "%u-%u", port, i);
                t.id = id;
                assert_non_null(talk_request(&t, DIR_C2S, "INVITE", 1, NULL));
        }
}

/* Where it gets tight, unanswered calls go after half a minute, whatever is answered provisionally. */
static void nobody_waits_for_long_where_it_is_tight(void **st)
{
        static struct feed g[4];
        struct talk t = { .f = &g[3], .caller = DIR_C2S, .id = "33333-0", .from = "a", .to = "b" };

        (void)st;
        for (unsigned i = 0; i < 3; i++)
                trunk_calls(&g[i], (uint16_t)(30000 + i), SIP_CALLS_TIGHT / 3);
        trunk_calls(&g[3], 33333, 2);
        assert_int_equal(sip_calls(w.shared), SIP_CALLS_TIGHT + 2);
        talk_response(&t, DIR_S2C, 180, "INVITE", 1, NULL);
        after((SIP_INVITE_TIGHT_S + 2) * 1000);
        assert_int_equal(sip_calls(w.shared), SIP_CALLS_TIGHT);
        for (unsigned i = 0; i < 4; i++)
                feed_close(&g[i]);
}

/* ---- a dialog on another flow than its own ---- */

/* A datagram's answer may be repeated T2, four seconds, later; the trunk must not fill up with what is long over. */
static void answered_datagrams_outlast_a_repetition(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "OPTIONS", 1, NULL);
        after(6000);
        assert_int_equal(transactions(), 1);
        for (unsigned i = 0; i < 2; i++) {
                assert_non_null(talk_response(&out, DIR_S2C, 200, "OPTIONS", 1, NULL));
                after(4200);
                assert_int_equal(transactions(), 1);
        }
        after(1000);
        assert_int_equal(transactions(), 0);
}

static void answered_invitations_outlast_a_repetition(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        talk_response(&out, DIR_S2C, 486, "INVITE", 1, NULL);
        after(7900);
        assert_null(talk_request(&out, DIR_C2S, "INVITE", 1, NULL)); /* answered already */
        after(200);
        assert_int_equal(transactions(), 0);
}

static void calls_of_one_id_are_bounded(void **st)
{
        char tag[32];

        (void)st;
        session_of(&kinds[1]);
        for (unsigned i = 0; i < SIP_SAME_ID_MAX + 5; i++) {
                snprintf(tag, sizeof tag, "t%u", i);
                out.from = tag;
                talk_request(&out, DIR_C2S, "INVITE", 1 + i, NULL);
        }
        assert_int_equal(sip_calls(w.shared), SIP_SAME_ID_MAX);
        assert_int_equal(feed_count(&f, "calls refused"), 5);
}

static void a_long_call_id_is_refused(void **st)
{
        static char id[300];

        (void)st;
        memset(id, 'x', sizeof id - 1);
        out.id = id;
        assert_null(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO));
        id[SIP_CALL_ID_MAX] = 0;
        assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO));
}

/* A flood of odd requests leaves the established call alone. */
static void a_flood_leaves_calls_alone(void **st)
{
        struct media_spec before;
        struct talk odd = { .f = &f, .caller = DIR_C2S };
        char id[32];

        (void)st;
        established();
        before = w.media[0].spec;
        for (unsigned i = 0; i < 3000; i++) {
                snprintf(id, sizeof id, "odd%u", i);
                odd.id = odd.from = id;
                talk_request(&odd, DIR_C2S, "INVITE", i, NULL);
        }
        assert_memory_equal(&w.media[0].spec, &before, sizeof before);
        event(0, MEDIA_EV_FIRST_PACKET);
        assert_true(w.media[0].live);
        for (unsigned i = 0; i < 10; i++)
                after(SIP_INVITE_TXN_MS / 8);
        assert_int_equal(sip_calls(w.shared), 1);
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 2, NULL);
        gone();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(calls_of_a_session_are_bounded),
                T(media_of_a_session_is_bounded),
                T(media_moves_with_its_call),
                T(nobody_waits_for_long_where_it_is_tight),
                T(transactions_of_a_session_are_bounded),
                cmocka_unit_test_setup_teardown(answered_datagrams_outlast_a_repetition, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(answered_invitations_outlast_a_repetition, setup_dgram, teardown),
                T(calls_of_one_id_are_bounded),
                T(a_long_call_id_is_refused),
                T(a_flood_leaves_calls_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
