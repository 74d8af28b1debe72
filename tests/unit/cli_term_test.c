/* The plain reader on pipes, the pager and libedit on pseudo terminals. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/term/pager.h"
#include "cli/term/term.h"
#include "platform/base/mem.h"

/* ---- pipes ---- */

struct pipes {
        int to, from; /* the test's ends */
        struct term *t;
};

static void open_pipes(struct pipes *p)
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

static void close_pipes(struct pipes *p)
{
        term_close(p->t);
        if (p->to >= 0)
                close(p->to);
        close(p->from);
}

static void type(int fd, const char *s)
{
        assert_int_equal(write(fd, s, strlen(s)), (ssize_t)strlen(s));
}

static void end_input(struct pipes *p)
{
        close(p->to);
        p->to = -1;
}

static const char *transcript(struct pipes *p)
{
        static char buf[65536];
        ssize_t n;

        term_flush(p->t);
        n = read(p->from, buf, sizeof buf - 1);
        assert_true(n >= 0);
        buf[n] = 0;
        return buf;
}

static void plain_reads_lines_and_logs_them(void **state UNUSED)
{
        struct pipes p;
        const char *line;

        open_pipes(&p);
        type(p.to, "one\r\ntwo\rthree\n\nlast");
        end_input(&p);
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "one");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "two");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "three");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "last");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_EOF);
        assert_string_equal(transcript(&p), "fw# one\nfw# two\nfw# three\nfw# \nfw# last\nfw# ");
        close_pipes(&p);
}

static void plain_secret_is_not_shown(void **state UNUSED)
{
        struct pipes p;
        const char *line;

        open_pipes(&p);
        type(p.to, "hunter2\n");
        assert_int_equal(term_answer(p.t, "Password: ", true, &line), TERM_LINE);
        assert_string_equal(line, "hunter2");
        assert_string_equal(transcript(&p), "Password: \n");
        close_pipes(&p);
}

static void plain_knows_what_is_queued(void **state UNUSED)
{
        struct pipes p;
        const char *line;

        open_pipes(&p);
        assert_false(term_pending(p.t, 0));
        type(p.to, "a\r\nb\r\n");
        assert_true(term_pending(p.t, 0));
        term_readline(p.t, "", &line);
        assert_true(term_pending(p.t, 0));
        term_readline(p.t, "", &line);
        assert_false(term_pending(p.t, 0)); /* the line feed of CR LF is no input */
        end_input(&p);
        assert_false(term_pending(p.t, 0));
        assert_int_equal(term_readline(p.t, "", &line), TERM_EOF);
        close_pipes(&p);
}

static void *feed(void *arg)
{
        struct pipes *p = arg;
        char line[32];

        for (int i = 0; i < 20000; i++) {
                snprintf(line, sizeof line, "access-list a line %d\n", i);
                type(p->to, line);
        }
        end_input(p);
        return NULL;
}

static void *swallow(void *arg)
{
        static char buf[65536];
        size_t *total = (size_t *)((void **)arg)[1];
        int fd = *(int *)((void **)arg)[0];
        ssize_t n;

        while ((n = read(fd, buf, sizeof buf)) > 0)
                *total += (size_t)n;
        return NULL;
}

static void plain_loses_nothing(void **state UNUSED)
{
        struct pipes p;
        size_t total = 0;
        pthread_t w, r;
        const char *line;
        char want[32];
        int n = 0;

        open_pipes(&p);
        int from = dup(p.from);
        void *arg[2] = { &from, &total };
        pthread_create(&w, NULL, feed, &p);
        pthread_create(&r, NULL, swallow, arg);
        while (term_readline(p.t, "#", &line) == TERM_LINE) {
                snprintf(want, sizeof want, "access-list a line %d", n++);
                assert_string_equal(line, want);
        }
        assert_int_equal(n, 20000);
        pthread_join(w, NULL);
        close_pipes(&p);
        pthread_join(r, NULL);
        close(from);
        assert_true(total > 20000u * 20);
}

