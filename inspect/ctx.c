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

void inspect_dropped(struct inspect_ctx *c)
{
        if (c->ops && c->ops->dropped)
                c->ops->dropped(c);
}

int inspect_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        return c->ops && c->ops->open_pinhole ? c->ops->open_pinhole(c, r) : 0;
}

static void end_text(char *out, size_t cap, const char *ifname, const struct endpoint *e)
{
        char a[ADDR_TEXT_MAX];

        snprintf(out, cap, "%s:%s/%u", ifname, addr_print(&e->a, a), e->port);
}

void inspect_way_of(const struct inspect_ctx *c, enum inspect_dir dir, struct inspect_way *w)
{
        bool client = dir == DIR_C2S;

        end_text(client ? w->from : w->to, sizeof w->from, c->client_if, &c->client);
        end_text(client ? w->to : w->from, sizeof w->to, c->server_if, &c->server);
}
