/* `show logging`: settings, counts, and the buffer. */
#include "cli/exec/log_wait.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "platform/base/log.h"
#include "platform/svc/mail_send.h"
#include "platform/svc/syslog_send.h"

static struct cell on_off(const char *name, bool on)
{
        return cell_as(cell_bool(name, on), on ? "enabled" : "disabled");
}

/* "disabled", "level warnings, N messages logged" or "list L, N messages logged". */
static void show_dest(struct session *s, const char *title, const char *name, const struct log_conf *c,
                      const struct log_stats *st, enum log_dest d)
{
        const struct log_filter *f = &c->dest[d];
        bool list = *f->list, on = list || f->level != LOG_L_NONE;
        char facility[24] = "";

        if (d == LOG_TO_TRAP)
                snprintf(facility, sizeof facility, "facility %u, ", c->facility);
        table_object(session_table(s), name);
        PUT(s, "    %s logging: ", cell_text(title), cell_bool("enabled", on));
        if (on)
                PUT(s, "%s %s, %s%s messages logged\n", cell_text(list ? "list" : "level"),
                    cell_str(list ? "list" : "level", list ? f->list : log_level_name(f->level)), cell_text(facility),
                    cell_num("messages", st->dest_count[d]));
        else
                out(s, "disabled\n");
        table_close(session_table(s));
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
        table_object(session_table(s), "tcp");
        PUT(s, "        NOT_PUTABLE: %s, ALL_CHANNEL_DOWN: %s\n", cell_num(NULL, lost),
            cell_as(cell_bool("all_down", all && down == all), all && down == all ? "1" : "0"));
        PUT(s, "        CHANNEL_FLAP_CNT: %s, SYSLOG_PKT_LOSS: %s\n", cell_num("flaps", flaps),
            cell_num("lost", lost));
        out(s, "        PARTIAL_REWRITE_CNT: 0\n"); /* a line that was cut is never gone on with */
        table_close(session_table(s));
}

static void show_device(struct session *s, const struct log_conf *c)
{
        static const char *const kind[] = { [LOG_DEV_STRING] = "string",
                                            [LOG_DEV_HOSTNAME] = "hostname",
                                            [LOG_DEV_CONTEXT] = "context name",
                                            [LOG_DEV_ADDRESS] = "interface address" };

        if (c->device == LOG_DEV_NONE)
                PUT(s, "    Device ID: disabled\n", cell_null("device_id"));
        else
                PUT(s, "    Device ID: %s \"%s\"\n", cell_str("device_id_kind", kind[c->device]),
                    cell_str("device_id", c->device_id));
}

static void show_host(struct session *s, const struct syslog_stat *h)
{
        const struct cell nameif = cell_str("interface", h->host.nameif), addr = cell_addr("address", &h->host.addr),
                          sent = cell_num("sent", h->sent), errors = cell_num("errors", h->errors),
                          dropped = cell_num("dropped", h->dropped);

        table_object(session_table(s), NULL);
        PUT(s, "", cell_str("protocol", h->host.tcp ? "tcp" : "udp"));
        if (h->host.tcp)
                PUT(s, "        Logging to %s %s tcp/%s %s%s, TCP TX:%s errors: %s  dropped: %s\n", nameif, addr,
                    cell_num("port", h->host.port),
                    cell_as(cell_bool("tls", h->host.tls), h->host.tls ? "SECURE " : ""),
                    cell_as(cell_bool("connected", h->up), h->up ? "Connected" : "Not connected"), sent, errors,
                    dropped);
        else
                PUT(s, "        Logging to %s %s%s, UDP TX:%s errors: %s  dropped: %s\n", nameif, addr,
                    cell_as(cell_bool("emblem", h->host.emblem), h->host.emblem ? " format emblem" : ""), sent,
                    errors, dropped);
        if (!h->up && *h->cause)
                PUT(s, "          %s\n", cell_str("cause", h->cause));
        table_close(session_table(s));
}

static void show_hosts(struct session *s)
{
        struct syslog_send *sender = session_box(s)->syslog;
        struct syslog_stat *st = sender ? mem_alloc(MEM_CLI, SYSLOG_HOSTS_MAX * sizeof *st) : NULL;
        unsigned n = st ? syslog_send_stat(sender, st) : 0;

        table_list(session_table(s), "hosts");
        for (unsigned i = 0; i < n; i++)
                show_host(s, &st[i]);
        table_close(session_table(s));
        show_tcp(s, st, n);
        mem_free(st);
}

