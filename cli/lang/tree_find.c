/*
 * Reading a line: word by word with the set of positions that are still possible. A step remembers where it came
 * from, so that the way through the grammar can be told at the end.
 */
#include <string.h>

#include "cli/conf/store.h"
#include "cli/lang/tree.h"
#include "platform/base/mem.h"

#define STEPS_MAX 1024
#define NO_STEP UINT16_MAX

enum fit { FIT_NOT, FIT_EXACT, FIT_PREFIX, FIT_VALUE };

struct step {
        const struct tree_row *row;
        const struct gram_part *part;
        uint16_t word, prev;
        uint8_t fit;
        uint16_t cost; /* sum of fits: keywords before values, whole before abbreviated */
};

struct walk {
        const struct reading *r;
        struct step *step;
        unsigned nsteps, alive, nalive; /* alive: first step of the newest word */
        unsigned doubt; /* first word that abbreviates two keywords; as many as there are words: none */
        bool overflow;
};

/* What the candidates for one word have in common. */
struct verdict {
        bool exact, value, two_prefixes;
        bool named; /* a value that is the name of what there is */
        const char *prefix;
        size_t reach; /* characters of the word that some candidate understands */
};

static bool row_there(const struct reading *r, const struct tree_row *row)
{
        const struct cmd_row *c = row->conf;

        if (row->exec)
                return exec_level(row->exec) <= r->priv;
        if (c->applies && r->obj && !c->applies(r->obj))
                return false;
        return r->no_form ? !(c->flags & ROW_NO_NO) : !(c->flags & ROW_NO_ONLY);
}

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t common_prefix(const char *full, const char *s, size_t n)
{
        size_t i = 0;

        while (i < n && full[i] && lower(s[i]) == lower(full[i]))
                i++;
        return i;
}

static enum fit fit_keyword(const char *text, const struct word *w, size_t *reach)
{
        size_t n = strlen(w->s), c;

        if (w->quoted)
                return FIT_NOT;
        c = common_prefix(text, w->s, n);
        *reach = MAX_OF(*reach, c);
        if (c < n)
                return FIT_NOT;
        return text[n] ? FIT_PREFIX : FIT_EXACT;
}

static enum fit fit_value(const struct reading *r, const struct gram_part *p, const struct word *w, size_t *reach)
{
        const char *s = w->s;
        size_t n, got;

        if (p->type->flags & TYPE_LINE)
                s = r->lx->raw + w->off;
        n = strlen(s);
        got = n ? p->type->match(r->env, &p->targ, s, n) : 0;
        if (!n && (!strcmp(p->type->name, "word") || !strcmp(p->type->name, "secret")))
                return FIT_VALUE; /* "" in quotes */
        *reach = MAX_OF(*reach, got);
        return n && got == n ? FIT_VALUE : FIT_NOT;
}

static enum fit fit_part(const struct reading *r, const struct gram_part *p, const struct word *w, size_t *reach)
{
        if (p->kind == PART_KEYWORD)
                return fit_keyword(p->text, w, reach);
        return fit_value(r, p, w, reach);
}

static void add_step(struct walk *w, const struct tree_row *row, const struct gram_part *p, unsigned word,
                     unsigned prev, enum fit fit)
{
        struct step *s;

        if (w->nsteps == STEPS_MAX) {
                w->overflow = true;
                return;
        }
        s = &w->step[w->nsteps++];
        *s = (struct step){ row, p, (uint16_t)word, (uint16_t)prev, (uint8_t)fit, (uint16_t)fit };
        if (prev != NO_STEP)
                s->cost = (uint16_t)(s->cost + w->step[prev].cost);
}

static void note_fit(struct verdict *v, const struct gram_part *p, enum fit fit)
{
        v->exact |= fit == FIT_EXACT;
        v->value |= fit == FIT_VALUE;
        if (fit != FIT_PREFIX)
                return;
        if (v->prefix && strcmp(v->prefix, p->text) != 0)
                v->two_prefixes = true;
        v->prefix = p->text;
}

static bool is_name(const struct reading *r, const struct gram_part *p, const char *s)
{
        const struct conf_kind *k;

        if (p->kind != PART_VALUE || strcmp(p->type->name, "ref") != 0 || !r->env || !r->env->store)
                return false;
        k = conf_kind_find(p->targ.text);
        return k && conf_kind_has(k, r->env->store, s);
}

