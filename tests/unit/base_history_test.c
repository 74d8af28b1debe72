/* Rates over the last seconds and minutes. */
#include "platform/base/history.h"
#include "tests/support/test.h"

static void grow(struct history *h, uint64_t *now, uint64_t *v, uint64_t by, unsigned times)
{
        while (times--) {
                *now += HISTORY_STEP_MS;
                *v += by;
                history_add(h, *now, v);
        }
}

static void rates_are_those_of_the_last_readings(void **state)
{
        struct history *h = history_new(1);
        uint64_t now = 1000, v = 77;

        (void)state;
        assert_true(history_due(h, now));
        assert_int_equal(history_rate_milli(h, 0, 5), 0);
        history_add(h, now, &v);
        assert_false(history_due(h, now + HISTORY_STEP_MS - 1));
        assert_true(history_due(h, now + HISTORY_STEP_MS));
        assert_int_equal(history_rate_milli(h, 0, 5), 0);
        grow(h, &now, &v, 50, 12); /* ten a second for a minute */
        assert_int_equal(history_rate_milli(h, 0, 5), 10000);
        assert_int_equal(history_rate_milli(h, 0, 60), 10000);
        assert_int_equal(history_rate_milli(h, 0, 300), 10000); /* as long as there is */
        grow(h, &now, &v, 0, 12);
        assert_int_equal(history_rate_milli(h, 0, 5), 0);
        assert_int_equal(history_rate_milli(h, 0, 60), 0);
        assert_int_equal(history_rate_milli(h, 0, 300), 5000);
        history_free(h);
}

static void five_minutes_are_kept(void **state)
{
        struct history *h = history_new(1);
        uint64_t now = 0, v = 0;

        (void)state;
        grow(h, &now, &v, 500, 40);
        grow(h, &now, &v, 5, 200);
        assert_int_equal(history_rate_milli(h, 0, 300), 1000);
        assert_int_equal(history_rate_milli(h, 0, 100000), 1000);
        history_free(h);
}

/* Readings may come late. */
static void time_is_what_passed(void **state)
{
        struct history *h = history_new(1);
        uint64_t v = 0;

        (void)state;
        history_add(h, 0, &v);
        v = 100;
        history_add(h, 10000, &v);
        assert_int_equal(history_rate_milli(h, 0, 5), 10000);
        history_free(h);
}

static void a_counter_that_begins_anew_has_no_past(void **state)
{
        struct history *h = history_new(2);
        uint64_t v[2] = { 1000, 1000 }, now = 0;

        (void)state;
        for (unsigned i = 0; i < 5; i++) {
                history_add(h, now, v);
                now += HISTORY_STEP_MS;
                v[0] += 5;
                v[1] += 5;
        }
        v[0] = 3; /* began anew */
        history_add(h, now, v);
        assert_int_equal(history_rate_milli(h, 0, 60), 0);
        assert_int_equal(history_rate_milli(h, 1, 60), 1000);
        v[0] += 10;
        v[1] += 5;
        history_forget(h, 1);
        history_add(h, now + HISTORY_STEP_MS, v);
        assert_int_equal(history_rate_milli(h, 0, 60), 2000);
        assert_int_equal(history_rate_milli(h, 1, 60), 0);
        history_free(h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rates_are_those_of_the_last_readings),
                cmocka_unit_test(five_minutes_are_kept),
                cmocka_unit_test(time_is_what_passed),
                cmocka_unit_test(a_counter_that_begins_anew_has_no_past),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
