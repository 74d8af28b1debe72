/* Whole conversations through the SIP engine: exact bytes on the far side, however the bytes arrive. */
#include "tests/support/sip_script.h"

#include "inspect/sip/sip_int.h"

/* ---- a phone behind TLS, a call manager on TCP, both called by the other's translated address ---- */

#define REG_FROM "From: <sip:alice@203.0.113.5>;tag=a\r\n"
#define REG_FROM_IN "From: <sip:alice@10.1.1.5>;tag=a\r\n"

#define PHONE_SDP                                                                                                    \
        "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nt=0 0\r\n"                          \
        "m=audio 4000 RTP/SAVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n" SDES_128(                           \
                "1", "AES_CM_128_HMAC_SHA1_80", K_PHONE) "a=rtcp:4001\r\na=sendrecv\r\n"
#define PHONE_SDP_IN                                                                                                 \
        "v=0\r\no=- 1 1 IN IP4 10.1.1.9\r\ns=-\r\nc=IN IP4 10.1.1.9\r\nt=0 0\r\n"                                    \
        "m=audio 20000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:20001\r\na=sendrecv\r\n"
#define BOB_SDP                                                                                                      \
        "v=0\r\no=- 5 5 IN IP4 10.1.1.7\r\ns=-\r\nc=IN IP4 10.1.1.7\r\nt=0 0\r\n"                                    \
        "m=audio 5000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define BOB_SDP_OUT                                                                                                  \
        "v=0\r\no=- 5 5 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n"                              \
        "m=audio 16384 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" SDES_128(                            \
                "1", "AES_CM_128_HMAC_SHA1_80", K_OURS_0102)

static const struct step registration[] = {
        { DIR_C2S,
          "REGISTER sip:203.0.113.5:5061;transport=tls SIP/2.0\r\n"
          "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK1;rport\r\n" REG_FROM "To: <sip:alice@203.0.113.5>\r\n"
          "Call-ID: r1@198.51.100.10\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
          "Contact: <sips:alice@198.51.100.10:5061;transport=tls>;expires=600\r\n"
          "Supported: replaces, X-cisco-srtp-fallback\r\n",
          NULL,
          "REGISTER sip:10.1.1.5:5060;transport=tcp SIP/2.0\r\n"
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK1;rport\r\n" REG_FROM_IN "To: <sip:alice@10.1.1.5>\r\n"
          "Call-ID: r1@198.51.100.10\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
          "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>;expires=600\r\n"
          "Supported: replaces\r\n",
          NULL },
        { DIR_S2C,
          "SIP/2.0 401 Unauthorized\r\n"
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK1;rport=20001;received=10.1.1.254\r\n" REG_FROM_IN
          "To: <sip:alice@10.1.1.5>;tag=b\r\nCall-ID: r1@198.51.100.10\r\nCSeq: 1 REGISTER\r\n"
          "WWW-Authenticate: Digest realm=\"10.1.1.5\", nonce=\"n\"\r\n",
          NULL,
          "SIP/2.0 401 Unauthorized\r\n"
          "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK1;rport=40000;received=198.51.100.10\r\n" REG_FROM
          "To: <sip:alice@203.0.113.5>;tag=b\r\nCall-ID: r1@198.51.100.10\r\nCSeq: 1 REGISTER\r\n"
          "WWW-Authenticate: Digest realm=\"10.1.1.5\", nonce=\"n\"\r\n",
          NULL },
        { DIR_C2S,
          "REGISTER sip:203.0.113.5:5061;transport=tls SIP/2.0\r\n"
          "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK2;rport\r\n" REG_FROM "To: <sip:alice@203.0.113.5>\r\n"
          "Call-ID: r1@198.51.100.10\r\nCSeq: 2 REGISTER\r\nMax-Forwards: 70\r\n"
          "Contact: <sips:alice@198.51.100.10:5061;transport=tls>;expires=600\r\n"
          "Authorization: Digest username=\"alice\", uri=\"sip:203.0.113.5:5061;transport=tls\", response=\"r\"\r\n",
          NULL,
          "REGISTER sip:10.1.1.5:5060;transport=tcp SIP/2.0\r\n"
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK2;rport\r\n" REG_FROM_IN "To: <sip:alice@10.1.1.5>\r\n"
          "Call-ID: r1@198.51.100.10\r\nCSeq: 2 REGISTER\r\nMax-Forwards: 70\r\n"
          "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>;expires=600\r\n"
          "Authorization: Digest username=\"alice\", uri=\"sip:203.0.113.5:5061;transport=tls\", response=\"r\"\r\n",
          NULL },
        { DIR_S2C,
          "SIP/2.0 200 OK\r\n"
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK2;rport=20001;received=10.1.1.254\r\n" REG_FROM_IN
          "To: <sip:alice@10.1.1.5>;tag=b\r\nCall-ID: r1@198.51.100.10\r\nCSeq: 2 REGISTER\r\n"
          "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>;expires=120\r\n",
          NULL,
          "SIP/2.0 200 OK\r\n"
          "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK2;rport=40000;received=198.51.100.10\r\n" REG_FROM
          "To: <sip:alice@203.0.113.5>;tag=b\r\nCall-ID: r1@198.51.100.10\r\nCSeq: 2 REGISTER\r\n"
          "Contact: <sips:alice@198.51.100.10:5061;transport=tls>;expires=120\r\n",
          NULL },
};

