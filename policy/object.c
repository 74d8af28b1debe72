#include "policy/object.h"

#include "platform/base/mem.h"
#include "policy/object_int.h"

void *object_grow(void **v, unsigned *n, unsigned *cap, size_t size, struct err *e)
{
        if (*n == *cap) {
                unsigned want = *cap ? *cap * 2 : 16;
                void *p;

                if (*n >= OBJECT_RANGES_MAX) {
                        err_set(e, ERR_LIMIT, "an object-group stands for more than %u elements", OBJECT_RANGES_MAX);
                        return NULL;
                }
                p = mem_realloc(MEM_ACL, *v, want * size);
                if (!p) {
                        err_nomem(e, "expanding objects");
                        return NULL;
                }
                *v = p;
                *cap = want;
        }
        return (char *)*v + size * (*n)++;
}

int group_walk_add(struct group_walk *w, const struct policy_conf *c, const char *name, struct err *e)
{
        const struct group_conf *g = conf_list_find(&c->groups, name);

        for (unsigned i = 0; i < w->n; i++)
                if (w->g[i] == g)
                        return 0;
        if (!g)
                return 0;
        if (w->n == OBJECT_GROUPS_MAX)
                return err_set(e, ERR_LIMIT, "object-group %s nests more than %u groups", name, OBJECT_GROUPS_MAX);
        w->g[w->n++] = g;
        return 0;
}

void addr_vec_fini(struct addr_vec *v)
{
        mem_free(v->v);
        *v = (struct addr_vec){ 0 };
}

static int push_range(struct addr_vec *out, struct addr lo, struct addr hi, struct err *e)
{
        struct addr_range *r = object_push(out, e);

        if (!r)
                return -1;
        *r = (struct addr_range){ lo, hi };
        return 0;
}

static int push_prefix(struct addr_vec *out, const struct addr *a, uint8_t len, struct err *e)
{
        struct prefix p = { *a, len };
        struct addr_range r;

        prefix_normalise(&p);
        r = prefix_range(&p);
        return push_range(out, r.lo, r.hi, e);
}

static int push_any(struct addr_vec *out, uint32_t fam, struct err *e)
{
        struct addr zero = { .fam = fam };

        if (fam == ADDR_NONE)
                return push_range(out, zero, zero, e);
        return push_prefix(out, &zero, 0, e);
}

static int push_object(const struct policy_conf *c, const char *name, struct addr_vec *out, struct err *e)
{
        const struct netobj_conf *o = conf_list_find(&c->netobjs, name);

        if (!o)
                return 0;
        switch (o->kind) {
        case NETOBJ_HOST:
                return push_range(out, o->a, o->a, e);
        case NETOBJ_SUBNET:
                return push_prefix(out, &o->a, o->len, e);
        case NETOBJ_RANGE:
                return push_range(out, o->a, o->hi, e);
        case NETOBJ_EMPTY:
        case NETOBJ_FQDN:
                break;
        }
        return 0;
}

static int push_iface(const struct net_rt *net, const char *nameif, struct addr_vec *out, struct err *e)
{
        const struct iface_rt *i = net ? iface_by_name(net, nameif) : NULL;

        return i && i->ip.fam ? push_range(out, i->ip, i->ip, e) : 0;
}

/* Anything but a group. */
static int push_spec(const struct policy_conf *c, const struct net_rt *net, const struct addr_spec *s,
                     struct addr_vec *out, struct err *e)
{
        switch (s->kind) {
        case AS_ANY:
                return push_any(out, ADDR_NONE, e);
        case AS_ANY4:
                return push_any(out, ADDR_V4, e);
        case AS_ANY6:
                return push_any(out, ADDR_V6, e);
        case AS_HOST:
                return push_range(out, s->a, s->a, e);
        case AS_SUBNET:
                return push_prefix(out, &s->a, s->len, e);
        case AS_OBJECT:
                return push_object(c, s->name, out, e);
        case AS_IFACE:
                return push_iface(net, s->name, out, e);
        case AS_NONE:
        case AS_GROUP:
                break;
        }
        return 0;
}

static int push_member(const struct policy_conf *c, const struct net_rt *net, const struct group_member *m,
                       struct group_walk *walk, struct addr_vec *out, struct err *e)
{
        if (m->kind == GM_GROUP)
                return group_walk_add(walk, c, m->name, e);
        if (m->kind != GM_ADDR)
                return 0;
        if (m->addr.kind == AS_GROUP)
                return group_walk_add(walk, c, m->addr.name, e);
        return push_spec(c, net, &m->addr, out, e);
}

int object_expand_addr(const struct policy_conf *c, const struct net_rt *net, const struct addr_spec *s,
                       struct addr_vec *out, struct err *e)
{
        struct group_walk walk = { .n = 0 };

        if (s->kind != AS_GROUP)
                return push_spec(c, net, s, out, e);
        if (group_walk_add(&walk, c, s->name, e) < 0)
                return -1;
        for (unsigned i = 0; i < walk.n; i++)
                conf_each(struct group_member, m, &walk.g[i]->members)
                        if (push_member(c, net, m, &walk, out, e) < 0)
                                return -1;
        return 0;
}
