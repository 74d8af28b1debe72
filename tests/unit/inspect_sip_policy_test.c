/* `policy-map type inspect sip`: what each line lets through, drops, closes, masks, counts and logs; and what is no
 * SIP. */
#include "tests/support/sip_talk.h"

#include "inspect/sip/sip_int.h"
#include "platform/base/log.h"

static struct world w;
static struct feed f;
static struct log *lg;
static struct log_src *src;
static char lines[4096]; /* of the log, in order */

static void on_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        size_t n = strlen(lines);

        (void)ctx, (void)dest, (void)level, (void)id;
        snprintf(lines + n, sizeof lines - n, "%s\n", line);
}

static const char *logged(void)
{
        log_step(lg);
        return lines;
}

static const struct leg_setup tcp = { .via = { VIA_TCP, VIA_TCP } };
static const struct leg_setup udp = { .via = { VIA_UDP, VIA_UDP } };
static const struct leg_setup phone = { .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true };

static void begin(const struct leg_setup *l, const struct sip_map *map)
{
        struct leg_setup copy = *l;

        copy.w = &w;
        world_begin(&w);
        world_session(&f, &copy, map);
        f.c.log = src;
        lines[0] = 0;
}

static void end(void)
{
        feed_close(&f);
        world_end(&w);
        logged();
}

/* ---- one message, one map ---- */

enum outcome { PASSES, DROPPED, CLOSED, RESET, CHANGED };

#define REST "Call-ID: 1\r\nMax-Forwards: 70\r\n"
#define FROM_TO "From: <sip:a@example.com>;tag=a\r\nTo: <sip:b@example.com>\r\n"
#define VIA "Via: SIP/2.0/TCP v.example.com;branch=z9hG4bK1\r\n"
#define REQ(m, extra) m " sip:b@example.com SIP/2.0\r\n" VIA FROM_TO REST "CSeq: 1 " m "\r\n" extra

/* clang-format off */
#define DROP { .what = SIP_ACT_DROP, .log = true }
#define CLOSE { .what = SIP_ACT_DROP_CONN }
#define RST { .what = SIP_ACT_RESET, .log = true }
#define LOG_ONLY { .what = SIP_ACT_LOG }
#define MASK { .what = SIP_ACT_MASK, .log = true }
/* clang-format on */

struct row {
        const char *what;
        struct sip_map map;
        const char *head, *body;
        enum outcome outcome;
        const char *log; /* part of a line; NULL: none at all */
};

#define D "Dropped SIP Request"

