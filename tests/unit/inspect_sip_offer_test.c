/* Offers and answers where media is relayed here: what goes on, what is in force, what is freed. */
#include "tests/support/sip_talk.h"

#include "inspect/sip/sip_int.h"

static struct world w;
static struct feed f;
static struct talk out, in; /* the phone calls; the server calls */

static int setup(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true };

        (void)st;
        world_begin(&w);
        world_session(&f, &l, NULL);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s" };
        return 0;
}

static int teardown(void **st)
{
        (void)st;
        feed_close(&f);
        world_end(&w);
        return 0;
}

static int setup_mixed(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_TLS, VIA_TLS }, .phone = &world_mixed, .anchor = true };

        setup(st);
        feed_close(&f);
        world_session(&f, &l, NULL);
        return 0;
}

static void has(const char *text, const char *part)
{
        assert_non_null(text);
        if (!strstr(text, part))
                fail_msg("no \"%s\" in:\n%s", part, text);
}

static void hasnt(const char *text, const char *part)
{
        assert_non_null(text);
        if (strstr(text, part))
                fail_msg("\"%s\" in:\n%s", part, text);
}

/* A call of the phone up to ACK. */
static void established(void)
{
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        has(talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO), "RTP/SAVP");
        talk_request(&out, DIR_C2S, "ACK", 1, NULL);
        assert_int_equal(w.live, 1);
}

static void hang_up(struct talk *t, enum inspect_dir dir, unsigned cseq)
{
        talk_request(t, dir, "BYE", cseq, NULL);
        talk_response(t, dir == DIR_C2S ? DIR_S2C : DIR_C2S, 200, "BYE", cseq, NULL);
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 0);
}

/* ---- what an offer of the phone becomes ---- */

struct offer_row {
        const char *what, *sdp, *wanted; /* "m=audio ..." line on the far side */
        unsigned relays;
};
#define M(lines) SDP_HEAD("198.51.100.10") lines

