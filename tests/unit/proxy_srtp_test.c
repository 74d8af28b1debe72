/* SRTP packets: lengths, MKI, tags, sources, key lives, reuse. State is compared byte by byte where it must not move.
 */
#include "tests/support/srtp_fixture.h"

static void every_length(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct pair pr = pair_of(master_any((enum srtp_suite)s, i));
                uint8_t p[PKT_MAX];

                for (uint16_t n = 0; n < 420; n++)
                        there_and_back(&pr, p, rtp_make(p, SSRC, n, n), 0);
                there_and_back(&pr, p, rtp_make(p, SSRC, 1000, 1460), 0);
                pair_end(&pr);
        }
}

/* CSRCs and an extension stay readable; a marker and a payload type too. */
static void long_headers(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct pair pr = pair_of(master_any((enum srtp_suite)s, 3));
                uint8_t p[PKT_MAX];
                uint16_t seq = 65000;

                for (unsigned cc = 0; cc < 16; cc++) {
                        size_t n = rtp_make(p, SSRC, seq++, 200);

                        p[0] = (uint8_t)(0x80 | cc);
                        p[1] = 0x80 | 101;
                        there_and_back(&pr, p, n, 0);
                        n = rtp_make(p, SSRC, seq++, 200);
                        p[0] = (uint8_t)(0x90 | cc);
                        p[12 + 4 * cc + 2] = 0;
                        p[12 + 4 * cc + 3] = (uint8_t)(cc ? cc : 34);
                        there_and_back(&pr, p, n, 0);
                }
                pair_end(&pr);
        }
}

static void engines_understand_each_other(void **state)
{
        uint8_t p[PKT_MAX];

        (void)state;
        EACH_SUITE(s) EACH_ENGINE(i)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 9);
                struct srtp_ctx *tx = ctx_of(&m, true), *rx;
                size_t n;

                srtp_engine_force(srtp_engine_at(i + 1));
                rx = ctx_of(&m, false);
                n = rtp_make(p, SSRC, 77, 160);
                assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_OK);
                assert_int_equal(srtp_unprotect(rx, p, &n), SRTP_OK);
                ctx_end(tx);
                ctx_end(rx);
        }
}

/* A receiver that has heard of the source, and one that has not: neither learns from a forged packet. */
static void forgery_changes_nothing(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                for (unsigned heard = 0; heard < 2; heard++) {
                        struct pair pr = pair_of(master_any((enum srtp_suite)s, 4));
                        uint8_t p[PKT_MAX];
                        size_t n;

                        if (heard)
                                there_and_back(&pr, p, rtp_make(p, SSRC, 4000, 20), 0);
                        n = rtp_make(p, SSRC, 4001, 40);
                        assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_OK);
                        for (size_t bit = 8; bit < n * 8; bit++) {
                                p[bit / 8] ^= (uint8_t)(1u << bit % 8);
                                if (bit < 16 || bit >= 32)
                                        refused_unchanged(pr.rx, p, n, SRTP_AUTH_FAILED);
                                p[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        }
                        assert_int_equal(srtp_unprotect(pr.rx, p, &n), SRTP_OK);
                        pair_end(&pr);
                }
        }
}

/* A forged number far away must not drag the rollover counter along. */
static void forged_numbers_change_nothing(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 5));
                uint8_t p[PKT_MAX];
                size_t n;

                there_and_back(&pr, p, rtp_make(p, SSRC, 40000, 20), 0);
                for (unsigned seq = 0; seq < 65536; seq += 97) {
                        n = rtp_make(p, SSRC, (uint16_t)seq, 30);
                        if (seq > 40000 - 128 && seq <= 40000)
                                continue;
                        refused_unchanged(pr.rx, p, n,
                                          seq > 7232 && seq <= 40000 - 128 ? SRTP_REPLAYED : SRTP_AUTH_FAILED);
                }
                there_and_back(&pr, p, rtp_make(p, SSRC, 40001, 20), 0);
                pair_end(&pr);
        }
}

