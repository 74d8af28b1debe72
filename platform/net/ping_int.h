/* Between icmp_box.c and ping.c. */
#ifndef VOXGATE_NET_PING_INT_H
#define VOXGATE_NET_PING_INT_H

#include "platform/net/icmp_box.h"
#include "platform/net/traceroute.h"

#define TRACES_MAX 16u
#define TRACE_PROBES 64u

struct traceroute {
        bool used;
        uint16_t iface, id, port; /* id: of echoes, or source port; port 0: echoes */
        struct addr dst;
        struct hop_probe {
                uint16_t seq;
                bool sent;
                uint64_t sent_ns;
                struct hop hop;
        } probe[TRACE_PROBES]; /* by sequence number modulo */
};
struct traceroute *icmp_box_traces(struct icmp_box *b); /* [TRACES_MAX] */
/* The same for a probe of traceroute. */
bool traceroute_input(struct worker *w, const struct pkt *pk);
bool ping_reachable(const struct worker *w, uint16_t iface, const struct addr *dst);

/* An echo reply, or an ICMP error about a request: true when one of our pings was waiting for it. */
bool ping_input(struct worker *w, const struct pkt *pk);

#endif
