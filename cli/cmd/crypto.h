/* What the PKI dialogs share. */
#ifndef VOXGATE_CLI_CMD_CRYPTO_H
#define VOXGATE_CLI_CMD_CRYPTO_H

#include "cli/cmd/rows.h"
#include "cli/conf/dialog.h"
#include "pki/enroll.h"

extern const struct dialog_row dialog_key_generate, dialog_key_zeroize, dialog_ecdsa_generate, dialog_ecdsa_zeroize,
        dialog_eddsa_generate, dialog_eddsa_zeroize,
        dialog_authenticate, dialog_enroll, dialog_import_certificate, dialog_import_pkcs12,
        dialog_export_certificate, dialog_export_pkcs12, dialog_no_trustpoint, dialog_chain_certificate;

/* The key store at hand; NULL with the refusal said. */
struct keystore *crypto_keys(struct dialog *d);
/* A copy of the trustpoint that the line names; false with the refusal said. */
bool crypto_trustpoint(struct dialog *d, struct trustpoint_conf *out);
/* The same for one that may be a ctl-file's: its key pair has its name. */
bool crypto_any_trustpoint(struct dialog *d, struct trustpoint_conf *out);
/* Makes the chain of a trustpoint in the configuration what the key store holds. */
int crypto_sync_chain(struct store *s, struct keystore *k, const char *trustpoint, struct err *e);
/* Assets changed: the certificates in force are compiled anew. */
void crypto_changed(struct dialog *d);
/* Host name and domain for the default FQDN, copied from the store; p.serial_number only when `serial` is wanted. */
struct crypto_names {
        char hostname[64], domain[128], serial[16];
        struct enroll_params p;
};
void crypto_names(struct dialog *d, bool serial, struct crypto_names *n);

#define CRYPTO_PASTE "End with the word \"quit\" on a line by itself"

#endif
