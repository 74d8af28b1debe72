/* What only the writers of certificates and requests need of a key pair. */
#ifndef VOXGATE_PKI_KEYPAIR_INT_H
#define VOXGATE_PKI_KEYPAIR_INT_H

#include <stdbool.h>

#include "pki/keypair.h"

/* The public half as an ordinary mbedTLS key: lives as long as the pair. */
mbedtls_pk_context *keypair_public_pk(struct keypair *k);
/* A copy with the private numbers inside mbedTLS, for the one writer that cannot take an RSA_ALT key. The caller has
 * initialised out and frees it at once (mbedTLS wipes). */
int keypair_plain(const struct keypair *k, mbedtls_pk_context *out, struct err *e);
/* Same modulus and exponent, or same point? */
bool keypair_has_public(const struct keypair *k, const mbedtls_pk_context *pub);

#endif