static const struct offer_row phone_offers[] = {
        { "SAVP with a key", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A)), "m=audio 20000 RTP/AVP 0\r\n", 1 },
        { "SAVPF", M("m=audio 4000 RTP/SAVPF 0\r\n" CRYPTO("1", KEY_A)), "m=audio 20000 RTP/AVPF 0\r\n", 1 },
        { "AVP with a key", M("m=audio 4000 RTP/AVP 0\r\n" CRYPTO("1", KEY_A)), "m=audio 20000 RTP/AVP 0\r\n", 1 },
        { "AVP without one", M("m=audio 4000 RTP/AVP 0\r\n"), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "SAVP without one", M("m=audio 4000 RTP/SAVP 0\r\n"), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "only an unknown suite", M("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 ROT13 inline:" KEY_A "\r\n"),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "only a short key", M("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD\r\n"),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "unencrypted SRTP",
          M("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_A " UNENCRYPTED_SRTP\r\n"),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "port 0", M("m=audio 0 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A)), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "DTLS", M("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-1 00\r\n"),
          "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n", 0 },
        { "fax", M("m=image 4000 udptl t38\r\n"), "m=image 20000 udptl t38\r\n", 1 },
        { "over TCP", M("m=application 4000 TCP/BFCP *\r\n"), "m=application 0 TCP/BFCP *\r\n", 0 },
        { "port count", M("m=audio 4000/2 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A)), "m=audio 20000 RTP/AVP 0\r\n", 1 },
        { "loopback",
          "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "multicast",
          "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 239.1.1.1/5\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "a name for an address",
          "v=0\r\no=- 1 1 IN IP4 h.example.com\r\ns=-\r\nc=IN IP4 h.example.com\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
};

static void offers_of_the_phone(void **st)
{
        char id[16];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(phone_offers); i++) {
                const struct offer_row *r = &phone_offers[i];
                const char *text;

                w.nmedia = w.opened = 0;
                snprintf(id, sizeof id, "call%u", i);
                out.id = id;
                text = talk_request(&out, DIR_C2S, "INVITE", 1, r->sdp);
                if (!text || !strstr(text, r->wanted) || strstr(text, "crypto") || w.opened != r->relays)
                        fail_msg("%s: %u relays, %s", r->what, w.opened, text);
                hasnt(body_of(text), "198.51.100.10");
                hasnt(text, "fingerprint");
                talk_response(&out, DIR_S2C, 488, "INVITE", 1, NULL);
                assert_int_equal(w.live, 0);
        }
}

/* TLS that authenticates and does not encrypt: keys would be no secret, so media go without. */
static void a_phone_that_does_not_encrypt(void **st)
{
        const char *text;

        (void)st;
        f.c.readable[0] = true;
        text = talk_request(&out, DIR_C2S, "INVITE", 1, M("m=audio 4000 RTP/AVP 0\r\n"));
        has(text, "m=audio 20000 RTP/AVP 0\r\n");
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        has(text, "RTP/AVP 0\r\n");
        hasnt(text, "crypto");
        assert_int_equal(w.media[0].spec.side[0].transport, MEDIA_RTP);
        talk_request(&out, DIR_C2S, "ACK", 1, NULL);
        hang_up(&out, DIR_C2S, 2);

        out.id = "keyed"; /* keys that anybody has read are not taken */
        out.to = NULL;
        text = talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        has(text, "m=audio 0 RTP/AVP 0\r\n");
        talk_response(&out, DIR_S2C, 488, "INVITE", 1, NULL);

        in.to = NULL; /* a call to it */
        text = talk_request(&in, DIR_S2C, "INVITE", 1, SERVER_AUDIO);
        hasnt(text, "crypto");
        has(text, "RTP/AVP 0\r\n");
        talk_response(&in, DIR_C2S, 486, "INVITE", 1, NULL);
}

/* The first usable line counts; tag and missing padding come back. */
static void key_lines(void **st)
{
        static const char offer[] = M("m=audio 4000 RTP/SAVP 0\r\n"
                                      "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY_A "\r\n"
                                      "a=crypto:7 AEAD_AES_128_GCM inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYg\r\n"
                                      "a=crypto:9 AES_CM_128_HMAC_SHA1_32 inline:" KEY_A "|2^31|1:4\r\n");
        const char *text;

        (void)st;
        has(talk_request(&out, DIR_C2S, "INVITE", 1, offer), "m=audio 20000 RTP/AVP 0\r\n");
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        has(text, "a=crypto:7 AEAD_AES_128_GCM inline:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAg\r\n");
        hasnt(text, "a=crypto:9");
        assert_int_equal(w.media[0].spec.side[0].rx.suite, SRTP_AEAD_AES_128_GCM);
        hang_up(&out, DIR_C2S, 2);
}

/* ---- answers of the phone ---- */

struct answer_row {
        const char *what, *sdp, *wanted;
        uint8_t suite; /* NONE: refused */
};
static const struct answer_row phone_answers[] = {
        { "line 5", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("5", KEY_A)), "m=audio 20000 RTP/AVP 0\r\n",
          SRTP_AES_CM_128_80 },
        { "line 6", M("m=audio 4000 RTP/SAVP 0\r\na=crypto:6 AES_CM_128_HMAC_SHA1_32 inline:" KEY_A "\r\n"),
          "m=audio 20000 RTP/AVP 0\r\n", SRTP_AES_CM_128_32 },
        { "a tag that is another suite's", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("6", KEY_A)),
          "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "a tag never offered", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("77", KEY_A)), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "no key", M("m=audio 4000 RTP/SAVP 0\r\n"), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "clear", M("m=audio 4000 RTP/AVP 0\r\n"), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "refused", M("m=audio 0 RTP/SAVP 0\r\n"), "m=audio 0 RTP/AVP 0\r\n", 0 },
        { "another transport", M("m=audio 4000 udptl t38\r\n"), "m=audio 0 udptl t38\r\n", 0 },
};

static void answers_of_the_phone(void **st)
{
        char id[16];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(phone_answers); i++) {
                const struct answer_row *r = &phone_answers[i];
                const char *text;

                w.nmedia = 0;
                snprintf(id, sizeof id, "call%u", i);
                in.id = id;
                in.to = NULL;
                text = talk_request(&in, DIR_S2C, "INVITE", 1, SERVER_AUDIO);
                has(text, "m=audio 16384 RTP/SAVP 0\r\n");
                has(text, "a=crypto:1 AEAD_AES_256_GCM ");
                has(text, "a=crypto:6 AES_CM_128_HMAC_SHA1_32 ");
                hasnt(body_of(text), "10.1.1.7");
                in.to = "p";
                text = talk_response(&in, DIR_C2S, 200, "INVITE", 1, r->sdp);
                if (!text || !strstr(text, r->wanted) || strstr(text, "crypto") || w.live != (r->suite != 0))
                        fail_msg("%s: %u relays, %s", r->what, w.live, text);
                if (r->suite) {
                        assert_int_equal(w.media[0].spec.side[0].rx.suite, r->suite);
                        assert_int_equal(w.media[0].spec.side[0].tx.suite, r->suite);
                        assert_int_equal(w.media[0].spec.side[1].transport, MEDIA_RTP);
                }
                hang_up(&in, DIR_S2C, 2);
        }
}

