#include "platform/base/wbuf.h"

#include <stdio.h>

#include "platform/base/mem.h"

static void put_exact(struct wbuf *w, size_t n, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

/* vsnprintf() wants room for a NUL that we do not store: a text that fits exactly takes the way round. */
static void put_exact(struct wbuf *w, size_t n, const char *fmt, va_list ap)
{
        char *tmp = mem_alloc(MEM_MISC, n + 1);

        if (!tmp) {
                w->full = true;
                return;
        }
        vsnprintf(tmp, n + 1, fmt, ap);
        wbuf_put(w, tmp, n);
        mem_free_secret(tmp);
}

void wbuf_vprintf(struct wbuf *w, const char *fmt, va_list ap)
{
        size_t room = w->full ? 0 : w->cap - w->len;
        va_list again;
        int n;

        va_copy(again, ap);
        n = vsnprintf(room ? (char *)w->buf + w->len : NULL, room, fmt, ap);
        if (n < 0 || (size_t)n > room)
                w->full = true;
        else if ((size_t)n < room)
                w->len += (size_t)n;
        else if (n)
                put_exact(w, (size_t)n, fmt, again);
        va_end(again);
}

void wbuf_printf(struct wbuf *w, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        wbuf_vprintf(w, fmt, ap);
        va_end(ap);
}
