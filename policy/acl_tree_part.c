/* One part of the classifier. The largest leaf is cut first, so that what the budget cannot pay for stays evenly
 * spread. */
#include "policy/acl_tree_int.h"

#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/mem.h"

#define DEPTH_MAX 64u
#define COPIES_FACTOR 8u /* budget: how many copies of its rules a tree may hold */
#define COPIES_EXTRA 1024u

struct work { /* a leaf to be */
        uint32_t node, n, depth;
        uint32_t *idx; /* owned */
        struct acl_box box;
};
struct build {
        const struct acl_rule *rules;
        struct acl_node *node;
        uint32_t nnode, capnode;
        struct work *heap; /* by n, largest first */
        uint32_t nheap, capheap;
        struct acl_leaf_rule *leaf;
        uint32_t nleaf, capleaf;
        uint64_t budget; /* copies that may still be made */
        struct acl_tree_stat stat;
};

static void *grow(void *v, uint32_t need, uint32_t *cap, size_t size)
{
        uint32_t want = *cap ? *cap : 64;
        void *p;

        if (need <= *cap)
                return v;
        while (want < need)
                want *= 2;
        p = mem_realloc(MEM_ACL, v, (size_t)want * size);
        if (p)
                *cap = want;
        return p;
}

/* ---- heap of work ---- */

static int heap_push(struct build *b, const struct work *w)
{
        struct work *p = grow(b->heap, b->nheap + 1, &b->capheap, sizeof *b->heap);
        uint32_t i = b->nheap;

        if (!p)
                return -1;
        b->heap = p;
        b->nheap++;
        for (; i && p[(i - 1) / 2].n < w->n; i = (i - 1) / 2)
                p[i] = p[(i - 1) / 2];
        p[i] = *w;
        return 0;
}

static struct work heap_pop(struct build *b)
{
        struct work top = b->heap[0], last = b->heap[--b->nheap];
        uint32_t i = 0, kid;

        while ((kid = 2 * i + 1) < b->nheap) {
                if (kid + 1 < b->nheap && b->heap[kid + 1].n > b->heap[kid].n)
                        kid++;
                if (b->heap[kid].n <= last.n)
                        break;
                b->heap[i] = b->heap[kid];
                i = kid;
        }
        if (b->nheap)
                b->heap[i] = last;
        return top;
}

/* ---- leaves ---- */

static struct acl_leaf_rule pack(const struct acl_rule *r)
{
        const struct acl_box *b = &r->box;

        return (struct acl_leaf_rule){ .slo = b->lo[ACL_SRC],
                                       .shi = b->hi[ACL_SRC],
                                       .dlo = b->lo[ACL_DST],
                                       .dhi = b->hi[ACL_DST],
                                       .splo = (uint16_t)b->lo[ACL_SPORT],
                                       .sphi = (uint16_t)b->hi[ACL_SPORT],
                                       .dplo = (uint16_t)b->lo[ACL_DPORT],
                                       .dphi = (uint16_t)b->hi[ACL_DPORT],
                                       .plo = (uint8_t)b->lo[ACL_PROTO],
                                       .phi = (uint8_t)b->hi[ACL_PROTO],
                                       .prio = r->prio };
}

static int make_leaf(struct build *b, const struct work *w)
{
        struct acl_leaf_rule *p = grow(b->leaf, b->nleaf + w->n, &b->capleaf, sizeof *b->leaf);

        if (!p && w->n)
                return -1;
        b->leaf = p;
        b->node[w->node] = (struct acl_node){
                .at = w->n, .kid = b->nleaf, .best = w->n ? b->rules[w->idx[0]].prio : ACL_NO_RULE, .dim = ACL_LEAF
        };
        for (uint32_t i = 0; i < w->n; i++)
                p[b->nleaf++] = pack(&b->rules[w->idx[i]]);
        b->stat.leaves++;
        b->stat.leaf_most = MAX_OF(b->stat.leaf_most, w->n);
        b->stat.depth_most = MAX_OF(b->stat.depth_most, w->depth);
        return 0;
}

/* ---- cuts ---- */

static bool box_meets(const struct acl_box *r, const struct acl_box *box)
{
        for (unsigned d = 0; d < ACL_DIMS; d++)
                if (r->lo[d] > box->hi[d] || r->hi[d] < box->lo[d])
                        return false;
        return true;
}

static bool box_covers(const struct acl_box *r, const struct acl_box *box)
{
        for (unsigned d = 0; d < ACL_DIMS; d++)
                if (r->lo[d] > box->lo[d] || r->hi[d] < box->hi[d])
                        return false;
        return true;
}

