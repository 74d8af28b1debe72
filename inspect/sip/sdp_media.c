/* An m= line and the attributes of its block. */
#include "inspect/sip/sdp_int.h"

#include "platform/base/attr.h"
#include "platform/base/mem.h"

/* ---- payload types ---- */

/* RFC 3551 table 4 and 5, and what is in use of them. */
static const struct media_pt fixed_pt[] = {
        { 0, false, 8000, "PCMU" },   { 3, false, 8000, "GSM" },    { 4, false, 8000, "G723" },
        { 5, false, 8000, "DVI4" },   { 6, false, 16000, "DVI4" },  { 7, false, 8000, "LPC" },
        { 8, false, 8000, "PCMA" },   { 9, false, 8000, "G722" },   { 10, false, 44100, "L16" },
        { 11, false, 44100, "L16" },  { 12, false, 8000, "QCELP" }, { 13, false, 8000, "CN" },
        { 14, false, 90000, "MPA" },  { 15, false, 8000, "G728" },  { 16, false, 11025, "DVI4" },
        { 17, false, 22050, "DVI4" }, { 18, false, 8000, "G729" },  { 25, false, 90000, "CelB" },
        { 26, false, 90000, "JPEG" }, { 28, false, 90000, "nv" },   { 31, false, 90000, "H261" },
        { 32, false, 90000, "MPV" },  { 33, false, 90000, "MP2T" }, { 34, false, 90000, "H263" },
};

static struct media_pt pt_default(uint8_t kind, uint8_t pt)
{
        for (size_t i = 0; i < ARRAY_LEN(fixed_pt); i++)
                if (fixed_pt[i].pt == pt)
                        return fixed_pt[i];
        return (struct media_pt){ .pt = pt, .clock = kind == MEDIA_VIDEO ? 90000 : 8000 };
}

static bool take_formats(struct sdp_media *m, struct str in)
{
        uint64_t pt;

        while (in.n) {
                if (!lex_number(sdp_word(&in), 127, &pt))
                        return false;
                if (m->npts == MEDIA_PTS_MAX)
                        m->more_pts = true;
                else
                        m->pts[m->npts++] = pt_default(m->kind, (uint8_t)pt);
        }
        return true;
}

/* "0 PCMU/8000[/channels]" of a type in the list; of others it says nothing to us. */
static bool take_rtpmap(struct sdp_media *m, struct str in)
{
        struct str pt_text = sdp_word(&in), name = lex_until(&in, "/"), rate;
        uint64_t pt, clock;

        if (!lex_number(pt_text, 127, &pt) || !lex_is_tokens(name) || !lex_char(&in, '/'))
                return false;
        rate = lex_trim(lex_until(&in, "/"));
        if (!lex_number(rate, UINT32_MAX, &clock) || !clock)
                return false;
        for (unsigned i = 0; i < m->npts; i++) {
                struct media_pt *p = &m->pts[i];

                if (p->pt != pt)
                        continue;
                *p = (struct media_pt){ .pt = (uint8_t)pt, .clock = (uint32_t)clock };
                p->event = lex_is(name, "telephone-event");
                memcpy(p->name, name.p, name.n < sizeof p->name ? name.n : sizeof p->name - 1);
        }
        return true;
}

/* ---- the m= line ---- */

static enum media_kind kind_of(struct str media)
{
        if (lex_is(media, "audio"))
                return MEDIA_AUDIO;
        if (lex_is(media, "video"))
                return MEDIA_VIDEO;
        return lex_is(media, "image") ? MEDIA_IMAGE : MEDIA_APPLICATION;
}

static enum sdp_proto proto_of(struct str text)
{
        static const struct {
                const char *name;
                enum sdp_proto proto;
        } known[] = {
                { "RTP/AVP", SDP_RTP_AVP },        { "RTP/AVPF", SDP_RTP_AVPF },  { "RTP/SAVP", SDP_RTP_SAVP },
                { "RTP/SAVPF", SDP_RTP_SAVPF },    { "udptl", SDP_UDPTL },        { "UDP/TLS/RTP/SAVP", SDP_DTLS },
                { "UDP/TLS/RTP/SAVPF", SDP_DTLS }, { "UDP/TLS/UDPTL", SDP_DTLS },
        };

        for (size_t i = 0; i < ARRAY_LEN(known); i++)
                if (lex_is(text, known[i].name))
                        return known[i].proto;
        return lex_is(text, "udp") || (lex_begins(text, "UDP/") && !lex_begins(text, "UDP/TLS/")) ? SDP_UDP_OTHER
                                                                                                  : SDP_OTHER;
}

