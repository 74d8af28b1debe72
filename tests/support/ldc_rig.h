/* A box with trustpoints of each kind, and phones that come to it by TLS over memory legs. */
#ifndef VOXGATE_LDC_RIG_H
#define VOXGATE_LDC_RIG_H

#include <mbedtls/net_sockets.h>

#include "pki/x509_write.h"
#include "platform/base/str.h"
#include "proxy/session/ldc.h"
#include "tests/support/pki_mint.h"

#define ROOMY 65536u
#define TLS10 MBEDTLS_SSL_MINOR_VERSION_1
#define TLS12 MBEDTLS_SSL_MINOR_VERSION_3

static struct clock_virtual at;
static struct clock clk;
static struct log *logs;
static struct log_src *src;
static struct keypair *server_key, *signer_key, *phone_key, *weak_key;
static struct cert *server_cert, *issuer, *other_issuer, *plain_self;
static X509 *mic_ca, *lsc_ca, *old_ca, *mid_ca;
static struct identity_rt ids[5];
static struct key_rt keys[2];
static struct pki_rt pki;

static inline struct cert *self_enrolled(const char *subject, struct keypair *key, bool ldc_issuer)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "tp", .proxy_ldc_issuer = ldc_issuer };
        struct enroll_params ep = { .hostname = "ciscoasa", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };
        struct cert *c;

        str_copy(tp.subject, sizeof tp.subject, subject);
        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        c = self_signed_make(&plan, key, PKI_NOW, &rng_system, &e);
        assert_non_null(c);
        return c;
}

static inline X509 *ca_of(const char *cn, enum mint_key key, long to_days, X509 *above, enum mint_key above_key)
{
        return mint_x509(&(struct mint){ .cn = cn,
                                         .key = key,
                                         .is_ca = true,
                                         .md = EVP_sha1(),
                                         .from_days = -4000,
                                         .to_days = to_days,
                                         .ca = above,
                                         .ca_key = above_key,
                                         .usage = "keyCertSign,cRLSign" });
}

static inline struct identity_rt identity(const char *name, struct cert *c, struct keypair *k, bool ldc_issuer)
{
        struct identity_rt id = { .cert = c, .key = k, .ldc_issuer = ldc_issuer };

        str_copy(id.trustpoint, sizeof id.trustpoint, name);
        return id;
}

static inline void open_log(void)
{
        struct log_conf conf;

        logs = log_new(&clk, 256);
        src = log_src_new(logs, "test");
        log_conf_init(&conf);
        conf.enable = true;
        conf.buffer_size = 65536;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(logs, &conf, NULL), 0);
}

static inline int up(void **state)
{
        (void)state;
        at.wall = (int64_t)PKI_NOW * 1000000000;
        clk = clock_of_virtual(&at);
        open_log();
        server_key = pki_key("server.key");
        signer_key = mint_keypair(MINT_RSA_1024);
        phone_key = mint_keypair(MINT_RSA_1024_B);
        weak_key = mint_keypair(MINT_RSA_768);
        server_cert = pki_cert("server.pem");
        issuer = self_enrolled("cn=LDC", signer_key, true);
        other_issuer = self_enrolled("cn=LDC2", signer_key, true);
        plain_self = self_enrolled("cn=plain", signer_key, false);
        mic_ca = ca_of("Cisco Manufacturing CA", MINT_RSA_2048, 4000, NULL, 0);
        lsc_ca = ca_of("CAPF-1", MINT_RSA_1024, 4000, NULL, 0);
        old_ca = ca_of("CAP-RTP-001", MINT_RSA_2048, -10, NULL, 0);
        mid_ca = ca_of("Middle CA", MINT_RSA_1024_B, 4000, mic_ca, MINT_RSA_2048);
        /* sorted by name, as compiled */
        ids[0] = identity("ccm_proxy", server_cert, server_key, false);
        ids[1] = identity("empty", NULL, NULL, true);
        ids[2] = identity("ldc2", other_issuer, signer_key, true);
        ids[3] = identity("ldc_server", issuer, signer_key, true);
        ids[4] = identity("plain", plain_self, signer_key, false);
        keys[0] = (struct key_rt){ "phone_common", phone_key };
        keys[1] = (struct key_rt){ "weak", weak_key };
        pki = (struct pki_rt){ .n = 5, .id = ids, .all = trust_set_new(NULL, 0), .nkeys = 2, .keys = keys };
        return 0;
}

