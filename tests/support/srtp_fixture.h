/* Bytes out of hex, keys, contexts and RTP packets for the SRTP tests. Each test runs on every engine of the machine.
 */
#ifndef VOXGATE_TEST_SRTP_FIXTURE_H
#define VOXGATE_TEST_SRTP_FIXTURE_H

#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/attr.h"
#include "proxy/srtp/srtp_int.h"
#include "tests/support/srtp_oracle.h"

#define PKT_MAX 2048u

static inline size_t UNUSED unhex(const char *hex, uint8_t *out, size_t cap)
{
        size_t n = strlen(hex) / 2;

        assert_true(strlen(hex) % 2 == 0 && n <= cap);
        for (size_t i = 0; i < n; i++) {
                char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };

                out[i] = (uint8_t)strtoul(two, NULL, 16);
        }
        return n;
}

static inline void UNUSED assert_hex(const uint8_t *p, size_t n, const char *hex)
{
        uint8_t want[PKT_MAX];

        assert_int_equal(n, unhex(hex, want, sizeof want));
        assert_memory_equal(p, want, n);
}

static inline struct srtp_master UNUSED master_hex(enum srtp_suite suite, const char *key, const char *salt)
{
        struct srtp_master m = { .suite = (uint8_t)suite };

        unhex(key, m.key, sizeof m.key);
        unhex(salt, m.salt, sizeof m.salt);
        return m;
}

/* A key that differs with every seed. */
static inline struct srtp_master UNUSED master_any(enum srtp_suite suite, unsigned seed)
{
        struct srtp_master m = { .suite = (uint8_t)suite };

        for (unsigned i = 0; i < sizeof m.key; i++)
                m.key[i] = (uint8_t)(seed * 31 + i * 7 + 1);
        for (unsigned i = 0; i < sizeof m.salt; i++)
                m.salt[i] = (uint8_t)(seed * 17 + i * 5 + 3);
        return m;
}

static inline struct srtp_ctx *UNUSED ctx_of(const struct srtp_master *m, bool sender)
{
        struct srtp_ctx *c = calloc(1, srtp_ctx_size());
        struct err e;

        assert_non_null(c);
        assert_int_equal(srtp_ctx_init(c, m, sender, &e), 0);
        return c;
}

static inline void UNUSED ctx_end(struct srtp_ctx *c)
{
        srtp_ctx_wipe(c);
        free(c);
}

/* A plain RTP packet of n payload bytes that tell its number. */
static inline size_t UNUSED rtp_make(uint8_t *p, uint32_t ssrc, uint16_t seq, size_t n)
{
        memset(p, 0, 12);
        p[0] = 0x80;
        p[2] = (uint8_t)(seq >> 8);
        p[3] = (uint8_t)seq;
        srtp_put32(p + 4, seq * 160u);
        srtp_put32(p + 8, ssrc);
        for (size_t i = 0; i < n; i++)
                p[12 + i] = (uint8_t)(seq * 3 + i);
        return 12 + n;
}

static inline size_t UNUSED rtcp_make(uint8_t *p, uint32_t ssrc, size_t n)
{
        p[0] = 0x81;
        p[1] = 200;
        p[2] = 0;
        p[3] = (uint8_t)(n / 4 - 1);
        srtp_put32(p + 4, ssrc);
        for (size_t i = 8; i < n; i++)
                p[i] = (uint8_t)(i * 5);
        return n;
}

static inline struct oracle UNUSED oracle_of(const struct srtp_master *m)
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)m->suite);
        struct oracle o = { .aead = s->salt_len == 12, .key_len = s->key_len, .mki_len = m->mki_len };

        o.tag_rtp = s->tag_rtp;
        o.tag_rtcp = s->tag_rtcp;
        o.rate = m->kdr ? UINT64_C(1) << m->kdr : 0;
        memcpy(o.key, m->key, s->key_len);
        memcpy(o.salt, m->salt, s->salt_len);
        memcpy(o.mki, m->mki, m->mki_len);
        return o;
}

struct pair {
        struct srtp_master m;
        struct oracle o;
        struct srtp_ctx *tx, *rx;
};

static inline struct pair UNUSED pair_of(struct srtp_master m)
{
        return (struct pair){ m, oracle_of(&m), ctx_of(&m, true), ctx_of(&m, false) };
}

static inline void UNUSED pair_end(struct pair *p)
{
        ctx_end(p->tx);
        ctx_end(p->rx);
}

/* Protected by the product, as the oracle would, and opened again. */
static inline void UNUSED there_and_back(struct pair *pr, const uint8_t *plain, size_t n, uint32_t roc)
{
        uint8_t p[PKT_MAX], want[PKT_MAX];
        size_t len = n, wire = oracle_rtp(&pr->o, roc, plain, n, want);

        memcpy(p, plain, n);
        assert_int_equal(srtp_protect(pr->tx, p, &len, n + srtp_overhead(pr->tx, false)), SRTP_OK);
        assert_int_equal(len, wire);
        assert_memory_equal(p, want, wire);
        assert_int_equal(srtp_unprotect(pr->rx, p, &len), SRTP_OK);
        assert_int_equal(len, n);
        assert_memory_equal(p, plain, n);
}

static inline void UNUSED refused_unchanged(struct srtp_ctx *c, const uint8_t *wire, size_t n, enum srtp_result want)
{
        struct srtp_ctx before = *c;
        uint8_t *p = malloc(n ? n : 1);
        size_t len = n;

        assert_non_null(p);
        memcpy(p, wire, n);
        assert_int_equal(srtp_unprotect(c, p, &len), want);
        assert_int_equal(len, n);
        assert_memory_equal(p, wire, n);
        assert_memory_equal(c, &before, sizeof before);
        free(p);
}

#define SSRC 0xCAFEBABEu
#define EACH_SUITE(s) for (int s = SRTP_SUITE_NONE + 1; s < SRTP_SUITES; s++)
#define EACH_ENGINE(i) for (unsigned i = 0; srtp_engine_at(i) && (srtp_engine_force(srtp_engine_at(i)), true); i++)

#endif