static const struct row rows[] = {
        { "IM", { .name = "" }, REQ("MESSAGE", ""), "hi", PASSES, NULL },
        { "no im",
          { .no_im = true },
          REQ("MESSAGE", ""),
          "hi",
          DROPPED,
          D " MESSAGE from outside:198.51.100.10/40000" },
        { "no im, INFO with text", { .no_im = true }, REQ("INFO", "Content-Type: text/plain\r\n"), "", DROPPED, D },
        { "no im, INFO", { .no_im = true }, REQ("INFO", "Content-Type: application/x\r\n"), "", PASSES, NULL },
        { "max-forwards 0 by default",
          { .name = "" },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO "Call-ID: 1\r\nMax-Forwards: 0\r\nCSeq: 1 OPTIONS\r\n",
          "",
          PASSES,
          NULL },
        { "max-forwards 0",
          { .max_forwards = DROP },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO "Call-ID: 1\r\nMax-Forwards: 0\r\nCSeq: 1 OPTIONS\r\n",
          "",
          DROPPED,
          "Max-Forwards is 0" },
        { "max-forwards 1",
          { .max_forwards = DROP },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO "Call-ID: 1\r\nMax-Forwards: 1\r\nCSeq: 1 OPTIONS\r\n",
          "",
          PASSES,
          NULL },
        { "max-forwards 256",
          { .max_forwards = RST },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO
          "Call-ID: 1\r\nMax-Forwards: 256\r\nCSeq: 1 OPTIONS\r\n",
          "",
          RESET,
          "Reset connection for SIP Request OPTIONS" },
        { "no max-forwards",
          { .max_forwards = CLOSE },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n",
          "",
          CLOSED,
          NULL },
        { "no max-forwards, logged",
          { .max_forwards = LOG_ONLY },
          "OPTIONS sip:b@example.com SIP/2.0\r\n" VIA FROM_TO "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n",
          "",
          PASSES,
          "SIP Parameter: Received SIP Request OPTIONS" },
        { "INVITE without Contact", { .name = "" }, REQ("INVITE", ""), "", PASSES, NULL },
        { "INVITE without Contact, strict",
          { .strict_header = DROP },
          REQ("INVITE", ""),
          "",
          DROPPED,
          "strict-header-validation: " },
        { "strict and valid",
          { .strict_header = DROP },
          REQ("INVITE", "Contact: <sip:a@example.com>\r\n"),
          "",
          PASSES,
          NULL },
        { "software version",
          { .software_version = MASK },
          REQ("OPTIONS", "User-Agent: Phone/1.0\r\n"),
          "",
          CHANGED,
          "Masked header flags for SIP Request OPTIONS" },
        { "software version logged",
          { .software_version = LOG_ONLY },
          REQ("OPTIONS", "Server: S/1.0\r\n"),
          "",
          PASSES,
          "Received SIP Request OPTIONS" },
        { "non-SIP URI",
          { .uri_non_sip = MASK },
          REQ("OPTIONS", "Call-Info: <http://x/y>\r\n"),
          "",
          CHANGED,
          "Masked" },
        { "SIP URI there", { .uri_non_sip = MASK }, REQ("OPTIONS", "Call-Info: <sip:x>\r\n"), "", PASSES, NULL },
        { "BYE of no call", { .name = "" }, REQ("BYE", ""), "", PASSES, NULL },
        { "BYE of no call, state",
          { .state_checking = DROP },
          REQ("BYE", ""),
          "",
          DROPPED,
          "state-checking: Message BYE is not permitted to create a Dialog." },
        { "CANCEL of nothing, state",
          { .state_checking = DROP },
          REQ("CANCEL", ""),
          "",
          DROPPED,
          "state-checking: Message CANCEL is not permitted to create a Dialog." },
        { "ACK of nothing, state", { .state_checking = DROP }, REQ("ACK", ""), "", DROPPED, "Message ACK" },
        { "UPDATE of nothing, state", { .state_checking = RST }, REQ("UPDATE", ""), "", RESET, "Reset" },
        { "INVITE, state", { .state_checking = DROP }, REQ("INVITE", ""), "", PASSES, NULL },
        { "INVITE in no dialog, state",
          { .state_checking = DROP },
          "INVITE sip:b@example.com SIP/2.0\r\n" VIA
          "From: <sip:a@e.com>;tag=a\r\nTo: <sip:b@e.com>;tag=z\r\nCSeq: 1 INVITE\r\n" REST,
          "",
          DROPPED,
          "unknown Dialog" },
        { "response to nothing, state",
          { .state_checking = DROP },
          "SIP/2.0 200 OK\r\n" VIA FROM_TO REST "CSeq: 1 OPTIONS\r\n",
          "",
          DROPPED,
          "Dropped SIP Response 200" },
};

static void check(const char *what, enum outcome wanted, const char *in, const char *got, const char *log)
{
        enum outcome o = f.closed          ? (f.c.orderly ? CLOSED : RESET)
                         : !got            ? DROPPED
                         : strcmp(got, in) ? CHANGED
                                           : PASSES;

        if (o != wanted)
                fail_msg("%s: outcome %d\n%s", what, o, got ? got : f.c.reason);
        if (log ? !strstr(logged(), log) : *logged())
                fail_msg("%s: log is \"%s\"", what, lines);
}

static void parameters(void **st)
{
        char in[8192];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];

                begin(&tcp, &r->map);
                snprintf(in, sizeof in, "%sContent-Length: %zu\r\n\r\n%s", r->head, strlen(r->body), r->body);
                check(r->what, r->outcome, in, sip_say(&f, DIR_C2S, in), r->log);
                if (!f.closed) /* the stream goes on */
                        assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", "Event: later\r\n"), "")));
                end();
        }
}