#define OUT_VIA(b) "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK" b ";rport\r\n"
#define IN_VIA(b) "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK" b ";rport\r\n"
#define IN_VIA_R(b) "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK" b ";rport=20001;received=10.1.1.254\r\n"
#define OUT_VIA_R(b) "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK" b ";rport=40000;received=198.51.100.10\r\n"
#define C1(tag, cseq) REG_FROM "To: <sip:bob@203.0.113.5>" tag "\r\nCall-ID: c1@198.51.100.10\r\nCSeq: " cseq "\r\n"
#define C1_IN(tag, cseq)                                                                                             \
        REG_FROM_IN "To: <sip:bob@10.1.1.5>" tag "\r\nCall-ID: c1@198.51.100.10\r\nCSeq: " cseq "\r\n"

/* The phone calls; the inside phone hangs up. */
static const struct step call_out[] = {
        { DIR_C2S,
          "INVITE sip:bob@203.0.113.5;transport=tls SIP/2.0\r\n" OUT_VIA("i1")
                  C1("", "1 INVITE") "Max-Forwards: 70\r\nContact: <sip:alice@198.51.100.10:5061;transport=tls>\r\n",
          PHONE_SDP,
          "INVITE sip:bob@10.1.1.5;transport=tcp SIP/2.0\r\n" IN_VIA("i1")
                  C1_IN("", "1 INVITE") "Max-Forwards: 70\r\nContact: <sip:alice@10.1.1.254:20001;transport=tcp>\r\n",
          PHONE_SDP_IN },
        { DIR_S2C, "SIP/2.0 100 Trying\r\n" IN_VIA_R("i1") C1_IN("", "1 INVITE"), NULL,
          "SIP/2.0 100 Trying\r\n" OUT_VIA_R("i1") C1("", "1 INVITE"), NULL },
        { DIR_S2C,
          "SIP/2.0 180 Ringing\r\n" IN_VIA_R("i1") "Record-Route: <sip:10.1.1.5;transport=tcp;lr>\r\n" C1_IN(
                  ";tag=b", "1 INVITE") "Contact: <sip:bob@10.1.1.7:5060>\r\n",
          NULL,
          "SIP/2.0 180 Ringing\r\n" OUT_VIA_R("i1") "Record-Route: <sip:203.0.113.5;transport=tls;lr>\r\n" C1(
                  ";tag=b", "1 INVITE") "Contact: <sip:bob@10.1.1.7:5060>\r\n",
          NULL },
        { DIR_S2C,
          "SIP/2.0 200 OK\r\n" IN_VIA_R("i1") "Record-Route: <sip:10.1.1.5;transport=tcp;lr>\r\n" C1_IN(
                  ";tag=b", "1 INVITE") "Contact: <sip:bob@10.1.1.7:5060>\r\n",
          BOB_SDP,
          "SIP/2.0 200 OK\r\n" OUT_VIA_R("i1") "Record-Route: <sip:203.0.113.5;transport=tls;lr>\r\n" C1(
                  ";tag=b", "1 INVITE") "Contact: <sip:bob@10.1.1.7:5060>\r\n",
          BOB_SDP_OUT },
        { DIR_C2S,
          "ACK sip:bob@10.1.1.7:5060 SIP/2.0\r\nRoute: <sip:203.0.113.5;transport=tls;lr>\r\n" OUT_VIA("a1")
                  C1(";tag=b", "1 ACK") "Max-Forwards: 70\r\n",
          NULL,
          "ACK sip:bob@10.1.1.7:5060 SIP/2.0\r\nRoute: <sip:10.1.1.5;transport=tcp;lr>\r\n" IN_VIA("a1")
                  C1_IN(";tag=b", "1 ACK") "Max-Forwards: 70\r\n",
          NULL },
        { DIR_S2C,
          "BYE sip:alice@10.1.1.254:20001;transport=tcp SIP/2.0\r\n"
          "Via: SIP/2.0/TCP 10.1.1.5;branch=z9hG4bKb1;i=7\r\n"
          "Via: SIP/2.0/UDP 10.1.1.7:5060;branch=z9hG4bKb0;rport=5060;received=10.1.1.7\r\n"
          "From: <sip:bob@10.1.1.5>;tag=b\r\nTo: <sip:alice@10.1.1.5>;tag=a\r\n"
          "Call-ID: c1@198.51.100.10\r\nCSeq: 2 BYE\r\nMax-Forwards: 69\r\n",
          NULL,
          "BYE sip:alice@198.51.100.10:5061;transport=tls SIP/2.0\r\n"
          "Via: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bKb1;i=7\r\n"
          "Via: SIP/2.0/UDP 10.1.1.7:5060;branch=z9hG4bKb0;rport=5060;received=10.1.1.7\r\n"
          "From: <sip:bob@203.0.113.5>;tag=b\r\nTo: <sip:alice@203.0.113.5>;tag=a\r\n"
          "Call-ID: c1@198.51.100.10\r\nCSeq: 2 BYE\r\nMax-Forwards: 69\r\n",
          NULL },
        { DIR_C2S,
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bKb1;i=7\r\n"
          "Via: SIP/2.0/UDP 10.1.1.7:5060;branch=z9hG4bKb0;rport=5060;received=10.1.1.7\r\n"
          "From: <sip:bob@203.0.113.5>;tag=b\r\nTo: <sip:alice@203.0.113.5>;tag=a\r\n"
          "Call-ID: c1@198.51.100.10\r\nCSeq: 2 BYE\r\n",
          NULL,
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.1.1.5;branch=z9hG4bKb1;i=7\r\n"
          "Via: SIP/2.0/UDP 10.1.1.7:5060;branch=z9hG4bKb0;rport=5060;received=10.1.1.7\r\n"
          "From: <sip:bob@10.1.1.5>;tag=b\r\nTo: <sip:alice@10.1.1.5>;tag=a\r\n"
          "Call-ID: c1@198.51.100.10\r\nCSeq: 2 BYE\r\n",
          NULL },
};