static void every_prefix_is_refused(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 6);
                struct pair pr;
                uint8_t p[PKT_MAX];
                size_t n, over;

                m.mki_len = 4;
                memcpy(m.mki, "\x00\x00\x00\x01", 4);
                pr = pair_of(m);
                over = srtp_overhead(pr.rx, false);
                n = rtp_make(p, SSRC, 10, 60);
                p[0] = 0x91; /* one CSRC, extension of two words */
                p[18] = 0;
                p[19] = 2;
                assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_OK);
                for (size_t cut = 0; cut < n; cut++)
                        refused_unchanged(pr.rx, p, cut, SRTP_MALFORMED);
                refused_unchanged(pr.rx, p, n - 1, SRTP_MALFORMED);
                assert_int_equal(n, 12 + 60 + over);
                assert_int_equal(srtp_unprotect(pr.rx, p, &n), SRTP_OK);
                pair_end(&pr);
        }
}

static const struct {
        const char *what;
        uint8_t first, ext_hi, ext_lo;
        size_t len;
} lies[] = {
        { "version 1", 0x40, 0, 0, 60 },
        { "version 0", 0x00, 0, 0, 60 },
        { "version 3", 0xC0, 0, 0, 60 },
        { "fifteen sources", 0x8F, 0, 0, 71 },
        { "extension head cut", 0x90, 0, 0, 15 },
        { "extension beyond the end", 0x90, 0, 12, 60 },
        { "extension of 256 KB", 0x90, 0xFF, 0xFF, 60 },
        { "shorter than a header", 0x80, 0, 0, 11 },
        { "nothing", 0x80, 0, 0, 0 },
};

static void lying_headers(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 7));

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
                struct srtp_ctx before = *pr.tx;
                uint8_t p[PKT_MAX] = { 0 };
                size_t n = lies[i].len;

                rtp_make(p, SSRC, 5, 100);
                p[0] = lies[i].first;
                p[14] = lies[i].ext_hi;
                p[15] = lies[i].ext_lo;
                assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_MALFORMED);
                assert_int_equal(n, lies[i].len);
                assert_memory_equal(pr.tx, &before, sizeof before);
                refused_unchanged(pr.rx, p, lies[i].len + 10, SRTP_MALFORMED);
        }
        pair_end(&pr);
}

static void mki_must_match(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 8);
                const struct srtp_suite_info *info = srtp_suite_info((enum srtp_suite)s);
                struct pair pr;
                uint8_t p[PKT_MAX];
                size_t n, at;

                m.mki_len = SRTP_MKI_MAX;
                for (unsigned b = 0; b < SRTP_MKI_MAX; b++)
                        m.mki[b] = (uint8_t)(0xA0 + b);
                pr = pair_of(m);
                there_and_back(&pr, p, rtp_make(p, SSRC, 1, 33), 0);
                n = rtp_make(p, SSRC, 2, 33);
                at = 12 + 33 + (info->salt_len == 12 ? info->tag_rtp : 0u);
                assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_OK);
                assert_memory_equal(p + at, m.mki, m.mki_len);
                for (unsigned b = 0; b < SRTP_MKI_MAX; b++) {
                        p[at + b] ^= 1;
                        refused_unchanged(pr.rx, p, n, SRTP_MALFORMED);
                        p[at + b] ^= 1;
                }
                assert_int_equal(srtp_unprotect(pr.rx, p, &n), SRTP_OK);
                pair_end(&pr);
        }
}

static void sources_are_bounded(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 10));
                struct srtp_source src;
                uint8_t p[PKT_MAX];
                size_t n;

                for (unsigned k = 0; k < SRTP_SSRCS_MAX; k++)
                        there_and_back(&pr, p, rtp_make(p, SSRC + k, (uint16_t)(100 * k), 20), 0);
                n = rtp_make(p, 1, 1, 20);
                assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_TOO_MANY_SOURCES);
                n = oracle_rtp(&pr.o, 0, p, n, p + 1000);
                refused_unchanged(pr.rx, p + 1000, n, SRTP_TOO_MANY_SOURCES);
                for (unsigned k = 0; k < SRTP_SSRCS_MAX; k++) {
                        there_and_back(&pr, p, rtp_make(p, SSRC + k, (uint16_t)(100 * k + 1), 20), 0);
                        assert_true(srtp_source_at(pr.rx, k, &src));
                        assert_int_equal(src.ssrc, SSRC + k);
                        assert_int_equal(src.seq, 100 * k + 1);
                }
                assert_false(srtp_source_at(pr.rx, SRTP_SSRCS_MAX, &src));
                pair_end(&pr);
        }
}

