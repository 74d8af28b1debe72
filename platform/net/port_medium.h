/* What the kernel knows of a network device besides its frames: speed, duplex, errors the driver counts. */
#ifndef VOXGATE_NET_PORT_MEDIUM_H
#define VOXGATE_NET_PORT_MEDIUM_H

#include "platform/net/port.h"

/* The device's counters in sysfs as a descriptor, or -1 where sysfs shows another namespace's devices. */
int medium_open(const char *dev, int ifindex, const struct mac *mac);
/* fd: any socket of the device's namespace; counters: of medium_open(), may be -1. */
void medium_read(int fd, const char *dev, int counters, struct port_medium *out);

#endif
