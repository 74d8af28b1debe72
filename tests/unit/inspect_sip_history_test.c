/* What the SIP engine tells of calls. */
#include "tests/support/sip_talk.h"

static struct world w;
static struct feed f;
static struct talk out;

static int setup(void **st)
{
        struct leg_setup l = { .w = &w,
                               .via = { VIA_TLS, VIA_TCP },
                               .phone = &world_phone,
                               .anchor = true,
                               .device = "SEP001122334455" };

        (void)st;
        world_begin(&w);
        world_session(&f, &l, NULL);
        w.known = true;
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        return 0;
}

static int teardown(void **st)
{
        (void)st;
        feed_close(&f);
        world_end(&w);
        return 0;
}

static void told(unsigned i, enum inspect_dir dir, const char *label)
{
        assert_true(i < w.ntold);
        assert_string_equal(w.told[i].label, label);
        assert_int_equal(w.told[i].dir, dir);
        assert_int_equal(w.told_of[i], 1);
}

/* Each message once, media as either side sees it, no octet of a key. */
static void a_call_with_hold(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        assert_int_equal(w.call_state[0], CALL_SETUP);
        out.to = "b";
        talk_response(&out, DIR_S2C, 180, "INVITE", 1, NULL);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        assert_int_equal(w.call_state[0], CALL_ACTIVE);
        talk_request(&out, DIR_C2S, "ACK", 1, NULL);
        talk_request(&out, DIR_C2S, "INVITE", 2,
                     SDP_HEAD("198.51.100.10") "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=inactive\r\n");
        assert_int_equal(w.call_state[0], CALL_HELD);
        talk_request(&out, DIR_S2C, "BYE", 1, NULL);
        assert_int_equal(w.call_state[0], CALL_ENDING);
        talk_response(&out, DIR_C2S, 200, "BYE", 1, NULL);
        assert_int_equal(w.call_state[0], CALL_ENDED);

        assert_int_equal(w.ncalls, 1);
        assert_string_equal(w.call[0].name, "out");
        assert_string_equal(w.call[0].from, "x");
        assert_string_equal(w.call[0].to, "y");
        assert_int_equal(w.ntold, 7);
        told(0, DIR_C2S, "INVITE");
        told(1, DIR_S2C, "180 INVITE");
        told(2, DIR_S2C, "200 INVITE");
        told(3, DIR_C2S, "ACK");
        told(4, DIR_C2S, "INVITE");
        told(5, DIR_S2C, "BYE");
        told(6, DIR_C2S, "200 BYE");
        assert_int_equal(w.told[0].stream[0].said.port, 4000);
        assert_int_equal(w.told[0].stream[0].said.a.v4, PHONE);
        assert_int_equal(w.told[0].stream[0].shown.a.v4, MTA_IN);
        assert_int_equal(w.told[2].stream[0].said.port, 5000);
        assert_int_equal(w.told[2].stream[0].shown.a.v4, MTA_OUT);
        assert_int_equal(w.told[1].nstreams, 0);
        assert_true(!w.told[0].hold && w.told[4].hold);
}

/* Every m-line that lives, as either side sees it; what the box refuses is nothing to the reader. */
static void all_media_are_told(void **st)
{
        const struct call_event *e = &w.told[0];

        (void)st;
        talk_request(
                &out, DIR_C2S, "INVITE", 1,
                SDP_HEAD(
                        "198.51.100.10") "m=video 0 RTP/SAVP 97\r\n"
                                         "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO(
                                                 "1",
                                                 KEY_A) "m=video 4002 RTP/SAVP 97\r\na=rtpmap:97 "
                                                        "H264/90000\r\n" CRYPTO("1",
                                                                                KEY_A) "m=application 4004 RTP/FOO "
                                                                                       "98\r\n"
                                                                                       "m=audio 4006 RTP/SAVP 0\r\n");
        assert_int_equal(w.ntold, 1);
        assert_int_equal(e->nstreams, 3);
        assert_int_equal(e->stream[0].kind, MEDIA_AUDIO);
        assert_int_equal(e->stream[1].kind, MEDIA_VIDEO);
        assert_int_equal(e->stream[2].kind, MEDIA_APPLICATION);
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(e->stream[i].said.a.v4, PHONE);
                assert_int_equal(e->stream[i].said.port, 4000 + 2 * i);
        }
        assert_int_equal(e->stream[0].shown.a.v4, MTA_IN);
        assert_int_equal(e->stream[1].shown.a.v4, MTA_IN);
        assert_int_not_equal(e->stream[0].shown.port, e->stream[1].shown.port);
        assert_int_equal(e->stream[2].shown.port, 0);
}

static void a_repetition_is_told_as_one(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        assert_int_equal(w.ncalls, 1);
        assert_int_equal(w.ntold, 2);
        assert_true(!w.told[0].again && w.told[1].again);
}

static void a_refused_call_is_over(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        talk_response(&out, DIR_S2C, 486, "INVITE", 1, NULL);
        told(1, DIR_S2C, "486 INVITE");
        assert_int_equal(w.call_state[0], CALL_ENDED);
}

/* No call, no history: OPTIONS outside of calls; and nobody is told when the host keeps none. */
static void what_is_no_call(void **st)
{
        (void)st;
        talk_request(&out, DIR_S2C, "OPTIONS", 1, NULL);
        assert_int_equal(w.ntold, 0);
        w.ncalls = WORLD_CALLS;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        assert_int_equal(w.ntold, 0);
        w.ncalls = 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_call_with_hold, setup, teardown),
                cmocka_unit_test_setup_teardown(all_media_are_told, setup, teardown),
                cmocka_unit_test_setup_teardown(a_repetition_is_told_as_one, setup, teardown),
                cmocka_unit_test_setup_teardown(a_refused_call_is_over, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_no_call, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
