/* PKCS#12 files, read and written by libcrypto in a library context of their own that lives only as long as the call.
 */
#ifndef VOXGATE_PKI_PKCS12_H
#define VOXGATE_PKI_PKCS12_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "pki/cert.h"
#include "pki/keypair.h"
#include "pki/keystore.h"

#define PKCS12_BYTES_MAX 262144u
#define PKCS12_CERTS_MAX 64u
#define PKCS12_ITERATIONS_MAX 1000000u

struct pkcs12 {
        struct keypair *key;
        struct tp_assets certs; /* identity and, issuer first, the others */
};

/*
 * Integrity first (constant time), then contents: exactly one RSA key, its certificate, at most TRUSTPOINT_CAS_MAX
 * others. The iteration counts in the file are checked before any of the work they ask for. On failure out is empty
 * and e tells a wrong passphrase, a damaged file and a key without its certificate apart.
 */
int pkcs12_read(const uint8_t *der, size_t n, const char *pass, time_t now, struct pkcs12 *out, struct err *e);
/* AES-256, HMAC-SHA-256. The caller frees *der with mem_free_secret(). */
int pkcs12_write(const struct pkcs12 *in, const char *name, const char *pass, uint8_t **der, size_t *n,
                 struct err *e);
void pkcs12_put(struct pkcs12 *p);

#endif
