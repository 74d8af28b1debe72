/*
 * Ports (and ICMP identifiers) of the addresses that many flows share: PAT addresses, and the interface addresses of
 * the box, whose own outbound flows take their ports here too, so that neither can get the other's. One pool per
 * (address, protocol), made on first use, gone with its last port. A port that a static service rule owns is never
 * given.
 */
#ifndef VOXGATE_NAT_PORTPOOL_H
#define VOXGATE_NAT_PORTPOOL_H

#include "platform/net/dp.h"

#define PORTPOOLS_MAX 4096u

/*
 * A free port of addr on interface iface: `preferred`, or another one of its group (1-511, 512-1023, 1024-65535);
 * preferred 0: any of the last group. 0: none is free. In the worker's thread.
 */
uint16_t portpool_take(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, uint16_t preferred);
/*
 * A run of free ports of the last group behind an unguessable place: *n of them (a power of two), or half as many,
 * down to two; the first is even and *n says how many there are. 0: no two neighbours are free.
 */
uint16_t portpool_take_block(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, unsigned *n);
/* What portpool_take() would answer, taking nothing. */
uint16_t portpool_peek(struct worker *w, uint16_t iface, const struct addr *addr, uint8_t proto, uint16_t preferred);
/* Gives back a port that was taken; another one is ignored. */
void portpool_give(struct worker *w, const struct addr *addr, uint8_t proto, uint16_t port);
/* Ports in use of one address. */
uint32_t portpool_used(const struct worker *w, const struct addr *addr, uint8_t proto);

#endif
