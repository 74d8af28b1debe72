/* A libcrypto context with the algorithms of old and new PKCS#12 files. */
#ifndef VOXGATE_PKI_PKCS12_INT_H
#define VOXGATE_PKI_PKCS12_INT_H

#include <stdbool.h>

#include "pki/libcrypto.h"
#include "platform/base/err.h"

struct p12_crypto {
        OSSL_LIB_CTX *ctx;
        OSSL_PROVIDER *base, *legacy; /* legacy (RC2) may be missing */
};

int p12_crypto_open(struct p12_crypto *c, bool with_legacy, struct err *e);
void p12_crypto_close(struct p12_crypto *c); /* also of a half opened one */

#endif
