/* Publishing, cold readers, grace periods: nothing is freed early, nothing stays. */
#include "platform/net/snapshot.h"

#include <pthread.h>
#include <sched.h>

#include "platform/base/mem.h"
#include "tests/support/test.h"

static unsigned freed;

static void count_fini(const void *root)
{
        (void)root;
        freed++;
}

static void publish(struct snap_hub *h)
{
        struct snap_part *part[SNAP_PARTS];
        struct err e;

        for (unsigned i = 0; i < SNAP_PARTS; i++) {
                part[i] = snap_part_new();
                assert_non_null(part[i]);
                part[i]->root = arena_alloc(part[i]->arena, 16);
                part[i]->fini = count_fini;
        }
        assert_int_equal(snap_publish(h, part, &e), 0);
}

static void test_grace_of_two(void **state)
{
        struct snap_hub *h = snap_hub_new();
        struct qsbr_slot *q = qsbr_join(snap_hub_qsbr(h));
        const struct snapshot *first;

        (void)state;
        freed = 0;
        assert_null(snap_current(h));
        publish(h);
        first = snap_current(h);
        assert_int_equal(first->gen, 1);
        publish(h);
        assert_int_equal(snap_current(h)->gen, 2);
        assert_int_equal(snap_reclaim(h), 1);
        qsbr_quiescent(q);
        assert_int_equal(snap_reclaim(h), 1);
        assert_int_equal(freed, 0);
        qsbr_quiescent(q);
        assert_int_equal(snap_reclaim(h), 0);
        assert_int_equal(freed, SNAP_PARTS);
        publish(h);
        qsbr_offline(q); /* a sleeper holds nothing */
        assert_int_equal(snap_reclaim(h), 0);
        qsbr_leave(q);
        snap_hub_free(h);
        assert_int_equal(freed, 3 * SNAP_PARTS);
}

static void test_cold_reader_keeps_it(void **state)
{
        struct snap_hub *h = snap_hub_new();
        const struct snapshot *s;

        (void)state;
        freed = 0;
        assert_null(snapshot_get(h));
        publish(h);
        s = snapshot_get(h);
        publish(h);
        publish(h);
        assert_int_equal(snap_reclaim(h), 1);
        assert_int_equal(freed, SNAP_PARTS);
        assert_int_equal(s->gen, 1);
        snapshot_put(h, s);
        assert_int_equal(snap_reclaim(h), 0);
        assert_int_equal(freed, 2 * SNAP_PARTS);
        snapshot_put(h, NULL);
        snap_hub_free(h);
}

/* A commit that rebuilds one part shares the others. */
static void test_shared_parts(void **state)
{
        struct snap_hub *h = snap_hub_new();
        struct snap_part *part[SNAP_PARTS];
        struct err e;

        (void)state;
        freed = 0;
        publish(h);
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                part[i] = i == SNAP_ACL ? snap_part_new() : snap_part_get(snap_current(h)->part[i]);
        assert_int_equal(snap_publish(h, part, &e), 0);
        assert_int_equal(snap_reclaim(h), 0);
        assert_int_equal(freed, 1);
        snap_hub_free(h);
        assert_int_equal(freed, SNAP_PARTS);
}

static void test_refused_publish_takes_parts(void **state)
{
        struct snap_hub *h = snap_hub_new();
        struct snap_part *part[SNAP_PARTS];
        uint64_t before;
        struct err e;

        (void)state;
        publish(h);
        before = mem_live_blocks();
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                part[i] = i == SNAP_NAT ? NULL : snap_part_new();
        assert_int_equal(snap_publish(h, part, &e), -1);
        assert_int_equal(e.code, ERR_STATE);
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                part[i] = snap_part_new();
        mem_fail_nth(1, false);
        assert_int_equal(snap_publish(h, part, &e), -1);
        mem_fail_nth(0, false);
        assert_int_equal(e.code, ERR_NOMEM);
        assert_int_equal(mem_live_blocks(), before);
        assert_int_equal(snap_current(h)->gen, 1);
        snap_hub_free(h);
}

struct reader {
        struct snap_hub *h;
        struct qsbr_slot *q;
        atomic_bool stop;
        _Atomic unsigned loops;
};

/* As a worker loops: quiescent, load, use. The memory a snapshot stands in is overwritten when it goes (sanitizers
 * see). */
static void *read_loop(void *arg)
{
        struct reader *r = arg;
        uint64_t last = 0;

        while (!atomic_load(&r->stop)) {
                const struct snapshot *s;

                qsbr_quiescent(r->q);
                s = snap_current(r->h);
                if (s->gen < last || !s->part[SNAP_NET]->root)
                        return (void *)1;
                last = s->gen;
                atomic_fetch_add(&r->loops, 1);
        }
        return NULL;
}

static void *cold_loop(void *arg)
{
        struct reader *r = arg;

        while (!atomic_load(&r->stop)) {
                const struct snapshot *s = snapshot_get(r->h);

                if (!s->part[SNAP_PKI]->root)
                        return (void *)1;
                snapshot_put(r->h, s);
                atomic_fetch_add(&r->loops, 1);
        }
        return NULL;
}

static void test_threads(void **state)
{
        struct snap_hub *h = snap_hub_new();
        struct reader r[2] = { { .h = h }, { .h = h } };
        pthread_t t[2];
        void *bad;

        (void)state;
        publish(h);
        r[0].q = qsbr_join(snap_hub_qsbr(h));
        pthread_create(&t[0], NULL, read_loop, &r[0]);
        pthread_create(&t[1], NULL, cold_loop, &r[1]);
        for (unsigned i = 0; i < 300; i++) {
                unsigned seen = atomic_load(&r[0].loops);

                publish(h);
                snap_reclaim(h);
                while (atomic_load(&r[0].loops) == seen) /* at least one loop of the reader between two commits */
                        sched_yield();
        }
        for (unsigned i = 0; i < 2; i++) {
                atomic_store(&r[i].stop, true);
                pthread_join(t[i], &bad);
                assert_null(bad);
                assert_true(atomic_load(&r[i].loops) > 0);
        }
        qsbr_leave(r[0].q);
        assert_int_equal(snap_reclaim(h), 0);
        snap_hub_free(h);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_grace_of_two), cmocka_unit_test(test_cold_reader_keeps_it),
                cmocka_unit_test(test_shared_parts), cmocka_unit_test(test_refused_publish_takes_parts),
                cmocka_unit_test(test_threads),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
