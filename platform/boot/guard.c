#include "platform/boot/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/term/pty_line.h"
#include "platform/net/port.h"

#define NAME_MAX_ 256 /* of a link in the file system */
#define LINES_MAX 4
#define CRASHES_MAX 5 /* within CRASH_WINDOW_S: something is wrong that a restart does not cure */
#define CRASH_WINDOW_S 60

struct request {
        char kind[16];
        char ifname[NAME_MAX_];
};

struct reply {
        int ok;
        char text[ERR_TEXT_MAX];
};

/* Serial lines outlive the appliance, so that whoever sits at one stays connected through a reload. */
struct guard {
        struct pty_line line[LINES_MAX];
        unsigned nlines;
        int sigfd;
        sigset_t old;
        bool stopping;
};

/* ---- descriptors over the socket pair ---- */

static int send_reply(int sock, const struct reply *r, int fd)
{
        char ctl[CMSG_SPACE(sizeof fd)] = { 0 };
        struct iovec iov = { (void *)(uintptr_t)r, sizeof *r };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        struct cmsghdr *c;

        if (fd >= 0) {
                m.msg_control = ctl;
                m.msg_controllen = sizeof ctl;
                c = CMSG_FIRSTHDR(&m);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof fd);
                memcpy(CMSG_DATA(c), &fd, sizeof fd);
        }
        return sendmsg(sock, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int recv_reply(int sock, struct reply *r, int *fd)
{
        char ctl[CMSG_SPACE(sizeof *fd)];
        struct iovec iov = { r, sizeof *r };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl };
        struct cmsghdr *c;
        ssize_t n;

        *fd = -1;
        do
                n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof *r)
                return -1;
        c = CMSG_FIRSTHDR(&m);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
                memcpy(fd, CMSG_DATA(c), sizeof *fd);
        return 0;
}

int guard_open_port(int guard_fd, const char *kind, const char *ifname, struct err *e)
{
        struct request q = { .kind = "" };
        struct reply r;
        int fd;

        snprintf(q.kind, sizeof q.kind, "%s", kind);
        if (snprintf(q.ifname, sizeof q.ifname, "%s", ifname) >= NAME_MAX_)
                return err_set(e, ERR_RANGE, "%s: name longer than %d", ifname, NAME_MAX_ - 1);
        if (send(guard_fd, &q, sizeof q, MSG_NOSIGNAL) != (ssize_t)sizeof q || recv_reply(guard_fd, &r, &fd) < 0)
                return err_set(e, ERR_IO, "%s: the guard process is gone", ifname);
        r.text[sizeof r.text - 1] = 0;
        return r.ok ? fd : err_set(e, ERR_IO, "%s", r.text);
}

int guard_open_line(int guard_fd, const char *link, struct err *e)
{
        return guard_open_port(guard_fd, "pty", link, e);
}

/* ---- the guard's side ---- */

/* A descriptor of its own for the master of the line, which is made when it is asked for the first time. */
static int line_fd(struct guard *g, const char *link, struct err *e)
{
        unsigned i = 0;
        int fd;

        while (i < g->nlines && strcmp(g->line[i].link, link) != 0)
                i++;
        if (i == LINES_MAX)
                return err_set(e, ERR_LIMIT, "at most %d serial lines", LINES_MAX);
        if (i == g->nlines && pty_line_open(&g->line[i], link, e) < 0)
                return -1;
        g->nlines += i == g->nlines;
        fd = fcntl(g->line[i].master, F_DUPFD_CLOEXEC, 3);
        return fd >= 0 ? fd : err_set(e, ERR_IO, "pty:%s: %s", link, strerror(errno));
}

static int open_kind(struct guard *g, const struct request *q, struct err *e)
{
        if (!strcmp(q->kind, "pty"))
                return line_fd(g, q->ifname, e);
        if (!strcmp(q->kind, "counters"))
                return port_counter_socket(e);
        return !strcmp(q->kind, "tap") ? port_tap_socket(q->ifname, e) : port_afpacket_socket(q->ifname, e);
}

