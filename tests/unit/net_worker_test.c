/* The loop and its neighbours: snapshot hooks, order, requests of cold threads, sleeping and waking. */

#include "platform/net/dp.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/net/arp.h"
#include "platform/net/icmp_box.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static unsigned hooks, drains;

static void count_hook(struct worker *w)
{
        assert_non_null(w->snap);
        hooks++;
}

static void count_drain(struct worker *w)
{
        (void)w;
        drains++;
}

static void (*const on_snapshot[])(struct worker *) = { count_hook, NULL };
static void (*const on_drain[])(struct worker *) = { count_drain, NULL };

static void test_hooks(void **state)
{
        struct worker_fixture f;

        (void)state;
        hooks = drains = 0;
        wf_init(&f);
        f.path.snapshot = on_snapshot;
        f.path.drain = on_drain;
        wf_start(&f);
        assert_int_equal(hooks, 1);
        assert_int_equal(drains, 1);
        worker_step(f.w);
        assert_int_equal(hooks, 1);
        wf_commit(&f);
        wf_commit(&f); /* one commit may be missed */
        worker_step(f.w);
        assert_int_equal(hooks, 2);
        worker_step(f.w);
        worker_step(f.w);
        assert_int_equal(snap_reclaim(f.hub), 0);
        wf_stop(&f);
}

static unsigned lines, downs, ups;

static void count_line(void *ctx, const char *line)
{
        (void)ctx;
        lines++;
        downs +=
                strstr(line, "%ASA-4-411002: Line protocol on Interface GigabitEthernet0/0, changed state to down") !=
                NULL;
        ups += strstr(line, "%ASA-4-411001: Line protocol on Interface GigabitEthernet0/0, changed state to up") !=
               NULL;
}

/* A change of carrier is told once, when the port has noticed. */
static void test_links_are_told(void **state)
{
        struct worker_fixture f;
        struct log_conf to_buffer;

        (void)state;
        wf_init(&f);
        log_conf_init(&to_buffer);
        to_buffer.enable = true;
        to_buffer.dest[LOG_TO_BUFFER].level = LOG_L_WARNING;
        assert_int_equal(log_configure(f.log, &to_buffer, NULL), 0);
        wf_start(&f);
        worker_step(f.w);
        f.w->port[0]->link = false;
        worker_step(f.w);
        worker_step(f.w);
        f.w->port[0]->link = true;
        worker_step(f.w);
        worker_step(f.w);
        while (log_step(f.log))
                continue;
        lines = downs = ups = 0;
        assert_int_equal(log_buffer_walk(f.log, count_line, NULL), 0);
        assert_int_equal(downs, 1);
        assert_int_equal(ups, 1);
        assert_int_equal(lines, 2);
        wf_stop(&f);
}

static void count_timer(struct tmr *t, uint64_t now_ms)
{
        (void)t;
        (void)now_ms;
}

static void test_timers_are_bounded(void **state)
{
        struct worker_fixture f;
        static struct tmr t[1000];
        unsigned left = 0;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        memset(t, 0, sizeof t);
        for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
                t[i].fn = count_timer;
                tmr_set(f.w->tmr, &t[i], 50);
        }
        clock_advance_ms(&f.time, 100);
        worker_step(f.w);
        for (unsigned i = 0; i < ARRAY_LEN(t); i++)
                left += tmr_pending(&t[i]);
        assert_int_equal(left, ARRAY_LEN(t) - 256);
        for (unsigned i = 0; i < 3; i++)
                worker_step(f.w);
        for (unsigned i = 0; i < ARRAY_LEN(t); i++)
                assert_false(tmr_pending(&t[i]));
        wf_stop(&f);
}

static void see_gen(struct worker *w, void *arg)
{
        *(uint64_t *)arg = w->snap->gen;
}

static void test_call_without_thread(void **state)
{
        struct worker_fixture f;
        uint64_t gen = 0;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        wf_commit(&f);
        worker_call(f.w, see_gen, &gen);
        assert_int_equal(gen, 2); /* the newest, though no loop has run since */
        wf_stop(&f);
}

static void *thread(void *arg)
{
        worker_run(arg);
        return NULL;
}

static void add_one(struct worker *w, void *arg)
{
        assert_non_null(w->snap);
        ++*(unsigned *)arg; /* only ever in the worker's thread, one at a time */
}

struct caller {
        struct worker *w;
        unsigned *count;
};

