/* Users: who is locked out, who was here, who is here. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/aaa/aaa_int.h"
#include "cli/session/console.h"
#include "platform/base/attr.h"

static const char nobody[] = "there is no such user: %s";

/* The records as they are now, for one pass over them. NULL: nothing is remembered here. */
static struct aaa_state *records(struct session *s, struct err *e)
{
        struct box *b = session_box(s);

        if (!b->aaa) {
                err_set(e, ERR_STATE, "nothing is remembered about users here");
                return NULL;
        }
        pthread_mutex_lock(&b->conf_lock);
        aaa_state_sync(b, b->aaa);
        pthread_mutex_unlock(&b->conf_lock);
        return b->aaa;
}

/* A copy, because who reads it may take his time: rows[*n], the caller's to free. NULL: none, or no memory. */
static struct aaa_record *copy_records(struct aaa_state *st, unsigned *n)
{
        struct aaa_record *rows;
        unsigned all = 0;

        *n = 0;
        pthread_mutex_lock(&st->lock);
        list_each(it, &st->records)
                all++;
        rows = all ? mem_alloc(MEM_CLI, all * sizeof *rows) : NULL;
        if (rows)
                list_each(it, &st->records)
                        rows[(*n)++] = *list_entry(it, struct aaa_record, link);
        pthread_mutex_unlock(&st->lock);
        return rows;
}

/* ---- show aaa local user ---- */

static void show_user(struct session *s, const struct aaa_record *r, const struct aaa_conf *conf, const struct tz *z,
                      bool only_locked)
{
        int64_t now_s = clock_wall_s(session_box(s)->clk);
        bool locked = aaa_is_locked(r, now_s), off = aaa_is_inactive(r, conf, now_s);
        char when[16] = "-";
        struct tm tm;

        if (only_locked && !locked && !off)
                return;
        if (locked) {
                tm = tz_tm(z, (time_t)r->locked_s);
                strftime(when, sizeof when, "%H:%M", &tm);
        }
        ROW(s, "%9s   %15s   %6s    %s%s\n",
            cell_as(cell_time("lock_time", locked ? r->locked_s * NS_PER_S : 0), when),
            cell_num("failed_attempts", r->failures), cell_as(cell_bool("locked", locked), locked ? "Y" : "N"),
            cell_str("user", r->name),
            cell_as(cell_bool("disabled", off), off ? " (disabled: not used for too long)" : ""));
}

static int show_local_user(struct session *s, const struct args *a, struct err *e)
{
        struct aaa_state *st = records(s, e);
        struct box *b = session_box(s);
        struct aaa_record *rows;
        struct aaa_conf conf;
        struct tz z;
        unsigned n;

        if (!st)
                return -1;
        box_tz(b, &z);
        pthread_mutex_lock(&b->conf_lock);
        conf = b->store->sys.aaa;
        pthread_mutex_unlock(&b->conf_lock);
        rows = copy_records(st, &n);
        out(s, "Lock-time  Failed-attempts   Locked    User\n");
        table_list(session_table(s), "users");
        for (unsigned i = 0; i < n; i++)
                show_user(s, &rows[i], &conf, &z, arg_has(a, "locked"));
        table_close(session_table(s));
        mem_free_secret(rows);
        return 0;
}

/* ---- show aaa login-history ---- */

static struct cell when_cell(const char *name, int64_t s)
{
        return cell_time(name, s * NS_PER_S);
}

static void show_login(struct session *s, const struct aaa_record *r, const struct tz *z)
{
        char stamp[48];

        if (r->last_login_s)
                PUT(s, "Last successful login:          %s from %s\n",
                    cell_as(when_cell("last_login", r->last_login_s), tz_stamp(z, (time_t)r->last_login_s, stamp)),
                    cell_str("last_login_from", r->last_source));
        else
                PUT(s, "Last successful login:          None\n", cell_null("last_login"));
        PUT(s, "Failures since last login:      %s\n", cell_num("failures", r->failed));
        if (r->last_failed_s)
                PUT(s, "Last failed login:              %s from %s\n",
                    cell_as(when_cell("last_failure", r->last_failed_s),
                            tz_stamp(z, (time_t)r->last_failed_s, stamp)),
                    cell_str("last_failure_from", r->failed_source));
        else
                PUT(s, "Last failed login:              None\n", cell_null("last_failure"));
}

static void show_history(struct session *s, const struct aaa_record *r, unsigned days, const struct tz *z)
{
        char logins[40], stamp[48];

        snprintf(logins, sizeof logins, "Logins in last %u days:", days);
        table_object(session_table(s), NULL);
        PUT(s, "Login history for user:         %s\n", cell_str("user", r->name), cell_num("days", days));
        PUT(s, "%-32s%s\n", cell_text(logins),
            cell_num("logins", aaa_record_logins(r, clock_wall_s(session_box(s)->clk), days)));
        show_login(s, r, z);
        PUT(s, "Privilege level:                %s\n", cell_num("privilege", r->privilege));
        if (r->privilege_s)
                PUT(s, "Privilege level changed from %s to %s at: %s\n",
                    cell_num("privilege_before", r->old_privilege), cell_num(NULL, r->privilege),
                    cell_as(when_cell("privilege_changed", r->privilege_s),
                            tz_stamp(z, (time_t)r->privilege_s, stamp)));
        out(s, "\n");
        table_close(session_table(s));
}

