/* A line as it may be logged: what its row binds as secret is *****. */
#ifndef VOXGATE_CLI_CONF_MASK_H
#define VOXGATE_CLI_CONF_MASK_H

#include "cli/lang/text.h"
#include "cli/lang/tree.h"

/* Appends the line to out when something in it is secret, else nothing. */
void mask_secrets(const struct lexed *lx, const struct captured *cap, unsigned n, struct text *out);

/* Appends the line; of its URLs ("ftp://user:password@host") passwords are *****. */
void mask_urls(const char *line, struct text *out);

/* A line that nothing understands: where it begins like one that holds a secret, no more of it than that. */
void mask_unread(const struct cli_tree *tree, const char *line, struct text *out);

/* Kept text: what stands behind `key`, `password` and their like is hidden; to the end of the line, but for words
 * that are known to be no part of it: "key ***** address A". */
void mask_text(const char *line, struct text *out);

/* Was the kept text printed without its secret: is there a word of stars, or a URL with stars for its password? */
bool mask_is_masked(const char *line);
/* Are two kept texts one, as long as nobody sees what is secret? */
bool mask_same(const char *x, const char *y);
/* Does a line of this row hold a secret? */
bool mask_has_secret(const struct tree_row *tr);
/* A line of this row that is kept as text, masked as its words are read; what can not be read is not shown. */
void mask_kept(const struct store *s, const struct tree_row *tr, const char *line, struct text *out);

/* How much of a kept text names the secret that is all it sets, as in "neighbor A password X"; 0: it sets something
 * else, or tells no secret. */
size_t mask_sets(const char *line);
/* Does x set the secret that y sets, of which mask_sets() has told n? What stands behind the secret says whose
 * it is. */
bool mask_sets_anew(const char *x, const char *y, size_t n);

#endif
