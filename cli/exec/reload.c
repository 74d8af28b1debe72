/* `reload`: the guard starts the appliance anew. */
#include "cli/session/console.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"
#include "cli/session/plan.h"

#include <string.h>

struct reload_state {
        struct session *s;
        bool noconfirm, save;
        int64_t at;     /* wall clock, ns; 0: now */
        uint64_t in_ms; /* the same by `in`; 0: by `at` */
        char reason[128];
};

static bool is_dirty(struct box *b)
{
        bool dirty;

        pthread_mutex_lock(&b->conf_lock);
        dirty = b->conf_dirty;
        pthread_mutex_unlock(&b->conf_lock);
        return dirty;
}

static void log_reload(struct session *s, const struct reload_state *st)
{
        struct box *b = session_box(s);

        pthread_mutex_lock(&b->conf_lock);
        if (session_remote(s))
                log_msg(b->log_src, LOG_199001, LS("SSH"), LS(session_source(s)));
        plan_log_reload(b, session_user(s), st->reason);
        pthread_mutex_unlock(&b->conf_lock);
}

static enum dialog_next go(struct dialog *d, const struct reload_state *st)
{
        struct session *s = st->s;
        struct box *b = session_box(s);
        struct err e;

        if (!b->stop) {
                err_set(&e, ERR_STATE, "nothing can restart this process");
                return dialog_fail(d, &e);
        }
        log_reload(s, st);
        dialog_say(d, "\n\n***\n*** --- START GRACEFUL SHUTDOWN ---\n***\n*** --- SHUTDOWN NOW ---\n");
        b->stop(b, BOX_RELOAD);
        session_stop(s);
        return DIALOG_DONE;
}

/* Everybody is told when it is. */
static enum dialog_next plan(struct dialog *d, struct reload_state *st)
{
        struct box *b = session_box(st->s);
        char when[64], line[256];
        struct tz z;

        dialog_lock(d);
        plan_reload(b, st->at, st->in_ms, st->reason);
        str_copy(b->plan.reload_by, sizeof b->plan.reload_by, session_user(st->s));
        dialog_unlock(d);
        box_tz(b, &z);
        snprintf(line, sizeof line, "*** --- SHUTDOWN at %s%s%s ---", tz_clock(&z, st->at, when),
                 *st->reason ? ": " : "", st->reason);
        dialog_say(d, "%s\n", line);
        console_tell_all(b->consoles, st->s, line);
        return DIALOG_DONE;
}

static enum dialog_next act(struct dialog *d, struct reload_state *st)
{
        return st->at ? plan(d, st) : go(d, st);
}

static enum dialog_next save_now(struct dialog *d, struct reload_state *st)
{
        struct saved done = { 0 };
        struct err e;

        if (save_startup(st->s, &done, &e))
                return dialog_fail(d, &e);
        return DIALOG_ASK;
}

enum { AT_START, AT_SAVE, AT_PROCEED };

static enum dialog_next reload_step(struct dialog *d, const char *answer)
{
        struct reload_state *st = d->state;
        struct box *b = session_box(st->s);

        if (d->at == AT_START && is_dirty(b) && !st->save && !st->noconfirm) {
                d->at = AT_SAVE;
                return dialog_ask(d, DIALOG_YESNO, "no", "System config has been modified. Save? [Y]es/[N]o: ");
        }
        if (d->at == AT_PROCEED)
                return !strcmp(answer, "yes") ? act(d, st) : DIALOG_DONE;
        if ((d->at == AT_START && st->save) || (d->at == AT_SAVE && !strcmp(answer, "yes")))
                if (save_now(d, st) != DIALOG_ASK)
                        return DIALOG_DONE;
        if (st->noconfirm)
                return act(d, st);
        d->at = AT_PROCEED;
        return dialog_ask(d, DIALOG_CONFIRM, "yes", "Proceed with reload? [confirm]");
}

static const struct dialog_row reload_dialog = { "reload", sizeof(struct reload_state), reload_step, NULL };

#define DAY_S 86400
#define NS 1000000000ll

/* "MMM", "HH:MM" or "HHH:MM": minutes, or hours and minutes. */
static bool parse_span(const char *s, uint32_t *minutes)
{
        const char *colon = strchr(s, ':');
        char hours[8];
        uint32_t h = 0, m;

        if (colon && ((size_t)(colon - s) >= sizeof hours || colon == s))
                return false;
        if (colon) {
                snprintf(hours, sizeof hours, "%.*s", (int)(colon - s), s);
                if (!str_u32(hours, 0, 999, &h) || !str_u32(colon + 1, 0, 59, &m))
                        return false;
        } else if (!str_u32(s, 1, 59999, &m)) {
                return false;
        }
        *minutes = 60 * h + m;
        return *minutes > 0;
}

