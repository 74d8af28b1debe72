/* `no nameif`: every line that names the interface goes with it. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/running.h"

struct purge {
        struct store *s;
        const char *nameif; /* that is gone */
        const struct tree_row *tr;
};

static bool holds(const struct gram_part *p, const char *obj)
{
        for (unsigned i = 0; i < p->ntags; i++)
                if (!field_is(obj + p->tag[i].off, p->tag[i].size, p->tag[i].val))
                        return false;
        return true;
}

/* Does the line of obj name an interface that is not there? */
static bool is_stale(const char *nameif, const struct tree_row *tr, const void *obj)
{
        for (unsigned i = 0; i < tr->element->npos; i++) {
                const struct gram_part *p = tr->element->pos[i];
                bool pair = p->kind == PART_VALUE && !strcmp(p->type->name, "ifpair");
                const char *v = obj;

                if (p->kind != PART_VALUE || (!pair && strcmp(p->type->name, "nameif") != 0))
                        continue;
                if (!p->bind) {
                        if (!strcmp(p->text, "NAME") && !strcmp(nameif, ((const struct conf_obj *)obj)->name))
                                return true;
                        continue;
                }
                v += p->base + p->bind->off;
                if (holds(p, obj) && (!strcmp(nameif, v) || (pair && !strcmp(nameif, v + p->bind->size / 2))))
                        return true;
        }
        return false;
}

static void purge_mode(const struct purge *up, const struct cmd_mode *mode, void *obj);

static void purge_element(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct purge *p = ctx;

        (void)prefix;
        if (is_stale(p->nameif, p->tr, o)) {
                p->s->dirty |= p->tr->conf->dirty;
                conf_list_del(list, o);
                return;
        }
        if (p->tr->conf->mode)
                purge_mode(p, p->tr->conf->mode, o);
}

static void purge_inert(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct purge *p = ctx;
        struct inert_conf *i = (void *)o;
        const struct tree_row *tr = p->tr;
        struct lexed lx;
        bool stale = false;

        (void)prefix;
        if (i->row != tr->conf->line || lex(&lx, o->name) != LEX_OK)
                return;
        for (unsigned k = 0; k < tr->g->npos && k < lx.n; k++)
                if (tr->g->pos[k]->kind == PART_VALUE && !strcmp(tr->g->pos[k]->type->name, "nameif"))
                        stale |= !strcmp(p->nameif, lx.w[k].s);
        lex_fini(&lx);
        if (stale)
                conf_list_del(list, o);
}

static void purge_row(const struct purge *up, const struct tree_row *tr, void *obj)
{
        struct purge p = { up->s, up->nameif, tr };

        if (tr->conf->kind == ROW_LEAF && !tr->conf->target && is_stale(up->nameif, tr, obj)) {
                grammar_clear(tr->element, obj);
                up->s->dirty |= tr->conf->dirty;
        } else if (tr->conf->kind == ROW_INERT) {
                row_each(up->s, tr->conf, obj, purge_inert, &p);
        } else if ((tr->conf->kind == ROW_LIST || tr->conf->kind == ROW_MODE) && !(tr->conf->flags & ROW_SAME)) {
                row_each(up->s, tr->conf, obj, purge_element, &p);
        }
}

static void purge_mode(const struct purge *up, const struct cmd_mode *mode, void *obj)
{
        const struct tree_mode *m = tree_mode_of(up->s->tree, mode);

        for (unsigned i = 0; m && i < m->n; i++)
                purge_row(up, &m->row[i], obj);
}

void purge_nameif(struct conf_ctx *c, const char *nameif)
{
        const struct tree_mode *m = tree_global(c->store->tree);
        const struct purge p = { c->store, nameif, NULL };

        if (!*nameif || store_iface(c->store, nameif))
                return;
        for (unsigned i = 0; i < m->n; i++)
                purge_row(&p, &m->row[i], c->store);
        drop_empty_acls(c);
}
