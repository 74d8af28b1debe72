/* A whole message: start line, headers into one table, the fields everybody needs. */
#include "inspect/sip/msg_int.h"

#include "platform/base/attr.h"

static const char *const method_name[SIP_METHODS] = {
        [SIP_M_UNKNOWN] = "",          [SIP_M_ACK] = "ACK",
        [SIP_M_BYE] = "BYE",           [SIP_M_CANCEL] = "CANCEL",
        [SIP_M_INFO] = "INFO",         [SIP_M_INVITE] = "INVITE",
        [SIP_M_MESSAGE] = "MESSAGE",   [SIP_M_NOTIFY] = "NOTIFY",
        [SIP_M_OPTIONS] = "OPTIONS",   [SIP_M_PRACK] = "PRACK",
        [SIP_M_PUBLISH] = "PUBLISH",   [SIP_M_REFER] = "REFER",
        [SIP_M_REGISTER] = "REGISTER", [SIP_M_SUBSCRIBE] = "SUBSCRIBE",
        [SIP_M_UPDATE] = "UPDATE",
};

const char *sip_method_name(enum sip_method m)
{
        return (unsigned)m < SIP_METHODS ? method_name[m] : "";
}

/* Methods are compared with case: "invite" is another, unknown one. */
enum sip_method sip_method_find(struct str text)
{
        for (unsigned i = SIP_M_UNKNOWN + 1; i < SIP_METHODS; i++)
                if (text.n == strlen(method_name[i]) && !memcmp(text.p, method_name[i], text.n))
                        return (enum sip_method)i;
        return SIP_M_UNKNOWN;
}

/* ---- start line ---- */

static bool status_line(struct sip_start *s, struct str in, const char **why)
{
        uint64_t status;

        if (!lex_is(lex_take(&in, 7), "SIP/2.0"))
                return sip_bad(why, "version is not SIP/2.0");
        if (!lex_char(&in, ' ') || !lex_number(lex_take(&in, 3), 699, &status) || status < 100)
                return sip_bad(why, "malformed status line");
        s->bare = !in.n;
        if (!s->bare && !lex_char(&in, ' '))
                return sip_bad(why, "malformed status line");
        s->status = (unsigned)status;
        s->reason = in;
        return true;
}

static bool request_line(struct sip_start *s, struct str in, const char **why)
{
        s->method = lex_token(&in);
        if (!s->method.n || !lex_char(&in, ' '))
                return sip_bad(why, "malformed start line");
        s->uri = lex_until(&in, " \t<>\"");
        if (!s->uri.n || !lex_char(&in, ' ') || !lex_begins(in, "SIP/"))
                return sip_bad(why, "malformed request line");
        if (lex_is(in, "SIP/2.0"))
                return true;
        return sip_bad(why, in.p[in.n - 1] == ' ' ? "malformed request line" : "version is not SIP/2.0");
}

bool sip_start_parse(struct sip_start *s, struct str line, const char **why)
{
        const struct str none = { "", 0 };

        *s = (struct sip_start){ .request = !lex_begins(line, "SIP/"), .method = none, .uri = none, .reason = none };
        for (size_t i = 0; i < line.n; i++)
                if (lex_is_control(line.p[i]) && line.p[i] != '\t')
                        return sip_bad(why, "control character in the start line");
        return s->request ? request_line(s, line, why) : status_line(s, line, why);
}

static bool take_start(struct sip_msg *m, struct str *head, const char **why)
{
        struct sip_start s;

        m->start_line = lex_until(head, "\n");
        if (!sip_start_parse(&s, lex_span(m->start_line.p, lex_end(m->start_line) - 1), why))
                return false;
        m->start_line.n++;
        lex_take(head, 1);
        m->request = s.request;
        m->method_text = s.method;
        m->uri = s.uri;
        m->status = s.status;
        m->reason = s.reason;
        return true;
}

/* ---- headers ---- */