static void plain_refuses_a_monster(void **state UNUSED)
{
        char *big = malloc(TERM_LINE_MAX + 100);
        struct pipes p;
        const char *line;

        open_pipes(&p);
        memset(big, 'x', TERM_LINE_MAX + 1);
        strcpy(big + TERM_LINE_MAX + 1, "\nnext\n");
        fcntl(p.to, F_SETPIPE_SZ, 1 << 20);
        type(p.to, big);
        free(big);
        int from = dup(p.from);
        size_t total = 0;
        void *arg[2] = { &from, &total };
        pthread_t r;
        pthread_create(&r, NULL, swallow, arg);
        assert_int_equal(term_readline(p.t, "", &line), TERM_LONG);
        assert_int_equal(term_readline(p.t, "", &line), TERM_LINE);
        assert_string_equal(line, "next");
        close_pipes(&p);
        pthread_join(r, NULL);
        close(from);
}

static void hangup_ends_reads(void **state UNUSED)
{
        struct pipes p;
        const char *line;

        open_pipes(&p);
        type(p.to, "x\n");
        term_hangup(p.t);
        assert_int_equal(term_readline(p.t, "", &line), TERM_EOF);
        close_pipes(&p);
}

static void async_lines_come_between(void **state UNUSED)
{
        struct pipes p;
        const char *line;

        open_pipes(&p);
        term_async(p.t, "%ASA-6-1: up");
        type(p.to, "a\n");
        term_readline(p.t, "# ", &line);
        term_puts(p.t, "half");
        term_async(p.t, "%ASA-6-2: down");
        term_show_async(p.t);
        term_puts(p.t, " line\n");
        term_show_async(p.t);
        assert_string_equal(transcript(&p), "%ASA-6-1: up\n# a\nhalf line\n%ASA-6-2: down\n");
        close_pipes(&p);
}

static void *read_pipe(void *arg)
{
        const char *line;

        assert_int_equal(term_readline(((struct pipes *)arg)->t, "fw# ", &line), TERM_LINE);
        return NULL;
}

/* Reads until text is there: only a failing test waits long. */
static void see(struct pipes *p, char *buf, size_t cap, const char *text)
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

static void async_lines_do_not_wait_for_a_silent_script(void **state UNUSED)
{
        struct pipes p;
        pthread_t th;
        char buf[256];

        open_pipes(&p);
        pthread_create(&th, NULL, read_pipe, &p);
        see(&p, buf, sizeof buf, "fw# ");
        term_async(p.t, "%ASA-6-1: up");
        see(&p, buf, sizeof buf, "up\n");
        assert_string_equal(buf, "\n%ASA-6-1: up\n");
        type(p.to, "x\n");
        pthread_join(th, NULL);
        assert_string_equal(transcript(&p), "x\n");
        close_pipes(&p);
}

static void async_is_bounded(void **state UNUSED)
{
        struct pipes p;
        char line[1001];

        open_pipes(&p);
        memset(line, 'y', 1000);
        line[1000] = 0;
        for (int i = 0; i < 200; i++)
                term_async(p.t, line);
        fcntl(p.from, F_SETPIPE_SZ, 1 << 20);
        term_show_async(p.t);
        assert_non_null(strstr(transcript(&p), "135 messages not shown"));
        close_pipes(&p);
}

