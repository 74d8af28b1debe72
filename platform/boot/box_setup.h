/* Makes the box that consoles see: command tree, store, commit, key store, startup-config. Used by run, check and
 * replay. */
#ifndef VOXGATE_BOOT_BOX_SETUP_H
#define VOXGATE_BOOT_BOX_SETUP_H

#include "cli/box/box.h"
#include "cli/conf/load.h"
#include "platform/boot/parts.h"

struct box_setup {
        struct cli_tree *tree;
        struct keystore *keys;
        struct iface_bindings bind;
        bool dry;        /* flash is read, never written: check, replay */
        bool made_flash; /* there was no such directory: it is new */
};

/* parts NULL: no live state (check). flash "" or NULL: assets in memory only. x->dry is set by the caller. On failure
 * nothing is left. */
int box_setup(struct box *b, struct box_setup *x, struct parts *parts, const struct clock *clk, const struct rng *rng,
              const char *flash, struct err *e);
void box_teardown(struct box *b, struct box_setup *x);
/* Loads a whole configuration into the running store; words for each refused line go to fn. 0 when nothing was
 * refused. */
int box_load(struct box *b, struct box_setup *x, const char *text, size_t n, struct load_report *rep);

#endif
