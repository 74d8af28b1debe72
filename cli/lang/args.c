/* The arguments of an understood line, by the names they have in the grammar. */
#include <string.h>

#include "cli/lang/grammar.h"
#include "cli/lang/tree.h"
#include "platform/base/mem.h"

void args_free(struct args *a)
{
        if (!a)
                return;
        lex_fini(&a->lx);
        mem_free(a);
}

static const struct captured *find(const struct args *a, const char *name)
{
        for (unsigned i = 0; i < a->n; i++) {
                const struct gram_part *p = a->cap[i].part;

                if (!strcmp(p->text, name) || (p->scope && !strcmp(p->scope, name)))
                        return &a->cap[i];
        }
        return NULL;
}

bool arg_has(const struct args *a, const char *name)
{
        return find(a, name) != NULL;
}

const char *arg_str(const struct args *a, const char *name)
{
        const struct captured *c = find(a, name);

        return c ? c->s : NULL;
}

static const struct type_env form_only;

uint32_t arg_u32(const struct args *a, const char *name, uint32_t dflt)
{
        const struct captured *c = find(a, name);
        uint32_t v = dflt;

        if (c && c->part->kind == PART_VALUE &&
            c->part->type->store(&form_only, &c->part->targ, c->s, &v, sizeof v, NULL) == 0)
                return v;
        return dflt;
}

bool arg_addr(const struct args *a, const char *name, struct addr *out)
{
        const struct captured *c = find(a, name);

        return c && addr_parse(c->s, out);
}
