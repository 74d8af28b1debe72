#include "pki/libcrypto.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"

static void *take(size_t n, const char *file UNUSED, int line UNUSED)
{
        return n ? malloc(n) : NULL;
}

static void give(void *p, const char *file UNUSED, int line UNUSED)
{
        if (p)
                mem_wipe(p, malloc_usable_size(p));
        free(p);
}

/* The C library's own would leave the old block as it was. */
static void *resize(void *p, size_t n, const char *file, int line)
{
        size_t had = p ? malloc_usable_size(p) : 0;
        void *q = take(n, file, line);

        if (q && p)
                memcpy(q, p, had < n ? had : n);
        if (q || !n)
                give(p, file, line);
        return q;
}

bool libcrypto_wipe_freed(void)
{
        return CRYPTO_set_mem_functions(take, resize, give) == 1;
}
