/*
 * Another configuration takes the place of the one in a store, changing as little as possible: what both have stays
 * what it is, with its ids, counters and live state, in the other order where that differs. Lines that cannot be taken
 * out one by one (in use, locked) make it start from nothing, which live state notices.
 */
#ifndef VOXGATE_CLI_CONF_CONF_REPLACE_H
#define VOXGATE_CLI_CONF_CONF_REPLACE_H

#include "cli/conf/parse.h"

enum replace_how { REPLACE_NOTHING, REPLACE_LINES, REPLACE_ALL };

/*
 * c: at the store to be changed, which the caller has to himself; as for typed lines. want: stays the caller's.
 * *how (may be NULL) says what was done; warnings (may be NULL) gets the WARNING lines that typing would have
 * brought. -1: the store is as it was, e says which line would not go, and why.
 */
int conf_replace(struct conf_ctx *c, const struct store *want, enum replace_how *how, struct text *warnings,
                 struct err *e);
/*
 * A store aside of a saved configuration's text, read as at a start with the ports of `like`. NULL with e
 * naming the first line that is refused.
 */
struct store *conf_store_of(const struct conf_ctx *like, const char *text, size_t n, struct err *e) MUST_USE;

#endif
