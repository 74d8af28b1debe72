/* Session part and lines of an SDP body. */
#include "inspect/sip/sdp_int.h"

#include "platform/base/mem.h"

/* ---- lines ---- */

static bool only_line_ends(struct str in)
{
        for (size_t i = 0; i < in.n; i++)
                if (in.p[i] != '\r' && in.p[i] != '\n')
                        return false;
        return true;
}

enum sdp_got sdp_line_next(struct str *in, struct sdp_line *l, const char **why)
{
        struct str text;

        if (only_line_ends(*in))
                return SDP_END;
        l->all.p = in->p;
        text = lex_until(in, "\n");
        lex_take(in, 1);
        l->all.n = (size_t)(in->p - l->all.p);
        if (text.n && text.p[text.n - 1] == '\r' && l->all.n > text.n)
                text.n--;
        if (text.n < 2 || text.p[0] < 'a' || text.p[0] > 'z' || text.p[1] != '=') {
                *why = "malformed SDP line";
                return SDP_MALFORMED;
        }
        if (memchr(text.p, '\r', text.n) || memchr(text.p, 0, text.n)) {
                *why = "bare CR or NUL in SDP";
                return SDP_MALFORMED;
        }
        l->type = text.p[0];
        lex_take(&text, 2);
        l->value = text;
        return SDP_LINE;
}

struct str sdp_attr_name(struct str attr, struct str *value)
{
        struct str name = lex_until(&attr, ":");

        lex_char(&attr, ':');
        *value = attr;
        return lex_trim(name);
}

struct str sdp_word(struct str *in)
{
        struct str w;

        lex_blanks(in);
        w = lex_until(in, " \t");
        lex_blanks(in);
        return w;
}

/* ---- addresses ---- */

bool sdp_address(struct str nettype, struct str addrtype, struct str address, bool *has, struct addr *a)
{
        bool v4 = lex_is(addrtype, "IP4"), v6 = lex_is(addrtype, "IP6");

        *has = false;
        if (!nettype.n || !addrtype.n || !address.n)
                return false;
        if (!lex_is(nettype, "IN") || (!v4 && !v6))
                return true; /* not of this world: nothing to translate */
        if (!lex_host(address, has, a))
                return false;
        return !*has || a->fam == (v4 ? ADDR_V4 : ADDR_V6);
}

static bool is_zero(const struct addr *a)
{
        static const struct addr v6 = { .fam = ADDR_V6 };

        return a->fam == ADDR_V4 ? !a->v4 : addr_eq(a, &v6);
}

bool sdp_conn_parse(struct sdp_conn *c, const struct sdp_line *l, const char **why)
{
        struct str in = l->value, nettype = sdp_word(&in), addrtype = sdp_word(&in), whole = sdp_word(&in);

        if (c->present)
                return sdp_bad(why, "more than one c= line");
        *c = (struct sdp_conn){ .line = l->all, .addr = lex_until(&whole, "/"), .present = true };
        if (in.n || !sdp_address(nettype, addrtype, c->addr, &c->has_addr, &c->a))
                return sdp_bad(why, "malformed c= line");
        c->multicast = c->has_addr && addr_is_multicast(&c->a);
        c->zero = c->has_addr && is_zero(&c->a);
        return true;
}

