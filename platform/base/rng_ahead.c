/* Random octets fetched ahead. The page they wait in is empty in a child: no octet is ever given on both sides. */
#include <string.h>
#include <sys/mman.h>

#include "platform/base/mem.h"
#include "platform/base/rng.h"

#define PAGE 4096u

struct store {
        uint32_t left; /* the first so many are still to be given */
        uint8_t octet[1024];
};

struct rng_ahead {
        const struct rng *src;
        struct store *store; /* NULL: nothing is fetched ahead */
};

static struct store *store_new(void)
{
        void *p = mem_reserve(PAGE);

        if (p && madvise(p, PAGE, MADV_WIPEONFORK) != 0) {
                mem_unreserve(p, PAGE);
                p = NULL;
        }
        return p;
}

struct rng_ahead *rng_ahead_new(const struct rng *src)
{
        struct rng_ahead *a = mem_alloc(MEM_POOL, sizeof *a);

        if (!a)
                return NULL;
        a->src = src;
        a->store = store_new();
        return a;
}

void rng_ahead_free(struct rng_ahead *a)
{
        if (!a)
                return;
        if (a->store) {
                mem_wipe(a->store, sizeof *a->store);
                mem_unreserve(a->store, PAGE);
        }
        mem_free(a);
}

static int ahead_fill(void *ctx, void *out, size_t n)
{
        struct rng_ahead *a = ctx;
        struct store *s = a->store;

        if (!s || n > sizeof s->octet)
                return rng_fill(a->src, out, n);
        if (n > s->left) {
                s->left = 0; /* what is left of a store that could not be filled is nothing */
                if (rng_fill(a->src, s->octet, sizeof s->octet) != 0)
                        return -1;
                s->left = sizeof s->octet;
        }
        s->left -= (uint32_t)n;
        memcpy(out, s->octet + s->left, n);
        mem_wipe(s->octet + s->left, n);
        return 0;
}

struct rng rng_of_ahead(struct rng_ahead *a)
{
        return (struct rng){ .fill = ahead_fill, .ctx = a };
}
