/* A terminal and whoever sits at its other end: on pipes, or on a pseudo terminal. */
#ifndef VOXGATE_TERM_RIG_H
#define VOXGATE_TERM_RIG_H

#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <unistd.h>

#include "cli/term/term.h"
#include "platform/base/mem.h"
#include "tests/support/test.h"

/* ---- both ---- */

static inline void type(int fd, const char *s)
{
        assert_int_equal(write(fd, s, strlen(s)), (ssize_t)strlen(s));
}

/* Reads and counts until the other end is closed: arg is { &fd, &total }. */
static inline void *swallow(void *arg)
{
        static char buf[65536];
        size_t *total = (size_t *)((void **)arg)[1];
        int fd = *(int *)((void **)arg)[0];
        ssize_t n;

        while ((n = read(fd, buf, sizeof buf)) > 0)
                *total += (size_t)n;
        return NULL;
}

static inline void nothing_is_left(void **state UNUSED)
{
        struct mem_stat st;

        mem_stat(MEM_CLI, &st);
        assert_int_equal(st.live, 0);
}

/* ---- pipes ---- */

struct pipes {
        int to, from; /* the test's ends */
        struct term *t;
};

static inline void open_pipes(struct pipes *p)
{
        int in[2], outp[2];

        assert_int_equal(pipe(in), 0);
        assert_int_equal(pipe(outp), 0);
        p->to = in[1];
        p->from = outp[0];
        p->t = term_open_fds(in[0], outp[1], NULL, NULL);
        assert_non_null(p->t);
        assert_false(term_is_tty(p->t));
}

static inline void close_pipes(struct pipes *p)
{
        term_close(p->t);
        if (p->to >= 0)
                close(p->to);
        close(p->from);
}

static inline void end_input(struct pipes *p)
{
        close(p->to);
        p->to = -1;
}

static inline const char *transcript(struct pipes *p)
{
        static char buf[65536];
        ssize_t n;

        term_flush(p->t);
        n = read(p->from, buf, sizeof buf - 1);
        assert_true(n >= 0);
        buf[n] = 0;
        return buf;
}

/* Reads until text is there: only a failing test waits long. */
static inline void see(struct pipes *p, char *buf, size_t cap, const char *text)
{
        size_t n = 0;

        for (buf[0] = 0; !strstr(buf, text); buf[n] = 0) {
                struct pollfd f = { .fd = p->from, .events = POLLIN };
                ssize_t k = poll(&f, 1, 60000) > 0 ? read(p->from, buf + n, cap - 1 - n) : 0;

                if (k <= 0)
                        fail_msg("\"%s\" did not come, only \"%s\"", text, buf);
                n += (size_t)k;
        }
}

/* ---- terminals ---- */

struct pair {
        int master;
        struct term *t;
        pthread_t th;
        enum term_result result;
        char line[512];
        char seen[16384];
        size_t nseen;
        bool secret, answer;
        atomic_bool done;
};

static inline void open_pair(struct pair *p)
{
        struct winsize ws = { .ws_row = 24, .ws_col = 80 };
        int slave;

        memset(p, 0, sizeof *p);
        assert_int_equal(openpty(&p->master, &slave, NULL, NULL, &ws), 0);
        p->t = term_open_fds(slave, slave, "vt100", NULL);
        assert_non_null(p->t);
        assert_true(term_is_tty(p->t));
}

static inline void close_pair(struct pair *p)
{
        term_close(p->t);
        close(p->master);
}

static inline void *read_one(void *arg)
{
        struct pair *p = arg;
        const char *line;

        p->result = p->answer ? term_answer(p->t, "Q? ", p->secret, &line) : term_readline(p->t, "fw# ", &line);
        snprintf(p->line, sizeof p->line, "%s", line);
        return NULL;
}

/* Reads what the terminal shows until text appears; the deadline only bounds a failing test. */
static inline void expect(struct pair *p, const char *text)
{
        while (!strstr(p->seen, text)) {
                struct pollfd f = { .fd = p->master, .events = POLLIN };
                ssize_t n;

                if (poll(&f, 1, 60000) <= 0)
                        fail_msg("\"%s\" did not come after \"%s\"", text, p->seen);
                n = read(p->master, p->seen + p->nseen, sizeof p->seen - 1 - p->nseen);
                assert_true(n > 0);
                p->nseen += (size_t)n;
                p->seen[p->nseen] = 0;
        }
}

static inline void forget(struct pair *p)
{
        p->nseen = 0;
        p->seen[0] = 0;
}

static inline void start(struct pair *p)
{
        pthread_create(&p->th, NULL, read_one, p);
        expect(p, p->answer ? "Q? " : "fw# ");
}

static inline void finish(struct pair *p, enum term_result want, const char *line)
{
        pthread_join(p->th, NULL);
        assert_int_equal(p->result, want);
        assert_string_equal(p->line, line);
}

#endif
