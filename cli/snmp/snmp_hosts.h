/* What a kept line `snmp-server host ...` says. */
#ifndef VOXGATE_CLI_SNMP_HOSTS_H
#define VOXGATE_CLI_SNMP_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/net/conf.h"

#define SNMP_TRAP_PORT 162u

struct snmp_host {
        char nameif[NAMEIF_MAX + 1];
        char address[65]; /* as typed */
        bool trap, poll;  /* both, when neither is named */
        char version[3];  /* "1", "2c", "3"; "": not said */
        uint16_t port;
};
/* false: the line is another one. What is secret in it is left out. */
bool snmp_host_read(const char *line, struct snmp_host *out);

#endif
