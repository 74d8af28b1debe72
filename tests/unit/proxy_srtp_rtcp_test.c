/* SRTCP: index, window, E bit, trailers, forged and cut packets. */
#include "tests/support/srtp_fixture.h"

static void rtcp_there_and_back(struct pair *pr, uint32_t index, uint32_t ssrc, size_t n)
{
        uint8_t plain[PKT_MAX], p[PKT_MAX], want[PKT_MAX];
        size_t len = rtcp_make(plain, ssrc, n), wire = oracle_rtcp(&pr->o, index, plain, n, want);

        memcpy(p, plain, n);
        assert_int_equal(srtcp_protect(pr->tx, p, &len, n + srtp_overhead(pr->tx, true)), SRTP_OK);
        assert_int_equal(len, wire);
        assert_memory_equal(p, want, wire);
        assert_int_equal(srtcp_unprotect(pr->rx, p, &len), SRTP_OK);
        assert_int_equal(len, n);
        assert_memory_equal(p, plain, n);
}

static void rtcp_refused(struct srtp_ctx *c, const uint8_t *wire, size_t n, enum srtp_result want)
{
        struct srtp_ctx before = *c;
        uint8_t *p = malloc(n ? n : 1);
        size_t len = n;

        assert_non_null(p);
        memcpy(p, wire, n);
        assert_int_equal(srtcp_unprotect(c, p, &len), want);
        assert_int_equal(len, n);
        assert_memory_equal(p, wire, n);
        assert_memory_equal(c, &before, sizeof before);
        free(p);
}

static void every_length(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 30);
                struct pair pr;
                struct srtp_source src;
                uint32_t index = 1;

                m.mki_len = 2;
                m.mki[0] = 7;
                pr = pair_of(m);
                for (size_t n = 8; n < 400; n += 4)
                        rtcp_there_and_back(&pr, index++, SSRC, n);
                assert_true(srtp_source_at(pr.tx, 0, &src));
                assert_int_equal(src.srtcp_index, index - 1);
                assert_true(srtp_source_at(pr.rx, 0, &src));
                assert_int_equal(src.srtcp_index, index - 1);
                assert_int_equal(src.ssrc, SSRC);
                pair_end(&pr);
        }
}

/* One source's RTCP and RTP share a slot, whichever comes first; each source counts its own indices. */
static void sources(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 31));
        uint8_t p[PKT_MAX], wire[PKT_MAX];
        size_t n;

        (void)state;
        for (uint32_t k = 0; k < SRTP_SSRCS_MAX; k++) {
                rtcp_there_and_back(&pr, 1, SSRC + k, 28);
                there_and_back(&pr, p, rtp_make(p, SSRC + k, 60000, 20), 0);
                rtcp_there_and_back(&pr, 2, SSRC + k, 28);
        }
        assert_int_equal(pr.rx->nslots, SRTP_SSRCS_MAX);
        n = rtcp_make(p, 1, 28);
        assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_TOO_MANY_SOURCES);
        n = oracle_rtcp(&pr.o, 1, p, 28, wire);
        rtcp_refused(pr.rx, wire, n, SRTP_TOO_MANY_SOURCES);
        pair_end(&pr);
}

static void window(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AEAD_AES_256_GCM, 32));
                uint8_t p[PKT_MAX], wire[PKT_MAX];

                for (uint32_t back = 0; back <= 128; back++) {
                        size_t n = oracle_rtcp(&pr.o, 1000 - back, p, rtcp_make(p, SSRC, 28), wire), len = n;

                        memcpy(p, wire, n);
                        assert_int_equal(srtcp_unprotect(pr.rx, p, &len), back < 128 ? SRTP_OK : SRTP_REPLAYED);
                        rtcp_refused(pr.rx, wire, n, SRTP_REPLAYED);
                }
                pair_end(&pr);
        }
}

/* Index 0 is as good as any; some senders begin there. */
static void index_zero(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 33));
        uint8_t p[PKT_MAX], wire[PKT_MAX];
        size_t n = oracle_rtcp(&pr.o, 0, p, rtcp_make(p, SSRC, 28), wire), len = n;

        (void)state;
        memcpy(p, wire, n);
        assert_int_equal(srtcp_unprotect(pr.rx, p, &len), SRTP_OK);
        rtcp_refused(pr.rx, wire, n, SRTP_REPLAYED);
        pair_end(&pr);
}

static void the_last_index(void **state)
{
        struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 34));
        uint8_t p[PKT_MAX];
        size_t n;

        (void)state;
        pr.tx->slot[srtp_slot_add(pr.tx, SSRC)].rtcp_next = SRTP_RTCP_INDEX_MAX;
        rtcp_there_and_back(&pr, SRTP_RTCP_INDEX_MAX, SSRC, 28);
        n = rtcp_make(p, SSRC, 28);
        assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_KEY_USED_UP);
        pair_end(&pr);
}

