/* Private to policy/classify*.c: service policies compiled. */
#ifndef VOXGATE_POLICY_CLASSIFY_INT_H
#define VOXGATE_POLICY_CLASSIFY_INT_H

#include "policy/policy_rt.h"

struct inspect_line_rt {
        uint32_t id;
        uint8_t engine;
        bool tls_named, phone_named; /* an id of 0 then means that it does not exist */
        struct inspect_target t;
};
struct class_rt {
        uint32_t id;   /* of the class action */
        uint8_t match; /* of struct class_conf */
        uint8_t l4;
        struct port_range port;
        const struct acl_list_rt *acl; /* match access-list; NULL: matches nothing */
        bool has_set;
        struct conn_settings set;
        struct police_conf police[POLICE_DIRS];
        unsigned ninspects;
        const struct inspect_line_rt *inspect;
};
struct pmap_rt {
        unsigned n;
        const struct class_rt *cls;
        bool police[POLICE_DIRS]; /* does any class? */
};
struct box_rule_rt {
        uint16_t iface;
        struct prefix from;
};
struct box_rules_rt {
        unsigned n;
        bool some; /* a line is configured, if only for an interface that is not there now */
        const struct box_rule_rt *rule;
};
struct policy_rt {
        struct box_rules_rt box[BOX_USES];
        bool police; /* does any policy map in use? */
        struct timeout_conf timeouts;
        const struct pmap_rt *iface[IFACES_MAX], *global;
};

/* The class that polices what enters or leaves an interface; k: as the packet goes, with real addresses. */
const struct class_rt *policy_policing(const struct policy_rt *p, const struct acl_key *k, uint16_t iface,
                                       enum police_dir dir);

/* box_access.c */
int policy_box_compile(struct policy_rt *r, struct arena *a, const struct policy_conf *conf, const struct net_rt *net,
                       struct err *e);

#endif
