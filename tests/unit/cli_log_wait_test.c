/* Who shows the log sees what he has caused, and is not kept by a log that stands still. */
#include "tests/support/session_rig.h"

#include <pthread.h>
#include <semaphore.h>

#include "cli/exec/log_wait.h"

static unsigned pauses;

/* The log thread has its turn when somebody waits, not before. */
static void its_turn(struct box *b, unsigned ms UNUSED)
{
        if (++pauses == 3)
                log_step(b->log);
}

static void stands_still(struct box *b UNUSED, unsigned ms UNUSED)
{
        pauses++;
}

static void begin(void (*pause)(struct box *b, unsigned ms))
{
        cf_priv(&f, "configure terminal\nlogging enable\nlogging buffered debugging\n"
                    "logging rate-limit 1 100 message 611101\n");
        log_step(f.box.log);
        f.box.pause = pause;
        pauses = 0;
}

#define LINE "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: ann\n"

static void say(void)
{
        log_msg(f.box.log_src, LOG_611101, LS("10.0.0.1"), LS("ann"));
}

static void what_was_said_is_shown(void **state UNUSED)
{
        begin(its_turn);
        say();
        has(cf_priv(&f, "show logging\n"), LINE);
        assert_int_equal(pauses, 3);
}

static void counts_are_those_of_what_was_said(void **state UNUSED)
{
        begin(its_turn);
        say();
        say();
        say();
        has(cf_priv(&f, "show logging rate-limit\n"), "message 611101                1        100            2\n");
}

static void what_is_under_way_is_cleared_too(void **state UNUSED)
{
        begin(its_turn);
        say();
        cf_priv(&f, "clear logging buffer\n");
        assert_int_equal(pauses, 3);
        f.box.pause = NULL;
        log_step(f.box.log);
        has_not(cf_priv(&f, "show logging\n"), LINE);
}

static void a_log_that_stands_still_is_shown_as_it_is(void **state UNUSED)
{
        begin(stands_still);
        say();
        has_not(cf_priv(&f, "show logging\n"), LINE);
        assert_int_equal(pauses, LOG_WAIT_STEPS);
        f.box.pause = NULL;
        log_step(f.box.log);
        has(cf_priv(&f, "show logging\n"), LINE);
}

/* ---- a destination that takes its time ---- */

static sem_t in, go, done;

static void slow(void *ctx UNUSED, enum log_dest dest UNUSED, int level UNUSED, uint32_t id UNUSED,
                 const char *line UNUSED)
{
        sem_post(&in);
        sem_wait(&go);
}

static void *stepper(void *log)
{
        while (log_step(log))
                continue;
        sem_post(&done);
        return NULL;
}

static void lets_it_go(struct box *b UNUSED, unsigned ms UNUSED)
{
        if (++pauses != 5)
                return;
        for (unsigned i = 0; i < 100; i++) /* as many as there may be */
                sem_post(&go);
        sem_wait(&done);
}

static void a_slow_destination_is_waited_for_if_it_must_be(void **state UNUSED)
{
        pthread_t t;

        begin(lets_it_go);
        sem_init(&in, 0, 0);
        sem_init(&go, 0, 0);
        sem_init(&done, 0, 0);
        cf_priv(&f, "configure terminal\nlogging trap debugging\n");
        while (log_step(f.box.log))
                continue;
        log_set_sink(f.box.log, LOG_TO_TRAP, slow, NULL);
        log_msg(f.box.log_src, LOG_199002);
        assert_int_equal(pthread_create(&t, NULL, stepper, f.box.log), 0);
        sem_wait(&in);
        say();
        has(cf_priv(&f, "show logging\n"), LINE);
        assert_int_equal(pauses, 5);
        pthread_join(t, NULL);
        log_set_sink(f.box.log, LOG_TO_TRAP, NULL, NULL);
        sem_destroy(&in);
        sem_destroy(&go);
        sem_destroy(&done);
}

#define WAIT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WAIT_TEST(what_was_said_is_shown),
                WAIT_TEST(counts_are_those_of_what_was_said),
                WAIT_TEST(what_is_under_way_is_cleared_too),
                WAIT_TEST(a_log_that_stands_still_is_shown_as_it_is),
                WAIT_TEST(a_slow_destination_is_waited_for_if_it_must_be),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
