/* What phones are told of the call managers' addresses: as NAT shows them on the phone's side, and as the CTL has
 * them. */
#ifndef VOXGATE_PROXY_PHONE_HOSTS_H
#define VOXGATE_PROXY_PHONE_HOSTS_H

#include "proxy/phone_xml.h"
#include "proxy/proxy_rt.h"

struct phone_hosts {
        const struct snapshot *snap;
        const struct phone_proxy_rt *pp;
        uint16_t phone_iface;
};
/* phone_xml_rules.translate; ctx: struct phone_hosts. */
int phone_host_translate(void *ctx, struct phone_xml_host *h, struct err *e);
/* An inside address and port as somebody on iface dials it; without a translation the same. false: the translation
 * depends on who asks. */
bool phone_host_global(const struct snapshot *s, uint16_t iface, const struct addr *real, uint16_t port,
                       struct addr *global, uint16_t *gport);

#endif
