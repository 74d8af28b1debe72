#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/attr.h"
#include "platform/base/rng.h"
#include "proxy/worker/replay.h"

#define WORDS_MAX 16u

struct window {
        uint64_t next, bits[WORDS_MAX];
        unsigned words;
};

static enum replay look(const struct window *w, uint64_t index)
{
        return replay_check(w->next, w->bits, w->words, index);
}

static void mark(struct window *w, uint64_t index)
{
        w->next = replay_mark(w->next, w->bits, w->words, index);
}

static void edges(void **state)
{
        (void)state;
        for (unsigned words = 1; words <= WORDS_MAX; words *= 2) {
                struct window w = { .words = words };
                uint64_t top = 100000, size = words * 64;

                mark(&w, top);
                assert_int_equal(look(&w, top), REPLAY_SEEN);
                assert_int_equal(look(&w, top + 1), REPLAY_FRESH);
                assert_int_equal(look(&w, top - 1), REPLAY_FRESH);
                assert_int_equal(look(&w, top - size + 1), REPLAY_FRESH);
                assert_int_equal(look(&w, top - size), REPLAY_OLD);
                mark(&w, top - size + 1);
                assert_int_equal(look(&w, top - size + 1), REPLAY_SEEN);
                assert_int_equal(w.next, top + 1);
                mark(&w, top + 1);
                assert_int_equal(look(&w, top - size + 1), REPLAY_OLD);
                assert_int_equal(look(&w, top - size + 2), REPLAY_FRESH);
        }
}

static void index_zero(void **state)
{
        struct window w = { .words = 2 };

        (void)state;
        assert_int_equal(look(&w, 0), REPLAY_FRESH);
        mark(&w, 0);
        assert_int_equal(w.next, 1);
        assert_int_equal(look(&w, 0), REPLAY_SEEN);
        assert_int_equal(look(&w, 128), REPLAY_FRESH);
        mark(&w, 128);
        assert_int_equal(look(&w, 0), REPLAY_OLD);
        assert_int_equal(look(&w, 1), REPLAY_FRESH);
}

/* Old bits never speak for indices a window later, however far the jump. */
static void jumps_leave_nothing_behind(void **state)
{
        static const uint64_t jump[] = { 1, 2, 63, 64, 65, 126, 127, 128, 129, 191, 256, 1000, UINT64_C(1) << 47 };

        (void)state;
        for (size_t j = 0; j < ARRAY_LEN(jump); j++) {
                struct window w = { .words = 2 };
                uint64_t top = 5000 + jump[j];

                for (uint64_t i = 0; i <= 5000; i++)
                        mark(&w, i);
                mark(&w, top);
                for (uint64_t i = top - 127; i < top; i++)
                        assert_int_equal(look(&w, i), i <= 5000 ? REPLAY_SEEN : REPLAY_FRESH);
        }
}

/* Against a table that remembers everything. */
static void agrees_with_a_full_memory(void **state)
{
        enum { SPAN = 20000 };
        struct rng_fixed seed = { 11 };
        struct rng rng = rng_of_fixed(&seed);

        (void)state;
        for (unsigned words = 1; words <= WORDS_MAX; words *= 2) {
                struct window w = { .words = words };
                uint8_t *seen = calloc(1, SPAN);
                uint64_t top = 0;

                assert_non_null(seen);
                for (unsigned n = 0; n < 40000 && top < SPAN - 600; n++) {
                        uint64_t i = top + rng_below(&rng, 3);
                        uint32_t back = rng_below(&rng, words * 64 + 20);

                        if (rng_below(&rng, 200) == 0)
                                i = top + rng_below(&rng, 600);
                        else if (rng_below(&rng, 2))
                                i = top > back ? top - back : 0;
                        if (w.next && i + words * 64 <= top)
                                assert_int_equal(look(&w, i), REPLAY_OLD);
                        else
                                assert_int_equal(look(&w, i), seen[i] ? REPLAY_SEEN : REPLAY_FRESH);
                        if (look(&w, i) != REPLAY_FRESH)
                                continue;
                        mark(&w, i);
                        seen[i] = 1;
                        top = i > top ? i : top;
                }
                free(seen);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(edges),
                cmocka_unit_test(index_zero),
                cmocka_unit_test(jumps_leave_nothing_behind),
                cmocka_unit_test(agrees_with_a_full_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
