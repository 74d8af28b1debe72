#include "cli/cmd/nat.h"

#include <string.h>

#include "cli/cmd/phone_proxy.h"
#include "nat/nat_rt.h"

#define T struct object_nat_conf
const struct cmd_bind object_nat_bind[] = {
        { .name = "IFS", .off = offsetof(T, real_if), .size = 2 * (NAMEIF_MAX + 1) },
        BIND_KEY("static", T, dynamic, 0),
        BIND_KEY("dynamic", T, dynamic, 1),
        BIND_TAGGED("ADDR", T, mapped, mapped_kind, MAPPED_ADDR),
        BIND_TAGGED("OBJ", T, mapped_obj, mapped_kind, MAPPED_OBJECT),
        BIND_KEY("interface", T, mapped_kind, MAPPED_INTERFACE),
        BIND_FLAG("fallback", T, iface_fallback),
        BIND_FLAG("net-to-net", T, net_to_net),
        BIND_FLAG("dns", T, dns),
        BIND_KEY("tcp", T, svc_proto, 6),
        BIND_KEY("udp", T, svc_proto, 17),
        BIND("TR", T, svc_real),
        BIND("TM", T, svc_mapped),
        BIND("UR", T, svc_real),
        BIND("UM", T, svc_mapped),
        BIND_FLAG("no-proxy-arp", T, no_proxy_arp),
        BIND_FLAG("route-lookup", T, route_lookup),
        { 0 },
};
_Static_assert(offsetof(T, mapped_if) == offsetof(T, real_if) + NAMEIF_MAX + 1, "ifpair fills both at once");

void object_nat_init(struct conf_ctx *c, void *obj)
{
        T *n = obj;

        (void)c;
        strcpy(n->real_if, "any");
        strcpy(n->mapped_if, "any");
}

/* The line belongs to the object whose mode it is typed in, and has its name. */
void object_nat_key(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        const struct conf_obj *o = conf_object(c);

        (void)a;
        (void)elem;
        text_add(out, o ? o->name : "");
}

void *object_nat_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e)
{
        (void)a;
        (void)make;
        (void)e;
        return c->store;
}

void object_nat_each(const struct store *s, void *obj, row_each_fn fn, void *ctx)
{
        struct conf_list *l = (struct conf_list *)(uintptr_t)&s->nat.object_nats;
        struct conf_obj *nat = conf_list_find(l, ((struct conf_obj *)obj)->name);

        if (nat)
                fn(ctx, l, nat, NULL);
}

const char *object_nat_inert(const struct store *s, const void *obj)
{
        const struct netobj_conf *o = conf_list_find(&s->policy.netobjs, ((const struct conf_obj *)obj)->name);

        if (o && o->kind == NETOBJ_FQDN)
                return "names are not resolved: nothing is translated";
        return ((const T *)obj)->dns ? "`dns`: addresses in DNS answers are not translated" : NULL;
}

static uint64_t object_size(const struct netobj_conf *o)
{
        if (o->kind == NETOBJ_HOST)
                return 1;
        if (o->kind == NETOBJ_SUBNET && addr_is_v4(&o->a))
                return 1ull << (32 - o->len);
        return o->kind == NETOBJ_RANGE && addr_is_v4(&o->a) ? (uint64_t)o->hi.v4 - o->a.v4 + 1 : 0;
}

/* In a load an object may get its address later. */
static int check_static(const struct conf_ctx *c, const struct netobj_conf *real, const T *n, struct err *e)
{
        const struct netobj_conf *m = conf_list_find(&c->store->policy.netobjs, n->mapped_obj);

        if (n->mapped_kind == MAPPED_INTERFACE && !n->svc_proto)
                return err_set(e, ERR_RANGE,
                               "static translation to an interface needs a service: the whole address belongs to the "
                               "appliance");
        if (n->svc_proto && real->kind != NETOBJ_HOST)
                return err_set(e, ERR_RANGE, "a service can be translated for a host only");
        if (n->mapped_kind == MAPPED_OBJECT && m && !(c->late && m->kind == NETOBJ_EMPTY) &&
            object_size(m) != object_size(real))
                return err_set(e, ERR_RANGE, "real and mapped object differ in size");
        return 0;
}

