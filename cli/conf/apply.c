/* What an understood line does: leaves, fixed lines and calls. Lists and modes: apply_list.c. */
#include <string.h>

#include "cli/conf/dialog.h"
#include "cli/conf/parse_int.h"
#include "platform/base/mem.h"

void apply_changed(struct apply *a)
{
        a->c->store->dirty |= a->row->dirty;
        a->c->store->edits++;
        a->c->res->changed = true;
}

bool apply_locked(struct apply *a)
{
        return a->row->locked && a->row->locked(a->c, a->obj, a->e) < 0;
}

void apply_warn_inert(struct apply *a, const void *obj)
{
        const char *why = a->row->inert_if ? a->row->inert_if(a->c->store, obj) : a->row->inert;

        /* The form that is kept: of an inverse row that is the `no` form. */
        if (!why || a->no_form != !!(a->row->flags & ROW_INVERSE))
                return;
        if (a->row->flags & ROW_KEPT)
                conf_kept(a->c, why, kept_is_first(a, obj));
        else
                conf_inert(a->c, why);
}

/* ---- ***** ---- */
static bool is_mask(const struct captured *cap)
{
        const struct gram_part *p = cap->part;
        bool secret = p->kind == PART_VALUE &&
                      ((p->bind_flags & (BIND_SECRET | BIND_HASHED)) || (p->type->flags & TYPE_SECRET));

        return secret && *cap->s && !cap->s[strspn(cap->s, "*")];
}

bool apply_masked(const struct apply *a)
{
        for (unsigned i = 0; !a->no_form && i < a->args->n; i++)
                if (is_mask(&a->args->cap[i]))
                        return true;
        return false;
}

int apply_has_secrets(struct apply *a, const void *obj)
{
        for (unsigned i = 0; i < a->args->n; i++) {
                const struct captured *cap = &a->args->cap[i];
                const struct cmd_bind *b = cap->part->bind;

                if (is_mask(cap) && (!obj || !b || !((const char *)obj)[cap->part->base + b->off]))
                        return err_set(a->e, ERR_REF,
                                       "***** stands for a secret and is none: type the line with its secret");
        }
        conf_info(a->c, "***** stands for the secret that is there: it stays");
        return 0;
}

/* A name that is kept nowhere (that of the mode's object, say) must exist all the same. */
static int check_name(struct apply *a, const struct captured *cap)
{
        const struct gram_part *p = cap->part;
        char name[CONF_NAME_MAX + 1];

        if (p->kind != PART_VALUE || p->bind || strcmp(p->type->name, "ref") != 0)
                return 0;
        return p->type->store(&a->env, &p->targ, cap->s, name, sizeof name, a->e);
}

int apply_fields(struct apply *a, void *obj)
{
        for (unsigned i = 0; i < a->args->n; i++) {
                const struct captured *cap = &a->args->cap[i];

                if (!a->no_form && is_mask(cap))
                        continue;
                if (check_name(a, cap) < 0)
                        return -1;
                if (!cap->part->apart && grammar_store(cap->part, &a->env, cap->s, obj, a->e) < 0)
                        return -1;
        }
        return 0;
}

/* ---- leaves ---- */
struct saved {
        char *obj;
        struct text bytes;
        size_t at;
        bool differs;
};

static void save_field(void *ctx, uint32_t off, uint32_t size)
{
        struct saved *s = ctx;

        text_addn(&s->bytes, s->obj + off, size);
}

static void restore_field(void *ctx, uint32_t off, uint32_t size)
{
        struct saved *s = ctx;

        memcpy(s->obj + off, s->bytes.p + s->at, size);
        s->at += size;
}

static void compare_field(void *ctx, uint32_t off, uint32_t size)
{
        struct saved *s = ctx;

        s->differs |= memcmp(s->obj + off, s->bytes.p + s->at, size) != 0;
        s->at += size;
}

static bool is_set(const struct apply *a, const void *obj)
{
        struct text t = { 0 };
        bool set = grammar_write(a->tr->element, obj, WRITE_PLAIN, &t);

        text_fini(&t);
        return set;
}

