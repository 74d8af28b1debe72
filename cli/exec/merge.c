#include "cli/exec/merge.h"

#include <string.h>

#include "cli/box/box_lock.h"
#include "cli/conf/commit.h"
#include "cli/conf/load.h"
#include "cli/session/session.h"
#include "cli/exec/util.h"

static void say_load(void *ctx, unsigned line_no, const char *words)
{
        text_printf(ctx, "line %u: %s\n", line_no, words);
}

/* Of what was saved it is no news which lines are not in force. */
static void say_saved(void *ctx, unsigned line_no, const char *words)
{
        if (!strstr(words, "kept but not in force"))
                say_load(ctx, line_no, words);
}

static bool let_others(struct conf_ctx *c)
{
        bool stop;

        pthread_mutex_unlock(&c->box->conf_lock);
        stop = session_interrupted(c->rest_ctx);
        pthread_mutex_lock(&c->box->conf_lock);
        return !stop;
}

static void hold(struct box *b, bool on)
{
        if (b->commit)
                commit_hold(b->commit, on);
}

/* Nothing of it is in force before its end. */
static void load(struct session *s, const struct text *t, struct load_report *rep)
{
        struct box *b = session_box(s);
        struct conf_ctx c;

        hold(b, true);
        conf_ctx_of_box(&c, b);
        c.late = true;
        c.rest = let_others;
        c.rest_ctx = s;
        conf_load(&c, text_str(t), t->n, rep);
        conf_ctx_fini(&c);
        hold(b, false);
}

/* Now, and not when somebody has read to its end what is said about the lines. What fails is tried again by the
 * commit behind the command, and told there. */
static void put_in_force(struct box *b)
{
        struct err e = { 0 };

        if (b->commit)
                (void)commit_run(b->commit, &e);
}

int merge_text(struct session *s, const struct copy_plan *p, const struct text *t, struct text *say, struct err *e)
{
        struct box *b = session_box(s);
        bool saved = p->src.kind == COPY_STARTUP;
        struct load_report rep = { .fn = saved ? say_saved : say_load, .ctx = say };

        if (session_lock_whole(s, e) < 0)
                return -1;
        log_msg(b->log_src, LOG_111002, LS(session_source(s)), LS(copy_shown(&p->src)));
        load(s, t, &rep);
        put_in_force(b);
        box_unlock_whole(b);
        if (saved && rep.inert)
                text_printf(say, "INFO: %u lines are kept but not in force: show configuration inert\n", rep.inert);
        if (rep.stopped_at)
                return err_set(e, ERR_STATE, "interrupted behind line %u: what was read before stays",
                               rep.stopped_at);
        return 0;
}
