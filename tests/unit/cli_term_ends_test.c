/* The other end of a terminal: where it is, what it does not read, and when it goes. */
#include "tests/support/term_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static void unknown_consoles_are_refused(void **state UNUSED)
{
        struct err e;

        assert_null(term_open("serial", &e));
        assert_non_null(strstr(e.text, "stdio"));
        assert_null(term_open("pty:", &e));
        assert_null(term_open("tty:/dev/null", &e));
        assert_null(term_open("tty:/nonexistent/x", &e));
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(unknown_consoles_are_refused),
                cmocka_unit_test(tty_input_ends_behind_what_was_typed),
                cmocka_unit_test(tty_unread_stops_nobody),
                cmocka_unit_test(pty_link_is_a_serial_line),
                cmocka_unit_test(pty_link_loses_nothing),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
