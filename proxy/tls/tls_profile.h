/*
 * What a TLS endpoint of ours offers: versions, suites, curves, signature hashes (always all set explicitly), our
 * chain and key, whom we believe. Immutable and reference-counted outside any arena, since live mbedTLS contexts
 * point into it. A trust change makes a new profile, which voids tickets and cached sessions.
 */
#ifndef VOXGATE_PROXY_TLS_TLS_PROFILE_H
#define VOXGATE_PROXY_TLS_TLS_PROFILE_H

#include <mbedtls/ssl.h>

#include "pki/issuer.h"
#include "pki/pki_rt.h"
#include "proxy/conf/conf.h"
#include "platform/base/wbuf.h"
#include "proxy/leg/leg.h"

enum tls_role { TLS_SERVER, TLS_CLIENT }; /* what WE are on that leg */

struct tls_profile_params {
        enum tls_role role;
        const struct identity_rt *identity; /* NULL: none shown (client role only) */
        struct trust_set *trust;            /* NULL: the peer is not asked for a certificate (server role only) */
        /* Names as typed ("aes128-sha1"); n = 0: the default list of the role. */
        unsigned nsuites;
        const char (*suites)[SSL_SUITE_NAME_MAX + 1];
        int min_version, max_version; /* MBEDTLS_SSL_MINOR_VERSION_1..3; 0 = default */
        /*
         * Server role: the client is a phone. Its certificate may be signed with SHA-1, have an RSA key of 1024 bits,
         * lack the usual key usage, and be expired where its trustpoint says so (CHAIN_PHONE). Nobody else is judged
         * like that.
         */
        bool phone;
        /* null-sha1 among the suites is meant: for softphones, or by name for this leg. Else it is left out. */
        bool readable_ok;
        const struct rng *rng;
        const struct clock *clk;
};
struct tls_profile;
/* -1 with the reason when something typed is not available in the linked library. */
struct tls_profile *tls_profile_new(const struct tls_profile_params *p, struct err *e) MUST_USE;
/* The highest version it allows: "TLSv1.2". */
const char *tls_profile_version(const struct tls_profile *p);
/* OpenSSL names of what it offers and its versions have, in order of preference; static text; returns how many (at
 * most max). */
unsigned tls_profile_suites(const struct tls_profile *p, const char **names, unsigned max);
struct tls_profile *tls_profile_get(struct tls_profile *p);
void tls_profile_put(struct tls_profile *p);

/* Names that are refused since the linked library has no such suite, each behind a blank. */
void tls_suites_off(struct wbuf *w);
/* Does it hide what it carries? By the library's number. */
bool tls_suite_encrypts(int mbedtls_id);
/* Suite names of the command language. false: unknown; *available: the linked library has it. */
bool tls_suite_known(const char *asa_name, bool *available);
const char *
tls_suite_openssl_name(int mbedtls_id); /* "AES128-SHA" for logs and show; the mbedTLS name when unknown */

#define TLS_OFFERED_KEPT 48u
/* What happened in a handshake, for logs and show. */
struct tls_info {
        bool done, resumed, peer_cert;
        bool readable;       /* a suite that authenticates and does not encrypt */
        bool own_cert_asked; /* client role: the server wanted our certificate */
        bool verified; /* the handshake is over, the peer's certificate was accepted and its key is the peer's */
        bool expired_accepted;                    /* by accept-expired-phone-certificate of `trustpoint` */
        char version[12];                         /* "TLSv1.2" */
        char cipher[40];                          /* OpenSSL name */
        char verify_reason[CHAIN_REASON_MAX + 1]; /* why the peer was refused, "" */
        char trustpoint[129];                     /* that vouched for the peer */
        char peer_subject[256];                   /* "cn=x,o=y", escaped */
        char device[PHONE_DEVICE_MAX +
                    1];    /* SEP<MAC> in a verified client's certificate; "": none, or it names several */
        char shown[PHONE_DEVICE_MAX + 1]; /* the same of any client's certificate: nothing is proved */
        unsigned noffered; /* ciphers the client proposed; 0 unknown */
        uint16_t offered[TLS_OFFERED_KEPT]; /* the first of them */
};
/* TLS over `lower` (taken over, also on failure: closed). The profile is referenced while the leg lives. */
struct leg *leg_tls_new(struct tls_profile *p, struct leg *lower, struct log_src *log, struct err *e) MUST_USE;
void leg_tls_info(const struct leg *l, struct tls_info *out);
/* Bytes of the library's record buffers; 0: this library does not tell (proxy/tls/tls_buffers.h). */
size_t leg_tls_buffers(const struct leg *l);
/*
 * The peer's certificate after a finished handshake in which it was accepted; NULL at any other time, for any other
 * leg and for a peer that was not asked. Borrowed: it lives as long as the leg.
 */
const mbedtls_x509_crt *leg_tls_verified_peer(const struct leg *l);

#endif
