#include "pki/libcrypto.h"

#include "pki/seal.h"

#include <openssl/cms.h>
#include <string.h>

#include "pki/pkcs12_int.h"
#include "platform/base/mem.h"

#define ITERATIONS 100000

/* A block of ours out of libcrypto's. */
static int encode(CMS_ContentInfo *cms, uint8_t **der, size_t *len)
{
        int n = i2d_CMS_ContentInfo(cms, NULL);
        uint8_t *p = n > 0 ? mem_alloc(MEM_PKI, (size_t)n) : NULL;

        *der = p;
        *len = n > 0 ? (size_t)n : 0;
        return p && i2d_CMS_ContentInfo(cms, &p) == n ? 0 : -1;
}

static int seal(struct p12_crypto *c, BIO *in, const char *pass, uint8_t **der, size_t *len)
{
        EVP_CIPHER *gcm = EVP_CIPHER_fetch(c->ctx, "AES-256-GCM", NULL),
                   *cbc = EVP_CIPHER_fetch(c->ctx, "AES-256-CBC", NULL);
        CMS_ContentInfo *cms = gcm ? CMS_AuthEnvelopedData_create_ex(gcm, c->ctx, NULL) : NULL;
        char *copy = OPENSSL_strdup(pass); /* wiped and freed with cms */
        int ret = -1;

        if (cms && cbc && copy &&
            CMS_add0_recipient_password(cms, ITERATIONS, NID_id_alg_PWRI_KEK, NID_id_pbkdf2, (unsigned char *)copy,
                                        -1, cbc)) {
                copy = NULL;
                if (CMS_set_detached(cms, 0) && CMS_final(cms, in, NULL, CMS_BINARY))
                        ret = encode(cms, der, len);
        }
        if (copy)
                OPENSSL_clear_free(copy, strlen(copy));
        CMS_ContentInfo_free(cms);
        EVP_CIPHER_free(gcm);
        EVP_CIPHER_free(cbc);
        return ret;
}

int seal_with_password(const void *data, size_t n, const char *pass, uint8_t **der, size_t *len, struct err *e)
{
        struct p12_crypto c = { 0 };
        BIO *in = NULL;
        int ret = -1;

        *der = NULL;
        if (n > SEAL_BYTES_MAX)
                return err_set(e, ERR_RANGE, "%zu bytes are too many, the limit is %u", n, SEAL_BYTES_MAX);
        if (p12_crypto_open(&c, false, e) == 0) {
                in = BIO_new_mem_buf(data, (int)n);
                if (in)
                        ret = seal(&c, in, pass, der, len);
                if (ret < 0)
                        err_set(e, ERR_CRYPTO, "the file cannot be encrypted");
        }
        if (ret < 0) {
                mem_free(*der);
                *der = NULL;
        }
        BIO_free(in);
        p12_crypto_close(&c);
        return ret;
}
