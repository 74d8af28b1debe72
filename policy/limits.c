#include "policy/limits.h"

#include "policy/acl_int.h"
#include "policy/object_int.h"

#define L4_TCP_UDP 23
#define SVC_BOUND 4u /* of a service object: two operators that give two ranges each */

/* What is being measured: the configuration, and a member that is about to join a group. */
struct measure {
        const struct policy_conf *c;
        const struct group_conf *g;
        const struct group_member *typed;
        bool roomy; /* groups count as big as they may grow without being measured again */
        struct err *e;
};

/* ---- groups ---- */

static uint64_t ports_bound(const struct port_spec *p)
{
        return p->op == PORT_NEQ ? 2 : 1;
}

static uint64_t member_bound(const struct group_conf *g, const struct group_member *m)
{
        switch (m->kind) {
        case GM_GROUP:
                return 0;
        case GM_PORT:
                return ports_bound(&m->port) * (g->l4 == L4_TCP_UDP ? 2 : 1);
        case GM_SERVICE:
                return ports_bound(&m->svc.src) * ports_bound(&m->svc.dst) * (m->svc.proto == PROTO_TCP_UDP ? 2 : 1);
        case GM_SVCOBJ:
                return SVC_BOUND;
        default:
                return m->kind == GM_ADDR && m->addr.kind == AS_GROUP ? 0 : 1;
        }
}

static const char *inner_group(const struct group_member *m)
{
        return m->kind == GM_GROUP ? m->name : m->kind == GM_ADDR && m->addr.kind == AS_GROUP ? m->addr.name : NULL;
}

static uint64_t own_bound(const struct measure *x, const struct group_conf *g)
{
        uint64_t n = g == x->g ? member_bound(g, x->typed) : 0;

        conf_each(struct group_member, m, &g->members)
                n += member_bound(g, m);
        return x->roomy ? MAX_OF(n, (uint64_t)g->room) : n;
}

static int note_inner(const struct measure *x, struct group_walk *w, const struct group_conf *g)
{
        const char *inner = g == x->g ? inner_group(x->typed) : NULL;

        if (inner && group_walk_add(w, x->c, inner, x->e) < 0)
                return -1;
        conf_each(struct group_member, m, &g->members)
                if ((inner = inner_group(m)) && group_walk_add(w, x->c, inner, x->e) < 0)
                        return -1;
        return 0;
}

/* Everything the group stands for, with the groups in it. */
static int group_bound(const struct measure *x, const char *name, uint64_t *out)
{
        struct group_walk w = { .n = 0 };

        *out = 0;
        if (group_walk_add(&w, x->c, name, x->e) < 0)
                return -1;
        for (unsigned i = 0; i < w.n; i++) {
                *out += own_bound(x, w.g[i]);
                if (note_inner(x, &w, w.g[i]) < 0)
                        return -1;
        }
        if (*out <= OBJECT_RANGES_MAX)
                return 0;
        return err_set(x->e, ERR_LIMIT, "object-group %s would stand for more than %u elements", name,
                       OBJECT_RANGES_MAX);
}

/* ---- lines of access lists ---- */

static int addr_bound(const struct measure *x, const struct addr_spec *s, uint64_t *n)
{
        *n = 1;
        return s->kind == AS_GROUP ? group_bound(x, s->name, n) : 0;
}

static int port_bound(const struct measure *x, const struct port_spec *p, uint64_t *n)
{
        *n = ports_bound(p);
        return p->op == PORT_GROUP ? group_bound(x, p->name, n) : 0;
}

static int service_bound(const struct measure *x, const struct ace_conf *a, uint64_t *n)
{
        uint64_t proto = a->proto.kind == PS_OBJECT ? SVC_BOUND : 1, sport, dport;

        if ((a->proto.kind == PS_GROUP && group_bound(x, a->proto.name, &proto) < 0) ||
            port_bound(x, &a->sport, &sport) < 0 || port_bound(x, &a->dport, &dport) < 0)
                return -1;
        *n = proto * sport * dport;
        if (*n <= OBJECT_RANGES_MAX)
                return 0;
        return err_set(x->e, ERR_LIMIT, "the services of this line would stand for more than %u elements",
                       OBJECT_RANGES_MAX);
}

