/*
 * First match over boxes in five dimensions: rules are split by wide/narrow source and destination, so that wildcards
 * are not copied into every branch, and each part becomes a binary tree whose inner nodes compare one coordinate and
 * whose leaves hold a few rules in order. Knows nothing of access lists. Build once, read from any thread.
 */
#ifndef VOXGATE_POLICY_ACL_TREE_H
#define VOXGATE_POLICY_ACL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/arena.h"

enum { ACL_SRC, ACL_DST, ACL_SPORT, ACL_DPORT, ACL_PROTO, ACL_DIMS }; /* ports 16 bits, protocol 8 bits */

struct acl_box { /* inclusive */
        uint32_t lo[ACL_DIMS], hi[ACL_DIMS];
};
struct acl_point {
        uint32_t v[ACL_DIMS];
};
struct acl_rule { /* a box and its place in the order */
        struct acl_box box;
        uint32_t prio; /* lower wins */
};

#define ACL_NO_RULE UINT32_MAX
#define ACL_LEAF_RULES                                                                                               \
        8u /* a leaf is no larger unless the budget of copies is used up or nothing separates its rules */

struct acl_tree;

/* rules: by rising prio; may be reordered in place. NULL when out of memory. Lives in the arena. */
struct acl_tree *acl_tree_build(struct arena *a, struct acl_rule *rules, uint32_t n) MUST_USE;
/* prio of the first rule that holds the point, or ACL_NO_RULE. Never allocates. */
uint32_t acl_tree_find(const struct acl_tree *t, const struct acl_point *p);

struct acl_tree_stat {
        uint32_t nodes, leaves, copies, leaf_most, depth_most;
};
void acl_tree_stat(const struct acl_tree *t, struct acl_tree_stat *s);

#endif
