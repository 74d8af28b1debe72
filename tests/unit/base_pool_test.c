#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "platform/base/pool.h"

static void hands_out_up_to_max(void **state)
{
        struct pool *p = pool_new(24, 3, POOL_LIFO);
        char *a = pool_get(p), *b = pool_get(p), *c = pool_get(p);

        (void)state;
        assert_true(a && b && c && a != b && b != c);
        assert_null(pool_get(p));
        assert_int_equal(pool_used(p), 3);
        pool_put(p, b);
        assert_int_equal(pool_used(p), 2);
        assert_false(pool_live(p, 1));
        assert_true(pool_live(p, 2));
        assert_false(pool_live(p, 3));
        assert_ptr_equal(pool_get(p), b);
        assert_int_equal(pool_most_used(p), 3);
        assert_int_equal(pool_max(p), 3);
        assert_int_equal(pool_high(p), 3);
        pool_free(p);
        pool_free(NULL);
}

/* Any size, also one that is no power of two, must give back the index it was made from. */
static void index_and_address_agree(void **state)
{
        static const size_t size[] = { 1, 16, 24, 48, 100, 112, 1040, 4096 };

        (void)state;
        for (unsigned s = 0; s < ARRAY_LEN(size); s++) {
                struct pool *p = pool_new(size[s], 1000, POOL_FIFO);

                for (uint32_t i = 0; i < 1000; i++) {
                        void *o = pool_get(p);

                        assert_int_equal(pool_index(p, o), i);
                        assert_ptr_equal(pool_at(p, i), o);
                        memset(o, 0xee, size[s]);
                }
                pool_free(p);
        }
}

static void gives_zeroed_objects(void **state)
{
        struct pool *p = pool_new(40, 2, POOL_LIFO);
        static const char zero[40];

        (void)state;
        for (int i = 0; i < 3; i++) {
                char *o = pool_get(p);

                assert_memory_equal(o, zero, 40);
                memset(o, 0xff, 40);
                pool_put(p, o);
        }
        pool_free(p);
}

static uint32_t get_index(struct pool *p)
{
        return pool_index(p, pool_get(p));
}

static void lifo_takes_the_warm_one(void **state)
{
        struct pool *p = pool_new(8, 10, POOL_LIFO);

        (void)state;
        for (uint32_t i = 0; i < 3; i++)
                assert_int_equal(get_index(p), i);
        pool_put(p, pool_at(p, 0));
        pool_put(p, pool_at(p, 2));
        assert_int_equal(get_index(p), 2);
        assert_int_equal(get_index(p), 0);
        assert_int_equal(get_index(p), 3);
        pool_free(p);
}

static void fifo_rests_an_index_longest(void **state)
{
        struct pool *p = pool_new(8, 4, POOL_FIFO);

        (void)state;
        assert_int_equal(get_index(p), 0);
        assert_int_equal(get_index(p), 1);
        pool_put(p, pool_at(p, 1));
        pool_put(p, pool_at(p, 0));
        assert_int_equal(get_index(p), 2);
        assert_int_equal(get_index(p), 3);
        assert_int_equal(get_index(p), 1);
        pool_put(p, pool_at(p, 2));
        assert_int_equal(get_index(p), 0);
        assert_int_equal(get_index(p), 2);
        assert_null(pool_get(p));
        pool_free(p);
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 5; n++) {
                struct pool *p;

                mem_fail_nth(n, false);
                p = pool_new(64, 100, POOL_LIFO);
                assert_int_equal(p != NULL, n == 5);
                pool_free(p);
                mem_fail_nth(0, false);
                assert_int_equal(mem_live_blocks(), 0);
        }
        assert_null(pool_new(0, 1, POOL_LIFO));
        assert_null(pool_new(1, 0, POOL_LIFO));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hands_out_up_to_max),         cmocka_unit_test(index_and_address_agree),
                cmocka_unit_test(gives_zeroed_objects),        cmocka_unit_test(lifo_takes_the_warm_one),
                cmocka_unit_test(fifo_rests_an_index_longest), cmocka_unit_test(survives_every_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
