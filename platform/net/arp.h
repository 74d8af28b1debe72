/*
 * Neighbour table of one dataplane worker: learning, pending packets, ageing, static entries of the snapshot, proxy
 * ARP. Never learns our own addresses from the wire (N5), never learns from strangers what it did not ask for unless
 * the entry exists or the request was for us.
 */
#ifndef VOXGATE_NET_ARP_H
#define VOXGATE_NET_ARP_H

#include "platform/net/dp.h"

struct arp_table;
#define ARP_ENTRIES_MAX 8192u
#define ARP_PENDING_MAX 8u /* packets waiting per neighbour */

struct arp_table *arp_table_new(struct worker *w) MUST_USE;
void arp_table_free(struct arp_table *t);

/* ARP frames of a burst: learn, answer, TAKEN or dropped. Other frames pass. */
void arp_stage(struct worker *w, struct burst *b);
/*
 * Puts the Ethernet header for pk->next_hop on pk->out_iface in front and queues it for transmit, or keeps it pending
 * and asks. Takes the packet in every case (a refused one is dropped with NO_ADJACENCY).
 */
void arp_output(struct worker *w, struct pkt *pk);
/* Enters a neighbour as if it had just answered (replay, where nobody does). Our own addresses are refused. */
void arp_learn(struct worker *w, uint16_t iface, const struct addr *ip, const struct mac *mac);
/* Announces an address of ours (gratuitous ARP). */
void arp_announce(struct worker *w, const struct iface_rt *ifc, const struct addr *ip);
/* Announces interface addresses and mapped addresses that are new in this snapshot. Called when a snapshot changes.
 */
void arp_snapshot_changed(struct worker *w);

struct arp_row {
        uint16_t iface;
        struct addr ip;
        struct mac mac;
        uint32_t age_s;
        bool is_static;
};
/* Resumable walk: *cursor 0 at first; returns rows written, 0 at the end. */
unsigned arp_walk(const struct arp_table *t, uint32_t *cursor, struct arp_row *rows, unsigned max);
unsigned arp_clear(struct arp_table *t); /* learned ones; returns how many went */

#endif
