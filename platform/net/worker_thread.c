#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/net/dp.h"
#include "platform/net/nap.h"

enum { SLEEP_MAX_MS = 100, SLEEP_BLIND_MS = 5 };

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

/* What to wait on; *blind when something can become ready without a descriptor telling; *tun: which one is the TUN.
 */
static unsigned wait_set(const struct worker *w, struct pollfd *fds, bool *blind, struct pollfd **tun)
{
        unsigned n = 0;

        *blind = w->wake_fd < 0;
        *tun = NULL;
        for (unsigned i = 0; i <= w->nports; i++) {
                const struct port *p = i < w->nports ? w->port[i] : w->tun;
                int fd = p ? p->ops->fd(p) : -1;

                if (fd >= 0 && p == w->tun)
                        *tun = &fds[n];
                if (fd >= 0)
                        fds[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
                else if (p && !(p->ops->done && p->ops->done(p)))
                        *blind = true;
        }
        if (w->wake_fd >= 0)
                fds[n++] = (struct pollfd){ .fd = w->wake_fd, .events = POLLIN };
        return n;
}

/* Until a frame comes, somebody calls or a timer is due. True: somebody called. */
static bool wait_for_work(struct worker *w)
{
        struct pollfd fds[WORKER_PORTS_MAX + 2], *tun;
        bool blind;
        unsigned n = wait_set(w, fds, &blind, &tun);
        int rc = poll(fds, n, (int)tmr_next_ms(w->tmr, blind ? SLEEP_BLIND_MS : SLEEP_MAX_MS));

        w->tun_quiet = rc >= 0 && tun && !tun->revents;
        return w->wake_fd >= 0 && fds[n - 1].revents; /* wake_fd is the last one */
}

/* Until somebody calls, a short while at most: frames gather meanwhile. True: somebody called. */
static bool rest(struct worker *w, uint64_t ns)
{
        struct timespec t = { 0, (long)ns };
        struct pollfd call = { .fd = w->wake_fd, .events = POLLIN };

        return ppoll(&call, 1, &t, NULL) > 0 && call.revents;
}

/* Offline before it blocks, so that no grace period waits for a sleeper; the snapshot is loaded afresh afterwards. */
static void doze(struct worker *w, uint64_t rest_ns)
{
        uint64_t count;
        bool called;

        w->snap = NULL;
        qsbr_offline(w->qs);
        called = rest_ns ? rest(w, rest_ns) : wait_for_work(w);
        qsbr_online(w->qs);
        atomic_store(&w->asleep, false);
        if (called && w->wake_fd >= 0 && read(w->wake_fd, &count, sizeof count) < 0)
                count = 0; /* it was closed */
}

/* False while somebody waits for an answer. Once true, callers run their requests themselves. */
static bool set_running(struct worker *w, bool on)
{
        bool ok;

        pthread_mutex_lock(&w->req_lock);
        ok = on || !w->req_head;
        if (ok)
                w->running = on;
        pthread_mutex_unlock(&w->req_lock);
        return ok;
}

static void leave(struct worker *w)
{
        do {
                worker_refresh(w);
                while (worker_serve_request(w))
                        continue;
                dp_flush(w);
        } while (!set_running(w, false));
}

/* How long to rest now, 0: to sleep until something comes. The last step began when the worker woke. */
static uint64_t rest_ns(struct worker *w, struct nap *nap)
{
        uint64_t now = w->clk->mono_ns(w->clk->ctx);

        return nap_begin(nap, w->now_ns, now);
}

static unsigned counted_step(struct worker *w, struct nap *nap)
{
        uint64_t before = w->tun ? w->tun->stat.rx_pkts : 0;
        unsigned n = worker_step(w);

        nap->handled += n;
        nap->punted += w->tun ? (uint32_t)(w->tun->stat.rx_pkts - before) : 0;
        return n;
}

void worker_run(struct worker *w)
{
        struct nap nap = { 0 };

        prctl(PR_SET_TIMERSLACK, (unsigned long)NAP_SLACK_NS, 0, 0, 0);
        set_running(w, true);
        while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
                unsigned n = counted_step(w, &nap);
                uint64_t ns;

                if (n >= BURST_MAX)
                        continue; /* there may be more */
                atomic_store(&w->asleep, true);
                ns = rest_ns(w, &nap);
                /*
                 * What was handed over before `asleep` was set is seen by a second look, or after a short rest; what
                 * ports and the TUN have got since, the wait itself tells.
                 */
                if (ns || !worker_look(w))
                        doze(w, ns);
                else
                        atomic_store(&w->asleep, false);
        }
        leave(w);
}
