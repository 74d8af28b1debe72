/*
 * Transcripts: tests/golden/cli/NAME.in is typed, what an operator would see must be NAME.ok. GOLDEN_UPDATE=1 writes
 * the .ok files anew. A line ending in `?` asks for help, one ending in TAB (written <TAB>) is completed, `<show
 * ...>` prints the running configuration, `<inert>` what is not in force.
 */
#include <dirent.h>
#include <stdlib.h>

#include "platform/base/file.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

#define GOLDEN TEST_DATA "/../golden/cli"

static int never(struct session *s, const struct args *a, struct err *e)
{
        (void)s;
        (void)a;
        (void)e;
        return 0;
}

/* EXEC commands enough to see how the modes go together. */
static const struct exec_row exec_rows[] = {
        { "show version", "Show the version", 0, never },
        { "show running-config [all] [SECTION:line]", "Show the configuration", 15, never },
        { "show conn [count] [address A:addr]", "Show connections", 1, never },
        { "show clock", "Show the time", 0, never },
        { "clear xlate", "Remove translations", 15, never },
        { "ping [IFC:nameif] HOST:word", "Send echo requests", 0, never },
        { NULL, NULL, 0, NULL },
};
static const struct exec_table exec[] = { { "test", exec_rows }, { NULL, NULL } };

struct golden {
        struct cli_tree *tree;
        struct store *s;
        struct conf_ctx c;
        struct rng_fixed random;
        struct rng rng;
        struct dialog *d;
        struct text out;
};

static unsigned prompt(struct golden *g)
{
        char p[128];

        snprintf(p, sizeof p, "%s(%s)# ", g->s->sys.hostname, conf_prompt(&g->c));
        text_add(&g->out, p);
        return (unsigned)strlen(p);
}

static void inert_line(void *ctx, const char *block, const char *line, const char *reason)
{
        text_printf(ctx, "%s%s%s: %s\n", block, *block ? " / " : "", line, reason);
}

static void show(struct golden *g, const char *what)
{
        struct running_opts o = { .envelope = false };
        char filter[128];
        struct err e;

        snprintf(filter, sizeof filter, "%.*s", (int)strcspn(what, ">"), what);
        o.filter = filter;
        if (!strncmp(filter, "all", 3)) {
                o.all = true;
                o.filter = filter + 3;
        }
        while (*o.filter == ' ')
                o.filter++;
        if (running_write(g->s, &o, &g->out, &e) < 0)
                text_printf(&g->out, "ERROR: %s\n", e.text);
}

static void drive(struct golden *g, enum dialog_next n)
{
        text_add(&g->out, text_str(&g->d->out));
        text_cut(&g->d->out, 0);
        if (n != DIALOG_ASK) {
                dialog_free(g->d);
                g->d = NULL;
        }
}

static void type(struct golden *g, const char *line)
{
        struct cli_result r;
        unsigned plen = prompt(g);

        text_printf(&g->out, "%s\n", line);
        cli_result_init(&r);
        conf_line(&g->c, line, &r);
        cli_result_show(&r, plen, &g->out);
        if (r.code == CLI_EXEC)
                text_printf(&g->out, "<exec: %s>\n", r.exec->grammar);
        if (r.code == CLI_LEAVE)
                text_add(&g->out, "<leaves configuration mode>\n");
        if (r.code == CLI_DIALOG) {
                g->d = r.dialog;
                r.dialog = NULL;
                drive(g, dialog_start(g->d));
        }
        cli_result_fini(&r);
}

static void help(struct golden *g, char *line)
{
        prompt(g);
        text_printf(&g->out, "%s\n", line);
        line[strlen(line) - 1] = 0;
        cli_help(g->s, &g->c, 15, line, &g->out);
}

static void complete(struct golden *g, char *line)
{
        struct text t = { 0 };

        prompt(g);
        text_printf(&g->out, "%s\n", line);
        *strstr(line, "<TAB>") = 0;
        if (cli_complete(g->s, &g->c, 15, line, &t))
                text_printf(&g->out, "-> \"%s\"\n", text_str(&t));
        else
                text_add(&g->out, "-> nothing\n");
        text_fini(&t);
}

static void feed(struct golden *g, char *line)
{
        size_t n = strlen(line);

        if (g->d) {
                text_printf(&g->out, "%s%s\n", g->d->prompt, line);
                drive(g, dialog_line(g->d, line));
        } else if (!strncmp(line, "<show", 5)) {
                show(g, line + 5 + (line[5] == ' '));
        } else if (!strcmp(line, "<inert>")) {
                store_inert_walk(g->s, inert_line, &g->out);
        } else if (strstr(line, "<TAB>")) {
                complete(g, line);
        } else if (n && line[n - 1] == '?') {
                help(g, line);
        } else {
                type(g, line);
        }
}

static void check(const char *name, const struct text *out)
{
        char path[512];
        uint8_t *want = NULL;
        size_t n = 0;
        struct err e;

        snprintf(path, sizeof path, GOLDEN "/%s.ok", name);
        if (getenv("GOLDEN_UPDATE")) {
                assert_int_equal(file_write_atomic(path, text_str(out), out->n, 0644, false, &e), 0);
                return;
        }
        if (file_read(path, 1 << 20, &want, &n, &e) < 0)
                fail_msg("%s", e.text);
        if (strcmp(text_str(out), (char *)want) != 0) {
                fprintf(stderr, "--- %s: got\n%s--- want\n%s", name, text_str(out), (char *)want);
                fail_msg("transcript %s differs", name);
        }
        mem_free(want);
}

static void one(const char *name)
{
        struct golden g = { 0 };
        char path[512], *save = NULL;
        uint8_t *in = NULL;
        size_t n = 0;
        struct err e = { 0 };

        snprintf(path, sizeof path, GOLDEN "/%s.in", name);
        assert_int_equal(file_read(path, 1 << 20, &in, &n, &e), 0);
        g.tree = cli_tree_new(exec, &e);
        assert_non_null(g.tree);
        g.s = store_new(g.tree);
        conf_ctx_init(&g.c, g.s);
        g.random.state = 7;
        g.rng = rng_of_fixed(&g.random);
        g.c.rng = &g.rng;
        g.c.hash_rounds = 1;
        for (char *line = strtok_r((char *)in, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                feed(&g, line);
        check(name, &g.out);
        dialog_free(g.d);
        text_fini(&g.out);
        conf_ctx_fini(&g.c);
        store_free(g.s);
        cli_tree_free(g.tree);
        mem_free(in);
}

static void transcripts(void **state)
{
        DIR *d = opendir(GOLDEN);
        struct dirent *de;
        unsigned ran = 0;

        (void)state;
        assert_non_null(d);
        while ((de = readdir(d))) {
                char name[256];
                size_t n = strlen(de->d_name);

                if (n < 4 || strcmp(de->d_name + n - 3, ".in") != 0)
                        continue;
                snprintf(name, sizeof name, "%.*s", (int)(n - 3), de->d_name);
                one(name);
                ran++;
        }
        closedir(d);
        assert_true(ran >= 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(transcripts) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
