#include "tests/support/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "platform/base/mem.h"
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

/* ---- fetched ahead ---- */

struct source {
        uint64_t next;
        unsigned calls;
        bool fails;
};

/* Every word is another one. */
static int count_up(void *ctx, void *out, size_t n)
{
        struct source *s = ctx;
        uint8_t *p = out;

        s->calls++;
        if (s->fails)
                return -1;
        for (; n; n -= 8, p += 8) {
                s->next++;
                memcpy(p, &s->next, 8);
        }
        return 0;
}

static void octets_ahead_are_given_once(void **state)
{
        static bool seen[3000];
        struct source s = { 0 };
        struct rng src = { count_up, &s };
        struct rng_ahead *a = rng_ahead_new(&src);
        struct rng r = rng_of_ahead(a);
        uint64_t v, big[256];

        (void)state;
        for (unsigned i = 0; i < 2000; i++) {
                assert_int_equal(rng_fill(&r, &v, sizeof v), 0);
                assert_true(v > 0 && v < ARRAY_LEN(seen) && !seen[v]);
                seen[v] = true;
        }
        assert_in_range(s.calls, 2, 30);
        assert_int_equal(rng_fill(&r, big, sizeof big), 0); /* more than is ever ahead */
        for (unsigned i = 0; i < ARRAY_LEN(big); i++)
                assert_false(seen[big[i]]);
        rng_ahead_free(a);
        rng_ahead_free(NULL);
}

static void a_source_that_fails_gives_nothing_ahead(void **state)
{
        struct source s = { .fails = true };
        struct rng src = { count_up, &s };
        struct rng_ahead *a = rng_ahead_new(&src);
        struct rng r = rng_of_ahead(a);
        uint64_t v = 0, w = 0;

        (void)state;
        assert_int_equal(rng_fill(&r, &v, sizeof v), -1);
        s.fails = false;
        assert_int_equal(rng_fill(&r, &v, sizeof v), 0);
        s.fails = true; /* what is there already is good */
        assert_int_equal(rng_fill(&r, &w, sizeof w), 0);
        assert_true(v && w && v != w);
        for (unsigned i = 0; i < 1000 && rng_fill(&r, &w, sizeof w) == 0; i++)
                assert_true(w);
        assert_int_equal(rng_fill(&r, &w, sizeof w), -1);
        rng_ahead_free(a);
}

/* Parent and child never give the same octets. */
static void a_child_has_octets_of_its_own(void **state)
{
        struct rng_ahead *a = rng_ahead_new(&rng_system);
        struct rng r = rng_of_ahead(a);
        uint8_t first[16], ours[16], theirs[16];
        int fd[2], status;
        pid_t pid;

        (void)state;
        assert_int_equal(rng_fill(&r, first, sizeof first), 0);
        assert_int_equal(pipe(fd), 0);
        pid = fork();
        if (pid == 0)
                _exit(rng_fill(&r, theirs, sizeof theirs) || write(fd[1], theirs, sizeof theirs) != sizeof theirs);
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(read(fd[0], theirs, sizeof theirs), sizeof theirs);
        assert_int_equal(rng_fill(&r, ours, sizeof ours), 0);
        assert_memory_not_equal(ours, theirs, sizeof ours);
        close(fd[0]);
        close(fd[1]);
        rng_ahead_free(a);
}

static void without_memory_nothing_is_ahead(void **state)
{
        struct source s = { 0 };
        struct rng src = { count_up, &s }, r;
        struct rng_ahead *a;
        uint64_t v;

        (void)state;
        mem_fail_nth(1, false);
        assert_null(rng_ahead_new(&src));
        mem_fail_nth(2, false);
        a = rng_ahead_new(&src);
        mem_fail_nth(0, false);
        assert_non_null(a);
        r = rng_of_ahead(a);
        for (unsigned i = 1; i <= 3; i++) {
                assert_int_equal(rng_fill(&r, &v, sizeof v), 0);
                assert_int_equal(s.calls, i);
        }
        rng_ahead_free(a);
        assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(system_source_fills),
                cmocka_unit_test(fixed_source_repeats),
                cmocka_unit_test(below_stays_below_and_is_even),
                cmocka_unit_test(failure_is_told),
                cmocka_unit_test(octets_ahead_are_given_once),
                cmocka_unit_test(a_source_that_fails_gives_nothing_ahead),
                cmocka_unit_test(a_child_has_octets_of_its_own),
                cmocka_unit_test(without_memory_nothing_is_ahead),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
