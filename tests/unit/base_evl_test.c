#include "tests/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/evl.h"
#include "platform/base/mem.h"

/* One end of a socket pair in a loop, the other for the test. */
struct end {
        struct evl_fd f;
        struct evl *l;
        int peer;
        unsigned calls, ready;
        struct end *forget, *mute;
};

static struct clock_virtual now;
static struct clock clk;

static void on_ready(struct evl_fd *f, unsigned ready)
{
        struct end *e = container_of(f, struct end, f);

        e->calls++;
        e->ready = ready;
        if (e->forget)
                evl_del(e->l, &e->forget->f);
        if (e->mute)
                evl_set(e->l, &e->mute->f, 0);
}

static struct end end_of(struct evl *l)
{
        int fd[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
        return (struct end){ .f.fd = fd[0], .f.fn = on_ready, .l = l, .peer = fd[1] };
}

static void end_close(struct end *e)
{
        evl_del(e->l, &e->f);
        close(e->f.fd);
        if (e->peer >= 0)
                close(e->peer);
}

static void send_byte(struct end *e)
{
        assert_int_equal(write(e->peer, "x", 1), 1);
}

static int set_up(void **state)
{
        now = (struct clock_virtual){ .mono = 1000000000 };
        clk = clock_of_virtual(&now);
        *state = evl_new(&clk);
        return *state ? 0 : -1;
}

static int tear_down(void **state)
{
        evl_free(*state);
        return mem_live_blocks() ? -1 : 0;
}

static void tells_what_is_ready(void **state)
{
        struct end e = end_of(*state);

        assert_int_equal(evl_set(e.l, &e.f, EVL_READ), 0);
        assert_int_equal(evl_step(e.l, 0), 0);
        send_byte(&e);
        assert_int_equal(evl_step(e.l, 0), 1);
        assert_int_equal(e.ready, EVL_READ);
        assert_int_equal(evl_set(e.l, &e.f, EVL_READ | EVL_WRITE), 0);
        evl_step(e.l, 0);
        assert_int_equal(e.ready, EVL_READ | EVL_WRITE);
        assert_int_equal(evl_set(e.l, &e.f, 0), 0);
        assert_int_equal(evl_step(e.l, 0), 0);
        close(e.peer);
        e.peer = -1;
        evl_step(e.l, 0);
        assert_int_equal(e.ready, EVL_ERROR);
        evl_set(e.l, &e.f, EVL_READ);
        evl_step(e.l, 0);
        assert_int_equal(e.ready, EVL_READ | EVL_ERROR);
        end_close(&e);
        assert_int_equal(evl_step(e.l, 0), 0);
}

static void bad_descriptors_are_refused(void **state)
{
        struct evl_fd f = { .fd = -1, .fn = on_ready };

        assert_int_equal(evl_set(*state, &f, EVL_READ), -1);
        assert_false(f.on);
        evl_del(*state, &f);
}

/* Both are ready in one batch, and whichever comes first forgets the other: exactly one call. */
static void a_forgotten_one_is_not_called(void **state)
{
        struct end a = end_of(*state), b = end_of(*state);

        a.forget = &b;
        b.forget = &a;
        evl_set(a.l, &a.f, EVL_READ);
        evl_set(b.l, &b.f, EVL_READ);
        close(a.peer); /* a hang-up would be told even to one that wants nothing */
        close(b.peer);
        a.peer = b.peer = -1;
        assert_int_equal(evl_step(a.l, 0), 1);
        assert_int_equal(a.calls + b.calls, 1);
        end_close(&a);
        end_close(&b);
}

static void a_muted_one_is_not_called(void **state)
{
        struct end a = end_of(*state), b = end_of(*state);

        a.mute = &b;
        b.mute = &a;
        evl_set(a.l, &a.f, EVL_READ);
        evl_set(b.l, &b.f, EVL_READ);
        send_byte(&a);
        send_byte(&b);
        assert_int_equal(evl_step(a.l, 0), 1);
        end_close(&a);
        end_close(&b);
}

static void forgetting_itself_is_legal(void **state)
{
        struct end a = end_of(*state);

        a.forget = &a;
        evl_set(a.l, &a.f, EVL_READ);
        send_byte(&a);
        assert_int_equal(evl_step(a.l, 0), 1);
        assert_int_equal(evl_step(a.l, 0), 0);
        end_close(&a);
}

struct alarm {
        struct tmr t;
        uint64_t at;
};

static void on_alarm(struct tmr *t, uint64_t now_ms)
{
        container_of(t, struct alarm, t)->at = now_ms;
}

static void fires_timers_on_the_injected_clock(void **state)
{
        struct alarm a = { .t.fn = on_alarm };

        tmr_set(evl_timers(*state), &a.t, 500);
        clock_advance_ms(&now, 490);
        assert_int_equal(evl_step(*state, 0), 0);
        clock_advance_ms(&now, 10);
        assert_int_equal(evl_step(*state, 0), 1);
        assert_int_equal(a.at, 1500);
}

/* The wheel's now is that of the round, not of the one before: else a timer set here would be due at once. */
static void set_alarm_later(void *arg)
{
        void **both = arg;

        tmr_set(evl_timers(both[0]), both[1], 100);
}

static void timers_set_in_a_call_count_from_now(void **state)
{
        struct alarm a = { .t.fn = on_alarm };
        void *both[2] = { *state, &a.t };

        clock_advance_ms(&now, 5000);
        assert_true(evl_post(*state, set_alarm_later, both));
        evl_step(*state, 0);
        assert_true(tmr_pending(&a.t));
        clock_advance_ms(&now, 100);
        evl_step(*state, 0);
        assert_int_equal(a.at, 6100);
}

struct poster {
        struct evl *l;
        unsigned runs;
};

static void post_again(void *arg)
{
        struct poster *p = arg;

        p->runs++;
        evl_post(p->l, post_again, p);
}

static void a_call_that_posts_itself_does_not_hold_the_loop(void **state)
{
        struct poster p = { .l = *state };

        evl_post(p.l, post_again, &p);
        assert_int_equal(evl_step(p.l, 0), 1);
        assert_int_equal(evl_step(p.l, 1000), 1);
        assert_int_equal(p.runs, 2);
}

static void count_up(void *arg)
{
        ++*(unsigned *)arg;
}

static void the_queue_is_bounded(void **state)
{
        unsigned calls = 0;

        for (int i = 0; i < 4096; i++)
                assert_true(evl_post(*state, count_up, &calls));
        assert_false(evl_post(*state, count_up, &calls));
        assert_int_equal(evl_step(*state, 0), 4096);
        assert_int_equal(calls, 4096);
        assert_true(evl_post(*state, count_up, &calls));
}

static void the_epoll_descriptor_shows_work(void **state)
{
        struct epoll_event ev;
        int outer = epoll_create1(0);

        ev = (struct epoll_event){ .events = EPOLLIN };
        assert_int_equal(epoll_ctl(outer, EPOLL_CTL_ADD, evl_epoll_fd(*state), &ev), 0);
        assert_int_equal(epoll_wait(outer, &ev, 1, 0), 0);
        evl_wake(*state);
        assert_int_equal(epoll_wait(outer, &ev, 1, 0), 1);
        evl_step(*state, 0);
        assert_int_equal(epoll_wait(outer, &ev, 1, 0), 0);
        close(outer);
}

enum { POSTERS = 3, POSTS_EACH = 5000 };

static struct {
        struct evl *l;
        unsigned calls;
} many;

static void *poster_thread(void *arg)
{
        (void)arg;
        for (int i = 0; i < POSTS_EACH; i++)
                while (!evl_post(many.l, count_up, &many.calls))
                        sched_yield();
        return NULL;
}

/* The loop sleeps on a long wait each round: a lost wake-up would hang here until the test's time limit. */
static void posts_from_threads_all_arrive(void **state)
{
        pthread_t t[POSTERS];

        many.l = *state;
        many.calls = 0;
        for (int i = 0; i < POSTERS; i++)
                pthread_create(&t[i], NULL, poster_thread, NULL);
        while (many.calls < POSTERS * POSTS_EACH)
                evl_step(many.l, 100000);
        for (int i = 0; i < POSTERS; i++)
                pthread_join(t[i], NULL);
        assert_int_equal(many.calls, POSTERS * POSTS_EACH);
}

static void survives_every_failure(void **state)
{
        (void)state;
        for (uint64_t n = 1; n <= 2; n++) {
                mem_fail_nth(n, false);
                assert_null(evl_new(&clk));
                mem_fail_nth(0, false);
        }
        evl_free(NULL);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                LOOP_TEST(tells_what_is_ready),
                LOOP_TEST(bad_descriptors_are_refused),
                LOOP_TEST(a_forgotten_one_is_not_called),
                LOOP_TEST(a_muted_one_is_not_called),
                LOOP_TEST(forgetting_itself_is_legal),
                LOOP_TEST(fires_timers_on_the_injected_clock),
                LOOP_TEST(timers_set_in_a_call_count_from_now),
                LOOP_TEST(a_call_that_posts_itself_does_not_hold_the_loop),
                LOOP_TEST(the_queue_is_bounded),
                LOOP_TEST(the_epoll_descriptor_shows_work),
                LOOP_TEST(posts_from_threads_all_arrive),
                LOOP_TEST(survives_every_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
