/* Access lists as typed -> elements in order -> one classifier per address family. */
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"
#include "policy/acl_int.h"
#include "policy/limits.h"
#include "policy/object.h"

struct compile {
        const struct policy_conf *conf;
        const struct net_rt *net;
        struct arena *arena;
        struct acl_list_rt *l;
        struct acl_ace_rt *ace; /* room for every line */
        struct ace_elem *elem;  /* heap, grows */
        uint32_t *ace_of;
        uint32_t nelems, cap;
        struct err *e;
};

/* ---- elements ---- */

static int elem_room(struct compile *c)
{
        uint32_t want = c->cap ? c->cap * 2 : 256;
        void *p;

        if (c->nelems < c->cap)
                return 0;
        if (c->nelems >= ACL_ELEMS_MAX)
                return err_set(c->e, ERR_LIMIT, "access-list %s stands for more than %u elements", c->l->name,
                               ACL_ELEMS_MAX);
        p = mem_realloc(MEM_ACL, c->elem, want * sizeof *c->elem);
        if (!p)
                return err_nomem(c->e, "compiling an access-list");
        c->elem = p;
        p = mem_realloc(MEM_ACL, c->ace_of, want * sizeof *c->ace_of);
        if (!p)
                return err_nomem(c->e, "compiling an access-list");
        c->ace_of = p;
        c->cap = want;
        return 0;
}

static bool families_meet(const struct addr_range *s, const struct addr_range *d)
{
        return !s->lo.fam || !d->lo.fam || s->lo.fam == d->lo.fam;
}

static int add_elem(struct compile *c, const struct addr_range *s, const struct addr_range *d,
                    const struct svc_elem *v)
{
        if (!families_meet(s, d))
                return 0;
        if (elem_room(c) < 0)
                return -1;
        c->elem[c->nelems] = (struct ace_elem){ .proto = v->proto_lo,
                                                .any_proto = v->proto_lo != v->proto_hi,
                                                .src = *s,
                                                .dst = *d,
                                                .sport = v->sport,
                                                .dport = v->dport };
        c->ace_of[c->nelems++] = c->l->naces;
        return 0;
}

static int cross(struct compile *c, const struct addr_vec *src, const struct addr_vec *dst, const struct svc_vec *svc)
{
        for (unsigned s = 0; s < src->n; s++)
                for (unsigned d = 0; d < dst->n; d++)
                        for (unsigned v = 0; v < svc->n; v++)
                                if (add_elem(c, &src->v[s], &dst->v[d], &svc->v[v]) < 0)
                                        return -1;
        return 0;
}

/* A standard list names only one side: the one that `access-group` and class maps compare, the destination is any. */
static int expand_ace(struct compile *c, const struct ace_conf *a)
{
        static const struct addr_spec any = { .kind = AS_ANY };
        static const struct proto_spec ip = { .kind = PS_NUM, .num = PROTO_IP };
        static const struct port_spec none = { .op = PORT_NONE };
        bool standard = a->kind == ACE_STANDARD;
        struct addr_vec src = { 0 }, dst = { 0 };
        struct svc_vec svc = { 0 };
        int rc = -1;

        if (!object_expand_addr(c->conf, c->net, &a->src, &src, c->e) &&
            !object_expand_addr(c->conf, c->net, standard ? &any : &a->dst, &dst, c->e) &&
            !object_expand_service(c->conf, standard ? &ip : &a->proto, standard ? &none : &a->sport,
                                   standard ? &none : &a->dport, standard ? -1 : a->icmp_type, a->icmp_code, &svc,
                                   c->e))
                rc = cross(c, &src, &dst, &svc);
        addr_vec_fini(&src);
        addr_vec_fini(&dst);
        svc_vec_fini(&svc);
        return rc;
}

/*
 * There are no time ranges, and nobody knows users or tags: what is permitted at times or to somebody is not, what is
 * denied so is denied always and to everybody. A line never lets pass more than it says.
 */
static bool permits_to_some(const struct ace_conf *a)
{
        return a->kind == ACE_EXTENDED && a->permit && (*a->remark || ace_has_identity(a));
}

