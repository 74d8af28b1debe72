#include "tests/support/test.h"

#include "inspect/rtp/rtp.h"
#include "platform/base/attr.h"

static struct rtp_hdr hdr(uint32_t ssrc, uint16_t seq, uint32_t ts)
{
        return (struct rtp_hdr){ .ssrc = ssrc, .seq = seq, .ts = ts, .len = 12 };
}

/* ---- the header ---- */

struct head_row {
        const char *what;
        uint8_t b0, ext_words; /* ext_words: low byte of the extension length, behind the CSRCs */
        size_t n;
        enum rtp_fault want;
        uint16_t len;
};
static const struct head_row heads[] = {
        { "fixed header alone", 0x80, 0, 12, RTP_FINE, 12 },
        { "with payload", 0x80, 0, 172, RTP_FINE, 12 },
        { "one byte short", 0x80, 0, 11, RTP_BAD_LENGTH, 0 },
        { "nothing", 0x80, 0, 0, RTP_BAD_LENGTH, 0 },
        { "version 1", 0x40, 0, 172, RTP_BAD_VERSION, 0 },
        { "version 0", 0x00, 0, 172, RTP_BAD_VERSION, 0 },
        { "version 3", 0xC0, 0, 172, RTP_BAD_VERSION, 0 },
        { "two CSRCs", 0x82, 0, 20, RTP_FINE, 20 },
        { "two CSRCs, one byte short", 0x82, 0, 19, RTP_BAD_LENGTH, 0 },
        { "fifteen CSRCs", 0x8F, 0, 72, RTP_FINE, 72 },
        { "empty extension", 0x90, 0, 16, RTP_FINE, 16 },
        { "no room for its length", 0x90, 0, 15, RTP_BAD_LENGTH, 0 },
        { "extension of three words", 0x90, 3, 28, RTP_FINE, 28 },
        { "one byte short", 0x90, 3, 27, RTP_BAD_LENGTH, 0 },
        { "CSRC and extension", 0x91, 1, 24, RTP_FINE, 24 },
        { "CSRC and extension, short", 0x91, 1, 23, RTP_BAD_LENGTH, 0 },
};

static void test_headers(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
                const struct head_row *r = &heads[i];
                uint8_t p[256] = { r->b0, 0xE5, 0x12, 0x34, 0, 0, 1, 2, 0xCA, 0xFE, 0xBA, 0xBE };
                struct rtp_hdr h = { 0 };

                p[12 + 4 * (r->b0 & 15) + 3] = r->ext_words;
                if (rtp_parse(p, r->n, &h) != r->want || h.len != r->len)
                        fail_msg("%s", r->what);
                if (r->want)
                        continue;
                assert_int_equal(h.pt, 0x65);
                assert_true(h.marker);
                assert_int_equal(h.seq, 0x1234);
                assert_int_equal(h.ts, 0x102);
                assert_int_equal(h.ssrc, 0xCAFEBABE);
        }
}

static void test_an_extension_as_long_as_it_can_be(void **state UNUSED)
{
        uint8_t p[64] = { 0x90 };
        struct rtp_hdr h;

        p[14] = p[15] = 0xFF;
        assert_int_equal(rtp_parse(p, sizeof p, &h), RTP_BAD_LENGTH);
}

static void test_padding(void **state UNUSED)
{
        static const struct {
                uint8_t last;
                size_t n;
                bool fits;
        } row[] = { { 1, 13, true },  { 4, 16, true },  { 5, 16, false },
                    { 0, 16, false }, { 1, 12, false }, { 160, 172, true } };
        uint8_t p[256] = { 0xA0 };
        struct rtp_hdr h;

        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                p[row[i].n - 1] = row[i].last;
                assert_int_equal(rtp_parse(p, row[i].n, &h), RTP_FINE);
                assert_int_equal(rtp_padding_fits(p, row[i].n, &h), row[i].fits);
                p[row[i].n - 1] = 0;
        }
        p[0] = 0x80;
        rtp_parse(p, 16, &h);
        assert_true(rtp_padding_fits(p, 16, &h));
}

static void test_rtcp_is_told_by_its_second_byte(void **state UNUSED)
{
        uint8_t p[2] = { 0x80, 191 };

        assert_false(rtp_is_rtcp(p, 2));
        p[1] = 192;
        assert_true(rtp_is_rtcp(p, 2));
        assert_false(rtp_is_rtcp(p, 1));
        p[1] = 223;
        assert_true(rtp_is_rtcp(p, 2));
        p[1] = 224;
        assert_false(rtp_is_rtcp(p, 2));
}

/* ---- sequence numbers (A.1, A.3) ---- */

static void feed(struct rtp_source *s, const uint16_t *seq, unsigned n, const enum rtp_order *want)
{
        for (unsigned i = 0; i < n; i++) {
                struct rtp_hdr h = hdr(1, seq[i], 0);

                assert_int_equal(rtp_source_look(s, &h), want[i]);
                assert_int_equal(rtp_source_seen(s, &h, 0), want[i]);
        }
}

static void test_losses(void **state UNUSED)
{
        static const uint16_t seq[] = { 100, 101, 104, 103, 105 };
        static const enum rtp_order want[] = { RTP_RESTART, RTP_IN_ORDER, RTP_IN_ORDER, RTP_LATE, RTP_IN_ORDER };
        struct rtp_source s = { 0 };

        assert_int_equal(rtp_source_expected(&s), 0);
        feed(&s, seq, 5, want);
        assert_int_equal(rtp_source_expected(&s), 6);
        assert_int_equal(rtp_source_lost(&s), 1);
        assert_int_equal(s.late, 1);
}