static void masked_text(void **st)
{
        static const struct sip_map map = { .software_version = { .what = SIP_ACT_MASK } };

        (void)st;
        begin(&tcp, &map);
        assert_string_equal(sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", "User-Agent: Phone/1.0\r\n"), "")),
                            sip_text(REQ("OPTIONS", "User-Agent: Masked\r\n"), ""));
        end();
}

/* ---- matches ---- */

static const struct regex *evil[1], *both[2]; /* set where they are used */

struct match_row {
        const char *what;
        struct sip_match match;
        const char *head, *body;
        bool hit;
};

static const struct match_row matches[] = {
        { "called", { .kind = SIP_MATCH_CALLED_PARTY, .nregex = 1, .regex = evil }, REQ("INFO", ""), "", false },
        { "called",
          { .kind = SIP_MATCH_CALLED_PARTY, .nregex = 1, .regex = evil },
          "INFO sip:b@e.com SIP/2.0\r\n" VIA
          "From: <sip:a@e.com>;tag=a\r\nTo: <sip:evil@e.com>\r\nCSeq: 1 INFO\r\n" REST,
          "",
          true },
        { "called, not",
          { .kind = SIP_MATCH_CALLED_PARTY, .negate = true, .nregex = 1, .regex = evil },
          REQ("INFO", ""),
          "",
          true },
        { "calling",
          { .kind = SIP_MATCH_CALLING_PARTY, .nregex = 1, .regex = evil },
          "INFO sip:b@e.com SIP/2.0\r\n" VIA
          "From: <sip:evil@e.com>;tag=a\r\nTo: <sip:b@e.com>\r\nCSeq: 1 INFO\r\n" REST,
          "",
          true },
        { "one of two", { .kind = SIP_MATCH_CALLED_PARTY, .nregex = 2, .regex = both }, REQ("INFO", ""), "", true },
        { "both of two",
          { .kind = SIP_MATCH_CALLED_PARTY, .nregex = 2, .regex_all = true, .regex = both },
          REQ("INFO", ""),
          "",
          false },
        { "length", { .kind = SIP_MATCH_CONTENT_LENGTH, .gt = 3 }, REQ("INFO", ""), "1234", true },
        { "length", { .kind = SIP_MATCH_CONTENT_LENGTH, .gt = 4 }, REQ("INFO", ""), "1234", false },
        { "sdp",
          { .kind = SIP_MATCH_CONTENT_SDP },
          REQ("INVITE", "Content-Type: application/sdp\r\n"),
          SERVER_AUDIO,
          true },
        { "sdp", { .kind = SIP_MATCH_CONTENT_SDP }, REQ("INFO", "Content-Type: text/x\r\n"), "x", false },
        { "type",
          { .kind = SIP_MATCH_CONTENT_TYPE, .nregex = 1, .regex = evil },
          REQ("INFO", "Content-Type: application/evil\r\n"),
          "x",
          true },
        { "subscriber",
          { .kind = SIP_MATCH_IM_SUBSCRIBER, .nregex = 1, .regex = evil },
          "MESSAGE sip:b@e.com SIP/2.0\r\n" VIA
          "From: <sip:evil@e.com>;tag=a\r\nTo: <sip:b@e.com>\r\nCSeq: 1 MESSAGE\r\n" REST,
          "",
          true },
        { "subscriber elsewhere",
          { .kind = SIP_MATCH_IM_SUBSCRIBER, .nregex = 1, .regex = evil },
          "INFO sip:b@e.com SIP/2.0\r\n" VIA
          "From: <sip:evil@e.com>;tag=a\r\nTo: <sip:b@e.com>\r\nCSeq: 1 INFO\r\n" REST,
          "",
          false },
        { "path",
          { .kind = SIP_MATCH_MESSAGE_PATH, .nregex = 1, .regex = evil },
          REQ("INFO", "Via: SIP/2.0/TCP evil.example.com;branch=z9hG4bK0\r\n"),
          "",
          true },
        { "method", { .kind = SIP_MATCH_METHOD, .method = SIP_M_INFO }, REQ("INFO", ""), "", true },
        { "method", { .kind = SIP_MATCH_METHOD, .method = SIP_M_INFO }, REQ("OPTIONS", ""), "", false },
        { "unknown method", { .kind = SIP_MATCH_METHOD, .method = SIP_M_UNKNOWN }, REQ("FOO", ""), "", true },
        { "third party",
          { .kind = SIP_MATCH_THIRD_PARTY, .nregex = 1, .regex = evil },
          "REGISTER sip:e.com SIP/2.0\r\n" VIA
          "From: <sip:evil@e.com>;tag=a\r\nTo: <sip:b@e.com>\r\nCSeq: 1 REGISTER\r\n" REST,
          "",
          true },
        { "itself",
          { .kind = SIP_MATCH_THIRD_PARTY, .nregex = 1, .regex = evil },
          "REGISTER sip:e.com SIP/2.0\r\n" VIA
          "From: <sip:evil@e.com>;tag=a\r\nTo: <sip:evil@e.com>\r\nCSeq: 1 REGISTER\r\n" REST,
          "",
          false },
        { "sip uri", { .kind = SIP_MATCH_URI_SIP_LENGTH, .gt = 16 }, REQ("INFO", ""), "", true },
        { "sip uri", { .kind = SIP_MATCH_URI_SIP_LENGTH, .gt = 17 }, REQ("INFO", ""), "", false },
        { "tel uri",
          { .kind = SIP_MATCH_URI_TEL_LENGTH, .gt = 5 },
          REQ("INFO", "Contact: <tel:+49891234>\r\n"),
          "",
          true },
        { "tel uri", { .kind = SIP_MATCH_URI_TEL_LENGTH, .gt = 5 }, REQ("INFO", ""), "", false },
};