/* The last three words; those in front are opaque, and blanks among them have been seen. */
static bool origin_parse(struct sdp *s, const struct sdp_line *l, const char **why)
{
        struct str in = l->value, w[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
        unsigned n = 0;

        if (s->o_addr.n)
                return sdp_bad(why, "more than one o= line");
        for (lex_blanks(&in); in.n; n++) {
                w[0] = w[1];
                w[1] = w[2];
                w[2] = sdp_word(&in);
        }
        s->o_addr = w[2];
        s->o_where = lex_span(w[0].p, lex_end(w[2]));
        if (n < 6 || !sdp_address(w[0], w[1], w[2], &s->o_has_addr, &s->o_a))
                return sdp_bad(why, "malformed o= line");
        return true;
}

/* ---- the body ---- */

struct parse_state {
        struct sdp *s;
        bool fingerprint; /* one of the session counts for every m-line */
};

static bool session_line(struct parse_state *ps, const struct sdp_line *l, const char **why)
{
        struct str value;

        switch (l->type) {
        case 'v':
                return sdp_bad(why, "more than one v= line");
        case 'o':
                return origin_parse(ps->s, l, why);
        case 'c':
                return sdp_conn_parse(&ps->s->c, l, why);
        case 'a':
                sdp_direction(sdp_attr_name(l->value, &value), &ps->s->dir);
                ps->fingerprint |= lex_is(sdp_attr_name(l->value, &value), "fingerprint");
                return true;
        default:
                return true;
        }
}

static bool media_begins(struct parse_state *ps, const struct sdp_line *l, const char **why)
{
        struct sdp *s = ps->s;
        struct sdp_media *m = &s->m[s->nmedia];

        if (s->nmedia == SDP_MEDIA_MAX)
                return sdp_bad(why, "too many m= lines");
        memset(m, 0, sizeof *m);
        m->block = l->all;
        m->dir = s->dir;
        m->has_fingerprint = ps->fingerprint;
        s->nmedia++;
        return sdp_media_line(m, l, why);
}

static bool media_goes_on(struct sdp_media *m, const struct sdp_line *l, const char **why)
{
        m->block.n = (size_t)(lex_end(l->all) - m->block.p);
        switch (l->type) {
        case 'v':
        case 'o':
        case 's':
        case 't':
                return sdp_bad(why, "session line behind an m= line");
        case 'c':
                return sdp_conn_parse(&m->c, l, why);
        case 'a':
                return sdp_media_attr(m, l, why);
        default:
                return true;
        }
}

static bool body_line(struct parse_state *ps, const struct sdp_line *l, const char **why)
{
        if (l->type == 'm')
                return media_begins(ps, l, why);
        return ps->s->nmedia ? media_goes_on(&ps->s->m[ps->s->nmedia - 1], l, why) : session_line(ps, l, why);
}

static bool parse_lines(struct parse_state *ps, struct str in, const char **why)
{
        struct sdp_line l;
        enum sdp_got got;

        if (sdp_line_next(&in, &l, why) != SDP_LINE || l.type != 'v' || !lex_is(lex_trim(l.value), "0"))
                return sdp_bad(why, "not SDP");
        ps->s->eol = l.all.n >= 2 && l.all.p[l.all.n - 2] == '\r' ? "\r\n" : "\n";
        for (unsigned n = 1; (got = sdp_line_next(&in, &l, why)) == SDP_LINE; n++) {
                if (n == SDP_LINES_MAX)
                        return sdp_bad(why, "too many lines in SDP");
                if (!body_line(ps, &l, why))
                        return false;
        }
        return got == SDP_END;
}

bool sdp_parse(struct sdp *s, struct str body, const char **why)
{
        struct parse_state ps = { .s = s };

        memset(s, 0, offsetof(struct sdp, m));
        s->all = body;
        s->eol = "\r\n";
        s->o_addr = s->o_where = (struct str){ "", 0 };
        return parse_lines(&ps, body, why);
}

void sdp_wipe(struct sdp *s)
{
        mem_wipe(s, offsetof(struct sdp, m) + s->nmedia * sizeof s->m[0]);
}

/* ---- questions ---- */

struct endpoint sdp_media_rtp(const struct sdp *s, unsigned i)
{
        const struct sdp_media *m = &s->m[i];
        const struct sdp_conn *c = m->c.present ? &m->c : &s->c;
        struct endpoint ep = { .port = m->port };

        if (c->has_addr)
                ep.a = c->a;
        return ep;
}

struct endpoint sdp_media_rtcp(const struct sdp *s, unsigned i)
{
        const struct sdp_media *m = &s->m[i];
        struct endpoint ep = sdp_media_rtp(s, i);

        if (m->rtcp.port) {
                ep.port = m->rtcp.port;
                if (m->rtcp.a.fam != ADDR_NONE)
                        ep.a = m->rtcp.a;
        } else if (ep.port) {
                ep.port++; /* behind 65535: none */
        }
        return ep;
}

/* The m-block, or what stands before the first of them. */
static struct str part_of(const struct sdp *s, const struct sdp_media *m)
{
        if (m)
                return m->block;
        return s->nmedia ? lex_span(s->all.p, s->m[0].block.p) : s->all;
}

void sdp_each_attr(const struct sdp *s, const struct sdp_media *m, const char *name,
                   void (*fn)(void *ctx, struct str line), void *ctx)
{
        struct str in = part_of(s, m), value;
        struct sdp_line l;
        const char *why;

        while (sdp_line_next(&in, &l, &why) == SDP_LINE)
                if (l.type == 'a' && lex_is(sdp_attr_name(l.value, &value), name))
                        fn(ctx, l.all);
}

void sdp_each_line(const struct sdp *s, const struct sdp_media *m, char type, void (*fn)(void *ctx, struct str line),
                   void *ctx)
{
        struct str in = part_of(s, m);
        struct sdp_line l;
        const char *why;

        while (sdp_line_next(&in, &l, &why) == SDP_LINE)
                if (l.type == type)
                        fn(ctx, l.all);
}
