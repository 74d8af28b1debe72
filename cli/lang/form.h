/* The forms of a row for people: its grammar without what only the parser needs, and what its placeholders take. */
#ifndef VOXGATE_CLI_LANG_FORM_H
#define VOXGATE_CLI_LANG_FORM_H

#include "cli/lang/text.h"
#include "cli/lang/tree.h"

/* "[no] access-list NAME ..." */
void form_usage(const struct tree_row *tr, struct text *out);
/* The keywords that every line of the row begins with. */
void form_lead(const struct tree_row *tr, struct text *out);
#define FORM_SHOWN_MAX 48
/* What stands for a value: "<0-100>", "WORD < 49 char", its limits included. */
void form_shown(const struct gram_part *p, char *out, size_t cap);
/* Each placeholder once, in order. */
typedef void (*form_value_fn)(void *ctx, const struct tree_row *tr, const char *name, const struct gram_part *p);
void form_values(const struct tree_row *tr, form_value_fn fn, void *ctx);

#endif
