/* Objects, access lists, class and policy maps as typed. Owned by the store; plain data. */
#ifndef VOXGATE_POLICY_CONF_H
#define VOXGATE_POLICY_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/conf_list.h"
#include "platform/base/inspect_id.h"
#include "platform/net/conf.h"

#define OBJ_NAME_MAX 64 /* objects, groups, tls-proxies, ... */
#define ACL_NAME_MAX 241
#define MAP_NAME_MAX 40 /* class-map, policy-map */
#define DESCRIPTION_MAX 200

/* ---- value types that lines are made of ---- */

/* "an address the ASA way": any | any4 | any6 | host A | A MASK | object N | object-group N | interface IFC */
struct addr_spec {
        enum { AS_NONE, AS_ANY, AS_ANY4, AS_ANY6, AS_HOST, AS_SUBNET, AS_OBJECT, AS_GROUP, AS_IFACE } kind;
        struct addr a;
        uint8_t len;
        char name[OBJ_NAME_MAX + 1]; /* object, group or nameif */
};

enum port_op { PORT_NONE, PORT_EQ, PORT_NEQ, PORT_LT, PORT_GT, PORT_RANGE, PORT_GROUP };
struct port_spec {
        enum port_op op;
        uint16_t lo, hi;             /* hi only for RANGE */
        char name[OBJ_NAME_MAX + 1]; /* PORT_GROUP: object-group service NAME {tcp|udp|tcp-udp} */
};

#define PROTO_IP 256      /* "ip": any protocol */
#define PROTO_TCP_UDP 257 /* "tcp-udp" of a service-object: both */
struct proto_spec {
        enum { PS_NUM, PS_OBJECT, PS_GROUP } kind; /* object service, object-group service or protocol */
        uint16_t num;                              /* 0-255 or PROTO_IP */
        char name[OBJ_NAME_MAX + 1];
};

/* ---- objects ---- */
struct netobj_conf { /* object network N; its nat line lives in nat/conf.h under the same name */
        struct conf_obj o;
        enum { NETOBJ_EMPTY, NETOBJ_HOST, NETOBJ_SUBNET, NETOBJ_RANGE, NETOBJ_FQDN } kind;
        struct addr a, hi; /* hi: last address of a range */
        uint8_t len;
        char fqdn[256];
        char description[DESCRIPTION_MAX + 1];
};

struct service_spec {   /* service {tcp|udp|icmp|PROTO} [source OP P] [destination OP P] */
        uint16_t proto; /* PROTO_IP: ip, PROTO_TCP_UDP: tcp-udp */
        struct port_spec src, dst;
        int16_t icmp_type, icmp_code; /* -1 any */
};
struct svcobj_conf { /* object service N */
        struct conf_obj o;
        bool defined;
        struct service_spec s;
        char description[DESCRIPTION_MAX + 1];
};

enum group_kind { GROUP_NETWORK, GROUP_SERVICE, GROUP_PROTOCOL, GROUP_ICMP };
struct group_member { /* ordered, anonymous */
        struct conf_obj o;
        enum { GM_ADDR, GM_SERVICE, GM_PORT, GM_PROTO, GM_ICMP, GM_GROUP, GM_SVCOBJ } kind;
        struct addr_spec addr;       /* network-object */
        struct service_spec svc;     /* service-object */
        struct port_spec port;       /* port-object */
        uint16_t num;                /* protocol-object, icmp-object */
        char name[OBJ_NAME_MAX + 1]; /* group-object G, service-object object O */
};
struct group_conf {
        struct conf_obj o;
        enum group_kind kind;
        uint8_t l4; /* service groups typed tcp (6), udp (17) or tcp-udp (23); 0 = free form */
        char description[DESCRIPTION_MAX + 1];
        struct conf_list members; /* struct group_member */
        uint32_t room;            /* elements it was measured with (limits.h) */
        bool used;                /* something names it, or did */
};

/* ---- access lists ---- */
/* Who a line is about, and what is tagged: an identity firewall would know. Kept: nothing here does. */
struct ace_who {
        enum { WHO_ANYBODY, WHO_USER, WHO_USERS, WHO_USER_LIST, WHO_TAG_NAME, WHO_TAG, WHO_TAG_LIST } kind;
        char name[OBJ_NAME_MAX + 1];
};
enum ace_kind { ACE_EXTENDED, ACE_STANDARD, ACE_REMARK };
struct ace_conf { /* ordered, anonymous; o.id is the rule id of hit counters and packet-tracer */
        struct conf_obj o;
        enum ace_kind kind;
        bool permit;
        struct proto_spec proto;
        struct addr_spec src, dst;
        struct port_spec sport, dport;
        int16_t icmp_type, icmp_code; /* -1 any */
        bool log, log_disable, inactive;
        int8_t log_level;      /* -1 default (6) */
        uint16_t log_interval; /* seconds, 300 */
        char remark[101]; /* of an extended line: its time-range */
        struct ace_who user, src_tag, dst_tag;
};
static inline bool ace_has_identity(const struct ace_conf *a)
{
        return a->user.kind || a->src_tag.kind || a->dst_tag.kind;
}
struct acl_conf {
        struct conf_obj o;
        struct conf_list aces; /* struct ace_conf in order */
        uint64_t bound;        /* elements, at most (limits.h) */
};
struct access_group_conf { /* name: "in IFC" / "out IFC" / "global" */
        struct conf_obj o;
        char acl[ACL_NAME_MAX + 1];
        enum { AG_IN, AG_OUT, AG_GLOBAL } dir;
        bool control_plane;
        char nameif[NAMEIF_MAX + 1];
};

