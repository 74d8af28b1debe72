/* Bytes of one direction waiting between leg and engine. Grows to a hard maximum, gives its memory back when empty.
 */
#ifndef VOXGATE_PROXY_LEG_SBUF_H
#define VOXGATE_PROXY_LEG_SBUF_H

#include <string.h>

#include "platform/base/mem.h"

struct sbuf {
        uint8_t *p;
        size_t off, len, cap, max; /* bytes p[off .. off+len) are waiting */
};

static inline const uint8_t *sbuf_data(const struct sbuf *b)
{
        return b->p + b->off;
}

/* At least `need` free bytes behind the data (moving it to the front first): where to write, NULL when max forbids.
 */
static inline uint8_t *sbuf_room(struct sbuf *b, size_t need, size_t *room)
{
        size_t want = b->len + need;
        uint8_t *p;

        if (want > b->max)
                return NULL;
        if (b->off && want <= b->cap && b->off + want > b->cap) {
                memmove(b->p, b->p + b->off, b->len);
                b->off = 0;
        }
        if (b->off + want > b->cap) {
                size_t cap = b->cap ? b->cap : 2048;

                while (cap < want)
                        cap *= 2;
                cap = MIN_OF(cap, b->max);
                /* Not mem_realloc(): the old block would be freed unwiped. */
                p = mem_alloc(MEM_STREAM, cap);
                if (!p)
                        return NULL;
                if (b->len)
                        memcpy(p, b->p + b->off, b->len);
                mem_free_secret(b->p);
                b->p = p;
                b->off = 0;
                b->cap = cap;
        }
        *room = b->cap - b->off - b->len;
        return b->p + b->off + b->len;
}

static inline void sbuf_used(struct sbuf *b, size_t n)
{
        b->off += n;
        b->len -= n;
        if (!b->len)
                b->off = 0;
}

/* Cleartext of calls is a secret: wiped. */
static inline void sbuf_release(struct sbuf *b)
{
        mem_free_secret(b->p);
        b->p = NULL;
        b->off = b->len = b->cap = 0;
}

#endif
