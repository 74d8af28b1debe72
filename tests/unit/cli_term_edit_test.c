/* A line that is typed at a terminal: echo, editing, history, help, and what comes between. */
#include "tests/support/term_rig.h"

#include <sys/ioctl.h>

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tty_echoes_once),
                cmocka_unit_test(tty_echoes_long_lines_verbatim),
                cmocka_unit_test(tty_takes_back_without_padding),
                cmocka_unit_test(tty_edits),
                cmocka_unit_test(tty_leaves),
                cmocka_unit_test(tty_history),
                cmocka_unit_test(tty_help_and_tab),
                cmocka_unit_test(tty_secret),
                cmocka_unit_test(tty_async_above_the_line),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
