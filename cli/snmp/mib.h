/*
 * What SNMP managers read of the appliance, by the names of the published MIBs that they know an ASA by. The values
 * are those of the `show` commands; what is not known has no variable.
 */
#ifndef VOXGATE_CLI_MIB_H
#define VOXGATE_CLI_MIB_H

#include "cli/box/box.h"
#include "cli/exec/iface_view.h"
#include "platform/svc/mib_table.h"

/* One of the subtrees: everything in them is ours in the context of the agent. */
struct mib_subtree {
        const char *oid, *name;
};
#define MIB_SUBTREES 9u
extern const struct mib_subtree mib_subtrees[MIB_SUBTREES];

/* Any thread that holds no lock. */
void mib_fill(struct box *b, struct mib_table *t);

/* ---- its parts ---- */
void mib_system(struct box *b, struct mib_table *t);     /* mib_system.c: system, entity, CPU, memory */
void mib_interfaces(struct box *b, struct mib_table *t); /* mib_ifs.c: interfaces, addresses */
void mib_flows(struct box *b, struct mib_table *t);      /* mib.c: connections */

/* ifAdminStatus and ifOperStatus */
enum mib_status { MIB_UP = 1, MIB_DOWN = 2 };
enum mib_status mib_admin(const struct iface_view *v);
enum mib_status mib_oper(const struct iface_view *v);

#endif
