/* One configuration line: which mode it belongs to, and what is said about it. */
#include "cli/conf/parse.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/dialog.h"
#include "cli/conf/mask.h"
#include "cli/conf/parse_int.h"
#include "cli/lang/privilege.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* ---- finding ---- */
static void resolve_alias(struct args *args, const struct type_env *env, struct captured *cap)
{
        const struct addr *a = NULL;

        if (cap->part->kind == PART_VALUE && cap->part->type->flags & TYPE_ALIAS)
                a = type_alias(env, cap->s, strlen(cap->s));
        if (a && args->naliases < ARGS_ALIASES_MAX)
                cap->s = addr_print(a, args->alias[args->naliases++]);
}

static void keep_words(struct args *args, const struct find_result *f, const struct store *s, struct cli_result *res)
{
        const struct type_env env = { .store = s };

        args->n = f->n;
        args->naliases = 0;
        memcpy(args->cap, f->cap, f->n * sizeof f->cap[0]);
        mask_secrets(&args->lx, args->cap, args->n, &res->masked);
        for (unsigned i = 0; i < args->n; i++)
                resolve_alias(args, &env, &args->cap[i]);
}

/* Of several modes that do not understand the line, the one that understood most of it tells why. */
static bool better(const struct find_result *x, const struct find_result *y)
{
        static const unsigned rank[] = {
                [FOUND] = 4, [FOUND_INCOMPLETE] = 2, [FOUND_AMBIGUOUS] = 2, [FOUND_INVALID] = 1
        };

        if (x->how == FOUND_NOMEM || y->how == FOUND_NOMEM)
                return x->how == FOUND_NOMEM;
        if (x->how == FOUND || y->how == FOUND)
                return x->how == FOUND && y->how != FOUND;
        if (x->words != y->words)
                return x->words > y->words;
        if (rank[x->how] != rank[y->how])
                return rank[x->how] > rank[y->how];
        return x->how == FOUND_INVALID && x->caret > y->caret;
}

struct search {
        struct find_result best, now;
        unsigned depth; /* of the mode that best is from */
        bool exec;
};

static void take_better(struct search *s, unsigned depth, bool exec)
{
        if (!better(&s->now, &s->best))
                return;
        s->best = s->now;
        s->depth = depth;
        s->exec = exec;
}

/* How a mode knows the first word of a line that it does not understand. */
enum known { KNOWN_NOT, KNOWN_SHORT, KNOWN_EXACTLY };

static bool begins_exactly(const struct tree_row *tr, const struct word *w)
{
        for (unsigned i = 0; i < tr->g->nfirst; i++) {
                const struct gram_part *p = tr->g->pos[tr->g->first[i]];

                if (p->kind == PART_KEYWORD && !strcasecmp(p->text, w->s))
                        return true;
        }
        return false;
}

static enum known how_known(const struct tree_mode *m, const struct find_result *f, const struct word *w)
{
        for (unsigned i = 0; i < m->n; i++)
                if (begins_exactly(&m->row[i], w))
                        return KNOWN_EXACTLY;
        return f->words ? KNOWN_SHORT : KNOWN_NOT;
}

/*
 * A line that a submode refuses although it knows the command is a mistake there, not another command of an outer
 * mode that happens to begin alike: `host webserver` in an object is no `hostname`. A word cut short in the submode
 * gives way to EXEC only (`sh run`, where `sh` could be `shutdown`).
 */
static bool is_taken(const struct search *s, const struct word *w, enum known known, bool exec)
{
        return s->now.how == FOUND && known > (exec ? KNOWN_SHORT : KNOWN_NOT) && !begins_exactly(s->now.row, w);
}

/* ---- blocks that keep any line ---- */
static const struct cmd_mode *kept_mode(const struct conf_ctx *c)
{
        const struct cmd_mode *m = c->depth ? c->level[c->depth - 1].row->mode : NULL;

        return m && m->row->flags & ROW_ANY ? m : NULL;
}

static bool is_listed(const char *list, const char *word)
{
        size_t n = strlen(word);

        for (; list && *list; list += strcspn(list, " "), list += strspn(list, " "))
                if (strcspn(list, " ") == n && !strncasecmp(list, word, n))
                        return true;
        return false;
}

/* What is indented deeper than the head of the block is inside, but for what leaves any mode. */
static bool is_inside(const struct conf_ctx *c, const struct lexed *lx)
{
        return lx->w[0].off > c->level[c->depth - 1].indent &&
               !(lx->n == 1 && is_listed("exit quit end", lx->w[0].s));
}

static void find_inside(struct conf_ctx *c, const struct lexed *lx, bool no_form, struct search *s)
{
        struct type_env env = { .store = c->store, .late = true };
        const struct reading r = { .mode = tree_mode_of(c->store->tree, kept_mode(c)),
                                   .lx = lx,
                                   .from = no_form,
                                   .no_form = no_form,
                                   .priv = c->priv,
                                   .env = &env };

        tree_find(&r, &s->now);
        s->now.words += no_form;
        take_better(s, c->depth, false);
}

