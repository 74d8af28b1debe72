/*
 * RSA key pairs behind a narrow interface. Private operations run in libcrypto through mbedtls_pk_setup_rsa_alt;
 * signatures are checked before they leave (T7); the PKCS#1 unpadding is constant-time. Immutable after creation,
 * reference-counted, wiped at the end; usable from several threads. Pairs on P-256, P-384 and P-521 are made and
 * taken from files too (they can show a certificate, not sign others); mbedTLS does their operations. Ed25519 pairs
 * are host keys of the SSH server and nothing else: mbedTLS does not know them, so they have no certificate.
 */
#ifndef VOXGATE_PKI_KEYPAIR_H
#define VOXGATE_PKI_KEYPAIR_H

#include <mbedtls/pk.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "platform/base/err.h"
#include "platform/base/rng.h"

struct keypair;

/* bits: 512, 768, 1024, 2048, 3072 or 4096. Slow (job thread). NULL with e set. */
struct keypair *keypair_generate(unsigned bits, time_t now, const struct rng *rng, struct err *e) MUST_USE;
/* On a NIST curve; bits: 256, 384 or 521. NULL with e set. */
struct keypair *keypair_generate_ec(unsigned bits, time_t now, const struct rng *rng, struct err *e) MUST_USE;
/* Ed25519. NULL with e set. */
struct keypair *keypair_generate_ed25519(time_t now, const struct rng *rng, struct err *e) MUST_USE;
/* From a DER PKCS#1/SEC1/PKCS#8 private key, checked for consistency (T7, L4: RSA of 512-8192 bits, exponent <=
 * 2^32). */
struct keypair *keypair_from_der(const uint8_t *der, size_t n, time_t now, struct err *e) MUST_USE;
struct keypair *keypair_get(struct keypair *k);
void keypair_put(struct keypair *k); /* NULL is legal */
unsigned keypair_bits(const struct keypair *k);
enum keypair_kind { KEYPAIR_RSA, KEYPAIR_EC, KEYPAIR_ED25519, KEYPAIR_KINDS };
enum keypair_kind keypair_kind(const struct keypair *k);
bool keypair_is_rsa(const struct keypair *k);
time_t keypair_created(const struct keypair *k);
/* Private key as DER PKCS#8 into a fresh secret block (mem_free_secret). */
int keypair_export(const struct keypair *k, uint8_t **der, size_t *n, struct err *e);
/* SubjectPublicKeyInfo DER; returns its length or 0 when it does not fit. */
size_t keypair_public_der(const struct keypair *k, uint8_t *out, size_t cap);
/* The key as an mbedTLS context (alt RSA, or EC; of Ed25519 it is empty and does nothing): lives as long as the pair;
 * mbedTLS only reads it. */
mbedtls_pk_context *keypair_pk(struct keypair *k);

#endif
