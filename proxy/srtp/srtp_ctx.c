#include "proxy/srtp/srtp_int.h"

#include <endian.h>
#include <string.h>

#define RTP_LIFE (UINT64_C(1) << 48)
#define RTCP_LIFE (UINT64_C(1) << 31)
#define KDR_MAX 24u

const char *srtp_result_text(enum srtp_result r)
{
        static const char *const text[SRTP_RESULTS] = {
                [SRTP_OK] = "ok",
                [SRTP_MALFORMED] = "malformed packet",
                [SRTP_AUTH_FAILED] = "authentication failed",
                [SRTP_REPLAYED] = "replayed packet",
                [SRTP_KEY_USED_UP] = "key used up",
                [SRTP_TOO_MANY_SOURCES] = "too many sources",
                [SRTP_REUSE] = "packet index used before",
                [SRTP_NO_ROOM] = "no room to grow the packet",
                [SRTP_CRYPTO_FAILED] = "crypto library failed",
        };

        return (unsigned)r < SRTP_RESULTS ? text[r] : "unknown";
}

size_t srtp_ctx_size(void)
{
        return sizeof(struct srtp_ctx);
}

static int check(const struct srtp_master *m, struct err *e)
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)m->suite);

        if (!s)
                return err_set(e, ERR_CRYPTO, "unknown SRTP suite %u", m->suite);
        if (m->mki_len > SRTP_MKI_MAX)
                return err_set(e, ERR_RANGE, "SRTP MKI of %u bytes, the limit is %u", m->mki_len, SRTP_MKI_MAX);
        if (m->kdr > KDR_MAX)
                return err_set(e, ERR_RANGE, "SRTP key derivation rate 2^%u, the limit is 2^%u", m->kdr, KDR_MAX);
        return 0;
}

/* A power of two, so that the ring of bits has an easy modulus and pieces fit the pool. */
static uint8_t window_words(uint8_t wsh)
{
        uint8_t words = SRTP_WINDOW_WORDS;

        while (words < wsh && words < SRTP_WINDOW_WORDS_MAX)
                words = (uint8_t)(words * 2);
        return words;
}

static void fill(struct srtp_ctx *c, const struct srtp_master *m, bool sender)
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)m->suite);

        c->engine = srtp_engine();
        c->suite = m->suite;
        c->mki_len = m->mki_len;
        c->kdr = m->kdr;
        c->want_words = sender ? SRTP_WINDOW_WORDS : window_words(m->wsh);
        c->tag_rtp = s->tag_rtp;
        c->tag_rtcp = s->tag_rtcp;
        c->sender = sender;
        c->aead = s->salt_len == 12;
        c->rtp_left = m->lifetime && m->lifetime < RTP_LIFE ? m->lifetime : RTP_LIFE;
        c->rtcp_left = m->lifetime && m->lifetime < RTCP_LIFE ? m->lifetime : RTCP_LIFE;
        memcpy(c->key, m->key, s->key_len);
        memcpy(c->salt, m->salt, s->salt_len);
        memcpy(c->mki, m->mki, m->mki_len);
}

int srtp_ctx_init(struct srtp_ctx *c, const struct srtp_master *m, bool sender, struct err *e)
{
        memset(c, 0, sizeof *c);
        if (check(m, e) != 0)
                return -1;
        fill(c, m, sender);
        if (srtp_derive(c, false, 0) == 0 && srtp_derive(c, true, 0) == 0)
                return 0;
        srtp_ctx_wipe(c);
        return err_set(e, ERR_CRYPTO, "SRTP keys of %s cannot be derived: the crypto library refused",
                       srtp_suite_info((enum srtp_suite)m->suite)->name);
}

void srtp_ctx_wipe(struct srtp_ctx *c)
{
        if (c->engine) {
                c->engine->key_drop(&c->rtp);
                c->engine->key_drop(&c->rtcp);
        }
        mem_wipe(c, sizeof *c);
}

bool srtp_ctx_same_key(const struct srtp_ctx *c, const struct srtp_master *m)
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)m->suite);

        if (!s || m->suite != c->suite || m->mki_len != c->mki_len || m->kdr != c->kdr)
                return false;
        return srtp_equal(m->key, c->key, s->key_len) && srtp_equal(m->salt, c->salt, s->salt_len) &&
               memcmp(m->mki, c->mki, c->mki_len) == 0;
}

unsigned srtp_overhead(const struct srtp_ctx *c, bool rtcp)
{
        return c->mki_len + (rtcp ? c->tag_rtcp + SRTP_RTCP_INDEX_LEN : c->tag_rtp);
}

uint64_t srtp_packets_left(const struct srtp_ctx *c)
{
        return c->rtp_left < c->rtcp_left ? c->rtp_left : c->rtcp_left;
}

/* As many words as are wished for, so long as every later source can still have the least. */
unsigned srtp_slot_add(struct srtp_ctx *c, uint32_t ssrc)
{
        unsigned i = c->nslots++, words = c->want_words;
        unsigned later = (SRTP_SSRCS_MAX - c->nslots) * SRTP_WINDOW_WORDS;

        while (words > SRTP_WINDOW_WORDS && c->pool_used + words + later > SRTP_WINDOW_POOL)
                words /= 2;
        c->slot[i].ssrc = ssrc;
        c->win_at[i] = c->pool_used;
        c->win_words[i] = (uint8_t)words;
        c->pool_used = (uint8_t)(c->pool_used + words);
        return i;
}

bool srtp_source_at(const struct srtp_ctx *c, unsigned i, struct srtp_source *out)
{
        uint64_t top;

        if (i >= c->nslots)
                return false;
        top = c->slot[i].rtp_next ? c->slot[i].rtp_next - 1 : 0;
        *out = (struct srtp_source){
                .ssrc = c->slot[i].ssrc,
                .roc = (uint32_t)(top >> 16),
                .seq = (uint16_t)top,
                .srtcp_index = c->slot[i].rtcp_next ? c->slot[i].rtcp_next - 1 : 0,
        };
        return true;
}

/* salt || 0 0, XOR SSRC at bytes 4..7, XOR index at bytes 8..13 */
void srtp_iv_cm(const struct srtp_key *k, uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
        uint64_t half[2];

        memcpy(half, k->salt, sizeof half);
        half[0] ^= htobe64(ssrc);
        half[1] ^= htobe64(index << 16);
        memcpy(iv, half, sizeof half);
}

/* An SRTCP index of 31 bits lands where RFC 7714, 9.1 wants it: ROC and SEQ of SRTP are the same 48 bits. */
void srtp_iv_gcm(const struct srtp_key *k, uint32_t ssrc, uint64_t index, uint8_t iv[12])
{
        memcpy(iv, k->salt, 12);
        srtp_put32(iv + 2, srtp_get32(iv + 2) ^ ssrc);
        srtp_put32(iv + 6, srtp_get32(iv + 6) ^ (uint32_t)(index >> 16));
        iv[10] ^= (uint8_t)(index >> 8);
        iv[11] ^= (uint8_t)index;
}
