/* `no nameif`: every line that names the interface goes with it. */
#include <string.h>

#include "cli/cmd/named_iface.h"
#include "cli/cmd/rows.h"
#include "cli/conf/running.h"

struct purge {
        struct store *s;
        const char *nameif; /* that is gone */
        const struct tree_row *tr;
};

static void purge_mode(const struct purge *up, const struct cmd_mode *mode, void *obj);

static void purge_element(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct purge *p = ctx;

        (void)prefix;
        if (named_iface(p->tr, o, p->nameif)) {
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
        const struct inert_conf *i = (const void *)o;

        (void)prefix;
        if (i->row == p->tr->conf->line && named_in_text(p->s, p->tr, o->name, p->nameif))
                conf_list_del(list, o);
}

static void purge_row(const struct purge *up, const struct tree_row *tr, void *obj)
{
        struct purge p = { up->s, up->nameif, tr };

        if (tr->conf->kind == ROW_LEAF && !tr->conf->target && named_iface(tr, obj, up->nameif)) {
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
