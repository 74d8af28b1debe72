/* From the lines about DNS to what its client works with. */
#ifndef VOXGATE_CLI_CONF_DNS_CONF_H
#define VOXGATE_CLI_CONF_DNS_CONF_H

#include "cli/conf/sysconf.h"
#include "platform/svc/dns.h"

struct store;
void dns_group_conf_init(struct dns_group_conf *g);
void dns_group_conf_fini(struct conf_obj *o);
/* The group in use: its servers and times, the interfaces, the domain (its own, else that of the box). */
void dns_conf_of(const struct store *s, struct dns_conf *out);

#endif
