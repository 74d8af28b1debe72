/* Route decision, TTL, MTU, and the way out. */
#ifndef VOXGATE_NET_EGRESS_H
#define VOXGATE_NET_EGRESS_H

#include "platform/net/dp.h"

/*
 * Sends one datagram from pk->l3 to pk->end out of pk->out_iface towards pk->next_hop: MTU (fragments, or an ICMP
 * error back), ARP, transmit. Takes it in every case.
 */
void egress_send(struct worker *w, struct pkt *pk);
/* pk->out_iface and next_hop (set by the conn) -> TTL, MTU (ICMP frag-needed back), ARP, transmit. TAKEN or DROP. */
void egress_stage(struct worker *w, struct burst *b);
/* Sends an ICMP error about pk back to its source, rate-limited as configured; pk stays with the caller. */
void icmp_send_error(struct worker *w, const struct pkt *pk, uint8_t type, uint8_t code, uint16_t mtu);
/* Sends a TCP RST answering pk (to its source, out of its interface). */
void tcp_send_rst(struct worker *w, const struct pkt *pk);
/*
 * Builds and sends an IPv4 datagram of the box itself (L4 given, checksum computed) by the route to dst: 0, or -1
 * without a route or a buffer. iface 0: any; src NULL: the address of the interface it leaves by.
 */
int box_send_ip(struct worker *w, uint16_t iface, const struct addr *src, const struct addr *dst, uint8_t proto,
                const void *l4, size_t n);
/* The same for a packet that passes so many hops only. */
int box_send_ttl(struct worker *w, uint16_t iface, const struct addr *dst, uint8_t proto, uint8_t ttl,
                 const void *l4, size_t n);

#endif
