/* `show logging`: settings, counts, and the buffer. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "platform/base/log.h"
#include "platform/svc/syslog_send.h"

static const char *on_off(bool on)
{
        return on ? "enabled" : "disabled";
}

/* "disabled", "level warnings, N messages logged" or "list L, N messages logged". */
static void show_dest(struct session *s, const char *title, const struct log_conf *c, const struct log_stats *st,
                      enum log_dest d)
{
        const struct log_filter *f = &c->dest[d];
        char facility[24] = "";

        if (d == LOG_TO_TRAP)
                snprintf(facility, sizeof facility, "facility %u, ", c->facility);
        if (*f->list)
                out(s, "    %s logging: list %s, %s%llu messages logged\n", title, f->list, facility,
                    (unsigned long long)st->dest_count[d]);
        else if (f->level != LOG_L_NONE)
                out(s, "    %s logging: level %s, %s%llu messages logged\n", title, log_level_name(f->level),
                    facility, (unsigned long long)st->dest_count[d]);
        else
                out(s, "    %s logging: disabled\n", title);
}

/* What is counted here; the other figures of this block have no counterpart. */
static void show_tcp(struct session *s, const struct syslog_stat *st, unsigned n)
{
        unsigned all = 0, down = 0;
        uint64_t flaps = 0, lost = 0;

        for (unsigned i = 0; i < n; i++) {
                if (!st[i].host.tcp)
                        continue;
                all++;
                down += !st[i].up;
                flaps += st[i].flaps;
                lost += st[i].dropped;
        }
        out(s, "    Global TCP syslog stats::\n");
        out(s, "        NOT_PUTABLE: %llu, ALL_CHANNEL_DOWN: %u\n", (unsigned long long)lost, all && down == all);
        out(s, "        CHANNEL_FLAP_CNT: %llu, SYSLOG_PKT_LOSS: %llu\n", (unsigned long long)flaps,
            (unsigned long long)lost);
        out(s, "        PARTIAL_REWRITE_CNT: 0\n"); /* a line that was cut is never gone on with */
}

static void show_device(struct session *s, const struct log_conf *c)
{
        static const char *const kind[] = { [LOG_DEV_STRING] = "string",
                                            [LOG_DEV_HOSTNAME] = "hostname",
                                            [LOG_DEV_CONTEXT] = "context name",
                                            [LOG_DEV_ADDRESS] = "interface address" };

        if (c->device == LOG_DEV_NONE)
                out(s, "    Device ID: disabled\n");
        else
                out(s, "    Device ID: %s \"%s\"\n", kind[c->device], c->device_id);
}

static void show_hosts(struct session *s)
{
        struct syslog_send *sender = session_box(s)->syslog;
        struct syslog_stat *st = sender ? mem_alloc(MEM_CLI, SYSLOG_HOSTS_MAX * sizeof *st) : NULL;
        unsigned n = st ? syslog_send_stat(sender, st) : 0;
        char a[ADDR_TEXT_MAX];

        for (unsigned i = 0; i < n; i++) {
                const struct syslog_stat *h = &st[i];

                if (h->host.tcp)
                        out(s, "        Logging to %s %s tcp/%u %s, TCP TX:%llu errors: %llu  dropped: %llu\n",
                            h->host.nameif, addr_print(&h->host.addr, a), h->host.port,
                            h->up ? "Connected" : "Not connected", (unsigned long long)h->sent,
                            (unsigned long long)h->errors, (unsigned long long)h->dropped);
                else
                        out(s, "        Logging to %s %s, UDP TX:%llu errors: %llu  dropped: %llu\n", h->host.nameif,
                            addr_print(&h->host.addr, a), (unsigned long long)h->sent, (unsigned long long)h->errors,
                            (unsigned long long)h->dropped);
                if (!h->up && *h->cause)
                        out(s, "          %s\n", h->cause);
        }
        show_tcp(s, st, n);
        mem_free(st);
}

static void show_settings(struct session *s, struct log *l)
{
        struct log_conf *c = mem_alloc(MEM_CLI, sizeof *c);
        struct log_stats st;

        if (!c)
                return;
        log_get_conf(l, c);
        log_stats(l, &st);
        out(s, "Syslog logging: %s\n", on_off(c->enable));
        out(s, "    Facility: %u\n", c->facility);
        out(s, "    Timestamp logging: %s%s\n", on_off(c->timestamp), c->timestamp && c->rfc5424 ? " (rfc5424)" : "");
        out(s, "    Hide Username logging: disabled\n");
        out(s, "    Standby logging: disabled\n");
        out(s, "    Debug-trace logging: %s\n", on_off(c->debug_trace));
        show_dest(s, "Console", c, &st, LOG_TO_CONSOLE);
        show_dest(s, "Monitor", c, &st, LOG_TO_MONITOR);
        show_dest(s, "Buffer", c, &st, LOG_TO_BUFFER);
        show_dest(s, "Trap", c, &st, LOG_TO_TRAP);
        show_hosts(s);
        out(s, "    Permit-hostdown logging: %s\n", on_off(c->permit_hostdown));
        out(s, "    History logging: disabled\n");
        show_device(s, c);
        out(s, "    Mail logging: disabled\n");
        out(s, "    ASDM logging: disabled\n");
        mem_free(c);
}

static void buffer_line(void *ctx, const char *line)
{
        out(ctx, "%s\n", line);
}

static int show_logging(struct session *s, const struct args *a, struct err *e)
{
        struct log *l = session_box(s)->log;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        show_settings(s, l);
        if (arg_has(a, "setting"))
                return 0;
        return log_buffer_walk(l, buffer_line, s) ? err_nomem(e, "showing the log") : 0;
}

/* Rings between the threads and the log. */
static int show_queue(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct log *l = session_box(s)->log;
        struct log_src_stats st;
        struct log_stats all;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        log_stats(l, &all);
        out(s, "        Logging Queue length limit : %u msg(s)\n", log_queue_limit(l));
        out(s, "        %llu msg(s) discarded due to queue overflow\n", (unsigned long long)all.lost);
        out(s, "        Current %llu msg on queue\n\n", (unsigned long long)all.queued);
        out(s, "Source                   Queued        Lost\n");
        for (unsigned i = 0; log_src_stats(l, i, &st); i++)
                out(s, "%-18s %12llu %11llu\n", st.name, (unsigned long long)st.queued, (unsigned long long)st.lost);
        return 0;
}

static int clear_buffer(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        if (session_box(s)->log)
                log_buffer_clear(session_box(s)->log);
        return 0;
}

const struct exec_row exec_show_logging[] = {
        { "show logging [setting]", "Show the log", 15, show_logging },
        { "show logging queue", "Show what each thread has logged and lost", 15, show_queue },
        { "clear logging buffer", "Forget the lines of the log buffer", 15, clear_buffer },
        { 0 },
};
