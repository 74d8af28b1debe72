/* `?` and TAB, from the same grammars that read the line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lang/explain.h"
#include "cli/term/filter.h"
#include "cli/lang/form.h"
#include "cli/conf/parse.h"
#include "cli/lang/tree.h"
#include "cli/lang/words.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define OFFERS_MAX 512
#define OUTER_TOO "Commands of outer modes work here too; exit, then ? lists them.\n"
#define NAMES_MAX 50 /* of objects in one list */

struct offer {
        char word[48];
        const char *help;
        bool value; /* stands for something: not offered as a word */
};

/* What may stand at the end of the line in one mode. */
struct offers {
        struct offer o[OFFERS_MAX];
        unsigned n;
        bool end;           /* <cr> */
        bool filters;       /* and a bar */
        const char *prefix; /* of the word under way */
        size_t prefix_len;
        struct type_env env;
        const char *help; /* of the values being listed */
        const char *type; /* theirs */
        unsigned names;   /* how many of those are names of objects */
        const struct store *store;
};

/* Several commands that begin alike are explained by the word they share. */
static void offer(struct offers *of, const char *first, const char *word, const char *help, bool value)
{
        for (unsigned i = 0; i < of->n; i++)
                if (!strcmp(of->o[i].word, word)) {
                        if (strcmp(of->o[i].help, help) != 0 && word_help(first, word))
                                of->o[i].help = word_help(first, word);
                        return;
                }
        if (of->n == OFFERS_MAX)
                return;
        str_copy(of->o[of->n].word, sizeof of->o[0].word, word);
        of->o[of->n].help = help;
        of->o[of->n++].value = value;
}

/* Another spelling is not offered; whoever knows it is helped on. */
static bool is_hidden(const struct tree_row *tr)
{
        return tr->conf && (tr->conf->flags & ROW_HIDDEN);
}

static const char *help_of(const struct tree_row *tr, const struct gram_part *p)
{
        const char *help = p->kind == PART_VALUE ? explain_value(tr, p) : explain_word(tr, p);

        return help ? help : tr->conf ? tr->conf->help : tr->exec->help;
}

static void offer_value(void *ctx, const char *value)
{
        struct offers *of = ctx;
        const char *help = word_help("value", value);

        of->names++;
        if (str_prefix_ci(value, of->prefix))
                offer(of, "", value, help ? help : of->help, false);
}

/* Values out of a closed set are offered one by one. */
static bool is_closed_set(const struct gram_part *p)
{
        const char *t = p->type->name;

        return p->type->complete && (p->type->flags & TYPE_MANY || !strcmp(t, "nameif") || !strcmp(t, "section"));
}

/* Names that a value may be: of objects that it refers to, or of those that the row's mode could go on with. */
static void each_name(const struct tree_row *tr, const struct gram_part *p, const struct type_env *env,
                      type_each_fn fn, void *ctx)
{
        const struct conf_kind *k =
                tr->conf && tr->conf->kind == ROW_MODE ? conf_kind_find(tr->conf->kind_name) : NULL;

        if (p->type->complete)
                p->type->complete(env, &p->targ, fn, ctx);
        else if (k && env->store && !strcmp(p->type->name, "newname") && !strcmp(p->text, "NAME"))
                conf_kind_each(k, env->store, fn, ctx);
}

static void offer_name(void *ctx, const char *name)
{
        struct offers *of = ctx;
        const char *help = word_help_of(of->type, name);

        if (!str_prefix_ci(name, of->prefix))
                return;
        if (++of->names <= NAMES_MAX)
                offer(of, "", name, help ? help : of->help, false);
}

static bool is_ref(const struct gram_part *p)
{
        return !strcmp(p->type->name, "ref");
}

/* Numbers that have names as well, of ports and protocols, are too many to be listed before one is begun. */
static bool has_many_names(const struct gram_part *p)
{
        const char *t = p->type->name;

        return !strcmp(t, "tcpport") || !strcmp(t, "udpport") || !strcmp(t, "protocol") || !strcmp(t, "icmptype");
}