/* Fax and the like are answered as what they are: else the phone would speak in clear text. */
static void rtp_answers_no_other_transport(void **st)
{
        static const char *const offer[] = { M("m=audio 4000 udptl t38\r\n"), M("m=audio 4000 UDP/BFCP *\r\n") };
        static const char *const clear[] = { "RTP/AVP", "RTP/AVPF", "RTP/SAVP" };
        char id[16], sdp[256];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(offer) * ARRAY_LEN(clear); i++) {
                snprintf(id, sizeof id, "fax%u", i);
                out.id = id;
                out.to = NULL;
                has(talk_request(&out, DIR_C2S, "INVITE", 1, offer[i % 2]), "m=audio 2");
                assert_int_equal(w.live, 1);
                out.to = "b";
                snprintf(sdp, sizeof sdp, SDP_HEAD("10.1.1.7") "m=audio 5000 %s 0\r\n", clear[i / 2]);
                has(talk_response(&out, DIR_S2C, 200, "INVITE", 1, sdp), "m=audio 0 ");
                assert_int_equal(w.live, 0);
                hang_up(&out, DIR_C2S, 2);
        }
}

/* Keys in clear text from the cluster: nothing that could be answered safely. */
static void cluster_keys_on_a_clear_leg(void **st)
{
        const char *text = talk_request(&in, DIR_S2C, "INVITE", 1,
                                        SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_B));

        (void)st;
        has(text, "m=audio 0 RTP/SAVP 0\r\n");
        hasnt(text, KEY_B);
        assert_int_equal(w.opened, 0);
        in.id = "osrtp";
        text = talk_request(&in, DIR_S2C, "INVITE", 1,
                            SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\n" CRYPTO("1", KEY_B));
        has(text, "m=audio 16384 RTP/SAVP 0\r\n");
        hasnt(text, KEY_B);
        assert_int_equal(w.media[0].spec.side[1].transport, MEDIA_RTP);
}

/* What was shown as refused cannot be taken up, whatever the answer says. */
static void a_refused_line_is_answered(void **st)
{
        const char *text;

        (void)st;
        established();
        has(talk_request(&out, DIR_C2S, "INVITE", 2, M("m=audio 4000 RTP/AVP 0\r\n")), "m=audio 0 RTP/AVP 0\r\n");
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 2, SERVER_AUDIO);
        has(text, "m=audio 0 RTP/AVP 0\r\n");
        hasnt(text, "crypto");
        assert_int_equal(w.live, 0);
        hang_up(&out, DIR_C2S, 3);
}

/* ---- several m-lines ---- */

#define THREE                                                                                                        \
        SDP_HEAD("198.51.100.10")                                                                                    \
        "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "m=video 4002 RTP/SAVP 96\r\nc=IN IP4 198.51.100.11\r\n"    \
                                                         "a=rtpmap:96 H264/90000\r\n" CRYPTO(                        \
                                                                 "1", KEY_B) "m=video 0 RTP/SAVP 97\r\n"

static void several_lines(void **st)
{
        const char *text = talk_request(&out, DIR_C2S, "INVITE", 1, THREE);

        (void)st;
        has(text, "c=IN IP4 10.1.1.9\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\nm=video 20002 RTP/AVP 96\r\n"
                  "c=IN IP4 10.1.1.9\r\na=rtpmap:96 H264/90000\r\nm=video 0 RTP/AVP 97\r\n");
        assert_int_equal(w.live, 2);
        assert_int_equal(w.media[1].spec.side[0].remote.a.v4, 0xc633640b);
        out.to = "b";
        text = talk_response(
                &out, DIR_S2C, 200, "INVITE", 1,
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\nm=video 0 RTP/AVP 97\r\n");
        has(text, "m=audio 16384 RTP/SAVP 0\r\na=crypto:1 ");
        has(text, "m=video 0 RTP/SAVP 96\r\nm=video 0 RTP/SAVP 97\r\n");
        assert_int_equal(w.live, 1);
        /* video comes back, on other ports and under other keys */
        text = talk_request(&out, DIR_C2S, "INVITE", 2, THREE);
        has(text, "m=video 20004 RTP/AVP 96\r\n");
        text = talk_response(
                &out, DIR_S2C, 200, "INVITE", 2,
                SDP_HEAD(
                        "10.1.1.7") "m=audio 5000 RTP/AVP 0\r\nm=video 5002 RTP/AVP 96\r\nm=video 0 RTP/SAVP 97\r\n");
        has(text, "m=video 16388 RTP/SAVP 96\r\na=crypto:1 ");
        assert_int_equal(w.live, 2);
        /* and goes again */
        talk_request(&out, DIR_C2S, "INVITE", 3,
                     M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO(
                             "1", KEY_A) "m=video 0 RTP/SAVP 96\r\nm=video 0 RTP/SAVP 97\r\n"));
        assert_int_equal(w.live, 2);
        talk_response(
                &out, DIR_S2C, 200, "INVITE", 3,
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\nm=video 0 RTP/SAVP 97\r\n");
        assert_int_equal(w.live, 1);
        hang_up(&out, DIR_S2C, 1);
}

/* ---- repetitions ---- */

static void repeated(void **st)
{
        char first[4096];

        (void)st;
        snprintf(first, sizeof first, "%s", talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO));
        for (unsigned i = 0; i < 5; i++)
                assert_string_equal(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO), first);
        assert_int_equal(w.opened, 1);
        out.to = "b";
        snprintf(first, sizeof first, "%s", talk_response(&out, DIR_S2C, 183, "INVITE", 1, SERVER_AUDIO));
        assert_string_equal(talk_response(&out, DIR_S2C, 183, "INVITE", 1, SERVER_AUDIO), first);
        assert_string_equal(body_of(talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO)), body_of(first));
        assert_string_equal(body_of(talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO)), body_of(first));
        assert_int_equal(w.opened, 1);
        hang_up(&out, DIR_C2S, 2);
}

