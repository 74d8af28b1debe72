#include "proxy/srtp/srtp_int.h"

#include <string.h>

/* An RTCP packet under way. len is without index, MKI and tag. */
struct rtcp_work {
        struct srtp_ctx *c;
        uint8_t *pkt;
        size_t len;
        uint32_t index, ssrc;
        unsigned slot; /* SRTP_SSRCS_MAX: not known yet */
};

static bool looks_right(const struct rtcp_work *w)
{
        return w->len >= SRTP_RTCP_HEAD && w->pkt[0] >> 6 == 2;
}

/* Of a source new to a full context: false. */
static bool find_slot(struct rtcp_work *w)
{
        w->ssrc = srtp_get32(w->pkt + 4);
        w->slot = srtp_slot_find(w->c, w->ssrc);
        return w->slot < SRTP_SSRCS_MAX || w->c->nslots < SRTP_SSRCS_MAX;
}

static bool counter_mode(const struct rtcp_work *w)
{
        uint8_t iv[16];

        srtp_iv_cm(&w->c->rtcp, w->ssrc, w->index, iv);
        return w->c->engine->ctr(&w->c->rtcp, iv, w->pkt + SRTP_RTCP_HEAD, w->len - SRTP_RTCP_HEAD);
}

static void tag_cm(const struct rtcp_work *w, uint8_t tag[SRTP_TAG_MAX])
{
        struct srtp_mac m = { .key = &w->c->rtcp, .p = w->pkt, .n = w->len + SRTP_RTCP_INDEX_LEN };

        srtp_mac(w->c->engine, &m);
        memcpy(tag, m.out, sizeof m.out);
}

/* RFC 7714, 9.2: the first eight bytes and the word of E bit and index are authenticated only. */
struct aead_head {
        uint8_t iv[12], aad[SRTP_RTCP_HEAD + SRTP_RTCP_INDEX_LEN];
};

static struct srtp_aead aead_of(const struct rtcp_work *w, struct aead_head *h)
{
        srtp_iv_gcm(&w->c->rtcp, w->ssrc, w->index, h->iv);
        memcpy(h->aad, w->pkt, SRTP_RTCP_HEAD);
        srtp_put32(h->aad + SRTP_RTCP_HEAD, SRTP_RTCP_E | w->index);
        return (struct srtp_aead){ h->iv, h->aad, sizeof h->aad, w->pkt + SRTP_RTCP_HEAD, w->len - SRTP_RTCP_HEAD };
}

/* cipher text | tag | E, index | MKI */
static bool seal_aead(const struct rtcp_work *w)
{
        const struct srtp_ctx *c = w->c;
        uint8_t *end = w->pkt + w->len;
        struct aead_head h;
        struct srtp_aead a = aead_of(w, &h);

        if (!c->engine->seal(&c->rtcp, &a, end))
                return false;
        srtp_put32(end + c->tag_rtcp, SRTP_RTCP_E | w->index);
        memcpy(end + c->tag_rtcp + SRTP_RTCP_INDEX_LEN, c->mki, c->mki_len);
        return true;
}

/* cipher text | E, index | MKI | tag */
static bool seal_cm(const struct rtcp_work *w)
{
        const struct srtp_ctx *c = w->c;
        uint8_t *end = w->pkt + w->len;
        uint8_t tag[SRTP_TAG_MAX];

        if (!counter_mode(w))
                return false;
        srtp_put32(end, SRTP_RTCP_E | w->index);
        tag_cm(w, tag);
        memcpy(end + SRTP_RTCP_INDEX_LEN, c->mki, c->mki_len);
        memcpy(end + SRTP_RTCP_INDEX_LEN + c->mki_len, tag, c->tag_rtcp);
        return true;
}

/* Indices of ours begin at 1, as those of most senders do. */
static enum srtp_result tx_check(struct rtcp_work *w, size_t cap)
{
        struct srtp_ctx *c = w->c;

