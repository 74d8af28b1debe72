/* Comparing configurations, and putting one in the place of another. */
#include <stdlib.h>

#include "cli/conf/conf_diff.h"
#include "cli/conf/conf_replace.h"
#include "policy/conf.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/conf_gen.h"
#include "tests/support/test.h"

static const char ports[] = "interface g0/0\n nameif outside\n ip address 10.9.0.1 255.255.255.0\n"
                            "interface g0/1\n nameif inside\n ip address 10.8.0.1 255.255.255.0\nexit\n";

struct two {
        struct conf_fixture now, want;
};

static void two_init(struct two *t, const char *now, const char *want)
{
        conf_fixture_init(&t->now);
        conf_fixture_init(&t->want);
        conf_accept(&t->now, ports);
        conf_accept(&t->want, ports);
        conf_accept(&t->now, now);
        conf_accept(&t->want, want);
        conf_top(&t->now.c);
}

static void two_fini(struct two *t)
{
        conf_fixture_fini(&t->now);
        conf_fixture_fini(&t->want);
}

/* ---- comparing ---- */
static void assert_diff(const char *was, const char *now, const char *expected)
{
        struct two t;
        struct conf_lines a, b;
        struct text out = { 0 };
        struct err e = { 0 };

        two_init(&t, was, now);
        assert_int_equal(conf_lines_of(t.now.s, true, &a, &e), 0);
        assert_int_equal(conf_lines_of(t.want.s, true, &b, &e), 0);
        assert_int_equal(conf_diff_text(&a, &b, &out, &e), 0);
        assert_string_equal(text_str(&out), expected);
        text_fini(&out);
        conf_lines_fini(&a);
        conf_lines_fini(&b);
        two_fini(&t);
}

static void what_is_gone_and_what_is_new(void **state)
{
        (void)state;
        assert_diff("", "", "");
        assert_diff("", "domain-name example.com\n", "+domain-name example.com\n");
        assert_diff("hostname a\n", "hostname b\n", "-hostname a\n+hostname b\n");
}

static void blocks_tell_what_differs_in_them(void **state)
{
        (void)state;
        assert_diff("", "interface g0/1\n security-level 50\n",
                    " interface GigabitEthernet0/1\n- security-level 100\n+ security-level 50\n");
        assert_diff("object network a\n host 10.0.0.1\n", "object network b\n host 10.0.0.1\n",
                    "-object network a\n- host 10.0.0.1\n+object network b\n+ host 10.0.0.1\n");
        assert_diff("policy-map global_policy\n class inspection_default\n  no inspect ftp\n", "",
                    " policy-map global_policy\n  class inspection_default\n+  inspect ftp\n");
}

static void lines_of_a_list_that_moved_are_told(void **state)
{
        static const char one[] = "access-list a extended permit ip any host 10.0.0.1\n"
                                  "access-list a extended permit ip any host 10.0.0.2\n"
                                  "access-list a extended permit ip any host 10.0.0.3\n";
        static const char two[] = "access-list a extended permit ip any host 10.0.0.2\n"
                                  "access-list a extended permit ip any host 10.0.0.3\n"
                                  "access-list a extended permit ip any host 10.0.0.1\n";

        (void)state;
        assert_diff(one, two,
                    "-access-list a extended permit ip any host 10.0.0.1\n"
                    "+access-list a extended permit ip any host 10.0.0.1\n");
}

static void lines_that_stand_twice_are_counted(void **state)
{
        static const char remark[] = "access-list a remark one\n";
        char twice[64];

        (void)state;
        snprintf(twice, sizeof twice, "%s%s", remark, remark);
        assert_diff(remark, twice, "+access-list a remark one\n");
        assert_diff(twice, remark, "-access-list a remark one\n");
}

/* ---- replacing ---- */
static void replaced(struct two *t, enum replace_how expected)
{
        enum replace_how how;
        struct err e = { 0 };
        char *want = strdup(conf_running(&t->want, NULL, true));

        if (conf_replace(&t->now.c, t->want.s, &how, NULL, &e) < 0)
                fail_msg("%s", e.text);
        assert_string_equal(conf_running(&t->now, NULL, true), want);
        assert_int_equal(how, expected);
        free(want);
}