/* A request that was refused and comes again does not start anything. */
static void refused_and_repeated(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        assert_non_null(talk_response(&out, DIR_S2C, 407, "INVITE", 1, NULL));
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 0);
        assert_non_null(talk_request(&out, DIR_C2S, "ACK", 1, NULL));
        out.to = NULL;
        assert_null(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO));
        assert_int_equal(w.live, 0);
        has(talk_request(&out, DIR_C2S, "INVITE", 2, PHONE_AUDIO), "m=audio 20002 RTP/AVP 0");
        assert_int_equal(w.live, 1);
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 2, SERVER_AUDIO);
        hang_up(&out, DIR_C2S, 3);
}

/* ---- re-offers ---- */

static void reoffer_refused(void **st)
{
        struct media_spec before;

        (void)st;
        established();
        before = w.media[0].spec;
        has(talk_request(&out, DIR_C2S, "INVITE", 2, M("m=audio 4444 RTP/SAVP 0\r\n" CRYPTO("1", KEY_B))),
            "m=audio 20000 RTP/AVP 0\r\n");
        assert_memory_equal(&w.media[0].spec, &before, sizeof before);
        talk_response(&out, DIR_S2C, 488, "INVITE", 2, NULL);
        assert_memory_equal(&w.media[0].spec, &before, sizeof before);
        assert_int_equal(w.live, 1);
        hang_up(&out, DIR_C2S, 3);
}

/* The peer's new key is taken, ours stays: there is no need to lose its context. */
static void reoffer_with_a_new_key(void **st)
{
        struct srtp_master ours;
        const char *text;

        (void)st;
        established();
        ours = w.media[0].spec.side[0].tx;
        talk_request(&out, DIR_C2S, "INVITE", 2, M("m=audio 4444 RTP/SAVP 0\r\n" CRYPTO("1", KEY_B)));
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 2, SERVER_AUDIO);
        has(text, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgIC\r\n");
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4444);
        assert_memory_equal(w.media[0].spec.side[0].rx.key, "zyxwvutsrqponmlk", 16);
        assert_memory_equal(&w.media[0].spec.side[0].tx, &ours, sizeof ours);
        /* the cluster asks again: the same list under the same keys */
        text = talk_request(&out, DIR_S2C, "INVITE", 1, SERVER_AUDIO);
        has(text, "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgIC\r\n");
        talk_response(&out, DIR_C2S, 200, "INVITE", 1, M("m=audio 4444 RTP/SAVP 0\r\n" CRYPTO("5", KEY_B)));
        assert_memory_equal(&w.media[0].spec.side[0].tx, &ours, sizeof ours);
        assert_int_equal(w.opened, 1);
        hang_up(&out, DIR_C2S, 3);
}