        if (!c->sender || !looks_right(w))
                return SRTP_MALFORMED;
        if (cap < w->len || cap - w->len < srtp_overhead(c, true))
                return SRTP_NO_ROOM;
        if (srtp_used_up(c))
                return SRTP_KEY_USED_UP;
        if (!find_slot(w))
                return SRTP_TOO_MANY_SOURCES;
        w->index = w->slot < SRTP_SSRCS_MAX && c->slot[w->slot].rtcp_next ? c->slot[w->slot].rtcp_next : 1;
        if (w->index > SRTP_RTCP_INDEX_MAX)
                return SRTP_KEY_USED_UP;
        return srtp_rekey(c, true, w->index) == 0 ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

enum srtp_result srtcp_protect(struct srtp_ctx *c, uint8_t *pkt, size_t *len, size_t cap)
{
        struct rtcp_work w = { .c = c, .pkt = pkt, .len = *len };
        enum srtp_result r = tx_check(&w, cap);

        if (r != SRTP_OK)
                return r;
        if (!(c->aead ? seal_aead(&w) : seal_cm(&w)))
                return SRTP_CRYPTO_FAILED;
        if (w.slot == SRTP_SSRCS_MAX)
                w.slot = srtp_slot_add(c, w.ssrc);
        c->slot[w.slot].rtcp_next = w.index + 1;
        c->rtcp_left--;
        *len = w.len + srtp_overhead(c, true);
        return SRTP_OK;
}

static bool trailer_fits(struct rtcp_work *w)
{
        const struct srtp_ctx *c = w->c;
        size_t over = srtp_overhead(c, true);
        const uint8_t *word;
        uint32_t e_index;

        if (w->len < over)
                return false;
        w->len -= over;
        word = w->pkt + w->len + (c->aead ? c->tag_rtcp : 0);
        e_index = srtp_get32(word);
        w->index = e_index & SRTP_RTCP_INDEX_MAX;
        return looks_right(w) && (e_index & SRTP_RTCP_E) &&
               memcmp(word + SRTP_RTCP_INDEX_LEN, c->mki, c->mki_len) == 0;
}

static enum srtp_result rx_check(struct rtcp_work *w)
{
        struct srtp_ctx *c = w->c;

        if (c->sender || !trailer_fits(w))
                return SRTP_MALFORMED;
        if (srtp_used_up(c))
                return SRTP_KEY_USED_UP;
        if (!find_slot(w))
                return SRTP_TOO_MANY_SOURCES;
        if (w->slot < SRTP_SSRCS_MAX && replay_check(c->slot[w->slot].rtcp_next, c->rtcp_win[w->slot],
                                                     SRTP_WINDOW_WORDS, w->index) != REPLAY_FRESH)
                return SRTP_REPLAYED;
        return srtp_rekey(c, true, w->index) == 0 ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

static enum srtp_result open_cm(const struct rtcp_work *w)
{
        const struct srtp_ctx *c = w->c;
        uint8_t tag[SRTP_TAG_MAX];

        tag_cm(w, tag);
        if (!srtp_equal(tag, w->pkt + w->len + SRTP_RTCP_INDEX_LEN + c->mki_len, c->tag_rtcp))
                return SRTP_AUTH_FAILED;
        return counter_mode(w) ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

static enum srtp_result open_aead(const struct rtcp_work *w)
{
        struct aead_head h;
        struct srtp_aead a = aead_of(w, &h);

        return w->c->engine->open(&w->c->rtcp, &a, w->pkt + w->len) ? SRTP_OK : SRTP_AUTH_FAILED;
}

static void accept(struct rtcp_work *w)
{
        struct srtp_ctx *c = w->c;

        if (w->slot == SRTP_SSRCS_MAX)
                w->slot = srtp_slot_add(c, w->ssrc);
        c->slot[w->slot].rtcp_next =
                (uint32_t)replay_mark(c->slot[w->slot].rtcp_next, c->rtcp_win[w->slot], SRTP_WINDOW_WORDS, w->index);
        c->rtcp_left--;
}

enum srtp_result srtcp_unprotect(struct srtp_ctx *c, uint8_t *pkt, size_t *len)
{
        struct rtcp_work w = { .c = c, .pkt = pkt, .len = *len };
        enum srtp_result r = rx_check(&w);

        if (r == SRTP_OK)
                r = c->aead ? open_aead(&w) : open_cm(&w);
        if (r != SRTP_OK)
                return r;
        accept(&w);
        *len = w.len;
        return SRTP_OK;
}
