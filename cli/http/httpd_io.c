/* Octets of an HTTPS connection: never longer than its deadline, and never against the will of who ends it. */
#include "cli/http/httpd_int.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"

#define PIECE 16384u

static int on_send(void *ctx, const unsigned char *p, size_t n)
{
        struct httpd_conn *c = ctx;
        ssize_t k = send(c->guest.fd, p, n, MSG_NOSIGNAL);

        if (k < 0)
                return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_CONN_EOF;
        return (int)k;
}

static int on_recv(void *ctx, unsigned char *p, size_t n)
{
        struct httpd_conn *c = ctx;
        ssize_t k = recv(c->guest.fd, p, n, 0);

        if (k < 0)
                return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
        return k ? (int)k : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* -1: too late, or it shall end. */
static int wait_io(struct httpd_conn *c, short events)
{
        for (;;) {
                uint64_t now = httpd_now(c);
                struct pollfd p[2] = { { .fd = c->guest.fd, .events = events }, { .fd = c->guest.wake, .events = POLLIN } };

                if (now >= c->deadline) {
                        c->late = true;
                        return -1;
                }
                if (poll(p, 2, (int)MIN_OF(c->deadline - now, (uint64_t)60000)) < 0 && errno != EINTR)
                        return -1;
                if (p[1].revents)
                        wake_drain(c->guest.wake);
                if (door_must_go(&c->guest))
                        return -1;
                if (p[0].revents)
                        return 0;
        }
}

/* After what the library wants: 0 it may be called again. */
static int wait_for(struct httpd_conn *c, int rc)
{
        if (rc == MBEDTLS_ERR_SSL_WANT_READ)
                return wait_io(c, POLLIN);
        return rc == MBEDTLS_ERR_SSL_WANT_WRITE ? wait_io(c, POLLOUT) : -1;
}

bool httpd_handshake(struct httpd_conn *c)
{
        int rc;

        mbedtls_ssl_set_bio(&c->tls.ssl, c, on_send, on_recv, NULL);
        while ((rc = mbedtls_ssl_handshake(&c->tls.ssl)) != 0)
                if (wait_for(c, rc) < 0)
                        return false;
        c->tls.up = true;
        return true;
}

size_t httpd_read(struct httpd_conn *c, void *p, size_t cap)
{
        int rc;

        while ((rc = mbedtls_ssl_read(&c->tls.ssl, p, cap)) < 0)
                if (wait_for(c, rc) < 0)
                        return 0;
        return (size_t)rc;
}

/* Each piece that is taken gives it time for the next. */
bool httpd_write(struct httpd_conn *c, const void *data, size_t n)
{
        const unsigned char *p = data;

        while (n && !c->broken) {
                int rc = mbedtls_ssl_write(&c->tls.ssl, p, MIN_OF(n, (size_t)PIECE));

                if (rc > 0) {
                        p += rc;
                        n -= (size_t)rc;
                        c->deadline = MIN_OF(httpd_now(c) + HTTPD_STALL_MS, c->answer_until);
                } else if (wait_for(c, rc) < 0) {
                        c->broken = true;
                }
        }
        return !c->broken;
}

int httpd_watch(struct httpd_conn *c, int fd, short events)
{
        for (;;) {
                struct pollfd p[3] = { { .fd = fd, .events = events },
                                       { .fd = c->guest.wake, .events = POLLIN },
                                       { .fd = c->guest.fd, .events = POLLRDHUP } }; /* only that it has gone */

                if (httpd_now(c) >= c->answer_until)
                        return -1;
                if (poll(p, 3, 1000) < 0 && errno != EINTR)
                        return -1;
                if (p[1].revents)
                        wake_drain(c->guest.wake);
                if (door_must_go(&c->guest) || p[2].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))
                        return -1;
                if (p[0].revents)
                        return 0;
        }
}
