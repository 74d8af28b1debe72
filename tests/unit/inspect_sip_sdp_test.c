/* SDP bodies line by line. */
#include "inspect/sip/sdp.h"
#include "tests/support/sip_text.h"

static struct sdp s;
static uint8_t *held;

static bool parse_n(const char *text, size_t n, const char **why)
{
        free(held);
        held = exact_copy(text, n);
        *why = "";
        return sdp_parse(&s, (struct str){ (char *)held, n }, why);
}

static void good(const char *text)
{
        const char *why;

        if (!parse_n(text, strlen(text), &why))
                fail_msg("%s:\n%s", why, text);
}

static int release(void **state)
{
        (void)state;
        free(held);
        held = NULL;
        return 0;
}

static void assert_endpoint(struct endpoint ep, const char *addr, uint16_t port)
{
        char text[ADDR_TEXT_MAX];

        assert_string_equal(ep.a.fam == ADDR_NONE ? "" : addr_print(&ep.a, text), addr);
        assert_int_equal(ep.port, port);
}

#define V "v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\n"
#define C "c=IN IP4 10.0.0.2\r\nt=0 0\r\n"
#define M "m=audio 4000 RTP/AVP 0\r\n"
#define K30 "QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXowMTIz"

static void session_part(void **state)
{
        (void)state;
        good(V C "a=recvonly\r\n" M "m=video 0 RTP/AVP 31\r\na=sendonly\r\n");
        assert_text(s.o_addr, "10.0.0.1");
        assert_true(s.o_has_addr);
        assert_int_equal(s.o_a.v4, 0x0a000001);
        assert_string_equal(s.eol, "\r\n");
        assert_true(s.c.present && s.c.has_addr && !s.c.multicast && !s.c.zero);
        assert_text(s.c.addr, "10.0.0.2");
        assert_text(s.c.line, "c=IN IP4 10.0.0.2\r\n");
        assert_int_equal(s.dir, SDP_RECVONLY);
        assert_int_equal(s.nmedia, 2);
        assert_int_equal(s.m[0].dir, SDP_RECVONLY);
        assert_int_equal(s.m[1].dir, SDP_SENDONLY);
        assert_text(s.m[0].block, M);
        assert_text(s.m[1].block, "m=video 0 RTP/AVP 31\r\na=sendonly\r\n");
        assert_endpoint(sdp_media_rtp(&s, 0), "10.0.0.2", 4000);
        assert_endpoint(sdp_media_rtp(&s, 1), "10.0.0.2", 0);
        assert_endpoint(sdp_media_rtcp(&s, 0), "10.0.0.2", 4001);
        assert_endpoint(sdp_media_rtcp(&s, 1), "10.0.0.2", 0);
}

static void origins(void **state)
{
        (void)state;
        good("v=0\r\no=Cisco-SIPUA (null) (null) IN IP4 10.0.0.1\r\n");
        assert_text(s.o_addr, "10.0.0.1");
        good("v=0\r\no=my name 1 2 IN IP6 2001:db8::1\r\n");
        assert_true(s.o_has_addr && s.o_a.fam == ADDR_V6);
        good("v=0\r\no=- 99999999999999999999999 2 IN IP4 pc.example.net\r\n");
        assert_text(s.o_addr, "pc.example.net");
        assert_false(s.o_has_addr);
        good("v=0\r\no=- 1 2 ATM NSAP 47.0091\r\n");
        assert_false(s.o_has_addr);
        good("v=0\r\ns=x\r\n");
        assert_text(s.o_addr, "");
}

