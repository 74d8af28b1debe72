/*
 * Questions about the whole store that need no knowledge of any object: every value of type ref(KIND) or nameif that
 * a present line prints is a reference.
 */
#include <stdio.h>
#include <string.h>

#include "cli/conf/parse.h"
#include "cli/conf/running.h"
#include "cli/lang/tree.h"
#include "platform/base/arena.h"
#include "platform/base/hash.h"
#include "platform/base/mem.h"

/* ---- the names in a line ---- */
typedef void (*name_fn)(void *ctx, const struct gram_part *p, const char *name);

static bool tags_hold(const struct gram_part *p, const char *obj)
{
        for (unsigned i = 0; i < p->ntags; i++)
                if (!field_is(obj + p->tag[i].off, p->tag[i].size, p->tag[i].val))
                        return false;
        return true;
}

static bool is_type(const struct gram_part *p, const char *type)
{
        return !strcmp(p->type->name, type);
}

static void names_of_part(const struct gram_part *p, const char *obj, name_fn fn, void *ctx)
{
        const char *v = p->bind ? obj + p->base + p->bind->off : NULL;

        if (!v && !strcmp(p->text, "NAME"))
                fn(ctx, p, ((const struct conf_obj *)(const void *)obj)->name);
        if (!v || !tags_hold(p, obj))
                return;
        fn(ctx, p, v);
        if (is_type(p, "ifpair"))
                fn(ctx, p, v + p->bind->size / 2);
}

static void names_of_line(const struct tree_row *tr, const void *obj, name_fn fn, void *ctx)
{
        for (unsigned i = 0; i < tr->element->npos; i++) {
                const struct gram_part *p = tr->element->pos[i];

                if (!p->apart && p->kind == PART_VALUE &&
                    (is_type(p, "ref") || is_type(p, "nameif") || is_type(p, "ifpair")))
                        names_of_part(p, obj, fn, ctx);
        }
}

/* kind NULL: nameif */
static bool is_of_kind(const struct gram_part *p, const char *kind)
{
        const struct conf_kind *k;

        if (!kind || !is_type(p, "ref"))
                return !kind && !is_type(p, "ref");
        k = conf_kind_find(p->targ.text);
        return conf_kind_shares(p->targ.text, kind) || (k && k->also && conf_kind_shares(k->also, kind));
}

static const struct tree_row *row_of_line(const struct cli_tree *t, const struct cmd_row *row)
{
        const struct tree_row *tr = tree_row_of(t, NULL, row);

        for (unsigned i = 0; !tr && tree_mode_at(t, i); i++)
                tr = tree_row_of(t, tree_mode_at(t, i)->mode, row);
        return tr;
}

/* ---- who refers to whom ---- */

/* One name in a line. */
struct ref {
        struct hash_node node;
        const struct gram_part *part;
        const char *name, *where;
        unsigned nth; /* in the order of lines */
};

struct refs {
        struct hash_table by_name; /* struct ref */
        struct arena *arena;
};

struct hunt {
        const struct cli_tree *tree;
        void (*found)(struct hunt *h, const struct gram_part *p, const char *name);
        const struct running_line *line;
        char block[CONF_DEPTH_MAX][80]; /* the line at each depth */
        /* looking for one */
        const char *kind; /* NULL: nameif */
        const char *name;
        bool hit;
        char *where;
        size_t cap;
        /* keeping all */
        struct refs *refs;
        bool full;
};

/* A line in a block says little without the lines it stands under. */
static void tell_where(const struct hunt *h, char *where, size_t cap)
{
        const struct running_line *l = h->line;
        size_t n = (size_t)snprintf(where, cap, "%s", l->text);

        for (unsigned d = 0; d < l->depth && d < CONF_DEPTH_MAX && n < cap; d++)
                n += (size_t)snprintf(where + n, cap - n, "%s%s", d ? ", " : " (in ", h->block[d]);
        if (l->depth && n + 1 < cap)
                strcpy(where + n, ")");
}

static void hunt_name(void *ctx, const struct gram_part *p, const char *name)
{
        struct hunt *h = ctx;

        h->found(h, p, name);
}

static void hunt_line(void *ctx, const struct running_line *l)
{
        struct hunt *h = ctx;

        if (h->hit || h->full)
                return;
        if (!l->raw && l->depth < CONF_DEPTH_MAX)
                snprintf(h->block[l->depth], sizeof h->block[0], "%s", l->text);
        if (!l->obj || l->row->kind == ROW_INERT || l->row->kind == ROW_FIXED || l->row->kind == ROW_CALL)
                return;
        h->line = l;
        names_of_line(row_of_line(h->tree, l->row), l->obj, hunt_name, h);
}

static void look(struct hunt *h, const struct gram_part *p, const char *name)
{
        if (h->hit || !is_of_kind(p, h->kind) || strcmp(name, h->name) != 0)
                return;
        h->hit = true;
        if (h->where)
                tell_where(h, h->where, h->cap);
}

static bool find_held(const struct refs *refs, const char *kind, const char *name, char *where, size_t cap)
{
        const struct ref *first = NULL;

        hash_each_match(it, &refs->by_name, hash_str(name, 0)) {
                const struct ref *r = container_of(it, struct ref, node);

                if (is_of_kind(r->part, kind) && !strcmp(r->name, name) && (!first || r->nth < first->nth))
                        first = r;
        }
        if (first && where)
                snprintf(where, cap, "%s", first->where);
        return first != NULL;
}

bool store_in_use(const struct store *s, const char *kind, const char *name, char *where, size_t cap)
{
        struct hunt h = { .tree = s->tree, .found = look, .kind = kind, .name = name, .where = where, .cap = cap };
        struct running r = { .store = s, .line = hunt_line, .ctx = &h };

        if (s->refs)
                return find_held(s->refs, kind, name, where, cap);
        running_walk(&r);
        return h.hit;
}

static void keep(struct hunt *h, const struct gram_part *p, const char *name)
{
        struct arena *a = h->refs->arena;
        struct ref *r = arena_alloc(a, sizeof *r);
        char where[512];

        tell_where(h, where, sizeof where);
        if (r)
                *r = (struct ref){ .part = p,
                                   .name = arena_strdup(a, name),
                                   .where = arena_strdup(a, where),
                                   .nth = h->refs->by_name.count };
        h->full |= !r || !r->name || !r->where;
        if (!h->full)
                hash_add(&h->refs->by_name, &r->node, hash_str(name, 0));
}

void store_refs_hold(struct store *s)
{
        struct refs *refs = mem_alloc(MEM_CLI, sizeof *refs);
        struct hunt h = { .tree = s->tree, .found = keep, .refs = refs };
        struct running r = { .store = s, .line = hunt_line, .ctx = &h };

        store_refs_drop(s);
        if (!refs)
                return;
        *refs = (struct refs){ .arena = arena_new(65536) };
        s->refs = refs;
        if (!refs->arena || hash_init(&refs->by_name, 0) < 0) {
                store_refs_drop(s);
                return;
        }
        running_walk(&r);
        if (h.full || r.bad)
                store_refs_drop(s);
}

void store_refs_drop(struct store *s)
{
        if (!s->refs)
                return;
        hash_fini(&s->refs->by_name);
        arena_free(s->refs->arena);
        mem_free(s->refs);
        s->refs = NULL;
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
