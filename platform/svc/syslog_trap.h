/*
 * Syslog messages as notifications of SNMP: clogMessageGenerated of the CISCO-SYSLOG-MIB. The log thread leaves what
 * is for `logging history` here, the agent's thread fetches it: so many wait, so many a second go.
 */
#ifndef VOXGATE_SVC_SYSLOG_TRAP_H
#define VOXGATE_SVC_SYSLOG_TRAP_H

#include "platform/base/log.h"
#include "platform/svc/mib_table.h"

#define SYSLOG_TRAPS_WAIT 64u   /* one more is dropped */
#define SYSLOG_TRAPS_SECOND 20u /* the others wait */
#define SYSLOG_TRAP_TEXT 255u   /* of a message, as the MIB has it */

struct syslog_trap_env {
        struct log *log;
        const struct clock *clk;
        uint64_t start_ms; /* on its monotonic clock: where sysUpTime begins */
        void *ctx;
        bool (*wanted)(void *ctx); /* does anybody want them now? Any thread. */
};

struct syslog_trap;
/* Takes what is for LOG_TO_HISTORY, but for messages about SNMP: a trap is never told by a trap. NULL when out of
 * memory. */
struct syslog_trap *syslog_trap_new(const struct syslog_trap_env *env) MUST_USE;
void syslog_trap_free(struct syslog_trap *t); /* NULL is legal */
/* The next one: snmpTrapOID.0, then facility, severity, name, text and time. false: none may go now. */
bool syslog_trap_next(struct syslog_trap *t, struct mib_table *out);
uint64_t syslog_trap_dropped(struct syslog_trap *t); /* for want of room */

#endif
