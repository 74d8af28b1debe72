/*
 * Conversations through the SIP engine on one shared state: bytes of either side, time, reports of the relay, lost
 * connections. Whatever arrives: what goes on is SIP again; no key goes to a leg in clear text, no media without one
 * to the phone, no address of the inside where media is relayed; and when all is over no relay and no call is left.
 *
 * Input: mode octet, then *( control octet, two octets of length, bytes ). Control: bit 0 direction, bits 1-3 what:
 * 0-3 bytes of that side, 4 time, 5 media event, 6 a new connection, 7 the last bytes.
 */
#include "inspect/sip/sip_int.h"
#include <strings.h>

#include "tests/support/sip_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct sip_map everything = {
        .ip_address_privacy = true,
        .max_forwards = { .what = SIP_ACT_DROP },
        .software_version = { .what = SIP_ACT_MASK },
        .state_checking = { .what = SIP_ACT_DROP },
        .strict_header = { .what = SIP_ACT_DROP },
        .uri_non_sip = { .what = SIP_ACT_MASK },
        .t_sip = 600,
        .t_media = 60,
        .t_invite = 60,
        .t_disconnect = 60,
        .t_provisional = 60,
};

static const struct mode {
        enum inspect_transport via[2];
        const struct phone_params *phone;
        const struct sip_map *map;
} modes[] = {
        { { VIA_TLS, VIA_TCP }, &world_phone, NULL },  { { VIA_TLS, VIA_TLS }, &world_mixed, NULL },
        { { VIA_TLS, VIA_TCP }, &world_strict, NULL }, { { VIA_UDP, VIA_UDP }, NULL, NULL },
        { { VIA_TCP, VIA_TCP }, NULL, NULL },          { { VIA_TLS, VIA_TCP }, NULL, NULL },
        { { VIA_UDP, VIA_UDP }, NULL, &everything },   { { VIA_TLS, VIA_TCP }, &world_phone, &everything },
};

struct run {
        struct world w;
        struct feed f;
        const struct mode *mode;
        bool said_inside; /* the phone itself wrote such an address: it may read it again */
        size_t seen[2];   /* output that was looked at */
        struct sip_msg msg;
        struct sdp sdp;
};

/* Inside hosts other than the server cannot be told to the outside. */
static bool translate(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                      struct endpoint *out)
{
        (void)c, (void)proto;
        if (from == DIR_S2C && in->a.fam == ADDR_V4 && in->a.v4 >> 8 == SERVER >> 8)
                return false;
        *out = *in;
        return true;
}

static bool is_inside(const struct addr *a)
{
        return a->fam == ADDR_V4 && a->v4 >> 8 == SERVER >> 8;
}

/* ---- what went on ---- */

static void check_line(const struct run *r, unsigned i, bool to_phone)
{
        const struct sdp_media *m = &r->sdp.m[i];
        struct endpoint rtp = sdp_media_rtp(&r->sdp, i), rtcp = sdp_media_rtcp(&r->sdp, i);
        bool zero = rtp.a.fam == ADDR_V4 && !rtp.a.v4;

        feed_require(!m->has_candidates && !m->has_fingerprint);
        feed_require(r->mode->via[!to_phone] == VIA_TLS || !m->has_crypto_lines);
        if (!m->port)
                return;
        feed_require(zero || rtp.a.v4 == (to_phone ? MTA_OUT : MTA_IN));
        feed_require(!m->rtcp_line.n || zero || rtcp.a.v4 == rtp.a.v4);
        feed_require(rtp.port >= 16384 && !(rtp.port & 1));
        if (to_phone && sip_proto_is_rtp(m->proto))
                feed_require(m->ncrypto > 0);
}

static void check_sdp(struct run *r, bool to_phone)
{
        const char *why;
        struct str part;

        if (!sip_sdp_part(&r->msg, &part))
                return;
        feed_require(sdp_parse(&r->sdp, part, &why));
        feed_require(!to_phone || !r->sdp.o_has_addr || !is_inside(&r->sdp.o_a));
        for (unsigned i = 0; i < r->sdp.nmedia; i++)
                check_line(r, i, to_phone);
}

/* ---- the octets, whatever our parser makes of them ---- */

