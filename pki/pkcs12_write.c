
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

static int cannot(struct err *e)
{
        return err_set(e, ERR_CRYPTO, "the PKCS12 file cannot be made");
}

static int add_cert(STACK_OF(PKCS12_SAFEBAG) * *bags, const struct cert *c)
{
        X509 *x = to_x509(c);
        int ok = x && PKCS12_add_cert(bags, x);

        X509_free(x);
        return ok ? 0 : -1;
}

/*
 * The key goes in as the encoding we hold: libcrypto's key objects would be encoded through memory that is not
 * cleared.
 */
static int add_key(STACK_OF(PKCS12_SAFEBAG) * *bags, const struct keypair *kp, const char *pass, OSSL_LIB_CTX *ctx,
                   struct err *e)
{
        PKCS8_PRIV_KEY_INFO *p8 = NULL;
        PKCS12_SAFEBAG *bag = NULL;
        const uint8_t *p;
        uint8_t *der;
        size_t n;

        if (keypair_export(kp, &der, &n, e) < 0)
                return -1;
        p = der;
        p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)n);
        mem_free_secret(der);
        if (p8)
                bag = PKCS12_SAFEBAG_create_pkcs8_encrypt_ex(NID_aes_256_cbc, pass, -1, NULL, 0, ITERATIONS, p8, ctx,
                                                             NULL);
        PKCS8_PRIV_KEY_INFO_free(p8);
        *bags = sk_PKCS12_SAFEBAG_new_null();
        if (bag && *bags && sk_PKCS12_SAFEBAG_push(*bags, bag))
                return 0;
        PKCS12_SAFEBAG_free(bag);
        return cannot(e);
}

/* Both first bags get the name and the number that tell a reader which certificate belongs to the key. */
static int label(STACK_OF(PKCS12_SAFEBAG) * bags, const char *name)
{
        PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, 0);
        uint8_t id[] = { 1 };

        return PKCS12_add_friendlyname_utf8(bag, name, -1) && PKCS12_add_localkeyid(bag, id, sizeof id) ? 0 : -1;
}

static int add_safes(STACK_OF(PKCS7) * *safes, const struct pkcs12 *in, const char *name, const char *pass,
                     OSSL_LIB_CTX *ctx, struct err *e)
{
        STACK_OF(PKCS12_SAFEBAG) *certs = NULL, *keys = NULL;
        int ret = add_cert(&certs, in->certs.id);

        for (unsigned i = 0; ret == 0 && i < in->certs.nca; i++)
                ret = add_cert(&certs, in->certs.ca[i]);
        if (ret < 0)
                cannot(e);
        else
                ret = add_key(&keys, in->key, pass, ctx, e);
        if (ret == 0 && (label(certs, name) < 0 || label(keys, name) < 0 ||
                         !PKCS12_add_safe_ex(safes, certs, NID_aes_256_cbc, ITERATIONS, pass, ctx, NULL) ||
                         !PKCS12_add_safe_ex(safes, keys, -1, 0, NULL, ctx, NULL)))
                ret = cannot(e);
        sk_PKCS12_SAFEBAG_pop_free(certs, PKCS12_SAFEBAG_free);
        sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
        return ret;
}

/* A block of ours out of libcrypto's. */
static int encode(const PKCS12 *p12, uint8_t **der, size_t *n, struct err *e)
{
        int len = i2d_PKCS12(p12, NULL);
        uint8_t *p;

        if (len <= 0)
                return cannot(e);
        p = *der = mem_alloc(MEM_KEY, (size_t)len);
        if (!p)
                return err_nomem(e, "writing a PKCS12 file");
        *n = (size_t)i2d_PKCS12(p12, &p);
        return 0;
}

int pkcs12_write(const struct pkcs12 *in, const char *name, const char *pass, uint8_t **der, size_t *n, struct err *e)
{
        struct p12_crypto crypto = { 0 };
        STACK_OF(PKCS7) *safes = NULL;
        PKCS12 *p12 = NULL;
        int ret = -1;

        *der = NULL;
        ERR_set_mark();
        if (p12_crypto_open(&crypto, false, e) == 0 && add_safes(&safes, in, name, pass, crypto.ctx, e) == 0) {
                p12 = PKCS12_add_safes_ex(safes, 0, crypto.ctx, NULL);
                if (p12 && PKCS12_set_mac(p12, pass, -1, NULL, 0, ITERATIONS, NULL))
                        ret = encode(p12, der, n, e);
                else
                        cannot(e);
        }
        PKCS12_free(p12);
        sk_PKCS7_pop_free(safes, PKCS7_free);
        p12_crypto_close(&crypto);
        ERR_pop_to_mark();
        return ret;
}