struct hold_row {
        const char *what, *sdp, *wanted;
        bool held;
};
static const struct hold_row holds[] = {
        { "sendonly", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=sendonly\r\n"), "a=sendonly\r\n", true },
        { "inactive", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=inactive\r\n"), "a=inactive\r\n", true },
        { "recvonly", M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=recvonly\r\n"), "a=recvonly\r\n", true },
        { "of the session", SDP_HEAD("198.51.100.10") "a=sendonly\r\nm=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A),
          "a=sendonly\r\n", true },
        { "0.0.0.0",
          "v=0\r\no=- 1 2 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A),
          "c=IN IP4 0.0.0.0\r\n", true },
        { "on", PHONE_AUDIO, "c=IN IP4 10.1.1.9\r\n", false },
};

static void holds_and_resumes(void **st)
{
        (void)st;
        established();
        for (unsigned i = 0; i < ARRAY_LEN(holds); i++) {
                const char *text = talk_request(&out, DIR_C2S, "INVITE", 2 + i, holds[i].sdp);

                has(text, holds[i].wanted);
                has(text, "m=audio 20000 RTP/AVP 0\r\n");
                talk_response(&out, DIR_S2C, 200, "INVITE", 2 + i, SERVER_AUDIO);
                if (w.media[0].spec.idle_s != (holds[i].held ? 0u : 120u))
                        fail_msg("%s: idle %u", holds[i].what, w.media[0].spec.idle_s);
        }
        assert_int_equal(w.opened, 1);
        hang_up(&out, DIR_C2S, 20);
}

/* ---- where offers and answers may stand ---- */

/* 183 with the answer, PRACK, then 200 without. */
static void early_answer(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        has(talk_response(&out, DIR_S2C, 183, "INVITE", 1, SERVER_AUDIO), "m=audio 16384 RTP/SAVP 0");
        assert_true(w.media[0].spec.side[1].known);
        assert_int_equal(w.media[0].spec.idle_s, SIP_T_PROVISIONAL);
        talk_request(&out, DIR_C2S, "PRACK", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "PRACK", 2, NULL);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(w.media[0].spec.idle_s, SIP_T_MEDIA);
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5000);
        hang_up(&out, DIR_C2S, 3);
}

/* A re-INVITE answered early counts at its end only. */
static void early_reanswer(void **st)
{
        (void)st;
        established();
        talk_request(&out, DIR_C2S, "INVITE", 2, M("m=audio 4444 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A)));
        talk_response(&out, DIR_S2C, 183, "INVITE", 2, SDP_HEAD("10.1.1.7") "m=audio 5555 RTP/AVP 0\r\n");
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5000);
        talk_response(&out, DIR_S2C, 200, "INVITE", 2, NULL);
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5555);
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4444);
        hang_up(&out, DIR_C2S, 3);
}

static void delayed_offer_of_the_server(void **st)
{
        const char *text;

        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        assert_int_equal(w.opened, 0);
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        has(text, "m=audio 16384 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM");
        text = talk_request(&out, DIR_C2S, "ACK", 1, M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("5", KEY_A)));
        has(text, "m=audio 20000 RTP/AVP 0\r\n");
        hasnt(text, "crypto");
        assert_int_equal(w.media[0].spec.side[0].rx.suite, SRTP_AES_CM_128_80);
        assert_true(w.media[0].spec.side[0].known && w.media[0].spec.side[1].known);
        hang_up(&out, DIR_C2S, 2);
}

static void delayed_offer_of_the_phone(void **st)
{
        const char *text;

        (void)st;
        talk_request(&in, DIR_S2C, "INVITE", 1, NULL);
        in.to = "p";
        text = talk_response(&in, DIR_C2S, 200, "INVITE", 1, PHONE_AUDIO);
        has(text, "m=audio 20000 RTP/AVP 0\r\n");
        text = talk_request(&in, DIR_S2C, "ACK", 1, SERVER_AUDIO);
        has(text, "m=audio 16384 RTP/SAVP 0\r\n" CRYPTO("1", "AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgIC"));
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5000);
        hang_up(&in, DIR_S2C, 2);
}

static void update_and_prack(void **st)
{
        const char *text;

        (void)st;
        /* the offer comes in a reliable 183, the answer in PRACK */
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        out.to = "b";
        talk_response(&out, DIR_S2C, 183, "INVITE", 1, SERVER_AUDIO);
        has(talk_request(&out, DIR_C2S, "PRACK", 2, M("m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("5", KEY_A))),
            "m=audio 20000 RTP/AVP 0\r\n");
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4000);
        talk_response(&out, DIR_S2C, 200, "PRACK", 2, NULL);
        /* and is changed before the call is answered */
        has(talk_request(&out, DIR_C2S, "UPDATE", 3, M("m=audio 4100 RTP/SAVP 0\r\n" CRYPTO("1", KEY_B))),
            "m=audio 20000 RTP/AVP 0\r\n");
        text = talk_response(&out, DIR_S2C, 200, "UPDATE", 3, SERVER_AUDIO);
        has(text, CRYPTO("1", "CQkJCQkJCQkJCQkJCQkJCQoKCgoKCgoKCgoKCgoK"));
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4100);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(w.media[0].spec.side[0].remote.port, 4100);
        hang_up(&out, DIR_C2S, 4);
}

