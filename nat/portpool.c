#include "nat/portpool.h"

#include "nat/nat_int.h"
#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"

#define WORDS (65536 / 64)

struct group {
        uint16_t lo, hi;
};
static const struct group groups[] = { { 1, 511 }, { 512, 1023 }, { 1024, 65535 } };

struct portpool {
        struct hash_node node;
        struct addr addr;
        uint8_t proto;
        uint32_t used;
        uint64_t taken[WORDS]; /* a bit per port */
};

struct portpool_table {
        struct pool *pool;
        struct hash_table by_addr;
        uint32_t ports, most;
        uint64_t seed, drawn; /* where the search for another port begins must not be guessed from outside */
};

struct portpool_table *portpool_table_new(const struct rng *rng)
{
        struct portpool_table *t = mem_alloc(MEM_PORTPOOL, sizeof *t);

        if (!t)
                return NULL;
        t->pool = pool_new(sizeof(struct portpool), PORTPOOLS_MAX, POOL_LIFO);
        if (!t->pool || hash_init(&t->by_addr, PORTPOOLS_MAX) || rng_fill(rng, &t->seed, sizeof t->seed)) {
                portpool_table_free(t);
                return NULL;
        }
        return t;
}

void portpool_table_free(struct portpool_table *t)
{
        if (!t)
                return;
        pool_free(t->pool);
        hash_fini(&t->by_addr);
        mem_free(t);
}

void portpool_total(const struct portpool_table *t, uint32_t *now, uint32_t *most)
{
        *now = t->ports;
        *most = t->most;
}

static uint64_t pool_hash(const struct portpool_table *t, const struct addr *a, uint8_t proto)
{
        return hash_bytes(a, sizeof *a, t->seed + proto);
}

static struct portpool *pool_find(const struct portpool_table *t, const struct addr *a, uint8_t proto)
{
        uint64_t h = pool_hash(t, a, proto);

        hash_each_match(it, &t->by_addr, h) {
                struct portpool *p = container_of(it, struct portpool, node);

                if (p->proto == proto && addr_eq(&p->addr, a))
                        return p;
        }
        return NULL;
}

static struct portpool *pool_make(struct portpool_table *t, const struct addr *a, uint8_t proto)
{
        struct portpool *p = pool_get(t->pool);

        if (!p)
                return NULL;
        p->addr = *a;
        p->proto = proto;
        hash_add(&t->by_addr, &p->node, pool_hash(t, a, proto));
        return p;
}

static bool is_taken(const struct portpool *p, uint32_t port)
{
        return p && (p->taken[port / 64] >> port % 64 & 1);
}

/* The first port of [lo, hi] whose bit is clear; hi + 1 when all are set. */
static uint32_t next_clear(const struct portpool *p, uint32_t lo, uint32_t hi)
{
        while (lo <= hi && p) {
                uint64_t clear = ~p->taken[lo / 64] >> lo % 64;

                if (clear)
                        return MIN_OF(lo + (uint32_t)__builtin_ctzll(clear), hi + 1);
                lo = (lo / 64 + 1) * 64;
        }
        return MIN_OF(lo, hi + 1);
}

static bool is_reserved(const struct worker *w, uint16_t iface, const struct addr *a, uint8_t proto, uint32_t port)
{
        return w->snap && nat_port_is_static(nat_rt(w->snap), net_rt(w->snap), iface, proto, a, (uint16_t)port);
}

struct search {
        const struct worker *w;
        const struct portpool *pool; /* NULL: nothing is taken yet */
        const struct addr *addr;
        uint16_t iface;
        uint8_t proto;
};

static uint16_t search_range(const struct search *s, uint32_t lo, uint32_t hi)
{
        for (uint32_t port = next_clear(s->pool, lo, hi); port <= hi; port = next_clear(s->pool, port + 1, hi)) {
                if (!is_reserved(s->w, s->iface, s->addr, s->proto, port))
                        return (uint16_t)port;
        }
        return 0;
}