static int add_ace(struct compile *c, const struct ace_conf *a)
{
        struct acl_ace_rt *r = &c->ace[c->l->naces];

        *r = (struct acl_ace_rt){ .id = a->o.id,
                                  .hash = ace_hash(c->l->name, a),
                                  .grouped = ace_is_grouped(a),
                                  .first = c->nelems,
                                  .permit = a->permit,
                                  .log = a->log,
                                  .log_disable = a->log_disable,
                                  .log_level = a->log_level < 0 ? 6 : a->log_level,
                                  .log_interval = a->log_interval ? a->log_interval : 300 };
        if (!a->inactive && !permits_to_some(a) && expand_ace(c, a) < 0)
                return -1;
        r->n = c->nelems - r->first;
        c->l->naces++;
        return 0;
}

/* ---- classifiers ---- */

static void rule_services(struct acl_rule *r, const struct ace_elem *el)
{
        struct acl_box *b = &r->box;

        b->lo[ACL_SPORT] = el->sport.lo, b->hi[ACL_SPORT] = el->sport.hi;
        b->lo[ACL_DPORT] = el->dport.lo, b->hi[ACL_DPORT] = el->dport.hi;
        b->lo[ACL_PROTO] = el->any_proto ? 0 : el->proto;
        b->hi[ACL_PROTO] = el->any_proto ? 255 : el->proto;
}

static bool of_family(const struct ace_elem *el, uint32_t fam)
{
        return (!el->src.lo.fam || el->src.lo.fam == fam) && (!el->dst.lo.fam || el->dst.lo.fam == fam);
}

static void rule_addr(const struct acl_list_rt *l, struct acl_rule *r, unsigned dim, const struct addr_range *a,
                      uint32_t fam)
{
        if (!a->lo.fam) {
                r->box.lo[dim] = 0;
                r->box.hi[dim] = UINT32_MAX;
        } else if (fam == ADDR_V4) {
                r->box.lo[dim] = a->lo.v4;
                r->box.hi[dim] = a->hi.v4;
        } else {
                r->box.lo[dim] = acl_rank(l->bound, l->nbounds, &a->lo);
                r->box.hi[dim] = acl_rank(l->bound, l->nbounds, &a->hi);
        }
}

static const struct acl_tree *build_tree(struct compile *c, uint32_t fam)
{
        struct acl_rule *rules = mem_alloc(MEM_ACL, ((size_t)c->nelems + 1) * sizeof *rules);
        const struct acl_tree *t = NULL;
        uint32_t n = 0;

        for (uint32_t i = 0; rules && i < c->nelems; i++) {
                if (!of_family(&c->elem[i], fam))
                        continue;
                rules[n].prio = i;
                rule_addr(c->l, &rules[n], ACL_SRC, &c->elem[i].src, fam);
                rule_addr(c->l, &rules[n], ACL_DST, &c->elem[i].dst, fam);
                rule_services(&rules[n++], &c->elem[i]);
        }
        if (rules)
                t = acl_tree_build(c->arena, rules, n);
        mem_free(rules);
        if (!t)
                err_nomem(c->e, "compiling an access-list");
        return t;
}

static int cmp_addr(const void *a, const void *b)
{
        return addr_cmp(a, b);
}

/* The address behind a; false: there is none. */
static bool addr_next(struct addr *a)
{
        for (int i = 15; i >= 0; i--)
                if (++a->v6[i])
                        return true;
        return false;
}

static void add_bounds(struct addr *v, uint32_t *n, const struct addr_range *r)
{
        struct addr behind = r->hi;

        if (r->lo.fam != ADDR_V6)
                return;
        v[(*n)++] = r->lo;
        if (addr_next(&behind))
                v[(*n)++] = behind;
}