static void connections(void **state)
{
        (void)state;
        good("v=0\nc=IN IP4 224.2.1.1/127/3\nm=audio 5 RTP/AVP 0\nc=IN IP4 0.0.0.0\nm=audio 6 RTP/AVP 0\nc=IN IP6 "
             "::\n"
             "m=audio 7 RTP/AVP 0\nc=IN IP6 ff15::101/3\nm=audio 8 RTP/AVP 0\nc=IN IP4 media.example.net\n"
             "m=audio 65535 RTP/AVP 0\n");
        assert_string_equal(s.eol, "\n");
        assert_true(s.c.multicast);
        assert_text(s.c.addr, "224.2.1.1");
        assert_true(s.m[0].c.zero && s.m[1].c.zero && s.m[2].c.multicast && !s.m[3].c.has_addr);
        assert_text(s.m[3].c.addr, "media.example.net");
        assert_endpoint(sdp_media_rtp(&s, 0), "0.0.0.0", 5);
        assert_endpoint(sdp_media_rtp(&s, 2), "ff15::101", 7);
        assert_endpoint(sdp_media_rtp(&s, 3), "", 8);
        assert_endpoint(sdp_media_rtp(&s, 4), "224.2.1.1", 65535);
        assert_endpoint(sdp_media_rtcp(&s, 4), "224.2.1.1", 0);
        good("v=0\r\n" M);
        assert_endpoint(sdp_media_rtp(&s, 0), "", 4000);
}

static void media_lines(void **state)
{
        static const struct {
                const char *line;
                enum media_kind kind;
                enum sdp_proto proto;
                uint16_t port, nports;
        } row[] = {
                { "audio 4000 RTP/AVP 0", MEDIA_AUDIO, SDP_RTP_AVP, 4000, 1 },
                { "video 1 rtp/avpf 127", MEDIA_VIDEO, SDP_RTP_AVPF, 1, 1 },
                { "audio 65535 RTP/SAVP 0", MEDIA_AUDIO, SDP_RTP_SAVP, 65535, 1 },
                { "audio 0 RTP/SAVPF 0", MEDIA_AUDIO, SDP_RTP_SAVPF, 0, 1 },
                { "audio 4000/3 RTP/AVP 0", MEDIA_AUDIO, SDP_RTP_AVP, 4000, 3 },
                { "audio 65533/2 RTP/AVP 0", MEDIA_AUDIO, SDP_RTP_AVP, 65533, 2 },
                { "audio 0 RTP/AVP", MEDIA_AUDIO, SDP_RTP_AVP, 0, 1 },
                { "image 4000 udptl t38", MEDIA_IMAGE, SDP_UDPTL, 4000, 1 },
                { "image 4000 UDPTL t38", MEDIA_IMAGE, SDP_UDPTL, 4000, 1 },
                { "application 4000 UDP/BFCP *", MEDIA_APPLICATION, SDP_UDP_OTHER, 4000, 1 },
                { "application 4000 udp wb", MEDIA_APPLICATION, SDP_UDP_OTHER, 4000, 1 },
                { "video 9 UDP/TLS/RTP/SAVPF 96", MEDIA_VIDEO, SDP_DTLS, 9, 1 },
                { "audio 9 UDP/TLS/RTP/SAVP 96", MEDIA_AUDIO, SDP_DTLS, 9, 1 },
                { "message 9 TCP/MSRP *", MEDIA_APPLICATION, SDP_OTHER, 9, 1 },
                { "application 9 UDP/TLS/BFCP *", MEDIA_APPLICATION, SDP_OTHER, 9, 1 },
                { "audio 4000 RTP/SAVPX 200", MEDIA_AUDIO, SDP_OTHER, 4000, 1 },
        };
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                snprintf(text, sizeof text, "v=0\r\nm=%s\r\n", row[i].line);
                good(text);
                assert_int_equal(s.m[0].kind, row[i].kind);
                assert_int_equal(s.m[0].proto, row[i].proto);
                assert_int_equal(s.m[0].port, row[i].port);
                assert_int_equal(s.m[0].nports, row[i].nports);
        }
        good("v=0\r\nm=audio 4000/2 RTP/AVP 0\r\n");
        assert_text(s.m[0].port_text, "4000/2");
        assert_text(s.m[0].proto_text, "RTP/AVP");
        assert_text(s.m[0].line, "m=audio 4000/2 RTP/AVP 0\r\n");
}

