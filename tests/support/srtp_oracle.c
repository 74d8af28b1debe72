#include "tests/support/srtp_oracle.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok)
{
        if (ok <= 0)
                abort();
}

/* One AES block. */
static void aes(const uint8_t *key, unsigned len, const uint8_t in[16], uint8_t out[16])
{
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n;

        must(EVP_EncryptInit_ex(c, len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), NULL, key, NULL));
        must(EVP_CIPHER_CTX_set_padding(c, 0));
        must(EVP_EncryptUpdate(c, out, &n, in, 16));
        EVP_CIPHER_CTX_free(c);
}

/* 112 bits of salt XOR a number aligned at its right end, then 16 bits of block count. */
static void counter_mode(const uint8_t *key, unsigned len, const uint8_t salt[14], const uint8_t x[14], uint8_t *p,
                         size_t n)
{
        uint8_t iv[16], ks[16];

        for (size_t block = 0; block * 16 < n; block++) {
                for (unsigned i = 0; i < 14; i++)
                        iv[i] = salt[i] ^ x[i];
                iv[14] = (uint8_t)(block >> 8);
                iv[15] = (uint8_t)block;
                aes(key, len, iv, ks);
                for (size_t i = block * 16; i < n && i < block * 16 + 16; i++)
                        p[i] ^= ks[i % 16];
        }
}

static void number(uint64_t v, unsigned bytes, uint8_t *at)
{
        for (unsigned i = 0; i < bytes; i++)
                at[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static void derive(const struct oracle *o, unsigned label, uint64_t index, uint8_t *out, size_t n)
{
        uint8_t x[14] = { 0 };

        x[7] = (uint8_t)label;
        number(o->rate ? index / o->rate : 0, 6, x + 8);
        memset(out, 0, n);
        counter_mode(o->key, o->key_len, o->salt, x, out, n);
}

static void crypt_cm(const struct oracle *o, unsigned labels, uint32_t ssrc, uint64_t index, uint8_t *p, size_t n)
{
        uint8_t key[32], salt[14], x[14] = { 0 };

        derive(o, labels, index, key, o->key_len);
        derive(o, labels + 2, index, salt, sizeof salt);
        number(ssrc, 4, x + 4);
        number(index, 6, x + 8);
        counter_mode(key, o->key_len, salt, x, p, n);
}

static void hmac(const struct oracle *o, unsigned label, uint64_t index, const uint8_t *p, size_t n, uint8_t tag[20])
{
        uint8_t key[20];
        unsigned len;

        derive(o, label, index, key, sizeof key);
        if (!HMAC(EVP_sha1(), key, sizeof key, p, n, tag, &len))
                abort();
}

static void gcm(const struct oracle *o, unsigned labels, const uint8_t x[12], uint64_t index, const uint8_t *aad,
                size_t aad_len, uint8_t *p, size_t n, uint8_t *tag)
{
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        uint8_t key[32], iv[12];
        int len;

        derive(o, labels, index, key, o->key_len);
        derive(o, labels + 2, index, iv, sizeof iv);
        for (unsigned i = 0; i < 12; i++)
                iv[i] ^= x[i];
        must(EVP_EncryptInit_ex(c, o->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL, key, iv));
        must(EVP_EncryptUpdate(c, NULL, &len, aad, (int)aad_len));
        must(EVP_EncryptUpdate(c, p, &len, p, (int)n));
        must(EVP_EncryptFinal_ex(c, tag, &len));
        must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, tag));
        EVP_CIPHER_CTX_free(c);
}

static uint32_t word(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static size_t rtp_head(const uint8_t *p)
{
        size_t n = 12 + 4 * (p[0] & 15);

        return p[0] & 16 ? n + 4 + 4 * (word(p + n) & 0xFFFF) : n;
}

static size_t append(uint8_t *out, size_t n, const void *p, size_t more)
{
        memcpy(out + n, p, more);
        return n + more;
}

size_t oracle_rtp(const struct oracle *o, uint32_t roc, const uint8_t *p, size_t n, uint8_t *out)
{
        size_t head = rtp_head(p);
        uint64_t index = (uint64_t)roc << 16 | (word(p) & 0xFFFF);
        uint8_t x[12] = { 0 }, tag[20];

        memcpy(out, p, n);
        if (o->aead) {
                number(word(p + 8), 4, x + 2);
                number(index, 6, x + 6);
                gcm(o, 0, x, index, p, head, out + head, n - head, tag);
                n = append(out, n, tag, o->tag_rtp);
                return append(out, n, o->mki, o->mki_len);
        }
        crypt_cm(o, 0, word(p + 8), index, out + head, n - head);
        number(roc, 4, out + n);
        hmac(o, 1, index, out, n + 4, tag);
        n = append(out, n, o->mki, o->mki_len);
        return append(out, n, tag, o->tag_rtp);
}

size_t oracle_rtcp(const struct oracle *o, uint32_t index, const uint8_t *p, size_t n, uint8_t *out)
{
        uint8_t x[12] = { 0 }, aad[12], e_index[4], tag[20];

        memcpy(out, p, n);
        number(0x80000000u | index, 4, e_index);
        if (o->aead) {
                number(word(p + 4), 4, x + 2);
                number(index, 4, x + 8);
                memcpy(aad, p, 8);
                memcpy(aad + 8, e_index, 4);
                gcm(o, 3, x, index, aad, sizeof aad, out + 8, n - 8, tag);
                n = append(out, n, tag, o->tag_rtcp);
                n = append(out, n, e_index, 4);
                return append(out, n, o->mki, o->mki_len);
        }
        crypt_cm(o, 3, word(p + 4), index, out + 8, n - 8);
        n = append(out, n, e_index, 4);
        hmac(o, 4, index, out, n, tag);
        n = append(out, n, o->mki, o->mki_len);
        return append(out, n, tag, o->tag_rtcp);
}