static bool add_value(struct sip_msg *m, const struct sip_hdr_line *l, struct str value, bool joined,
                      const char **why)
{
        struct sip_header *h = &m->h[m->nheaders];

        if (m->nheaders == SIP_HEADERS_MAX)
                return sip_bad(why, "too many headers");
        *h = (struct sip_header){ .id = (uint8_t)l->id, .joined = joined, .name = l->name, .value = value };
        h->folded = l->folded && value.n && memchr(value.p, '\n', value.n);
        if (!joined)
                h->line = l->all;
        m->nheaders++;
        if (!m->first[l->id])
                m->first[l->id] = (uint16_t)m->nheaders;
        else if (sip_hdr_flags(l->id) & SIP_HF_ONCE)
                return sip_bad(why, "a header that may stand once is repeated");
        return true;
}

/* Every value of a list line. What stands between two commas may be empty only where nobody reads addresses. */
static bool add_list(struct sip_msg *m, const struct sip_hdr_line *l, const char **why)
{
        bool picky = l->id == SIP_H_VIA || sip_hdr_flags(l->id) & SIP_HF_ADDR;
        struct str rest = l->value, value;
        unsigned before = m->nheaders;
        bool more = true;

        while (more) {
                if (!sip_list_next(&rest, &value, why))
                        return false;
                more = lex_char(&rest, ',');
                if (!value.n && picky && (more || m->nheaders > before || l->id == SIP_H_VIA))
                        return sip_bad(why, "empty element of a list");
                if (!value.n && (more || m->nheaders > before))
                        continue;
                if (!add_value(m, l, value, m->nheaders > before, why))
                        return false;
        }
        return true;
}

static bool take_headers(struct sip_msg *m, struct str *head, const char **why)
{
        struct sip_hdr_line l;

        if (head->n && (*head->p == ' ' || *head->p == '\t'))
                return sip_bad(why, "malformed header line");
        for (;;) {
                if (!sip_hdr_line_next(head, &l, why))
                        return false;
                if (!l.all.n)
                        return true;
                if (sip_hdr_flags(l.id) & SIP_HF_LIST ? !add_list(m, &l, why)
                                                      : !add_value(m, &l, l.value, false, why))
                        return false;
        }
}

const struct sip_header *sip_header_at(const struct sip_msg *m, enum sip_hdr id, unsigned i)
{
        unsigned at = (unsigned)id < SIP_HDRS ? m->first[id] : 0;

        if (!at)
                return NULL;
        for (at--; at < m->nheaders; at++)
                if (m->h[at].id == id && !i--)
                        return &m->h[at];
        return NULL;
}

static struct str value_of(const struct sip_msg *m, enum sip_hdr id)
{
        return m->first[id] ? m->h[m->first[id] - 1].value : (struct str){ "", 0 };
}

/* ---- the fields everybody needs ---- */

static bool take_parties(struct sip_msg *m, const char **why)
{
        struct sip_nameaddr a;

        if (!sip_nameaddr_parse(&a, value_of(m, SIP_H_FROM)) || a.star)
                return sip_bad(why, m->first[SIP_H_FROM] ? "malformed From" : "no From");
        m->from_tag = a.tag;
        if (!sip_nameaddr_parse(&a, value_of(m, SIP_H_TO)) || a.star)
                return sip_bad(why, m->first[SIP_H_TO] ? "malformed To" : "no To");
        m->to_tag = a.tag;
        return true;
}

static bool take_call_id(struct sip_msg *m, const char **why)
{
        m->call_id = value_of(m, SIP_H_CALL_ID);
        if (!m->call_id.n)
                return sip_bad(why, "no Call-ID");
        for (size_t i = 0; i < m->call_id.n; i++)
                if (lex_is_blank(m->call_id.p[i]) || lex_is_control(m->call_id.p[i]))
                        return sip_bad(why, "malformed Call-ID");
        return true;
}

