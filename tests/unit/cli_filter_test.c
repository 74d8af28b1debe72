#include "tests/support/test.h"

#include "cli/term/filter.h"

struct row {
        const char *spec, *line;
        bool pass;
};

static void rows_pass_or_not(void **state UNUSED)
{
        static const struct row rows[] = {
                { "include acl", "access-list acl", true },
                { "include acl", "route", false },
                { "inc ^route", "route x", true },
                { "i ^route", " route", false },
                { "exclude a|b", "xbx", false },
                { "exclude a|b", "xcx", true },
                { "grep tcp", "tcp any", true },
                { "grep -v tcp", "tcp any", false },
                { "grep -v tcp", "udp any", true },
                { "include a b", "a b", true },
                { "include a b", "ab", false },
                { "include [0-9]{3}$", "port 443", true },
                { "INCLUDE x", "x", true },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct filter f;

                assert_int_equal(filter_init(&f, rows[i].spec, NULL), 0);
                if (filter_pass(&f, rows[i].line) != rows[i].pass)
                        fail_msg("%s / %s", rows[i].spec, rows[i].line);
                filter_fini(&f);
        }
}

static void begin_shows_everything_behind(void **state UNUSED)
{
        struct filter f;

        assert_int_equal(filter_init(&f, "begin two", NULL), 0);
        assert_false(filter_pass(&f, "one"));
        assert_true(filter_pass(&f, "two"));
        assert_true(filter_pass(&f, "three"));
        filter_fini(&f);
}

static void refused_with_a_reason(void **state UNUSED)
{
        static const char *const bad[] = { "",          "include",     "include ",        "frobnicate x", "include [",
                                           "include (", "include \\1", "include a{99}{99}", "in\\" };
        char big[FILTER_PATTERN_MAX + 32] = "include ";
        struct filter f;
        struct err e;

        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                e.text[0] = 0;
                assert_int_equal(filter_init(&f, bad[i], &e), -1);
                assert_true(e.text[0]);
                filter_fini(&f);
        }
        memset(big + 8, 'a', FILTER_PATTERN_MAX + 1);
        assert_int_equal(filter_init(&f, big, &e), -1);
        big[8 + FILTER_PATTERN_MAX] = 0;
        assert_int_equal(filter_init(&f, big, &e), 0);
        filter_fini(&f);
}

static const char *spec_of(const char *line)
{
        const char *spec;
        size_t n;

        filter_split(line, &n, &spec);
        assert_true(spec ? line[n] == '|' : !line[n]);
        return spec ? spec : "";
}

static void other_commands_that_print_are_split(void **state UNUSED)
{
        assert_string_equal(spec_of("write terminal | include x"), " include x");
        assert_string_equal(spec_of("wr t|i x"), "i x");
        assert_string_equal(spec_of("more disk0:/a | b x"), " b x");
        assert_string_equal(spec_of("dir|i x"), "i x");
        assert_string_equal(spec_of("packet-tracer input a icmp 1.1.1.1 8 0 2.2.2.2 | i x"), " i x");
        assert_string_equal(spec_of("write memory | include x"), "");
        assert_string_equal(spec_of("write | include x"), "");
        assert_string_equal(spec_of("w t | include x"), "");
        assert_string_equal(spec_of("di | include x"), "");
        assert_string_equal(spec_of("terminal | x"), "");
}

static void only_show_and_more_are_split(void **state UNUSED)
{
        const char *spec;
        size_t n;

        filter_split("show run | include x|y", &n, &spec);
        assert_int_equal(n, 9);
        assert_string_equal(spec, " include x|y");
        filter_split("  sh ver|b up", &n, &spec);
        assert_string_equal(spec, "b up");
        filter_split("description a | b", &n, &spec);
        assert_null(spec);
        filter_split("show x \"a|b\"", &n, &spec);
        assert_null(spec);
        filter_split("s | i x", &n, &spec);
        assert_null(spec);
        filter_split("", &n, &spec);
        assert_null(spec);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_pass_or_not),
                cmocka_unit_test(begin_shows_everything_behind),
                cmocka_unit_test(refused_with_a_reason),
                cmocka_unit_test(only_show_and_more_are_split),
                cmocka_unit_test(other_commands_that_print_are_split),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