static void matching(void **st)
{
        struct regex *re_evil = regex_new("evil", NULL), *re_b = regex_new("b@", NULL);

        (void)st;
        assert_true(re_evil && re_b);
        evil[0] = both[0] = re_evil;
        both[1] = re_b;
        for (unsigned i = 0; i < ARRAY_LEN(matches); i++) {
                const struct match_row *r = &matches[i];
                struct sip_rule rule = { .id = 7, .name = "bad", .nmatch = 1, .match = &r->match, .act = DROP };
                struct sip_map map = { .nrules = 1, .rule = &rule };
                char in[8192];

                begin(&tcp, &map);
                snprintf(in, sizeof in, "%sContent-Length: %zu\r\n\r\n%s", r->head, strlen(r->body), r->body);
                if ((sip_say(&f, DIR_C2S, in) == NULL) != r->hit || f.closed)
                        fail_msg("%s %u: %s", r->what, i, f.c.reason);
                if (r->hit)
                        assert_non_null(strstr(logged(), "SIP Classification: Dropped SIP Request"));
                if (r->hit)
                        assert_non_null(strstr(lines, "matched Class 7: bad"));
                end();
        }
        regex_free(re_evil);
        regex_free(re_b);
}

static void all_of_a_class(void **st)
{
        static const struct sip_match two[] = { { .kind = SIP_MATCH_METHOD, .method = SIP_M_INFO },
                                                { .kind = SIP_MATCH_CONTENT_LENGTH, .gt = 1 } };
        struct sip_rule rule = { .id = 1, .all = true, .nmatch = 2, .match = two, .act = DROP };
        struct sip_map map = { .nrules = 1, .rule = &rule };

        (void)st;
        begin(&tcp, &map);
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("INFO", ""), "")));
        assert_null(sip_say(&f, DIR_C2S, sip_text(REQ("INFO", ""), SERVER_AUDIO)));
        rule.all = false;
        assert_null(sip_say(&f, DIR_C2S, sip_text(REQ("INFO", ""), "")));
        end();
}

