/* What addresses are called while `names` holds: for what is printed. A copy, good without the store's lock. */
#ifndef VOXGATE_CLI_CONF_ADDR_NAMES_H
#define VOXGATE_CLI_CONF_ADDR_NAMES_H

#include <stdbool.h>

#include "platform/base/addr.h"

struct store;
struct box;
struct addr_words;
struct tree_row;
struct cli_tree;

struct addr_name {
        struct addr addr;
        unsigned seq; /* in the order of the lines */
        char alias[64];
};
struct addr_names {
        struct addr_name *e; /* by address, each once */
        unsigned n;
        struct addr_words *words; /* asked for so far */
};

/* Names that would be read as something else where an address stands (an object's, an interface's) are left out; so
 * are all where memory runs out: numbers are never wrong. */
void addr_names_of(const struct store *s, struct addr_names *out);
/* Of the running store; takes its lock. */
void addr_names_of_box(struct box *b, struct addr_names *out);
void addr_names_fini(struct addr_names *n);
/* NULL: it has none. */
const char *addr_names_find(const struct addr_names *n, const struct addr *a);
/* For a line of this row: NULL also where the name would be taken for a keyword. */
const char *addr_names_find_for(struct addr_names *n, const struct cli_tree *t, const struct tree_row *tr,
                                const struct addr *a);

#endif
