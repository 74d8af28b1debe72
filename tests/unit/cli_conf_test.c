/* The configuration language end to end: sample blocks load, print, and print the same again. */
#include <stdlib.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static const char base[] = "hostname ciscoasa\n"
                           "domain-name example.com\n"
                           "enable password cisco123\n"
                           "username admin password cisco123 privilege 15\n"
                           "interface GigabitEthernet0/0\n"
                           " nameif outside\n"
                           " security-level 0\n"
                           " ip address 192.0.2.1 255.255.255.0\n"
                           " no shutdown\n"
                           "interface GigabitEthernet0/1\n"
                           " nameif inside\n"
                           " security-level 100\n"
                           " ip address 10.0.0.1 255.255.255.0\n"
                           " no shutdown\n"
                           "route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n"
                           "dns domain-lookup inside\n"
                           "dns server-group DefaultDNS\n"
                           " name-server 10.0.0.53\n"
                           " domain-name example.com\n"
                           "clock timezone UTC 0\n"
                           "ntp server 10.0.0.123 source inside\n"
                           "aaa authentication ssh console LOCAL\n"
                           "ssh 10.0.0.0 255.255.255.0 inside\n"
                           "ssh timeout 30\n"
                           "console timeout 0\n"
                           "logging enable\n"
                           "logging timestamp\n"
                           "logging list loglist message 711001\n"
                           "logging list loglist message 725001-725014\n"
                           "logging list loglist message 717001-717038\n"
                           "logging buffer-size 1000000\n"
                           "logging buffered loglist\n"
                           "logging debug-trace\n";

static const char scenario[] = "object network obj-10.1.1.2-01\n"
                               " host 10.1.1.2\n"
                               " nat (inside,outside) static 192.0.2.140\n"
                               "access-list outside_in extended permit tcp any host 10.1.1.2 eq 5443\n"
                               "access-group outside_in in interface outside\n"
                               "crypto ca trustpoint cuma_proxy\n"
                               "crypto ca trustpoint cuma_server\n"
                               " enrollment terminal\n"
                               "tls-proxy cuma_proxy\n"
                               " server trust-point cuma_proxy\n"
                               " no server authenticate-client\n"
                               " client cipher-suite aes128-sha1 aes256-sha1\n"
                               "class-map cuma_proxy\n"
                               " match port tcp eq 5443\n"
                               "policy-map global_policy\n"
                               " class cuma_proxy\n"
                               "  inspect mmp tls-proxy cuma_proxy\n"
                               "service-policy global_policy global\n";

static void print_twice(struct conf_fixture *f)
{
        char *first = strdup(conf_running(f, NULL, true));
        struct store *copy;
        struct err e = { 0 };
        struct text second = { 0 };
        const struct running_opts plain = { .plain = true };

        copy = store_copy(f->s, &e);
        if (!copy)
                fail_msg("%s\n%s", e.text, first);
        assert_int_equal(running_write(copy, &plain, &second, &e), 0);
        assert_string_equal(text_str(&second), first);
        text_fini(&second);
        store_free(copy);
        free(first);
}

static void test_samples(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        print_twice(&f);
        conf_accept(&f, base);
        conf_accept(&f, scenario);
        print_twice(&f);
        conf_fixture_fini(&f);
}

/* What a submode knows is never taken for an outer command that begins alike. */
static void a_submode_keeps_its_words(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, base);
        conf_accept(&f, "object network o7\n");
        assert_int_equal(conf_type(&f, " host webserver"), CLI_INVALID);
        assert_int_equal(conf_type(&f, " hos webserver"), CLI_INVALID);
        assert_string_equal(f.s->sys.hostname, "ciscoasa");
        conf_accept(&f, " host 10.1.1.77\n");
        assert_string_equal(conf_prompt(&f.c), "config-network-object");
        conf_accept(&f, " hostname fw\n"); /* in full it means what it says */
        assert_string_equal(f.s->sys.hostname, "fw");
        conf_accept(&f, "interface g0/0\nhost bar\n"); /* interfaces know no host */
        assert_string_equal(f.s->sys.hostname, "bar");
        conf_fixture_fini(&f);
}

