/* Private to keypair.c: elliptic-curve pairs (P-256, P-384, P-521), generated or from PKCS#12 files. mbedTLS
 * does their operations. */
#ifndef VOXGATE_PKI_KEYPAIR_EC_H
#define VOXGATE_PKI_KEYPAIR_EC_H

#include <mbedtls/pk.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/err.h"
#include "platform/base/rng.h"

/* bits: 256, 384 or 521. */
int ec_generate(mbedtls_pk_context *plain, unsigned bits, const struct rng *rng, struct err *e);
int ec_check(const mbedtls_pk_context *plain, struct err *e);
/* A copy with the private number, or without it. -1: no memory. */
int ec_copy(mbedtls_pk_context *to, const mbedtls_pk_context *plain, bool private_too);
/* PKCS#8 at the end of buf; its length, 0 when it does not fit. */
size_t ec_pkcs8(mbedtls_pk_context *plain, uint8_t *buf, size_t size);
bool ec_same_public(const mbedtls_pk_context *a, const mbedtls_pk_context *b);

#endif
