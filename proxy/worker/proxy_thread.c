/* The thread of a proxy worker, of its own or shared with a dataplane worker, and those who call it from outside. */
#include "proxy/worker/worker_int.h"

#include <sched.h>

#define LOOP_WAIT_MS 100u
#define TURN_NS 200000u /* where media wait meanwhile; a single handshake may take longer */

static void begin(struct proxy_worker *w)
{
        pthread_mutex_lock(&w->lock);
        atomic_store(&w->running, true);
        pthread_mutex_unlock(&w->lock);
}

static void finish(struct proxy_worker *w)
{
        proxy_abort_all(w);
        pthread_mutex_lock(&w->lock);
        atomic_store(&w->running, false);
        pthread_mutex_unlock(&w->lock);
        evl_step(w->evl, 0); /* calls posted before: nobody waits for ever */
}

void proxy_run(struct proxy_worker *w)
{
        begin(w);
        while (!atomic_load_explicit(&w->stop, memory_order_relaxed))
                proxy_step(w, LOOP_WAIT_MS);
        finish(w);
}

/* ---- a thread shared with a dataplane worker ---- */

/* Online only in its turns: the dataplane worker may be busy for long in between. */
static bool joint_turn(void *proxy)
{
        struct proxy_worker *w = proxy;
        bool waited = proxy_work_waits(w);
        unsigned n;

        qsbr_online(w->qs);
        w->turn_ends_ns = w->env.clk->mono_ns(w->env.clk->ctx) + TURN_NS;
        n = proxy_step(w, 0);
        qsbr_offline(w->qs);
        return n || waited;
}

static bool joint_waits(void *proxy)
{
        return proxy_work_waits(proxy);
}

static uint64_t joint_timer_ms(void *proxy, uint64_t cap)
{
        return evl_timer_ms(((struct proxy_worker *)proxy)->evl, cap);
}

static void joint_asleep(void *proxy, bool on)
{
        atomic_store(&((struct proxy_worker *)proxy)->sleeping, on);
}

static bool joint_stopped(void *proxy)
{
        struct proxy_worker *w = proxy;

        if (!atomic_load_explicit(&w->stop, memory_order_relaxed))
                return false;
        qsbr_online(w->qs);
        w->turn_ends_ns = 0;
        finish(w);
        return true;
}

void proxy_run_joint(struct proxy_worker *w, struct worker *dp)
{
        struct worker_mate m = { .ctx = w,
                                 .fd = evl_epoll_fd(w->evl),
                                 .turn = joint_turn,
                                 .waits = joint_waits,
                                 .timer_ms = joint_timer_ms,
                                 .asleep = joint_asleep,
                                 .stopped = joint_stopped };

        begin(w);
        qsbr_offline(w->qs);
        worker_run_with(dp, &m);
        if (proxy_is_running(w)) {
                proxy_stop(w);
                joint_stopped(w);
        }
}

bool proxy_is_running(const struct proxy_worker *w)
{
        return atomic_load(&w->running);
}

/* ---- calls from outside ---- */

void proxy_wake(void *proxy)
{
        struct proxy_worker *w = proxy;

        if (atomic_load(&w->sleeping))
                evl_wake(w->evl);
}

void proxy_stop(struct proxy_worker *w)
{
        atomic_store(&w->stop, true);
        evl_wake(w->evl);
}

struct cold_call {
        struct proxy_worker *w;
        void (*fn)(struct proxy_worker *w, void *arg);
        void *arg;
        bool done;
};

static void cold_run(void *p)
{
        struct cold_call *c = p;

        c->fn(c->w, c->arg);
        pthread_mutex_lock(&c->w->lock);
        c->done = true;
        pthread_cond_broadcast(&c->w->done);
        pthread_mutex_unlock(&c->w->lock);
}

void proxy_call(struct proxy_worker *w, void (*fn)(struct proxy_worker *w, void *arg), void *arg)
{
        struct cold_call c = { .w = w, .fn = fn, .arg = arg };

        pthread_mutex_lock(&w->lock);
        if (!atomic_load(&w->running)) { /* the lock keeps a loop from starting meanwhile */
                fn(w, arg);
                pthread_mutex_unlock(&w->lock);
                return;
        }
        while (!evl_post(w->evl, cold_run, &c)) { /* queue full: let it run */
                pthread_mutex_unlock(&w->lock);
                sched_yield();
                pthread_mutex_lock(&w->lock);
        }
        while (!c.done)
                pthread_cond_wait(&w->done, &w->lock);
        pthread_mutex_unlock(&w->lock);
}
