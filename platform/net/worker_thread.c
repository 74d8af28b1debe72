#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/net/dp.h"

/* On the caller's stack: it waits until `done`. */
struct worker_req {
        struct worker_req *next;
        void (*fn)(struct worker *w, void *arg);
        void *arg;
        bool done;
};

int worker_open_wake(struct worker *w, struct err *e)
{
        if (w->wake_fd >= 0)
                return 0;
        w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        return w->wake_fd >= 0 ? 0 : err_set(e, ERR_IO, "no descriptor to wake a worker with (errno %d)", errno);
}

void worker_close_wake(struct worker *w)
{
        if (w->wake_fd >= 0)
                close(w->wake_fd);
        w->wake_fd = -1;
}

/*
 * The exchange is a full barrier: either it sees `asleep` and writes, or the worker, which sets `asleep` before its
 * last look round, sees what the caller wrote before.
 */
void worker_wake(struct worker *w)
{
        uint64_t one = 1;

        if (atomic_exchange(&w->asleep, false) && w->wake_fd >= 0)
                while (write(w->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
                        continue;
}

static struct worker_req *next_request(struct worker *w)
{
        struct worker_req *r;

        pthread_mutex_lock(&w->req_lock);
        r = w->req_head;
        if (r) {
                w->req_head = r->next;
                if (!w->req_head)
                        w->req_tail = NULL;
        }
        atomic_store_explicit(&w->req_pending, w->req_head != NULL, memory_order_relaxed);
        pthread_mutex_unlock(&w->req_lock);
        return r;
}

unsigned worker_serve_request(struct worker *w)
{
        struct worker_req *r;

        if (!atomic_load_explicit(&w->req_pending, memory_order_acquire))
                return 0;
        r = next_request(w);
        if (!r)
                return 0;
        r->fn(w, r->arg);
        pthread_mutex_lock(&w->req_lock);
        r->done = true;
        pthread_cond_broadcast(&w->req_done);
        pthread_mutex_unlock(&w->req_lock);
        return 1;
}

/* Nobody loops: the caller is the worker for the moment. The lock keeps a loop from starting meanwhile. */
static void call_here(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg)
{
        worker_refresh(w);
        fn(w, arg);
        dp_flush(w);
}

void worker_call(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg)
{
        struct worker_req r = { .fn = fn, .arg = arg };

        pthread_mutex_lock(&w->req_lock);
        if (!w->running) {
                call_here(w, fn, arg);
                pthread_mutex_unlock(&w->req_lock);
                return;
        }
        if (w->req_tail)
                w->req_tail->next = &r;
        else
                w->req_head = &r;
        w->req_tail = &r;
        atomic_store_explicit(&w->req_pending, true, memory_order_release);
        worker_wake(w);
        while (!r.done)
                pthread_cond_wait(&w->req_done, &w->req_lock);
        pthread_mutex_unlock(&w->req_lock);
}
