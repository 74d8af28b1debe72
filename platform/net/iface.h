/* Interfaces compiled (in the snapshot) and alive (counters). An interface is known by its index 1..IFACES_MAX-1. */
#ifndef VOXGATE_NET_IFACE_H
#define VOXGATE_NET_IFACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/err.h"
#include "platform/net/conf.h"
#include "platform/net/snapshot.h"

#define IFACE_NONE 0u
#define IFACE_BOX 0xFFFFu /* the appliance itself: "identity" in displays */

struct iface_rt {
        uint16_t idx;
        uint16_t port; /* index of the port it rides on, 0xFFFF: none */
        char hwname[HWNAME_MAX + 1];
        char nameif[NAMEIF_MAX + 1]; /* "" : not usable */
        uint32_t naming;             /* another one: the name was taken away meanwhile */
        int16_t level;
        bool up; /* no shutdown, named */
        uint16_t vlan;
        struct addr ip; /* fam ADDR_NONE: none */
        uint8_t mask_len;
        uint32_t mtu;
        struct frag_limits frag;
        struct mac mac;
        bool management_only;
        uint16_t next_on_port; /* next interface of the same port, 0 none */
};

struct route_rt;

struct icmp_rule_rt {
        uint16_t iface;
        bool permit;
        struct prefix src; /* len 0 and fam NONE: any */
        int16_t type;
};

struct arp_static_rt {
        uint16_t iface;
        struct addr ip;
        struct mac mac;
        bool alias; /* we answer ARP requests for ip */
};

#define NET_OWN_SLOTS 256u /* power of two, at least twice IFACES_MAX */

struct net_rt {
        struct iface_rt iface[IFACES_MAX]; /* by index; idx 0 in a hole */
        uint16_t nifaces;                  /* highest index + 1 */
        uint16_t port_iface[IFACES_MAX];   /* by port index: its physical interface, 0 none */
        uint8_t own[NET_OWN_SLOTS];        /* open-addressed: own address -> interface index; see iface_by_addr() */
        const struct route_rt *routes;
        const struct icmp_rule_rt *icmp;
        unsigned nicmp;
        const struct arp_static_rt *arps;
        unsigned narps;
        uint32_t arp_timeout_s;
        bool arp_nonconnected;
        uint32_t unreach_rate, unreach_burst;
        bool same_inter, same_intra;
        bool noproxyarp[IFACES_MAX];
};

static inline const struct net_rt *net_rt(const struct snapshot *s)
{
        return s->part[SNAP_NET]->root;
}

/* NULL for an unknown index. */
static inline const struct iface_rt *iface_by_idx(const struct net_rt *n, uint16_t idx)
{
        return idx && idx < n->nifaces && n->iface[idx].idx ? &n->iface[idx] : NULL;
}
/* By nameif, NULL when unknown. */
const struct iface_rt *iface_by_name(const struct net_rt *n, const char *nameif);
/* The nameif, "identity" for IFACE_BOX, "" for none. */
const char *iface_name(const struct net_rt *n, uint16_t idx);
/* The interface whose own address this is, or NULL. */
const struct iface_rt *iface_by_addr(const struct net_rt *n, const struct addr *a);
/* The interface of a tag on a port (vlan 0: the physical one), or NULL. */
const struct iface_rt *iface_by_vlan(const struct net_rt *n, uint16_t port, uint16_t vlan);
/* Is a inside the interface's own subnet? */
bool iface_connects(const struct iface_rt *ifc, const struct addr *a);
/* All-ones or all-zeros host part of the interface's subnet (never for /31 and /32). */
bool iface_is_broadcast(const struct iface_rt *ifc, const struct addr *a);

/* What the program was started with: hardware name -> port. Index stays fixed for the life of the process. */
struct iface_binding {
        char hwname[HWNAME_MAX + 1];
        uint16_t idx;
        uint16_t port; /* 0xFFFF none */
        struct mac mac;
        bool link;
        bool absent; /* its device could not be opened: an interface all the same, without a port */
};
struct iface_bindings {
        unsigned n;
        struct iface_binding b[IFACES_MAX];
};
/* The binding of a hardware name, added (without a port) when new; NULL when the table is full. Control thread only.
 */
struct iface_binding *iface_bind(struct iface_bindings *t, const char *hwname);
/* Was the program started with a port of this name, whether its device is there or not? */
bool iface_is_port(const struct iface_bindings *t, const char *hwname);

/* Compiles interfaces, routes, ARP and ICMP lines into part->arena and sets part->root. Refuses only out-of-memory.
 */
int net_compile(struct snap_part *part, const struct net_conf *conf, struct iface_bindings *bind, struct err *e);

/* Live counters, one array per process, written by the worker that owns the port, read by anyone (relaxed). */
struct iface_stat {
        _Atomic uint64_t in_pkts, in_bytes, out_pkts, out_bytes, drops, in_bcast, in_errors;
};

/* One writer per counter: a plain read and a plain write, both untorn. */
static inline void stat_add(_Atomic uint64_t *c, uint64_t n)
{
        atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

#endif