static void payload_types(void **state)
{
        const struct media_pt *p = s.m[0].pts;

        (void)state;
        good(V C "m=audio 4000 RTP/AVP 0 8 18 111 101 96\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 "
                 "Telephone-Event/8000\r\n"
                 "a=rtpmap:8 PCMA/8000\r\na=rtpmap:99 unused/1\r\n");
        assert_int_equal(s.m[0].npts, 6);
        assert_string_equal(p[0].name, "PCMU");
        assert_int_equal(p[0].clock, 8000);
        assert_string_equal(p[2].name, "G729");
        assert_string_equal(p[3].name, "opus");
        assert_int_equal(p[3].clock, 48000);
        assert_string_equal(p[4].name, "Telephone-E");
        assert_true(p[4].event && !p[3].event && !p[5].event);
        assert_string_equal(p[5].name, "");
        assert_int_equal(p[5].clock, 8000);
        good(V C "m=video 4000 RTP/AVP 34 97\r\n");
        assert_string_equal(p[0].name, "H263");
        assert_int_equal(p[1].clock, 90000);
        good(V C "m=audio 4000 RTP/AVP 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\r\n");
        assert_int_equal(s.m[0].npts, MEDIA_PTS_MAX);
        assert_false(s.m[0].more_pts);
        good(V C "m=audio 4000 RTP/AVP 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\r\n");
        assert_int_equal(s.m[0].npts, MEDIA_PTS_MAX);
        assert_true(s.m[0].more_pts);
}

static void rtcp(void **state)
{
        (void)state;
        good(V C M "a=rtcp:5001\r\na=rtcp-mux\r\n" M "a=rtcp:7 IN IP6 2001:db8::7\r\n" M
                   "a=rtcp:8 IN IP4 x.example.net\r\n");
        assert_text(s.m[0].rtcp_line, "a=rtcp:5001\r\n");
        assert_true(s.m[0].rtcp_mux && !s.m[1].rtcp_mux);
        assert_endpoint(sdp_media_rtcp(&s, 0), "10.0.0.2", 5001);
        assert_endpoint(sdp_media_rtcp(&s, 1), "2001:db8::7", 7);
        assert_int_equal(s.m[2].rtcp.a.fam, ADDR_NONE);
}

static void crypto_lines(void **state)
{
        const struct sdp_media *m = &s.m[0];

        (void)state;
        good(V C "a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\nm=audio 4000 RTP/SAVP 0\r\n"
                 "a=crypto:1 NULL_HMAC_SHA1_80 inline:" K30 "\r\na=CRYPTO:2 AES_CM_128_HMAC_SHA1_32 inline:" K30
                 "\r\n"
                 "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" K30
                 "|1:1\r\n" M);
        assert_int_equal(m->ncrypto, 2);
        assert_int_equal(m->bad_crypto, 2);
        assert_true(m->has_crypto_lines && !s.m[1].has_crypto_lines);
        assert_int_equal(m->crypto[0].tag, 2);
        assert_int_equal(m->crypto[0].m.suite, SRTP_AES_CM_128_32);
        assert_text(m->crypto[0].line, "a=CRYPTO:2 AES_CM_128_HMAC_SHA1_32 inline:" K30 "\r\n");
        assert_int_equal(m->crypto[1].tag, 3);
}

static void crypto_limit(void **state)
{
        char text[2048] = V C M;

        (void)state;
        for (unsigned i = 1; i <= SDP_CRYPTO_MAX + 1; i++) {
                sprintf(text + strlen(text), "a=crypto:%u AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n", i);
                good(text);
                assert_int_equal(s.m[0].ncrypto, i <= SDP_CRYPTO_MAX ? i : SDP_CRYPTO_MAX);
                assert_int_equal(s.m[0].bad_crypto, i > SDP_CRYPTO_MAX);
        }
}

