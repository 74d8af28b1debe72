/* The program's command line. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/boot/options.h"
#include "platform/boot/ports_file.h"
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

static void threads_are_chosen(void **state)
{
        struct options o;
        struct err e;

        (void)state;
        assert_int_equal(PARSE("run"), 0);
        assert_int_equal(o.threads, THREADS_AUTO);
        assert_int_equal(PARSE("run", "--threads", "auto"), 0);
        assert_int_equal(o.threads, THREADS_AUTO);
        assert_int_equal(PARSE("run", "--threads", "joint", "--workers", "2"), 0);
        assert_int_equal(o.threads, THREADS_JOINT);
        assert_int_equal(o.workers, 2);
        assert_int_equal(PARSE("run", "--threads", "apart"), 0);
        assert_int_equal(o.threads, THREADS_APART);
        assert_int_equal(PARSE("run", "--threads", "one"), -1);
        assert_string_equal(e.text, "--threads one: auto, joint or apart");
        assert_int_equal(PARSE("check", "--threads", "joint"), -1);
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

/* ---- which device an interface is ---- */
static void ports_come_from_the_command_line_and_from_a_file(void **state)
{
        char path[] = "/tmp/vgports-XXXXXX";
        struct options o;
        struct err e;
        FILE *f = fdopen(mkstemp(path), "w");

        (void)state;
        assert_non_null(f);
        fputs("# devices\n\nGigabitEthernet0/0  eth0   # outside\r\n\tg0/1 tap:tap1\nm0/0 enp0s3.20", f);
        fclose(f);
        assert_int_equal(PARSE("run", "--port", "gi0/2=pcap:a=b:c", "--ports", path), 0);
        assert_int_equal(o.nports, 4);
        assert_string_equal(o.port[0].iface, "GigabitEthernet0/2");
        assert_string_equal(o.port[0].kind, "pcap");
        assert_string_equal(o.port[0].spec, "a=b:c");
        assert_string_equal(o.port[1].iface, "GigabitEthernet0/0");
        assert_string_equal(o.port[1].kind, "afpacket");
        assert_string_equal(o.port[1].spec, "eth0");
        assert_string_equal(o.port[2].kind, "tap");
        assert_string_equal(o.port[2].spec, "tap1");
        assert_string_equal(o.port[3].iface, "Management0/0");
        assert_string_equal(o.port[3].spec, "enp0s3.20");
        options_fini(&o);
        unlink(path);
        assert_int_equal(PARSE("run", "--ports", path), -1);
        assert_non_null(strstr(e.text, "vgports-"));
        options_fini(&o);
}

static void a_bad_port_is_refused_with_its_place(void **state)
{
        static const struct {
                const char *text, *why;
        } rows[] = {
                { "g0/0 eth0\ng0/1", "f, line 2: an interface and a device expected" },
                { "g0/0 eth0 eth1", "f, line 1: an interface and a device expected" },
                { "\n\nwan0 g0/0", "f, line 3: wan0 is not an interface name" },
                { "g0/0 wire:eth0", "f, line 1: wire:eth0: kind must be" },
                { "g0/0 averyverylongkindname:x", "f, line 1: averyverylongkindname:x: KIND:SPEC expected" },
                { "g0/0 eth0\nGigabitEthernet0/0 eth1",
                  "f, line 2: GigabitEthernet0/0 has two devices: eth0 and eth1" },
        };
        struct options o;
        struct err e;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char text[128];

                o = (struct options){ 0 };
                snprintf(text, sizeof text, "%s", rows[i].text);
                assert_int_equal(ports_text_read(&o, "f", text, &e), -1);
                if (!strstr(e.text, rows[i].why))
                        fail_msg("%s: %s", rows[i].why, e.text);
        }
        assert_int_equal(PARSE("run", "--port", "g0/0=eth0"), -1);
        assert_int_equal(PARSE("run", "--port", "=afpacket:eth0"), -1);
        assert_int_equal(PARSE("check", "--ports", "f", "x"), -1);
}

static void no_more_ports_than_there_is_room_for(void **state)
{
        struct options o = { 0 };
        struct err e;

        (void)state;
        for (unsigned i = 0; i <= OPT_PORTS_MAX; i++) {
                char line[32];

                snprintf(line, sizeof line, "g0/%u eth%u", i, i);
                assert_int_equal(ports_text_read(&o, "f", line, &e), i < OPT_PORTS_MAX ? 0 : -1);
        }
        assert_non_null(strstr(e.text, "more than 32 ports"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(help_and_version_are_commands),
                cmocka_unit_test(threads_are_chosen),
                cmocka_unit_test(replay_keeps_its_input),
                cmocka_unit_test(ports_come_from_the_command_line_and_from_a_file),
                cmocka_unit_test(a_bad_port_is_refused_with_its_place),
                cmocka_unit_test(no_more_ports_than_there_is_room_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
