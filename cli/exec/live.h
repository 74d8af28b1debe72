/* Sums of the workers' counters, from the operator's last `clear` on. */
#ifndef VOXGATE_CLI_EXEC_LIVE_H
#define VOXGATE_CLI_EXEC_LIVE_H

#include "cli/box/baseline.h"
#include "cli/exec/util.h"

/* Hits of an ACE and of one of its elements; elems: how many of these to clear with it. */
uint64_t live_ace_hits(const struct box *b, uint32_t ace_id);
uint64_t live_elem_hits(const struct box *b, uint32_t ace_id, uint32_t index);
int live_ace_clear(const struct box *b, uint32_t ace_id, unsigned elems);

void live_nat_hits(const struct box *b, uint32_t rule, uint64_t *translate, uint64_t *untranslate);
int live_nat_clear(const struct box *b, uint32_t rule);

uint64_t live_drops(const struct box *b, unsigned reason);
int live_drops_clear(const struct box *b, const char *who);

struct inspect_sum {
        uint64_t packets, drops, resets;
};
struct inspect_sum live_inspect(const struct box *b, uint32_t line_id);
int live_inspect_clear(const struct box *b, uint32_t line_id);

#endif
