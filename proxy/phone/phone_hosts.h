/* What phones are told of the call managers' addresses: as NAT shows them on the phone's side, and as the CTL has
 * them. */
#ifndef VOXGATE_PROXY_PHONE_PHONE_HOSTS_H
#define VOXGATE_PROXY_PHONE_PHONE_HOSTS_H

#include "proxy/conf/names.h"
#include "proxy/phone/phone_xml.h"
#include "proxy/worker/proxy_rt.h"

struct phone_hosts {
        const struct snapshot *snap;
        const struct phone_proxy_rt *pp;
        uint16_t phone_iface;
        const struct name_service *names;            /* NULL, or zeroed: none is known */
        char name[PHONE_XML_HOST_MAX + 1], why[200]; /* after -1: the name that has no address, and why; "" none */
};
/*
 * phone_xml_rules.translate; ctx: struct phone_hosts. A name that the CTL has stays: the phone knows it by its
 * certificate and asks its own DNS for it. Any other one gives way to its address, seen from the phone; 1: not known
 * yet.
 */
int phone_host_translate(void *ctx, struct phone_xml_host *h, struct err *e);
/* An inside address and port as somebody on iface dials it; without a translation the same. false: the translation
 * depends on who asks. */
bool phone_host_global(const struct snapshot *s, uint16_t iface, const struct addr *real, uint16_t port,
                       struct addr *global, uint16_t *gport);

#endif
