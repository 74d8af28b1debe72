#include "cli/lang/text.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"

/* Room for n bytes more and a NUL. The old block is wiped, not realloc()ed: it may hold a secret. */
static bool grow(struct text *t, size_t n)
{
        size_t cap = MAX_OF(t->cap * 2, (size_t)256);
        char *p;

        if (t->bad || n < t->cap - t->n)
                return !t->bad;
        while (cap <= t->n + n)
                cap *= 2;
        p = mem_alloc(MEM_CLI, cap);
        t->bad = !p;
        if (!p)
                return false;
        if (t->p)
                memcpy(p, t->p, t->n);
        mem_free_secret(t->p);
        t->p = p;
        t->cap = cap;
        return true;
}

void text_addn(struct text *t, const char *s, size_t n)
{
        if (!grow(t, n))
                return;
        memcpy(t->p + t->n, s, n);
        t->n += n;
        t->p[t->n] = 0;
}

void text_add(struct text *t, const char *s)
{
        text_addn(t, s, strlen(s));
}

void text_vprintf(struct text *t, const char *fmt, va_list ap)
{
        va_list again;
        int n;

        va_copy(again, ap);
        n = vsnprintf(NULL, 0, fmt, ap);
        if (n >= 0 && grow(t, (size_t)n)) {
                vsnprintf(t->p + t->n, (size_t)n + 1, fmt, again);
                t->n += (size_t)n;
        }
        va_end(again);
}

void text_printf(struct text *t, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        text_vprintf(t, fmt, ap);
        va_end(ap);
}

void text_cut(struct text *t, size_t n)
{
        if (n < t->n) {
                t->n = n;
                t->p[n] = 0;
        }
}

void text_fini(struct text *t)
{
        mem_free_secret(t->p);
        *t = (struct text){ 0 };
}
