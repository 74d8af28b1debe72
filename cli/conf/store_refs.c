/*
 * Questions about the whole store that need no knowledge of any object: every value of type ref(KIND) or nameif that
 * a present line prints is a reference.
 */
#include <stdio.h>
#include <string.h>

#include "cli/conf/parse.h"
#include "cli/conf/running.h"
#include "cli/lang/tree.h"

/* ---- who refers to whom ---- */
struct hunt {
        const struct cli_tree *tree;
        const char *kind; /* NULL: nameif */
        const char *name;
        const void *self; /* the object itself does not count */
        bool hit;
        char *where;
        size_t cap;
        char block[CONF_DEPTH_MAX][80]; /* the line at each depth */
};

static bool tags_hold(const struct gram_part *p, const char *obj)
{
        for (unsigned i = 0; i < p->ntags; i++)
                if (!field_is(obj + p->tag[i].off, p->tag[i].size, p->tag[i].val))
                        return false;
        return true;
}

static bool is_of_kind(const struct gram_part *p, const char *kind)
{
        const struct conf_kind *k;

        if (p->kind != PART_VALUE)
                return false;
        if (!kind)
                return !strcmp(p->type->name, "nameif") || !strcmp(p->type->name, "ifpair");
        if (strcmp(p->type->name, "ref") != 0)
                return false;
        k = conf_kind_find(p->targ.text);
        return conf_kind_shares(p->targ.text, kind) || (k && k->also && conf_kind_shares(k->also, kind));
}

static bool names_it(const struct gram_part *p, const char *obj, const char *name)
{
        const char *v;

        if (!p->bind)
                return !strcmp(p->text, "NAME") && !strcmp(((const struct conf_obj *)(const void *)obj)->name, name);
        if (!tags_hold(p, obj))
                return false;
        v = obj + p->base + p->bind->off;
        return !strcmp(v, name) || (!strcmp(p->type->name, "ifpair") && !strcmp(v + p->bind->size / 2, name));
}

static bool row_refers(const struct tree_row *tr, const void *obj, const char *kind, const char *name)
{
        for (unsigned i = 0; i < tr->element->npos; i++) {
                const struct gram_part *p = tr->element->pos[i];

                if (!p->apart && is_of_kind(p, kind) && names_it(p, obj, name))
                        return true;
        }
        return false;
}

static const struct tree_row *row_of_line(const struct cli_tree *t, const struct cmd_row *row)
{
        const struct tree_row *tr = tree_row_of(t, NULL, row);

        for (unsigned i = 0; !tr && tree_mode_at(t, i); i++)
                tr = tree_row_of(t, tree_mode_at(t, i)->mode, row);
        return tr;
}

/* A line in a block says little without the lines it stands under. */
static void tell_where(const struct hunt *h, const struct running_line *l)
{
        size_t n = (size_t)snprintf(h->where, h->cap, "%s", l->text);

        for (unsigned d = 0; d < l->depth && d < CONF_DEPTH_MAX && n < h->cap; d++)
                n += (size_t)snprintf(h->where + n, h->cap - n, "%s%s", d ? ", " : " (in ", h->block[d]);
        if (l->depth && n + 1 < h->cap)
                strcpy(h->where + n, ")");
}

static void hunt_line(void *ctx, const struct running_line *l)
{
        struct hunt *h = ctx;

        if (!h->hit && !l->raw && l->depth < CONF_DEPTH_MAX)
                snprintf(h->block[l->depth], sizeof h->block[0], "%s", l->text);
        if (h->hit || !l->obj || l->row->kind == ROW_INERT || l->row->kind == ROW_FIXED || l->row->kind == ROW_CALL)
                return;
        h->hit = row_refers(row_of_line(h->tree, l->row), l->obj, h->kind, h->name);
        if (h->hit && h->where)
                tell_where(h, l);
}

bool store_in_use(const struct store *s, const char *kind, const char *name, char *where, size_t cap)
{
        struct hunt h = { .tree = s->tree, .kind = kind, .name = name, .where = where, .cap = cap };
        struct running r = { .store = s, .line = hunt_line, .ctx = &h };

        running_walk(&r);
        return h.hit;
}

/* ---- what is not in force ---- */
struct inert_walk {
        const struct store *s;
        inert_fn fn;
        void *ctx;
        struct text block[4]; /* the line at each depth */
};

static void keep_block(struct inert_walk *w, const struct running_line *l)
{
        if (l->depth >= ARRAY_LEN(w->block))
                return;
        text_cut(&w->block[l->depth], 0);
        text_add(&w->block[l->depth], l->text);
}

static void inert_line(void *ctx, const struct running_line *l)
{
        struct inert_walk *w = ctx;
        const char *why = l->row->inert_if ? l->row->inert_if(w->s, l->obj) : l->row->inert;
        struct text block = { 0 };

        if (l->raw)
                return;
        for (unsigned i = 0; why && i < l->depth && i < ARRAY_LEN(w->block); i++)
                text_printf(&block, i ? " / %s" : "%s", text_str(&w->block[i]));
        if (why)
                w->fn(w->ctx, text_str(&block), l->text, why);
        text_fini(&block);
        keep_block(w, l);
}

void store_inert_walk(const struct store *s, inert_fn fn, void *ctx)
{
        struct inert_walk w = { .s = s, .fn = fn, .ctx = ctx };
        struct running r = { .store = s, .line = inert_line, .ctx = &w };

        running_walk(&r);
        for (size_t i = 0; i < ARRAY_LEN(w.block); i++)
                text_fini(&w.block[i]);
}
