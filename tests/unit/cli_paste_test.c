/*
 * Whole configurations as an ASA prints them: tests/golden/paste/NAME.cfg. Not a line is refused, whether the file is
 * loaded or pasted into a console; what is printed then is NAME.ok (GOLDEN_UPDATE=1 writes it), and means the same
 * when it is loaded or pasted again. PASTE_DIR names another directory to try: without .ok files, errors are listed.
 */
#include <dirent.h>
#include <stdlib.h>

#include "platform/base/file.h"
#include "proxy/tls/tls_profile.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

#define PASTE TEST_DATA "/../golden/paste"

static const char *dir_of(void)
{
        return getenv("PASTE_DIR") ? getenv("PASTE_DIR") : PASTE;
}

static char *read_text(const char *name, const char *end)
{
        char path[512];
        uint8_t *in = NULL;
        size_t n = 0;
        struct err e = { 0 };

        snprintf(path, sizeof path, "%s/%s%s", dir_of(), name, end);
        if (file_read(path, 1 << 20, &in, &n, &e) < 0)
                fail_msg("%s", e.text);
        return (char *)in;
}

struct heard {
        const char *name;
        unsigned errors, warnings;
};

/* A secret that was not in the file is the one thing that nobody can take. */
static bool is_masked(const char *words)
{
        return strstr(words, "ERROR: ***** stands for a secret and is none") != NULL;
}

static void hear(void *ctx, unsigned line_no, const char *words)
{
        struct heard *h = ctx;

        h->warnings += !strncmp(words, "WARNING", 7);
        if (strncmp(words, "ERROR", 5) != 0 || is_masked(words))
                return;
        print_error("%s:%u: %s\n", h->name, line_no, words);
        h->errors++;
}

static unsigned load(struct conf_fixture *f, const char *name, const char *text)
{
        struct heard h = { .name = name };
        struct load_report rep = { .fn = hear, .ctx = &h };

        f->c.replace = true;
        conf_load(&f->c, text, strlen(text), &rep);
        f->c.replace = false;
        return h.errors;
}

struct pasted {
        const char *p;
        unsigned no;
        char line[1024];
};

static bool next_line(struct pasted *in)
{
        size_t n = strcspn(in->p, "\n");

        if (!*in->p)
                return false;
        assert_true(n < sizeof in->line);
        snprintf(in->line, sizeof in->line, "%.*s", (int)n, in->p);
        in->p += n + (in->p[n] == '\n');
        in->no++;
        return true;
}

/* The lines behind a command that reads some belong to it. */
static void type(struct conf_fixture *f, struct pasted *in)
{
        struct cli_result r;
        enum dialog_next n = DIALOG_DONE;

        cli_result_init(&r);
        conf_line(&f->c, in->line, &r);
        text_cut(&f->shown, 0);
        cli_result_show(&r, 0, &f->shown);
        if (r.code == CLI_DIALOG)
                n = dialog_start(r.dialog);
        while (n == DIALOG_ASK)
                n = r.dialog->read == DIALOG_PASTE && next_line(in) ? dialog_line(r.dialog, in->line)
                                                                    : dialog_default(r.dialog);
        if (r.code == CLI_DIALOG)
                text_add(&f->shown, text_str(&r.dialog->out));
        cli_result_fini(&r);
}

/* Line by line, as a terminal gets it; the lines around the commands are no commands. */
static unsigned paste(struct conf_fixture *f, const char *name, const char *text)
{
        struct pasted in = { .p = text };
        unsigned errors = 0;

        while (next_line(&in)) {
                if (!strncmp(in.line, "ASA Version ", 12) || !strncmp(in.line, "Cryptochecksum:", 15))
                        continue;
                type(f, &in);
                if (!strstr(text_str(&f->shown), "ERROR") || is_masked(text_str(&f->shown)))
                        continue;
                print_error("%s:%u: typed \"%s\": %s", name, in.no, in.line, text_str(&f->shown));
                errors++;
        }
        conf_top(&f->c);
        return errors;
}

static char *printed(struct conf_fixture *f, bool plain)
{
        return strdup(conf_running(f, NULL, plain));
}

/* With the lines around it that make it a whole one. */
static char *saved(struct conf_fixture *f)
{
        const struct running_opts o = { .plain = true, .envelope = true };
        struct text t = { 0 };
        struct err e = { 0 };
        char *ret;

        assert_int_equal(running_write(f->s, &o, &t, &e), 0);
        ret = strdup(text_str(&t));
        text_fini(&t);
        return ret;
}

