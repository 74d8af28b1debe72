/* Configuration sessions: a copy is changed aside, looked at, and put in force as a whole. */
#include "cli/box/box_lock.h"
#include "cli/conf/candidate.h"
#include "cli/exec/rollback.h"
#include "cli/exec/tables.h"
#include "cli/exec/text_rows.h"
#include "cli/exec/util.h"
#include "cli/session/plan.h"

static int do_configure(struct session *s, const struct args *a, struct err *e)
{
        return session_configure_aside(s, arg_str(a, "NAME"), e);
}

static int not_open(struct err *e)
{
        return err_set(e, ERR_STATE, "no configuration session is open: configure session NAME opens one");
}

/* ---- show configuration session ---- */

/* Copied under the lock, told without it: the pager may wait. */
struct seen {
        struct {
                char name[33], user[65];
                bool stale;
                struct text diff;
        } of[BOX_CANDIDATES];
        unsigned n;
        bool waits; /* a change is taken back in so many seconds unless it is confirmed */
        uint64_t seconds;
};

static int see_one(struct box *b, const struct candidate *c, struct seen *x, struct err *e)
{
        unsigned i = x->n++;

        str_copy(x->of[i].name, sizeof x->of[i].name, c->name);
        str_copy(x->of[i].user, sizeof x->of[i].user, c->user);
        x->of[i].stale = candidate_is_stale(b, c);
        return diff_stores(b->store, c->store, &x->of[i].diff, e);
}

static int see(struct box *b, const char *name, struct seen *x, struct err *e)
{
        uint64_t now = clock_mono_ms(b->clk), at = b->plan.revert_at_ms;
        int rc = 0;

        for (unsigned i = 0; b->candidate && i < BOX_CANDIDATES && !rc; i++) {
                const struct candidate *c = &b->candidate[i];

                if (c->store && (!name || !strcmp(name, c->name)))
                        rc = see_one(b, c, x, e);
        }
        x->waits = b->plan.revert_to != NULL;
        x->seconds = at > now ? (at - now) / 1000 : 0;
        return !rc && name && !x->n ? err_set(e, ERR_REF, "there is no configuration session %s", name) : rc;
}

static void show_seen(struct session *s, struct seen *x)
{
        char left[24];

        table_list(session_table(s), "sessions");
        for (unsigned i = 0; i < x->n; i++) {
                const char *user = x->of[i].user;

                table_object(session_table(s), NULL);
                PUT(s, "Configuration session %s%s%s%s\n", cell_str("name", x->of[i].name),
                    cell_text(*user ? ", open by " : ""), cell_as(cell_str("user", *user ? user : NULL), user),
                    cell_as(cell_bool("stale", x->of[i].stale),
                            x->of[i].stale ? ", older than the running configuration" : ""));
                diff_rows(s, "differences", &x->of[i].diff);
                table_close(session_table(s));
        }
        table_close(session_table(s));
        if (x->waits)
                PUT(s, "A change is taken back in %s unless it is confirmed: commit confirm\n",
                    cell_as(cell_num("taken_back_in_seconds", x->seconds), str_duration(left, x->seconds)));
        else
                PUT(s, "%s", cell_as(cell_null("taken_back_in_seconds"), x->n ? "" : "No configuration session\n"));
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct seen x = { 0 };
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = see(b, arg_str(a, "NAME"), &x, e);
        pthread_mutex_unlock(&b->conf_lock);
        if (!rc)
                show_seen(s, &x);
        for (unsigned i = 0; i < x.n; i++)
                text_fini(&x.of[i].diff);
        return rc;
}

/* ---- commit ---- */
struct commit_state {
        struct session *s;
        unsigned minutes;
        bool force;
};

