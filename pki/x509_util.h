/* Questions about parsed certificates that a chain, a bundle and a single certificate share. */
#ifndef VOXGATE_PKI_X509_UTIL_H
#define VOXGATE_PKI_X509_UTIL_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* issuer == subject of the parent and the parent's key verifies the signature. Says nothing about CA flags. */
bool x509_signed_by(const mbedtls_x509_crt *child, const mbedtls_x509_crt *parent);
bool x509_same(const mbedtls_x509_crt *a, const mbedtls_x509_crt *b); /* byte for byte */
/* RSA of 512-8192 bits with an exponent below 2^32, or an elliptic curve: cheap enough to be used (L4). */
bool x509_key_is_cheap(const mbedtls_x509_crt *c);
/* The value of an extension, borrowed from the certificate; false: not there. */
bool x509_find_ext(const mbedtls_x509_crt *c, const void *oid, size_t oid_len, const uint8_t **val, size_t *n);
/* Is the extension there? */
bool x509_has_ext(const mbedtls_x509_crt *c, const char *oid, size_t oid_len);
/* A date of a certificate in seconds since 1970; -1 when the clock of the machine cannot hold it. */
time_t x509_time(const mbedtls_x509_time *t);
void x509_serial_text(const mbedtls_x509_crt *c, char *out, size_t cap); /* hex, lower case, no separators */

#endif
