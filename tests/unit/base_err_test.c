#include "tests/support/test.h"

#include "platform/base/err.h"

static void fills_code_and_text(void **state)
{
        struct err e = { 0 };

        (void)state;
        assert_int_equal(err_set(&e, ERR_RANGE, "port %d is outside 1-%d", 70000, 65535), -1);
        assert_int_equal(e.code, ERR_RANGE);
        assert_string_equal(e.text, "port 70000 is outside 1-65535");
        assert_int_equal(err_nomem(&e, "compiling"), -1);
        assert_int_equal(e.code, ERR_NOMEM);
        assert_string_equal(e.text, "out of memory while compiling");
}

static void takes_null_and_long_text(void **state)
{
        struct err e;
        char text[1000];

        (void)state;
        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = 0;
        assert_int_equal(err_set(NULL, ERR_IO, "%s", text), -1);
        assert_int_equal(err_set(&e, ERR_IO, "%s", text), -1);
        assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void every_code_has_a_name(void **state)
{
        (void)state;
        for (int c = ERR_NONE; c <= ERR_STATE; c++)
                assert_string_not_equal(err_code_name(c), "unknown error");
        assert_string_equal(err_code_name(999), "unknown error");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fills_code_and_text),
                cmocka_unit_test(takes_null_and_long_text),
                cmocka_unit_test(every_code_has_a_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
