/* Random bytes behind one struct. Failure stops the operation (T9). */
#ifndef VOXGATE_BASE_RNG_H
#define VOXGATE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

struct rng {
        int (*fill)(void *ctx, void *out, size_t n); /* 0, or -1 when there is no randomness */
        void *ctx;
};

extern const struct rng rng_system; /* getrandom(2) */

/* Reproducible stream for tests and replay; never in the product's own keys. */
struct rng_fixed {
        uint64_t state;
};
struct rng rng_of_fixed(struct rng_fixed *f);

/*
 * Octets of another source, fetched ahead: one system call for many of them. Each is given once and wiped. One thread
 * uses it. A child has none of its parent's; where the system cannot grant that, nothing is fetched ahead.
 */
struct rng_ahead;
struct rng_ahead *rng_ahead_new(const struct rng *src) MUST_USE; /* NULL: no memory */
void rng_ahead_free(struct rng_ahead *a);                        /* NULL is legal */
struct rng rng_of_ahead(struct rng_ahead *a);

int rng_fill(const struct rng *r, void *out, size_t n);
/* Uniform in [0, n); n > 0. Not for secrets: falls back to 0 when the source fails. */
uint32_t rng_below(const struct rng *r, uint32_t n);
/* Same signature mbedTLS wants for f_rng; p is a const struct rng *. */
int rng_mbedtls(void *p, unsigned char *out, size_t n);

#endif