/* Where two texts part, a few lines of each. */
static void same(const char *name, const char *what, const char *got, const char *want)
{
        const char *line = got, *other = want;

        if (!strcmp(got, want))
                return;
        for (size_t i = 0; got[i] == want[i]; i++)
                if (got[i] == '\n')
                        line = got + i + 1, other = want + i + 1;
        fail_msg("%s: %s:\ngot  %.200s\n\nwant %.200s", name, what, line, other);
}

/* Ciphers that the TLS library in use has not are left out of the line; NAME.ok has all. */
static void drop_absent_suites(char *line)
{
        for (char *word = line, *rest; *word == ' '; word = rest) {
                char name[32];
                bool has = true;

                rest = word + 1 + strcspn(word + 1, " \n");
                snprintf(name, sizeof name, "%.*s", (int)(rest - word - 1), word + 1);
                assert_true(tls_suite_known(name, &has));
                if (has)
                        continue;
                memmove(word, rest, strlen(rest) + 1);
                rest = word;
        }
}

static void drop_absent(char *text)
{
        static const char *const heads[] = { "\nssl encryption", "\n client cipher-suite", "\n server cipher-suite" };

        for (size_t i = 0; i < ARRAY_LEN(heads); i++)
                for (char *p = strstr(text, heads[i]); p; p = strstr(p, heads[i])) {
                        p += strlen(heads[i]);
                        drop_absent_suites(p);
                }
}

static void check_ok(const char *name, const char *shown)
{
        char path[512], *want;
        struct err e;

        if (getenv("PASTE_DIR"))
                return;
        snprintf(path, sizeof path, PASTE "/%s.ok", name);
        if (getenv("GOLDEN_UPDATE")) {
                assert_int_equal(file_write_atomic(path, shown, strlen(shown), 0644, false, &e), 0);
                return;
        }
        want = read_text(name, ".ok");
        drop_absent(want);
        same(name, "printed", shown, want);
        mem_free(want);
}

/* Loaded: printed, and what is printed loads as the same. */
static unsigned loads(const char *name, const char *text)
{
        struct conf_fixture f, g;
        char *shown, *plain, *again;
        unsigned errors;

        conf_fixture_init(&f);
        conf_fixture_init(&g);
        errors = load(&f, name, text);
        shown = printed(&f, false);
        check_ok(name, shown);
        plain = saved(&f);
        errors += load(&g, "what was printed", plain);
        again = saved(&g);
        same(name, "loaded again", again, plain);
        free(shown);
        free(plain);
        free(again);
        conf_fixture_fini(&f);
        conf_fixture_fini(&g);
        return errors;
}

/* As an operator would: the inspections of the factory stand in the way of others, banners grow. */
static void empty(struct conf_fixture *f)
{
        conf_type(f, "clear configure all");
        conf_type(f, "clear configure service-policy");
        conf_type(f, "no policy-map global_policy");
}

/* Typed: nothing is refused, and what is printed makes the same when it is typed. */
static unsigned pastes(const char *name, const char *text)
{
        struct conf_fixture f;
        char *once, *twice;
        unsigned errors;

        conf_fixture_init(&f);
        empty(&f);
        errors = paste(&f, name, text);
        once = printed(&f, true);
        empty(&f);
        errors += paste(&f, "what was printed", once);
        twice = printed(&f, true);
        same(name, "typed again", twice, once);
        free(once);
        free(twice);
        conf_fixture_fini(&f);
        return errors;
}

static void configurations_of_an_asa_are_taken(void **state UNUSED)
{
        DIR *d = opendir(dir_of());
        unsigned seen = 0, errors = 0;

        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));) {
                size_t n = strlen(e->d_name);
                char name[300], *text;

                if (n < 5 || strcmp(e->d_name + n - 4, ".cfg") != 0)
                        continue;
                snprintf(name, sizeof name, "%.*s", (int)(n - 4), e->d_name);
                text = read_text(name, ".cfg");
                errors += loads(name, text);
                errors += pastes(name, text);
                mem_free(text);
                seen++;
        }
        closedir(d);
        assert_true(seen >= 6);
        assert_int_equal(errors, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(configurations_of_an_asa_are_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