static const struct group *group_of(uint16_t preferred)
{
        unsigned i = 0;

        while (i < ARRAY_LEN(groups) - 1 && preferred > groups[i].hi)
                i++;
        return preferred ? &groups[i] : &groups[ARRAY_LEN(groups) - 1];
}

static uint16_t choose(struct portpool_table *t, const struct search *s, uint16_t preferred)
{
        const struct group *g = group_of(preferred);
        uint32_t start;
        uint16_t port;

        if (preferred && !is_taken(s->pool, preferred) && !is_reserved(s->w, s->iface, s->addr, s->proto, preferred))
                return preferred;
        t->drawn++;
        start = g->lo + (uint32_t)(hash_bytes(&t->drawn, sizeof t->drawn, t->seed) % (g->hi - g->lo + 1u));
        port = search_range(s, start, g->hi);
        return port || start == g->lo ? port : search_range(s, g->lo, start - 1);
}

static bool mark(struct portpool_table *t, struct portpool **p, const struct search *s, uint16_t port)
{
        if (!*p)
                *p = pool_make(t, s->addr, s->proto);
        if (!*p)
                return false;
        (*p)->taken[port / 64] |= 1ull << port % 64;
        (*p)->used++;
        t->ports++;
        t->most = MAX_OF(t->most, t->ports);
        return true;
}

uint16_t portpool_take(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, uint16_t preferred)
{
        struct portpool_table *t = w->xlates->ports;
        struct portpool *p = pool_find(t, addr, proto);
        uint16_t port = choose(t, &(struct search){ w, p, addr, iface, proto }, preferred);

        return port && mark(t, &p, &(struct search){ w, p, addr, iface, proto }, port) ? port : 0;
}

static bool is_free(const struct search *s, uint32_t port)
{
        return !is_taken(s->pool, port) && !is_reserved(s->w, s->iface, s->addr, s->proto, port);
}

static bool block_is_free(const struct search *s, uint32_t first, unsigned n)
{
        for (uint32_t port = first; port < first + n; port++)
                if (!is_free(s, port))
                        return false;
        return true;
}

static uint16_t choose_block(struct portpool_table *t, const struct search *s, unsigned n)
{
        const struct group *g = &groups[ARRAY_LEN(groups) - 1];
        uint32_t blocks = (g->hi - g->lo + 1u) / n, start;

        t->drawn++;
        start = (uint32_t)(hash_bytes(&t->drawn, sizeof t->drawn, t->seed) % blocks);
        for (uint32_t i = 0; i < blocks; i++) {
                uint32_t first = g->lo + (start + i) % blocks * n;

                if (block_is_free(s, first, n))
                        return (uint16_t)first;
        }
        return 0;
}

uint16_t portpool_take_block(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, unsigned *n)
{
        struct portpool_table *t = w->xlates->ports;
        struct portpool *p = pool_find(t, addr, proto);
        struct search s = { w, p, addr, iface, proto };
        uint16_t first = 0;

        for (; *n >= 2 && !(first = choose_block(t, &s, *n)); *n /= 2)
                ;
        if (!first || !mark(t, &p, &s, first))
                return 0;
        for (unsigned i = 1; i < *n; i++)
                mark(t, &p, &s, (uint16_t)(first + i));
        return first;
}

uint16_t portpool_peek(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, uint16_t preferred)
{
        struct portpool_table *t = w->xlates->ports;

        return choose(t, &(struct search){ w, pool_find(t, addr, proto), addr, iface, proto }, preferred);
}

void portpool_give(struct worker *w, const struct addr *addr, uint8_t proto, uint16_t port)
{
        struct portpool_table *t = w->xlates->ports;
        struct portpool *p = pool_find(t, addr, proto);

        if (!is_taken(p, port))
                return;
        p->taken[port / 64] &= ~(1ull << port % 64);
        t->ports--;
        if (--p->used)
                return;
        hash_del(&t->by_addr, &p->node);
        pool_put(t->pool, p);
}

uint32_t portpool_used(const struct worker *w, const struct addr *addr, uint8_t proto)
{
        const struct portpool *p = pool_find(w->xlates->ports, addr, proto);

        return p ? p->used : 0;
}
