/* strict-header-validation: the grammar to the letter, where sip_parse() only refuses what could be read in two ways.
 */
#include "inspect/sip/msg_int.h"

#include "platform/base/attr.h"

/* ---- octets ---- */

/* Escapes are "%" and two hex digits; no other octet than this set has. */
static bool uri_octets(struct str s, const char *extra)
{
        for (size_t i = 0; i < s.n; i++) {
                char c = s.p[i];

                if (c == '%') {
                        for (int k = 0; k < 2; k++)
                                if (++i >= s.n ||
                                    !(lex_is_digit(s.p[i]) || (lex_is_alpha(s.p[i]) && (s.p[i] | 0x20) <= 'f')))
                                        return false;
                } else if (!lex_is_alpha(c) && !lex_is_digit(c) && !(c && strchr("-_.!~*'()", c)) &&
                           !(c && strchr(extra, c))) {
                        return false;
                }
        }
        return true;
}

static bool token_list(struct str s)
{
        return !s.n || lex_is_tokens(s);
}

/* *( token LWS ) or a quoted string, which lost its quotes on the way here. */
static bool display_ok(const struct sip_nameaddr *a)
{
        struct str in = a->display;

        if (!in.n || in.p[-1] == '"')
                return true;
        for (; in.n; lex_blanks(&in))
                if (!lex_token(&in).n)
                        return false;
        return true;
}

/* Every parameter is a token with a token, host or quoted value; none is empty. */
static bool params_ok(struct str params)
{
        struct sip_param_item i;
        enum sip_param_got got;

        while ((got = sip_param_next(&params, &i)) == SIP_PARAM_OK) {
                if (!lex_is_tokens(i.name) || (i.has_value && !i.quoted && !i.value.n))
                        return false;
                for (size_t k = 0; !i.quoted && k < i.value.n; k++)
                        if (!lex_is_token(i.value.p[k]) && !strchr("[]:", i.value.p[k] ? i.value.p[k] : ' '))
                                return false;
        }
        return got == SIP_PARAM_END;
}

/* ---- addresses ---- */

static bool uri_params_ok(struct str params)
{
        while (lex_char(&params, ';')) {
                struct str one = lex_until(&params, ";"), name = lex_until(&one, "=");

                if (!name.n || !uri_octets(name, "[]/:&+$") || (one.n == 1) ||
                    (lex_char(&one, '=') && !uri_octets(one, "[]/:&+$")))
                        return false;
        }
        return !params.n;
}

static bool uri_ok(const struct sip_uri *u)
{
        if (!u->is_sip)
                return uri_octets(u->all, ";/?:@&=+$,[]#");
        return uri_octets(u->user, ";?/&=+$,:") && uri_params_ok(u->params) && uri_octets(u->headers, "[]/?:+$&=");
}

/* Without <> nobody can tell whose a comma, a question mark or a semicolon is. */
static bool bare_uri_ok(const struct sip_uri *u)
{
        return !memchr(u->all.p, ',', u->all.n) && !memchr(u->all.p, '?', u->all.n);
}

static const char *check_addr(const struct sip_header *h)
{
        struct sip_nameaddr a;

        if (!sip_nameaddr_parse(&a, h->value))
                return "malformed address";
        if (a.star)
                return h->id == SIP_H_CONTACT ? NULL : "* outside Contact";
        if (!display_ok(&a))
                return "malformed display name";
        if (!uri_ok(&a.uri) || (!a.brackets && !bare_uri_ok(&a.uri)))
                return "malformed URI";
        return params_ok(a.params) ? NULL : "malformed parameter";
}

/* ---- headers ---- */

static const char *check_via(const struct sip_header *h)
{
        struct sip_via v;
        struct str received;
        struct addr a;
        bool has;

        if (!sip_via_parse(&v, h->value))
                return "malformed Via";
        received = v.received;
        if (received.n > 2 && *received.p == '[')
                received = (struct str){ received.p + 1, received.n - 2 };
        if (received.n && (!lex_host(received, &has, &a) || !has))
                return "malformed received";
        return params_ok(v.params) ? NULL : "malformed Via parameter";
}

