#include "tests/support/test.h"

#include "inspect/rtp/rtcp.h"
#include "platform/base/attr.h"

/* SR of 0x11111111 with one block about 0x22222222, then SDES with a CNAME, then BYE. */
static const uint8_t compound[] = {
        0x81, 200,  0,    12, 0x11, 0x11, 0x11, 0x11, 1,   2,    3,    4,    5,    6, 7,    8,    0,    0,    0,
        9,    0,    0,    0,  10,   0,    0,    0,    11,  0x22, 0x22, 0x22, 0x22, 0, 0,    0,    1,    0,    1,
        0,    200,  0,    0,  0,    5,    0,    0,    0,   0,    0,    0,    0,    0, 0x81, 202,  0,    3,    0x11,
        0x11, 0x11, 0x11, 1,  4,    'a',  '@',  'b',  'c', 0,    0,    0x81, 203,  0, 1,    0x11, 0x11, 0x11, 0x11,
};

/* ---- is it what it says? ---- */

static void test_a_compound_is_fine(void **state UNUSED)
{
        assert_int_equal(rtcp_check(compound, sizeof compound, true), RTCP_FINE);
        assert_int_equal(rtcp_sender(compound), 0x11111111);
}

static void test_every_prefix_is_refused(void **state UNUSED)
{
        for (size_t n = 0; n < sizeof compound; n++) {
                uint8_t p[sizeof compound];
                enum rtcp_fault f;

                memcpy(p, compound, n);
                f = rtcp_check(p, n, true);
                if (n == 52 || n == 68) /* whole packets */
                        assert_int_equal(f, RTCP_FINE);
                else
                        assert_int_equal(f, RTCP_BAD_LENGTH);
        }
}

struct row {
        const char *what;
        bool strict;
        size_t n;
        uint8_t p[40];
        enum rtcp_fault want;
};
static const struct row rows[] = {
        { "empty RR", true, 8, { 0x80, 201, 0, 1, 1, 1, 1, 1 }, RTCP_FINE },
        { "version 1", true, 8, { 0x40, 201, 0, 1 }, RTCP_BAD_VERSION },
        { "type 191", false, 8, { 0x80, 191, 0, 1 }, RTCP_BAD_TYPE },
        { "type 224", false, 8, { 0x80, 224, 0, 1 }, RTCP_BAD_TYPE },
        { "type 208, strict", true, 8, { 0x80, 208, 0, 1 }, RTCP_BAD_TYPE },
        { "type 208", false, 8, { 0x80, 208, 0, 1 }, RTCP_FINE },
        { "BYE first, strict", true, 8, { 0x81, 203, 0, 1 }, RTCP_BAD_TYPE },
        { "BYE first", false, 8, { 0x81, 203, 0, 1 }, RTCP_FINE },
        { "BYE of nobody first", false, 12, { 0x80, 203, 0, 0, 0x80, 201, 0, 1 }, RTCP_BAD_LENGTH },
        { "PLI alone (RFC 5506)", false, 12, { 0x81, 206, 0, 2 }, RTCP_FINE },
        { "longer than the datagram", true, 8, { 0x80, 201, 0, 2 }, RTCP_BAD_LENGTH },
        { "longest length there is", true, 8, { 0x80, 201, 0xFF, 0xFF }, RTCP_BAD_LENGTH },
        { "a byte behind", true, 9, { 0x80, 201, 0, 1 }, RTCP_BAD_LENGTH },
        { "a block that is not there", true, 8, { 0x81, 201, 0, 1 }, RTCP_BAD_LENGTH },
        { "a source that is not there", false, 8, { 0x82, 203, 0, 1 }, RTCP_BAD_LENGTH },
        { "feedback without media source", false, 8, { 0x81, 205, 0, 1 }, RTCP_BAD_LENGTH },
        { "padding of four", true, 12, { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 4 }, RTCP_FINE },
        { "padding of nothing", true, 12, { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 0 }, RTCP_BAD_LENGTH },
        { "padding not of words", true, 12, { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 3 }, RTCP_BAD_LENGTH },
        { "padding over the header", true, 12, { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 8 }, RTCP_BAD_LENGTH },
        { "padding over everything", true, 12, { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 12 }, RTCP_BAD_LENGTH },
        { "padding before the last",
          true,
          20,
          { 0xA0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 4, 0x80, 201, 0, 1, 1, 1, 1, 1 },
          RTCP_BAD_LENGTH },
        { "a bad second one", false, 12, { 0x80, 201, 0, 1, 1, 1, 1, 1, 0x40, 202, 0, 0 }, RTCP_BAD_VERSION },
        { "four bytes", false, 4, { 0x80, 202, 0, 0 }, RTCP_BAD_LENGTH },
};

static void test_rows(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (rtcp_check(rows[i].p, rows[i].n, rows[i].strict) != rows[i].want)
                        fail_msg("%s", rows[i].what);
}

/* ---- other numbers ---- */

/* Senders grow by 0xA0000000, those spoken of by 0x0B000000, sequence numbers lose 100. */
static uint32_t to_a(void *ctx UNUSED, uint32_t ssrc)
{
        return ssrc + 0xA0000000u;
}
static uint32_t to_b(void *ctx UNUSED, uint32_t ssrc)
{
        return ssrc + 0x0B000000u;
}
static uint32_t less(void *ctx, uint32_t ssrc, uint32_t ext)
{
        *(uint32_t *)ctx = ssrc;
        return ext - 100;
}
static uint32_t spoken_of;
static const struct rtcp_map map = { to_a, to_b, less, &spoken_of };