/* Submode, its outer modes, global configuration, EXEC: the first that understands the line has it. */
static void search_modes(struct conf_ctx *c, const struct lexed *lx, bool no_form, struct search *s)
{
        const struct cli_tree *t = c->store->tree;
        struct type_env env = { .store = c->store, .late = c->late || no_form };
        const struct word *w = &lx->w[no_form && lx->n > 1];
        enum known known = KNOWN_NOT, here;
        bool allowed = c->authorize || c->priv >= CONF_PRIV;
        const struct cmd_mode *kept = allowed ? kept_mode(c) : NULL;

        if (kept && is_inside(c, lx)) {
                find_inside(c, lx, no_form, s);
                return;
        }
        for (int d = (int)c->depth - !!kept; allowed && d >= 0 && s->best.how != FOUND; d--) {
                const struct tree_mode *m = d ? tree_mode_of(t, c->level[d - 1].row->mode) : tree_global(t);
                struct reading r = { .mode = m,
                                     .lx = lx,
                                     .from = no_form,
                                     .no_form = no_form,
                                     .priv = c->priv,
                                     .obj = d ? conf_object_at(c, (unsigned)d) : NULL,
                                     .env = &env };

                tree_find(&r, &s->now);
                if (is_taken(s, w, known, false))
                        return;
                here = d && s->now.how != FOUND ? how_known(m, &s->now, w) : KNOWN_NOT;
                known = MAX_OF(known, here);
                s->now.words += no_form;
                take_better(s, (unsigned)d, false);
        }
        if (s->best.how != FOUND) {
                struct reading r = {
                        .mode = tree_exec(t), .lx = lx, .priv = c->authorize ? CONF_PRIV : c->priv, .env = &env
                };

                tree_find(&r, &s->now);
                if (!is_taken(s, w, known, true))
                        take_better(s, c->depth, true);
        }
        if (s->best.how != FOUND && kept && is_listed(kept->row->words, w->s))
                find_inside(c, lx, no_form, s);
}

static int refuse_find(struct cli_result *res, const struct find_result *f, const struct lexed *lx)
{
        const struct word *w = &lx->w[MIN_OF(f->words ? f->words - 1 : 0, lx->n - 1)];

        switch (f->how) {
        case FOUND_INVALID:
                res->code = CLI_INVALID;
                res->caret = f->caret;
                break;
        case FOUND_AMBIGUOUS:
                res->code = CLI_AMBIGUOUS;
                snprintf(res->near, sizeof res->near, "%.*s", (int)MIN_OF(w->off + w->n, 120u), lx->line);
                break;
        case FOUND_INCOMPLETE:
                res->code = CLI_INCOMPLETE;
                break;
        default:
                res->code = CLI_ERROR;
                text_add(&res->text, "ERROR: out of memory\n");
        }
        return -1;
}

/* ---- lines behind a refused one ---- */
static bool begins_so(const struct tree_row *tr, const struct word *w)
{
        for (unsigned i = 0; i < tr->g->nfirst; i++) {
                const struct gram_part *p = tr->g->pos[tr->g->first[i]];

                if (p->kind == PART_KEYWORD && str_prefix_ci(p->text, w->s))
                        return true;
        }
        return false;
}

/* What a line that is not understood would have been: a word that no command begins with may be a mode we lack. */
static bool may_open_mode(const struct conf_ctx *c, const struct word *w)
{
        const struct cli_tree *t = c->store->tree;
        bool known = false;

        for (unsigned d = 0; d <= c->depth + 1; d++) {
                const struct tree_mode *m = d > c->depth ? tree_exec(t)
                                            : d          ? tree_mode_of(t, c->level[d - 1].row->mode)
                                                         : tree_global(t);

                for (unsigned i = 0; i < m->n; i++) {
                        if (!begins_so(&m->row[i], w))
                                continue;
                        if (m->row[i].conf && m->row[i].conf->kind == ROW_MODE)
                                return true;
                        known = true;
                }
        }
        return !known;
}

/* Lines indented deeper than a refused one that opens a mode are its sub-lines: they must not fall into the object
 * that was being configured before. */
static bool is_skipped(struct conf_ctx *c, const struct lexed *lx)
{
        if (c->finishing)
                return false;
        if (c->skip_indent && lx->w[0].off >= c->skip_indent)
                return true;
        c->skip_indent = 0;
        return false;
}

static void skip_behind(struct conf_ctx *c, unsigned indent)
{
        if (!c->finishing)
                c->skip_indent = indent + 1;
}

static int refuse_skipped(struct args *args, struct cli_result *res)
{
        args_free(args);
        res->code = CLI_ERROR;
        text_add(&res->text, "ERROR: not read: it belongs to a line that was refused\n");
        return -1;
}

/* ---- one line ---- */
static struct args *read_words(const char *line, struct cli_result *res)
{
        struct args *args = mem_alloc(MEM_CLI, sizeof *args);
        enum lex_result lr = args ? lex(&args->lx, line) : LEX_NOMEM;

