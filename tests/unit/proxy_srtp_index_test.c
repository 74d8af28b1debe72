/* The packet index: rollover, windows, loss, reorder and duplicates, key derivation rates. */
#include "tests/support/srtp_fixture.h"

#include "platform/base/rng.h"

static uint32_t roc_of(const struct srtp_ctx *c)
{
        struct srtp_source s;

        assert_true(srtp_source_at(c, 0, &s));
        return s.roc;
}

/* Protects packet number n (48 bits) of a source; the sender sees numbers in order. */
static size_t sent(struct srtp_ctx *tx, uint64_t n, uint8_t *p)
{
        size_t len = rtp_make(p, SSRC, (uint16_t)n, 20);

        assert_int_equal(srtp_protect(tx, p, &len, PKT_MAX), SRTP_OK);
        return len;
}

static enum srtp_result heard(struct srtp_ctx *rx, const uint8_t *wire, size_t len)
{
        uint8_t p[PKT_MAX];

        memcpy(p, wire, len);
        return srtp_unprotect(rx, p, &len);
}

/* More than two turns of the sequence number; the second implementation holds the counter itself. */
static void rolls_over(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(i ? SRTP_AES_CM_128_80 : SRTP_AEAD_AES_128_GCM, 20));
                uint64_t first = 65500, last = first + 2 * 65536 + 300;

                for (uint64_t n = first; n <= last; n++) {
                        bool near = (n + 3) % 65536 < 6 || n % 9973 == 0;
                        uint8_t p[PKT_MAX], want[PKT_MAX];
                        size_t len;

                        if (near)
                                oracle_rtp(&pr.o, (uint32_t)(n >> 16), p, rtp_make(p, SSRC, (uint16_t)n, 20), want);
                        len = sent(pr.tx, n, p);
                        if (near)
                                assert_memory_equal(p, want, len);
                        assert_int_equal(heard(pr.rx, p, len), SRTP_OK);
                }
                assert_int_equal(roc_of(pr.tx), last >> 16);
                assert_int_equal(roc_of(pr.rx), last >> 16);
                pair_end(&pr);
        }
}

/* Lost exactly at the turn, or the last of the old turn comes after the first of the new one. */
static void rolls_over_by_gaps(void **state)
{
        static const struct {
                uint64_t n;
                enum srtp_result want;
                uint32_t roc;
        } rows[] = {
                { 65000, SRTP_OK, 0 },
                { 65536 + 700, SRTP_OK, 1 },
                { 65536 + 690, SRTP_OK, 1 },
                { 65536 + 700, SRTP_REPLAYED, 1 },
                { 65536 + 33400, SRTP_OK, 1 },
                { 131071, SRTP_OK, 1 },
                { 131072 + 60, SRTP_OK, 2 },
                { 131070, SRTP_OK, 2 },
                { 131071, SRTP_REPLAYED, 2 },
                { 131072, SRTP_OK, 2 },
                { 131072 + 61, SRTP_OK, 2 },
                { 131006, SRTP_OK, 2 },
                { 131005, SRTP_REPLAYED, 2 },
                { 131072 + 32000, SRTP_OK, 2 },
                { 131072 + 32000 + 32767, SRTP_OK, 2 },
        };

        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_256_CM_32, 21));

                for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
                        uint8_t p[PKT_MAX], wire[PKT_MAX];
                        size_t n = rtp_make(p, SSRC, (uint16_t)rows[r].n, 50);

                        n = oracle_rtp(&pr.o, (uint32_t)(rows[r].n >> 16), p, n, wire);
                        assert_int_equal(heard(pr.rx, wire, n), rows[r].want);
                        assert_int_equal(roc_of(pr.rx), rows[r].roc);
                }
                pair_end(&pr);
        }
}

/* At counter 0 nothing lies before the first turn: such a number is refused on both sides, and learns nobody
 * anything. */
static void nothing_before_the_first_turn(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 22));
                uint8_t p[PKT_MAX];
                size_t n;

                there_and_back(&pr, p, rtp_make(p, SSRC, 5, 20), 0);
                n = rtp_make(p, SSRC, 65535, 20);
                assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_REUSE);
                n = oracle_rtp(&pr.o, UINT32_MAX, p, n, p + 500);
                refused_unchanged(pr.rx, p + 500, n, SRTP_REPLAYED);
                n = rtp_make(p, SSRC, 32773, 20); /* 32768 ahead is still ahead */
                there_and_back(&pr, p, n, 0);
                pair_end(&pr);
        }
}

/* The 48 bits end; a counter of 2^32 is never reached. */
static void the_last_turn(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 23));
        uint8_t p[PKT_MAX];
        size_t n;

        (void)state;
        pr.tx->slot[srtp_slot_add(pr.tx, SSRC)].rtp_next = UINT64_C(0xFFFFFFFFFFFF);
        pr.rx->slot[srtp_slot_add(pr.rx, SSRC)].rtp_next = UINT64_C(0xFFFFFFFFFFFF);
        there_and_back(&pr, p, rtp_make(p, SSRC, 65535, 20), UINT32_MAX);
        n = rtp_make(p, SSRC, 0, 20);
        assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_REUSE);
        n = oracle_rtp(&pr.o, 0, p, n, p + 500);
        refused_unchanged(pr.rx, p + 500, n, SRTP_REPLAYED);
        pair_end(&pr);
}

