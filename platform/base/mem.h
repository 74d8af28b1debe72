/*
 * Counted heap memory. Every allocation names its kind, so that an operator can see how many of what are alive
 * (show memory) and a test can fail the nth allocation of a run (torture tests).
 * Thread-safe. mem_free(NULL) is legal. All blocks are 16-byte aligned.
 */
#ifndef VOXGATE_BASE_MEM_H
#define VOXGATE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

enum mem_kind {
#define MEM_KIND(id, name) MEM_##id,
#include "platform/base/mem.def"
#undef MEM_KIND
        MEM_KINDS
};

/* Zeroed memory of n bytes, NULL when there is none (or the test hook says so). The caller frees it. */
void *mem_alloc(enum mem_kind kind, size_t n) MUST_USE;
/* Like realloc(); new bytes are zeroed; on NULL the old block stays valid. p may be NULL. */
void *mem_realloc(enum mem_kind kind, void *p, size_t n) MUST_USE;
char *mem_strdup(enum mem_kind kind, const char *s) MUST_USE;
void *mem_dup(enum mem_kind kind, const void *p, size_t n) MUST_USE;
void mem_free(void *p);
/* Frees after wiping the whole block with a store the compiler cannot remove (rule K2). */
void mem_free_secret(void *p);
/* Wipes n bytes with a store the compiler cannot remove. */
void mem_wipe(void *p, size_t n);

/*
 * Page-backed memory for tables reserved to their hard maximum at start: address space only, pages come on first use.
 * Not counted per kind, never resized. Returns NULL when the address space is refused.
 */
void *mem_reserve(size_t n) MUST_USE;
void mem_unreserve(void *p, size_t n);

struct mem_stat {
        const char *name;
        uint64_t live;  /* blocks */
        uint64_t bytes; /* requested bytes alive */
        uint64_t total; /* blocks ever */
};
void mem_stat(enum mem_kind kind, struct mem_stat *out);
/* Sum of live blocks over all kinds. */
uint64_t mem_live_blocks(void);

/* Test hook: the nth allocation from now (1 = next) fails; with `forever` all after it as well. 0 switches off. */
void mem_fail_nth(uint64_t n, bool forever);
/* How many allocations were made since the last mem_fail_nth(). */
uint64_t mem_fail_count(void);

#endif
