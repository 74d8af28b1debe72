/*
 * The greetings of an SSH connection (RFC 4253, 4.2), up to our KEXINIT being on its way.
 *
 * libssh reads whatever has come in one go, and closes its descriptor as soon as it finds no algorithm in common,
 * whether what it has to say has left or not. A client whose greeting and KEXINIT arrive together, as they do when
 * the box is busy, would see a closed connection and not what does not match. So libssh is given a pair of sockets
 * first, through which it gets the client's greeting alone; when it has answered, the connection takes their place.
 */
#include "cli/ssh/sshd_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/wake.h"

#define GREETING_MAX 255u /* RFC 4253, 4.2; libssh takes fewer */

struct greet {
        struct sshd_conn *c;
        int near; /* our end of the pair */
        size_t heard;
        bool complete; /* the client's line, or what can be none */
};

/* What libssh says to the client. false: the connection is of no use. */
static bool tell_client(struct greet *g)
{
        uint8_t buf[4096];
        ssize_t n;

        while ((n = recv(g->near, buf, sizeof buf, MSG_DONTWAIT)) > 0)
                if (send(g->c->guest.fd, buf, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n)
                        return false; /* the first two thousand octets of a connection have room */
        return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Of what the client has said: his greeting, and no octet behind its end. */
static bool tell_libssh(struct greet *g)
{
        uint8_t buf[GREETING_MAX + 1];
        ssize_t n = recv(g->c->guest.fd, buf, sizeof buf - g->heard, MSG_PEEK | MSG_DONTWAIT);
        const uint8_t *end;

        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        end = memchr(buf, '\n', (size_t)n);
        if (end)
                n = end + 1 - buf;
        g->heard += (size_t)n;
        g->complete = end || !n || g->heard == sizeof buf;
        return !n || (recv(g->c->guest.fd, buf, (size_t)n, MSG_DONTWAIT) == n &&
                      send(g->near, buf, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n);
}

/* libssh looks at its end of the pair and writes what it has to write. */
static bool turn(struct greet *g)
{
        do {
                if (ssh_handle_key_exchange(g->c->s) != SSH_AGAIN || !tell_client(g))
                        return false;
        } while (ssh_get_poll_flags(g->c->s) & SSH_WRITE_PENDING);
        return true;
}

static bool wait_client(struct greet *g, int timeout_ms)
{
        struct pollfd p[2] = { { .fd = g->c->guest.fd, .events = POLLIN },
                               { .fd = g->c->guest.wake, .events = POLLIN } };

        if (poll(p, 2, timeout_ms) < 0 && errno != EINTR)
                return false;
        if (p[1].revents)
                wake_drain(g->c->guest.wake);
        return true;
}

static bool exchange(struct greet *g)
{
        if (!turn(g))
                return false;
        while (!g->complete) {
                int left = sshd_grace_left(g->c);

                if (!left || door_must_go(&g->c->guest) || !wait_client(g, left) || !tell_libssh(g))
                        return false;
        }
        return turn(g) && tell_client(g);
}

int sshd_greet_open(struct sshd_conn *c, ssh_bind bind, struct err *e)
{
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
                return err_set(e, ERR_IO, "SSH: %s", strerror(errno));
        if (ssh_bind_accept_fd(bind, c->s, pair[0]) == SSH_OK) {
                c->near = pair[1];
                return 0;
        }
        close(pair[1]);
        if (ssh_get_fd(c->s) != pair[0])
                close(pair[0]);
        return err_set(e, ERR_IO, "SSH: %s", ssh_get_error(bind));
}

bool sshd_greet(struct sshd_conn *c)
{
        struct greet g = { .c = c, .near = c->near };
        bool ok = exchange(&g) && dup3(c->guest.fd, ssh_get_fd(c->s), O_CLOEXEC) >= 0;

        close(c->near);
        c->near = -1;
        close(c->guest.fd);
        c->guest.fd = -1; /* libssh's, or over */
        return ok;
}