/* "HH:MM": seconds of a day. */
static bool parse_time(const char *s, int64_t *seconds)
{
        uint32_t h, m;
        const char *colon = strchr(s, ':');
        char hours[4];

        if (!colon || colon == s || colon - s > 2)
                return false;
        snprintf(hours, sizeof hours, "%.*s", (int)(colon - s), s);
        if (!str_u32(hours, 0, 23, &h) || !str_u32(colon + 1, 0, 59, &m))
                return false;
        *seconds = 3600 * (int64_t)h + 60 * (int64_t)m;
        return true;
}

/* The next time a clock of the configured zone shows it. */
static int64_t next_time(const struct tz *z, int64_t now, int64_t seconds)
{
        int64_t day = (now + tz_offset(z, now, NULL)) / DAY_S * DAY_S + seconds, at = tz_utc(z, day);

        return at > now ? at : tz_utc(z, day + DAY_S);
}

/* The same on that day, of this year or of the next; 0: neither has it. */
static int64_t next_date(const struct tz *z, int64_t now, unsigned month, unsigned day, int64_t seconds)
{
        int year = tz_tm(z, (time_t)now).tm_year + 1900;

        for (int y = year; y <= year + 1; y++) {
                int64_t at = tz_date_ok(y, month, day) ? tz_utc(z, tz_days(y, month, day) * DAY_S + seconds) : 0;

                if (at > now)
                        return at;
        }
        return 0;
}

static int when_it_is(struct box *b, const struct args *a, int64_t *at, struct err *e)
{
        uint32_t month = arg_u32(a, "MONTH", 0), day = arg_u32(a, "DAY", 0);
        int64_t now = b->clk->wall_ns(b->clk->ctx) / NS, seconds;
        struct tz z;

        if (!parse_time(arg_str(a, "TIME"), &seconds))
                return err_set(e, ERR_SYNTAX, "%s: HH:MM expected", arg_str(a, "TIME"));
        box_tz(b, &z);
        *at = (month ? next_date(&z, now, month, day, seconds) : next_time(&z, now, seconds)) * NS;
        return *at ? 0 : err_set(e, ERR_RANGE, "there is no day %u in that month", day);
}

static int do_reload(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct reload_state st = { .s = s, .noconfirm = arg_has(a, "noconfirm"), .save = arg_has(a, "save-config") };
        const char *in = arg_str(a, "SPAN"), *reason = arg_str(a, "REASON");
        uint32_t minutes;

        if (in && !parse_span(in, &minutes))
                return err_set(e, ERR_SYNTAX, "%s: minutes or HHH:MM expected", in);
        if (in) {
                st.at = b->clk->wall_ns(b->clk->ctx) + 60 * NS * minutes;
                st.in_ms = 60000ull * minutes;
        }
        if (arg_has(a, "TIME") && when_it_is(b, a, &st.at, e) < 0)
                return -1;
        if (reason)
                snprintf(st.reason, sizeof st.reason, "%s", reason);
        return session_ask(s, &reload_dialog, &st, e);
}

static int do_cancel(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        bool was;

        pthread_mutex_lock(&b->conf_lock);
        was = plan_reload_cancel(b);
        pthread_mutex_unlock(&b->conf_lock);
        if (!was)
                return err_set(e, ERR_STATE, "no reload is scheduled");
        out(s, "\n***\n*** --- SHUTDOWN ABORTED ---\n***\n");
        console_tell_all(b->consoles, s, "*** --- SHUTDOWN ABORTED ---");
        return 0;
}

static int show_reload(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct box_plan p;
        char when[64], left[24];
        int64_t seconds;
        struct tz z;

        pthread_mutex_lock(&b->conf_lock);
        p = b->plan;
        p.reload_at = p.reload_at ? plan_reload_at(b) : 0;
        pthread_mutex_unlock(&b->conf_lock);
        if (!p.reload_at) {
                PUT(s, "No reload is scheduled.\n", cell_null("scheduled"), cell_null("in_seconds"),
                    cell_null("reason"));
                return 0;
        }
        seconds = (p.reload_at - b->clk->wall_ns(b->clk->ctx)) / NS;
        seconds = seconds > 0 ? seconds : 0;
        box_tz(b, &z);
        PUT(s, "Reload scheduled for %s (in %s)\n",
            cell_as(cell_time("scheduled", p.reload_at), tz_clock(&z, p.reload_at, when)),
            cell_as(cell_int("in_seconds", seconds), str_duration(left, (uint64_t)seconds)));
        if (*p.reload_reason)
                PUT(s, "Reload reason: %s\n", cell_str("reason", p.reload_reason));
        else
                PUT(s, "", cell_null("reason"));
        return 0;
}

const struct exec_row exec_reload[] = {
        { "reload [quick] [{in SPAN:word(6)|at TIME:word(5) [{MONTH:month DAY:u32(1-31)|DAY:u32(1-31) "
          "MONTH:month}]}] "
          "[save-config] [noconfirm] [reason REASON:line(127)]",
          "Restart the appliance, now or later", 15, do_reload },
        { "reload cancel", "Cancel a scheduled reload", 15, do_cancel },
        { "show reload", "Show when a scheduled reload is due", 15 | EXEC_TABLE, show_reload },
        { 0 },
};
