#include "proxy/srtp/srtp_int.h"

#include <string.h>

#define RTP_HEAD 12u
#define EXT_HEAD 4u

/* Bytes of an RTP header with its CSRCs and extension inside len bytes; 0 when it lies. */
static size_t header_len(const uint8_t *p, size_t len)
{
        size_t n;

        if (len < RTP_HEAD || p[0] >> 6 != 2)
                return 0;
        n = RTP_HEAD + (p[0] & 0x0Fu) * 4u;
        if (p[0] & 0x10) {
                if (n + EXT_HEAD > len)
                        return 0;
                n += EXT_HEAD + ((size_t)p[n + 2] << 8 | p[n + 3]) * 4u;
        }
        return n <= len ? n : 0;
}

/*
 * RFC 3711, appendix A. False: the packet belongs before the first one of its key, which nothing can (a number far
 * ahead at rollover counter 0 looks just so), or behind the last.
 */
static bool estimate(const struct srtp_slot *s, uint16_t seq, uint64_t *index)
{
        uint64_t top = s->rtp_next - 1;
        int64_t roc = (int64_t)(top >> 16);
        uint16_t last = (uint16_t)top;

        if (last < 32768 && seq - last > 32768)
                roc--;
        else if (last >= 32768 && last - 32768 > seq)
                roc++;
        *index = (uint64_t)roc << 16 | seq;
        return roc >= 0 && roc <= UINT32_MAX;
}

/* Finds the index of the packet and what its window says. A source not seen before begins at rollover counter 0. */
static enum replay look_up(struct srtp_work *w, bool *known)
{
        const struct srtp_ctx *c = w->c;
        uint16_t seq = (uint16_t)(w->pkt[2] << 8 | w->pkt[3]);
        unsigned i;

        w->ssrc = srtp_get32(w->pkt + 8);
        i = srtp_slot_find(c, w->ssrc);
        *known = i < SRTP_SSRCS_MAX;
        w->index = seq;
        if (!*known || !c->slot[i].rtp_next)
                return REPLAY_FRESH;
        if (!estimate(&c->slot[i], seq, &w->index))
                return REPLAY_OLD;
        return replay_check(c->slot[i].rtp_next, &c->pool[c->win_at[i]], c->win_words[i], w->index);
}

static void mark(struct srtp_work *w)
{
        struct srtp_ctx *c = w->c;
        unsigned i = srtp_slot_find(c, w->ssrc);

        if (i == SRTP_SSRCS_MAX)
                i = srtp_slot_add(c, w->ssrc);
        c->slot[i].rtp_next = replay_mark(c->slot[i].rtp_next, &c->pool[c->win_at[i]], c->win_words[i], w->index);
        c->rtp_left--;
}

enum srtp_result srtp_tx_check(struct srtp_work *w, size_t cap)
{
        struct srtp_ctx *c = w->c;
        enum replay r;
        bool known;

        w->head = header_len(w->pkt, w->len);
        if (!w->head || !c->sender)
                return SRTP_MALFORMED;
        if (cap < w->len || cap - w->len < srtp_grows(c))
                return SRTP_NO_ROOM;
        if (srtp_used_up(c))
                return SRTP_KEY_USED_UP;
        r = look_up(w, &known);
        if (!known && c->nslots == SRTP_SSRCS_MAX)
                return SRTP_TOO_MANY_SOURCES;
        if (r == REPLAY_OLD)
                return SRTP_REUSE;
        w->again = r == REPLAY_SEEN;
        return srtp_rekey(c, false, w->index) == 0 ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

void srtp_tx_claim(struct srtp_work *w)
{
        mark(w);
}

void srtp_work_mac(const struct srtp_work *w, struct srtp_mac *m)
{
        m->key = &w->c->rtp;
        m->p = w->pkt;
        m->n = w->len;
        m->roc = (uint32_t)(w->index >> 16);
        m->with_roc = true;
}

static bool counter_mode(const struct srtp_work *w)
{
        uint8_t iv[16];

        srtp_iv_cm(&w->c->rtp, w->ssrc, w->index, iv);
        return w->c->engine->ctr(&w->c->rtp, iv, w->pkt + w->head, w->len - w->head);
}

/* AEAD: the view of the packet the engine wants; iv is the caller's 12 bytes. */
static struct srtp_aead aead_of(const struct srtp_work *w, uint8_t iv[12])
{
        srtp_iv_gcm(&w->c->rtp, w->ssrc, w->index, iv);
        return (struct srtp_aead){ iv, w->pkt, w->head, w->pkt + w->head, w->len - w->head };
}

bool srtp_tx_encrypt(struct srtp_work *w)
{
        return counter_mode(w);
}

/* Another packet under an index that is out already would give away the XOR of both: it stays here, as it came. */
static bool sent_before(const struct srtp_work *w, uint32_t begins)
{
        return w->c->sent[w->index % SRTP_SENT_KEPT] == begins;
}

enum srtp_result srtp_tx_finish(struct srtp_work *w, const uint8_t *tag, size_t *len)
{
        struct srtp_ctx *c = w->c;
        uint32_t begins = srtp_get32(tag);
        uint8_t *end = w->pkt + w->len;

