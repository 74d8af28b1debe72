/* What a dataplane thread does: steps, and rests or sleeps in between; a mate takes turns in it. */
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform/net/dp.h"
#include "platform/net/nap.h"

enum { SLEEP_MAX_MS = 100, SLEEP_BLIND_MS = 5, MATE_TICK_MS = 10 };

struct loop {
        struct worker *w;
        const struct worker_mate *mate; /* NULL: alone, or it has stopped */
        struct nap nap;
        bool called;        /* the mate's descriptor was readable */
        uint64_t tun_tx;    /* datagrams given to the private kernel before the mate's last turn */
        uint64_t served_ms; /* when that was */
        uint64_t rest_ns;   /* until then full bursts go before the mate: as long as its last turn took */
};

/* What to wait on; *blind when something can become ready without a descriptor telling. */
struct wait_set {
        struct pollfd fd[WORKER_PORTS_MAX + 3];
        unsigned n;
        struct pollfd *tun, *wake, *mate; /* NULL: there is none */
        bool blind;
};

static struct pollfd *wait_add(struct wait_set *s, int fd)
{
        s->fd[s->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
        return &s->fd[s->n++];
}

static bool ready(const struct pollfd *p)
{
        return p && p->revents;
}

/* Callers: they are waited for in any case. */
static void wait_callers(const struct loop *l, struct wait_set *s)
{
        s->n = 0;
        s->blind = l->w->wake_fd < 0;
        s->tun = NULL;
        s->wake = s->blind ? NULL : wait_add(s, l->w->wake_fd);
        s->mate = l->mate ? wait_add(s, l->mate->fd) : NULL;
}

static void wait_ports(const struct worker *w, struct wait_set *s)
{
        for (unsigned i = 0; i <= w->nports; i++) {
                const struct port *p = i < w->nports ? w->port[i] : w->tun;
                int fd = p ? p->ops->fd(p) : -1;

                if (fd >= 0 && p == w->tun)
                        s->tun = wait_add(s, fd);
                else if (fd >= 0)
                        wait_add(s, fd);
                else if (p && !(p->ops->done && p->ops->done(p)))
                        s->blind = true;
        }
}

/* Until a frame comes, somebody calls or a timer is due. */
static void wait_for_work(struct loop *l, struct wait_set *s)
{
        struct worker *w = l->w;
        uint64_t ms;
        int rc;

        wait_ports(w, s);
        ms = tmr_next_ms(w->tmr, s->blind ? SLEEP_BLIND_MS : SLEEP_MAX_MS);
        if (l->mate)
                ms = l->mate->timer_ms(l->mate->ctx, ms);
        rc = poll(s->fd, s->n, (int)ms);
        w->tun_quiet = rc >= 0 && s->tun && !s->tun->revents;
        l->called = rc == 0;
}

/* Until somebody calls, a short while at most: frames gather meanwhile. */
static void rest(struct wait_set *s, uint64_t ns)
{
        struct timespec t = { 0, (long)ns };

        ppoll(s->fd, s->n, &t, NULL);
}

/* Offline before it blocks, so that no grace period waits for a sleeper; the snapshot is loaded afresh afterwards. */
static void doze(struct loop *l, uint64_t rest_ns)
{
        struct worker *w = l->w;
        struct wait_set s;
        uint64_t count;

        wait_callers(l, &s);
        w->snap = NULL;
        qsbr_offline(w->qs);
        if (rest_ns)
                rest(&s, rest_ns);
        else
                wait_for_work(l, &s);
        qsbr_online(w->qs);
        l->called |= ready(s.mate);
        if (ready(s.wake) && read(w->wake_fd, &count, sizeof count) < 0)
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

static uint64_t now_ns(const struct worker *w)
{
        return w->clk->mono_ns(w->clk->ctx);
}

static unsigned counted_step(struct loop *l)
{
        struct worker *w = l->w;
        uint64_t before = w->tun ? w->tun->stat.rx_pkts : 0;
        unsigned n = worker_step(w);

        l->nap.handled += n;
        l->nap.punted += w->tun ? (uint32_t)(w->tun->stat.rx_pkts - before) : 0;
        return n;
}

/* ---- the mate ---- */

static bool mate_due(const struct loop *l)
{
        const struct worker *w = l->w;

        return l->called || w->now_ms - l->served_ms >= MATE_TICK_MS ||
               (w->tun && w->tun->stat.tx_pkts != l->tun_tx) || l->mate->waits(l->mate->ctx);
}

/* A turn of the mate, where one is due. True: it did something, and what it sent may be there to be read. */
static bool mate_turn(struct loop *l, bool more_frames)
{
        struct worker *w = l->w;
        uint64_t begun;
        bool did;

        if (!l->mate || (more_frames && w->now_ns < l->rest_ns) || !mate_due(l))
                return false;
        l->called = false;
        l->served_ms = w->now_ms;
        l->tun_tx = w->tun ? w->tun->stat.tx_pkts : 0;
        begun = now_ns(w);
        did = l->mate->turn(l->mate->ctx);
        l->rest_ns = 2 * now_ns(w) - begun;
        if (l->mate->stopped(l->mate->ctx))
                l->mate = NULL;
        return did;
}

/*
 * What was handed over before `asleep` was set is seen by a second look, or after a short rest; what ports and the
 * TUN have got since, the wait itself tells. The look may give something to the mate, so that one's comes last.
 */
static void sleep_unless_called(struct loop *l)
{
        struct worker *w = l->w;
        uint64_t ns;
        bool stay;

        atomic_store(&w->asleep, true);
        ns = nap_begin(&l->nap, w->now_ns, now_ns(w)); /* the last step began when the worker woke */
        stay = !ns && worker_look(w);
        if (l->mate)
                l->mate->asleep(l->mate->ctx, true);
        stay |= l->mate && l->mate->waits(l->mate->ctx);
        if (!stay)
                doze(l, ns);
        if (l->mate)
                l->mate->asleep(l->mate->ctx, false);
        atomic_store(&w->asleep, false);
}

void worker_run_with(struct worker *w, const struct worker_mate *mate)
{
        struct loop l = { .w = w, .mate = mate, .called = true };

        prctl(PR_SET_TIMERSLACK, (unsigned long)NAP_SLACK_NS, 0, 0, 0);
        set_running(w, true);
        while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
                bool more_frames = counted_step(&l) >= BURST_MAX;

                if (!mate_turn(&l, more_frames) && !more_frames)
                        sleep_unless_called(&l);
        }
        leave(w);
}

void worker_run(struct worker *w)
{
        worker_run_with(w, NULL);
}
