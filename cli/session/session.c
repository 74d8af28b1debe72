/* Life of a session: greeting, login, prompt, the loop. */
#include "cli/session/session_int.h"

#include "cli/conf/store.h"
#include "cli/lang/tree.h"

struct session *session_new(struct box *b, struct term *t, const struct session_opts *o)
{
        struct session *s = mem_alloc(MEM_CLI, sizeof *s);

        if (!s)
                return NULL;
        s->box = b;
        s->t = t;
        s->opts = *o;
        s->priv = o->privileged ? 15 : 1;
        if (o->user)
                str_copy(s->user, sizeof s->user, o->user);
        pthread_mutex_init(&s->seen_lock, NULL);
        s->seen.since_s = clock_wall_s(b->clk);
        s->pager_lines = -1;
        s->pager.t = t;
        conf_ctx_of_box(&s->conf, b);
        session_forget(s); /* the terminal knows lines of the session before */
        if (o->id)
                session_set_identity(s, o->id);
        session_publish(s);
        return s;
}

void session_free(struct session *s)
{
        if (!s)
                return;
        while (s->nhistory) {
                mem_free_secret(s->history[--s->nhistory]);
                mem_free_secret(s->shown[s->nhistory]);
        }
        if (s->candidate)
                session_leave_config(s);
        conf_ctx_fini(&s->conf);
        pthread_mutex_destroy(&s->seen_lock);
        text_fini(&s->partial);
        filter_fini(&s->filter);
        mem_free(s);
}

/* ---- prompt ---- */

/* Parts of `prompt ...` that exist on a single unit: one context, no slots, no failover state. */
static void prompt_base(const struct sys_conf *c, char *out, size_t cap)
{
        struct wbuf w = wbuf_of(out, cap);

        for (unsigned i = 0; i < ARRAY_LEN(c->prompt) && c->prompt[i] != PROMPT_END; i++) {
                const char *part = c->prompt[i] == PROMPT_HOSTNAME ? c->hostname
                                   : c->prompt[i] == PROMPT_DOMAIN ? c->domain
                                                                   : "";

                if (*part)
                        wbuf_printf(&w, "%s%s", w.len ? "/" : "", part);
        }
        if (!w.len)
                wbuf_str(&w, c->hostname);
        wbuf_text(&w);
}

const char *session_prompt(struct session *s)
{
        struct box *b = s->box;
        char base[224];

        pthread_mutex_lock(&b->conf_lock);
        prompt_base(&b->store->sys, base, sizeof base);
        if (s->config)
                snprintf(s->prompt, sizeof s->prompt, "%.190s(config%s%s)# ", base, s->candidate ? "-s" : "",
                         conf_prompt(&s->conf) + strlen("config"));
        else
                snprintf(s->prompt, sizeof s->prompt, "%s%s ", base, s->priv > 1 ? "#" : ">");
        pthread_mutex_unlock(&b->conf_lock);
        return s->prompt;
}

/* ---- greeting and login ---- */

static void show_banner(struct session *s, enum banner_kind kind)
{
        struct text t = { 0 };

        pthread_mutex_lock(&s->box->conf_lock);
        conf_each(struct banner_conf, bn, &s->box->store->sys.banners) {
                if (bn->kind == kind)
                        text_printf(&t, "%s\n", bn->text);
        }
        pthread_mutex_unlock(&s->box->conf_lock);
        term_write(s->t, text_str(&t), t.n);
        text_fini(&t);
}

void session_greet(struct session *s)
{
        show_banner(s, BANNER_EXEC);
        session_welcome(s);
        term_puts(s->t, "Type help or '?' for a list of available commands.\n");
}

static bool login_wanted(struct session *s)
{
        bool want;

        pthread_mutex_lock(&s->box->conf_lock);
        want = s->opts.serial && s->box->store->sys.aaa.serial && !*s->user && !s->opts.privileged;
        pthread_mutex_unlock(&s->box->conf_lock);
        return want;
}

/* ---- editing hooks ---- */