        if (w->again && !sent_before(w, begins))
                return SRTP_REUSE;
        c->sent[w->index % SRTP_SENT_KEPT] = begins;
        if (c->aead) {
                memcpy(end, tag, c->tag_rtp);
                memcpy(end + c->tag_rtp, c->mki, c->mki_len);
        } else {
                memcpy(end, c->mki, c->mki_len);
                memcpy(end + c->mki_len, tag, c->tag_rtp);
        }
        *len = w->len + srtp_grows(c);
        return SRTP_OK;
}

static bool encrypt_and_tag(struct srtp_work *w, uint8_t tag[SRTP_TAG_MAX])
{
        struct srtp_mac m;
        uint8_t iv[12];

        if (w->c->aead) {
                struct srtp_aead a = aead_of(w, iv);

                return w->c->engine->seal(&w->c->rtp, &a, tag);
        }
        if (!srtp_tx_encrypt(w))
                return false;
        srtp_work_mac(w, &m);
        srtp_mac(w->c->engine, &m);
        memcpy(tag, m.out, sizeof m.out);
        return true;
}

/* The same keystream once more. */
static void take_back(struct srtp_work *w)
{
        uint8_t iv[12], tag[SRTP_TAG_MAX];

        if (w->c->aead) {
                struct srtp_aead a = aead_of(w, iv);

                w->c->engine->seal(&w->c->rtp, &a, tag);
        } else {
                counter_mode(w);
        }
}

enum srtp_result srtp_protect(struct srtp_ctx *c, uint8_t *pkt, size_t *len, size_t cap)
{
        struct srtp_work w = { .c = c, .pkt = pkt, .len = *len };
        enum srtp_result r = srtp_tx_check(&w, cap);
        uint8_t tag[SRTP_TAG_MAX];

        if (r != SRTP_OK)
                return r;
        if (!encrypt_and_tag(&w, tag))
                return SRTP_CRYPTO_FAILED;
        if (!w.again)
                srtp_tx_claim(&w);
        r = srtp_tx_finish(&w, tag, len);
        if (r != SRTP_OK)
                take_back(&w);
        return r;
}

/* Where MKI and tag are: behind the cipher text, the MKI in front of a separate tag and behind an AEAD's own. */
static bool trailer_fits(struct srtp_work *w)
{
        const struct srtp_ctx *c = w->c;
        size_t over = srtp_grows(c);
        const uint8_t *mki;

        if (w->len < over)
                return false;
        w->len -= over;
        w->head = header_len(w->pkt, w->len);
        mki = w->pkt + w->len + (c->aead ? c->tag_rtp : 0);
        return w->head && memcmp(mki, c->mki, c->mki_len) == 0;
}

enum srtp_result srtp_rx_check(struct srtp_work *w)
{
        struct srtp_ctx *c = w->c;
        enum replay r;
        bool known;

        if (c->sender || !trailer_fits(w))
                return SRTP_MALFORMED;
        if (srtp_used_up(c))
                return SRTP_KEY_USED_UP;
        r = look_up(w, &known);
        if (!known && c->nslots == SRTP_SSRCS_MAX)
                return SRTP_TOO_MANY_SOURCES;
        if (r != REPLAY_FRESH)
                return SRTP_REPLAYED;
        return srtp_rekey(c, false, w->index) == 0 ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

void srtp_rx_accept(struct srtp_work *w)
{
        mark(w);
}

static enum srtp_result open_cm(struct srtp_work *w)
{
        const struct srtp_ctx *c = w->c;
        struct srtp_mac m;

        srtp_work_mac(w, &m);
        srtp_mac(c->engine, &m);
        if (!srtp_equal(m.out, w->pkt + w->len + c->mki_len, c->tag_rtp))
                return SRTP_AUTH_FAILED;
        return counter_mode(w) ? SRTP_OK : SRTP_CRYPTO_FAILED;
}

static enum srtp_result open_aead(struct srtp_work *w)
{
        uint8_t iv[12];
        struct srtp_aead a = aead_of(w, iv);

        return w->c->engine->open(&w->c->rtp, &a, w->pkt + w->len) ? SRTP_OK : SRTP_AUTH_FAILED;
}

enum srtp_result srtp_unprotect(struct srtp_ctx *c, uint8_t *pkt, size_t *len)
{
        struct srtp_work w = { .c = c, .pkt = pkt, .len = *len };
        enum srtp_result r = srtp_rx_check(&w);

        if (r == SRTP_OK)
                r = c->aead ? open_aead(&w) : open_cm(&w);
        if (r != SRTP_OK)
                return r;
        srtp_rx_accept(&w);
        *len = w.len;
        return SRTP_OK;
}
