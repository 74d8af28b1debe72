/* A line of twice NAT: what its words stand for, and whether that can be translated. */
#include <stdlib.h>

#include "nat/nat_int.h"
#include "platform/base/mem.h"
#include "policy/object.h"

/* ---- sets of addresses ---- */
static int cmp_range(const void *a, const void *b)
{
        const struct addr_range *x = a, *y = b;
        int d = addr_cmp(&x->lo, &y->lo);

        return d ? d : addr_cmp(&x->hi, &y->hi);
}

static struct addr_range whole(uint32_t fam)
{
        return prefix_range(&(struct prefix){ .a = { .fam = fam } });
}

/* Does y begin inside x or right behind it? */
static bool touches(const struct addr_range *x, const struct addr_range *y)
{
        return x->lo.fam == y->lo.fam && (addr_cmp(&y->lo, &x->hi) <= 0 || addr_num(&y->lo) - addr_num(&x->hi) == 1);
}

/* Ranges in order that neither meet nor overlap. */
static void merge(struct nat_set *s)
{
        unsigned n = 0;

        if (s->n)
                qsort(s->r, s->n, sizeof *s->r, cmp_range);
        for (unsigned i = 0; i < s->n; i++) {
                if (n && touches(&s->r[n - 1], &s->r[i])) {
                        if (addr_cmp(&s->r[i].hi, &s->r[n - 1].hi) > 0)
                                s->r[n - 1].hi = s->r[i].hi;
                } else {
                        s->r[n++] = s->r[i];
                }
        }
        s->n = n;
}

static bool same_set(const struct nat_set *x, const struct nat_set *y)
{
        return x->n == y->n && (!x->n || memcmp(x->r, y->r, x->n * sizeof *x->r) == 0);
}

static bool is_named(const struct nat_end *n)
{
        return n->kind == NAT_END_OBJECT || n->kind == NAT_END_POOL;
}

static bool is_all(const struct nat_set *s)
{
        struct addr_range all = whole(ADDR_V4);

        return s->n == 1 && memcmp(s->r, &all, sizeof all) == 0;
}

/* An object or a group; one without addresses gives an empty set. */
static int expand(const struct nat_end *n, const struct policy_conf *objs, struct nat_set *out, struct err *e)
{
        struct addr_spec spec = { .kind = conf_list_find(&objs->netobjs, n->name) ? AS_OBJECT : AS_GROUP };
        struct addr_vec v = { 0 };

        memcpy(spec.name, n->name, sizeof spec.name);
        if (object_expand_addr(objs, NULL, &spec, &v, e) < 0) {
                addr_vec_fini(&v);
                return -1;
        }
        for (unsigned i = 0; i < v.n; i++)
                if (v.v[i].lo.fam == ADDR_NONE)
                        v.v[i] = whole(ADDR_V4);
        *out = (struct nat_set){ v.v, v.n };
        merge(out);
        return 0;
}

/* `any` is every IPv4 address; `interface` and nothing are an empty set. */
static int set_of(const struct nat_end *n, const struct policy_conf *objs, struct nat_set *out, struct err *e)
{
        if (is_named(n))
                return expand(n, objs, out, e);
        if (n->kind != NAT_END_ANY)
                return 0;
        out->r = mem_alloc(MEM_ACL, sizeof *out->r);
        if (!out->r)
                return err_nomem(e, "compiling NAT");
        *out->r = whole(ADDR_V4);
        out->n = 1;
        return 0;
}

/* ---- what can be translated ---- */
static unsigned __int128 span(const struct nat_set *s)
{
        return addr_num(&s->r[0].hi) - addr_num(&s->r[0].lo);
}

