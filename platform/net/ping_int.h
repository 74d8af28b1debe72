/* Between icmp_box.c and ping.c. */
#ifndef VOXGATE_NET_PING_INT_H
#define VOXGATE_NET_PING_INT_H

#include "platform/net/icmp_box.h"

/* An echo reply, or an ICMP error about a request: true when one of our pings was waiting for it. */
bool ping_input(struct worker *w, const struct pkt *pk);

#endif
