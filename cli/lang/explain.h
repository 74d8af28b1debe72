/* What a word or a value means where it stands: the row's own help, words.def, the type. */
#ifndef VOXGATE_CLI_LANG_EXPLAIN_H
#define VOXGATE_CLI_LANG_EXPLAIN_H

#include "cli/lang/tree.h"

/* What lines of the row begin with, for what a word further on means there; "" when that is not a keyword. */
const char *explain_first(const struct tree_row *tr);
/* Of a keyword. NULL when nothing explains it. */
const char *explain_word(const struct tree_row *tr, const struct gram_part *p);
/* Of a placeholder: words.def by its name (units, what is counted) or the kind of object, else its type's. */
const char *explain_value(const struct tree_row *tr, const struct gram_part *p);

#endif
