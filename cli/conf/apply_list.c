/* Lines that are elements of lists, lines that enter objects, and lines that are only kept. */
#include <string.h>

#include "cli/conf/mask.h"
#include "cli/conf/parse_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static enum applied nomem(struct apply *a)
{
        err_nomem(a->e, "a command");
        return APPLY_REFUSED;
}

/* The list a row's elements are in; NULL with or without a reason in e. */
static struct conf_list *list_of(struct apply *a, bool make)
{
        char *base = a->row->target ? a->row->target(a->c, a->args, make, a->e) : a->obj;

        return base ? (struct conf_list *)(void *)(base + a->row->list) : NULL;
}

/* ---- lists ---- */
static struct conf_obj *scratch_new(struct apply *a, const struct conf_list *l)
{
        struct conf_obj *o = mem_alloc(MEM_CONF, MAX_OF(l->obj_size, sizeof *o));

        if (o && a->row->init)
                a->row->init(a->c, o);
        return o;
}

static bool write_key(struct apply *a, const struct conf_obj *o, struct text *key)
{
        if (a->row->key)
                a->row->key(a->c, a->args, o, key);
        else if (!grammar_write(a->tr->element, o, WRITE_KEY, key))
                return false;
        return !key->bad;
}

static bool same_line(const struct apply *a, const struct conf_obj *x, const struct conf_obj *y)
{
        struct text tx = { 0 }, ty = { 0 };
        bool same;

        grammar_write(a->tr->element, x, WRITE_PLAIN, &tx);
        grammar_write(a->tr->element, y, WRITE_PLAIN, &ty);
        same = !strcmp(text_str(&tx), text_str(&ty)) && !tx.bad && !ty.bad;
        text_fini(&tx);
        text_fini(&ty);
        return same;
}

/* key: what the line identifies; a cut line that identifies nothing is only incomplete. */
static enum applied line_remove(struct apply *a, struct conf_list *l, struct conf_obj *old,
                                const struct conf_obj *typed, const char *key)
{
        if (old && apply_agrees(a, typed, old) < 0)
                return APPLY_REFUSED;
        if (!old && !a->whole && !(a->row->key && *key))
                return APPLY_INCOMPLETE;
        if (!old) {
                err_set(a->e, ERR_REF, "the specified line does not exist in the configuration");
                return APPLY_REFUSED;
        }
        if (apply_locked(a) || (a->row->remove && a->row->remove(a->c, old, a->e) < 0))
                return APPLY_REFUSED;
        conf_list_del(l, old);
        apply_changed(a);
        if (a->row->after)
                a->row->after(a->c, NULL, true);
        return APPLIED;
}

static enum applied line_put(struct apply *a, struct conf_list *l, struct conf_obj *old, struct conf_obj *typed)
{
        struct conf_obj *before = old, *fresh;

        if (!old && a->row->place)
                before = a->row->place(a->c, a->args, l);
        fresh = conf_list_insert(l, typed->name, before);
        if (!fresh)
                return nomem(a);
        memcpy((char *)fresh + sizeof *fresh, (char *)typed + sizeof *typed, l->obj_size - sizeof *fresh);
        a->c->put_for = old ? old->id : 0;
        if (old)
                conf_list_del(l, old);
        a->c->put_row = a->row;
        a->c->put = fresh;
        a->c->put_id = fresh->id;
        apply_changed(a);
        apply_warn_inert(a, fresh);
        if (a->row->after)
                a->row->after(a->c, fresh, false);
        return APPLIED;
}

static enum applied line_add(struct apply *a, struct conf_list *l, struct conf_obj *old, struct conf_obj *typed)
{
        if (old && !a->c->finishing && same_line(a, old, typed)) {
                if (a->row->again)
                        a->row->again(a->c, a->args, old);
                apply_warn_inert(a, old);
                return APPLIED;
        }
        a->c->list = l;
        if (apply_locked(a) || (a->row->check && a->row->check(a->c, typed, a->e) < 0))
                return APPLY_REFUSED;
        if (old && !a->c->finishing && same_line(a, old, typed)) /* a password that is the same once it is a hash */
                return APPLIED;
        return line_put(a, l, old, typed);
}