static uint32_t ace_id(const struct store *s, const char *list, unsigned n)
{
        const struct acl_conf *a = conf_list_find(&s->policy.acls, list);

        assert_non_null(a);
        conf_each(struct conf_obj, o, &a->aces)
                if (!n--)
                        return o->id;
        fail();
        return 0;
}

static void what_both_have_keeps_its_id(void **state)
{
        struct two t;
        uint32_t first, last;

        (void)state;
        two_init(&t,
                 "access-list a extended permit ip any host 10.0.0.1\naccess-list a extended permit ip any host "
                 "10.0.0.3\n"
                 "access-group a in interface outside\n",
                 "access-list a extended permit ip any host 10.0.0.1\naccess-list a extended permit ip any host "
                 "10.0.0.2\n"
                 "access-list a extended permit ip any host 10.0.0.3\naccess-group a in interface outside\n");
        first = ace_id(t.now.s, "a", 0);
        last = ace_id(t.now.s, "a", 1);
        replaced(&t, REPLACE_LINES);
        assert_int_equal(ace_id(t.now.s, "a", 0), first);
        assert_int_equal(ace_id(t.now.s, "a", 2), last);
        replaced(&t, REPLACE_NOTHING);
        two_fini(&t);
}

static void users_go_before_what_they_use(void **state)
{
        static const char used[] = "object network o\n host 10.0.0.1\naccess-list a extended permit ip any object o\n"
                                   "access-group a in interface outside\n";
        struct two t;

        (void)state;
        two_init(&t, used, "");
        replaced(&t, REPLACE_LINES);
        two_fini(&t);
        two_init(&t, "", used);
        replaced(&t, REPLACE_LINES);
        two_fini(&t);
}

/* A name that goes takes its lines along; those that are wanted come back. */
static void lines_that_went_along_come_back(void **state)
{
        struct two t;

        (void)state;
        two_init(&t, "route inside 10.4.0.0 255.255.0.0 10.8.0.2\n",
                 "interface g0/1\n nameif lan\nexit\nroute lan 10.4.0.0 255.255.0.0 10.8.0.2\n"
                 "route lan 10.5.0.0 255.255.0.0 10.8.0.2\n");
        replaced(&t, REPLACE_LINES);
        two_fini(&t);
}

