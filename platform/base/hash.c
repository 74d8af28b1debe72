#include "platform/base/hash.h"

#include "platform/base/mem.h"

#define BUCKETS_DEFAULT 64u
#define BUCKETS_MAX (1u << 30)

uint64_t hash_str(const char *s, uint64_t seed)
{
        return hash_bytes(s, strlen(s), seed);
}

static uint32_t power_of_two(uint32_t n)
{
        uint32_t p = 1;

        while (p < n && p < BUCKETS_MAX)
                p *= 2;
        return p;
}

int hash_init(struct hash_table *t, uint32_t buckets)
{
        uint32_t n = power_of_two(buckets ? buckets : BUCKETS_DEFAULT);

        *t = (struct hash_table){ .mask = n - 1, .fixed = buckets != 0 };
        t->bucket = mem_alloc(MEM_HASH, n * sizeof(struct hash_node *));
        return t->bucket ? 0 : -1;
}

void hash_fini(struct hash_table *t)
{
        mem_free(t->bucket);
        *t = (struct hash_table){ 0 };
}

static void push(struct hash_node **bucket, uint32_t mask, struct hash_node *n)
{
        n->next = bucket[n->hash & mask];
        bucket[n->hash & mask] = n;
}

/* Without memory the chains grow longer instead. */
static void grow(struct hash_table *t)
{
        uint32_t mask = t->mask * 2 + 1;
        struct hash_node **bucket;

        if (mask >= BUCKETS_MAX)
                return;
        bucket = mem_alloc(MEM_HASH, ((size_t)mask + 1) * sizeof(struct hash_node *));
        if (!bucket)
                return;
        for (uint32_t i = 0; i <= t->mask; i++) {
                for (struct hash_node *n = t->bucket[i], *next; n; n = next) {
                        next = n->next;
                        push(bucket, mask, n);
                }
        }
        mem_free(t->bucket);
        t->bucket = bucket;
        t->mask = mask;
}

void hash_add(struct hash_table *t, struct hash_node *n, uint64_t hash)
{
        if (!t->fixed && t->count > t->mask)
                grow(t);
        n->hash = hash;
        push(t->bucket, t->mask, n);
        t->count++;
}

void hash_del(struct hash_table *t, struct hash_node *n)
{
        struct hash_node **at = &t->bucket[n->hash & t->mask];

        while (*at != n)
                at = &(*at)->next;
        *at = n->next;
        n->next = NULL;
        t->count--;
}
