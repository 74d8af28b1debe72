/* What no parser takes apart carries no keys and no addresses past us; every message that would is refused whole. */
#include "tests/support/sip_talk.h"

#include "inspect/sip/sip_int.h"

#define SDP "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/SAVP 0\r\n"
#define BODY SDP AUDIO CRYPTO("1", KEY_A)
#define PART(type, body) "--ab\r\n" type "\r\n" body "\r\n--ab--\r\n"
#define MIXED "Content-Type: multipart/mixed;boundary=ab\r\n"
#define APPLICATION_SDP "Content-Type: application/sdp\r\n"

enum legs { PHONE_CLEAR, PHONE_MIXED, PROXY_CLEAR, PROXY_TLS, PLAIN };

static const struct {
        enum inspect_transport via[2];
        const struct phone_params *phone;
} legs[] = {
        [PHONE_CLEAR] = { { VIA_TLS, VIA_TCP }, &world_phone },
        [PHONE_MIXED] = { { VIA_TLS, VIA_TLS }, &world_mixed },
        [PROXY_CLEAR] = { { VIA_TLS, VIA_TCP }, NULL },
        [PROXY_TLS] = { { VIA_TLS, VIA_TLS }, NULL },
        [PLAIN] = { { VIA_TCP, VIA_TCP }, NULL },
};

static struct world w;
static struct feed f;

/* What went on; *refused: the session was ended for it. */
static const char *say(enum legs l, enum inspect_dir dir, const char *extra, const char *body, bool *refused)
{
        struct leg_setup s = {
                .w = &w, .via = { legs[l].via[0], legs[l].via[1] }, .phone = legs[l].phone, .anchor = legs[l].phone
        };
        static char text[8192];
        const char *out;

        world_begin(&w);
        world_session(&f, &s, NULL);
        snprintf(text, sizeof text,
                 "MESSAGE sip:z@example.com SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK1\r\n"
                 "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>\r\nCall-ID: l\r\nCSeq: 1 MESSAGE\r\n"
                 "Max-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
                 legs[l].via[dir] == VIA_TLS ? "TLS" : "TCP", dir == DIR_C2S ? "198.51.100.10:5061" : "10.1.1.5:5060",
                 extra, strlen(body), body);
        out = sip_say(&f, dir, text);
        *refused = f.closed;
        assert_true(!out == f.closed);
        return out;
}

static void end(void)
{
        feed_close(&f);
        world_end(&w);
}

/* ---- bodies ---- */

struct row {
        const char *what, *extra, *body;
        bool phone, clear; /* refused behind a phone proxy; from TLS to a leg in clear text */
};

static const struct row rows[] = {
        { "no body", "", "", false, false },
        { "text", "Content-Type: text/plain\r\n", "hello, I am=crypto", false, false },
        { "SDP", APPLICATION_SDP, BODY, false, false },
        { "SDP without a type", "", BODY, false, false },
        { "SDP in a part", MIXED, PART(APPLICATION_SDP, BODY), false, false },
        { "quoted type", "Content-Type: \"application/sdp\"\r\n", BODY, true, true },
        { "empty type", "Content-Type:\r\n", BODY, true, true },
        { "text/sdp", "Content-Type: text/sdp\r\n", BODY, true, true },
        { "text/sdp without keys", "Content-Type: text/sdp\r\n", SDP AUDIO, true, true },
        { "text", "Content-Type: text/plain\r\n", BODY, true, true },
        { "text without keys", "Content-Type: text/plain\r\n", SDP AUDIO, true, false },
        { "a blank line in front", "", "\r\n" BODY, true, true },
        { "a message in a message", "Content-Type: message/sip\r\n", "INVITE a SIP/2.0\r\n\r\n" BODY, true, true },
        { "a line end of CR alone", "Content-Type: x/y\r\n", "a\rm=audio 4000 RTP/AVP 0\r", true, false },
        { "blanks in front of a line", "Content-Type: x/y\r\n", "a\r\n \tC=in IP4 198.51.100.10", true, false },
        { "k=", "Content-Type: x/y\r\n", "a\nk=clear:geheim\n", true, true },
        { "a key on its own", "Content-Type: x/y\r\n", "here: INLINE:" KEY_A, true, true },
        { "MIKEY", "Content-Type: x/y\r\n", "A=Key-Mgmt:mikey AQAF", true, true },
        { "quoted pair in the boundary", "Content-Type: multipart/mixed;boundary=\"a\\b\"\r\n",
          PART(APPLICATION_SDP, BODY), true, true },
        { "blank in the boundary", "Content-Type: multipart/mixed;boundary=\"ab \"\r\n", PART(APPLICATION_SDP, BODY),
          true, true },
        { "boundary that never comes", "Content-Type: multipart/mixed;boundary=zz\r\n", BODY, true, true },
        { "a part without a type", MIXED, PART("", BODY), true, true },
        { "a part with a quoted type", MIXED, PART("Content-Type: \"application/sdp\"\r\n", BODY), true, true },
        { "a part of another type", MIXED, PART("Content-Type: text/plain\r\n", BODY), true, true },
        { "an encoded part", MIXED,
          PART(APPLICATION_SDP "Content-Transfer-Encoding: base64\r\n", "dj0wDQpvPS0gMSAxIElOIElQNCAxOTI="), true,
          true },
        { "in front of the first part", MIXED, BODY PART(APPLICATION_SDP, SDP), true, true },
        { "behind the last part", MIXED, PART(APPLICATION_SDP, SDP) BODY, true, true },
        { "beside SDP", MIXED, "--ab\r\nContent-Type: a/b\r\n\r\n" BODY PART(APPLICATION_SDP, SDP), true, true },
        { "in a header", "X-Key: a=crypto:1 AES inline:" KEY_A "\r\n", "", true, true },
};