/* An element without a name stands for the line without its optional part; there is one at most. */
static struct conf_obj *find_line(const struct apply *a, const struct conf_list *l, const char *key)
{
        if (!a->no_form && (a->row->flags & ROW_REPEAT))
                return NULL;
        if (*key)
                return conf_list_find(l, key);
        conf_each(struct conf_obj, o, l)
                if (!*o->name)
                        return o;
        return NULL;
}

/* The element that is there, with what else was typed. */
static int keep_secrets(struct apply *a, const struct conf_list *l, const struct conf_obj *old,
                        struct conf_obj *typed)
{
        if (apply_has_secrets(a, old) < 0)
                return -1;
        memcpy((char *)typed + sizeof *typed, (const char *)old + sizeof *old, l->obj_size - sizeof *old);
        return apply_fields(a, typed);
}

enum applied apply_list(struct apply *a)
{
        struct conf_list *l = list_of(a, !a->no_form);
        struct text key = { 0 };
        struct conf_obj *typed;
        enum applied ret = APPLY_REFUSED;

        if (!l && a->no_form && a->e->code == ERR_NONE)
                return a->whole ? line_remove(a, NULL, NULL, NULL, "") : APPLY_INCOMPLETE;
        if (!l)
                return APPLY_REFUSED;
        typed = scratch_new(a, l);
        if (!typed)
                return nomem(a);
        if (apply_fields(a, typed) == 0) {
                if (a->row->settle)
                        a->row->settle(typed);
                if (!write_key(a, typed, &key)) {
                        ret = key.bad ? nomem(a) : APPLY_INCOMPLETE;
                } else {
                        struct conf_obj *old = find_line(a, l, text_str(&key));

                        typed->name = key.p ? key.p : (char *)"";
                        if (apply_masked(a) && keep_secrets(a, l, old, typed) < 0)
                                ret = APPLY_REFUSED;
                        else
                                ret = a->no_form ? line_remove(a, l, old, typed, text_str(&key))
                                                 : line_add(a, l, old, typed);
                }
        }
        mem_free_secret(typed);
        text_fini(&key);
        return ret;
}

/* ---- modes ---- */
static const char *mode_name(struct apply *a, struct text *out)
{
        if (a->row->flags & ROW_SAME)
                return "";
        if (a->row->key)
                a->row->key(a->c, a->args, NULL, out);
        else
                text_add(out, arg_str(a->args, "NAME") ? arg_str(a->args, "NAME") : "");
        return text_str(out);
}

static bool holds(const struct conf_obj *o, const struct conf_kind *k)
{
        return !k || !k->fits || k->fits(o);
}

static enum applied mode_remove(struct apply *a, struct conf_list *l, const char *name)
{
        struct conf_obj *o = l ? conf_list_find(l, name) : NULL;
        const char *kind = a->row->kind_name;
        char where[256];

        if (o && kind && !holds(o, conf_kind_find(kind)))
                o = NULL;
        if (!*name)
                return APPLY_INCOMPLETE;
        if (!o) {
                err_set(a->e, ERR_REF, "%s does not exist", name);
                return APPLY_REFUSED;
        }
        if (apply_agrees_line(a, o) < 0)
                return APPLY_REFUSED;
        if (a->row->remove && a->row->remove(a->c, o, a->e) < 0)
                return APPLY_REFUSED;
        if (apply_locked(a))
                return APPLY_REFUSED;
        if (!a->row->remove && kind && store_in_use(a->c->store, kind, name, where, sizeof where)) {
                err_set(a->e, ERR_INUSE, "unable to delete %s (%s). %s is being used: %.160s", kind, name, kind,
                        where);
                return APPLY_REFUSED;
        }
        conf_list_del(l, o);
        apply_changed(a);
        return APPLIED;
}