static void other_attributes(void **state)
{
        static const char *const ice[] = { "a=candidate:1 1 UDP 1 10.0.0.1 5 typ host",
                                           "a=remote-candidates:1 10.0.0.1 5", "a=ice-ufrag:x", "a=ice-lite",
                                           "a=end-of-candidates" };
        char text[512];

        (void)state;
        for (size_t i = 0; i < sizeof ice / sizeof *ice; i++) {
                snprintf(text, sizeof text, V C M "%s\r\n" M, ice[i]);
                good(text);
                assert_true(s.m[0].has_candidates && !s.m[1].has_candidates);
        }
        good(V C M "a=fingerprint:sha-1 AA\r\n" M);
        assert_true(s.m[0].has_fingerprint && !s.m[1].has_fingerprint);
        good(V C "a=fingerprint:sha-1 AA\r\n" M M);
        assert_true(s.m[0].has_fingerprint && s.m[1].has_fingerprint);
        good(V C M "a=inactive\r\nk=clear:x\r\nb=AS:64\r\ni=info\r\nz=1 2\r\na=\r\na=:\r\na=x-any\r\n");
        assert_int_equal(s.m[0].dir, SDP_INACTIVE);
        assert_false(s.m[0].has_candidates || s.m[0].has_fingerprint || s.m[0].has_crypto_lines);
}

static void line_ends(void **state)
{
        (void)state;
        good("v=0\ns=\nm=audio 1 RTP/AVP 0");
        assert_int_equal(s.nmedia, 1);
        good("v=0\r\nm=audio 1 RTP/AVP 0\r\n\r\n\n");
        assert_text(s.m[0].block, "m=audio 1 RTP/AVP 0\r\n");
        good("v=0\r\ns=a\nm=audio 1 RTP/AVP 0\n"); /* mixed */
        assert_int_equal(s.m[0].port, 1);
}

/* ---- refused ---- */

