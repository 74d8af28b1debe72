/*
 * The SDP of a message whose body may have parts. RFC 2046 5.1. Line ends may be LF alone: a reader that takes them
 * must not find a part that we did not see.
 */
#include "inspect/sip/msg_int.h"
#include "inspect/sip/sdp.h"

#define DEPTH_MAX 4u /* multipart in multipart */
#define BOUNDARY_MAX 70u

bool sip_media_type_parse(struct sip_media_type *t, struct str value)
{
        struct str in = lex_trim(value);

        t->type = lex_token(&in);
        if (!t->type.n || !lex_sep(&in, '/'))
                return false;
        t->subtype = lex_token(&in);
        lex_blanks(&in);
        t->params = in;
        return t->subtype.n;
}

static struct str take_line(struct str *in)
{
        struct str line = lex_until(in, "\n");

        line.n += lex_take(in, 1).n;
        return line;
}

/* "--" boundary [ "--" ] blanks, a whole line. */
static bool is_delimiter(struct str line, struct str boundary, bool *last)
{
        if (!lex_char(&line, '-') || !lex_char(&line, '-') || !lex_same(lex_take(&line, boundary.n), boundary))
                return false;
        *last = line.n >= 2 && line.p[0] == '-' && line.p[1] == '-';
        if (*last)
                lex_take(&line, 2);
        return !lex_trim(line).n;
}

/* Text up to the next delimiter, without the line end that belongs to the delimiter. false: there is none. */
static bool take_to_delimiter(struct str *in, struct str boundary, struct str *content, bool *last)
{
        const char *from = in->p, *at;

        while (in->n) {
                at = in->p;
                if (!is_delimiter(take_line(in), boundary, last))
                        continue;
                if (at > from && at[-1] == '\n')
                        at--;
                if (at > from && at[-1] == '\r')
                        at--;
                *content = lex_span(from, at);
                return true;
        }
        return false;
}

struct part {
        struct str multipart; /* Content-Type of that kind */
        bool sdp, unclear;    /* one of its Content-Types says so: which counts, the peer decides */
        struct sip_part p;
};

/* One header of a part, folds and all. */
static struct str take_header(struct str *in)
{
        struct str line = take_line(in);

        while (in->n && (*in->p == ' ' || *in->p == '\t') && lex_trim(line).n)
                line.n += take_line(in).n;
        return line;
}

/*
 * What a peer may take a body for. What stands behind the subtype does not matter: a peer may not look at it either.
 * Unclear is what one reader may take for SDP and another one not.
 */
enum kind { KIND_OTHER, KIND_SDP, KIND_MULTIPART, KIND_UNCLEAR };

static enum kind kind_of(struct str type)
{
        struct sip_media_type t;

        if (!sip_media_type_parse(&t, type))
                return KIND_UNCLEAR;
        if (lex_is(t.type, "multipart"))
                return KIND_MULTIPART;
        if (!lex_is(t.subtype, "sdp"))
                return KIND_OTHER;
        return lex_is(t.type, "application") ? KIND_SDP : KIND_UNCLEAR;
}

/* RFC 2046 5.1.1: with other octets, two readers may see two boundaries. */
static bool is_boundary(struct str b)
{
        for (size_t i = 0; i < b.n; i++)
                if (!lex_is_alpha(b.p[i]) && !lex_is_digit(b.p[i]) && !(b.p[i] && strchr("'()+_,-./:=? ", b.p[i])))
                        return false;
        return b.n && b.n <= BOUNDARY_MAX && *b.p != ' ' && b.p[b.n - 1] != ' ';
}

static bool boundary_of(struct str type, struct str *boundary)
{
        struct sip_media_type t;
        bool there;

        return sip_media_type_parse(&t, type) && sip_param_once(t.params, "boundary", boundary, &there) &&
               is_boundary(*boundary);
}

