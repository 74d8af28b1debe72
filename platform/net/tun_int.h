/* Shared by the two kinds of punt glue. */
#ifndef VOXGATE_NET_TUN_INT_H
#define VOXGATE_NET_TUN_INT_H

#include "platform/net/tun.h"

/* A burst of the proxy worker's segments waits here; the default of 500 loses some. */
#define TUN_TXQLEN 8192u

/* The fallback: a NOARP veth pair, the kernel at one end and a packet socket at the other. */
struct port *tun_open_veth(const char *name, uint32_t mtu, const struct clock *clk, struct err *e);
/* lo up, the device up with the private kernel's address and the default route; no reverse-path filter on it. */
int tun_set_up_device(const char *name, uint32_t mtu, bool noarp, struct err *e);
/* Writes a value below /proc/sys/net; -1 with errno. */
int tun_sysctl(const char *key, const char *value);

#endif