/* The same number with other bytes under it would show the XOR of both to anybody. */
static void an_index_serves_one_packet(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct pair pr = pair_of(master_any((enum srtp_suite)s, 15));
                uint8_t first[PKT_MAX], p[PKT_MAX], other[PKT_MAX];
                size_t n = rtp_make(first, SSRC, 500, 160), len = n;

                assert_int_equal(srtp_protect(pr.tx, first, &len, PKT_MAX), SRTP_OK);
                rtp_make(p, SSRC, 500, 160);
                assert_int_equal(srtp_protect(pr.tx, p, &n, PKT_MAX), SRTP_OK);
                assert_memory_equal(p, first, len);
                for (size_t at = 0; at < 172; at += 13) {
                        struct srtp_ctx before;

                        n = rtp_make(p, SSRC, 500, 160);
                        if (at == 0 || at / 4 == 2)
                                continue; /* the version and the source are not the packet's to change */
                        p[at] ^= 1;
                        memcpy(other, p, n);
                        before = *pr.tx;
                        assert_int_equal(srtp_protect(pr.tx, p, &n, PKT_MAX), SRTP_REUSE);
                        assert_int_equal(n, 172);
                        assert_memory_equal(p, other, n);
                        assert_memory_equal(pr.tx, &before, sizeof before);
                }
                n = rtp_make(p, SSRC, 500, 159);
                assert_int_equal(srtp_protect(pr.tx, p, &n, PKT_MAX), SRTP_REUSE);
                pair_end(&pr);
        }
}

/* Late first sendings pass, late copies while remembered; what cannot be known is refused. */
static void reuse_is_remembered(void **state)
{
        static const struct {
                uint16_t seq;
                enum srtp_result want;
        } late[] = {
                { 1190, SRTP_OK },    { 1190, SRTP_OK },
                { 1100, SRTP_OK },    { 1100, SRTP_OK },
                { 1200, SRTP_OK },    { 1137, SRTP_OK },
                { 1136, SRTP_REUSE }, { 1073, SRTP_OK },
                { 1072, SRTP_REUSE }, { 1071, SRTP_REUSE },
                { 1000, SRTP_REUSE }, { 1164, SRTP_REUSE }, /* 1100 took its place in the memory */
        };
        struct srtp_master m = master_any(SRTP_AES_CM_128_80, 16);
        struct srtp_ctx *tx = ctx_of(&m, true);
        uint8_t p[PKT_MAX];
        size_t n;

        (void)state;
        for (uint16_t seq = 1000; seq <= 1200; seq++) {
                n = rtp_make(p, SSRC, seq, 20);
                if (seq != 1072 && seq != 1073 && seq != 1100 && seq != 1190)
                        assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_OK);
        }
        for (size_t i = 0; i < ARRAY_LEN(late); i++) {
                n = rtp_make(p, SSRC, late[i].seq, 20);
                assert_int_equal(srtp_protect(tx, p, &n, sizeof p), late[i].want);
        }
        ctx_end(tx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_length),
                cmocka_unit_test(long_headers),
                cmocka_unit_test(engines_understand_each_other),
                cmocka_unit_test(forgery_changes_nothing),
                cmocka_unit_test(forged_numbers_change_nothing),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(lying_headers),
                cmocka_unit_test(mki_must_match),
                cmocka_unit_test(sources_are_bounded),
                cmocka_unit_test(an_index_serves_one_packet),
                cmocka_unit_test(reuse_is_remembered),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
