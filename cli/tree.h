/*
 * All rows of all modes, compiled once. Finding a command is one walk over the words with the set of positions that
 * are still possible, so that abbreviations, ambiguity and the caret come out of the same place for every command.
 */
#ifndef VOXGATE_CLI_TREE_H
#define VOXGATE_CLI_TREE_H

#include "cli/cmd.h"
#include "cli/exec.h"
#include "cli/grammar.h"
#include "cli/lexer.h"

struct cli_tree;

/* A row with its compiled grammar. */
struct tree_row {
        const struct cmd_row *conf; /* one of the two */
        const struct exec_row *exec;
        struct grammar *g;
};
/* A mode's rows. */
struct tree_mode {
        const struct cmd_mode *mode; /* NULL: global configuration or EXEC */
        struct tree_row *row;
        unsigned n;
};

/* exec may be NULL. A row that does not compile is an error in the program: NULL with e naming it. */
struct cli_tree *cli_tree_new(const struct exec_table *exec, struct err *e) MUST_USE;
void cli_tree_free(struct cli_tree *t);
const struct tree_mode *tree_global(const struct cli_tree *t);
const struct tree_mode *tree_exec(const struct cli_tree *t);
/* NULL for a mode that no row enters. */
const struct tree_mode *tree_mode_of(const struct cli_tree *t, const struct cmd_mode *m);
/* The compiled form of a configuration row. */
const struct grammar *tree_grammar(const struct cli_tree *t, const struct cmd_row *row);

#endif