static void offer_placeholder(struct offers *of, const struct gram_part *p)
{
        char shown[FORM_SHOWN_MAX];

        form_shown(p, shown, sizeof shown);
        offer(of, "", shown, of->help, true);
}

/* All that it can be; while there is none yet, what stands for it. */
static void offer_set(struct offers *of, const struct tree_row *tr, const struct gram_part *p)
{
        of->help = help_of(tr, p);
        of->names = 0;
        p->type->complete(&of->env, &p->targ, offer_value, of);
        if (!of->names && !of->prefix_len)
                offer_placeholder(of, p);
}

/* The names there are; what stands for a value, unless they are all that it can be. */
static void offer_names(struct offers *of, const struct tree_row *tr, const struct gram_part *p)
{
        of->help = help_of(tr, p);
        of->type = p->type->name;
        of->names = 0;
        if (of->prefix_len || !has_many_names(p))
                each_name(tr, p, &of->env, offer_name, of);
        if (is_ref(p) && of->names && of->names <= NAMES_MAX)
                return;
        if (!of->prefix_len || p->type->match(&of->env, &p->targ, of->prefix, of->prefix_len))
                offer_placeholder(of, p);
}

static void on_next(void *ctx, const struct tree_row *tr, const struct gram_part *p)
{
        struct offers *of = ctx;

        if (is_hidden(tr) && p->lead)
                return;
        if (p->kind == PART_KEYWORD) {
                if (str_prefix_ci(p->text, of->prefix))
                        offer(of, explain_first(tr), p->text, help_of(tr, p), false);
        } else if (is_closed_set(p)) {
                offer_set(of, tr, p);
        } else {
                offer_names(of, tr, p);
        }
}

/* ---- the line as `?` sees it ---- */
struct asking {
        struct lexed lx;
        bool empty, no_form;
        unsigned words; /* complete ones */
        const char *prefix;
};

static bool ask_begin(struct asking *q, const char *line)
{
        enum lex_result r = lex(&q->lx, line);

        q->prefix = "";
        q->no_form = false;
        q->words = 0;
        q->empty = r == LEX_EMPTY;
        if (r != LEX_OK)
                return q->empty;
        q->words = q->lx.n;
        if (q->lx.open_end) {
                q->words--;
                q->prefix = q->lx.w[q->words].s;
        }
        q->no_form = q->words && !strcasecmp(q->lx.w[0].s, "no");
        return true;
}

static bool collect(struct asking *q, const struct tree_mode *m, const void *obj, unsigned priv, struct offers *of)
{
        bool no_form = q->no_form && !(m->n && m->row[0].exec);
        struct reading r = { .mode = m,
                             .lx = &q->lx,
                             .from = no_form,
                             .no_form = no_form,
                             .priv = priv,
                             .obj = obj,
                             .env = &of->env };

        of->env = (struct type_env){ .store = of->store, .tree = of->store->tree };
        of->n = 0;
        of->prefix = q->prefix;
        of->prefix_len = strlen(q->prefix);
        of->end = false;
        if (!q->words && m != tree_exec(of->store->tree) && str_prefix_ci("no", q->prefix))
                offer(of, "", "no", word_help("", "no"), false);
        if (!q->words && m->mode && str_prefix_ci("exit", q->prefix))
                offer(of, "", "exit", "Leave this mode for the one around it", false);
        return tree_next(&r, q->words - no_form, on_next, of, &of->end) && (of->n || of->end);
}

/* Is the line's first word one of the mode as it stands, not cut short? */
static bool is_spelled_out(const struct asking *q, const struct tree_mode *m)
{
        const char *word = q->words > q->no_form ? q->lx.w[q->no_form].s : "";

        for (unsigned i = 0; i < m->n; i++)
                for (unsigned k = 0; k < m->row[i].g->nfirst; k++)
                        if (!strcasecmp(m->row[i].g->pos[m->row[i].g->first[k]]->text, word))
                                return true;
        return false;
}

static int by_word(const void *x, const void *y)
{
        return strcmp(((const struct offer *)x)->word, ((const struct offer *)y)->word);
}

