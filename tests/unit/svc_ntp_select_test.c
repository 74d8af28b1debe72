#include "tests/support/test.h"

#include "platform/svc/ntp_int.h"

#define MS 1000000ll

static struct ntp_candidate at(int64_t ms, int64_t dist_ms, unsigned stratum)
{
        return (struct ntp_candidate){
                .fit = true, .stratum = stratum, .target_ns = ms * MS, .dist_ns = dist_ms * MS
        };
}

static void one_is_believed(void **state)
{
        struct ntp_candidate c[] = { at(70000, 3, 2) };

        (void)state;
        assert_int_equal(ntp_select(c, 1, NTP_NOBODY), 0);
        assert_true(c[0].agrees);
        c[0].fit = false;
        assert_int_equal(ntp_select(c, 1, NTP_NOBODY), NTP_NOBODY);
        assert_int_equal(ntp_select(c, 0, NTP_NOBODY), NTP_NOBODY);
}

static void most_are_right(void **state)
{
        struct ntp_candidate c[] = { at(100, 10, 3), at(90000, 1, 1), at(110, 10, 2) };

        (void)state;
        assert_int_equal(ntp_select(c, 3, NTP_NOBODY), 2);
        assert_true(c[0].agrees && c[2].agrees);
        assert_false(c[1].agrees);
}

static void two_that_differ_are_both_doubted(void **state)
{
        struct ntp_candidate c[] = { at(0, 10, 1), at(1000, 10, 1) };

        (void)state;
        assert_int_equal(ntp_select(c, 2, NTP_NOBODY), NTP_NOBODY);
        assert_false(c[0].agrees || c[1].agrees);
        c[1].fit = false; /* one who has nothing to say is no witness */
        assert_int_equal(ntp_select(c, 2, NTP_NOBODY), 0);
}

/* Servers in the same room are sure of themselves to the microsecond, and differ by more. */
static void who_is_sure_is_granted_some_milliseconds(void **state)
{
        struct ntp_candidate c[] = { at(0, 0, 2), at(4, 0, 2) };

        (void)state;
        assert_int_not_equal(ntp_select(c, 2, NTP_NOBODY), NTP_NOBODY);
        assert_true(c[0].agrees && c[1].agrees);
}

static void nearer_to_the_root_is_better_and_preferred_is_best(void **state)
{
        struct ntp_candidate c[] = { at(0, 40, 3), at(1, 90, 2), at(2, 60, 2) };

        (void)state;
        assert_int_equal(ntp_select(c, 3, NTP_NOBODY), 2);
        c[0].prefer = true;
        assert_int_equal(ntp_select(c, 3, NTP_NOBODY), 0);
        c[0].target_ns = 5000 * MS; /* but not when it is wrong */
        assert_int_equal(ntp_select(c, 3, NTP_NOBODY), 2);
}

static void nobody_hops_for_a_little(void **state)
{
        struct ntp_candidate c[] = { at(0, 20, 2), at(1, 25, 2) };

        (void)state;
        assert_int_equal(ntp_select(c, 2, NTP_NOBODY), 0);
        assert_int_equal(ntp_select(c, 2, 1), 1);
        c[1].dist_ns = 40 * MS;
        assert_int_equal(ntp_select(c, 2, 1), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_is_believed),
                cmocka_unit_test(most_are_right),
                cmocka_unit_test(two_that_differ_are_both_doubted),
                cmocka_unit_test(who_is_sure_is_granted_some_milliseconds),
                cmocka_unit_test(nearer_to_the_root_is_better_and_preferred_is_best),
                cmocka_unit_test(nobody_hops_for_a_little),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
