/*
 * A phone behind a shared address: what its messages say of ports that are taken for them, octet by octet, and
 * messages that wait for ports. Hosts of 198.51.100.0/24 are seen as 203.0.113.200, ports 30000 and up.
 */
#include "tests/support/sip_script.h"

#include "inspect/sip/sip_int.h"

static struct world w;
static struct feed f;

static const struct leg_setup tcp = { .w = &w, .via = { VIA_TCP, VIA_TCP } };
static const struct leg_setup udp = { .w = &w, .via = { VIA_UDP, VIA_UDP } };

static void begin(const struct leg_setup *l, const void *params)
{
        world_begin(&w);
        w.shares = 0xc6336400u;
        world_session(&f, l, params);
}

static void end(void)
{
        feed_close(&f);
        world_end(&w);
}

/* Seen by the phone's side and by the server's. */
#define P_VIA(t) "Via: SIP/2.0/" t " 198.51.100.10:40000;branch=z9hG4bK"
#define S_VIA(t) "Via: SIP/2.0/" t " 10.1.1.254:20001;branch=z9hG4bK"
#define NAMES(id) "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>\r\nCall-ID: " id "\r\n"
#define TAGGED(id) "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>;tag=b\r\nCall-ID: " id "\r\n"
#define AUDIO(a, m) "v=0\r\no=- 1 1 IN IP4 " a "\r\ns=-\r\nc=IN IP4 " a "\r\nt=0 0\r\n" m

#define REGISTER(t, via, n, contact)                                                                                 \
        "REGISTER sip:example.com SIP/2.0\r\n" via(t) n "\r\n" NAMES("r") "CSeq: " n " REGISTER\r\n"                 \
                                                                          "Max-Forwards: 70\r\nContact: " contact    \
                                                                          "\r\n"
#define REGISTERED(t, via, n, contact)                                                                               \
        "SIP/2.0 200 OK\r\n" via(t) n "\r\n" TAGGED("r") "CSeq: " n " REGISTER\r\nContact: " contact "\r\n"
#define INVITE(t, via, n, contact)                                                                                   \
        "INVITE sip:y@example.com SIP/2.0\r\n" via(t) n "\r\n" NAMES("c") "CSeq: " n " INVITE\r\n"                   \
                                                                          "Max-Forwards: 70\r\nContact: " contact    \
                                                                          "\r\n"
#define ANSWER(t, via, n, status) "SIP/2.0 " status "\r\n" via(t) n "\r\n" TAGGED("c") "CSeq: " n " INVITE\r\n"

/* ---- octet by octet ---- */

static const struct step contacts[] = {
        /* a contact where the flow does not come from has a port of its own, from then on the same */
        { DIR_C2S, REGISTER("TCP", P_VIA, "1", "<sip:a@198.51.100.10:5080;transport=tcp>;expires=600"), "",
          REGISTER("TCP", S_VIA, "1", "<sip:a@203.0.113.200:30000;transport=tcp>;expires=600"), "" },
        { DIR_S2C, REGISTERED("TCP", S_VIA, "1", "<sip:a@203.0.113.200:30000;transport=tcp>;expires=600"), "",
          REGISTERED("TCP", P_VIA, "1", "<sip:a@198.51.100.10:5080;transport=tcp>;expires=600"), "" },
        { DIR_C2S, REGISTER("TCP", P_VIA, "2", "<sip:a@198.51.100.10:5080;transport=tcp>;expires=600"), "",
          REGISTER("TCP", S_VIA, "2", "<sip:a@203.0.113.200:30000;transport=tcp>;expires=600"), "" },
        { DIR_S2C, REGISTERED("TCP", S_VIA, "2", "<sip:a@203.0.113.200:30000;transport=tcp>;expires=600"), "",
          REGISTERED("TCP", P_VIA, "2", "<sip:a@198.51.100.10:5080;transport=tcp>;expires=600"), "" },
        /* the default port is one, too; a second phone of the same writer; the flow's own needs none */
        { DIR_C2S, REGISTER("TCP", P_VIA, "3", "<sip:a@198.51.100.10>, <sip:b@198.51.100.11:5081>"), "",
          REGISTER("TCP", S_VIA, "3", "<sip:a@203.0.113.200:30002>, <sip:b@203.0.113.200:30005>"), "" },
        { DIR_C2S, REGISTER("TCP", P_VIA, "4", "<sip:a@198.51.100.10:40000>"), "",
          REGISTER("TCP", S_VIA, "4", "<sip:a@10.1.1.254:20001>"), "" },
};

static void contacts_have_ports(void **state UNUSED)
{
        begin(&tcp, NULL);
        for (unsigned i = 0; i < sizeof contacts / sizeof contacts[0]; i++)
                step_run(&f, &contacts[i]);
        assert_int_equal(w.npats, 3);
        assert_int_equal(w.pat[0].proto, 6);
        assert_false(w.pat[0].pair);
        assert_int_equal(f.nholes, 2); /* each 200 opens it for the time it grants */
        assert_int_equal(f.hole[0].dst.port, 5080);
        assert_int_equal(f.hole[0].proto, 6);
        assert_int_equal(f.hole[0].timeout_s, 600);
        assert_true(f.hole[0].lasting);
        end();
}

