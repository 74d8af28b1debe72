#include "platform/svc/syslog_target.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

#define RETRY_MS 5000u
#define CHECK_MS 1000u    /* a flow may die under a busy sender: asked at most this often */
#define CONNECT_MS 10000u /* a server that says nothing at all */
#define WAIT_MAX 65536u   /* bytes that wait for a server by TCP */

struct syslog_target *syslog_target_new(const struct syslog_host *h, unsigned slot)
{
        struct syslog_target *t = mem_alloc(MEM_SVC, sizeof *t);

        if (!t)
                return NULL;
        *t = (struct syslog_target){ .host = *h, .slot = slot, .fd = -1 };
        if (!h->tcp)
                return t;
        t->wait = mem_alloc(MEM_SVC, WAIT_MAX);
        if (t->wait)
                return t;
        mem_free(t);
        return NULL;
}

static void note_error(struct syslog_target *t, const char *why)
{
        t->errors++;
        str_escape(t->cause, sizeof t->cause, why, strlen(why));
}

/* Takes n bytes from the front of what waits. */
static void take_waiting(struct syslog_target *t, size_t n)
{
        memmove(t->wait, t->wait + n, t->waiting - n);
        t->waiting -= n;
}

/* The next connection begins with a whole line: the rest of one that was cut in two is of no use to it. */
static void forget_cut(struct syslog_target *t)
{
        const char *nl = t->cut ? memchr(t->wait, '\n', t->waiting) : NULL;

        if (nl) {
                take_waiting(t, (size_t)(nl + 1 - t->wait));
                t->dropped++;
        }
        t->cut = false;
}

static void target_close(struct syslog_target *t, const struct syslog_way *way)
{
        if (t->fd < 0)
                return;
        close(t->fd);
        t->fd = -1;
        way->close(way->ctx, t->slot);
        if (t->host.tcp && t->up)
                t->flaps++;
        t->up = false;
        forget_cut(t);
}

void syslog_target_free(struct syslog_target *t, const struct syslog_way *way)
{
        target_close(t, way);
        mem_free(t->wait);
        mem_free(t);
}

static void fail(struct syslog_target *t, const struct syslog_way *way, uint64_t now, const char *why)
{
        note_error(t, why);
        target_close(t, way);
        t->retry_ms = now + RETRY_MS;
}

/* A conn that ended for want of packets is made anew at once. */
static void check_alive(struct syslog_target *t, const struct syslog_way *way, uint64_t now)
{
        if (t->fd < 0 || now < t->check_ms)
                return;
        t->check_ms = now + CHECK_MS;
        if (!way->alive(way->ctx, t->slot))
                target_close(t, way);
}

static bool target_open(struct syslog_target *t, const struct syslog_way *way, uint64_t now)
{
        struct err e = { 0 };

        check_alive(t, way, now);
        if (t->fd >= 0)
                return true;
        if (now < t->retry_ms) {
                t->errors += !t->host.tcp; /* a line that was meant for it */
                return false;
        }
        t->fd = way->open(way->ctx, t->slot, &t->host, &e);
        t->check_ms = now + CHECK_MS;
        t->opened_ms = now;
        t->up = t->fd >= 0 && !t->host.tcp;
        if (t->fd < 0)
                fail(t, way, now, e.text);
        return t->fd >= 0;
}

/* ---- TCP ---- */

/* Is the connection there? 1 yes, 0 not yet, -1 it will not be. */
static int connected(struct syslog_target *t, const char **why)
{
        struct pollfd p = { .fd = t->fd, .events = POLLOUT };
        int error = 0;
        socklen_t n = sizeof error;

        if (poll(&p, 1, 0) <= 0)
                return 0;
        if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0 &&
            !(p.revents & (POLLERR | POLLHUP)))
                return 1;
        *why = strerror(error ? error : ECONNRESET);
        return -1;
}

static void finish_connect(struct syslog_target *t, const struct syslog_way *way, uint64_t now)
{
        const char *why = "no answer";
        int rc = connected(t, &why);

        if (rc > 0)
                t->up = true;
        else if (rc < 0 || now - t->opened_ms >= CONNECT_MS)
                fail(t, way, now, why);
}

/* Servers say nothing; what counts is that they have not gone. */
static bool peer_left(struct syslog_target *t, const char **why)
{
        char junk[512];
        ssize_t n;

        do
                n = recv(t->fd, junk, sizeof junk, MSG_DONTWAIT);
        while (n > 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
        *why = n == 0 ? "closed by the server" : strerror(errno);
        return true;
}

static unsigned count_lines(const char *p, size_t n)
{
        unsigned lines = 0;

        for (size_t i = 0; i < n; i++)
                lines += p[i] == '\n';
        return lines;
}

static void flush(struct syslog_target *t, const struct syslog_way *way, uint64_t now)
{
        ssize_t n = t->waiting ? send(t->fd, t->wait, t->waiting, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                fail(t, way, now, strerror(errno));
        } else if (n > 0) {
                t->sent += count_lines(t->wait, (size_t)n);
                t->cut = t->wait[n - 1] != '\n';
                take_waiting(t, (size_t)n);
        }
}

void syslog_target_step(struct syslog_target *t, const struct syslog_way *way, uint64_t now)
{
        const char *why;

        if (!t->host.tcp || !target_open(t, way, now))
                return;
        if (!t->up)
                finish_connect(t, way, now);
        else if (peer_left(t, &why))
                fail(t, way, now, why);
        if (t->up)
                flush(t, way, now);
}

static void queue_line(struct syslog_target *t, const char *p, size_t n)
{
        if (n + 1 > WAIT_MAX - t->waiting) {
                t->dropped++;
                return;
        }
        memcpy(t->wait + t->waiting, p, n);
        t->wait[t->waiting + n] = '\n';
        t->waiting += n + 1;
}

/* ---- both ---- */

void syslog_target_line(struct syslog_target *t, const struct syslog_way *way, uint64_t now, const char *p, size_t n)
{
        if (t->host.tcp) {
                queue_line(t, p, n);
                syslog_target_step(t, way, now);
                return;
        }
        if (!target_open(t, way, now))
                t->dropped++;
        else if (send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
                t->sent++;
        else
                note_error(t, strerror(errno));
}