/* What is not here takes no abbreviation from what is: `conf t` is no config-register. */
static bool needs_whole_word(const struct tree_row *row, unsigned prev)
{
        return prev == NO_STEP && row->conf && row->conf->flags & ROW_KEPT;
}

static void try_part(struct walk *w, struct verdict *v, const struct tree_row *row, const struct gram_part *p,
                     unsigned word, unsigned prev)
{
        enum fit fit = fit_part(w->r, p, &w->r->lx->w[word], &v->reach);

        if (fit == FIT_NOT || (fit == FIT_PREFIX && needs_whole_word(row, prev)))
                return;
        note_fit(v, p, fit);
        v->named |= fit == FIT_VALUE && is_name(w->r, p, w->r->lx->w[word].s);
        add_step(w, row, p, word, prev, fit);
}

static void try_rows(struct walk *w, struct verdict *v, unsigned word)
{
        const struct tree_mode *m = w->r->mode;

        for (unsigned i = 0; i < m->n; i++) {
                const struct grammar *g = m->row[i].g;

                for (unsigned k = 0; k < g->nfirst; k++)
                        if (row_there(w->r, &m->row[i]))
                                try_part(w, v, &m->row[i], g->pos[g->first[k]], word, NO_STEP);
        }
}

static bool takes_rest(const struct gram_part *p)
{
        return p->kind == PART_VALUE && (p->type->flags & TYPE_LINE);
}

static void try_follow(struct walk *w, struct verdict *v, unsigned word, unsigned from, unsigned n)
{
        for (unsigned i = from; i < from + n; i++) {
                struct step s = w->step[i];

                if (takes_rest(s.part)) {
                        add_step(w, s.row, s.part, s.word, s.prev, FIT_VALUE);
                        v->value = true;
                        continue;
                }
                for (unsigned k = 0; k < s.part->nfollow; k++)
                        try_part(w, v, s.row, s.row->g->pos[s.part->follow[k]], word, i);
        }
}

/* An exact keyword beats longer ones and values, a name that exists beats longer keywords. */
static void keep_only(struct walk *w, enum fit fit)
{
        unsigned n = 0;

        for (unsigned i = 0; i < w->nalive; i++)
                if (w->step[w->alive + i].fit == fit)
                        w->step[w->alive + n++] = w->step[w->alive + i];
        w->nsteps = w->alive + n;
        w->nalive = n;
}

static enum found walk_word(struct walk *w, unsigned word, struct verdict *v)
{
        unsigned from = w->alive, n = w->nalive;

        *v = (struct verdict){ 0 };
        w->alive = w->nsteps;
        if (word == w->r->from)
                try_rows(w, v, word);
        else
                try_follow(w, v, word, from, n);
        w->nalive = w->nsteps - w->alive;
        if (!w->nalive || w->overflow)
                return FOUND_INVALID;
        if (v->exact)
                keep_only(w, FIT_EXACT);
        else if (v->named)
                keep_only(w, FIT_VALUE);
        else if (v->two_prefixes && !v->value && w->doubt > word)
                w->doubt = word;
        return FOUND;
}

static bool walk_init(struct walk *w, const struct reading *r)
{
        *w = (struct walk){ .r = r, .step = mem_alloc(MEM_CLI, STEPS_MAX * sizeof *w->step), .doubt = r->lx->n };
        return w->step != NULL;
}

/* How many words a step's way has taken. */
static unsigned words_taken(const struct walk *w, const struct step *s)
{
        return s->word + 1u - w->r->from;
}

/* May the line end behind this step? A `no` form may leave out what only says how it was. */
static bool may_end(const struct walk *w, const struct step *s)
{
        if (s->part->last)
                return true;
        return w->r->no_form && s->row->conf && words_taken(w, s) >= s->row->g->nlead &&
               s->row->conf->kind != ROW_CALL;
}

static bool is_hidden(const struct step *s)
{
        return s->row->conf && (s->row->conf->flags & ROW_HIDDEN);
}

/* The keyword that a way took for a word. */
static const char *text_at(const struct walk *w, const struct step *s, unsigned word)
{
        while (s->word != word)
                s = &w->step[s->prev];
        return s->part->text;
}

