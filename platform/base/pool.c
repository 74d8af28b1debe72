#include "platform/base/pool.h"

#include <assert.h>
#include <string.h>

#include "platform/base/mem.h"

#define NIL UINT32_MAX

struct pool {
        char *obj;
        uint32_t *next; /* free list by index */
        uint8_t *live;
        size_t stride;
        uint64_t inverse; /* of stride >> shift modulo 2^64: makes the index without a division */
        unsigned shift;
        enum pool_order order;
        uint32_t max, used, most, high;
        uint32_t free_head, free_tail;
};

/* Newton's iteration doubles the good low bits each time; an odd number is its own inverse modulo 8. */
static uint64_t odd_inverse(uint64_t odd)
{
        uint64_t x = odd;

        for (int bits = 3; bits < 64; bits *= 2)
                x *= 2 - odd * x;
        return x;
}

static bool reserve(struct pool *p)
{
        p->obj = mem_reserve((size_t)p->max * p->stride);
        p->next = mem_reserve((size_t)p->max * sizeof *p->next);
        p->live = mem_reserve(p->max);
        return p->obj && p->next && p->live;
}

struct pool *pool_new(size_t obj_size, uint32_t max, enum pool_order order)
{
        struct pool *p;

        if (!obj_size || !max || max == NIL || obj_size > (SIZE_MAX >> 33))
                return NULL;
        p = mem_alloc(MEM_POOL, sizeof *p);
        if (!p)
                return NULL;
        p->max = max;
        p->order = order;
        p->stride = (obj_size + 15) & ~(size_t)15;
        p->shift = (unsigned)__builtin_ctzll(p->stride);
        p->inverse = odd_inverse(p->stride >> p->shift);
        p->free_head = p->free_tail = NIL;
        if (!reserve(p)) {
                pool_free(p);
                return NULL;
        }
        return p;
}

void pool_free(struct pool *p)
{
        if (!p)
                return;
        mem_unreserve(p->obj, (size_t)p->max * p->stride);
        mem_unreserve(p->next, (size_t)p->max * sizeof *p->next);
        mem_unreserve(p->live, p->max);
        mem_free(p);
}

static uint32_t free_list_take(struct pool *p)
{
        uint32_t idx = p->free_head;

        p->free_head = p->next[idx];
        if (p->free_head == NIL)
                p->free_tail = NIL;
        return idx;
}

/* LIFO takes the warm object first; FIFO takes a never-used index first, so that an id rests as long as it can. */
static uint32_t pick(struct pool *p)
{
        bool listed = p->free_head != NIL, fresh = p->high < p->max;

        if (listed && (p->order == POOL_LIFO || !fresh))
                return free_list_take(p);
        return fresh ? p->high++ : NIL;
}

void *pool_get(struct pool *p)
{
        uint32_t high = p->high, idx = pick(p);
        void *obj;

        if (idx == NIL)
                return NULL;
        obj = pool_at(p, idx);
        if (idx < high) /* a fresh page is zero already */
                memset(obj, 0, p->stride);
        p->live[idx] = 1;
        if (++p->used > p->most)
                p->most = p->used;
        return obj;
}

void pool_put(struct pool *p, void *obj)
{
        uint32_t idx = pool_index(p, obj);

        assert(pool_live(p, idx));
        if (!pool_live(p, idx)) /* a second put must not give one object to two owners */
                return;
        p->live[idx] = 0;
        p->used--;
        if (p->order == POOL_LIFO || p->free_tail == NIL) {
                p->next[idx] = p->free_head;
                p->free_head = idx;
                if (p->free_tail == NIL)
                        p->free_tail = idx;
                return;
        }
        p->next[idx] = NIL;
        p->next[p->free_tail] = idx;
        p->free_tail = idx;
}

void *pool_at(const struct pool *p, uint32_t idx)
{
        return p->obj + (size_t)idx * p->stride;
}

uint32_t pool_index(const struct pool *p, const void *obj)
{
        uint64_t off = (uint64_t)((const char *)obj - p->obj);

        return (uint32_t)((off >> p->shift) * p->inverse);
}

bool pool_live(const struct pool *p, uint32_t idx)
{
        return idx < p->max && p->live[idx];
}

uint32_t pool_used(const struct pool *p)
{
        return p->used;
}

uint32_t pool_most_used(const struct pool *p)
{
        return p->most;
}

uint32_t pool_max(const struct pool *p)
{
        return p->max;
}

uint32_t pool_high(const struct pool *p)
{
        return p->high;
}
