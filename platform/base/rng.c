#include "platform/base/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define RNG_FAILED_FOR_MBEDTLS (-0x0034) /* its code for a failed entropy source */

static int system_fill(void *ctx, void *out, size_t n)
{
        unsigned char *p = out;
        ssize_t got;

        (void)ctx;
        while (n) {
                got = getrandom(p, n, 0);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got <= 0)
                        return -1;
                p += got;
                n -= (size_t)got;
        }
        return 0;
}

const struct rng rng_system = { .fill = system_fill };

/* A Weyl sequence through a 64-bit finaliser: every state gives another word. */
static uint64_t fixed_next(struct rng_fixed *f)
{
        uint64_t z = f->state += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
}

static int fixed_fill(void *ctx, void *out, size_t n)
{
        unsigned char *p = out;
        uint64_t word;
        size_t part;

        for (; n; n -= part, p += part) {
                word = fixed_next(ctx);
                part = n < sizeof word ? n : sizeof word;
                memcpy(p, &word, part);
        }
        return 0;
}

struct rng rng_of_fixed(struct rng_fixed *f)
{
        return (struct rng){ .fill = fixed_fill, .ctx = f };
}

int rng_fill(const struct rng *r, void *out, size_t n)
{
        return n ? r->fill(r->ctx, out, n) : 0;
}

/* The high half of a 64x32 bit product: uneven by less than n/2^64, and no loop that a broken source could hold. */
uint32_t rng_below(const struct rng *r, uint32_t n)
{
        uint64_t v;

        if (rng_fill(r, &v, sizeof v) < 0)
                return 0;
        return (uint32_t)(((unsigned __int128)v * n) >> 64);
}

int rng_mbedtls(void *p, unsigned char *out, size_t n)
{
        return rng_fill(p, out, n) < 0 ? RNG_FAILED_FOR_MBEDTLS : 0;
}
