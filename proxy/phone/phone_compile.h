/* media-termination and phone-proxy -> struct proxy_rt. Part of proxy_compile(). */
#ifndef VOXGATE_PROXY_PHONE_PHONE_COMPILE_H
#define VOXGATE_PROXY_PHONE_PHONE_COMPILE_H

#include "platform/net/iface.h"
#include "proxy/worker/proxy_rt.h"

/* What cannot work is compiled as unusable with its reason; -1: out of memory. The tls-proxies of p are there. */
int phone_compile(struct arena *a, struct proxy_rt *p, const struct proxy_conf *conf, const struct pki_rt *pki,
                  const struct net_rt *net, struct err *e);
/* phone_ctl.c: the ctl-file of one phone proxy; shown is what its tls-proxy shows, or NULL. NULL with e: it has none,
 * or it cannot be used. */
struct phone_ctl_rt *phone_ctl_compile(struct arena *a, const struct pki_rt *pki, const char *ctl_file,
                                       const struct cert *shown, struct err *e) MUST_USE;
void phone_ctl_fini(const struct phone_ctl_rt *c); /* drops its references; NULL is legal */
/* What a tls-proxy shows to phones: its own trustpoint, else that of the ctl-file of the phone proxy that uses it; ""
 * for neither. */
void phone_server_tp(const struct proxy_conf *conf, const struct tls_proxy_conf *c,
                     char out[TRUSTPOINT_NAME_MAX + 1]);

#endif
