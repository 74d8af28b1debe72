/* How long calls live, whose they are, how many there may be. */
#include "tests/support/sip_talk.h"

#include "inspect/sip/sip_int.h"

static struct world w;
static struct feed f;
static struct talk out, in;
static const struct sip_map short_times = {
        .t_sip = 600, .t_media = 60, .t_invite = 90, .t_disconnect = 5, .t_provisional = 30
};

static void begin_session(const struct sip_map *map)
{
        struct leg_setup l = { .w = &w,
                               .via = { VIA_TLS, VIA_TCP },
                               .phone = &world_phone,
                               .anchor = true,
                               .device = "SEP001122334455" };

        world_session(&f, &l, map);
}

static void begin(const struct sip_map *map)
{
        world_begin(&w);
        begin_session(map);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s" };
}

static int setup(void **st)
{
        (void)st;
        begin(NULL);
        return 0;
}

static int setup_dgram(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP } };

        (void)st;
        world_begin(&w);
        world_session(&f, &l, NULL);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        return 0;
}

static int setup_map(void **st)
{
        (void)st;
        begin(&short_times);
        return 0;
}

static int teardown(void **st)
{
        (void)st;
        feed_close(&f);
        world_end(&w);
        return 0;
}

/* Time goes on for session and worker alike. */
static void after(uint64_t ms)
{
        f.c.now_ms += ms;
        inspect_sip.tick(w.shared, f.c.now_ms);
}

static void event(unsigned media, enum media_event ev)
{
        inspect_sip.media_event(w.shared, w.media[media].cookie, 0, ev, NULL);
}

static void ringing(void)
{
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        talk_response(&out, DIR_S2C, 180, "INVITE", 1, NULL);
        assert_int_equal(w.live, 1);
}

static void established(void)
{
        ringing();
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        talk_request(&out, DIR_C2S, "ACK", 1, NULL);
}

static void held(void)
{
        talk_request(&out, DIR_C2S, "INVITE", 2,
                     SDP_HEAD("198.51.100.10") "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=inactive\r\n");
        talk_response(&out, DIR_S2C, 200, "INVITE", 2,
                      SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\na=inactive\r\n");
}

static void gone(void)
{
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 0);
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

#define STRANGER 0xc6336463u

enum seen { GONE, BEGUN, UP, ENDING };

static enum seen state_now(void)
{
        struct sip_call_row row;
        uint32_t cursor = 0;
        bool end;

        if (!sip_walk(w.shared, &cursor, &row, 1, &end))
                return GONE;
        return !strcmp(row.state, "Active") ? UP : !strcmp(row.state, "Call init") ? BEGUN : ENDING;
}

/* A flow of that host to the server, beside the call's own; what it says of the call that is up. */
static enum seen hangs_up(struct feed *g, uint32_t from, const char *method)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP }, .no_nat = true, .port = 41000 };
        struct talk t = { .f = g, .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };

        world_session(g, &l, NULL);
        g->c.client.a = g->c.client_mapped.a = addr_v4(from);
        g->c.now_ms = f.c.now_ms;
        assert_non_null(talk_request(&t, DIR_C2S, method, 2, NULL));
        return state_now();
}

static void call_up(void)
{
        out.udp = true;
        out.to = NULL;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(state_now(), UP);
}

static void a_stranger_ends_no_call(void **st)
{
        static const char *const method[] = { "BYE", "CANCEL", "UPDATE" };
        struct feed g;

        (void)st;
        call_up();
        for (unsigned i = 0; i < ARRAY_LEN(method); i++) {
                struct talk t = { .f = &g, .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };

                assert_int_equal(hangs_up(&g, STRANGER, method[i]), UP);
                assert_non_null(talk_response(&t, DIR_S2C, i ? 481 : 200, method[i], 2, NULL));
                assert_int_equal(state_now(), UP);
                feed_close(&g);
        }
        assert_int_equal(hangs_up(&g, PHONE, "BYE"), ENDING); /* another port of the caller: a party */
        feed_close(&g);
}

