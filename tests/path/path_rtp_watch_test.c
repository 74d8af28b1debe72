/*
 * rtp-conformance on media that is not relayed: a call through plain inspection, whose ends number their payload
 * types each as it likes; what goes on and what does not.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "policy/conn.h"
#include "platform/base/pool.h"
#include "proxy/media/media_int.h"
#include "tests/path/support/path_fixture.h"

#define PHONE "10.0.0.9"
#define FAR "198.51.100.7"

static const char config[] = "policy-map type inspect sip looked_at\n"
                             " parameters\n"
                             "  rtp-conformance%s\n"
                             "class-map inspection_default\n"
                             " match default-inspection-traffic\n"
                             "policy-map global_policy\n"
                             " class inspection_default\n"
                             "  no inspect sip\n"
                             "  inspect sip looked_at\n"
                             "service-policy global_policy global\n";

static struct path_fixture fx;

static void start(const char *more)
{
        char conf[1024], text[8192];

        snprintf(conf, sizeof conf, config, more);
        snprintf(text, sizeof text, "%s%s", px_base, conf);
        px_start(&fx, text, false);
}

static int setup(void **state UNUSED)
{
        start(" enforce-payloadtype");
        return 0;
}

static int setup_any_type(void **state UNUSED)
{
        start("");
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

/* ---- what is said ---- */