static inline int down(void **state)
{
        (void)state;
        trust_set_put(pki.all);
        keypair_put(server_key);
        keypair_put(signer_key);
        keypair_put(phone_key);
        keypair_put(weak_key);
        cert_put(server_cert);
        cert_put(issuer);
        cert_put(other_issuer);
        cert_put(plain_self);
        X509_free(mic_ca);
        X509_free(lsc_ca);
        X509_free(old_ca);
        X509_free(mid_ca);
        log_free(logs);
        return 0;
}

/* MIC and LSC issuers at once; `expired`: with accept-expired-phone-certificate. */
static inline struct trust_set *phone_cas(bool expired)
{
        X509 *const ca[] = { mic_ca, lsc_ca, old_ca };
        static const char *const name[] = { "cisco_mfg_ca", "capf", "cap_rtp_001" };
        struct trust_anchor a[3];
        struct trust_set *t;

        for (unsigned i = 0; i < 3; i++) {
                a[i] = (struct trust_anchor){ .accept_expired_phone = expired, .cert = mint_cert_of(ca[i]) };
                str_copy(a[i].trustpoint, sizeof a[i].trustpoint, name[i]);
        }
        t = trust_set_new(a, 3);
        for (unsigned i = 0; i < 3; i++)
                cert_put(a[i].cert);
        return t;
}

static inline struct leg *door(struct trust_set *trust, bool phone, struct leg *lower)
{
        static const char suites[][SSL_SUITE_NAME_MAX + 1] = { "aes128-sha1", "ecdhe-aes128-gcm-sha256" };
        struct tls_profile_params p = { .role = TLS_SERVER,
                                        .identity = &ids[0],
                                        .trust = trust,
                                        .nsuites = 2,
                                        .suites = suites,
                                        .phone = phone,
                                        .rng = &rng_system,
                                        .clk = &clk };
        struct err e = { 0 };
        struct tls_profile *t = tls_profile_new(&p, &e);
        struct leg *l;

        if (!t)
                fail_msg("%s", e.text);
        l = leg_tls_new(t, lower, src, &e);
        assert_non_null(l);
        tls_profile_put(t);
        return l;
}

struct phone {
        mbedtls_ssl_context ssl;
        mbedtls_ssl_config conf;
        mbedtls_x509_crt own;
        mbedtls_pk_context key;
        struct leg *lower;
        int rc;
};

static inline int phone_send(void *ctx, const unsigned char *buf, size_t n)
{
        ssize_t r = leg_write(((struct phone *)ctx)->lower, buf, n);

        return r >= 0 ? (int)r : r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_CONN_RESET;
}

static inline int phone_recv(void *ctx, unsigned char *buf, size_t n)
{
        ssize_t r = leg_read(((struct phone *)ctx)->lower, buf, n);

        return r >= 0 ? (int)r : r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONN_RESET;
}

static inline void phone_cert(struct phone *p, X509 *x)
{
        unsigned char *der = NULL;
        int n = i2d_X509(x, &der);

        assert_int_equal(mbedtls_x509_crt_parse_der(&p->own, der, (size_t)n), 0);
        OPENSSL_free(der);
}

