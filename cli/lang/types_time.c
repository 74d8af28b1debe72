/* Parts of a date: months and days by their names, weeks of a month, times of day. */
#include <string.h>

#include "cli/lang/grammar.h"
#include "cli/lang/types_int.h"
#include "platform/base/str.h"
#include "platform/base/tz.h"

/* ---- names of which three letters are enough; printed with three ---- */
static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                      "July",    "August",   "September", "October", "November", "December" };
static const char *const weekdays[] = {
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
};

static size_t names_match(const char *const *name, unsigned n_names, const char *s, size_t n)
{
        size_t best = 0;

        for (unsigned i = 0; i < n_names; i++) {
                size_t c = type_common(name[i], s, n);

                if (c == n && n >= 3)
                        return n;
                best = MAX_OF(best, c);
        }
        return best == n ? n - 1 : best;
}

static int names_store(const char *const *name, unsigned n, const char *what, const char *s, void *field, size_t size,
                       struct err *e)
{
        for (unsigned i = 0; i < n; i++)
                if (strlen(s) >= 3 && str_prefix_ci(name[i], s)) {
                        field_put(field, size, i + 1);
                        return 0;
                }
        return err_set(e, ERR_SYNTAX, "%s is not a %s", s, what);
}

static void names_write(const char *const *name, unsigned n, const void *field, size_t size, struct text *out)
{
        int64_t v = field_get(field, size);

        if (v >= 1 && v <= (int64_t)n)
                text_printf(out, "%.3s", name[v - 1]);
}

#define NAMES(kind, table, what)                                                                                     \
        TYPE_MATCH(kind##_match)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return names_match(table, ARRAY_LEN(table), s, n);                                                   \
        }                                                                                                            \
        TYPE_STORE(kind##_store)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return names_store(table, ARRAY_LEN(table), what, s, field, size, e);                                \
        }                                                                                                            \
        TYPE_WRITE(kind##_write)                                                                                     \
        {                                                                                                            \
                (void)ta;                                                                                            \
                names_write(table, ARRAY_LEN(table), field, size, out);                                              \
        }

NAMES(month, months, "month")
NAMES(weekday, weekdays, "day of the week")

/* ---- first, 1-4, last ---- */

static bool parse_week(const char *s, size_t n, unsigned *v)
{
        if (n == 1 && *s >= '1' && *s <= '4')
                *v = (unsigned)(*s - '0');
        else if (type_common("first", s, n) == n)
                *v = 1;
        else if (type_common("last", s, n) == n)
                *v = TZ_LAST_WEEK;
        else
                return false;
        return true;
}

TYPE_MATCH(week_match)
{
        unsigned v;

        (void)env;
        (void)ta;
        if (parse_week(s, n, &v))
                return n;
        return MAX_OF(type_common("first", s, n), type_common("last", s, n));
}

TYPE_STORE(week_store)
{
        unsigned v;

        (void)env;
        (void)ta;
        if (!parse_week(s, strlen(s), &v))
                return err_set(e, ERR_RANGE, "%s is not a week of a month: 1 to 4, first or last", s);
        field_put(field, size, v);
        return 0;
}

TYPE_WRITE(week_write)
{
        int64_t v = field_get(field, size);

        (void)ta;
        if (v == TZ_LAST_WEEK)
                text_add(out, "last");
        else
                text_printf(out, "%d", (int)v);
}

/* ---- h:mm and h:mm:ss ---- */

/* Two numbers or three with colons between them; each of at most two digits. */
static bool parse_time(const char *s, size_t n, unsigned fields, uint32_t v[3])
{
        static const uint32_t limit[] = { 24, 60, 60 };
        size_t i = 0;

        for (unsigned f = 0; f < fields; f++) {
                size_t from = i;

                v[f] = 0;
                for (; i < n && i - from < 2 && s[i] >= '0' && s[i] <= '9'; i++)
                        v[f] = 10 * v[f] + (uint32_t)(s[i] - '0');
                if (i == from || (f && i - from != 2) || v[f] >= limit[f])
                        return false;
                if (f + 1 < fields && (i == n || s[i++] != ':'))
                        return false;
        }
        return i == n;
}

static size_t time_match(const char *s, size_t n, unsigned fields)
{
        uint32_t v[3];

        if (parse_time(s, n, fields, v))
                return n;
        return MIN_OF(n - 1, strspn(s, "0123456789:"));
}

TYPE_MATCH(hhmm_match)
{
        (void)env;
        (void)ta;
        return time_match(s, n, 2);
}

/* Minutes of the day. */
TYPE_STORE(hhmm_store)
{
        uint32_t v[3];

        (void)env;
        (void)ta;
        if (!parse_time(s, strlen(s), 2, v))
                return err_set(e, ERR_RANGE, "%s is not a time of day: hh:mm", s);
        field_put(field, size, 60 * v[0] + v[1]);
        return 0;
}

TYPE_WRITE(hhmm_write)
{
        int v = (int)field_get(field, size);

        (void)ta;
        text_printf(out, "%d:%02d", v / 60, v % 60);
}

TYPE_MATCH(hhmmss_match)
{
        (void)env;
        (void)ta;
        return time_match(s, n, 3);
}

/* Seconds of the day. */
TYPE_STORE(hhmmss_store)
{
        uint32_t v[3];

        (void)env;
        (void)ta;
        if (!parse_time(s, strlen(s), 3, v))
                return err_set(e, ERR_RANGE, "%s is not a time of day: hh:mm:ss", s);
        field_put(field, size, 3600 * v[0] + 60 * v[1] + v[2]);
        return 0;
}

TYPE_WRITE(hhmmss_write)
{
        int v = (int)field_get(field, size);

        (void)ta;
        text_printf(out, "%02d:%02d:%02d", v / 3600, v / 60 % 60, v % 60);
}
