#include "tests/support/test.h"

#include "platform/base/clock.h"

static void virtual_time_moves_only_when_told(void **state)
{
        struct clock_virtual v = { .mono = 5000000, .wall = 1500000000000000000 };
        struct clock c = clock_of_virtual(&v);

        (void)state;
        assert_int_equal(clock_mono_ms(&c), 5);
        assert_int_equal(clock_wall_s(&c), 1500000000);
        clock_advance_ms(&v, 2500);
        assert_int_equal(clock_mono_ms(&c), 2505);
        assert_int_equal(clock_wall_s(&c), 1500000002);
        assert_int_equal(clock_mono_ms(&c), 2505);
}

static void system_time_does_not_go_back(void **state)
{
        uint64_t a = clock_system.mono_ns(clock_system.ctx), b = clock_system.mono_ns(clock_system.ctx);

        (void)state;
        assert_true(b >= a);
        assert_true(clock_wall_s(&clock_system) > 1700000000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(virtual_time_moves_only_when_told),
                cmocka_unit_test(system_time_does_not_go_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
