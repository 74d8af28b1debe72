/* clock set, show clock: the appliance's own clock, which is the host's as long as nobody has set it. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/clock_file.h"

#define NS 1000000000
#define DAY_S 86400

/* ---- clock set ---- */

static int no_clock(struct err *e)
{
        return err_set(e, ERR_STATE, "there is no clock here that could be set");
}

/* What is set holds at once; a flash that is full is no reason to go on with the wrong time. */
static void keep(struct session *s, int64_t offset_ns)
{
        struct err e;

        if (clock_file_save(session_box(s)->flash, offset_ns, &e) < 0)
                out(s, "WARNING: The clock is set until the next reload only: %s\n", e.text);
}

static int do_set(struct session *s, const struct args *a, struct err *e)
{
        uint32_t month = arg_u32(a, "MONTH", 0), day = arg_u32(a, "DAY", 0), year = arg_u32(a, "YEAR", 0);
        struct clock_own *own = session_box(s)->own;
        int64_t want, offset;
        struct tz z;

        if (!own)
                return no_clock(e);
        if (!tz_date_ok((int)year, month, day))
                return err_set(e, ERR_RANGE, "there is no day %u in that month of %u", day, year);
        box_tz(session_box(s), &z);
        want = tz_utc(&z, tz_days((int)year, month, day) * DAY_S + arg_u32(a, "TIME", 0)) * NS;
        offset = want - own->host->wall_ns(own->host->ctx);
        clock_own_step(own, offset, CLOCK_USER);
        keep(s, offset);
        return 0;
}

static int do_host(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct clock_own *own = session_box(s)->own;

        if (!own)
                return no_clock(e);
        clock_own_step(own, 0, CLOCK_HOST);
        keep(s, 0);
        return 0;
}

/* ---- show clock ---- */

static void show_host(struct session *s)
{
        struct clock_sync sync;

        clock_host_sync(&sync);
        PUT(s, "Time source is the host's clock, which %s synchronized\n",
            cell_as(sync.known ? cell_bool("synchronized", sync.synchronized) : cell_null("synchronized"),
                    !sync.known         ? "may or may not be"
                    : sync.synchronized ? "is"
                                        : "is not"),
            cell_str("source", "host"));
}

static void show_source(struct session *s)
{
        const struct clock_own *own = session_box(s)->own;
        enum clock_source from = own ? clock_own_source(own) : CLOCK_HOST;
        int64_t offset = own ? clock_own_offset(own) : 0;
        char text[40];

        if (from == CLOCK_HOST) {
                show_host(s);
                return;
        }
        PUT(s, "Time source is %s\n",
            from == CLOCK_NTP ? cell_as(cell_str("source", "ntp"), "NTP")
                              : cell_as(cell_str("source", "user"), "user configuration"));
        snprintf(text, sizeof text, "%.6f", (offset < 0 ? -1.0 : 1.0) * (double)offset / NS);
        PUT(s, "The clock is %s seconds %s the host's clock\n",
            cell_as(cell_fix("ahead_of_host_seconds", offset, 9), text),
            cell_text(offset < 0 ? "behind" : "ahead of"));
}

/* A change is told by the clock that is in force until then. */
static void show_change(struct session *s, const char *name, const char *what, const struct tz *z, int64_t at,
                        bool summer)
{
        struct tz before = *z;
        char text[48];
        struct tm tm;

        before.summer = TZ_NO_SUMMER;
        if (summer) {
                before.offset_s += z->summer_s;
                str_copy(before.name, sizeof before.name, z->summer_name);
        }
        tm = tz_tm(&before, (time_t)at);
        snprintf(text, sizeof text, "%02d:%02d:%02d %s ", tm.tm_hour, tm.tm_min, tm.tm_sec, before.name);
        strftime(text + strlen(text), sizeof text - strlen(text), "%a %b ", &tm);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d %d", tm.tm_mday, tm.tm_year + 1900);
        PUT(s, "Summer time %s %s\n", cell_text(what), cell_as(cell_time(name, at * NS), text));
}

static int show_clock(struct session *s, const struct args *a, struct err *e UNUSED)
{
        const struct clock *clk = session_box(s)->clk;
        int64_t now = clk->wall_ns(clk->ctx), from, to;
        const char *zone;
        int32_t offset;
        char text[64];
        struct tz z;

        box_tz(session_box(s), &z);
        offset = tz_offset(&z, now / NS, &zone);
        PUT(s, "%s\n", cell_as(cell_time("time", now), tz_clock(&z, now, text)), cell_str("timezone", zone),
            cell_int("offset_seconds", offset));
        if (!arg_has(a, "detail"))
                return 0;
        show_source(s);
        if (tz_changes(&z, tz_tm(&z, now / NS).tm_year + 1900, &from, &to)) {
                show_change(s, "summer_time_starts", "starts", &z, from, false);
                show_change(s, "summer_time_ends", "ends", &z, to, true);
        }
        return 0;
}

const struct exec_row exec_show_time[] = {
        { "clock set TIME:hhmmss {MONTH:month DAY:u32(1-31)|DAY:u32(1-31) MONTH:month} YEAR:u32(1993-2035)",
          "Set the time and date", 15, do_set },
        { "clock set host", "Follow the host's clock again", 15, do_host },
        { "show clock [detail]", "Show the time", 0 | EXEC_TABLE, show_clock },
        { 0 },
};