static bool begins_like_sdp(struct str body)
{
        return lex_begins(lex_trim(body), "v=");
}

static struct part part_of(struct str text)
{
        struct part out = { .multipart = { "", 0 }, .p = { text, { "", 0 } } };
        bool typed = false;
        struct str in = text, line, name, value;

        while (in.n) {
                line = take_header(&in);
                if (!lex_trim(line).n)
                        break;
                name = lex_token(&line);
                if (!lex_sep(&line, ':'))
                        continue;
                value = lex_trim(line);
                if (lex_is(name, "Content-Length") || lex_is(name, "l"))
                        out.p.length = value;
                if (!lex_is(name, "Content-Type") && !lex_is(name, "c"))
                        continue;
                typed = true;
                out.sdp |= kind_of(value) == KIND_SDP;
                out.unclear |= kind_of(value) == KIND_UNCLEAR;
                if (kind_of(value) == KIND_MULTIPART)
                        out.multipart = value;
        }
        out.p.content = in;
        out.unclear |= !typed && begins_like_sdp(in);
        return out;
}

/* A multipart body being walked. */
struct level {
        struct str left, boundary;
};

static bool enter(struct level *l, struct str body, struct str boundary)
{
        struct str preamble;
        bool last;

        *l = (struct level){ body, boundary };
        return take_to_delimiter(&l->left, boundary, &preamble, &last) && !last;
}

/* The next part of the level; false: the last is behind us. A part that no delimiter ends goes to the end. */
static bool next_part(struct level *l, struct part *out)
{
        struct str text = l->left;
        bool last = false;

        if (!l->left.n)
                return false;
        if (!take_to_delimiter(&l->left, l->boundary, &text, &last) || last)
                l->left.n = 0;
        *out = part_of(text);
        return true;
}

/* Goes down into a part; false: it cannot be looked into. */
static bool descend(struct level *level, unsigned *depth, const struct part *p)
{
        struct str boundary;

        if (*depth + 1 == DEPTH_MAX || !boundary_of(p->multipart, &boundary) ||
            !enter(&level[*depth + 1], p->p.content, boundary))
                return false;
        ++*depth;
        return true;
}

static unsigned walk(struct str body, struct str boundary, struct sip_part *first)
{
        struct level level[DEPTH_MAX];
        unsigned depth = 0, found = 0;
        struct part p;

        if (!enter(&level[0], body, boundary))
                return SIP_PARTS_UNCLEAR;
        for (;;) {
                if (!next_part(&level[depth], &p)) {
                        if (!depth--)
                                return found;
                } else if (p.unclear) {
                        return SIP_PARTS_UNCLEAR;
                } else if (p.sdp) {
                        if (!found++)
                                *first = p.p;
                } else if (p.multipart.n && !descend(level, &depth, &p)) {
                        return SIP_PARTS_UNCLEAR;
                }
        }
}

unsigned sip_sdp_parts(const struct sip_msg *m, struct sip_part *first)
{
        const struct sip_header *h = sip_header_at(m, SIP_H_CONTENT_TYPE, 0);
        struct str boundary;
        enum kind kind;

        *first = (struct sip_part){ { "", 0 }, { "", 0 } };
        if (!m->body.n)
                return 0;
        kind = h ? kind_of(h->value) : begins_like_sdp(m->body) ? KIND_SDP : KIND_OTHER;
        if (kind == KIND_SDP) {
                first->content = m->body;
                return 1;
        }
        if (kind == KIND_OTHER)
                return 0;
        return kind == KIND_MULTIPART && boundary_of(h->value, &boundary) ? walk(m->body, boundary, first)
                                                                          : SIP_PARTS_UNCLEAR;
}

bool sip_sdp_part(const struct sip_msg *m, struct str *part)
{
        struct sip_part p;
        unsigned found = sip_sdp_parts(m, &p);

        *part = found == 1 ? p.content : (struct str){ "", 0 };
        return found > 0;
}
