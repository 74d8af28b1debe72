/* Linear memory: allocated piece by piece, freed in one call. For snapshot parts and for the work of one command. */
#ifndef VOXGATE_BASE_ARENA_H
#define VOXGATE_BASE_ARENA_H

#include <stddef.h>

#include "platform/base/attr.h"

struct arena;

/* chunk: bytes fetched from the heap at a time (0 = 64 KiB). NULL when out of memory. */
struct arena *arena_new(size_t chunk) MUST_USE;
void arena_free(struct arena *a); /* NULL is legal; frees everything taken from it */
/* Zeroed, 16-byte aligned; NULL when out of memory. Lives as long as the arena. n = 0 gives a unique pointer. */
void *arena_alloc(struct arena *a, size_t n) MUST_USE;
/* n * size with overflow check. */
void *arena_array(struct arena *a, size_t n, size_t size) MUST_USE;
void *arena_dup(struct arena *a, const void *p, size_t n) MUST_USE;
char *arena_strdup(struct arena *a, const char *s) MUST_USE;
size_t arena_bytes(const struct arena *a); /* bytes fetched from the heap */

#endif
