#include "cli/session/plan.h"

#include <stdio.h>
#include <string.h>

#include "cli/box/box_lock.h"
#include "cli/conf/clock_text.h"
#include "cli/conf/commit.h"
#include "cli/conf/conf_replace.h"
#include "cli/conf/store.h"
#include "cli/session/console.h"
#include "platform/base/str.h"

#define MINUTE_MS 60000u

/* The mark, in minutes, that was passed since `told`, which becomes it; 0: none. */
static unsigned mark_passed(uint64_t left_ms, unsigned *told)
{
        static const unsigned marks[] = { 1, 5, 15, 30, 60 };

        for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
                if (left_ms > (uint64_t)marks[i] * MINUTE_MS)
                        continue;
                if (*told && *told <= marks[i])
                        return 0;
                *told = marks[i];
                return marks[i];
        }
        return 0;
}

/* By the clock, or however that was set meanwhile. */
static uint64_t reload_left_ms(const struct box *b)
{
        uint64_t now = clock_mono_ms(b->clk);
        int64_t left = b->plan.reload_at - b->clk->wall_ns(b->clk->ctx);

        if (b->plan.reload_ms)
                return b->plan.reload_ms > now ? b->plan.reload_ms - now : 0;
        return left > 0 ? ((uint64_t)left + 999999) / 1000000 : 0;
}

void plan_reload(struct box *b, int64_t at, uint64_t in_ms, const char *reason)
{
        b->plan.reload_at = at;
        b->plan.reload_ms = in_ms ? clock_mono_ms(b->clk) + in_ms : 0;
        b->plan.reload_told = 0;
        mark_passed(reload_left_ms(b), &b->plan.reload_told); /* that it is planned is told by who planned it */
        snprintf(b->plan.reload_reason, sizeof b->plan.reload_reason, "%s", reason ? reason : "");
}

int64_t plan_reload_at(const struct box *b)
{
        if (!b->plan.reload_ms)
                return b->plan.reload_at;
        return b->clk->wall_ns(b->clk->ctx) + (int64_t)reload_left_ms(b) * 1000000;
}

bool plan_reload_cancel(struct box *b)
{
        bool was = b->plan.reload_at != 0;

        b->plan.reload_at = 0;
        return was;
}

int plan_revert(struct box *b, unsigned minutes, struct err *e)
{
        if (!b->plan.revert_to)
                b->plan.revert_to = store_copy(b->store, e);
        if (!b->plan.revert_to)
                return -1;
        b->plan.revert_at_ms = clock_mono_ms(b->clk) + (uint64_t)minutes * MINUTE_MS;
        b->plan.revert_told = 0;
        mark_passed((uint64_t)minutes * MINUTE_MS, &b->plan.revert_told);
        return 0;
}

void plan_revert_undo(struct box *b, uint64_t before)
{
        if (before)
                b->plan.revert_at_ms = before;
        else
                plan_confirm(b);
}

bool plan_confirm(struct box *b)
{
        bool was = b->plan.revert_to != NULL;

        store_free(b->plan.revert_to);
        b->plan.revert_to = NULL;
        b->plan.revert_at_ms = 0;
        return was;
}

bool plan_revert_now(struct box *b)
{
        struct conf_ctx c;
        struct err e = { 0 };
        int rc;

        if (!b->plan.revert_to)
                return false;
        conf_ctx_of_box(&c, b);
        rc = conf_replace(&c, b->plan.revert_to, NULL, NULL, &e);
        conf_ctx_fini(&c);
        if (!rc && b->commit)
                rc = commit_run(b->commit, &e);
        b->conf_dirty = true;
        b->conf_changed_wall_ns = b->clk->wall_ns(b->clk->ctx);
        str_copy(b->conf_changed_by, sizeof b->conf_changed_by, "revert timer");
        if (b->log_src)
                log_msg(b->log_src, LOG_111008, LS("revert timer"), LS(rc ? "revert (failed)" : "revert"));
        plan_confirm(b);
        return true;
}

/* ---- what happens when its time has come, and what is told before ---- */

static void poll_revert(struct box *b, bool whole, uint64_t now_ms, char *say, size_t n)
{
        struct box_plan *p = &b->plan;
        unsigned mark;

        if (!p->revert_to)
                return;
        if (now_ms >= p->revert_at_ms) {
                if (!whole) /* somebody's merge is half read: the next time */
                        return;
                plan_revert_now(b);
                snprintf(say, n, "*** --- CHANGE TAKEN BACK: nobody typed commit confirm ---");
                return;
        }
        mark = mark_passed(p->revert_at_ms - now_ms, &p->revert_told);
        if (mark)
                snprintf(say, n, "*** --- CHANGE TAKEN BACK within %u minute%s unless you type: commit confirm ---",
                         mark, mark == 1 ? "" : "s");
}

void plan_log_reload(struct box *b, const char *user, const char *reason)
{
        char when[64];
        struct tz z;

        if (!b->log_src)
                return;
        store_tz(b->store, &z);
        tz_clock(&z, b->clk->wall_ns(b->clk->ctx), when);
        log_msg(b->log_src, LOG_199006, LS(when), LS(user), LS(*reason ? reason : "unspecified"));
}

static void poll_reload(struct box *b, char *say, size_t n)
{
        struct box_plan *p = &b->plan;
        unsigned mark;

        if (!p->reload_at || !b->stop)
                return;
        if (!reload_left_ms(b)) {
                p->reload_at = 0;
                plan_log_reload(b, p->reload_by, p->reload_reason);
                b->stop(b, BOX_RELOAD);
                snprintf(say, n, "*** --- SHUTDOWN NOW ---");
                return;
        }
        mark = mark_passed(reload_left_ms(b), &p->reload_told);
        if (mark)
                snprintf(say, n, "*** --- SHUTDOWN in %u:%02u:00%s%s ---", mark / 60, mark % 60,
                         *p->reload_reason ? ": " : "", p->reload_reason);
}

void plan_poll(struct box *b)
{
        char revert[128] = "", reload[192] = "";
        bool whole = box_trylock_whole(b);

        if (!whole)
                pthread_mutex_lock(&b->conf_lock);
        poll_revert(b, whole, clock_mono_ms(b->clk), revert, sizeof revert);
        poll_reload(b, reload, sizeof reload);
        if (whole)
                box_unlock_whole(b);
        else
                pthread_mutex_unlock(&b->conf_lock);
        if (*revert)
                console_tell_all(b->consoles, NULL, revert);
        if (*reload)
                console_tell_all(b->consoles, NULL, reload);
}

void plan_fini(struct box *b)
{
        plan_confirm(b);
}
