#include <stdlib.h>

#include "cli/lang/lexer.h"
#include "tests/support/test.h"

static void words_and_offsets(void **state)
{
        struct lexed l;

        (void)state;
        assert_int_equal(lex(&l, "  ip  address\t10.0.0.1 \r"), LEX_OK);
        assert_int_equal(l.n, 3);
        assert_string_equal(l.w[1].s, "address");
        assert_int_equal(l.w[1].off, 6);
        assert_int_equal(l.w[2].off, 14);
        assert_int_equal(l.w[2].n, 8);
        assert_false(l.open_end);
        assert_string_equal(l.raw, "  ip  address\t10.0.0.1");
        lex_fini(&l);
        assert_int_equal(lex(&l, "sh"), LEX_OK);
        assert_true(l.open_end);
        lex_fini(&l);
}

static void comments_and_blanks_are_empty(void **state)
{
        static const char *const empty[] = { "", "   ", "!", "  ! text", ": Saved", " :", "\r\n", "\t" };
        struct lexed l;

        (void)state;
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
                assert_int_equal(lex(&l, empty[i]), LEX_EMPTY);
                lex_fini(&l);
        }
}

static void quotes(void **state)
{
        static const struct {
                const char *line, *word;
                unsigned off, n;
                bool quoted;
        } rows[] = {
                { "a \"two words\" b", "two words", 2, 11, true }, { "a \"\" b", "", 2, 2, true },
                { "a \"open b", "\"open", 2, 5, false },           { "a \"x\"y b", "\"x\"y", 2, 4, false },
                { "a x\"y\" b", "x\"y\"", 2, 4, false },
        };
        struct lexed l;

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                assert_int_equal(lex(&l, rows[i].line), LEX_OK);
                assert_string_equal(l.w[1].s, rows[i].word);
                assert_int_equal(l.w[1].off, rows[i].off);
                assert_int_equal(l.w[1].n, rows[i].n);
                assert_int_equal(l.w[1].quoted, rows[i].quoted);
                lex_fini(&l);
        }
}

static void limits(void **state)
{
        char *line = malloc(CLI_LINE_MAX + 2);
        struct lexed l;

        (void)state;
        memset(line, 'x', CLI_LINE_MAX + 1);
        line[CLI_LINE_MAX + 1] = 0;
        assert_int_equal(lex(&l, line), LEX_TOO_LONG);
        line[CLI_LINE_MAX] = 0;
        assert_int_equal(lex(&l, line), LEX_OK);
        assert_int_equal(l.n, 1);
        lex_fini(&l);
        for (unsigned i = 0; i < 2 * (CLI_WORDS_MAX + 5); i += 2)
                memcpy(line + i, "x ", 3);
        assert_int_equal(lex(&l, line), LEX_OK);
        assert_int_equal(l.n, CLI_WORDS_MAX);
        assert_true(l.more);
        lex_fini(&l);
        free(line);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_and_offsets),
                cmocka_unit_test(comments_and_blanks_are_empty),
                cmocka_unit_test(quotes),
                cmocka_unit_test(limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
