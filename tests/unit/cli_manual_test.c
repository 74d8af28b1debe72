/* The manual page made from the rows: nothing is missing, nothing is taken for a request of roff's. */
#include <string.h>

#include "cli/lang/exec.h"
#include "cli/lang/manual.h"
#include "tests/support/test.h"

struct page {
        struct cli_tree *tree;
        struct text text;
};

static void page_init(struct page *p)
{
        struct err e = { 0 };

        *p = (struct page){ .tree = cli_tree_new(exec_tables, &e) };
        assert_non_null(p->tree);
        cli_manual(p->tree, "1.2", &p->text);
        assert_false(p->text.bad);
}

static void page_fini(struct page *p)
{
        text_fini(&p->text);
        cli_tree_free(p->tree);
}

static void has(const struct page *p, const char *what)
{
        if (!strstr(text_str(&p->text), what))
                fail_msg("not in the page: %s", what);
}

static void commands_stand_with_their_values_and_limits(void **state)
{
        struct page p;

        (void)state;
        page_init(&p);
        has(&p, ".TH VOXGATE.CONF 5 \"\" \"Voxgate 1.2\"\n");
        has(&p, ".SS \"TLS proxy configuration commands\"\nPrompt: (config-tlsp).\n");
        has(&p, ".TP\n.B [no] hostname HOST\n");
        has(&p, ".br\n.I MINUTES\n(<0\\-59>): ");
        has(&p, ".TP\n.B show conn ");
        has(&p, "Kept, not in force: ");
        page_fini(&p);
}

static void only_our_requests_begin_a_line(void **state)
{
        static const char *const ours[] = { ".TH ", ".SH ", ".SS ", ".TP\n", ".B ", ".I ", ".br\n", ".BR " };
        struct page p;

        (void)state;
        page_init(&p);
        for (const char *l = text_str(&p.text); *l; l = strchr(l, '\n') + 1) {
                bool known = *l != '.' && *l != '\'';

                for (size_t i = 0; i < ARRAY_LEN(ours); i++)
                        known |= !strncmp(l, ours[i], strlen(ours[i]));
                if (!known)
                        fail_msg("%.60s", l);
                assert_true(*l != '\n');
                assert_non_null(strchr(l, '\n'));
        }
        page_fini(&p);
}

/* Each row, visible ones alone, once per mode. */
static void every_row_is_there(void **state)
{
        struct page p;
        unsigned rows = 0, entries = 0;

        (void)state;
        page_init(&p);
        for (unsigned i = 0; tree_mode_at(p.tree, i); i++)
                for (unsigned k = 0; k < tree_mode_at(p.tree, i)->n; k++)
                        rows += !(tree_mode_at(p.tree, i)->row[k].conf->flags & ROW_HIDDEN);
        for (unsigned k = 0; k < tree_global(p.tree)->n; k++)
                rows += !(tree_global(p.tree)->row[k].conf->flags & ROW_HIDDEN);
        rows += tree_exec(p.tree)->n;
        for (const char *at = text_str(&p.text); (at = strstr(at, "\n.TP\n")); at++)
                entries++;
        assert_int_equal(entries, rows);
        assert_true(rows > 300);
        page_fini(&p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(commands_stand_with_their_values_and_limits),
                cmocka_unit_test(only_our_requests_begin_a_line),
                cmocka_unit_test(every_row_is_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