static bool take_cseq(struct sip_msg *m, const char **why)
{
        struct str in = value_of(m, SIP_H_CSEQ), digits = lex_until(&in, " \t\r\n"), method;
        uint64_t v;

        if (!m->first[SIP_H_CSEQ])
                return sip_bad(why, "no CSeq");
        lex_blanks(&in);
        method = lex_token(&in);
        if (!lex_number(digits, INT32_MAX, &v) || !method.n || in.n)
                return sip_bad(why, "malformed CSeq");
        m->cseq = (uint32_t)v;
        if (m->request && !lex_same(method, m->method_text))
                return sip_bad(why, "CSeq names another method");
        m->method_text = method;
        m->method = sip_method_find(method);
        return true;
}

static bool take_vias(struct sip_msg *m, const char **why)
{
        struct sip_via v;
        unsigned n = 0;

        for (unsigned i = 0; i < m->nheaders; i++)
                n += m->h[i].id == SIP_H_VIA;
        if (n > SIP_VIAS_MAX)
                return sip_bad(why, "too many Via");
        if (!sip_via_parse(&v, value_of(m, SIP_H_VIA)))
                return sip_bad(why, n ? "malformed Via" : "no Via");
        m->branch = v.branch;
        return true;
}

static bool take_uri(struct sip_msg *m, const char **why)
{
        struct sip_uri u;

        return !m->request || sip_uri_parse(&u, m->uri) || sip_bad(why, "malformed Request-URI");
}

static bool take_length(struct sip_msg *m, const char **why)
{
        m->content_length = -1;
        return !m->first[SIP_H_CONTENT_LENGTH] ||
               sip_content_length(value_of(m, SIP_H_CONTENT_LENGTH), &m->content_length, why);
}

static bool take_fields(struct sip_msg *m, const char **why)
{
        return take_length(m, why) && take_uri(m, why) && take_vias(m, why) && take_parties(m, why) &&
               take_call_id(m, why) && take_cseq(m, why);
}

/* What is left behind the head is the body, or more than it. */
static enum sip_parse_result take_body(struct sip_msg *m, struct str left, bool datagram, const char **why)
{
        if (m->content_length < 0 && !datagram) {
                *why = "no Content-Length on a stream";
                return SIP_BAD;
        }
        if (m->content_length >= 0 && (uint64_t)m->content_length > left.n) {
                *why = "Content-Length is more than there is";
                return datagram ? SIP_BAD : SIP_MORE;
        }
        if (m->content_length >= 0)
                left.n = (size_t)m->content_length;
        if (left.n > SIP_BODY_MAX) {
                *why = "body too long";
                return SIP_BAD;
        }
        m->body = left;
        return SIP_OK;
}

static void reset(struct sip_msg *m)
{
        m->nheaders = 0;
        m->cseq = 0;
        m->method = SIP_M_UNKNOWN;
        m->content_length = -1;
        m->total = 0;
        m->call_id = m->from_tag = m->to_tag = m->branch = m->body = (struct str){ "", 0 };
        memset(m->first, 0, sizeof m->first);
}

enum sip_parse_result sip_parse(struct sip_msg *m, const uint8_t *p, size_t n, bool datagram, const char **why)
{
        size_t lead, head = 0;
        enum sip_parse_result r;
        struct str in;

        *why = "";
        reset(m);
        if (!sip_skip_crlf(p, n, &lead, why))
                return SIP_BAD;
        r = sip_head_scan(p + lead, n - lead, &head, why);
        if (r == SIP_MORE && datagram) {
                *why = "headers do not end";
                return SIP_BAD;
        }
        if (r != SIP_OK)
                return r;
        in = (struct str){ (const char *)p + lead, head };
        if (!take_start(m, &in, why) || !take_headers(m, &in, why) || !take_fields(m, why))
                return SIP_BAD;
        r = take_body(m, (struct str){ (const char *)p + lead + head, n - lead - head }, datagram, why);
        m->total = lead + head + m->body.n;
        return r;
}
