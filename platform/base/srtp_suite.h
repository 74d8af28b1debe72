/* The SRTP suites the box speaks, and master keys as signalling hands them to the relay. */
#ifndef VOXGATE_BASE_SRTP_SUITE_H
#define VOXGATE_BASE_SRTP_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum srtp_suite {
        SRTP_SUITE_NONE,
#define SRTP_SUITE(id, name, key, salt, tag, ctag) SRTP_##id,
#include "platform/base/srtp_suite.def"
#undef SRTP_SUITE
        SRTP_SUITES
};

#define SRTP_KEY_MAX 32u
#define SRTP_SALT_MAX 14u
#define SRTP_MKI_MAX 16u      /* RFC 4568 allows 128; longer ones make the line unusable */
#define SRTP_TRAILER_MAX 36u  /* most bytes a packet grows by: tag 16, MKI 16, RTCP index 4 */

struct srtp_suite_info {
        const char *name;
        uint8_t key_len, salt_len, tag_rtp, tag_rtcp;
};
/* NULL for NONE and unknown numbers. */
const struct srtp_suite_info *srtp_suite_info(enum srtp_suite s);
/* SRTP_SUITE_NONE when unknown. The old draft spellings AES_256_CM_* / AES_CM_256_* mean the same. */
enum srtp_suite srtp_suite_find(const char *name, size_t len);

/* One master key with what SDES says about it. Wipe with mem_wipe() (platform/base/mem.h) when it is handed on. */
struct srtp_master {
        uint8_t suite; /* enum srtp_suite */
        uint8_t mki_len;
        uint8_t kdr;  /* log2 of the derivation rate, 0 = derive once, else 1..24 */
        uint8_t wsh;  /* replay window wished for, in packets / 64 rounded up; 0: default 128 packets */
        uint8_t key[SRTP_KEY_MAX], salt[SRTP_SALT_MAX], mki[SRTP_MKI_MAX];
        uint64_t lifetime; /* packets; 0: the suite's own maximum (2^48 RTP, 2^31 RTCP) */
};

#endif
