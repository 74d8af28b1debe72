/* The nat line of a network object: typed in its mode, printed in a section of its own. */
#ifndef VOXGATE_CLI_CMD_NAT_H
#define VOXGATE_CLI_CMD_NAT_H

#include "cli/cmd/rows.h"

extern const struct cmd_bind object_nat_bind[];
void object_nat_init(struct conf_ctx *c, void *obj);
int object_nat_check(struct conf_ctx *c, void *obj, struct err *e);
/* Warns of a mapped address that another object has already. */
void object_nat_after(struct conf_ctx *c, void *obj, bool no_form);
/* Are the nat lines that use this object still legal after it changed? */
int object_nat_still(struct conf_ctx *c, const struct netobj_conf *changed, struct err *e);
/* Warns of lines of twice NAT that name this object, or service, and can not be in force now that it changed. */
void twice_nat_warn(struct conf_ctx *c, const char *object);
void *object_nat_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e);
void object_nat_key(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out);
void object_nat_each(const struct store *s, void *obj, row_each_fn fn, void *ctx);
const char *object_nat_inert(const struct store *s, const void *obj);

#define OBJECT_NAT_LINE                                                                                              \
        "nat [IFS:ifpair] {static {ADDR:addr|OBJ:ref(object)|interface} [net-to-net] [dns] "                         \
        "[service {tcp TR:tcpport TM:tcpport|udp UR:udpport UM:udpport}] [no-proxy-arp] [route-lookup]|"             \
        "dynamic {ADDR:addr|OBJ:ref(object)|interface} [interface@fallback] [dns]}"

#endif
