/*
 * Verification of a peer's chain with reasons in words.
 *
 * What a certificate that an operator pasted (`authenticate`, or a CA of a PKCS#12 file) is trusted for:
 *  - for itself, always: a peer that presents exactly these bytes is accepted (within validity, key size and
 * purpose), whether the certificate is self-signed or not, CA or not;
 *  - for what it signed, only if it is a CA: version 3, basicConstraints CA:TRUE, and keyCertSign where a keyUsage
 * extension exists; a self-signed one needs that extension, since tools write CA:TRUE into server certificates
 * by default. So a pasted self-signed server certificate trusts exactly itself. A CA with name constraints vouches
 * for nobody: they are not supported.
 *
 * Phones (CHAIN_PHONE) are judged more mildly, and only they: a factory certificate may be made for any use of TLS or
 * IPsec, and an expired one is let through where the trustpoint that vouches for it says
 * accept-expired-phone-certificate. That covers the phone's own certificate and the trustpoint's CA that issued it,
 * never a CA in between. Nothing else is forgiven: signature, path, key size and hash are checked as for every phone.
 */
#ifndef VOXGATE_PKI_CHAIN_H
#define VOXGATE_PKI_CHAIN_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "platform/base/addr.h"
#include "platform/base/log.h"
#include "pki/cert.h"

#define CHAIN_CERTS_MAX 8u

/* The certificates of one or more trustpoints that may vouch for a peer; immutable, reference-counted. */
struct trust_set;
struct trust_anchor {
        char trustpoint[129];
        bool accept_expired_phone; /* accept-expired-phone-certificate */
        struct cert *cert;         /* own reference */
};
struct trust_set *trust_set_new(const struct trust_anchor *anchors, unsigned n) MUST_USE; /* takes own references */
struct trust_set *trust_set_get(struct trust_set *t);
void trust_set_put(struct trust_set *t);
unsigned trust_set_count(const struct trust_set *t);
/* Borrowed; i < trust_set_count(). */
const struct trust_anchor *trust_set_at(const struct trust_set *t, unsigned i);

enum chain_result { CHAIN_REFUSED = 0, CHAIN_OK = 1 }; /* starts refused, granted in one place (S2) */
/* What the peer is: a server, a client, a phone that is a client. */
enum chain_purpose { CHAIN_SERVER, CHAIN_CLIENT, CHAIN_PHONE };

#define RSA_PINNED_MIN_BITS 1024u /* a certificate that an operator pasted is held to no more than this */

struct chain_policy {
        enum chain_purpose purpose;
        time_t now;
        unsigned rsa_min_bits; /* of every certificate of the path */
        bool allow_sha1, allow_md5;
};

#define CHAIN_REASON_MAX 255
struct chain_answer {
        char trustpoint[129];              /* that vouches for the peer; "" on refusal */
        char reason[CHAIN_REASON_MAX + 1]; /* words, on refusal */
        bool expired_accepted;             /* by the option of that trustpoint */
        bool out_of_date;                  /* on refusal: dates are all there is against it */
};

/*
 * Is peer (leaf first, as received; at most 8 certificates) vouched for by the set? *out is filled in either way.
 * Emits 717025/717029/717030/717022/717028 or 717031/717027/717009, and 780020 for each use of
 * accept-expired-phone-certificate, to log (may be NULL).
 */
enum chain_result chain_verify(const struct trust_set *t, const mbedtls_x509_crt *peer, const struct chain_policy *p,
                               struct log_src *log, struct chain_answer *out);

/* T6: does the certificate name this host? SAN decides, the CN only where there is no SAN dNSName; one leftmost
 * whole-label wildcard. */
bool cert_names_host(const mbedtls_x509_crt *c, const char *host);
/* SAN iPAddress of equal length. */
bool cert_names_address(const mbedtls_x509_crt *c, const struct addr *a);

#endif
