/* Private to policy/object*.c: vectors that grow, and the list of groups still to visit. */
#ifndef VOXGATE_POLICY_OBJECT_INT_H
#define VOXGATE_POLICY_OBJECT_INT_H

#include "platform/base/err.h"
#include "policy/object.h"

struct port_vec {
        struct port_range *v;
        unsigned n, cap;
};

/* Room for one more element behind n; NULL when out of memory or over OBJECT_RANGES_MAX. */
void *object_grow(void **v, unsigned *n, unsigned *cap, size_t size, struct err *e);
#define object_push(vec, e) object_grow((void **)&(vec)->v, &(vec)->n, &(vec)->cap, sizeof *(vec)->v, e)

struct group_walk {
        const struct group_conf *g[OBJECT_GROUPS_MAX];
        unsigned n;
};
/* Notes a group unless it was noted before or does not exist. -1: too many. */
int group_walk_add(struct group_walk *w, const struct policy_conf *c, const char *name, struct err *e);

/* An empty result for operators that match nothing ("lt 0"). icmp: the group may be one of ICMP types. */
int object_expand_ports(const struct policy_conf *c, const struct port_spec *p, struct port_vec *out, struct err *e);

#endif