static unsigned transactions(void)
{
        return ((const struct sip_session *)f.c.state)->ntxns[0];
}

/* A stranger who knows every name of an INVITE, and answers it on a flow of his own: nothing to the one that is out.
 */
static void a_stranger_answers_no_transaction(void **st)
{
        struct leg_setup l = {
                .w = &w, .via = { VIA_UDP, VIA_UDP }, .no_nat = true, .port = 41000, .client = STRANGER
        };
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .udp = true };
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        world_session(&g, &l, NULL);
        t.f = &g;
        talk_request(&t, DIR_C2S, "INVITE", 1, NULL);
        talk_response(&t, DIR_S2C, 486, "INVITE", 1, NULL);
        assert_int_equal(((struct sip_session *)g.c.state)->ntxns[0], 1);
        assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, NULL)); /* not "answered already" */
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(state_now(), UP);
        feed_close(&g);
}

/* Datagrams of the same two hosts may come back on another port. */
static void an_answer_on_another_port(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP }, .port = 41000 };
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .udp = true };
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "OPTIONS", 1, NULL);
        world_session(&g, &l, NULL);
        t.f = &g;
        talk_response(&t, DIR_S2C, 200, "OPTIONS", 1, NULL);
        after(SIP_TXN_DGRAM_MS + 20);
        assert_int_equal(transactions(), 0);
        feed_close(&g);
}

static void nobody_cancels_another_ones_call(void **st)
{
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        assert_int_equal(hangs_up(&g, STRANGER, "CANCEL"), BEGUN);
        feed_close(&g);
}

/* What was not a dialog for the far end of another flow may well be one on its own. */
static void an_unknown_dialog_elsewhere_is_no_end(void **st)
{
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };
        struct feed g;

        (void)st;
        call_up();
        t.f = &g;
        assert_int_equal(hangs_up(&g, PHONE, "BYE"), ENDING);
        assert_non_null(talk_response(&t, DIR_S2C, 481, "BYE", 2, NULL));
        assert_int_equal(state_now(), UP);
        assert_non_null(talk_request(&t, DIR_C2S, "BYE", 3, NULL));
        assert_non_null(talk_response(&t, DIR_S2C, 200, "BYE", 3, NULL));
        assert_int_equal(state_now(), GONE);
        feed_close(&g);
}

static void a_contact_may_end_its_call(void **st)
{
        const char *invite =
                "INVITE sip:z@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.10:40000;branch=z9hG4bK1\r\n"
                "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>\r\nCall-ID: out\r\n"
                "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x@198.51.100.99>\r\n";
        struct feed g;

        (void)st;
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(invite, "")));
        out.udp = true;
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(hangs_up(&g, STRANGER, "BYE"), ENDING); /* 198.51.100.99 */
        feed_close(&g);
}

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
                T(media_outlives_its_session),
                T(a_stranger_does_not_inherit),
                T(whose_call_it_is),
                T(a_call_moves_to_the_new_connection),
                T(a_call_without_session_lives_by_its_media),
                T(what_rang_ends_with_its_session),
                T(a_held_call_without_session_ends_in_time),
                T(hairpin),
                T(calls_of_a_session_are_bounded),
                T(media_of_a_session_is_bounded),
                T(media_moves_with_its_call),
                T(nobody_waits_for_long_where_it_is_tight),
                T(transactions_of_a_session_are_bounded),
                cmocka_unit_test_setup_teardown(a_stranger_ends_no_call, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(a_stranger_answers_no_transaction, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(an_answer_on_another_port, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(nobody_cancels_another_ones_call, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(an_unknown_dialog_elsewhere_is_no_end, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(a_contact_may_end_its_call, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(answered_datagrams_outlast_a_repetition, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(answered_invitations_outlast_a_repetition, setup_dgram, teardown),
                T(calls_of_one_id_are_bounded),
                T(a_long_call_id_is_refused),
                T(a_flood_leaves_calls_alone),
                T(walks_and_clears),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
