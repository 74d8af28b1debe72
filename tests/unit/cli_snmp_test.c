#include "tests/support/test.h"

#include "cli/snmp/snmp_hosts.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_host_line_is_read),
                cmocka_unit_test(other_lines_are_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
