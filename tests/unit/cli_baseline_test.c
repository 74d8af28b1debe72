/* What `clear ... counters` remembers: from where a value is counted, by kind and number. */
#include "tests/support/test.h"

#include "cli/box/baseline.h"

static void set(struct baselines *b, enum baseline_kind kind, uint64_t id, uint64_t first, uint64_t second)
{
        assert_int_equal(baseline_set(b, kind, id, (const uint64_t[BASELINE_VALUES]){ first, second }), 0);
}

/* In whatever order the numbers come. */
static void each_number_has_its_own(void **state UNUSED)
{
        struct baselines *b = baselines_new();

        for (uint64_t i = 0; i < 1000; i++)
                set(b, BASE_ACE, i * 7919 % 1000 * 2, i, 2 * i);
        for (uint64_t i = 0; i < 1000; i++) {
                uint64_t id = i * 7919 % 1000 * 2;

                assert_int_equal(baseline_sub(b, BASE_ACE, id, 0, 5000), 5000 - i);
                assert_int_equal(baseline_sub(b, BASE_ACE, id, 1, 5000), 5000 - 2 * i);
                assert_int_equal(baseline_sub(b, BASE_ACE, id + 1, 0, 5000), 5000); /* not cleared */
                assert_int_equal(baseline_sub(b, BASE_NAT, id, 0, 5000), 5000);
        }
        set(b, BASE_ACE, 4, 4999, 0); /* once more */
        assert_int_equal(baseline_sub(b, BASE_ACE, 4, 0, 5000), 1);
        baselines_free(b);
}

/* What counts anew from nothing (its object was made again) is below what was remembered. */
static void nothing_is_below_nought(void **state UNUSED)
{
        struct baselines *b = baselines_new();

        set(b, BASE_IFACE, 1, 100, 0);
        assert_int_equal(baseline_sub(b, BASE_IFACE, 1, 0, 100), 0);
        assert_int_equal(baseline_sub(b, BASE_IFACE, 1, 0, 7), 0);
        assert_int_equal(baseline_sub(b, BASE_IFACE, 1, 0, 101), 1);
        baselines_free(b);
}

static void who_and_when(void **state UNUSED)
{
        struct baselines *b = baselines_new();
        char who[65];

        assert_int_equal(baseline_when(b, BASE_DROP, who), 0);
        assert_string_equal(who, "");
        baseline_mark(b, BASE_DROP, 77, "admin");
        assert_int_equal(baseline_when(b, BASE_DROP, who), 77);
        assert_string_equal(who, "admin");
        assert_int_equal(baseline_when(b, BASE_ACE, who), 0);
        baselines_free(b);
        baselines_free(NULL);
        assert_int_equal(baseline_sub(NULL, BASE_ACE, 1, 0, 9), 9); /* a box without */
        assert_int_equal(baseline_set(NULL, BASE_ACE, 1, (const uint64_t[BASELINE_VALUES]){ 0 }), 0);
        assert_int_equal(baseline_when(NULL, BASE_ACE, who), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(each_number_has_its_own),
                                            cmocka_unit_test(nothing_is_below_nought),
                                            cmocka_unit_test(who_and_when) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
