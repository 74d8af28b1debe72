/* Value types: what is understood, how far, and what is printed for it. */
#include "cli/lang/grammar.h"
#include "cli/lang/types.h"
#include "platform/base/addr.h"
#include "tests/support/test.h"

static struct type_arg arg_of(const char *type, uint64_t lo, uint64_t hi)
{
        (void)type;
        return (struct type_arg){ .lo = lo, .hi = hi };
}

/* reach: characters that are understood; all of them means a value. */
static const struct {
        const char *type;
        uint64_t lo, hi;
        const char *text;
        size_t reach;
        const char *printed; /* NULL: not a value */
} rows[] = {
        { "u32", 0, 100, "100", 3, "100" },
        { "u32", 0, 100, "101", 2, NULL },
        { "u32", 1, 65535, "0", 0, NULL },
        { "u32", 0, 100, "007", 3, "7" },
        { "u32", 0, 4294967295u, "4294967295", 10, "4294967295" },
        { "u32", 0, 4294967295u, "4294967296", 9, NULL },
        { "u32", 0, 100, "1x", 1, NULL },
        { "u32", 0, 100, "-1", 0, NULL },
        { "addr", 0, 0, "10.0.0.1", 8, "10.0.0.1" },
        { "addr", 0, 0, "10.0.0.256", 9, NULL },
        { "addr", 0, 0, "10.0.0", 5, NULL },
        { "addr", 0, 0, "10.0.0.1.2", 8, NULL },
        { "addr", 0, 0, "10.0.0.01", 8, NULL },
        { "addr", 0, 0, "host", 0, NULL },
        { "net", 0, 0, "0", 1, "0.0.0.0" },
        { "netmask", 0, 0, "0", 1, "0.0.0.0" },
        { "mask", 0, 0, "255.255.255.252", 15, "255.255.255.252" },
        { "mac", 0, 0, "0011.2233.4455", 14, "0011.2233.4455" },
        { "mac", 0, 0, "00:11:22:33:44:55", 17, "0011.2233.4455" },
        { "mac", 0, 0, "0011.2233", 8, NULL },
        { "duration", 0, 0, "1:00:00", 7, "1:00:00" },
        { "duration", 0, 0, "90:00", 5, "1:30:00" },
        { "duration", 0, 0, "0:30", 4, "0:00:30" },
        { "duration", 0, 0, "1h", 1, NULL },
        { "tcpport", 0, 0, "www", 3, "www" },
        { "tcpport", 0, 0, "80", 2, "www" },
        { "tcpport", 0, 0, "443", 3, "https" },
        { "tcpport", 0, 0, "5060", 4, "sip" },
        { "tcpport", 0, 0, "5061", 4, "5061" },
        { "tcpport", 0, 0, "514", 3, "cmd" },
        { "udpport", 0, 0, "514", 3, "syslog" },
        { "udpport", 0, 0, "tftp", 4, "tftp" },
        { "tcpport", 0, 0, "tftp", 1, NULL },
        { "tcpport", 0, 0, "0", 0, NULL },
        { "tcpport", 0, 0, "65536", 4, NULL },
        { "tcpport", 0, 0, "ftp", 3, "ftp" },
        { "icmptype", 0, 0, "echo", 4, "echo" },
        { "icmptype", 0, 0, "0", 1, "echo-reply" },
        { "icmptype", 0, 0, "255", 3, "255" },
        { "protocol", 0, 0, "gre", 3, "gre" },
        { "protocol", 0, 0, "47", 2, "gre" },
        { "protocol", 0, 0, "256", 2, NULL },
        { "level", 0, 0, "warn", 4, "warnings" },
        { "level", 0, 0, "7", 1, "debugging" },
        { "level", 0, 0, "8", 0, NULL },
        { "level", 0, 0, "e", 0, NULL }, /* emergencies, errors */
        { "level", 0, 0, "er", 2, "errors" },
        { "hwname", 0, 0, "g0/0", 4, "GigabitEthernet0/0" },
        { "hwname", 0, 0, "GIGA0/1.20", 10, "GigabitEthernet0/1.20" },
        { "hwname", 0, 0, "m0/0", 4, "Management0/0" },
        { "hwname", 0, 0, "x0/0", 0, NULL },
        { "hwname", 0, 0, "g0/", 2, NULL },
        { "idrange", 0, 0, "711001", 6, "711001" },
        { "idrange", 0, 0, "725001-725014", 13, "725001-725014" },
        { "idrange", 0, 0, "725014-725001", 12, NULL },
        { "idrange", 0, 0, "7", 0, NULL },
        { "word", 0, 5, "short", 5, "short" },
        { "word", 0, 5, "longer", 5, NULL },
        { "newname", 0, 64, "a\"b", 1, NULL },
        { "newname", 0, 64, "!x", 0, NULL },
        { "line", 0, 20, "some words here", 15, "some words here" },
        { "hex", 0, 8, "2af72a3f", 8, "2af72a3f" },
        { "hex", 0, 8, "2af7zz", 4, NULL },
        { "hours", 0, 0, "-5", 2, "-5" },
        { "hours", 0, 0, "14", 2, "14" },
        { "hours", 0, 0, "15", 1, NULL },
        { "month", 0, 0, "jan", 3, "Jan" },
        { "month", 0, 0, "SEPTEMBER", 9, "Sep" },
        { "month", 0, 0, "ju", 1, NULL },
        { "month", 0, 0, "janx", 3, NULL },
        { "weekday", 0, 0, "Sunday", 6, "Sun" },
        { "weekday", 0, 0, "thur", 4, "Thu" },
        { "weekday", 0, 0, "t", 0, NULL },
        { "week", 0, 0, "last", 4, "last" },
        { "week", 0, 0, "f", 1, "1" },
        { "week", 0, 0, "5", 0, NULL },
        { "hhmm", 0, 0, "2:00", 4, "2:00" },
        { "hhmm", 0, 0, "23:59", 5, "23:59" },
        { "hhmm", 0, 0, "24:00", 4, NULL },
        { "hhmm", 0, 0, "2:0", 2, NULL },
        { "hhmm", 0, 0, "2:00:00", 6, NULL },
        { "hhmmss", 0, 0, "2:00:09", 7, "02:00:09" },
        { "hhmmss", 0, 0, "12:00", 4, NULL },
        { "hhmmss", 0, 0, "12:00:60", 7, NULL },
        { "suites", 0, 0, "aes128-sha1", 11, "aes128-sha1" },
        { "suites", 0, 0, "aes", 2, NULL },
        { "suites", 0, 0, "aes9", 3, NULL },
        { "ifpair", 0, 0, "(inside,outside)", 16, "(inside,outside)" },
        { "ifpair", 0, 0, "(inside)", 7, NULL },
        { "promptparts", 0, 0, "hostname", 8, "hostname" },
        { "logport", 0, 0, "udp/5140", 8, "17/5140" },
        { "logport", 0, 0, "17/1025", 7, "17/1025" },
        { "logport", 0, 0, "17", 2, "17/514" },
        { "logport", 0, 0, "udp/514", 7, "17/514" },
        { "logport", 0, 0, "udp/", 3, NULL },
        { "logport", 0, 0, "udp/65536", 8, NULL },
        { "logport", 0, 0, "17x", 2, NULL },
        { "logport", 0, 0, "tcp/1470", 0, NULL },
};

