/*
 * Blocks of what is not here. Their lines are text: the blanks in front of a line say which line above it belongs to,
 * and a line is known by its words among those that belong to the same one.
 */
#include <string.h>

#include "cli/conf/mask.h"
#include "cli/conf/parse_int.h"
#include "cli/conf/sysconf.h"
#include "platform/base/str.h"

#define INDENT_MAX 8u

bool kept_is_first(const struct apply *a, const struct conf_obj *o)
{
        const struct conf_list *l = (const void *)((const char *)a->obj + a->row->list);

        conf_each(struct conf_obj, first, l)
                if (a->row->kind == ROW_MODE || ((struct inert_conf *)(void *)first)->row == a->row->line)
                        return first == o;
        return true;
}

/* ---- a block goes ---- */
static struct conf_obj *next_of(const struct conf_list *l, const struct conf_obj *o)
{
        struct list *next = o ? o->link.next : l->items.next;

        return next && next != &l->items ? list_entry(next, struct conf_obj, link) : NULL;
}

static struct conf_obj *prev_of(const struct conf_list *l, const struct conf_obj *o)
{
        struct list *prev = o ? o->link.prev : l->items.prev;

        return prev && prev != &l->items ? list_entry(prev, struct conf_obj, link) : NULL;
}

/* Is it this text, or does it begin with these words? */
static bool begins(const char *text, const char *words)
{
        size_t n = strlen(words);

        return !strncmp(text, words, n) && (!text[n] || text[n] == ' ');
}

/* `no group-policy P` takes `group-policy P internal` and `group-policy P attributes`. */
enum applied apply_kept_remove(struct apply *a, struct conf_list *l, const char *name)
{
        bool some = false;

        for (struct conf_obj *o = next_of(l, NULL), *next; o; o = next) {
                next = next_of(l, o);
                if (!begins(o->name, name))
                        continue;
                conf_list_del(l, o);
                some = true;
        }
        if (some)
                apply_changed(a);
        else if (*name)
                err_set(a->e, ERR_REF, "%s does not exist", name);
        return some ? APPLIED : *name ? APPLY_REFUSED : APPLY_INCOMPLETE;
}

/* ---- a line of a block ---- */
struct scope {
        struct conf_list *l;
        unsigned indent;
        struct conf_obj *parent; /* NULL: the head of the block */
};

static unsigned indent_of(const struct conf_obj *o)
{
        return (unsigned)strspn(o->name, " ");
}

static struct conf_obj *typed_last(const struct conf_list *l, uint32_t id)
{
        conf_each(struct conf_obj, o, l)
                if (o->id == id)
                        return o;
        return prev_of(l, NULL);
}

/* What the line belongs to: the nearest one above it that is less indented. */
static struct scope scope_of(struct conf_list *l, uint32_t last, unsigned indent)
{
        struct scope s = { l, indent, typed_last(l, last) };

        while (s.parent && indent_of(s.parent) >= indent)
                s.parent = prev_of(l, s.parent);
        return s;
}

static struct conf_obj *within(const struct scope *s, struct conf_obj *o)
{
        return o && (!s->parent || indent_of(o) > indent_of(s->parent)) ? o : NULL;
}

/* The next line below the scope's parent, deeper ones included. */
static struct conf_obj *next_in(const struct scope *s, const struct conf_obj *o)
{
        return within(s, next_of(s->l, o ? o : s->parent));
}

static struct conf_obj *find(const struct scope *s, const char *text)
{
        struct conf_obj *o = next_in(s, NULL);

        while (o && strcmp(o->name, text) != 0)
                o = next_in(s, o);
        return o;
}

/* A line that was printed without its secret is the one that is there. */
static struct conf_obj *find_like(const struct scope *s, const char *text)
{
        struct conf_obj *o = find(s, text);

        if (o || !mask_is_masked(text))
                return o;
        for (o = next_in(s, NULL); o && !mask_same(o->name, text);)
                o = next_in(s, o);
        return o;
}

static struct conf_obj *behind(const struct scope *s)
{
        struct conf_obj *last = s->parent, *o;

        while ((o = next_in(s, last)))
                last = o;
        return next_of(s->l, last);
}

/* With the lines that belong to it; returns what stands behind. */
static struct conf_obj *drop(const struct scope *s, struct conf_obj *o)
{
        unsigned indent = indent_of(o);
        struct conf_obj *next;

        do {
                next = next_of(s->l, o);
                conf_list_del(s->l, o);
                o = next;
        } while (o && indent_of(o) > indent);
        return o;
}

static bool drop_all(const struct scope *s, const char *words)
{
        bool some = false;

        for (struct conf_obj *o = next_in(s, NULL); o;) {
                bool meant = begins(o->name, words);

                o = meant ? within(s, drop(s, o)) : next_in(s, o);
                some |= meant;
        }
        return some;
}

/* The secret that this line sets anew. */
static struct conf_obj *find_set(const struct scope *s, const char *text)
{
        size_t n = mask_sets(text);
        struct conf_obj *o = n ? next_in(s, NULL) : NULL;

        while (o && !mask_sets_anew(o->name, text, n))
                o = next_in(s, o);
        return o;
}

/* The line, where its opposite or the secret before it stood, or behind all others. */
static enum applied put(struct apply *a, const struct scope *s, const char *text, const char *opposite)
{
        struct conf_obj *o = find_like(s, text), *was = o ? NULL : find(s, opposite);

        if (!o && !was)
                was = find_set(s, text);
        if (!o) {
                o = conf_list_insert(s->l, text, was ? drop(s, was) : behind(s));
                if (!o) {
                        err_nomem(a->e, "a command");
                        return APPLY_REFUSED;
                }
                ((struct inert_conf *)(void *)o)->row = a->row->line;
                apply_changed(a);
        }
        a->c->level[a->c->depth - 1].kept_at = o->id;
        return APPLIED;
}

/* "no X" takes X away, and is a line of its own when there is none. */
enum applied apply_kept(struct apply *a)
{
        const struct conf_level *level = &a->c->level[a->c->depth - 1];
        unsigned off = a->args->lx.w[0].off, indent = off > level->indent ? off - level->indent - 1 : 0;
        struct scope s;
        struct text yes = { 0 }, no = { 0 };
        enum applied ret = APPLIED;

        indent = MIN_OF(indent, INDENT_MAX);
        s = scope_of((void *)((char *)a->obj + a->row->list), level->kept_at, indent);
        text_printf(&yes, "%*s%s", (int)indent, "", a->args->cap[0].s);
        text_printf(&no, "%*sno %s", (int)indent, "", a->args->cap[0].s);
        if (yes.bad || no.bad) {
                err_nomem(a->e, "a command");
                ret = APPLY_REFUSED;
        } else if (!a->no_form) {
                ret = put(a, &s, yes.p, no.p);
        } else if (drop_all(&s, yes.p)) {
                apply_changed(a);
        } else {
                ret = put(a, &s, no.p, "");
        }
        text_fini(&yes);
        text_fini(&no);
        return ret;
}
