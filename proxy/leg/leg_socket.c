/* The bottom of a byte leg: a non-blocking TCP socket of the private kernel. */
#include "proxy/leg/leg.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"

struct leg_socket {
        struct leg leg;
        int fd;
        bool connecting, blocked; /* blocked: the last write did not go */
};

static struct leg_socket *self(struct leg *l)
{
        return container_of(l, struct leg_socket, leg);
}

static int failed(struct leg_socket *s, const char *what, int err)
{
        snprintf(s->leg.why, sizeof s->leg.why, "%s: %s", what, strerror(err));
        return err == ECONNRESET || err == EPIPE || err == ECONNREFUSED || err == ECONNABORTED ? LEG_RESET : LEG_FAIL;
}

static int socket_start(struct leg *l)
{
        struct leg_socket *s = self(l);
        struct sockaddr_in peer;
        socklen_t n = sizeof peer;
        int err = 0;

        if (!s->connecting)
                return 1;
        if (getpeername(s->fd, (struct sockaddr *)&peer, &n) == 0) {
                s->connecting = false;
                return 1;
        }
        n = sizeof err;
        if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0)
                err = errno;
        return err ? failed(s, "connect", err) : LEG_AGAIN;
}

static ssize_t socket_read(struct leg *l, void *buf, size_t n)
{
        struct leg_socket *s = self(l);
        ssize_t r;

        do
                r = recv(s->fd, buf, n, 0);
        while (r < 0 && errno == EINTR);
        if (r >= 0)
                return r;
        return errno == EAGAIN ? LEG_AGAIN : failed(s, "read", errno);
}

static ssize_t socket_write(struct leg *l, const void *buf, size_t n)
{
        struct leg_socket *s = self(l);
        ssize_t r;

        do
                r = send(s->fd, buf, n, MSG_NOSIGNAL);
        while (r < 0 && errno == EINTR);
        s->blocked = r < 0 && errno == EAGAIN;
        if (r >= 0)
                return r;
        return s->blocked ? LEG_AGAIN : failed(s, "write", errno);
}

static int socket_finish(struct leg *l)
{
        shutdown(self(l)->fd, SHUT_WR);
        return 0;
}

static unsigned socket_want(const struct leg *l)
{
        const struct leg_socket *s = self((struct leg *)l);

        return LEG_WANT_READ | (s->connecting || s->blocked ? LEG_WANT_WRITE : 0u);
}

static bool socket_pending(const struct leg *l UNUSED)
{
        return false;
}

static void socket_close(struct leg *l, bool abort_it)
{
        struct leg_socket *s = self(l);
        struct linger now = { .l_onoff = 1, .l_linger = 0 };

        if (abort_it)
                setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(s->fd);
        mem_free(s);
}

static const struct leg_ops socket_ops = {
        .name = "socket",
        .read = socket_read,
        .write = socket_write,
        .start = socket_start,
        .finish = socket_finish,
        .want = socket_want,
        .pending = socket_pending,
        .close = socket_close,
};

struct leg *leg_socket_new(int fd, bool connecting)
{
        struct leg_socket *s = mem_alloc(MEM_LEG, sizeof *s);
        int one = 1;

        if (!s) {
                close(fd);
                return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        s->leg.ops = &socket_ops;
        s->fd = fd;
        s->connecting = connecting;
        return &s->leg;
}

int leg_socket_fd(const struct leg *l)
{
        while (l->next)
                l = l->next;
        return l->ops == &socket_ops ? self((struct leg *)l)->fd : -1;
}
