/*
 * Thousands of random configurations made from the rows: what is printed parses back to what prints the same, and a
 * refused line changes nothing.
 */
#include <stdlib.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/conf_gen.h"
#include "tests/support/test.h"

#define CONFIGS 1500
#define LINES 60

static char *plain_text(const struct store *s)
{
        const struct running_opts o = { .plain = true };
        struct text t = { 0 };
        char *copy;

        assert_int_equal(running_write(s, &o, &t, NULL), 0);
        copy = strdup(text_str(&t));
        text_fini(&t);
        return copy;
}

/* Every output form is made once, so that none of them crashes or grows without bound. */
static void print_all_forms(const struct store *s)
{
        const struct running_opts all = { .all = true, .envelope = true }, one = { .filter = "interface" };
        struct text t = { 0 };

        assert_int_equal(running_write(s, &all, &t, NULL), 0);
        assert_int_equal(running_write(s, &one, &t, NULL), 0);
        assert_non_null(strstr(text_str(&t), "\n: end\n"));
        text_fini(&t);
}

static void check_round_trip(struct conf_fixture *f, const char *script)
{
        char *first = plain_text(f->s), *second;
        struct err e = { 0 };
        struct store *copy = store_copy(f->s, &e);

        if (!copy) {
                fprintf(stderr, "--- typed\n%s--- printed\n%s", script, first);
                fail_msg("%s", e.text);
        }
        second = plain_text(copy);
        if (strcmp(first, second) != 0) {
                fprintf(stderr, "--- typed\n%s--- first\n%s--- second\n%s", script, first, second);
                fail();
        }
        store_free(copy);
        free(first);
        free(second);
}

struct tally {
        unsigned accepted, refused;
        const struct cmd_row *row[1024]; /* that had a line accepted */
        unsigned seen[1024];             /* how often a change by it was looked for in the text */
        unsigned nrows;
};

static unsigned tally_find(const struct tally *t, const struct cmd_row *row)
{
        unsigned i = 0;

        while (i < t->nrows && t->row[i] != row)
                i++;
        return i;
}

static void tally_row(struct tally *t, const struct cmd_row *row, bool seen)
{
        unsigned i = tally_find(t, row);

        assert_true(i < ARRAY_LEN(t->row));
        t->row[i] = row;
        t->nrows += i == t->nrows;
        t->seen[i] += seen;
}

/* Rows deep in a mode come up seldom: none is left to chance. */
static bool seen_enough(const struct tally *t, const struct cmd_row *row)
{
        unsigned i = tally_find(t, row);

        return i < t->nrows && t->seen[i] >= 3;
}

/* A row that never has a line accepted is a row that nothing here tests. */
static unsigned missed_rows(struct conf_fixture *f, const struct tally *t, bool tell)
{
        unsigned missed = 0;

        for (int k = -1; k < 0 || tree_mode_at(f->tree, (unsigned)k); k++) {
                const struct tree_mode *m = k < 0 ? tree_global(f->tree) : tree_mode_at(f->tree, (unsigned)k);

                for (unsigned i = 0; i < m->n; i++) {
                        const struct cmd_row *row = m->row[i].conf;

                        if (tally_find(t, row) == t->nrows && row->kind != ROW_CALL) {
                                if (tell)
                                        fprintf(stderr, "never accepted: %s\n", row->line);
                                missed++;
                        }
                }
        }
        return missed;
}

/* An empty certificate chain is the one object that has no line; what is fresh from the factory may be cleared. */
static bool is_unprinted(const struct cmd_row *row)
{
        return !strncmp(row->line, "crypto ca certificate chain", 27) ||
               !strncmp(row->line, "clear configure {all", 20);
}

/* What is refused leaves no trace; what changes the store changes the text, so nothing is kept that is not printed.
 */
static void check_effect(const char *before, const char *after, const char *line, const struct cmd_row *row, bool ok,
                         bool edited)
{
        bool same = !strcmp(before, after);

        if (!ok && !same) {
                fprintf(stderr, "--- before\n%s--- after\n%s", before, after);
                fail_msg("refused, but changed: %s", line);
        }
        if (ok && edited && same && !is_unprinted(row)) {
                fprintf(stderr, "--- before\n%s", before);
                fail_msg("changed, but not printed: %s", line);
        }
        if (ok && !edited && !same) {
                fprintf(stderr, "--- before\n%s--- after\n%s", before, after);
                fail_msg("changed, but not told: %s", line);
        }
}

