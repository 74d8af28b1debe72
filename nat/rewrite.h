/*
 * Header edits with checksum deltas: full (RFC 1624) and partial sums, TCP, UDP (zero sum stays zero), ICMP echo ids,
 * and the packet quoted in ICMP errors. Payload is never touched.
 */
#ifndef VOXGATE_NAT_REWRITE_H
#define VOXGATE_NAT_REWRITE_H

#include "platform/net/dp.h"

/* Gives the parsed packet the addresses and ports of `to` (iface ignored, same family and protocol); pk->key follows.
 */
void rewrite_packet(struct pkt *pk, const struct flow_key *to);
/* An ICMP error: outer addresses, and the quoted packet's header so that its sender recognises it. */
void rewrite_icmp_error(struct pkt *pk, const struct addr *outer_src, const struct addr *outer_dst,
                        const struct flow_key *quoted);
/* Clamps the MSS option of a SYN to at most mss (checksum kept right). */
void rewrite_mss(struct pkt *pk, uint16_t mss);
/* Sets the DSCP bits (header checksum kept right). */
void rewrite_dscp(struct pkt *pk, uint8_t dscp);

#endif
