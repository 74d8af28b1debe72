/* Running one line: history, filter, parser, EXEC row or questions, and the commit that follows configuration. */
#include "cli/session/session_int.h"

#include <ctype.h>

#include "cli/conf/commit.h"
#include "cli/conf/mask.h"
#include "cli/lang/privilege.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"

#define MORE_WAIT_MS 5 /* a pasting program may need a moment to refill the line */

/* ---- history ---- */

static void forget_at(struct session *s, unsigned i)
{
        mem_free_secret(s->history[i]);
        mem_free_secret(s->shown[i]);
        s->history[i] = s->shown[i] = NULL;
}

static void remember(struct session *s, const char *line)
{
        char *copy;

        if (!line[strspn(line, " ")] || (s->nhistory && !strcmp(s->history[s->nhistory - 1], line)))
                return;
        copy = mem_strdup(MEM_CLI, line);
        if (!copy)
                return;
        if (s->nhistory == SESSION_HISTORY) {
                forget_at(s, 0);
                memmove(s->history, s->history + 1, sizeof s->history - sizeof s->history[0]);
                memmove(s->shown, s->shown + 1, sizeof s->shown - sizeof s->shown[0]);
                s->nhistory--;
        }
        s->shown[s->nhistory] = NULL;
        s->history[s->nhistory++] = copy;
        term_history_add(s->t, line);
}

void session_forget(struct session *s)
{
        while (s->nhistory)
                forget_at(s, --s->nhistory);
        if (s->t)
                term_history_clear(s->t);
}

static const struct cli_tree *tree_of(struct box *b)
{
        const struct cli_tree *t;

        pthread_mutex_lock(&b->conf_lock);
        t = b->store->tree;
        pthread_mutex_unlock(&b->conf_lock);
        return t;
}

/* What is read of the last line tells what in it is secret: the terminal's own history has it as it was typed, others
 * do not. r NULL: it was not read. */
static void hide_secrets(struct session *s, const char *line, const struct cli_result *r)
{
        unsigned last = s->nhistory - 1;
        struct text masked = { 0 }, shown = { 0 };

        if (!s->nhistory || strcmp(s->history[last], line) != 0 || s->shown[last])
                return;
        if (!r || (r->code >= CLI_INVALID && r->code <= CLI_ERROR && !r->masked.n))
                mask_unread(tree_of(s->box), line, &masked);
        else
                text_add(&masked, r->masked.n ? text_str(&r->masked) : line);
        mask_urls(text_str(&masked), &shown);
        text_fini(&masked);
        if (shown.bad || strcmp(text_str(&shown), line) != 0)
                s->shown[last] = mem_strdup(MEM_CLI, shown.bad ? "*****" : text_str(&shown));
        text_fini(&shown);
}

const char *session_history(const struct session *s, unsigned n)
{
        if (n >= s->nhistory)
                return NULL;
        return s->shown[n] ? s->shown[n] : s->history[n];
}

/* ---- audit ---- */

/* 111009 for commands that only look, 111008 for the others, and 111010 when the configuration is another now. The
 * caller holds conf_lock. */
static void audit(struct session *s, const char *line, const struct cli_result *r)
{
        struct log_src *l = s->box->log_src;
        struct text shown = { 0 };
        bool looks = r->exec && (!strncmp(r->exec->grammar, "show", 4) || !strncmp(r->exec->grammar, "more", 4));
        enum log_msg id = looks ? LOG_111009 : LOG_111008;

        if (!log_wanted(l, id) && !log_wanted(l, LOG_111010))
                return;
        mask_urls(r->masked.n || r->masked.bad ? text_str(&r->masked) : line, &shown);
        log_msg(l, id, LS(session_user(s)), LS(text_str(&shown)));
        if (r->changed && !s->candidate)
                log_msg(l, LOG_111010, LS(session_user(s)), LS("CLI"), LS(s->id.remote ? s->id.source : "0.0.0.0"),
                        LS(text_str(&shown)));
        text_fini(&shown);
}

/* ---- dialogs ---- */

static enum dialog_next ask_word(struct session *s, struct dialog *d, const char *prompt, const char **answer,
                                 enum term_result *r)
{
        *r = term_answer(s->t, prompt, false, answer);
        if (*r != TERM_LINE)
                return DIALOG_ABORT;
        if (d->read == DIALOG_CONFIRM) {
                *answer = !**answer || str_prefix_ci("yes", *answer) ? "yes" : "no";
                return DIALOG_DONE;
        }
        if (!strcasecmp(*answer, "yes") || !strcasecmp(*answer, "no") ||
            (strstr(prompt, "[Y]es") && !strcasecmp(*answer, "y"))) {
                *answer = tolower((unsigned char)**answer) == 'y' ? "yes" : "no";
                return DIALOG_DONE;
        }
        if (strstr(prompt, "[N]o") && !strcasecmp(*answer, "n")) {
                *answer = "no";
                return DIALOG_DONE;
        }
        term_puts(s->t, "% Please answer 'yes' or 'no'.\n");
        return DIALOG_ASK;
}

