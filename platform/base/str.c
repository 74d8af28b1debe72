#include "platform/base/str.h"

#include "platform/base/attr.h"

#include <stdio.h>
#include <string.h>

bool str_u64(const char *s, uint64_t lo, uint64_t hi, uint64_t *out)
{
        uint64_t v = 0;

        if (!*s)
                return false;
        for (; *s; s++) {
                if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10u, &v) ||
                    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
                        return false;
        }
        if (v < lo || v > hi)
                return false;
        *out = v;
        return true;
}

bool str_u32(const char *s, uint32_t lo, uint32_t hi, uint32_t *out)
{
        uint64_t v;

        if (!str_u64(s, lo, hi, &v))
                return false;
        *out = (uint32_t)v;
        return true;
}

bool str_copy(char *out, size_t cap, const char *s)
{
        size_t n = strlen(s);

        if (!cap)
                return false;
        if (n >= cap) {
                *out = 0;
                return false;
        }
        memcpy(out, s, n + 1);
        return true;
}

/* Bytes of the well-formed printable character at p (RFC 3629), or 0. Controls U+0000-001F and U+007F-009F do not
 * print. */
static size_t utf8_printable(const uint8_t *p, size_t n)
{
        size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

        if (len == 1)
                return p[0] >= 0x20 && p[0] != 0x7f;
        if (!len || len > n)
                return 0;
        for (size_t i = 1; i < len; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
            (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
                return 0;
        return len;
}

/* One character, or one byte escaped, with NUL; returns the bytes eaten. */
static size_t escape_one(char piece[8], const uint8_t *p, size_t n)
{
        size_t len = utf8_printable(p, n);

        if (!len) {
                snprintf(piece, 8, "\\x%02x", p[0]);
                return 1;
        }
        memcpy(piece, p, len);
        piece[len] = 0;
        return len;
}

char *str_escape(char *out, size_t cap, const void *s, size_t n)
{
        const uint8_t *p = s;
        size_t used = 0, cut = 0, eaten, len;
        char piece[8];

        if (!cap)
                return out;
        for (size_t i = 0; i < n; i += eaten) {
                eaten = escape_one(piece, p + i, n - i);
                len = strlen(piece);
                if (used + len >= cap) {
                        used = cut; /* where "..." still fits behind */
                        len = MIN_OF(cap - 1 - used, 3);
                        memcpy(out + used, "...", len);
                        used += len;
                        break;
                }
                memcpy(out + used, piece, len);
                used += len;
                if (used + 3 < cap)
                        cut = used;
        }
        out[used] = 0;
        return out;
}

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_prefix_ci(const char *full, const char *abbrev)
{
        for (; *abbrev; full++, abbrev++)
                if (lower(*full) != lower(*abbrev))
                        return false;
        return true;
}

char *str_duration(char *out, uint64_t seconds)
{
        snprintf(out, 24, "%llu:%02u:%02u", (unsigned long long)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                 (unsigned)(seconds % 60));
        return out;
}

/* Digits up to ':' or the end, moving *s to there. */
static bool parse_field(const char **s, uint64_t max, uint64_t *out)
{
        const char *p = *s;
        uint64_t v = 0;

        if (*p < '0' || *p > '9')
                return false;
        for (; *p >= '0' && *p <= '9'; p++) {
                v = v * 10 + (uint64_t)(*p - '0');
                if (v > max)
                        return false;
        }
        *s = p;
        *out = v;
        return true;
}

bool str_parse_duration(const char *s, uint32_t *seconds)
{
        uint64_t field[3], total;
        unsigned n = 0;

        do {
                if (n == 3 || !parse_field(&s, n ? 59 : UINT32_MAX / 60, &field[n]))
                        return false;
                n++;
        } while (*s == ':' && *s++);
        if (*s || n < 2)
                return false;
        total = n == 3 ? field[0] * 3600 + field[1] * 60 + field[2] : field[0] * 60 + field[1];
        if (total > UINT32_MAX)
                return false;
        *seconds = (uint32_t)total;
        return true;
}

bool str_ct_eq(const void *a, const void *b, size_t n)
{
        const volatile uint8_t *x = a, *y = b;
        uint8_t diff = 0;

        for (size_t i = 0; i < n; i++)
                diff |= x[i] ^ y[i];
        return !diff;
}
