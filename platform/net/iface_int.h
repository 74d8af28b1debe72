/* Shared by the interface table and its compiler. */
#ifndef VOXGATE_NET_IFACE_INT_H
#define VOXGATE_NET_IFACE_INT_H

#include "platform/net/iface.h"

/* Makes the interface findable by its own address. The table is twice as large as there can be interfaces. */
void iface_own_add(struct net_rt *n, uint16_t idx);

#endif