static void serve_request(struct guard *g, int sock)
{
        struct request q;
        struct reply r = { 0 };
        struct err e = { 0 };
        int fd;

        if (recv(sock, &q, sizeof q, MSG_DONTWAIT) != (ssize_t)sizeof q)
                return;
        q.kind[sizeof q.kind - 1] = q.ifname[sizeof q.ifname - 1] = 0;
        fd = open_kind(g, &q, &e);
        r.ok = fd >= 0;
        snprintf(r.text, sizeof r.text, "%s", e.text);
        send_reply(sock, &r, fd);
        if (fd >= 0)
                close(fd);
}

static pid_t start_child(struct guard *g, int (*appliance)(int, void *), void *arg, int *sock)
{
        int sv[2];
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
                return -1;
        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                close(sv[0]);
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                sigprocmask(SIG_SETMASK, &g->old, NULL);
                while (g->nlines)
                        pty_line_forget(&g->line[--g->nlines]);
                exit(appliance(sv[1], arg));
        }
        close(sv[1]);
        *sock = sv[0];
        return pid;
}

/* Until the child ends: requests, and signals passed on to it. Returns its wait status. */
static int watch_child(struct guard *g, pid_t pid, int sock)
{
        struct pollfd p[2] = { { .fd = sock, .events = POLLIN }, { .fd = g->sigfd, .events = POLLIN } };
        struct signalfd_siginfo si;
        int status = 0;

        for (;;) {
                if (poll(p, 2, -1) < 0 && errno != EINTR)
                        return -1;
                if (p[0].revents & POLLIN)
                        serve_request(g, sock);
                if (p[0].revents & (POLLHUP | POLLERR))
                        p[0].fd = -1; /* it is ending; SIGCHLD comes */
                if (!(p[1].revents & POLLIN) || read(g->sigfd, &si, sizeof si) != (ssize_t)sizeof si)
                        continue;
                if (si.ssi_signo != SIGCHLD) {
                        g->stopping = true;
                        kill(pid, SIGTERM);
                } else if (waitpid(pid, &status, WNOHANG) == pid) {
                        return status;
                }
        }
}

struct crash_log {
        time_t at[CRASHES_MAX];
        unsigned n;
};

static bool crashed_too_often(struct crash_log *c)
{
        time_t now = time(NULL);

        c->at[c->n++ % CRASHES_MAX] = now;
        return c->n >= CRASHES_MAX && now - c->at[c->n % CRASHES_MAX] < CRASH_WINDOW_S;
}

/* What the end of the appliance means: -1 start it again, else the exit code. */
static int after_end(int status, bool stopping, struct crash_log *crashes)
{
        if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_RELOAD_)
                return WEXITSTATUS(status);
        if (stopping)
                return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : EXIT_OK;
        if (WIFEXITED(status))
                return -1;
        fprintf(stderr, "voxgate: the appliance ended by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
        if (crashed_too_often(crashes)) {
                fprintf(stderr, "voxgate: %d crashes within %d seconds, giving up\n", CRASHES_MAX, CRASH_WINDOW_S);
                return 128 + WTERMSIG(status);
        }
        return -1;
}

/* Signals come by descriptor; the child gets the mask that was. */
static int signals_open(struct guard *g)
{
        sigset_t mask;

        sigemptyset(&mask);
        sigaddset(&mask, SIGCHLD);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigprocmask(SIG_BLOCK, &mask, &g->old);
        signal(SIGTTOU, SIG_IGN);
        g->sigfd = signalfd(-1, &mask, SFD_CLOEXEC);
        return g->sigfd < 0 ? -1 : 0;
}

int guard_run(int (*appliance)(int guard_fd, void *arg), void *arg)
{
        struct crash_log crashes = { .n = 0 };
        struct guard g = { .nlines = 0 };
        struct termios saved;
        bool tty = tcgetattr(STDIN_FILENO, &saved) == 0;
        int rc = signals_open(&g) < 0 ? EXIT_BAD : -1;

        while (rc < 0) {
                int sock, status;
                pid_t pid = start_child(&g, appliance, arg, &sock);

                if (pid < 0)
                        break;
                status = watch_child(&g, pid, sock);
                close(sock);
                if (tty)
                        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
                rc = after_end(status, g.stopping, &crashes);
        }
        while (g.nlines)
                pty_line_close(&g.line[--g.nlines]);
        if (g.sigfd >= 0)
                close(g.sigfd);
        return rc < 0 ? EXIT_BAD : rc;
}
