/*
 * Services of the box itself (SSH, later HTTPS): a listener in the private kernel that the world reaches through the
 * dataplane. A packet for the box is judged there by the lines of the service (policy/box_access.c), becomes a conn
 * with action BOX, and its TCP ends at this listener; accept() shows a pseudo address that names the flow.
 */
#ifndef VOXGATE_SVC_BOX_LISTEN_H
#define VOXGATE_SVC_BOX_LISTEN_H

#include "platform/net/conf.h"
#include "platform/svc/box_net.h"
#include "policy/policy_rt.h"

/* Who is at the other end, as the packets said. */
struct box_peer {
        struct addr addr, local;
        uint16_t port, local_port;
        uint16_t iface;
        char nameif[NAMEIF_MAX + 1];
};

/* A non-blocking listener for s->proto TCP at s->box_port, known to the dataplane from now on; -1. */
int box_listen(const struct box_net *n, const struct box_service *s, struct err *e);
/* Forgets and closes it. */
void box_unlisten(const struct box_net *n, const struct box_service *s, int fd);
/* The next connection, or -1: none waits. One whose flow has ended by now is closed and passed over. */
int box_accept(const struct box_net *n, int fd, struct box_peer *peer);

#endif
