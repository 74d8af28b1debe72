/* SIP dialogs whose connection goes: who takes them up, how long they live. */
#include "tests/support/sip_dialog_rig.h"

/* ---- sessions ---- */

static void lose_session(void)
{
        feed_close(&f);
}

static void new_session(uint16_t port, const char *device)
{
        struct leg_setup l = { .w = &w,
                               .via = { VIA_TLS, VIA_TCP },
                               .phone = &world_phone,
                               .anchor = true,
                               .device = device,
                               .port = port };
        uint64_t now = f.c.now_ms;

        world_session(&f, &l, NULL);
        f.c.now_ms = now;
}

static void media_outlives_its_session(void **st)
{
        (void)st;
        established();
        lose_session();
        assert_int_equal(w.live, 1);
        new_session(40001, "SEP001122334455");
        after(3600 * 1000ull);
        assert_int_equal(w.live, 1);
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 2, NULL);
        gone();
}

static void a_stranger_does_not_inherit(void **st)
{
        (void)st;
        established();
        lose_session();
        new_session(40001, "SEP00112233AAAA");
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 2, NULL);
        assert_int_equal(w.live, 1);
        event(0, MEDIA_EV_TIMEOUT);
        gone();
}

/* Who comes back, and what that is to the call: a new connection while the first is lost, or not yet known to be. */
struct comes_back {
        const char *device; /* of both; NULL: endpoints without one */
        uint8_t id[2];      /* certificates, then and now */
        uint32_t from;
        bool other_device, same;
};

static const struct comes_back back[] = {
        { "SEP001122334455", { 1, 1 }, PHONE, false, true },
        { "SEP001122334455", { 1, 2 }, PHONE, false, true },     /* a new certificate of the same device */
        { "SEP001122334455", { 1, 1 }, PHONE + 1, false, true }, /* from elsewhere */
        { "SEP001122334455", { 1, 1 }, PHONE, true, false },     /* a device of another name */
        { NULL, { 1, 1 }, PHONE, false, true },
        { NULL, { 1, 1 }, PHONE + 1, false, true },
        { NULL, { 1, 2 }, PHONE, false, false }, /* behind the same NAT */
        { NULL, { 0, 0 }, PHONE, false, false }, /* nobody in particular */
};

static void whose_call_it_is(void **st)
{
        (void)st;
        feed_close(&f);
        for (unsigned i = 0; i < 2 * ARRAY_LEN(back); i++) {
                const struct comes_back *b = &back[i / 2];
                bool lost = i % 2;
                struct leg_setup l = { .w = &w,
                                       .via = { VIA_TLS, VIA_TCP },
                                       .phone = &world_phone,
                                       .anchor = true,
                                       .device = b->device,
                                       .id = b->id[0] };
                struct talk bye = { .caller = DIR_C2S, .id = "out", .from = "a", .to = "b" };
                struct feed g;

                world_session(&f, &l, NULL);
                out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
                established();
                if (lost)
                        feed_close(&f);
                l.port = 41000;
                l.client = b->from;
                l.id = b->id[1];
                l.device = b->other_device ? "SEP00112233AAAA" : b->device;
                world_session(&g, &l, NULL);
                bye.f = &g;
                talk_request(&bye, DIR_S2C, "BYE", 2, NULL); /* of the server, on the new connection */
                talk_response(&bye, DIR_C2S, 200, "BYE", 2, NULL);
                if (w.live == b->same)
                        fail_msg("row %u: %u relays", i, w.live);
                feed_close(&g);
                if (!lost)
                        feed_close(&f);
                sip_clear(w.shared);
                w.nmedia = 0;
        }
        new_session(40001, "");
}

/* The first connection may still be open; that it ends later is nothing to the call any more. */
static void a_call_moves_to_the_new_connection(void **st)
{
        struct feed old;

        (void)st;
        established();
        old = f;
        old.c.host = &old;
        new_session(40001, "SEP001122334455");
        out.f = &f;
        assert_non_null(talk_request(&out, DIR_S2C, "OPTIONS", 2, NULL));
        assert_int_equal(((struct sip_session *)f.c.state)->ncalls, 1);
        assert_int_equal(((struct sip_session *)f.c.state)->nmedia, 1);
        assert_int_equal(((struct sip_session *)old.c.state)->ncalls, 0);
        assert_int_equal(((struct sip_session *)old.c.state)->nmedia, 0);
        feed_close(&old);
        assert_int_equal(w.live, 1);
        talk_request(&out, DIR_C2S, "BYE", 3, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 3, NULL);
        gone();
}

/* Without its session: media that flows keeps it, silence or the far end's BYE on a new connection ends it. */
static void a_call_without_session_lives_by_its_media(void **st)
{
        (void)st;
        established();
        lose_session();
        for (unsigned i = 0; i < 48; i++) {
                f.c.now_ms += SIP_T_SIP * 1000ull; /* media flows: no TIMEOUT comes */
                inspect_sip.tick(w.shared, f.c.now_ms);
                assert_int_equal(w.live, 1);
        }
        assert_int_equal(w.media[0].spec.idle_s, SIP_T_MEDIA);
        event(0, MEDIA_EV_TIMEOUT);
        gone();
        new_session(40001, "");
}

static void what_rang_ends_with_its_session(void **st)
{
        (void)st;
        ringing();
        lose_session();
        gone();
        new_session(40001, "");
}

static void a_held_call_without_session_ends_in_time(void **st)
{
        (void)st;
        established();
        held();
        lose_session();
        f.c.now_ms += SIP_T_SIP * 1000ull - 100;
        inspect_sip.tick(w.shared, f.c.now_ms);
        assert_int_equal(w.live, 1);
        inspect_sip.tick(w.shared, f.c.now_ms + 200);
        gone();
        new_session(40001, "");
}

/* A proxy inside sends the call to another phone behind us: one Call-ID, two calls. */
static void hairpin(void **st)
{
        struct leg_setup l = {
                .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true, .port = 41000
        };
        struct feed g;
        struct talk other;

        (void)st;
        world_session(&g, &l, NULL);
        other = (struct talk){ .f = &g, .caller = DIR_S2C, .id = "out", .from = "a" };
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        talk_request(&other, DIR_S2C, "INVITE", 1, SERVER_AUDIO);
        assert_int_equal(w.live, 2);
        assert_int_equal(sip_calls(w.shared), 2);
        other.to = out.to = "b";
        talk_response(&other, DIR_C2S, 200, "INVITE", 1,
                      SDP_HEAD("198.51.100.10") "m=audio 4100 RTP/SAVP 0\r\n" CRYPTO("5", KEY_B));
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4000);
        assert_int_equal(w.media[1].spec.side[0].remote.port, 4100);
        talk_request(&out, DIR_C2S, "BYE", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "BYE", 2, NULL);
        assert_int_equal(w.live, 1);
        feed_close(&g);
        assert_int_equal(w.live, 1); /* its media goes on */
        event(1, MEDIA_EV_TIMEOUT);
        gone();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(media_outlives_its_session),
                T(a_stranger_does_not_inherit),
                T(whose_call_it_is),
                T(a_call_moves_to_the_new_connection),
                T(a_call_without_session_lives_by_its_media),
                T(what_rang_ends_with_its_session),
                T(a_held_call_without_session_ends_in_time),
                T(hairpin),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
