/* Private to policy/acl*.c: a list compiled. */
#ifndef VOXGATE_POLICY_ACL_INT_H
#define VOXGATE_POLICY_ACL_INT_H

#include "policy/acl.h"
#include "policy/acl_tree.h"

struct acl_ace_rt {
        uint32_t id, first, n; /* elements first..first+n-1; their numbers are also their priority */
        uint32_t hash;
        bool permit, log, log_disable, grouped;
        int8_t log_level;
        uint16_t log_interval;
};
struct acl_list_rt {
        const char *name;
        uint32_t id;
        uint32_t naces, nelems, nbounds;
        const struct acl_ace_rt *ace;
        const uint32_t *ace_of; /* element -> index into ace */
        const struct ace_elem *elem;
        const struct acl_tree *v4, *v6;
        const struct addr *bound; /* sorted; where the numbering of IPv6 addresses steps: see acl_rank() */
};
struct acl_rt {
        uint32_t nlists;
        const struct acl_list_rt **list; /* by name */
        const struct acl_list_rt *in[IFACES_MAX], *out[IFACES_MAX], *control[IFACES_MAX], *global;
        bool hold;
};

/*
 * IPv6 addresses as the classifier sees them: how many bounds are <= a. All addresses between two bounds are alike to
 * every rule, so the trees work on 32-bit numbers for both families.
 */
uint32_t acl_rank(const struct addr *bound, uint32_t n, const struct addr *a);

#endif
