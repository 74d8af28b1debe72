#include "nat/nat_int.h"
#include "platform/base/mem.h"

/* Conf ids are never reused within a boot, so an entry is never given to another rule. */
#define HIT_SLOTS (1u << 18)
#define HIT_RULES_MAX (HIT_SLOTS / 2)

/* Written by the worker, read by any thread: the id is stored last, when the rest is in place. */
struct nat_hit {
        _Atomic uint32_t id; /* 0: free */
        _Atomic uint64_t translate, untranslate, last_ms;
};

struct nat_hit_table {
        struct nat_hit *slot; /* open addressing */
        uint32_t used;
};

struct nat_hit_table *nat_hit_table_new(void)
{
        struct nat_hit_table *t = mem_alloc(MEM_XLATE, sizeof *t);

        if (!t)
                return NULL;
        t->slot = mem_reserve(HIT_SLOTS * sizeof *t->slot);
        if (!t->slot) {
                mem_free(t);
                return NULL;
        }
        return t;
}

void nat_hit_table_free(struct nat_hit_table *t)
{
        if (!t)
                return;
        mem_unreserve(t->slot, HIT_SLOTS * sizeof *t->slot);
        mem_free(t);
}

/* The rule's entry, or the free one where it would be. */
static struct nat_hit *slot_of(const struct nat_hit_table *t, uint32_t id)
{
        uint32_t i = id * 2654435761u % HIT_SLOTS;

        for (;;) {
                uint32_t there = atomic_load_explicit(&t->slot[i].id, memory_order_acquire);

                if (!there || there == id)
                        return &t->slot[i];
                i = (i + 1) % HIT_SLOTS;
        }
}

static struct nat_hit *entry_of(struct nat_hit_table *t, uint32_t id, uint64_t now_ms)
{
        struct nat_hit *h = slot_of(t, id);

        if (atomic_load_explicit(&h->id, memory_order_relaxed))
                return h;
        if (t->used >= HIT_RULES_MAX)
                return NULL;
        t->used++;
        atomic_store_explicit(&h->last_ms, now_ms, memory_order_relaxed);
        atomic_store_explicit(&h->id, id, memory_order_release);
        return h;
}

bool nat_hit_first_seen(struct nat_hit_table *t, uint32_t rule_id, uint64_t now_ms)
{
        uint32_t used = t->used;

        entry_of(t, rule_id, now_ms);
        return t->used != used;
}

static void count(_Atomic uint64_t *c, struct nat_hit *h, uint64_t now_ms)
{
        stat_add(c, 1);
        atomic_store_explicit(&h->last_ms, now_ms, memory_order_relaxed);
}

void nat_hit_translate(struct worker *w, uint32_t rule_id)
{
        struct nat_hit *h = entry_of(w->xlates->hits, rule_id, w->now_ms);

        if (h)
                count(&h->translate, h, w->now_ms);
}

void nat_hit_untranslate(struct worker *w, uint32_t rule_id)
{
        struct nat_hit *h = entry_of(w->xlates->hits, rule_id, w->now_ms);

        if (h)
                count(&h->untranslate, h, w->now_ms);
}

uint64_t nat_hit_last_ms(const struct nat_hit_table *t, uint32_t rule_id)
{
        return atomic_load_explicit(&slot_of(t, rule_id)->last_ms, memory_order_relaxed);
}

void nat_hits(const struct worker *w, uint32_t rule_id, uint64_t *translate, uint64_t *untranslate)
{
        const struct nat_hit *h = slot_of(w->xlates->hits, rule_id);
        bool used = atomic_load_explicit(&h->id, memory_order_acquire) == rule_id;

        *translate = used ? atomic_load_explicit(&h->translate, memory_order_relaxed) : 0;
        *untranslate = used ? atomic_load_explicit(&h->untranslate, memory_order_relaxed) : 0;
}
