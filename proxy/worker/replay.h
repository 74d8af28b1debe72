/*
 * A replay window over a ring of bits: the bit of an index is at index mod window. The caller keeps `next` (the
 * highest index seen + 1; 0: nothing seen yet) beside the bits, so a window costs no more than its bits. Indices stay
 * below 2^63. Nothing changes before replay_mark(), which is for packets that proved genuine.
 */
#ifndef VOXGATE_PROXY_WORKER_REPLAY_H
#define VOXGATE_PROXY_WORKER_REPLAY_H

#include <stdint.h>

enum replay {
        REPLAY_FRESH,
        REPLAY_SEEN,
        REPLAY_OLD, /* behind the window: nobody can say */
};

/* words: 64-bit words of the window, a power of two. */
enum replay replay_check(uint64_t next, const uint64_t *bits, unsigned words, uint64_t index);
/* Marks a fresh index; the new `next`. */
uint64_t replay_mark(uint64_t next, uint64_t *bits, unsigned words, uint64_t index);

#endif