/* A new object; the fields of its own line are set and checked before anybody sees it. */
static enum applied mode_make(struct apply *a, struct conf_list *l, const char *name)
{
        struct conf_obj *before = a->row->place ? a->row->place(a->c, a->args, l) : NULL;
        struct conf_obj *o = conf_list_insert(l, name, before);

        if (!o)
                return nomem(a);
        if (a->row->init)
                a->row->init(a->c, o);
        if (apply_fields(a, o) < 0 || (a->row->check && a->row->check(a->c, o, a->e) < 0)) {
                conf_list_del(l, o);
                return APPLY_REFUSED;
        }
        apply_changed(a);
        return APPLIED;
}

/* What is there already must be what the line says. */
static enum applied mode_reenter(struct apply *a, struct conf_list *l, struct conf_obj *o)
{
        struct conf_obj *typed = scratch_new(a, l);
        int ret;

        if (!typed)
                return nomem(a);
        typed->name = o->name;
        typed->id = o->id;
        ret = apply_fields(a, typed);
        if (ret == 0 && a->row->check)
                ret = a->row->check(a->c, typed, a->e);
        mem_free_secret(typed);
        return ret < 0 ? APPLY_REFUSED : APPLIED;
}

static enum applied mode_same(struct apply *a)
{
        struct text t = { 0 };
        bool was = grammar_write(a->tr->element, a->obj, WRITE_PLAIN, &t);

        text_fini(&t);
        if (apply_fields(a, a->obj) < 0)
                return APPLY_REFUSED;
        if (!was && a->row->bind)
                apply_changed(a);
        return APPLIED;
}

static enum applied mode_find(struct apply *a, const char *name)
{
        struct conf_list *l;
        struct conf_obj *o;

        if (a->row->flags & ROW_SAME)
                return mode_same(a);
        l = list_of(a, !a->no_form);
        if (!l && a->e->code != ERR_NONE)
                return APPLY_REFUSED;
        if (a->no_form && a->row->dialog && l &&
            conf_list_find(l, name)) /* nothing is asked about what is not there */
                return apply_dialog(a);
        if (a->no_form)
                return a->row->flags & ROW_KEPT ? apply_kept_remove(a, l, name) : mode_remove(a, l, name);
        if (!*name) {
                err_set(a->e, ERR_SYNTAX, "a name is needed");
                return APPLY_REFUSED;
        }
        o = conf_list_find(l, name);
        return o ? mode_reenter(a, l, o) : mode_make(a, l, name);
}

/* A kept block whose first line was printed without its secret is the one that is there. */
static const char *unmasked(struct apply *a, const char *name)
{
        struct conf_list *l = a->row->flags & ROW_KEPT && mask_is_masked(name) ? list_of(a, false) : NULL;

        if (!l || conf_list_find(l, name))
                return name;
        conf_each(struct conf_obj, o, l)
                if (mask_same(o->name, name))
                        return o->name;
        return name;
}

enum applied apply_mode(struct apply *a)
{
        struct conf_ctx *c = a->c;
        struct text name = { 0 };
        enum applied ret = APPLY_REFUSED;
        const char *n = unmasked(a, mode_name(a, &name));

        if (name.n > CONF_NAME_MAX)
                err_set(a->e, ERR_RANGE, "a name has at most %d characters", CONF_NAME_MAX);
        else if (!a->no_form && c->depth == CONF_DEPTH_MAX)
                err_set(a->e, ERR_LIMIT, "modes nest at most %d deep", CONF_DEPTH_MAX);
        else
                ret = mode_find(a, n);
        if (ret == APPLIED && !a->no_form) {
                c->level[c->depth].row = a->row;
                str_copy(c->level[c->depth].name, sizeof c->level[0].name, n);
                c->level[c->depth].indent = a->args->lx.w[0].off;
                c->level[c->depth].kept_at = 0;
                c->depth++;
                apply_warn_inert(a, conf_object(c));
        }
        if (ret == APPLIED && a->row->after && c->res->code != CLI_DIALOG)
                a->row->after(c, a->no_form ? NULL : conf_object(c), a->no_form);
        text_fini(&name);
        return ret;
}