static int make_bounds(struct compile *c)
{
        struct addr *v = mem_alloc(MEM_ACL, ((size_t)c->nelems * 4 + 1) * sizeof *v);
        uint32_t n = 0, k = 0;

        if (!v)
                return err_nomem(c->e, "compiling an access-list");
        for (uint32_t i = 0; i < c->nelems; i++) {
                add_bounds(v, &n, &c->elem[i].src);
                add_bounds(v, &n, &c->elem[i].dst);
        }
        qsort(v, n, sizeof *v, cmp_addr);
        for (uint32_t i = 0; i < n; i++)
                if (!k || !addr_eq(&v[k - 1], &v[i]))
                        v[k++] = v[i];
        c->l->bound = arena_dup(c->arena, v, k * sizeof *v);
        c->l->nbounds = k;
        mem_free(v);
        return c->l->bound ? 0 : err_nomem(c->e, "compiling an access-list");
}

static int keep(struct compile *c)
{
        struct acl_list_rt *l = c->l;

        l->nelems = c->nelems;
        l->ace = c->ace;
        l->elem = c->nelems ? arena_dup(c->arena, c->elem, c->nelems * sizeof *c->elem) : NULL;
        l->ace_of = c->nelems ? arena_dup(c->arena, c->ace_of, c->nelems * sizeof *c->ace_of) : NULL;
        if (c->nelems && (!l->elem || !l->ace_of))
                return err_nomem(c->e, "compiling an access-list");
        if (make_bounds(c) < 0)
                return -1;
        l->v4 = build_tree(c, ADDR_V4);
        l->v6 = l->v4 ? build_tree(c, ADDR_V6) : NULL;
        return l->v6 ? 0 : -1;
}

const struct acl_list_rt *acl_list_compile(struct arena *a, const struct policy_conf *conf, const struct net_rt *net,
                                           const struct acl_conf *list, struct err *e)
{
        struct compile c = { .conf = conf, .net = net, .arena = a, .e = e };
        int rc = 0;

        c.l = arena_alloc(a, sizeof *c.l);
        c.ace = arena_array(a, list->aces.n + 1, sizeof *c.ace);
        if (!c.l || !c.ace)
                return err_nomem(e, "compiling an access-list"), NULL;
        c.l->name = arena_strdup(a, list->o.name);
        c.l->id = list->o.id;
        if (!c.l->name)
                return err_nomem(e, "compiling an access-list"), NULL;
        conf_each(struct ace_conf, ace, &list->aces)
                if (!rc && ace->kind != ACE_REMARK)
                        rc = add_ace(&c, ace);
        if (!rc)
                rc = keep(&c);
        mem_free(c.elem);
        mem_free(c.ace_of);
        return rc ? NULL : c.l;
}

/* ---- all lists, bound to interfaces ---- */

static int cmp_list(const void *a, const void *b)
{
        const struct acl_list_rt *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

static void bind_group(struct acl_rt *r, const struct net_rt *net, const struct access_group_conf *g)
{
        const struct acl_list_rt *l = acl_list(r, g->acl);
        const struct iface_rt *i = g->dir == AG_GLOBAL ? NULL : iface_by_name(net, g->nameif);

        if (g->dir == AG_GLOBAL)
                r->global = l;
        else if (i && g->control_plane)
                r->control[i->idx] = l;
        else if (i && g->dir == AG_IN)
                r->in[i->idx] = l;
        else if (i)
                r->out[i->idx] = l;
}

int acl_compile(struct snap_part *part, const struct policy_conf *conf, const struct net_rt *net, struct err *e)
{
        struct acl_rt *r = arena_alloc(part->arena, sizeof *r);

        if (r)
                r->list = arena_array(part->arena, conf->acls.n + 1, sizeof(void *));
        if (!r || !r->list)
                return err_nomem(e, "compiling access-lists");
        r->hold = conf->hold;
        conf_each(struct acl_conf, l, &conf->acls) {
                r->list[r->nlists] = acl_list_compile(part->arena, conf, net, l, e);
                if (!r->list[r->nlists++])
                        return -1;
        }
        qsort(r->list, r->nlists, sizeof(void *), cmp_list);
        conf_each(struct access_group_conf, g, &conf->access_groups)
                bind_group(r, net, g);
        part->root = r;
        return 0;
}