static void unknown_consoles_are_refused(void **state UNUSED)
{
        struct err e;

        assert_null(term_open("serial", &e));
        assert_non_null(strstr(e.text, "stdio"));
        assert_null(term_open("pty:", &e));
        assert_null(term_open("tty:/dev/null", &e));
        assert_null(term_open("tty:/nonexistent/x", &e));
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

static void open_pair(struct pair *p)
{
        struct winsize ws = { .ws_row = 24, .ws_col = 80 };
        int slave;

        memset(p, 0, sizeof *p);
        assert_int_equal(openpty(&p->master, &slave, NULL, NULL, &ws), 0);
        p->t = term_open_fds(slave, slave, "vt100", NULL);
        assert_non_null(p->t);
        assert_true(term_is_tty(p->t));
}

static void close_pair(struct pair *p)
{
        term_close(p->t);
        close(p->master);
}

static void *read_one(void *arg)
{
        struct pair *p = arg;
        const char *line;

        p->result = p->answer ? term_answer(p->t, "Q? ", p->secret, &line) : term_readline(p->t, "fw# ", &line);
        snprintf(p->line, sizeof p->line, "%s", line);
        return NULL;
}

/* Reads what the terminal shows until text appears; the deadline only bounds a failing test. */
static void expect(struct pair *p, const char *text)
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

static void forget(struct pair *p)
{
        p->nseen = 0;
        p->seen[0] = 0;
}

static void start(struct pair *p)
{
        pthread_create(&p->th, NULL, read_one, p);
        expect(p, p->answer ? "Q? " : "fw# ");
}

static void finish(struct pair *p, enum term_result want, const char *line)
{
        pthread_join(p->th, NULL);
        assert_int_equal(p->result, want);
        assert_string_equal(p->line, line);
}

static void tty_echoes_once(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        start(&p);
        type(p.master, "show version\r");
        finish(&p, TERM_LINE, "show version");
        expect(&p, "\r\n");
        assert_string_equal(p.seen, "fw# show version\r\n");
        forget(&p);
        type(p.master, "a\r\nb\n"); /* CR LF is one Enter; typed ahead, echoed when read */
        start(&p);
        finish(&p, TERM_LINE, "a");
        start(&p);
        finish(&p, TERM_LINE, "b");
        expect(&p, "b\r\n");
        assert_string_equal(p.seen, "fw# a\r\nfw# b\r\n");
        close_pair(&p);
}

/* A terminal of 80 columns: what comes back of a long line is the line, no more and no less. */
static void tty_echoes_long_lines_verbatim(void **state UNUSED)
{
        static const unsigned lengths[] = { 70, 75, 76, 77, 80, 156, 160, 300, 506, 511 };
        char line[512], want[600];
        struct pair p;

        open_pair(&p);
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
                for (unsigned k = 0; k < lengths[i]; k++)
                        line[k] = k % 7 == 6 ? ' ' : (char)('a' + k % 26);
                line[lengths[i] - 1] = 'z';
                line[lengths[i]] = 0;
                snprintf(want, sizeof want, "fw# %s\r\n", line);
                forget(&p);
                start(&p);
                type(p.master, line);
                type(p.master, "\r");
                expect(&p, "\r\n");
                finish(&p, TERM_LINE, line);
                assert_int_equal(p.nseen, strlen(want));
                assert_string_equal(p.seen, want);
        }
        close_pair(&p);
}

/* Nor are there NULs when a long line is taken back, and a window that changes redraws nothing. */
static void tty_takes_back_without_padding(void **state UNUSED)
{
        struct winsize ws = { .ws_row = 24, .ws_col = 60 };
        char line[301];
        struct pair p;

        open_pair(&p);
        memset(line, 'x', 300);
        line[300] = 0;
        start(&p);
        type(p.master, line);
        expect(&p, line);
        forget(&p);
        ioctl(p.master, TIOCSWINSZ, &ws);
        term_resized(p.t);
        type(p.master, "\x7f\x7f");
        type(p.master, "yz\r");
        expect(&p, "yz\r\n");
        memcpy(line + 298, "yz", 2);
        finish(&p, TERM_LINE, line);
        assert_int_equal(strlen(p.seen), p.nseen);
        assert_null(strstr(p.seen, "xx"));
        close_pair(&p);
}

static void tty_edits(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        start(&p);
        type(p.master, "shox\x7fw ip wrong\x17"
                       "arp\x01no \x05!\r");
        finish(&p, TERM_LINE, "no show ip arp!");
        start(&p);
        type(p.master, "x\xC3\xA4y\r"); /* UTF-8 */
        finish(&p, TERM_LINE, "x\xC3\xA4y");
        start(&p);
        type(p.master, "whole line\x15ok\r");
        finish(&p, TERM_LINE, "ok");
        close_pair(&p);
}

static void tty_leaves(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        start(&p);
        type(p.master, "half\x03");
        finish(&p, TERM_INTR, "");
        expect(&p, "half^C\r\n");
        start(&p);
        type(p.master, "x\x1a");
        finish(&p, TERM_TO_END, "");
        start(&p);
        type(p.master, "\x04");
        finish(&p, TERM_EOF, "");
        start(&p);
        term_hangup(p.t);
        finish(&p, TERM_EOF, "");
        close_pair(&p);
}

static void tty_history(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        term_history_add(p.t, "first");
        term_history_add(p.t, "second");
        start(&p);
        type(p.master, "\x10\x10\r");
        finish(&p, TERM_LINE, "first");
        start(&p);
        type(p.master, "\x1b[A\r");
        finish(&p, TERM_LINE, "second");
        term_history_clear(p.t);
        term_history_add(p.t, "third");
        start(&p);
        type(p.master, "\x10\x10\r");
        finish(&p, TERM_LINE, "third");
        close_pair(&p);
}