static void show_mail(struct session *s)
{
        struct mail_status st;

        if (!session_box(s)->mail)
                return;
        mail_send_status(session_box(s)->mail, &st);
        table_object(session_table(s), "mails");
        PUT(s, "        Mails sent: %s, failed: %s, messages waiting: %s, dropped: %s\n", cell_num("sent", st.sent),
            cell_num("failed", st.failed), cell_num("waiting", st.waiting), cell_num("dropped", st.dropped));
        if (*st.why)
                PUT(s, "          %s\n", cell_str("cause", st.why));
        table_close(session_table(s));
}

static void show_settings(struct session *s, struct log *l)
{
        struct log_conf *c = mem_alloc(MEM_CLI, sizeof *c);
        struct log_stats st;

        if (!c)
                return;
        log_get_conf(l, c);
        log_stats(l, &st);
        PUT(s, "Syslog logging: %s\n", on_off("enabled", c->enable));
        PUT(s, "    Facility: %s\n", cell_num("facility", c->facility));
        PUT(s, "    Timestamp logging: %s%s\n", on_off("timestamp", c->timestamp),
            cell_as(cell_bool("rfc5424", c->timestamp && c->rfc5424),
                    c->timestamp && c->rfc5424 ? " (rfc5424)" : ""));
        out(s, "    Hide Username logging: disabled\n");
        out(s, "    Standby logging: disabled\n");
        PUT(s, "    Debug-trace logging: %s\n", on_off("debug_trace", c->debug_trace));
        show_dest(s, "Console", "console", c, &st, LOG_TO_CONSOLE);
        show_dest(s, "Monitor", "monitor", c, &st, LOG_TO_MONITOR);
        show_dest(s, "Buffer", "buffer", c, &st, LOG_TO_BUFFER);
        show_dest(s, "Trap", "trap", c, &st, LOG_TO_TRAP);
        show_hosts(s);
        PUT(s, "    Permit-hostdown logging: %s\n", on_off("permit_hostdown", c->permit_hostdown));
        show_dest(s, "History", "history", c, &st, LOG_TO_HISTORY);
        show_device(s, c);
        show_dest(s, "Mail", "mail", c, &st, LOG_TO_MAIL);
        if (log_conf_uses(c, LOG_TO_MAIL))
                show_mail(s);
        show_dest(s, "ASDM", "asdm", c, &st, LOG_TO_ASDM);
        mem_free(c);
}

static void buffer_line(void *ctx, const char *line)
{
        ITEM((struct session *)ctx, "%s\n", cell_str(NULL, line));
}

static int show_logging(struct session *s, const struct args *a, struct err *e)
{
        struct log *l = session_box(s)->log;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        log_wait(session_box(s));
        show_settings(s, l);
        if (arg_has(a, "setting"))
                return 0;
        table_list(session_table(s), "lines");
        if (log_buffer_walk(l, buffer_line, s))
                return err_nomem(e, "showing the log");
        table_close(session_table(s));
        return 0;
}

/* The lines alone, as on the ASA. */
static int show_asdm(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct log *l = session_box(s)->log;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        log_wait(session_box(s));
        table_list(session_table(s), "lines");
        if (log_asdm_walk(l, buffer_line, s))
                return err_nomem(e, "showing the log");
        table_close(session_table(s));
        return 0;
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
        PUT(s, "        Logging Queue length limit : %s msg(s)\n", cell_num("limit", log_queue_limit(l)));
        PUT(s, "        %s msg(s) discarded due to queue overflow\n", cell_num("lost", all.lost));
        PUT(s, "        Current %s msg on queue\n\n", cell_num("queued", all.queued));
        out(s, "Source                   Queued        Lost\n");
        table_list(session_table(s), "sources");
        for (unsigned i = 0; log_src_stats(l, i, &st); i++)
                ROW(s, "%-18s %12s %11s\n", cell_str("source", st.name), cell_num("queued", st.queued),
                    cell_num("lost", st.lost));
        table_close(session_table(s));
        return 0;
}

/* What was said before goes, too, if it is still under way. */
static int clear_buffer(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        log_wait(session_box(s));
        if (session_box(s)->log)
                log_buffer_clear(session_box(s)->log);
        return 0;
}

static int clear_asdm(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        log_wait(session_box(s));
        if (session_box(s)->log)
                log_asdm_clear(session_box(s)->log);
        return 0;
}

const struct exec_row exec_show_logging[] = {
        { "show logging [setting]", "Show the log", 15 | EXEC_TABLE, show_logging },
        { "show logging queue", "Show what each thread has logged and lost", 15 | EXEC_TABLE, show_queue },
        { "show logging asdm", "Show the messages that are kept for ASDM", 15 | EXEC_TABLE, show_asdm },
        { "clear logging asdm", "Forget the messages that are kept for ASDM", 15, clear_asdm },
        { "clear logging buffer", "Forget the lines of the log buffer", 15, clear_buffer },
        { 0 },
};
