/*
 * All rows of all modes, compiled once. Finding a command is one walk over the words with the set of positions that
 * are still possible, so that abbreviations, ambiguity and the caret come out of the same place for every command.
 */
#ifndef VOXGATE_CLI_LANG_TREE_H
#define VOXGATE_CLI_LANG_TREE_H

#include "cli/lang/cmd.h"
#include "cli/lang/exec.h"
#include "cli/lang/grammar.h"
#include "cli/lang/lexer.h"
#include "platform/base/addr.h"

struct cli_tree;

/* A row with its compiled grammar. */
struct tree_row {
        const struct cmd_row *conf; /* one of the two */
        const struct exec_row *exec;
        struct grammar *g;       /* of what is typed */
        struct grammar *element; /* of what is written: without the prefix of a LIST row */
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
/* All modes by number, NULL behind the last. */
const struct tree_mode *tree_mode_at(const struct cli_tree *t, unsigned idx);
/* The compiled form of a configuration row of a mode (NULL: global). */
const struct tree_row *tree_row_of(const struct cli_tree *t, const struct cmd_mode *mode, const struct cmd_row *row);

/* ---- reading a line ---- */

/* One word (or the rest of the line) and the part of the grammar it was taken for. */
struct captured {
        const struct gram_part *part;
        const char *s;
};
#define ARGS_ALIASES_MAX 16
/* What EXEC handlers and apply.c see. Owns its words. Names of addresses (`name`) are the addresses here. */
struct args {
        struct lexed lx;
        unsigned n;
        struct captured cap[CLI_WORDS_MAX];
        unsigned naliases;
        char alias[ARGS_ALIASES_MAX][ADDR_TEXT_MAX]; /* what cap[].s of those point to */
};
void args_free(struct args *a); /* NULL is legal */

/* What is read, and on which terms. */
struct reading {
        const struct tree_mode *mode;
        const struct lexed *lx;
        unsigned from;   /* first word */
        bool no_form;    /* behind `no` */
        unsigned priv;   /* EXEC rows above it are not there */
        const void *obj; /* of the mode */
        const struct type_env *env;
};

enum found { FOUND, FOUND_INVALID, FOUND_INCOMPLETE, FOUND_AMBIGUOUS, FOUND_NOMEM };
struct find_result {
        enum found how;
        unsigned words; /* how many were understood */
        unsigned caret; /* INVALID: offset in the line */
        const struct tree_row *row;
        bool whole; /* false: a `no` form cut short */
        unsigned n;
        struct captured cap[CLI_WORDS_MAX];
};
void tree_find(const struct reading *r, struct find_result *out);

/* What may stand behind the first n words (from .from on) of r; each part once. */
typedef void (*next_fn)(void *ctx, const struct tree_row *row, const struct gram_part *part);
/* false when the words themselves are not understood. end: the line may end here. */
bool tree_next(const struct reading *r, unsigned n, next_fn fn, void *ctx, bool *end);

#endif