static bool says(unsigned port, const char *start, unsigned cseq, const char *addr, const char *media)
{
        const char *from = port ? PHONE : FAR, *to = port ? FAR : PHONE;
        char body[512], text[2048];
        struct pb_view v;

        snprintf(body, sizeof body, "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", addr, addr,
                 media);
        snprintf(text, sizeof text,
                 "%s\r\nVia: SIP/2.0/UDP " PHONE ":5060;branch=z9hG4bK%u\r\nMax-Forwards: 70\r\n"
                 "From: <sip:1@" FAR ">;tag=a\r\nTo: <sip:2@" FAR ">%s\r\nCall-ID: c1\r\nCSeq: %u INVITE\r\n"
                 "Contact: <sip:x@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                 start, cseq, port && cseq == 1 ? "" : ";tag=b", cseq, from, strlen(body), body);
        px_udp(&fx, port, from, 5060, to, 5060, text);
        return px_take(&fx, !port, &v) && px_is(&v, from, 5060, to, 5060);
}

static bool offers(unsigned cseq, const char *media)
{
        return says(1, "INVITE sip:2@" FAR " SIP/2.0", cseq, PHONE, media);
}

static bool answers(unsigned cseq, const char *media)
{
        return says(0, "SIP/2.0 200 OK", cseq, FAR, media);
}

#define OPUS(port, pt, ev)                                                                                           \
        "m=audio " port " RTP/AVP " pt " " ev "\r\na=rtpmap:" pt " opus/48000/2\r\na=rtpmap:" ev                     \
        " telephone-event/8000\r\n"

static void a_call(void)
{
        assert_true(offers(1, OPUS("4000", "111", "101")));
        assert_true(answers(1, OPUS("6000", "96", "97")));
}

struct rtp {
        uint8_t first, pt;
        uint16_t seq;
        uint32_t ssrc;
        size_t n;
};

static bool goes(unsigned port, unsigned plus, const void *pay, size_t n)
{
        const char *from = port ? PHONE : FAR, *to = port ? FAR : PHONE;
        uint16_t sport = (uint16_t)((port ? 4000 : 6000) + plus), dport = (uint16_t)((port ? 6000 : 4000) + plus);
        struct pb p = px_pb(&fx, port, from, sport, to, dport, IPPROTO_UDP_);
        struct pb_view v;

        p.pay = pay;
        p.npay = n;
        px_send_pb(&fx, port, p);
        return px_take(&fx, !port, &v) && px_is(&v, from, sport, to, dport) && v.npay == n && !memcmp(v.pay, pay, n);
}

static bool rtp(unsigned port, struct rtp r)
{
        uint8_t b[64] = { 0 };

        b[0] = r.first ? r.first : 0x80;
        b[1] = r.pt;
        rtp_put16(b + 2, r.seq);
        rtp_put32(b + 8, r.ssrc ? r.ssrc : 1);
        return goes(port, 0, b, r.n ? r.n : 32);
}

static unsigned watches(void)
{
        return pool_used(fx.w->media->watches);
}

/* ---- */

static void types_are_the_receivers(void **state UNUSED)
{
        a_call();
        assert_true(rtp(0, (struct rtp){ .pt = 111, .seq = 10 })); /* the far end speaks first */
        assert_true(rtp(1, (struct rtp){ .pt = 96, .seq = 20 }));  /* on the same connection */
        assert_int_equal(watches(), 1);
        assert_true(rtp(0, (struct rtp){ .pt = 101, .seq = 11 }));
        assert_true(rtp(1, (struct rtp){ .pt = 97, .seq = 21 }));
        assert_false(rtp(0, (struct rtp){ .pt = 96, .seq = 12 }));
        assert_false(rtp(1, (struct rtp){ .pt = 111, .seq = 22 }));
        assert_false(rtp(1, (struct rtp){ .pt = 0, .seq = 22 }));
        assert_int_equal(px_drops(&fx, DROP_RTP_PAYLOAD_TYPE), 3);
        assert_true(px_logged(&fx, "RTP conformance: Dropping RTP packet from outside:" FAR "/6000 to inside:" PHONE
                                   "/4000, Drop reason: Invalid payload-type 96"));
        assert_true(rtp(0, (struct rtp){ .pt = 111, .seq = 12 }));
}

/* Nobody has answered: what the far end asks for is not known, so nothing it is sent is refused for its type. */
static void before_the_answer(void **state UNUSED)
{
        assert_true(offers(1, OPUS("4000", "111", "101")));
        assert_true(rtp(0, (struct rtp){ .pt = 111, .seq = 10 }));
        assert_false(rtp(0, (struct rtp){ .pt = 96, .seq = 11 }));
        assert_true(rtp(1, (struct rtp){ .pt = 50, .seq = 20 }));
        assert_true(answers(1, OPUS("6000", "96", "97")));
        assert_true(rtp(1, (struct rtp){ .pt = 96, .seq = 21 }));
        assert_false(rtp(1, (struct rtp){ .pt = 50, .seq = 22 }));
}

/* A re-offer has other numbers: they count from when it is said, on the connection there is. */
static void types_that_change(void **state UNUSED)
{
        a_call();
        assert_true(rtp(1, (struct rtp){ .pt = 96, .seq = 20 })); /* the phone speaks first */
        assert_true(rtp(0, (struct rtp){ .pt = 111, .seq = 10 }));
        assert_false(rtp(0, (struct rtp){ .pt = 8, .seq = 11 }));
        assert_true(offers(2, "m=audio 4000 RTP/AVP 8\r\n"));
        assert_true(answers(2, "m=audio 6000 RTP/AVP 8\r\n"));
        assert_true(rtp(0, (struct rtp){ .pt = 8, .seq = 11 }));
        assert_true(rtp(1, (struct rtp){ .pt = 8, .seq = 21 }));
        assert_false(rtp(0, (struct rtp){ .pt = 111, .seq = 12 }));
        assert_int_equal(watches(), 1);
}

static void senders_and_numbers(void **state UNUSED)
{
        static const struct {
                struct rtp r;
                enum drop_reason why; /* NONE: goes on */
        } row[] = {
                { { .pt = 111, .seq = 10 }, DROP_NONE },
                { { .pt = 111, .seq = 12 }, DROP_NONE },
                { { .pt = 111, .seq = 11 }, DROP_NONE },
                { { .pt = 111, .seq = 13, .first = 0x40 }, DROP_RTP_VERSION },
                { { .pt = 111, .seq = 13, .first = 0x8F }, DROP_RTP_LENGTH }, /* 15 CSRCs */
                { { .pt = 111, .seq = 13, .first = 0xA0 }, DROP_RTP_LENGTH }, /* padding of 0 */
                { { .pt = 111, .seq = 13, .n = 11 }, DROP_RTP_LENGTH },
                { { .pt = 111, .seq = 13, .ssrc = 2 }, DROP_RTP_SSRC },
                { { .pt = 111, .seq = 20, .ssrc = 2 }, DROP_RTP_PROBATION },
                { { .pt = 111, .seq = 13 }, DROP_NONE },
                { { .pt = 111, .seq = 40, .ssrc = 2 }, DROP_RTP_SSRC },
                { { .pt = 111, .seq = 41, .ssrc = 2 }, DROP_NONE },
                { { .pt = 111, .seq = 20000, .ssrc = 2 }, DROP_RTP_SEQ },
                { { .pt = 111, .seq = 20001, .ssrc = 2 }, DROP_NONE },
        };

        a_call();
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                uint64_t before = px_drops(&fx, row[i].why);
                bool went = rtp(0, row[i].r);

                if (went != !row[i].why || (row[i].why && px_drops(&fx, row[i].why) != before + 1))
                        fail_msg("row %u: went %d", i, went);
        }
}

