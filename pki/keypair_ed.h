/* Private to keypair.c: Ed25519 pairs, which mbedTLS does not know. libcrypto finds the public half; PKCS#8 and
 * SubjectPublicKeyInfo of these keys (RFC 8410) have one length each, so they are a prefix and the number. */
#ifndef VOXGATE_PKI_KEYPAIR_ED_H
#define VOXGATE_PKI_KEYPAIR_ED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"

#define ED_BYTES 32u
#define ED_PKCS8_BYTES (16u + ED_BYTES)
#define ED_SPKI_BYTES (12u + ED_BYTES)

/* Is this the PKCS#8 of one? */
bool ed_is_pkcs8(const uint8_t *der, size_t n);
void ed_pkcs8(const uint8_t private[ED_BYTES], uint8_t der[ED_PKCS8_BYTES]);
/* The public half of a PKCS#8, as SubjectPublicKeyInfo. */
int ed_spki(const uint8_t pkcs8[ED_PKCS8_BYTES], uint8_t spki[ED_SPKI_BYTES], struct err *e);

#endif
