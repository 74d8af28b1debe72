#include "proxy/tls/tls_profile.h"

#include <mbedtls/error.h>
#include <mbedtls/version.h>
#include <string.h>

#include "platform/base/mem.h"
#include "proxy/tls/tls_int.h"

static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                               MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE };

/* SHA-1 last: some phones' stacks offer nothing else. */
static const int sig_hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_SHA1,
                                  MBEDTLS_MD_NONE };

/* Wide open on purpose: chain_verify() applies our own path rules; this only keeps the library from judging before
 * it. */
static const mbedtls_x509_crt_profile any_cert = {
        .allowed_mds = 0xFFFFFFF, .allowed_pks = 0xFFFFFFF, .allowed_curves = 0xFFFFFFF, .rsa_min_bitlen = 512
};

static int lib_error(struct err *e, const char *what, int rc)
{
        char text[120];

        mbedtls_strerror(rc, text, sizeof text);
        return err_set(e, ERR_CRYPTO, "%s: %s", what, text);
}

static int add_cert(mbedtls_x509_crt *chain, const struct cert *c, struct err *e)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);
        int rc = mbedtls_x509_crt_parse_der(chain, der, n);

        return rc ? lib_error(e, "certificate", rc) : 0;
}

static int load_identity(struct tls_profile *p, const struct identity_rt *id, struct err *e)
{
        int rc;

        if (!id || !id->cert)
                return p->role == TLS_CLIENT ? 0 : err_set(e, ERR_REF, "no identity certificate");
        if (!id->key)
                return err_set(e, ERR_REF, "trustpoint %s has no key pair", id->trustpoint);
        if (add_cert(&p->own, id->cert, e) < 0)
                return -1;
        for (unsigned i = 0; i < id->nchain; i++)
                if (add_cert(&p->own, id->chain[i], e) < 0)
                        return -1;
        p->key = keypair_get(id->key);
        rc = mbedtls_ssl_conf_own_cert(&p->conf, &p->own, keypair_pk(p->key));
        return rc ? lib_error(e, "own certificate", rc) : 0;
}

static int load_trust(struct tls_profile *p, struct trust_set *t, struct err *e)
{
        if (!t)
                return p->role == TLS_SERVER ? 0 : err_set(e, ERR_REF, "no trusted certificates");
        p->trust = trust_set_get(t);
        if (p->role == TLS_CLIENT) /* only a server names those it believes */
                return 0;
        for (unsigned i = 0; i < trust_set_count(t); i++)
                if (add_cert(&p->cas, trust_set_at(t, i)->cert, e) < 0)
                        return -1;
        return 0;
}

static void set_versions(struct tls_profile *p, const struct tls_profile_params *in)
{
        int lo = in->min_version ? in->min_version : MBEDTLS_SSL_MINOR_VERSION_1;
        int hi = in->max_version ? in->max_version : MBEDTLS_SSL_MINOR_VERSION_3;

        mbedtls_ssl_conf_min_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, lo);
        mbedtls_ssl_conf_max_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, hi);
}

static int resumable(struct tls_profile *p, struct err *e)
{
        p->resume = tls_resume_new(p->clk, p->random.rng);
        if (!p->resume)
                return err_nomem(e, "making a TLS profile");
        mbedtls_ssl_conf_session_cache(&p->conf, p->resume, tls_resume_get, tls_resume_set);
        return 0;
}

static int configure(struct tls_profile *p, const struct tls_profile_params *in, struct err *e)
{
        int rc = mbedtls_ssl_config_defaults(&p->conf,
                                             in->role == TLS_SERVER ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                             MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

        if (rc)
                return lib_error(e, "TLS configuration", rc);
        set_versions(p, in);
        if (tls_suite_ids(in->suites, in->nsuites, in->readable_ok, p->suites, e) < 0)
                return -1;
        mbedtls_ssl_conf_ciphersuites(&p->conf, p->suites);
        mbedtls_ssl_conf_arc4_support(&p->conf, MBEDTLS_SSL_ARC4_ENABLED); /* where the list has it, and only there */
        mbedtls_ssl_conf_curves(&p->conf, curves);
        mbedtls_ssl_conf_sig_hashes(&p->conf, sig_hashes);
        mbedtls_ssl_conf_cert_profile(&p->conf, &any_cert);
        mbedtls_ssl_conf_renegotiation(&p->conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
        mbedtls_ssl_conf_legacy_renegotiation(&p->conf, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
        mbedtls_ssl_conf_session_tickets(&p->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
        mbedtls_ssl_conf_rng(&p->conf, tls_random, &p->random);
        if (load_identity(p, in->identity, e) < 0 || load_trust(p, in->trust, e) < 0)
                return -1;
        mbedtls_ssl_conf_authmode(&p->conf, p->trust ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_ca_chain(&p->conf, &p->cas, NULL);
        return p->phone && p->trust ? resumable(p, e) : 0;
}

static void profile_free(struct tls_profile *p)
{
        mbedtls_ssl_config_free(&p->conf);
        mbedtls_x509_crt_free(&p->own);
        mbedtls_x509_crt_free(&p->cas);
        keypair_put(p->key);
        if (p->trust)
                trust_set_put(p->trust);
        tls_resume_free(p->resume);
        pthread_mutex_destroy(&p->random.lock);
        mem_free_secret(p);
}

struct tls_profile *tls_profile_new(const struct tls_profile_params *in, struct err *e)
{
        struct tls_profile *p = mem_alloc(MEM_TLS, sizeof *p);

        if (!p) {
                err_nomem(e, "making a TLS profile");
                return NULL;
        }
        p->refs = 1;
        p->role = in->role;
        p->phone = in->phone && in->role == TLS_SERVER;
        p->clk = in->clk;
        pthread_mutex_init(&p->random.lock, NULL);
        p->random.rng = in->rng;
        mbedtls_ssl_config_init(&p->conf);
        mbedtls_x509_crt_init(&p->own);
        mbedtls_x509_crt_init(&p->cas);
        if (configure(p, in, e) == 0)
                return p;
        profile_free(p);
        return NULL;
}

const char *tls_profile_version(const struct tls_profile *p)
{
        switch (p->conf.max_minor_ver) {
        case MBEDTLS_SSL_MINOR_VERSION_1:
                return "TLSv1";
        case MBEDTLS_SSL_MINOR_VERSION_2:
                return "TLSv1.1";
        default:
                return "TLSv1.2";
        }
}

/* AEAD and SHA-2 suites came with TLS 1.2. */
static bool version_has(const struct tls_profile *p, int id)
{
        const mbedtls_ssl_ciphersuite_t *s = mbedtls_ssl_ciphersuite_from_id(id);

        return s && s->min_minor_ver <= (int)p->conf.max_minor_ver;
}

unsigned tls_profile_suites(const struct tls_profile *p, const char **names, unsigned max)
{
        unsigned n = 0;

        for (const int *id = p->suites; *id && n < max; id++)
                if (version_has(p, *id))
                        names[n++] = tls_suite_openssl_name(*id);
        return n;
}

struct tls_profile *tls_profile_get(struct tls_profile *p)
{
        if (p)
                atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
        return p;
}

void tls_profile_put(struct tls_profile *p)
{
        if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
                profile_free(p);
}
