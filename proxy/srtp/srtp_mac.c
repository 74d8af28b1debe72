#include "proxy/srtp/srtp_int.h"

#include <string.h>

#define BLOCK 64u

static void start(uint32_t h[5])
{
        static const uint32_t iv[5] = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 };

        memcpy(h, iv, sizeof iv);
}

void srtp_mac_pads(const struct srtp_engine *e, struct srtp_key *k, const uint8_t auth[20])
{
        uint8_t inner[BLOCK], outer[BLOCK];

        memset(inner, 0x36, sizeof inner);
        memset(outer, 0x5C, sizeof outer);
        for (unsigned i = 0; i < 20; i++) {
                inner[i] ^= auth[i];
                outer[i] ^= auth[i];
        }
        start(k->pad.inner);
        start(k->pad.outer);
        e->sha1_pair(k->pad.inner, inner, k->pad.outer, outer, 1);
        mem_wipe(inner, sizeof inner);
        mem_wipe(outer, sizeof outer);
}

/* SHA-1's own padding; `at` bytes of the last blocks are there already, `total` were hashed in all. */
static size_t pad(uint8_t *tail, size_t at, uint64_t total)
{
        size_t blocks = at + 9 > BLOCK ? 2 : 1;

        tail[at] = 0x80;
        memset(tail + at + 1, 0, blocks * BLOCK - at - 9);
        srtp_put32(tail + blocks * BLOCK - 8, (uint32_t)(total * 8 >> 32));
        srtp_put32(tail + blocks * BLOCK - 4, (uint32_t)(total * 8));
        return blocks;
}

static void prepare(struct srtp_mac *m)
{
        size_t rest = m->n % BLOCK;

        memcpy(m->h, m->key->pad.inner, sizeof m->h);
        memcpy(m->tail, m->p + m->n - rest, rest);
        if (m->with_roc) {
                srtp_put32(m->tail + rest, m->roc);
                rest += 4;
        }
        m->ntail = pad(m->tail, rest, BLOCK + m->n / BLOCK * BLOCK + rest);
}

static void put_digest(const uint32_t h[5], uint8_t *out)
{
        for (unsigned i = 0; i < 5; i++)
                srtp_put32(out + i * 4, h[i]);
}

/* The inner digest is the message of the outer pass. */
static void turn(struct srtp_mac *m)
{
        put_digest(m->h, m->tail);
        pad(m->tail, 20, BLOCK + 20);
        memcpy(m->h, m->key->pad.outer, sizeof m->h);
}

void srtp_mac(const struct srtp_engine *e, struct srtp_mac *m)
{
        prepare(m);
        e->sha1(m->h, m->p, m->n / BLOCK);
        e->sha1(m->h, m->tail, m->ntail);
        turn(m);
        e->sha1(m->h, m->tail, 1);
        put_digest(m->h, m->out);
}

/* What both have runs abreast, the rest of the longer one alone. */
static void abreast(const struct srtp_engine *e, struct srtp_mac *a, const uint8_t *p, size_t np, struct srtp_mac *b,
                    const uint8_t *q, size_t nq)
{
        size_t both = np < nq ? np : nq;

        e->sha1_pair(a->h, p, b->h, q, both);
        if (np > both)
                e->sha1(a->h, p + both * BLOCK, np - both);
        if (nq > both)
                e->sha1(b->h, q + both * BLOCK, nq - both);
}

void srtp_mac_pair(const struct srtp_engine *e, struct srtp_mac *a, struct srtp_mac *b)
{
        prepare(a);
        prepare(b);
        abreast(e, a, a->p, a->n / BLOCK, b, b->p, b->n / BLOCK);
        abreast(e, a, a->tail, a->ntail, b, b->tail, b->ntail);
        turn(a);
        turn(b);
        e->sha1_pair(a->h, a->tail, b->h, b->tail, 1);
        put_digest(a->h, a->out);
        put_digest(b->h, b->out);
}