static void refused(void **state)
{
        static const struct {
                const char *text, *why;
        } row[] = {
                { "", "not SDP" },
                { "\r\nv=0\r\n", "not SDP" },
                { "v=1\r\n", "not SDP" },
                { "v=\r\n", "not SDP" },
                { "V=0\r\n", "not SDP" },
                { "o=- 1 2 IN IP4 10.0.0.1\r\nv=0\r\n", "not SDP" },
                { "<xml/>", "not SDP" },
                { "v=0\r\n\r\ns=x\r\n", "malformed SDP line" },
                { "v=0\r\nx\r\n", "malformed SDP line" },
                { "v=0\r\n=x\r\n", "malformed SDP line" },
                { "v=0\r\n m=audio 1 RTP/AVP 0\r\n", "malformed SDP line" },
                { "v=0\r\nS=x\r\n", "malformed SDP line" },
                { "v=0\r\ns :x\r\n", "malformed SDP line" },
                { "v=0\r\ns=a\rc=IN IP4 1.2.3.4\r\n", "bare CR or NUL in SDP" },
                { "v=0\r\ns=a\r", "bare CR or NUL in SDP" },
                { "v=0\r\nv=0\r\n", "more than one v= line" },
                { V "o=- 1 2 IN IP4 10.0.0.1\r\n", "more than one o= line" },
                { V C "c=IN IP4 10.0.0.1\r\n", "more than one c= line" },
                { V M C C, "session line behind an m= line" },
                { V M "c=IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\n", "more than one c= line" },
                { V M "o=- 1 2 IN IP4 10.0.0.1\r\n", "session line behind an m= line" },
                { V M "v=0\r\n", "session line behind an m= line" },
                { "v=0\r\no=- 1 2 IN IP4\r\n", "malformed o= line" },
                { "v=0\r\no=- 1 IN IP4 10.0.0.1\r\n", "malformed o= line" },
                { "v=0\r\no=\r\n", "malformed o= line" },
                { "v=0\r\no=- 1 2 IN IP4 10.0.0.256\r\n", "malformed o= line" },
                { "v=0\r\no=- 1 2 IN IP4 2001:db8::1\r\n", "malformed o= line" },
                { "v=0\r\no=- 1 2 IN IP6 10.0.0.1\r\n", "malformed o= line" },
                { "v=0\r\nc=IN IP4\r\n", "malformed c= line" },
                { "v=0\r\nc=\r\n", "malformed c= line" },
                { "v=0\r\nc=IN IP4 10.0.0.1 x\r\n", "malformed c= line" },
                { "v=0\r\nc=IN IP4 010.0.0.1\r\n", "malformed c= line" },
                { "v=0\r\nc=IN IP4 167772161\r\n", "malformed c= line" },
                { "v=0\r\nc=IN IP4 /127\r\n", "malformed c= line" },
                { "v=0\r\nc=IN IP6 [2001:db8::1]\r\n", "malformed c= line" },
                { V "m=\r\n", "malformed m= line" },
                { V "m=audio\r\n", "malformed m= line" },
                { V "m=audio 4000\r\n", "malformed m= line" },
                { V "m=audio x RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 65536 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio -1 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 99999999999999999999 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 4000/ RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 4000/0 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 65534/2 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 2/32768 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 4000/1/1 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=au(dio 4000 RTP/AVP 0\r\n", "malformed m= line" },
                { V "m=audio 4000 RTP/AVP 128\r\n", "malformed payload type" },
                { V "m=audio 4000 RTP/AVP x\r\n", "malformed payload type" },
                { V "m=audio 4000 RTP/AVP -1\r\n", "malformed payload type" },
                { V M "a=rtpmap:0\r\n", "malformed a=rtpmap line" },
                { V M "a=rtpmap:0 PCMU\r\n", "malformed a=rtpmap line" },
                { V M "a=rtpmap:0 PCMU/0\r\n", "malformed a=rtpmap line" },
                { V M "a=rtpmap:0 PCMU/4294967296\r\n", "malformed a=rtpmap line" },
                { V M "a=rtpmap:128 PCMU/8000\r\n", "malformed a=rtpmap line" },
                { V M "a=rtcp\r\n", "malformed a=rtcp line" },
                { V M "a=rtcp:x\r\n", "malformed a=rtcp line" },
                { V M "a=rtcp:65536\r\n", "malformed a=rtcp line" },
                { V M "a=rtcp:5 IN IP4\r\n", "malformed a=rtcp line" },
                { V M "a=rtcp:5 IN IP4 10.0.0.1 x\r\n", "malformed a=rtcp line" },
                { V M "a=rtcp:5\r\na=rtcp:6\r\n", "malformed a=rtcp line" },
        };
        const char *why;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++)
                if (parse_n(row[i].text, strlen(row[i].text), &why) || strcmp(why, row[i].why))
                        fail_msg("%s -> \"%s\"", row[i].text, why);
        assert_false(parse_n("v=0\r\ns=\0\r\n", 10, &why));
        assert_string_equal(why, "bare CR or NUL in SDP");
}

static void limits(void **state)
{
        static char text[32 * SDP_LINES_MAX];
        const char *why;

        (void)state;
        for (unsigned over = 0; over < 2; over++) {
                strcpy(text, "v=0\r\n");
                for (unsigned i = 0; i < SDP_MEDIA_MAX + over; i++)
                        strcat(text, M);
                assert_int_equal(parse_n(text, strlen(text), &why), !over);
        }
        assert_string_equal(why, "too many m= lines");
        for (unsigned over = 0; over < 2; over++) {
                char *q = text + sprintf(text, "v=0\r\n");

                for (unsigned i = 1; i < SDP_LINES_MAX + over; i++)
                        q += sprintf(q, "a=x\r\n");
                assert_int_equal(parse_n(text, strlen(text), &why), !over);
        }
        assert_string_equal(why, "too many lines in SDP");
}

