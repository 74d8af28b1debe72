/* The store as lines, in the order of the sections. What a line looks like is the grammar's business. */
#include "cli/conf/running.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/mask.h"
#include "cli/lang/tree.h"

/* ---- elements ---- */
void row_each(const struct store *s, const struct cmd_row *row, const void *obj, row_each_fn fn, void *ctx)
{
        struct conf_list *l = (struct conf_list *)(void *)((uintptr_t)obj + row->list);
        struct list *next;

        if (row->each) {
                row->each(s, (void *)(uintptr_t)obj, fn, ctx);
                return;
        }
        if (!l->items.next)
                return;
        for (struct list *it = l->items.next; it != &l->items; it = next) {
                struct conf_obj *o = list_entry(it, struct conf_obj, link);
                const struct conf_kind *k = conf_kind_find(row->kind_name);

                next = it->next;
                if (!k || !k->fits || k->fits(o))
                        fn(ctx, l, o, NULL);
        }
}

/* ---- lines ---- */
static void emit(struct running *r, const struct cmd_row *row, const void *obj, const char *text, bool raw)
{
        const struct running_line l = { r->depth, row, obj, text, raw };

        r->line(r->ctx, &l);
}

void running_line(struct running *r, const struct cmd_row *row, const void *obj, const char *fmt, ...)
{
        struct text t = { 0 };
        va_list ap;

        va_start(ap, fmt);
        text_vprintf(&t, fmt, ap);
        va_end(ap);
        emit(r, row, obj, text_str(&t), false);
        r->bad |= t.bad;
        text_fini(&t);
}

void running_raw(struct running *r, const struct cmd_row *row, const char *text)
{
        emit(r, row, NULL, text, true);
}

struct naming {
        const struct running *r;
        const struct tree_row *tr;
};

static const char *name_of(void *ctx, const struct addr *a)
{
        const struct naming *n = ctx;

        return addr_names_find_for(n->r->names, n->r->store->tree, n->tr, a);
}

bool running_element(const struct running *r, const struct tree_row *tr, const void *obj, enum gram_write how,
                     struct text *out)
{
        struct naming n = { r, tr };
        const struct gram_names names = { name_of, &n };

        return grammar_write_named(tr->element, obj, how, r->names ? &names : NULL, out);
}

static enum gram_write how_of(const struct running *r, const struct cmd_row *row)
{
        if (r->all && (row->flags & ROW_ALL))
                return WRITE_ALL;
        return r->plain ? WRITE_PLAIN : WRITE_FULL;
}

/* "no ip address": the keywords that every line of the row begins with. */
static void opposite_line(struct running *r, const struct tree_row *tr, const void *obj)
{
        bool inverse = tr->conf->flags & ROW_INVERSE;
        struct text t = { 0 };

        for (unsigned i = 0; i < tr->element->nlead; i++)
                text_printf(&t, i ? " %s" : "%s", tr->element->pos[i]->text);
        running_line(r, tr->conf, obj, inverse ? "%s" : "no %s", text_str(&t));
        r->bad |= t.bad;
        text_fini(&t);
}

/* The line of a leaf, or the statement of its opposite where that is printed. */
static void leaf_line(struct running *r, const struct tree_row *tr, const void *obj)
{
        const struct cmd_row *row = tr->conf;
        bool inverse = row->flags & ROW_INVERSE,
             always = row->flags & ROW_DEFAULT && !(row->said && row->said(obj));
        struct text t = { 0 };

        if (inverse)
                text_add(&t, "no ");
        if (running_element(r, tr, obj, how_of(r, row), &t))
                emit(r, row, obj, text_str(&t), false);
        else if (r->all && row->dflt)
                running_line(r, row, obj, "%s", row->dflt);
        else if (always || (r->all && (row->flags & ROW_ALL)))
                opposite_line(r, tr, obj);
        r->bad |= t.bad;
        text_fini(&t);
}

/* Of a kept block, a key may stand in its first line. */
static void emit_head(struct running *r, const struct cmd_row *row, const struct conf_obj *o, const char *text)
{
        struct text t = { 0 };

        if (!(row->flags & ROW_KEPT) || r->plain) {
                emit(r, row, o, text, false);
                return;
        }
        mask_text(text, &t);
        emit(r, row, o, text_str(&t), false);
        r->bad |= t.bad;
        text_fini(&t);
}

struct printing {
        struct running *r;
        const struct tree_row *tr;
};