#define S_VIA(b) "Via: SIP/2.0/TCP 10.1.1.5:5060;branch=z9hG4bK" b "\r\n"
#define S_VIA_OUT(b) "Via: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bK" b "\r\n"
#define C2_IN(tag, cseq)                                                                                             \
        "From: <sip:bob@10.1.1.5>;tag=s\r\nTo: <sip:alice@10.1.1.254>" tag "\r\nCall-ID: c2@10.1.1.5\r\nCSeq: " cseq \
        "\r\n"
#define C2_OUT(tag, cseq)                                                                                            \
        "From: <sip:bob@203.0.113.5>;tag=s\r\nTo: <sip:alice@198.51.100.10>" tag                                     \
        "\r\nCall-ID: c2@10.1.1.5\r\nCSeq: " cseq "\r\n"
#define OUR_LIST                                                                                                     \
        "a=crypto:1 AEAD_AES_256_GCM inline:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQECAgICAgICAgICAgI=\r\n"        \
        "a=crypto:2 AEAD_AES_128_GCM inline:AwMDAwMDAwMDAwMDAwMDAwQEBAQEBAQEBAQEBA==\r\n"                            \
        "a=crypto:3 AES_256_CM_HMAC_SHA1_80 "                                                                        \
        "inline:BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUGBgYGBgYGBgYGBgYGBg==\r\n"                                \
        "a=crypto:4 AES_256_CM_HMAC_SHA1_32 "                                                                        \
        "inline:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcICAgICAgICAgICAgICA==\r\n"                                \
        "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:CQkJCQkJCQkJCQkJCQkJCQoKCgoKCgoKCgoKCgoK\r\n"                     \
        "a=crypto:6 AES_CM_128_HMAC_SHA1_32 inline:CwsLCwsLCwsLCwsLCwsLCwwMDAwMDAwMDAwMDAwM\r\n"

