/*
 * The SNMP agent: a subagent (platform/svc/agentx.h) of the host's snmpd, in a context of its own, that tells what is
 * in mib.h and sends what `snmp-server enable traps` names.
 */
#ifndef VOXGATE_CLI_SNMP_H
#define VOXGATE_CLI_SNMP_H

#include "cli/box/box.h"
#include "platform/svc/agentx.h"

#define SNMP_CONTEXT "voxgate"

struct snmp;
/* Makes b->agentx, too. path: of the master's socket; NULL: where Debian's snmpd has it. NULL when out of memory. */
struct snmp *snmp_new(struct box *b, const char *path, struct err *e) MUST_USE;
void snmp_free(struct snmp *s); /* NULL is legal */
/* Its thread, which asks all parts of the box: they run when it starts, and until it is stopped. */
int snmp_start(struct snmp *s, struct err *e);
void snmp_stop(struct snmp *s); /* NULL is legal */

#endif