/* One answer the way the dialog wants it; false: input ended, ^C, or a line no dialog takes. */
static bool get_answer(struct session *s, struct dialog *d, const char **answer)
{
        enum dialog_next n;
        enum term_result r;
        char prompt[sizeof d->prompt];

        memcpy(prompt, d->prompt, sizeof prompt);
        if (d->read != DIALOG_YESNO && d->read != DIALOG_CONFIRM)
                return term_answer(s->t, prompt, d->read == DIALOG_PASSWORD, answer) == TERM_LINE;
        do
                n = ask_word(s, d, prompt, answer, &r);
        while (n == DIALOG_ASK);
        return n == DIALOG_DONE;
}

static void show_dialog(struct session *s, struct dialog *d)
{
        session_show(s, &d->out);
        text_cut(&d->out, 0);
        out_flush(s);
}

bool session_drive(struct session *s, struct dialog *d)
{
        enum dialog_next n = dialog_start(d);
        bool changed;

        if (n == DIALOG_ASK && s->opts.mute) {
                out(s, "ERROR: this command asks questions, and nobody can answer here: use a console\n");
                n = DIALOG_ABORT;
        }
        while (n == DIALOG_ASK) {
                const char *answer;

                show_dialog(s, d);
                if (!get_answer(s, d, &answer)) {
                        n = DIALOG_ABORT;
                        break;
                }
                n = dialog_line(d, answer);
        }
        if (!s->opts.mute || n != DIALOG_ABORT)
                show_dialog(s, d);
        changed = n == DIALOG_DONE && d->changed;
        s->failed |= n != DIALOG_DONE || d->failed;
        dialog_free(d);
        return changed;
}

int session_ask(struct session *s, const struct dialog_row *row, const void *init, struct err *e)
{
        struct dialog *d = dialog_new(row, s->box, NULL, NULL);

        if (!d)
                return err_nomem(e, "asking");
        if (init)
                memcpy(d->state, init, row->state_size);
        dialog_free(s->dialog);
        s->dialog = d;
        return 0;
}

/* ---- the line ---- */

/* What the parser found may be above the user's level. */
static void authorize(struct session *s, struct cli_result *r)
{
        if (r->code != CLI_EXEC || privilege_of_exec(&s->box->store->sys, r->exec) <= s->priv)
                return;
        r->code = CLI_ERROR;
        s->denied = true;
        text_add(&r->text, AUTHORIZATION_FAILED);
}

static void parse(struct session *s, const char *cmd, struct cli_result *r)
{
        struct box *b = s->box;
        bool auth;

        pthread_mutex_lock(&b->conf_lock);
        auth = b->store->sys.aaa.command;
        if (s->config) {
                if (!s->candidate)
                        s->conf.store = b->store;
                s->conf.priv = s->priv;
                s->conf.authorize = auth;
                conf_line(&s->conf, cmd, r);
                if (r->changed && !s->candidate && b->commit)
                        commit_logging(b->commit, NULL); /* what fails is tried again by the commit, and told */
        } else {
                exec_line(b->store, auth ? CONF_PRIV : s->priv, cmd, r);
        }
        if (auth)
                authorize(s, r);
        if (r->code == CLI_OK || r->code == CLI_EXEC || r->code == CLI_DIALOG)
                audit(s, cmd, r);
        pthread_mutex_unlock(&b->conf_lock);
}

static void note_change(struct box *b, const char *user)
{
        b->conf_changed_wall_ns = b->clk->wall_ns(b->clk->ctx);
        str_copy(b->conf_changed_by, sizeof b->conf_changed_by, user);
        b->conf_dirty = true;
}

static void not_in_force(struct session *s, const struct err *e)
{
        out(s, "ERROR: the configuration is not in force: %s\n", e->text);
        s->failed = true;
}