static void help(void *ctx, const char *line)
{
        struct pair *p = ctx;

        term_printf(p->t, "help for <%s>\n", line);
}

static bool complete(void *ctx UNUSED, const char *line, char *outp, size_t cap)
{
        if (strcmp(line, "sh"))
                return false;
        snprintf(outp, cap, "ow ");
        return true;
}

static void tty_help_and_tab(void **state UNUSED)
{
        struct pair p;
        struct term_hooks h = { .ctx = &p, .help = help, .complete = complete };

        open_pair(&p);
        term_set_hooks(p.t, &h);
        start(&p);
        type(p.master, "sh\tve?");
        expect(&p, "help for <show ve>\r\nfw# show ve");
        type(p.master, "r\r");
        finish(&p, TERM_LINE, "show ver");
        p.answer = true; /* a dialog takes the question mark as it is */
        start(&p);
        type(p.master, "why?\r");
        finish(&p, TERM_LINE, "why?");
        close_pair(&p);
}

static void tty_secret(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        p.answer = p.secret = true;
        start(&p);
        type(p.master, "wrong\x15s3crex\x7ft\r");
        finish(&p, TERM_LINE, "s3cret");
        expect(&p, "\r\n");
        assert_string_equal(p.seen, "Q? \r\n");
        start(&p);
        type(p.master, "abc\x03");
        finish(&p, TERM_INTR, "");
        close_pair(&p);
}

static void tty_async_above_the_line(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        start(&p);
        type(p.master, "show cl");
        expect(&p, "show cl");
        forget(&p);
        term_async(p.t, "%ASA-4-1: log line");
        expect(&p, "%ASA-4-1: log line\r\nfw# show cl");
        type(p.master, "ock\r");
        finish(&p, TERM_LINE, "show clock");
        close_pair(&p);
}

static void tty_idle(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        term_set_idle(p.t, 1);
        start(&p);
        finish(&p, TERM_IDLE, "");
        close_pair(&p);
}

/* Whatever was typed in front of the end of input is read. */
static void tty_input_ends_behind_what_was_typed(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        type(p.master, "one\rtwo\rthree");
        term_end_input(p.t);
        start(&p);
        finish(&p, TERM_LINE, "one");
        start(&p);
        finish(&p, TERM_LINE, "two");
        start(&p);
        pthread_join(p.th, NULL);
        assert_true(p.result == TERM_EOF || !strcmp(p.line, "three"));
        assert_true(term_gone(p.t));
        close_pair(&p);
}

static void *read_all(void *arg)
{
        struct pair *p = arg;
        const char *line;

        while (term_readline(p->t, "fw# ", &line) == TERM_LINE)
                continue;
        return NULL;
}

/* Types until neither the terminal nor what reads it takes more. */
static void type_until_stuck(int fd)
{
        static const char line[] = "a line that is echoed and that nobody reads\r";
        struct pollfd f = { .fd = fd, .events = POLLOUT };

        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        while (poll(&f, 1, 300) > 0)
                if (write(fd, line, sizeof line - 1) < 0 && errno != EAGAIN)
                        break;
}

/* A terminal whose other end stops reading: consoles on other terminals go on. */
static void tty_unread_stops_nobody(void **state UNUSED)
{
        struct pair a, b;

        open_pair(&a);
        open_pair(&b);
        pthread_create(&a.th, NULL, read_all, &a);
        type_until_stuck(a.master);
        start(&b);
        type(b.master, "show clock\r");
        expect(&b, "show clock\r\n");
        finish(&b, TERM_LINE, "show clock");
        close_pair(&b);
        term_hangup(a.t);
        close(a.master);
        pthread_join(a.th, NULL);
        term_close(a.t);
}

static void *page(void *arg)
{
        struct pair *p = arg;
        struct pager pg;
        char line[16];
        int i;

        pager_begin(&pg, p->t, 3);
        for (i = 1; i <= 20; i++) {
                snprintf(line, sizeof line, "line %d", i);
                if (!pager_line(&pg, line))
                        break;
        }
        term_printf(p->t, "stopped at %d\n", i);
        term_flush(p->t);
        return NULL;
}

