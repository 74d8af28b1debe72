/*
 * Counters by conf id: an array over the ids themselves (pages appear as they are used), and a small hash for
 * elements of ACEs that stand for several. One thread counts, any thread reads.
 */
#include <stdatomic.h>

#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "platform/net/iface.h"
#include "policy/acl.h"

#define IDS_MAX (1u << 24)   /* ids are never reused: 1,600 reloads of 10,000 lines each */
#define ELEMS_MAX (1u << 18) /* slots */
#define ELEMS_FULL (ELEMS_MAX / 4 * 3)

struct elem_slot {
        _Atomic uint64_t key; /* id << 32 | index + 1; 0 free */
        _Atomic uint64_t hits;
};
struct hit_table {
        _Atomic uint64_t *by_id;
        struct elem_slot *elem;
        uint32_t used;
};

struct hit_table *hit_table_new(void)
{
        struct hit_table *t = mem_alloc(MEM_ACL, sizeof *t);

        if (!t)
                return NULL;
        t->by_id = mem_reserve(IDS_MAX * sizeof *t->by_id);
        t->elem = mem_reserve(ELEMS_MAX * sizeof *t->elem);
        if (t->by_id && t->elem)
                return t;
        hit_table_free(t);
        return NULL;
}

void hit_table_free(struct hit_table *t)
{
        if (!t)
                return;
        if (t->by_id)
                mem_unreserve(t->by_id, IDS_MAX * sizeof *t->by_id);
        if (t->elem)
                mem_unreserve(t->elem, ELEMS_MAX * sizeof *t->elem);
        mem_free(t);
}

void hit_count(struct hit_table *t, uint32_t id)
{
        if (t && id < IDS_MAX)
                stat_add(&t->by_id[id], 1);
}

uint64_t hit_get(const struct hit_table *t, uint32_t id)
{
        return t && id < IDS_MAX ? atomic_load_explicit(&t->by_id[id], memory_order_relaxed) : 0;
}

/* The slot of the key, or the free one where it would be. The table never fills, so the walk ends. */
static struct elem_slot *elem_find(const struct hit_table *t, uint64_t key)
{
        uint32_t i = (uint32_t)hash_bytes(&key, sizeof key, 1) & (ELEMS_MAX - 1);
        uint64_t k;

        while ((k = atomic_load_explicit(&t->elem[i].key, memory_order_acquire)) != key && k)
                i = (i + 1) & (ELEMS_MAX - 1);
        return &t->elem[i];
}

static uint64_t elem_key(uint32_t id, uint32_t index)
{
        return (uint64_t)id << 32 | ((uint64_t)index + 1);
}

void hit_count_elem(struct hit_table *t, uint32_t id, uint32_t index)
{
        struct elem_slot *s;

        if (!t)
                return;
        s = elem_find(t, elem_key(id, index));
        if (!atomic_load_explicit(&s->key, memory_order_relaxed)) {
                if (t->used >= ELEMS_FULL)
                        return;
                t->used++;
                atomic_store_explicit(&s->key, elem_key(id, index), memory_order_release);
        }
        stat_add(&s->hits, 1);
}

uint64_t hit_get_elem(const struct hit_table *t, uint32_t id, uint32_t index)
{
        return t ? atomic_load_explicit(&elem_find(t, elem_key(id, index))->hits, memory_order_relaxed) : 0;
}
