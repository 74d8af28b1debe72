#include "cli/lang/types_int.h"

#include <string.h>

#include "cli/lang/grammar.h"
#include "cli/lang/hwname.h"
#include "cli/conf/sysconf.h"
#include "platform/base/str.h"

/* ---- hours from UTC, with a sign ---- */
static bool parse_hours(const char *s, size_t n, int *out)
{
        bool minus = n && *s == '-';
        char digits[4];
        uint32_t v;

        if (n <= minus || n - minus > 2)
                return false;
        memcpy(digits, s + minus, n - minus);
        digits[n - minus] = 0;
        if (!str_u32(digits, 0, minus ? 12 : 14, &v))
                return false;
        *out = minus ? -(int)v : (int)v;
        return true;
}

TYPE_MATCH(hours_match)
{
        int v;

        (void)env;
        (void)ta;
        if (parse_hours(s, n, &v))
                return n;
        return MIN_OF(n - 1, strspn(s, "-0123456789"));
}

TYPE_STORE(hours_store)
{
        int v;

        (void)env;
        (void)ta;
        if (!parse_hours(s, strlen(s), &v))
                return err_set(e, ERR_RANGE, "%s is not from -12 to 14 hours", s);
        field_put(field, size, v);
        return 0;
}

TYPE_WRITE(hours_write)
{
        (void)ta;
        (void)size;
        text_printf(out, "%d", *(const int16_t *)field);
}

/* ---- "gigabitethernet 0/1" ---- */
TYPE_MATCH(hwkind_match)
{
        char whole[HWNAME_MAX + 1], canon[HWNAME_MAX + 1];

        (void)env;
        (void)ta;
        if (n + 3 > HWNAME_MAX || (n && s[n - 1] >= '0' && s[n - 1] <= '9'))
                return 0;
        memcpy(whole, s, n);
        memcpy(whole + n, "0/0", 4);
        return hwname_canon(whole, n + 3, canon) ? n : MIN_OF(n - 1, hwname_common(s, n));
}

TYPE_MATCH(hwslot_match)
{
        char canon[HWNAME_MAX + 1], whole[HWNAME_MAX + 1] = "m";

        (void)env;
        (void)ta;
        if (n + 1 > HWNAME_MAX || *s < '0' || *s > '9')
                return 0;
        memcpy(whole + 1, s, n);
        return hwname_canon(whole, n + 1, canon) ? n : hwname_common(whole, n + 1) - 1;
}

/* ---- the prompt ---- */
static const char *const parts[] = {
        [PROMPT_HOSTNAME] = "hostname", [PROMPT_CONTEXT] = "context", [PROMPT_DOMAIN] = "domain",
        [PROMPT_SLOT] = "slot",         [PROMPT_STATE] = "state",     [PROMPT_PRIORITY] = "priority",
};

TYPE_MATCH(promptpart_match)
{
        size_t best = 0, hits = 0;

        (void)env;
        (void)ta;
        for (size_t i = 1; i < ARRAY_LEN(parts); i++) {
                size_t c = type_common(parts[i], s, n);

                hits += c == n;
                best = MAX_OF(best, c);
        }
        return hits == 1 ? n : best == n ? n - 1 : best;
}

TYPE_STORE(promptpart_store)
{
        uint8_t *list = field;
        size_t part = 1, at = 0;

        (void)env;
        (void)ta;
        while (part < ARRAY_LEN(parts) && !str_prefix_ci(parts[part], s))
                part++;
        while (at < size && list[at] && list[at] != part)
                at++;
        if (part == ARRAY_LEN(parts) || at >= size || list[at])
                return err_set(e, ERR_RANGE, "%s is not a part of the prompt, or is given twice", s);
        list[at] = (uint8_t)part;
        return 0;
}

TYPE_WRITE(promptpart_write)
{
        const uint8_t *list = field;

        (void)ta;
        for (size_t i = 0; i < size && list[i]; i++)
                text_printf(out, i ? " %s" : "%s", parts[list[i]]);
}

TYPE_SET(promptpart_set)
{
        (void)size;
        (void)dflt;
        return *(const uint8_t *)field != PROMPT_END;
}

TYPE_EACH(promptpart_each)
{
        (void)env;
        (void)ta;
        for (size_t i = 1; i < ARRAY_LEN(parts); i++)
                fn(ctx, parts[i]);
}
