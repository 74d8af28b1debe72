#include "nat/nat_int.h"

/* A static line with one address stands for as many as the object has. */
static void widen(const struct object_nat_conf *c, const struct policy_conf *objs, struct addr_range *m)
{
        const struct netobj_conf *o = conf_list_find(&objs->netobjs, c->o.name);
        struct prefix p = { .a = m->lo };

        if (c->dynamic || !o || !addr_is_v4(&m->lo))
                return;
        if (o->kind == NETOBJ_SUBNET) {
                p.len = o->len;
                prefix_normalise(&p);
                *m = prefix_range(&p);
        } else if (o->kind == NETOBJ_RANGE) {
                m->hi = addr_v4(m->lo.v4 + (o->hi.v4 - o->a.v4));
        }
}

/* The addresses the line names on its mapped side; false: none of its own. */
static bool named_range(const struct object_nat_conf *c, const struct policy_conf *objs, struct addr_range *out)
{
        const struct netobj_conf *o;

        if (c->mapped_kind == MAPPED_ADDR) {
                *out = (struct addr_range){ c->mapped, c->mapped };
                widen(c, objs, out);
                return true;
        }
        o = c->mapped_kind == MAPPED_OBJECT ? conf_list_find(&objs->netobjs, c->mapped_obj) : NULL;
        if (!o || (o->kind != NETOBJ_HOST && o->kind != NETOBJ_RANGE && o->kind != NETOBJ_SUBNET))
                return false;
        *out = (struct addr_range){ o->a, o->kind == NETOBJ_RANGE ? o->hi : o->a };
        if (o->kind == NETOBJ_SUBNET)
                *out = prefix_range(&(struct prefix){ .a = o->a, .len = o->len });
        return true;
}

static bool is_identity(const struct object_nat_conf *c, const struct policy_conf *objs,
                        const struct addr_range *mapped)
{
        const struct netobj_conf *o = conf_list_find(&objs->netobjs, c->o.name);

        return !c->dynamic && o && addr_eq(&o->a, &mapped->lo);
}

/* An address of the box itself is mapped by the word `interface`, never by number. */
static int check_overlap(const struct object_nat_conf *c, const struct addr_range *mapped, const struct net_conf *ifs,
                         struct err *e)
{
        char text[ADDR_TEXT_MAX];

        conf_each(struct iface_conf, i, &ifs->ifaces) {
                if (i->ip.fam != mapped->lo.fam || !range_has(mapped, &i->ip))
                        continue;
                if (strcmp(c->mapped_if, i->nameif) != 0 && c->mapped_if[0] && strcmp(c->mapped_if, "any") != 0)
                        continue;
                return err_set(e, ERR_INUSE,
                               "Address %s overlaps with %s interface address.\nERROR: NAT Policy is not downloaded",
                               addr_print(&i->ip, text), i->nameif);
        }
        return 0;
}

int nat_check(const struct object_nat_conf *c, const struct policy_conf *objs, const struct net_conf *ifs,
              struct err *e)
{
        struct addr_range mapped;

        if (c->mapped_kind == MAPPED_OBJECT && !conf_list_find(&objs->netobjs, c->mapped_obj))
                return err_set(e, ERR_REF, "%s doesn't match an existing object or object-group", c->mapped_obj);
        if (c->mapped_kind == MAPPED_INTERFACE && (!c->mapped_if[0] || strcmp(c->mapped_if, "any") == 0))
                return err_set(e, ERR_REF, "interface needs a mapped interface, not any");
        if (!named_range(c, objs, &mapped))
                return 0;
        if (c->dynamic && !addr_eq(&mapped.lo, &mapped.hi))
                return err_set(e, ERR_SUPPORT, "dynamic translation needs one mapped address, %s has more",
                               c->mapped_obj);
        return is_identity(c, objs, &mapped) ? 0 : check_overlap(c, &mapped, ifs, e);
}
