/* Object NAT (section 2) as typed. Twice NAT (sections 1 and 3) gets its lists here when it is built. asa-cli.md 3.3
 */
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

struct nat_conf {
        struct conf_list object_nats; /* struct object_nat_conf */
};

#endif