static void rate_limits(void **st)
{
        static const struct sip_match any = { .kind = SIP_MATCH_METHOD, .method = SIP_M_OPTIONS };
        struct sip_rule rule = { .id = 3, .nmatch = 1, .match = &any, .act = { .what = SIP_ACT_RATE, .rate = 5 } };
        struct sip_map map = { .nrules = 1, .rule = &rule };

        (void)st;
        begin(&tcp, &map);
        for (unsigned sec = 0; sec < 3; sec++) {
                unsigned passed = 0;

                for (unsigned i = 0; i < 20; i++)
                        passed += sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", ""), "")) != NULL;
                assert_int_equal(passed, 5);
                assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("INFO", ""), "")));
                f.c.now_ms += 1000;
        }
        assert_int_equal(feed_count(&f, "over rate limit"), 45);
        end();
}

/* ---- limits of the message itself ---- */

static void a_long_request_uri(void **st)
{
        char uri[300], head[1024];

        (void)st;
        for (unsigned n = SIP_URI_MAX; n <= SIP_URI_MAX + 1; n++) {
                memset(uri, 'x', sizeof uri);
                memcpy(uri, "sip:", 4);
                uri[n] = 0;
                begin(&tcp, NULL);
                snprintf(head, sizeof head, "OPTIONS %s SIP/2.0\r\n" VIA FROM_TO REST "CSeq: 1 OPTIONS\r\n", uri);
                assert_true((sip_say(&f, DIR_C2S, sip_text(head, "")) != NULL) == (n == SIP_URI_MAX));
                assert_false(f.closed);
                assert_int_equal(w.dropped, n > SIP_URI_MAX);
                end();
        }
}

static const char *const malformed[] = {
        "INVITE sip:b@e.com SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO REST "CSeq: 1 INVITE\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO REST "CSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO REST "CSeq: 2147483648 INVITE\r\nContent-Length: 0\r\n\r\n",
        "INVITE sip:b@e.com SIP/3.0\r\n" VIA FROM_TO REST "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO FROM_TO REST "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO REST
        "CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nabcde",
        "INVITE sip:b@e.com SIP/2.0\r\n" VIA FROM_TO REST
        "CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 30\r\n\r\nv=0\r\nm=audio 99999 RTP/AVP "
        "0\r\n\r",
};

/* The connection ends, one line a second says so. */
static void malformed_messages(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(malformed); i++) {
                begin(&tcp, NULL);
                assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", ""), "")));
                if (sip_say(&f, DIR_C2S, malformed[i]) || !f.closed || !strstr(logged(), "607002"))
                        fail_msg("%s", malformed[i]);
                assert_non_null(
                        strstr(lines, i + 2 < ARRAY_LEN(malformed) ? "SIP Request unknown" : "SIP Request INVITE"));
                assert_int_equal(sip_calls(w.shared), 0);
                end();
        }
        begin(&udp, NULL);
        for (unsigned i = 0; i < 100; i++)
                assert_null(sip_say(&f, DIR_C2S, malformed[4]));
        logged();
        assert_non_null(strstr(lines, "607002"));
        assert_null(strstr(strstr(lines, "607002") + 1, "607002"));
        assert_int_equal(feed_count(&f, "malformed"), 100);
        f.c.now_ms += 1000;
        sip_say(&f, DIR_C2S, malformed[4]);
        assert_non_null(strstr(strstr(logged(), "607002") + 1, "607002"));
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", ""), ""))); /* the flow lives on */
        end();
}

/* ---- media that goes no further ---- */

#define SAVP "m=audio 4000 RTP/SAVP 0\r\n"
#define LINE(suite, key) "a=crypto:1 " suite " inline:" key "\r\n"