static void *call_loop(void *arg)
{
        struct caller *c = arg;

        for (unsigned i = 0; i < 200; i++)
                worker_call(c->w, add_one, c->count);
        return NULL;
}

static void calls_from_threads(bool wake)
{
        struct worker_fixture f;
        pthread_t t, c[3];
        unsigned count = 0;
        struct caller arg;
        struct err e;

        wf_init(&f);
        f.env.clk = &clock_system;
        wf_start(&f);
        if (wake)
                assert_int_equal(worker_open_wake(f.w, &e), 0);
        arg = (struct caller){ f.w, &count };
        pthread_create(&t, NULL, thread, f.w);
        for (unsigned i = 0; i < 3; i++)
                pthread_create(&c[i], NULL, call_loop, &arg);
        for (unsigned i = 0; i < 20; i++) { /* commits meanwhile */
                wf_commit(&f);
                sched_yield();
        }
        pthread_join(c[0], NULL);
        atomic_store(&f.w->stop, true); /* the others run into the stop: they are served all the same */
        worker_wake(f.w);
        pthread_join(c[1], NULL);
        pthread_join(c[2], NULL);
        pthread_join(t, NULL);
        assert_int_equal(count, 600);
        wf_stop(&f);
}

static void test_calls_from_threads(void **state)
{
        (void)state;
        calls_from_threads(true);
}

static void test_calls_without_wake_fd(void **state)
{
        (void)state;
        calls_from_threads(false);
}

static bool wake_written(const struct worker *w)
{
        struct pollfd p = { .fd = w->wake_fd, .events = POLLIN };

        return poll(&p, 1, 0) == 1;
}

/* Only a sleeper is written to, and only once. */
static void test_wake(void **state)
{
        struct worker_fixture f;
        struct err e;
        uint64_t n;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        worker_wake(f.w); /* no descriptor: nothing */
        assert_int_equal(worker_open_wake(f.w, &e), 0);
        assert_int_equal(worker_open_wake(f.w, &e), 0);
        worker_wake(f.w);
        assert_false(wake_written(f.w));
        atomic_store(&f.w->asleep, true);
        worker_wake(f.w);
        worker_wake(f.w);
        assert_true(wake_written(f.w));
        assert_int_equal(read(f.w->wake_fd, &n, sizeof n), sizeof n);
        assert_int_equal(n, 1);
        wf_stop(&f);
}

/* A sleeping worker notices a frame on a port. */
static void test_frame_wakes(void **state)
{
        struct worker_fixture f;
        pthread_t t;
        struct err e;
        uint8_t fr[200];
        size_t n = pb_echo(fr, sizeof fr, "192.0.2.9", "192.0.2.1", false, 1, 1), got = 0;

        (void)state;
        wf_init(&f);
        f.env.clk = &clock_system;
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        assert_int_equal(worker_open_wake(f.w, &e), 0);
        pthread_create(&t, NULL, thread, f.w);
        while (!atomic_load(&f.w->asleep))
                sched_yield();
        assert_int_equal(port_mem_inject(f.port[0], fr, n, NULL), 0);
        while (!(got = port_mem_take(f.port[0], fr, sizeof fr, NULL)))
                sched_yield();
        assert_int_equal(got, n);
        atomic_store(&f.w->stop, true);
        worker_wake(f.w);
        pthread_join(t, NULL);
        wf_stop(&f);
}

/* A look takes nothing from ports, but what other threads have handed over. */
static void test_look(void **state)
{
        struct worker_fixture f;
        uint8_t fr[200];
        size_t n = pb_echo(fr, sizeof fr, "192.0.2.9", "192.0.2.1", false, 1, 1);

        (void)state;
        wf_init(&f);
        f.path.drain = on_drain;
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        drains = 0;
        assert_int_equal(port_mem_inject(f.port[0], fr, n, NULL), 0);
        assert_int_equal(worker_look(f.w), 0);
        assert_int_equal(drains, 1);
        assert_int_equal(port_mem_take(f.port[0], fr, sizeof fr, NULL), 0);
        assert_int_equal(worker_step(f.w), 1);
        assert_int_equal(port_mem_take(f.port[0], fr, sizeof fr, NULL), n);
        wf_stop(&f);
}

static atomic_uint tun_reads, tun_frames;
static const struct port_ops *tun_below;

static unsigned counted_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        atomic_fetch_add(&tun_reads, 1);
        return tun_below->rx(p, pool, b);
}

