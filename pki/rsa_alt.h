/*
 * RSA private operations in libcrypto behind mbedTLS's "alternative RSA" key type, several times faster than
 * mbedTLS's own. libcrypto does only the raw operation: the PKCS#1 unpadding is ours and constant-time, and every
 * signature is verified with the public key before it leaves (T7), so that one faulty computation cannot give the key
 * away.
 */
#ifndef VOXGATE_PKI_RSA_ALT_H
#define VOXGATE_PKI_RSA_ALT_H

#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"
#include "platform/base/err.h"

#define RSA_BYTES_MAX 1024u /* 8192 bits */

struct rsa_key;

/*
 * From a complete and consistent mbedTLS private key, number by number: libcrypto's DER readers and writers leave
 * copies in freed memory. Usable from several threads. NULL with e set.
 */
struct rsa_key *rsa_key_new(const mbedtls_rsa_context *rsa, struct err *e) MUST_USE;
void rsa_key_free(struct rsa_key *k);        /* wiped; NULL is legal */
size_t rsa_key_len(const struct rsa_key *k); /* bytes of the modulus */
/* Makes pk a key of type RSA_ALT that borrows k. */
int rsa_alt_setup(mbedtls_pk_context *pk, struct rsa_key *k);

/*
 * PKCS#1 v1.5 type 2 unpadding of em (k bytes, k <= RSA_BYTES_MAX) in time that depends on k and cap only. 0 with the
 * message in out (cap bytes) and its length in *n, or an mbedTLS error with *n = 0; neither the branch nor the memory
 * access pattern tells which.
 */
int rsa_unpad_ct(const uint8_t *em, size_t k, uint8_t *out, size_t cap, size_t *n);

#endif