static int put_in_force(struct commit_state *st, enum replace_how *how, struct text *warnings, struct err *e)
{
        struct box *b = session_box(st->s);
        uint64_t before = b->plan.revert_at_ms;
        struct candidate *cand = session_candidate(st->s);
        struct conf_ctx c;
        int rc = 0;

        if (candidate_is_stale(b, cand) && !st->force)
                return err_set(
                        e, ERR_STATE,
                        "the running configuration was changed meanwhile; see show configuration session, then "
                        "commit force (which takes that back) or abort");
        if (st->minutes)
                rc = plan_revert(b, st->minutes, e);
        if (rc)
                return rc;
        conf_ctx_of_box(&c, b);
        rc = conf_replace(&c, cand->store, how, warnings, e);
        conf_ctx_fini(&c);
        if (rc && st->minutes)
                plan_revert_undo(b, before);
        if (!rc)
                candidate_drop(cand);
        return rc;
}

static enum dialog_next commit_step(struct dialog *d, const char *answer UNUSED)
{
        struct commit_state *st = d->state;
        enum replace_how how;
        struct err e;
        int rc;

        if (session_lock_whole(st->s, &e) < 0)
                return dialog_fail(d, &e);
        rc = put_in_force(st, &how, &d->out, &e);
        box_unlock_whole(d->box);
        if (rc)
                return dialog_fail(d, &e);
        session_leave_config(st->s);
        d->changed = how != REPLACE_NOTHING;
        say_replaced(d, how);
        if (st->minutes)
                say_revertable(d, st->minutes);
        return DIALOG_DONE;
}

static const struct dialog_row commit_dialog = { "commit", sizeof(struct commit_state), commit_step, NULL };

static int do_commit(struct session *s, const struct args *a, struct err *e)
{
        struct commit_state st = { .s = s, .minutes = arg_u32(a, "MINUTES", 0), .force = arg_has(a, "force") };

        return session_candidate(s) ? session_ask(s, &commit_dialog, &st, e) : not_open(e);
}

static int do_abort(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct candidate *c = session_candidate(s);
        struct box *b = session_box(s);

        if (!c)
                return not_open(e);
        session_leave_config(s);
        pthread_mutex_lock(&b->conf_lock);
        candidate_drop(c);
        pthread_mutex_unlock(&b->conf_lock);
        return 0;
}

static int do_clear(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct candidate *c;
        int rc = 0;

        pthread_mutex_lock(&b->conf_lock);
        c = candidate_find(b, arg_str(a, "NAME"));
        if (!c)
                rc = err_set(e, ERR_REF, "there is no configuration session %s", arg_str(a, "NAME"));
        else if (*c->user)
                rc = err_set(e, ERR_INUSE, "configuration session %s is open: user %s has it", c->name, c->user);
        else
                candidate_drop(c);
        pthread_mutex_unlock(&b->conf_lock);
        return rc;
}

/* ---- what waits for a confirmation ---- */
static int waiting(struct session *s, bool (*fn)(struct box *b), struct err *e)
{
        struct box *b = session_box(s);
        bool was;

        if (session_lock_whole(s, e) < 0)
                return -1;
        was = fn(b);
        box_unlock_whole(b);
        return was ? 0 : err_set(e, ERR_STATE, "no change waits for a confirmation");
}

static int do_confirm(struct session *s, const struct args *a UNUSED, struct err *e)
{
        return waiting(s, plan_confirm, e);
}

static int do_revert(struct session *s, const struct args *a UNUSED, struct err *e)
{
        return waiting(s, plan_revert_now, e);
}

const struct exec_row exec_candidate[] = {
        { "configure session NAME:word(32)", "Configure a copy aside, which is put in force by `commit`", 15,
          do_configure },
        { "show configuration session [NAME:word(32)]", "Show configuration sessions and what they would change",
          15 | EXEC_TABLE, show_sessions },
        { "commit [force] [revertable MINUTES:u32(1-1440)]", "Put the open configuration session in force", 15,
          do_commit },
        { "commit confirm", "Keep a revertable change", 15, do_confirm },
        { "commit revert", "Take a revertable change back now", 15, do_revert },
        { "abort", "Forget the open configuration session", 15, do_abort },
        { "clear configuration session NAME:word(32)", "Forget a configuration session", 15, do_clear },
        { 0 },
};