static const struct step streams[] = {
        { DIR_C2S, INVITE("UDP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"),
          AUDIO("198.51.100.10", "m=audio 4000 RTP/AVP 0\r\nm=audio 4003 RTP/AVP 0\r\n"
                                 "m=video 4010 RTP/AVP 31\r\na=rtcp:5000\r\nm=audio 0 RTP/AVP 0\r\n"),
          INVITE("UDP", S_VIA, "1", "<sip:a@10.1.1.254:20001>"),
          AUDIO("203.0.113.200", "m=audio 30000 RTP/AVP 0\r\nm=audio 30003 RTP/AVP 0\r\n"
                                 "m=video 30004 RTP/AVP 31\r\na=rtcp:30006\r\nm=audio 0 RTP/AVP 0\r\n") },
        /* what comes back names the server's side as it is */
        { DIR_S2C, ANSWER("UDP", S_VIA, "1", "200 OK"), AUDIO("10.1.1.7", "m=audio 5000 RTP/AVP 0\r\n"),
          ANSWER("UDP", P_VIA, "1", "200 OK"), AUDIO("10.1.1.7", "m=audio 5000 RTP/AVP 0\r\n") },
        /* a re-INVITE for the same places says the same, a new one is its own */
        { DIR_C2S, INVITE("UDP", P_VIA, "2", "<sip:a@198.51.100.10:40000>"),
          AUDIO("198.51.100.10", "m=audio 4000 RTP/AVP 0\r\n"), INVITE("UDP", S_VIA, "2", "<sip:a@10.1.1.254:20001>"),
          AUDIO("203.0.113.200", "m=audio 30000 RTP/AVP 0\r\n") },
        { DIR_C2S, INVITE("UDP", P_VIA, "3", "<sip:a@198.51.100.10:40000>"),
          AUDIO("198.51.100.11", "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"),
          INVITE("UDP", S_VIA, "3", "<sip:a@10.1.1.254:20001>"),
          AUDIO("203.0.113.200", "m=audio 30008 RTP/AVP 0\r\na=sendonly\r\n") },
        /* the address of the whole is not told either where no m-line needs it */
        { DIR_C2S, INVITE("UDP", P_VIA, "4", "<sip:a@198.51.100.10:40000>"),
          AUDIO("198.51.100.10", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.10\r\n"),
          INVITE("UDP", S_VIA, "4", "<sip:a@10.1.1.254:20001>"),
          AUDIO("203.0.113.200", "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 203.0.113.200\r\n") },
};

static void streams_have_ports(void **state UNUSED)
{
        begin(&udp, NULL);
        for (unsigned i = 0; i < sizeof streams / sizeof streams[0]; i++)
                step_run(&f, &streams[i]);
        assert_int_equal(w.npats, 5);
        assert_true(w.pat[0].pair);
        end();
}

/* ---- waiting ---- */

static const char offer[] = AUDIO("198.51.100.10", "m=audio 4000 RTP/AVP 0\r\n");
static const char offered[] = AUDIO("203.0.113.200", "m=audio 30000 RTP/AVP 0\r\n");

static enum engine_verdict says(enum inspect_dir dir, const char *text)
{
        return feed(&f, dir, text, strlen(text));
}

static uint64_t counted(const char *name)
{
        return feed_count(&f, name);
}

static void nothing_was_counted_twice(void)
{
        const struct sip_session *s = f.c.state;

        assert_int_equal(s->messages[DIR_C2S], 1);
        assert_int_equal(counted("requests"), 1);
        assert_int_equal(counted("calls"), 1);
        assert_int_equal(counted("shared ports refused"), 0);
        assert_int_equal(counted("pinholes refused"), 0);
        assert_int_equal(counted("messages held for shared ports"), 1);
}

static void a_datagram_waits(void **state UNUSED)
{
        const char *text = sip_text(INVITE("UDP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"), offer);
        const char *want = sip_text(INVITE("UDP", S_VIA, "1", "<sip:a@10.1.1.254:20001>"), offered), *got;

        begin(&udp, NULL);
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, text), ENGINE_WAIT);
        assert_int_equal(f.side[DIR_C2S].nout, 0);
        assert_int_equal(sip_calls(w.shared), 0); /* as if it had not been said */
        assert_int_equal(w.groups_open, 0);
        assert_int_equal(f.nholes + f.nended, 0);
        w.pat_full = false;
        f.c.held = true;
        got = sip_say(&f, DIR_C2S, text);
        assert_non_null(got);
        assert_string_equal(got, want);
        nothing_was_counted_twice();
        assert_int_equal(sip_calls(w.shared), 1);
        end();
}