/* A part of a body is a body or is refused; nothing is read behind it. */
static void every_prefix_is_safe(void **state)
{
        static const char text[] =
                V C "m=audio 4000/2 RTP/SAVP 0 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30
                    "|2^31|1:1 KDR=1\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:5 IN IP4 10.0.0.1\r\n";
        const char *why;

        (void)state;
        for (size_t n = 0; n < sizeof text; n++)
                if (!parse_n(text, n, &why))
                        assert_true(*why);
}

/* ---- attributes one by one ---- */

static void note(void *ctx, struct str line)
{
        struct wbuf *w = ctx;

        wbuf_put(w, line.p, line.n);
}

static void each_attribute(void **state)
{
        char text[512];
        struct wbuf w = wbuf_of(text, sizeof text);

        (void)state;
        good(V "a=Ice-lite\r\na=ice-lite:1\na=ice-litex\r\n" C M "a=ice-lite\r\na=crypto:1 x\r\n" M "a=ice-lite : 2");
        sdp_each_attr(&s, NULL, "ice-lite", note, &w);
        assert_text(((struct str){ text, w.len }), "a=Ice-lite\r\na=ice-lite:1\n");
        w.len = 0;
        sdp_each_attr(&s, &s.m[0], "ice-lite", note, &w);
        sdp_each_attr(&s, &s.m[0], "crypto", note, &w);
        assert_text(((struct str){ text, w.len }), "a=ice-lite\r\na=crypto:1 x\r\n");
        w.len = 0;
        sdp_each_attr(&s, &s.m[1], "ice-lite", note, &w);
        assert_text(((struct str){ text, w.len }), "a=ice-lite : 2");
}

static void lines_of_a_type(void **state)
{
        char text[512];
        struct wbuf w = wbuf_of(text, sizeof text);

        (void)state;
        good(V "k=clear:1\r\n" C M "k=prompt\r\na=k:1\r\nk=base64:x");
        sdp_each_line(&s, NULL, 'k', note, &w);
        assert_text(((struct str){ text, w.len }), "k=clear:1\r\n");
        w.len = 0;
        sdp_each_line(&s, &s.m[0], 'k', note, &w);
        assert_text(((struct str){ text, w.len }), "k=prompt\r\nk=base64:x");
}

