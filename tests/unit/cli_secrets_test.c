/*
 * Every row that takes a secret gets the same one, in every form and mode; then everything that can be shown is
 * shown, as text and as JSON, and it is in none of it.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "cli/conf/commit.h"
#include "cli/conf/load.h"
#include "cli/conf/mask.h"
#include "cli/conf/store.h"
#include "cli/http/metrics.h"
#include "tests/support/conf_gen.h"
#include "tests/support/console_fixture.h"

#define MARK "Xmark-of-a-secret-7"
#define TRIES 40u /* lines of a row, so that all its forms come up */
#define LOOKS 6u  /* lines of a command */

static struct console_fixture f;
static struct conf_gen gen;

static int setup(void **st UNUSED)
{
        cf_open(&f);
        gen = (struct conf_gen){ .state = 12345, .secret = MARK };
        return 0;
}

static int teardown(void **st UNUSED)
{
        cf_close(&f);
        return 0;
}

static const struct cli_tree *tree(void)
{
        return f.box.store->tree;
}

/* What the console prints behind the echo of the last line that holds the secret. */
static const char *behind_echo(const char *transcript)
{
        const char *at = transcript, *last = NULL;

        while ((at = strstr(at, MARK))) {
                const char *line = at;

                while (line > transcript && line[-1] != '\n')
                        line--;
                if (strncmp(line, "ciscoasa", 8) != 0)
                        return line; /* no echo: it was said */
                last = at;
                at += strlen(MARK);
        }
        return last ? strchrnul(last, '\n') : transcript;
}

static void is_clean(const char *what, const char *text)
{
        const char *at = strstr(text, MARK);

        if (at)
                fail_msg("%s tells a secret:\n%.400s", what, at - text > 200 ? at - 200 : text);
}

static const struct tree_row *row_into(const struct tree_mode *from, const struct cmd_mode *mode)
{
        for (unsigned i = 0; i < from->n; i++)
                if (from->row[i].conf->mode == mode)
                        return &from->row[i];
        return NULL;
}

static bool enter(const struct tree_mode *from, const struct cmd_mode *mode, struct text *out)
{
        const struct tree_row *tr = row_into(from, mode);

        if (!tr)
                return false;
        gen_row(&gen, f.box.store, tr, out);
        text_add(out, "\n");
        return true;
}

/* The lines that enter a mode, from global configuration; one mode may be between. */
static bool way_in(const struct tree_mode *m, struct text *out)
{
        const struct tree_mode *g = tree_global(tree()), *between;

        if (enter(g, m->mode, out))
                return true;
        for (unsigned i = 0; (between = tree_mode_at(tree(), i)); i++)
                if (row_into(between, m->mode) && row_into(g, between->mode))
                        return enter(g, between->mode, out) && enter(between, m->mode, out);
        return false;
}

/* A line of the row; some have a word too many, or end too early. */
static void some_line(const struct tree_row *tr, unsigned i, struct text *out)
{
        size_t at = out->n;

        if (tr->conf->flags & ROW_ANY && i % 2 == 0)
                text_add(out, " "); /* in its block; without a blank nothing understands it */
        gen_row(&gen, f.box.store, tr, out);
        if (i % 4 == 1)
                text_add(out, " zz zz");
        if (i % 4 == 2)
                text_cut(out, out->n - gen_below(&gen, (uint32_t)(out->n - at)));
        text_add(out, "\n");
}

/* Rows of what is only kept are many and alike. */
static unsigned tries(const struct tree_row *tr)
{
        return tr->conf->flags & (ROW_KEPT | ROW_ANY) ? 2 : TRIES;
}

/* Typed, looked at in the same session (its history has it), and taken back so that the next one is not refused. */
static unsigned type_row(const struct tree_mode *m, const struct tree_row *tr)
{
        unsigned accepted = 0;

        for (unsigned i = 0; i < tries(tr); i++) {
                struct text s = { 0 };
                const char *t;

                text_add(&s, "configure terminal\n");
                if (m->mode && !way_in(m, &s))
                        fail_msg("no way into the mode of: %s", tr->conf->line);
                some_line(tr, i, &s);
                text_add(&s, "end\nshow history\nshow history | json\nshow running-config\n");
                t = cf_priv(&f, text_str(&s));
                accepted += !strstr(t, "ERROR");
                is_clean(tr->conf->line, behind_echo(t));
                text_fini(&s);
        }
        return accepted;
}

