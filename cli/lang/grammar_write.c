/* From fields to text and back, along the tree of a grammar. */
#include "cli/lang/grammar.h"

#include <string.h>

#include "platform/base/str.h"

/* What a part says about the object: its fields contradict it, say nothing about it, or ask for it. */
enum presence { ABSENT, NEUTRAL, PRESENT };

void field_put(void *field, size_t size, int64_t v)
{
        uint8_t v8 = (uint8_t)v;
        uint16_t v16 = (uint16_t)v;
        uint32_t v32 = (uint32_t)v;
        uint64_t v64 = (uint64_t)v;

        switch (size) {
        case 1:
                memcpy(field, &v8, size);
                break;
        case 2:
                memcpy(field, &v16, size);
                break;
        case 4:
                memcpy(field, &v32, size);
                break;
        case 8:
                memcpy(field, &v64, size);
                break;
        }
}

uint64_t field_get(const void *field, size_t size)
{
        uint8_t v8;
        uint16_t v16;
        uint32_t v32;
        uint64_t v64;

        switch (size) {
        case 1:
                memcpy(&v8, field, size);
                return v8;
        case 2:
                memcpy(&v16, field, size);
                return v16;
        case 4:
                memcpy(&v32, field, size);
                return v32;
        case 8:
                memcpy(&v64, field, size);
                return v64;
        }
        return 0;
}

bool field_is(const void *field, size_t size, int64_t v)
{
        uint64_t mask = size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;

        return field_get(field, size) == ((uint64_t)v & mask);
}

static bool keyword_holds(const struct gram_part *p, const char *field)
{
        if (p->bind->flags & BIND_TEXT)
                return !strcmp(field, p->text);
        return field_is(field, p->bind->size, p->bind->val);
}

static bool tags_hold(const struct gram_part *p, const char *obj)
{
        for (unsigned i = 0; i < p->ntags; i++)
                if (!field_is(obj + p->tag[i].off, p->tag[i].size, p->tag[i].val))
                        return false;
        return true;
}

static void put_word(struct text *out, size_t start, const char *s)
{
        if (out->n > start)
                text_add(out, " ");
        text_add(out, s);
}

struct writing {
        const char *obj;
        enum gram_write how;
        const struct gram_names *names;
        struct text *out;
        size_t start; /* of the line in out */
};

static enum presence write_keyword(struct writing *w, const struct gram_part *p)
{
        const struct cmd_bind *b = p->bind;
        bool attr = p->bind_flags & BIND_ATTR, held = !b || keyword_holds(p, w->obj + p->base + b->off);

        if (w->how == WRITE_KEY && attr)
                return NEUTRAL;
        if (!held)
                return ABSENT;
        if (w->how != WRITE_KEY || b || p->scope)
                put_word(w->out, w->start, p->text);
        return b ? PRESENT : NEUTRAL;
}

/* The object's own name. */
static enum presence write_name(struct writing *w, const struct gram_part *p)
{
        const struct conf_obj *o = (const void *)w->obj;

        if (strcmp(p->text, "NAME") != 0 || w->how == WRITE_KEY || !*o->name)
                return ABSENT;
        put_word(w->out, w->start, o->name);
        return PRESENT;
}

static bool value_set(const struct writing *w, const struct gram_part *p, const char *field)
{
        const struct cmd_bind *b = p->bind;

        if ((b->flags & BIND_ALWAYS) || (w->how == WRITE_ALL && b->size <= 8))
                return true;
        return p->type->set(field, b->size, b->dflt);
}

static const char *name_of(const struct writing *w, const struct gram_part *p, const char *field)
{
        if (!w->names || !(p->type->flags & TYPE_NAMED) || (p->bind->flags & BIND_NUMBER))
                return NULL;
        return w->names->of(w->names->ctx, (const struct addr *)(const void *)field);
}

static enum presence write_value(struct writing *w, const struct gram_part *p)
{
        const struct cmd_bind *b = p->bind;
        const char *field, *name;

        if (!b || p->apart)
                return write_name(w, p);
        if (w->how == WRITE_KEY && (p->bind_flags & BIND_ATTR))
                return NEUTRAL;
        field = w->obj + p->base + b->off;
        if (!value_set(w, p, field))
                return ABSENT;
        if (w->how == WRITE_FULL && (p->bind_flags & BIND_SECRET)) {
                put_word(w->out, w->start, "*****");
                return PRESENT;
        }
        name = name_of(w, p, field);
        if (name) {
                put_word(w->out, w->start, name);
                return PRESENT;
        }
        if (w->out->n > w->start)
                text_add(w->out, " ");
        p->type->write(&p->targ, field, b->size, w->out);
        return PRESENT;
}