struct untaken {
        const char *sdp, *said; /* the offer of the phone; NULL: nothing is wrong */
};
static const struct untaken offers[] = {
        { SDP_HEAD("198.51.100.10") SAVP LINE("AES_CM_128_HMAC_SHA1_80", KEY_A), NULL },
        { SDP_HEAD("198.51.100.10") SAVP LINE("ROT13", KEY_A) LINE("AES_CM_128_HMAC_SHA1_80", KEY_A), NULL },
        { SDP_HEAD("198.51.100.10") "m=audio 0 RTP/SAVP 0\r\n", NULL }, /* its own wish */
        { SDP_HEAD("198.51.100.10") SAVP, "m= line 1 refused: no key" },
        { SDP_HEAD("198.51.100.10") SAVP LINE("F8_128_HMAC_SHA1_80", KEY_A), "m= line 1 refused: unknown suite" },
        { SDP_HEAD("198.51.100.10") SAVP LINE("AES_CM_128_HMAC_SHA1_80", KEY_A " UNENCRYPTED_SRTP"),
          "m= line 1 refused: session parameter that weakens SRTP" },
        { SDP_HEAD("198.51.100.10") SAVP LINE("AES_CM_128_HMAC_SHA1_80", "QUJD"), "m= line 1 refused: " },
        { SDP_HEAD("198.51.100.10") "m=audio 4000 RTP/AVP 0\r\n", "m= line 1 refused: media without encryption" },
        { SDP_HEAD("198.51.100.10") "m=audio 0 RTP/SAVP 0\r\nm=audio 4 UDP/TLS/RTP/SAVP 0\r\n",
          "m= line 2 refused: keys by DTLS" },
        { "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n" SAVP LINE(
                  "AES_CM_128_HMAC_SHA1_80", KEY_A),
          "m= line 1 refused: IPv6 address in c=" },
};

static void offers_that_cannot_be_relayed(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(offers); i++) {
                const struct untaken *r = &offers[i];
                struct talk t = { .f = &f, .caller = DIR_C2S, .id = "call", .from = "a" };
                const char *text;

                begin(&phone, NULL);
                text = talk_request(&t, DIR_C2S, "INVITE", 1, r->sdp);
                assert_non_null(text);
                assert_non_null(strstr(text, r->said || i == 2 ? "m=audio 0 " : "m=audio 20000 RTP/AVP 0\r\n"));
                if (r->said ? !strstr(logged(), r->said) || !strstr(lines, "Refused media of SIP Request INVITE")
                            : *logged() != 0)
                        fail_msg("%s: %s", r->sdp, lines);
                assert_int_equal(feed_count(&f, "media that cannot be relayed"), r->said != NULL);
                end();
        }
}

/* Counted each time, told once a second. */
static void refused_media_is_told(void **st)
{
        struct talk t = { .f = &f, .caller = DIR_C2S, .id = "call", .from = "a" };

        (void)st;
        begin(&phone, NULL);
        for (unsigned i = 0; i < 10; i++)
                talk_request(&t, DIR_C2S, "INVITE", 1 + i, offers[3].sdp);
        assert_non_null(strstr(logged(), "607002"));
        assert_null(strstr(strstr(lines, "607002") + 1, "607002"));
        assert_int_equal(feed_count(&f, "media that cannot be relayed"), 10);
        f.c.now_ms += 1000;
        talk_request(&t, DIR_C2S, "INVITE", 11, offers[3].sdp);
        assert_non_null(strstr(strstr(logged(), "607002") + 1, "607002"));
        assert_non_null(strstr(lines, "; 9 more were not told before"));
        f.c.now_ms += 1000;
        talk_request(&t, DIR_C2S, "INVITE", 12, offers[3].sdp);
        assert_null(strstr(strstr(logged(), "9 more") + 2, " more"));
        end();
}