#define TYPES(pt, ev)                                                                                                \
        "a=rtpmap:" pt " opus/48000/2\r\na=fmtp:" pt " useinbandfec=1\r\na=rtpmap:" ev                               \
        " telephone-event/8000\r\na=fmtp:" ev " 0-16\r\na=ptime:20\r\n"

static void takes(unsigned side, unsigned pt, unsigned ev)
{
        const struct media_side *s = &w.media[0].spec.side[side];

        assert_int_equal(s->npts, 2);
        assert_int_equal(s->pts[0].pt, pt);
        assert_int_equal(s->pts[0].clock, 48000);
        assert_int_equal(s->pts[1].pt, ev);
        assert_true(s->pts[1].event);
}

/*
 * Each side numbers its types as it likes (RFC 3264, 6.1): lists and maps go by as written in both directions, and
 * the relay knows each side's own. A re-offer's count with its answer.
 */
static void payload_types_are_each_sides_own(void **st)
{
        const char *text;

        (void)st;
        text = talk_request(&out, DIR_C2S, "INVITE", 1,
                            M("m=audio 4000 RTP/SAVP 111 101\r\n" CRYPTO("1", KEY_A) TYPES("111", "101")));
        has(text, "m=audio 20000 RTP/AVP 111 101\r\n" TYPES("111", "101"));
        takes(0, 111, 101);
        assert_int_equal(w.media[0].spec.side[1].npts, 0);
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1,
                             SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 96 97\r\n" TYPES("96", "97"));
        has(text, "m=audio 16384 RTP/SAVP 96 97\r\n");
        has(text, TYPES("96", "97"));
        takes(0, 111, 101);
        takes(1, 96, 97);
        text = talk_request(&out, DIR_S2C, "INVITE", 7,
                            SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 98 99\r\n" TYPES("98", "99"));
        has(text, "RTP/SAVP 98 99\r\n");
        has(text, TYPES("98", "99"));
        takes(1, 96, 97);
        text = talk_response(&out, DIR_C2S, 200, "INVITE", 7,
                             M("m=audio 4000 RTP/SAVP 120 121\r\n" CRYPTO("5", KEY_A) TYPES("120", "121")));
        has(text, "RTP/AVP 120 121\r\n" TYPES("120", "121"));
        takes(0, 120, 121);
        takes(1, 98, 99);
        hang_up(&out, DIR_C2S, 2);
}

static const struct sip_map strict_types = { .rtp_conformance = true, .enforce_payloadtype = true };
#define MANY "0 8 9 18 96 97 98 99 100 101 102 103 104 105 106 107 108"

/* A list that is longer than ours cannot be enforced, whichever side's it is. */
static void long_lists_are_not_enforced(void **st)
{
        static const struct {
                const char *offer, *answer;
                bool enforced;
        } rows[] = { { "0", "0", true }, { MANY, "0", false }, { "0 8", MANY, false } };
        char offer[512], answer[512];

        (void)st;
        f.c.params = &strict_types;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                snprintf(offer, sizeof offer, M("m=audio 4000 RTP/SAVP %s\r\n" CRYPTO("1", KEY_A)), rows[i].offer);
                snprintf(answer, sizeof answer, SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP %s\r\n", rows[i].answer);
                out.to = NULL;
                talk_request(&out, DIR_C2S, "INVITE", 10 * i + 1, offer);
                out.to = "b";
                talk_response(&out, DIR_S2C, 200, "INVITE", 10 * i + 1, answer);
                assert_true(w.media[i].spec.conformance);
                assert_int_equal(w.media[i].spec.enforce_payloadtype, rows[i].enforced);
                hang_up(&out, DIR_C2S, 10 * i + 2);
        }
}

/* Two branches speak early; the second answers; what the first says later changes nothing. */
static void forks(void **st)
{
        struct talk one, two;

        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        one = two = out;
        one.to = "b1";
        two.to = "b2";
        talk_response(&one, DIR_S2C, 183, "INVITE", 1, SDP_HEAD("10.1.1.7") "m=audio 5100 RTP/AVP 0\r\n");
        talk_response(&two, DIR_S2C, 183, "INVITE", 1, SDP_HEAD("10.1.1.8") "m=audio 5200 RTP/AVP 0\r\n");
        talk_response(&one, DIR_S2C, 183, "INVITE", 1, SDP_HEAD("10.1.1.7") "m=audio 5100 RTP/AVP 0\r\n");
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5100);
        talk_response(&two, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5200);
        has(talk_response(&one, DIR_S2C, 200, "INVITE", 1, SDP_HEAD("10.1.1.7") "m=audio 5100 RTP/AVP 0\r\n"),
            "m=audio 16384 RTP/SAVP 0\r\n");
        assert_int_equal(w.media[0].spec.side[1].remote.port, 5200);
        talk_request(&one, DIR_C2S, "BYE", 2, NULL);
        talk_response(&one, DIR_S2C, 200, "BYE", 2, NULL);
        assert_int_equal(w.live, 1);
        assert_int_equal(w.opened, 1);
        hang_up(&two, DIR_C2S, 2);
}

