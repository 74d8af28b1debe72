#include "cli/lang/explain.h"

#include <stdio.h>
#include <string.h>

#include "cli/lang/words.h"

const char *explain_first(const struct tree_row *tr)
{
        return tr->g->npos && tr->g->pos[0]->kind == PART_KEYWORD ? tr->g->pos[0]->text : "";
}

/* As the words before it have it: by the last one that every line of the row begins with, by the first, by itself. */
static const char *named(const struct tree_row *tr, const char *word)
{
        const char *help = NULL;

        if (tr->g->nlead > 1)
                help = word_help_of(tr->g->pos[tr->g->nlead - 1]->text, word);
        return help ? help : word_help(explain_first(tr), word);
}

/* The last keyword that every line of the row begins with is explained by the row itself. */
const char *explain_word(const struct tree_row *tr, const struct gram_part *p)
{
        if (p->lead && p->pos + 1 == tr->g->nlead)
                return tr->conf ? tr->conf->help : tr->exec->help;
        return named(tr, p->text);
}

const char *explain_value(const struct tree_row *tr, const struct gram_part *p)
{
        const char *help = named(tr, p->scope ? p->scope : p->text);
        char kind[64];

        if (!help && p->scope)
                help = named(tr, p->text);
        if (!help && p->targ.text && !strcmp(p->type->name, "ref")) {
                snprintf(kind, sizeof kind, "ref %.50s", p->targ.text);
                help = word_help("", kind);
        }
        return help ? help : p->type->help;
}
