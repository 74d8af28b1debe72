#include <stdlib.h>
#include <string.h>

#include "platform/base/str.h"
#include "platform/net/iface_int.h"
#include "platform/net/route.h"

/* "GigabitEthernet0/1.20" -> "GigabitEthernet0/1"; false for a physical interface. */
static bool parent_name(const char *hwname, char out[HWNAME_MAX + 1])
{
        const char *dot = strrchr(hwname, '.');

        if (!dot || !str_copy(out, HWNAME_MAX + 1, hwname))
                return false;
        out[dot - hwname] = 0;
        return true;
}

/* A sub-interface lives on its parent's port and falls with it. */
static bool is_up(const struct net_conf *conf, const struct iface_conf *c)
{
        char parent[HWNAME_MAX + 1];
        const struct iface_conf *p;

        if (c->shutdown || !c->nameif[0])
                return false;
        if (!parent_name(c->o.name, parent))
                return true;
        p = conf_list_find(&conf->ifaces, parent);
        return c->vlan && p && !p->shutdown;
}

static bool is_named(const struct net_conf *conf, const char *hwname)
{
        char parent[HWNAME_MAX + 1];

        conf_each(struct iface_conf, c, &conf->ifaces)
                if (!strcmp(c->o.name, hwname) || (parent_name(c->o.name, parent) && !strcmp(parent, hwname)))
                        return true;
        return false;
}

/* When all indices are taken, that of a subinterface that is gone serves again. */
static struct iface_binding *bind_name(const struct net_conf *conf, struct iface_bindings *bind, const char *name)
{
        struct iface_binding *b = iface_bind(bind, name);

        for (unsigned i = 0; !b && i < bind->n; i++) {
                if (bind->b[i].port != 0xFFFF || is_named(conf, bind->b[i].hwname))
                        continue;
                b = &bind->b[i];
                str_copy(b->hwname, sizeof b->hwname, name);
        }
        return b;
}

static int compile_iface(struct net_rt *n, const struct net_conf *conf, const struct iface_conf *c,
                         struct iface_bindings *bind, struct err *e)
{
        char parent[HWNAME_MAX + 1];
        bool sub = parent_name(c->o.name, parent);
        struct iface_binding *on = bind_name(conf, bind, sub ? parent : c->o.name);
        struct iface_binding *b = bind_name(conf, bind, c->o.name);
        struct iface_rt *r;

        if (!b || !on)
                return err_set(e, ERR_LIMIT, "interface %s: more than %u interfaces", c->o.name, IFACES_MAX - 1);
        r = &n->iface[b->idx];
        r->idx = b->idx;
        r->port = on->port;
        memcpy(r->hwname, b->hwname, sizeof r->hwname);
        str_copy(r->nameif, sizeof r->nameif, c->nameif);
        r->naming = c->naming;
        r->level = c->level < 0 ? 0 : c->level;
        r->up = is_up(conf, c);
        r->vlan = sub ? c->vlan : 0;
        r->ip = c->ip;
        r->mask_len = c->mask_len;
        r->mtu = c->mtu ? c->mtu : 1500;
        r->frag.size = c->frag.size ? c->frag.size : FRAG_SIZE_DEFAULT;
        r->frag.chain = c->frag.chain ? c->frag.chain : FRAG_CHAIN_DEFAULT;
        r->frag.timeout_s = c->frag.timeout_s ? c->frag.timeout_s : FRAG_TIMEOUT_DEFAULT;
        r->mac = c->have_mac ? c->mac : on->mac;
        r->management_only = c->management_only;
        if (b->idx >= n->nifaces)
                n->nifaces = (uint16_t)(b->idx + 1);
        return 0;
}

/* Physical interfaces first: they head the chain of their port. */
static void index_ifaces(struct net_rt *n)
{
        for (uint16_t i = 1; i < n->nifaces; i++)
                if (n->iface[i].idx && !strchr(n->iface[i].hwname, '.') && n->iface[i].port < IFACES_MAX)
                        n->port_iface[n->iface[i].port] = i;
        for (uint16_t i = 1; i < n->nifaces; i++) {
                struct iface_rt *r = &n->iface[i];
                uint16_t head = r->idx && r->port < IFACES_MAX ? n->port_iface[r->port] : 0;

                if (head && head != i && r->vlan) {
                        r->next_on_port = n->iface[head].next_on_port;
                        n->iface[head].next_on_port = i;
                }
                if (r->up && r->ip.fam)
                        iface_own_add(n, i);
        }
}

static int by_preference(const void *x, const void *y)
{
        const struct route_entry *a = x, *b = y;
        int c = addr_cmp(&a->dst.a, &b->dst.a);

        if (a->dst.len != b->dst.len)
                return a->dst.len > b->dst.len ? -1 : 1;
        if (c)
                return c;
        if (a->distance != b->distance)
                return a->distance < b->distance ? -1 : 1;
        if (a->metric != b->metric)
                return a->metric < b->metric ? -1 : 1;
        c = addr_cmp(&a->gw, &b->gw);
        return c ? c : (int)a->iface - (int)b->iface;
}

