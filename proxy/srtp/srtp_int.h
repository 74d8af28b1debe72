/* The inside of an SRTP context and the steps its files share. Only proxy/srtp/ and their tests look in here. */
#ifndef VOXGATE_PROXY_SRTP_SRTP_INT_H
#define VOXGATE_PROXY_SRTP_SRTP_INT_H

#include "platform/base/attr.h"
#include "platform/base/mem.h"
#include "proxy/worker/replay.h"
#include "proxy/srtp/srtp.h"
#include "proxy/srtp/srtp_engine.h"

#define SRTP_WINDOW_WORDS 2u      /* 128 packets: what every source gets */
#define SRTP_WINDOW_WORDS_MAX 16u /* 1024: what a source gets at most when WSH asks */
#define SRTP_WINDOW_POOL (SRTP_SSRCS_MAX * SRTP_WINDOW_WORDS + SRTP_WINDOW_WORDS_MAX - SRTP_WINDOW_WORDS)
#define SRTP_SENT_KEPT 64u
#define SRTP_RTCP_HEAD 8u
#define SRTP_RTCP_INDEX_LEN 4u
#define SRTP_RTCP_INDEX_MAX 0x7FFFFFFFu
#define SRTP_RTCP_E 0x80000000u
#define SRTP_TAG_MAX 20u /* HMAC-SHA1 before it is cut */

/* One SSRC. `next` values are the highest index + 1; 0: none yet. */
struct srtp_slot {
        uint64_t rtp_next;
        uint32_t rtcp_next;
        uint32_t ssrc;
};

/* 1.6 KB, of which an ordinary packet touches the first lines, the round keys, one slot and one window. */
struct srtp_ctx {
        const struct srtp_engine *engine;
        uint8_t suite, mki_len, kdr, want_words;
        uint8_t nslots, pool_used;
        uint8_t tag_rtp, tag_rtcp;
        bool sender, aead;
        uint64_t rtp_left, rtcp_left;   /* packets this master key may still serve */
        uint64_t rtp_epoch, rtcp_epoch; /* index DIV derivation rate the keys below were made for */
        struct srtp_key rtp, rtcp;
        uint8_t win_at[SRTP_SSRCS_MAX], win_words[SRTP_SSRCS_MAX]; /* a slot's piece of the pool */
        struct srtp_slot slot[SRTP_SSRCS_MAX];
        uint64_t pool[SRTP_WINDOW_POOL];
        union {
                uint64_t rtcp_win[SRTP_SSRCS_MAX][SRTP_WINDOW_WORDS]; /* receiver */
                uint32_t sent[SRTP_SENT_KEPT]; /* sender: beginning of the tag that went out, at index mod 64 */
        };
        uint8_t key[SRTP_KEY_MAX], salt[SRTP_SALT_MAX], mki[SRTP_MKI_MAX];
};

/* A packet under way. */
struct srtp_work {
        struct srtp_ctx *c;
        uint8_t *pkt;
        size_t head; /* RTP header: authenticated, never encrypted */
        size_t len;  /* without MKI and tag */
        uint64_t index;
        uint32_t ssrc;
        bool again; /* sending: the index went out before */
};

static inline uint32_t srtp_get32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void srtp_put32(uint8_t *p, uint32_t v)
{
        p[0] = (uint8_t)(v >> 24);
        p[1] = (uint8_t)(v >> 16);
        p[2] = (uint8_t)(v >> 8);
        p[3] = (uint8_t)v;
}

/* ---- srtp_kdf.c ---- */
/* RFC 3711, 4.3: n bytes for a label under the expanded master key. r: index DIV rate. */
int srtp_kdf(const struct srtp_engine *e, const struct srtp_key *master, const uint8_t salt[14], uint8_t label,
             uint64_t r, uint8_t *out, size_t n);
/* The session key (rtcp: of SRTCP) of epoch r out of the context's master key. */
int srtp_derive(struct srtp_ctx *c, bool rtcp, uint64_t r);
/* Puts a session key in place: what srtp_derive() ends with. */
int srtp_key_load(const struct srtp_ctx *c, struct srtp_key *k, const uint8_t *enc, const uint8_t *salt,
                  const uint8_t auth[20]);
/* Makes sure the keys in place are those of this index, where a derivation rate is set. -1: the library refused. */
int srtp_rederive(struct srtp_ctx *c, bool rtcp, uint64_t index);
static inline int srtp_rekey(struct srtp_ctx *c, bool rtcp, uint64_t index)
{
        return unlikely(c->kdr) ? srtp_rederive(c, rtcp, index) : 0;
}

/* ---- srtp_mac.c: HMAC-SHA1 from stored pads ---- */
struct srtp_mac {
        const struct srtp_key *key;
        const uint8_t *p;
        size_t n;
        uint32_t roc; /* follows the message when with_roc */
        bool with_roc;
        uint32_t h[5];     /* work */
        uint8_t tail[128]; /* the message's end with its padding */
        size_t ntail;      /* blocks */
        uint8_t out[SRTP_TAG_MAX];
};
void srtp_mac_pads(const struct srtp_engine *e, struct srtp_key *k, const uint8_t auth[20]);
void srtp_mac(const struct srtp_engine *e, struct srtp_mac *m);
void srtp_mac_pair(const struct srtp_engine *e, struct srtp_mac *a, struct srtp_mac *b);

/* ---- srtp_ctx.c ---- */
/* Index of the slot of an SSRC; SRTP_SSRCS_MAX when unknown. */
static inline unsigned srtp_slot_find(const struct srtp_ctx *c, uint32_t ssrc)
{
        for (unsigned i = 0; i < c->nslots; i++)
                if (c->slot[i].ssrc == ssrc)
                        return i;
        return SRTP_SSRCS_MAX;
}
/* A new slot with its windows; only when there is room (nslots < SRTP_SSRCS_MAX). */
unsigned srtp_slot_add(struct srtp_ctx *c, uint32_t ssrc);
static inline bool srtp_used_up(const struct srtp_ctx *c)
{
        return !c->rtp_left || !c->rtcp_left;
}
static inline size_t srtp_grows(const struct srtp_ctx *c)
{
        return (size_t)c->mki_len + c->tag_rtp;
}
/* Counter block (16) of AES-CM, nonce (12) of GCM. */
void srtp_iv_cm(const struct srtp_key *k, uint32_t ssrc, uint64_t index, uint8_t iv[16]);
void srtp_iv_gcm(const struct srtp_key *k, uint32_t ssrc, uint64_t index, uint8_t iv[12]);

/* ---- srtp_rtp.c: the steps srtp_batch() takes for many at once ---- */
/* Sending: checks all; changes nothing. */
enum srtp_result srtp_tx_check(struct srtp_work *w, size_t cap);
/* Sending a fresh index: from here on it counts as used. */
void srtp_tx_claim(struct srtp_work *w);
/* Sending: encrypts; seals when the suite does both at once. */
bool srtp_tx_encrypt(struct srtp_work *w);
/* Sending: what is left to be done with the tag known. */
enum srtp_result srtp_tx_finish(struct srtp_work *w, const uint8_t *tag, size_t *len);
/* Receiving: checks all but the tag; changes nothing. */
enum srtp_result srtp_rx_check(struct srtp_work *w);
/* Receiving, tag known to be right: state moves on. */
void srtp_rx_accept(struct srtp_work *w);
void srtp_work_mac(const struct srtp_work *w, struct srtp_mac *m);

#endif
