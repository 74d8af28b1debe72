/* Why frames and flows were dropped. */
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/tables.h"

#define COUNTER_COLUMN 80

/* Text and key, then the counter so that it ends in column 80. */
static bool show_reason(struct session *s, unsigned reason, uint64_t n)
{
        char pad[COUNTER_COLUMN + 1] = "", count[24];
        int h = snprintf(NULL, 0, "  %s (%s)", drop_text(reason), drop_key(reason));
        int c = snprintf(count, sizeof count, "%llu", (unsigned long long)n);

        snprintf(pad, sizeof pad, "%*s", h + c < COUNTER_COLUMN ? COUNTER_COLUMN - h - c : 1, "");
        return ROW(s, "  %s (%s)%s%s\n", cell_str("text", drop_text(reason)), cell_str("reason", drop_key(reason)),
                   cell_text(pad), cell_num("count", n));
}

static void show_clearing(struct session *s)
{
        struct box *b = session_box(s);
        char who[65], when[48];
        int64_t at = baseline_when(b->baselines, BASE_DROP, who);
        struct tz z;

        box_tz(b, &z);
        if (at)
                PUT(s, "\nLast clearing: %s by %s\n\n",
                    cell_as(cell_time("last_clearing", at), tz_stamp(&z, (time_t)(at / 1000000000), when)),
                    cell_str("cleared_by", who));
        else
                PUT(s, "\nLast clearing: Never\n\n", cell_null("last_clearing"), cell_null("cleared_by"));
}

static void show_kind(struct session *s, bool flow, const char *key)
{
        const struct box *b = session_box(s);

        table_object(session_table(s), flow ? "flow" : "frame");
        out(s, "%s drop:\n", flow ? "Flow" : "Frame");
        table_list(session_table(s), "drops");
        for (unsigned i = 1; i < DROP_REASONS; i++) {
                uint64_t n;

                if (drop_is_flow(i) != flow || (key && strcmp(key, drop_key(i)) != 0))
                        continue;
                n = live_drops(b, i);
                if ((n || key) && !show_reason(s, i, n))
                        return;
        }
        table_close(session_table(s));
        show_clearing(s);
        table_close(session_table(s));
}

static int show_asp_drop(struct session *s, const struct args *a, struct err *e UNUSED)
{
        const char *key = arg_str(a, "KEY");

        if (!arg_has(a, "flow"))
                show_kind(s, false, key);
        if (!arg_has(a, "frame"))
                show_kind(s, true, key);
        return 0;
}

int clear_asp_drop(struct session *s, const struct args *a UNUSED, struct err *e)
{
        return live_drops_clear(session_box(s), session_user(s)) ? err_nomem(e, "clearing counters") : 0;
}

const struct exec_row exec_show_asp_drop[] = {
        { "show asp drop [{flow|frame} [KEY:word(64)]]", "Show why packets were dropped", 15 | EXEC_TABLE,
          show_asp_drop },
        { "clear asp drop", "Count drops from now on", 15, clear_asp_drop },
        { 0 },
};