static void tty_pages(void **state UNUSED)
{
        static const char wiped[] = "<--- More --->\r              \r";
        struct pair p;
        char want[400];

        open_pair(&p);
        pthread_create(&p.th, NULL, page, &p);
        expect(&p, "line 3\r\n<--- More --->");
        assert_null(strstr(p.seen, "line 4"));
        type(p.master, "z\r");
        expect(&p, "line 4\r\n<--- More --->");
        type(p.master, " ");
        expect(&p, "line 7\r\n<--- More --->");
        type(p.master, "q");
        pthread_join(p.th, NULL);
        expect(&p, "stopped at 8\r\n");
        snprintf(want, sizeof want,
                 "line 1\r\nline 2\r\nline 3\r\n%sline 4\r\n%sline 5\r\nline 6\r\nline 7\r\n%sstopped at 8\r\n",
                 wiped, wiped, wiped);
        assert_string_equal(p.seen, want);
        close_pair(&p);
}

/* Nobody at the pager is nobody at the prompt behind it. */
static void tty_idle_at_the_pager(void **state UNUSED)
{
        struct pair p;
        const char *line;

        open_pair(&p);
        term_set_idle(p.t, 1);
        pthread_create(&p.th, NULL, page, &p);
        pthread_join(p.th, NULL);
        expect(&p, "stopped at 4\r\n");
        term_set_idle(p.t, 0);
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_IDLE);
        start(&p);
        type(p.master, "one\r");
        finish(&p, TERM_LINE, "one");
        close_pair(&p);
}

static void tty_idle_at_a_question(void **state UNUSED)
{
        struct pair p;
        const char *line;

        open_pair(&p);
        term_set_idle(p.t, 1);
        assert_int_equal(term_answer(p.t, "Password: ", true, &line), TERM_IDLE);
        term_set_idle(p.t, 0);
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_IDLE);
        term_set_idle(p.t, 1);
        assert_int_equal(term_answer(p.t, "Q? ", false, &line), TERM_IDLE);
        type(p.master, "two\r");
        assert_int_equal(term_answer(p.t, "Q? ", false, &line), TERM_LINE); /* somebody is there again */
        type(p.master, "three\r");
        assert_int_equal(term_readline(p.t, "fw# ", &line), TERM_LINE);
        assert_string_equal(line, "three");
        close_pair(&p);
}

/* Log lines, without end, until somebody has had enough. */
struct chatter {
        struct term *t;
        atomic_bool enough, gave_up;
};

static void *chat(void *arg)
{
        struct chatter *c = arg;
        time_t until = time(NULL) + 60;

        while (!atomic_load(&c->enough) && !atomic_load(&c->gave_up)) {
                term_async(c->t, "%ASA-6-302013: Built");
                atomic_store(&c->gave_up, time(NULL) > until);
        }
        return NULL;
}

static void idle_amid_log_lines(struct term *t, int fd, bool answer)
{
        struct chatter c = { .t = t };
        size_t total = 0;
        void *arg[2] = { &fd, &total };
        pthread_t talks, reads;
        const char *line;

        pthread_create(&reads, NULL, swallow, arg);
        pthread_create(&talks, NULL, chat, &c);
        term_set_idle(t, 20);
        if (answer)
                assert_int_equal(term_answer(t, "Password: ", true, &line), TERM_IDLE);
        else
                assert_int_equal(term_readline(t, "fw# ", &line), TERM_IDLE);
        atomic_store(&c.enough, true);
        pthread_join(talks, NULL);
        assert_false(atomic_load(&c.gave_up));
        term_close(t);
        pthread_join(reads, NULL);
        close(fd);
}

static void log_lines_are_no_typing(void **state UNUSED)
{
        for (unsigned i = 0; i < 3; i++) {
                struct pipes p;
                struct pair q;

                if (i) {
                        open_pair(&q);
                        idle_amid_log_lines(q.t, q.master, i == 2);
                } else {
                        open_pipes(&p);
                        idle_amid_log_lines(p.t, p.from, false);
                        close(p.to);
                }
        }
}

static void pty_link_is_a_serial_line(void **state UNUSED)
{
        char link[] = "/tmp/vg-term-XXXXXX";
        char spec[64];
        struct pair p = { 0 };
        struct err e;

        assert_true(mkdtemp(link) != NULL);
        snprintf(spec, sizeof spec, "pty:%s/console", link);
        p.t = term_open(spec, &e);
        assert_non_null(p.t);
        p.master = open(spec + 4, O_RDWR | O_NOCTTY);
        assert_true(p.master >= 0);
        start(&p);
        type(p.master, "hello\r");
        finish(&p, TERM_LINE, "hello");
        expect(&p, "hello\r\n");
        close_pair(&p);
        assert_int_equal(access(spec + 4, F_OK), -1);
        rmdir(link);
}

