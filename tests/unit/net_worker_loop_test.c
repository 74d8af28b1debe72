/* The loop with a mate: who has a turn when, who sleeps when, and that neither keeps the other from his. */

#include "platform/net/dp.h"

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

/* A mate that writes down what is asked of it. */
static struct {
        struct worker_fixture f;
        struct worker_mate ops;
        atomic_uint turns;
        unsigned stop_after; /* turns: the worker stops then */
        unsigned did;        /* so many turns do something */
        unsigned waiting;    /* so many turns more are due */
        void (*in_turn)(unsigned turn);
        uint64_t timer_ms;                /* its next timer; UINT64_MAX: none */
        atomic_bool gone;                 /* it has stopped */
        bool asleep, slept, slept_before; /* the last: the turn that stops the worker */
        unsigned loops, loops_between;    /* of the worker since the last turn; before the second one */
} mate;

static void call_mate(void)
{
        uint64_t one = 1;

        assert_int_equal(write(mate.ops.fd, &one, sizeof one), sizeof one);
}

static bool turn_of_mate(void *ctx)
{
        unsigned turn = atomic_fetch_add(&mate.turns, 1) + 1;
        uint64_t n;

        assert_ptr_equal(ctx, &mate);
        assert_false(mate.asleep);
        if (read(mate.ops.fd, &n, sizeof n) < 0)
                n = 0;
        mate.waiting -= mate.waiting > 0;
        if (mate.in_turn)
                mate.in_turn(turn);
        if (turn == 2)
                mate.loops_between = mate.loops;
        mate.loops = 0;
        if (turn == mate.stop_after) {
                mate.slept_before = mate.slept;
                atomic_store(&mate.f.w->stop, true);
                call_mate(); /* it sleeps once more, not for long */
        }
        return mate.did && mate.did--;
}

static bool waits_of_mate(void *ctx)
{
        (void)ctx;
        return mate.waiting > 0;
}

static uint64_t timer_ms_of_mate(void *ctx, uint64_t cap)
{
        (void)ctx;
        assert_true(mate.asleep);
        mate.slept = true; /* asked only then */
        return mate.timer_ms < cap ? mate.timer_ms : cap;
}

static void asleep_of_mate(void *ctx, bool on)
{
        (void)ctx;
        mate.asleep = on;
}

static bool stopped_of_mate(void *ctx)
{
        (void)ctx;
        return atomic_load(&mate.gone);
}

/* ---- the worker: a loop takes a tenth of a millisecond, a frame goes to the private kernel ---- */

static void a_loop(struct worker *w)
{
        (void)w;
        mate.loops++;
        mate.f.time.mono += 100000;
}

static void to_tun(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                if (w->tun)
                        dp_to_tun(w, b->pk[i]);
                w->tun ? dp_taken(b->pk[i]) : dp_consume(b->pk[i], "nobody");
        }
}

static void (*const on_loop[])(struct worker *) = { a_loop, NULL };
static const struct fast_stage only_tun[] = { { "tun", to_tun }, { NULL, NULL } };

static void put_frames(unsigned n)
{
        uint8_t fr[200];
        size_t len = pb_echo(fr, sizeof fr, "192.0.2.9", "192.0.2.1", false, 1, 1);

        while (n--)
                assert_int_equal(port_mem_inject(mate.f.port[0], fr, len, NULL), 0);
}

static int start_on(const struct clock *clk)
{
        struct err e;

        memset(&mate, 0, sizeof mate);
        wf_init(&mate.f);
        mate.timer_ms = UINT64_MAX;
        mate.ops = (struct worker_mate){ .ctx = &mate,
                                         .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                                         .turn = turn_of_mate,
                                         .waits = waits_of_mate,
                                         .timer_ms = timer_ms_of_mate,
                                         .asleep = asleep_of_mate,
                                         .stopped = stopped_of_mate };
        if (clk)
                mate.f.env.clk = clk;
        else
                mate.f.path.drain = on_loop;
        mate.f.path.wire = only_tun;
        wf_start(&mate.f);
        return worker_open_wake(mate.f.w, &e);
}

static int start(void **state)
{
        (void)state;
        return start_on(NULL);
}

static int start_real(void **state)
{
        (void)state;
        return start_on(&clock_system);
}

static int stop(void **state)
{
        (void)state;
        close(mate.ops.fd);
        wf_stop(&mate.f);
        return 0;
}

static void run_for(unsigned turns)
{
        mate.stop_after = turns;
        worker_run_with(mate.f.w, &mate.ops);
        assert_int_equal(atomic_load(&mate.turns), turns);
}

