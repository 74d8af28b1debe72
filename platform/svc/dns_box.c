/* Questions to DNS servers as flows of the box: only through interfaces that `dns domain-lookup` names. */
#include "platform/net/route.h"
#include "platform/svc/dns.h"

struct ask {
        const struct dns_conf *c;
        const struct addr *server;
        uint8_t proto;
        struct box_flow *out;
        struct err *e;
        int rc;
};

static bool enabled(const struct dns_conf *c, const char *nameif)
{
        for (unsigned i = 0; i < c->nifaces; i++)
                if (!strcmp(c->nameif[i], nameif))
                        return true;
        return false;
}

static void open_in_worker(struct worker *w, void *arg)
{
        struct ask *a = arg;
        const struct net_rt *n = w->snap ? net_rt(w->snap) : NULL;
        const struct route_entry *r = n ? route_lookup(n, a->server) : NULL;
        char text[ADDR_TEXT_MAX];

        if (r && !enabled(a->c, iface_name(n, r->iface))) {
                a->rc = err_set(a->e, ERR_STATE, "%s is behind interface %s, which has no dns domain-lookup",
                                addr_print(a->server, text), iface_name(n, r->iface));
                return;
        }
        a->rc = punt_box_open(w, a->proto, IFACE_NONE, a->server, 53, a->out, a->e);
}

static int way_open(void *ctx, const struct dns_conf *c, const struct addr *server, uint8_t proto,
                    struct box_flow *out, struct err *e)
{
        const struct box_net *n = ctx;
        struct ask a = { c, server, proto, out, e, -1 };

        worker_call(n->w, open_in_worker, &a);
        return a.rc;
}

static void way_close(void *ctx, const struct box_flow *f)
{
        box_close(ctx, f);
}

struct dns_way box_dns_way(const struct box_net *net)
{
        return (struct dns_way){ .ctx = (void *)(uintptr_t)net, .open = way_open, .close = way_close };
}