/* Neither used nor unused lines leave keys behind. */
static void keys_are_wiped(void **state)
{
        static const uint8_t zero[sizeof s.m[0].crypto];

        (void)state;
        memset(&s, 0, sizeof s);
        good(V C M "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30
                   "\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" K30
                   " X\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30
                   "\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n" M
                   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n");
        assert_int_equal(s.m[0].ncrypto, 2);
        sdp_wipe(&s);
        assert_memory_equal(s.m[0].crypto, zero, sizeof zero);
        assert_memory_equal(s.m[1].crypto, zero, sizeof zero);
}

/* ---- random bodies: what was put in is what is found, and only what is taken out is missing ---- */

struct want {
        unsigned port, rtcp, host, ncrypto, dir;
        bool mux, ice;
};

static const char *const dir_name[] = { "sendrecv", "sendonly", "recvonly", "inactive" };

static size_t put_media(struct lcg *r, char *out, struct want *x, unsigned session_dir, bool keys)
{
        static const char *const noise[] = { "a=fmtp:0 x=1", "b=AS:64", "i=text", "a=ptime:20", "a=x-crypto:1 y" };
        size_t n = 0;

        *x = (struct want){ .port = lcg_below(r, 65536), .dir = session_dir };
        n += (size_t)sprintf(out, "m=audio %u RTP/SAVP 0 8\r\n", x->port);
        if (lcg_below(r, 2)) {
                x->host = 1 + lcg_below(r, 250);
                n += (size_t)sprintf(out + n, "c=IN IP4 192.0.2.%u\r\n", x->host);
        }
        for (unsigned i = 0, lines = lcg_below(r, 8); i < lines; i++) {
                switch (lcg_below(r, 6)) {
                case 0:
                        if (!x->rtcp)
                                n += (size_t)sprintf(out + n, "a=rtcp:%u\r\n", x->rtcp = 1 + lcg_below(r, 65535));
                        break;
                case 1:
                        x->mux = true;
                        n += (size_t)sprintf(out + n, "a=rtcp-mux\r\n");
                        break;
                case 2:
                        x->dir = lcg_below(r, 4);
                        n += (size_t)sprintf(out + n, "a=%s\r\n", dir_name[x->dir]);
                        break;
                case 3:
                        x->ncrypto++;
                        if (keys)
                                n += (size_t)sprintf(out + n,
                                                     "a=crypto:%u AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
                                                     x->ncrypto);
                        break;
                case 4:
                        x->ice = true;
                        n += (size_t)sprintf(out + n, "a=ice-ufrag:x\r\n");
                        break;
                default:
                        n += (size_t)sprintf(out + n, "%s\r\n", noise[lcg_below(r, 5)]);
                }
        }
        return n;
}

static unsigned put_body(struct lcg *r, char *out, struct want *x, bool keys)
{
        unsigned n = lcg_below(r, SDP_MEDIA_MAX + 1), dir = lcg_below(r, 4);

        out += sprintf(out, V C "a=%s\r\n", dir_name[dir]);
        for (unsigned i = 0; i < n; i++)
                out += put_media(r, out, &x[i], dir, keys);
        return n;
}

static void check_media(unsigned i, const struct want *x)
{
        const struct sdp_media *m = &s.m[i];
        char host[32];

        assert_int_equal(m->dir, x->dir);
        assert_int_equal(m->rtcp_mux, x->mux);
        assert_int_equal(m->has_candidates, x->ice);
        assert_int_equal(m->ncrypto, x->ncrypto);
        assert_int_equal(m->bad_crypto, 0);
        snprintf(host, sizeof host, x->host ? "192.0.2.%u" : "10.0.0.2", x->host);
        assert_endpoint(sdp_media_rtp(&s, i), host, (uint16_t)x->port);
        assert_endpoint(sdp_media_rtcp(&s, i), host, (uint16_t)(x->rtcp ? x->rtcp : x->port ? x->port + 1 : 0));
}

static void cut_line(void *ctx, struct str line)
{
        sip_edit_replace_str(ctx, line, (struct str){ "", 0 });
}

static void random_bodies(void **state)
{
        static char text[16384], bare[16384], out[16384];
        static struct sip_edits e;

        (void)state;
        for (unsigned round = 0; round < 2000; round++) {
                struct lcg r = { round }, again = { round };
                struct want x[SDP_MEDIA_MAX];
                struct wbuf w = wbuf_of(out, sizeof out);
                unsigned n = put_body(&r, text, x, true);

                put_body(&again, bare, x, false); /* the same without keys */
                good(text);
                assert_int_equal(s.nmedia, n);
                sip_edits_reset(&e);
                for (unsigned i = 0; i < n; i++) {
                        check_media(i, &x[i]);
                        sdp_each_attr(&s, &s.m[i], "crypto", cut_line, &e);
                }
                assert_true(sip_edits_apply(&e, s.all, &w));
                assert_text(((struct str){ out, w.len }), bare);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(session_part),
                cmocka_unit_test(origins),
                cmocka_unit_test(connections),
                cmocka_unit_test(media_lines),
                cmocka_unit_test(payload_types),
                cmocka_unit_test(rtcp),
                cmocka_unit_test(crypto_lines),
                cmocka_unit_test(crypto_limit),
                cmocka_unit_test(other_attributes),
                cmocka_unit_test(line_ends),
                cmocka_unit_test(refused),
                cmocka_unit_test(limits),
                cmocka_unit_test(every_prefix_is_safe),
                cmocka_unit_test(each_attribute),
                cmocka_unit_test(lines_of_a_type),
                cmocka_unit_test(keys_are_wiped),
                cmocka_unit_test(random_bodies),
        };

        return cmocka_run_group_tests(tests, NULL, release);
}
