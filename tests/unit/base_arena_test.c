#include "tests/support/test.h"

#include "platform/base/arena.h"
#include "platform/base/mem.h"

/* Pieces of all sizes, each filled with its own byte: overlap or a wrong size shows when they are read back. */
static void pieces_do_not_overlap(void **state)
{
        struct arena *a = arena_new(1024);
        unsigned char *piece[200];

        (void)state;
        for (int i = 0; i < 200; i++) {
                size_t n = (size_t)(i * 37 % 700);

                piece[i] = arena_alloc(a, n);
                assert_int_equal((uintptr_t)piece[i] % 16, 0);
                for (size_t k = 0; k < n; k++)
                        assert_int_equal(piece[i][k], 0);
                memset(piece[i], i + 1, n);
        }
        for (int i = 0; i < 200; i++)
                for (int k = 0; k < i * 37 % 700; k++)
                        assert_int_equal(piece[i][k], i + 1);
        assert_true(arena_bytes(a) > 200 * 300);
        arena_free(a);
        assert_int_equal(mem_live_blocks(), 0);
}

static void nothing_is_still_unique(void **state)
{
        struct arena *a = arena_new(0);
        void *p = arena_alloc(a, 0), *q = arena_alloc(a, 0);

        (void)state;
        assert_non_null(p);
        assert_ptr_not_equal(p, q);
        arena_free(a);
        arena_free(NULL);
}

static void large_pieces_leave_the_chunk_in_use(void **state)
{
        struct arena *a = arena_new(4096);
        char *small = arena_alloc(a, 16), *next;

        (void)state;
        assert_non_null(arena_alloc(a, 1 << 20));
        next = arena_alloc(a, 16);
        assert_ptr_equal(next, small + 16);
        arena_free(a);
}

static void copies_and_checks_overflow(void **state)
{
        struct arena *a = arena_new(0);

        (void)state;
        assert_string_equal(arena_strdup(a, "inside"), "inside");
        assert_memory_equal(arena_dup(a, "\1\0\2", 3), "\1\0\2", 3);
        assert_non_null(arena_array(a, 10, 12));
        assert_null(arena_array(a, SIZE_MAX / 4, 8));
        assert_null(arena_alloc(a, SIZE_MAX - 3));
        arena_free(a);
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 4; n++) {
                struct arena *a;

                mem_fail_nth(n, false);
                a = arena_new(512);
                if (a) {
                        bool ok = arena_alloc(a, 100) && arena_alloc(a, 1000) && arena_strdup(a, "x");

                        assert_int_equal(ok, n > 3);
                }
                arena_free(a);
                mem_fail_nth(0, false);
                assert_int_equal(mem_live_blocks(), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_do_not_overlap),
                cmocka_unit_test(nothing_is_still_unique),
                cmocka_unit_test(large_pieces_leave_the_chunk_in_use),
                cmocka_unit_test(copies_and_checks_overflow),
                cmocka_unit_test(survives_every_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