/* The field of an inverse row holds the `no` form. */
static int set_leaf(struct apply *a, void *obj)
{
        bool store = a->no_form == !!(a->row->flags & ROW_INVERSE);

        if (!store && (a->row->flags & ROW_MERGE))
                apply_clear_named(a, obj);
        else if (!store || !(a->row->flags & ROW_MERGE))
                grammar_clear(a->tr->element, obj);
        if (store && apply_fields(a, obj) < 0)
                return -1;
        return a->row->check ? a->row->check(a->c, obj, a->e) : 0;
}

static enum applied apply_leaf(struct apply *a)
{
        void *obj = a->row->target ? a->row->target(a->c, a->args, !a->no_form, a->e) : a->obj;
        struct saved s = { .obj = obj };
        bool was_set;
        int ret;

        if (!obj)
                return a->no_form && a->e->code == ERR_NONE ? APPLIED : APPLY_REFUSED;
        if (apply_masked(a))
                return apply_has_secrets(a, obj) < 0 ? APPLY_REFUSED : APPLIED;
        grammar_fields(a->tr->element, save_field, &s);
        if (s.bytes.bad) {
                text_fini(&s.bytes);
                err_nomem(a->e, "a command");
                return APPLY_REFUSED;
        }
        was_set = a->row->write || is_set(a, obj); /* mtu: its line is not of its fields alone */
        if (a->no_form && !(a->row->flags & ROW_INVERSE) && !was_set)
                ret = 0; /* its tag belongs to another row of the object by now */
        else if (a->no_form && !(a->row->flags & ROW_INVERSE) && apply_agrees_line(a, obj) < 0)
                ret = -1;
        else
                ret = set_leaf(a, obj);
        grammar_fields(a->tr->element, ret < 0 ? restore_field : compare_field, &s);
        if (ret == 0 && s.differs && was_set && !a->no_form && (a->row->flags & ROW_ONCE)) {
                s.at = 0;
                grammar_fields(a->tr->element, restore_field, &s);
                ret = err_set(a->e, ERR_EXISTS, "%s", a->row->once);
        }
        if (ret == 0 && s.differs && apply_locked(a)) {
                s.at = 0;
                grammar_fields(a->tr->element, restore_field, &s);
                ret = -1;
        }
        if (ret == 0 && s.differs)
                apply_changed(a);
        text_fini(&s.bytes);
        if (ret < 0)
                return APPLY_REFUSED;
        apply_warn_inert(a, obj);
        if (a->row->after)
                a->row->after(a->c, obj, a->no_form);
        return APPLIED;
}

/* ---- calls ---- */
enum applied apply_dialog(struct apply *a)
{
        struct cli_result *res = a->c->res;

        res->dialog = dialog_new(a->row->dialog, a->c->box, a->c, a->args);
        a->args = NULL;
        if (!res->dialog) {
                err_nomem(a->e, "a dialog");
                return APPLY_REFUSED;
        }
        res->dialog->no_form = a->no_form;
        res->code = CLI_DIALOG;
        return APPLIED;
}

static enum applied apply_call(struct apply *a)
{
        if (apply_masked(a) && apply_has_secrets(a, NULL) < 0)
                return APPLY_REFUSED;
        if (a->row->dialog)
                return apply_dialog(a);
        return a->row->call(a->c, a->args, a->no_form, a->e) < 0 ? APPLY_REFUSED : APPLIED;
}

/* A `no` form that was cut before it named anything: hooks need not look for what is not there. */
static bool names_nothing(const struct apply *a)
{
        for (unsigned i = 0; i < a->args->n; i++)
                if (a->args->cap[i].part->kind == PART_VALUE)
                        return false;
        return !a->whole && a->row->kind != ROW_LEAF && !(a->row->kind == ROW_INERT && a->row->flags & ROW_SINGLE);
}

enum applied apply_row(struct apply *a)
{
        if (names_nothing(a))
                return APPLY_INCOMPLETE;
        switch (a->row->kind) {
        case ROW_LEAF:
                return apply_leaf(a);
        case ROW_LIST:
                return apply_list(a);
        case ROW_MODE:
                return apply_mode(a);
        case ROW_INERT:
                return apply_inert(a);
        case ROW_CALL:
                return apply_call(a);
        case ROW_FIXED:
        case ROW_NONE:
                break;
        }
        return APPLIED;
}
