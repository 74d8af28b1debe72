#include "tests/support/test.h"

#include "platform/base/log.h"

static void levels(void **state)
{
        static const char *const bad[] = { "", "8", "-1", "e", "66", "x", "informationals", "none" };
        int level = 99;

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                if (log_level_parse(bad[i], &level))
                        fail_msg("\"%s\" is taken", bad[i]);
        assert_int_equal(level, 99);
        for (int i = 0; i < 8; i++) {
                char digit[2] = { (char)('0' + i), 0 };

                assert_true(log_level_parse(digit, &level) && level == i);
                assert_true(log_level_parse(log_level_name(i), &level) && level == i);
        }
        assert_true(log_level_parse("em", &level) && level == LOG_L_EMERG);
        assert_true(log_level_parse("er", &level) && level == LOG_L_ERR);
        assert_true(log_level_parse("INF", &level) && level == LOG_L_INFO);
        assert_string_equal(log_level_name(7), "debugging");
        assert_string_equal(log_level_name(LOG_L_NONE), "none");
        assert_string_equal(log_level_name(8), "none");
}

/* The table is data that anybody may extend: only the placeholders the formatter knows, sorted, a number's first row
 * is the one that it is found by. */
static void the_table_is_sound(void **state)
{
        unsigned first = 0;

        (void)state;
        for (unsigned m = 0; m < LOG_MSGS; m++) {
                const struct log_def *d = log_def_of(m);

                if (m)
                        assert_true(d->id >= log_def_of(m - 1)->id);
                assert_in_range(d->id, 100000, 999999);
                assert_in_range(d->level, 0, 7);
                for (const char *p = d->text; (p = strchr(p, '%')); p += 2)
                        if (!p[1] || !strchr("suxat", p[1]))
                                fail_msg("%u: unknown placeholder in \"%s\"", d->id, d->text);
                assert_true(strlen(d->text) < 300);
                assert_null(strchr(d->text, '\n'));
                assert_int_equal(log_find_id(d->id), m && d->id == log_def_of(m - 1)->id ? first : (first = m));
        }
        assert_int_equal(log_find_id(999999), -1);
        assert_int_equal(log_def_of(LOG_302013)->level, 6);
}

static void defaults(void **state)
{
        struct log_conf c;

        (void)state;
        memset(&c, 0xff, sizeof c);
        log_conf_init(&c);
        assert_false(c.enable || c.timestamp || c.debug_trace);
        assert_int_equal(c.buffer_size, 4096);
        assert_int_equal(c.facility, 20);
        assert_string_equal(c.device_id, "");
        for (unsigned i = 0; i < LOG_DESTS; i++)
                assert_int_equal(c.dest[i].level, LOG_L_NONE);
        assert_int_equal(c.nlists + c.noverrides, 0);
}

static void debug_families_have_names(void **state)
{
        (void)state;
        for (unsigned f = 0; f < DBG_FAMILIES; f++)
                assert_string_not_equal(debug_family_name(f), "unknown");
        assert_string_equal(debug_family_name(DBG_FAMILIES), "unknown");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(levels),
                cmocka_unit_test(the_table_is_sound),
                cmocka_unit_test(defaults),
                cmocka_unit_test(debug_families_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
