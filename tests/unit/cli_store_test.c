/* The store as a value: copies, resets, references, memory that runs out, and cost that does not grow with what is
 * there. */
#include <stdlib.h>

#include "platform/base/mem.h"
#include "platform/net/iface.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static const char some[] = "interface g0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n no shutdown\n"
                           "interface g0/1\n nameif inside\n ip address 10.0.0.1 255.255.255.0\n"
                           "object network o\n host 10.0.0.2\n nat (inside,outside) static 192.0.2.2\n"
                           "access-list a extended permit tcp any object o eq https log\n"
                           "access-group a in interface outside\n"
                           "username u password secret privilege 15\n"
                           "crypto ca trustpoint t\n password hidden\n"
                           "tls-proxy p\n server trust-point t\n"
                           "class-map c\n match port tcp eq 5443\n"
                           "policy-map global_policy\n class c\n  inspect mmp tls-proxy p\n";

static void secrets_are_masked(void **state)
{
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, some);
        assert_non_null(strstr(conf_running(&f, NULL, false), " password *****\n"));
        assert_null(strstr(conf_running(&f, NULL, false), "hidden"));
        assert_null(strstr(conf_running(&f, NULL, true), "secret"));
        assert_non_null(strstr(conf_running(&f, NULL, true), " password hidden\n"));
        conf_fixture_fini(&f);
}

static void checksum_follows_the_text(void **state)
{
        char a[33], b[33];
        struct conf_fixture f;

        (void)state;
        conf_fixture_init(&f);
        running_checksum(f.s, a);
        running_checksum(f.s, b);
        assert_string_equal(a, b);
        conf_accept(&f, "hostname other\n");
        running_checksum(f.s, b);
        assert_string_not_equal(a, b);
        conf_accept(&f, "no hostname\n");
        running_checksum(f.s, b);
        assert_string_equal(a, b);
        conf_fixture_fini(&f);
}

static void envelope(void **state)
{
        const struct running_opts o = { .envelope = true }, w = { .envelope = true, .written = "by me" };
        struct conf_fixture f;
        struct text t = { 0 };

        (void)state;
        conf_fixture_init(&f);
        assert_int_equal(running_write(f.s, &o, &t, NULL), 0);
        assert_true(!strncmp(text_str(&t), ": Saved\n:\n!\nASA Version 9.3(1)\n!\nhostname ciscoasa\n", 50));
        assert_string_equal(text_str(&t) + t.n - 6, ": end\n");
        assert_true(t.n > 60 && !strncmp(text_str(&t) + t.n - 54, "Cryptochecksum:", 15));
        text_cut(&t, 0);
        assert_int_equal(running_write(f.s, &w, &t, NULL), 0);
        assert_true(!strncmp(text_str(&t), ": Saved\n: Written by me\n!\n", 26));
        text_fini(&t);
        conf_fixture_fini(&f);
}

static void reset_keeps_ports_only(void **state)
{
        struct conf_fixture f, fresh;
        char *want;

        (void)state;
        conf_fixture_init(&f);
        conf_fixture_init(&fresh);
        conf_accept(&f, some);
        conf_accept(
                &f,
                "interface g0/1.5\nlogging list l message 711001\nlogging buffered l\nssl encryption aes256-sha1\n");
        conf_accept(&fresh, "interface g0/0\ninterface g0/1\n");
        want = strdup(conf_running(&fresh, NULL, true));
        conf_accept(&f, "clear configure all\n");
        assert_string_equal(conf_running(&f, NULL, true), want);
        conf_accept(&f, some);
        free(want);
        conf_fixture_fini(&f);
        conf_fixture_fini(&fresh);
}

