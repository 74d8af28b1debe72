/* Lines longer than the terminal, edited: a small terminal that wraps shows what libedit meant. */
#include "tests/support/test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/term/term_fold.h"

/* ---- a terminal: autowrap as a VT100 has it, CR before LF, no scrolling ---- */

enum { CELLS = 2048 };

struct screen {
        unsigned width, row, col;
        bool edge;
        char cell[CELLS];
        char got[8192]; /* all that came */
        size_t n;
};

static struct screen sc;
static struct term_fold f;

static char *cell(void)
{
        assert_true(sc.row * sc.width + sc.col < CELLS);
        return &sc.cell[sc.row * sc.width + sc.col];
}

static void show(char c)
{
        if (sc.edge) {
                sc.row++;
                sc.col = 0;
        }
        *cell() = c;
        sc.edge = sc.col + 1 == sc.width;
        sc.col += !sc.edge;
}

static const char *csi(const char *p)
{
        char *end;
        unsigned n = (unsigned)strtoul(p, &end, 10), by = n ? n : 1;

        if (*end == 'A') {
                assert_true(by <= sc.row);
                sc.row -= by;
        } else if (*end == 'C') {
                sc.col = sc.col + by < sc.width ? sc.col + by : sc.width - 1;
        } else if (*end == 'K') {
                memset(cell(), ' ', sc.width - sc.col);
        } else if (*end == 'J') {
                memset(cell(), ' ', (size_t)(sc.cell + CELLS - cell()));
        } else {
                fail_msg("CSI %s", p);
        }
        sc.edge = false;
        return end + 1;
}

static void screen_put(void *ctx, const char *p, size_t n)
{
        char text[512];

        (void)ctx;
        assert_true(n < sizeof text && sc.n + n < sizeof sc.got);
        memcpy(sc.got + sc.n, p, n);
        sc.n += n;
        sc.got[sc.n] = 0;
        memcpy(text, p, n);
        text[n] = 0;
        for (p = text; *p;) {
                char c = *p++;

                if (c == '\033') {
                        assert_int_equal(*p, '[');
                        p = csi(p + 1);
                } else if (c == '\b' || c == '\r' || c == '\n') {
                        sc.col = c == '\b' ? sc.col - (sc.col > 0) : 0;
                        sc.row += c == '\n';
                        sc.edge = false;
                } else {
                        show(c);
                }
        }
}

static unsigned screen_cols(void *ctx)
{
        (void)ctx;
        return sc.width;
}

static void begin(unsigned width)
{
        memset(&sc, 0, sizeof sc);
        memset(sc.cell, ' ', sizeof sc.cell);
        sc.width = width;
        f = (struct term_fold){ .cols = screen_cols, .put = screen_put };
}

static void say(const char *s)
{
        term_fold_write(&f, s, strlen(s));
}

/* The line stands there and nothing else, with the cursor at a place of it. */
static void stands(const char *line, size_t cursor)
{
        size_t at = sc.row * sc.width + sc.col + sc.edge, n = strlen(line);

        assert_memory_equal(sc.cell, line, n);
        for (size_t i = n; i < CELLS; i++)
                assert_int_equal(sc.cell[i], ' ');
        assert_int_equal(at, cursor);
}

/* ---- rows ---- */

static void what_is_typed_goes_out_as_it_is(void **state)
{
        char line[512];

        (void)state;
        for (unsigned n = 1; n < sizeof line; n++) {
                begin(80);
                memset(line, 'x', n);
                line[n] = 0;
                say("fw# ");
                for (unsigned i = 4; i < n; i++)
                        say("x");
                line[0] = 'f';
                assert_int_equal(sc.n, n < 4 ? 4 : n);
                assert_null(strpbrk(sc.got, "\033\r\n\b"));
        }
}

static void a_character_taken_back_at_the_edge(void **state)
{
        (void)state;
        begin(10);
        say("0123456789");
        say("\b\033[K"); /* the row is full, the cursor on its last character */
        stands("012345678", 9);
        say("9abc");
        stands("0123456789abc", 13);
        say("\r\033[10G\033[K"); /* as libedit jumps */
        stands("012345678", 9);
        say("\r\033[K");
        stands("", 0);
        say("0123456789abc\rABCDEFGHIJ"); /* written over up to the edge, which waits there */
        say("\033[K");
        stands("ABCDEFGHIJ", 10);
}