/* Compiling waits while more lines are on their way: pasting stays linear. */
static void commit_after(struct session *s, bool changed)
{
        struct box *b = s->box;
        bool more = s->more || term_pending(s->t, MORE_WAIT_MS);
        struct err e = { 0 };
        int rc = 0;

        pthread_mutex_lock(&b->conf_lock);
        if (changed)
                note_change(b, session_user(s));
        if (b->commit) {
                commit_note(b->commit, more);
                rc = more ? commit_poll(b->commit, &e) : commit_run(b->commit, &e);
        }
        pthread_mutex_unlock(&b->conf_lock);
        if (rc)
                not_in_force(s, &e);
}

/* A document that has begun ends as one: what went wrong is a member. */
static void run_document(struct session *s, const struct cli_result *r)
{
        struct err e = { 0 };
        bool begun, bad;

        out_table(s, true);
        bad = r->exec->fn(s, r->args, &e) != 0;
        s->failed |= bad;
        begun = s->table.begun;
        if (begun || !bad)
                table_end(&s->table, bad ? e.text : NULL);
        out_table(s, false);
        if (!begun && bad)
                out(s, "ERROR: %s\n", e.text);
}

static void refuse_document(struct session *s, const char *cmd)
{
        size_t n;

        cmd += strspn(cmd, " ");
        for (n = strlen(cmd); n && cmd[n - 1] == ' ';)
                n--;
        out(s, "ERROR: \"%.*s\" has no table; it is shown as text only, without | json\n", (int)n, cmd);
        s->failed = true;
}

/* The file system's words begin with "%Error" and stand alone, as on the ASA. */
static void say_failed(struct session *s, const struct err *e)
{
        out(s, strncmp(e->text, "%Error", 6) ? "ERROR: %s\n" : "%s\n", e->text);
        s->failed = true;
}

/* true: a dialog changed the configuration. */
static bool run_exec(struct session *s, const struct cli_result *r)
{
        struct err e = { 0 };
        struct dialog *d;

        if (s->box->commit && commit_now(s->box, &e))
                not_in_force(s, &e);
        e.text[0] = 0;
        if (s->filter.kind == FILTER_JSON) {
                run_document(s, r);
        } else if (r->exec->fn(s, r->args, &e)) {
                say_failed(s, &e);
        }
        d = s->dialog;
        s->dialog = NULL;
        return d && session_drive(s, d);
}

static void act(struct session *s, struct cli_result *r, unsigned prompt_len)
{
        struct text t = { 0 };
        struct dialog *d;
        bool changed = r->changed, assets = r->code == CLI_DIALOG; /* a dialog may have brought certificates */
        bool aside = s->candidate != NULL && r->code != CLI_EXEC;

        s->failed = r->code >= CLI_INVALID && r->code <= CLI_ERROR;
        cli_result_show(r, prompt_len, &t);
        session_show(s, &t);
        text_fini(&t);
        if (r->code == CLI_EXEC) {
                changed |= run_exec(s, r);
        } else if (r->code == CLI_DIALOG) {
                d = r->dialog;
                r->dialog = NULL;
                changed |= session_drive(s, d);
        } else if (r->code == CLI_LEAVE) {
                session_leave_config(s);
        }
        if ((changed || assets) && !aside)
                commit_after(s, changed);
}

bool session_may(struct session *s, const char *line)
{
        struct cli_result r;
        bool may;

        s->denied = false;
        cli_result_init(&r);
        parse(s, line, &r);
        may = r.code == CLI_EXEC;
        cli_result_fini(&r);
        return may;
}

bool session_denied(const struct session *s)
{
        return s->denied;
}

void session_line(struct session *s, const char *line)
{
        size_t cmd_len;
        const char *spec;
        char *cmd;
        struct cli_result r;
        struct err e = { 0 };

        s->failed = s->denied = false;
        remember(s, line);
        filter_split(line, &cmd_len, &spec);
        cmd = mem_alloc(MEM_CLI, cmd_len + 1);
        if (!cmd) {
                term_puts(s->t, "ERROR: out of memory\n");
                return;
        }
        memcpy(cmd, line, cmd_len);
        cli_result_init(&r);
        out_begin(s, true);
        if (spec && filter_init(&s->filter, spec, &e)) {
                out(s, "ERROR: %s\n", e.text);
                s->failed = true;
                hide_secrets(s, line, NULL);
        } else {
                parse(s, cmd, &r);
                hide_secrets(s, line, &r);
                if (s->filter.kind == FILTER_JSON && r.code == CLI_EXEC && !(r.exec->priv & EXEC_TABLE))
                        refuse_document(s, cmd);
                else
                        act(s, &r, (unsigned)strlen(s->prompt));
        }
        out_end(s);
        cli_result_fini(&r);
        mem_free_secret(cmd);
}
