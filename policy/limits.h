/*
 * Limits of objects and access lists, checked while lines are typed, so that compiling refuses nothing but memory
 * that runs out. What a line may stand for is bounded from above, cheaply: a group that grows is measured only when
 * it outgrows the size it was measured with (a quarter more than it had), a list when its lines add up to too much.
 */
#ifndef VOXGATE_POLICY_LIMITS_H
#define VOXGATE_POLICY_LIMITS_H

#include "platform/base/err.h"
#include "policy/conf.h"

#define ACL_ELEMS_MAX (1u << 20) /* elements of one list */

/* May `typed` join the list? -1 with words when something would grow too big. */
int policy_limit_ace(struct policy_conf *c, struct acl_conf *list, const struct ace_conf *typed, struct err *e);
/* May `typed` join the group? Everything that names the group, at any depth, is looked at. */
int policy_limit_member(struct policy_conf *c, struct group_conf *g, const struct group_member *typed, struct err *e);

#endif
