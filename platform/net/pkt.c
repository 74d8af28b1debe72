#include "platform/net/pkt.h"

#include <assert.h>

#include "platform/base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PKT_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define PKT_ASAN 1
#endif

/* A pool hides use-after-free from the sanitizer unless it is told which buffers are free. */
#ifdef PKT_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

/* One size of buffer: descriptors, buffers and a stack of free descriptors, reserved as one block each. */
struct slab {
        uint32_t max, nfree, low, cap, stride;
        struct pkt *pkts;
        uint8_t *bufs;
        struct pkt **free;
};

struct pkt_pool {
        struct slab small, big;
};

static size_t slab_bytes(const struct slab *s)
{
        return (size_t)s->max * s->stride;
}

static void slab_fini(struct slab *s)
{
        if (s->pkts) {
                UNPOISON(s->pkts, s->max * sizeof *s->pkts);
                mem_unreserve(s->pkts, s->max * sizeof *s->pkts);
        }
        if (s->bufs) {
                UNPOISON(s->bufs, slab_bytes(s));
                mem_unreserve(s->bufs, slab_bytes(s));
        }
        mem_free(s->free);
}

/* The stride is whole cache lines, so that no two buffers share one. */
static int slab_init(struct slab *s, struct pkt_pool *pool, uint32_t max, uint32_t frame)
{
        s->max = max;
        s->cap = PKT_HEADROOM + frame + PKT_TAILROOM;
        s->stride = (s->cap + 63) & ~63u;
        if (!max)
                return 0;
        s->pkts = mem_reserve(max * sizeof *s->pkts);
        s->bufs = mem_reserve(slab_bytes(s));
        s->free = mem_alloc(MEM_PKT, max * sizeof *s->free);
        if (!s->pkts || !s->bufs || !s->free)
                return -1;
        for (uint32_t i = 0; i < max; i++) {
                struct pkt *pk = &s->pkts[max - 1 - i];

                pk->pool = pool;
                pk->buf = s->bufs + (size_t)(max - 1 - i) * s->stride;
                pk->cap = s->cap;
                s->free[i] = pk;
        }
        s->nfree = s->low = max;
        POISON(s->pkts, max * sizeof *s->pkts);
        POISON(s->bufs, slab_bytes(s));
        return 0;
}

struct pkt_pool *pkt_pool_new(uint32_t small, uint32_t big)
{
        struct pkt_pool *p = mem_alloc(MEM_PKT, sizeof *p);

        if (!p)
                return NULL;
        if (slab_init(&p->small, p, small, PKT_SMALL_FRAME) || slab_init(&p->big, p, big, PKT_BIG_FRAME)) {
                pkt_pool_free(p);
                return NULL;
        }
        return p;
}

void pkt_pool_free(struct pkt_pool *p)
{
        if (!p)
                return;
        slab_fini(&p->small);
        slab_fini(&p->big);
        mem_free(p);
}

struct pkt *pkt_get(struct pkt_pool *p, uint32_t frame)
{
        struct slab *s = likely(frame <= PKT_SMALL_FRAME) ? &p->small : &p->big;
        struct pkt *pk;

        if (unlikely(frame > PKT_BIG_FRAME || !s->nfree))
                return NULL;
        pk = s->free[--s->nfree];
        UNPOISON(pk, sizeof *pk);
        UNPOISON(pk->buf, s->cap);
        /* pool, buf and cap stand in front and never change */
        memset((uint8_t *)pk + offsetof(struct pkt, off), 0, sizeof *pk - offsetof(struct pkt, off));
        pk->off = PKT_HEADROOM;
        if (s->nfree < s->low)
                s->low = s->nfree;
        return pk;
}

void pkt_put(struct pkt *pk)
{
        struct pkt_pool *p = pk->pool;
        struct slab *s = pk->cap == p->small.cap ? &p->small : &p->big;

        assert(s->nfree < s->max);
        s->free[s->nfree++] = pk;
        POISON(pk->buf, s->cap);
        POISON(pk, sizeof *pk);
}

uint32_t pkt_pool_used(const struct pkt_pool *p)
{
        return pkt_pool_max(p) - p->small.nfree - p->big.nfree;
}

uint32_t pkt_pool_max(const struct pkt_pool *p)
{
        return p->small.max + p->big.max;
}

uint32_t pkt_pool_big(const struct pkt_pool *p)
{
        return p->big.max;
}

uint32_t pkt_pool_low(const struct pkt_pool *p)
{
        return p->small.low + p->big.low;
}

void pkt_pool_use(const struct pkt_pool *p, struct pkt_pool_use *out)
{
        *out = (struct pkt_pool_use){ .small = p->small.max,
                                      .small_used = p->small.max - p->small.nfree,
                                      .small_low = p->small.low,
                                      .big = p->big.max,
                                      .big_used = p->big.max - p->big.nfree,
                                      .big_low = p->big.low };
}

bool pkt_push(struct pkt *pk, uint32_t n)
{
        if (n > pk->off)
                return false;
        pk->off -= n;
        pk->len += n;
        return true;
}

void pkt_pull(struct pkt *pk, uint32_t n)
{
        n = MIN_OF(n, pk->len);
        pk->off += n;
        pk->len -= n;
}
