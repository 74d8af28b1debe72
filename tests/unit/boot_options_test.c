/* The program's command line. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/boot/options.h"
#include "tests/support/test.h"

static int parse(struct options *o, struct err *e, const char *const *words)
{
        char *argv[24] = { (char *)(uintptr_t) "voxgate" };
        int n = 1;

        for (; words[n - 1]; n++)
                argv[n] = (char *)(uintptr_t)words[n - 1];
        *e = (struct err){ 0 };
        return options_parse(n, argv, o, e);
}
#define PARSE(...) parse(&o, &e, (const char *const[]){ __VA_ARGS__, NULL })

static void help_and_version_are_commands(void **state)
{
        struct options o;
        struct err e;

        (void)state;
        assert_int_equal(PARSE("--help"), 0);
        assert_int_equal(o.cmd, CMD_HELP);
        assert_int_equal(PARSE("-h"), 0);
        assert_int_equal(o.cmd, CMD_HELP);
        assert_int_equal(PARSE("--version"), 0);
        assert_int_equal(o.cmd, CMD_VERSION);
        assert_int_equal(PARSE("--verbose"), -1);
        assert_non_null(strstr(e.text, "--verbose: unknown command"));
}

/* Whatever it is called, the file that is read is not written over. */
static void replay_keeps_its_input(void **state)
{
        char dir[] = "/tmp/vgopt-XXXXXX", in[64], in2[64], link_in[64], out[64];
        char a[80], b[80], c[80], d[80], other[80];
        struct options o;
        struct err e;
        FILE *f;

        (void)state;
        assert_non_null(mkdtemp(dir));
        snprintf(in, sizeof in, "%s/in.pcap", dir);
        snprintf(in2, sizeof in2, "%s/./in.pcap", dir);
        snprintf(link_in, sizeof link_in, "%s/link.pcap", dir);
        snprintf(out, sizeof out, "%s/out.pcap", dir);
        f = fopen(in, "w");
        assert_non_null(f);
        fclose(f);
        assert_int_equal(symlink(in, link_in), 0);
        snprintf(a, sizeof a, "outside=%s", in);
        snprintf(b, sizeof b, "inside=%s", in2);
        snprintf(c, sizeof c, "inside=%s", link_in);
        snprintf(d, sizeof d, "inside=%s", out);
        snprintf(other, sizeof other, "outside=%s", out);
        assert_int_equal(PARSE("replay", "--config", "x", "--in", a, "--out", a), -1);
        assert_non_null(strstr(e.text, "is the file that --in outside reads"));
        assert_int_equal(PARSE("replay", "--config", "x", "--in", a, "--out", b), -1);
        assert_int_equal(PARSE("replay", "--config", "x", "--out", c, "--in", a), -1);
        assert_int_equal(PARSE("replay", "--config", "x", "--in", a, "--out", d), 0);
        assert_int_equal(PARSE("replay", "--config", "x", "--in", a, "--out", d, "--out", other), -1);
        assert_non_null(strstr(e.text, "are one file"));
        unlink(in);
        unlink(link_in);
        rmdir(dir);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(help_and_version_are_commands),
                cmocka_unit_test(replay_keeps_its_input),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
