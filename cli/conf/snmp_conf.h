/* From the lines about SNMP to what its agent works with. */
#ifndef VOXGATE_CLI_SNMP_CONF_H
#define VOXGATE_CLI_SNMP_CONF_H

#include <stdbool.h>

/* What is notified. */
enum { SNMP_LINK_UP = 1, SNMP_LINK_DOWN = 2, SNMP_COLD_START = 4, SNMP_SYSLOG = 8 };

struct store;
/* Is there to be an agent: is it enabled, and is there a community or a host that could ask or be told? */
bool snmp_conf_of(const struct store *s, unsigned *notify);

#endif
