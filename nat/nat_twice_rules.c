/* The rules of a line of twice NAT: one for each range of its source and, the other way round, of its destination. */
#include "nat/nat_int.h"

#include "platform/base/str.h"

unsigned twice_count(const struct twice *t)
{
        return t->real.n + t->there_real.n;
}

static bool has_destination(const struct twice *t)
{
        return t->there_real.n != 0;
}

/* Nobody can open a connection to what shares an address, or where the line says so. */
static bool is_one_way(const struct twice *t)
{
        return t->conf->dynamic || t->conf->unidirectional;
}

static int copy_set(struct arena *a, const struct nat_set *s, const struct addr_range **r, unsigned *n)
{
        *r = arena_dup(a, s->r, s->n * sizeof *s->r);
        *n = s->n;
        return *r ? 0 : -1;
}

/* The address of an interface is known here: a change of it compiles the rules anew. */
static int copy_mapped(struct arena *a, const struct nat_set *s, const struct iface_rt *own, struct nat_peer *p)
{
        struct addr_range at;

        if (s->n || !own)
                return copy_set(a, s, &p->mapped, &p->nmapped);
        at = (struct addr_range){ own->ip, own->ip };
        return copy_set(a, &(struct nat_set){ &at, 1 }, &p->mapped, &p->nmapped);
}

static struct nat_peer *peer_of(struct arena *a, const struct nat_set *real, const struct nat_set *mapped,
                                const struct nat_service *svc, const struct iface_rt *own)
{
        struct nat_peer *p = arena_alloc(a, sizeof *p);

        if (!p || copy_set(a, real, &p->real, &p->nreal) < 0 || copy_mapped(a, mapped, own, p) < 0)
                return NULL;
        p->proto = svc->proto;
        p->real_port = svc->real;
        p->mapped_port = svc->mapped;
        return p;
}

/* What all rules of the source have in common. */
static struct nat_rule_rt near_rule(const struct twice *t, uint16_t real_if, uint16_t mapped_if)
{
        const struct twice_nat_conf *c = t->conf;

        return (struct nat_rule_rt){ .id = c->o.id,
                                     .real_if = real_if,
                                     .mapped_if = mapped_if,
                                     .dynamic = c->dynamic,
                                     .one_way = is_one_way(t),
                                     .to_interface = c->mapped.kind == NAT_END_INTERFACE,
                                     .iface_fallback = c->iface_fallback,
                                     .no_proxy_arp = c->no_proxy_arp,
                                     .route_lookup = c->route_lookup,
                                     .svc_proto = t->svc.proto,
                                     .svc_real = t->svc.real,
                                     .svc_mapped = t->svc.mapped };
}

static struct nat_rule_rt far_rule(const struct twice *t, uint16_t real_if, uint16_t mapped_if)
{
        const struct twice_nat_conf *c = t->conf;

        return (struct nat_rule_rt){ .id = c->o.id,
                                     .real_if = mapped_if,
                                     .mapped_if = real_if,
                                     .far = true,
                                     .one_way = is_one_way(t),
                                     .to_interface = c->there_mapped.kind == NAT_END_INTERFACE,
                                     .no_proxy_arp = c->no_proxy_arp,
                                     .route_lookup = c->route_lookup,
                                     .svc_proto = t->there_svc.proto,
                                     .svc_real = t->there_svc.real,
                                     .svc_mapped = t->there_svc.mapped };
}

/* A set of several ranges is mapped to itself, or shares one address. */
static void add(struct nat_rt *n, struct nat_rule_rt rule, const struct nat_set *real, const struct nat_set *mapped)
{
        for (unsigned i = 0; i < real->n; i++) {
                rule.real = real->r[i];
                if (mapped->n)
                        rule.mapped = mapped->r[rule.dynamic ? 0 : i];
                n->rule[n->n++] = rule;
                rule.part++;
        }
}

static int add_near(struct nat_rt *n, struct arena *a, const struct twice *t, struct nat_rule_rt rule,
                    const struct iface_rt *own)
{
        if (has_destination(t)) {
                rule.peer = peer_of(a, &t->there_real, &t->there_mapped, &t->there_svc, own);
                if (!rule.peer)
                        return -1;
        }
        str_copy(rule.object, sizeof rule.object, t->conf->real.kind == NAT_END_ANY ? "any" : t->conf->real.name);
        add(n, rule, &t->real, &t->mapped);
        return 0;
}

static int add_far(struct nat_rt *n, struct arena *a, const struct twice *t, struct nat_rule_rt rule,
                   const struct iface_rt *own)
{
        if (!has_destination(t))
                return 0;
        rule.peer = peer_of(a, &t->real, &t->mapped, &t->svc, own);
        if (!rule.peer)
                return -1;
        rule.part = t->real.n;
        add(n, rule, &t->there_real, &t->there_mapped);
        return 0;
}

/* The box's own address, and so its subnet, stays its own. */
static bool takes_own(const struct twice *t, const struct net_rt *net)
{
        for (uint16_t i = 1; i < net->nifaces; i++) {
                const struct iface_rt *ifc = iface_by_idx(net, i);

                if (ifc && twice_takes_own(t, ifc->nameif, &ifc->ip))
                        return true;
        }
        return false;
}

int twice_compile(struct nat_rt *n, struct arena *a, const struct twice *t, uint8_t section, uint32_t line,
                  const struct net_rt *net, struct err *e)
{
        struct nat_rule_rt near, far;
        uint16_t real_if, mapped_if;

        if (!nat_resolve_iface(net, t->conf->real_if, &real_if) ||
            !nat_resolve_iface(net, t->conf->mapped_if, &mapped_if) || takes_own(t, net))
                return 0;
        near = near_rule(t, real_if, mapped_if);
        far = far_rule(t, real_if, mapped_if);
        near.section = far.section = section;
        near.line = far.line = line;
        if (add_near(n, a, t, near, iface_by_idx(net, real_if)) < 0 ||
            add_far(n, a, t, far, iface_by_idx(net, mapped_if)) < 0)
                return err_nomem(e, "compiling NAT");
        return 0;
}
