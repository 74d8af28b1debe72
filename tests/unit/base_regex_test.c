/* Regular expressions: what they match (the C library's as the yardstick), what is refused, what they may cost. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/regex.h"
#include "tests/support/test.h"

static bool matches(const char *pattern, const char *text)
{
        struct err e = { 0 };
        struct regex *r = regex_new(pattern, &e);
        bool hit;

        if (!r)
                fail_msg("%s: %s", pattern, e.text);
        hit = regex_match(r, text, strlen(text));
        regex_free(r);
        return hit;
}

static bool reference(const char *pattern, const char *text)
{
        regex_t re;
        bool hit;

        if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
                fail_msg("the C library refuses %s", pattern);
        hit = !regexec(&re, text, 0, NULL, 0);
        regfree(&re);
        return hit;
}

static void matches_what_the_library_matches(void **state UNUSED)
{
        static const char *const patterns[] = {
                "a",
                "^a",
                "a$",
                "^$",
                "^ab*c$",
                "a|b",
                "^(a|bc)+$",
                "a.c",
                "[abc]x",
                "[^abc]x",
                "[a-c]+$",
                "[]a]b",
                "[a-]b",
                "[^]]",
                "a{2}",
                "^a{2,}$",
                "^a{1,3}b",
                "(ab){2}c",
                "a{0}b",
                "(a|b)*c$",
                "((a+)+)+$",
                "\\.",
                "\\(a\\)",
                "(^a|b$)",
                "x*",
                "()",
                "(|a)b",
                "a?b?c?$",
                "[[:digit:]]",
                "[[:alpha:]]+b",
                "^[[:space:]]",
                "(a*)*b",
                "(a|ab)(c|bcd)$",
                "[0-9]{3}$",
                "a{0,2}b$",
                "^(ab|a)(b|)$",
                "a{2}{2}",
        };
        static const char *const texts[] = { "",     "a",     "b",        "ab", "abc",  "aab", "aaab",    "aaaa",
                                             "abab", "ababc", "bcbc",     "ax", "dx",   "]b",  "-b",      "a.c",
                                             "a(a)", "1a",    "port 443", " x", "abcd", "cab", "aaaaaaab" };

        for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
                for (size_t k = 0; k < ARRAY_LEN(texts); k++)
                        if (matches(patterns[i], texts[k]) != reference(patterns[i], texts[k]))
                                fail_msg("/%s/ on \"%s\"", patterns[i], texts[k]);
}

/* Random expressions of a small alphabet against the library. */
static void random_expressions_agree(void **state UNUSED)
{
        static const char *const piece[] = { "a", "b", "c", ".", "[ab]", "[^a]", "(ab)", "(a|b)", "(c|)", "^", "$" };
        static const char *const times[] = { "", "", "", "*", "+", "?", "{2}", "{1,2}" };
        uint64_t x = 88172645463325252u;
#define NEXT(n) ((unsigned)((x ^= x << 13, x ^= x >> 7, x ^= x << 17) % (n)))
        for (unsigned round = 0; round < 3000; round++) {
                char pattern[128] = "", text[16] = "";
                unsigned n = 1 + NEXT(5), len = NEXT(8);

                for (unsigned i = 0; i < n; i++) {
                        unsigned k = NEXT(ARRAY_LEN(piece));

                        strcat(pattern, piece[k]);
                        strcat(pattern, k < ARRAY_LEN(piece) - 2 ? times[NEXT(ARRAY_LEN(times))] : "");
                        strcat(pattern, i + 1 < n && !NEXT(6) ? "|" : "");
                }
                for (unsigned i = 0; i < len; i++)
                        text[i] = (char)('a' + NEXT(3));
                if (matches(pattern, text) != reference(pattern, text))
                        fail_msg("/%s/ on \"%s\"", pattern, text);
        }
}

static void escapes(void **state UNUSED)
{
        assert_true(matches("\\x41\\t", "A\t"));
        assert_false(matches("\\x41", "x41"));
        assert_true(matches("a\\|b", "a|b"));
        assert_true(matches("\\\\", "\\"));
        assert_true(matches("a)b", "a)b")); /* nothing opened it */
        assert_true(matches(".", "\x80"));
        assert_false(matches("[[:alpha:]]", "\xe4"));
}

static void a_zero_byte_is_a_character(void **state UNUSED)
{
        struct regex *r = regex_new("a.b$", NULL);

        assert_true(regex_match(r, "a\0b", 3));
        assert_false(regex_match(r, "a\0b", 2));
        regex_free(r);
}

static void refused(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "(", "( without )" },
                { "(a", "( without )" },
                { "[", "[ without ]" },
                { "[a", "[ without ]" },
                { "[b-a]", "range ends" },
                { "[[:nope:]]", "unknown character class" },
                { "*", "nothing to repeat" },
                { "a|*", "nothing to repeat" },
                { "a{", "count without" },
                { "a{2", "{ without }" },
                { "a{3,2}", "count ends" },
                { "a{256}", "more than 255" },
                { "a{99999999999}", "more than 255" },
                { "\\1", "back references" },
                { "a\\", "ends in" },
                { "(a{99}){99}", "too complex" },
                { "((((a{9}){9}){9}){9}){9}", "too complex" },
        };
        char deep[512] = "";

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { 0 };

                assert_null(regex_new(rows[i][0], &e));
                if (!strstr(e.text, rows[i][1]))
                        fail_msg("%s: %s", rows[i][0], e.text);
        }
        for (int i = 0; i < 200; i++)
                strcat(deep, "(");
        assert_null(regex_new(deep, NULL));
}

/* What doubled the library's tree with each level: here it costs a few states. */
static void nested_repetition_costs_nothing(void **state UNUSED)
{
        uint64_t before = mem_live_blocks();
        char pattern[512] = "", text[4096];
        struct regex *r;

        for (int i = 0; i < 90; i++)
                strcat(pattern, "(");
        strcat(pattern, "a");
        for (int i = 0; i < 90; i++)
                strcat(pattern, ")+");
        strcat(pattern, "b");
        r = regex_new(pattern, NULL);
        assert_non_null(r);
        memset(text, 'a', sizeof text);
        assert_false(regex_match(r, text, sizeof text));
        text[sizeof text - 1] = 'b';
        assert_true(regex_match(r, text, sizeof text));
        text[sizeof text - 1] = 'a';
        regex_free(r);
        r = regex_new("((((((a*)*)*)*)*)*)*b", NULL);
        assert_non_null(r);
        assert_false(regex_match(r, text, sizeof text));
        regex_free(r);
        assert_int_equal(mem_live_blocks(), before);
}

static void memory_may_run_out(void **state UNUSED)
{
        for (uint64_t n = 1;; n++) {
                struct regex *r;

                mem_fail_nth(n, false);
                r = regex_new("a(b|c)*", NULL);
                mem_fail_nth(0, false);
                regex_free(r);
                if (r)
                        break;
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(matches_what_the_library_matches),
                cmocka_unit_test(random_expressions_agree),
                cmocka_unit_test(escapes),
                cmocka_unit_test(a_zero_byte_is_a_character),
                cmocka_unit_test(refused),
                cmocka_unit_test(nested_repetition_costs_nothing),
                cmocka_unit_test(memory_may_run_out),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
