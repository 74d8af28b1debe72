/* What the HTTPS server shows and offers: the certificate of `ssl trust-point`, else one that it signed itself. */
#include "cli/http/httpd_int.h"

#include <mbedtls/error.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>

#include "cli/conf/store.h"
#include "pki/cert.h"
#include "pki/chain.h"
#include "pki/enroll.h"
#include "pki/keystore.h"
#include "pki/pki_rt.h"
#include "platform/base/attr.h"
#include "platform/base/str.h"

/* Today's: TLS 1.2 with forward secrecy and authenticated encryption, whatever phones may need elsewhere. */
static const int suites[] = { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                              MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                              MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                              MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                              MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                              MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                              0 };
static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                               MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE };
static const int hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE };

/* ---- a certificate of our own ---- */

static const struct trustpoint_conf own_trustpoint = { .o.name = (char *)(uintptr_t)HTTPD_TRUSTPOINT,
                                                       .enrollment = ENROLL_SELF,
                                                       .keypair = HTTPD_KEY };

/* What the box is called now. */
struct called {
        char hostname[64], domain[128];
};

static struct enroll_params called_now(struct box *b, struct called *c)
{
        pthread_mutex_lock(&b->conf_lock);
        str_copy(c->hostname, sizeof c->hostname, b->store->sys.hostname);
        str_copy(c->domain, sizeof c->domain, b->store->sys.domain);
        pthread_mutex_unlock(&b->conf_lock);
        return (struct enroll_params){ .hostname = c->hostname, .domain = c->domain };
}

int httpd_certificate_make(struct box *b, struct err *e)
{
        struct called c;
        struct enroll_params p = called_now(b, &c);

        return pki_enroll_self(b->keys, &own_trustpoint, &p, e);
}

int httpd_certificate_check(struct box *b, struct err *e)
{
        struct called c;
        struct enroll_params p = called_now(b, &c);

        return pki_names_check(&p, e);
}

void httpd_certificate_name(struct box *b, char *out, size_t cap)
{
        struct called c;
        struct enroll_params p = called_now(b, &c);

        pki_fqdn(&own_trustpoint, &p, out, cap);
}

/* References; false: there is none whose key is there. */
static bool own_assets(struct box *b, struct cert **cert, struct keypair **key)
{
        struct tp_assets a;

        *cert = NULL;
        *key = keystore_key_get(b->keys, HTTPD_KEY);
        keystore_tp_get(b->keys, HTTPD_TRUSTPOINT, &a);
        if (*key && a.id && cert_matches_key(a.id, *key))
                *cert = cert_get(a.id);
        tp_assets_put(&a);
        if (*cert)
                return true;
        keypair_put(*key);
        *key = NULL;
        return false;
}

bool httpd_certificate_fits(struct box *b, const char *name)
{
        struct keypair *key;
        struct cert *cert;
        bool fits;

        if (!own_assets(b, &cert, &key))
                return false;
        fits = cert_names_host(cert_x509(cert), name);
        cert_put(cert);
        keypair_put(key);
        return fits;
}

/* ---- which one is shown ---- */

struct shown {
        char trustpoint[TRUSTPOINT_NAME_MAX + 1];
        struct cert *cert, *chain[TRUSTPOINT_CAS_MAX];
        unsigned nchain;
        struct keypair *key;
};

/* That of the interface, else that of all. */
static void name_of(struct box *b, const char *nameif, char *tp, size_t cap)
{
        *tp = 0;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct ssl_tp_conf, t, &b->store->pki.ssl.trust_points) {
                if (!strcmp(t->o.name, nameif) || (!*t->o.name && !*tp))
                        str_copy(tp, cap, t->trustpoint);
        }
        pthread_mutex_unlock(&b->conf_lock);
}

static bool configured(struct box *b, struct shown *s)
{
        const struct snapshot *snap = *s->trustpoint ? snapshot_get(b->hub) : NULL;
        const struct identity_rt *id = snap ? pki_identity(pki_rt(snap), s->trustpoint) : NULL;

        if (id && id->cert && id->key) {
                s->cert = cert_get(id->cert);
                s->key = keypair_get(id->key);
                for (; s->nchain < id->nchain; s->nchain++)
                        s->chain[s->nchain] = cert_get(id->chain[s->nchain]);
        }
        if (snap)
                snapshot_put(b->hub, snap);
        return s->cert != NULL;
}