static bool wants_refusal(const struct row *r, enum legs l)
{
        if (l == PHONE_CLEAR)
                return r->phone || r->clear;
        if (l == PHONE_MIXED)
                return r->phone && r->body[0]; /* headers may say what they like where both legs are TLS */
        return l == PROXY_CLEAR && r->clear;
}

static void bodies(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                for (enum legs l = PHONE_CLEAR; l <= PROXY_CLEAR; l++) {
                        const struct row *r = &rows[i];
                        bool refused;
                        const char *out = say(l, DIR_C2S, r->extra, r->body, &refused);

                        if (refused != wants_refusal(r, l))
                                fail_msg("%s, legs %u: %s", r->what, (unsigned)l, f.c.reason);
                        if (out && legs[l].via[1] != VIA_TLS)
                                assert_null(strstr(out, KEY_A));
                        if (out && legs[l].phone)
                                assert_null(strstr(out, "198.51.100.10"));
                        end();
                }
        }
}

/* The call manager cannot tell the phone where media is either. */
static void towards_the_phone(void **st)
{
        bool refused;

        (void)st;
        say(PHONE_CLEAR, DIR_S2C, "Content-Type: text/sdp\r\n", SERVER_AUDIO, &refused);
        assert_true(refused);
        end();
        say(PHONE_CLEAR, DIR_S2C, "Content-Type: message/sipfrag\r\n", "SIP/2.0 200 OK\r\n", &refused);
        assert_false(refused);
        end();
        say(PHONE_CLEAR, DIR_S2C, "Content-Type: message/sipfrag\r\n", "SIP/2.0 200 OK\r\n\r\n" SERVER_AUDIO,
            &refused);
        assert_true(refused);
        end();
}

/* Where nothing is relayed and nothing is deciphered bodies of other types are nobody's business. */
static void plain_inspection_lets_it_go(void **st)
{
        static const enum legs l[] = { PLAIN, PROXY_TLS };
        bool refused;

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(l); i++) {
                assert_non_null(strstr(say(l[i], DIR_C2S, "Content-Type: text/sdp\r\n", BODY, &refused), BODY));
                end();
        }
}

