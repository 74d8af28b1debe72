#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "platform/base/rng.h"
#include "platform/base/tmr.h"

struct shot {
        struct tmr t;
        struct tmr_wheel *w;
        uint64_t fired_at, again_ms;
        unsigned fired;
        struct shot *victim;
};

static void on_fire(struct tmr *t, uint64_t now_ms)
{
        struct shot *s = container_of(t, struct shot, t);

        assert_false(tmr_pending(t));
        s->fired_at = now_ms;
        s->fired++;
        if (s->again_ms != UINT64_MAX)
                tmr_set(s->w, t, s->again_ms);
        if (s->victim)
                tmr_cancel(s->w, &s->victim->t);
}

static struct shot shot_of(struct tmr_wheel *w)
{
        return (struct shot){ .t.fn = on_fire, .w = w, .again_ms = UINT64_MAX };
}

static void fires_once_and_not_early(void **state)
{
        static const uint64_t after[] = { 1,      9,      10,     11,       2550,      2560,      2570,
                                          655350, 655360, 655370, 86400000, 167772160, 4000000000 };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(after); i++) {
                uint64_t start = 123457, due = (after[i] + 9) / 10 * 10;
                struct tmr_wheel *w = tmr_wheel_new(start);
                struct shot s = shot_of(w);

                tmr_set(w, &s.t, after[i]);
                assert_true(tmr_pending(&s.t));
                assert_int_equal(tmr_run(w, start + due - 1, 0), 0);
                assert_int_equal(tmr_run(w, start + due, 0), 1);
                assert_int_equal(s.fired_at, start + due);
                assert_int_equal(tmr_run(w, start + 3 * due, 0), 0);
                tmr_wheel_free(w);
        }
}

static void cancel_and_rearm(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot a = shot_of(w), b = shot_of(w);

        (void)state;
        tmr_cancel(w, &a.t);
        tmr_set(w, &a.t, 100);
        tmr_set(w, &b.t, 100);
        tmr_cancel(w, &a.t);
        assert_false(tmr_pending(&a.t));
        tmr_set(w, &b.t, 300);
        assert_int_equal(tmr_run(w, 200, 0), 0);
        assert_int_equal(tmr_run(w, 300, 0), 1);
        assert_int_equal(b.fired, 1);
        assert_int_equal(a.fired, 0);
        tmr_wheel_free(w);
}

static void callbacks_may_rearm_and_cancel(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot tick = shot_of(w), killer = shot_of(w), victim = shot_of(w);

        (void)state;
        tick.again_ms = 1000;
        killer.victim = &victim;
        tmr_set(w, &tick.t, 1000);
        tmr_set(w, &killer.t, 2000);
        tmr_set(w, &victim.t, 2000);
        for (uint64_t now = 0; now <= 10000; now += 50)
                tmr_run(w, now, 0);
        assert_int_equal(tick.fired, 10);
        assert_int_equal(killer.fired, 1);
        assert_int_equal(victim.fired, 0);
        tmr_wheel_free(w);
        assert_false(tmr_pending(&tick.t));
}

/* A timer that arms itself with 0 gets its turn in the next run, not for ever in this one. */
static void zero_fires_at_the_next_run(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(50);
        struct shot s = shot_of(w);

        (void)state;
        s.again_ms = 0;
        tmr_set(w, &s.t, 0);
        assert_int_equal(tmr_next_ms(w, 1000), 0);
        assert_int_equal(tmr_run(w, 50, 0), 1);
        assert_int_equal(tmr_run(w, 50, 0), 1);
        tmr_cancel(w, &s.t);
        assert_int_equal(tmr_run(w, 50, 0), 0);
        tmr_wheel_free(w);
}

static void budget_leaves_the_rest_for_the_next_call(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot s[10];
        unsigned fired = 0;

        (void)state;
        for (int i = 0; i < 10; i++) {
                s[i] = shot_of(w);
                tmr_set(w, &s[i].t, 10 + 500 * (uint64_t)i);
        }
        assert_int_equal(tmr_run(w, 10000, 4), 4);
        assert_int_equal(tmr_next_ms(w, 1000), 0);
        tmr_cancel(w, &s[4].t);
        assert_int_equal(tmr_run(w, 10000, 4), 4);
        assert_int_equal(tmr_run(w, 10000, 4), 1);
        for (int i = 0; i < 10; i++)
                fired += s[i].fired;
        assert_int_equal(fired, 9);
        assert_int_equal(s[4].fired, 0);
        tmr_wheel_free(w);
}

