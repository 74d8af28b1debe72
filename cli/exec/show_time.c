/* show clock, show ntp: the time is the host's, and so is what keeps it right. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "platform/base/clock.h"

static int show_clock(struct session *s, const struct args *a, struct err *e UNUSED)
{
        const struct clock *clk = session_box(s)->clk;
        struct clock_sync sync;
        struct tz z;
        char text[64];

        box_tz(session_box(s), &z);
        out(s, "%s\n", tz_clock(&z, clk->wall_ns(clk->ctx), text));
        if (!arg_has(a, "detail"))
                return 0;
        clock_host_sync(&sync);
        out(s, "Time source is the host's clock, which %s synchronized\n",
            !sync.known         ? "may or may not be"
            : sync.synchronized ? "is"
                                : "is not");
        return 0;
}

static int show_status(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct clock_sync sync;

        clock_host_sync(&sync);
        if (!sync.known) {
                out(s, "The state of the host's clock is unknown\n");
                return 0;
        }
        out(s, "Clock is %s, stratum unknown, reference is the host's clock\n",
            sync.synchronized ? "synchronized" : "unsynchronized");
        out(s, "clock offset is %.4f msec, frequency correction is %.3f ppm\n", sync.offset_ns / 1e6, sync.freq_ppm);
        if (sync.synchronized)
                out(s, "maximum error is %.2f msec, estimated error is %.2f msec\n", sync.max_error_us / 1e3,
                    sync.est_error_us / 1e3);
        return 0;
}

/* The lines of the configuration, so that nobody takes an empty table for one that has servers to come. */
static void each_server(void *ctx, const char *block UNUSED, const char *line, const char *reason UNUSED)
{
        if (!strncmp(line, "ntp server ", 11))
                text_printf(ctx, "  %s\n", line + 11);
}

static int show_associations(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct text t = { 0 };

        pthread_mutex_lock(&b->conf_lock);
        store_inert_walk(b->store, each_server, &t);
        pthread_mutex_unlock(&b->conf_lock);
        out(s, "No associations: the clock is the host's, and so are its servers\n");
        if (*text_str(&t))
                out(s, "Configured and not asked:\n%s", text_str(&t));
        text_fini(&t);
        return 0;
}

const struct exec_row exec_show_time[] = {
        { "show clock [detail]", "Show the time", 0, show_clock },
        { "show ntp status", "Show whether the clock is synchronized", 0, show_status },
        { "show ntp associations", "Show the time servers", 0, show_associations },
        { 0 },
};
