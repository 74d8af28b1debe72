#include "nat/nat_int.h"

#include "platform/base/mem.h"

/* What an object stands for; false: nothing a rule can use (empty, a name to be resolved). */
static bool object_range(const struct policy_conf *objs, const char *name, struct addr_range *out, bool *subnet)
{
        const struct netobj_conf *o = conf_list_find(&objs->netobjs, name);
        struct prefix p;

        *subnet = false;
        if (!o)
                return false;
        switch (o->kind) {
        case NETOBJ_HOST:
                *out = (struct addr_range){ o->a, o->a };
                return true;
        case NETOBJ_RANGE:
                *out = (struct addr_range){ o->a, o->hi };
                return o->a.fam == o->hi.fam && addr_cmp(&o->a, &o->hi) <= 0;
        case NETOBJ_SUBNET:
                p = (struct prefix){ .a = o->a, .len = o->len };
                prefix_normalise(&p);
                *out = prefix_range(&p);
                *subnet = true;
                return true;
        case NETOBJ_EMPTY:
        case NETOBJ_FQDN:
                break;
        }
        return false;
}

bool nat_resolve_iface(const struct net_rt *net, const char *name, uint16_t *idx)
{
        const struct iface_rt *ifc;

        *idx = IFACE_NONE;
        if (!name[0] || strcmp(name, "any") == 0)
                return true;
        ifc = iface_by_name(net, name);
        if (ifc)
                *idx = ifc->idx;
        return ifc != NULL;
}

/* The mapped side of a static rule typed with one address: as many addresses as the real side has, if there are. */
static bool extend_mapped(struct nat_rule_rt *r, const struct addr *first, bool subnet)
{
        unsigned __int128 span = addr_num(&r->real.hi) - addr_num(&r->real.lo);
        unsigned __int128 lo = addr_num(first);

        if (subnet)
                lo &= ~span; /* a subnet maps onto a subnet of the same mask */
        r->mapped.lo = addr_of_num(first->fam, lo);
        r->mapped.hi = addr_of_num(first->fam, lo + span);
        return addr_num(&r->mapped.hi) - addr_num(&r->mapped.lo) == span;
}

static bool resolve_mapped(struct nat_rule_rt *r, const struct object_nat_conf *c, const struct policy_conf *objs,
                           bool subnet)
{
        bool ignore;

        switch (c->mapped_kind) {
        case MAPPED_INTERFACE:
                r->to_interface = true;
                return true;
        case MAPPED_OBJECT:
                if (!object_range(objs, c->mapped_obj, &r->mapped, &ignore))
                        return false;
                break;
        case MAPPED_ADDR:
                r->mapped = (struct addr_range){ c->mapped, c->mapped };
                if (!r->dynamic && !extend_mapped(r, &c->mapped, subnet))
                        return false;
                break;
        }
        return r->mapped.lo.fam == r->real.lo.fam;
}

/* PAT goes to one address; a range would be dynamic NAT, which nat_check() refuses. */
static bool usable(const struct nat_rule_rt *r)
{
        return !r->dynamic || r->to_interface || addr_eq(&r->mapped.lo, &r->mapped.hi);
}

static bool compile_rule(struct nat_rule_rt *r, const struct object_nat_conf *c, const struct policy_conf *objs,
                         const struct net_rt *net)
{
        bool subnet;

        *r = (struct nat_rule_rt){
                .id = c->o.id,
                .section = 2,
                .dynamic = c->dynamic,
                .iface_fallback = c->iface_fallback,
                .no_proxy_arp = c->no_proxy_arp,
                .route_lookup = c->route_lookup,
                .svc_proto = c->svc_proto,
                .svc_real = c->svc_real,
                .svc_mapped = c->svc_mapped,
        };
        strncpy(r->object, c->o.name, sizeof r->object - 1);
        return nat_resolve_iface(net, c->real_if, &r->real_if) &&
               nat_resolve_iface(net, c->mapped_if, &r->mapped_if) && object_range(objs, c->o.name, &r->real, &subnet) && resolve_mapped(r, c, objs, subnet) && usable(r);
}

bool nat_rule_is_identity(const struct nat_rule_rt *r)
{
        return !r->dynamic && !r->to_interface && addr_eq(&r->real.lo, &r->mapped.lo) &&
               addr_eq(&r->real.hi, &r->mapped.hi);
}

/* A rule that maps the whole address space would make us answer for every address there is. */
static bool answers_arp(const struct nat_rule_rt *r)
{
        struct prefix all = { .a = { .fam = r->mapped.lo.fam }, .len = 0 };
        struct addr_range whole = prefix_range(&all);

        if (r->to_interface || r->no_proxy_arp)
                return false;
        return !addr_eq(&r->mapped.lo, &whole.lo) || !addr_eq(&r->mapped.hi, &whole.hi);
}

