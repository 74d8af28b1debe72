#include "tests/support/secret_watch.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#define NEEDLES_MAX 32

static struct {
        bool armed;
        unsigned n, hits;
        struct {
                uint8_t b[64];
                size_t n;
        } needle[NEEDLES_MAX];
} watch;

static void search(const void *p, size_t n)
{
        for (unsigned i = 0; i < watch.n; i++)
                if (memmem(p, n, watch.needle[i].b, watch.needle[i].n)) {
                        watch.hits++;
                        return;
                }
}

#ifdef SANITIZED
/* Of the sanitizers' common run time; not every compiler brings the header. */
extern int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                                     void (*on_free)(const volatile void *));

/* Sizes are kept here: at the time of the free hook the sanitizer has already forgotten them. */
#define SLOTS (1u << 16)
static struct {
        uintptr_t p;
        size_t n;
} slot[SLOTS];

static unsigned slot_of(uintptr_t p)
{
        return (unsigned)((p >> 4) * 0x9e3779b97f4a7c15u >> 48) % SLOTS;
}

static void on_malloc(const volatile void *p, size_t n)
{
        unsigned s = slot_of((uintptr_t)p);

        if (!watch.armed || !p)
                return;
        for (unsigned tries = 0; tries < 64; tries++, s = (s + 1) % SLOTS)
                if (!slot[s].p || slot[s].p == (uintptr_t)p) {
                        slot[s].p = (uintptr_t)p;
                        slot[s].n = n;
                        return;
                }
}

static void on_free(const volatile void *p)
{
        unsigned s = slot_of((uintptr_t)p);

        if (!watch.armed || !p)
                return;
        for (unsigned tries = 0; tries < 64 && slot[s].p; tries++, s = (s + 1) % SLOTS)
                if (slot[s].p == (uintptr_t)p) {
                        search((const void *)(uintptr_t)p, slot[s].n);
                        slot[s].n = 0; /* the address may come again */
                        return;
                }
}

static bool install(void)
{
        static int done;

        if (!done)
                done = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) ? 1 : -1;
        memset(slot, 0, sizeof slot);
        return done > 0;
}
#else
extern void __libc_free(void *p);

/* Takes the place of the C library's for the whole test program. */
void free(void *p)
{
        if (watch.armed && p)
                search(p, malloc_usable_size(p));
        __libc_free(p);
}

static bool install(void)
{
        return true;
}
#endif

bool secret_watch_start(void)
{
        memset(&watch, 0, sizeof watch);
        watch.armed = install();
        return watch.armed;
}

void secret_watch_add(const void *needle, size_t n)
{
        if (watch.n + 2 > NEEDLES_MAX || n < 8 || n > sizeof watch.needle[0].b)
                abort();
        for (int reversed = 0; reversed < 2; reversed++, watch.n++) {
                watch.needle[watch.n].n = n;
                for (size_t i = 0; i < n; i++)
                        watch.needle[watch.n].b[i] = ((const uint8_t *)needle)[reversed ? n - 1 - i : i];
        }
}

unsigned secret_watch_stop(void)
{
        watch.armed = false;
        return watch.hits;
}
