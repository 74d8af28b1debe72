/* A store with its command tree, and lines typed into it: for tests of the configuration language. */
#ifndef VOXGATE_CONF_FIXTURE_H
#define VOXGATE_CONF_FIXTURE_H

#include "cli/conf/dialog.h"
#include "cli/conf/load.h"
#include "cli/conf/parse.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"

struct conf_fixture {
        struct cli_tree *tree;
        struct store *s;
        struct conf_ctx c;
        struct rng_fixed random;
        struct rng rng;
        struct text shown; /* of the last line, behind a prompt of no length */
};

void conf_fixture_init(struct conf_fixture *f);
/* With EXEC commands in the tree. */
void conf_fixture_init_with(struct conf_fixture *f, const struct exec_table *exec);
void conf_fixture_fini(struct conf_fixture *f);
/* Types one line, answers questions with their defaults; what was said is in f->shown. */
enum cli_code conf_type(struct conf_fixture *f, const char *line);
/* Types lines; each must be accepted. */
void conf_accept(struct conf_fixture *f, const char *lines);
/* The running configuration; freed with the fixture's shown text. */
const char *conf_running(struct conf_fixture *f, const char *filter, bool plain);

#endif
