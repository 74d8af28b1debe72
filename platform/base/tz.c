#include "platform/base/tz.h"

#define DAY_S 86400

/* ---- the calendar ---- */

static bool is_leap(int y)
{
        return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static unsigned month_days(int year, unsigned month)
{
        static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return days[month - 1] + (month == 2 && is_leap(year));
}

bool tz_date_ok(int year, unsigned month, unsigned day)
{
        return month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
}

/* Leap days before the first of January of that year, of the years from 1 on. */
static int64_t leap_days(int year)
{
        int64_t y = year - 1;

        return y / 4 - y / 100 + y / 400;
}

int64_t tz_days(int year, unsigned month, unsigned day)
{
        int64_t n = 365 * (int64_t)(year - 1970) + leap_days(year) - leap_days(1970);

        for (unsigned m = 1; m < month; m++)
                n += month_days(year, m);
        return n + day - 1;
}

/* 0: Sunday. The epoch was a Thursday. */
static unsigned weekday(int64_t days)
{
        return (unsigned)(((days + 4) % 7 + 7) % 7);
}

/* ---- when the clocks change ---- */

static int64_t change_day(const struct tz_change *c, int year)
{
        unsigned last = month_days(year, c->month), wday = c->wday - 1u, day;

        if (c->week == TZ_LAST_WEEK) {
                day = last - (weekday(tz_days(year, c->month, last)) + 7 - wday) % 7;
                return tz_days(year, c->month, day);
        }
        day = 1 + (wday + 7 - weekday(tz_days(year, c->month, 1))) % 7 + 7 * (c->week - 1u);
        return tz_days(year, c->month, day);
}

/* By a clock on the wall of that place. */
static int64_t change_local(const struct tz *z, const struct tz_change *c, int year)
{
        int64_t day = z->summer == TZ_DATE ? tz_days(c->year, c->month, c->day) : change_day(c, year);

        return day * DAY_S + c->minute * 60;
}

bool tz_changes(const struct tz *z, int year, int64_t *from, int64_t *to)
{
        if (z->summer == TZ_NO_SUMMER)
                return false;
        *from = change_local(z, &z->from, year) - z->offset_s;
        *to = change_local(z, &z->to, year) - z->offset_s - z->summer_s;
        return z->summer == TZ_RECURRING || z->from.year == year || z->to.year == year;
}

static int year_of(int64_t local_s)
{
        time_t t = (time_t)local_s;
        struct tm tm = { .tm_year = 70 };

        gmtime_r(&t, &tm);
        return tm.tm_year + 1900;
}

/* The last change before t decides. It may lie in the year before, and one at the turn of the year by another clock.
 */
static bool is_summer(const struct tz *z, int64_t t)
{
        int year = year_of(t + z->offset_s);
        int64_t from, to, last = INT64_MIN;
        bool summer = false;

        if (z->summer == TZ_NO_SUMMER)
                return false;
        for (int y = year - 1; y <= year + 1; y++) {
                tz_changes(z, y, &from, &to);
                if (from <= t && from > last) {
                        last = from;
                        summer = true;
                }
                if (to <= t && to >= last) {
                        last = to;
                        summer = false;
                }
        }
        return summer;
}

/* ---- times ---- */

int32_t tz_offset_of(int hours, unsigned minutes)
{
        int32_t m = (int32_t)minutes;

        return hours * 3600 + (hours < 0 ? -m : m) * 60;
}

int32_t tz_offset(const struct tz *z, int64_t t, const char **name)
{
        bool summer = is_summer(z, t);

        if (name)
                *name = summer ? z->summer_name : z->name;
        return z->offset_s + (summer ? z->summer_s : 0);
}

struct tm tz_tm(const struct tz *z, time_t t)
{
        struct tm tm = { .tm_mday = 1, .tm_year = 70 };

        t += tz_offset(z, t, NULL);
        gmtime_r(&t, &tm);
        return tm;
}

int64_t tz_utc(const struct tz *z, int64_t local_s)
{
        int64_t summer = local_s - z->offset_s - z->summer_s;

        return is_summer(z, summer) ? summer : local_s - z->offset_s;
}
