/* ICMP addressed to the box: echo answered as the `icmp` lines allow; `ping` from the console. */
#ifndef VOXGATE_NET_ICMP_BOX_H
#define VOXGATE_NET_ICMP_BOX_H

#include "platform/net/dp.h"

struct icmp_box;
struct icmp_box *icmp_box_new(struct worker *w) MUST_USE;
void icmp_box_free(struct icmp_box *b);

/* Is this ICMP message from src permitted to the box on iface? (first matching line; implicit deny once a line
 * exists) */
bool icmp_permitted(const struct net_rt *n, uint16_t iface, const struct addr *src, uint8_t type);
/* An ICMP packet whose destination is our own address: answers or consumes it. TAKEN or DROP. */
enum pkt_verdict icmp_box_input(struct worker *w, struct pkt *pk);

/* Runs in the worker's thread (worker_call). iface 0: by route. Returns a handle 1.., 0 when all 16 are in use or no
 * route. */
unsigned ping_start(struct worker *w, uint16_t iface, const struct addr *dst, unsigned size);
/* Sends echo number seq. */
int ping_send(struct worker *w, unsigned handle, uint16_t seq);
/* 1 answered (round trip in *rtt_us), 0 not yet, 2 unreachable. */
int ping_poll(struct worker *w, unsigned handle, uint16_t seq, uint32_t *rtt_us);
void ping_stop(struct worker *w, unsigned handle);

#endif
