/* Probes of the box that may pass so many hops only, and who said that they went no further: for `traceroute`. */
#ifndef VOXGATE_NET_TRACEROUTE_H
#define VOXGATE_NET_TRACEROUTE_H

#include "platform/net/dp.h"

#define TRACE_PORT 33434u /* of the first probe; each one has the next */

enum hop_kind {
        HOP_SILENT,
        HOP_PASSED, /* a router on the way */
        HOP_REACHED,
        HOP_UNREACHABLE, /* somebody says that it goes no further: code */
};
struct hop {
        enum hop_kind kind;
        struct addr from;
        uint8_t code; /* of ICMP destination unreachable */
        uint32_t rtt_us;
};

/* All in the worker's thread. iface 0: by route. port 0: echo requests, else datagrams. A handle 1.., or 0: no route,
 * or all are in use. */
unsigned traceroute_start(struct worker *w, uint16_t iface, const struct addr *dst, uint16_t port);
int traceroute_send(struct worker *w, unsigned handle, uint16_t seq, uint8_t ttl);
/* What came of probe seq, one of the last 64. */
struct hop traceroute_poll(struct worker *w, unsigned handle, uint16_t seq);
void traceroute_stop(struct worker *w, unsigned handle);

#endif