/* An abbreviation of two keywords is no harm when the rest of the line fits one of them only. */
static bool in_doubt(const struct walk *w, const struct step *best)
{
        for (unsigned i = w->alive; w->doubt < w->r->lx->n && i < w->alive + w->nalive; i++) {
                const struct step *s = &w->step[i];

                if (may_end(w, s) && !is_hidden(s) &&
                    strcmp(text_at(w, s, w->doubt), text_at(w, best, w->doubt)) != 0)
                        return true;
        }
        return false;
}

static const struct step *best_end(const struct walk *w)
{
        const struct step *best = NULL;

        for (unsigned i = w->alive; i < w->alive + w->nalive; i++) {
                const struct step *s = &w->step[i];

                if (!may_end(w, s) || (best && best->part->last && !s->part->last))
                        continue;
                if (!best || is_hidden(best) > is_hidden(s) || (s->part->last && !best->part->last) ||
                    (s->cost < best->cost && is_hidden(best) == is_hidden(s)))
                        best = s;
        }
        return best;
}

static void tell_way(const struct walk *w, const struct step *s, struct find_result *out)
{
        unsigned n = 0;

        for (const struct step *p = s; p; p = p->prev == NO_STEP ? NULL : &w->step[p->prev])
                n++;
        out->n = n;
        for (const struct step *p = s; p; p = p->prev == NO_STEP ? NULL : &w->step[p->prev]) {
                const struct word *word = &w->r->lx->w[p->word];

                out->cap[--n] =
                        (struct captured){ p->part, takes_rest(p->part) ? w->r->lx->raw + word->off : word->s };
        }
        out->row = s->row;
        out->whole = s->part->last;
}

static void tell_doubt(const struct walk *w, struct find_result *out)
{
        out->how = FOUND_AMBIGUOUS;
        out->words = w->doubt - w->r->from + 1;
}

static void find(struct walk *w, struct find_result *out)
{
        const struct lexed *lx = w->r->lx;
        const struct step *end;
        struct verdict v;

        for (unsigned i = w->r->from; i < lx->n; i++) {
                out->how = walk_word(w, i, &v);
                if (out->how != FOUND && w->doubt < i) {
                        tell_doubt(w, out);
                        return;
                }
                if (out->how != FOUND) {
                        out->caret = lx->w[i].off + (unsigned)v.reach + (lx->w[i].quoted && v.reach);
                        return;
                }
                out->words++;
        }
        end = w->nalive ? best_end(w) : NULL;
        out->how = end ? FOUND : FOUND_INCOMPLETE;
        if (end ? in_doubt(w, end) : w->doubt < lx->n)
                tell_doubt(w, out);
        if (out->how == FOUND_AMBIGUOUS)
                return;
        if (end && lx->more && !takes_rest(end->part)) {
                out->how = FOUND_INVALID;
                out->caret = lx->w[lx->n - 1].off;
        } else if (end) {
                tell_way(w, end, out);
        }
}

void tree_find(const struct reading *r, struct find_result *out)
{
        struct walk w;

        *out = (struct find_result){ .how = FOUND_NOMEM };
        if (!walk_init(&w, r))
                return;
        find(&w, out);
        mem_free(w.step);
}

/* A part is told once, though several ways lead to it. */
static void tell_next(const struct walk *w, next_fn fn, void *ctx)
{
        const struct tree_mode *m = w->r->mode;

        if (!w->nsteps) {
                for (unsigned i = 0; i < m->n; i++)
                        for (unsigned k = 0; k < m->row[i].g->nfirst; k++)
                                if (row_there(w->r, &m->row[i]))
                                        fn(ctx, &m->row[i], m->row[i].g->pos[m->row[i].g->first[k]]);
                return;
        }
        for (unsigned i = w->alive; i < w->alive + w->nalive; i++) {
                const struct step *s = &w->step[i];

                for (unsigned k = 0; !takes_rest(s->part) && k < s->part->nfollow; k++)
                        fn(ctx, s->row, s->row->g->pos[s->part->follow[k]]);
        }
}

bool tree_next(const struct reading *r, unsigned n, next_fn fn, void *ctx, bool *end)
{
        struct verdict v;
        struct walk w;
        bool ok;

        *end = false;
        ok = walk_init(&w, r);
        for (unsigned i = 0; ok && i < n; i++)
                ok = walk_word(&w, r->from + i, &v) == FOUND;
        if (ok) {
                tell_next(&w, fn, ctx);
                *end = n && best_end(&w);
        }
        mem_free(w.step);
        return ok;
}
