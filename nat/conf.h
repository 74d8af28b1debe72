/* Object NAT (section 2) and twice NAT (sections 1 and 3) as typed. */
#ifndef VOXGATE_NAT_CONF_H
#define VOXGATE_NAT_CONF_H

#include "policy/conf.h"

struct object_nat_conf { /* name: the network object it belongs to */
        struct conf_obj o;
        char real_if[NAMEIF_MAX + 1], mapped_if[NAMEIF_MAX + 1]; /* "any" */
        bool dynamic;
        enum { MAPPED_ADDR, MAPPED_OBJECT, MAPPED_INTERFACE } mapped_kind;
        struct addr mapped;
        char mapped_obj[OBJ_NAME_MAX + 1];
        bool dns, no_proxy_arp, route_lookup, net_to_net;
        bool iface_fallback; /* dynamic ADDR interface */
        uint8_t svc_proto;   /* static ... service {tcp|udp} REAL MAPPED; 0 none */
        uint16_t svc_real, svc_mapped;
};

/* One word of a twice NAT line: a network object or group, or what stands for addresses without one. */
struct nat_end {
        enum { NAT_END_NONE, NAT_END_ANY, NAT_END_OBJECT, NAT_END_INTERFACE, NAT_END_POOL } kind;
        char name[OBJ_NAME_MAX + 1];
};

/* Evaluated in the order of its list. */
struct twice_nat_conf {
        struct conf_obj o;
        char real_if[NAMEIF_MAX + 1], mapped_if[NAMEIF_MAX + 1]; /* "any" */
        bool dynamic;
        struct nat_end real, mapped;             /* source */
        struct nat_end there_mapped, there_real; /* destination; NONE: any */
        char svc_first[OBJ_NAME_MAX + 1], svc_second[OBJ_NAME_MAX + 1];
        bool iface_fallback, ipv6; /* dynamic OBJ interface; interface ipv6 */
        bool round_robin, extended, flat, include_reserve, block_allocation; /* of pat-pool */
        bool dns, net_to_net, unidirectional, no_proxy_arp, route_lookup, inactive;
        char description[DESCRIPTION_MAX + 1];
};

struct nat_conf {
        struct conf_list twice;       /* section 1: struct twice_nat_conf */
        struct conf_list object_nats; /* section 2: struct object_nat_conf */
        struct conf_list after_auto;  /* section 3: struct twice_nat_conf */
};

#endif