#define FLOOD 3000

static void *read_flood(void *arg)
{
        struct pair *p = arg;
        const char *line;
        char want[64];
        int n = 0;

        for (; n < FLOOD && term_readline(p->t, "fw# ", &line) == TERM_LINE; n++) {
                snprintf(want, sizeof want, "access-list typed extended permit tcp any any eq %d", n);
                if (strcmp(line, want) != 0)
                        break;
        }
        p->result = n == FLOOD ? TERM_LINE : TERM_EOF;
        atomic_store(&p->done, true);
        return NULL;
}

/* The operator's side takes what it is sent; nothing of a long paste is lost although either direction fills up. */
static void pty_link_loses_nothing(void **state UNUSED)
{
        char dir[] = "/tmp/vg-term-XXXXXX", spec[64], line[64];
        struct pair p = { 0 };
        struct err e;
        char drop[4096];

        assert_true(mkdtemp(dir) != NULL);
        snprintf(spec, sizeof spec, "pty:%s/console", dir);
        p.t = term_open(spec, &e);
        assert_non_null(p.t);
        p.master = open(spec + 4, O_RDWR | O_NOCTTY | O_NONBLOCK);
        pthread_create(&p.th, NULL, read_flood, &p);
        for (int i = 0; i < FLOOD; i++) {
                size_t n = (size_t)snprintf(line, sizeof line,
                                            "access-list typed extended permit tcp any any eq %d\r", i);

                for (size_t at = 0; at < n;) {
                        struct pollfd f = { .fd = p.master, .events = POLLIN | POLLOUT };
                        ssize_t k;

                        assert_true(poll(&f, 1, 60000) > 0);
                        while (read(p.master, drop, sizeof drop) > 0)
                                continue;
                        k = write(p.master, line + at, n - at);
                        at += k > 0 ? (size_t)k : 0;
                }
        }
        /* the last echoes have to go somewhere */
        for (struct pollfd f = { .fd = p.master, .events = POLLIN }; !atomic_load(&p.done);)
                if (poll(&f, 1, 20) > 0)
                        assert_true(read(p.master, drop, sizeof drop) > 0);
        term_hangup(p.t);
        pthread_join(p.th, NULL);
        assert_int_equal(p.result, TERM_LINE);
        close_pair(&p);
        rmdir(dir);
}

static void nothing_is_left(void **state UNUSED)
{
        struct mem_stat st;

        mem_stat(MEM_CLI, &st);
        assert_int_equal(st.live, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(plain_reads_lines_and_logs_them),
                cmocka_unit_test(plain_secret_is_not_shown),
                cmocka_unit_test(plain_knows_what_is_queued),
                cmocka_unit_test(plain_loses_nothing),
                cmocka_unit_test(plain_refuses_a_monster),
                cmocka_unit_test(hangup_ends_reads),
                cmocka_unit_test(async_lines_come_between),
                cmocka_unit_test(async_lines_do_not_wait_for_a_silent_script),
                cmocka_unit_test(async_is_bounded),
                cmocka_unit_test(unknown_consoles_are_refused),
                cmocka_unit_test(tty_echoes_once),
                cmocka_unit_test(tty_echoes_long_lines_verbatim),
                cmocka_unit_test(tty_takes_back_without_padding),
                cmocka_unit_test(tty_edits),
                cmocka_unit_test(tty_leaves),
                cmocka_unit_test(tty_history),
                cmocka_unit_test(tty_help_and_tab),
                cmocka_unit_test(tty_secret),
                cmocka_unit_test(tty_async_above_the_line),
                cmocka_unit_test(tty_idle),
                cmocka_unit_test(tty_input_ends_behind_what_was_typed),
                cmocka_unit_test(tty_unread_stops_nobody),
                cmocka_unit_test(tty_pages),
                cmocka_unit_test(tty_idle_at_the_pager),
                cmocka_unit_test(tty_idle_at_a_question),
                cmocka_unit_test(log_lines_are_no_typing),
                cmocka_unit_test(pty_link_is_a_serial_line),
                cmocka_unit_test(pty_link_loses_nothing),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