/* `any` on the mapped side leaves as it is what the real side has. */
static const char *pair_why_not(const struct nat_end *real, const struct nat_end *mapped, const struct nat_set *r,
                                const struct nat_set *m)
{
        if ((is_named(real) && !r->n) || (is_named(mapped) && !m->n))
                return "an object has no address: nothing is translated";
        if (mapped->kind != NAT_END_INTERFACE && same_set(r, m))
                return NULL;
        if (mapped->kind == NAT_END_INTERFACE)
                return r->n == 1 && addr_eq(&r->r->lo, &r->r->hi)
                               ? NULL
                               : "an interface stands for one host: nothing is translated";
        if (r->n != 1 || m->n != 1)
                return "a group of several ranges is translated to itself only: nothing is translated";
        if (r->r->lo.fam != m->r->lo.fam)
                return "IPv4 and IPv6 are not translated into each other";
        return span(r) == span(m) ? NULL : "real and mapped object differ in size: nothing is translated";
}

static const char *pool_why_not(const struct twice_nat_conf *c, const struct nat_set *real,
                                const struct nat_set *pool)
{
        if (is_named(&c->real) && !real->n)
                return "an object has no address: nothing is translated";
        if (c->mapped.kind == NAT_END_INTERFACE)
                return NULL;
        if (!pool->n)
                return "an object has no address: nothing is translated";
        if (pool->n != 1 || !addr_eq(&pool->r->lo, &pool->r->hi))
                return "dynamic translation needs one mapped address: nothing is translated";
        for (unsigned i = 0; i < real->n; i++)
                if (real->r[i].lo.fam != pool->r->lo.fam)
                        return "IPv4 and IPv6 are not translated into each other";
        return NULL;
}

static bool names_both(const struct twice_nat_conf *c)
{
        return strcmp(c->real_if, "any") != 0 && strcmp(c->mapped_if, "any") != 0;
}

static const char *words_why_not(const struct twice_nat_conf *c)
{
        bool pool = c->round_robin || c->extended || c->flat || c->include_reserve || c->block_allocation;

        if (pool)
                return "options of a pat-pool: nothing is translated";
        if (c->ipv6)
                return "`interface ipv6`: nothing is translated";
        if (c->mapped.kind == NAT_END_INTERFACE && !c->dynamic && !names_both(c))
                return "a static translation to an interface needs both interfaces named: nothing is translated";
        if (c->there_mapped.kind == NAT_END_INTERFACE && !names_both(c))
                return "a destination that is an interface needs both interfaces named: nothing is translated";
        return NULL;
}

/* ---- service ---- */
static bool is_port(const struct port_spec *p)
{
        return p->op == PORT_EQ;
}

static bool is_pair(const struct port_spec *a, const struct port_spec *b)
{
        return a->op == PORT_NONE ? b->op == PORT_NONE : is_port(a) && is_port(b);
}

static struct nat_service service_of(uint16_t proto, const struct port_spec *real, const struct port_spec *mapped)
{
        if (!is_port(real))
                return (struct nat_service){ 0 };
        return (struct nat_service){ (uint8_t)proto, real->lo, mapped->lo };
}

/* The first object has the source's real and the destination's mapped port, the second one the others. */
static const char *resolve_service(struct twice *t, const struct policy_conf *objs)
{
        const struct twice_nat_conf *c = t->conf;
        const struct svcobj_conf *a = conf_list_find(&objs->svcobjs, c->svc_first);
        const struct svcobj_conf *b = conf_list_find(&objs->svcobjs, c->svc_second);

        if (!c->svc_first[0])
                return NULL;
        if (!a || !b || a->s.proto != b->s.proto || (a->s.proto != IPPROTO_TCP_ && a->s.proto != IPPROTO_UDP_) ||
            !is_pair(&a->s.src, &b->s.src) || !is_pair(&a->s.dst, &b->s.dst))
                return "a service that is not one port of TCP or UDP to another: nothing is translated";
        t->svc = service_of(a->s.proto, &a->s.src, &b->s.src);
        t->there_svc = service_of(a->s.proto, &b->s.dst, &a->s.dst);
        if (!t->svc.proto && !t->there_svc.proto)
                return "a service without a port: nothing is translated";
        if (t->there_svc.proto && c->there_real.kind == NAT_END_NONE)
                return "a service with a destination port needs a destination: nothing is translated";
        return c->dynamic && t->svc.proto
                       ? "a service with a source port needs a static source: nothing is translated"
                       : NULL;
}

