/* `no nameif`: every line that names the interface goes with it. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/running.h"
#include "platform/base/mem.h"

struct purge {
        struct store *s;
        const char *nameif; /* that is gone */
        const struct tree_row *tr;
        const struct tree_mode *mode; /* of tr */
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

/* Lines that are kept as text are read again to see what their words are. */
static bool names_iface(const struct store *s, const struct tree_mode *m, const char *nameif, const char *line)
{
        struct type_env env = { .store = s, .late = true };
        struct find_result *f = mem_alloc(MEM_CLI, sizeof *f);
        struct lexed lx = { 0 };
        bool yes = false;

        if (f && lex(&lx, line) == LEX_OK) {
                struct reading r = { .mode = m, .lx = &lx, .priv = 15, .env = &env };

                tree_find(&r, f);
                for (unsigned i = 0; f->how == FOUND && i < f->n; i++)
                        yes |= f->cap[i].part->kind == PART_VALUE && !strcmp(f->cap[i].part->type->name, "nameif") &&
                               !strcmp(f->cap[i].s, nameif);
        }
        lex_fini(&lx);
        mem_free(f);
        return yes;
}

static void purge_inert(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix)
{
        struct purge *p = ctx;
        const struct inert_conf *i = (const void *)o;

        (void)prefix;
        if (i->row == p->tr->conf->line && names_iface(p->s, p->mode, p->nameif, o->name))
                conf_list_del(list, o);
}

static void purge_row(const struct purge *up, const struct tree_mode *m, const struct tree_row *tr, void *obj)
{
        struct purge p = { up->s, up->nameif, tr, m };

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
                purge_row(up, m, &m->row[i], obj);
}

void purge_nameif(struct conf_ctx *c, const char *nameif)
{
        const struct tree_mode *m = tree_global(c->store->tree);
        const struct purge p = { c->store, nameif, NULL, m };

        if (!*nameif || store_iface(c->store, nameif))
                return;
        for (unsigned i = 0; i < m->n; i++)
                purge_row(&p, m, &m->row[i], c->store);
        drop_empty_acls(c);
}

/* ---- who names an interface ---- */
struct naming {
        const struct store *s;
        const char *nameif;
        char *where;
        size_t cap;
        bool hit;
};

static const struct tree_mode *mode_of_line(const struct cli_tree *t, const struct cmd_row *row)
{
        const struct tree_mode *m;

        if (tree_row_of(t, NULL, row))
                return tree_global(t);
        for (unsigned i = 0; (m = tree_mode_at(t, i)); i++)
                if (tree_row_of(t, m->mode, row))
                        return m;
        return NULL;
}

static void look_at_kept(void *ctx, const struct running_line *l)
{
        struct naming *n = ctx;
        const struct tree_mode *m;

        if (n->hit || l->raw || l->row->kind != ROW_INERT)
                return;
        m = mode_of_line(n->s->tree, l->row);
        n->hit = m && names_iface(n->s, m, n->nameif, l->text);
        if (n->hit)
                snprintf(n->where, n->cap, "%s", l->text);
}

bool nameif_in_use(const struct store *s, const char *nameif, char *where, size_t cap)
{
        struct naming n = { s, nameif, where, cap, false };
        struct running r = { .store = s, .line = look_at_kept, .ctx = &n };

        if (store_in_use(s, NULL, nameif, where, cap))
                return true;
        running_walk(&r);
        return n.hit;
}