static void show_list(struct offers *of, struct text *out)
{
        int width = 4;

        qsort(of->o, of->n, sizeof of->o[0], by_word);
        for (unsigned i = 0; i < of->n; i++)
                width = MAX_OF(width, (int)strlen(of->o[i].word));
        for (unsigned i = 0; i < of->n; i++)
                text_printf(out, "  %-*s  %s\n", width, of->o[i].word, of->o[i].help);
        if (of->end && of->filters)
                text_printf(out, "  %-*s  Output modifiers\n", width, "|");
        if (of->end && !of->prefix_len)
                text_add(out, "  <cr>\n");
}

/* Words that begin so, side by side. */
static void show_words(struct offers *of, struct text *out)
{
        qsort(of->o, of->n, sizeof of->o[0], by_word);
        for (unsigned i = 0; i < of->n; i++)
                if (!of->o[i].value)
                        text_printf(out, "  %s", of->o[i].word);
        if (of->n)
                text_add(out, "\n");
}

struct modes {
        const struct tree_mode *m;
        const void *obj;
        const char *title;
};

/* Innermost first; returns how many. */
static unsigned modes_of(const struct cli_tree *t, const struct conf_ctx *c, struct modes out[CONF_DEPTH_MAX + 2])
{
        unsigned n = 0;

        for (unsigned up = 0; c && up < c->depth; up++) {
                const struct cmd_mode *m = c->level[c->depth - 1 - up].row->mode;

                out[n++] = (struct modes){ tree_mode_of(t, m), conf_outer(c, up), m->title };
        }
        if (c)
                out[n++] = (struct modes){ tree_global(t), NULL, "configure mode commands/options:" };
        out[n++] = (struct modes){ tree_exec(t), NULL, "exec mode commands/options:" };
        return n;
}

/* ---- behind the bar ---- */

/* What stands in front of it is a command with a table. */
static bool has_table(const struct store *st, unsigned priv, const char *line, size_t n)
{
        const struct type_env env = { .store = st, .tree = st->tree, .late = true };
        struct reading r = { .mode = tree_exec(st->tree), .priv = priv, .env = &env };
        struct find_result *f = mem_alloc(MEM_CLI, sizeof *f);
        char *cmd = mem_alloc(MEM_CLI, n + 1);
        struct lexed lx;
        bool has = false;

        if (f && cmd) {
                memcpy(cmd, line, n);
                cmd[n] = 0;
                if (lex(&lx, cmd) == LEX_OK) {
                        r.lx = &lx;
                        tree_find(&r, f);
                        has = f->how == FOUND && f->row->exec->priv & EXEC_TABLE;
                        lex_fini(&lx);
                }
        }
        mem_free(f);
        mem_free_secret(cmd);
        return has;
}

/* Is the line about a filter? *typed: its first word as far as it goes; NULL: more than that is there, an expression.
 */
static bool ask_filter(const char *line, size_t *cmd_len, const char **typed)
{
        filter_split(line, cmd_len, typed);
        if (!*typed)
                return false;
        *typed += strspn(*typed, " ");
        if (strchr(*typed, ' '))
                *typed = NULL;
        return true;
}

static void help_filter(const char *typed, bool json, struct text *out)
{
        const char *word, *help;

        if (!typed)
                text_add(out, "  LINE  Regular expression\n");
        for (unsigned i = 0; typed && (word = filter_word(i, json, &help)); i++) {
                if (!*typed)
                        text_printf(out, "  %-8s %s\n", word, help);
                else if (str_prefix_ci(word, typed))
                        text_printf(out, "  %s", word);
        }
        if (typed && *typed)
                text_add(out, "\n");
}

