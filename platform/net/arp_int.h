/* Shared by arp*.c: the neighbour table. */
#ifndef VOXGATE_NET_ARP_INT_H
#define VOXGATE_NET_ARP_INT_H

#include "platform/base/hash.h"
#include "platform/base/pool.h"
#include "platform/net/arp.h"

#define ARP_ASKING_MAX 1024u /* unresolved neighbours at a time: a scan must not push out the resolved */
#define ARP_WAITING_MAX 512u /* packets waiting in the whole table: they are pool buffers */
#define ARP_ANNOUNCED_MAX 1024u
#define ARP_TRIES 3u
#define ARP_RETRY_MS 1000u

enum arp_state {
        ARP_ASKING, /* no answer yet; packets wait */
        ARP_KNOWN,
        ARP_REFRESH, /* known, about to expire, being asked by unicast */
        ARP_STATIC,
};

struct arp_entry {
        struct hash_node node;
        uint16_t iface;
        uint8_t state, tries;
        bool keep; /* mark of arp_snapshot_changed() */
        bool used; /* since it was last confirmed */
        struct mac mac;
        struct addr ip;
        uint64_t confirmed_ms;
        struct tmr tmr;
        struct arp_table *t;
        struct pkt_queue waiting;
};

/* Addresses of ours, as announced: 24 bits of the MAC's hash, interface, address. */
struct arp_announced {
        unsigned n;
        uint64_t key[ARP_ANNOUNCED_MAX];
};

struct arp_table {
        struct worker *w;
        struct hash_table hash;
        struct pool *pool;
        uint64_t seed;
        unsigned asking, waiting;
        uint32_t timeout_s;     /* of the snapshot last seen */
        uint64_t collision_ms;  /* when one was logged last */
        struct arp_entry *last; /* the entry found last: bursts go to one neighbour */
        struct arp_announced now, next;
};

struct arp_entry *arp_find(struct arp_table *t, uint16_t iface, const struct addr *ip);
/* NULL when the table is full. State ASKING. */
struct arp_entry *arp_add(struct arp_table *t, uint16_t iface, const struct addr *ip);
/* Waiting packets must be gone. */
void arp_remove(struct arp_table *t, struct arp_entry *a);
/* The neighbour answered: remembers, sends what waits. */
void arp_confirm(struct arp_table *t, struct arp_entry *a, const struct mac *mac);
/* Drops what waits, telling the first one's source. */
void arp_give_up(struct arp_table *t, struct arp_entry *a);
bool arp_is_own(const struct worker *w, uint16_t iface, const struct addr *ip);
/* op 1 request, 2 reply; to NULL: broadcast, with an unknown target hardware address. */
void arp_send(struct worker *w, const struct iface_rt *ifc, uint16_t op, const struct mac *to, const struct addr *spa,
              const struct addr *tpa);
/* The Ethernet header of an interface in front of what begins at pk->off. false: no headroom. */
bool arp_push_header(struct pkt *pk, const struct iface_rt *ifc, const struct mac *dst, uint16_t ethertype);

#endif