static void cancelled(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        talk_request(&out, DIR_C2S, "CANCEL", 1, NULL);
        talk_response(&out, DIR_S2C, 200, "CANCEL", 1, NULL);
        assert_int_equal(w.live, 1);
        out.to = "b";
        talk_response(&out, DIR_S2C, 487, "INVITE", 1, NULL);
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 0);
        /* the answer is faster */
        out.id = "race";
        out.to = NULL;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        talk_request(&out, DIR_C2S, "CANCEL", 1, NULL);
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        talk_response(&out, DIR_S2C, 200, "CANCEL", 1, NULL);
        assert_int_equal(w.live, 1);
        hang_up(&out, DIR_C2S, 2);
}

/* ---- what else a body holds ---- */

static void ways_round_are_stripped(void **st)
{
        static const char offer[] =
                "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nk=clear:secret\r\nt=0 0\r\n"
                "a=ice-lite\r\na=fingerprint:sha-256 AA\r\n"
                "m=audio 4000 RTP/SAVP 0\r\n"
                "a=candidate:1 1 UDP 1 198.51.100.10 4000 typ host\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\n"
                "a=setup:actpass\r\na=ssrc:1 cname:z\r\na=rtcp:4005 IN IP4 198.51.100.12\r\na=rtcp-mux\r\n"
                "a=ptime:20\r\n" CRYPTO("1", KEY_A);
        const char *text = talk_request(&out, DIR_C2S, "INVITE", 1, offer);

        (void)st;
        assert_string_equal(
                body_of(text),
                "v=0\r\no=- 1 1 IN IP4 10.1.1.9\r\ns=-\r\nc=IN IP4 10.1.1.9\r\nt=0 0\r\n"
                "m=audio 20000 RTP/AVP 0\r\na=rtcp:20001 IN IP4 10.1.1.9\r\na=rtcp-mux\r\na=ptime:20\r\n");
        assert_int_equal(w.media[0].spec.side[0].remote_rtcp.port, 4005);
        assert_false(w.media[0].spec.side[0].known && w.media[0].spec.side[1].known);
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        assert_false(w.media[0].spec.side[0].rtcp_mux);
        hang_up(&out, DIR_C2S, 2);
}

/* The last line may lack its end, and may be one that is taken out. */
static void a_body_without_an_end(void **st)
{
        static const char *const answers[] = {
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0",
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\na=candidate:1",
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\na=crypto:1 ",
                SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\n\r\n",
        };
        char id[16];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
                snprintf(id, sizeof id, "call%u", i);
                out.id = id;
                out.to = NULL;
                talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
                out.to = "b";
                has(talk_response(&out, DIR_S2C, 200, "INVITE", 1, answers[i]),
                    " RTP/SAVP 0\r\na=crypto:1 AES_CM_128_");
                hang_up(&out, DIR_C2S, 2);
        }
}

#define PART(sdp) "--q\r\nContent-Type: application/sdp\r\nContent-Length: 999\r\n\r\n" sdp
#define OTHER "\r\n--q\r\nContent-Type: application/x-cisco-remotecc-request+xml\r\n\r\n<x/>\r\n--q--\r\n"

static const char *multipart(unsigned n, const char *body)
{
        char head[1024];

        snprintf(head, sizeof head,
                 "INVITE sip:b@e.com SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bKm%u\r\n"
                 "From: <sip:x@e.com>;tag=a\r\nTo: <sip:y@e.com>\r\nCall-ID: m%u\r\nCSeq: 1 INVITE\r\n"
                 "Content-Type: multipart/mixed;boundary=q\r\nContent-Length: %zu\r\n\r\n",
                 n, n, strlen(body));
        strncat(head, body, sizeof head - strlen(head) - 1);
        return sip_say(&f, DIR_C2S, head);
}