static int ace_bound(const struct measure *x, const struct ace_conf *a, uint64_t *n)
{
        uint64_t src, dst, svc;

        *n = 0;
        if (a->kind == ACE_REMARK)
                return 0;
        if (addr_bound(x, &a->src, &src) < 0 || addr_bound(x, &a->dst, &dst) < 0 || service_bound(x, a, &svc) < 0)
                return -1;
        *n = src * dst * svc; /* each is at most 2^16 */
        return 0;
}

/* more: of a line that is about to join. */
static int list_bound(const struct measure *x, struct acl_conf *l, uint64_t more)
{
        uint64_t sum = more, n;

        conf_each(struct ace_conf, a, &l->aces) {
                if (ace_bound(x, a, &n) < 0)
                        return -1;
                sum += n;
        }
        if (sum > ACL_ELEMS_MAX)
                return err_set(x->e, ERR_LIMIT, "access-list %s would stand for more than %u elements", l->o.name,
                               ACL_ELEMS_MAX);
        l->bound = sum;
        return 0;
}

/* ---- who may be named ---- */

static void note_use(const struct policy_conf *c, const char *name)
{
        struct group_conf *g = conf_list_find(&c->groups, name);

        if (g)
                g->used = true;
}

static void note_uses(const struct policy_conf *c, const struct ace_conf *a)
{
        if (a->src.kind == AS_GROUP)
                note_use(c, a->src.name);
        if (a->dst.kind == AS_GROUP)
                note_use(c, a->dst.name);
        if (a->proto.kind == PS_GROUP)
                note_use(c, a->proto.name);
        if (a->sport.op == PORT_GROUP)
                note_use(c, a->sport.name);
        if (a->dport.op == PORT_GROUP)
                note_use(c, a->dport.name);
}

static void forget_rooms(struct policy_conf *c)
{
        conf_each(struct group_conf, g, &c->groups)
                g->room = 0;
}

/* ---- a line is typed ---- */

static int join_list(const struct measure *x, struct acl_conf *l, const struct ace_conf *typed)
{
        uint64_t n;

        if (ace_bound(x, typed, &n) < 0)
                return -1;
        if (l->bound + n > ACL_ELEMS_MAX)
                return list_bound(x, l, n);
        l->bound += n;
        return 0;
}

int policy_limit_ace(struct policy_conf *c, struct acl_conf *list, const struct ace_conf *typed, struct err *e)
{
        struct err why = { 0 };
        struct measure x = { .c = c, .roomy = true, .e = &why };

        if (join_list(&x, list, typed) < 0) {
                forget_rooms(c);
                x.roomy = false;
                x.e = e;
                if (join_list(&x, list, typed) < 0)
                        return -1;
        }
        note_uses(c, typed);
        return 0;
}

static int measure_all(const struct measure *x, const struct policy_conf *c)
{
        uint64_t n;

        if (group_bound(x, x->g->o.name, &n) < 0)
                return -1;
        if (!x->g->used)
                return 0;
        conf_each(struct group_conf, g, &c->groups)
                if (group_bound(x, g->o.name, &n) < 0)
                        return -1;
        conf_each(struct acl_conf, l, &c->acls)
                if (list_bound(x, l, 0) < 0)
                        return -1;
        return 0;
}

int policy_limit_member(struct policy_conf *c, struct group_conf *g, const struct group_member *typed, struct err *e)
{
        const char *inner = inner_group(typed);
        uint64_t now = (uint64_t)(g->members.n + 1) * (g->kind == GROUP_SERVICE ? 2 * SVC_BOUND : 1); /* tcp-udp: two */
        struct err why = { 0 };
        struct measure x = { .c = c, .g = g, .typed = typed, .roomy = true, .e = &why };

        if (!inner && now <= g->room)
                return 0;
        g->room = (uint32_t)MIN_OF(now + now / 4 + 16, (uint64_t)UINT32_MAX);
        if (measure_all(&x, c) < 0) {
                forget_rooms(c);
                x.roomy = false;
                x.e = e;
                if (measure_all(&x, c) < 0)
                        return -1;
        }
        if (inner)
                note_use(c, inner);
        return 0;
}