static const char *check_number(struct str value, uint64_t max)
{
        uint64_t v;

        return lex_number(value, max, &v) ? NULL : "number out of range";
}

/* ends in GMT: no other zone is legal */
static const char *check_date(struct str value)
{
        struct str zone = { lex_end(value) - (value.n < 4 ? 0 : 4), value.n < 4 ? 0 : 4 };

        return lex_same(zone, (struct str){ " GMT", 4 }) ? NULL : "malformed Date";
}

static const char *check_type(struct str value)
{
        struct sip_media_type t;

        return sip_media_type_parse(&t, value) && params_ok(t.params) ? NULL : "malformed Content-Type";
}

static const char *check_header(const struct sip_header *h)
{
        if (sip_hdr_flags((enum sip_hdr)h->id) & SIP_HF_ADDR)
                return check_addr(h);
        switch (h->id) {
        case SIP_H_VIA:
                return check_via(h);
        case SIP_H_MAX_FORWARDS:
                return check_number(h->value, 255);
        case SIP_H_EXPIRES:
                return check_number(h->value, UINT32_MAX);
        case SIP_H_RSEQ:
                return check_number(h->value, UINT32_MAX);
        case SIP_H_DATE:
                return check_date(h->value);
        case SIP_H_CONTENT_TYPE:
                return check_type(h->value);
        case SIP_H_SUPPORTED:
        case SIP_H_REQUIRE:
        case SIP_H_PROXY_REQUIRE:
        case SIP_H_ALLOW:
                return token_list(h->value) ? NULL : "malformed token";
        default:
                return NULL;
        }
}

/* ---- the message ---- */

static bool is_set(const struct sip_msg *m, enum sip_hdr id)
{
        return m->first[id] != 0;
}

/* "*" alone, in a REGISTER that takes everything back. */
static const char *check_star(const struct sip_msg *m)
{
        const struct sip_header *h, *expires = sip_header_at(m, SIP_H_EXPIRES, 0);
        struct sip_nameaddr a;
        uint64_t v;

        for (unsigned i = 0; (h = sip_header_at(m, SIP_H_CONTACT, i)); i++) {
                if (!sip_nameaddr_parse(&a, h->value) || !a.star)
                        continue;
                if (m->method != SIP_M_REGISTER || !m->request || i || sip_header_at(m, SIP_H_CONTACT, 1))
                        return "* is not the only Contact of a REGISTER";
                if (!expires || !lex_number(expires->value, 0, &v))
                        return "Contact * without Expires 0";
        }
        return NULL;
}

static const char *check_present(const struct sip_msg *m)
{
        bool answered = !m->request && m->status >= 200 && m->status < 300;

        if (m->request && !is_set(m, SIP_H_MAX_FORWARDS))
                return "no Max-Forwards";
        if (m->method == SIP_M_INVITE && (m->request || answered) && !is_set(m, SIP_H_CONTACT))
                return "no Contact";
        if (m->body.n && !is_set(m, SIP_H_CONTENT_TYPE))
                return "no Content-Type";
        return check_star(m);
}

static const char *check_start(const struct sip_msg *m)
{
        struct sip_uri u;

        if (!m->request)
                return m->reason.n || lex_end(m->reason)[-1] == ' ' ? NULL : "malformed status line";
        if (!sip_uri_parse(&u, m->uri) || !uri_ok(&u))
                return "malformed Request-URI";
        return u.headers.n ? "headers in the Request-URI" : NULL;
}

const char *sip_validate_strict(const struct sip_msg *m)
{
        const char *why = check_start(m);

        for (unsigned i = 0; !why && i < m->nheaders; i++)
                why = check_header(&m->h[i]);
        return why ? why : check_present(m);
}
