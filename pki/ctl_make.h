/*
 * What a ctl-file needs on flash: its security tokens, the identity that signs files for phones and is shown to them,
 * and the finished CTL file. Existing assets are taken, never made anew: with a new token every phone would have to
 * forget its CTL.
 */
#ifndef VOXGATE_PKI_CTL_MAKE_H
#define VOXGATE_PKI_CTL_MAKE_H

#include "pki/conf.h"
#include "pki/ctl.h"
#include "pki/keystore.h"

#define CTL_ASSETS "_internal_" /* how their names begin */
#define CTL_CLUSTER_MAX 8u /* records of a cluster's CTL file that are taken over */

/* Names of what a ctl-file makes: key pair and trustpoint have the same. */
enum ctl_asset {
        CTL_ASSET_PP,     /* _internal_PP_NAME: signs files, is shown to phones */
        CTL_ASSET_SAST,   /* _internal_NAME_SAST_I */
        CTL_ASSET_CLUSTER /* _internal_NAME_CTL_I: certificates of the cluster's CTL file, which vouch for peers */
};
void ctl_asset_name(enum ctl_asset what, const char *ctl_file, unsigned i, char out[TRUSTPOINT_NAME_MAX + 1]);
/* All names that a ctl-file may have made, by number; false behind the last. */
bool ctl_asset_at(const struct ctl_file_conf *c, unsigned idx, char out[TRUSTPOINT_NAME_MAX + 1]);

/*
 * `no shutdown`: checks the records, makes what is missing and the CTL file unless the one that is there says the
 * same. cluster: contents of the cluster-ctl-file, or NULL. In a dry store nothing is made. Slow: up to seven key
 * pairs. -1: nothing is in force, and why.
 */
int ctl_ensure(struct keystore *k, const struct ctl_file_conf *c, const struct pki_conf *pki, const uint8_t *cluster,
               size_t cluster_n, struct err *e);
/* `shutdown`, removal: the CTL file and the cluster's certificates go; keys and tokens stay for the next time. */
void ctl_withdraw(struct keystore *k, const char *ctl_file);

enum ctl_role ctl_role_of(enum ctl_entry_role r);

#endif