static void print_element(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct printing *p = ctx;
        struct text t = { 0 };

        (void)list;
        if (prefix)
                text_printf(&t, "%s ", prefix);
        if (running_element(p->r, p->tr, o, how_of(p->r, p->tr->conf), &t))
                emit_head(p->r, p->tr->conf, o, text_str(&t));
        p->r->bad |= t.bad;
        text_fini(&t);
        if (p->tr->conf->mode)
                running_mode(p->r, p->tr->conf->mode, o);
        if (p->r->after_object && !p->r->depth && p->tr->conf->mode)
                p->r->after_object(p->r->ctx);
}

/* A kept line, with what its row says is secret hidden, and passwords of URLs. */
static void print_kept(struct running *r, const struct tree_row *tr, const struct conf_obj *o)
{
        struct text t = { 0 };

        if (r->plain) {
                emit(r, tr->conf, o, o->name, false);
                return;
        }
        if (mask_has_secret(tr))
                mask_kept(r->store, tr, o->name, &t);
        else
                mask_urls(o->name, &t);
        emit(r, tr->conf, o, text_str(&t), false);
        r->bad |= t.bad;
        text_fini(&t);
}

static void print_inert(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct printing *p = ctx;

        (void)list;
        (void)prefix;
        if (((struct inert_conf *)(void *)o)->row == p->tr->conf->line)
                print_kept(p->r, p->tr, o);
}

static void print_same(struct running *r, const struct tree_row *tr, const void *obj)
{
        struct text t = { 0 };

        if (running_element(r, tr, obj, WRITE_PLAIN, &t)) {
                emit(r, tr->conf, obj, text_str(&t), false);
                running_mode(r, tr->conf->mode, obj);
        }
        r->bad |= t.bad;
        text_fini(&t);
}

static void print_row(struct running *r, const struct tree_row *tr, const void *obj)
{
        const struct cmd_row *row = tr->conf;
        struct printing p = { r, tr };

        if (row->flags & ROW_HIDDEN || (row->applies && !row->applies(obj)))
                return;
        if (row->write) {
                row->write(r, row, obj);
                return;
        }
        switch (row->kind) {
        case ROW_LEAF:
                leaf_line(r, tr, obj);
                break;
        case ROW_LIST:
        case ROW_MODE:
                if (row->flags & ROW_SAME)
                        print_same(r, tr, obj);
                else
                        row_each(r->store, row, obj, print_element, &p);
                break;
        case ROW_INERT:
                row_each(r->store, row, obj, print_inert, &p);
                break;
        case ROW_FIXED:
                if (!(row->flags & ROW_QUIET))
                        running_line(r, row, obj, row->flags & ROW_NO_ONLY ? "no %s" : "%s", row->line);
                break;
        case ROW_CALL:
        case ROW_NONE:
                break;
        }
}

void running_mode(struct running *r, const struct cmd_mode *mode, const void *obj)
{
        const struct tree_mode *m = tree_mode_of(r->store->tree, mode);

        r->depth++;
        for (unsigned i = 0; m && i < m->n; i++)
                if (r->later == !!(m->row[i].conf->flags & ROW_LATER))
                        print_row(r, &m->row[i], obj);
        r->depth--;
}

/* ---- sections ---- */
struct later {
        struct running *r;
        const struct tree_row *tr;
        unsigned lines;
};

static void count_line(void *ctx, const struct running_line *l)
{
        ((struct later *)ctx)->lines += l->depth > 0;
}

/* The second stanza of an object, if it has one. */
static void print_later(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct later *la = ctx;
        struct running counter = { .store = la->r->store, .names = la->r->names, .line = count_line, .ctx = la, .later = true };
        struct printing p = { la->r, la->tr };

        la->lines = 0;
        running_mode(&counter, la->tr->conf->mode, o);
        if (la->lines)
                print_element(&p, list, o, prefix);
}

static void print_section(struct running *r, const struct cmd_section *s)
{
        r->later = s->flags & SECTION_LATER;
        for (const struct cmd_row *row = s->row; row->kind != ROW_NONE; row++) {
                const struct tree_row *tr = tree_row_of(r->store->tree, NULL, row);
                struct later la = { r, tr, 0 };

                if (!r->later)
                        print_row(r, tr, r->store);
                else if (row->kind == ROW_MODE)
                        row_each(r->store, row, r->store, print_later, &la);
        }
        r->later = false;
}

void running_walk(struct running *r)
{
        for (const struct cmd_section *s = cmd_sections; s->row; s++) {
                if (r->section)
                        r->section(r->ctx, s, true);
                print_section(r, s);
                if (r->section)
                        r->section(r->ctx, s, false);
        }
}