/* The window as asked for: never under 128, at most 1,024; later sources get what leaves 128 for each to come. */
static const struct {
        uint8_t wsh;
        unsigned first, second, third;
} windows[] = {
        { 0, 128, 128, 128 },   { 1, 128, 128, 128 },    { 2, 128, 128, 128 },  { 3, 256, 256, 256 },
        { 4, 256, 256, 256 },   { 8, 512, 512, 256 },    { 9, 1024, 128, 128 }, { 16, 1024, 128, 128 },
        { 17, 1024, 128, 128 }, { 255, 1024, 128, 128 },
};

static void check_window(struct pair *pr, uint32_t ssrc, unsigned size)
{
        const unsigned top = 5000;
        uint8_t p[PKT_MAX], wire[PKT_MAX];

        for (unsigned back = 0; back <= size; back++) {
                size_t n = rtp_make(p, ssrc, (uint16_t)(top - back), 10);

                n = oracle_rtp(&pr->o, 0, p, n, wire);
                assert_int_equal(heard(pr->rx, wire, n), back < size ? SRTP_OK : SRTP_REPLAYED);
                assert_int_equal(heard(pr->rx, wire, n), SRTP_REPLAYED);
        }
}

static void windows_as_wished(void **state)
{
        (void)state;
        srtp_force_portable(false);
        for (size_t r = 0; r < ARRAY_LEN(windows); r++) {
                struct srtp_master m = master_any(SRTP_AES_CM_128_80, 24);
                struct pair pr;
                uint8_t p[PKT_MAX];

                m.wsh = windows[r].wsh;
                pr = pair_of(m);
                check_window(&pr, 1, windows[r].first);
                check_window(&pr, 2, windows[r].second);
                check_window(&pr, 3, windows[r].third);
                for (uint32_t ssrc = 4; ssrc < SRTP_SSRCS_MAX; ssrc++)
                        there_and_back(&pr, p, rtp_make(p, ssrc, 1, 10), 0);
                check_window(&pr, SRTP_SSRCS_MAX, 128);
                assert_true(pr.rx->pool_used <= SRTP_WINDOW_POOL);
                pair_end(&pr);
        }
}

enum { FLIGHT = 40, STORM = 70000 };

/*
 * A bad road: a fifth lost, each packet up to 40 late, every tenth twice. The model remembers every number heard; the
 * receiver must say the same of each arrival.
 */
static void storm(void **state)
{
        struct rng_fixed seed = { 5 };
        struct rng rng = rng_of_fixed(&seed);
        static uint8_t wire[FLIGHT][PKT_MAX];
        uint8_t *seen = calloc(1, STORM);
        uint64_t number[FLIGHT], first = 64000, top = 0;
        size_t len[FLIGHT];
        struct pair pr;

        (void)state;
        srtp_force_portable(false);
        pr = pair_of(master_any(SRTP_AES_CM_128_32, 25));
        assert_non_null(seen);
        memset(len, 0, sizeof len);
        for (uint64_t n = first; n < first + STORM; n++) {
                unsigned at = rng_below(&rng, FLIGHT);
                enum srtp_result want = SRTP_OK;

                if (len[at]) {
                        if (number[at] + 128 <= top || seen[number[at] - first])
                                want = SRTP_REPLAYED;
                        assert_int_equal(heard(pr.rx, wire[at], len[at]), want);
                        seen[number[at] - first] |= want == SRTP_OK;
                        top = want == SRTP_OK && number[at] > top ? number[at] : top;
                        if (rng_below(&rng, 10) == 0)
                                assert_int_equal(heard(pr.rx, wire[at], len[at]), SRTP_REPLAYED);
                }
                len[at] = sent(pr.tx, n, wire[at]);
                number[at] = n;
                if (rng_below(&rng, 5) == 0)
                        len[at] = 0;
        }
        assert_int_equal(roc_of(pr.rx), 2);
        free(seen);
        pair_end(&pr);
}

/* Keys change every 2^kdr packets; a straggler of the step before is opened with its own. */
static void derivation_rate(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                static const uint64_t order[] = {
                        65531, 65532, 65530, 65535, 65533, 65537, 65534, 65536, 65544, 65539
                };
                struct srtp_master m = master_any((enum srtp_suite)s, 26);
                struct pair pr;

                m.kdr = 2;
                pr = pair_of(m);
                for (size_t n = 0; n < ARRAY_LEN(order); n++) {
                        uint8_t p[PKT_MAX];
                        size_t len = rtp_make(p, SSRC, (uint16_t)order[n], 100);

                        there_and_back(&pr, p, len, (uint32_t)(order[n] >> 16));
                }
                pair_end(&pr);
        }
}

static void derivation_rate_of_rtcp(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 27);
                struct pair pr;

                m.kdr = 1;
                pr = pair_of(m);
                for (uint32_t index = 1; index < 9; index++) {
                        uint8_t p[PKT_MAX], want[PKT_MAX];
                        size_t n = rtcp_make(p, SSRC, 52), wire = oracle_rtcp(&pr.o, index, p, n, want);

                        assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_OK);
                        assert_int_equal(n, wire);
                        assert_memory_equal(p, want, n);
                        assert_int_equal(srtcp_unprotect(pr.rx, p, &n), SRTP_OK);
                }
                pair_end(&pr);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rolls_over),
                cmocka_unit_test(rolls_over_by_gaps),
                cmocka_unit_test(nothing_before_the_first_turn),
                cmocka_unit_test(the_last_turn),
                cmocka_unit_test(windows_as_wished),
                cmocka_unit_test(storm),
                cmocka_unit_test(derivation_rate),
                cmocka_unit_test(derivation_rate_of_rtcp),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