static int show_login_history(struct session *s, const struct args *a, struct err *e)
{
        struct aaa_state *st = records(s, e);
        const char *name = arg_str(a, "NAME");
        struct box *b = session_box(s);
        struct aaa_record *rows;
        unsigned days, n, shown = 0;
        struct tz z;

        if (!st)
                return -1;
        box_tz(b, &z);
        pthread_mutex_lock(&b->conf_lock);
        days = b->store->sys.aaa.history_days;
        pthread_mutex_unlock(&b->conf_lock);
        rows = copy_records(st, &n);
        table_list(session_table(s), "users");
        for (unsigned i = 0; i < n; i++) {
                if (name && strcmp(name, rows[i].name) != 0)
                        continue;
                show_history(s, &rows[i], days, &z);
                shown++;
        }
        table_close(session_table(s));
        mem_free_secret(rows);
        return name && !shown ? err_set(e, ERR_REF, nobody, name) : 0;
}

/* ---- clear aaa local user ---- */

static void clear_one(struct session *s, struct aaa_record *r, bool lockout)
{
        struct box *b = session_box(s);

        if (lockout && r->locked_s)
                log_msg(b->log_src, LOG_113007, LS(r->name), LS(session_user(s)));
        if (lockout) {
                r->locked_s = 0;
                r->created_s = clock_wall_s(b->clk); /* an account that was not used counts from now on, too */
        }
        r->failures = 0;
}

static int clear_local_user(struct session *s, const struct args *a, struct err *e)
{
        struct aaa_state *st = records(s, e);
        const char *name = arg_str(a, "NAME");
        struct box *b = session_box(s);
        unsigned n = 0;

        if (!st)
                return -1;
        pthread_mutex_lock(&b->conf_lock); /* of the log's source */
        pthread_mutex_lock(&st->lock);
        list_each(it, &st->records) {
                struct aaa_record *r = list_entry(it, struct aaa_record, link);

                if (name && strcmp(name, r->name) != 0)
                        continue;
                clear_one(s, r, arg_has(a, "lockout"));
                n++;
        }
        st->dirty = true;
        pthread_mutex_unlock(&st->lock);
        pthread_mutex_unlock(&b->conf_lock);
        if (name && !n)
                return err_set(e, ERR_REF, nobody, name);
        return aaa_state_save(b, st, true, e);
}

/* ---- who is here ---- */

#define SEEN_MAX 256u

struct listing {
        struct session *own;
        unsigned n, own_at;
        struct session_seen *row; /* [SEEN_MAX] */
};

static void add_session(void *ctx, struct session *s)
{
        struct listing *l = ctx;

        if (l->n == SEEN_MAX)
                return;
        if (s == l->own)
                l->own_at = l->n;
        session_look(s, &l->row[l->n++]);
}

static void show_seen(struct session *s, const struct tz *z, unsigned no, bool own, const struct session_seen *r)
{
        char stamp[48];

        ROW(s, "%s %-2s %-7s %-16s %5s  %-16s %s\n", cell_as(cell_bool("own", own), own ? "*" : " "),
            cell_num("number", no), cell_str("line", r->line), cell_str("user", r->user),
            cell_num("privilege", r->priv), cell_str("from", r->source),
            cell_as(cell_time("since", r->since_s * NS_PER_S), tz_stamp(z, (time_t)r->since_s, stamp)));
}

static int show_users(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct listing l = { .own = s,
                             .own_at = SEEN_MAX,
                             .row = mem_alloc(MEM_CLI, SEEN_MAX * sizeof(struct session_seen)) };
        struct tz z;

        if (!l.row)
                return err_nomem(e, "listing sessions");
        box_tz(b, &z);
        if (b->consoles)
                console_each(b->consoles, add_session, &l);
        out(s, "  No Line    User             Level  From             Since\n");
        table_list(session_table(s), "sessions");
        for (unsigned i = 0; i < l.n; i++)
                show_seen(s, &z, i, i == l.own_at, &l.row[i]);
        table_close(session_table(s));
        mem_free(l.row);
        return 0;
}

const struct exec_row exec_aaa[] = {
        { "show aaa local user [locked]", "Show local users, failed attempts and lockouts", CONF_PRIV | EXEC_TABLE,
          show_local_user },
        { "show aaa login-history [user NAME]", "Show logins and failures of local users", CONF_PRIV | EXEC_TABLE,
          show_login_history },
        { "show users", "Show who is logged in on which console", 1 | EXEC_TABLE, show_users },
        { "who", "The same as show users", 1 | EXEC_TABLE, show_users },
        { "clear aaa local user {lockout|fail-attempts} {all|username NAME}", "Let a user in again", CONF_PRIV,
          clear_local_user },
        { 0 },
};
