/* SIP dialogs: times, BYE, views. */
#include "tests/support/sip_dialog_rig.h"

static int setup_map(void **st)
{
        (void)st;
        begin(&short_times);
        return 0;
}

/* ---- times ---- */

static void an_unanswered_invite_ends(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        after(SIP_T_INVITE * 1000 - 20);
        assert_int_equal(w.live, 1);
        after(40);
        gone();
}

static void ringing_goes_on(void **st)
{
        (void)st;
        ringing();
        for (unsigned i = 0; i < 5; i++) {
                after(SIP_T_INVITE * 1000 - 100);
                assert_int_equal(w.live, 1);
                talk_response(&out, DIR_S2C, 180, "INVITE", 1, NULL);
        }
        after(SIP_T_INVITE * 1000 + 20);
        gone();
}

static void times_of_the_map(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        assert_int_equal(w.media[0].spec.idle_s, 30);
        after(89980);
        assert_int_equal(w.live, 1);
        after(40);
        gone();
        out.id = "two";
        out.to = NULL;
        established();
        assert_int_equal(w.media[1].spec.idle_s, 60);
        talk_request(&out, DIR_C2S, "BYE", 3, NULL);
        after(4980);
        assert_int_equal(w.live, 1);
        after(40);
        gone();
}

static void an_answered_call_ends_with_its_media(void **st)
{
        (void)st;
        established();
        after(24 * 3600 * 1000ull);
        assert_int_equal(w.live, 1);
        event(0, MEDIA_EV_FIRST_PACKET);
        assert_int_equal(w.live, 1);
        event(0, MEDIA_EV_TIMEOUT);
        gone();
        inspect_sip.media_event(w.shared, w.media[0].cookie, 0, MEDIA_EV_CLOSED, NULL);
        inspect_sip.media_event(w.shared, UINT64_MAX, 0, MEDIA_EV_TIMEOUT, NULL);
}

static void silence_on_hold_is_no_end(void **st)
{
        (void)st;
        established();
        held();
        assert_int_equal(w.media[0].spec.idle_s, 0);
        event(0, MEDIA_EV_TIMEOUT);
        after(24 * 3600 * 1000ull);
        assert_int_equal(w.live, 1);
        talk_request(&out, DIR_C2S, "BYE", 3, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 3, NULL);
        gone();
}

static void a_key_used_up_ends_the_call(void **st)
{
        (void)st;
        established();
        event(0, MEDIA_EV_KEY_LIMIT);
        gone();
}

/* The operator ends its media: the dialog stays and may have other; without a session nothing is left of it. */
static void cleared_media(void **st)
{
        (void)st;
        established();
        event(0, MEDIA_EV_CLEARED);
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 1);
        event(0, MEDIA_EV_CLOSED);
        talk_request(&out, DIR_C2S, "INVITE", 2, PHONE_AUDIO);
        talk_response(&out, DIR_S2C, 200, "INVITE", 2, SERVER_AUDIO);
        assert_int_equal(w.live, 1);
        feed_close(&f);
        event(1, MEDIA_EV_CLEARED);
        gone();
        begin_session(NULL);
}

/* One silent stream beside one that speaks is no reason. */
static void all_media_must_be_silent(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO "m=video 4002 RTP/SAVP 96\r\n" CRYPTO("1", KEY_B));
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO "m=video 5002 RTP/AVP 96\r\n");
        event(1, MEDIA_EV_TIMEOUT);
        assert_int_equal(w.live, 2);
        event(0, MEDIA_EV_TIMEOUT);
        gone();
}

/* ---- BYE ---- */

static void bye_with_a_challenge(void **st)
{
        (void)st;
        established();
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 407, "BYE", 2, NULL);
        after(SIP_T_DISCONNECT * 1000 + 20);
        assert_int_equal(w.live, 1);
        talk_request(&out, DIR_C2S, "BYE", 3, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 3, NULL);
        gone();
        assert_non_null(talk_request(&out, DIR_C2S, "BYE", 3, NULL));
}

/* The answer and BYE cross: the call is not brought back. */
static void an_answer_after_bye(void **st)
{
        (void)st;
        established();
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        after(SIP_T_DISCONNECT * 1000 + 20);
        gone();
}

static void bye_refused_is_the_end_too(void **st)
{
        (void)st;
        established();
        talk_request(&out, DIR_S2C, "BYE", 2, NULL);
        talk_response(&out, DIR_C2S, 481, "BYE", 2, NULL);
        gone();
}

/* ---- views ---- */

static void walks_and_clears(void **st)
{
        struct sip_call_row row[4];
        uint32_t cursor = 0;
        bool end;

        (void)st;
        ringing();
        talk_request(&in, DIR_S2C, "INVITE", 1, NULL);
        after(1000);
        assert_int_equal(sip_walk(w.shared, &cursor, row, 4, &end), 2);
        assert_true(end);
        assert_string_equal(row[0].call_id, "out");
        assert_string_equal(row[0].state, "Call init");
        assert_int_equal(row[0].idle_ms, 1000);
        assert_int_equal(row[0].nmedia, 1);
        assert_true(row[0].rx_key[0][0] && row[0].tx_key[0][0] && !row[0].rx_key[0][1]);
        assert_int_equal(row[0].local[0][1].port, 20000);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        cursor = 0;
        assert_int_equal(sip_walk(w.shared, &cursor, row, 1, &end), 1);
        assert_false(end);
        assert_string_equal(row[0].state, "Active");
        assert_int_equal(sip_walk(w.shared, &cursor, row, 1, &end), 1);
        assert_string_equal(row[0].call_id, "in");
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        cursor = 0;
        sip_walk(w.shared, &cursor, row, 1, &end);
        assert_string_equal(row[0].state, "Call terminating");
        sip_clear(w.shared);
        gone();
        assert_non_null(talk_request(&out, DIR_C2S, "BYE", 2, NULL));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(an_unanswered_invite_ends),
                T(ringing_goes_on),
                cmocka_unit_test_setup_teardown(times_of_the_map, setup_map, teardown),
                T(an_answered_call_ends_with_its_media),
                T(silence_on_hold_is_no_end),
                T(a_key_used_up_ends_the_call),
                T(cleared_media),
                T(all_media_must_be_silent),
                T(bye_with_a_challenge),
                T(an_answer_after_bye),
                T(bye_refused_is_the_end_too),
                T(walks_and_clears),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
