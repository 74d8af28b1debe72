/*
 * The small words of SIP grammar over borrowed text: every function takes from the front of a slice and can fail;
 * none reads behind its end. Header values reach these functions with well-formed folds only, so CR and LF count as
 * blanks here.
 */
#ifndef VOXGATE_INSPECT_SIP_LEX_H
#define VOXGATE_INSPECT_SIP_LEX_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "platform/base/addr.h"
#include "platform/base/str.h"

static inline bool lex_is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static inline bool lex_is_alpha(char c)
{
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool lex_is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 3261 25.1 */
bool lex_is_token(char c);
/* C0 and DEL, tab among them. */
static inline bool lex_is_control(char c)
{
        return (uint8_t)c < 0x20 || c == 0x7f;
}

/* What stands at or behind from and before to. */
static inline struct str lex_span(const char *from, const char *to)
{
        return (struct str){ from, (size_t)(to - from) };
}

static inline const char *lex_end(struct str s)
{
        return s.p + s.n;
}

/* These three run once an octet. */
/* The next n bytes, or all there are. */
static inline struct str lex_take(struct str *s, size_t n)
{
        struct str out = { s->p, n < s->n ? n : s->n };

        s->p += out.n;
        s->n -= out.n;
        return out;
}

static inline void lex_blanks(struct str *s)
{
        while (s->n && lex_is_blank(*s->p))
                lex_take(s, 1);
}

/* Takes c when it is next. */
static inline bool lex_char(struct str *s, char c)
{
        if (!s->n || *s->p != c)
                return false;
        lex_take(s, 1);
        return true;
}
/* c with blanks on either side: SLASH, EQUAL, SEMI, COLON. Takes nothing without c. */
bool lex_sep(struct str *s, char c);
/* The longest token; empty when there is none. */
struct str lex_token(struct str *s);
/* Up to the first of these characters, or all. */
struct str lex_until(struct str *s, const char *stop);
/* "..." with \-escapes; *inside is without the quotes. false: no quote here, or it is never closed. */
bool lex_quoted(struct str *s, struct str *inside);
struct str lex_trim(struct str s);
/* Whole text, without case. */
bool lex_is(struct str s, const char *word);
bool lex_same(struct str a, struct str b);
bool lex_begins(struct str s, const char *word);
/* 1*DIGIT, value at most max. */
bool lex_number(struct str s, uint64_t max, uint64_t *out);
bool lex_is_tokens(struct str s);
/* A dotted or colon-hex literal; also the three colons that an old grammar allowed. No brackets. */
bool lex_addr(struct str s, struct addr *out);
/*
 * host: a name or a literal, *addr set when it is one. Text that looks like a number but is no IPv4 address is
 * refused: some peers would read an address into it ("010.1", "0x7f000001").
 */
bool lex_host(struct str s, bool *has_addr, struct addr *addr);
/* Takes host [":" port] with IPv6 in []; port 0 when none is written. blanks: they may stand around the colon (Via).
 */
bool lex_hostport(struct str *s, bool blanks, struct str *host, bool *has_addr, struct addr *addr, uint16_t *port);

#endif