/* Behind a full row the next one may not be there yet. */
static void back_to_the_end_of_a_full_row(void **state)
{
        (void)state;
        begin(10);
        say("0123456789\r");
        stands("0123456789", 0);
        say("\033[11G");
        stands("0123456789", 10);
        say("a");
        stands("0123456789a", 11);
        say("\033[11G\033[K");
        stands("0123456789", 10);
}

static void a_line_ends_below_all_of_it(void **state)
{
        (void)state;
        begin(10);
        say("0123456789abcdefghij0123\r\n");
        assert_int_equal(sc.row, 3);
        assert_int_equal(sc.col, 0);
        say("fw# ");
        assert_memory_equal(sc.cell + 30, "fw# ", 4);
        begin(10);
        say("0123456789\033[5G");
        term_fold_end(&f);
        assert_int_equal(sc.row, 0);
        say("\n");
        assert_int_equal(sc.row, 1);
}

static void keep(void *ctx, const char *p, size_t n)
{
        (void)ctx;
        memcpy(sc.got + sc.n, p, n);
        sc.n += n;
        sc.got[sc.n] = 0;
}

/* A serial line does not tell: as libedit says it. */
static void an_unknown_width_folds_nothing(void **state)
{
        (void)state;
        begin(0);
        f.put = keep;
        say("abc\r\033[2G\033[K");
        assert_string_equal(sc.got, "abc\r\033[2G\033[K");
        begin(80);
        f.put = keep;
        say("abc\r\033[2G\033[K");
        assert_string_equal(sc.got, "abc\b\b\033[K");
}

/* Characters of several bytes, in pieces. */
static void characters_are_whole(void **state)
{
        (void)state;
        setlocale(LC_CTYPE, "C.UTF-8");
        begin(80);
        say("a\xC3");
        say("\xA4z\033[");
        say("2GB");
        assert_string_equal(sc.got, "a\xC3\xA4z\b\bB");
        assert_int_equal(f.at, 2);
        assert_int_equal(f.len, 3);
}

/* ---- at random ---- */

struct model {
        char line[400];
        size_t n, at;
};

static void jump_to(struct model *m, size_t to)
{
        char t[32];

        snprintf(t, sizeof t, "\r\033[%zuG", to + 1);
        if (to + 1 == m->at)
                say("\b");
        else if (to != m->at)
                say(to ? t : "\r");
        m->at = to;
}

/* As libedit without shifting: what is behind is written again. */
static void insert(struct model *m, char c)
{
        size_t at = m->at;

        memmove(m->line + at + 1, m->line + at, m->n - at + 1);
        m->line[at] = c;
        m->n++;
        say(m->line + at);
        m->at = m->n;
        jump_to(m, at + 1);
}

static void cut(struct model *m)
{
        m->line[m->at] = 0;
        m->n = m->at;
        say("\033[K");
}

static void edits_at_random(void **state)
{
        unsigned seed = 1;

        (void)state;
        for (unsigned round = 0; round < 200; round++) {
                struct model m = { .n = 0 };

                begin(2 + round % 40);
                for (unsigned i = 0; i < 120; i++) {
                        seed = seed * 1103515245u + 12345u;
                        switch (seed >> 16 & 7) {
                        case 0:
                                jump_to(&m, (seed >> 19) % (m.n + 1));
                                break;
                        case 1:
                                cut(&m);
                                break;
                        case 2:
                                if (m.at)
                                        jump_to(&m, m.at - 1);
                                break;
                        default:
                                insert(&m, (char)('a' + (seed >> 19) % 26));
                        }
                        sc.n = 0;
                        stands(m.line, m.at);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_typed_goes_out_as_it_is),
                cmocka_unit_test(a_character_taken_back_at_the_edge),
                cmocka_unit_test(back_to_the_end_of_a_full_row),
                cmocka_unit_test(a_line_ends_below_all_of_it),
                cmocka_unit_test(an_unknown_width_folds_nothing),
                cmocka_unit_test(characters_are_whole),
                cmocka_unit_test(edits_at_random),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
