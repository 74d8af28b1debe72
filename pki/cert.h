/* One X.509 certificate, immutable and reference-counted. Parsed by mbedTLS; capped at 16 KB (L4). */
#ifndef VOXGATE_PKI_CERT_H
#define VOXGATE_PKI_CERT_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"
#include "platform/base/wbuf.h"

#define CERT_DER_MAX 16384u

struct cert;

/* Exactly one certificate, strict DER, nothing behind it. NULL: "Failed to parse or verify imported certificate"
 * style reason. */
struct cert *cert_from_der(const uint8_t *der, size_t n, struct err *e) MUST_USE;
/* What an operator pastes: PEM with or without armour lines, bare base64, blank lines, CRLF. */
struct cert *cert_from_text(const char *text, size_t n, struct err *e) MUST_USE;
struct cert *cert_get(struct cert *c);
void cert_put(struct cert *c); /* NULL is legal */
const uint8_t *cert_der(const struct cert *c, size_t *n);
const mbedtls_x509_crt *cert_x509(const struct cert *c);    /* single certificate, next == NULL; read only */
bool cert_same(const struct cert *a, const struct cert *b); /* byte for byte */
bool cert_is_ca(const struct cert *c);
bool cert_is_self_signed(const struct cert *c); /* issuer == subject and the signature verifies with its own key */
/* Does the key belong to the certificate? */
struct keypair;
bool cert_matches_key(const struct cert *c, const struct keypair *k);

/* ---- text for show and dialogs ---- */
void cert_serial_text(const struct cert *c, char *out, size_t cap); /* hex, lower case, no separators */
enum cert_digest { CERT_MD5, CERT_SHA1, CERT_SHA256 };
/* "dbc1e67d 061ff7f2 ..." lower case groups of 8. */
void cert_fingerprint_text(const struct cert *c, enum cert_digest d, char *out, size_t cap);
/* One attribute per call, most specific first, as `show crypto ca certificates` prints them: "cn=asa.example.com".
 * false behind the last. Foreign text is escaped. */
bool cert_subject_attr(const struct cert *c, unsigned idx, char *out, size_t cap);
bool cert_issuer_attr(const struct cert *c, unsigned idx, char *out, size_t cap);
/* All attributes in one line, "cn=x,o=y", escaped: for log messages. */
void cert_subject_line(const struct cert *c, char *out, size_t cap);
void cert_issuer_line(const struct cert *c, char *out, size_t cap);
/* PEM with armour into w. */
void cert_pem(const struct cert *c, struct wbuf *w);

#endif
