/* URIs, parameters, name-addr. RFC 3261 19.1, 20.10, 25.1. */
#include "inspect/sip/msg_int.h"

/* ---- parameters ---- */

/* What is left of a value that is no quoted string: up to the next ';'. */
static bool plain_value(struct str *in, struct str *value)
{
        struct str quoted, v = *in;

        while (in->n && *in->p != ';') {
                if (*in->p == '"' ? !lex_quoted(in, &quoted) : !lex_take(in, 1).n)
                        return false;
        }
        *value = lex_trim(lex_span(v.p, in->p));
        return true;
}

static bool take_value(struct str *in, struct sip_param_item *out)
{
        struct str before = *in;

        out->quoted = lex_quoted(in, &out->value);
        if (out->quoted) {
                lex_blanks(in);
                if (!in->n || *in->p == ';')
                        return true;
                *in = before; /* "a"b: no quoted string after all */
                out->quoted = false;
        }
        return plain_value(in, &out->value);
}

enum sip_param_got sip_param_next(struct str *params, struct sip_param_item *out)
{
        *out = (struct sip_param_item){ { "", 0 }, { "", 0 }, false, false };
        lex_blanks(params);
        if (!params->n)
                return SIP_PARAM_END;
        if (!lex_char(params, ';'))
                return SIP_PARAM_BAD;
        lex_blanks(params);
        out->name = lex_trim(lex_until(params, ";=\""));
        out->has_value = lex_char(params, '=');
        lex_blanks(params);
        if (out->has_value && !take_value(params, out))
                return SIP_PARAM_BAD;
        if (params->n && *params->p != ';')
                return SIP_PARAM_BAD;
        return out->name.n || out->has_value ? SIP_PARAM_OK : SIP_PARAM_EMPTY;
}

bool sip_param(struct str params, const char *name, struct str *value)
{
        struct sip_param_item i;
        enum sip_param_got got;

        while ((got = sip_param_next(&params, &i)) <= SIP_PARAM_EMPTY) {
                if (got == SIP_PARAM_OK && lex_is(i.name, name)) {
                        if (value)
                                *value = i.value;
                        return true;
                }
        }
        return false;
}

bool sip_param_once(struct str params, const char *name, struct str *value, bool *there)
{
        struct sip_param_item i;
        enum sip_param_got got;

        *value = (struct str){ "", 0 };
        *there = false;
        while ((got = sip_param_next(&params, &i)) <= SIP_PARAM_EMPTY) {
                if (got == SIP_PARAM_EMPTY || !lex_is(i.name, name))
                        continue;
                if (*there)
                        return false;
                *there = true;
                *value = i.value;
        }
        return got == SIP_PARAM_END;
}

/* ---- URIs ---- */

/* scheme ":" */
static bool take_scheme(struct str *in, struct str *scheme)
{
        size_t n = 0;

        while (n < in->n &&
               (lex_is_alpha(in->p[n]) || lex_is_digit(in->p[n]) || (in->p[n] && strchr("+-.", in->p[n]))))
                n++;
        *scheme = lex_take(in, n);
        return n && lex_is_alpha(*scheme->p) && lex_char(in, ':');
}

/* Octets that end a URI wherever it stands. */
static bool clean(struct str text)
{
        for (size_t i = 0; i < text.n; i++)
                if (lex_is_control(text.p[i]) || strchr(" <>\"", text.p[i]))
                        return false;
        return true;
}

/* Two '@' could be read in two ways: no host is taken out of that. */
static bool take_user(struct sip_uri *u, struct str *in)
{
        struct str rest = *in, user = lex_until(&rest, "@");

        if (!lex_char(&rest, '@'))
                return true;
        u->user = user;
        *in = rest;
        return user.n && *user.p != ':' && !memchr(rest.p, '@', rest.n);
}

static bool take_tail(struct sip_uri *u, struct str in)
{
        bool there;

        if (in.n && *in.p == ';')
                u->params = lex_until(&in, "?");
        if (lex_char(&in, '?'))
                u->headers = in;
        else if (in.n)
                return false;
        return sip_param_once(u->params, "transport", &u->transport, &there) &&
               sip_param_once(u->params, "maddr", &u->maddr, &there);
}

static bool parse_sip(struct sip_uri *u, struct str in)
{
        if (!take_user(u, &in))
                return false;
        u->hostport.p = in.p;
        if (!lex_hostport(&in, false, &u->host, &u->has_addr, &u->ep.a, &u->ep.port))
                return false;
        u->hostport = lex_span(u->hostport.p, in.p);
        return take_tail(u, in);
}

bool sip_uri_parse(struct sip_uri *u, struct str text)
{
        struct str in = text, none = { "", 0 };

        *u = (struct sip_uri){ .all = text, .user = none, .host = none, .hostport = none, .transport = none };
        u->maddr = u->params = u->headers = none;
        if (!clean(text) || !take_scheme(&in, &u->scheme))
                return false;
        u->is_sip = lex_is(u->scheme, "sip") || lex_is(u->scheme, "sips");
        if (u->is_sip)
                return parse_sip(u, in);
        if (lex_is(u->scheme, "tel")) {
                u->user = lex_until(&in, ";");
                u->params = in;
                return u->user.n;
        }
        return in.n;
}

/* ---- name-addr / addr-spec ---- */

/* What may stand before '<'. *brackets: a '<' comes next. */
static bool take_display(struct str *in, struct str *display, bool *brackets)
{
        struct str ahead = *in;

        if (lex_quoted(&ahead, display)) {
                lex_blanks(&ahead);
                *brackets = true;
        } else {
                *display = lex_trim(lex_until(&ahead, "<:;,\""));
                *brackets = ahead.n && *ahead.p == '<';
                if (!*brackets) {
                        *display = (struct str){ "", 0 };
                        return !ahead.n || *ahead.p != '"';
                }
        }
        *in = ahead;
        return lex_char(in, '<');
}

static bool take_addr(struct sip_nameaddr *a, struct str *in)
{
        struct str text;

        if (!take_display(in, &a->display, &a->brackets))
                return false;
        text = lex_until(in, a->brackets ? ">" : "; \t\r\n,");
        if (a->brackets && !lex_char(in, '>'))
                return false;
        return sip_uri_parse(&a->uri, text);
}

static bool take_params(struct sip_nameaddr *a, struct str in)
{
        struct str expires;
        uint64_t v;
        bool there;

        lex_blanks(&in);
        a->params = in;
        if (!sip_param_once(in, "tag", &a->tag, &there) || (there && !a->tag.n))
                return false;
        if (!sip_param_once(in, "expires", &expires, &there))
                return false;
        if (there && expires.n)
                a->expires = lex_number(expires, UINT32_MAX, &v) ? (int64_t)v : -1;
        return true;
}

bool sip_nameaddr_parse(struct sip_nameaddr *a, struct str value)
{
        struct str in = lex_trim(value), none = { "", 0 };

        memset(a, 0, sizeof *a);
        a->display = a->params = a->tag = none;
        a->uri.all = a->uri.user = a->uri.host = a->uri.hostport = a->uri.scheme = none;
        a->uri.transport = a->uri.maddr = a->uri.params = a->uri.headers = none;
        a->expires = -1;
        if (in.n == 1 && *in.p == '*') {
                a->star = true;
                return true;
        }
        return take_addr(a, &in) && take_params(a, in);
}
