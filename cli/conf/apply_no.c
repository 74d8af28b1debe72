/*
 * A `no` form says what goes, down to where it is cut. When what it says is not what is configured, it means
 * something else, and nothing goes.
 */
#include <string.h>

#include "cli/conf/parse_int.h"
#include "platform/base/mem.h"

static bool same_value(const struct gram_part *p, const char *x, const char *y)
{
        struct text tx = { 0 }, ty = { 0 };
        bool same;

        p->type->write(&p->targ, x, p->bind->size, &tx);
        p->type->write(&p->targ, y, p->bind->size, &ty);
        same = !strcmp(text_str(&tx), text_str(&ty)) && !tx.bad && !ty.bad;
        text_fini(&tx);
        text_fini(&ty);
        return same;
}

static bool same_part(const struct gram_part *p, const char *x, const char *y)
{
        const struct cmd_bind *b = p->bind;

        for (unsigned i = 0; i < p->ntags; i++)
                if (memcmp(x + p->tag[i].off, y + p->tag[i].off, p->tag[i].size) != 0)
                        return false;
        if (!b || (b->flags & BIND_HASHED))
                return true;
        x += p->base + b->off;
        y += p->base + b->off;
        if (p->kind == PART_VALUE)
                return same_value(p, x, y);
        return b->flags & BIND_TEXT ? !strcmp(x, y) : !memcmp(x, y, b->size);
}

int apply_agrees(struct apply *a, const void *typed, const void *obj)
{
        for (unsigned i = 0; i < a->args->n; i++) {
                const struct gram_part *p = a->args->cap[i].part;

                if (!p->apart && !same_part(p, typed, obj))
                        return err_set(a->e, ERR_REF, "the specified line does not exist in the configuration");
        }
        return 0;
}

static void reach(void *ctx, uint32_t off, uint32_t size)
{
        size_t *n = ctx;

        *n = MAX_OF(*n, (size_t)off + size);
}

int apply_agrees_line(struct apply *a, const void *obj)
{
        size_t n = 1;
        void *typed;
        int ret;

        grammar_fields(a->tr->element, reach, &n);
        typed = mem_alloc(MEM_CLI, n);
        if (!typed)
                return err_nomem(a->e, "a command");
        grammar_clear(a->tr->element, typed);
        ret = apply_fields(a, typed);
        if (ret == 0)
                ret = apply_agrees(a, typed, obj);
        mem_free_secret(typed);
        return ret;
}

/* What would follow the last word: the value that a cut line stops in front of. In front of more words it names all. */
static unsigned clear_behind(const struct apply *a, const struct gram_part *last, void *obj)
{
        unsigned n = 0;

        for (unsigned i = 0; i < last->nfollow; i++)
                if (!a->tr->g->pos[last->follow[i]]->bind)
                        return 0;
        for (unsigned i = 0; i < last->nfollow; i++, n++)
                grammar_clear_part(a->tr->g->pos[last->follow[i]], obj);
        return n;
}

void apply_clear_named(struct apply *a, void *obj)
{
        const struct gram_part *last = NULL;
        unsigned n = 0;

        for (unsigned i = 0; i < a->args->n; i++) {
                last = a->args->cap[i].part;
                if (!last->bind || last->apart)
                        continue;
                grammar_clear_part(last, obj);
                n++;
        }
        if (last && !a->whole && !last->bind)
                n += clear_behind(a, last, obj);
        if (!n)
                grammar_clear(a->tr->element, obj);
}