static void count_frames(struct worker *w, struct burst *b)
{
        (void)w;
        for (unsigned i = 0; i < b->n; i++)
                dp_drop(b->pk[i], DROP_PUNT_STALE);
        atomic_fetch_add(&tun_frames, b->n);
}

static const struct fast_stage only_count[] = { { "count", count_frames }, { NULL, NULL } };

static void until_asleep(struct worker *w)
{
        while (!atomic_load(&w->asleep))
                sched_yield();
}

/* What the private kernel sends wakes; while it says nothing it is not asked. */
static void test_tun_is_read_when_it_speaks(void **state)
{
        struct worker_fixture f;
        struct port_ops counting;
        pthread_t t;
        struct err e;
        uint8_t fr[200], got[200];
        size_t n = pb_echo(fr, sizeof fr, "192.0.2.9", "192.0.2.1", false, 1, 1);
        unsigned reads;

        (void)state;
        wf_init(&f);
        f.env.clk = &clock_system;
        f.path.punt = only_count;
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        f.w->tun = port_mem_new("tun", true);
        tun_below = f.w->tun->ops;
        counting = *tun_below;
        counting.rx = counted_rx;
        f.w->tun->ops = &counting;
        atomic_store(&tun_reads, 0);
        atomic_store(&tun_frames, 0);
        assert_int_equal(worker_open_wake(f.w, &e), 0);
        pthread_create(&t, NULL, thread, f.w);
        until_asleep(f.w);
        reads = atomic_load(&tun_reads);
        assert_int_equal(port_mem_inject(f.port[0], fr, n, NULL), 0);
        while (!port_mem_take(f.port[0], got, sizeof got, NULL))
                sched_yield();
        until_asleep(f.w);
        assert_int_equal(atomic_load(&tun_reads), reads);
        for (unsigned i = 1; i <= 3; i++) {
                assert_int_equal(port_mem_inject(f.w->tun, fr + 14, n - 14, NULL), 0);
                while (atomic_load(&tun_frames) < i)
                        sched_yield();
        }
        atomic_store(&f.w->stop, true);
        worker_wake(f.w);
        pthread_join(t, NULL);
        wf_stop(&f);
}

/* Out of memory at any allocation of the start: refused in one piece, nothing left behind. */
static bool start_and_stop(struct worker_fixture *f)
{
        struct err e = { .code = ERR_NONE };
        struct worker *w = worker_new(0, &f->env, &e);
        bool ok = false;

        if (w) {
                w->arp = arp_table_new(w);
                w->icmp = icmp_box_new(w);
                ok = w->arp && w->icmp;
                arp_table_free(w->arp);
                icmp_box_free(w->icmp);
                worker_free(w);
        } else {
                assert_int_equal(e.code, ERR_NOMEM);
        }
        return ok;
}

static bool start_with_no_slot(struct worker_fixture *f)
{
        struct err e;
        struct worker *w = worker_new(0, &f->env, &e);

        if (!w)
                assert_int_equal(e.code, ERR_LIMIT);
        return w != NULL;
}

static void test_torture(void **state)
{
        struct worker_fixture f;
        bool ok = false;

        (void)state;
        wf_init(&f);
        f.env.log = NULL; /* its rings stay with the log */
        for (uint64_t nth = 1; !ok; nth++) {
                uint64_t before = mem_live_blocks();

                mem_fail_nth(nth, false);
                ok = start_and_stop(&f);
                mem_fail_nth(0, false);
                assert_int_equal(mem_live_blocks(), before);
                assert_true(nth < 100);
        }
        for (unsigned i = 0; i < QSBR_WORKERS_MAX; i++) /* no slot was lost on the way */
                assert_non_null(qsbr_join(snap_hub_qsbr(f.hub)));
        assert_false(start_with_no_slot(&f));
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_hooks),
                cmocka_unit_test(test_links_are_told),
                cmocka_unit_test(test_timers_are_bounded),
                cmocka_unit_test(test_call_without_thread),
                cmocka_unit_test(test_calls_from_threads),
                cmocka_unit_test(test_calls_without_wake_fd),
                cmocka_unit_test(test_torture),
                cmocka_unit_test(test_wake),
                cmocka_unit_test(test_look),
                cmocka_unit_test(test_tun_is_read_when_it_speaks),
                cmocka_unit_test(test_frame_wakes),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
