/* Service policies compiled: which class action a new flow gets per interface; counters of inspect lines. */
#ifndef VOXGATE_POLICY_RT_H
#define VOXGATE_POLICY_RT_H

#include "policy/acl.h"
#include "policy/flow_plan.h"

struct policy_rt; /* part root */
static inline const struct policy_rt *policy_rt(const struct snapshot *s)
{
        return s->part[SNAP_POLICY]->root;
}
/* Turns names of tls-proxies etc. into conf ids: handed in by commit, since policy does not know the proxy layer. 0: none. */
typedef uint32_t (*policy_name_id_fn)(const void *ctx, const char *tls_proxy);
int policy_compile(struct snap_part *part, const struct policy_conf *conf, const struct net_rt *net,
                   policy_name_id_fn tls_proxy_id, const void *ctx, struct err *e);
/* The global `timeout` line. */
const struct timeout_conf *policy_timeouts(const struct policy_rt *p);

/* Live: per worker; inspect-line counters (packets, drops, resets) and class limits by conf id. */
struct policy_live;
struct policy_live *policy_live_new(void) MUST_USE;
void policy_live_free(struct policy_live *l);
struct inspect_count {
        _Atomic uint64_t packets, drops, resets, conns;
};
/* The counters of an inspect line, made on first use; NULL when the table (4096) is full. */
struct inspect_count *policy_inspect_count(struct policy_live *l, uint32_t inspect_line_id);
/* Reading side, any thread: zeros when never used. */
void policy_inspect_read(const struct policy_live *l, uint32_t id, uint64_t *packets, uint64_t *drops, uint64_t *resets);
void policy_conn_end(struct worker *w, struct conn *c); /* conn_end callback: gives back class limits */

#endif
