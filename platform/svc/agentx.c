#include "platform/svc/agentx.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

struct agentx {
        struct agentx_env env;
        char path[AGENTX_PATH_MAX + 1];
        int wake_fd;
        atomic_bool stop, on;
        atomic_uint notify;
        pthread_mutex_t lock; /* of what is looked at */
        struct agentx_status shown;
        /* of its thread */
        struct agentx_session *session;
        int fd; /* -1: not connected */
        uint64_t retry_at_ms, look_at_ms;
        unsigned retry_ms;
        char why[AGENTX_WHY_MAX];
        size_t nin;
        uint8_t in[AGENTX_INPUT_MAX];
};

/* ---- life ---- */

struct agentx *agentx_new(const struct agentx_env *env, struct err *e)
{
        struct agentx *a = mem_alloc(MEM_SVC, sizeof *a);

        if (a)
                a->session = agentx_session_new(env->clk, &env->conf, &env->mib);
        if (!a || !a->session) {
                mem_free(a);
                err_nomem(e, "starting the SNMP agent");
                return NULL;
        }
        a->env = *env;
        str_copy(a->path, sizeof a->path, env->path);
        a->fd = -1;
        a->retry_ms = AGENTX_RETRY_MS;
        pthread_mutex_init(&a->lock, NULL);
        a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (a->wake_fd >= 0)
                return a;
        err_set(e, ERR_IO, "starting the SNMP agent: %s", strerror(errno));
        agentx_free(a);
        return NULL;
}

void agentx_free(struct agentx *a)
{
        if (!a)
                return;
        if (a->fd >= 0)
                close(a->fd);
        if (a->wake_fd >= 0)
                close(a->wake_fd);
        agentx_session_free(a->session);
        pthread_mutex_destroy(&a->lock);
        mem_free(a);
}

static void wake(struct agentx *a)
{
        uint64_t one = 1;

        if (write(a->wake_fd, &one, sizeof one) < 0)
                return; /* already signalled as often as it can count */
}

void agentx_configure(struct agentx *a, bool on, unsigned notify)
{
        atomic_store(&a->notify, notify);
        if (atomic_exchange(&a->on, on) != on)
                wake(a);
}

unsigned agentx_notifies(struct agentx *a)
{
        return atomic_load(&a->on) ? atomic_load(&a->notify) : 0;
}

/* ---- the connection ---- */

/* What is ready goes, as far as it is taken. -1: nobody is there. */
static int push(struct agentx *a)
{
        size_t n;
        const uint8_t *p = agentx_session_output(a->session, &n);
        ssize_t got;

        if (!n)
                return 0;
        got = send(a->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -1;
        agentx_session_sent(a->session, (size_t)got);
        return 0;
}

static void try_later(struct agentx *a)
{
        a->retry_at_ms = clock_mono_ms(a->env.clk) + a->retry_ms;
        a->retry_ms = MIN_OF(a->retry_ms * 2, AGENTX_RETRY_MAX_MS);
}

static void drop(struct agentx *a, const char *why)
{
        agentx_session_end(a->session);
        push(a);
        close(a->fd);
        a->fd = -1;
        str_copy(a->why, sizeof a->why, why);
        try_later(a);
}

static void open_failed(struct agentx *a, int fd, int error)
{
        snprintf(a->why, sizeof a->why, "no master agent at %.*s: %s", 60, a->path, strerror(error));
        if (fd >= 0)
                close(fd);
        try_later(a);
}

static void open_master(struct agentx *a)
{
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        str_copy(to.sun_path, sizeof to.sun_path, a->path);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
                open_failed(a, fd, errno);
                return;
        }
        a->fd = fd;
        a->nin = 0;
        agentx_session_begin(a->session);
}

/* ---- one round ---- */

static void fill(struct agentx *a)
{
        ssize_t got = recv(a->fd, a->in + a->nin, sizeof a->in - a->nin, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
                drop(a, "the master agent ended the connection");
                return;
        }
        if (got > 0)
                a->nin += (size_t)got;
}

