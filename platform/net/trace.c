#include "platform/net/dp.h"

#include <stdarg.h>
#include <stdio.h>

struct trace_phase *trace_add(struct pkt *pk, const char *type, const char *subtype, bool allow)
{
        struct trace *t = pk->trace;
        struct trace_phase *ph;

        if (!t || t->n >= TRACE_PHASES_MAX)
                return NULL;
        ph = &t->phase[t->n++];
        *ph = (struct trace_phase){ .type = type, .subtype = subtype, .allow = allow };
        return ph;
}

void trace_info(struct trace_phase *ph, const char *fmt, ...)
{
        va_list ap;

        if (!ph)
                return;
        va_start(ap, fmt);
        vsnprintf(ph->info, sizeof ph->info, fmt, ap);
        va_end(ap);
}