/* As delivered: a port waits for `no shutdown`, a subinterface is up. */
static void a_new_subinterface_is_up(void **state)
{
        struct conf_fixture f;
        const struct iface_conf *sub;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, "interface g0/1\ninterface g0/1.5\nvlan 5\n");
        sub = conf_list_find(&f.s->net.ifaces, "GigabitEthernet0/1.5");
        assert_non_null(sub);
        assert_false(sub->shutdown);
        assert_true(((struct iface_conf *)conf_list_find(&f.s->net.ifaces, "GigabitEthernet0/1"))->shutdown);
        conf_accept(&f, "interface g0/1.5\nshutdown\ninterface g0/1.5\n"); /* entering it again changes nothing */
        assert_true(sub->shutdown);
        conf_fixture_fini(&f);
}

static void a_saved_configuration_is_complete(void **state)
{
        struct conf_fixture f;
        struct load_report rep = { 0 };
        static const char text[] =
                ": Saved\n:\n!\nASA Version 9.3(1)\n!\nhostname saved\ninterface GigabitEthernet0/0\n nameif x\n"
                "Cryptochecksum:00000000000000000000000000000000\n: end\n";

        (void)state;
        conf_fixture_init(&f);
        f.c.replace = true;
        assert_int_equal(conf_load(&f.c, text, sizeof text - 1, &rep), 0);
        assert_null(strstr(conf_running(&f, NULL, true), "policy-map global_policy"));
        assert_null(strstr(conf_running(&f, "interface", true), "shutdown"));
        conf_fixture_fini(&f);
}

static void references(void **state)
{
        struct conf_fixture f;
        char where[128];

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, some);
        assert_true(store_in_use(f.s, "object", "o", where, sizeof where));
        assert_string_equal(where, "access-list a extended permit tcp any object o eq https log");
        assert_true(store_in_use(f.s, "tls-proxy", "p", NULL, 0));
        assert_true(store_in_use(f.s, "access-list", "a", NULL, 0));
        assert_true(store_in_use(f.s, NULL, "inside", NULL, 0));
        assert_false(store_in_use(f.s, "object", "other", NULL, 0));
        assert_false(store_in_use(f.s, "trustpoint", "p", NULL, 0));
        conf_fixture_fini(&f);
}

/* Answers that are held are those without, and do not change with the lines. */
static void references_held(void **state)
{
        static const struct {
                const char *kind, *name;
        } asked[] = { { "object", "o" },  { "tls-proxy", "p" },  { "access-list", "a" },
                      { NULL, "inside" }, { "object", "other" }, { "trustpoint", "p" } };
        struct conf_fixture f;
        char now[512], held[512];

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, some);
        for (unsigned i = 0; i < ARRAY_LEN(asked); i++) {
                now[0] = held[0] = 0;
                store_refs_drop(f.s);
                store_in_use(f.s, asked[i].kind, asked[i].name, now, sizeof now);
                store_refs_hold(f.s);
                assert_int_equal(store_in_use(f.s, asked[i].kind, asked[i].name, held, sizeof held), now[0] != 0);
                assert_string_equal(held, now);
        }
        conf_accept(&f, "no access-list a extended permit tcp any object o eq https log\n");
        assert_true(store_in_use(f.s, "object", "o", NULL, 0));
        store_refs_drop(f.s);
        assert_false(store_in_use(f.s, "object", "o", NULL, 0));
        conf_fixture_fini(&f);
}

static void ports_are_always_there(void **state)
{
        struct iface_bindings b = { .n = 2 };
        struct conf_fixture f;
        struct err e;

        (void)state;
        conf_fixture_init(&f);
        strcpy(b.b[0].hwname, "GigabitEthernet0/0");
        strcpy(b.b[1].hwname, "GigabitEthernet0/1");
        assert_int_equal(store_add_ports(f.s, &b, &e), 0);
        assert_int_equal(store_add_ports(f.s, &b, &e), 0);
        assert_int_equal(f.s->net.ifaces.n, 2);
        f.c.bind = &b;
        assert_int_equal(conf_type(&f, "no interface g0/0"), CLI_ERROR);
        assert_int_equal(conf_type(&f, "interface g0/7"), CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), "WARNING: no port is bound"));
        conf_fixture_fini(&f);
}

