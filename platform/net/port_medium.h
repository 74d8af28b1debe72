/* What the kernel knows of a network device besides its frames: speed, duplex, errors the driver counts. */
#ifndef VOXGATE_NET_PORT_MEDIUM_H
#define VOXGATE_NET_PORT_MEDIUM_H

#include "platform/net/port.h"

/* fd: any socket of the device's namespace; counters: of port_counter_socket() there, may be -1. */
void medium_read(int fd, const char *dev, int ifindex, int counters, struct port_medium *out);

#endif