/* x NULL: has no certificate. key: that it signs with, perhaps not its own. */
static inline struct phone *phone_new(X509 *x, X509 *above, enum mint_key key, int version, struct leg *lower)
{
        struct phone *p = mem_alloc(MEM_MISC, sizeof *p);
        unsigned char *der = NULL;
        int n = i2d_PrivateKey(mint_key(key), &der);

        p->lower = lower;
        p->rc = MBEDTLS_ERR_SSL_WANT_READ;
        mbedtls_ssl_init(&p->ssl);
        mbedtls_ssl_config_init(&p->conf);
        mbedtls_x509_crt_init(&p->own);
        mbedtls_pk_init(&p->key);
        assert_int_equal(mbedtls_ssl_config_defaults(&p->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                                     MBEDTLS_SSL_PRESET_DEFAULT),
                         0);
        mbedtls_ssl_conf_rng(&p->conf, rng_mbedtls, (void *)(uintptr_t)&rng_system);
        mbedtls_ssl_conf_authmode(&p->conf, MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_min_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, version);
        mbedtls_ssl_conf_max_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, version);
        assert_int_equal(mbedtls_pk_parse_key(&p->key, der, (size_t)n, NULL, 0), 0);
        OPENSSL_free(der);
        if (x) {
                phone_cert(p, x);
                if (above)
                        phone_cert(p, above);
                assert_int_equal(mbedtls_ssl_conf_own_cert(&p->conf, &p->own, &p->key), 0);
        }
        assert_int_equal(mbedtls_ssl_setup(&p->ssl, &p->conf), 0);
        mbedtls_ssl_set_bio(&p->ssl, p, phone_send, phone_recv, NULL);
        return p;
}

static inline void phone_free(struct phone *p)
{
        mbedtls_ssl_free(&p->ssl);
        mbedtls_ssl_config_free(&p->conf);
        mbedtls_x509_crt_free(&p->own);
        mbedtls_pk_free(&p->key);
        leg_close(p->lower, false);
        mem_free(p);
}

struct call {
        struct phone *phone;
        struct leg *door;
        int rc; /* of the door */
        struct tls_info info;
};

static inline void call_shake(struct call *c)
{
        c->rc = LEG_AGAIN;
        for (unsigned i = 0; i < 1000 && c->rc == LEG_AGAIN; i++) {
                if (c->phone->rc == MBEDTLS_ERR_SSL_WANT_READ || c->phone->rc == MBEDTLS_ERR_SSL_WANT_WRITE)
                        c->phone->rc = mbedtls_ssl_handshake(&c->phone->ssl);
                c->rc = leg_start(c->door);
        }
        c->phone->rc = mbedtls_ssl_handshake(&c->phone->ssl);
        leg_tls_info(c->door, &c->info);
}

static inline void call_with(struct call *c, X509 *x, X509 *above, enum mint_key key, int version, bool profile,
                             bool expired)
{
        struct trust_set *t = phone_cas(expired);
        struct leg *a, *b;

        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        c->phone = phone_new(x, above, key, version, a);
        c->door = door(t, profile, b);
        trust_set_put(t);
        call_shake(c);
}

static inline void call_end(struct call *c)
{
        phone_free(c->phone);
        leg_close(c->door, false);
}

enum { MIC, LSC, OLD, MID }; /* CAs */
#define CLIENT_EKU "clientAuth"
#define USE "digitalSignature,keyEncipherment"