/* Lines that are only kept name interfaces as well. */
static void a_name_that_goes_takes_kept_lines_along(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, base);
        conf_accept(&f, "ntp server 10.0.0.9 key 3 source inside prefer\nntp server 10.0.0.8 prefer\n"
                        "interface g0/1\nno nameif\n");
        assert_null(strstr(conf_running(&f, NULL, true), "source inside"));
        assert_null(strstr(conf_running(&f, NULL, true), " inside\n"));
        assert_non_null(strstr(conf_running(&f, NULL, true), "ntp server 10.0.0.8 prefer\n"));
        conf_fixture_fini(&f);
}

static void note_words(void *ctx, unsigned line_no, const char *words)
{
        char *out = ctx;

        (void)line_no;
        strncat(out, words, 500);
}

/* What a file holds is told without what a terminal would take for commands. */
static void refused_bytes_are_made_printable(void **state)
{
        static const char text[] = "hostname x\n\x1b[2J\x07\xff\x80 binary\n";
        char said[2000] = "";
        struct load_report rep = { .fn = note_words, .ctx = said };
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_load(&f.c, text, sizeof text - 1, &rep);
        assert_int_equal(rep.errors, 1);
        assert_non_null(strstr(said, "ERROR"));
        for (const char *p = said; *p; p++)
                assert_true(*p >= ' ' && *p <= '~');
        conf_fixture_fini(&f);
}

/* A line is in force, or a WARNING says that it is not. */
static void lines_without_effect_are_told(void **state)
{
        static const struct {
                const char *line, *why;
        } rows[] = {
                { "access-list a extended permit gre any any", "only TCP, UDP and ICMP are forwarded" },
                { "access-list a extended permit esp any any", "only TCP, UDP and ICMP are forwarded" },
                { "access-list a extended permit object ah any any", "only TCP, UDP and ICMP are forwarded" },
                { "access-list a extended permit ip any6 any6", "IPv6 is not forwarded" },
                { "access-list a extended permit icmp6 any any", "IPv6 is not forwarded" },
                { "access-list a extended deny tcp any object named", "names are not resolved" },
                { "access-list a extended permit tcp object-group outer any", "names are not resolved" },
                { "access-list a extended deny gre any any", NULL },
                { "access-list a extended permit ip any any", NULL },
                { "access-list a extended permit icmp any any echo", NULL },
                { "access-list a extended permit tcp object plain any", NULL },
                { "ssl server-version sslv3", "there is no SSLv3" },
                { "ssl client-version sslv3", "there is no SSLv3" },
                { "ssl server-version tlsv1", NULL },
                { "terminal width 100", NULL },
                { "terminal width 80", NULL },
        };
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, "object network named\n fqdn www.example.com\nobject network plain\n host 10.0.0.7\n"
                        "object service ah\n service ah\nobject-group network inner\n network-object object named\n"
                        "object-group network outer\n group-object inner\nexit\n");
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                const char *warned;

                assert_int_equal(conf_type(&f, rows[i].line), CLI_OK);
                warned = strstr(text_str(&f.shown), "WARNING: This line is kept but not in force: ");
                if (!warned != !rows[i].why || (warned && !strstr(warned, rows[i].why)))
                        fail_msg("%s\n%s", rows[i].line, text_str(&f.shown));
        }
        conf_fixture_fini(&f);
}

static void refused(struct conf_fixture *f, const char *line, const char *part)
{
        char *before = strdup(conf_running(f, NULL, true));

        if (conf_type(f, line) != CLI_ERROR || !strstr(text_str(&f->shown), part))
                fail_msg("%s\n%s", line, text_str(&f->shown));
        assert_string_equal(conf_running(f, NULL, true), before);
        free(before);
}

