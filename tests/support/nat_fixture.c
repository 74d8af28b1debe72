#include "tests/support/nat_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/pktbuild.h"

static void need(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "nat fixture: %s failed\n", what);
        abort();
}

static void free_members(struct conf_obj *o)
{
        conf_list_fini(&((struct group_conf *)(void *)o)->members);
}

void nf_init(struct nat_fixture *n)
{
        memset(n, 0, sizeof *n);
        conf_list_init(&n->conf.twice, sizeof(struct twice_nat_conf), NULL);
        conf_list_init(&n->conf.object_nats, sizeof(struct object_nat_conf), NULL);
        conf_list_init(&n->conf.after_auto, sizeof(struct twice_nat_conf), NULL);
        conf_list_init(&n->objs.groups, sizeof(struct group_conf), free_members);
        conf_list_init(&n->objs.svcobjs, sizeof(struct svcobj_conf), NULL);
        conf_list_init(&n->objs.netobjs, sizeof(struct netobj_conf), NULL);
        timeout_conf_init(&n->objs.timeouts);
}

void nf_fini(struct nat_fixture *n)
{
        conf_list_fini(&n->conf.twice);
        conf_list_fini(&n->conf.object_nats);
        conf_list_fini(&n->conf.after_auto);
        conf_list_fini(&n->objs.groups);
        conf_list_fini(&n->objs.svcobjs);
        conf_list_fini(&n->objs.netobjs);
}

static struct netobj_conf *object(struct nat_fixture *n, const char *name)
{
        struct netobj_conf *o = conf_list_add(&n->objs.netobjs, name);

        need(o != NULL, "object");
        return o;
}

void nf_host(struct nat_fixture *n, const char *name, const char *ip)
{
        struct netobj_conf *o = object(n, name);

        o->kind = NETOBJ_HOST;
        o->a = pb_addr(ip);
}

void nf_subnet(struct nat_fixture *n, const char *name, const char *ip, uint8_t len)
{
        struct netobj_conf *o = object(n, name);

        o->kind = NETOBJ_SUBNET;
        o->a = pb_addr(ip);
        o->len = len;
}

void nf_range(struct nat_fixture *n, const char *name, const char *lo, const char *hi)
{
        struct netobj_conf *o = object(n, name);

        o->kind = NETOBJ_RANGE;
        o->a = pb_addr(lo);
        o->hi = pb_addr(hi);
}

struct object_nat_conf *nf_static(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                  const char *mapped)
{
        struct object_nat_conf *c = conf_list_add(&n->conf.object_nats, obj);

        need(c != NULL, "nat line");
        snprintf(c->real_if, sizeof c->real_if, "%s", real_if);
        snprintf(c->mapped_if, sizeof c->mapped_if, "%s", mapped_if);
        if (strcmp(mapped, "interface") == 0) {
                c->mapped_kind = MAPPED_INTERFACE;
        } else if (addr_parse(mapped, &c->mapped)) {
                c->mapped_kind = MAPPED_ADDR;
        } else {
                c->mapped_kind = MAPPED_OBJECT;
                snprintf(c->mapped_obj, sizeof c->mapped_obj, "%s", mapped);
        }
        return c;
}

struct object_nat_conf *nf_service(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                   const char *mapped, uint8_t proto, uint16_t real, uint16_t mapped_port)
{
        struct object_nat_conf *c = nf_static(n, obj, real_if, mapped_if, mapped);

        c->svc_proto = proto;
        c->svc_real = real;
        c->svc_mapped = mapped_port;
        return c;
}

struct object_nat_conf *nf_dynamic(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                   const char *mapped)
{
        struct object_nat_conf *c = nf_static(n, obj, real_if, mapped_if, mapped);

        c->dynamic = true;
        return c;
}

static struct nat_end end_of(const char *word)
{
        struct nat_end n = { .kind = NAT_END_OBJECT };

        if (strcmp(word, "any") == 0)
                n.kind = NAT_END_ANY;
        else if (strcmp(word, "interface") == 0)
                n.kind = NAT_END_INTERFACE;
        else
                snprintf(n.name, sizeof n.name, "%s", word);
        return n;
}

struct twice_nat_conf *nf_twice(struct nat_fixture *n, unsigned section, const char *real_if, const char *mapped_if,
                                const char *real, const char *mapped)
{
        struct conf_list *l = section == 1 ? &n->conf.twice : &n->conf.after_auto;
        struct twice_nat_conf *c;
        char name[16];

        snprintf(name, sizeof name, "%u", l->n);
        c = conf_list_add(l, name);
        need(c != NULL, "twice nat line");
        snprintf(c->real_if, sizeof c->real_if, "%s", real_if);
        snprintf(c->mapped_if, sizeof c->mapped_if, "%s", mapped_if);
        c->real = end_of(real);
        c->mapped = end_of(mapped);
        return c;
}

struct twice_nat_conf *nf_there(struct twice_nat_conf *c, const char *mapped, const char *real)
{
        c->there_mapped = end_of(mapped);
        c->there_real = end_of(real);
        return c;
}

void nf_group(struct nat_fixture *n, const char *name, const char *members)
{
        struct group_conf *g = conf_list_add(&n->objs.groups, name);

        need(g != NULL, "group");
        g->kind = GROUP_NETWORK;
        conf_list_init(&g->members, sizeof(struct group_member), NULL);
        while (*members) {
                size_t len = strcspn(members, " ");
                struct group_member *m = conf_list_add(&g->members, "");

                need(m != NULL, "member");
                m->kind = GM_ADDR;
                m->addr.kind = AS_OBJECT;
                memcpy(m->addr.name, members, len);
                members += len + (members[len] == ' ');
        }
}

void nf_ports(struct nat_fixture *n, const char *name, uint8_t proto, uint16_t src, uint16_t dst)
{
        struct svcobj_conf *o = conf_list_add(&n->objs.svcobjs, name);

        need(o != NULL, "service object");
        o->defined = true;
        o->s.proto = proto;
        if (src)
                o->s.src = (struct port_spec){ .op = PORT_EQ, .lo = src };
        if (dst)
                o->s.dst = (struct port_spec){ .op = PORT_EQ, .lo = dst };
}

void nf_del(struct nat_fixture *n, const char *obj)
{
        struct conf_obj *c = conf_list_find(&n->conf.object_nats, obj);

        need(c != NULL, "nat line to delete");
        conf_list_del(&n->conf.object_nats, c);
}

struct snap_part *nf_compile(const struct nat_fixture *n, struct worker_fixture *f)
{
        struct snap_part *net = snap_part_new(), *nat = snap_part_new();
        struct err e;

        need(net && nat, "part");
        need(net_compile(net, &f->conf, &f->bind, &e) == 0, "net_compile");
        need(nat_compile(nat, &n->conf, &n->objs, net->root, &e) == 0, "nat_compile");
        snap_part_put(net);
        return nat;
}

void nf_commit(const struct nat_fixture *n, struct worker_fixture *f)
{
        snap_part_put(f->part[SNAP_NAT]);
        f->part[SNAP_NAT] = nf_compile(n, f);
        wf_commit(f);
        worker_step(f->w);
}
