/* What is too big is refused when it is typed: compiling refuses nothing. What waits for a name is judged at the end.
 */
#include <stdlib.h>

#include "platform/net/iface.h"
#include "policy/acl.h"
#include "policy/limits.h"
#include "policy/object.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static struct conf_fixture f;

static int prepare(void **state UNUSED)
{
        conf_fixture_init(&f);
        return 0;
}

static int stop(void **state UNUSED)
{
        conf_fixture_fini(&f);
        return 0;
}

static void PRINTF_LIKE(1, 2) accept(const char *fmt, ...)
{
        char line[200];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(line, sizeof line, fmt, ap);
        va_end(ap);
        if (conf_type(&f, line) != CLI_OK)
                fail_msg("%s\n%s", line, text_str(&f.shown));
}

static void refuse(const char *line, const char *words)
{
        if (conf_type(&f, line) != CLI_ERROR || !strstr(text_str(&f.shown), words))
                fail_msg("%s\n%s", line, text_str(&f.shown));
}

static void hosts(unsigned group, unsigned n)
{
        accept("object-group network g%u", group);
        for (unsigned i = 0; i < n; i++)
                accept(" network-object host 10.%u.%u.1", group * 50 + i / 250, i % 250);
}

static void must_compile(void)
{
        struct snap_part *part = snap_part_new();
        struct err e = { 0 };

        if (acl_compile(part, &f.s->policy, NULL, &e) < 0)
                fail_msg("%s", e.text);
        snap_part_put(part);
}

static void a_line_too_big_is_refused(void **state UNUSED)
{
        hosts(1, 1050);
        hosts(2, 1050);
        refuse("access-list big extended permit ip object-group g1 object-group g2",
               "ERROR: access-list big would stand for more than 1048576 elements\n");
        assert_null(strstr(conf_running(&f, NULL, true), "access-list big"));
        conf_accept(&f, "access-list ok extended permit ip object-group g1 any\n");
        must_compile();
}

static void lines_add_up(void **state UNUSED)
{
        hosts(1, 700);
        hosts(2, 700);
        conf_accept(&f, "access-list a extended permit tcp object-group g1 object-group g2\n"
                        "access-list a extended permit udp object-group g1 object-group g2\n");
        refuse("access-list a extended permit icmp object-group g1 object-group g2", "more than 1048576 elements");
        conf_accept(&f, "access-list b extended permit icmp object-group g1 object-group g2\n"
                        "no access-list a extended permit udp object-group g1 object-group g2\n"
                        "access-list a extended permit icmp object-group g1 object-group g2\n");
}

/* The line was small when it was typed; the group in it grows, by itself or by a group in it. */
static void a_group_may_not_outgrow_its_lines(void **state UNUSED)
{
        hosts(1, 1024);
        hosts(2, 1023);
        conf_accept(&f, "object-group network outer\n group-object g2\nexit\n"
                        "access-list a extended permit ip object-group g1 object-group outer\n"
                        "object-group network g2\n network-object host 1.1.1.1\n");
        refuse(" network-object host 1.1.1.2", "access-list a would stand for more than 1048576 elements");
        conf_accept(
                &f,
                "exit\nobject-group network more\n network-object host 1.1.1.2\nexit\nobject-group network outer\n");
        refuse(" group-object more", "access-list a would stand for more than 1048576 elements");
        conf_accept(&f, "exit\nno access-list a extended permit ip object-group g1 object-group outer\n"
                        "object-group network g2\n network-object host 1.1.1.2\n");
}

static void services_multiply(void **state UNUSED)
{
        conf_accept(&f, "object-group service p tcp\n");
        for (unsigned i = 1; i <= 260; i++)
                accept(" port-object eq %u", i);
        conf_accept(&f, "exit\n");
        refuse("access-list a extended permit tcp any object-group p any object-group p",
               "the services of this line would stand for more than 65536 elements");
        conf_accept(&f, "access-list a extended permit tcp any object-group p any neq 80\n");
        must_compile();
}

static void nesting_has_an_end(void **state UNUSED)
{
        for (unsigned i = 0; i < OBJECT_GROUPS_MAX; i++) {
                accept("object-group network n%u", i);
                conf_accept(&f, " network-object host 1.1.1.1\nexit\n");
        }
        conf_accept(&f, "object-group network top\n");
        for (unsigned i = 0; i + 1 < OBJECT_GROUPS_MAX; i++)
                accept(" group-object n%u", i);
        refuse(" group-object n255", "nests more than 256 groups");
        conf_accept(&f, "exit\naccess-list a extended permit ip object-group top any\n");
        must_compile();
}

/* ---- interfaces ---- */

static void compile_net(struct iface_bindings *bind)
{
        struct snap_part *part = snap_part_new();
        struct err e = { 0 };

        if (net_compile(part, &f.s->net, bind, &e) < 0)
                fail_msg("%s", e.text);
        snap_part_put(part);
}

