/* Help of every command: each word and each value of every row says what it means, and no two of a list say the same.
 */
#include "tests/support/test.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/lang/exec.h"
#include "cli/lang/explain.h"
#include "cli/lang/form.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/conf_gen.h"

struct rig {
        struct conf_fixture f;
        struct conf_gen g;
        unsigned rows, lists, bad;
};

static struct rig rig;

static int setup(void **state UNUSED)
{
        memset(&rig, 0, sizeof rig);
        conf_fixture_init_with(&rig.f, exec_tables);
        rig.f.c.priv = 15;
        rig.g.state = 1;
        return 0;
}

static int teardown(void **state UNUSED)
{
        conf_fixture_fini(&rig.f);
        return 0;
}

static const char *grammar_of(const struct tree_row *tr)
{
        return tr->conf ? tr->conf->line : tr->exec->grammar;
}

/* All that is wrong is told before the test fails. */
static void wrong(const char *what, const char *where, const char *word)
{
        print_message("%s: \"%s\" in \"%.100s\"\n", what, word, where);
        rig.bad++;
}

typedef void (*row_fn)(const struct tree_row *tr);

static bool is_offered(const struct tree_row *tr)
{
        return !tr->conf || !(tr->conf->flags & ROW_HIDDEN);
}

static void each_of(const struct tree_mode *m, row_fn fn)
{
        for (unsigned i = 0; i < m->n; i++)
                if (is_offered(&m->row[i])) {
                        rig.rows++;
                        fn(&m->row[i]);
                }
}

static void each_row(row_fn fn)
{
        const struct cli_tree *t = rig.f.tree;

        each_of(tree_exec(t), fn);
        each_of(tree_global(t), fn);
        for (unsigned i = 0; tree_mode_at(t, i); i++)
                each_of(tree_mode_at(t, i), fn);
        assert_true(rig.rows > 400);
}

/* ---- every word by itself ---- */

/* A bare number says nothing: what is counted, in which unit? Nor does a name, without what is named. */
static bool is_vague(const struct gram_part *p, const char *help)
{
        const char *t = p->type->name;

        return (!strcmp(t, "u32") || !strcmp(t, "ref") || !strcmp(t, "word") || !strcmp(t, "hex") ||
                !strcmp(t, "newname")) &&
               help == p->type->help;
}

static void check_words(const struct tree_row *tr)
{
        const char *help = tr->conf ? tr->conf->help : tr->exec->help;

        if (!help || !*help)
                wrong("a command without help", grammar_of(tr), "");
        for (unsigned i = 0; i < tr->g->npos; i++) {
                const struct gram_part *p = tr->g->pos[i];

                help = p->kind == PART_KEYWORD ? explain_word(tr, p) : explain_value(tr, p);
                if (!help || !*help)
                        wrong("without help", grammar_of(tr), p->text);
                else if (p->kind == PART_VALUE && is_vague(p, help))
                        wrong("a value without its unit or meaning", grammar_of(tr), p->text);
        }
}

static void every_word_and_value_is_explained(void **state UNUSED)
{
        each_row(check_words);
        assert_int_equal(rig.bad, 0);
}

/* ---- nothing is explained by copying ---- */

static const struct {
        const char *word, *help;
} words[] = {
#define WORD(word, help) { word, help },
#include "cli/lang/words.def"
#undef WORD
};

static const char *last_word(const char *key)
{
        const char *blank = strrchr(key, ' ');

        return blank ? blank + 1 : key;
}

/* One word may mean the same in several places; two keywords do not. Values may: what they are called is not typed.
 */
static bool may_share(const char *a, const char *b)
{
        return !strcmp(last_word(a), last_word(b)) || isupper((unsigned char)*last_word(a)) ||
               isupper((unsigned char)*last_word(b)) || !strncmp(a, "ref ", 4) || !strncmp(b, "ref ", 4);
}