static void test_sr_sdes_bye(void **state UNUSED)
{
        uint8_t p[sizeof compound], want[sizeof compound];

        memcpy(p, compound, sizeof p);
        memcpy(want, compound, sizeof want);
        rtp_put32(want + 4, 0xB1111111);
        rtp_put32(want + 28, 0x2D222222);
        rtp_put32(want + 36, 0x10000 + 100);
        rtp_put32(want + 56, 0xB1111111);
        rtp_put32(want + 72, 0xB1111111);
        rtcp_rewrite(p, sizeof p, &map);
        assert_memory_equal(p, want, sizeof p);
        assert_int_equal(spoken_of, 0x22222222);
}

static void rewritten(const uint8_t *in, const uint8_t *out, size_t n)
{
        uint8_t p[64];

        memcpy(p, in, n);
        assert_int_equal(rtcp_check(p, n, false), RTCP_FINE);
        rtcp_rewrite(p, n, &map);
        assert_memory_equal(p, out, n);
}

static void test_two_chunks_of_odd_lengths(void **state UNUSED)
{
        static const uint8_t in[] = { 0x82, 202, 0, 6, 0,   0,   0,   1, 1, 1, 'x', 0, 0, 0,
                                      0,    2,   1, 3, 'a', 'b', 'c', 0, 0, 0, 0,   0, 0, 0 };
        static const uint8_t out[] = { 0x82, 202, 0, 6, 0xA0, 0,   0,   1, 1, 1, 'x', 0, 0xA0, 0,
                                       0,    2,   1, 3, 'a',  'b', 'c', 0, 0, 0, 0,   0, 0,    0 };

        rewritten(in, out, sizeof in);
}

/* Items that end on a word boundary are followed by a whole word of zeros. */
static void test_a_chunk_that_ends_on_a_boundary(void **state UNUSED)
{
        static const uint8_t in[] = {
                0x82, 202, 0, 5, 0, 0, 0, 1, 1, 2, 'x', 'y', 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0
        };
        uint8_t out[sizeof in];

        memcpy(out, in, sizeof in);
        out[4] = out[16] = 0xA0;
        rewritten(in, out, sizeof in);
}

/* An item that runs out of its packet must not lead the walk anywhere. */
static void test_a_lying_item(void **state UNUSED)
{
        static const uint8_t in[] = { 0x82, 202, 0, 3, 0, 0, 0, 1, 1, 255, 'x', 0, 0, 0, 0, 2 };
        static const uint8_t out[] = { 0x82, 202, 0, 3, 0xA0, 0, 0, 1, 1, 255, 'x', 0, 0, 0, 0, 2 };

        rewritten(in, out, sizeof in);
}

static void test_feedback(void **state UNUSED)
{
        static const uint8_t nack[] = { 0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 200, 0xFF, 0xFF };
        static const uint8_t nack_out[] = { 0x81, 205, 0, 3, 0xA0, 0, 0, 1, 0x0B, 0, 0, 2, 0, 100, 0xFF, 0xFF };
        static const uint8_t fir[] = { 0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0 };
        static const uint8_t fir_out[] = { 0x84, 206, 0, 4, 0xA0, 0, 0, 1, 0x0B, 0, 0, 0, 0x0B, 0, 0, 2, 7, 0, 0, 0 };
        static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
        static const uint8_t pli_out[] = { 0x81, 206, 0, 2, 0xA0, 0, 0, 1, 0x0B, 0, 0, 2 };

        rewritten(nack, nack_out, sizeof nack);
        rewritten(fir, fir_out, sizeof fir);
        rewritten(pli, pli_out, sizeof pli);
}

static void test_extended_reports(void **state UNUSED)
{
        /* loss RLE 200-300 about 2, VoIP metrics about 3 (first word only), DLRR about 4, receiver time */
        static const uint8_t in[] = { 0x80, 207, 0, 15, 0, 0, 0, 1, 1, 0, 0, 2, 0, 0, 0, 2, 0, 200, 1, 44, 7, 0,
                                      0,    1,   0, 0,  0, 3, 5, 0, 0, 3, 0, 0, 0, 4, 9, 9, 9, 9,   9, 9,  9, 9,
                                      4,    0,   0, 2,  1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0,   0, 0 };
        uint8_t out[sizeof in];

        memcpy(out, in, sizeof in);
        rtp_put32(out + 4, 0xA0000001);
        rtp_put32(out + 12, 0x0B000002);
        rtp_put16(out + 16, 100);
        rtp_put16(out + 18, 200);
        rtp_put32(out + 24, 0x0B000003);
        rtp_put32(out + 32, 0x0B000004);
        rewritten(in, out, sizeof in);
}

static void test_app_and_unknown(void **state UNUSED)
{
        static const uint8_t app[] = { 0x80, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e' };
        static const uint8_t app_out[] = { 0x80, 204, 0, 2, 0xA0, 0, 0, 1, 'n', 'a', 'm', 'e' };
        static const uint8_t new[] = { 0x80, 210, 0, 1, 0, 0, 0, 1 };
        static const uint8_t new_out[] = { 0x80, 210, 0, 1, 0xA0, 0, 0, 1 };

        rewritten(app, app_out, sizeof app);
        rewritten(new, new_out, sizeof new);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_compound_is_fine),
                cmocka_unit_test(test_every_prefix_is_refused),
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_sr_sdes_bye),
                cmocka_unit_test(test_two_chunks_of_odd_lengths),
                cmocka_unit_test(test_a_chunk_that_ends_on_a_boundary),
                cmocka_unit_test(test_a_lying_item),
                cmocka_unit_test(test_feedback),
                cmocka_unit_test(test_extended_reports),
                cmocka_unit_test(test_app_and_unknown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
