#include "tests/support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "platform/base/attr.h"
#include "platform/base/qsbr.h"

static void passes_after_two_rounds(void **state)
{
        static struct qsbr q;
        struct qsbr_slot *a = qsbr_join(&q), *b = qsbr_join(&q);
        struct qsbr_mark m;

        (void)state;
        assert_ptr_not_equal(a, b);
        qsbr_mark(&q, &m);
        assert_false(qsbr_passed(&q, &m));
        qsbr_quiescent(a);
        qsbr_quiescent(a);
        qsbr_quiescent(b);
        assert_false(qsbr_passed(&q, &m));
        qsbr_quiescent(b);
        assert_true(qsbr_passed(&q, &m));
        qsbr_mark(&q, &m);
        assert_false(qsbr_passed(&q, &m));
        qsbr_leave(a);
        qsbr_leave(b);
        assert_true(qsbr_passed(&q, &m));
}

static void the_offline_are_not_waited_for(void **state)
{
        static struct qsbr q;
        struct qsbr_slot *a = qsbr_join(&q);
        struct qsbr_mark m;

        (void)state;
        qsbr_offline(a);
        qsbr_mark(&q, &m);
        assert_true(qsbr_passed(&q, &m));
        qsbr_online(a); /* it loads afresh: what was retired before is out of its reach */
        assert_true(qsbr_passed(&q, &m));
        qsbr_mark(&q, &m);
        assert_false(qsbr_passed(&q, &m));
        qsbr_offline(a);
        assert_true(qsbr_passed(&q, &m));
}

static void slots_are_limited_and_come_back(void **state)
{
        static struct qsbr q;
        struct qsbr_slot *s[QSBR_WORKERS_MAX];

        (void)state;
        for (unsigned i = 0; i < QSBR_WORKERS_MAX; i++)
                assert_non_null(s[i] = qsbr_join(&q));
        assert_null(qsbr_join(&q));
        qsbr_leave(s[3]);
        assert_ptr_equal(qsbr_join(&q), s[3]);
}

/* Readers follow a pointer that the writer swaps and frees: TSan and ASan watch for a free that comes too early. */
enum { READERS = 3, SWAPS = 300 };

struct snapshot {
        uint64_t a, b;
};

static struct shared {
        struct qsbr q;
        _Atomic(struct snapshot *) cur;
        atomic_bool stop;
} sh;

static struct snapshot *snapshot_new(uint64_t v)
{
        struct snapshot *s = malloc(sizeof *s);

        *s = (struct snapshot){ .a = v, .b = ~v };
        return s;
}

static void *reader(void *arg)
{
        struct qsbr_slot *slot = qsbr_join(&sh.q);
        uint64_t *bad = arg;

        for (unsigned loop = 0; !atomic_load_explicit(&sh.stop, memory_order_relaxed); loop++) {
                struct snapshot *s = atomic_load_explicit(&sh.cur, memory_order_acquire);

                for (int i = 0; i < 50; i++)
                        *bad += s->a != ~s->b;
                qsbr_quiescent(slot);
                if (loop % 8 == 0) {
                        qsbr_offline(slot);
                        sched_yield();
                        qsbr_online(slot);
                }
        }
        qsbr_leave(slot);
        return NULL;
}

static void nobody_reads_what_was_freed(void **state)
{
        pthread_t t[READERS];
        uint64_t bad[READERS] = { 0 };

        (void)state;
        atomic_store(&sh.cur, snapshot_new(0));
        for (int i = 0; i < READERS; i++)
                pthread_create(&t[i], NULL, reader, &bad[i]);
        for (uint64_t v = 1; v <= SWAPS; v++) {
                struct snapshot *old = atomic_exchange(&sh.cur, snapshot_new(v));
                struct qsbr_mark m;

                qsbr_mark(&sh.q, &m);
                while (!qsbr_passed(&sh.q, &m))
                        sched_yield();
                old->a = old->b = 7; /* a late reader would notice */
                free(old);
        }
        atomic_store(&sh.stop, true);
        for (int i = 0; i < READERS; i++) {
                pthread_join(t[i], NULL);
                assert_int_equal(bad[i], 0);
        }
        free(atomic_load(&sh.cur));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passes_after_two_rounds),
                cmocka_unit_test(the_offline_are_not_waited_for),
                cmocka_unit_test(slots_are_limited_and_come_back),
                cmocka_unit_test(nobody_reads_what_was_freed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