static void advance_does_not_fire(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot s = shot_of(w);

        (void)state;
        tmr_set(w, &s.t, 100);
        tmr_advance(w, 150);
        assert_int_equal(s.fired, 0);
        assert_int_equal(tmr_now(w), 150);
        assert_int_equal(tmr_next_ms(w, 1000), 0);
        tmr_run(w, 100, 0); /* time does not go back */
        assert_int_equal(s.fired_at, 150);
        tmr_wheel_free(w);
}

static void next_tells_how_long_to_wait(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot s = shot_of(w);
        uint64_t now = 0, wait;
        unsigned rounds = 0;

        (void)state;
        assert_int_equal(tmr_next_ms(w, 777), 777);
        tmr_set(w, &s.t, 500);
        assert_int_equal(tmr_next_ms(w, 777), 500);
        assert_int_equal(tmr_next_ms(w, 100), 100);
        tmr_set(w, &s.t, 3600 * 1000 + 3);
        while (!s.fired && rounds++ < 10) { /* a few moves down the levels, never past the moment */
                wait = tmr_next_ms(w, UINT32_MAX);
                assert_true(now + wait <= 3600 * 1000 + 10);
                tmr_run(w, now += wait, 0);
        }
        assert_int_equal(s.fired_at, 3600 * 1000 + 10);
        tmr_set(w, &s.t, 1000);
        tmr_cancel(w, &s.t);
        assert_int_equal(tmr_next_ms(w, 5000), 5000);
        tmr_wheel_free(w);
}

static void too_long_is_clamped(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot s = shot_of(w);

        (void)state;
        tmr_set(w, &s.t, UINT64_MAX);
        assert_int_equal(tmr_run(w, UINT32_MAX - 10u, 0), 0);
        assert_int_equal(tmr_run(w, UINT32_MAX + 10ull, 0), 1);
        tmr_wheel_free(w);
}

/* Random delays and random steps, near and far, against the definition. */
static void agrees_with_the_definition(void **state)
{
        enum { N = 400 };
        static struct shot s[N];
        static uint64_t due[N];
        struct rng_fixed f = { 99 };
        struct rng r = rng_of_fixed(&f);
        struct tmr_wheel *w = tmr_wheel_new(1000);
        uint64_t now = 1000;

        (void)state;
        for (int i = 0; i < N; i++)
                s[i] = shot_of(w);
        for (int round = 0; round < 3000; round++) {
                for (int k = 0; k < 20; k++) {
                        uint32_t i = rng_below(&r, N), after = 1 + rng_below(&r, 1u << (1 + rng_below(&r, 31)));

                        s[i].fired = 0;
                        due[i] = (now - 1000 + after + 9) / 10 * 10 + 1000;
                        tmr_set(w, &s[i].t, after);
                }
                now += rng_below(&r, 1u << rng_below(&r, 30));
                tmr_run(w, now, 0);
                for (int i = 0; i < N; i++) {
                        if (!due[i])
                                continue;
                        assert_int_equal(s[i].fired, due[i] <= now);
                        assert_int_equal(tmr_pending(&s[i].t), due[i] > now);
                }
        }
        tmr_wheel_free(w);
}

/* Thousands of jumps of a month each: tick by tick this would take hours, and the test its time limit. */
static void long_jumps_are_cheap(void **state)
{
        struct tmr_wheel *w = tmr_wheel_new(0);
        struct shot s = shot_of(w);
        uint64_t month = 30ull * 86400 * 1000;

        (void)state;
        s.again_ms = 40 * 86400000ull;
        tmr_set(w, &s.t, 10);
        for (uint64_t i = 1; i <= 20000; i++)
                tmr_run(w, i * month, 0);
        assert_in_range(s.fired, 10000, 20000);
        tmr_wheel_free(w);
}

static void no_memory(void **state)
{
        (void)state;
        mem_fail_nth(1, false);
        assert_null(tmr_wheel_new(0));
        mem_fail_nth(0, false);
        tmr_wheel_free(NULL);
        assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fires_once_and_not_early),
                cmocka_unit_test(cancel_and_rearm),
                cmocka_unit_test(callbacks_may_rearm_and_cancel),
                cmocka_unit_test(zero_fires_at_the_next_run),
                cmocka_unit_test(budget_leaves_the_rest_for_the_next_call),
                cmocka_unit_test(advance_does_not_fire),
                cmocka_unit_test(next_tells_how_long_to_wait),
                cmocka_unit_test(too_long_is_clamped),
                cmocka_unit_test(agrees_with_the_definition),
                cmocka_unit_test(long_jumps_are_cheap),
                cmocka_unit_test(no_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
