/* Reference identities (RFC 6125) as the operator typed them, and what a check of a certificate works with. */
#ifndef VOXGATE_CLI_CONF_REF_IDENTITY_H
#define VOXGATE_CLI_CONF_REF_IDENTITY_H

#include "cli/conf/sysconf.h"

void ref_identity_conf_init(struct ref_identity_conf *r);
void ref_identity_conf_fini(struct conf_obj *o);
/* The names of an identity; NULL: none. */
void ref_identity_of(const struct ref_identity_conf *r, struct ref_identity *out);

#endif
