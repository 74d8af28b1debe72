#include "inspect/sip/lex.h"

#include <strings.h>

bool lex_is_token(char c)
{
        static const bool mark[256] = { ['-'] = true, ['.'] = true, ['!'] = true, ['%'] = true,  ['*'] = true,
                                        ['_'] = true, ['+'] = true, ['`'] = true, ['\''] = true, ['~'] = true };

        return lex_is_alpha(c) || lex_is_digit(c) || mark[(uint8_t)c];
}

bool lex_sep(struct str *s, char c)
{
        struct str in = *s;

        lex_blanks(&in);
        if (!lex_char(&in, c))
                return false;
        lex_blanks(&in);
        *s = in;
        return true;
}

struct str lex_token(struct str *s)
{
        size_t n = 0;

        while (n < s->n && lex_is_token(s->p[n]))
                n++;
        return lex_take(s, n);
}

struct str lex_until(struct str *s, const char *stop)
{
        size_t n = 0;

        if (!stop[1]) {
                const char *at = s->n ? memchr(s->p, *stop, s->n) : NULL;

                return lex_take(s, at ? (size_t)(at - s->p) : s->n);
        }
        while (n < s->n && !(s->p[n] && strchr(stop, s->p[n])))
                n++;
        return lex_take(s, n);
}

bool lex_quoted(struct str *s, struct str *inside)
{
        struct str in = *s;

        if (!lex_char(&in, '"'))
                return false;
        for (size_t n = 0; n < in.n; n++) {
                if (in.p[n] == '"') {
                        *inside = lex_take(&in, n);
                        lex_take(&in, 1);
                        *s = in;
                        return true;
                }
                n += in.p[n] == '\\';
        }
        return false;
}

struct str lex_trim(struct str s)
{
        lex_blanks(&s);
        while (s.n && lex_is_blank(s.p[s.n - 1]))
                s.n--;
        return s;
}

bool lex_is(struct str s, const char *word)
{
        return strlen(word) == s.n && (!s.n || !strncasecmp(s.p, word, s.n));
}

bool lex_same(struct str a, struct str b)
{
        return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

bool lex_begins(struct str s, const char *word)
{
        return lex_is(lex_take(&s, strlen(word)), word);
}

bool lex_number(struct str s, uint64_t max, uint64_t *out)
{
        uint64_t v = 0;

        if (!s.n)
                return false;
        for (size_t i = 0; i < s.n; i++) {
                if (!lex_is_digit(s.p[i]) || v > max / 10)
                        return false;
                v = v * 10 + (uint64_t)(s.p[i] - '0');
                if (v > max)
                        return false;
        }
        *out = v;
        return true;
}

bool lex_is_tokens(struct str s)
{
        return lex_token(&s).n && !s.n;
}

/* ---- hosts ---- */

bool lex_addr(struct str s, struct addr *out)
{
        char text[ADDR_TEXT_MAX + 2], *three;

        if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
                return false;
        memcpy(text, s.p, s.n);
        text[s.n] = 0;
        if (addr_parse(text, out))
                return true;
        three = strstr(text, ":::");
        if (!three)
                return false;
        memmove(three, three + 1, strlen(three));
        return addr_parse(text, out);
}

static bool is_host_char(char c)
{
        return lex_is_alpha(c) || lex_is_digit(c) || c == '-' || c == '.' || c == '_';
}

/* What inet_aton() would take: the last label is a number. */
static bool ends_in_number(struct str s)
{
        size_t n = 0;

        if (s.n && s.p[s.n - 1] == '.')
                s.n--;
        while (n < s.n && s.p[s.n - 1 - n] != '.')
                n++;
        if (!n)
                return true; /* nothing between two dots is no host either */
        s = (struct str){ s.p + s.n - n, n };
        if (lex_begins(s, "0x"))
                return true;
        for (size_t i = 0; i < s.n; i++)
                if (!lex_is_digit(s.p[i]))
                        return false;
        return true;
}

bool lex_host(struct str s, bool *has_addr, struct addr *addr)
{
        *has_addr = lex_addr(s, addr);
        if (*has_addr)
                return true;
        if (!s.n || s.n > 255)
                return false;
        for (size_t i = 0; i < s.n; i++)
                if (!is_host_char(s.p[i]))
                        return false;
        return !ends_in_number(s);
}

/* "[" IPv6 "]" or the host characters that are next. */
static bool take_host(struct str *s, struct str *host, bool *has_addr, struct addr *addr)
{
        size_t n = 0;

        if (lex_char(s, '[')) {
                *host = lex_until(s, "]");
                *has_addr = lex_addr(*host, addr) && addr->fam == ADDR_V6;
                return lex_char(s, ']') && *has_addr;
        }
        while (n < s->n && is_host_char(s->p[n]))
                n++;
        *host = lex_take(s, n);
        return lex_host(*host, has_addr, addr);
}

bool lex_hostport(struct str *s, bool blanks, struct str *host, bool *has_addr, struct addr *addr, uint16_t *port)
{
        struct str digits;
        uint64_t v;
        size_t n = 0;

        *port = 0;
        if (!take_host(s, host, has_addr, addr))
                return false;
        if (blanks ? !lex_sep(s, ':') : !lex_char(s, ':'))
                return true;
        while (n < s->n && lex_is_digit(s->p[n]))
                n++;
        digits = lex_take(s, n);
        if (digits.n > 5 || !lex_number(digits, 65535, &v) || !v)
                return false;
        *port = (uint16_t)v;
        return true;
}
