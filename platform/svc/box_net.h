/*
 * Flows that the box itself begins (syslog, DNS, file copies): conns with action BOX, built by the dataplane worker;
 * a socket in the private namespace talks to a pseudo address instead of the real one. Any thread but the worker's;
 * calls block for one loop of the worker.
 */
#ifndef VOXGATE_SVC_BOX_NET_H
#define VOXGATE_SVC_BOX_NET_H

#include "platform/net/dp.h"
#include "proxy/punt/punt.h"

struct box_net {
        struct worker *w; /* the one that owns conns */
};

/* Builds the conn. nameif "": by route. Where to connect or send to: out->pseudo, out->pseudo_port. */
int box_open(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, uint8_t proto,
             struct box_flow *out, struct err *e);
/* The same with a datagram socket connected to it, non-blocking; its descriptor, or -1. */
int box_udp(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, struct box_flow *out,
            struct err *e);
/* The same with a stream socket that begins to connect: it is when it can be written to without an error. */
int box_tcp(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, struct box_flow *out,
            struct err *e);
/* Does its conn still live? Idle time, an interface that goes away or `clear conn` end it. */
bool box_alive(const struct box_net *n, const struct box_flow *f);
/* Gives the flow back. Close the socket first. */
void box_close(const struct box_net *n, const struct box_flow *f);

#endif