/* The call manager calls the phone: to its contact by RFC 3261, as registered above; the phone hangs up. */
static const struct step call_in[] = {
        { DIR_S2C,
          "INVITE sip:alice@10.1.1.254:20001;transport=tcp SIP/2.0\r\n" S_VIA("si") C2_IN(
                  "", "101 INVITE") "Max-Forwards: 69\r\nContact: <sip:bob@10.1.1.5:5060;transport=tcp>\r\n"
                                    "P-Asserted-Identity: \"Bob\" <sip:bob@10.1.1.5>\r\n"
                                    "Call-Info: "
                                    "<sip:10.1.1.5:5060>;method=\"NOTIFY;Event=telephone-event;Duration=500\"\r\n",
          BOB_SDP,
          "INVITE sip:alice@198.51.100.10:40000;transport=tls SIP/2.0\r\n" S_VIA_OUT("si") C2_OUT(
                  "", "101 INVITE") "Max-Forwards: 69\r\nContact: <sip:bob@203.0.113.5:5061;transport=tls>\r\n"
                                    "P-Asserted-Identity: \"Bob\" <sip:bob@203.0.113.5>\r\n"
                                    "Call-Info: "
                                    "<sip:203.0.113.5:5061>;method=\"NOTIFY;Event=telephone-event;Duration=500\"\r\n",
          "v=0\r\no=- 5 5 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n"
          "m=audio 16384 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" OUR_LIST },
        { DIR_C2S,
          "SIP/2.0 180 Ringing\r\n" S_VIA_OUT("si")
                  C2_OUT(";tag=p", "101 INVITE") "Contact: <sip:alice@198.51.100.10:5061;transport=tls>\r\n",
          NULL,
          "SIP/2.0 180 Ringing\r\n" S_VIA("si")
                  C2_IN(";tag=p", "101 INVITE") "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>\r\n",
          NULL },
        { DIR_C2S,
          "SIP/2.0 200 OK\r\n" S_VIA_OUT("si")
                  C2_OUT(";tag=p", "101 INVITE") "Contact: <sip:alice@198.51.100.10:5061;transport=tls>\r\n",
          "v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" SDES_128(
                  "5", "AES_CM_128_HMAC_SHA1_80", K_PHONE),
          "SIP/2.0 200 OK\r\n" S_VIA("si")
                  C2_IN(";tag=p", "101 INVITE") "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>\r\n",
          "v=0\r\no=- 1 1 IN IP4 10.1.1.9\r\ns=-\r\nc=IN IP4 10.1.1.9\r\nt=0 0\r\n"
          "m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" },
        { DIR_S2C,
          "ACK sip:alice@10.1.1.254:20001;transport=tcp SIP/2.0\r\n" S_VIA("sa")
                  C2_IN(";tag=p", "101 ACK") "Max-Forwards: 70\r\n",
          NULL,
          "ACK sip:alice@198.51.100.10:5061;transport=tls SIP/2.0\r\n" S_VIA_OUT("sa")
                  C2_OUT(";tag=p", "101 ACK") "Max-Forwards: 70\r\n",
          NULL },
        { DIR_C2S,
          "BYE sip:bob@203.0.113.5:5061;transport=tls SIP/2.0\r\n" OUT_VIA(
                  "pb") "From: <sip:alice@198.51.100.10>;tag=p\r\nTo: <sip:bob@203.0.113.5>;tag=s\r\nCall-ID: "
                        "c2@10.1.1.5\r\n"
                        "CSeq: 1 BYE\r\nMax-Forwards: 70\r\n",
          NULL,
          "BYE sip:bob@10.1.1.5:5060;transport=tcp SIP/2.0\r\n" IN_VIA(
                  "pb") "From: <sip:alice@10.1.1.254>;tag=p\r\nTo: <sip:bob@10.1.1.5>;tag=s\r\nCall-ID: "
                        "c2@10.1.1.5\r\n"
                        "CSeq: 1 BYE\r\nMax-Forwards: 70\r\n",
          NULL },
        { DIR_S2C,
          "SIP/2.0 200 OK\r\n" IN_VIA_R("pb") "From: <sip:alice@10.1.1.254>;tag=p\r\nTo: "
                                              "<sip:bob@10.1.1.5>;tag=s\r\nCall-ID: c2@10.1.1.5\r\n"
                                              "CSeq: 1 BYE\r\n",
          NULL,
          "SIP/2.0 200 OK\r\n" OUT_VIA_R("pb") "From: <sip:alice@198.51.100.10>;tag=p\r\nTo: "
                                               "<sip:bob@203.0.113.5>;tag=s\r\nCall-ID: c2@10.1.1.5\r\n"
                                               "CSeq: 1 BYE\r\n",
          NULL },
};