static unsigned connected_routes(const struct net_rt *n, struct route_entry *out)
{
        unsigned k = 0;

        for (uint16_t i = 1; i < n->nifaces; i++) {
                const struct iface_rt *r = &n->iface[i];
                struct route_entry *re = &out[k];

                if (!r->idx || !r->up || !r->ip.fam)
                        continue;
                *re = (struct route_entry){ .dst = { .a = r->ip, .len = r->mask_len },
                                            .iface = i,
                                            .connected = true };
                prefix_normalise(&re->dst);
                k++;
        }
        return k;
}

static unsigned static_routes(const struct net_rt *n, const struct net_conf *conf, struct route_entry *out)
{
        unsigned k = 0;

        conf_each(struct route_conf, c, &conf->routes) {
                const struct iface_rt *r = iface_by_name(n, c->nameif);
                struct route_entry *re = &out[k];

                if (!r || !r->up || !r->ip.fam)
                        continue;
                *re = (struct route_entry){
                        .dst = { .a = c->net, .len = c->len }, .iface = r->idx, .gw = c->gw, .distance = c->metric
                };
                prefix_normalise(&re->dst);
                k++;
        }
        return k;
}

static void index_routes(struct route_rt *t)
{
        qsort(t->e, t->n, sizeof *t->e, by_preference);
        for (unsigned i = 0; i < t->n; i++) {
                uint8_t len = t->e[i].dst.len;

                if (!t->by_len[len].n) {
                        t->by_len[len].first = i;
                        t->len[t->nlens++] = len;
                }
                t->by_len[len].n++;
        }
}

static int compile_routes(struct arena *a, struct net_rt *n, const struct net_conf *conf, struct err *e)
{
        struct route_rt *t = arena_alloc(a, sizeof *t);

        if (!t)
                return err_nomem(e, "compiling routes");
        t->e = arena_array(a, n->nifaces + conf->routes.n, sizeof *t->e);
        if (!t->e)
                return err_nomem(e, "compiling routes");
        t->n = connected_routes(n, t->e);
        t->n += static_routes(n, conf, t->e + t->n);
        index_routes(t);
        n->routes = t;
        return 0;
}

static int compile_icmp(struct arena *a, struct net_rt *n, const struct net_conf *conf, struct err *e)
{
        struct icmp_rule_rt *r = arena_array(a, conf->icmps.n, sizeof *r);

        if (!r)
                return err_nomem(e, "compiling icmp lines");
        n->icmp = r;
        conf_each(struct icmp_conf, c, &conf->icmps) {
                const struct iface_rt *ifc = iface_by_name(n, c->nameif);

                if (!ifc)
                        continue;
                *r = (struct icmp_rule_rt){
                        .iface = ifc->idx, .permit = c->permit, .src = { .a = c->net, .len = c->len }, .type = c->type
                };
                if (r->src.a.fam)
                        prefix_normalise(&r->src);
                r++;
        }
        n->nicmp = (unsigned)(r - n->icmp);
        return 0;
}

static int compile_arps(struct arena *a, struct net_rt *n, const struct net_conf *conf, struct err *e)
{
        struct arp_static_rt *r = arena_array(a, conf->arps.n, sizeof *r);

        if (!r)
                return err_nomem(e, "compiling arp lines");
        n->arps = r;
        conf_each(struct arp_conf, c, &conf->arps) {
                const struct iface_rt *ifc = iface_by_name(n, c->nameif);

                if (ifc)
                        *r++ = (struct arp_static_rt){
                                .iface = ifc->idx, .ip = c->ip, .mac = c->mac, .alias = c->alias
                        };
        }
        n->narps = (unsigned)(r - n->arps);
        return 0;
}

static void compile_scalars(struct net_rt *n, const struct net_conf *conf)
{
        n->arp_nonconnected = conf->arp_nonconnected;
        n->arp_timeout_s = conf->arp_timeout_s ? conf->arp_timeout_s : 14400;
        n->unreach_rate = conf->unreach_rate ? conf->unreach_rate : 1;
        n->unreach_burst = conf->unreach_burst ? conf->unreach_burst : 1;
        n->same_inter = conf->same_inter;
        n->same_intra = conf->same_intra;
        conf_each(struct name_conf, c, &conf->noproxyarp) {
                const struct iface_rt *ifc = iface_by_name(n, c->o.name);

                if (ifc)
                        n->noproxyarp[ifc->idx] = true;
        }
}

int net_compile(struct snap_part *part, const struct net_conf *conf, struct iface_bindings *bind, struct err *e)
{
        struct net_rt *n = arena_alloc(part->arena, sizeof *n);

        if (!n)
                return err_nomem(e, "compiling interfaces");
        conf_each(struct iface_conf, c, &conf->ifaces) {
                if (compile_iface(n, conf, c, bind, e) < 0)
                        return -1;
        }
        index_ifaces(n);
        if (compile_routes(part->arena, n, conf, e) < 0 || compile_icmp(part->arena, n, conf, e) < 0 ||
            compile_arps(part->arena, n, conf, e) < 0)
                return -1;
        compile_scalars(n, conf);
        part->root = n;
        return 0;
}
