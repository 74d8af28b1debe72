/*
 * Certificates as tests need them, made by libcrypto while the test runs: factory and locally significant
 * certificates of phones, their CAs, expired, weak or odd ones. Keys are made once a kind; every one of them is
 * worthless.
 */
#ifndef VOXGATE_TEST_PKI_MINT_H
#define VOXGATE_TEST_PKI_MINT_H

#include "pki/libcrypto.h"
#include "tests/support/pki.h"

enum mint_key {
        MINT_RSA_1024,
        MINT_RSA_1024_B,
        MINT_RSA_768,
        MINT_RSA_2048,
        MINT_P256,
        MINT_P384,
        MINT_P521,
        MINT_KEYS
};

struct mint {
        const char *cn;         /* NULL: subject */
        const uint8_t *subject; /* DER of the Name */
        size_t subject_len;
        enum mint_key key, ca_key; /* ca NULL: self-signed with key */
        X509 *ca;
        bool is_ca;
        const EVP_MD *md;        /* NULL: SHA-256 */
        long from_days, to_days; /* from PKI_NOW; both 0: a year around it */
        const char *usage, *eku; /* as in an extension file, NULL: none */
};

static inline EVP_PKEY *mint_key(enum mint_key k)
{
        static EVP_PKEY *made[MINT_KEYS];
        static const char *const curve[] = { "P-256", "P-384", "P-521" };
        static const size_t bits[] = { 1024, 1024, 768, 2048 };

        if (!made[k])
                made[k] = k >= MINT_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve[k - MINT_P256])
                                         : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits[k]);
        assert_non_null(made[k]);
        return made[k];
}

static inline struct keypair *mint_keypair(enum mint_key k)
{
        unsigned char *der = NULL;
        int n = i2d_PrivateKey(mint_key(k), &der);
        struct err e = { 0 };
        struct keypair *kp = keypair_from_der(der, (size_t)n, PKI_NOW, &e);

        OPENSSL_free(der);
        if (!kp)
                fail_msg("%s", e.text);
        return kp;
}

static inline void mint_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
        X509V3_CTX ctx;
        X509_EXTENSION *ext;

        if (!value)
                return;
        X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
        assert_non_null(ext);
        assert_true(X509_add_ext(x, ext, -1));
        X509_EXTENSION_free(ext);
}

static inline X509_NAME *mint_name(const struct mint *m)
{
        const uint8_t *p = m->subject;
        X509_NAME *n;

        if (p)
                return d2i_X509_NAME(NULL, &p, (long)m->subject_len);
        n = X509_NAME_new();
        assert_true(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const uint8_t *)"Example Phones", -1, -1, 0));
        assert_true(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)m->cn, -1, -1, 0));
        return n;
}

static inline X509 *mint_x509(const struct mint *m)
{
        X509 *x = X509_new(), *issuer = m->ca ? m->ca : x;
        X509_NAME *name = mint_name(m);
        time_t now = PKI_NOW;
        static long serial = 4711;

        assert_non_null(name);
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
        X509_time_adj_ex(X509_getm_notBefore(x), (int)(m->from_days ? m->from_days : -182), 0, &now);
        X509_time_adj_ex(X509_getm_notAfter(x), (int)(m->to_days ? m->to_days : 183), 0, &now);
        X509_set_subject_name(x, name);
        X509_set_issuer_name(x, X509_get_subject_name(issuer));
        X509_set_pubkey(x, mint_key(m->key));
        mint_ext(x, issuer, NID_basic_constraints, m->is_ca ? "critical,CA:TRUE" : NULL);
        mint_ext(x, issuer, NID_key_usage, m->usage);
        mint_ext(x, issuer, NID_ext_key_usage, m->eku);
        mint_ext(x, issuer, NID_subject_key_identifier, "hash");
        assert_true(X509_sign(x, mint_key(m->ca ? m->ca_key : m->key), m->md ? m->md : EVP_sha256()) > 0);
        X509_NAME_free(name);
        return x;
}

static inline struct cert *mint_cert_of(X509 *x)
{
        unsigned char *der = NULL;
        int n = i2d_X509(x, &der);
        struct err e = { 0 };
        struct cert *c = cert_from_der(der, (size_t)n, &e);

        OPENSSL_free(der);
        if (!c)
                fail_msg("%s", e.text);
        return c;
}

static inline struct cert *mint(const struct mint *m)
{
        X509 *x = mint_x509(m);
        struct cert *c = mint_cert_of(x);

        X509_free(x);
        return c;
}

/* What the other library reads. */
static inline X509 *mint_openssl(const struct cert *c)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);
        X509 *x = d2i_X509(NULL, &der, (long)n);

        assert_non_null(x);
        return x;
}

#endif
