#include "proxy/worker/replay.h"

#include <string.h>

static uint64_t mask_of(uint64_t index)
{
        return UINT64_C(1) << (index % 64);
}

static uint64_t *word_of(uint64_t *bits, unsigned words, uint64_t index)
{
        return &bits[index / 64 & (words - 1)];
}

enum replay replay_check(uint64_t next, const uint64_t *bits, unsigned words, uint64_t index)
{
        if (index >= next)
                return REPLAY_FRESH;
        if (next - index > (uint64_t)words * 64)
                return REPLAY_OLD;
        return bits[index / 64 & (words - 1)] & mask_of(index) ? REPLAY_SEEN : REPLAY_FRESH;
}

/* The bits of indices jumped over still say what they said a window ago. */
static void clear_between(uint64_t *bits, unsigned words, uint64_t from, uint64_t to)
{
        if (to - from >= (uint64_t)words * 64) {
                memset(bits, 0, words * sizeof *bits);
                return;
        }
        for (uint64_t i = from; i < to; i++)
                *word_of(bits, words, i) &= ~mask_of(i);
}

uint64_t replay_mark(uint64_t next, uint64_t *bits, unsigned words, uint64_t index)
{
        if (index >= next) {
                clear_between(bits, words, next, index);
                next = index + 1;
        }
        *word_of(bits, words, index) |= mask_of(index);
        return next;
}
