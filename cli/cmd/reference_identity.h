/* Reference identities of the configuration. */
#ifndef VOXGATE_CLI_CMD_REFERENCE_IDENTITY_H
#define VOXGATE_CLI_CMD_REFERENCE_IDENTITY_H

#include "cli/sysconf.h"

void ref_identity_conf_init(struct ref_identity_conf *r);
void ref_identity_conf_fini(struct conf_obj *o);
/* The names of an identity; NULL: none. */
void ref_identity_of(const struct ref_identity_conf *r, struct ref_identity *out);

#endif
