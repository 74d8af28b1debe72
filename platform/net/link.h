/*
 * Network devices, addresses and routes of the calling thread's namespace, by rtnetlink: what an `ip` program would
 * do for the private kernel. Names are at most 15 characters.
 */
#ifndef VOXGATE_NET_LINK_H
#define VOXGATE_NET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/err.h"

int link_add_veth(const char *name, const char *peer, struct err *e);
int link_del(const char *name, struct err *e);
/* mtu, txqlen: 0 leaves them. noarp goes in with the same request: set later, the kernel would already have asked. */
int link_up(const char *name, uint32_t mtu, uint32_t txqlen, bool noarp, struct err *e);
int link_down(const char *name, struct err *e);
int link_add_addr(const char *name, const struct addr *ip, uint8_t len, struct err *e);
/* 0.0.0.0/0 out of the device, from this source address. */
int link_default_route(const char *name, const struct addr *src, struct err *e);

#endif
