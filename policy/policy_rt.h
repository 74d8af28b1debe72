/* Service policies compiled: which class action a new flow gets per interface; counters of inspect lines. */
#ifndef VOXGATE_POLICY_RT_H
#define VOXGATE_POLICY_RT_H

#include "policy/acl.h"
#include "policy/flow_plan.h"

struct conn;
struct policy_rt; /* part root */
static inline const struct policy_rt *policy_rt(const struct snapshot *s)
{
        return s->part[SNAP_POLICY]->root;
}
/* What the names on an inspect line mean: handed in by commit, since policy knows neither proxies nor inspection
 * maps. */
struct inspect_target {
        uint32_t map_id;       /* 0: none named, or there is none of that name */
        uint32_t tls_proxy_id; /* named, or that of the phone proxy */
        uint32_t phone_proxy_id;
        uint16_t server_port; /* our server leg dials this port; 0: the one the client dialled ... */
        int32_t server_shift; /* ... plus this (phone proxy: 5061 -> 5060, 2443 -> 2000) */
};
typedef struct inspect_target (*inspect_target_fn)(const void *ctx, const struct inspect_conf *line);
/* target may be NULL: no names are known. */
int policy_compile(struct snap_part *part, const struct policy_conf *conf, const struct net_rt *net,
                   inspect_target_fn target, const void *ctx, struct err *e);
/* Which class of which policy map takes a flow, and what it does with it: fills the plan's part. */
struct policy_verdict {
        bool refuse;        /* an engine that must not be bypassed cannot run: fail closed */
        bool inspect;       /* plan->engine and its ids were set */
        bool settings;      /* plan->set was set */
        uint32_t set_class; /* conf id of the class action the settings come from */
};
struct policy_verdict policy_match(const struct policy_rt *p, const struct acl_key *k, struct flow_plan *plan);
/* The first inspect line of a policy in force between these interfaces that names this phone proxy; 0: none. */
uint32_t policy_phone_proxy_line(const struct policy_rt *p, uint32_t phone_proxy_id, uint16_t in, uint16_t out);
/* The `inspect icmp error` line that takes an error on its way from interface `in` to `out`; 0: none. */
uint32_t policy_icmp_error(const struct policy_rt *p, const struct acl_key *k, uint16_t in, uint16_t out);
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
void policy_inspect_read(const struct policy_live *l, uint32_t id, uint64_t *packets, uint64_t *drops,
                         uint64_t *resets);
void policy_conn_end(struct worker *w, struct conn *c); /* conn_end callback: gives back class limits */

/* Is there an engine behind `inspect NAME`? What is accepted without one does not inspect. */
bool policy_engine_active(enum inspect_id id);
/* Its well-known ports in default-inspection-traffic: does proto/port belong to it? */
bool policy_engine_port(enum inspect_id id, uint8_t proto, uint16_t port);

/* ---- limits of class actions (worker's thread) ---- */
enum limit_kind { LIMIT_NONE, LIMIT_CONNS, LIMIT_EMBRYONIC, LIMIT_CLIENT_CONNS, LIMIT_CLIENT_EMBRYONIC, LIMIT_TABLE };
struct limit_hit {
        enum limit_kind kind;
        uint32_t now, limit;
};
/* Is a limit in the way of this flow? Counted as a drop of the class; *hit tells which. */
bool policy_limit_check(struct worker *w, const struct flow_plan *plan, struct limit_hit *hit);
void policy_limit_take(struct worker *w, struct conn *c, const struct conn_settings *set);
void policy_limit_open(struct worker *w, struct conn *c); /* the handshake is complete: no longer half-open */
struct class_use {
        uint32_t conns, embryonic;
        uint64_t drops;
};
/* Zeros for a class action without limits in use. */
struct class_use policy_class_use(const struct policy_live *l, uint32_t class_id);

/* ---- the cache of `log` ACEs (106100) ---- */
struct acl_log_stat {
        uint32_t flows, denied;
        uint64_t full; /* flows not followed because the cache was full */
};
void acl_log_stat(const struct policy_live *l, struct acl_log_stat *out); /* worker's thread */

/* ---- what the box itself answers (worker's thread) ---- */
#define BOX_SERVICES_MAX 32
struct box_service {
        uint8_t proto;
        uint16_t port;     /* as the world dials it */
        uint16_t box_port; /* of the listener in the private kernel */
        bool by_lines;     /* configured lines say who may use it, and whether it is there at all */
        uint8_t use;       /* enum box_use: which lines */
};
/* What the lines of a service say about a source: it does not listen, refused (710003), let in. */
enum box_answer { BOX_CLOSED, BOX_REFUSED, BOX_LET_IN };
enum box_answer policy_box_judge(const struct policy_rt *p, enum box_use use, uint16_t iface, const struct addr *src);
/* Adds or replaces by protocol and port. -1: the list is full. */
int policy_box_service_set(struct policy_live *l, const struct box_service *s);
void policy_box_service_del(struct policy_live *l, uint8_t proto, uint16_t port);
const struct box_service *policy_box_service_find(const struct policy_live *l, uint8_t proto, uint16_t port);

#endif
