/* Commands by HTTPS: a session of its own for each request, in a thread, and its output on its way to the client. */
#include "cli/http/httpd_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"

#define FIRST 16384u /* an answer of up to so many octets has a length, and the status of how it went */

struct run {
        struct httpd_conn *c;
        const char *lines, *type;
        bool strict;
        struct term *t;
        int end, far; /* ours, and the session's, which is the terminal's */
        pthread_t thread;
        /* of the session, when its thread has been joined */
        int failed;
        bool denied;
};

/* ---- the session ---- */

static struct session *session_of(struct httpd_conn *c, struct term *t)
{
        const struct session_opts o = { .user = *c->who.user ? c->who.user : NULL, .id = &c->who, .mute = true };
        struct session *s = session_new(c->d->box, t, &o);

        if (s)
                session_set_priv(s, httpd_level(c));
        return s;
}

static void *session_thread(void *arg)
{
        struct run *r = arg;
        struct session *s;

        prctl(PR_SET_NAME, "vg-http-run");
        s = session_of(r->c, r->t);
        if (s) {
                r->failed = session_exec(s, r->lines);
                r->denied = session_denied(s);
                session_free(s);
        } else {
                r->failed = 1;
                term_puts(r->t, "ERROR: out of memory\n");
        }
        term_flush(r->t);
        shutdown(r->far, SHUT_WR); /* the end of the answer */
        return NULL;
}

static bool start(struct run *r)
{
        struct err e;
        int fd[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
                return false;
        r->end = fd[0];
        r->far = fd[1];
        fcntl(r->end, F_SETFL, fcntl(r->end, F_GETFL) | O_NONBLOCK);
        r->t = term_open_fds(-1, fd[1], NULL, &e);
        if (r->t && pthread_create(&r->thread, NULL, session_thread, r) == 0)
                return true;
        term_close(r->t);
        close(r->end);
        return false;
}

/* Whoever writes to a client that is gone wakes up. */
static void finish(struct run *r)
{
        (door_why(&r->c->guest) == PLACE_OPERATOR ? term_stop : term_hangup)(r->t);
        close(r->end);
        pthread_join(r->thread, NULL);
        term_close(r->t);
}

/* ---- the way of its output ---- */

/* Octets, 0 at the end, -1: nobody waits for them any more. */
static ssize_t take(struct run *r, void *p, size_t cap)
{
        for (;;) {
                ssize_t n = read(r->end, p, cap);

                if (n >= 0 || (errno != EAGAIN && errno != EINTR))
                        return n < 0 ? 0 : n;
                if (httpd_watch(r->c, r->end, POLLIN) < 0)
                        return -1;
        }
}

static unsigned status_of(const struct run *r)
{
        if (!r->failed)
                return 200;
        return r->denied || r->strict ? 403 : 400;
}

static void whole(struct run *r, const char *buf, size_t n)
{
        httpd_head(r->c, status_of(r), r->failed ? HTTPD_TEXT : r->type, "", (int64_t)n);
        httpd_body(r->c, buf, n);
}

/* More than fits: it goes out as it comes. */
static bool stream(struct run *r, char *buf, size_t n)
{
        ssize_t k = (ssize_t)n;

        httpd_head(r->c, 200, r->type, "", HTTPD_CHUNKED);
        while (k > 0 && httpd_body(r->c, buf, (size_t)k))
                k = take(r, buf, FIRST);
        return k == 0 && !r->c->broken;
}

static void carry(struct run *r, char *buf)
{
        size_t n = 0;
        ssize_t k = 1;
        bool good = true;

        while (n < FIRST && (k = take(r, buf + n, FIRST - n)) > 0)
                n += (size_t)k;
        if (n == FIRST)
                good = stream(r, buf, n);
        finish(r);
        if (n < FIRST && k == 0)
                whole(r, buf, n);
        else if (n == FIRST && good)
                httpd_end(r->c);
        else
                r->c->broken = true; /* half an answer ends with the connection */
}

void httpd_run(struct httpd_conn *c, const char *lines, const char *type, bool strict)
{
        struct run r = { .c = c, .lines = lines, .type = type, .strict = strict };
        char *buf;

        if (c->req.method == HTTP_HEAD) { /* nothing runs for a look */
                httpd_head(c, 200, type, "", HTTPD_CHUNKED);
                return;
        }
        buf = mem_alloc(MEM_CLI, FIRST);
        if (buf && start(&r))
                carry(&r, buf);
        else
                httpd_line(c, 503, "Retry-After: 10\r\n", "ERROR: out of memory");
        mem_free_secret(buf);
}

bool httpd_may(struct httpd_conn *c, const char *line)
{
        struct term *t = term_open_fds(-1, open("/dev/null", O_WRONLY | O_CLOEXEC), NULL, &(struct err){ 0 });
        struct session *s = t ? session_of(c, t) : NULL;
        bool may = s && session_may(s, line);

        session_free(s);
        term_close(t);
        return may;
}
