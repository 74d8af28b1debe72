/*
 * What SRTP needs of a machine: AES-CM, AES-GCM and SHA-1 compressions, over keys expanded once. Engines know nothing
 * of packets. The choice is made once for the process, by what the CPU has.
 */
#ifndef VOXGATE_PROXY_SRTP_SRTP_ENGINE_H
#define VOXGATE_PROXY_SRTP_SRTP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_AEAD_TAG 16u

/* One session key. Zeroed memory is an empty one. No alignment beyond 8 is assumed. */
struct srtp_key {
        union {
                uint8_t round[15][16]; /* AES round keys */
                void *evp;             /* libcrypto's cipher object */
        };
        union {
                uint8_t hpow[4][16]; /* GCM: the hash key's powers 1..4 as the engine likes them */
                struct {
                        uint32_t inner[5], outer[5]; /* HMAC-SHA1 after its pads */
                } pad;
        };
        uint8_t salt[16]; /* ends in zeros */
        uint8_t rounds;   /* 10 or 14; 0: empty */
};

struct srtp_aead {
        const uint8_t *iv; /* 12 bytes */
        const uint8_t *aad;
        size_t aad_len;
        uint8_t *text; /* in place */
        size_t len;
};

struct srtp_engine {
        const char *name;
        /* len 16 or 32. Replaces the key k holds, its salt and pads stay. -1: the library refused. */
        int (*key_set)(struct srtp_key *k, const uint8_t *key, unsigned len, bool gcm);
        void (*key_drop)(struct srtp_key *k);
        /* XORs the keystream that begins at counter block iv. False: the library refused. */
        bool (*ctr)(const struct srtp_key *k, const uint8_t iv[16], uint8_t *p, size_t n);
        bool (*seal)(const struct srtp_key *k, const struct srtp_aead *a, uint8_t *tag);
        /* False: not genuine; the text is then as it was. */
        bool (*open)(const struct srtp_key *k, const struct srtp_aead *a, const uint8_t *tag);
        void (*sha1)(uint32_t h[5], const uint8_t *p, size_t blocks);
        /* Two independent messages abreast. */
        void (*sha1_pair)(uint32_t h[5], const uint8_t *p, uint32_t g[5], const uint8_t *q, size_t blocks);
};

/* The one in force. */
const struct srtp_engine *srtp_engine(void);
/* All that run on this machine, best first; NULL behind the last. */
const struct srtp_engine *srtp_engine_at(unsigned i);
/* Test hook: this one from now on, before the first context; NULL: the best again. */
void srtp_engine_force(const struct srtp_engine *e);

/* srtp_libcrypto.c */
bool srtp_equal(const void *a, const void *b, size_t n); /* in a time that does not depend on the contents */
extern const struct srtp_engine srtp_engine_libcrypto;
void srtp_libcrypto_sha1(uint32_t h[5], const uint8_t *p, size_t blocks);
void srtp_libcrypto_sha1_pair(uint32_t h[5], const uint8_t *p, uint32_t g[5], const uint8_t *q, size_t blocks);

#if defined(__x86_64__)
/* srtp_aesni.c, srtp_gcmni.c, srtp_shani.c: only where the CPU has the instructions */
int srtp_aesni_key_set(struct srtp_key *k, const uint8_t *key, unsigned len, bool gcm);
void srtp_aesni_key_drop(struct srtp_key *k);
bool srtp_aesni_ctr(const struct srtp_key *k, const uint8_t iv[16], uint8_t *p, size_t n);
void srtp_aesni_block(const struct srtp_key *k, const uint8_t in[16], uint8_t out[16]);
void srtp_gcmni_key_set(struct srtp_key *k);
bool srtp_gcmni_seal(const struct srtp_key *k, const struct srtp_aead *a, uint8_t *tag);
bool srtp_gcmni_open(const struct srtp_key *k, const struct srtp_aead *a, const uint8_t *tag);
void srtp_shani(uint32_t h[5], const uint8_t *p, size_t blocks);
void srtp_shani_pair(uint32_t h[5], const uint8_t *p, uint32_t g[5], const uint8_t *q, size_t blocks);
#endif

#endif