/* An answer nobody can send media at: the phone is told so, and no relay stays that would be mute. */
static void answers_that_cannot_be_relayed(void **st)
{
        static const struct untaken answers[] = {
                { SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\n", NULL },
                { "v=0\r\no=- 1 1 IN IP4 10.1.1.7\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 5000 RTP/AVP "
                  "0\r\n",
                  "m= line 1 refused: IPv6 address in c=" },
                { "v=0\r\no=- 1 1 IN IP4 10.1.1.7\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP "
                  "0\r\n",
                  "m= line 1 refused: an address in c= that is no host's" },
                { SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/SAVP 0\r\n", "m= line 1 refused: keys in clear text" },
                { SDP_HEAD("10.1.1.7") "m=audio 5000 UDPTL 0\r\n",
                  "m= line 1 refused: the answer does not fit the offer" },
        };

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
                const struct untaken *r = &answers[i];
                struct talk t = { .f = &f, .caller = DIR_C2S, .id = "call", .from = "a" };
                const char *text;

                begin(&phone, NULL);
                talk_request(&t, DIR_C2S, "INVITE", 1, offers[0].sdp);
                t.to = "b";
                text = talk_response(&t, DIR_S2C, 200, "INVITE", 1, r->sdp);
                assert_non_null(text);
                if (!strstr(text, r->said ? "m=audio 0 " : "m=audio 16384 RTP/SAVP 0\r\n"))
                        fail_msg("%s", text);
                assert_int_equal(w.live, !r->said);
                if (r->said ? !strstr(logged(), r->said) || !strstr(lines, "Refused media of SIP Response 200")
                            : *logged() != 0)
                        fail_msg("%s: %s", r->sdp, lines);
                end();
        }
}

/* ---- what is no SIP ---- */

static void foreign_streams(void **st)
{
        static const struct sip_map no = { .no_traffic_non_sip = true };
        static const char text[] = "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n";

        (void)st;
        begin(&tcp, NULL);
        assert_string_equal(sip_say(&f, DIR_C2S, text), text);
        assert_string_equal(sip_say(&f, DIR_C2S, "more"), "more");
        assert_string_equal(sip_say(&f, DIR_S2C, "back"), "back");
        end();
        begin(&tcp, &no);
        assert_null(sip_say(&f, DIR_C2S, text));
        assert_true(f.closed);
        end();
        begin(&phone, NULL);
        assert_null(sip_say(&f, DIR_C2S, text));
        assert_true(f.closed);
        end();
        begin(&tcp, NULL); /* not after SIP was spoken */
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(REQ("OPTIONS", ""), "")));
        assert_null(sip_say(&f, DIR_C2S, text));
        assert_true(f.closed);
        end();
}

static void datagrams_that_keep_alive(void **st)
{
        static const struct {
                const char *p;
                size_t n;
        } alive[] = { { "", 0 },
                      { "\r\n\r\n", 4 },
                      { "\0\0\0\0", 4 },
                      { "\0\1\0\0\x21\x12\xa4\x42"
                        "123456789012",
                        20 } };
        static const struct sip_map no = { .no_traffic_non_sip = true };

        (void)st;
        begin(&udp, &no);
        for (unsigned i = 0; i < ARRAY_LEN(alive); i++)
                assert_int_equal(feed(&f, DIR_C2S, alive[i].p, alive[i].n), ENGINE_ACCEPT);
        assert_int_equal(feed_count(&f, "keepalives"), ARRAY_LEN(alive));
        assert_int_equal(feed_count(&f, "malformed"), 0);
        assert_int_equal(feed(&f, DIR_C2S, "\0\0\0\1", 4), ENGINE_CLOSE);
        end();
        begin(&udp, NULL);
        assert_int_equal(feed(&f, DIR_C2S, "\0\0\0\1", 4), ENGINE_ACCEPT);
        assert_int_equal(feed_count(&f, "non-sip"), 1);
        end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(parameters),
                cmocka_unit_test(masked_text),
                cmocka_unit_test(matching),
                cmocka_unit_test(all_of_a_class),
                cmocka_unit_test(rate_limits),
                cmocka_unit_test(a_long_request_uri),
                cmocka_unit_test(malformed_messages),
                cmocka_unit_test(offers_that_cannot_be_relayed),
                cmocka_unit_test(refused_media_is_told),
                cmocka_unit_test(answers_that_cannot_be_relayed),
                cmocka_unit_test(foreign_streams),
                cmocka_unit_test(datagrams_that_keep_alive),
        };
        struct log_conf conf;
        int rc;

        lg = log_new(&clock_system, 1024);
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_TRAP].level = LOG_L_DEBUG;
        log_configure(lg, &conf, NULL);
        log_set_sink(lg, LOG_TO_TRAP, on_line, NULL);
        src = log_src_new(lg, "test");
        rc = cmocka_run_group_tests(tests, NULL, NULL);
        log_free(lg);
        return rc;
}
