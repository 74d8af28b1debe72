#include "cli/lang/form.h"

#include <stdio.h>
#include <string.h>

/* A grammar without what only the parser needs: types, bound names, marks of keywords in capitals. */
static void put_form(const char *g, struct text *out)
{
        for (const char *p = g; *p; p++) {
                if (*p == ':') {
                        p += strcspn(p, "( ]}|");
                        p += *p == '(' ? strcspn(p, ")") : (size_t)-1;
                } else if (*p == '@') {
                        p += strcspn(p, " ]}|") - 1;
                } else if (*p != '=') {
                        text_addn(out, p, 1);
                }
        }
}

void form_usage(const struct tree_row *tr, struct text *out)
{
        bool no = tr->conf && !(tr->conf->flags & ROW_NO_NO), only = tr->conf && (tr->conf->flags & ROW_NO_ONLY);

        text_add(out, only ? "no " : no ? "[no] " : "");
        if (tr->conf && tr->conf->prefix) {
                put_form(tr->conf->prefix, out);
                text_add(out, " ");
        }
        put_form(tr->conf ? tr->conf->line : tr->exec->grammar, out);
}

void form_lead(const struct tree_row *tr, struct text *out)
{
        for (unsigned i = 0; i < tr->g->nlead; i++)
                text_printf(out, i ? " %s" : "%s", tr->g->pos[i]->text);
}

void form_shown(const struct gram_part *p, char *out, size_t cap)
{
        const struct type_arg *ta = &p->targ;
        const char *t = p->type->name;

        if (!strcmp(t, "u32"))
                snprintf(out, cap, "<%llu-%llu>", (unsigned long long)ta->lo, (unsigned long long)ta->hi);
        else if (ta->hi && (!strcmp(t, "word") || !strcmp(t, "newname") || !strcmp(t, "line")))
                snprintf(out, cap, "%s < %llu char", p->type->shown, (unsigned long long)ta->hi + 1);
        else
                snprintf(out, cap, "%s", p->type->shown);
}

static const char *name_of(const struct gram_part *p)
{
        return p->scope ? p->scope : p->text;
}

static bool named_before(const struct grammar *g, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                if (g->pos[i]->kind == PART_VALUE && g->pos[i]->type == g->pos[n]->type &&
                    !strcmp(name_of(g->pos[i]), name_of(g->pos[n])))
                        return true;
        return false;
}

void form_values(const struct tree_row *tr, form_value_fn fn, void *ctx)
{
        for (unsigned i = 0; i < tr->g->npos; i++)
                if (tr->g->pos[i]->kind == PART_VALUE && !named_before(tr->g, i))
                        fn(ctx, tr, name_of(tr->g->pos[i]), tr->g->pos[i]);
}
