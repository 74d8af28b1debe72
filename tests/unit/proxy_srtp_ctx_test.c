/* The life of an SRTP context: what makes one, how long its key lasts, what is left when it goes. */
#include "tests/support/srtp_fixture.h"

static void key_lives_end(void **state)
{
        struct srtp_master m = master_any(SRTP_AES_CM_128_80, 11);
        struct pair pr;
        uint8_t p[PKT_MAX];
        size_t n;

        (void)state;
        srtp_force_portable(false);
        m.lifetime = 5;
        pr = pair_of(m);
        for (uint16_t seq = 1; seq <= 5; seq++) {
                assert_int_equal(srtp_packets_left(pr.tx), 6 - seq);
                there_and_back(&pr, p, rtp_make(p, SSRC, seq, 20), 0);
        }
        assert_int_equal(srtp_packets_left(pr.rx), 0);
        n = rtp_make(p, SSRC, 6, 20);
        assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_KEY_USED_UP);
        assert_memory_equal(p + 12, ((uint8_t[]){ 18, 19, 20 }), 3);
        n = oracle_rtp(&pr.o, 0, p, n, p + 1000);
        refused_unchanged(pr.rx, p + 1000, n, SRTP_KEY_USED_UP);
        n = rtcp_make(p, SSRC, 28); /* the master key is finished for both protocols */
        assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_KEY_USED_UP);
        assert_int_equal(srtcp_unprotect(pr.rx, p, &n), SRTP_MALFORMED);
        pair_end(&pr);
}

static void no_life_means_the_suites_own(void **state)
{
        struct srtp_master m = master_any(SRTP_AEAD_AES_128_GCM, 11);
        struct srtp_ctx *c = ctx_of(&m, true);

        (void)state;
        assert_true(c->rtp_left == UINT64_C(1) << 48);
        assert_true(c->rtcp_left == UINT64_C(1) << 31);
        ctx_end(c);
        m.lifetime = UINT64_MAX;
        c = ctx_of(&m, true);
        assert_true(c->rtp_left == UINT64_C(1) << 48);
        assert_true(c->rtcp_left == UINT64_C(1) << 31);
        ctx_end(c);
}

/* A forged packet does not use up a key. */
static void only_genuine_packets_count(void **state)
{
        struct srtp_master m = master_any(SRTP_AES_CM_128_80, 12);
        struct pair pr;
        uint8_t p[PKT_MAX];

        (void)state;
        m.lifetime = 2;
        pr = pair_of(m);
        for (uint16_t seq = 0; seq < 10; seq++)
                refused_unchanged(pr.rx, p, rtp_make(p, SSRC, seq, 40), SRTP_AUTH_FAILED);
        there_and_back(&pr, p, rtp_make(p, SSRC, 1, 40), 0);
        pair_end(&pr);
}

static void room_to_grow(void **state)
{
        (void)state;
        EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 13);
                struct srtp_ctx *tx;
                size_t n, over;
                uint8_t *p;

                m.mki_len = 3;
                tx = ctx_of(&m, true);
                over = srtp_overhead(tx, false);
                assert_int_equal(over, srtp_suite_info((enum srtp_suite)s)->tag_rtp + 3u);
                assert_int_equal(srtp_overhead(tx, true), srtp_suite_info((enum srtp_suite)s)->tag_rtcp + 7u);
                p = malloc(172 + over);
                for (size_t cap = 0; cap < 172 + over; cap++) {
                        n = rtp_make(p, SSRC, 1, 160);
                        assert_int_equal(srtp_protect(tx, p, &n, cap), SRTP_NO_ROOM);
                }
                assert_int_equal(srtp_protect(tx, p, &n, 172 + over), SRTP_OK);
                assert_int_equal(n, 172 + over);
                free(p);
                ctx_end(tx);
        }
}

