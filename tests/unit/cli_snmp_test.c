#include "tests/support/test.h"

#include "cli/snmp/snmp_hosts.h"
#include "cli/snmp/snmp_users.h"

static const struct {
        const char *line;
        struct snmp_host h;
} rows[] = {
        { "snmp-server host inside 10.0.0.9", { "inside", "10.0.0.9", true, true, "", 162 } },
        { "snmp-server host inside 10.0.0.9 trap", { "inside", "10.0.0.9", true, false, "", 162 } },
        { "snmp-server host dmz nms poll community c version 2c udp-port 1162",
          { "dmz", "nms", false, true, "2c", 1162 } },
        { "snmp-server host inside 10.0.0.9 version 3 ann", { "inside", "10.0.0.9", true, true, "3", 162 } },
        { "snmp-server host inside 10.0.0.9 version 2c community version udp-port 9",
          { "inside", "10.0.0.9", true, true, "2c", 9 } },
        { "snmp-server host inside 10.0.0.9 community 8 trap version 1",
          { "inside", "10.0.0.9", true, true, "1", 162 } },
        { "snmp-server host inside 10.0.0.9 community 0 poll", { "inside", "10.0.0.9", true, true, "", 162 } },
        { "snmp-server host inside 10.0.0.9 trap community 8 version 2c",
          { "inside", "10.0.0.9", true, false, "2c", 162 } },
        { "snmp-server host inside 10.0.0.9 udp-port 99999", { "inside", "10.0.0.9", true, true, "", 162 } },
        { "snmp-server host inside 10.0.0.9 trap c0mmunity", { "inside", "10.0.0.9", true, false, "", 162 } },
};

static void a_host_line_is_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct snmp_host h;

                assert_true(snmp_host_read(rows[i].line, &h));
                assert_string_equal(h.nameif, rows[i].h.nameif);
                assert_string_equal(h.address, rows[i].h.address);
                assert_string_equal(h.version, rows[i].h.version);
                assert_int_equal(h.trap, rows[i].h.trap);
                assert_int_equal(h.poll, rows[i].h.poll);
                assert_int_equal(h.port, rows[i].h.port);
        }
}

static void other_lines_are_none(void **state)
{
        static const char *const others[] = { "", "snmp-server", "snmp-server community c", "snmp-server host inside",
                                              "snmp-server host-group inside g c" };
        struct snmp_host h;

        (void)state;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
                assert_false(snmp_host_read(others[i], &h));
}

static void a_user_line_is_read(void **state)
{
        static const struct {
                const char *line;
                struct snmp_user u;
        } row[] = {
                { "snmp-server user ann staff v3", { "ann", "staff", "", "" } },
                { "snmp-server user ann s3cr3t", { "ann", "", "", "" } },
                { "snmp-server user ann s3cr3t auth sha s3cr3t", { "ann", "", "", "" } },
                { "snmp-server user ann staff v3 auth s3cr3t s3cr3t priv aes s3cr3t", { "ann", "staff", "", "" } },
                { "snmp-server user ann staff v3 auth sha priv", { "ann", "staff", "SHA", "" } },
                { "snmp-server user ann staff v3 auth md5 auth priv des priv", { "ann", "staff", "MD5", "DES" } },
                { "snmp-server user auth priv v3 encrypted auth sha k3y priv aes 256 k3y",
                  { "auth", "priv", "SHA", "AES256" } },
                { "snmp-server user ann staff v3 engineID 80000009 encrypted auth sha x priv 3des y",
                  { "ann", "staff", "SHA", "3DES" } },
        };
        struct snmp_user u;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
                assert_true(snmp_user_read(row[i].line, &u));
                assert_string_equal(u.name, row[i].u.name);
                assert_string_equal(u.group, row[i].u.group);
                assert_string_equal(u.auth, row[i].u.auth);
                assert_string_equal(u.priv, row[i].u.priv);
        }
        assert_false(snmp_user_read("snmp-server user ann", &u));
        assert_false(snmp_user_read("snmp-server user-list staff username ann", &u));
}

static void a_group_line_is_read(void **state)
{
        struct snmp_group g;

        (void)state;
        assert_true(snmp_group_read("snmp-server group staff v3 priv", &g));
        assert_string_equal(g.name, "staff");
        assert_string_equal(g.model, "v3");
        assert_string_equal(g.level, "priv");
        assert_false(snmp_group_read("snmp-server group staff", &g));
        assert_false(snmp_group_read("snmp-server user ann staff v3", &g));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_host_line_is_read),
                cmocka_unit_test(other_lines_are_none),
                cmocka_unit_test(a_user_line_is_read),
                cmocka_unit_test(a_group_line_is_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
