#include "cli/lang/manual.h"

#include <string.h>

#include "cli/lang/explain.h"
#include "cli/lang/form.h"

/* Text in roff: a backslash, a hyphen that is typed, and what a line must not begin with. */
static void put_text(struct text *out, const char *s)
{
        if (*s == '.' || *s == '\'')
                text_add(out, "\\&");
        for (; *s; s++) {
                if (*s == '\\')
                        text_add(out, "\\e");
                else if (*s == '-')
                        text_add(out, "\\-");
                else
                        text_addn(out, s, 1);
        }
}

static void put_value(void *ctx, const struct tree_row *tr, const char *name, const struct gram_part *p)
{
        struct text *out = ctx;
        char shown[FORM_SHOWN_MAX];

        form_shown(p, shown, sizeof shown);
        text_add(out, ".br\n.I ");
        put_text(out, name);
        text_add(out, "\n(");
        put_text(out, shown);
        text_add(out, "): ");
        put_text(out, explain_value(tr, p));
        text_add(out, "\n");
}

static bool hidden(const struct tree_row *tr)
{
        return tr->conf && tr->conf->flags & ROW_HIDDEN;
}

static void put_row(struct text *out, const struct tree_row *tr)
{
        struct text form = { 0 };

        form_usage(tr, &form);
        text_add(out, ".TP\n.B ");
        put_text(out, text_str(&form));
        text_add(out, "\n");
        put_text(out, tr->conf ? tr->conf->help : tr->exec->help);
        text_add(out, ".\n");
        if (tr->conf && tr->conf->inert) {
                text_add(out, "Kept, not in force: ");
                put_text(out, tr->conf->inert);
                text_add(out, ".\n");
        }
        if (tr->exec && tr->exec->priv & EXEC_TABLE)
                text_add(out, "With\n.B | json\nas a document.\n");
        form_values(tr, put_value, out);
        out->bad |= form.bad;
        text_fini(&form);
}

static void put_mode(struct text *out, const char *title, const struct tree_mode *m)
{
        size_t n = strcspn(title, ":");

        text_printf(out, ".SS \"%.*s\"\n", (int)n, title);
        if (m->mode)
                text_printf(out, "Prompt: (%s).\n", m->mode->prompt);
        for (unsigned i = 0; i < m->n; i++)
                if (!hidden(&m->row[i]))
                        put_row(out, &m->row[i]);
}

void cli_manual(const struct cli_tree *t, const char *release, struct text *out)
{
        text_printf(out, ".TH VOXGATE.CONF 5 \"\" \"Voxgate %s\"\n", release);
        text_add(out, ".SH NAME\nvoxgate.conf \\- the configuration and command language of voxgate\n"
                      ".SH DESCRIPTION\n"
                      "The file\n.I startup\\-config\non flash holds configuration commands, one a line, as the "
                      "console takes them and\n"
                      ".B write memory\nwrites them. Words in capitals stand for values, brackets for what may be "
                      "left out, braces for a choice.\n"
                      "A keyword may be cut short as long as it is the only one that begins so.\n"
                      ".SH CONFIGURATION\n");
        put_mode(out, "Global configuration", tree_global(t));
        for (unsigned i = 0; tree_mode_at(t, i); i++)
                put_mode(out, tree_mode_at(t, i)->mode->title, tree_mode_at(t, i));
        text_add(out, ".SH COMMANDS\n");
        if (tree_exec(t))
                put_mode(out, "EXEC", tree_exec(t));
        text_add(out, ".SH SEE ALSO\n.BR voxgate (8)\n");
}
