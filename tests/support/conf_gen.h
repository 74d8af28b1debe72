/* Random configuration lines, made from the rows themselves: whatever a grammar can say is said sooner or later. */
#ifndef VOXGATE_CONF_GEN_H
#define VOXGATE_CONF_GEN_H

#include <stdint.h>

#include "cli/conf/parse.h"
#include "cli/lang/tree.h"

struct conf_gen {
        uint64_t state;
        const char *secret; /* what stands for everything that is secret; NULL: any word */
};

/*
 * The seed of a run, printed: VOXGATE_SEED, "random" for another one each time; else always the same, so that a red
 * test of today is about today's change.
 */
uint64_t gen_seed(void);
uint32_t gen_below(struct conf_gen *g, uint32_t n);
/* Some line of the mode that c is in (or of global configuration); the row it was made from. */
const struct tree_row *gen_line(struct conf_gen *g, const struct conf_ctx *c, struct text *out);
/* A line of this row. */
void gen_row(struct conf_gen *g, const struct store *s, const struct tree_row *tr, struct text *out);

/* A word, or words, that a placeholder can stand for. */
void gen_value(struct conf_gen *g, const struct store *s, const struct gram_part *p, struct text *out);

/* Lines to type first: two interfaces, and enough of everything else to refer to. */
extern const char gen_ports[], gen_furniture[];

#endif
