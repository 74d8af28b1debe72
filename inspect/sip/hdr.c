/* Header lines: names, folds, lists. */
#include "inspect/sip/msg_int.h"

#include <strings.h>

static const struct {
        const char *name;
        uint8_t len;
        char compact;
        uint8_t flags;
} hdr[SIP_HDRS] = {
        [SIP_H_OTHER] = { "", 0, 0, 0 },
#define SIP_HDR(id, name, compact, flags) [SIP_H_##id] = { name, sizeof(name) - 1, compact, flags },
#include "inspect/sip/hdr.def"
#undef SIP_HDR
};

unsigned sip_hdr_flags(enum sip_hdr id)
{
        return hdr[id < SIP_HDRS ? id : SIP_H_OTHER].flags;
}

static enum sip_hdr hdr_find(struct str name)
{
        for (unsigned i = SIP_H_OTHER + 1; i < SIP_HDRS; i++) {
                if (name.n == 1 && hdr[i].compact == (*name.p | 0x20))
                        return (enum sip_hdr)i;
                if (name.n == hdr[i].len && !strncasecmp(name.p, hdr[i].name, name.n))
                        return (enum sip_hdr)i;
        }
        return SIP_H_OTHER;
}

/*
 * A value may hold any octet, but control characters only as "\c" inside quotes: elsewhere a reader of C strings
 * would see another message than we do.
 */
static bool value_octets(struct str value, const char **why)
{
        bool quoted = false;

        for (size_t i = 0; i < value.n; i++) {
                char c = value.p[i];

                if (lex_is_control(c) && !lex_is_blank(c))
                        return sip_bad(why, "control character in a header");
                if (c == '"')
                        quoted = !quoted;
                else if (c == '\\' && quoted && i + 1 < value.n && !lex_is_blank(value.p[i + 1]))
                        i++;
        }
        return true;
}

/* The line at the front of head with the lines that continue it. *blank: one of those holds nothing. */
static struct str take_folded(struct str *head, bool *folded, bool *blank)
{
        struct str all = { head->p, 0 }, one;

        *blank = false;
        do {
                one = lex_until(head, "\n");
                lex_take(head, 1);
                *folded = all.n != 0;
                *blank |= *folded && !lex_trim(one).n;
                all.n += one.n + 1;
        } while (head->n && (*head->p == ' ' || *head->p == '\t'));
        return all;
}

bool sip_hdr_line_next(struct str *head, struct sip_hdr_line *l, const char **why)
{
        struct str in;
        bool blank;

        *l = (struct sip_hdr_line){ .id = SIP_H_OTHER };
        if (!head->n || *head->p == '\r')
                return true;
        l->all = in = take_folded(head, &l->folded, &blank);
        if (blank)
                return sip_bad(why, "line of blanks in the headers");
        l->name = lex_token(&in);
        while (in.n && (*in.p == ' ' || *in.p == '\t'))
                lex_take(&in, 1);
        if (!l->name.n || !lex_char(&in, ':'))
                return sip_bad(why, "malformed header line");
        l->value = lex_trim(in);
        l->id = hdr_find(l->name);
        return value_octets(l->value, why);
}

bool sip_list_next(struct str *rest, struct str *value, const char **why)
{
        struct str in = *rest, quoted;
        bool inside = false;

        for (; in.n && (inside || *in.p != ','); lex_take(&in, 1)) {
                if (*in.p == '"') {
                        if (inside || !lex_quoted(&in, &quoted))
                                return sip_bad(why, "quotes that do not close");
                        in = lex_span(in.p - 1, lex_end(in)); /* the loop takes the closing one */
                } else if (*in.p == '<') {
                        if (inside)
                                return sip_bad(why, "brackets that do not close");
                        inside = true;
                } else if (*in.p == '>') {
                        inside = false;
                }
        }
        if (inside)
                return sip_bad(why, "brackets that do not close");
        *value = lex_trim(lex_span(rest->p, in.p));
        *rest = in;
        return true;
}

bool sip_content_length(struct str value, int64_t *out, const char **why)
{
        uint64_t v;

        if (!value.n || value.n > 10)
                return sip_bad(why, "malformed Content-Length");
        for (size_t i = 0; i < value.n; i++)
                if (!lex_is_digit(value.p[i]))
                        return sip_bad(why, "malformed Content-Length");
        if (!lex_number(value, SIP_BODY_MAX, &v))
                return sip_bad(why, "body too long");
        *out = (int64_t)v;
        return true;
}
