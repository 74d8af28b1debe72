/*
 * SRTP and SRTCP: one context per direction and master key. RFC 3711, 6188, 7714. Order of work at the receiver (M1):
 * lengths, MKI, index estimate, replay check, tag (constant time), decrypt, and only then state changes. No
 * allocation, no system call per packet; keys are expanded once (and again at each step of a derivation rate).
 *
 * Packets are worked on in place. Sending grows them by srtp_overhead() at most: the caller keeps the tailroom.
 */
#ifndef VOXGATE_PROXY_SRTP_SRTP_H
#define VOXGATE_PROXY_SRTP_SRTP_H

#include "platform/base/err.h"
#include "platform/base/srtp_suite.h"

#define SRTP_SSRCS_MAX 16u /* senders under one master key (forking, mixers); a newcomer beyond is refused */

enum srtp_result {
        SRTP_OK,
        SRTP_MALFORMED, /* too short, header lies, wrong MKI */
        SRTP_AUTH_FAILED,
        SRTP_REPLAYED, /* seen, or older than the window */
        SRTP_KEY_USED_UP,
        SRTP_TOO_MANY_SOURCES,
        SRTP_REUSE, /* sending: this index went out already with other bytes */
        SRTP_NO_ROOM,
        SRTP_CRYPTO_FAILED, /* the library refused its work: nothing is sent */
        SRTP_RESULTS
};
const char *srtp_result_text(enum srtp_result r);

/*
 * Opaque; lives in memory the caller owns (aligned to 8), so that sessions are one block. It may be moved, never
 * copied: the portable way keeps cipher objects of libcrypto behind it, which srtp_ctx_wipe() gives back.
 */
struct srtp_ctx;
size_t srtp_ctx_size(void);
/*
 * -1: the key does not fit the suite, or the suite is unknown; the memory is wiped then. sender: for protect; else
 * for unprotect. What the memory held before is overwritten: wipe a context before it is made anew.
 */
int srtp_ctx_init(struct srtp_ctx *c, const struct srtp_master *m, bool sender, struct err *e);
void srtp_ctx_wipe(struct srtp_ctx *c); /* legal on zeroed memory */
/* Does m mean the key this context was made from? Then ROC and window stay (re-offer with the same key). */
bool srtp_ctx_same_key(const struct srtp_ctx *c, const struct srtp_master *m);
unsigned srtp_overhead(const struct srtp_ctx *c, bool rtcp);

/*
 * One packet. *len is the length in and out; cap the bytes that may be written. Whatever the result is but SRTP_OK,
 * packet, length and state are as before. Unencrypted SRTCP (E bit 0) is SRTP_MALFORMED. An index that went out
 * already may go out again with the same bytes (a retransmission) while it is among the last 64; anything else is
 * SRTP_REUSE.
 */
enum srtp_result srtp_protect(struct srtp_ctx *c, uint8_t *pkt, size_t *len, size_t cap);
enum srtp_result srtp_unprotect(struct srtp_ctx *c, uint8_t *pkt, size_t *len);
enum srtp_result srtcp_protect(struct srtp_ctx *c, uint8_t *pkt, size_t *len, size_t cap);
enum srtp_result srtcp_unprotect(struct srtp_ctx *c, uint8_t *pkt, size_t *len);

/* Packets (RTP or SRTCP, whichever is nearer its end) until the answer is SRTP_KEY_USED_UP. Sources share their key's
 * life. */
uint64_t srtp_packets_left(const struct srtp_ctx *c);

/*
 * Many packets of any contexts in one call (RTP only): the way of the dataplane. Packets of one context are taken in
 * the order given. Results as of the single calls.
 */
struct srtp_job {
        struct srtp_ctx *ctx;
        uint8_t *pkt;
        size_t len, cap;
        bool protect;
        enum srtp_result result;
};
void srtp_batch(struct srtp_job *jobs, unsigned n);
/* A packet of this context is going to be in a batch: what it touches is called into the cache. */
void srtp_fetch(const struct srtp_ctx *c);

/* For show and failover: of a source (index i in order of appearance); false behind the last. */
struct srtp_source {
        uint32_t ssrc, roc, srtcp_index;
        uint16_t seq;
};
bool srtp_source_at(const struct srtp_ctx *c, unsigned i, struct srtp_source *out);
/* "aes-ni sha-ni", "libcrypto": what does the work on this machine. For show version and the bench. */
const char *srtp_engine_name(void);
/* Test hook and `--no-simd`: only the portable way from now on. Before the first context. */
void srtp_force_portable(bool on);

#endif
