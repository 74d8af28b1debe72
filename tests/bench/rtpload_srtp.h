/* SRTP of the generator: AES_CM_128_HMAC_SHA1_80 (RFC 3711) on libcrypto, so that nothing of the appliance checks
 * itself. */
#ifndef VOXGATE_RTPLOAD_SRTP_H
#define VOXGATE_RTPLOAD_SRTP_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRTP_TAG = 10, RTP_HEAD = 12 };

struct srtp {
        EVP_CIPHER_CTX *aes;
        uint8_t salt[14], auth[20];
        uint64_t highest; /* index, of what was received */
        bool any;
};

/* The master key and salt as in SDES: 40 characters of base64. */
void srtp_init(struct srtp *s, const char *base64);
/* A packet of n octets with room for the tag behind. */
void srtp_seal(struct srtp *s, uint8_t *pkt, size_t n, uint64_t index);
/* False: its tag is wrong. n: with the tag. The index is estimated from what was received before. */
bool srtp_open(struct srtp *s, uint8_t *pkt, size_t n);

#endif
