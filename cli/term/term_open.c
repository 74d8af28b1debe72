/* Where a console comes from: standard input and output, a terminal device, or a serial line made of two pseudo
 * terminals. */
#include "cli/term/term_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/term/pty_line.h"
#include "platform/base/clock.h"
#include "platform/base/mem.h"

#define SLOW_READER_MS 1000
#define LAST_WORDS_MS 50

/* ---- pty:LINK ---- */

/*
 * The console sits on the slave of one pair and the operator on the slave of another, as on two ends of a serial
 * cable: each side has terminal settings of its own. What nobody reads is lost, as on a cable.
 */
struct cable {
        int near, far;         /* masters: the console's, the operator's */
        int quit;              /* eventfd */
        struct pty_line *line; /* the operator's, when it goes with the console; else NULL */
        pthread_t thread;
        bool running;
};

/* One direction. */
struct lane {
        int from, to;
        bool lossy; /* what the far end does not take in time is lost; else the sender waits */
        bool ended;
        size_t n, at;
        uint64_t stuck_ms; /* since when nothing was taken; 0: not stuck */
        char buf[1024];
};

static void lane_read(struct lane *l)
{
        ssize_t n = read(l->from, l->buf, sizeof l->buf);

        l->ended = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
        l->at = 0;
        l->n = n > 0 ? (size_t)n : 0;
}

static ssize_t lane_take(struct lane *l)
{
        ssize_t n = write(l->to, l->buf + l->at, l->n - l->at);

        if (n > 0)
                l->at += (size_t)n;
        if (l->at == l->n)
                l->n = l->at = 0;
        return n;
}

static void lane_write(struct lane *l, uint64_t now)
{
        if (lane_take(l) > 0)
                l->stuck_ms = 0;
        else if (!l->stuck_ms)
                l->stuck_ms = now;
        if (!l->n || (l->lossy && l->stuck_ms && now - l->stuck_ms >= SLOW_READER_MS))
                l->n = l->at = 0, l->stuck_ms = 0;
}

/* The console's last words; it has closed its end by now. */
static void cable_drain(struct lane *l)
{
        struct pollfd p = { .fd = l->from, .events = POLLIN };

        do {
                while (l->n && lane_take(l) > 0)
                        continue;
                if (l->n || poll(&p, 1, LAST_WORDS_MS) <= 0 || !(p.revents & POLLIN))
                        return;
                lane_read(l);
        } while (!l->ended);
}

/* Either direction goes on while the other one waits: the console stops reading when its echo is not taken. */
static void *cable_thread(void *arg)
{
        struct cable *c = arg;
        struct lane lane[2] = { { .from = c->near, .to = c->far, .lossy = true }, { .from = c->far, .to = c->near } };

        while (!lane[0].ended && !lane[1].ended) {
                struct pollfd p[5] = { { .fd = c->quit, .events = POLLIN } };

                for (unsigned i = 0; i < 2; i++) {
                        p[1 + 2 * i] = (struct pollfd){ .fd = lane[i].n ? -1 : lane[i].from, .events = POLLIN };
                        p[2 + 2 * i] = (struct pollfd){ .fd = lane[i].n ? lane[i].to : -1, .events = POLLOUT };
                }
                if (poll(p, 5, lane[0].n ? SLOW_READER_MS : -1) < 0 && errno != EINTR)
                        break;
                if (p[0].revents)
                        break;
                for (unsigned i = 0; i < 2; i++) {
                        if (p[1 + 2 * i].revents)
                                lane_read(&lane[i]);
                        if (lane[i].n)
                                lane_write(&lane[i], clock_mono_ms(&clock_system));
                }
        }
        cable_drain(&lane[0]);
        return NULL;
}

static void cable_free(void *arg)
{
        struct cable *c = arg;
        uint64_t one = 1;

        if (c->running && write(c->quit, &one, sizeof one) == sizeof one)
                pthread_join(c->thread, NULL);
        for (int *fd = (int[]){ c->near, c->quit, -1 }; *fd != -1; fd++)
                close(*fd);
        if (c->line)
                pty_line_close(c->line);
        else
                close(c->far);
        mem_free(c->line);
        mem_free(c);
}

static int set_flags(int fd, int flags)
{
        return fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | flags) ? -1 : 0;
}

/* The cable from the console to the line, with its pump; takes far over when it is made. */
static struct cable *cable_new(int far, int *console, struct err *e)
{
        struct cable *c = mem_alloc(MEM_CLI, sizeof *c);

        if (!c) {
                err_nomem(e, "opening a console");
                return NULL;
        }
        if (openpty(&c->near, console, NULL, NULL, NULL)) {
                err_set(e, ERR_IO, "pty: %s", strerror(errno));
                mem_free(c);
                return NULL;
        }
        c->far = far;
        c->quit = eventfd(0, EFD_CLOEXEC);
        set_flags(c->near, O_NONBLOCK);
        set_flags(c->far, O_NONBLOCK);
        set_flags(*console, 0);
        c->running = pthread_create(&c->thread, NULL, cable_thread, c) == 0;
        if (c->running)
                return c;
        err_set(e, ERR_LIMIT, "pty: no thread");
        close(*console);
        cable_free(c);
        return NULL;
}

static struct term *term_on_cable(struct cable *c, int console, struct err *e)
{
        struct term *t = term_open_fds(console, console, "vt100", e);

        if (!t) {
                cable_free(c);
                return NULL;
        }
        t->on_close = cable_free;
        t->close_arg = c;
        return t;
}

struct term *term_open_line(int master, struct err *e)
{
        int console;
        struct cable *c = cable_new(master, &console, e);

        if (c)
                return term_on_cable(c, console, e);
        close(master);
        return NULL;
}

/* The line lives as long as the console. */
static struct term *open_pty(const char *link, struct err *e)
{
        struct pty_line *l = mem_alloc(MEM_CLI, sizeof *l);
        struct cable *c;
        int console;

        if (!l) {
                err_nomem(e, "opening a console");
                return NULL;
        }
        if (pty_line_open(l, link, e) < 0) {
                mem_free(l);
                return NULL;
        }
        c = cable_new(l->master, &console, e);
        if (!c) {
                pty_line_close(l);
                mem_free(l);
                return NULL;
        }
        c->line = l;
        return term_on_cable(c, console, e);
}

/* ---- the others ---- */

static struct term *open_tty(const char *path, struct err *e)
{
        int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

        if (fd < 0) {
                err_set(e, ERR_IO, "tty:%s: %s", path, strerror(errno));
                return NULL;
        }
        if (!isatty(fd)) {
                close(fd);
                err_set(e, ERR_IO, "tty:%s is not a terminal", path);
                return NULL;
        }
        return term_open_fds(fd, fd, "vt100", e);
}

/* Copies, so that closing the console leaves the process its standard descriptors. */
static struct term *open_stdio(struct err *e)
{
        int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

        if (in < 0 || out < 0) {
                err_set(e, ERR_IO, "standard input or output: %s", strerror(errno));
                if (in >= 0)
                        close(in);
                if (out >= 0)
                        close(out);
                return NULL;
        }
        return term_open_fds(in, out, getenv("TERM"), e);
}

struct term *term_open(const char *spec, struct err *e)
{
        if (!strcmp(spec, "stdio"))
                return open_stdio(e);
        if (!strncmp(spec, "pty:", 4) && spec[4])
                return open_pty(spec + 4, e);
        if (!strncmp(spec, "tty:", 4) && spec[4])
                return open_tty(spec + 4, e);
        err_set(e, ERR_SYNTAX, "console \"%s\": stdio, pty:LINK or tty:PATH expected", spec);
        return NULL;
}