static void no_help_is_a_copy_of_another_words(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                for (size_t k = 0; k < i; k++)
                        if (!strcmp(words[i].help, words[k].help) && !may_share(words[i].word, words[k].word))
                                wrong(words[i].help, words[k].word, words[i].word);
        assert_int_equal(rig.bad, 0);
}

static const struct tree_row *seen[2000];

/* What two commands are called differs, so what they do does. */
static void check_copy(const struct tree_row *tr)
{
        struct text mine = { 0 }, other = { 0 };
        const char *help = tr->conf ? tr->conf->help : tr->exec->help;

        form_lead(tr, &mine);
        for (unsigned i = 0; i + 1 < rig.rows; i++) {
                text_cut(&other, 0);
                form_lead(seen[i], &other);
                if (!strcmp(help, seen[i]->conf ? seen[i]->conf->help : seen[i]->exec->help) &&
                    strcmp(text_str(&mine), text_str(&other)) != 0)
                        wrong(help, grammar_of(seen[i]), grammar_of(tr));
        }
        seen[rig.rows - 1] = tr;
        text_fini(&mine);
        text_fini(&other);
}

static void no_help_is_a_copy_of_another_commands(void **state UNUSED)
{
        each_row(check_copy);
        assert_int_equal(rig.bad, 0);
}

/* ---- what `?` lists ---- */

struct listed {
        char word[64], help[200];
};

/* "  WORD   help", the two parted by two blanks at least. */
static bool read_offer(const char *line, size_t n, struct listed *o)
{
        const char *gap = memmem(line + 2, n - 2, "  ", 2), *help = gap;

        if (n < 3 || strncmp(line, "  ", 2) != 0 || !gap)
                return false;
        while (help < line + n && *help == ' ')
                help++;
        snprintf(o->word, sizeof o->word, "%.*s", (int)(gap - line - 2), line + 2);
        snprintf(o->help, sizeof o->help, "%.*s", (int)(line + n - help), help);
        return true;
}

/* Names of what is configured share the help that says what they name. */
static bool says_what_is_named(const char *help)
{
        return !strncmp(help, "Name of ", 8) || !strncmp(help, "Hardware name ", 14) ||
               !strncmp(help, "Real and mapped interface", 25);
}

/* In one list no word goes without help, and no two have the same. */
static void check_list(const char *line, const char *text)
{
        struct listed o[300];
        unsigned n = 0;

        for (const char *p = text, *nl; *p; p = nl + 1) {
                nl = strchr(p, '\n');
                assert_non_null(nl);
                if (!strncmp(p, "  <cr>", 6))
                        continue;
                if (*p != ' ')
                        n = 0; /* title of the next mode */
                else if (!read_offer(p, (size_t)(nl - p), &o[n]) || !*o[n].help)
                        wrong("no help in the list", line, p);
                else if (++n == ARRAY_LEN(o))
                        fail_msg("a list of more than %u words behind \"%s\"", n, line);
                for (unsigned i = 0; n && i + 1 < n; i++)
                        if (!strcmp(o[i].help, o[n - 1].help) && !says_what_is_named(o[i].help)) {
                                wrong(o[i].help, line, o[n - 1].word);
                                break;
                        }
        }
}

/* The shortest words that lead to each position of the row: way[i] is the one before i, npos for the first. */
static void find_ways(const struct grammar *g, uint16_t *way)
{
        uint16_t queue[512];
        unsigned n = 0;

        assert_true(g->npos < ARRAY_LEN(queue));
        for (unsigned i = 0; i < g->npos; i++)
                way[i] = 0xFFFF;
        for (unsigned i = 0; i < g->nfirst; i++) {
                way[g->first[i]] = g->npos;
                queue[n++] = g->first[i];
        }
        for (unsigned i = 0; i < n; i++) {
                const struct gram_part *p = g->pos[queue[i]];

                for (unsigned k = 0; k < p->nfollow; k++)
                        if (way[p->follow[k]] == 0xFFFF) {
                                way[p->follow[k]] = queue[i];
                                queue[n++] = p->follow[k];
                        }
        }
}