static const char *why_not(const struct twice *t)
{
        const struct twice_nat_conf *c = t->conf;
        const char *why = words_why_not(c);

        if (!why && c->dynamic)
                why = pool_why_not(c, &t->real, &t->mapped);
        else if (!why)
                why = pair_why_not(&c->real, &c->mapped, &t->real, &t->mapped);
        if (!why && c->there_real.kind != NAT_END_NONE)
                why = pair_why_not(&c->there_real, &c->there_mapped, &t->there_real, &t->there_mapped);
        return why;
}

/* What is mapped to `any` stays what it is. */
static int set_of_mapped(const struct nat_end *mapped, const struct nat_end *real, const struct policy_conf *objs,
                         struct nat_set *out, struct err *e)
{
        return set_of(mapped->kind == NAT_END_ANY ? real : mapped, objs, out, e);
}

int twice_resolve(struct twice *t, const struct twice_nat_conf *c, const struct policy_conf *objs, const char **why,
                  struct err *e)
{
        *t = (struct twice){ .conf = c };
        if (set_of(&c->real, objs, &t->real, e) < 0 || set_of_mapped(&c->mapped, &c->real, objs, &t->mapped, e) < 0 ||
            set_of(&c->there_real, objs, &t->there_real, e) < 0 ||
            set_of_mapped(&c->there_mapped, &c->there_real, objs, &t->there_mapped, e) < 0) {
                twice_fini(t);
                *why = "its objects stand for too much: nothing is translated";
                return e->code == ERR_LIMIT ? 0 : -1;
        }
        *why = why_not(t);
        if (!*why)
                *why = resolve_service(t, objs);
        if (is_all(&t->there_real) && same_set(&t->there_real, &t->there_mapped) && !t->there_svc.proto)
                t->there_real.n = t->there_mapped.n = 0; /* any to any: as if it were not said */
        return !*why;
}

void twice_fini(struct twice *t)
{
        mem_free(t->real.r);
        mem_free(t->mapped.r);
        mem_free(t->there_real.r);
        mem_free(t->there_mapped.r);
        *t = (struct twice){ 0 };
}

/* ---- addresses of the box ---- */
static bool is_on(const char *where, const char *nameif)
{
        return strcmp(where, "any") == 0 || strcmp(where, nameif) == 0;
}

static bool takes(const struct nat_set *real, const struct nat_set *mapped, const struct addr *own)
{
        bool has = false;

        for (unsigned i = 0; i < mapped->n; i++)
                has |= range_has(&mapped->r[i], own);
        return has && !same_set(real, mapped);
}

bool twice_takes_own(const struct twice *t, const char *nameif, const struct addr *own)
{
        return (is_on(t->conf->mapped_if, nameif) && takes(&t->real, &t->mapped, own)) ||
               (is_on(t->conf->real_if, nameif) && takes(&t->there_real, &t->there_mapped, own));
}

/* An address of the box itself is mapped by the word `interface`, never by number. */
static const char *overlap(const struct twice *t, const struct net_conf *ifs)
{
        conf_each(struct iface_conf, i, &ifs->ifaces)
                if (*i->nameif && twice_takes_own(t, i->nameif, &i->ip))
                        return "a mapped object overlaps with an interface address: nothing is translated";
        return NULL;
}

const char *nat_twice_why_not(const struct twice_nat_conf *c, const struct policy_conf *objs,
                              const struct net_conf *ifs)
{
        const char *why = NULL;
        struct err e = { 0 };
        struct twice t;

        if (twice_resolve(&t, c, objs, &why, &e) == 1 && ifs)
                why = overlap(&t, ifs);
        twice_fini(&t);
        return why;
}
