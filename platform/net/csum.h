/* Internet checksums (RFC 1071), incremental updates (RFC 1624), completion of partial ones. */
#ifndef VOXGATE_NET_CSUM_H
#define VOXGATE_NET_CSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/net/pkt.h"

/* Unfolded sum of n bytes in network order, continuing from `sum`. */
uint64_t csum_add(uint64_t sum, const void *p, size_t n);
/* Folded to 16 bits, not complemented, in network order of the buffer (store as is). */
uint16_t csum_fold(uint64_t sum);
/* RFC 1624: a full (complemented) checksum after a 16-bit word changed; all in the byte order of the buffer. */
uint16_t csum_update16(uint16_t old_csum, uint16_t old_word, uint16_t new_word);
uint16_t csum_update32(uint16_t old_csum, uint32_t old_word, uint32_t new_word);
/* The same for a partial field: the uncomplemented pseudo-header sum after one of its addresses changed. */
uint16_t csum_partial_update32(uint16_t old_sum, uint32_t old_word, uint32_t new_word);
/* The value to store when the header's own field is zero; 0 for a header whose field is right. */
uint16_t csum_ip_header(const void *hdr, size_t len);
/* Offset of the checksum field behind the L4 header's start; -1 for protocols without one. */
int csum_l4_offset(uint8_t proto);
/* Unfolded sum of the pseudo header, from the addresses in the IP header at pk->l3 and the length end - l4. */
uint64_t csum_pseudo(const struct pkt *pk);
/*
 * Computes the L4 checksum of a parsed IPv4 or IPv6 packet in full and clears `partial`. A GSO super-frame cannot
 * have a full sum: its partial one is set up afresh.
 */
void csum_l4_full(struct pkt *pk);
/* Sets up a partial checksum afresh, for the sender to complete (TCP and UDP only; others are computed in full). */
void csum_l4_partial(struct pkt *pk);
/* True when the L4 checksum is right (or partial, or a UDP/IPv4 zero). */
bool csum_l4_ok(const struct pkt *pk);
/* In place on a copied frame (capture): completes a partial sum. frame/len as in the packet, csum offsets relative to
 * frame. */
void csum_complete(uint8_t *frame, size_t len, size_t start, size_t offset);

#endif
