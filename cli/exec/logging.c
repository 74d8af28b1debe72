/* Single log messages, rate limits, counters, and the buffer saved to the flash. */
#include "cli/exec/log_wait.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <sys/stat.h>

#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/log.h"
#include "platform/svc/syslog_send.h"

#define LOG_DIR "disk0:/syslog"

/* ---- show logging message ---- */

static const struct log_override *override_of(const struct log_conf *c, uint32_t id)
{
        for (unsigned i = 0; i < c->noverrides; i++)
                if (c->overrides[i].id == id)
                        return &c->overrides[i];
        return NULL;
}

static void message_line(struct session *s, const struct log_conf *c, const struct log_def *d)
{
        const struct log_override *o = override_of(c, d->id);

        bool off = o && o->disabled, other = o && o->level != LOG_L_NONE && o->level != d->level;
        const char *level = log_level_name(other ? o->level : d->level);
        char id[16], now[48] = "";

        snprintf(id, sizeof id, "%06u", d->id);
        if (other)
                snprintf(now, sizeof now, ", current-level %s", level);
        ROW(s, "syslog %s: default-level %s%s (%s)\n", cell_as(cell_num("message", d->id), id),
            cell_str("default_level", log_level_name(d->level)), cell_as(cell_str("current_level", level), now),
            cell_as(cell_bool("enabled", !off), off ? "disabled" : "enabled"));
}

/* Each number once: a message may have several wordings. */
static void message_lines(struct session *s, const struct log_conf *c, bool all)
{
        for (unsigned i = 0; i < LOG_MSGS; i++) {
                const struct log_def *d = log_def_of(i);

                if (log_find_id(d->id) == (int)i && (all || override_of(c, d->id)))
                        message_line(s, c, d);
        }
}

static int show_message(struct session *s, const struct args *a, struct err *e)
{
        struct log *l = session_box(s)->log;
        struct log_conf *c = l ? mem_alloc(MEM_CLI, sizeof *c) : NULL;
        uint32_t id = arg_u32(a, "ID", 0);
        int m = id ? log_find_id(id) : 0;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        if (!c)
                return err_nomem(e, "showing messages");
        log_get_conf(l, c);
        if (m >= 0)
                table_list(session_table(s), "messages");
        if (m >= 0 && id)
                message_line(s, c, log_def_of((enum log_msg)m));
        else if (m >= 0)
                message_lines(s, c, arg_has(a, "all"));
        if (m >= 0)
                table_close(session_table(s));
        mem_free(c);
        return m >= 0 ? 0 : err_set(e, ERR_REF, "message %u is never sent here", id);
}

/* ---- show logging rate-limit ---- */

static void rate_line(struct session *s, const struct log_rate *r, uint64_t suppressed)
{
        char what[40];

        if (r->id)
                snprintf(what, sizeof what, "message %u", r->id);
        else
                snprintf(what, sizeof what, "level %s", log_level_name(r->level));
        ROW(s, "%-20s %10s %10s %12s\n",
            cell_as(r->id ? cell_num("message", r->id) : cell_str("level", log_level_name(r->level)), what),
            r->unlimited ? cell_as(cell_null("at_most"), "unlimited") : cell_num("at_most", r->n),
            r->unlimited ? cell_as(cell_null("seconds"), "0") : cell_num("seconds", r->seconds),
            cell_num("suppressed", suppressed));
}

static int show_rate(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct log *l = session_box(s)->log;
        struct log_conf *c = l ? mem_alloc(MEM_CLI, sizeof *c) : NULL;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        if (!c)
                return err_nomem(e, "showing rate limits");
        log_wait(session_box(s));
        log_get_conf(l, c);
        if (c->nrates)
                out(s, "Messages              At most     Seconds  Suppressed\n");
        table_list(session_table(s), "rate_limits");
        for (unsigned i = 0; i < c->nrates; i++)
                rate_line(s, &c->rates[i], log_rate_suppressed(l, i));
        table_close(session_table(s));
        mem_free(c);
        return 0;
}

/* ---- clear logging counter ---- */

static int clear_counter(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);

        log_wait(b);
        if (b->log)
                log_clear_counters(b->log);
        if (b->syslog)
                syslog_send_clear(b->syslog);
        return 0;
}

/* ---- logging savelog ---- */

static void add_line(void *ctx, const char *line)
{
        text_printf(ctx, "%s\n", line);
}

static void log_url(struct session *s, const struct args *a, char *url, size_t cap)
{
        char when[40];
        struct tz z;
        struct tm tm;

        if (arg_str(a, "FILE")) {
                snprintf(url, cap, LOG_DIR "/%s", arg_str(a, "FILE"));
                return;
        }
        box_tz(session_box(s), &z);
        tm = tz_tm(&z, (time_t)clock_wall_s(session_box(s)->clk));
        strftime(when, sizeof when, "LOG-%Y-%m-%d-%H%M%S.TXT", &tm);
        snprintf(url, cap, LOG_DIR "/%s", when);
}

static int write_log(struct session *s, const struct args *a, const struct text *t, struct err *e)
{
        char dir[512], path[768], url[300];

        log_url(s, a, url, sizeof url);
        if (flash_path(session_box(s), LOG_DIR, dir, sizeof dir, e) < 0 ||
            flash_path_write(session_box(s), url, path, sizeof path, e) < 0)
                return -1;
        if (dir_make(dir, 0700, e) < 0 ||
            file_write_atomic(path, text_str(t), strlen(text_str(t)), 0600, false, e) < 0)
                return -1;
        out(s, "%zu bytes of the log buffer saved to %s\n", strlen(text_str(t)), url);
        return 0;
}

static int savelog(struct session *s, const struct args *a, struct err *e)
{
        struct log *l = session_box(s)->log;
        struct text t = { 0 };
        int rc;

        if (!l)
                return err_set(e, ERR_STATE, "there is no log");
        log_wait(session_box(s));
        if (log_buffer_walk(l, add_line, &t) < 0 || t.bad)
                rc = err_nomem(e, "saving the log");
        else
                rc = write_log(s, a, &t, e);
        text_fini(&t);
        return rc;
}

const struct exec_row exec_logging[] = {
        { "show logging message [{all|ID:u32(100000-999999)}]", "Show which messages are switched off or changed",
          15 | EXEC_TABLE, show_message },
        { "show logging rate-limit", "Show how many messages the rate limits kept back", 15 | EXEC_TABLE, show_rate },
        { "clear logging counter", "Set the counters of the log to zero", 15, clear_counter },
        { "logging savelog [FILE:word(64)]", "Save the log buffer to disk0:/syslog", 15, savelog },
        { 0 },
};