static const struct phone_row {
        const char *what;
        enum mint_key key;
        int ca;
        bool sha1;
        const char *usage, *eku;
        long to_days;
        bool profile, option;
        const char *reason; /* NULL: let in */
} phone_rows[] = {
        /* factory and locally significant certificates, on the phones' door and on any other */
        { "MIC of 2048 bits", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, 100, true, false, NULL },
        { "MIC of 2048 bits, other door", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, 100, false, false, NULL },
        { "SHA-1", MINT_RSA_2048, MIC, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "SHA-1, other door", MINT_RSA_2048, MIC, true, USE, CLIENT_EKU, 100, false, false,
          "Signature algorithm SHA1 is not allowed" },
        { "1024 bits", MINT_RSA_1024, MIC, false, USE, CLIENT_EKU, 100, true, false, NULL },
        { "1024 bits, other door", MINT_RSA_1024, MIC, false, USE, CLIENT_EKU, 100, false, false,
          "Key of 1024 bits is smaller than 2048" },
        { "1024 bits and SHA-1", MINT_RSA_1024, LSC, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "768 bits", MINT_RSA_768, MIC, true, USE, CLIENT_EKU, 100, true, false,
          "Key of 768 bits is smaller than 1024" },
        /* what factories wrote into the key usage */
        { "no usage at all", MINT_RSA_1024, MIC, true, NULL, NULL, 100, true, false, NULL },
        { "server only", MINT_RSA_1024, MIC, true, USE, "serverAuth", 100, true, false, NULL },
        { "server only, other door", MINT_RSA_2048, MIC, false, USE, "serverAuth", 100, false, false,
          "Extended key usage does not allow client authentication" },
        { "IPsec end system", MINT_RSA_1024, MIC, true, USE, "ipsecEndSystem", 100, true, false, NULL },
        { "code signer", MINT_RSA_1024, MIC, true, USE, "codeSigning", 100, true, false,
          "Extended key usage does not allow client authentication" },
        { "decrypts only", MINT_RSA_1024, MIC, true, "keyEncipherment", CLIENT_EKU, 100, true, false, NULL },
        { "decrypts only, other door", MINT_RSA_2048, MIC, false, "keyEncipherment", CLIENT_EKU, 100, false, false,
          "Key usage does not allow client authentication" },
        { "signs certificates", MINT_RSA_1024, MIC, true, "keyCertSign", CLIENT_EKU, 100, true, false,
          "Key usage does not allow client authentication" },
        /* time */
        { "expired", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, -30, true, false,
          "Certificate date is out-of-range: cn=SEP001122334455,o=Example Phones expired 2030-02-15 17:46:40 UTC; "
          "see "
          "accept-expired-phone-certificate of trustpoint cisco_mfg_ca" },
        { "expired, with the option", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, -30, true, true, NULL },
        { "expired, with the option, other door", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, -30, false, true,
          "Certificate date is out-of-range: expired 2030-02-15" },
        { "its CA expired", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, 100, true, false,
          "Certificate date is out-of-range: cn=CAP-RTP-001,o=Example Phones expired 2030-03-07 17:46:40 UTC; see "
          "accept-expired-phone-certificate of trustpoint cap_rtp_001" },
        { "its CA expired, with the option", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, 100, true, true, NULL },
        { "both expired, with the option", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, -30, true, true, NULL },
        { "expired and too small, with the option", MINT_RSA_768, MIC, true, USE, CLIENT_EKU, -30, true, true,
          "Key of 768 bits is smaller than 1024" },
        { "expired and a code signer, with the option", MINT_RSA_1024, MIC, true, USE, "codeSigning", -30, true, true,
          "Extended key usage" },
        /* issued by a CA below the trustpoint's */
        { "a CA in between", MINT_RSA_1024, MID, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "a CA in between, expired, with the option", MINT_RSA_1024, MID, true, USE, CLIENT_EKU, -30, true, true,
          NULL },
        /* elliptic curves */
        { "P-256", MINT_P256, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false, NULL },
        { "P-384", MINT_P384, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false, NULL },
        { "P-256, other door", MINT_P256, MIC, false, "digitalSignature", CLIENT_EKU, 100, false, false, NULL },
        { "P-521", MINT_P521, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false,
          "Key of 521 bits is on a curve that is not allowed" },
};

static inline X509 *phone_x509(const struct phone_row *r, const char *cn)
{
        X509 *const ca[] = { mic_ca, lsc_ca, old_ca, mid_ca };
        static const enum mint_key key[] = { MINT_RSA_2048, MINT_RSA_1024, MINT_RSA_2048, MINT_RSA_1024_B };

        return mint_x509(&(struct mint){ .cn = cn,
                                         .key = r->key,
                                         .ca = ca[r->ca],
                                         .ca_key = key[r->ca],
                                         .md = r->sha1 ? EVP_sha1() : EVP_sha256(),
                                         .from_days = -3000,
                                         .to_days = r->to_days,
                                         .usage = r->usage,
                                         .eku = r->eku });
}

#endif
