#include "platform/base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In front of every block; 16 bytes, so that the block keeps malloc's alignment. */
struct head {
        uint32_t kind;
        uint32_t magic;
        uint64_t size;
};
_Static_assert(sizeof(struct head) == 16, "blocks must stay 16-byte aligned");
#define MAGIC 0x76674d65u

struct counter {
        _Atomic uint64_t live, bytes, total;
} CACHE_ALIGNED;

/* The heap is one per process, and so are its counters and its test hook. */
static struct counter counters[MEM_KINDS];
static struct {
        _Atomic uint64_t count, nth;
        atomic_bool forever;
} fail;

static const char *const kind_name[] = {
#define MEM_KIND(id, name) name,
#include "platform/base/mem.def"
#undef MEM_KIND
};

static bool hook_fails(void)
{
        uint64_t count = atomic_fetch_add_explicit(&fail.count, 1, memory_order_relaxed) + 1;
        uint64_t nth = atomic_load_explicit(&fail.nth, memory_order_relaxed);

        if (likely(!nth))
                return false;
        return count == nth || (count > nth && atomic_load_explicit(&fail.forever, memory_order_relaxed));
}

static void count_in(const struct head *h)
{
        struct counter *c = &counters[h->kind];

        atomic_fetch_add_explicit(&c->live, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&c->total, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&c->bytes, h->size, memory_order_relaxed);
}

static void count_out(const struct head *h)
{
        struct counter *c = &counters[h->kind];

        atomic_fetch_sub_explicit(&c->live, 1, memory_order_relaxed);
        atomic_fetch_sub_explicit(&c->bytes, h->size, memory_order_relaxed);
}

static struct head *head_of(void *p)
{
        struct head *h = (struct head *)p - 1;

        /* Not one of ours, or freed before: going on would damage somebody else's memory. */
        if (unlikely(h->magic != MAGIC || h->kind >= MEM_KINDS))
                abort();
        return h;
}

void *mem_alloc(enum mem_kind kind, size_t n)
{
        struct head *h;

        if (hook_fails() || n > SIZE_MAX - sizeof *h)
                return NULL;
        h = calloc(1, sizeof *h + n);
        if (!h)
                return NULL;
        *h = (struct head){ .kind = kind, .magic = MAGIC, .size = n };
        count_in(h);
        return h + 1;
}

void *mem_realloc(enum mem_kind kind, void *p, size_t n)
{
        struct head *h, old;

        if (!p)
                return mem_alloc(kind, n);
        if (hook_fails() || n > SIZE_MAX - sizeof *h)
                return NULL;
        h = head_of(p);
        old = *h;
        h = realloc(h, sizeof *h + n);
        if (!h)
                return NULL;
        count_out(&old);
        *h = (struct head){ .kind = kind, .magic = MAGIC, .size = n };
        count_in(h);
        if (n > old.size)
                memset((char *)(h + 1) + old.size, 0, n - old.size);
        return h + 1;
}

char *mem_strdup(enum mem_kind kind, const char *s)
{
        return mem_dup(kind, s, strlen(s) + 1);
}

void *mem_dup(enum mem_kind kind, const void *p, size_t n)
{
        void *copy = mem_alloc(kind, n);

        if (copy && n)
                memcpy(copy, p, n);
        return copy;
}

void mem_free(void *p)
{
        struct head *h;

        if (!p)
                return;
        h = head_of(p);
        count_out(h);
        h->magic = 0;
        free(h);
}

void mem_free_secret(void *p)
{
        if (p)
                mem_wipe(p, head_of(p)->size);
        mem_free(p);
}

void mem_wipe(void *p, size_t n)
{
        if (n)
                explicit_bzero(p, n);
}

void *mem_reserve(size_t n)
{
        void *p;

        if (hook_fails() || !n)
                return NULL;
        p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return p == MAP_FAILED ? NULL : p;
}

void mem_unreserve(void *p, size_t n)
{
        if (p)
                munmap(p, n);
}

void mem_stat(enum mem_kind kind, struct mem_stat *out)
{
        struct counter *c = &counters[kind];

        out->name = kind_name[kind];
        out->live = atomic_load_explicit(&c->live, memory_order_relaxed);
        out->bytes = atomic_load_explicit(&c->bytes, memory_order_relaxed);
        out->total = atomic_load_explicit(&c->total, memory_order_relaxed);
}

uint64_t mem_live_blocks(void)
{
        uint64_t sum = 0;

        for (unsigned i = 0; i < MEM_KINDS; i++)
                sum += atomic_load_explicit(&counters[i].live, memory_order_relaxed);
        return sum;
}

void mem_fail_nth(uint64_t n, bool forever)
{
        atomic_store_explicit(&fail.nth, 0, memory_order_relaxed);
        atomic_store_explicit(&fail.count, 0, memory_order_relaxed);
        atomic_store_explicit(&fail.forever, forever, memory_order_relaxed);
        atomic_store_explicit(&fail.nth, n, memory_order_relaxed);
}

uint64_t mem_fail_count(void)
{
        return atomic_load_explicit(&fail.count, memory_order_relaxed);
}