/* Can packets be for the mapped side? PAT to an interface never hides what the box itself listens to. */
static bool is_called(const struct nat_rule_rt *r)
{
        return r->dynamic ? !r->to_interface : r->far || !r->one_way;
}

static void index_rule(struct nat_rt *n, uint32_t i)
{
        const struct nat_rule_rt *r = &n->rule[i];
        bool again = r->dynamic && r->part; /* all ranges of a line share one address: it is there already */

        if (!r->far || !r->one_way)
                nat_index_add(&n->source, n, i, &r->real, r->real_if, r->svc_proto, r->svc_real);
        if (is_called(r) && !again)
                nat_index_add(&n->dest, n, i, &r->mapped, r->mapped_if, r->svc_proto, r->svc_mapped);
        if (answers_arp(r) && !again)
                nat_index_add(&n->arp, n, i, &r->mapped, r->mapped_if, 0, 0);
}

static int build_indexes(struct nat_rt *n, struct arena *a)
{
        uint32_t real = 0, mapped = 0;

        for (unsigned i = 0; i < n->n; i++) {
                real += range_prefixes(&n->rule[i].real);
                mapped += range_prefixes(&n->rule[i].mapped);
        }
        if (nat_index_init(&n->source, a, real) || nat_index_init(&n->dest, a, mapped) ||
            nat_index_init(&n->arp, a, mapped))
                return -1;
        for (uint32_t i = 0; i < n->n; i++)
                index_rule(n, i);
        return 0;
}

/* The lines of twice NAT, resolved: those in force. */
struct twices {
        struct twice *t;
        unsigned n, before; /* before: of section 1 */
        unsigned rules;
};

static void twices_fini(struct twices *x)
{
        for (unsigned i = 0; i < x->n; i++)
                twice_fini(&x->t[i]);
        mem_free(x->t);
}

static int add_twices(struct twices *x, const struct conf_list *l, const struct policy_conf *objs, struct err *e)
{
        const char *why;

        conf_each(struct twice_nat_conf, c, l) {
                int can = c->inactive ? 0 : twice_resolve(&x->t[x->n], c, objs, &why, e);

                if (can < 0)
                        return -1;
                if (!can && !c->inactive)
                        twice_fini(&x->t[x->n]);
                if (can)
                        x->rules += twice_count(&x->t[x->n++]);
        }
        return 0;
}

static int resolve_twices(struct twices *x, const struct nat_conf *conf, const struct policy_conf *objs,
                          struct err *e)
{
        *x = (struct twices){ .t = mem_alloc(MEM_ACL, (conf->twice.n + conf->after_auto.n + 1) * sizeof *x->t) };
        if (!x->t)
                return err_nomem(e, "compiling NAT");
        if (add_twices(x, &conf->twice, objs, e) < 0)
                return -1;
        x->before = x->n;
        return add_twices(x, &conf->after_auto, objs, e);
}

static int add_rules(struct nat_rt *n, struct arena *a, const struct nat_conf *conf, const struct twices *x,
                     const struct policy_conf *objs, const struct net_rt *net, struct err *e)
{
        n->rule = arena_array(a, conf->object_nats.n + x->rules, sizeof *n->rule);
        if (!n->rule)
                return err_nomem(e, "compiling NAT");
        for (unsigned i = 0; i < x->n; i++)
                if (twice_compile(n, a, &x->t[i], i < x->before ? 1 : 3, i, net, e) < 0)
                        return -1;
        conf_each(struct object_nat_conf, c, &conf->object_nats)
                n->n += compile_rule(&n->rule[n->n], c, objs, net);
        for (unsigned i = 0; i < n->n; i++)
                n->nstatic += !n->rule[i].dynamic;
        nat_order(n->rule, n->n);
        return build_indexes(n, a) ? err_nomem(e, "compiling NAT") : 0;
}

int nat_compile(struct snap_part *part, const struct nat_conf *conf, const struct policy_conf *objs,
                const struct net_rt *net, struct err *e)
{
        struct nat_rt *n = arena_alloc(part->arena, sizeof *n);
        struct twices x;
        int rc;

        if (!n)
                return err_nomem(e, "compiling NAT");
        rc = resolve_twices(&x, conf, objs, e);
        if (rc == 0)
                rc = add_rules(n, part->arena, conf, &x, objs, net, e);
        twices_fini(&x);
        if (rc == 0)
                part->root = n;
        return rc;
}