static void any_type_where_none_is_enforced(void **state UNUSED)
{
        a_call();
        assert_true(rtp(0, (struct rtp){ .pt = 3, .seq = 10 }));
        assert_true(rtp(1, (struct rtp){ .pt = 4, .seq = 10 }));
        assert_false(rtp(0, (struct rtp){ .pt = 3, .seq = 11, .first = 0x40 }));
}

static void rtcp(void **state UNUSED)
{
        static const uint8_t rr[] = { 0x80, RTCP_RR, 0, 1, 0, 0, 0, 1 }, bye[] = { 0x81, RTCP_BYE, 0, 1, 0, 0, 0, 1 };

        a_call();
        assert_true(goes(0, 1, rr, sizeof rr));
        assert_true(goes(1, 1, rr, sizeof rr));
        assert_false(goes(0, 1, bye, sizeof bye)); /* no report in front */
        assert_false(goes(0, 1, rr, 7));
        assert_int_equal(px_drops(&fx, DROP_RTCP_TYPE), 1);
        assert_int_equal(px_drops(&fx, DROP_RTCP_LENGTH), 1);
        assert_true(px_logged(&fx, "RTCP conformance: Dropping RTCP packet from outside:" FAR "/6001"));
        assert_true(goes(0, 0, rr, sizeof rr)); /* RFC 5761: on the port of RTP too */
}

/* SRTP between the ends: the header is looked at, what is behind it cannot be. */
static void secure_media(void **state UNUSED)
{
        static const uint8_t sealed[] = { 0x80, RTCP_RR, 0, 9, 0, 0, 0, 1, 0x55, 0x66, 0x77 };

        assert_true(offers(1, "m=audio 4000 RTP/SAVP 0\r\n"));
        assert_true(answers(1, "m=audio 6000 RTP/SAVP 0\r\n"));
        assert_true(rtp(0, (struct rtp){ .pt = 0, .seq = 10, .first = 0xA0 })); /* padding, encrypted */
        assert_false(rtp(0, (struct rtp){ .pt = 8, .seq = 11 }));
        assert_true(goes(0, 1, sealed, sizeof sealed));
}

/* What is dropped keeps nothing alive; with the connection its watch goes. */
static void a_watch_ends_with_its_connection(void **state UNUSED)
{
        a_call();
        assert_true(rtp(0, (struct rtp){ .pt = 111, .seq = 10 }));
        for (unsigned i = 0; i < 13; i++) {
                px_advance(&fx, 10000);
                assert_false(rtp(0, (struct rtp){ .pt = 5, .seq = (uint16_t)(11 + i) }));
        }
        px_advance(&fx, 1000);
        assert_int_equal(watches(), 0);
}

/* Media that nothing announced is nobody's to look at. */
static void other_datagrams_are_left_alone(void **state UNUSED)
{
        assert_true(goes(1, 7, "\x00no rtp", 7));
        assert_int_equal(watches(), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(types_are_the_receivers),
                T(before_the_answer),
                T(types_that_change),
                T(senders_and_numbers),
                cmocka_unit_test_setup_teardown(any_type_where_none_is_enforced, setup_any_type, teardown),
                T(rtcp),
                T(secure_media),
                T(a_watch_ends_with_its_connection),
                T(other_datagrams_are_left_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