static void test_what_waits_is_served_without_sleep(void **state)
{
        (void)state;
        mate.waiting = 5;
        run_for(5);
        assert_false(mate.slept_before);
}

static void test_its_timer_ends_the_sleep(void **state)
{
        (void)state;
        mate.timer_ms = 0;
        run_for(3);
        assert_true(mate.slept_before && !mate.asleep);
}

static void frame_in_the_first(unsigned turn)
{
        if (turn == 1)
                put_frames(1);
}

/* What it sent is looked for before anybody sleeps, and where something came of that for the private kernel, so is
 * it. */
static void test_what_the_kernel_was_given_is_its_turn(void **state)
{
        (void)state;
        mate.f.w->tun = port_mem_new("tun", true);
        mate.in_turn = frame_in_the_first;
        mate.did = 1;
        run_for(2);
        assert_false(mate.slept_before);
        assert_int_equal(mate.f.w->tun->stat.tx_pkts, 1);
}

static void a_long_first_turn(unsigned turn)
{
        if (turn > 1)
                return;
        mate.f.time.mono += 1000000;
        put_frames(40 * BURST_MAX);
}

/* Neither keeps the other out: under full bursts it waits as long as it has taken, no longer. */
static void test_turns_alternate_fairly_with_full_bursts(void **state)
{
        (void)state;
        mate.waiting = 1000;
        mate.in_turn = a_long_first_turn;
        run_for(2);
        assert_in_range(mate.loops_between, 9, 11);
        assert_true(port_mem_waiting(mate.f.port[0]) > 0);
}

/* Where bursts are not full it has a turn in every loop in which something waits for it. */
static void few_frames(unsigned turn)
{
        if (turn == 1)
                mate.f.time.mono += 1000000;
        put_frames(1);
}

static void test_single_frames_do_not_keep_it_waiting(void **state)
{
        (void)state;
        mate.waiting = 1000;
        mate.in_turn = few_frames;
        run_for(2);
        assert_in_range(mate.loops_between, 1, 2);
}

/* ---- with a thread ---- */

static void *thread(void *arg)
{
        (void)arg;
        worker_run_with(mate.f.w, &mate.ops);
        return NULL;
}

static void until_asleep(void)
{
        while (!atomic_load(&mate.f.w->asleep))
                sched_yield();
}

static void until_turns(unsigned n)
{
        while (atomic_load(&mate.turns) < n)
                sched_yield();
}

static void end(pthread_t t)
{
        atomic_store(&mate.f.w->stop, true);
        worker_wake(mate.f.w);
        pthread_join(t, NULL);
}

static void test_its_descriptor_wakes(void **state)
{
        pthread_t t;

        (void)state;
        pthread_create(&t, NULL, thread, NULL);
        for (unsigned i = 0; i < 20; i++) {
                unsigned before;

                until_asleep();
                before = atomic_load(&mate.turns);
                call_mate();
                until_turns(before + 1);
        }
        end(t);
}

/* Its end is its own: the worker goes on, and asks it no more. */
static void count_up(struct worker *w, void *arg)
{
        (void)w;
        ++*(unsigned *)arg;
}

static void test_the_worker_goes_on_without_it(void **state)
{
        unsigned turns, calls = 0;
        pthread_t t;

        (void)state;
        pthread_create(&t, NULL, thread, NULL);
        until_turns(1);
        until_asleep();
        turns = atomic_load(&mate.turns);
        atomic_store(&mate.gone, true);
        call_mate();
        until_turns(turns + 1);
        turns = atomic_load(&mate.turns);
        call_mate();
        for (unsigned i = 0; i < 10; i++)
                worker_call(mate.f.w, count_up, &calls);
        end(t);
        assert_int_equal(calls, 10);
        assert_int_equal(atomic_load(&mate.turns), turns);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_what_waits_is_served_without_sleep, start, stop),
                cmocka_unit_test_setup_teardown(test_its_timer_ends_the_sleep, start, stop),
                cmocka_unit_test_setup_teardown(test_what_the_kernel_was_given_is_its_turn, start, stop),
                cmocka_unit_test_setup_teardown(test_turns_alternate_fairly_with_full_bursts, start, stop),
                cmocka_unit_test_setup_teardown(test_single_frames_do_not_keep_it_waiting, start, stop),
                cmocka_unit_test_setup_teardown(test_its_descriptor_wakes, start_real, stop),
                cmocka_unit_test_setup_teardown(test_the_worker_goes_on_without_it, start_real, stop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
