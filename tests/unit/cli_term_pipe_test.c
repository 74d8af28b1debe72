/* The plain reader, on pipes: scripts and what is sent to them. */
#include "tests/support/term_rig.h"

#include <fcntl.h>
#include <stdlib.h>

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
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