static void test_wrap(void **state UNUSED)
{
        static const uint16_t seq[] = { 65534, 65535, 0, 65535, 1, 2 };
        static const enum rtp_order want[] = { RTP_RESTART, RTP_IN_ORDER, RTP_IN_ORDER,
                                               RTP_LATE,    RTP_IN_ORDER, RTP_IN_ORDER };
        struct rtp_source s = { 0 };

        feed(&s, seq, 6, want);
        assert_int_equal(rtp_source_ext(&s), 0x10002);
        assert_int_equal(rtp_source_expected(&s), 5);
        assert_int_equal(rtp_source_lost(&s), 0); /* a duplicate hides no loss, and is none */
}

static void test_limits_of_order(void **state UNUSED)
{
        static const struct {
                uint16_t step;
                enum rtp_order want;
        } row[] = { { 1, RTP_IN_ORDER },         { 2999, RTP_IN_ORDER },
                    { 3000, RTP_JUMPED },        { 32768, RTP_JUMPED },
                    { 65536 - 100, RTP_JUMPED }, { 65536 - 99, RTP_LATE },
                    { 65535, RTP_LATE },         { 0, RTP_LATE } };

        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct rtp_source s = { 0 };
                struct rtp_hdr h = hdr(1, 40000, 0);

                rtp_source_seen(&s, &h, 0);
                h.seq = (uint16_t)(h.seq + row[i].step);
                if (rtp_source_look(&s, &h) != row[i].want)
                        fail_msg("step %u", row[i].step);
        }
}

static void test_a_jump_is_believed_the_second_time(void **state UNUSED)
{
        static const uint16_t seq[] = { 100, 101, 20000, 102, 30000, 30001, 30002 };
        static const enum rtp_order want[] = { RTP_RESTART, RTP_IN_ORDER, RTP_JUMPED,  RTP_IN_ORDER,
                                               RTP_JUMPED,  RTP_RESTART,  RTP_IN_ORDER };
        struct rtp_source s = { 0 };

        feed(&s, seq, 7, want);
        assert_int_equal(rtp_source_expected(&s), 5); /* 100-102, 30001-30002 */
        assert_int_equal(rtp_source_lost(&s), 0);
}

static void test_another_sender_keeps_the_losses_of_the_first(void **state UNUSED)
{
        struct rtp_source s = { 0 };
        struct rtp_hdr a = hdr(1, 10, 0), b = hdr(2, 500, 0);

        rtp_source_seen(&s, &a, 0);
        a.seq = 15;
        rtp_source_seen(&s, &a, 0);
        assert_int_equal(rtp_source_seen(&s, &b, 0), RTP_RESTART);
        b.seq = 503;
        rtp_source_seen(&s, &b, 0);
        assert_int_equal(rtp_source_lost(&s), 4 + 2);
        assert_int_equal(s.ssrc, 2);
}

/* ---- jitter (A.8) ---- */

static void test_an_even_stream_has_no_jitter(void **state UNUSED)
{
        struct rtp_source s = { 0 };

        for (unsigned i = 0; i < 50; i++) {
                struct rtp_hdr h = hdr(1, (uint16_t)i, i * 160);

                rtp_source_seen(&s, &h, 77 + i * 160);
        }
        assert_int_equal(rtp_source_jitter(&s), 0);
}

/* J += (|D| - J) / 16, reckoned here with fractions. */
static void test_jitter_follows_the_formula(void **state UNUSED)
{
        static const int late[] = { 0, 80, 0, 160, 0, 40, 40, 200, 0, 0, 120 };
        struct rtp_source s = { 0 };
        double j = 0;

        for (unsigned i = 0; i < ARRAY_LEN(late); i++) {
                struct rtp_hdr h = hdr(1, (uint16_t)i, i * 160);
                int d = i ? late[i] - late[i - 1] : 0;

                rtp_source_seen(&s, &h, 5000 + i * 160 + (unsigned)late[i]);
                j += ((d < 0 ? -d : d) - j) / 16;
        }
        assert_in_range(rtp_source_jitter(&s), (uint32_t)j - 1, (uint32_t)j + 1);
        assert_true(rtp_source_jitter(&s) > 10);
}

/* One step of 160 units: the first sixteenth. */
static void test_jitter_of_one_step(void **state UNUSED)
{
        struct rtp_source s = { 0 };
        struct rtp_hdr h = hdr(1, 1, 0);

        rtp_source_seen(&s, &h, 0xFFFFFFF0u); /* the clock may wrap in between */
        h.seq++;
        h.ts += 160;
        rtp_source_seen(&s, &h, 0xFFFFFFF0u + 320);
        assert_int_equal(rtp_source_jitter(&s), 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_headers),
                cmocka_unit_test(test_an_extension_as_long_as_it_can_be),
                cmocka_unit_test(test_padding),
                cmocka_unit_test(test_rtcp_is_told_by_its_second_byte),
                cmocka_unit_test(test_losses),
                cmocka_unit_test(test_wrap),
                cmocka_unit_test(test_limits_of_order),
                cmocka_unit_test(test_a_jump_is_believed_the_second_time),
                cmocka_unit_test(test_another_sender_keeps_the_losses_of_the_first),
                cmocka_unit_test(test_an_even_stream_has_no_jitter),
                cmocka_unit_test(test_jitter_follows_the_formula),
                cmocka_unit_test(test_jitter_of_one_step),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