static void put_way(const struct grammar *g, const uint16_t *way, unsigned at, struct text *out)
{
        if (at == g->npos)
                return;
        put_way(g, way, way[at], out);
        if (g->pos[at]->kind == PART_KEYWORD)
                text_add(out, g->pos[at]->text);
        else
                gen_value(&rig.g, rig.f.s, g->pos[at], out);
        text_add(out, " ");
}

/* What `?` says behind each word of the row. */
static void check_lists(const struct tree_row *tr)
{
        struct text line = { 0 }, shown = { 0 };
        uint16_t way[512];

        find_ways(tr->g, way);
        for (unsigned i = 0; i < tr->g->npos; i++) {
                if (way[i] == 0xFFFF)
                        continue;
                text_cut(&line, 0);
                text_cut(&shown, 0);
                put_way(tr->g, way, i, &line);
                cli_help(rig.f.s, tr->conf ? &rig.f.c : NULL, 15, text_str(&line), &shown);
                if (strncmp(text_str(&shown), "ERROR", 5) != 0) {
                        check_list(text_str(&line), text_str(&shown));
                        rig.lists++;
                }
        }
        text_fini(&line);
        text_fini(&shown);
}

/* Some line of the row that is taken opens its mode. */
static bool enter(const struct tree_row *tr)
{
        struct text line = { 0 };
        unsigned depth = rig.f.c.depth;

        for (unsigned i = 0; i < 200 && rig.f.c.depth <= depth; i++) {
                text_cut(&line, 0);
                gen_row(&rig.g, rig.f.s, tr, &line);
                conf_type(&rig.f, text_str(&line));
        }
        text_fini(&line);
        return rig.f.c.depth > depth;
}

static void check_mode(const struct tree_mode *m)
{
        struct text shown = { 0 };

        cli_help(rig.f.s, m == tree_exec(rig.f.tree) ? NULL : &rig.f.c, 15, "", &shown);
        check_list("", text_str(&shown));
        text_fini(&shown);
        each_of(m, check_lists);
        for (unsigned i = 0; i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];

                if (!tr->conf || tr->conf->kind != ROW_MODE || !is_offered(tr) || !enter(tr))
                        continue;
                check_mode(tree_mode_of(rig.f.tree, tr->conf->mode));
                conf_type(&rig.f, "exit");
        }
}

static void no_two_words_of_a_list_say_the_same(void **state UNUSED)
{
        conf_accept(&rig.f, gen_ports);
        conf_accept(&rig.f, gen_furniture);
        while (rig.f.c.depth)
                conf_type(&rig.f, "exit");
        check_mode(tree_exec(rig.f.tree));
        check_mode(tree_global(rig.f.tree));
        print_message("%u lists\n", rig.lists);
        assert_true(rig.lists > 2000);
        assert_int_equal(rig.bad, 0);
}

/* ---- help COMMAND ---- */

static void check_help_command(const struct tree_row *tr)
{
        struct text lead = { 0 }, shown = { 0 }, usage = { 0 };

        form_lead(tr, &lead);
        form_usage(tr, &usage);
        if (lead.n && !cli_help_command(rig.f.tree, 15, text_str(&lead), &shown))
                wrong("nothing behind help", grammar_of(tr), text_str(&lead));
        else if (lead.n && !strstr(text_str(&shown), text_str(&usage)))
                wrong("not among the forms", grammar_of(tr), text_str(&lead));
        text_fini(&lead);
        text_fini(&shown);
        text_fini(&usage);
}

static void help_knows_every_command(void **state UNUSED)
{
        each_row(check_help_command);
        assert_int_equal(rig.bad, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(every_word_and_value_is_explained, setup, teardown),
                cmocka_unit_test_setup_teardown(no_help_is_a_copy_of_another_words, setup, teardown),
                cmocka_unit_test_setup_teardown(no_help_is_a_copy_of_another_commands, setup, teardown),
                cmocka_unit_test_setup_teardown(no_two_words_of_a_list_say_the_same, setup, teardown),
                cmocka_unit_test_setup_teardown(help_knows_every_command, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
