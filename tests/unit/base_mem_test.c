#include "tests/support/test.h"

#include <pthread.h>

#include "platform/base/mem.h"

static void counts_by_kind(void **state)
{
        struct mem_stat before, now;
        void *p, *q;

        (void)state;
        mem_stat(MEM_KEY, &before);
        p = mem_alloc(MEM_KEY, 100);
        q = mem_alloc(MEM_KEY, 0);
        mem_stat(MEM_KEY, &now);
        assert_string_equal(now.name, "key");
        assert_int_equal(now.live, before.live + 2);
        assert_int_equal(now.bytes, before.bytes + 100);
        assert_int_equal(now.total, before.total + 2);
        mem_free(p);
        mem_free_secret(q);
        mem_free(NULL);
        mem_free_secret(NULL);
        mem_stat(MEM_KEY, &now);
        assert_int_equal(now.live, before.live);
        assert_int_equal(now.bytes, before.bytes);
}

static void is_zeroed_and_aligned(void **state)
{
        static const char zero[333];

        (void)state;
        for (size_t n = 0; n < sizeof zero; n += 37) {
                void *p = mem_alloc(MEM_MISC, n);

                assert_int_equal((uintptr_t)p % 16, 0);
                assert_memory_equal(p, zero, n);
                mem_free(p);
        }
}

static void realloc_zeroes_what_is_new(void **state)
{
        static const char zero[4000];
        struct mem_stat before, now;
        char *p = mem_realloc(MEM_CLI, NULL, 10);

        (void)state;
        memset(p, 'a', 10);
        p = mem_realloc(MEM_CLI, p, 4000);
        assert_memory_equal(p, "aaaaaaaaaa", 10);
        assert_memory_equal(p + 10, zero, 3990);
        mem_stat(MEM_CLI, &before);
        mem_fail_nth(1, false);
        assert_null(mem_realloc(MEM_CLI, p, 8000));
        mem_fail_nth(0, false);
        mem_stat(MEM_CLI, &now);
        assert_int_equal(now.bytes, 4000);
        assert_int_equal(now.live, before.live);
        p = mem_realloc(MEM_CLI, p, 3);
        assert_memory_equal(p, "aaa", 3);
        mem_free(p);
        assert_null(mem_alloc(MEM_MISC, SIZE_MAX - 8));
}

static void copies(void **state)
{
        char *s = mem_strdup(MEM_MISC, "voice"), *d = mem_dup(MEM_MISC, "\0\1\2", 3),
             *none = mem_dup(MEM_MISC, NULL, 0);

        (void)state;
        assert_string_equal(s, "voice");
        assert_memory_equal(d, "\0\1\2", 3);
        assert_non_null(none);
        mem_free(s);
        mem_free(d);
        mem_free(none);
}

static void hook_fails_the_nth(void **state)
{
        void *p;

        (void)state;
        mem_fail_nth(2, false);
        p = mem_alloc(MEM_MISC, 1);
        assert_non_null(p);
        assert_null(mem_alloc(MEM_MISC, 1));
        mem_free(p);
        p = mem_alloc(MEM_MISC, 1);
        assert_non_null(p);
        mem_free(p);
        assert_int_equal(mem_fail_count(), 3);
        mem_fail_nth(1, true);
        assert_null(mem_alloc(MEM_MISC, 1));
        assert_null(mem_reserve(4096));
        assert_null(mem_strdup(MEM_MISC, "x"));
        mem_fail_nth(0, false);
        p = mem_alloc(MEM_MISC, 1);
        assert_non_null(p);
        mem_free(p);
}

static void reserves_more_than_there_is(void **state)
{
        size_t n = (size_t)8 << 30;
        char *p = mem_reserve(n);

        (void)state;
        assert_non_null(p);
        assert_int_equal(p[n - 1], 0);
        p[n / 2] = 1;
        mem_unreserve(p, n);
        mem_unreserve(NULL, 1);
}

static void wipes(void **state)
{
        char key[32];

        (void)state;
        memset(key, 7, sizeof key);
        mem_wipe(key, 31);
        for (int i = 0; i < 31; i++)
                assert_int_equal(key[i], 0);
        assert_int_equal(key[31], 7);
        mem_wipe(NULL, 0);
}

static void *churn(void *arg)
{
        (void)arg;
        for (int i = 0; i < 2000; i++)
                mem_free(mem_alloc(MEM_FLOW, 24));
        return NULL;
}

static void counts_from_many_threads(void **state)
{
        pthread_t t[4];
        struct mem_stat s;

        (void)state;
        for (int i = 0; i < 4; i++)
                pthread_create(&t[i], NULL, churn, NULL);
        for (int i = 0; i < 4; i++)
                pthread_join(t[i], NULL);
        mem_stat(MEM_FLOW, &s);
        assert_int_equal(s.live, 0);
        assert_int_equal(s.bytes, 0);
        assert_int_equal(s.total, 8000);
        assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_by_kind),
                cmocka_unit_test(is_zeroed_and_aligned),
                cmocka_unit_test(realloc_zeroes_what_is_new),
                cmocka_unit_test(copies),
                cmocka_unit_test(hook_fails_the_nth),
                cmocka_unit_test(reserves_more_than_there_is),
                cmocka_unit_test(wipes),
                cmocka_unit_test(counts_from_many_threads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
