#include "tests/support/test.h"

#include <pthread.h>
#include <sched.h>

#include "platform/base/mem.h"
#include "platform/base/ring.h"

struct msg {
        uint32_t seq;
        uint8_t body[60];
};

static void refuses_when_full_and_keeps_order(void **state)
{
        struct ring *r = ring_new(sizeof(uint32_t), 5);
        uint32_t v;

        (void)state;
        assert_int_equal(ring_slots(r), 8);
        for (uint32_t round = 0; round < 3; round++) {
                assert_false(ring_pending(r));
                for (uint32_t i = 0; i < 8; i++) {
                        v = round * 100 + i;
                        assert_int_equal(ring_space(r), 8 - i);
                        assert_true(ring_push(r, &v));
                }
                assert_false(ring_push(r, &v));
                assert_int_equal(ring_space(r), 0);
                for (uint32_t i = 0; i < 8; i++) {
                        assert_true(ring_pending(r));
                        assert_true(ring_pop(r, &v));
                        assert_int_equal(v, round * 100 + i);
                }
                assert_false(ring_pop(r, &v));
        }
        ring_free(r);
        ring_free(NULL);
}

/* The one look inside: the slots are the ring's first member. */
static const uint8_t *slots_of(const struct ring *r)
{
        const uint8_t *p;

        memcpy(&p, r, sizeof p);
        return p;
}

static void popping_wipes_the_slot(void **state)
{
        struct ring *r = ring_new(sizeof(struct msg), 1);
        static const struct msg zero;
        struct msg in, out;

        (void)state;
        memset(&in, 0x5a, sizeof in);
        assert_true(ring_push(r, &in));
        assert_memory_equal(slots_of(r), &in, sizeof in);
        assert_true(ring_pop(r, &out));
        assert_memory_equal(&in, &out, sizeof in);
        assert_memory_equal(slots_of(r), &zero, sizeof zero);
        ring_free(r);
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 3; n++) {
                struct ring *r;

                mem_fail_nth(n, false);
                r = ring_new(16, 4);
                assert_int_equal(r != NULL, n == 3);
                ring_free(r);
                mem_fail_nth(0, false);
                assert_int_equal(mem_live_blocks(), 0);
        }
        assert_null(ring_new(0, 4));
        assert_null(ring_new(4, 0));
}

enum { TOTAL = 100000 };

static void *produce(void *arg)
{
        struct msg m = { 0 };

        for (m.seq = 0; m.seq < TOTAL; m.seq++) {
                memset(m.body, (int)(m.seq & 0xff), sizeof m.body);
                while (!ring_push(arg, &m))
                        sched_yield();
        }
        return NULL;
}

static void two_threads_lose_and_tear_nothing(void **state)
{
        struct ring *r = ring_new(sizeof(struct msg), 64);
        struct msg m;
        pthread_t t;

        (void)state;
        pthread_create(&t, NULL, produce, r);
        for (uint32_t seq = 0; seq < TOTAL; seq++) {
                while (!ring_pop(r, &m))
                        sched_yield();
                assert_int_equal(m.seq, seq);
                assert_int_equal(m.body[0], seq & 0xff);
                assert_int_equal(m.body[59], seq & 0xff);
        }
        pthread_join(t, NULL);
        assert_false(ring_pending(r));
        ring_free(r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(refuses_when_full_and_keeps_order),
                cmocka_unit_test(popping_wipes_the_slot),
                cmocka_unit_test(survives_every_failure),
                cmocka_unit_test(two_threads_lose_and_tear_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
