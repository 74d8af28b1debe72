#include "tests/support/test.h"

#include "platform/base/log_int.h"

static const char *format(const char *fmt, const struct log_rec *r, char *out, size_t cap)
{
        struct wbuf w = wbuf_of(out, cap);

        log_format_text(&w, fmt, r);
        return wbuf_text(&w);
}

/* A record cut anywhere: arguments that are whole print, the others are a question mark. */
static void every_cut_of_a_record_is_safe(void **state)
{
        struct addr a = addr_v4(0x0a000001);
        const struct log_arg args[] = { LS("inside"), LA(&a), LU(5061), LX(255), LD(61000) };
        static const struct {
                uint16_t len;
                const char *text;
        } row[] = { { 0, "? ? ? ? ?" },
                    { 8, "? ? ? ? ?" },
                    { 9, "inside ? ? ? ?" },
                    { 26, "inside ? ? ? ?" },
                    { 27, "inside 10.0.0.1 ? ? ?" },
                    { 36, "inside 10.0.0.1 5061 ? ?" },
                    { 45, "inside 10.0.0.1 5061 0xff ?" },
                    { 54, "inside 10.0.0.1 5061 0xff 0:01:01" } };
        struct log_rec r = { 0 };
        char out[200];

        (void)state;
        log_pack(&r, args, ARRAY_LEN(args));
        assert_int_equal(r.len, 54);
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                r.len = row[i].len;
                assert_string_equal(format("%s %a %u %x %t", &r, out, sizeof out), row[i].text);
        }
        for (r.len = 0; r.len < 60; r.len++)
                format("%s %a %u %x %t %s", &r, out, sizeof out);
}

static void odd_formats_are_safe(void **state)
{
        const struct log_arg args[] = { LU(1), LU(2) };
        struct log_rec r = { 0 };
        char out[200];

        (void)state;
        log_pack(&r, args, ARRAY_LEN(args));
        assert_string_equal(format("", &r, out, sizeof out), "");
        assert_string_equal(format("100%", &r, out, sizeof out), "100");
        assert_string_equal(format("%z %u", &r, out, sizeof out), "? 2");
}

static void a_small_buffer_is_enough_for_safety(void **state)
{
        const struct log_arg args[] = { LS("0123456789"), LU(7) };
        struct log_rec r = { 0 };
        char out[64];

        (void)state;
        log_pack(&r, args, ARRAY_LEN(args));
        for (size_t cap = 0; cap <= sizeof out; cap++) {
                memset(out, '#', sizeof out);
                format("<%s> %u", &r, out, cap);
                for (size_t i = cap; i < sizeof out; i++)
                        assert_int_equal(out[i], '#');
        }
        assert_string_equal(out, "<0123456789> 7");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_cut_of_a_record_is_safe),
                cmocka_unit_test(odd_formats_are_safe),
                cmocka_unit_test(a_small_buffer_is_enough_for_safety),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
