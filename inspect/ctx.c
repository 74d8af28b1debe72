#include "inspect/ctx.h"

#include <stdarg.h>
#include <stdio.h>

int inspect_refuse_text(struct inspect_ctx *c, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(c->reason, sizeof c->reason, fmt, ap);
        va_end(ap);
        return -1;
}

void inspect_count(struct inspect_ctx *c, const char *counter, uint64_t n)
{
        if (c->ops && c->ops->count)
                c->ops->count(c, counter, n);
}

int inspect_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        return c->ops && c->ops->open_pinhole ? c->ops->open_pinhole(c, r) : 0;
}
