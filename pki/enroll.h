/*
 * The work behind `crypto key ...` and `crypto ca ...` dialogs: everything that is not asking and answering. Each
 * call either does all of its work (assets saved) or changes nothing and says why in one line. Slow ones belong on
 * the job thread.
 */
#ifndef VOXGATE_PKI_ENROLL_H
#define VOXGATE_PKI_ENROLL_H

#include "pki/conf.h"
#include "pki/keystore.h"

#define DEFAULT_RSA_KEY "<Default-RSA-Key>"
#define DEFAULT_ECDSA_KEY "<Default-ECDSA-Key>"
#define DEFAULT_EDDSA_KEY "<Default-EdDSA-Key>"

/* authenticate: attaches a pasted CA (or self-signed) certificate. *out_cert (reference) is shown to the operator
 * first: pki_authenticate_parse() then pki_authenticate_accept(). */
struct cert *pki_authenticate_parse(const char *text, size_t n, struct err *e) MUST_USE;
int pki_authenticate_accept(struct keystore *k, const struct trustpoint_conf *tp, struct cert *ca, struct err *e);

struct enroll_params {
        const char *hostname, *domain; /* for the default FQDN */
        const char *serial_number;     /* NULL: not in the subject */
};
/* Self-signed identity (enrollment self): subject, fqdn, key pair of the trustpoint (generated when absent: 2048
 * bits). */
int pki_enroll_self(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                    struct err *e);
/* PKCS#10 request as PEM into w (enrollment terminal). The private key stays here. */
int pki_enroll_csr(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                   struct wbuf *w, struct err *e);
/* The FQDN a certificate of tp will carry; "" for none. */
void pki_fqdn(const struct trustpoint_conf *tp, const struct enroll_params *p, char *out, size_t cap);
/* Can there be a certificate with these names? */
int pki_names_check(const struct enroll_params *p, struct err *e);
/* The signed answer to a request: must match the trustpoint's key pair. */
int pki_import_certificate(struct keystore *k, const struct trustpoint_conf *tp, const char *text, size_t n,
                           struct err *e);
/*
 * PKCS#12 into trustpoint `name` (need not exist before) with a key pair of the same name. Old RC2/3DES and new AES
 * files. Three clear errors: wrong passphrase; truncated or not a PKCS#12; key does not match the certificate (T8).
 */
int pki_import_pkcs12(struct keystore *k, const char *name, const char *text, size_t n, const char *pass,
                      struct err *e);
/* Base64 body of a new PKCS#12 (AES) with everything of the trustpoint. */
int pki_export_pkcs12(struct keystore *k, const struct trustpoint_conf *tp, const char *pass, struct wbuf *w,
                      struct err *e);
/* The key pair label a trustpoint uses. */
const char *pki_keypair_label(const struct trustpoint_conf *tp);

#endif
