#include "cli/session/console.h"

#include <string.h>
#include <sys/prctl.h>

#include "cli/aaa/aaa_state.h"
#include "cli/box/baseline.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

struct member {
        struct list link;
        struct session *s;
};

struct console {
        struct list link;
        struct console_set *cs;
        struct term *t;
        bool stdio;
        pthread_t thread;
};

struct console_set {
        struct box *box;
        pthread_mutex_t lock;
        struct list members;         /* struct member */
        struct list consoles;        /* struct console */
        struct baselines *baselines; /* ours to free; NULL: the box came with one */
        struct aaa_state *aaa;       /* the same */
};

/* ---- sinks: run in the log thread ---- */

static void on_log(void *ctx, enum log_dest dest, int level UNUSED, uint32_t id UNUSED, const char *line)
{
        struct console_set *cs = ctx;

        pthread_mutex_lock(&cs->lock);
        list_each(it, &cs->members)
                session_log(list_entry(it, struct member, link)->s, dest, line);
        pthread_mutex_unlock(&cs->lock);
}

static void on_debug(void *ctx, enum debug_family f, const char *line)
{
        struct console_set *cs = ctx;

        pthread_mutex_lock(&cs->lock);
        list_each(it, &cs->members)
                session_debug_line(list_entry(it, struct member, link)->s, f, line);
        pthread_mutex_unlock(&cs->lock);
}

static void set_sinks(struct console_set *cs, bool on)
{
        struct log *l = cs->box->log;

        if (!l)
                return;
        log_set_sink(l, LOG_TO_CONSOLE, on ? on_log : NULL, cs);
        log_set_sink(l, LOG_TO_MONITOR, on ? on_log : NULL, cs);
        log_set_debug_sink(l, on ? on_debug : NULL, cs);
}

void console_debugs_changed(struct console_set *cs)
{
        uint32_t want = 0;

        if (!cs->box->log)
                return;
        pthread_mutex_lock(&cs->lock);
        list_each(it, &cs->members)
                want |= session_debugs(list_entry(it, struct member, link)->s);
        pthread_mutex_unlock(&cs->lock);
        for (unsigned f = 0; f < DBG_FAMILIES; f++)
                debug_set(cs->box->log, (enum debug_family)f, want >> f & 1);
}

/* ---- members ---- */

void console_join(struct console_set *cs, struct session *s)
{
        struct member *m = mem_alloc(MEM_CLI, sizeof *m);

        if (!m)
                return; /* a session without log lines is better than none */
        m->s = s;
        pthread_mutex_lock(&cs->lock);
        list_add_tail(&cs->members, &m->link);
        pthread_mutex_unlock(&cs->lock);
}

void console_leave(struct console_set *cs, struct session *s)
{
        pthread_mutex_lock(&cs->lock);
        list_each_safe(it, next, &cs->members) {
                struct member *m = list_entry(it, struct member, link);

                if (m->s != s)
                        continue;
                list_del(it);
                mem_free(m);
        }
        pthread_mutex_unlock(&cs->lock);
        console_debugs_changed(cs);
}

void console_each(struct console_set *cs, void (*fn)(void *ctx, struct session *s), void *ctx)
{
        pthread_mutex_lock(&cs->lock);
        list_each(it, &cs->members)
                fn(ctx, list_entry(it, struct member, link)->s);
        pthread_mutex_unlock(&cs->lock);
}

void console_tell_all(struct console_set *cs, const struct session *except, const char *line)
{
        if (!cs)
                return;
        pthread_mutex_lock(&cs->lock);
        list_each(it, &cs->members) {
                struct session *s = list_entry(it, struct member, link)->s;

                if (s != except)
                        session_notice(s, line);
        }
        pthread_mutex_unlock(&cs->lock);
}

/* ---- consoles ---- */

static enum session_end run_session(struct console *c)
{
        const struct session_opts o = { .serial = true };
        struct session *s = session_new(c->cs->box, c->t, &o);
        enum session_end end;

        if (!s) {
                term_puts(c->t, "ERROR: out of memory\n");
                return SESSION_EOF;
        }
        console_join(c->cs, s);
        end = session_run(s);
        console_leave(c->cs, s);
        session_free(s);
        return end;
}

static void *console_thread(void *arg)
{
        struct console *c = arg;
        struct box *b = c->cs->box;
        bool ends = c->stdio && !term_is_tty(c->t); /* on a terminal ^D is a key like others: it logs out */
        enum session_end end;

        prctl(PR_SET_NAME, "vg-console");
        if (*b->startup_errors)
                term_printf(c->t, "Reading from flash...\n%s", b->startup_errors);
        do {
                end = run_session(c);
                if (end == SESSION_IDLE) {
                        pthread_mutex_lock(&b->conf_lock);
                        if (log_wanted(b->log_src, LOG_611104))
                                log_emit(b->log_src, LOG_611104, NULL, 0);
                        pthread_mutex_unlock(&b->conf_lock);
                }
        } while (!term_gone(c->t) && end != SESSION_STOPPED && (end != SESSION_EOF || !ends));
        term_flush(c->t);
        if (c->stdio && b->stop)
                b->stop(b, BOX_EXIT);
        return NULL;
}

static void console_free(struct console *c)
{
        term_close(c->t);
        mem_free(c);
}

static int start(struct console_set *cs, struct term *t, const char *spec, struct err *e)
{
        struct console *c = mem_alloc(MEM_CLI, sizeof *c);

        if (!c) {
                term_close(t);
                return err_nomem(e, "opening a console");
        }
        c->cs = cs;
        c->stdio = !strcmp(spec, "stdio");
        c->t = t;
        list_add_tail(&cs->consoles, &c->link);
        if (pthread_create(&c->thread, NULL, console_thread, c)) {
                list_del(&c->link);
                console_free(c);
                return err_set(e, ERR_LIMIT, "console %s: no thread", spec);
        }
        return 0;
}

int console_start(struct console_set *cs, const char *spec, struct err *e)
{
        struct term *t = term_open(spec, e);

        return t ? start(cs, t, spec, e) : -1;
}

int console_start_line(struct console_set *cs, int master, struct err *e)
{
        struct term *t = term_open_line(master, e);

        return t ? start(cs, t, "pty", e) : -1;
}

/* ---- life ---- */

struct console_set *console_set_new(struct box *b)
{
        struct console_set *cs = mem_alloc(MEM_CLI, sizeof *cs);

        if (!cs)
                return NULL;
        cs->box = b;
        pthread_mutex_init(&cs->lock, NULL);
        list_init(&cs->members);
        list_init(&cs->consoles);
        b->consoles = cs;
        if (!b->baselines)
                b->baselines = cs->baselines = baselines_new();
        if (!b->aaa)
                b->aaa = cs->aaa = aaa_state_new(b);
        set_sinks(cs, true);
        return cs;
}

void console_set_free(struct console_set *cs)
{
        if (!cs)
                return;
        list_each(it, &cs->consoles)
                term_hangup(list_entry(it, struct console, link)->t);
        list_each_safe(it, next, &cs->consoles) {
                struct console *c = list_entry(it, struct console, link);

                pthread_join(c->thread, NULL);
                list_del(it);
                console_free(c);
        }
        set_sinks(cs, false);
        cs->box->consoles = NULL;
        if (cs->baselines)
                cs->box->baselines = NULL;
        baselines_free(cs->baselines);
        if (cs->aaa)
                cs->box->aaa = NULL;
        aaa_state_free(cs->box, cs->aaa);
        pthread_mutex_destroy(&cs->lock);
        mem_free(cs);
}