static struct world w;

static struct leg_setup phone_leg(void)
{
        return (struct leg_setup){ .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true };
}

static void registers(void **st)
{
        struct leg_setup l = phone_leg();

        (void)st;
        script_run(&w, &l, registration, ARRAY_LEN(registration));
        assert_string_equal(w.device, "alice");
        assert_int_equal(w.expires, 120);
}

static void calls_out(void **st)
{
        struct leg_setup l = phone_leg();

        (void)st;
        script_run(&w, &l, call_out, ARRAY_LEN(call_out));
        assert_int_equal(w.opened, 1);
        assert_int_equal(w.closed, 1);
}

/* What the relay was told once both had spoken. */
static void relay_carries_keys(void **st)
{
        struct leg_setup l = phone_leg();
        const struct media_spec *s = &w.media[0].spec;
        struct feed f;

        (void)st;
        world_session(&f, &l, NULL);
        for (unsigned i = 0; i < 4; i++)
                step_run(&f, &call_out[i]);
        assert_true(w.media[0].live);
        assert_int_equal(s->side[0].transport, MEDIA_SRTP);
        assert_int_equal(s->side[1].transport, MEDIA_RTP);
        assert_int_equal(s->side[0].rx.suite, SRTP_AES_CM_128_80);
        assert_memory_equal(s->side[0].rx.key, "ABCDEFGHIJKLMNOP", 16);
        assert_memory_equal(s->side[0].rx.salt, "QRSTUVWXYZabcd", 14);
        assert_int_equal(s->side[0].tx.suite, SRTP_AES_CM_128_80);
        assert_int_equal(s->side[0].tx.key[0], 1);
        assert_int_equal(s->side[0].tx.salt[0], 2);
        assert_int_equal(s->side[1].rx.suite, SRTP_SUITE_NONE);
        assert_int_equal(s->side[0].remote.port, 4000);
        assert_int_equal(s->side[0].remote_rtcp.port, 4001);
        assert_int_equal(s->side[1].remote.port, 5000);
        assert_true(s->side[0].known && s->side[1].known && s->side[0].latch && !s->side[1].latch);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(s->side[i].npts, 2);
                assert_true(s->side[i].pts[1].event);
        }
        assert_int_equal(s->idle_s, 120);
        for (unsigned i = 4; i < ARRAY_LEN(call_out); i++)
                step_run(&f, &call_out[i]);
        assert_int_equal(w.live, 0);
        feed_close(&f);
}

