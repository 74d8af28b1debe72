/* The time of the place: its zone and its summer time. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "platform/base/str.h"

#define SUMMER_MINUTES 60

/* Where nothing is said: the days of the USA. */
static const struct tz_change usual_from = { .week = 2, .wday = 1, .month = 3, .minute = 2 * 60 };
static const struct tz_change usual_to = { .week = 1, .wday = 1, .month = 11, .minute = 2 * 60 };

void store_tz(const struct store *s, struct tz *out)
{
        const struct zone_conf *z = &s->sys.zone;
        const struct summer_conf *d = &s->sys.summer;

        *out = (struct tz){ .summer = d->kind, .from = d->from, .to = d->to, .summer_s = 60 * d->minutes };
        str_copy(out->name, sizeof out->name, *z->name ? z->name : "UTC");
        str_copy(out->summer_name, sizeof out->summer_name, d->name);
        if (*z->name)
                out->offset_s = tz_offset_of(z->hours, (unsigned)z->minutes);
        if (d->kind == TZ_RECURRING && !d->typed) {
                out->from = usual_from;
                out->to = usual_to;
        }
}

/* ---- clock timezone ---- */

static const struct cmd_bind zone_bind[] = {
        BIND("ZONE", struct store, sys.zone.name),
        BIND_SHOWN("HOURS", struct store, sys.zone.hours, 0),
        BIND("MINUTES", struct store, sys.zone.minutes),
        { 0 },
};

/* ---- clock summer-time ---- */

static int64_t moment(const struct tz_change *c)
{
        return tz_days(c->year, c->month, c->day) * 86400 + c->minute * 60;
}

static int check_day(const struct tz_change *c, struct err *e)
{
        if (tz_date_ok(c->year, c->month, c->day))
                return 0;
        return err_set(e, ERR_RANGE, "there is no day %u in that month of %u", c->day, c->year);
}

static int check_dates(const struct summer_conf *d, struct err *e)
{
        if (check_day(&d->from, e) < 0 || check_day(&d->to, e) < 0)
                return -1;
        if (moment(&d->to) <= moment(&d->from) + d->minutes * 60)
                return err_set(e, ERR_RANGE, "summer time ends before it begins");
        return 0;
}

static int check_summer(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct summer_conf *d = &c->store->sys.summer;

        (void)obj;
        if (d->kind == TZ_DATE)
                return check_dates(d, e);
        if (d->kind == TZ_RECURRING && d->typed && d->from.month == d->to.month)
                return err_set(e, ERR_RANGE, "summer time begins and ends in the same month");
        return 0;
}

#define F(f) sys.summer.f
#define WHEN(n, dir)                                                                                                 \
        BIND_TAGGED("WEEK" n, struct store, F(dir.week), F(typed), 1),                                               \
                BIND_TAGGED("DAY" n, struct store, F(dir.wday), F(typed), 1),                                        \
                BIND_TAGGED("MONTH" n, struct store, F(dir.month), F(typed), 1),                                     \
                BIND_TAGGED("AT" n, struct store, F(dir.minute), F(typed), 1),                                       \
                BIND_TAGGED("MON" n, struct store, F(dir.month), F(kind), TZ_DATE),                                  \
                BIND_TAGGED("MDAY" n, struct store, F(dir.day), F(kind), TZ_DATE),                                   \
                BIND_TAGGED("YEAR" n, struct store, F(dir.year), F(kind), TZ_DATE),                                  \
                BIND_TAGGED("TIME" n, struct store, F(dir.minute), F(kind), TZ_DATE)

static const struct cmd_bind summer_bind[] = {
        BIND("ZONE", struct store, F(name)),
        BIND_KEY("recurring", struct store, F(kind), TZ_RECURRING),
        BIND_KEY("date", struct store, F(kind), TZ_DATE),
        WHEN("1", from),
        WHEN("2", to),
        BIND_DFLT("OFFSET", struct store, F(minutes), SUMMER_MINUTES),
        { 0 },
};

#define WEEKDAY(n) "WEEK" n ":week DAY" n ":weekday MONTH" n ":month AT" n ":hhmm"
#define DATE(n)                                                                                                      \
        "{MON" n ":month MDAY" n ":u32(1-31)|MDAY" n ":u32(1-31) MON" n ":month} YEAR" n ":u32(1993-2035) "          \
        "TIME" n ":hhmm"

const struct cmd_row rows_clock[] = {
        { ROW_LEAF, "clock timezone ZONE:word(8) HOURS:hours [MINUTES:u32(0-59)]", "Configure the time zone",
          zone_bind, .dirty = DIRTY_LOG },
        { ROW_LEAF,
          "clock summer-time ZONE:word(8) {recurring [" WEEKDAY("1") " " WEEKDAY(
                  "2") " [OFFSET:u32(1-1440)]]|"
                       "date " DATE("1") " " DATE("2") " [OFFSET:u32(1-1440)]}",
          "Configure summer time", summer_bind, DIRTY_LOG, .check = check_summer },
        { ROW_FIXED, "ftp mode passive", "FTP transfers are passive", .flags = ROW_QUIET },
        END,
};
