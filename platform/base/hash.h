/*
 * Seeded hash function and an intrusive chained table. The node holds the full hash, so compares are rare.
 * A table made with a fixed bucket count never resizes (packet path); one made with 0 grows (control path).
 */
#ifndef VOXGATE_BASE_HASH_H
#define VOXGATE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

/* Keyed 64-bit mix (wyhash-like quality; not a MAC). */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t hash_str(const char *s, uint64_t seed);

struct hash_node {
        struct hash_node *next;
        uint64_t hash;
};

struct hash_table {
        struct hash_node **bucket;
        uint32_t mask;
        uint32_t count;
        bool fixed;
};

/* buckets: rounded up to a power of two; 0 = 64 and growing. -1 when out of memory. */
int hash_init(struct hash_table *t, uint32_t buckets) MUST_USE;
void hash_fini(struct hash_table *t); /* nodes belong to the caller; a zeroed table is legal */
/* Never fails: a growing table that cannot grow stays as it is. */
void hash_add(struct hash_table *t, struct hash_node *n, uint64_t hash);
/* n must be in t. */
void hash_del(struct hash_table *t, struct hash_node *n);

static inline struct hash_node *hash_first(const struct hash_table *t, uint64_t hash)
{
        struct hash_node *n = t->bucket ? t->bucket[hash & t->mask] : NULL;

        while (n && n->hash != hash)
                n = n->next;
        return n;
}

static inline struct hash_node *hash_next(struct hash_node *n)
{
        uint64_t h = n->hash;

        do
                n = n->next;
        while (n && n->hash != h);
        return n;
}

#define hash_each_match(it, t, h) for (struct hash_node *it = hash_first(t, h); it; it = hash_next(it))

#endif
