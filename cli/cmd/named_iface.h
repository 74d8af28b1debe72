/* Which interfaces a line names: every value of type nameif or ifpair in the grammar of its row is such a name. */
#ifndef VOXGATE_CLI_CMD_NAMED_IFACE_H
#define VOXGATE_CLI_CMD_NAMED_IFACE_H

#include "cli/lang/tree.h"

/* Does the line of obj name this interface? */
bool named_iface(const struct tree_row *tr, const void *obj, const char *nameif);
/* Is the element itself called by the name of the interface? */
bool named_by_iface(const struct tree_row *tr, const struct conf_obj *o, const char *nameif);
/* Puts another name into the fields that hold this one; false: there were none. */
bool named_replace(const struct tree_row *tr, void *obj, const char *from, const char *to);

/* A line of a row, read again: a is to be freed with args_free(); NULL: it is not such a line, or there is no memory.
 */
struct args *named_read(const struct store *s, const struct tree_row *tr, const char *line);
/* The same for a line that is kept as text. */
/* Does the typed value name the interface? With out, it is written there with its other name. A pair is "(REAL,MAPPED)". */
bool named_typed(const struct gram_part *p, const char *s, const char *from, const char *to, struct text *out);
bool named_in_text(const struct store *s, const struct tree_row *tr, const char *line, const char *nameif);

#endif
