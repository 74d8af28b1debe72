/* How far the log thread is: what was said before a moment is in the buffer, whoever else is still to be told. */
#include "tests/support/test.h"

#include <pthread.h>
#include <semaphore.h>

#include "platform/base/log.h"
#include "platform/base/mem.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src, *other;
static struct log_conf conf;

static int set_up(void **state UNUSED)
{
        now = (struct clock_virtual){ .wall = 0 };
        clk = clock_of_virtual(&now);
        lg = log_new(&clk, 4);
        src = lg ? log_src_new(lg, "one") : NULL;
        other = lg ? log_src_new(lg, "two") : NULL;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_BUFFER].level = conf.dest[LOG_TO_CONSOLE].level = LOG_L_DEBUG;
        return other ? log_configure(lg, &conf, NULL) : -1;
}

static int tear_down(void **state UNUSED)
{
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

static void say(struct log_src *s)
{
        log_msg(s, LOG_611101, LS("10.0.0.1"), LS("ann"));
}

static bool reached_now(void)
{
        struct log_mark m;

        log_mark(lg, &m);
        return log_reached(lg, &m);
}

static void what_was_said_is_waited_for(void **state UNUSED)
{
        struct log_mark m;

        assert_true(reached_now());
        say(src);
        say(other);
        log_mark(lg, &m);
        assert_false(log_reached(lg, &m));
        log_step(lg);
        assert_true(log_reached(lg, &m));
        say(other); /* later: it is of no concern */
        assert_true(log_reached(lg, &m));
        assert_false(reached_now());
}

static void a_source_that_came_later_is_not_waited_for(void **state UNUSED)
{
        struct log_mark m;

        log_mark(lg, &m);
        say(log_src_new(lg, "three"));
        assert_true(log_reached(lg, &m));
        assert_false(reached_now());
}

static void what_was_lost_is_not_waited_for(void **state UNUSED)
{
        for (unsigned i = 0; i < 100; i++)
                say(src);
        log_step(lg);
        assert_true(reached_now());
}

static void debug_lines_and_unwanted_messages_are_done_with(void **state UNUSED)
{
        debug_set(lg, DBG_MMP, true);
        debug_line(src, DBG_MMP, "text");
        say(src);
        conf.enable = false; /* in between */
        assert_int_equal(log_configure(lg, &conf, NULL), 0);
        assert_false(reached_now());
        log_step(lg);
        assert_true(reached_now());
        conf.enable = conf.debug_trace = true;
        assert_int_equal(log_configure(lg, &conf, NULL), 0);
        debug_line(src, DBG_MMP, "text");
        log_step(lg);
        assert_true(reached_now());
}

/* ---- a destination that takes its time ---- */

static struct log_mark first, both;
static unsigned calls;

static void look(void *ctx UNUSED, enum log_dest dest UNUSED, int level UNUSED, uint32_t id UNUSED,
                 const char *line UNUSED)
{
        calls++;
        assert_true(log_reached(lg, &first));
        assert_int_equal(log_reached(lg, &both), calls == 2);
}

static void the_buffer_does_not_wait_for_the_others(void **state UNUSED)
{
        calls = 0;
        log_set_sink(lg, LOG_TO_CONSOLE, look, NULL);
        say(src);
        log_mark(lg, &first);
        say(src);
        log_mark(lg, &both);
        log_step(lg);
        assert_int_equal(calls, 2);
}

static sem_t in, go;

static void slow(void *ctx UNUSED, enum log_dest dest UNUSED, int level UNUSED, uint32_t id UNUSED,
                 const char *line UNUSED)
{
        sem_post(&in);
        sem_wait(&go);
}

static void *stepper(void *arg UNUSED)
{
        log_step(lg);
        return NULL;
}

static void count_line(void *ctx, const char *line UNUSED)
{
        ++*(unsigned *)ctx;
}

static unsigned lines(void)
{
        unsigned n = 0;

        assert_int_equal(log_buffer_walk(lg, count_line, &n), 0);
        return n;
}

/* Its thread stands in the call; whoever looks is not held up, and sees the message that is being told. */
static void a_thread_that_is_held_up_holds_nobody_up(void **state UNUSED)
{
        pthread_t t;

        sem_init(&in, 0, 0);
        sem_init(&go, 0, 0);
        log_set_sink(lg, LOG_TO_CONSOLE, slow, NULL);
        say(src);
        assert_int_equal(pthread_create(&t, NULL, stepper, NULL), 0);
        sem_wait(&in);
        assert_true(reached_now());
        assert_int_equal(lines(), 1);
        say(src);
        assert_false(reached_now());
        assert_int_equal(lines(), 1);
        sem_post(&go);
        sem_post(&go);
        pthread_join(t, NULL);
        log_step(lg); /* if it was not seen in the round before */
        assert_true(reached_now());
        assert_int_equal(lines(), 2);
        sem_destroy(&in);
        sem_destroy(&go);
}

#define MARK_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                MARK_TEST(what_was_said_is_waited_for),
                MARK_TEST(a_source_that_came_later_is_not_waited_for),
                MARK_TEST(what_was_lost_is_not_waited_for),
                MARK_TEST(debug_lines_and_unwanted_messages_are_done_with),
                MARK_TEST(the_buffer_does_not_wait_for_the_others),
                MARK_TEST(a_thread_that_is_held_up_holds_nobody_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