static enum presence write_part(struct writing *w, const struct gram_part *p);

static enum presence write_seq(struct writing *w, const struct gram_part *p)
{
        enum presence all = NEUTRAL, one;

        for (const struct gram_part *c = p->child; c; c = c->next) {
                one = write_part(w, c);
                if (one == ABSENT)
                        return ABSENT;
                if (one == PRESENT)
                        all = PRESENT;
        }
        return all;
}

/* The first branch that is asked for; failing that, the first that nothing contradicts. */
static enum presence write_alt(struct writing *w, const struct gram_part *p)
{
        const struct gram_part *neutral = NULL;
        size_t mark = w->out->n;

        for (const struct gram_part *c = p->child; c; c = c->next) {
                enum presence one = write_part(w, c);

                if (one == PRESENT)
                        return PRESENT;
                text_cut(w->out, mark);
                if (one == NEUTRAL && !neutral)
                        neutral = c;
        }
        return neutral ? write_part(w, neutral) : ABSENT;
}

static enum presence write_opt(struct writing *w, const struct gram_part *p)
{
        size_t mark = w->out->n;

        if (write_part(w, p->child) == PRESENT)
                return PRESENT;
        text_cut(w->out, mark);
        return NEUTRAL;
}

static enum presence write_part(struct writing *w, const struct gram_part *p)
{
        if (!tags_hold(p, w->obj))
                return w->how == WRITE_KEY && (p->bind_flags & BIND_ATTR) ? NEUTRAL : ABSENT;
        switch (p->kind) {
        case PART_KEYWORD:
                return write_keyword(w, p);
        case PART_VALUE:
                return write_value(w, p);
        case PART_SEQ:
                return write_seq(w, p);
        case PART_ALT:
                return write_alt(w, p);
        case PART_OPT:
                break;
        }
        return write_opt(w, p);
}

bool grammar_write(const struct grammar *g, const void *obj, enum gram_write how, struct text *out)
{
        return grammar_write_named(g, obj, how, NULL, out);
}

bool grammar_write_named(const struct grammar *g, const void *obj, enum gram_write how,
                         const struct gram_names *names, struct text *out)
{
        struct writing w = { .obj = obj, .how = how, .names = names, .out = out, .start = out->n };

        enum presence got = write_part(&w, g->root);

        if (got == PRESENT || (got == NEUTRAL && how == WRITE_KEY))
                return true;
        text_cut(out, w.start);
        return false;
}

void grammar_clear_part(const struct gram_part *p, void *obj)
{
        const struct cmd_bind *b = p->bind;
        char *o = obj;

        if (p->apart)
                return;
        for (unsigned t = 0; t < p->ntags; t++)
                field_put(o + p->tag[t].off, p->tag[t].size, 0);
        if (b && (b->flags & BIND_TEXT))
                memset(o + p->base + b->off, 0, b->size);
        else if (b && p->kind == PART_KEYWORD)
                field_put(o + p->base + b->off, b->size, b->dflt);
        else if (b)
                p->type->clear(o + p->base + b->off, b->size, b->dflt);
}

void grammar_clear(const struct grammar *g, void *obj)
{
        for (unsigned i = 0; i < g->npos; i++)
                grammar_clear_part(g->pos[i], obj);
}

int grammar_store(const struct gram_part *p, const struct type_env *env, const char *value, void *obj, struct err *e)
{
        const struct cmd_bind *b = p->bind;
        char *o = obj;

        for (unsigned t = 0; t < p->ntags; t++)
                field_put(o + p->tag[t].off, p->tag[t].size, p->tag[t].val);
        if (!b)
                return 0;
        if (p->kind == PART_VALUE)
                return p->type->store(env, &p->targ, value, o + p->base + b->off, b->size, e);
        if (b->flags & BIND_TEXT)
                str_copy(o + p->base + b->off, b->size, p->text);
        else
                field_put(o + p->base + b->off, b->size, b->val);
        return 0;
}

void grammar_fields(const struct grammar *g, gram_field_fn fn, void *ctx)
{
        for (unsigned i = 0; i < g->npos; i++) {
                const struct gram_part *p = g->pos[i];

                if (p->apart)
                        continue;
                for (unsigned t = 0; t < p->ntags; t++)
                        fn(ctx, p->tag[t].off, p->tag[t].size);
                if (p->bind)
                        fn(ctx, p->base + p->bind->off, p->bind->size);
        }
}
