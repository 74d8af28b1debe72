#include "tests/support/conf_fixture.h"

#include "tests/support/test.h"

void conf_fixture_init(struct conf_fixture *f)
{
        conf_fixture_init_with(f, NULL);
}

void conf_fixture_init_with(struct conf_fixture *f, const struct exec_table *exec)
{
        struct err e = { 0 };

        memset(f, 0, sizeof *f);
        f->tree = cli_tree_new(exec, &e);
        if (!f->tree)
                fail_msg("%s", e.text);
        f->s = store_new(f->tree);
        assert_non_null(f->s);
        conf_ctx_init(&f->c, f->s);
        f->random.state = 7;
        f->rng = rng_of_fixed(&f->random);
        f->c.rng = &f->rng; /* the same salts each time */
        f->c.hash_rounds = 1;
}

void conf_fixture_fini(struct conf_fixture *f)
{
        text_fini(&f->shown);
        conf_ctx_fini(&f->c);
        store_free(f->s);
        cli_tree_free(f->tree);
}

enum cli_code conf_type(struct conf_fixture *f, const char *line)
{
        struct cli_result r;
        enum cli_code code;

        cli_result_init(&r);
        conf_line(&f->c, line, &r);
        text_cut(&f->shown, 0);
        cli_result_show(&r, 0, &f->shown);
        if (r.code == CLI_DIALOG) {
                enum dialog_next n = dialog_start(r.dialog);

                while (n == DIALOG_ASK && r.dialog->read != DIALOG_PASTE)
                        n = dialog_default(r.dialog);
                text_add(&f->shown, text_str(&r.dialog->out));
                r.code = r.dialog->failed ? CLI_ERROR : CLI_OK;
        }
        code = r.code;
        cli_result_fini(&r);
        return code;
}

void conf_accept(struct conf_fixture *f, const char *lines)
{
        char line[1024];

        while (*lines) {
                size_t n = strcspn(lines, "\n");
                enum cli_code code;

                assert_true(n < sizeof line);
                memcpy(line, lines, n);
                line[n] = 0;
                code = conf_type(f, line);
                if (code != CLI_OK && code != CLI_EMPTY && code != CLI_LEAVE)
                        fail_msg("\"%s\": %s", line, text_str(&f->shown));
                lines += n + (lines[n] == '\n');
        }
}

const char *conf_running(struct conf_fixture *f, const char *filter, bool plain)
{
        const struct running_opts o = { .filter = filter, .plain = plain };
        struct err e = { 0 };

        text_cut(&f->shown, 0);
        if (running_write(f->s, &o, &f->shown, &e) < 0)
                fail_msg("%s", e.text);
        return text_str(&f->shown);
}
