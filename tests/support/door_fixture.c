#include "tests/support/door_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "platform/base/wake.h"
#include "tests/support/pktbuild.h"

#define PATIENCE_MS 60000
#define SMALL 4096 /* who does not read is noticed soon */

static void need(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "door fixture: %s\n", what);
        abort();
}

static struct door_fixture *of_net(const struct box_net *n)
{
        return container_of((struct box_net *)(uintptr_t)n, struct door_fixture, net);
}

/* ---- the way to the box ---- */

static int on_listen(const struct box_net *n, const struct box_service *s, struct err *e)
{
        struct door_fixture *f = of_net(n);

        if (atomic_load(&f->refuses)) {
                atomic_fetch_add(&f->refused, 1);
                return err_set(e, ERR_IO, "no listener here");
        }
        pthread_mutex_lock(&f->lock);
        f->bell = wake_open();
        f->port = s->port;
        f->service = *s;
        f->opened++;
        pthread_mutex_unlock(&f->lock);
        return f->bell;
}

static void on_unlisten(const struct box_net *n, const struct box_service *s, int fd)
{
        struct door_fixture *f = of_net(n);

        pthread_mutex_lock(&f->lock);
        need(fd == f->bell && s->port == f->port, "another listener is closed than was opened");
        for (unsigned i = 0; i < f->nwaiting; i++)
                close(f->waiting[i].fd);
        f->nwaiting = 0;
        f->bell = -1;
        f->port = 0;
        close(fd);
        pthread_mutex_unlock(&f->lock);
}

static int on_accept(const struct box_net *n, int fd, struct box_peer *peer)
{
        struct door_fixture *f = of_net(n);
        int got = -1;

        pthread_mutex_lock(&f->lock);
        if (f->nwaiting) {
                got = f->waiting[0].fd;
                *peer = f->waiting[0].peer;
                memmove(&f->waiting[0], &f->waiting[1], --f->nwaiting * sizeof f->waiting[0]);
        } else {
                wake_drain(fd);
        }
        pthread_mutex_unlock(&f->lock);
        return got;
}

int df_dial(struct door_fixture *f, const char *from)
{
        struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
        int fd[2];

        need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0, "socketpair");
        fcntl(fd[0], F_SETFL, O_NONBLOCK);
        setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &(int){ SMALL }, sizeof(int));
        setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        pthread_mutex_lock(&f->lock);
        need(f->port && f->nwaiting < DF_WAITING, "nobody listens");
        f->waiting[f->nwaiting].fd = fd[0];
        f->waiting[f->nwaiting++].peer = (struct box_peer){ .addr = pb_addr(from),
                                                            .local = pb_addr("10.0.0.1"),
                                                            .port = (uint16_t)(40000 + f->dialled++),
                                                            .local_port = (uint16_t)f->port,
                                                            .nameif = "inside" };
        wake_kick(f->bell);
        pthread_mutex_unlock(&f->lock);
        return fd[1];
}

/* ---- time ---- */

static uint64_t mono_ns(void *ctx)
{
        struct door_fixture *f = ctx;

        return atomic_load(&f->now_ns);
}

static int64_t wall_ns(void *ctx)
{
        return 1700000000000000000 + (int64_t)mono_ns(ctx);
}

void df_until(bool (*cond)(void *arg), void *arg, const char *what)
{
        for (unsigned ms = 0; !cond(arg); ms++) {
                need(ms < PATIENCE_MS, what);
                poll(NULL, 0, 1);
        }
}

struct kicks {
        bool unseen;
};

static void look_at(void *to, const struct guest *g)
{
        struct pollfd p = { .fd = g->wake, .events = POLLIN };
        struct kicks *k = to;

        k->unseen = poll(&p, 1, 0) > 0 && g->place.info.phase != PLACE_OVER && !atomic_load(&g->gone);
}

static bool all_seen(void *arg)
{
        struct kicks k[PLACES_MAX];
        unsigned n = door_list(arg, k, sizeof k[0], PLACES_MAX, look_at);

        while (n && !k[n - 1].unseen)
                n--;
        return n == 0;
}

/* Twice: who looks up the second time is done with what came before the first. */
void df_settle(struct door *d)
{
        for (int i = 0; i < 2; i++) {
                door_look(d);
                df_until(all_seen, d, "a guest does not look up");
        }
}

void df_pass(struct door_fixture *f, struct door *d, uint64_t ms)
{
        df_settle(d);
        atomic_fetch_add(&f->now_ns, ms * 1000000u);
        df_settle(d);
}

/* ---- guests ---- */

static void count_one(void *to, const struct guest *g)
{
        *(bool *)to = g != NULL;
}

unsigned df_guests(struct door *d)
{
        bool there[PLACES_MAX];

        return door_list(d, there, sizeof there[0], PLACES_MAX, count_one);
}

struct crowd {
        struct door *d;
        unsigned n;
};

static bool as_many(void *arg)
{
        const struct crowd *c = arg;

        return df_guests(c->d) == c->n;
}

void df_await(struct door *d, unsigned guests)
{
        df_until(as_many, &(struct crowd){ d, guests }, "there are more or fewer guests");
}

bool df_ended(int far)
{
        char sink[4096];
        ssize_t n;

        while ((n = recv(far, sink, sizeof sink, 0)) > 0)
                continue;
        return n == 0;
}

bool df_quiet(int far)
{
        struct pollfd p = { .fd = far, .events = POLLIN };

        return poll(&p, 1, 0) == 0;
}

/* ---- life ---- */

void df_open(struct door_fixture *f)
{
        memset(f, 0, sizeof *f);
        cf_open(&f->cf);
        atomic_store(&f->now_ns, 5000000000u);
        f->clk = (struct clock){ mono_ns, wall_ns, f };
        f->way = (struct door_way){ on_listen, on_unlisten, on_accept };
        f->bell = -1;
        pthread_mutex_init(&f->lock, NULL);
        f->cf.box.clk = &f->clk;
        f->cf.box.rng = &rng_system;
        f->cf.box.net = &f->net;
        f->cf.box.way = &f->way;
}

void df_close(struct door_fixture *f)
{
        need(!f->port, "a door was left open");
        pthread_mutex_destroy(&f->lock);
        cf_close(&f->cf);
}
