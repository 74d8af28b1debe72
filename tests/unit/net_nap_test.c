#include "platform/net/nap.h"
#include "tests/support/test.h"

#define MS 1000000ull

static struct nap n;
static uint64_t now;

static int start(void **state)
{
        (void)state;
        n = (struct nap){ 0 };
        now = 1000 * MS;
        nap_begin(&n, now, now); /* the first window ends the time before the start */
        return 0;
}

/* A window in which so many packets came, looked at so many times; what is said at its end. */
static uint64_t window(unsigned pkts, unsigned looks)
{
        for (unsigned i = 0; i < looks; i++)
                nap_begin(&n, now, now);
        n.handled += pkts;
        now += NAP_WINDOW_NS;
        return nap_begin(&n, now, now);
}

static void test_quiet_times_wake_for_each_frame(void **state)
{
        (void)state;
        assert_int_equal(window(0, 1), 0);
        assert_int_equal(window(NAP_MIN_PKTS - 1, 1), 0);
}

static void test_a_few_thousand_packets_share_wake_ups(void **state)
{
        (void)state;
        assert_int_equal(window(NAP_MIN_PKTS, 1), NAP_MAX_NS);
        assert_int_equal(window(100, 8), NAP_PKTS * NAP_WINDOW_NS / 100);
}

static void test_a_long_window_is_no_high_rate(void **state)
{
        (void)state;
        n.handled = NAP_MIN_PKTS;
        now += 10 * NAP_WINDOW_NS;
        assert_int_equal(nap_begin(&n, now, now), 0);
}

static void test_rests_are_short_where_frames_are_dense(void **state)
{
        (void)state;
        assert_int_equal(window(400, 1), NAP_MIN_NS);   /* 100,000 a second */
        assert_int_equal(window(1000, 9), NAP_FULL_NS); /* 250,000 a second */
}

static void test_time_spent_working_is_no_rest(void **state)
{
        (void)state;
        window(NAP_MIN_PKTS, 1);
        assert_int_equal(nap_begin(&n, now - 100000, now), NAP_MAX_NS - 100000);
        assert_int_equal(nap_begin(&n, now - 2 * NAP_MAX_NS, now), NAP_MAX_NS / 2);
}

static void test_it_stops_at_once_when_traffic_does(void **state)
{
        (void)state;
        assert_true(window(100, 1) > 0);
        assert_int_equal(window(0, 8), 0);
}

/* One who waits for each answer before he goes on would only be slowed down. */
static void test_rests_that_gather_nothing_are_given_up(void **state)
{
        uint64_t off;

        (void)state;
        assert_true(window(100, 1) > 0);
        assert_int_equal(window(40, 40), 0); /* a packet for each */
        for (off = 0; window(100, 1) == 0; off += NAP_WINDOW_NS)
                assert_true(off < 2ull * NAP_OFF_NS);
        assert_in_range(off, NAP_OFF_NS - 2 * NAP_WINDOW_NS, NAP_OFF_NS + NAP_WINDOW_NS);
}

static void test_streams_of_our_own_are_not_kept_waiting(void **state)
{
        (void)state;
        n.punted = 100 / NAP_PUNTED;
        assert_true(window(100, 1) > 0);
        n.punted = 100 / NAP_PUNTED + 1;
        assert_int_equal(window(100, 1), 0);
        assert_true(window(100, 1) > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_quiet_times_wake_for_each_frame, start),
                cmocka_unit_test_setup(test_a_few_thousand_packets_share_wake_ups, start),
                cmocka_unit_test_setup(test_a_long_window_is_no_high_rate, start),
                cmocka_unit_test_setup(test_rests_are_short_where_frames_are_dense, start),
                cmocka_unit_test_setup(test_time_spent_working_is_no_rest, start),
                cmocka_unit_test_setup(test_it_stops_at_once_when_traffic_does, start),
                cmocka_unit_test_setup(test_streams_of_our_own_are_not_kept_waiting, start),
                cmocka_unit_test_setup(test_rests_that_gather_nothing_are_given_up, start),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