/* The SDP part is edited with its length, the rest stays; two of them are one too many. */
static void parts(void **st)
{
        char wanted[512];

        (void)st;
        snprintf(wanted, sizeof wanted, "--q\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s" OTHER,
                 strlen(SDP_HEAD("10.1.1.9") "m=audio 20000 RTP/AVP 0\r\n"),
                 SDP_HEAD("10.1.1.9") "m=audio 20000 RTP/AVP 0\r\n");
        assert_string_equal(body_of(multipart(1, PART(PHONE_AUDIO) OTHER)), wanted);
        assert_null(multipart(2, PART(PHONE_AUDIO) "\r\n" PART(PHONE_AUDIO) OTHER));
        assert_true(f.closed);
}

static void capabilities_open_nothing(void **st)
{
        const char *text;

        (void)st;
        talk_request(&in, DIR_S2C, "OPTIONS", 1, NULL);
        in.to = "p";
        text = talk_response(&in, DIR_C2S, 200, "OPTIONS", 1, PHONE_AUDIO);
        has(text, "m=audio 0 RTP/AVP 0\r\n");
        hasnt(text, "crypto");
        assert_int_equal(w.opened, 0);
}

static void no_port_is_left(void **st)
{
        (void)st;
        w.no_ports = true;
        has(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO), "m=audio 0 RTP/AVP 0\r\n");
        assert_int_equal(feed_count(&f, "media refused"), 1);
        out.to = "b";
        talk_response(&out, DIR_S2C, 488, "INVITE", 1, NULL);
        assert_int_equal(sip_calls(w.shared), 0);
        out.to = NULL;
        talk_request(&out, DIR_C2S, "INVITE", 2, PHONE_AUDIO);
        out.to = "b"; /* the answer repeats what was offered, though nothing is left of the line here */
        has(talk_response(&out, DIR_S2C, 200, "INVITE", 2, SDP_HEAD("10.1.1.7") "m=audio 0 RTP/AVP 0\r\n"),
            "m=audio 0 RTP/SAVP 0\r\n");
}

/* ---- a mixed cluster ---- */

static void both_legs_encrypted(void **st)
{
        const struct media_spec *s = &w.media[0].spec;
        const char *text = talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);

        (void)st;
        has(text, "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM ");
        hasnt(text, KEY_A);
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1,
                             SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/SAVP 0\r\n" CRYPTO("5", KEY_B));
        has(text, "m=audio 16384 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:");
        hasnt(text, KEY_B);
        assert_int_equal(s->side[0].transport, MEDIA_SRTP);
        assert_int_equal(s->side[1].transport, MEDIA_SRTP);
        assert_memory_equal(s->side[1].rx.key, "zyxwvutsrqponmlk", 16);
        assert_memory_not_equal(s->side[0].tx.key, s->side[1].tx.key, 16);
        hang_up(&out, DIR_C2S, 2);
}

/* The cluster may answer in clear text for its own side; the phone's stays encrypted. */
static void cluster_answers_clear(void **st)
{
        (void)st;
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        has(talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO), "RTP/SAVP 0\r\na=crypto:1 ");
        assert_int_equal(w.media[0].spec.side[0].transport, MEDIA_SRTP);
        assert_int_equal(w.media[0].spec.side[1].transport, MEDIA_RTP);
        hang_up(&out, DIR_C2S, 2);
        has(talk_request(&in, DIR_S2C, "INVITE", 1, SERVER_AUDIO), "m=audio 16386 RTP/SAVP 0\r\na=crypto:1 ");
        in.to = "p";
        has(talk_response(&in, DIR_C2S, 200, "INVITE", 1, M("m=audio 4000 RTP/AVP 0\r\n")), "m=audio 0 RTP/AVP 0");
        hang_up(&in, DIR_S2C, 2);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define TM(fn) cmocka_unit_test_setup_teardown(fn, setup_mixed, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(offers_of_the_phone),
                T(a_phone_that_does_not_encrypt),
                T(key_lines),
                T(answers_of_the_phone),
                T(rtp_answers_no_other_transport),
                T(cluster_keys_on_a_clear_leg),
                T(a_refused_line_is_answered),
                T(several_lines),
                T(repeated),
                T(refused_and_repeated),
                T(reoffer_refused),
                T(reoffer_with_a_new_key),
                T(holds_and_resumes),
                T(early_answer),
                T(early_reanswer),
                T(delayed_offer_of_the_server),
                T(delayed_offer_of_the_phone),
                T(update_and_prack),
                T(payload_types_are_each_sides_own),
                T(long_lists_are_not_enforced),
                T(forks),
                T(cancelled),
                T(ways_round_are_stripped),
                T(a_body_without_an_end),
                T(parts),
                T(capabilities_open_nothing),
                T(no_port_is_left),
                TM(both_legs_encrypted),
                TM(cluster_answers_clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