static const char two_ports[] = "interface g0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\nexit\n"
                                "interface g0/1\n nameif inside\n ip address 10.0.0.1 255.255.255.0\nexit\n";

/* An ACE with a group that became empty would match nothing: a deny would let everything through. */
static void a_group_in_use_is_not_emptied(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, "object-group network inner\n network-object host 192.0.2.66\n"
                        "object-group network bad\n group-object inner\n network-object host 192.0.2.67\n"
                        "object-group service web tcp\n port-object eq 80\n"
                        "object-group protocol p\n protocol-object udp\n"
                        "object-group icmp-type t\n icmp-object echo\n"
                        "object-group service s\n service-object tcp destination eq 25\n"
                        "access-list i extended deny ip any object-group bad\n"
                        "access-list i extended deny tcp any any object-group web\n"
                        "access-list i extended deny object-group p any any\n"
                        "access-list i extended deny icmp any any object-group t\n"
                        "access-list i extended deny object-group s any any\n");
        conf_accept(&f, "object-group network bad\n no network-object host 192.0.2.67\n");
        refused(&f, " no group-object inner",
                "would make object-group (bad) empty, and it is being used: access-list i");
        conf_accept(&f, "object-group network inner\n");
        refused(&f, " no network-object host 192.0.2.66", "(inner) empty, and it is being used: group-object inner");
        conf_accept(&f, "object-group service web tcp\n");
        refused(&f, " no port-object eq 80", "(web) empty");
        conf_accept(&f, "object-group protocol p\n");
        refused(&f, " no protocol-object udp", "(p) empty");
        conf_accept(&f, "object-group icmp-type t\n");
        refused(&f, " no icmp-object echo", "(t) empty");
        conf_accept(&f, "object-group service s\n");
        refused(&f, " no service-object tcp destination eq 25", "(s) empty");
        refused(&f, " no service-object tcp destination eq 26", "does not exist");
        conf_accept(
                &f,
                "clear configure access-list\nobject-group service s\n no service-object tcp destination eq 25\n");
        conf_fixture_fini(&f);
}

static void objects_are_shown_by_name(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, "object network a\n host 10.0.0.2\nobject network b\n host 10.0.0.3\n"
                        "object service s\n service tcp destination eq 80\n"
                        "object-group network g\n network-object host 10.0.0.4\n"
                        "object-group network h\n network-object host 10.0.0.5\nexit\n");
        assert_string_equal(conf_running(&f, "object id b", true), "object network b\n host 10.0.0.3\n");
        assert_string_equal(conf_running(&f, "object id s", true),
                            "object service s\n service tcp destination eq www\n");
        assert_string_equal(conf_running(&f, "object-group id h", true),
                            "object-group network h\n network-object host 10.0.0.5\n");
        assert_string_equal(conf_running(&f, "object id none", true), "");
        conf_fixture_fini(&f);
}

static void a_mapped_address_given_twice_is_told(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, two_ports);
        conf_accept(&f, "object network a\n host 10.0.0.2\n nat (inside,outside) static 192.0.2.140\n"
                        "object network b\n host 10.0.0.3\n nat (inside,outside) static 192.0.2.141\n");
        assert_null(strstr(text_str(&f.shown), "WARNING"));
        conf_accept(&f, "object network b\n nat (inside,outside) static 192.0.2.140\n");
        assert_non_null(
                strstr(text_str(&f.shown), "WARNING: mapped address 192.0.2.140 is that of object a already"));
        conf_fixture_fini(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_samples),
                cmocka_unit_test(a_submode_keeps_its_words),
                cmocka_unit_test(a_name_that_goes_takes_kept_lines_along),
                cmocka_unit_test(refused_bytes_are_made_printable),
                cmocka_unit_test(lines_without_effect_are_told),
                cmocka_unit_test(a_group_in_use_is_not_emptied),
                cmocka_unit_test(objects_are_shown_by_name),
                cmocka_unit_test(a_mapped_address_given_twice_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
