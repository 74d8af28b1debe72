/* Datagrams the dataplane makes itself. */
#ifndef VOXGATE_NET_EGRESS_INT_H
#define VOXGATE_NET_EGRESS_INT_H

#include "platform/net/egress.h"

/* An IPv4 datagram of ours with n zeroed bytes of L4 behind the header; NULL when no buffer is free. */
struct pkt *box_packet(struct worker *w, const struct addr *src, const struct addr *dst, uint8_t proto,
                       size_t n) MUST_USE;
/* Where a datagram to dst goes when it leaves by iface; false without a route there. */
bool box_next_hop(const struct net_rt *n, uint16_t iface, const struct addr *dst, struct addr *hop);
/* The key a packet carried when it came in, before any translation. */
struct flow_key wire_key(const struct worker *w, const struct pkt *pk);
/* Sends pk, made with box_packet(), to where the packet with the key `about` came from: a wire, or the private
 * kernel. */
void box_answer(struct worker *w, const struct flow_key *about, struct pkt *pk);
/* Is this the key of a packet from the private kernel? */
bool is_kernel_key(const struct flow_key *k);

#endif
