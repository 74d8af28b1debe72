#include "tests/support/test.h"

#include "platform/base/rng.h"

static int no_randomness(void *ctx, void *out, size_t n)
{
        (void)ctx;
        (void)out;
        (void)n;
        return -1;
}

static const struct rng broken = { .fill = no_randomness };

static void system_source_fills(void **state)
{
        uint8_t a[600] = { 0 }, b[600] = { 0 };

        (void)state;
        assert_int_equal(rng_fill(&rng_system, a, sizeof a), 0);
        assert_int_equal(rng_fill(&rng_system, b, sizeof b), 0);
        assert_memory_not_equal(a, b, sizeof a);
        assert_memory_not_equal(a + 568, (uint8_t[32]){ 0 }, 32);
        assert_int_equal(rng_fill(&rng_system, a, 0), 0);
}

static void fixed_source_repeats(void **state)
{
        struct rng_fixed f1 = { 7 }, f2 = { 7 }, f3 = { 8 };
        struct rng r1 = rng_of_fixed(&f1), r2 = rng_of_fixed(&f2), r3 = rng_of_fixed(&f3);
        uint8_t a[29], b[29], c[29];

        (void)state;
        rng_fill(&r1, a, sizeof a);
        rng_fill(&r2, b, sizeof b);
        rng_fill(&r3, c, sizeof c);
        assert_memory_equal(a, b, sizeof a);
        assert_memory_not_equal(a, c, sizeof a);
}

static void below_stays_below_and_is_even(void **state)
{
        struct rng_fixed f = { 1 };
        struct rng r = rng_of_fixed(&f);
        unsigned hit[7] = { 0 };

        (void)state;
        for (int i = 0; i < 7000; i++)
                hit[rng_below(&r, 7)]++;
        for (int i = 0; i < 7; i++)
                assert_in_range(hit[i], 800, 1200);
        assert_int_equal(rng_below(&r, 1), 0);
        assert_int_equal(rng_below(&broken, 100), 0);
}

static void failure_is_told(void **state)
{
        unsigned char b[8] = { 0 };

        (void)state;
        assert_int_equal(rng_fill(&broken, b, sizeof b), -1);
        assert_true(rng_mbedtls((void *)&broken, b, sizeof b) < 0);
        assert_int_equal(rng_mbedtls((void *)&rng_system, b, sizeof b), 0);
        assert_memory_not_equal(b, (uint8_t[8]){ 0 }, 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(system_source_fills),
                cmocka_unit_test(fixed_source_repeats),
                cmocka_unit_test(below_stays_below_and_is_even),
                cmocka_unit_test(failure_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
