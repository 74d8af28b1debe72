#include "platform/svc/http_req.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "platform/base/str.h"

#define BAD_REQUEST 400

static enum parse refuse(struct http_refusal *no, unsigned status, const char *why)
{
        *no = (struct http_refusal){ status, why };
        return PARSE_BAD;
}

/* ---- where the head ends ---- */

/* TAB and what can be seen, any octet of UTF-8; not the others. */
static bool text_octet(uint8_t c)
{
        return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* A CR belongs to a line end only. */
static bool octet_ok(const uint8_t *p, size_t n, size_t i)
{
        if (p[i] == '\r')
                return i + 1 == n || p[i + 1] == '\n';
        return p[i] == '\n' || text_octet(p[i]);
}

/* What is too long by now, while no end is seen. */
static enum parse too_long(size_t n, bool first_line, struct http_refusal *no)
{
        if (first_line && n > HTTP_TARGET_MAX + 32)
                return refuse(no, 414, "the request line is too long");
        if (n > HTTP_HEAD_MAX)
                return refuse(no, 431, "the header fields are too long");
        return PARSE_MORE;
}

/* The empty line. *len: with it; line ends are LF, before which a CR may stand. */
static enum parse find_end(const uint8_t *p, size_t n, size_t *len, struct http_refusal *no)
{
        size_t start = 0; /* of the line */
        bool first = true;

        for (size_t i = 0; i < n; i++) {
                if (too_long(i + 1, first, no) == PARSE_BAD)
                        return PARSE_BAD;
                if (!octet_ok(p, n, i))
                        return refuse(no, BAD_REQUEST, "the request holds control bytes");
                if (p[i] != '\n')
                        continue;
                if (i - start == 0 || (i - start == 1 && p[start] == '\r')) {
                        *len = i + 1;
                        return first ? refuse(no, BAD_REQUEST, "the request line is missing") : PARSE_OK;
                }
                first = false;
                start = i + 1;
        }
        return PARSE_MORE;
}

/* ---- lines ---- */

/* The next line without its end; the head ends with an empty one. */
static struct str next_line(struct str *rest)
{
        const char *nl = memchr(rest->p, '\n', rest->n);
        size_t n = nl ? (size_t)(nl - rest->p) : rest->n;
        struct str line = { rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n };

        rest->p += nl ? n + 1 : n;
        rest->n -= nl ? n + 1 : n;
        return line;
}

/* Up to the blank, which is taken too; the whole text when there is none. */
static struct str next_word(struct str *rest)
{
        const char *sp = memchr(rest->p, ' ', rest->n);
        size_t n = sp ? (size_t)(sp - rest->p) : rest->n;
        struct str word = { rest->p, n };

        rest->p += sp ? n + 1 : n;
        rest->n -= sp ? n + 1 : n;
        return word;
}

static bool same(struct str a, const char *b)
{
        return a.n == strlen(b) && !strncasecmp(a.p, b, a.n);
}

static bool is_token(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if (!isalnum((unsigned char)s.p[i]) && !(s.p[i] && strchr("!#$%&'*+-.^_`|~", s.p[i])))
                        return false;
        return s.n != 0;
}

static bool keep(char *out, size_t cap, struct str s)
{
        if (s.n >= cap)
                return false;
        memcpy(out, s.p, s.n);
        out[s.n] = 0;
        return true;
}

/* ---- the request line ---- */

static enum http_method method_of(struct str s)
{
        static const char *const name[] = { [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST" };

        for (unsigned i = 0; i < HTTP_OTHER; i++)
                if (s.n == strlen(name[i]) && !memcmp(s.p, name[i], s.n))
                        return (enum http_method)i;
        return HTTP_OTHER;
}

static enum parse take_version(struct http_req *r, struct str v, struct http_refusal *no)
{
        if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || !isdigit((unsigned char)v.p[5]) || v.p[6] != '.' ||
            !isdigit((unsigned char)v.p[7]))
                return refuse(no, BAD_REQUEST, "this is no request of HTTP/1.1");
        if (v.p[5] != '1')
                return refuse(no, 505, "only HTTP/1.1 is spoken");
        r->v11 = r->keep_alive = v.p[7] != '0';
        return PARSE_OK;
}

/* "https://host" in front of the path says nothing new (RFC 9112 3.2.2). */
static struct str origin_form(struct str t)
{
        static const char *const scheme[] = { "https://", "http://" };

        for (unsigned i = 0; i < 2; i++) {
                size_t n = strlen(scheme[i]);
                const char *path;

                if (t.n < n || strncasecmp(t.p, scheme[i], n) != 0)
                        continue;
                path = memchr(t.p + n, '/', t.n - n);
                return path ? (struct str){ path, t.n - (size_t)(path - t.p) } : (struct str){ "/", 1 };
        }
        return t;
}

static enum parse request_line(struct http_req *r, struct str line, struct http_refusal *no)
{
        struct str rest = line, method = next_word(&rest), target = next_word(&rest), path;

        if (!is_token(method) || memchr(rest.p, ' ', rest.n))
                return refuse(no, BAD_REQUEST, "this is no request of HTTP/1.1");
        if (take_version(r, rest, no) != PARSE_OK)
                return PARSE_BAD;
        r->method = method_of(method);
        path = origin_form(target);
        if (!path.n || path.p[0] != '/' || memchr(path.p, '\t', path.n))
                return refuse(no, BAD_REQUEST, "the request names no path");
        return keep(r->target, sizeof r->target, path) ? PARSE_OK : refuse(no, 414, "the path is too long");
}

/* ---- fields ---- */

struct fields {
        struct http_req *r;
        struct http_refusal *no;
        bool host, length, close, stay;
};

static enum parse kept(struct fields *f, char *out, size_t cap, struct str v)
{
        if (*out)
                return refuse(f->no, BAD_REQUEST, "a header field stands twice");
        return keep(out, cap, v) ? PARSE_OK : refuse(f->no, 431, "a header field is too long");
}

static enum parse take_length(struct fields *f, struct str v)
{
        uint32_t n = 0;

        if (f->length || !v.n)
                return refuse(f->no, BAD_REQUEST, "Content-Length is not one number");
        for (size_t i = 0; i < v.n; i++) {
                if (!isdigit((unsigned char)v.p[i]))
                        return refuse(f->no, BAD_REQUEST, "Content-Length is not one number");
                n = n > HTTP_BODY_MAX ? n : n * 10 + (uint32_t)(v.p[i] - '0');
        }
        if (n > HTTP_BODY_MAX)
                return refuse(f->no, 413, "the body is longer than 262144 bytes");
        f->length = true;
        f->r->body = n;
        return PARSE_OK;
}

static struct str trim(struct str s)
{
        while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
                s.p++, s.n--;
        while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
                s.n--;
        return s;
}

/* Elements of a list, without the blanks around them; false at its end. */
static bool next_element(struct str *rest, struct str *out)
{
        const char *comma;
        size_t n;

        if (!rest->n)
                return false;
        comma = memchr(rest->p, ',', rest->n);
        n = comma ? (size_t)(comma - rest->p) : rest->n;
        *out = trim((struct str){ rest->p, n });
        rest->p += comma ? n + 1 : n;
        rest->n -= comma ? n + 1 : n;
        return true;
}

static void take_connection(struct fields *f, struct str v)
{
        struct str word;

        while (next_element(&v, &word)) {
                f->close |= same(word, "close");
                f->stay |= same(word, "keep-alive");
        }
}

static enum parse take_field(struct fields *f, struct str name, struct str v)
{
        struct http_req *r = f->r;

        if (same(name, "Content-Length"))
                return take_length(f, v);
        if (same(name, "Transfer-Encoding"))
                return refuse(f->no, 501, "send the body with a Content-Length, not in a transfer coding");
        if (same(name, "Connection"))
                take_connection(f, v);
        else if (same(name, "Expect"))
                r->expect_continue = same(v, "100-continue");
        else if (same(name, "Host"))
                return f->host = true, kept(f, r->host, sizeof r->host, v);
        else if (same(name, "Origin"))
                return kept(f, r->origin, sizeof r->origin, v);
        else if (same(name, "Sec-Fetch-Site"))
                return kept(f, r->fetch_site, sizeof r->fetch_site, v);
        else if (same(name, "Authorization"))
                return kept(f, r->authorization, sizeof r->authorization, v);
        else if (same(name, "Accept") && !*r->accept)
                return kept(f, r->accept, sizeof r->accept, v);
        return PARSE_OK;
}

static enum parse field_line(struct fields *f, struct str line)
{
        const char *colon = memchr(line.p, ':', line.n);
        struct str name = { line.p, colon ? (size_t)(colon - line.p) : 0 };

        if (!colon || !is_token(name)) /* also a folded line, and a blank before the colon */
                return refuse(f->no, BAD_REQUEST, "a header field has no name");
        return take_field(f, name, trim((struct str){ colon + 1, line.n - name.n - 1 }));
}

static enum parse field_lines(struct http_req *r, struct str rest, struct http_refusal *no)
{
        struct fields f = { .r = r, .no = no };
        unsigned n = 0;

        for (struct str line = next_line(&rest); line.n; line = next_line(&rest)) {
                if (++n > HTTP_FIELDS_MAX)
                        return refuse(no, 431, "there are more than 64 header fields");
                if (field_line(&f, line) != PARSE_OK)
                        return PARSE_BAD;
        }
        if (r->v11 && !f.host)
                return refuse(no, BAD_REQUEST, "the Host field is missing");
        r->keep_alive = !f.close && (r->v11 || f.stay);
        return PARSE_OK;
}

enum parse http_parse(const void *p, size_t n, struct http_req *r, size_t *used, struct http_refusal *no)
{
        const char *text = p;
        size_t skip = 0, len;
        enum parse got;
        struct str rest;

        if (n && text[0] == '\r' && (n == 1 || text[1] == '\n')) /* one empty line before it is legal */
                skip = n == 1 ? 1 : 2;
        else if (n && text[0] == '\n')
                skip = 1;
        got = find_end((const uint8_t *)p + skip, n - skip, &len, no);
        if (got != PARSE_OK)
                return got;
        memset(r, 0, sizeof *r);
        rest = (struct str){ text + skip, len };
        if (request_line(r, next_line(&rest), no) != PARSE_OK || field_lines(r, rest, no) != PARSE_OK)
                return PARSE_BAD;
        *used = skip + len;
        return PARSE_OK;
}
