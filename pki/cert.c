#include "pki/cert.h"

#include <stdatomic.h>

#include "pki/keypair_int.h"
#include "pki/pem.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"

struct cert {
        _Atomic uint32_t refs;
        bool self_signed;
        mbedtls_x509_crt x509;
};

static int parse_failed(int ret, struct err *e)
{
        if (ret == MBEDTLS_ERR_X509_ALLOC_FAILED)
                return err_nomem(e, "reading a certificate");
        return err_set(e, ERR_SYNTAX, "Failed to parse or verify imported certificate");
}

struct cert *cert_from_der(const uint8_t *der, size_t n, struct err *e)
{
        struct cert *c;
        int ret;

        if (n > CERT_DER_MAX) {
                err_set(e, ERR_LIMIT, "the certificate is larger than %u bytes", CERT_DER_MAX);
                return NULL;
        }
        c = mem_alloc(MEM_PKI, sizeof *c);
        if (!c) {
                err_nomem(e, "reading a certificate");
                return NULL;
        }
        atomic_init(&c->refs, 1);
        mbedtls_x509_crt_init(&c->x509);
        ret = n ? mbedtls_x509_crt_parse_der(&c->x509, der, n) : -1;
        if (ret != 0 || c->x509.raw.len != n) { /* the parser stops at the end of the certificate */
                parse_failed(ret, e);
                cert_put(c);
                return NULL;
        }
        if (!x509_key_is_cheap(&c->x509)) {
                err_set(e, ERR_LIMIT,
                        "the certificate's RSA key is outside 512-8192 bits or its exponent above 2^32");
                cert_put(c);
                return NULL;
        }
        c->self_signed = x509_signed_by(&c->x509, &c->x509); /* once, it spares every later question */
        return c;
}

struct cert *cert_from_text(const char *text, size_t n, struct err *e)
{
        struct cert *c;
        uint8_t *der;
        size_t len;

        if (paste_decode(text, n, "CERTIFICATE", CERT_DER_MAX, &der, &len, e) < 0)
                return NULL;
        c = cert_from_der(der, len, e);
        mem_free_secret(der);
        return c;
}

struct cert *cert_get(struct cert *c)
{
        atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
        return c;
}

void cert_put(struct cert *c)
{
        if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
                return;
        mbedtls_x509_crt_free(&c->x509);
        mem_free(c);
}

const uint8_t *cert_der(const struct cert *c, size_t *n)
{
        *n = c->x509.raw.len;
        return c->x509.raw.p;
}

const mbedtls_x509_crt *cert_x509(const struct cert *c)
{
        return &c->x509;
}

bool cert_same(const struct cert *a, const struct cert *b)
{
        return x509_same(&a->x509, &b->x509);
}

bool cert_is_ca(const struct cert *c)
{
        return c->x509.ca_istrue;
}

bool cert_is_self_signed(const struct cert *c)
{
        return c->self_signed;
}

bool cert_matches_key(const struct cert *c, const struct keypair *k)
{
        return keypair_has_public(k, &c->x509.pk);
}
