/*
 * Port pairs of the media addresses. A pair belongs to the proxy worker `pair % n`, so that workers never ask each
 * other. Taken in turn from a random start; a pair given back rests, for late packets of its last call are still
 * under way.
 */
#include "platform/base/mem.h"
#include "proxy/media/media.h"

#define PAIRS 32768u
#define REST_MS 5000u

struct resting {
        uint64_t until_ms;
        uint16_t pair;
};

/* Of one address. Bits and rests are of this worker's own pairs: local index = pair / n. */
struct pool_of {
        struct addr a;
        uint32_t next, used, rest_head, nrest;
        uint64_t *busy;       /* taken or resting */
        struct resting *rest; /* first in, first out */
};

struct media_ports {
        unsigned id, n;
        const struct rng *rng;
        const struct clock *clk;
        uint32_t mine; /* pairs of this worker */
        uint64_t refused;
        uint32_t used, most;
        struct pool_of pool[MEDIA_ADDRS_MAX];
};

static size_t busy_bytes(const struct media_ports *p)
{
        return (p->mine + 63) / 64 * sizeof(uint64_t);
}

static size_t rest_bytes(const struct media_ports *p)
{
        return p->mine * sizeof(struct resting);
}

struct media_ports *media_ports_new(unsigned id, unsigned n, const struct rng *rng, const struct clock *clk)
{
        struct media_ports *p = mem_alloc(MEM_PORTPOOL, sizeof *p);

        if (!p)
                return NULL;
        p->id = id;
        p->n = n;
        p->rng = rng;
        p->clk = clk;
        p->mine = (PAIRS - id + n - 1) / n;
        return p;
}

void media_ports_free(struct media_ports *p)
{
        if (!p)
                return;
        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++) {
                mem_unreserve(p->pool[i].busy, busy_bytes(p));
                mem_unreserve(p->pool[i].rest, rest_bytes(p));
        }
        mem_free(p);
}

static struct pool_of *find(const struct media_ports *p, const struct addr *a)
{
        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++)
                if (addr_eq(&p->pool[i].a, a))
                        return (struct pool_of *)&p->pool[i];
        return NULL;
}

/* Pairs that have rested long enough are free again. */
static void wake(struct media_ports *p, struct pool_of *o)
{
        uint64_t now = clock_mono_ms(p->clk);

        while (o->nrest && o->rest[o->rest_head].until_ms <= now) {
                uint32_t i = o->rest[o->rest_head].pair / p->n;

                o->busy[i / 64] &= ~(1ull << i % 64);
                o->rest_head = (o->rest_head + 1) % p->mine;
                o->nrest--;
        }
}

/* A place nobody has, else one whose address has no port taken or resting. */
static struct pool_of *place(struct media_ports *p)
{
        static const struct addr none;
        struct pool_of *o = find(p, &none);

        for (unsigned i = 0; !o && i < MEDIA_ADDRS_MAX; i++) {
                wake(p, &p->pool[i]);
                if (!p->pool[i].used && !p->pool[i].nrest)
                        o = &p->pool[i];
        }
        return o;
}

static struct pool_of *make(struct media_ports *p, const struct addr *a)
{
        struct pool_of *o = a->fam ? place(p) : NULL;

        if (!o)
                return NULL;
        if (!o->busy)
                o->busy = mem_reserve(busy_bytes(p));
        if (!o->rest)
                o->rest = mem_reserve(rest_bytes(p));
        if (!o->busy || !o->rest)
                return NULL;
        o->a = *a;
        o->next = rng_below(p->rng, p->mine);
        return o;
}

/* The first free local index in [lo, hi], or hi + 1. */
static uint32_t scan(const struct pool_of *o, uint32_t lo, uint32_t hi)
{
        while (lo <= hi) {
                uint64_t free = ~o->busy[lo / 64] >> lo % 64;

                if (free) {
                        lo += (uint32_t)__builtin_ctzll(free);
                        return lo <= hi ? lo : hi + 1;
                }
                lo = (lo / 64 + 1) * 64;
        }
        return hi + 1;
}

/* Whole pairs of ours inside [lo, hi], as local indices; false: there is none. */
static bool local_range(const struct media_ports *p, uint16_t lo, uint16_t hi, uint32_t *first, uint32_t *last)
{
        uint32_t a = (lo + 1u) / 2, b = (hi + 1u) / 2; /* pairs [a, b) */

        if (!a)
                a = 1; /* port 0 is none */
        *first = a > p->id ? (a - p->id + p->n - 1) / p->n : 0;
        if (b <= p->id)
                return false;
        *last = (b - 1 - p->id) / p->n;
        return a < b && *first <= *last;
}

static uint16_t refuse(struct media_ports *p)
{
        p->refused++;
        return 0;
}

uint16_t media_port_take(struct media_ports *p, const struct addr *a, uint16_t lo, uint16_t hi)
{
        struct pool_of *o = find(p, a);
        uint32_t first, last, i, from;

        if (!o)
                o = make(p, a);
        if (!o || !local_range(p, lo, hi, &first, &last))
                return refuse(p);
        wake(p, o);
        from = o->next >= first && o->next <= last ? o->next : first + o->next % (last - first + 1);
        i = scan(o, from, last);
        if (i > last)
                i = scan(o, first, last);
        if (i > last)
                return refuse(p);
        o->busy[i / 64] |= 1ull << i % 64;
        o->next = i + 1;
        o->used++;
        p->used++;
        p->most = MAX_OF(p->most, p->used);
        return (uint16_t)(2 * (i * p->n + p->id));
}

void media_port_give(struct media_ports *p, const struct addr *a, uint16_t port)
{
        struct pool_of *o = find(p, a);
        uint32_t pair = port / 2u, i = pair / p->n;

        if (!o || !a->fam || pair % p->n != p->id || port % 2 || !(o->busy[i / 64] >> i % 64 & 1) ||
            o->nrest == p->mine)
                return;
        o->rest[(o->rest_head + o->nrest++) % p->mine] =
                (struct resting){ clock_mono_ms(p->clk) + REST_MS, (uint16_t)pair };
        o->used--;
        p->used--;
}

unsigned media_ports_used(const struct media_ports *p, const struct addr *a)
{
        const struct pool_of *o = find(p, a);

        return o && a->fam ? o->used : 0;
}

bool media_ports_at(const struct media_ports *p, unsigned idx, struct addr *a)
{
        if (idx >= MEDIA_ADDRS_MAX || !p->pool[idx].used)
                return false;
        *a = p->pool[idx].a;
        return true;
}

void media_ports_total(const struct media_ports *p, uint32_t *now, uint32_t *most)
{
        *now = p->used;
        *most = p->most;
}

uint64_t media_ports_refused(const struct media_ports *p)
{
        return p->refused;
}
