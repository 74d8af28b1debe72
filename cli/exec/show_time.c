/* show clock, show ntp: the time is the host's, and so is what keeps it right. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "platform/base/clock.h"

static int show_clock(struct session *s, const struct args *a, struct err *e UNUSED)
{
        const struct clock *clk = session_box(s)->clk;
        int64_t now = clk->wall_ns(clk->ctx);
        struct clock_sync sync;
        struct tz z;
        char text[64];

        box_tz(session_box(s), &z);
        PUT(s, "%s\n", cell_as(cell_time("time", now), tz_clock(&z, now, text)), cell_str("timezone", z.name),
            cell_int("offset_seconds", z.offset_s));
        if (!arg_has(a, "detail"))
                return 0;
        clock_host_sync(&sync);
        PUT(s, "Time source is the host's clock, which %s synchronized\n",
            cell_as(sync.known ? cell_bool("synchronized", sync.synchronized) : cell_null("synchronized"),
                    !sync.known         ? "may or may not be"
                    : sync.synchronized ? "is"
                                        : "is not"));
        return 0;
}

static void show_sync(struct session *s, const struct clock_sync *k)
{
        char a[40], b[40];

        PUT(s, "Clock is %s, stratum unknown, reference is the host's clock\n",
            cell_as(cell_bool("synchronized", k->synchronized), k->synchronized ? "synchronized" : "unsynchronized"));
        snprintf(a, sizeof a, "%.4f", k->offset_ns / 1e6);
        snprintf(b, sizeof b, "%.3f", k->freq_ppm);
        PUT(s, "clock offset is %s msec, frequency correction is %s ppm\n",
            cell_as(cell_fix("offset_seconds", k->offset_ns, 9), a),
            cell_as(cell_fix("frequency_ppm", (int64_t)(k->freq_ppm * 1000), 3), b));
        snprintf(a, sizeof a, "%.2f", k->max_error_us / 1e3);
        snprintf(b, sizeof b, "%.2f", k->est_error_us / 1e3);
        if (k->synchronized)
                PUT(s, "maximum error is %s msec, estimated error is %s msec\n",
                    cell_as(cell_fix("maximum_error_seconds", k->max_error_us, 6), a),
                    cell_as(cell_fix("estimated_error_seconds", k->est_error_us, 6), b));
}

static int show_status(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct clock_sync sync;

        clock_host_sync(&sync);
        if (!sync.known) {
                PUT(s, "The state of the host's clock is unknown\n", cell_null("synchronized"));
                return 0;
        }
        show_sync(s, &sync);
        return 0;
}

/* The lines of the configuration, so that nobody takes an empty table for one that has servers to come. */
static void each_server(void *ctx, const char *block UNUSED, const char *line, const char *reason UNUSED)
{
        if (!strncmp(line, "ntp server ", 11))
                text_printf(ctx, "%s\n", line + 11);
}

static int show_associations(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct text t = { 0 };

        pthread_mutex_lock(&b->conf_lock);
        store_inert_walk(b->store, each_server, &t);
        pthread_mutex_unlock(&b->conf_lock);
        PUT(s, "No associations: the clock is the host's, and so are its servers\n", cell_num("associations", 0));
        if (*text_str(&t))
                out(s, "Configured and not asked:\n");
        table_list(session_table(s), "not_asked");
        for (char *line = t.p, *end; line && (end = strchr(line, '\n')); line = end + 1) {
                *end = 0;
                ITEM(s, "  %s\n", cell_str(NULL, line));
        }
        table_close(session_table(s));
        text_fini(&t);
        return 0;
}

const struct exec_row exec_show_time[] = {
        { "show clock [detail]", "Show the time", 0 | EXEC_TABLE, show_clock },
        { "show ntp status", "Show whether the clock is synchronized", 0 | EXEC_TABLE, show_status },
        { "show ntp associations", "Show the time servers", 0 | EXEC_TABLE, show_associations },
        { 0 },
};
