#include "cli/conf/conf_replace.h"

#include <string.h>

#include "cli/conf/conf_diff.h"
#include "cli/conf/conf_order.h"
#include "cli/conf/load.h"
#include "pki/keystore.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define ROUNDS 4        /* a line that goes may take others along, which come back in the next round */
#define EDITS_MAX 20000 /* more differences than this: from nothing is quicker */

struct edits {
        struct diff_edit *e;
        unsigned n;
        bool bad;
};

static void collect(void *ctx, const struct diff_edit *e)
{
        struct edits *l = ctx;
        struct diff_edit *p;

        if (l->bad || l->n == EDITS_MAX) {
                l->bad = true;
                return;
        }
        if (!(l->n & (l->n - 1))) {
                p = mem_realloc(MEM_CLI, l->e, (l->n ? 2 * l->n : 1) * sizeof *p);
                if (!p) {
                        l->bad = true;
                        return;
                }
                l->e = p;
        }
        l->e[l->n++] = *e;
}

/* ---- lines that make one configuration the other ---- */
static const struct conf_text_line *head(const struct diff_edit *e)
{
        return &e->of->line[e->first];
}

static bool same_place(const struct diff_edit *x, const struct diff_edit *y)
{
        if (x->npath != y->npath)
                return false;
        for (unsigned i = 0; i < x->npath; i++)
                if (strcmp(x->of->line[x->path[i]].text, y->of->line[y->path[i]].text) != 0)
                        return false;
        return true;
}

/* A value that is set anew needs not be taken away first. */
static bool is_overwritten(const struct edits *l, const struct diff_edit *e)
{
        const struct cmd_row *row = head(e)->row;

        if (row->kind == ROW_FIXED)
                return true;
        for (unsigned i = 0; row->kind == ROW_LEAF && i < l->n; i++)
                if (l->e[i].added && head(&l->e[i])->row == row && same_place(&l->e[i], e))
                        return !(row->flags & ROW_ONCE);
        return false;
}

/* A line that says at which place of its list it goes. */
static bool is_numbered(const struct diff_edit *e)
{
        return head(e)->row->prefix && head(e)->row->place;
}

static bool same_block(const struct diff_edit *x, const struct diff_edit *y)
{
        if (x->end - x->first != y->end - y->first)
                return false;
        for (unsigned i = 0; i < x->end - x->first; i++)
                if (strcmp(x->of->line[x->first + i].text, y->of->line[y->first + i].text) != 0)
                        return false;
        return true;
}

/* What only stands elsewhere is not taken out: it may hold keys. Where order counts it has a place to be put at. */
static bool is_moved(const struct edits *l, const struct diff_edit *e)
{
        if (is_numbered(e))
                return false;
        for (unsigned i = 0; i < l->n; i++)
                if (l->e[i].added != e->added && same_place(&l->e[i], e) && same_block(&l->e[i], e))
                        return true;
        return false;
}

static void enter(const struct diff_edit *e, struct text *out)
{
        for (unsigned i = 0; i < e->npath; i++)
                text_printf(out, "%s\n", e->of->line[e->path[i]].text);
}

static void leave(const struct diff_edit *e, unsigned deeper, struct text *out)
{
        for (unsigned i = 0; i < e->npath + deeper; i++)
                text_add(out, "exit\n");
}

static void put_removal(const struct diff_edit *e, struct text *out)
{
        const char *t = head(e)->text;

        enter(e, out);
        if (!strncmp(t, "no ", 3))
                text_printf(out, "%s\n", t + 3);
        else
                text_printf(out, "no %s\n", t);
        leave(e, 0, out);
}

/* "access-list NAME": the lines of one list begin with the same two words. */
static size_t list_words(const char *t)
{
        size_t n = strcspn(t, " ");

        return t[n] ? n + 1 + strcspn(t + n + 1, " ") : n;
}

/* With the number that the line has in its list. */
static void put_element(const struct diff_edit *e, struct text *out)
{
        const char *t = head(e)->text;
        size_t n = list_words(t);
        unsigned at = 1;

        for (unsigned i = e->first; i-- > 0 && !strncmp(e->of->line[i].text, t, n + 1);)
                at++;
        text_printf(out, "%.*s line %u%s\n", (int)n, t, at, t + n);
}

static void put_addition(const struct diff_edit *e, struct text *out)
{
        unsigned depth = 0, base = head(e)->depth;

        enter(e, out);
        if (is_numbered(e))
                put_element(e, out);
        for (unsigned i = e->first; i < e->end && !is_numbered(e); i++) {
                const struct conf_text_line *l = &e->of->line[i];

                for (; !l->raw && depth > l->depth - base; depth--)
                        text_add(out, "exit\n");
                text_printf(out, "%s\n", l->text);
                if (!l->raw && l->row->mode)
                        depth = l->depth - base + 1;
        }
        leave(e, depth, out);
}

static void make_script(const struct edits *l, struct text *out)
{
        for (unsigned i = l->n; i-- > 0;)
                if (!l->e[i].added && !is_overwritten(l, &l->e[i]) && !is_moved(l, &l->e[i]))
                        put_removal(&l->e[i], out);
        for (unsigned i = 0; i < l->n; i++)
                if (l->e[i].added && !is_moved(l, &l->e[i]))
                        put_addition(&l->e[i], out);
}

/* ---- doing it ---- */
struct pair {
        struct conf_lines was, want;
        struct edits edits;
};

static void pair_fini(struct pair *p)
{
        conf_lines_fini(&p->was);
        conf_lines_fini(&p->want);
        mem_free(p->edits.e);
}

