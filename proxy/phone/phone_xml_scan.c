#include "proxy/phone/phone_xml_scan.h"

#include <string.h>

#define NAME_MAX_BYTES 128u

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum xml_event bad(struct xml_scan *x, const char *why)
{
        x->why = why;
        return XML_BAD;
}

static bool starts(const struct xml_scan *x, const char *lit)
{
        size_t n = strlen(lit);

        return x->n - x->at >= n && !memcmp(x->p + x->at, lit, n);
}

/* Behind the next occurrence of lit; false: there is none. */
static bool pass(struct xml_scan *x, const char *lit)
{
        const char *f = memmem(x->p + x->at, x->n - x->at, lit, strlen(lit));

        if (f)
                x->at = (size_t)(f - x->p) + strlen(lit);
        return f;
}

/* To the next '<'; false: the text ends before. */
static bool pass_text(struct xml_scan *x, struct xml_tag *t)
{
        for (; x->at < x->n && x->p[x->at] != '<'; x->at++)
                t->text_before |= !is_blank(x->p[x->at]);
        return x->at < x->n;
}

/* What is no tag; *bad says that it never ends or must not be there. */
static bool pass_other(struct xml_scan *x, struct xml_tag *t, const char **why)
{
        bool ended;

        if (starts(x, "<!--")) {
                x->at += 4;
                ended = pass(x, "-->");
        } else if (starts(x, "<?")) {
                ended = pass(x, "?>");
        } else if (starts(x, "<![CDATA[")) {
                t->text_before = true;
                ended = pass(x, "]]>");
        } else if (starts(x, "<!")) {
                *why = "it holds a declaration (DOCTYPE or the like)";
                return true;
        } else {
                return false;
        }
        if (!ended)
                *why = "it ends in the middle of a comment";
        return true;
}

static void take_name(struct xml_scan *x, struct xml_tag *t)
{
        t->name = x->p + x->at;
        while (x->at < x->n && !is_blank(x->p[x->at]) && !memchr("<>/='\"", x->p[x->at], 6))
                x->at++;
        t->name_n = (size_t)(x->p + x->at - t->name);
}

/* Behind the '>' of a tag whose name was read; a '>' in quotation marks does not count. *empty: it was "/>". */
static bool pass_attrs(struct xml_scan *x, bool *empty)
{
        char quote = 0, last = 0;

        for (; x->at < x->n; x->at++) {
                char c = x->p[x->at];

                if (!quote && last == '/' && c != '>') /* only "/>" may end with it */
                        return false;
                if (quote) {
                        quote = c == quote ? 0 : quote;
                } else if (c == '"' || c == '\'') {
                        quote = c;
                } else if (c == '>') {
                        x->at++;
                        *empty = last == '/';
                        return true;
                } else if (c == '<') {
                        return false;
                }
                last = quote ? 0 : c;
        }
        return false;
}

enum xml_event xml_next(struct xml_scan *x, struct xml_tag *t)
{
        const char *why = NULL;
        bool close, empty = false;

        *t = (struct xml_tag){ 0 };
        do {
                if (!pass_text(x, t))
                        return XML_END;
        } while (pass_other(x, t, &why) && !why);
        if (why)
                return bad(x, why);
        t->start = x->at;
        x->at++;
        close = starts(x, "/");
        x->at += close;
        take_name(x, t);
        if (!t->name_n || t->name_n > NAME_MAX_BYTES)
                return bad(x, "it holds a tag without a name");
        if (!pass_attrs(x, &empty) || (close && empty))
                return bad(x, "it holds a tag that does not end");
        t->end = x->at;
        return close ? XML_CLOSE : empty ? XML_EMPTY : XML_OPEN;
}
