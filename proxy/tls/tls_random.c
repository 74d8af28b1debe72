#include <string.h>

#include "platform/base/mem.h"
#include "proxy/tls/tls_int.h"

/* 0, or what the source says. */
static int take_random(struct tls_random *r, uint8_t *out, size_t n)
{
        if (n > sizeof r->pool)
                return rng_mbedtls((void *)(uintptr_t)r->rng, out, n);
        if (n > r->left) {
                int rc = rng_mbedtls((void *)(uintptr_t)r->rng, r->pool, sizeof r->pool);

                if (rc)
                        return rc;
                r->left = sizeof r->pool;
        }
        r->left -= n;
        memcpy(out, r->pool + r->left, n);
        mem_wipe(r->pool + r->left, n);
        return 0;
}

int tls_random(void *random, unsigned char *out, size_t n)
{
        struct tls_random *r = random;
        int rc;

        pthread_mutex_lock(&r->lock);
        rc = take_random(r, out, n);
        pthread_mutex_unlock(&r->lock);
        return rc;
}
