#include "tests/bench/rtpload_srtp.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#include "tests/bench/bench.h"

static void keystream(EVP_CIPHER_CTX *aes, const uint8_t iv[16], uint8_t *data, size_t n)
{
        int got;

        if (EVP_EncryptInit_ex(aes, NULL, NULL, NULL, iv) != 1 ||
            EVP_EncryptUpdate(aes, data, &got, data, (int)n) != 1)
                die("AES-CTR cannot be had");
}

static EVP_CIPHER_CTX *aes_ctr(const uint8_t key[16])
{
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

        if (!c || EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, NULL) != 1)
                die("AES-CTR cannot be had");
        return c;
}

/* RFC 3711 4.3: the label is the eighth octet of what is added to the master salt. */
static void derive(EVP_CIPHER_CTX *master, const uint8_t salt[14], uint8_t label, uint8_t *out, size_t n)
{
        uint8_t iv[16] = { 0 };

        memcpy(iv, salt, 14);
        iv[7] ^= label;
        memset(out, 0, n);
        keystream(master, iv, out, n);
}

void srtp_init(struct srtp *s, const char *base64)
{
        uint8_t raw[33], key[16];
        EVP_CIPHER_CTX *master;

        if (strlen(base64) != 40 || EVP_DecodeBlock(raw, (const uint8_t *)base64, 40) != 30)
                die("%s: not a key", base64);
        master = aes_ctr(raw);
        derive(master, raw + 16, 0, key, sizeof key);
        derive(master, raw + 16, 1, s->auth, sizeof s->auth);
        derive(master, raw + 16, 2, s->salt, sizeof s->salt);
        EVP_CIPHER_CTX_free(master);
        s->aes = aes_ctr(key);
        s->any = false;
}

static void crypt(struct srtp *s, uint8_t *pkt, size_t n, uint64_t index)
{
        uint8_t iv[16] = { 0 };

        memcpy(iv, s->salt, 14);
        for (unsigned i = 0; i < 4; i++)
                iv[4 + i] ^= pkt[8 + i];
        for (unsigned i = 0; i < 6; i++)
                iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
        keystream(s->aes, iv, pkt + RTP_HEAD, n - RTP_HEAD);
}

/* The roll-over counter is hashed behind the packet, where the tag will stand. */
static void make_tag(struct srtp *s, uint8_t *pkt, size_t n, uint64_t index, uint8_t out[20])
{
        uint8_t kept[4];
        uint32_t roc = htonl((uint32_t)(index >> 16));

        memcpy(kept, pkt + n, 4);
        memcpy(pkt + n, &roc, 4);
        if (!HMAC(EVP_sha1(), s->auth, sizeof s->auth, pkt, n + 4, out, NULL))
                die("HMAC cannot be had");
        memcpy(pkt + n, kept, 4);
}

void srtp_seal(struct srtp *s, uint8_t *pkt, size_t n, uint64_t index)
{
        uint8_t tag[20];

        crypt(s, pkt, n, index);
        make_tag(s, pkt, n, index, tag);
        memcpy(pkt + n, tag, SRTP_TAG);
}

bool srtp_open(struct srtp *s, uint8_t *pkt, size_t n)
{
        uint16_t seq = (uint16_t)(pkt[2] << 8 | pkt[3]);
        uint64_t index = s->any ? s->highest + (uint64_t)(int64_t)(int16_t)(seq - (uint16_t)s->highest) : seq;
        uint8_t tag[20];

        if (n < RTP_HEAD + SRTP_TAG)
                return false;
        n -= SRTP_TAG;
        make_tag(s, pkt, n, index, tag);
        if (memcmp(tag, pkt + n, SRTP_TAG) != 0)
                return false;
        crypt(s, pkt, n, index);
        if (!s->any || index > s->highest)
                s->highest = index;
        s->any = true;
        return true;
}