/* ---- lines that are only kept ---- */
static void write_typed(const struct apply *a, struct text *out)
{
        for (unsigned i = 0; i < a->args->n; i++) {
                const struct captured *cap = &a->args->cap[i];

                if (i)
                        text_add(out, " ");
                text_add(out, cap->part->kind == PART_KEYWORD ? cap->part->text : cap->s);
        }
}

/* Drops the lines of this row; all of them, or the one with this text. */
static unsigned drop_lines(struct apply *a, struct conf_list *l, const char *text)
{
        struct inert_conf *next;
        unsigned n = 0;

        for (struct inert_conf *i = list_empty(&l->items) ? NULL
                                                          : (void *)list_entry(l->items.next, struct conf_obj, link);
             i; i = next) {
                struct list *ln = i->o.link.next;

                next = ln == &l->items ? NULL : (void *)list_entry(ln, struct conf_obj, link);
                if (i->row != a->row->line || (text && strcmp(i->o.name, text) != 0))
                        continue;
                conf_list_del(l, &i->o);
                n++;
        }
        return n;
}

/* "no LINE" goes when LINE comes. */
static void drop_opposite(struct apply *a, struct conf_list *l, const char *text)
{
        struct text no = { 0 };

        text_printf(&no, "no %s", text);
        if (!no.bad)
                drop_lines(a, l, no.p);
        text_fini(&no);
}

/* Are they one line, as long as nobody sees what is secret? */
static bool looks_same(const struct apply *a, const char *x, const char *y)
{
        struct text tx = { 0 }, ty = { 0 };
        bool same;

        mask_kept(a->c->store, a->tr, x, &tx);
        mask_kept(a->c->store, a->tr, y, &ty);
        same = !strcmp(text_str(&tx), text_str(&ty)) && !tx.bad && !ty.bad;
        text_fini(&tx);
        text_fini(&ty);
        return same;
}

/* A line that was printed without its secret is the one that is there. */
static struct inert_conf *find_masked(const struct apply *a, const struct conf_list *l, const char *text)
{
        if (!mask_is_masked(text))
                return NULL;
        conf_each(struct inert_conf, i, l)
                if (i->row == a->row->line && looks_same(a, i->o.name, text))
                        return i;
        return NULL;
}

/* The line whose secret this one sets anew: its place is taken. */
static struct inert_conf *find_set(const struct apply *a, const struct conf_list *l, const char *text)
{
        size_t n = mask_has_secret(a->tr) ? mask_sets(text) : 0;

        if (!n)
                return NULL;
        conf_each(struct inert_conf, i, l)
                if (i->row == a->row->line && mask_sets_anew(i->o.name, text, n))
                        return i;
        return NULL;
}

static struct inert_conf *inert_add(struct apply *a, struct conf_list *l, const char *text)
{
        struct inert_conf *was = find_set(a, l, text), *i;

        if (a->row->flags & ROW_SINGLE)
                drop_lines(a, l, NULL), was = NULL;
        if (a->row->flags & ROW_BOTH)
                drop_opposite(a, l, text);
        i = conf_list_insert(l, text, was ? &was->o : NULL);
        if (!i)
                return NULL;
        if (was)
                conf_list_del(l, &was->o);
        i->row = a->row->line;
        apply_changed(a);
        return i;
}

static enum applied inert_put(struct apply *a, struct conf_list *l, const char *text)
{
        struct inert_conf *i = conf_list_find(l, text);

        if (!i)
                i = find_masked(a, l, text);
        if (!i)
                i = inert_add(a, l, text);
        if (!i)
                return nomem(a);
        apply_warn_inert(a, i);
        return APPLIED;
}

static enum applied inert_put_no(struct apply *a, struct conf_list *l, const char *text)
{
        struct text no = { 0 };
        enum applied ret;

