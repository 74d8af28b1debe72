/* PKCS#12 files that the openssl command refuses to make: several keys, keys of somebody else's certificate ... */
#ifndef VOXGATE_TEST_PKI_ODD_H
#define VOXGATE_TEST_PKI_ODD_H

#include "pki/libcrypto.h"
#include "tests/support/pki.h"

struct pki_odd {
        const char *cert; /* file */
        unsigned copies;  /* of it */
        unsigned keys;    /* copies of server.key */
        int key_iter;
};

/* With PKI_PASS; the caller frees the block with mem_free(). */
static inline uint8_t *pki_odd_pkcs12(const struct pki_odd *o, size_t *n)
{
        STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
        STACK_OF(PKCS7) *safes = NULL;
        struct keypair *kp = pki_key("server.key");
        struct cert *c = pki_cert(o->cert);
        const uint8_t *der = cert_der(c, n);
        X509 *x = d2i_X509(NULL, &der, (long)*n);
        uint8_t *buf, *out, *p;
        EVP_PKEY *key;
        PKCS12 *p12;

        assert_int_equal(keypair_export(kp, &buf, n, NULL), 0);
        der = buf;
        key = d2i_AutoPrivateKey(NULL, &der, (long)*n);
        for (unsigned i = 0; i < o->copies; i++)
                assert_non_null(PKCS12_add_cert(&bags, x));
        for (unsigned i = 0; i < o->keys; i++)
                assert_non_null(
                        PKCS12_add_key(&bags, key, 0, o->key_iter, NID_aes_128_cbc, (char *)(uintptr_t)PKI_PASS));
        assert_true(PKCS12_add_safe(&safes, bags, -1, 0, NULL));
        p12 = PKCS12_add_safes(safes, 0);
        assert_true(PKCS12_set_mac(p12, PKI_PASS, -1, NULL, 0, 1, NULL));
        *n = (size_t)i2d_PKCS12(p12, NULL);
        out = p = mem_alloc(MEM_MISC, *n);
        i2d_PKCS12(p12, &p);
        PKCS12_free(p12);
        sk_PKCS7_pop_free(safes, PKCS7_free);
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
        EVP_PKEY_free(key);
        X509_free(x);
        mem_free_secret(buf);
        keypair_put(kp);
        cert_put(c);
        return out;
}

#endif
