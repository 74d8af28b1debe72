/*
 * Local dynamic certificates: a certificate for a peer that we show to the other side, signed by a trustpoint with
 * `proxy-ldc-issuer`. The subject of the verified original is copied byte for byte (its DER, capped), so that a call
 * manager finds the phone it knows.
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
#define LDC_KEY_BITS_MIN 1024u /* of the issuer and of `client ldc key-pair` */
#define PHONE_DEVICE_MAX 64

/*
 * original: already verified by the caller (never call this before). ca, ca_key: the issuer's self-enrolled
 * certificate; key: the pair of `client ldc key-pair`. NULL with e: subject too long or not DER, issuer not a CA or
 * expired, weak or mismatching key, no memory. SHA-256, serial of 16 random bytes, notBefore one hour ago, notAfter
 * the earliest of LDC_DAYS, the issuer's and (unless it has expired and was let through) the original's end. Our own
 * TBS writer: nothing of mbedTLS' extension writers is used. The signature was verified before the certificate is
 * returned.
 */
struct cert *issuer_sign_ldc(const mbedtls_x509_crt *original, const struct cert *ca, struct keypair *ca_key,
                             const struct keypair *key, time_t now, const struct rng *rng, struct err *e) MUST_USE;

/* May this certificate sign local dynamic certificates at all: a CA in time, with a key of its own that is not weak.
 */
int issuer_check(const struct cert *ca, const struct keypair *ca_key, time_t now, struct err *e);
/* A Name that is worth copying: strict DER, at least one attribute, strings without NUL, at most LDC_SUBJECT_MAX
 * bytes. */
int ldc_subject_check(const uint8_t *der, size_t n, struct err *e);
/* End of a certificate's validity; -1 when the clock of the machine cannot hold it. */
time_t cert_end(const mbedtls_x509_crt *c);

/* The device a phone's certificate names: SEP + 12 hex digits as a word of its own in a CN (MIC: CP-7962G-SEP...;
 * LSC: SEP...), upper case. false: none, or two different ones. */
bool cert_phone_device(const mbedtls_x509_crt *c, char device[PHONE_DEVICE_MAX + 1]);
/* The same in one string of n bytes: how many devices it names (0, 1, 2 = several different ones). */
unsigned phone_device_in(const uint8_t *cn, size_t n, char device[PHONE_DEVICE_MAX + 1]);

#endif
