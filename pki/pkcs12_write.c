
#include "pki/pkcs12.h"
#include "pki/pkcs12_int.h"
#include "platform/base/mem.h"

#define ITERATIONS 100000

int p12_crypto_open(struct p12_crypto *c, bool with_legacy, struct err *e)
{
        c->ctx = OSSL_LIB_CTX_new();
        if (c->ctx)
                c->base = OSSL_PROVIDER_load(c->ctx, "default");
        if (!c->base)
                return err_set(e, ERR_CRYPTO, "libcrypto's algorithms cannot be loaded");
        if (with_legacy)
                c->legacy = OSSL_PROVIDER_load(c->ctx, "legacy");
        return 0;
}

void p12_crypto_close(struct p12_crypto *c)
{
        if (c->legacy)
                OSSL_PROVIDER_unload(c->legacy);
        if (c->base)
                OSSL_PROVIDER_unload(c->base);
        OSSL_LIB_CTX_free(c->ctx);
        *c = (struct p12_crypto){ 0 };
}

static X509 *to_x509(const struct cert *c)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        return d2i_X509(NULL, &der, (long)n);
}

static STACK_OF(X509) * to_stack(const struct tp_assets *a)
{
        STACK_OF(X509) *s = sk_X509_new_null();

        for (unsigned i = 0; s && i < a->nca; i++) {
                X509 *x = to_x509(a->ca[i]);

                if (!x || !sk_X509_push(s, x)) {
                        X509_free(x);
                        sk_X509_pop_free(s, X509_free);
                        return NULL;
                }
        }
        return s;
}

static EVP_PKEY *to_pkey(const struct keypair *kp, OSSL_LIB_CTX *ctx, struct err *e)
{
        const uint8_t *p;
        uint8_t *der;
        EVP_PKEY *k;
        size_t n;

        if (keypair_export(kp, &der, &n, e) < 0)
                return NULL;
        p = der;
        k = d2i_AutoPrivateKey_ex(NULL, &p, (long)n, ctx, NULL);
        mem_free_secret(der);
        if (!k)
                err_nomem(e, "writing a PKCS12 file");
        return k;
}

/* A block of ours out of libcrypto's. */
static int encode(const PKCS12 *p12, uint8_t **der, size_t *n, struct err *e)
{
        int len = p12 ? i2d_PKCS12(p12, NULL) : -1;
        uint8_t *p;

        if (len <= 0)
                return err_set(e, ERR_CRYPTO, "the PKCS12 file cannot be made");
        p = *der = mem_alloc(MEM_KEY, (size_t)len);
        if (!p)
                return err_nomem(e, "writing a PKCS12 file");
        *n = (size_t)i2d_PKCS12(p12, &p);
        return 0;
}

int pkcs12_write(const struct pkcs12 *in, const char *name, const char *pass, uint8_t **der, size_t *n, struct err *e)
{
        struct p12_crypto crypto = { 0 };
        STACK_OF(X509) *cas = NULL;
        EVP_PKEY *key = NULL;
        PKCS12 *p12 = NULL;
        X509 *id = NULL;
        int ret = -1;

        *der = NULL;
        ERR_set_mark();
        if (p12_crypto_open(&crypto, false, e) == 0)
                key = to_pkey(in->key, crypto.ctx, e);
        if (key) {
                id = to_x509(in->certs.id);
                cas = to_stack(&in->certs);
                if (id && cas)
                        p12 = PKCS12_create_ex(pass, name, key, id, cas, NID_aes_256_cbc, NID_aes_256_cbc, ITERATIONS,
                                               ITERATIONS, 0, crypto.ctx, NULL);
                ret = encode(p12, der, n, e);
        }
        PKCS12_free(p12);
        sk_X509_pop_free(cas, X509_free);
        X509_free(id);
        EVP_PKEY_free(key);
        p12_crypto_close(&crypto);
        ERR_pop_to_mark();
        return ret;
}
