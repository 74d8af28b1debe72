/* Growing text for output that has no bound of its own (a running configuration). A zeroed one is legal and empty. */
#ifndef VOXGATE_CLI_LANG_TEXT_H
#define VOXGATE_CLI_LANG_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "platform/base/attr.h"

struct text {
        char *p; /* NUL-ended when not NULL */
        size_t n, cap;
        bool bad; /* sticky: memory ran out, the text is incomplete */
};

void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_printf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_vprintf(struct text *t, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Forgets what was written behind n. */
void text_cut(struct text *t, size_t n);
/* Frees after wiping (it may hold secrets); the text is empty again. */
void text_fini(struct text *t);
/* Never NULL. */
static inline const char *text_str(const struct text *t)
{
        return t->p ? t->p : "";
}

#endif