static void wrong_direction(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 14));
        uint8_t p[PKT_MAX];
        size_t n = rtp_make(p, SSRC, 1, 160);

        (void)state;
        assert_int_equal(srtp_protect(pr.rx, p, &n, sizeof p), SRTP_MALFORMED);
        assert_int_equal(srtp_unprotect(pr.tx, p, &n), SRTP_MALFORMED);
        n = rtcp_make(p, SSRC, 60);
        assert_int_equal(srtcp_protect(pr.rx, p, &n, sizeof p), SRTP_MALFORMED);
        p[45] |= 0x80;
        assert_int_equal(srtcp_unprotect(pr.tx, p, &n), SRTP_MALFORMED);
        pair_end(&pr);
}

static void same_key(void **state)
{
        (void)state;
        EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 17), other;
                const struct srtp_suite_info *info = srtp_suite_info((enum srtp_suite)s);
                struct srtp_ctx *c;

                m.mki_len = 2;
                m.mki[1] = 9;
                c = ctx_of(&m, true);
                assert_true(srtp_ctx_same_key(c, &m));
                for (unsigned b = 0; b < info->key_len; b++) {
                        other = m;
                        other.key[b] ^= 0x40;
                        assert_false(srtp_ctx_same_key(c, &other));
                }
                for (unsigned b = 0; b < info->salt_len; b++) {
                        other = m;
                        other.salt[b] ^= 1;
                        assert_false(srtp_ctx_same_key(c, &other));
                }
                other = m;
                other.mki[1] = 8;
                assert_false(srtp_ctx_same_key(c, &other));
                other = m;
                other.mki_len = 0;
                assert_false(srtp_ctx_same_key(c, &other));
                other = m;
                other.kdr = 3;
                assert_false(srtp_ctx_same_key(c, &other));
                other = m;
                other.suite = (uint8_t)(s == 1 ? 2 : s - 1);
                assert_false(srtp_ctx_same_key(c, &other));
                other = m;
                other.lifetime = 77; /* what is left of a life is not the key */
                assert_true(srtp_ctx_same_key(c, &other));
                ctx_end(c);
        }
}

static void bad_keys_are_refused(void **state)
{
        static const struct {
                struct srtp_master m;
                const char *text;
        } rows[] = {
                { { .suite = SRTP_SUITE_NONE }, "unknown SRTP suite 0" },
                { { .suite = SRTP_SUITES }, "unknown SRTP suite 7" },
                { { .suite = SRTP_AES_CM_128_80, .mki_len = 17 }, "SRTP MKI of 17 bytes, the limit is 16" },
                { { .suite = SRTP_AES_CM_128_80, .kdr = 25 }, "SRTP key derivation rate 2^25, the limit is 2^24" },
        };
        struct srtp_ctx *c = calloc(1, srtp_ctx_size());
        struct srtp_ctx zero;
        struct err e;

        (void)state;
        assert_non_null(c);
        memset(&zero, 0, sizeof zero);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_int_equal(srtp_ctx_init(c, &rows[i].m, true, &e), -1);
                assert_string_equal(e.text, rows[i].text);
                assert_memory_equal(c, &zero, sizeof zero);
                assert_false(srtp_ctx_same_key(c, &rows[i].m));
        }
        srtp_ctx_wipe(c);
        srtp_ctx_wipe(c);
        free(c);
}

static void wiping_leaves_nothing(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 18);
                struct srtp_ctx *c = ctx_of(&m, true);

                srtp_ctx_wipe(c);
                for (size_t b = 0; b < srtp_ctx_size(); b++)
                        assert_int_equal(((const uint8_t *)c)[b], 0);
                free(c);
        }
}

static void results_have_words(void **state)
{
        (void)state;
        for (int r = 0; r < SRTP_RESULTS; r++)
                assert_true(strlen(srtp_result_text((enum srtp_result)r)) > 1);
        assert_string_equal(srtp_result_text(SRTP_RESULTS), "unknown");
}

/* A library that gives up after some calls. */
static int calls_left;
static struct srtp_engine tired;

/* Failing, it leaves half a key behind. */
static int tired_key_set(struct srtp_key *k, const uint8_t *key, unsigned len, bool gcm)
{
        if (calls_left-- > 0)
                return srtp_engine_at(0)->key_set(k, key, len, gcm);
        memset(k->round, 0xEE, sizeof k->round[0]);
        return -1;
}