static bool has(const char *text, size_t n, const char *word)
{
        size_t len = strlen(word);

        for (size_t i = 0; i + len <= n; i++)
                if (!strncasecmp(text + i, word, len))
                        return true;
        return false;
}

static void check_clear(const char *p, size_t n)
{
        feed_require(!has(p, n, "a=crypto") && !has(p, n, "inline:") && !has(p, n, "a=key-mgmt"));
}

/* m= says port 0 or one of the relay's; c= one of its addresses or none. */
static void check_text_line(const char *at, bool to_phone)
{
        char word[64];
        unsigned port;

        feed_require(strncasecmp(at, "k=", 2) != 0);
        if (sscanf(at, "m=%63s %u", word, &port) == 2)
                feed_require(!port || (port >= 16384 && !(port & 1)));
        if (sscanf(at, "c=IN IP4 %63s", word) == 1)
                feed_require(!strncmp(word, "0.0.0.0", 7) || !strcmp(word, to_phone ? "203.0.113.9" : "10.1.1.9"));
        if (sscanf(at, "c=IN IP6 %63s", word) == 1)
                feed_require(!strcmp(word, "::"));
}

static void check_text(const char *p, size_t n, bool to_phone)
{
        char line[128];

        for (const char *end = p + n; p < end; p++) {
                size_t len = strcspn(p, "\r\n");

                snprintf(line, sizeof line, "%.*s", (int)len, p + strspn(p, " \t"));
                check_text_line(line, to_phone);
                p += len;
        }
}

/* A copy that ends with NUL; octets 0 become '0'. */
static void check_octets(const struct run *r, bool to_phone, const uint8_t *p, size_t n)
{
        const uint8_t *body = memmem(p, n, "\r\n\r\n", 4);
        bool clear = r->mode->via[!to_phone] != VIA_TLS && (r->mode->phone || r->mode->via[to_phone] == VIA_TLS);
        size_t len = body ? n - (size_t)(body + 4 - p) : 0;
        char *text = malloc(len + 1);

        feed_require(text != NULL);
        if (len)
                memcpy(text, body + 4, len);
        text[len] = 0;
        for (size_t i = 0; i < len; i++)
                text[i] = text[i] ? text[i] : '0';
        if (clear)
                check_clear((const char *)p, n);
        if (r->mode->phone)
                check_text(text, len, to_phone);
        free(text);
}

static void check_head(const struct run *r)
{
        static const uint8_t shown[] = { SIP_H_FROM,
                                         SIP_H_TO,
                                         SIP_H_CONTACT,
                                         SIP_H_RECORD_ROUTE,
                                         SIP_H_P_ASSERTED_IDENTITY,
                                         SIP_H_REMOTE_PARTY_ID,
                                         SIP_H_CALL_INFO };
        const struct sip_header *h;
        struct sip_nameaddr a;
        struct sip_via v;

        for (unsigned k = 0; k < ARRAY_LEN(shown); k++)
                for (unsigned i = 0; (h = sip_header_at(&r->msg, (enum sip_hdr)shown[k], i)); i++)
                        if (sip_nameaddr_parse(&a, h->value) && !a.star && a.uri.has_addr)
                                feed_require(!is_inside(&a.uri.ep.a));
        for (unsigned i = 0; r->msg.request && (h = sip_header_at(&r->msg, SIP_H_VIA, i)); i++)
                if (sip_via_parse(&v, h->value) && v.has_addr)
                        feed_require(!is_inside(&v.ep.a));
}

static void check_message(struct run *r, enum inspect_dir dir, const uint8_t *p, size_t n, bool datagram)
{
        const char *why;

        feed_require(sip_parse(&r->msg, p, n, datagram, &why) == SIP_OK);
        check_octets(r, dir == DIR_S2C, p, n);
        if (!r->mode->phone)
                return;
        check_sdp(r, dir == DIR_S2C);
        if (dir == DIR_S2C && !r->said_inside)
                check_head(r);
}

static void check_stream(struct run *r, enum inspect_dir dir)
{
        struct feed_side *s = &r->f.side[dir];

        while (r->seen[dir] < s->nout) {
                size_t pos = 0, lead = 0, total = 0;
                const char *why;

                feed_require(sip_frame(s->out + r->seen[dir], s->nout - r->seen[dir], &pos, &lead, &total, &why) ==
                             SIP_OK);
                if (total)
                        check_message(r, dir, s->out + r->seen[dir] + lead, total, false);
                r->seen[dir] += lead + total;
        }
}

