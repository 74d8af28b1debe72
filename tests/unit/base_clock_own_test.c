#include "tests/support/test.h"

#include "platform/base/clock_own.h"

#define S 1000000000ll
#define START 1700000000

struct world {
        struct clock_virtual v;
        struct clock host, clk;
        struct clock_own own;
};

static void begin(struct world *w)
{
        w->v = (struct clock_virtual){ .mono = 5 * S, .wall = START * S };
        w->host = clock_of_virtual(&w->v);
        clock_own_init(&w->own, &w->host);
        w->clk = clock_of_own(&w->own);
}

static void it_is_the_hosts_until_it_is_set(void **state)
{
        struct world w;

        (void)state;
        begin(&w);
        assert_int_equal(clock_wall_s(&w.clk), START);
        assert_int_equal(clock_own_source(&w.own), CLOCK_HOST);
        clock_own_step(&w.own, -3600 * S, CLOCK_USER);
        assert_int_equal(clock_wall_s(&w.clk), START - 3600);
        assert_int_equal(clock_wall_s(&w.host), START);
        assert_int_equal(clock_own_source(&w.own), CLOCK_USER);
        assert_int_equal(clock_own_steps(&w.own), 1);
        clock_own_fini(&w.own);
}

static void monotonic_time_never_knows(void **state)
{
        struct world w;

        (void)state;
        begin(&w);
        clock_own_step(&w.own, -1000000 * S, CLOCK_NTP);
        assert_int_equal(w.clk.mono_ns(w.clk.ctx), 5 * S);
        clock_own_slew(&w.own, S, CLOCK_NTP);
        clock_advance_ms(&w.v, 10);
        assert_int_equal(w.clk.mono_ns(w.clk.ctx), 5 * S + 10000000);
        clock_own_fini(&w.own);
}

/* 10 ms take 20 s, in either direction; on the way back the clock still goes on. */
static void a_slew_takes_its_time(void **state)
{
        struct world w;

        (void)state;
        for (int sign = -1; sign <= 1; sign += 2) {
                int64_t before;

                begin(&w);
                clock_own_slew(&w.own, sign * 10000000ll, CLOCK_NTP);
                assert_int_equal(clock_own_offset(&w.own), 0);
                before = w.clk.wall_ns(w.clk.ctx);
                clock_advance_ms(&w.v, 1);
                assert_true(w.clk.wall_ns(w.clk.ctx) > before);
                clock_advance_ms(&w.v, 9999);
                assert_int_equal(clock_own_offset(&w.own), sign * 5000000ll);
                assert_int_equal(clock_own_rest(&w.own), sign * 5000000ll);
                clock_advance_ms(&w.v, 10000);
                assert_int_equal(clock_own_offset(&w.own), sign * 10000000ll);
                clock_advance_ms(&w.v, 100000);
                assert_int_equal(clock_own_offset(&w.own), sign * 10000000ll);
                assert_int_equal(clock_own_steps(&w.own), 0);
                clock_own_fini(&w.own);
        }
}

static void a_new_slew_begins_where_the_clock_is(void **state)
{
        struct world w;

        (void)state;
        begin(&w);
        clock_own_slew(&w.own, 10000000, CLOCK_NTP);
        clock_advance_ms(&w.v, 10000);
        clock_own_slew(&w.own, 1000000, CLOCK_NTP);
        assert_int_equal(clock_own_offset(&w.own), 5000000);
        assert_int_equal(clock_own_rest(&w.own), -4000000);
        clock_advance_ms(&w.v, 8000);
        assert_int_equal(clock_own_offset(&w.own), 1000000);
        clock_own_step(&w.own, 7, CLOCK_NTP);
        assert_int_equal(clock_own_offset(&w.own), 7);
        assert_int_equal(clock_own_rest(&w.own), 0);
        clock_own_fini(&w.own);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_is_the_hosts_until_it_is_set),
                cmocka_unit_test(monotonic_time_never_knows),
                cmocka_unit_test(a_slew_takes_its_time),
                cmocka_unit_test(a_new_slew_begins_where_the_clock_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