static bool tired_ctr(const struct srtp_key *k, const uint8_t iv[16], uint8_t *p, size_t n)
{
        return calls_left-- > 0 && srtp_engine_at(0)->ctr(k, iv, p, n);
}

static bool tired_seal(const struct srtp_key *k, const struct srtp_aead *a, uint8_t *tag)
{
        return calls_left-- > 0 && srtp_engine_at(0)->seal(k, a, tag);
}

static void tire(int calls)
{
        tired = *srtp_engine_at(0);
        tired.key_set = tired_key_set;
        tired.ctr = tired_ctr;
        tired.seal = tired_seal;
        srtp_engine_force(&tired);
        calls_left = calls;
}

static void no_context_without_the_library(void **state)
{
        struct srtp_ctx *c = calloc(1, srtp_ctx_size()), zero;

        (void)state;
        assert_non_null(c);
        memset(&zero, 0, sizeof zero);
        EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 19);
                struct err e;
                int calls = 0;

                for (tire(calls); srtp_ctx_init(c, &m, true, &e) != 0; tire(++calls)) {
                        assert_int_equal(e.code, ERR_CRYPTO);
                        assert_memory_equal(c, &zero, sizeof zero);
                }
                assert_int_equal(calls, 10); /* per protocol: the master key, three derivations, the session key */
                srtp_ctx_wipe(c);
        }
        srtp_force_portable(false);
        free(c);
}

/* What cannot be encrypted is not sent, by single calls and in a batch. */
static void no_packet_without_the_library(void **state)
{
        (void)state;
        EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 19);
                struct srtp_ctx *tx, before;
                uint8_t p[PKT_MAX];
                struct srtp_job j;
                size_t n;

                tire(10);
                tx = ctx_of(&m, true);
                before = *tx;
                n = rtp_make(p, SSRC, 1, 160);
                assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_CRYPTO_FAILED);
                j = (struct srtp_job){ tx, p, rtp_make(p, SSRC, 1, 160), sizeof p, true, SRTP_RESULTS };
                srtp_batch(&j, 1);
                assert_int_equal(j.result, SRTP_CRYPTO_FAILED);
                assert_int_equal(j.len, 172);
                n = rtcp_make(p, SSRC, 28);
                assert_int_equal(srtcp_protect(tx, p, &n, sizeof p), SRTP_CRYPTO_FAILED);
                assert_memory_equal(tx, &before, sizeof before);
                ctx_end(tx);
        }
        srtp_force_portable(false);
}

static void no_new_key_without_the_library(void **state)
{
        struct srtp_master m = master_any(SRTP_AES_CM_128_80, 19);
        struct srtp_ctx *tx;
        uint8_t p[PKT_MAX], first[PKT_MAX];
        size_t n;

        (void)state;
        m.kdr = 2;
        tire(10 + 1 + 4); /* the context, a packet, and a new key but for its last step */
        tx = ctx_of(&m, true);
        n = rtp_make(first, SSRC, 3, 20);
        assert_int_equal(srtp_protect(tx, first, &n, sizeof first), SRTP_OK);
        n = rtp_make(p, SSRC, 4, 20);
        assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_CRYPTO_FAILED);
        calls_left = 100;
        n = rtp_make(p, SSRC, 3, 20); /* not with what is left of either key: with its own, made anew */
        assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_OK);
        assert_memory_equal(p, first, n);
        ctx_end(tx);
        srtp_force_portable(false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(key_lives_end),
                cmocka_unit_test(no_life_means_the_suites_own),
                cmocka_unit_test(only_genuine_packets_count),
                cmocka_unit_test(room_to_grow),
                cmocka_unit_test(wrong_direction),
                cmocka_unit_test(same_key),
                cmocka_unit_test(bad_keys_are_refused),
                cmocka_unit_test(wiping_leaves_nothing),
                cmocka_unit_test(results_have_words),
                cmocka_unit_test(no_context_without_the_library),
                cmocka_unit_test(no_packet_without_the_library),
                cmocka_unit_test(no_new_key_without_the_library),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
