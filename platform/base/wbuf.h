/* Bounded writer with the cursor's sticky rule: a write that does not fit writes nothing and sets `full`. */
#ifndef VOXGATE_BASE_WBUF_H
#define VOXGATE_BASE_WBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "platform/base/attr.h"

struct wbuf {
        uint8_t *buf; /* borrowed from the caller */
        size_t cap;
        size_t len;
        bool full;
};

static inline struct wbuf wbuf_of(void *buf, size_t cap)
{
        return (struct wbuf){ .buf = buf, .cap = cap };
}

/* Room for n bytes that the caller fills in; NULL (and full) when they do not fit. */
static inline uint8_t *wbuf_room(struct wbuf *w, size_t n)
{
        uint8_t *p = w->buf + w->len;

        if (w->full || n > w->cap - w->len) {
                w->full = true;
                return NULL;
        }
        w->len += n;
        return p;
}

static inline void wbuf_put(struct wbuf *w, const void *src, size_t n)
{
        uint8_t *p = wbuf_room(w, n);

        if (p && n)
                memcpy(p, src, n);
}

static inline void wbuf_u8(struct wbuf *w, uint8_t v)
{
        wbuf_put(w, &v, 1);
}

static inline void wbuf_be16(struct wbuf *w, uint16_t v)
{
        uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

        wbuf_put(w, b, 2);
}

static inline void wbuf_be32(struct wbuf *w, uint32_t v)
{
        uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

        wbuf_put(w, b, 4);
}

static inline void wbuf_str(struct wbuf *w, const char *s)
{
        wbuf_put(w, s, strlen(s));
}

/* Formatted text without the NUL; sets full and writes nothing when it does not fit. */
void wbuf_printf(struct wbuf *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
void wbuf_vprintf(struct wbuf *w, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Ends the text with a NUL inside the capacity (the last byte is given up when full) and returns the text. */
static inline char *wbuf_text(struct wbuf *w)
{
        if (!w->cap)
                return (char *)"";
        if (w->len == w->cap)
                w->len--, w->full = true;
        w->buf[w->len] = 0;
        return (char *)w->buf;
}

#endif