static void serve(struct agentx *a)
{
        struct cur c = cur_of(a->in, a->nin);

        if (agentx_session_input(a->session, &c) < 0) {
                drop(a, agentx_session_why(a->session));
                return;
        }
        memmove(a->in, a->in + (a->nin - c.left), c.left);
        a->nin = c.left;
        if (agentx_session_tick(a->session) < 0)
                drop(a, agentx_session_why(a->session));
        else if (push(a) < 0)
                drop(a, "the master agent ended the connection");
}

static void look(struct agentx *a)
{
        uint64_t now = clock_mono_ms(a->env.clk);

        if (agentx_session_state(a->session) != AGENTX_UP || now < a->look_at_ms)
                return;
        a->retry_ms = AGENTX_RETRY_MS;
        a->look_at_ms = now + AGENTX_LOOK_MS;
        a->env.look(a->env.mib.ctx, a->session, atomic_load(&a->notify));
}

static void show(struct agentx *a)
{
        bool up = agentx_session_state(a->session) == AGENTX_UP;

        pthread_mutex_lock(&a->lock);
        a->shown.enabled = atomic_load(&a->on);
        a->shown.state = agentx_session_state(a->session);
        a->shown.counts = *agentx_session_counts(a->session);
        str_copy(a->shown.why, sizeof a->shown.why, up ? agentx_session_why(a->session) : a->why);
        pthread_mutex_unlock(&a->lock);
}

/* When there is something to do without anybody saying so. */
static int due_ms(const struct agentx *a, unsigned wait_ms)
{
        uint64_t now = clock_mono_ms(a->env.clk);

        if (a->fd >= 0)
                return (int)MIN_OF(wait_ms, AGENTX_LOOK_MS);
        if (!atomic_load(&a->on))
                return (int)wait_ms;
        return a->retry_at_ms > now ? (int)MIN_OF((uint64_t)wait_ms, a->retry_at_ms - now) : 0;
}

static void wait_for(struct agentx *a, unsigned wait_ms)
{
        struct pollfd p[2] = { { .fd = a->wake_fd, .events = POLLIN }, { .fd = a->fd } };
        uint64_t count;
        size_t out = 0;

        if (a->fd >= 0)
                agentx_session_output(a->session, &out);
        p[1].events = (short)((a->nin < sizeof a->in ? POLLIN : 0) | (out ? POLLOUT : 0));
        if (poll(p, 2, due_ms(a, wait_ms)) < 0)
                return;
        if (p[0].revents & POLLIN && read(a->wake_fd, &count, sizeof count) < 0)
                return;
        if (a->fd >= 0 && p[1].revents & (POLLIN | POLLHUP | POLLERR))
                fill(a);
}

void agentx_step(struct agentx *a, unsigned wait_ms)
{
        wait_for(a, wait_ms);
        if (!atomic_load(&a->on)) {
                if (a->fd >= 0)
                        drop(a, "");
                a->retry_at_ms = 0;
                a->retry_ms = AGENTX_RETRY_MS;
                a->why[0] = 0;
        } else if (a->fd < 0 && clock_mono_ms(a->env.clk) >= a->retry_at_ms) {
                open_master(a);
        }
        if (a->fd >= 0)
                serve(a);
        if (a->fd >= 0)
                look(a);
        if (a->fd >= 0 && push(a) < 0)
                drop(a, "the master agent ended the connection");
        show(a);
}

void agentx_run(struct agentx *a)
{
        while (!atomic_load(&a->stop))
                agentx_step(a, 60000);
        atomic_store(&a->on, false);
        agentx_step(a, 0);
}

void agentx_stop(struct agentx *a)
{
        atomic_store(&a->stop, true);
        wake(a);
}

/* ---- views ---- */

void agentx_status(struct agentx *a, struct agentx_status *out)
{
        pthread_mutex_lock(&a->lock);
        *out = a->shown;
        pthread_mutex_unlock(&a->lock);
        out->enabled = atomic_load(&a->on);
        str_copy(out->path, sizeof out->path, a->path);
}
