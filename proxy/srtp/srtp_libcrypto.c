/* The portable way: libcrypto's ciphers, fetched when a key is made; per packet only the counter block is set. */

/* HMAC needs SHA-1 from a stored state, which the new interface of libcrypto does not offer without allocating. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "proxy/srtp/srtp_engine.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

bool srtp_equal(const void *a, const void *b, size_t n)
{
        return CRYPTO_memcmp(a, b, n) == 0;
}

static const char *cipher_name(unsigned len, bool gcm)
{
        if (gcm)
                return len == 16 ? "AES-128-GCM" : "AES-256-GCM";
        return len == 16 ? "AES-128-CTR" : "AES-256-CTR";
}

static int cipher_make(struct srtp_key *k, unsigned len, bool gcm)
{
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name(len, gcm), NULL);
        EVP_CIPHER_CTX *x = cipher ? EVP_CIPHER_CTX_new() : NULL;
        int rc = -1;

        if (x && EVP_EncryptInit_ex2(x, cipher, NULL, NULL, NULL)) {
                k->evp = x;
                x = NULL;
                rc = 0;
        }
        EVP_CIPHER_CTX_free(x);
        EVP_CIPHER_free(cipher);
        return rc;
}

static int key_set(struct srtp_key *k, const uint8_t *key, unsigned len, bool gcm)
{
        if (!k->rounds && cipher_make(k, len, gcm) != 0)
                return -1;
        k->rounds = len == 16 ? 10 : 14;
        return EVP_EncryptInit_ex2(k->evp, NULL, key, NULL, NULL) ? 0 : -1;
}

static void key_drop(struct srtp_key *k)
{
        if (k->rounds)
                EVP_CIPHER_CTX_free(k->evp);
        k->rounds = 0;
}

static bool ctr(const struct srtp_key *k, const uint8_t iv[16], uint8_t *p, size_t n)
{
        int out;

        return EVP_EncryptInit_ex2(k->evp, NULL, NULL, iv, NULL) && EVP_EncryptUpdate(k->evp, p, &out, p, (int)n);
}

static bool gcm_text(const struct srtp_key *k, const struct srtp_aead *a, bool seal)
{
        int out;

        return EVP_CipherInit_ex2(k->evp, NULL, NULL, a->iv, seal, NULL) &&
               EVP_CipherUpdate(k->evp, NULL, &out, a->aad, (int)a->aad_len) &&
               EVP_CipherUpdate(k->evp, a->text, &out, a->text, (int)a->len);
}

static bool gcm_seal(const struct srtp_key *k, const struct srtp_aead *a, uint8_t *tag)
{
        uint8_t none[16];
        int out;

        return gcm_text(k, a, true) && EVP_EncryptFinal_ex(k->evp, none, &out) &&
               EVP_CIPHER_CTX_ctrl(k->evp, EVP_CTRL_AEAD_GET_TAG, SRTP_AEAD_TAG, tag);
}

static bool gcm_open(const struct srtp_key *k, const struct srtp_aead *a, const uint8_t *tag)
{
        uint8_t copy[SRTP_AEAD_TAG], none[16];
        int out;

        memcpy(copy, tag, sizeof copy);
        if (!gcm_text(k, a, false))
                return false;
        if (EVP_CIPHER_CTX_ctrl(k->evp, EVP_CTRL_AEAD_SET_TAG, SRTP_AEAD_TAG, copy) &&
            EVP_DecryptFinal_ex(k->evp, none, &out))
                return true;
        /* libcrypto decrypts before it judges: the same keystream once more gives back what came. */
        (void)gcm_text(k, a, true);
        return false;
}

void srtp_libcrypto_sha1(uint32_t h[5], const uint8_t *p, size_t blocks)
{
        SHA_CTX s = { .h0 = h[0], .h1 = h[1], .h2 = h[2], .h3 = h[3], .h4 = h[4] };

        for (; blocks; blocks--, p += SHA_CBLOCK)
                SHA1_Transform(&s, p);
        h[0] = s.h0;
        h[1] = s.h1;
        h[2] = s.h2;
        h[3] = s.h3;
        h[4] = s.h4;
}

void srtp_libcrypto_sha1_pair(uint32_t h[5], const uint8_t *p, uint32_t g[5], const uint8_t *q, size_t blocks)
{
        srtp_libcrypto_sha1(h, p, blocks);
        srtp_libcrypto_sha1(g, q, blocks);
}

const struct srtp_engine srtp_engine_libcrypto = {
        .name = "libcrypto",
        .key_set = key_set,
        .key_drop = key_drop,
        .ctr = ctr,
        .seal = gcm_seal,
        .open = gcm_open,
        .sha1 = srtp_libcrypto_sha1,
        .sha1_pair = srtp_libcrypto_sha1_pair,
};
