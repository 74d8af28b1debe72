#include "cli/lang/hwname.h"

#include <stdio.h>
#include <string.h>

#include "cli/lang/types_int.h"
#include "platform/base/str.h"

static const char *const kinds[] = { "GigabitEthernet", "TenGigabitEthernet", "Management", "Ethernet",
                                     "FastEthernet",    "Port-channel",       "Redundant",  "Vlan",
                                     "BVI",             "Tunnel" };

/* The kind that the n letters at s abbreviate without doubt. */
static const char *kind_of(const char *s, size_t n)
{
        const char *hit = NULL;

        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
                if (!n || type_common(kinds[i], s, n) != n)
                        continue;
                if (hit)
                        return NULL;
                hit = kinds[i];
        }
        return hit;
}

/* Up to two numbers with a slash between, and a sub-interface number: returns the length of what is well-formed. */
static size_t slot_length(const char *s, size_t n, bool *whole)
{
        unsigned digits = 0, slashes = 0, dots = 0;
        size_t i;

        for (i = 0; i < n; i++) {
                bool sep = s[i] == '/' || s[i] == '.';

                if (sep ? !digits || dots || (s[i] == '/' && ++slashes > 1)
                        : s[i] < '0' || s[i] > '9' || ++digits > 5)
                        break;
                dots += s[i] == '.';
                if (sep)
                        digits = 0;
        }
        *whole = i == n && digits;
        return i;
}

static size_t letters(const char *s, size_t n)
{
        size_t i = 0;

        while (i < n && (s[i] < '0' || s[i] > '9'))
                i++;
        return i;
}

bool hwname_canon(const char *s, size_t n, char out[HWNAME_MAX + 1])
{
        size_t alpha = letters(s, n);
        const char *kind = kind_of(s, alpha);
        bool whole;

        if (!kind)
                return false;
        slot_length(s + alpha, n - alpha, &whole);
        if (!whole || strlen(kind) + n - alpha > HWNAME_MAX)
                return false;
        snprintf(out, HWNAME_MAX + 1, "%s%.*s", kind, (int)(n - alpha), s + alpha);
        return true;
}

size_t hwname_common(const char *s, size_t n)
{
        size_t alpha = letters(s, n), best = 0;
        bool whole;

        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
                best = MAX_OF(best, type_common(kinds[i], s, alpha));
        if (best == alpha && alpha < n)
                best += slot_length(s + alpha, n - alpha, &whole);
        return best < n ? best : n - 1;
}

uint32_t hwname_sub(const char *canonical)
{
        const char *dot = strrchr(canonical, '.');
        uint32_t v = 0;

        if (!dot || !str_u32(dot + 1, 1, UINT32_MAX, &v))
                return 0;
        return v;
}

static size_t kind_index(const char *canonical)
{
        size_t i = 0;

        while (i < ARRAY_LEN(kinds) && strncmp(kinds[i], canonical, strlen(kinds[i])) != 0)
                i++;
        return i;
}

int hwname_order(const char *x, const char *y)
{
        size_t a = kind_index(x), b = kind_index(y);

        return a != b ? (a < b ? -1 : 1) : strverscmp(x, y);
}
