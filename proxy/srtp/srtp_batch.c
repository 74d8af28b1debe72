/*
 * Many packets at once. What pays is hashing two packets abreast; so packets of counter-mode suites are collected,
 * and done phase by phase. An AEAD packet has no such phases and is done on the spot: order matters only within a
 * context.
 */
#include "proxy/srtp/srtp_int.h"

#define GROUP 16u

struct group {
        unsigned n;
        struct srtp_job *job[GROUP];
        struct srtp_work work[GROUP];
        struct srtp_mac mac[GROUP];
};

static void single(struct srtp_job *j)
{
        j->result =
                j->protect ? srtp_protect(j->ctx, j->pkt, &j->len, j->cap) : srtp_unprotect(j->ctx, j->pkt, &j->len);
}

/* Packets abreast may use two engines only in a test that changes them between contexts. */
static void hash_all(struct group *g)
{
        unsigned i = 0;

        for (; i + 2 <= g->n; i += 2)
                srtp_mac_pair(g->work[i].c->engine, &g->mac[i], &g->mac[i + 1]);
        if (i < g->n)
                srtp_mac(g->work[i].c->engine, &g->mac[i]);
}

/*
 * Receiving: the index was guessed before earlier packets of the group were judged. Where they changed the guess, the
 * tag was made for another index, and the packet is judged anew.
 */
static void finish_rx(struct srtp_job *j, struct srtp_work *w, const struct srtp_mac *m)
{
        uint64_t guessed = w->index;

        w->len = j->len;
        j->result = srtp_rx_check(w);
        if (j->result == SRTP_OK && w->index != guessed) {
                single(j);
                return;
        }
        if (j->result != SRTP_OK)
                return;
        if (!srtp_equal(m->out, w->pkt + w->len + w->c->mki_len, w->c->tag_rtp)) {
                j->result = SRTP_AUTH_FAILED;
                return;
        }
        if (!srtp_tx_encrypt(w)) {
                j->result = SRTP_CRYPTO_FAILED;
                return;
        }
        srtp_rx_accept(w);
        j->len = w->len;
}

static void flush(struct group *g)
{
        hash_all(g);
        for (unsigned i = 0; i < g->n; i++) {
                struct srtp_job *j = g->job[i];

                if (j->protect)
                        j->result = srtp_tx_finish(&g->work[i], g->mac[i].out, &j->len);
                else
                        finish_rx(j, &g->work[i], &g->mac[i]);
        }
        g->n = 0;
}

/*
 * False: not one for the group. A packet sent again is compared with what went out, which may be in the group still;
 * keys of a derivation rate would change under packets collected before.
 */
static bool begin(struct srtp_job *j, struct srtp_work *w)
{
        if (!j->protect)
                return srtp_rx_check(w) == SRTP_OK;
        if (srtp_tx_check(w, j->cap) != SRTP_OK || w->again)
                return false;
        if (!srtp_tx_encrypt(w))
                return false;
        srtp_tx_claim(w);
        return true;
}

static void collect(struct group *g, struct srtp_job *j)
{
        struct srtp_work *w = &g->work[g->n];

        if (j->ctx->aead || j->ctx->kdr) {
                single(j);
                return;
        }
        *w = (struct srtp_work){ .c = j->ctx, .pkt = j->pkt, .len = j->len };
        if (!begin(j, w)) {
                flush(g);
                single(j);
                return;
        }
        srtp_work_mac(w, &g->mac[g->n]);
        g->job[g->n++] = j;
        if (g->n == GROUP)
                flush(g);
}

void srtp_fetch(const struct srtp_ctx *c)
{
        const char *p = (const char *)c;

        for (size_t at = 0; at < offsetof(struct srtp_ctx, rtcp); at += 64)
                __builtin_prefetch(p + at);
        __builtin_prefetch(c->slot);
        __builtin_prefetch(c->pool);
}

void srtp_batch(struct srtp_job *jobs, unsigned n)
{
        struct group g;

        g.n = 0;
        for (unsigned i = 0; i < n; i++)
                collect(&g, &jobs[i]);
        flush(&g);
}
