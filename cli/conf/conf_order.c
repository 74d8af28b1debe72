#include "cli/conf/conf_order.h"

#include <string.h>

#include "cli/conf/store.h"
#include "cli/lang/cmd.h"

static bool rows_order(struct store *s, const struct cmd_row *row, char *obj, const char *want);

static bool fits(const struct cmd_row *row, const struct conf_obj *o)
{
        const struct conf_kind *k = row->kind_name ? conf_kind_find(row->kind_name) : NULL;

        return !k || !k->fits || k->fits(o);
}

/* In the objects that both have. */
static bool inner_order(struct store *s, const struct cmd_row *row, struct conf_list *l, const struct conf_list *want)
{
        bool moved = false;

        conf_each(struct conf_obj, o, l) {
                const struct conf_obj *w = conf_list_find(want, o->name);

                if (w && fits(row, o) && fits(row, w))
                        moved |= rows_order(s, row->mode->row, (char *)o, (const char *)w);
        }
        return moved;
}

static bool list_order(struct store *s, const struct cmd_row *row, char *obj, const char *want)
{
        struct conf_list *l = (struct conf_list *)(void *)(obj + row->list);
        const struct conf_list *wl = (const struct conf_list *)(const void *)(want + row->list);
        bool moved = conf_list_follow(l, wl);

        if (moved)
                s->dirty |= row->dirty;
        if (row->kind == ROW_MODE)
                moved |= inner_order(s, row, l, wl);
        return moved;
}

static bool rows_order(struct store *s, const struct cmd_row *row, char *obj, const char *want)
{
        bool moved = false;

        for (; row->kind != ROW_NONE; row++) {
                if (row->target) /* what it belongs to is not at one place */
                        continue;
                if (row->kind == ROW_MODE && row->flags & ROW_SAME)
                        moved |= rows_order(s, row->mode->row, obj, want);
                else if (row->kind == ROW_LIST || row->kind == ROW_MODE || row->kind == ROW_INERT)
                        moved |= list_order(s, row, obj, want);
        }
        return moved;
}

/* ---- what logging keeps in arrays ---- */

typedef bool (*same_fn)(const void *x, const void *y);

static bool same_list(const void *x, const void *y)
{
        return !strcmp(((const struct log_list *)x)->name, ((const struct log_list *)y)->name);
}

static bool same_item(const void *x, const void *y)
{
        const struct log_list_item *a = x, *b = y;

        return a->level == b->level && a->class == b->class && a->lo == b->lo && a->hi == b->hi;
}

static bool same_override(const void *x, const void *y)
{
        return ((const struct log_override *)x)->id == ((const struct log_override *)y)->id;
}

static void swap(char *x, char *y, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                char c = x[i];

                x[i] = y[i];
                y[i] = c;
        }
}

static bool array_order(void *p, unsigned n, const void *want, unsigned nwant, size_t size, same_fn same)
{
        char *at = p, *end = at + n * size;
        bool moved = false;

        for (unsigned i = 0; i < nwant; i++) {
                const char *w = (const char *)want + i * size;
                char *x = at;

                while (x < end && !same(x, w))
                        x += size;
                if (x == end)
                        continue;
                moved |= x != at;
                for (; x > at; x -= size) /* those in between keep their order */
                        swap(x, x - size, size);
                at += size;
        }
        return moved;
}

#define ORDER(a, na, b, nb, same) array_order(a, na, b, nb, sizeof *(a), same)

static bool log_order(struct log_conf *l, const struct log_conf *want)
{
        bool moved = ORDER(l->lists, l->nlists, want->lists, want->nlists, same_list);

        for (unsigned i = 0; i < l->nlists && i < want->nlists; i++)
                if (same_list(&l->lists[i], &want->lists[i]))
                        moved |= ORDER(l->lists[i].item, l->lists[i].n, want->lists[i].item, want->lists[i].n,
                                       same_item);
        moved |= ORDER(l->overrides, l->noverrides, want->overrides, want->noverrides, same_override);
        return moved;
}

bool conf_order(struct store *s, const struct store *want)
{
        bool moved = log_order(&s->log, &want->log);

        for (const struct cmd_section *x = cmd_sections; x->row; x++)
                moved |= rows_order(s, x->row, (char *)s, (const char *)want);
        s->edits += moved;
        return moved;
}
