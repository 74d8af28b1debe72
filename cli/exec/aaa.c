/* Users: who is locked out, who was here, who is here. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/aaa_int.h"
#include "cli/console.h"
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

/* ---- show aaa local user ---- */

static void add_user(struct text *t, const struct aaa_record *r, const struct aaa_conf *conf, const struct tz *z,
                     int64_t now_s, bool only_locked)
{
        bool locked = aaa_is_locked(r, now_s), off = aaa_is_inactive(r, conf, now_s);
        char when[16] = "-";
        struct tm tm;

        if (only_locked && !locked && !off)
                return;
        if (locked) {
                tm = tz_tm(z, (time_t)r->locked_s);
                strftime(when, sizeof when, "%H:%M", &tm);
        }
        text_printf(t, "%9s   %15u   %6s    %s%s\n", when, r->failures, locked ? "Y" : "N", r->name,
                    off ? " (disabled: not used for too long)" : "");
}

static int show_local_user(struct session *s, const struct args *a, struct err *e)
{
        struct aaa_state *st = records(s, e);
        struct box *b = session_box(s);
        struct text t = { 0 };
        struct aaa_conf conf;
        struct tz z;

        if (!st)
                return -1;
        box_tz(b, &z);
        pthread_mutex_lock(&b->conf_lock);
        conf = b->store->sys.aaa;
        pthread_mutex_unlock(&b->conf_lock);
        text_add(&t, "Lock-time  Failed-attempts   Locked    User\n");
        pthread_mutex_lock(&st->lock);
        list_each(it, &st->records)
                add_user(&t, list_entry(it, struct aaa_record, link), &conf, &z, clock_wall_s(b->clk),
                         arg_has(a, "locked"));
        pthread_mutex_unlock(&st->lock);
        out(s, "%s", text_str(&t));
        text_fini(&t);
        return 0;
}

/* ---- show aaa login-history ---- */

static void add_when(struct text *t, const char *what, const struct tz *z, int64_t when_s, const char *from)
{
        char stamp[48];

        if (when_s)
                text_printf(t, "%-32s%s from %s\n", what, tz_stamp(z, (time_t)when_s, stamp), from);
        else
                text_printf(t, "%-32sNone\n", what);
}

static void add_history(struct text *t, const struct aaa_record *r, unsigned days, const struct tz *z, int64_t now_s)
{
        char logins[40], stamp[48];

        snprintf(logins, sizeof logins, "Logins in last %u days:", days);
        text_printf(t, "Login history for user:         %s\n", r->name);
        text_printf(t, "%-32s%u\n", logins, aaa_record_logins(r, now_s, days));
        add_when(t, "Last successful login:", z, r->last_login_s, r->last_source);
        text_printf(t, "Failures since last login:      %u\n", r->failed);
        add_when(t, "Last failed login:", z, r->last_failed_s, r->failed_source);
        text_printf(t, "Privilege level:                %u\n", r->privilege);
        if (r->privilege_s)
                text_printf(t, "Privilege level changed from %u to %u at: %s\n", r->old_privilege, r->privilege,
                            tz_stamp(z, (time_t)r->privilege_s, stamp));
        text_add(t, "\n");
}

static int show_login_history(struct session *s, const struct args *a, struct err *e)
{
        struct aaa_state *st = records(s, e);
        const char *name = arg_str(a, "NAME");
        struct box *b = session_box(s);
        struct text t = { 0 };
        unsigned days;
        struct tz z;

        if (!st)
                return -1;
        box_tz(b, &z);
        pthread_mutex_lock(&b->conf_lock);
        days = b->store->sys.aaa.history_days;
        pthread_mutex_unlock(&b->conf_lock);
        pthread_mutex_lock(&st->lock);
        list_each(it, &st->records) {
                struct aaa_record *r = list_entry(it, struct aaa_record, link);

                if (!name || !strcmp(name, r->name))
                        add_history(&t, r, days, &z, clock_wall_s(b->clk));
        }
        pthread_mutex_unlock(&st->lock);
        if (name && !t.n)
                return err_set(e, ERR_REF, nobody, name);
        out(s, "%s", text_str(&t));
        text_fini(&t);
        return 0;
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

struct listing {
        struct text t;
        struct tz z;
        struct session *own;
        unsigned n;
};

static void add_session(void *ctx, struct session *s)
{
        struct listing *l = ctx;
        struct session_seen seen;
        char stamp[48];

        session_look(s, &seen);
        text_printf(&l->t, "%c %-2u %-7s %-16s %5u  %-16s %s\n", s == l->own ? '*' : ' ', l->n++, seen.line,
                    seen.user, seen.priv, seen.source, tz_stamp(&l->z, (time_t)seen.since_s, stamp));
}

static int show_users(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct listing l = { .own = s };

        box_tz(b, &l.z);
        text_add(&l.t, "  No Line    User             Level  From             Since\n");
        if (b->consoles)
                console_each(b->consoles, add_session, &l);
        out(s, "%s", text_str(&l.t));
        text_fini(&l.t);
        return 0;
}

const struct exec_row exec_aaa[] = {
        { "show aaa local user [locked]", "Show local users, failed attempts and lockouts", CONF_PRIV,
          show_local_user },
        { "show aaa login-history [user NAME]", "Show logins and failures of local users", CONF_PRIV,
          show_login_history },
        { "show users", "Show who is logged in on which console", 1, show_users },
        { "who", "The same as show users", 1, show_users },
        { "clear aaa local user {lockout|fail-attempts} {all|username NAME}", "Let a user in again", CONF_PRIV,
          clear_local_user },
        { 0 },
};
