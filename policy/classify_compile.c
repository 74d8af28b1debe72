#include <string.h>

#include "policy/classify_int.h"

struct compile {
        const struct policy_conf *conf;
        const struct net_rt *net;
        struct arena *arena;
        inspect_target_fn target;
        const void *ctx;
        struct err *e;
};

static struct inspect_line_rt inspect_line(const struct compile *c, const struct inspect_conf *i)
{
        struct inspect_line_rt l = { .id = i->o.id,
                                     .engine = (uint8_t)i->engine,
                                     .tls_named = i->tls_proxy[0] != 0,
                                     .phone_named = i->phone_proxy[0] != 0 };

        if (c->target)
                l.t = c->target(c->ctx, i);
        return l;
}

static bool has_settings(const struct class_action_conf *a)
{
        return a->set_conn || a->conn_max || a->embryonic_max || a->per_client_max || a->per_client_embryonic_max ||
               a->idle_s || a->embryonic_s || a->half_closed_s;
}

static void settings(struct class_rt *r, const struct class_action_conf *a)
{
        r->has_set = has_settings(a);
        r->set = (struct conn_settings){ .idle_s = a->idle_s,
                                         .embryonic_s = a->embryonic_s,
                                         .half_closed_s = a->half_closed_s,
                                         .conn_max = a->conn_max,
                                         .embryonic_max = a->embryonic_max,
                                         .per_client_max = a->per_client_max,
                                         .per_client_embryonic_max = a->per_client_embryonic_max,
                                         .class_id = a->o.id,
                                         .reset_idle = a->idle_reset };
}

/* class-default and inspection_default exist always, typed or not. */
static uint8_t builtin_match(const char *name)
{
        if (!strcmp(name, "class-default"))
                return CM_ANY;
        return !strcmp(name, "inspection_default") ? CM_DEFAULT_INSPECTION : CM_NONE;
}

static int match_list(const struct compile *c, struct class_rt *r, const struct class_conf *k)
{
        const struct acl_conf *l = conf_list_find(&c->conf->acls, k->acl);

        if (!l)
                return 0;
        r->acl = acl_list_compile(c->arena, c->conf, c->net, l, c->e);
        return r->acl ? 0 : -1;
}

static int match(const struct compile *c, struct class_rt *r, const char *name)
{
        const struct class_conf *k = conf_list_find(&c->conf->classes, name);

        if (!k) {
                r->match = builtin_match(name);
                return 0;
        }
        r->match = (uint8_t)k->match;
        r->l4 = k->l4;
        r->port = (struct port_range){ k->port.lo, k->port.op == PORT_RANGE ? k->port.hi : k->port.lo };
        return k->match == CM_ACL ? match_list(c, r, k) : 0;
}

static int compile_class(const struct compile *c, struct class_rt *r, const struct class_action_conf *a)
{
        struct inspect_line_rt *line = arena_array(c->arena, a->inspects.n + 1, sizeof *line);

        if (!line)
                return err_nomem(c->e, "compiling a policy map");
        conf_each(struct inspect_conf, i, &a->inspects)
                line[r->ninspects++] = inspect_line(c, i);
        r->inspect = line;
        r->id = a->o.id;
        settings(r, a);
        memcpy(r->police, a->police, sizeof r->police);
        return match(c, r, a->o.name);
}

static int compile_map(const struct compile *c, const struct pmap_rt **out, const struct policy_map_conf *m)
{
        struct pmap_rt *p = arena_alloc(c->arena, sizeof *p);
        struct class_rt *cls = arena_array(c->arena, m->classes.n + 1, sizeof *cls);

        if (!p || !cls)
                return err_nomem(c->e, "compiling a policy map");
        conf_each(struct class_action_conf, a, &m->classes)
                if (compile_class(c, &cls[p->n++], a) < 0)
                        return -1;
        for (unsigned i = 0; i < p->n; i++)
                for (unsigned d = 0; d < POLICE_DIRS; d++)
                        p->police[d] |= cls[i].police[d].rate != 0;
        p->cls = cls;
        *out = p;
        return 0;
}

static int compile_service(const struct compile *c, struct policy_rt *r, const struct service_policy_conf *s)
{
        const struct policy_map_conf *m = conf_list_find(&c->conf->policies, s->policy);
        const struct iface_rt *i = s->global ? NULL : iface_by_name(c->net, s->nameif);
        const struct pmap_rt **to;

        if (!m || (!s->global && !i))
                return 0;
        to = s->global ? &r->global : &r->iface[i->idx];
        if (compile_map(c, to, m) < 0)
                return -1;
        r->police |= (*to)->police[POLICE_INPUT] || (*to)->police[POLICE_OUTPUT];
        return 0;
}

int policy_compile(struct snap_part *part, const struct policy_conf *conf, const struct net_rt *net,
                   inspect_target_fn target, const void *ctx, struct err *e)
{
        const struct compile c = { conf, net, part->arena, target, ctx, e };
        struct policy_rt *r = arena_alloc(part->arena, sizeof *r);

        if (!r)
                return err_nomem(e, "compiling service policies");
        r->timeouts = conf->timeouts;
        conf_each(struct service_policy_conf, s, &conf->services)
                if (compile_service(&c, r, s) < 0)
                        return -1;
        if (policy_box_compile(r, part->arena, conf, net, e) < 0)
                return -1;
        part->root = r;
        return 0;
}

const struct timeout_conf *policy_timeouts(const struct policy_rt *p)
{
        return &p->timeouts;
}
