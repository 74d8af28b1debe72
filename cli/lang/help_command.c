/* `help COMMAND`: the forms of the commands that begin so, from the rows that read them. */
#include <stdio.h>
#include <string.h>

#include "cli/lang/explain.h"
#include "cli/lang/form.h"
#include "cli/conf/parse.h"
#include "cli/lang/tree.h"
#include "platform/base/str.h"

/* Do the words begin this row? Keywords may be abbreviated, also the last one. */
static bool begins(const struct grammar *g, const struct lexed *lx, unsigned from)
{
        unsigned n = lx->n - from;

        for (unsigned i = 0; i < n; i++)
                if (i >= g->nlead || !str_prefix_ci(g->pos[i]->text, lx->w[from + i].s))
                        return false;
        return n > 0;
}

struct help_parts {
        struct text usage, description, syntax;
};

static void put_value(void *ctx, const struct tree_row *tr, const char *name, const struct gram_part *p)
{
        struct text *out = ctx;
        char shown[FORM_SHOWN_MAX], line[240];

        form_shown(p, shown, sizeof shown);
        snprintf(line, sizeof line, "\t%-12s %s: %s\n", name, shown, explain_value(tr, p));
        if (!out->p || !strstr(out->p, line))
                text_add(out, line);
}

static void put_row(const struct tree_row *tr, struct help_parts *h)
{
        text_add(&h->usage, "\t");
        form_usage(tr, &h->usage);
        text_add(&h->usage, "\n");
        text_add(&h->description, "\t");
        form_lead(tr, &h->description);
        text_printf(&h->description, ": %s\n", tr->conf ? tr->conf->help : tr->exec->help);
        form_values(tr, put_value, &h->syntax);
}

static void put_mode(const struct tree_mode *m, const struct lexed *lx, unsigned priv, struct help_parts *h)
{
        unsigned no = lx->n > 1 && !strcasecmp(lx->w[0].s, "no");

        for (unsigned i = 0; m && i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];

                if (tr->exec ? exec_level(tr->exec) > priv : priv < CONF_PRIV || (tr->conf->flags & ROW_HIDDEN))
                        continue;
                if (begins(tr->g, lx, 0) || (no && tr->conf && begins(tr->g, lx, 1)))
                        put_row(tr, h);
        }
}

bool cli_help_command(const struct cli_tree *t, unsigned priv, const char *words, struct text *out)
{
        struct help_parts h = { .usage = { 0 } };
        struct lexed lx;
        bool some;

        if (lex(&lx, words) == LEX_OK) {
                put_mode(tree_exec(t), &lx, priv, &h);
                put_mode(tree_global(t), &lx, priv, &h);
                for (unsigned i = 0; tree_mode_at(t, i); i++)
                        put_mode(tree_mode_at(t, i), &lx, priv, &h);
        }
        some = h.usage.n > 0;
        if (some)
                text_printf(out, "USAGE:\n\n%s\nDESCRIPTION:\n\n%s", text_str(&h.usage), text_str(&h.description));
        if (h.syntax.n)
                text_printf(out, "\nSYNTAX:\n\n%s", text_str(&h.syntax));
        text_fini(&h.usage);
        text_fini(&h.description);
        text_fini(&h.syntax);
        lex_fini(&lx);
        return some;
}
