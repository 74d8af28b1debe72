#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"

static void numbers(void **state)
{
        static const char *const bad[] = { "",
                                           " 1",
                                           "1 ",
                                           "+1",
                                           "-1",
                                           "0x1",
                                           "1.0",
                                           "65536",
                                           "a",
                                           "18446744073709551616",
                                           "99999999999999999999999",
                                           "9" };
        uint64_t v = 7;
        uint32_t u = 7;

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                if (str_u64(bad[i], 10, 65535, &v) || str_u32(bad[i], 10, 65535, &u))
                        fail_msg("\"%s\" is taken", bad[i]);
        assert_int_equal(v, 7);
        assert_int_equal(u, 7);
        assert_true(str_u32("10", 10, 65535, &u) && u == 10);
        assert_true(str_u32("0065535", 10, 65535, &u) && u == 65535);
        assert_true(str_u32("4294967295", 0, UINT32_MAX, &u) && u == UINT32_MAX);
        assert_true(str_u64("18446744073709551615", 0, UINT64_MAX, &v) && v == UINT64_MAX);
}

static void bounded_copy(void **state)
{
        char out[4] = "zzz";

        (void)state;
        assert_true(str_copy(out, sizeof out, "abc"));
        assert_string_equal(out, "abc");
        assert_false(str_copy(out, sizeof out, "abcd"));
        assert_string_equal(out, "");
        assert_false(str_copy(out, 0, ""));
}

static void check_escape(const char *in, size_t n, size_t cap, const char *want)
{
        char *out = malloc(cap);

        assert_string_equal(str_escape(out, cap, in, n), want);
        free(out);
}
#define ESCAPE(in, cap, want) check_escape(in, sizeof(in) - 1, cap, want)

static void escapes_what_a_terminal_would_obey(void **state)
{
        (void)state;
        ESCAPE("plain text", 64, "plain text");
        ESCAPE("a\r\nb\x1b[2J\x7f", 64, "a\\x0d\\x0ab\\x1b[2J\\x7f");
        ESCAPE("nul\0in", 64, "nul\\x00in");
        ESCAPE("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\x9e", 64,
               "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\x9e");
        ESCAPE("\xc2\x9b"
               "2J",
               64, "\\xc2\\x9b2J"); /* CSI as one character */
        ESCAPE("\xff\xfe", 64, "\\xff\\xfe");
        ESCAPE("\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", 99,
               "\\xc0\\xaf \\xe0\\x80\\xaf \\xf0\\x80\\x80\\xaf"); /* overlong */
        ESCAPE("\xed\xa0\x80", 64, "\\xed\\xa0\\x80");             /* surrogate */
        ESCAPE("\xf4\x90\x80\x80\xf5", 64, "\\xf4\\x90\\x80\\x80\\xf5");
        ESCAPE("\xe2\x82", 64, "\\xe2\\x82"); /* cut in the middle */
        ESCAPE("", 1, "");
}

static void cuts_with_dots(void **state)
{
        (void)state;
        ESCAPE("12345678", 9, "12345678");
        ESCAPE("12345678", 8, "1234...");
        ESCAPE("1234\n", 8, "1234...");
        ESCAPE("\n\n", 8, "\\x0a...");
        ESCAPE("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 8, "\xc3\xbc\xc3\xbc...");
        ESCAPE("12345678", 4, "...");
        ESCAPE("12345678", 3, "..");
        ESCAPE("12345678", 1, "");
}

static void prefixes(void **state)
{
        (void)state;
        assert_true(str_prefix_ci("GigabitEthernet", "gig"));
        assert_true(str_prefix_ci("gig", "GIG"));
        assert_true(str_prefix_ci("gig", ""));
        assert_false(str_prefix_ci("gig", "giga"));
        assert_false(str_prefix_ci("gig", "gag"));
}

static void durations(void **state)
{
        static const char *const bad[] = { "",   "30",    "1:60",     "1:00:60",  "1:60:00",  "1:2:3:4",      ":30",
                                           "1:", "1::30", "-1:00:00", "1:00:00 ", "0:00:0x1", "1193047:00:00" };
        char text[24];
        uint32_t s = 7;

        (void)state;
        assert_string_equal(str_duration(text, 0), "0:00:00");
        assert_string_equal(str_duration(text, 3723), "1:02:03");
        assert_string_equal(str_duration(text, 360000), "100:00:00");
        assert_string_equal(str_duration(text, UINT64_MAX), "5124095576030431:00:15");
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                if (str_parse_duration(bad[i], &s))
                        fail_msg("\"%s\" is taken", bad[i]);
        assert_int_equal(s, 7);
        assert_true(str_parse_duration("1:02:03", &s) && s == 3723);
        assert_true(str_parse_duration("0:00:00", &s) && s == 0);
        assert_true(str_parse_duration("02:30", &s) && s == 150);
        assert_true(str_parse_duration("1193:0:0", &s) && s == 1193 * 3600);
}

static void constant_time_equal(void **state)
{
        (void)state;
        assert_true(str_ct_eq("abc", "abc", 3));
        assert_false(str_ct_eq("abc", "abd", 3));
        assert_false(str_ct_eq("bbc", "abc", 3));
        assert_true(str_ct_eq("x", "y", 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers),
                cmocka_unit_test(bounded_copy),
                cmocka_unit_test(escapes_what_a_terminal_would_obey),
                cmocka_unit_test(cuts_with_dots),
                cmocka_unit_test(prefixes),
                cmocka_unit_test(durations),
                cmocka_unit_test(constant_time_equal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
