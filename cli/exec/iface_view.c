#include "cli/exec/iface_view.h"

#include <stdio.h>
#include <string.h>

#include "cli/exec/util.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"

#define LOAD(x) atomic_load_explicit(&(x), memory_order_relaxed)

struct port_query {
        uint16_t port;
        struct iface_view *v;
};

static void read_port(struct worker *w, void *arg)
{
        struct port_query *q = arg;
        const struct port *p = q->port < WORKER_PORTS_MAX ? w->port[q->port] : NULL;

        if (!p)
                return;
        q->v->has_port = true;
        q->v->link = p->link;
        q->v->port = p->stat;
        q->v->has_medium = p->ops->medium != NULL;
        if (p->ops->medium)
                p->ops->medium(p, &q->v->medium);
        snprintf(q->v->where, sizeof q->v->where, "%s:%s", p->ops->kind, p->name);
}

static void read_counters(const struct box *b, struct iface_view *v)
{
        const struct iface_stat *st = b->nworkers && b->worker[0] ? b->worker[0]->env.ifstat : NULL;

        if (!st || !v->idx || v->idx >= IFACES_MAX)
                return;
        st += v->idx;
        v->in_pkts = LOAD(st->in_pkts);
        v->in_bytes = LOAD(st->in_bytes);
        v->out_pkts = LOAD(st->out_pkts);
        v->out_bytes = LOAD(st->out_bytes);
        v->drops = LOAD(st->drops);
        v->in_bcast = LOAD(st->in_bcast);
        v->in_errors = LOAD(st->in_errors);
}

static const struct iface_rt *rt_by_hwname(const struct net_rt *n, const char *hwname)
{
        for (unsigned i = 1; i < n->nifaces; i++)
                if (n->iface[i].idx && !strcmp(n->iface[i].hwname, hwname))
                        return &n->iface[i];
        return NULL;
}

static void complete_view(struct box *b, const struct snapshot *snap, struct iface_view *v)
{
        struct port_query q = { .port = 0xFFFF, .v = v };

        v->rt = snap ? rt_by_hwname(net_rt(snap), v->hwname) : NULL;
        if (v->rt) {
                v->idx = v->rt->idx;
                v->mac = v->rt->mac;
                q.port = v->rt->port;
        }
        if (q.port != 0xFFFF)
                each_worker(b, read_port, &q);
        read_counters(b, v);
}

unsigned iface_views(struct box *b, const struct snapshot *snap, struct iface_view **views)
{
        unsigned n = 0;

        *views = mem_alloc(MEM_CLI, IFACES_MAX * sizeof **views);
        if (!*views)
                return 0;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct iface_conf, c, &b->store->net.ifaces) {
                if (n == IFACES_MAX)
                        break;
                (*views)[n].conf = *c;
                snprintf((*views)[n].hwname, sizeof(*views)[n].hwname, "%s", c->o.name);
                n++;
        }
        pthread_mutex_unlock(&b->conf_lock);
        for (unsigned i = 0; i < n; i++)
                complete_view(b, snap, &(*views)[i]);
        return n;
}
