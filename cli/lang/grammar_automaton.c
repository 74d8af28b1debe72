/* Positions and what may follow each (Glushkov's construction): no empty moves, so reading a line needs no closure.
 */
#include "cli/lang/grammar.h"

#include <string.h>

#include "platform/base/mem.h"

#define POS_MAX 1024
#define WORDS (POS_MAX / 64)

struct posset {
        uint64_t w[WORDS];
};

struct build {
        struct gram_part *pos[POS_MAX];
        struct posset follow[POS_MAX];
        unsigned n;
};

struct span {
        bool nullable;
        struct posset first, last;
};

static void set_add(struct posset *s, unsigned i)
{
        s->w[i / 64] |= 1ull << (i % 64);
}

static bool set_has(const struct posset *s, unsigned i)
{
        return s->w[i / 64] >> (i % 64) & 1;
}

static void set_or(struct posset *s, const struct posset *o)
{
        for (unsigned i = 0; i < WORDS; i++)
                s->w[i] |= o->w[i];
}

static void follow_all(struct build *b, const struct posset *from, const struct posset *to)
{
        for (unsigned i = 0; i < b->n; i++)
                if (set_has(from, i))
                        set_or(&b->follow[i], to);
}

static int span_of(struct build *b, struct gram_part *p, struct span *out);

static int span_seq(struct build *b, struct gram_part *p, struct span *out)
{
        struct span s;

        out->nullable = true;
        for (struct gram_part *c = p->child; c; c = c->next) {
                if (span_of(b, c, &s) < 0)
                        return -1;
                follow_all(b, &out->last, &s.first);
                if (out->nullable)
                        set_or(&out->first, &s.first);
                if (!s.nullable)
                        memset(&out->last, 0, sizeof out->last);
                set_or(&out->last, &s.last);
                out->nullable &= s.nullable;
        }
        return 0;
}

static int span_alt(struct build *b, struct gram_part *p, struct span *out)
{
        struct span s;

        for (struct gram_part *c = p->child; c; c = c->next) {
                if (span_of(b, c, &s) < 0)
                        return -1;
                set_or(&out->first, &s.first);
                set_or(&out->last, &s.last);
                out->nullable |= s.nullable;
        }
        return 0;
}

static int span_leaf(struct build *b, struct gram_part *p, struct span *out)
{
        if (b->n == POS_MAX)
                return -1;
        p->pos = (uint16_t)b->n;
        b->pos[b->n++] = p;
        set_add(&out->first, p->pos);
        set_add(&out->last, p->pos);
        if (p->kind == PART_VALUE && (p->type->flags & TYPE_MANY))
                set_add(&b->follow[p->pos], p->pos);
        return 0;
}

static int span_of(struct build *b, struct gram_part *p, struct span *out)
{
        int ret;

        memset(out, 0, sizeof *out);
        switch (p->kind) {
        case PART_SEQ:
                return span_seq(b, p, out);
        case PART_ALT:
                return span_alt(b, p, out);
        case PART_OPT:
                ret = span_of(b, p->child, out);
                out->nullable = true;
                return ret;
        case PART_KEYWORD:
        case PART_VALUE:
                break;
        }
        return span_leaf(b, p, out);
}

static uint16_t *list_of(struct arena *a, const struct posset *s, unsigned n, uint16_t *count)
{
        uint16_t *list = arena_array(a, n ? n : 1, sizeof *list), k = 0;

        for (unsigned i = 0; list && i < n; i++)
                if (set_has(s, i))
                        list[k++] = (uint16_t)i;
        *count = k;
        return list;
}

static int keep(struct arena *a, struct grammar *g, const struct build *b, const struct span *all)
{
        g->npos = (uint16_t)b->n;
        g->nullable = all->nullable;
        g->pos = arena_dup(a, b->pos, b->n * sizeof b->pos[0]);
        g->first = list_of(a, &all->first, b->n, &g->nfirst);
        if (!g->pos || !g->first)
                return -1;
        for (unsigned i = 0; i < b->n; i++) {
                struct gram_part *p = b->pos[i];

                p->last = set_has(&all->last, i);
                p->follow = list_of(a, &b->follow[i], b->n, &p->nfollow);
                if (!p->follow)
                        return -1;
        }
        return 0;
}

int grammar_automaton(struct arena *a, struct grammar *g, struct err *e);

int grammar_automaton(struct arena *a, struct grammar *g, struct err *e)
{
        struct build *b = mem_alloc(MEM_CLI, sizeof *b);
        struct span all;
        int ret = -1;

        if (!b)
                return err_nomem(e, "compiling a grammar");
        if (span_of(b, g->root, &all) < 0)
                err_set(e, ERR_LIMIT, "a grammar has more than %d words", POS_MAX);
        else if (keep(a, g, b, &all) < 0)
                err_nomem(e, "compiling a grammar");
        else
                ret = 0;
        mem_free(b);
        return ret;
}