/* A line that was taken out comes back to its place: nothing else begins anew. */
static void what_stood_before_others_comes_back_by_lines(void **state)
{
        static const struct {
                const char *gone, *stay;
        } row[] = {
                { "username a password letmein-1\n",
                  "username b password letmein-2\nusername c password letmein-3\n" },
                { "logging host inside 10.8.0.2\n", "logging host inside 10.8.0.3\nlogging host inside 10.8.0.4\n" },
                { "ntp server 10.8.0.2 source inside\n", "ntp server 10.8.0.3 source inside\n" },
                { "name 10.8.0.2 a\n", "name 10.8.0.3 b\n" },
                { "ssh 10.1.0.0 255.255.0.0 inside\n", "ssh 10.2.0.0 255.255.0.0 inside\n" },
                { "icmp permit host 10.8.0.2 inside\n", "icmp permit host 10.8.0.3 inside\n" },
                { "banner motd ***\nbanner motd a\n", "banner motd ***\n" },
                { "banner motd a\n", "banner motd b\nbanner motd a\nbanner motd b\n" },
                { "privilege cmd level 5 mode exec command ping\n",
                  "privilege cmd level 5 mode exec command copy\n" },
                { "logging list a level errors\n", "logging list b level errors\nlogging list b message 106023\n" },
                { "logging message 106023 level errors\n", "logging message 106001 level errors\n" },
                { "logging rate-limit 5 60 message 106023\n", "logging rate-limit 6 60 message 106001\n" },
                { "crypto ca trustpoint a\n enrollment terminal\n",
                  "crypto ca trustpoint b\n enrollment terminal\n" },
                { "regex a x\n", "regex b x\n" },
                { "object network a\n host 10.8.0.2\n nat (inside,outside) static 10.9.0.2\n",
                  "object network b\n host 10.8.0.3\n nat (inside,outside) static 10.9.0.3\n" },
                { "object network a\n host 10.8.0.2\nnat (inside,outside) source static a a\n",
                  "object network b\n host 10.8.0.3\nnat (inside,outside) source static b b\n"
                  "nat (inside,outside) after-auto source dynamic any interface\n" },
                { "object-group network a\n network-object host 10.8.0.2\n",
                  "object-group network b\n network-object host 10.8.0.3\n" },
                { "object-group network g\n network-object host 10.8.0.2\n",
                  "object-group network g\n network-object host 10.8.0.3\n network-object host 10.8.0.4\n" },
                { "dns server-group DefaultDNS\n name-server 10.8.0.2\n",
                  "dns server-group DefaultDNS\n name-server 10.8.0.3\n" },
                { "class-map a\n match any\npolicy-map p\n class a\n  inspect sip\n",
                  "class-map b\n match any\npolicy-map p\n class b\n  inspect sip\n" },
                { "class-map a\n match any\npolicy-map p\n class a\n  inspect sip\n",
                  "policy-map p\n class class-default\n  inspect sip\n" },
                { "sysopt connection a\n", "sysopt connection b\n" },
        };
        char both[512];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct two t;

                snprintf(both, sizeof both, "%s%s", row[i].gone, row[i].stay);
                two_init(&t, row[i].stay, both);
                replaced(&t, REPLACE_LINES);
                two_fini(&t);
        }
}

static void what_lines_cannot_do_is_done_from_nothing(void **state)
{
        struct two t;

        (void)state;
        two_init(&t, "",
                 "interface g0/0\n no nameif\ninterface g0/1\n nameif outside\ninterface g0/0\n nameif inside\n");
        replaced(&t, REPLACE_ALL);
        two_fini(&t);
}

static void what_cannot_be_is_refused_and_nothing_changes(void **state)
{
        struct iface_bindings bind = { .n = 0 };
        struct err e = { 0 };
        struct two t;
        char *before, name[HWNAME_MAX + 1];

        (void)state;
        two_init(&t, "hostname a\n", "hostname b\ninterface g0/1.7\n vlan 7\n nameif far\n");
        for (unsigned i = 0; i < IFACES_MAX - 1; i++) { /* as many ports as there can be interfaces */
                snprintf(name, sizeof name, "GigabitEthernet0/%u", i);
                assert_non_null(iface_bind(&bind, name));
                bind.b[i].port = 0;
        }
        t.now.c.bind = &bind;
        before = strdup(conf_running(&t.now, NULL, true));
        assert_int_equal(conf_replace(&t.now.c, t.want.s, NULL, NULL, &e), -1);
        assert_non_null(strstr(e.text, "\"interface GigabitEthernet0/1.7\" cannot be configured: at most"));
        assert_string_equal(conf_running(&t.now, NULL, true), before);
        free(before);
        two_fini(&t);
}

/* ---- saved texts ---- */
static void a_text_becomes_a_store_or_is_refused(void **state)
{
        static const char good[] = "ASA Version 9.3(1)\nhostname x\n", bad[] = "hostname x\nfrobnicate\n";
        struct conf_fixture f;
        struct err e = { 0 };
        struct store *s;

        (void)state;
        conf_fixture_init(&f);
        s = conf_store_of(&f.c, good, sizeof good - 1, &e);
        assert_non_null(s);
        assert_string_equal(s->sys.hostname, "x");
        store_free(s);
        assert_null(conf_store_of(&f.c, bad, sizeof bad - 1, &e));
        assert_non_null(strstr(e.text, "line 2: "));
        assert_non_null(strstr(e.text, "frobnicate"));
        conf_fixture_fini(&f);
}

