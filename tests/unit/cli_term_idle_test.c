/* Nobody types: at the prompt, at a question, at the pager; and what the pager does for somebody. */
#include "tests/support/term_rig.h"

#include <time.h>

#include "cli/term/pager.h"

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

static void tty_idle(void **state UNUSED)
{
        struct pair p;

        open_pair(&p);
        term_set_idle(p.t, 1);
        start(&p);
        finish(&p, TERM_IDLE, "");
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
        term_set_idle(p.t, 60000); /* what is typed takes a moment to get here */
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tty_pages),
                cmocka_unit_test(tty_idle),
                cmocka_unit_test(tty_idle_at_the_pager),
                cmocka_unit_test(tty_idle_at_a_question),
                cmocka_unit_test(log_lines_are_no_typing),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
