/*
 * Seeded hash function and an intrusive chained table. The node holds the full hash, so compares are rare.
 * A table made with a fixed bucket count never resizes (packet path); one made with 0 grows (control path).
 */
#ifndef VOXGATE_BASE_HASH_H
#define VOXGATE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "platform/base/attr.h"

static inline uint64_t hash_load(const uint8_t *p)
{
        uint64_t v;

        memcpy(&v, p, sizeof v);
        return v;
}

/* Up to 8 bytes without reading past them. */
static inline uint64_t hash_load_few(const uint8_t *p, size_t n)
{
        uint64_t v = 0;

        memcpy(&v, p, n);
        return v;
}

/* Folds the full product: each input bit reaches every output bit below and above it. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
        unsigned __int128 m = (unsigned __int128)a * b;

        return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/*
 * Keyed 64-bit mix, 16 bytes a multiplication; not a MAC. Both factors depend on the seed: with a known constant in
 * one of them a sender could make the product zero and so collide at will. Inline, because a flow key has a constant
 * size.
 */
static inline uint64_t hash_bytes(const void *data, size_t n, uint64_t seed)
{
        const uint8_t *p = data;
        uint64_t k = hash_fold(seed ^ 0x9e3779b97f4a7c15u, seed + 0xd1342543de82ef95u) | 1;
        uint64_t h = seed + n * 0xbf58476d1ce4e5b9u;

        if (n >= 16) {
                const uint8_t *last = p + n - 16;

                for (; p < last; p += 16)
                        h = hash_fold(hash_load(p) ^ k, hash_load(p + 8) ^ h);
                h = hash_fold(hash_load(last) ^ k ^ 0x94d049bb133111ebu, hash_load(last + 8) ^ h);
        } else {
                size_t lo = n < 8 ? n : 8;

                h = hash_fold(hash_load_few(p, lo) ^ k, hash_load_few(p + lo, n - lo) ^ h);
        }
        return hash_fold(h ^ 0xff51afd7ed558ccdu, k);
}
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
