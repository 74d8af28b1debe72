/* Private to policy/: live state of service policies and access lists of one worker. */
#ifndef VOXGATE_POLICY_LIVE_INT_H
#define VOXGATE_POLICY_LIVE_INT_H

#include "platform/base/hash.h"
#include "platform/base/log_limit.h"
#include "platform/base/pool.h"
#include "policy/police.h"
#include "policy/policy_rt.h"

#define INSPECT_LINES_MAX 4096u /* slots of counters; three quarters are used */
#define LIMIT_CLASSES_MAX 4096u
#define LIMIT_CLIENTS_MAX 65536u
#define POLICERS_MAX (POLICE_LINES_MAX * IFACES_MAX)

struct inspect_slot {
        _Atomic uint32_t id; /* 0 free; never changes once set */
        struct inspect_count c;
};
struct limit_class {
        struct hash_node node;
        uint32_t id, conns, embryonic;
        uint64_t drops;
};
struct limit_client {
        struct hash_node node;
        uint32_t class_id, conns, embryonic;
        struct addr a;
};
struct policer {
        struct hash_node node;
        struct police_key key;
        uint64_t seen;               /* generation of the last snapshot that asked for it */
        uint8_t act[POLICE_RESULTS]; /* enum police_action */
        struct police_bucket bucket;
        struct police_count count;
        uint64_t since_ms, window[POLICE_RESULTS]; /* bytes of the rate that is being measured */
};
struct acl_log;
struct policy_live {
        struct inspect_slot *inspect;
        _Atomic uint32_t ninspect;
        struct hash_table classes, clients;
        struct pool *class_pool, *client_pool;
        struct hash_table policers;
        struct pool *policer_pool;
        struct acl_log *acl_log;
        struct box_service box[BOX_SERVICES_MAX];
        unsigned nbox;
        struct log_limit refusals, limits_told, no_route;
};

/* Flows that matched an ACE with `log`: first hit and one summary per interval (106100). */
struct acl_log *acl_log_new(void) MUST_USE;
void acl_log_free(struct acl_log *l);
void acl_log_hit(struct worker *w, const struct acl_list_rt *list, const struct acl_hit *hit,
                 const struct flow_plan *plan, const struct acl_key *k);

#endif
