#include "platform/base/arena.h"

#include <stdint.h>
#include <string.h>

#include "platform/base/mem.h"

#define ALIGN 16u
#define CHUNK_DEFAULT (64u << 10)
#define CHUNK_MIN 256u

struct chunk {
        struct chunk *next;
        size_t used, cap;
        char pad[8]; /* data starts 16-byte aligned */
        char data[];
};
_Static_assert(offsetof(struct chunk, data) % ALIGN == 0, "chunk data must be aligned");

struct arena {
        struct chunk *cur; /* the one being filled; full and oversized ones hang behind it */
        size_t chunk, bytes;
};

struct arena *arena_new(size_t chunk)
{
        struct arena *a = mem_alloc(MEM_ARENA, sizeof *a);

        if (!a)
                return NULL;
        a->chunk = chunk ? MAX_OF(chunk, CHUNK_MIN) : CHUNK_DEFAULT;
        a->bytes = sizeof *a;
        return a;
}

void arena_free(struct arena *a)
{
        if (!a)
                return;
        for (struct chunk *c = a->cur, *next; c; c = next) {
                next = c->next;
                mem_free(c);
        }
        mem_free(a);
}

static struct chunk *chunk_new(struct arena *a, size_t cap)
{
        struct chunk *c = mem_alloc(MEM_ARENA, sizeof *c + cap);

        if (!c)
                return NULL;
        c->cap = cap;
        a->bytes += sizeof *c + cap;
        return c;
}

/* A piece that would waste much of a chunk gets one of its own, hung behind the current one. */
static void *alloc_large(struct arena *a, size_t n)
{
        struct chunk *c = chunk_new(a, n);

        if (!c)
                return NULL;
        c->used = n;
        if (a->cur) {
                c->next = a->cur->next;
                a->cur->next = c;
        } else {
                a->cur = c;
        }
        return c->data;
}

void *arena_alloc(struct arena *a, size_t n)
{
        struct chunk *c = a->cur;
        void *p;

        if (n > SIZE_MAX / 2)
                return NULL;
        n = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
        if (!c || n > c->cap - c->used) {
                if (n > a->chunk / 4)
                        return alloc_large(a, n);
                c = chunk_new(a, a->chunk);
                if (!c)
                        return NULL;
                c->next = a->cur;
                a->cur = c;
        }
        p = c->data + c->used;
        c->used += n;
        return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
        size_t bytes;

        return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

void *arena_dup(struct arena *a, const void *p, size_t n)
{
        void *copy = arena_alloc(a, n);

        if (copy && n)
                memcpy(copy, p, n);
        return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
        return arena_dup(a, s, strlen(s) + 1);
}

size_t arena_bytes(const struct arena *a)
{
        return a->bytes;
}
