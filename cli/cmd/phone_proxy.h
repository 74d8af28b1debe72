/* Questions about phone proxies that lines of other objects ask. */
#ifndef VOXGATE_CLI_CMD_PHONE_PROXY_H
#define VOXGATE_CLI_CMD_PHONE_PROXY_H

#include "cli/conf/parse.h"

/* Does an inspect line of an applied service policy name it? */
bool phone_proxy_applied(const struct store *s, const char *name);
/* What an inspect line needs before it is accepted: -1 with what is missing. In a load that is a warning. */
int phone_proxy_ready(struct conf_ctx *c, const char *name, struct err *e);
/* The part of it that is about CTL files: the ctl-file is up and has a record for each TFTP server. */
int ctl_file_ready(const struct store *s, const struct phone_proxy_conf *p, struct err *e);
/* The rule goes: which CTL files send phones to the address it gives a host? Each is warned of. */
void ctl_file_warn_nat(struct conf_ctx *c, const struct object_nat_conf *gone);
/* -1 with the reason: an applied phone proxy, which is frozen, counts on the interface. */
int phone_proxy_spares_nameif(const struct store *s, const char *nameif, struct err *e);
/* Is a an address of some media-termination? */
bool media_term_has(const struct store *s, const struct addr *a);

#endif