/* The rules that matter inside kid->box: behind one that fills it nothing can win any more. */
static int kid_fill(const struct build *b, const struct work *w, struct work *kid)
{
        kid->idx = mem_alloc(MEM_ACL, (w->n + 1) * sizeof *kid->idx);
        if (!kid->idx)
                return -1;
        for (uint32_t i = 0; i < w->n; i++) {
                const struct acl_box *r = &b->rules[w->idx[i]].box;

                if (!box_meets(r, &kid->box))
                        continue;
                kid->idx[kid->n++] = w->idx[i];
                if (box_covers(r, &kid->box))
                        break;
        }
        return 0;
}

static int push_kids(struct build *b, const struct work *w, struct work kid[2], unsigned dim, uint32_t at)
{
        struct acl_node *p = grow(b->node, b->nnode + 2, &b->capnode, sizeof *b->node);

        if (!p)
                return -1;
        b->node = p;
        p[w->node] = (struct acl_node){ .at = at, .kid = b->nnode, .best = b->rules[w->idx[0]].prio, .dim = dim };
        for (unsigned i = 0; i < 2; i++) {
                kid[i].node = b->nnode++;
                kid[i].depth = w->depth + 1;
                if (heap_push(b, &kid[i]) < 0)
                        return -1;
                kid[i].idx = NULL; /* the heap owns it */
        }
        return 0;
}

/* 1: cut; 0: to be a leaf; -1: out of memory. */
static int try_cut(struct build *b, const struct work *w)
{
        struct work kid[2] = { { .box = w->box }, { .box = w->box } };
        unsigned dim = 0;
        uint32_t at = 0;
        int rc = -1;

        if (w->n <= ACL_LEAF_RULES || w->depth >= DEPTH_MAX ||
            !acl_cut_choose(b->rules, w->idx, w->n, &w->box, &dim, &at))
                return 0;
        kid[0].box.hi[dim] = at;
        kid[1].box.lo[dim] = at + 1;
        if (!kid_fill(b, w, &kid[0]) && !kid_fill(b, w, &kid[1])) {
                uint64_t now = (uint64_t)kid[0].n + kid[1].n, extra = now > w->n ? now - w->n : 0;

                rc = 0;
                if (extra <= b->budget && MAX_OF(kid[0].n, kid[1].n) < w->n) {
                        b->budget -= extra;
                        rc = push_kids(b, w, kid, dim, at) < 0 ? -1 : 1;
                }
        }
        mem_free(kid[0].idx);
        mem_free(kid[1].idx);
        return rc;
}

static int start(struct build *b, const struct acl_rule *rules, uint32_t n)
{
        struct work w = { .box = { .hi = { UINT32_MAX, UINT32_MAX, 65535, 65535, 255 } } };
        struct work all = { .n = n, .idx = mem_alloc(MEM_ACL, (n + 1) * sizeof *w.idx) };
        int rc;

        if (!all.idx)
                return -1;
        for (uint32_t i = 0; i < n; i++)
                all.idx[i] = i;
        b->rules = rules;
        b->budget = (uint64_t)n * (COPIES_FACTOR - 1) + COPIES_EXTRA;
        b->node = grow(NULL, 1, &b->capnode, sizeof *b->node);
        b->nnode = 1;
        rc = b->node ? kid_fill(b, &all, &w) : -1;
        mem_free(all.idx);
        if (!rc && heap_push(b, &w) < 0) {
                mem_free(w.idx);
                rc = -1;
        }
        return rc;
}

static int run(struct build *b)
{
        while (b->nheap) {
                struct work w = heap_pop(b);
                int rc = try_cut(b, &w);

                if (rc == 0)
                        rc = make_leaf(b, &w);
                mem_free(w.idx);
                if (rc < 0)
                        return -1;
        }
        return 0;
}

static int finish(struct build *b, struct arena *a, struct acl_part *p)
{
        p->node = arena_dup(a, b->node, b->nnode * sizeof *b->node);
        p->rule = arena_dup(a, b->leaf ? (void *)b->leaf : (void *)b->node, b->nleaf * sizeof *b->leaf);
        if (!p->node || !p->rule)
                return -1;
        b->stat.nodes = b->nnode;
        b->stat.copies = b->nleaf;
        p->best = p->node[0].best;
        p->stat = b->stat;
        return 0;
}

int acl_part_build(struct arena *a, struct acl_part *p, const struct acl_rule *rules, uint32_t n)
{
        struct build b = { 0 };
        int rc = start(&b, rules, n);

        if (!rc)
                rc = run(&b);
        if (!rc)
                rc = finish(&b, a, p);
        for (uint32_t i = 0; i < b.nheap; i++)
                mem_free(b.heap[i].idx);
        mem_free(b.heap);
        mem_free(b.node);
        mem_free(b.leaf);
        return rc;
}