static size_t field_size(const struct cmd_type *t)
{
        static const struct {
                const char *type;
                size_t n;
        } sizes[] = { { "addr", sizeof(struct addr) },
                      { "net", sizeof(struct addr) },
                      { "mask", 1 },
                      { "netmask", 1 },
                      { "mac", 6 },
                      { "idrange", 8 },
                      { "u32", 4 },
                      { "duration", 4 },
                      { "tcpport", 2 },
                      { "udpport", 2 },
                      { "logport", 2 },
                      { "icmptype", 2 },
                      { "protocol", 2 },
                      { "level", 4 },
                      { "hours", 2 },
                      { "month", 1 },
                      { "weekday", 1 },
                      { "week", 1 },
                      { "hhmm", 2 },
                      { "hhmmss", 4 },
                      { "ifpair", 98 },
                      { "promptparts", 6 } };

        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
                if (!strcmp(sizes[i].type, t->name))
                        return sizes[i].n;
        return 256;
}

static void one(size_t i)
{
        const struct cmd_type *t = type_find(rows[i].type, strlen(rows[i].type));
        const struct type_arg ta = arg_of(rows[i].type, rows[i].lo, rows[i].hi);
        const struct type_env env = { 0 };
        _Alignas(16) char field[256] = { 0 };
        struct text out = { 0 };
        size_t reach;
        struct err e = { 0 };

        assert_non_null(t);
        reach = t->match(&env, &ta, rows[i].text, strlen(rows[i].text));
        if (reach != rows[i].reach)
                fail_msg("%s \"%s\": %zu characters understood, not %zu", t->name, rows[i].text, reach,
                         rows[i].reach);
        assert_int_equal(reach == strlen(rows[i].text), rows[i].printed != NULL);
        if (!rows[i].printed)
                return;
        assert_int_equal(t->store(&env, &ta, rows[i].text, field, field_size(t), &e), 0);
        t->write(&ta, field, field_size(t), &out);
        assert_string_equal(text_str(&out), rows[i].printed);
        text_fini(&out);
}

static void values(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                one(i);
}

static void semantic_refusals(void **state)
{
        const struct type_env env = { 0 };
        const struct type_arg ta = { 0 };
        uint8_t len = 0;
        struct mac m;
        struct err e;

        (void)state;
        assert_int_equal(type_find("mask", 4)->store(&env, &ta, "255.0.255.0", &len, 1, &e), -1);
        assert_int_equal(type_find("mac", 3)->store(&env, &ta, "0100.5e00.0001", &m, sizeof m, &e), -1);
        assert_non_null(strstr(e.text, "group address"));
}

/* Every simple type has all it needs; every composite compiles. */
static void table_is_whole(void **state)
{
        struct arena *a = arena_new(0);
        struct err e;

        (void)state;
        for (const struct cmd_type *t = cmd_types; t->name; t++) {
                if (t->grammar) {
                        if (!grammar_compile(a, t->grammar, t->bind, &e))
                                fail_msg("%s: %s", t->name, e.text);
                        continue;
                }
                if (!t->match || !t->store || !t->write || !t->set || !t->clear || !t->shown || !t->help)
                        fail_msg("%s is not complete", t->name);
        }
        arena_free(a);
}

static void bad_grammars(void **state)
{
        static const char *const bad[] = { "", "a [b", "a {b|c", "a ]", "{}", "a B:nothing", "a {b||c}", "a (" };
        struct arena *a = arena_new(0);
        struct err e;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                if (grammar_compile(a, bad[i], NULL, &e))
                        fail_msg("\"%s\" compiles", bad[i]);
        arena_free(a);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values),
                cmocka_unit_test(semantic_refusals),
                cmocka_unit_test(table_is_whole),
                cmocka_unit_test(bad_grammars),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
