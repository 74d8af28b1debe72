#include "cli/lang/tree.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"

#define MODES_MAX 64

struct cli_tree {
        struct arena *arena;
        struct tree_mode global, exec;
        struct tree_mode mode[MODES_MAX];
        unsigned nmodes;
};

static unsigned count_rows(const struct cmd_row *row)
{
        unsigned n = 0;

        while (row[n].kind != ROW_NONE)
                n++;
        return n;
}

/* The prefix of a list row reads like the rest of its line, but is no part of the element: it stays out of the tree
 * that writes. */
static struct grammar *compile_row(struct arena *a, const struct cmd_row *row, struct err *e)
{
        size_t n = strlen(row->line) + 2 + (row->prefix ? strlen(row->prefix) : 0);
        char *text = arena_alloc(a, n);

        if (!text) {
                err_nomem(e, "compiling the commands");
                return NULL;
        }
        snprintf(text, n, "%s%s%s", row->prefix ? row->prefix : "", row->prefix ? " " : "", row->line);
        return grammar_compile(a, text, row->bind, e);
}

static int add_mode(struct cli_tree *t, const struct cmd_mode *mode, struct err *e);

static int fill_rows(struct cli_tree *t, struct tree_mode *m, const struct cmd_row *row, struct err *e)
{
        for (; row->kind != ROW_NONE; row++) {
                struct tree_row *r = &m->row[m->n++];

                r->conf = row;
                r->g = compile_row(t->arena, row, e);
                if (!r->g)
                        return -1;
                if (row->prefix) {
                        r->element = grammar_compile(t->arena, row->line, row->bind, e);
                        if (!r->element)
                                return -1;
                } else {
                        r->element = r->g;
                }
                if (row->mode && add_mode(t, row->mode, e) < 0)
                        return -1;
        }
        return 0;
}

static int room(struct cli_tree *t, struct tree_mode *m, unsigned n, struct err *e)
{
        m->row = arena_array(t->arena, n ? n : 1, sizeof *m->row);
        return m->row ? 0 : err_nomem(e, "compiling the commands");
}

static int add_mode(struct cli_tree *t, const struct cmd_mode *mode, struct err *e)
{
        struct tree_mode *m;

        if (tree_mode_of(t, mode))
                return 0;
        if (t->nmodes == MODES_MAX)
                return err_set(e, ERR_LIMIT, "more than %d modes", MODES_MAX);
        m = &t->mode[t->nmodes++];
        m->mode = mode;
        if (room(t, m, count_rows(mode->row), e) < 0)
                return -1;
        return fill_rows(t, m, mode->row, e);
}

static int add_global(struct cli_tree *t, struct err *e)
{
        unsigned n = 0;

        for (const struct cmd_section *s = cmd_sections; s->row; s++)
                if (!(s->flags & SECTION_LATER))
                        n += count_rows(s->row);
        if (room(t, &t->global, n, e) < 0)
                return -1;
        for (const struct cmd_section *s = cmd_sections; s->row; s++)
                if (!(s->flags & SECTION_LATER) && fill_rows(t, &t->global, s->row, e) < 0)
                        return -1;
        return 0;
}

static int add_exec(struct cli_tree *t, const struct exec_table *exec, struct err *e)
{
        unsigned n = 0;

        for (const struct exec_table *x = exec; x && x->row; x++)
                for (const struct exec_row *r = x->row; r->grammar; r++)
                        n++;
        if (room(t, &t->exec, n, e) < 0)
                return -1;
        for (const struct exec_table *x = exec; x && x->row; x++)
                for (const struct exec_row *r = x->row; r->grammar; r++) {
                        struct tree_row *to = &t->exec.row[t->exec.n++];

                        to->exec = r;
                        to->g = to->element = grammar_compile(t->arena, r->grammar, NULL, e);
                        if (!to->g)
                                return -1;
                }
        return 0;
}

struct cli_tree *cli_tree_new(const struct exec_table *exec, struct err *e)
{
        struct cli_tree *t = mem_alloc(MEM_CLI, sizeof *t);

        if (t)
                t->arena = arena_new(0);
        if (!t || !t->arena) {
                err_nomem(e, "compiling the commands");
                mem_free(t);
                return NULL;
        }
        if (add_global(t, e) < 0 || add_exec(t, exec, e) < 0) {
                cli_tree_free(t);
                return NULL;
        }
        return t;
}

void cli_tree_free(struct cli_tree *t)
{
        if (t)
                arena_free(t->arena);
        mem_free(t);
}

const struct tree_mode *tree_global(const struct cli_tree *t)
{
        return &t->global;
}

const struct tree_mode *tree_exec(const struct cli_tree *t)
{
        return &t->exec;
}

const struct tree_mode *tree_mode_of(const struct cli_tree *t, const struct cmd_mode *m)
{
        for (unsigned i = 0; i < t->nmodes; i++)
                if (t->mode[i].mode == m)
                        return &t->mode[i];
        return NULL;
}

const struct tree_mode *tree_mode_at(const struct cli_tree *t, unsigned idx)
{
        return idx < t->nmodes ? &t->mode[idx] : NULL;
}

static const struct tree_row *row_in(const struct tree_mode *m, const struct cmd_row *row)
{
        /* Rows of a table stand side by side in both arrays. */
        for (unsigned i = 0; i < m->n; i++)
                if (m->row[i].conf == row)
                        return &m->row[i];
        return NULL;
}

const struct tree_row *tree_row_of(const struct cli_tree *t, const struct cmd_mode *mode, const struct cmd_row *row)
{
        return row_in(mode ? tree_mode_of(t, mode) : &t->global, row);
}
