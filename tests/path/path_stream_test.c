/* A show of many rows: it streams while connections come and go, and it stops when nobody wants more of it. */
#include "tests/support/test.h"

#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/session/session_int.h"
#include "platform/base/mem.h"
#include "policy/conn.h"
#include "tests/path/support/path_fixture.h"

enum { CONNS = 3000, FIRST = 1000, SOME = 2000, PATIENCE_MS = 60000 };

static struct path_fixture fx;

/* Every second one of 10.0.0.9, which stay; the others of 10.0.0.8. */
static int setup(void **state UNUSED)
{
        signal(SIGPIPE, SIG_IGN);
        px_start(&fx, px_base, false);
        for (uint16_t i = 0; i < CONNS; i++) {
                struct pb_view v;

                px_udp(&fx, 1, i % 2 ? "10.0.0.8" : "10.0.0.9", (uint16_t)(FIRST + i), "198.51.100.1", 53, "x");
                assert_true(px_take(&fx, 0, &v));
        }
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

/* ---- a session that runs one line, and its other end ---- */

struct show {
        const char *line;
        int end, slave;
        struct term *t;
        unsigned lines; /* that it made */
        pthread_t thread;
        char seen[1 << 20];
        size_t n;
};

static void *run(void *arg)
{
        const struct session_opts o = { .privileged = true };
        struct show *s = arg;
        struct session *ses = session_new(&fx.box, s->t, &o);

        if (ses) {
                ses->pager_lines = 0;
                session_line(ses, s->line);
                s->lines = ses->lines;
        }
        session_free(ses);
        term_close(s->t);
        return NULL;
}

static struct show *show_on(const int fd[2], const char *line)
{
        struct show *s = calloc(1, sizeof *s);

        assert_non_null(s);
        s->line = line;
        s->end = fd[0];
        s->slave = fd[1];
        s->t = term_open_fds(fd[1], fd[1], NULL, NULL);
        assert_non_null(s->t);
        return s;
}

static void start(struct show *s)
{
        assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

static struct show *show_start(const char *line)
{
        int fd[2], little = 1;
        struct show *s;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
        s = show_on(fd, line);
        start(s);
        return s;
}

/* Until so many octets have come in all; at the end of it false. */
static bool show_read(struct show *s, size_t upto)
{
        while (s->n < upto) {
                struct pollfd p = { .fd = s->end, .events = POLLIN };
                ssize_t got;

                assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
                got = read(s->end, s->seen + s->n, MIN_OF(sizeof s->seen - 1 - s->n, upto - s->n));
                if (got <= 0)
                        return false;
                s->n += (size_t)got;
        }
        return true;
}

static void show_end(struct show *s)
{
        pthread_join(s->thread, NULL);
        close(s->end);
        free(s);
}

/* ---- while it streams ---- */

static void clear_some(struct worker *w, void *arg UNUSED)
{
        struct conn_filter f = { .lo = { .fam = ADDR_V4 } };
        uint32_t cursor = 0;
        bool end = false;

        assert_true(addr_parse("10.0.0.8", &f.lo));
        while (!end)
                conn_clear(w, &cursor, &f, CONN_END_CLEARED, &end);
}

static void open_more(struct worker *w UNUSED, void *arg UNUSED)
{
        struct pb_view v;

        for (uint16_t i = 0; i < 300; i++) {
                px_udp(&fx, 1, "10.0.0.7", (uint16_t)(FIRST + i), "198.51.100.1", 53, "x");
                assert_true(px_take(&fx, 0, &v));
        }
}

/* How often each port of 10.0.0.9 was shown; how many rows there were of others. A row is whole or it fails. */
static unsigned count_rows(char *text, unsigned stayed[CONNS])
{
        unsigned others = 0;
        char *save = NULL;

        for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
                unsigned host, port;
                int end = 0;

                if (strstr(l, "most used"))
                        continue;
                if (sscanf(l, "UDP outside 198.51.100.1:53 inside 10.0.0.%u:%u, idle 0:00:00, bytes 1, flags -%n",
                           &host, &port, &end) != 2 ||
                    !end || l[end])
                        fail_msg("not a row: %s", l);
                assert_in_range(port, FIRST, FIRST + CONNS - 1);
                if (host == 9)
                        stayed[port - FIRST]++;
                else
                        others++;
        }
        return others;
}

static void rows_stream_while_connections_come_and_go(void **state UNUSED)
{
        static unsigned stayed[CONNS];
        struct show *s = show_start("show conn");
        unsigned others;

        assert_true(show_read(s, SOME));
        worker_call(fx.w, clear_some, NULL);
        worker_call(fx.w, open_more, NULL);
        assert_false(show_read(s, sizeof s->seen - 1));
        others = count_rows(s->seen, stayed);
        for (unsigned i = 0; i < CONNS; i += 2)
                assert_int_equal(stayed[i], 1);
        assert_in_range(others, 1, CONNS / 2 - 1 + 300);
        assert_null(strstr(s->seen, ":3999,")); /* the last one was gone before it was reached */
        show_end(s);
}

/* ---- nobody there any more ---- */

static void a_reader_that_goes_ends_it(void **state UNUSED)
{
        uint64_t blocks = mem_live_blocks();
        struct show *s = show_start("show conn detail");

        assert_true(show_read(s, SOME));
        close(s->end);
        pthread_join(s->thread, NULL);
        assert_in_range(s->lines, 1, CONNS);
        free(s);
        assert_int_equal(mem_live_blocks(), blocks);
        assert_non_null(strstr(px_show(&fx, "show conn count"), "3000 in use"));
}

/* ^C is typed before the show begins: what a filter hides does not keep it from being seen. */
static void interrupted(const char *line)
{
        struct pollfd typed = { .events = POLLIN };
        struct show *s;
        int fd[2];

        assert_int_equal(openpty(&fd[0], &fd[1], NULL, NULL, NULL), 0);
        s = show_on(fd, line);
        assert_int_equal(write(s->end, "\3", 1), 1);
        typed.fd = s->slave;
        assert_int_equal(poll(&typed, 1, PATIENCE_MS), 1);
        start(s);
        show_read(s, sizeof s->seen - 1);
        pthread_join(s->thread, NULL);
        assert_in_range(s->lines, 1, 64);
        assert_null(strstr(s->seen, ":3999,"));
        close(s->end);
        free(s);
}

static void a_typed_interrupt_ends_it(void **state UNUSED)
{
        interrupted("show conn");
        interrupted("show conn | begin :3999,");
        interrupted("show conn | json");
        assert_non_null(strstr(px_show(&fx, "show conn"), ":3999,"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rows_stream_while_connections_come_and_go, setup, teardown),
                cmocka_unit_test_setup_teardown(a_reader_that_goes_ends_it, setup, teardown),
                cmocka_unit_test_setup_teardown(a_typed_interrupt_ends_it, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
