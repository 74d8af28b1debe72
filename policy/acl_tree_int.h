/* Private to policy/acl_tree*.c. */
#ifndef VOXGATE_POLICY_ACL_TREE_INT_H
#define VOXGATE_POLICY_ACL_TREE_INT_H

#include "policy/acl_tree.h"

#define ACL_PARTS 4 /* source wide or not, destination wide or not */
#define ACL_LEAF 7  /* node.dim of a leaf */

struct acl_node {      /* 16 bytes: four to a cache line */
        uint32_t at;   /* inner: points with v[dim] <= at go to kid, others to kid + 1; leaf: number of rules */
        uint32_t kid;  /* leaf: index of its first rule */
        uint32_t best; /* lowest prio below */
        uint32_t dim;
};
struct acl_leaf_rule { /* 32 bytes, packed for the scan */
        uint32_t slo, shi, dlo, dhi;
        uint16_t splo, sphi, dplo, dphi;
        uint8_t plo, phi;
        uint32_t prio;
};
struct acl_part {
        const struct acl_node *node; /* [0] is the root */
        const struct acl_leaf_rule *rule;
        uint32_t best;
        struct acl_tree_stat stat;
};
struct acl_tree {
        uint32_t n; /* parts in use, by rising best */
        struct acl_part part[ACL_PARTS];
};

/* Builds one part out of rules in rising order. -1 when out of memory. */
int acl_part_build(struct arena *a, struct acl_part *p, const struct acl_rule *rules, uint32_t n);

/*
 * The best cut of the rules (indices in idx) inside box: dimension and coordinate. false when nothing separates them.
 * Looks at a bounded sample.
 */
bool acl_cut_choose(const struct acl_rule *rules, const uint32_t *idx, uint32_t n, const struct acl_box *box,
                    unsigned *dim, uint32_t *at);

#endif
