/*
 * Local dynamic certificates: a certificate for a peer that we show to the other side, signed by a trustpoint with
 * `proxy-ldc-issuer`. The subject of the verified original is copied byte for byte (its DER, capped), so that a call manager
 * finds the phone it knows. reference/asa-cli.md 5.1; T2 and T3 of the threats file.
 */
#ifndef VOXGATE_PKI_ISSUER_H
#define VOXGATE_PKI_ISSUER_H

#include <mbedtls/x509_crt.h>
#include <time.h>

#include "pki/cert.h"
#include "pki/keypair.h"
#include "platform/base/rng.h"

#define LDC_SUBJECT_MAX 1024u /* DER bytes of a Name */
#define LDC_DAYS 365u

/*
 * original: already verified by the caller (never call this before). ca, ca_key: the issuer's self-enrolled certificate; key:
 * the pair of `client ldc key-pair`. NULL with e: subject too long, issuer not a CA, weak or mismatching key, no memory.
 * SHA-256, serial of 16 random bytes, notBefore one hour ago, notAfter the earliest of LDC_DAYS, the issuer's and (unless it
 * has expired and was let through) the original's end. Our own TBS writer: nothing of mbedTLS' extension writers is used.
 */
struct cert *issuer_sign_ldc(const mbedtls_x509_crt *original, const struct cert *ca, struct keypair *ca_key,
                             const struct keypair *key, time_t now, const struct rng *rng, struct err *e) MUST_USE;

/* The device a phone's certificate names: SEP + 12 hex digits anywhere in a CN (MIC: CP-7962G-SEP...; LSC: SEP...), upper
 * case. false: none, or two different ones. */
bool cert_phone_device(const mbedtls_x509_crt *c, char device[65]);

#endif