/* Types one random line. *text: the configuration's, NULL where it was not asked for; behind the line, too. */
static void type_one(struct conf_fixture *f, struct conf_gen *g, struct text *script, struct tally *t, bool check,
                     char **text)
{
        struct text line = { 0 };
        char *before = *text;
        uint64_t edits = f->s->edits;
        const struct tree_row *tr;
        enum cli_code code;
        bool ok;

        tr = gen_line(g, &f->c, &line);
        check = check || !seen_enough(t, tr->conf);
        if (check && !before)
                before = plain_text(f->s);
        text_printf(script, "%*s%s\n", (int)f->c.depth, "", text_str(&line));
        code = conf_type(f, text_str(&line));
        ok = code == CLI_OK || code == CLI_LEAVE;
        t->accepted += ok;
        t->refused += !ok;
        if (ok)
                tally_row(t, tr->conf, check && f->s->edits != edits);
        *text = check ? plain_text(f->s) : NULL;
        if (check)
                check_effect(before, *text, text_str(&line), tr->conf, ok, f->s->edits != edits);
        free(before);
        text_fini(&line);
}

static void one_config(struct conf_fixture *f, struct conf_gen *g, struct tally *t, bool check)
{
        struct text script = { 0 };
        char *text = NULL;

        conf_ctx_fini(&f->c);
        store_free(f->s);
        f->s = store_new(f->tree);
        assert_non_null(f->s);
        conf_ctx_init(&f->c, f->s);
        f->c.hash_rounds = 1;
        if (gen_below(g, 4))
                conf_accept(f, gen_ports), conf_accept(f, gen_furniture);
        for (unsigned i = 0; i < LINES; i++)
                type_one(f, g, &script, t, check, &text);
        free(text);
        check_round_trip(f, text_str(&script));
        print_all_forms(f->s);
        text_fini(&script);
}

static void random_configurations_parse_back(void **state)
{
        struct conf_gen g = { .state = gen_seed() };
        struct conf_fixture f;
        struct tally t = { 0 };
        unsigned n = 0;

        (void)state;
        conf_fixture_init(&f);
        /* What chance has left out is waited for. */
        for (; n < CONFIGS || (n < 10 * CONFIGS && missed_rows(&f, &t, false)); n++)
                one_config(&f, &g, &t, n % 8 == 0);
        printf("%u configurations, %u lines accepted, %u refused\n", n, t.accepted, t.refused);
        assert_true(t.accepted > t.refused / 2);
        assert_int_equal(missed_rows(&f, &t, true), 0);
        conf_fixture_fini(&f);
}

/* ---- every row ---- */
static void try_row(struct conf_fixture *f, struct conf_gen *g, const struct tree_row *tr)
{
        unsigned ok = 0;

        for (unsigned i = 0; i < 400 && !ok; i++) {
                struct text line = { 0 };
                struct find_result *r = malloc(sizeof *r);
                struct lexed lx;
                struct reading rd = { .mode = NULL, .lx = &lx, .priv = 15 };
                const struct tree_mode one = { NULL, (struct tree_row *)(uintptr_t)tr, 1 };

                gen_row(g, f->s, tr, &line);
                assert_int_equal(lex(&lx, text_str(&line)), LEX_OK);
                rd.mode = &one;
                rd.no_form = tr->conf->flags & ROW_NO_ONLY;
                tree_find(&rd, r);
                ok += r->how == FOUND;
                lex_fini(&lx);
                text_fini(&line);
                free(r);
        }
        if (!ok)
                fail_msg("no line of this row is understood: %s", tr->conf->line);
}

static void each_mode(struct conf_fixture *f, void (*fn)(struct conf_fixture *f, const struct tree_mode *m))
{
        fn(f, tree_global(f->tree));
        for (unsigned i = 0; tree_mode_at(f->tree, i); i++)
                fn(f, tree_mode_at(f->tree, i));
}

static void mode_is_readable(struct conf_fixture *f, const struct tree_mode *m)
{
        struct conf_gen g = { .state = 12345 };

        for (unsigned i = 0; i < m->n; i++)
                try_row(f, &g, &m->row[i]);
}

static void mode_has_help(struct conf_fixture *f, const struct tree_mode *m)
{
        (void)f;
        if (m->mode)
                assert_true(m->mode->prompt && *m->mode->prompt && m->mode->title && *m->mode->title);
        for (unsigned i = 0; i < m->n; i++) {
                const struct cmd_row *row = m->row[i].conf;

                if (!row->help || !*row->help)
                        fail_msg("no help: %s", row->line);
                if (row->kind == ROW_INERT && !row->inert)
                        fail_msg("no reason: %s", row->line);
                if (row->kind == ROW_LEAF && !row->bind)
                        fail_msg("bound to nothing: %s", row->line);
        }
}

static void every_row_reads_its_own_lines(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        each_mode(&f, mode_is_readable);
        each_mode(&f, mode_has_help);
        conf_fixture_fini(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row_reads_its_own_lines),
                cmocka_unit_test(random_configurations_parse_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