/* One that is configured and was not enrolled is passed over: the way in stays open. */
static bool shown_get(struct box *b, const char *nameif, struct shown *s)
{
        memset(s, 0, sizeof *s);
        name_of(b, nameif, s->trustpoint, sizeof s->trustpoint);
        if (configured(b, s))
                return true;
        s->trustpoint[0] = 0;
        return own_assets(b, &s->cert, &s->key);
}

static void shown_put(struct shown *s)
{
        cert_put(s->cert);
        for (unsigned i = 0; i < s->nchain; i++)
                cert_put(s->chain[i]);
        keypair_put(s->key);
}

bool httpd_certificate(struct box *b, const char *nameif, char *trustpoint, size_t cap, char print[HTTPD_PRINT_TEXT])
{
        unsigned char md[32];
        struct shown s;
        const uint8_t *der;
        size_t n;

        if (!b->keys || !shown_get(b, nameif, &s))
                return false;
        str_copy(trustpoint, cap, s.trustpoint);
        der = cert_der(s.cert, &n);
        mbedtls_sha256_ret(der, n, md, 0);
        for (unsigned i = 0; i < sizeof md; i++)
                snprintf(print + 3 * i, 4, i + 1 < sizeof md ? "%02X:" : "%02X", md[i]);
        shown_put(&s);
        return true;
}

/* ---- a connection's TLS ---- */

static int lib_error(struct err *e, const char *what, int rc)
{
        char text[120];

        mbedtls_strerror(rc, text, sizeof text);
        return err_set(e, ERR_CRYPTO, "%s: %s", what, text);
}

static int add_cert(struct httpd_tls *t, const struct cert *c, struct err *e)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);
        int rc = mbedtls_x509_crt_parse_der(&t->own, der, n);

        return rc ? lib_error(e, "certificate", rc) : 0;
}

static int show(struct httpd_tls *t, const struct shown *s, struct err *e)
{
        int rc;

        if (add_cert(t, s->cert, e) < 0)
                return -1;
        for (unsigned i = 0; i < s->nchain; i++)
                if (add_cert(t, s->chain[i], e) < 0)
                        return -1;
        t->key = keypair_get(s->key);
        rc = mbedtls_ssl_conf_own_cert(&t->conf, &t->own, keypair_pk(t->key));
        return rc ? lib_error(e, "certificate", rc) : 0;
}

static int configure(struct httpd_tls *t, struct box *b, struct err *e)
{
        int rc = mbedtls_ssl_config_defaults(&t->conf, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);

        if (rc)
                return lib_error(e, "TLS configuration", rc);
        mbedtls_ssl_conf_min_version(&t->conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_max_version(&t->conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
        mbedtls_ssl_conf_ciphersuites(&t->conf, suites);
        mbedtls_ssl_conf_curves(&t->conf, curves);
        mbedtls_ssl_conf_sig_hashes(&t->conf, hashes);
        mbedtls_ssl_conf_renegotiation(&t->conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
        mbedtls_ssl_conf_legacy_renegotiation(&t->conf, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
        mbedtls_ssl_conf_session_tickets(&t->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
        mbedtls_ssl_conf_authmode(&t->conf, MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_rng(&t->conf, rng_mbedtls, (void *)(uintptr_t)b->rng);
        return 0;
}

int httpd_tls_open(struct httpd_conn *c, struct err *e)
{
        struct box *b = c->d->box;
        struct httpd_tls *t = &c->tls;
        struct shown s;
        int rc;

        mbedtls_ssl_config_init(&t->conf);
        mbedtls_x509_crt_init(&t->own);
        mbedtls_ssl_init(&t->ssl);
        if (!shown_get(b, c->guest.peer.nameif, &s))
                return err_set(e, ERR_REF, "there is no certificate to show");
        rc = configure(t, b, e) < 0 || show(t, &s, e) < 0 ? -1 : 0;
        shown_put(&s);
        if (rc < 0)
                return -1;
        rc = mbedtls_ssl_setup(&t->ssl, &t->conf);
        return rc ? lib_error(e, "TLS", rc) : 0;
}

void httpd_tls_close(struct httpd_conn *c)
{
        struct httpd_tls *t = &c->tls;

        mbedtls_ssl_free(&t->ssl);
        mbedtls_ssl_config_free(&t->conf);
        mbedtls_x509_crt_free(&t->own);
        keypair_put(t->key);
}