static void removed_under_the_feet(void **state)
{
        struct conf_fixture f;
        struct conf_ctx other;
        struct cli_result r;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, "tls-proxy p\n");
        conf_ctx_init(&other, f.s);
        other.hash_rounds = 1;
        cli_result_init(&r);
        assert_int_equal(conf_line(&other, "no tls-proxy p", &r), 0);
        cli_result_fini(&r);
        conf_ctx_fini(&other);
        assert_int_equal(conf_type(&f, "no server authenticate-client"), CLI_INVALID);
        assert_string_equal(conf_prompt(&f.c), "config");
        conf_fixture_fini(&f);
}

/* ---- memory runs out ---- */
static void every_allocation_fails_once(void **state)
{
        struct conf_fixture f;
        struct cli_result r;
        uint64_t n = 1;
        bool more = true;

        (void)state;
        conf_fixture_init(&f);
        while (more) {
                char *save = NULL, *script = strdup(some);

                mem_fail_nth(0, false);
                conf_accept(&f, "clear configure all\n");
                mem_fail_nth(n, false);
                for (char *l = strtok_r(script, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
                        cli_result_init(&r);
                        conf_line(&f.c, l, &r);
                        cli_result_fini(&r);
                }
                more = mem_fail_count() >= n;
                mem_fail_nth(0, false);
                conf_running(&f, NULL, true);
                free(script);
                n += n < 200 ? 1 : 7;
        }
        assert_true(n > 100);
        conf_fixture_fini(&f);
}

static void copies_fail_cleanly(void **state)
{
        struct conf_fixture f;
        struct err e;

        (void)state;
        conf_fixture_init(&f);
        conf_accept(&f, some);
        for (uint64_t n = 1; n < 4000; n += 13) {
                struct store *copy;

                mem_fail_nth(n, true);
                copy = store_copy(f.s, &e);
                mem_fail_nth(0, false);
                store_free(copy);
        }
        conf_fixture_fini(&f);
}

/* ---- cost ---- */
/* Allocations stand for work: the same number per line, however long the list is already. */
static uint64_t type_aces(struct conf_fixture *f, unsigned from, unsigned n)
{
        char line[128];

        mem_fail_nth(UINT64_MAX, false);
        for (unsigned i = from; i < from + n; i++) {
                snprintf(line, sizeof line, "access-list big extended permit tcp host 10.%u.%u.%u any eq %u", i >> 16,
                         i >> 8 & 255, i & 255, 1024 + i % 60000);
                assert_int_equal(conf_type(f, line), CLI_OK);
        }
        return mem_fail_count();
}

static void long_lists_cost_no_more_per_line(void **state)
{
        struct conf_fixture f;
        uint64_t first, last;
        char line[128];

        (void)state;
        conf_fixture_init(&f);
        first = type_aces(&f, 0, 1000);
        type_aces(&f, 1000, 18000);
        last = type_aces(&f, 19000, 1000);
        mem_fail_nth(0, false);
        assert_in_range(last, first - first / 20, first + first / 20);
        snprintf(line, sizeof line, "access-list big extended permit tcp host 10.0.1.1 any eq %u", 1024 + 257);
        assert_int_equal(conf_type(&f, line), CLI_OK);
        assert_non_null(strstr(text_str(&f.shown), "duplicate"));
        conf_fixture_fini(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(secrets_are_masked),
                cmocka_unit_test(checksum_follows_the_text),
                cmocka_unit_test(envelope),
                cmocka_unit_test(reset_keeps_ports_only),
                cmocka_unit_test(a_new_subinterface_is_up),
                cmocka_unit_test(a_saved_configuration_is_complete),
                cmocka_unit_test(references),
                cmocka_unit_test(references_held),
                cmocka_unit_test(ports_are_always_there),
                cmocka_unit_test(removed_under_the_feet),
                cmocka_unit_test(every_allocation_fails_once),
                cmocka_unit_test(copies_fail_cleanly),
                cmocka_unit_test(long_lists_cost_no_more_per_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