        if (lr == LEX_OK)
                return args;
        args_free(args);
        res->code = lr == LEX_EMPTY ? CLI_EMPTY : CLI_ERROR;
        if (lr == LEX_TOO_LONG)
                text_printf(&res->text, "ERROR: a line has at most %d characters\n", CLI_LINE_MAX);
        else if (lr == LEX_NOMEM)
                text_add(&res->text, "ERROR: out of memory\n");
        return NULL;
}

static int tell_applied(struct apply *a, enum applied how)
{
        struct cli_result *res = a->c->res;

        if (how == APPLIED && a->missing.code != ERR_NONE && !a->no_form && pending_add(a->c, &a->missing) < 0) {
                err_nomem(a->e, "a line that waits for a name");
                how = APPLY_REFUSED;
        }
        if (how == APPLIED)
                return 0;
        res->code = how == APPLY_INCOMPLETE ? CLI_INCOMPLETE : CLI_ERROR;
        if (how == APPLY_REFUSED)
                text_printf(&res->text, "ERROR: %s\n", a->e->text);
        return -1;
}

/* A line of an outer mode leaves the inner ones, even when it is refused: what follows it must not land in a mode
 * that it was not written for. */
static int act(struct conf_ctx *c, struct args *args, const struct search *s, bool no_form)
{
        unsigned indent = args->lx.w[0].off;
        struct err e = { 0 };
        struct apply a = { .c = c,
                           .tr = s->best.row,
                           .row = s->best.row->conf,
                           .args = args,
                           .no_form = no_form,
                           .whole = s->best.whole,
                           .e = &e };
        int ret;

        a.env = (struct type_env){ .store = c->store, .late = c->late || no_form, .missing = &a.missing };
        if (a.row->kind != ROW_CALL)
                c->depth = s->depth;
        a.obj = conf_object_at(c, s->depth);
        ret = tell_applied(&a, apply_row(&a));
        if (ret < 0 && a.row->kind == ROW_MODE && !no_form)
                skip_behind(c, indent);
        args_free(a.args);
        return ret;
}

static bool says_no(const struct lexed *lx)
{
        return !lx->w[0].quoted && str_prefix_ci("no", lx->w[0].s) && lx->w[0].n == 2;
}

/* A line of a mode needs what the line needs that opened it. */
static bool may_type(const struct conf_ctx *c, const struct search *s)
{
        const struct cmd_row *row = s->depth ? c->level[0].row : s->best.row->conf;

        return !c->authorize || privilege_of_conf(&c->store->sys, row) <= c->priv ||
               privilege_of_conf(&c->store->sys, s->best.row->conf) == 0;
}

static int refuse_level(struct args *args, struct cli_result *res)
{
        args_free(args);
        res->code = CLI_ERROR;
        text_add(&res->text, AUTHORIZATION_FAILED);
        return -1;
}

static int read_line(struct conf_ctx *c, struct args *args)
{
        struct cli_result *res = c->res;
        bool no_form = says_no(&args->lx);
        struct search s = { .best = { .how = FOUND_INVALID } };
        int ret = 0;

        search_modes(c, &args->lx, no_form, &s);
        if (s.best.how != FOUND) {
                ret = refuse_find(res, &s.best, &args->lx);
                if (!no_form && may_open_mode(c, &args->lx.w[0]))
                        skip_behind(c, args->lx.w[0].off);
                args_free(args);
                return ret;
        }
        keep_words(args, &s.best, c->store, res);
        if (!s.exec && !may_type(c, &s))
                return refuse_level(args, res);
        if (!s.exec)
                return act(c, args, &s, no_form);
        res->code = CLI_EXEC;
        res->exec = s.best.row->exec;
        res->args = args;
        return 0;
}

int conf_line(struct conf_ctx *c, const char *line, struct cli_result *res)
{
        struct args *args;
        int ret;

        c->res = res;
        c->line = line;
        c->put_row = NULL;
        while (c->depth && !conf_object(c)) /* somebody removed it */
                c->depth--;
        args = read_words(line, res);
        if (!args)
                ret = res->code == CLI_EMPTY ? 0 : -1;
        else
                ret = is_skipped(c, &args->lx) ? refuse_skipped(args, res) : read_line(c, args);
        c->res = NULL;
        c->line = NULL;
        return ret;
}

int exec_line(const struct store *s, unsigned priv, const char *line, struct cli_result *res)
{
        struct args *args = read_words(line, res);
        const struct type_env env = { .store = s, .late = true };
        struct reading r = { .mode = tree_exec(s->tree), .priv = priv, .env = &env };
        struct find_result f;
        int ret;

        if (!args)
                return res->code == CLI_EMPTY ? 0 : -1;
        r.lx = &args->lx;
        tree_find(&r, &f);
        if (f.how != FOUND) {
                ret = refuse_find(res, &f, &args->lx);
                args_free(args);
                return ret;
        }
        keep_words(args, &f, s, res);
        res->code = CLI_EXEC;
        res->exec = f.row->exec;
        res->args = args;
        return 0;
}
