#include "cli/conf/clock_text.h"

#include <stdio.h>

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

char *tz_stamp(const struct tz *z, time_t t, char *out)
{
        struct tm tm = tz_tm(z, t);
        const char *name;

        tz_offset(z, t, &name);
        snprintf(out, 48, "%02d:%02d:%02d %s %s %d %d", tm.tm_hour, tm.tm_min, tm.tm_sec, name, months[tm.tm_mon],
                 tm.tm_mday, tm.tm_year + 1900);
        return out;
}

char *tz_clock(const struct tz *z, int64_t wall_ns, char *out)
{
        struct tm tm = tz_tm(z, (time_t)(wall_ns / 1000000000));
        const char *name;

        tz_offset(z, wall_ns / 1000000000, &name);
        snprintf(out, 64, "%02d:%02d:%02d.%03d %s %s %s %d %d", tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (int)(wall_ns / 1000000 % 1000), name, days[tm.tm_wday], months[tm.tm_mon], tm.tm_mday,
                 tm.tm_year + 1900);
        return out;
}
