/* Interfaces, routes, ARP and ICMP lines as typed. Owned by the store; plain data. */
#ifndef VOXGATE_NET_CONF_H
#define VOXGATE_NET_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/conf_list.h"

#define NAMEIF_MAX 48
#define HWNAME_MAX 63
#define IFACES_MAX 64 /* physical and sub-interfaces together; index 0 means "none" */

/* What may wait for the rest of its datagram; 0 in a field: the default. */
struct frag_limits {
        uint32_t size;      /* fragments, 1-30000; 200 */
        uint32_t chain;     /* fragments of one datagram, 1-8200; 24 */
        uint32_t timeout_s; /* 1-30; 5 */
};
#define FRAG_SIZE_DEFAULT 200u
#define FRAG_CHAIN_DEFAULT 24u
#define FRAG_TIMEOUT_DEFAULT 5u

/* How many fragments may wait before only those of datagrams that have begun are let in. */
static inline uint32_t frag_threshold(uint32_t size)
{
        return size < 3 ? size : size * 2 / 3;
}

struct iface_conf {
        struct conf_obj o; /* name: hardware name, canonical: "GigabitEthernet0/0", "GigabitEthernet0/1.20" */
        char nameif[NAMEIF_MAX + 1];
        uint32_t naming; /* since when it has a name: kept when another replaces it (conf_id_next) */
        int16_t level; /* security level 0-100, -1 unset */
        bool shutdown; /* physical ports default to shutdown */
        struct addr ip;
        uint8_t mask_len;
        struct addr standby;
        uint16_t vlan; /* 0 none */
        uint32_t mtu;  /* bytes, 300-65535; 1500 */
        struct frag_limits frag;
        bool management_only, have_mac;
        struct mac mac;
        char description[201];
        char speed[8], duplex[8]; /* as typed, "" default */
        struct conf_list kept; /* the CLI's: lines that are not in force */
};

struct route_conf { /* ordered, anonymous */
        struct conf_obj o;
        char nameif[NAMEIF_MAX + 1];
        struct addr net;
        uint8_t len;
        struct addr gw;
        uint8_t metric; /* 1-255 */
        uint16_t track; /* number of what should be watched; 0: nothing. It is not: the route stands */
};

struct arp_conf { /* arp IFC IP MAC [alias] */
        struct conf_obj o;
        char nameif[NAMEIF_MAX + 1];
        struct addr ip;
        struct mac mac;
        bool alias;
};

struct icmp_conf { /* icmp {permit|deny} SRC [TYPE] IFC; first match, implicit deny once one line names the interface
                    */
        struct conf_obj o;
        bool permit;
        struct addr net; /* any: fam ADDR_NONE */
        uint8_t len;
        int16_t type; /* -1 any */
        char nameif[NAMEIF_MAX + 1];
};

struct name_conf { /* noproxyarp IFC and the like: a set of nameifs */
        struct conf_obj o;
};

struct net_conf {
        struct conf_list ifaces;              /* struct iface_conf, in slot order */
        struct conf_list routes;              /* struct route_conf */
        struct conf_list arps;                /* struct arp_conf */
        struct conf_list icmps;               /* struct icmp_conf */
        struct conf_list noproxyarp;          /* struct name_conf: sysopt noproxyarp */
        uint32_t arp_timeout_s;               /* 60-4294967, 14400 */
        bool arp_nonconnected;                /* neighbours outside the connected subnet too */
        uint32_t unreach_rate, unreach_burst; /* 1-100, 1-10: 1, 1 */
        struct frag_limits frag;              /* as typed last for all interfaces at once */
        bool same_inter, same_intra;          /* same-security-traffic permit ... */
};

#endif
