/*
 * A second implementation of SRTP for cross-checks, written from the RFCs on libcrypto's one-shot calls, block by
 * block and without a line of the product's: slow and plain. Sending only; state is the caller's.
 */
#ifndef VOXGATE_TEST_SRTP_ORACLE_H
#define VOXGATE_TEST_SRTP_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oracle {
        bool aead;
        unsigned key_len, tag_rtp, tag_rtcp;
        uint8_t key[32], salt[14], mki[16];
        unsigned mki_len;
        uint64_t rate; /* derivation rate, 0: once */
};
/* Bytes of the protected packet in out (which has room); p is not changed. */
size_t oracle_rtp(const struct oracle *o, uint32_t roc, const uint8_t *p, size_t n, uint8_t *out);
size_t oracle_rtcp(const struct oracle *o, uint32_t index, const uint8_t *p, size_t n, uint8_t *out);

#endif