/* Indices are few; those of interfaces that are gone are used again. */
static void interfaces_may_come_and_go(void **state UNUSED)
{
        struct iface_bindings bind = { .n = 0 };

        iface_bind(&bind, "GigabitEthernet0/0")->port = 0;
        for (unsigned i = 1; i <= 3 * IFACES_MAX; i++) {
                accept("interface g0/0.%u", i);
                accept(" vlan %u", i);
                compile_net(&bind);
                accept("no interface g0/0.%u", i);
                compile_net(&bind);
        }
        assert_string_equal(bind.b[0].hwname, "GigabitEthernet0/0");
}

static void parents_count_as_well(void **state UNUSED)
{
        struct iface_bindings bind = { .n = 0 };
        unsigned n = 0;
        char line[64];

        iface_bind(&bind, "GigabitEthernet0/0")->port = 0;
        f.c.bind = &bind;
        do
                snprintf(line, sizeof line, "interface g1/%u.1", n++);
        while (conf_type(&f, line) == CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), "ERROR: at most 63 interfaces"));
        assert_int_equal(n, 32); /* one port and 31 pairs are 63 */
        compile_net(&bind);
        f.c.bind = NULL;
}

/* ---- the end of a load ---- */

static char said[2000];

static void note(void *ctx UNUSED, unsigned line_no, const char *words)
{
        size_t n = strlen(said);

        snprintf(said + n, sizeof said - n, "%u: %s\n", line_no, words);
}

static struct load_report load(const char *text)
{
        struct load_report rep = { .fn = note };

        *said = 0;
        conf_load(&f.c, text, strlen(text), &rep);
        return rep;
}

static void must_read_back(void)
{
        struct err e = { 0 };
        struct store *copy = store_copy(f.s, &e);

        if (!copy)
                fail_msg("%s", e.text);
        store_free(copy);
}

static void a_name_of_the_wrong_kind_is_told(void **state UNUSED)
{
        struct load_report rep = load("access-list x extended deny tcp any any object-group s\n"
                                      "access-list x extended permit ip any any\n"
                                      "object-group network s\n"
                                      " network-object host 1.1.1.1\n");

        assert_int_equal(rep.errors, 1);
        assert_int_equal(rep.accepted, 3);
        assert_string_equal(said, "1: ERROR: the line does not fit what its names stand for\n");
        assert_null(strstr(conf_running(&f, NULL, true), "deny tcp"));
        assert_non_null(strstr(conf_running(&f, NULL, true), "access-list x extended permit ip any any\n"));
        must_read_back();
}

/* Which of two places a name stands at is known only when its kind is. */
static void a_late_name_gets_its_meaning(void **state UNUSED)
{
        const struct acl_conf *l;
        const struct ace_conf *a;

        assert_int_equal(load("access-list x extended permit tcp any object-group n object-group p\n"
                              "access-list x extended deny ip any any\n"
                              "object-group network n\n network-object host 1.1.1.1\n"
                              "object-group service p tcp\n port-object eq 80\n")
                                 .errors,
                         0);
        l = conf_list_find(&f.s->policy.acls, "x");
        assert_int_equal(l->aces.n, 2);
        a = (const void *)list_entry(l->aces.items.next, struct conf_obj, link);
        assert_int_equal(a->dst.kind, AS_GROUP);
        assert_string_equal(a->dst.name, "n");
        assert_int_equal(a->dport.op, PORT_GROUP);
        assert_string_equal(a->dport.name, "p");
        must_read_back();
}

static void a_late_group_too_big_is_told(void **state UNUSED)
{
        struct text t = { 0 };
        struct load_report rep;

        text_add(&t, "access-list x extended permit ip object-group a object-group b\n");
        for (unsigned g = 0; g < 2; g++) {
                text_printf(&t, "object-group network %c\n", 'a' + g);
                for (unsigned i = 0; i < 1050; i++)
                        text_printf(&t, " network-object host 10.%u.%u.%u\n", g, i / 250, i % 250);
        }
        rep = load(text_str(&t));
        assert_int_equal(rep.errors, 1);
        assert_string_equal(said, "1: ERROR: access-list x would stand for more than 1048576 elements\n");
        must_compile();
        text_fini(&t);
}

static void what_never_comes_is_told(void **state UNUSED)
{
        assert_int_equal(load("access-list x extended permit tcp object-group zz any\n").errors, 1);
        assert_non_null(strstr(said, "1: ERROR: "));
        assert_non_null(strstr(said, "zz"));
        assert_null(strstr(conf_running(&f, NULL, true), "zz"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)
        const struct CMUnitTest tests[] = {
                T(a_line_too_big_is_refused),
                T(lines_add_up),
                T(a_group_may_not_outgrow_its_lines),
                T(services_multiply),
                T(nesting_has_an_end),
                T(interfaces_may_come_and_go),
                T(parents_count_as_well),
                T(a_name_of_the_wrong_kind_is_told),
                T(a_late_name_gets_its_meaning),
                T(a_late_group_too_big_is_told),
                T(what_never_comes_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