        text_printf(&no, "no %s", text);
        ret = no.bad ? nomem(a) : inert_put(a, l, no.p);
        text_fini(&no);
        return ret;
}

/* The kept line that goes with this `no` form, cut or not; a row with one line has no other. */
static enum applied inert_drop(struct apply *a, struct conf_list *l, const char *text)
{
        bool single = a->row->flags & ROW_SINGLE, some = false, meant = false;

        if (!a->whole && !single)
                return APPLY_INCOMPLETE;
        conf_each(struct inert_conf, i, l) {
                size_t n = strlen(text);

                if (i->row != a->row->line)
                        continue;
                some = true;
                meant |= a->whole ? !strcmp(i->o.name, text) : !strncmp(i->o.name, text, n);
        }
        if (!meant && a->row->flags & ROW_BOTH)
                return inert_put_no(a, l, text);
        if (some && !meant) {
                err_set(a->e, ERR_REF, "the specified line does not exist in the configuration");
                return APPLY_REFUSED;
        }
        if (drop_lines(a, l, single ? NULL : text))
                apply_changed(a);
        return APPLIED;
}

/* ---- kept lines that have a key: one line at most for each; what follows the key may be secret ---- */
static struct inert_conf *find_keyed(const struct conf_list *l, const char *key)
{
        size_t n = strlen(key);

        conf_each(struct inert_conf, i, l)
                if (!strncmp(i->o.name, key, n) && (!i->o.name[n] || i->o.name[n] == ' '))
                        return i;
        return NULL;
}

/* A line that was printed without its secret is the one that is there; it makes no other of it. */
static enum applied keyed_put(struct apply *a, struct conf_list *l, const char *text, const char *key)
{
        struct inert_conf *old = find_keyed(l, key), *i = old;

        if (old && mask_is_masked(text)) {
                if (!looks_same(a, old->o.name, text)) {
                        err_set(a->e, ERR_REF,
                                "***** stands for a secret and is none: type the line with its secret");
                        return APPLY_REFUSED;
                }
        } else if (!old || strcmp(old->o.name, text) != 0) {
                i = conf_list_insert(l, text, old ? &old->o : NULL);
                if (!i)
                        return nomem(a);
                i->row = a->row->line;
                if (old)
                        conf_list_del(l, &old->o);
                apply_changed(a);
        }
        apply_warn_inert(a, i);
        return APPLIED;
}

static enum applied keyed_drop(struct apply *a, struct conf_list *l, const char *key)
{
        struct inert_conf *i = find_keyed(l, key);

        if (!i) {
                err_set(a->e, ERR_REF, "the specified line does not exist in the configuration");
                return APPLY_REFUSED;
        }
        conf_list_del(l, &i->o);
        apply_changed(a);
        return APPLIED;
}

static enum applied apply_keyed(struct apply *a, struct conf_list *l, const char *text, const char *key)
{
        return a->no_form ? keyed_drop(a, l, key) : keyed_put(a, l, text, key);
}

enum applied apply_inert(struct apply *a)
{
        struct conf_list *l = list_of(a, true);
        struct text line = { 0 }, key = { 0 };
        enum applied ret = APPLIED;

        if (a->row->flags & ROW_ANY)
                return apply_kept(a);
        if (!l)
                return APPLY_REFUSED;
        write_typed(a, &line);
        if (a->row->key)
                a->row->key(a->c, a->args, NULL, &key);
        if (line.bad || key.bad)
                ret = nomem(a);
        else if (key.n)
                ret = apply_keyed(a, l, text_str(&line), text_str(&key));
        else if (!a->no_form)
                ret = inert_put(a, l, line.p);
        else
                ret = inert_drop(a, l, text_str(&line));
        if (ret == APPLIED && a->row->after && !a->no_form && conf_list_find(l, line.p))
                a->row->after(a->c, conf_list_find(l, line.p), false);
        text_fini(&key);
        text_fini(&line);
        return ret;
}
