#include "cli/mask.h"

#include <string.h>

#include "cli/grammar.h"

static bool is_secret(const struct gram_part *p)
{
        return p->kind == PART_VALUE && ((p->bind_flags & BIND_SECRET) || (p->type->flags & TYPE_SECRET));
}

/* Where the captured text stands in the line. */
static bool place_of(const struct lexed *lx, const struct captured *c, size_t *from, size_t *to)
{
        size_t len = strlen(lx->raw);

        if (c->part->type->flags & TYPE_LINE) {
                *from = (size_t)(c->s - lx->raw);
                *to = len;
                return c->s >= lx->raw && c->s <= lx->raw + len;
        }
        for (unsigned i = 0; i < lx->n; i++) {
                if (lx->w[i].s != c->s)
                        continue;
                *from = lx->w[i].off;
                *to = lx->w[i].off + lx->w[i].n;
                return true;
        }
        return false;
}

void mask_secrets(const struct lexed *lx, const struct captured *cap, unsigned n, struct text *out)
{
        size_t done = 0, from, to;
        bool any = false;

        for (unsigned i = 0; i < n; i++) {
                if (!is_secret(&cap[i].part[0]))
                        continue;
                if (!place_of(lx, &cap[i], &from, &to) || from < done) /* rather too little than too much */
                        from = done, to = strlen(lx->raw);
                text_addn(out, lx->raw + done, from - done);
                text_add(out, "*****");
                done = to;
                any = true;
        }
        if (any)
                text_add(out, lx->raw + done);
}