/* With command authorization everything is there to be asked for. The caller holds conf_lock. */
static unsigned seen_level(const struct session *s)
{
        return s->box->store->sys.aaa.command ? CONF_PRIV : s->priv;
}

static void on_help(void *ctx, const char *line)
{
        struct session *s = ctx;
        struct text t = { 0 };

        pthread_mutex_lock(&s->box->conf_lock);
        cli_help(s->box->store, s->config ? &s->conf : NULL, seen_level(s), line, &t);
        pthread_mutex_unlock(&s->box->conf_lock);
        out_begin(s, true);
        session_show(s, &t);
        out_end(s);
        text_fini(&t);
}

static bool on_complete(void *ctx, const char *line, char *insert, size_t cap)
{
        struct session *s = ctx;
        struct text t = { 0 };
        size_t n = strlen(line);
        bool some;

        pthread_mutex_lock(&s->box->conf_lock);
        some = cli_complete(s->box->store, s->config ? &s->conf : NULL, seen_level(s), line, &t);
        pthread_mutex_unlock(&s->box->conf_lock);
        some = some && t.n > n && str_copy(insert, cap, t.p + n);
        text_fini(&t);
        return some;
}

/* ---- the loop ---- */

void session_set_idle(struct session *s)
{
        uint32_t min;

        pthread_mutex_lock(&s->box->conf_lock);
        min = s->opts.serial ? s->box->store->sys.console_timeout_min
              : s->opts.ssh  ? s->box->store->sys.ssh.timeout_min
                             : 0;
        pthread_mutex_unlock(&s->box->conf_lock);
        term_set_idle(s->t, min * 60000u);
}

/* Pipes have no `?` key: a line that ends in one asks for help, and is not run. */
static bool help_line(struct session *s, const char *line)
{
        char *cut;
        size_t n = strlen(line);

        if (term_is_tty(s->t) || !n || line[n - 1] != '?')
                return false;
        cut = mem_dup(MEM_CLI, line, n + 1);
        if (!cut)
                return false;
        cut[n - 1] = 0;
        on_help(s, cut);
        mem_free_secret(cut);
        return true;
}

static enum session_end loop(struct session *s)
{
        while (!s->leaving) {
                const char *line;
                enum term_result r;

                session_set_idle(s);
                r = term_readline(s->t, session_prompt(s), &line);
                if (r == TERM_EOF)
                        return SESSION_EOF;
                if (r == TERM_IDLE)
                        return SESSION_IDLE;
                if (r == TERM_LONG)
                        term_printf(s->t, "ERROR: line of more than %u characters\n", TERM_LINE_MAX);
                else if (r == TERM_TO_END)
                        session_leave_config(s); /* like `end`, but nobody typed that */
                else if (r == TERM_LINE && !help_line(s, line))
                        session_line(s, line);
        }
        return s->stopped ? SESSION_STOPPED : SESSION_LOGOUT;
}

enum session_end session_run(struct session *s)
{
        const struct term_hooks hooks = { .ctx = s, .help = on_help, .complete = on_complete };
        enum session_end end;
        enum login_result login = LOGIN_OK;

        term_set_hooks(s->t, &hooks);
        show_banner(s, BANNER_MOTD);
        if (login_wanted(s)) {
                show_banner(s, BANNER_LOGIN);
                login = session_login(s);
        }
        if (login == LOGIN_OK && s->id.expired && !session_renew(s))
                login = LOGIN_REFUSED;
        if (login != LOGIN_OK) {
                term_set_hooks(s->t, NULL);
                return login == LOGIN_ENDED ? SESSION_EOF : SESSION_LOGOUT;
        }
        session_greet(s);
        end = loop(s);
        if (end == SESSION_LOGOUT)
                term_puts(s->t, "\nLogoff\n\n");
        else if (end != SESSION_STOPPED)
                term_puts(s->t, "\n");
        term_flush(s->t);
        term_set_hooks(s->t, NULL);
        if (*s->id.user)
                aaa_logout(s->box, &s->id);
        return end;
}