static int check_line(const struct conf_ctx *c, const struct netobj_conf *real, const T *n, struct err *e)
{
        char text[ADDR_TEXT_MAX];

        if (!real || real->kind == NETOBJ_EMPTY)
                return err_set(e, ERR_STATE, "object %s has no address to translate", real ? real->o.name : "");
        if (n->iface_fallback && (n->mapped_kind == MAPPED_INTERFACE || !strcmp(n->mapped_if, "any")))
                return err_set(e, ERR_SYNTAX, "interface is given twice, or the mapped interface is not named");
        if (n->mapped_kind == MAPPED_ADDR && (n->dynamic || real->kind == NETOBJ_HOST) &&
            addr_is_martian_source(&n->mapped))
                return err_set(e, ERR_RANGE, "%s is no address that a host can have", addr_print(&n->mapped, text));
        return n->dynamic ? 0 : check_static(c, real, n, e);
}

int object_nat_check(struct conf_ctx *c, void *obj, struct err *e)
{
        T *n = obj;
        char text[ADDR_TEXT_MAX];

        if (check_line(c, conf_object(c), n, e) < 0)
                return -1;
        if (!c->late && n->mapped_kind == MAPPED_ADDR && media_term_has(c->store, &n->mapped))
                return err_set(e, ERR_INUSE, "%s is a media-termination address", addr_print(&n->mapped, text));
        if (c->late && n->mapped_kind == MAPPED_OBJECT)
                return 0;
        return nat_check(n, &c->store->policy, &c->store->net, e);
}

/* Do two static translations claim one mapped address, as a whole or for the same port? */
static bool both_claim(const T *x, const T *y)
{
        if (x->dynamic || y->dynamic || x->mapped_kind != MAPPED_ADDR || y->mapped_kind != MAPPED_ADDR ||
            strcmp(x->mapped_if, y->mapped_if) != 0 || !addr_eq(&x->mapped, &y->mapped))
                return false;
        return x->svc_proto == y->svc_proto && (!x->svc_proto || x->svc_mapped == y->svc_mapped);
}

/* A subnet is mapped to one of its own size: what the mask cuts off is not where the translation begins. */
static void warn_cut(struct conf_ctx *c, const T *n)
{
        const struct netobj_conf *o = conf_list_find(&c->store->policy.netobjs, n->o.name);
        struct prefix p = { .a = n->mapped, .len = o ? o->len : 32 };
        char typed[ADDR_TEXT_MAX], base[ADDR_TEXT_MAX];

        if (!o || o->kind != NETOBJ_SUBNET || n->dynamic || n->mapped_kind != MAPPED_ADDR)
                return;
        prefix_normalise(&p);
        if (!addr_eq(&p.a, &n->mapped))
                conf_warning(c, "mapped address %s is not the beginning of a subnet of this size: %s is used",
                             addr_print(&n->mapped, typed), addr_print(&p.a, base));
}

void object_nat_after(struct conf_ctx *c, void *obj, bool no_form)
{
        const T *n = obj;
        char text[ADDR_TEXT_MAX];

        if (no_form || !n)
                return;
        warn_cut(c, n);
        conf_each(T, o, &c->store->nat.object_nats)
                if (o != n && both_claim(o, n))
                        conf_warning(c,
                                     "mapped address %s is that of object %s already: only one of the two is reached",
                                     addr_print(&n->mapped, text), o->o.name);
}

int object_nat_still(struct conf_ctx *c, const struct netobj_conf *changed, struct err *e)
{
        const struct policy_conf *p = &c->store->policy;
        struct err why = { 0 };

        conf_each(T, n, &c->store->nat.object_nats) {
                bool mapped = n->mapped_kind == MAPPED_OBJECT && !strcmp(n->mapped_obj, changed->o.name);

                if (!mapped && strcmp(n->o.name, changed->o.name) != 0)
                        continue;
                if (check_line(c, conf_list_find(&p->netobjs, n->o.name), n, &why) < 0 ||
                    nat_check(n, p, &c->store->net, &why) < 0)
                        return err_set(e, ERR_INUSE, "object %s is translated and can not be this: %.200s", n->o.name,
                                       why.text);
                warn_cut(c, n);
        }
        return 0;
}
