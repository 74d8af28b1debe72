#include "policy/acl_tree.h"

#include <stdlib.h>
#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/mem.h"
#include "policy/acl_tree_int.h"

#define WIDE_SHARE 16u /* wide: crosses more than this part of all end points of its dimension */
#define WIDE_LEAST 8u

/* ---- wide or narrow ---- */

struct ends { /* sorted lower ends of one dimension */
        uint32_t *v;
        uint32_t n;
};

static int cmp_u32(const void *a, const void *b)
{
        uint32_t x, y;

        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return x < y ? -1 : x > y;
}

static void ends_of(struct ends *e, const struct acl_rule *rules, uint32_t n, unsigned dim)
{
        for (uint32_t i = 0; i < n; i++)
                e->v[i] = rules[i].box.lo[dim];
        e->n = n;
        qsort(e->v, n, sizeof *e->v, cmp_u32);
}

/* How many ends are <= x. */
static uint32_t ends_upto(const struct ends *e, uint32_t x)
{
        uint32_t lo = 0, hi = e->n;

        while (lo < hi) {
                uint32_t mid = lo + (hi - lo) / 2;

                if (e->v[mid] <= x)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

static bool is_wide(const struct ends *e, const struct acl_box *b, unsigned dim)
{
        uint32_t inside = ends_upto(e, b->hi[dim]) - (b->lo[dim] ? ends_upto(e, b->lo[dim] - 1) : 0);

        return b->lo[dim] != b->hi[dim] && inside > MAX_OF(e->n / WIDE_SHARE, WIDE_LEAST);
}

/* ---- build ---- */

static int classify(const struct acl_rule *rules, uint32_t n, uint8_t *cls)
{
        struct ends src = { .v = mem_alloc(MEM_ACL, (n + 1) * sizeof *src.v) };
        struct ends dst = { .v = mem_alloc(MEM_ACL, (n + 1) * sizeof *dst.v) };
        int rc = src.v && dst.v ? 0 : -1;

        if (!rc) {
                ends_of(&src, rules, n, ACL_SRC);
                ends_of(&dst, rules, n, ACL_DST);
                for (uint32_t i = 0; i < n; i++)
                        cls[i] = (uint8_t)(is_wide(&src, &rules[i].box, ACL_SRC) |
                                           is_wide(&dst, &rules[i].box, ACL_DST) << 1);
        }
        mem_free(src.v);
        mem_free(dst.v);
        return rc;
}

static int cmp_part(const void *a, const void *b)
{
        const struct acl_part *x = a, *y = b;

        return x->best < y->best ? -1 : x->best > y->best;
}

static int build_parts(struct arena *a, struct acl_tree *t, const struct acl_rule *rules, const uint8_t *cls,
                       struct acl_rule *some, uint32_t n)
{
        for (unsigned c = 0; c < ACL_PARTS; c++) {
                uint32_t k = 0;

                for (uint32_t i = 0; i < n; i++)
                        if (cls[i] == c)
                                some[k++] = rules[i];
                if (k && acl_part_build(a, &t->part[t->n++], some, k) < 0)
                        return -1;
        }
        qsort(t->part, t->n, sizeof t->part[0], cmp_part);
        return 0;
}

struct acl_tree *acl_tree_build(struct arena *a, struct acl_rule *rules, uint32_t n)
{
        struct acl_tree *t = arena_alloc(a, sizeof *t);
        struct acl_rule *some = mem_alloc(MEM_ACL, ((size_t)n + 1) * sizeof *some);
        uint8_t *cls = mem_alloc(MEM_ACL, (size_t)n + 1);

        if (t && some && cls && (classify(rules, n, cls) < 0 || build_parts(a, t, rules, cls, some, n) < 0))
                t = NULL;
        if (!some || !cls)
                t = NULL;
        mem_free(some);
        mem_free(cls);
        return t;
}

/* ---- lookup ---- */

static inline bool holds(const struct acl_leaf_rule *r, const struct acl_point *p)
{
        return p->v[ACL_SRC] - r->slo <= r->shi - r->slo && p->v[ACL_DST] - r->dlo <= r->dhi - r->dlo &&
               (r->dplo <= p->v[ACL_DPORT] && p->v[ACL_DPORT] <= r->dphi) &&
               (r->splo <= p->v[ACL_SPORT] && p->v[ACL_SPORT] <= r->sphi) &&
               (r->plo <= p->v[ACL_PROTO] && p->v[ACL_PROTO] <= r->phi);
}

static uint32_t part_find(const struct acl_part *part, const struct acl_point *p, uint32_t best)
{
        const struct acl_node *n = part->node;
        const struct acl_leaf_rule *r;

        while (n->dim != ACL_LEAF) {
                n = &part->node[n->kid + (p->v[n->dim] > n->at)];
                if (n->best >= best)
                        return best;
        }
        r = &part->rule[n->kid];
        for (uint32_t i = 0; i < n->at && r[i].prio < best; i++)
                if (holds(&r[i], p))
                        return r[i].prio;
        return best;
}

uint32_t acl_tree_find(const struct acl_tree *t, const struct acl_point *p)
{
        uint32_t best = ACL_NO_RULE;

        for (uint32_t i = 0; i < t->n && t->part[i].best < best; i++)
                best = part_find(&t->part[i], p, best);
        return best;
}

void acl_tree_stat(const struct acl_tree *t, struct acl_tree_stat *s)
{
        *s = (struct acl_tree_stat){ 0 };
        for (uint32_t i = 0; i < t->n; i++) {
                const struct acl_tree_stat *p = &t->part[i].stat;

                s->nodes += p->nodes;
                s->leaves += p->leaves;
                s->copies += p->copies;
                s->leaf_most = MAX_OF(s->leaf_most, p->leaf_most);
                s->depth_most = MAX_OF(s->depth_most, p->depth_most);
        }
}
