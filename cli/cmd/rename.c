/* Another `nameif` on an interface that has one: every line that names it follows. */
#include <string.h>

#include "cli/cmd/named_iface.h"
#include "cli/cmd/rows.h"
#include "cli/conf/running.h"

struct rename {
        struct conf_ctx *c;
        const char *from, *to;
        const struct tree_row *tr;
        bool failed; /* memory ran out: a line is as it should be, but `no` will not find it */
};

static void rename_mode(struct rename *up, const struct cmd_mode *mode, void *obj);

/* What the element is called by its line: what a hook makes of the words, or its identifying fields. */
static bool key_of(const struct rename *r, const struct conf_obj *o, const char *prefix, struct text *key)
{
        struct text line = { 0 };
        struct args *a;

        if (!r->tr->conf->key)
                return grammar_write(r->tr->element, o, WRITE_KEY, key);
        if (prefix)
                text_printf(&line, "%s ", prefix);
        grammar_write(r->tr->element, o, WRITE_PLAIN, &line);
        a = named_read(r->c->store, r->tr, text_str(&line));
        if (a)
                r->tr->conf->key(r->c, a, o, key);
        args_free(a);
        text_fini(&line);
        return a != NULL;
}

/* The fields, and the name the element has by them. */
static void rename_line(struct rename *r, struct conf_list *l, struct conf_obj *o, const char *prefix)
{
        struct text was = { 0 }, now = { 0 };
        bool own = key_of(r, o, prefix, &was) && !strcmp(text_str(&was), o->name);

        if (named_replace(r->tr, o, r->from, r->to)) {
                r->c->store->dirty |= r->tr->conf->dirty;
                if (own && key_of(r, o, prefix, &now) && (now.bad || conf_list_rename(l, o, text_str(&now)) < 0))
                        r->failed = true;
        } else if (named_by_iface(r->tr, o, r->from)) {
                r->c->store->dirty |= r->tr->conf->dirty;
                r->failed |= conf_list_rename(l, o, r->to) < 0;
        }
        text_fini(&was);
        text_fini(&now);
}

/* Of rows that share a list, the one that prints the element knows what it means. */
static bool is_its_line(const struct tree_row *tr, const struct conf_obj *o)
{
        struct text t = { 0 };
        bool yes = grammar_write(tr->element, o, WRITE_PLAIN, &t);

        text_fini(&t);
        return yes;
}

static void rename_element(void *ctx, struct conf_list *l, struct conf_obj *o, const char *prefix)
{
        struct rename *r = ctx;

        if (named_iface(r->tr, o, r->from) && is_its_line(r->tr, o))
                rename_line(r, l, o, prefix);
        if (r->tr->conf->mode)
                rename_mode(r, r->tr->conf->mode, o);
}

/* A line that is kept as text is written anew from its words. */
static void rename_kept(void *ctx, struct conf_list *l, struct conf_obj *o, const char *prefix)
{
        struct rename *r = ctx;
        struct text t = { 0 };
        struct args *a;

        (void)prefix;
        if (((struct inert_conf *)(void *)o)->row != r->tr->conf->line ||
            !named_in_text(r->c->store, r->tr, o->name, r->from))
                return;
        a = named_read(r->c->store, r->tr, o->name);
        for (unsigned i = 0; a && i < a->n; i++) {
                const struct gram_part *p = a->cap[i].part;

                text_add(&t, i ? " " : "");
                if (p->kind == PART_KEYWORD)
                        text_add(&t, p->text);
                else
                        named_typed(p, a->cap[i].s, r->from, r->to, &t);
        }
        r->failed |= !a || t.bad || conf_list_rename(l, o, text_str(&t)) < 0;
        args_free(a);
        text_fini(&t);
}

static void rename_row(struct rename *up, const struct tree_row *tr, void *obj)
{
        const struct cmd_row *row = tr->conf;
        struct rename r = { up->c, up->from, up->to, tr, false };

        if (row->kind == ROW_LEAF && !row->target && named_replace(tr, obj, r.from, r.to))
                r.c->store->dirty |= row->dirty;
        else if (row->kind == ROW_INERT)
                row_each(r.c->store, row, obj, rename_kept, &r);
        else if (row->kind == ROW_MODE && row->flags & ROW_SAME)
                rename_mode(&r, row->mode, obj);
        else if (row->kind == ROW_LIST || row->kind == ROW_MODE)
                row_each(r.c->store, row, obj, rename_element, &r);
        up->failed |= r.failed;
}

static void rename_mode(struct rename *up, const struct cmd_mode *mode, void *obj)
{
        const struct tree_mode *m = tree_mode_of(up->c->store->tree, mode);

        for (unsigned i = 0; m && i < m->n; i++)
                rename_row(up, &m->row[i], obj);
}

void rename_nameif(struct conf_ctx *c, const char *from, const char *to)
{
        const struct tree_mode *m = tree_global(c->store->tree);
        struct rename r = { c, from, to, NULL, false };

        for (unsigned i = 0; *from && i < m->n; i++)
                rename_row(&r, &m->row[i], c->store);
        if (r.failed)
                conf_warning(c, "out of memory: lines that name interface %s may still name %s", to, from);
}