/* 1: there are differences, 0: none. */
static int compare(const struct store *s, const struct store *want, struct pair *p, struct err *e)
{
        *p = (struct pair){ 0 };
        if (conf_lines_of(s, true, &p->was, e) < 0 || conf_lines_of(want, true, &p->want, e) < 0)
                return -1;
        if (conf_diff(&p->was, &p->want, collect, &p->edits, e) < 0)
                return -1;
        return p->edits.n > 0;
}

struct said {
        struct text *warnings; /* may be NULL */
        struct err refused;
};

static void hear(void *ctx, unsigned line_no, const char *words)
{
        struct said *s = ctx;

        (void)line_no;
        if (!strncmp(words, "ERROR: ", 7) && s->refused.code == ERR_NONE)
                err_set(&s->refused, ERR_STATE, "%.200s", words + 7);
        else if (s->warnings && !strncmp(words, "WARNING: ", 9) && !strstr(text_str(s->warnings), words))
                text_printf(s->warnings, "%s\n", words);
}

/* What is refused shows in the comparison that follows; the first reason is kept for it. */
static void feed_lines(struct conf_ctx *c, const char *text, size_t n, struct said *said)
{
        struct load_report rep = { .fn = hear, .ctx = said };

        conf_load(c, text, n, &rep);
}

/* 0: the store is what is wanted. 1: lines alone do not get there. */
static int by_lines(struct conf_ctx *c, const struct store *want, enum replace_how *how, struct said *said,
                    struct err *e)
{
        for (unsigned round = 0; round <= ROUNDS; round++) {
                struct text script = { 0 };
                struct pair p;
                int rc;

                if (conf_order(c->store, want))
                        *how = REPLACE_LINES;
                rc = compare(c->store, want, &p, e);

                if (rc > 0 && round < ROUNDS && !p.edits.bad)
                        make_script(&p.edits, &script);
                pair_fini(&p);
                if (rc > 0 && script.n && !script.bad) {
                        *how = REPLACE_LINES;
                        feed_lines(c, text_str(&script), script.n, said);
                } else if (rc > 0) {
                        round = ROUNDS; /* nothing that could be typed would help */
                }
                text_fini(&script);
                if (rc <= 0)
                        return rc;
        }
        return 1;
}

static int whole_text(const struct store *s, struct text *out, struct err *e)
{
        const struct running_opts o = { .plain = true, .numbers = true, .envelope = true };

        return running_write(s, &o, out, e) < 0 || out->bad ? err_nomem(e, "writing the configuration") : 0;
}

static void load_whole(struct conf_ctx *c, const struct text *t, struct said *said)
{
        bool replace = c->replace;

        c->replace = true;
        said->refused.code = ERR_NONE;
        feed_lines(c, text_str(t), t->n, said);
        c->replace = replace;
}

/* The first line that is not as wanted. */
static void tell_first(const struct store *s, const struct store *want, const struct said *said, struct err *e)
{
        struct pair p;

        if (compare(s, want, &p, e) > 0)
                err_set(e, ERR_STATE, "\"%.120s\" cannot be %s%s%.180s", head(&p.edits.e[0])->text,
                        p.edits.e[0].added ? "configured" : "removed", said->refused.code ? ": " : "",
                        said->refused.code ? said->refused.text : "");
        pair_fini(&p);
}

static bool is_equal(const struct store *s, const struct store *want)
{
        struct pair p;
        struct err e;
        int rc = compare(s, want, &p, &e);

        pair_fini(&p);
        return !rc;
}

int conf_replace(struct conf_ctx *c, const struct store *want, enum replace_how *how, struct text *warnings,
                 struct err *e)
{
        struct text was = { 0 }, all = { 0 };
        struct said said = { .warnings = warnings }, back = { .warnings = NULL };
        enum replace_how done = REPLACE_NOTHING;
        int rc;

        if (whole_text(c->store, &was, e) < 0 || whole_text(want, &all, e) < 0) {
                rc = -1;
        } else {
                rc = by_lines(c, want, &done, &said, e);
                if (rc) {
                        done = REPLACE_ALL;
                        load_whole(c, &all, &said);
                        rc = is_equal(c->store, want) ? 0 : -1;
                }
                if (rc < 0) {
                        tell_first(c->store, want, &said, e);
                        load_whole(c, &was, &back);
                }
        }
        if (how)
                *how = done;
        text_fini(&was);
        text_fini(&all);
        return rc;
}

static void keep_first(void *ctx, unsigned line_no, const char *words)
{
        struct err *e = ctx;

        if (e->code == ERR_NONE && !strncmp(words, "ERROR", 5))
                err_set(e, ERR_SYNTAX, "line %u: %.300s", line_no, words + strcspn(words, " ") + 1);
}

struct store *conf_store_of(const struct conf_ctx *like, const char *text, size_t n, struct err *e)
{
        struct keystore *keys = like->keys ? keystore_clone_dry(like->keys) : NULL;
        struct store *s = store_new(like->store->tree);
        struct err first = { 0 };
        struct load_report rep = { .fn = keep_first, .ctx = &first };
        struct conf_ctx c;

        if (!s || !keys != !like->keys || (like->bind && store_add_ports(s, like->bind, e) < 0)) {
                store_free(s);
                keystore_close(keys);
                err_nomem(e, "a configuration");
                return NULL;
        }
        conf_ctx_init(&c, s);
        c.keys = keys; /* a look at a text changes nothing on flash */
        c.bind = like->bind;
        c.replace = true;
        c.priv = CONF_PRIV;
        if (conf_load(&c, text, n, &rep) < 0) {
                err_set(e, first.code ? first.code : ERR_SYNTAX, "%s", first.text);
                store_free(s);
                s = NULL;
        }
        conf_ctx_fini(&c);
        keystore_close(keys);
        return s;
}