/* o= is ours whatever was in it. */
static void origin_is_ours(void **st)
{
        static const struct {
                const char *in, *out;
        } row[] = {
                { "o=- 1 7 IN IP4 198.51.100.10", "o=- 1 7 IN IP4 10.1.1.9\r\n" },
                { "o=- 1 7 IN IP4 phone.example.com", "o=- 1 7 IN IP4 10.1.1.9\r\n" },
                { "o=a b c 1 7 IN IP6 2001:db8::1", "o=a b c 1 7 IN IP4 10.1.1.9\r\n" },
                { "o=- 1 7 X  Y z ", "o=- 1 7 IN IP4 10.1.1.9 \r\n" },
        };

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                struct leg_setup s = { .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true };
                struct talk t = { .f = &f, .caller = DIR_C2S, .id = "o", .from = "a" };
                char body[1024];

                world_begin(&w);
                world_session(&f, &s, NULL);
                snprintf(body, sizeof body, "v=0\r\n%s\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nt=0 0\r\n" AUDIO "%s",
                         row[i].in, CRYPTO("1", KEY_A));
                assert_non_null(strstr(talk_request(&t, DIR_C2S, "INVITE", 1, body), row[i].out));
                end();
        }
}

/* ---- keys of a TLS proxy ---- */

static void no_key_reaches_the_clear_leg(void **st)
{
        static const char left[] =
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n";
        static const char *const body[] = {
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\n" CRYPTO("1", KEY_A) AUDIO,
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nk=base64:" KEY_A "\r\nt=0 0\r\n" AUDIO,
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\na=key-mgmt:mikey " KEY_A "\r\n" AUDIO,
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\n" AUDIO CRYPTO("1", KEY_A),
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\n" AUDIO "a= Crypto :1 x inline:" KEY_A "\r\n",
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\n" AUDIO "k=clear:" KEY_A "\r\n",
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\n" AUDIO "a=key-mgmt:mikey " KEY_A "\r\n",
        };
        bool refused;
        const char *out;

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(body); i++) {
                out = say(PROXY_CLEAR, DIR_C2S, APPLICATION_SDP, body[i], &refused);
                assert_non_null(out);
                out = strstr(out, "\r\n\r\n") + 4;
                assert_memory_equal(out, left, 15); /* o= is translated */
                assert_string_equal(strstr(out, "s=-"), strstr(left, "s=-"));
                end();
                out = say(PROXY_TLS, DIR_C2S, APPLICATION_SDP, body[i], &refused);
                assert_non_null(strstr(out, KEY_A));
                end();
        }
        /* what no removal knows of */
        say(PROXY_CLEAR, DIR_C2S, APPLICATION_SDP, SDP AUDIO "a=x-key:inline:" KEY_A "\r\n", &refused);
        assert_true(refused);
        end();
}

/* ---- address headers that do not parse ---- */

struct header {
        const char *text;
        bool phone, plain; /* refused */
};

static const struct header header[] = {
        { "Contact: <sip:x@198.51.100.10>;expires=1\r\n", false, false },
        { "Contact:\r\n", false, false },
        { "Contact: <sip:x@198.51.100.10>;expires=1;expires=1\r\n", true, true },
        { "Contact: <sip:a@b@198.51.100.10:5060>\r\n", true, true },
        { "Contact: <sip:a@b@198.51.100.11:5060>\r\n", true, false },
        { "Record-Route: <sip:198.51.100.10;transport=tcp;transport=tcp>\r\n", true, true },
        { "P-Asserted-Identity: <sip:a@b@h.198.51.100.10.>\r\n", true, true },
        { "Remote-Party-ID: nobody\r\n", true, false },
        { "Alert-Info: ringing\r\n", false, false },
        { "Alert-Info: http//198.51.100.10/tone\r\n", true, true },
        { "Call-Info: <http://h.x/>\r\n", false, false },
        { "Via: SIP/2.0/TCP 198.51.100.10:99999;branch=x\r\n", true, true },
        { "Via: SIP/2.0/TCP 198.51.100.11:99999;branch=x\r\n", true, false },
};

static void headers_that_do_not_parse(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(header); i++) {
                bool phone, plain;

                say(PHONE_CLEAR, DIR_C2S, header[i].text, "", &phone);
                end();
                say(PLAIN, DIR_C2S, header[i].text, "", &plain);
                if (phone != header[i].phone || plain != header[i].plain)
                        fail_msg("%s: %d %d", header[i].text, phone, plain);
                end();
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bodies),
                cmocka_unit_test(towards_the_phone),
                cmocka_unit_test(plain_inspection_lets_it_go),
                cmocka_unit_test(origin_is_ours),
                cmocka_unit_test(no_key_reaches_the_clear_leg),
                cmocka_unit_test(headers_that_do_not_parse),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