/* What came before it goes on, what comes behind it stays behind it. */
static void a_stream_waits(void **state UNUSED)
{
        char text[8192], want[8192];

        snprintf(text, sizeof text, "%s%s%s", "\r\n\r\n",
                 sip_text(INVITE("TCP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"), offer), "OPTIONS ");
        snprintf(want, sizeof want, "\r\n\r\n%s",
                 sip_text(INVITE("TCP", S_VIA, "1", "<sip:a@10.1.1.254:20001>"), offered));
        begin(&tcp, NULL);
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, text), ENGINE_WAIT);
        assert_int_equal(f.side[DIR_C2S].nout, 4);
        assert_int_equal(f.side[DIR_C2S].nwait, strlen(text) - 4);
        w.pat_full = false;
        f.c.held = true;
        assert_int_equal(feed(&f, DIR_C2S, "", 0), ENGINE_MORE);
        assert_int_equal(f.side[DIR_C2S].nout, strlen(want));
        assert_memory_equal(f.side[DIR_C2S].out, want, strlen(want));
        nothing_was_counted_twice();
        end();
}

static void a_contact_waits(void **state UNUSED)
{
        begin(&tcp, NULL);
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, sip_text(contacts[0].head, "")), ENGINE_WAIT);
        assert_int_equal(f.side[DIR_C2S].nout, 0);
        w.pat_full = false;
        f.c.held = true;
        assert_int_equal(feed(&f, DIR_C2S, "", 0), ENGINE_ACCEPT);
        assert_int_equal(f.side[DIR_C2S].nout, strlen(sip_text(contacts[0].out_head, "")));
        step_run(&f, &contacts[1]);
        end();
}

/* An answer in an ACK is an answer the second time, too: its stream gets its pinholes. */
static void a_late_answer_waits(void **state UNUSED)
{
        const char *ack = sip_text("ACK sip:y@example.com SIP/2.0\r\n" P_VIA("UDP") "k\r\n" TAGGED(
                                           "c") "CSeq: 1 ACK\r\nMax-Forwards: 70\r\n",
                                   offer);
        unsigned holes;

        begin(&udp, NULL);
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(INVITE("UDP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"), "")));
        assert_non_null(sip_say(
                &f, DIR_S2C,
                sip_text(ANSWER("UDP", S_VIA, "1", "200 OK"), AUDIO("10.1.1.7", "m=audio 5000 RTP/AVP 0\r\n"))));
        holes = f.nholes;
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, ack), ENGINE_WAIT);
        w.pat_full = false;
        f.c.held = true;
        assert_non_null(strstr(sip_say(&f, DIR_C2S, ack), "m=audio 30000 "));
        assert_int_equal(f.nholes, holes + 2);
        end();
}

/* The host has waited long enough, or cannot: the message is dropped and its repetition is no repetition. */
static void nobody_waits_for_ever(void **state UNUSED)
{
        const char *text = sip_text(INVITE("UDP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"), offer);

        begin(&udp, NULL);
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, text), ENGINE_WAIT);
        f.c.held = true;
        f.c.may_wait = false;
        assert_int_equal(says(DIR_C2S, text), ENGINE_DROP);
        assert_int_equal(counted("shared ports refused"), 1);
        assert_int_equal(sip_calls(w.shared), 0);
        w.pat_full = false;
        assert_non_null(sip_say(&f, DIR_C2S, text));
        assert_true(f.nholes >= 2);
        end();
}

/* A rate that allows one a second allows one that waited. */
static void a_rate_counts_once(void **state UNUSED)
{
        struct sip_rule rule = { .id = 3, .act = { .what = SIP_ACT_RATE, .rate = 1 }, .nmatch = 1 };
        struct sip_map map = { .nrules = 1, .rule = &rule };
        struct sip_match match = { .kind = SIP_MATCH_METHOD, .method = SIP_M_INVITE };
        const char *text = sip_text(INVITE("UDP", P_VIA, "1", "<sip:a@198.51.100.10:40000>"), offer);

        rule.match = &match;
        begin(&udp, &map);
        w.pat_full = f.c.may_wait = true;
        assert_int_equal(says(DIR_C2S, text), ENGINE_WAIT);
        w.pat_full = false;
        f.c.held = true;
        assert_non_null(sip_say(&f, DIR_C2S, text));
        assert_null(sip_say(&f, DIR_C2S, sip_text(INVITE("UDP", P_VIA, "2", "<sip:a@198.51.100.10:40000>"), offer)));
        end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(contacts_have_ports),   cmocka_unit_test(streams_have_ports),
                cmocka_unit_test(a_datagram_waits),      cmocka_unit_test(a_stream_waits),
                cmocka_unit_test(a_contact_waits),       cmocka_unit_test(a_late_answer_waits),
                cmocka_unit_test(nobody_waits_for_ever), cmocka_unit_test(a_rate_counts_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