/* port[/n]: all n pairs must fit below 65536. */
static bool take_port(struct sdp_media *m, struct str text)
{
        struct str digits = lex_until(&text, "/");
        uint64_t port, n = 1;

        if (!lex_number(digits, 65535, &port))
                return false;
        if (text.n && (!lex_char(&text, '/') || !lex_number(text, 32768, &n) || !n))
                return false;
        m->port = (uint16_t)port;
        m->nports = (uint16_t)n;
        return port + 2 * (n - 1) <= 65535;
}

static bool is_rtp(enum sdp_proto p)
{
        return p <= SDP_RTP_SAVPF;
}

bool sdp_media_line(struct sdp_media *m, const struct sdp_line *l, const char **why)
{
        struct str in = l->value, media = sdp_word(&in);

        m->line = l->all;
        m->kind = (uint8_t)kind_of(media);
        m->port_text = sdp_word(&in);
        m->proto_text = sdp_word(&in);
        m->proto = proto_of(m->proto_text);
        if (!lex_is_tokens(media) || !m->proto_text.n || !take_port(m, m->port_text))
                return sdp_bad(why, "malformed m= line");
        if (is_rtp(m->proto) && !take_formats(m, in))
                return sdp_bad(why, "malformed payload type");
        return true;
}

/* ---- attributes ---- */

bool sdp_direction(struct str name, enum sdp_dir *dir)
{
        static const char *const text[] = {
                [SDP_SENDRECV] = "sendrecv",
                [SDP_SENDONLY] = "sendonly",
                [SDP_RECVONLY] = "recvonly",
                [SDP_INACTIVE] = "inactive",
        };

        for (size_t i = 0; i < ARRAY_LEN(text); i++) {
                if (lex_is(name, text[i])) {
                        *dir = (enum sdp_dir)i;
                        return true;
                }
        }
        return false;
}

/* port [nettype addrtype address] */
static bool take_rtcp(struct sdp_media *m, const struct sdp_line *l, struct str in)
{
        struct str port = sdp_word(&in), nettype, addrtype;
        uint64_t v;
        bool has;

        if (m->rtcp_line.n || !lex_number(port, 65535, &v))
                return false;
        m->rtcp_line = l->all;
        m->rtcp.port = (uint16_t)v;
        if (!in.n)
                return true;
        nettype = sdp_word(&in);
        addrtype = sdp_word(&in);
        if (!sdp_address(nettype, addrtype, sdp_word(&in), &has, &m->rtcp.a) || in.n)
                return false;
        return true;
}

static bool tag_taken(const struct sdp_media *m, uint32_t tag)
{
        for (unsigned i = 0; i < m->ncrypto; i++)
                if (m->crypto[i].tag == tag)
                        return true;
        return false;
}

static void bad_crypto(struct sdp_media *m, const char *why)
{
        m->bad_crypto++;
        if (!m->crypto_fault)
                m->crypto_fault = why;
}

/* A line that cannot be used is not the end of the body: others may be better. */
static void take_crypto(struct sdp_media *m, const struct sdp_line *l, struct str value)
{
        struct sdp_crypto *c = &m->crypto[m->ncrypto];
        const char *why = "too many key lines";

        m->has_crypto_lines = true;
        if (m->ncrypto == SDP_CRYPTO_MAX || !sdp_crypto_parse(c, value, &why)) {
                bad_crypto(m, why);
                return;
        }
        if (tag_taken(m, c->tag)) {
                mem_wipe(c, sizeof *c);
                bad_crypto(m, "two keys of one tag");
                return;
        }
        c->line = l->all;
        m->ncrypto++;
}

static bool is_ice(struct str name)
{
        return lex_is(name, "candidate") || lex_is(name, "remote-candidates") || lex_begins(name, "ice-") ||
               lex_is(name, "end-of-candidates");
}

bool sdp_media_attr(struct sdp_media *m, const struct sdp_line *l, const char **why)
{
        struct str value, name = sdp_attr_name(l->value, &value);

        if (lex_is(name, "crypto"))
                take_crypto(m, l, value);
        else if (lex_is(name, "rtcp"))
                return take_rtcp(m, l, value) || sdp_bad(why, "malformed a=rtcp line");
        else if (lex_is(name, "rtcp-mux"))
                m->rtcp_mux = true;
        else if (lex_is(name, "rtpmap"))
                return !is_rtp(m->proto) || take_rtpmap(m, value) || sdp_bad(why, "malformed a=rtpmap line");
        else if (lex_is(name, "fingerprint"))
                m->has_fingerprint = true;
        else if (is_ice(name))
                m->has_candidates = true;
        else
                sdp_direction(name, &m->dir);
        return true;
}