/* ---- any to any ---- */
#define PAIRS 250
#define LINES 50

static void fresh(struct conf_fixture *f)
{
        conf_ctx_fini(&f->c);
        store_free(f->s);
        f->s = store_new(f->tree);
        assert_non_null(f->s);
        conf_ctx_init(&f->c, f->s);
        conf_accept(f, gen_ports);
        conf_accept(f, gen_furniture);
}

static void some_lines(struct conf_fixture *f, struct conf_gen *g, unsigned n)
{
        while (n--) {
                struct text line = { 0 };

                gen_line(g, &f->c, &line);
                conf_type(f, text_str(&line));
                text_fini(&line);
        }
        conf_top(&f->c);
}

static void copy_to(struct conf_fixture *to, const struct store *s)
{
        struct err e = { 0 };

        conf_ctx_fini(&to->c);
        store_free(to->s);
        to->s = store_copy(s, &e);
        if (!to->s)
                fail_msg("%s", e.text);
        conf_ctx_init(&to->c, to->s);
}

/* The ports of an appliance are there in every configuration. */
static void same_ports(struct conf_fixture *to, const struct store *from)
{
        conf_each(struct iface_conf, i, &from->net.ifaces)
                if (!strchr(i->o.name, '.') && !conf_list_find(&to->s->net.ifaces, i->o.name)) {
                        char line[96];

                        snprintf(line, sizeof line, "interface %s", i->o.name);
                        assert_int_equal(conf_type(to, line), CLI_OK);
                }
        conf_top(&to->c);
}

static enum replace_how replace_any(struct conf_fixture *now, struct conf_fixture *want)
{
        enum replace_how how;
        struct err e = { 0 };
        char *before, *wanted;

        same_ports(now, want->s);
        same_ports(want, now->s);
        before = strdup(conf_running(now, NULL, true));
        wanted = strdup(conf_running(want, NULL, true));
        if (conf_replace(&now->c, want->s, &how, NULL, &e) < 0) {
                fprintf(stderr, "--- before\n%s--- wanted\n%s", before, wanted);
                fail_msg("%s", e.text);
        }
        assert_string_equal(conf_running(now, NULL, true), wanted);
        free(before);
        free(wanted);
        return how;
}

static void any_configuration_takes_the_place_of_any(void **state)
{
        struct conf_gen g = { .state = gen_seed() };
        struct conf_fixture now, want;
        unsigned by_lines = 0;

        (void)state;
        conf_fixture_init(&now);
        conf_fixture_init(&want);
        for (unsigned i = 0; i < PAIRS; i++) {
                fresh(&now);
                some_lines(&now, &g, LINES);
                copy_to(&want, now.s);
                some_lines(&want, &g, 6);
                by_lines += replace_any(&now, &want) != REPLACE_ALL;
                fresh(&want);
                some_lines(&want, &g, LINES);
                replace_any(&now, &want);
        }
        printf("%u of %u small changes by lines alone\n", by_lines, PAIRS);
        assert_true(by_lines > PAIRS * 3 / 4);
        conf_fixture_fini(&now);
        conf_fixture_fini(&want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_gone_and_what_is_new),
                cmocka_unit_test(blocks_tell_what_differs_in_them),
                cmocka_unit_test(lines_of_a_list_that_moved_are_told),
                cmocka_unit_test(lines_that_stand_twice_are_counted),
                cmocka_unit_test(what_both_have_keeps_its_id),
                cmocka_unit_test(users_go_before_what_they_use),
                cmocka_unit_test(lines_that_went_along_come_back),
                cmocka_unit_test(what_stood_before_others_comes_back_by_lines),
                cmocka_unit_test(what_lines_cannot_do_is_done_from_nothing),
                cmocka_unit_test(what_cannot_be_is_refused_and_nothing_changes),
                cmocka_unit_test(a_text_becomes_a_store_or_is_refused),
                cmocka_unit_test(any_configuration_takes_the_place_of_any),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