static void lives_end(void **state)
{
        struct srtp_master m = master_any(SRTP_AES_CM_128_80, 35);
        struct pair pr;
        uint8_t p[PKT_MAX], wire[PKT_MAX];
        size_t n;

        (void)state;
        m.lifetime = 3;
        pr = pair_of(m);
        for (uint32_t index = 1; index <= 3; index++)
                rtcp_there_and_back(&pr, index, SSRC, 28);
        n = rtcp_make(p, SSRC, 28);
        assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_KEY_USED_UP);
        n = oracle_rtcp(&pr.o, 4, p, 28, wire);
        rtcp_refused(pr.rx, wire, n, SRTP_KEY_USED_UP);
        n = rtp_make(p, SSRC, 1, 20);
        assert_int_equal(srtp_protect(pr.tx, p, &n, sizeof p), SRTP_KEY_USED_UP);
        pair_end(&pr);
}

/* Of a bit turned anywhere; in the E bit, the version and the MKI the packet is not even one. */
static void forgery_changes_nothing(void **state)
{
        (void)state;
        EACH_ENGINE(i) EACH_SUITE(s)
        {
                struct srtp_master m = master_any((enum srtp_suite)s, 36);
                const struct srtp_suite_info *info = srtp_suite_info((enum srtp_suite)s);
                struct pair pr;
                uint8_t p[PKT_MAX];
                size_t n, word, mki;

                m.mki_len = 1;
                m.mki[0] = 0x55;
                pr = pair_of(m);
                rtcp_there_and_back(&pr, 1, SSRC, 40);
                n = rtcp_make(p, SSRC, 40);
                word = 40u + (info->salt_len == 12 ? info->tag_rtcp : 0u);
                mki = word + 4;
                assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_OK);
                for (size_t bit = 0; bit < n * 8; bit++) {
                        size_t at = bit / 8, b = bit % 8;
                        bool shape = (at == 0 && b >= 6) || (at == word && b == 7) || at == mki;

                        p[at] ^= (uint8_t)(1u << b);
                        rtcp_refused(pr.rx, p, n, shape ? SRTP_MALFORMED : SRTP_AUTH_FAILED);
                        p[at] ^= (uint8_t)(1u << b);
                }
                for (size_t cut = 0; cut < n; cut++) {
                        struct srtp_ctx before = *pr.rx;
                        uint8_t *q = malloc(cut ? cut : 1);
                        size_t len = cut;

                        memcpy(q, p, cut);
                        assert_int_not_equal(srtcp_unprotect(pr.rx, q, &len), SRTP_OK);
                        assert_memory_equal(pr.rx, &before, sizeof before);
                        free(q);
                }
                assert_int_equal(srtcp_unprotect(pr.rx, p, &n), SRTP_OK);
                pair_end(&pr);
        }
}

/* Readable RTCP with a right tag: a downgrade all the same. */
static void clear_rtcp_is_refused(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 37));
                uint8_t p[PKT_MAX];
                size_t n = rtcp_make(p, SSRC, 28);
                struct srtp_mac mac = { .key = &pr.rx->rtcp, .p = p, .n = 32 };

                srtp_put32(p + n, 1);
                srtp_mac(srtp_engine(), &mac);
                memcpy(p + 32, mac.out, 10);
                rtcp_refused(pr.rx, p, 42, SRTP_MALFORMED);
                srtp_put32(p + n, SRTP_RTCP_E | 1); /* the same with the bit set is opened: only the bit was wrong */
                srtp_mac(srtp_engine(), &mac);
                memcpy(p + 32, mac.out, 10);
                n = 42;
                assert_int_equal(srtcp_unprotect(pr.rx, p, &n), SRTP_OK);
                pair_end(&pr);
        }
}

static void shapes(void **state)
{
        (void)state;
        EACH_SUITE(s)
        {
                struct pair pr = pair_of(master_any((enum srtp_suite)s, 38));
                size_t over = srtp_overhead(pr.tx, true), n;
                uint8_t p[PKT_MAX];

                for (n = 0; n < 8; n++) {
                        size_t len = n;

                        rtcp_make(p, SSRC, 28);
                        assert_int_equal(srtcp_protect(pr.tx, p, &len, sizeof p), SRTP_MALFORMED);
                }
                for (size_t cap = 0; cap < 28 + over; cap++) {
                        n = rtcp_make(p, SSRC, 28);
                        assert_int_equal(srtcp_protect(pr.tx, p, &n, cap), SRTP_NO_ROOM);
                }
                p[0] = 0x41;
                assert_int_equal(srtcp_protect(pr.tx, p, &n, sizeof p), SRTP_MALFORMED);
                assert_int_equal(pr.tx->nslots, 0);
                pair_end(&pr);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_length),
                cmocka_unit_test(sources),
                cmocka_unit_test(window),
                cmocka_unit_test(index_zero),
                cmocka_unit_test(the_last_index),
                cmocka_unit_test(lives_end),
                cmocka_unit_test(forgery_changes_nothing),
                cmocka_unit_test(clear_rtcp_is_refused),
                cmocka_unit_test(shapes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