static bool is_a_look(const struct tree_row *tr)
{
        static const char *const looks[] = { "show ", "who", "dir", "write terminal", "ping", "traceroute" };
        /* what prints files and configurations as they are is for who has the right to */
        static const char *const plain[] = { "show startup-config", "show tech-support file" };
        const char *line = tr->exec->grammar;

        for (size_t i = 0; i < ARRAY_LEN(plain); i++)
                if (!strcmp(line, plain[i]) || (i && !strncmp(line, plain[i], strlen(plain[i]))))
                        return false;
        for (size_t i = 0; i < 4; i++)
                if (!strncmp(line, looks[i], strlen(looks[i])))
                        return true;
        return false;
}

static unsigned look(const struct tree_row *tr)
{
        for (unsigned i = 0; i < LOOKS; i++) {
                struct text s = { 0 };

                gen_row(&gen, f.box.store, tr, &s);
                text_add(&s, "\n");
                if (tr->exec->priv & EXEC_TABLE) {
                        text_addn(&s, text_str(&s), s.n - 1);
                        text_add(&s, " | json\n");
                }
                is_clean(tr->exec->grammar, cf_priv(&f, text_str(&s)));
                text_fini(&s);
        }
        return 1;
}

static void look_at_everything(void)
{
        const struct tree_mode *m = tree_exec(tree());
        struct text t = { 0 };
        unsigned seen = 0;

        for (unsigned i = 0; i < m->n; i++)
                if (is_a_look(&m->row[i]))
                        seen += look(&m->row[i]);
        assert_true(seen > 80);
        assert_int_equal(metrics_write(&f.box, &t), 0);
        is_clean("/metrics", text_str(&t));
        text_fini(&t);
}

static unsigned type_mode(const struct tree_mode *m)
{
        unsigned rows = 0;

        for (unsigned i = 0; i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];

                if (!mask_has_secret(tr) || tr->conf->kind == ROW_CALL)
                        continue;
                /* a hash is no word: what takes nothing else refuses it, and says so without it */
                if (!type_row(m, tr) && !strstr(tr->conf->line, " {encrypted|pbkdf2}"))
                        fail_msg("no line of this row is accepted: %s", tr->conf->line);
                rows++;
        }
        return rows;
}

static void nothing_shows_a_secret(void **st UNUSED)
{
        unsigned rows = 0;

        cf_priv(&f, "write memory\nwrite memory\n"); /* what comes now is the difference to it */
        cf_priv(&f, "configure session aside\nhostname other\nend\n");
        cf_priv(&f, "configure terminal\ninterface g0/0\nnameif outside\nip address 10.9.0.1 255.255.255.0\n");
        rows += type_mode(tree_global(tree()));
        for (unsigned i = 0; tree_mode_at(tree(), i); i++)
                rows += type_mode(tree_mode_at(tree(), i));
        assert_true(rows >= 8);
        assert_non_null(
                strstr(cf_priv(&f, "show running-config diff startup-config\n"), "\n+ntp authentication-key "));
        assert_non_null(strstr(cf_priv(&f, "show configuration session\n"), "\n-ntp authentication-key "));
        look_at_everything();
}

static void collect(void *ctx, unsigned line_no, const char *words)
{
        text_printf(ctx, "line %u: %s\n", line_no, words);
}

static void load_mode(const struct tree_mode *m, struct text *said)
{
        for (unsigned i = 0; i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];

                for (unsigned k = 0; mask_has_secret(tr) && tr->conf->kind != ROW_CALL && k < tries(tr); k++) {
                        struct load_report rep = { .fn = collect, .ctx = said };
                        struct text s = { 0 };
                        struct conf_ctx c;

                        if (m->mode)
                                way_in(m, &s);
                        some_line(tr, k, &s);
                        conf_ctx_of_box(&c, &f.box);
                        conf_load(&c, text_str(&s), s.n, &rep);
                        conf_ctx_fini(&c);
                        text_fini(&s);
                        is_clean(tr->conf->line, text_str(said));
                }
        }
}

/* What loading says of a line that it can not take is kept and shown to whoever asks. */
static void a_startup_that_is_refused_tells_no_secret(void **st UNUSED)
{
        struct text said = { 0 };

        load_mode(tree_global(tree()), &said);
        for (unsigned i = 0; tree_mode_at(tree(), i); i++)
                load_mode(tree_mode_at(tree(), i), &said);
        assert_non_null(strstr(text_str(&said), "ERROR"));
        text_fini(&said);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(nothing_shows_a_secret, setup, teardown),
                cmocka_unit_test_setup_teardown(a_startup_that_is_refused_tells_no_secret, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
