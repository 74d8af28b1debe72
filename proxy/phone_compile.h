/* media-termination and phone-proxy -> struct proxy_rt. Part of proxy_compile(). */
#ifndef VOXGATE_PROXY_PHONE_COMPILE_H
#define VOXGATE_PROXY_PHONE_COMPILE_H

#include "platform/net/iface.h"
#include "proxy/proxy_rt.h"

/* What cannot work is compiled as unusable with its reason; -1: out of memory. The tls-proxies of p are there. */
int phone_compile(struct arena *a, struct proxy_rt *p, const struct proxy_conf *conf, const struct net_rt *net,
                  struct err *e);

#endif
