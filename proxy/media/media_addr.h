/* Questions about the media-termination addresses of a snapshot; media_term_at() is in proxy_rt.h. */
#ifndef VOXGATE_PROXY_MEDIA_MEDIA_ADDR_H
#define VOXGATE_PROXY_MEDIA_MEDIA_ADDR_H

#include "platform/net/iface.h"
#include "proxy/worker/proxy_rt.h"

void media_addr_each(const struct proxy_rt *p, void (*fn)(void *ctx, const struct mta_rt *m), void *ctx);
/* The interface it is given for; IFACE_NONE: a global address, or one that is not in force any more. */
uint16_t media_addr_iface(const struct proxy_rt *p, const struct addr *a);
/* worker_env.proxy_arp and .proxy_arp_each: the interface an address lives on answers for it. */
bool media_proxy_arp(const struct snapshot *s, uint16_t iface, const struct addr *a);
void media_proxy_arp_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                          void *ctx);

#endif