static void check_output(struct run *r, enum inspect_dir dir)
{
        const struct sip_session *s = r->f.c.state;
        struct feed_side *o = &r->f.side[dir];

        if (r->f.engine->stream && !s->foreign[dir])
                check_stream(r, dir);
        else if (!r->f.engine->stream && o->nout > r->seen[dir])
                check_message(r, dir, o->out + r->seen[dir], o->nout - r->seen[dir], true);
        r->seen[dir] = o->nout;
}

/* ---- what happens ---- */

static void connect(struct run *r)
{
        static struct inspect_host ops;
        struct leg_setup l = { .w = &r->w,
                               .via = { r->mode->via[0], r->mode->via[1] },
                               .phone = r->mode->phone,
                               .anchor = r->mode->phone,
                               .device = r->mode->phone == &world_strict ? "SEP001122334455" : NULL };
        uint64_t now = r->f.c.now_ms ? r->f.c.now_ms : 1000;

        ops = world_ops;
        ops.translate = translate;
        ops.open_pinhole = NULL;
        world_session(&r->f, &l, r->mode->map);
        r->f.c.ops = &ops;
        r->f.c.now_ms = now;
        r->seen[0] = r->seen[1] = 0;
}

static void say(struct run *r, enum inspect_dir dir, struct cur bytes, bool last)
{
        if (r->f.closed)
                return;
        if (dir == DIR_C2S && memmem(bytes.p, bytes.left, "10.1.1", 6))
                r->said_inside = true;
        feed_fin(&r->f, dir, bytes.p, bytes.left, last);
        if (!r->f.closed)
                check_output(r, dir);
}

static void pass_time(struct run *r, size_t seconds)
{
        r->f.c.now_ms += seconds * 1000;
        inspect_sip.tick(r->w.shared, r->f.c.now_ms);
}

static void event(struct run *r, size_t which, enum media_event ev)
{
        if (which < r->w.nmedia)
                inspect_sip.media_event(r->w.shared, r->w.media[which].cookie, 0, ev, NULL);
}

static void step(struct run *r, uint8_t ctl, size_t len, struct cur bytes)
{
        enum inspect_dir dir = ctl & 1 ? DIR_S2C : DIR_C2S;

        switch (ctl >> 1 & 7) {
        case 4:
                pass_time(r, len);
                break;
        case 5:
                event(r, len >> 2, (enum media_event)(len & 3));
                break;
        case 6:
                feed_close(&r->f);
                connect(r);
                break;
        default:
                say(r, dir, bytes, (ctl >> 1 & 7) == 7);
        }
}

static void finish(struct run *r)
{
        struct sip_call_row row[4];
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                sip_walk(r->w.shared, &cursor, row, ARRAY_LEN(row), &end);
        feed_close(&r->f);
        for (unsigned i = 0; i < r->w.nmedia; i++)
                event(r, i, MEDIA_EV_TIMEOUT);
        for (unsigned i = 0; i < 4; i++)
                pass_time(r, 3600);
        feed_require(r->w.live == 0);
        feed_require(sip_calls(r->w.shared) == 0);
        world_end(&r->w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct cur in = cur_of(data, n);
        struct run *r = calloc(1, sizeof *r);
        bool ended[2] = { false };

        feed_require(r != NULL);
        r->mode = &modes[cur_u8(&in) % ARRAY_LEN(modes)];
        world_begin(&r->w);
        connect(r);
        while (in.left >= 3) {
                uint8_t ctl = cur_u8(&in);
                size_t len = cur_be16(&in);
                unsigned what = ctl >> 1 & 7;
                bool talks = what < 4 || what == 7;
                struct cur bytes = cur_child(&in, talks ? MIN_OF(len, in.left) : 0);

                if (what == 6)
                        ended[0] = ended[1] = false;
                if (talks && ended[ctl & 1])
                        continue;
                ended[ctl & 1] |= what == 7;
                step(r, ctl, len, bytes);
        }
        finish(r);
        free(r);
        return 0;
}
