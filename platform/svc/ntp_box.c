/* Questions to NTP servers as flows of the box, each with a port of its own. */
#include "platform/svc/ntp.h"

static int way_open(void *ctx, const char *nameif, const struct addr *server, struct box_flow *out, struct err *e)
{
        return box_udp(ctx, nameif, server, NTP_PORT, out, e);
}

static void way_close(void *ctx, const struct box_flow *f)
{
        box_close(ctx, f);
}

struct ntp_way box_ntp_way(const struct box_net *net)
{
        return (struct ntp_way){ .ctx = (void *)(uintptr_t)net, .open = way_open, .close = way_close };
}
