#include "cli/plan.h"

#include <stdio.h>
#include <string.h>

#include "cli/commit.h"
#include "cli/conf_replace.h"
#include "platform/base/str.h"

#define MINUTE_MS 60000u

void plan_reload(struct box *b, int64_t at, const char *reason)
{
        b->plan.reload_at = at;
        snprintf(b->plan.reload_reason, sizeof b->plan.reload_reason, "%s", reason ? reason : "");
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

void plan_poll(struct box *b)
{
        pthread_mutex_lock(&b->conf_lock);
        if (b->plan.revert_to && clock_mono_ms(b->clk) >= b->plan.revert_at_ms)
                plan_revert_now(b);
        if (b->plan.reload_at && b->clk->wall_ns(b->clk->ctx) >= b->plan.reload_at && b->stop) {
                b->plan.reload_at = 0;
                b->stop(b, BOX_RELOAD);
        }
        pthread_mutex_unlock(&b->conf_lock);
}

void plan_fini(struct box *b)
{
        plan_confirm(b);
}