/* The phone registers first: its contact is known when the call comes. */
static void calls_in(void **st)
{
        struct leg_setup l = phone_leg();
        struct feed f;

        (void)st;
        script_run(&w, &l, call_in, ARRAY_LEN(call_in));
        world_session(&f, &l, NULL);
        for (unsigned i = 0; i < ARRAY_LEN(registration); i++)
                step_run(&f, &registration[i]);
        assert_non_null(strstr(sip_say(&f, DIR_S2C, sip_text(call_in[0].head, call_in[0].body)),
                               "INVITE sips:alice@198.51.100.10:5061;transport=tls SIP/2.0\r\n"));
        feed_close(&f);
        assert_int_equal(w.live, 0);
}

static void any_cut(void **st)
{
        struct leg_setup l = phone_leg();

        (void)st;
        script_run_cut(&w, &l, registration, ARRAY_LEN(registration));
        script_run_cut(&w, &l, call_out, ARRAY_LEN(call_out));
        script_run_cut(&w, &l, call_in, ARRAY_LEN(call_in));
}

/* Several in one piece, with keepalives between them. */
static void pipelined(void **st)
{
        struct leg_setup l = phone_leg();
        char in[16384], want[16384];
        struct feed f;

        (void)st;
        snprintf(in, sizeof in, "\r\n\r\n%s\r\n\r\n%s", sip_text(call_out[0].head, call_out[0].body),
                 sip_text(registration[0].head, ""));
        snprintf(want, sizeof want, "\r\n\r\n%s\r\n\r\n%s", sip_text(call_out[0].out_head, call_out[0].out_body),
                 sip_text(registration[0].out_head, ""));
        world_session(&f, &l, NULL);
        assert_string_equal(sip_say(&f, DIR_C2S, in), want);
        feed_close(&f);
}

static void every_prefix_waits(void **st)
{
        struct leg_setup l = phone_leg();
        const char *text = sip_text(call_out[0].head, call_out[0].body);
        struct feed f;

        (void)st;
        for (size_t n = 1; n < strlen(text); n++) {
                world_session(&f, &l, NULL);
                assert_int_equal(feed(&f, DIR_C2S, text, n), ENGINE_MORE);
                assert_int_equal(f.side[DIR_C2S].nout, 0);
                assert_int_equal(f.side[DIR_C2S].nwait, n);
                assert_int_equal(feed_fin(&f, DIR_C2S, "", 0, true), ENGINE_ACCEPT);
                assert_int_equal(f.side[DIR_C2S].nout, 0);
                feed_close(&f);
        }
        assert_int_equal(w.opened, 0);
}

static int setup(void **st)
{
        (void)st;
        world_begin(&w);
        return 0;
}

static int teardown(void **st)
{
        (void)st;
        world_end(&w);
        return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(registers), T(calls_out), T(relay_carries_keys), T(calls_in),
                T(any_cut),   T(pipelined), T(every_prefix_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