/* ---- modular policy framework ---- */
struct class_conf { /* class-map N */
        struct conf_obj o;
        char description[DESCRIPTION_MAX + 1];
        enum { CM_NONE, CM_ANY, CM_ACL, CM_PORT, CM_DEFAULT_INSPECTION } match;
        uint8_t l4;            /* CM_PORT */
        struct port_spec port; /* EQ or RANGE */
        char acl[ACL_NAME_MAX + 1];
        struct conf_list kept; /* the CLI's: lines that are not in force */
};
struct inspect_conf { /* one inspect line; ordered, anonymous */
        struct conf_obj o;
        enum inspect_id engine;
        char map[MAP_NAME_MAX + 1];
        char tls_proxy[OBJ_NAME_MAX + 1], phone_proxy[OBJ_NAME_MAX + 1], uc_ime[OBJ_NAME_MAX + 1];
};
enum police_dir { POLICE_INPUT, POLICE_OUTPUT, POLICE_DIRS };
enum police_action { POLICE_UNSAID, POLICE_TRANSMIT, POLICE_DROP };
#define POLICE_LINES_MAX 256 /* of all policy maps together */
struct police_conf {
        uint32_t rate;           /* bits a second; 0: there is no such line */
        uint32_t burst;          /* bytes; 0 not said */
        uint8_t conform, exceed; /* enum police_action; unsaid: transmit and drop */
};
struct class_action_conf { /* class N inside a policy map; name: the class */
        struct conf_obj o;
        struct conf_list inspects;                                                  /* struct inspect_conf */
        uint32_t conn_max, embryonic_max, per_client_max, per_client_embryonic_max; /* 0 unlimited */
        uint32_t idle_s, embryonic_s, half_closed_s;                                /* 0 not set */
        bool set_conn, idle_reset;
        bool dcd; /* dead connection detection: kept */
        uint32_t dcd_retry_s;
        uint8_t dcd_times;
        int8_t random_seq; /* -1 not set */
        struct police_conf police[POLICE_DIRS];
        struct conf_list kept; /* the CLI's: lines that are not in force */
};
struct policy_map_conf {
        struct conf_obj o;
        char description[DESCRIPTION_MAX + 1];
        struct conf_list classes; /* struct class_action_conf in order */
};
struct service_policy_conf { /* name: nameif, or "global" */
        struct conf_obj o;
        char policy[MAP_NAME_MAX + 1];
        bool global, fail_close; /* the latter is kept */
        char nameif[NAMEIF_MAX + 1];
};

/* timeout line values, seconds */
struct timeout_conf {
        uint32_t xlate, pat_xlate, conn, half_closed, udp, icmp, sip, sip_media, sip_invite, sip_disconnect,
                sip_provisional;
        uint32_t sunrpc, h323, h225, mgcp, mgcp_pat, uauth, tcp_proxy_reassembly, floating_conn;
        uint32_t sctp; /* kept: SCTP is not forwarded */
        bool uauth_absolute;
};
void timeout_conf_init(struct timeout_conf *t); /* 9.3 defaults */

/* Services of the box that lines let addresses use. */
enum box_use { BOX_SSH, BOX_HTTP, BOX_USES };
struct box_access_conf { /* ssh NET MASK IFC, http NET MASK IFC */
        struct conf_obj o;
        struct addr net;
        uint8_t len;
        char nameif[NAMEIF_MAX + 1];
};

struct policy_conf {
        struct conf_list netobjs;       /* struct netobj_conf */
        struct conf_list svcobjs;       /* struct svcobj_conf */
        struct conf_list groups;        /* struct group_conf */
        struct conf_list acls;          /* struct acl_conf */
        struct conf_list access_groups; /* struct access_group_conf */
        struct conf_list classes;       /* struct class_conf */
        struct conf_list policies;      /* struct policy_map_conf */
        struct conf_list services;      /* struct service_policy_conf */
        struct conf_list box_access[BOX_USES]; /* struct box_access_conf: who may use what; empty: nothing listens */
        struct timeout_conf timeouts;
        bool hold; /* nothing passes: what the operator wants is not known for sure */
};

#endif
