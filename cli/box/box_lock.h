/*
 * The locks of the configuration. Who works long with it does so in pieces and lets others in between: conf_lock is
 * handed over in the order of asking, so a piece is all that anybody waits. conf_whole keeps those apart who must not
 * see, or make, a part of a configuration: merges, savings, replacements.
 */
#ifndef VOXGATE_CLI_BOX_BOX_LOCK_H
#define VOXGATE_CLI_BOX_BOX_LOCK_H

#include "cli/box/box.h"

void box_lock_init(struct box *b);
void box_lock_fini(struct box *b);
/* Both locks, for work on the configuration as a whole; the caller has none of them. */
void box_lock_whole(struct box *b);
/* The same, while go_on() (asked ten times a second) says so; false: it did not, and nothing is held. */
bool box_lock_whole_while(struct box *b, bool (*go_on)(void *ctx), void *ctx);
/* The same when nobody works so at the moment; false: somebody does. */
bool box_trylock_whole(struct box *b);
void box_unlock_whole(struct box *b);

#endif
