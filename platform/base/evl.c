#include "platform/base/evl.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/base/mem.h"

#define BATCH 64
#define POSTS 4096u

struct post {
        void (*fn)(void *arg);
        void *arg;
};

struct evl {
        const struct clock *clk;
        struct tmr_wheel *timers;
        int epfd, wakefd;
        struct epoll_event ready[BATCH]; /* of this round; evl_del() blanks what it forgets */
        int nready;
        pthread_mutex_t lock; /* over the queue */
        uint32_t head, count;
        struct post queue[POSTS];
};

/* The wake-up descriptor is told from the others by its NULL pointer. */
static int open_fds(struct evl *l)
{
        struct epoll_event ev = { .events = EPOLLIN };

        l->epfd = epoll_create1(EPOLL_CLOEXEC);
        l->wakefd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (l->epfd < 0 || l->wakefd < 0)
                return -1;
        return epoll_ctl(l->epfd, EPOLL_CTL_ADD, l->wakefd, &ev);
}

struct evl *evl_new(const struct clock *clk)
{
        struct evl *l = mem_alloc(MEM_EVL, sizeof *l);

        if (!l)
                return NULL;
        l->clk = clk;
        l->epfd = l->wakefd = -1;
        pthread_mutex_init(&l->lock, NULL);
        l->timers = tmr_wheel_new(clock_mono_ms(clk));
        if (!l->timers || open_fds(l) < 0) {
                evl_free(l);
                return NULL;
        }
        return l;
}

void evl_free(struct evl *l)
{
        if (!l)
                return;
        if (l->epfd >= 0)
                close(l->epfd);
        if (l->wakefd >= 0)
                close(l->wakefd);
        tmr_wheel_free(l->timers);
        pthread_mutex_destroy(&l->lock);
        mem_free(l);
}

int evl_set(struct evl *l, struct evl_fd *f, unsigned want)
{
        struct epoll_event ev = { .data.ptr = f };

        if (f->on && f->want == want)
                return 0;
        ev.events = (want & EVL_READ ? EPOLLIN : 0u) | (want & EVL_WRITE ? EPOLLOUT : 0u);
        if (epoll_ctl(l->epfd, f->on ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, f->fd, &ev) < 0)
                return -1;
        f->on = true;
        f->want = want;
        return 0;
}

void evl_del(struct evl *l, struct evl_fd *f)
{
        if (!f->on)
                return;
        epoll_ctl(l->epfd, EPOLL_CTL_DEL, f->fd, NULL);
        f->on = false;
        f->want = 0;
        for (int i = 0; i < l->nready; i++)
                if (l->ready[i].data.ptr == f)
                        l->ready[i].events = 0;
}

struct tmr_wheel *evl_timers(struct evl *l)
{
        return l->timers;
}

int evl_epoll_fd(const struct evl *l)
{
        return l->epfd;
}

void evl_wake(struct evl *l)
{
        uint64_t one = 1;

        /* EAGAIN means a wake-up is pending anyway */
        while (write(l->wakefd, &one, sizeof one) < 0 && errno == EINTR)
                ;
}

static void drain_wake(struct evl *l)
{
        uint64_t n;

        while (read(l->wakefd, &n, sizeof n) < 0 && errno == EINTR)
                ;
}

bool evl_post(struct evl *l, void (*fn)(void *arg), void *arg)
{
        bool room;

        pthread_mutex_lock(&l->lock);
        room = l->count < POSTS;
        if (room)
                l->queue[(l->head + l->count++) % POSTS] = (struct post){ .fn = fn, .arg = arg };
        pthread_mutex_unlock(&l->lock);
        if (room)
                evl_wake(l);
        return room;
}

static uint32_t posts_waiting(struct evl *l)
{
        uint32_t n;

        pthread_mutex_lock(&l->lock);
        n = l->count;
        pthread_mutex_unlock(&l->lock);
        return n;
}

static struct post post_take(struct evl *l)
{
        struct post p;

        pthread_mutex_lock(&l->lock);
        p = l->queue[l->head];
        l->head = (l->head + 1) % POSTS;
        l->count--;
        pthread_mutex_unlock(&l->lock);
        return p;
}

/* Only what waits now: a call that posts itself again must not keep the loop here. The lock is not held in a call. */
static int run_posts(struct evl *l)
{
        uint32_t n = posts_waiting(l);

        for (uint32_t i = 0; i < n; i++) {
                struct post p = post_take(l);

                p.fn(p.arg);
        }
        return (int)n;
}

/* A hang-up is readable too: the reader finds the rest of the data and then the end. */
static unsigned ready_of(uint32_t events)
{
        unsigned r = 0;

        if (events & (EPOLLIN | EPOLLHUP))
                r |= EVL_READ;
        if (events & EPOLLOUT)
                r |= EVL_WRITE;
        if (events & (EPOLLERR | EPOLLHUP))
                r |= EVL_ERROR;
        return r;
}

/* What was ready may be unwanted or forgotten by now, because of a callback earlier in the batch. */
static int dispatch(struct evl *l)
{
        int handled = 0;

        for (int i = 0; i < l->nready; i++) {
                struct evl_fd *f = l->ready[i].data.ptr;
                unsigned ready = ready_of(l->ready[i].events);

                if (!f) {
                        drain_wake(l);
                        continue;
                }
                if (!ready)
                        continue;
                ready &= f->want | EVL_ERROR;
                if (!ready)
                        continue;
                f->fn(f, ready);
                handled++;
        }
        l->nready = 0;
        return handled;
}

uint64_t evl_timer_ms(struct evl *l, uint64_t cap)
{
        tmr_advance(l->timers, clock_mono_ms(l->clk)); /* time went on between two rounds */
        return tmr_next_ms(l->timers, cap);
}

int evl_step(struct evl *l, unsigned wait_ms)
{
        uint64_t wait = evl_timer_ms(l, MIN_OF(wait_ms, (unsigned)INT32_MAX));
        int handled, n;

        n = epoll_wait(l->epfd, l->ready, BATCH, (int)wait);
        l->nready = n > 0 ? n : 0;
        tmr_advance(l->timers, clock_mono_ms(l->clk));
        handled = dispatch(l);
        handled += run_posts(l);
        handled += (int)tmr_run(l->timers, clock_mono_ms(l->clk), 0);
        return handled;
}
