/* Configuration sessions: a copy is changed aside, looked at, and put in force as a whole. */
#include "cli/candidate.h"
#include "cli/exec/rollback.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"
#include "cli/plan.h"

static int do_configure(struct session *s, const struct args *a, struct err *e)
{
        return session_configure_aside(s, arg_str(a, "NAME"), e);
}

static int not_open(struct err *e)
{
        return err_set(e, ERR_STATE, "no configuration session is open: configure session NAME opens one");
}

/* ---- show configuration session ---- */
static int show_one(struct box *b, const struct candidate *c, struct text *t, struct err *e)
{
        text_printf(t, "Configuration session %s%s%s%s\n", c->name, *c->user ? ", open by " : "", c->user,
                    candidate_is_stale(b, c) ? ", older than the running configuration" : "");
        return diff_stores(b->store, c->store, t, e);
}

static void pending_text(const struct box *b, struct text *t)
{
        uint64_t now = clock_mono_ms(b->clk), at = b->plan.revert_at_ms;
        char left[24];

        if (b->plan.revert_to)
                text_printf(t, "A change is taken back in %s unless it is confirmed: commit confirm\n",
                            str_duration(left, at > now ? (at - now) / 1000 : 0));
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *name = arg_str(a, "NAME");
        struct text t = { 0 };
        unsigned n = 0;
        int rc = 0;

        pthread_mutex_lock(&b->conf_lock);
        for (unsigned i = 0; b->candidate && i < BOX_CANDIDATES && !rc; i++) {
                const struct candidate *c = &b->candidate[i];

                if (!c->store || (name && strcmp(name, c->name) != 0))
                        continue;
                rc = show_one(b, c, &t, e);
                n++;
        }
        pending_text(b, &t);
        pthread_mutex_unlock(&b->conf_lock);
        if (!rc && name && !n)
                rc = err_set(e, ERR_REF, "there is no configuration session %s", name);
        if (!rc)
                out(s, "%s", t.n ? text_str(&t) : "No configuration session\n");
        text_fini(&t);
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

        dialog_lock(d);
        rc = put_in_force(st, &how, &d->out, &e);
        dialog_unlock(d);
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

        pthread_mutex_lock(&b->conf_lock);
        was = fn(b);
        pthread_mutex_unlock(&b->conf_lock);
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
        { "show configuration session [NAME:word(32)]", "Show configuration sessions and what they would change", 15,
          show_sessions },
        { "commit [force] [revertable MINUTES:u32(1-1440)]", "Put the open configuration session in force", 15,
          do_commit },
        { "commit confirm", "Keep a revertable change", 15, do_confirm },
        { "commit revert", "Take a revertable change back now", 15, do_revert },
        { "abort", "Forget the open configuration session", 15, do_abort },
        { "clear configuration session NAME:word(32)", "Forget a configuration session", 15, do_clear },
        { 0 },
};
