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