void cli_help(const struct store *st, const struct conf_ctx *c, unsigned priv, const char *line, struct text *out)
{
        struct modes modes[CONF_DEPTH_MAX + 2];
        unsigned n = modes_of(st->tree, c, modes);
        struct offers *of = mem_alloc(MEM_CLI, sizeof *of);
        struct asking q;
        const char *typed;
        size_t cmd_len;
        bool any = false;

        if (ask_filter(line, &cmd_len, &typed)) {
                help_filter(typed, has_table(st, priv, line, cmd_len), out);
                mem_free(of);
                return;
        }
        if (!of || !ask_begin(&q, line)) {
                mem_free(of);
                return;
        }
        of->store = c ? c->store : st;
        of->filters = filter_applies(line);
        for (unsigned i = 0; i < n; i++) {
                if (any && q.words > q.no_form && !is_spelled_out(&q, modes[i].m))
                        continue;
                if (!collect(&q, modes[i].m, modes[i].obj, priv, of))
                        continue;
                if (*q.prefix) {
                        show_words(of, out);
                } else {
                        text_printf(out, "%s%s\n", any ? "\n" : "", modes[i].title);
                        show_list(of, out);
                }
                any = true;
                if (*q.prefix && of->n)
                        break;
                if (c && c->depth && q.words == q.no_form) {
                        text_add(out, "\n" OUTER_TOO);
                        break;
                }
        }
        if (!any)
                text_add(out, "ERROR: % Unrecognized command\n");
        lex_fini(&q.lx);
        mem_free(of);
}

/* ---- TAB ---- */
struct completing {
        const char *prefix;
        char common[CONF_NAME_MAX + 1];
        unsigned hits;
};

static void add_candidate(void *ctx, const char *value)
{
        struct completing *k = ctx;
        size_t i = 0;

        if (!str_prefix_ci(value, k->prefix))
                return;
        if (!k->hits++) {
                str_copy(k->common, sizeof k->common, value);
                return;
        }
        if (!strcmp(k->common, value))
                k->hits--;
        while (k->common[i] && k->common[i] == value[i])
                i++;
        k->common[i] = 0;
}

struct tab {
        struct completing k;
        struct type_env env;
};

static void on_tab(void *ctx, const struct tree_row *tr, const struct gram_part *p)
{
        struct tab *t = ctx;

        if (is_hidden(tr))
                return;
        if (p->kind == PART_KEYWORD)
                add_candidate(&t->k, p->text);
        else
                each_name(tr, p, &t->env, add_candidate, &t->k);
}

static bool complete_filter(const char *line, const char *typed, bool json, struct text *out)
{
        struct completing k = { .prefix = typed };
        const char *word, *help;

        for (unsigned i = 0; typed && *typed && (word = filter_word(i, json, &help)); i++)
                add_candidate(&k, word);
        if (k.hits == 1)
                text_printf(out, "%.*s%s%s", (int)(typed - line), line, k.common,
                            strcmp(k.common, "json") ? " " : "");
        return out->n > 0 && !out->bad;
}

bool cli_complete(const struct store *st, const struct conf_ctx *c, unsigned priv, const char *line, struct text *out)
{
        struct modes modes[CONF_DEPTH_MAX + 2];
        unsigned n = modes_of(st->tree, c, modes);
        struct tab tab;
        struct asking q;
        const char *typed;
        size_t cmd_len;
        bool end, done = false;

        if (ask_filter(line, &cmd_len, &typed))
                return complete_filter(line, typed, has_table(st, priv, line, cmd_len), out);
        if (!ask_begin(&q, line))
                return false;
        for (unsigned i = 0; i < n && !done && *q.prefix; i++) {
                bool no_form = q.no_form && modes[i].m != tree_exec(st->tree);
                struct reading r = { .mode = modes[i].m,
                                     .lx = &q.lx,
                                     .from = no_form,
                                     .no_form = no_form,
                                     .priv = priv,
                                     .obj = modes[i].obj,
                                     .env = &tab.env };

                tab = (struct tab){ .k = { .prefix = q.prefix },
                                    .env = { .store = c ? c->store : st, .tree = st->tree } };
                if (!tree_next(&r, q.words - no_form, on_tab, &tab, &end) || !tab.k.hits)
                        continue;
                done = true;
                if (strlen(tab.k.common) > strlen(q.prefix) || tab.k.hits == 1)
                        text_printf(out, "%.*s%s%s", (int)q.lx.w[q.words].off, line, tab.k.common,
                                    tab.k.hits == 1 ? " " : "");
        }
        lex_fini(&q.lx);
        return out->n > 0 && !out->bad;
}
