/*
 * Fixed-size objects with a hard maximum, reserved at start and never resized. One thread owns a pool.
 * Objects have stable indices 0..max-1, so tables can keep 32-bit ids instead of pointers.
 */
#ifndef VOXGATE_BASE_POOL_H
#define VOXGATE_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

struct pool;

/* Order in which freed objects are given out again: LIFO is warm, FIFO rests an id longest before reuse. */
enum pool_order { POOL_LIFO, POOL_FIFO };

struct pool *pool_new(size_t obj_size, uint32_t max, enum pool_order order) MUST_USE;
void pool_free(struct pool *p); /* NULL is legal */
/* Zeroed object or NULL when max are in use. Never calls the heap. */
void *pool_get(struct pool *p) MUST_USE;
void pool_put(struct pool *p, void *obj);
/* The object of an index, live or not; the index must be < max. */
void *pool_at(const struct pool *p, uint32_t idx);
uint32_t pool_index(const struct pool *p, const void *obj);
bool pool_live(const struct pool *p, uint32_t idx);
uint32_t pool_used(const struct pool *p);
uint32_t pool_most_used(const struct pool *p);
uint32_t pool_max(const struct pool *p);
/* Indices ever handed out are < this: the bound of a walk. */
uint32_t pool_high(const struct pool *p);

#endif
