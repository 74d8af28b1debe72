/*
 * Objects and groups resolved to plain ranges. Groups may nest and even name each other in a circle: every group is
 * visited once per expansion. What does not exist or holds no address yet (an FQDN) expands to nothing.
 */
#ifndef VOXGATE_POLICY_OBJECT_H
#define VOXGATE_POLICY_OBJECT_H

#include "platform/net/iface.h"
#include "policy/conf.h"

#define OBJECT_GROUPS_MAX 256u   /* distinct groups one expansion may visit */
#define OBJECT_RANGES_MAX 65536u /* ranges one expansion may give */

struct addr_vec {             /* zeroed is legal and empty */
        struct addr_range *v; /* fam ADDR_NONE: any address of either family */
        unsigned n, cap;
};
struct svc_elem {
        uint8_t proto_lo, proto_hi;
        struct port_range sport, dport; /* ICMP: code and type */
};
struct svc_vec {
        struct svc_elem *v;
        unsigned n, cap;
};

void addr_vec_fini(struct addr_vec *v);
void svc_vec_fini(struct svc_vec *v);

/* Both append to *out; -1 when out of memory or over a limit (then *out still needs its fini). */
int object_expand_addr(const struct policy_conf *c, const struct net_rt *net, const struct addr_spec *s,
                       struct addr_vec *out, struct err *e);
/* What a protocol with its ports (or ICMP type and code, -1 any) stands for. */
int object_expand_service(const struct policy_conf *c, const struct proto_spec *p, const struct port_spec *sport,
                          const struct port_spec *dport, int16_t icmp_type, int16_t icmp_code, struct svc_vec *out,
                          struct err *e);

#endif
