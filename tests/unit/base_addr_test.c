#include "tests/support/test.h"

#include "platform/base/addr.h"
#include "platform/base/attr.h"

static struct addr parse(const char *s)
{
        struct addr a = { 0 };

        if (!addr_parse(s, &a))
                fail_msg("%s does not parse", s);
        return a;
}

static void prints_what_it_parsed(void **state)
{
        static const char *const row[] = {
                "0.0.0.0", "10.0.0.1", "255.255.255.255", "192.168.100.9",   "2001:db8::1",
                "::",      "::1",      "fe80::1:2:3:4",   "::ffff:10.1.2.3", "1:2:3:4:5:6:7:8"
        };
        char text[ADDR_TEXT_MAX];

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                struct addr a = parse(row[i]);

                assert_int_equal(a.fam, strchr(row[i], ':') ? ADDR_V6 : ADDR_V4);
                assert_string_equal(addr_print(&a, text), row[i]);
        }
        assert_int_equal(parse("10.0.0.1").v4, 0x0a000001);
        assert_string_equal(addr_print(&(struct addr){ 0 }, text), "0.0.0.0");
}

static void refuses_other_forms(void **state)
{
        static const char *const row[] = { "",
                                           "1",
                                           "1.2.3",
                                           "1.2.3.4.5",
                                           "01.2.3.4",
                                           "1.2.3.00",
                                           "1.2.3.256",
                                           "1.2.3.-4",
                                           " 1.2.3.4",
                                           "1.2.3.4 ",
                                           "1..2.3",
                                           "1.2.3.",
                                           ".1.2.3.4",
                                           "0x1.2.3.4",
                                           "1.2.3.4294967297",
                                           "1.2.3.4/8",
                                           ":",
                                           "1:2:3",
                                           "::1%eth0",
                                           "2001:db8::1::2",
                                           "g::1",
                                           "12345::",
                                           "1:2:3:4:5:6:7:8:9" };
        struct addr a = addr_v4(7);

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                if (addr_parse(row[i], &a))
                        fail_msg("\"%s\" parses", row[i]);
                assert_int_equal(a.v4, 7);
        }
}

static void orders_by_family_then_number(void **state)
{
        struct addr a = parse("10.0.0.1"), b = parse("200.0.0.1"), c = parse("::1"), d = parse("fe80::");

        (void)state;
        assert_true(addr_cmp(&a, &b) < 0 && addr_cmp(&b, &a) > 0 && addr_cmp(&a, &a) == 0);
        assert_true(addr_cmp(&b, &c) < 0 && addr_cmp(&c, &b) > 0);
        assert_true(addr_cmp(&c, &d) < 0 && addr_cmp(&d, &c) > 0);
        assert_true(addr_eq(&a, &a) && !addr_eq(&a, &b));
}

static void masks(void **state)
{
        uint8_t len = 99;

        (void)state;
        for (uint8_t i = 0; i <= 32; i++) {
                assert_true(mask_to_len(len_to_mask(i), &len));
                assert_int_equal(len, i);
        }
        assert_int_equal(len_to_mask(24), 0xffffff00);
        assert_false(mask_to_len(0xff00ff00, &len));
        assert_false(mask_to_len(0x000000ff, &len));
        assert_false(mask_to_len(1, &len));
        assert_int_equal(len, 32);
}

static void check_prefix(const char *net, uint8_t len, const char *normal, const char *lo, const char *hi,
                         const char *off)
{
        struct prefix p = { .a = parse(net), .len = len };
        struct addr_range r;
        char text[ADDR_TEXT_MAX];
        struct addr a;

        r = prefix_range(&p);
        prefix_normalise(&p);
        assert_string_equal(addr_print(&p.a, text), normal);
        assert_string_equal(addr_print(&r.lo, text), lo);
        assert_string_equal(addr_print(&r.hi, text), hi);
        assert_true(prefix_has(&p, &r.lo) && prefix_has(&p, &r.hi));
        assert_true(range_has(&r, &r.lo) && range_has(&r, &r.hi));
        a = parse(off);
        assert_false(prefix_has(&p, &a));
        assert_false(range_has(&r, &a));
}

static void prefixes(void **state)
{
        (void)state;
        check_prefix("10.1.2.3", 24, "10.1.2.0", "10.1.2.0", "10.1.2.255", "10.1.3.0");
        check_prefix("10.1.2.3", 32, "10.1.2.3", "10.1.2.3", "10.1.2.3", "10.1.2.4");
        check_prefix("10.1.2.3", 9, "10.0.0.0", "10.0.0.0", "10.127.255.255", "10.128.0.0");
        check_prefix("10.1.2.3", 0, "0.0.0.0", "0.0.0.0", "255.255.255.255", "::1");
        check_prefix("2001:db8::ff", 64, "2001:db8::", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff",
                     "2001:db8:0:1::");
        check_prefix("2001:db8::ff", 126, "2001:db8::fc", "2001:db8::fc", "2001:db8::ff", "2001:db8::fb");
        check_prefix("2001:db8::ff", 33, "2001:db8::", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
                     "2001:db8:8000::");
        check_prefix("::1", 0, "::", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "10.0.0.1");
}

static void sources_that_cannot_be(void **state)
{
        static const char *const bad[] = {
                "0.0.0.0",         "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
                "255.255.255.255", "::",      "::1",       "ff02::1",   "::ffff:10.0.0.1"
        };
        static const char *const good[] = { "1.0.0.1",         "10.0.0.1",    "126.255.255.255", "128.0.0.1",
                                            "223.255.255.255", "2001:db8::1", "fe80::1",         "::1:0:0:1" };
        struct addr none = { 0 };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
                struct addr a = parse(bad[i]);

                if (!addr_is_martian_source(&a))
                        fail_msg("%s passes", bad[i]);
        }
        for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
                struct addr a = parse(good[i]);

                if (addr_is_martian_source(&a) || addr_is_multicast(&a))
                        fail_msg("%s does not pass", good[i]);
        }
        assert_true(addr_is_martian_source(&none));
        assert_false(addr_is_multicast(&none));
}

static void multicast(void **state)
{
        static const struct {
                const char *text;
                bool is;
        } row[] = { { "223.255.255.255", false }, { "224.0.0.0", true }, { "239.255.255.255", true },
                    { "240.0.0.0", false },       { "ff02::1", true },   { "fe80::1", false } };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                struct addr a = parse(row[i].text);

                assert_int_equal(addr_is_multicast(&a), row[i].is);
        }
}

static void macs(void **state)
{
        static const char *const bad[] = { "",
                                           "0011.2233",
                                           "0011.2233.44556",
                                           "0011.2233.445g",
                                           "00:11:22:33:44",
                                           "0:11:22:33:44:55",
                                           "0011-2233-4455",
                                           "00:11:22:33:44:55:66",
                                           "..",
                                           "0011.2233.4455 " };
        struct mac m;
        char text[15];

        (void)state;
        assert_true(mac_parse("0011.22aB.4455", &m));
        assert_memory_equal(m.b, "\x00\x11\x22\xab\x44\x55", 6);
        assert_string_equal(mac_print(&m, text), "0011.22ab.4455");
        assert_true(mac_parse("1.2.3", &m));
        assert_string_equal(mac_print(&m, text), "0001.0002.0003");
        assert_true(mac_parse("aA:bb:cc:00:11:22", &m));
        assert_string_equal(mac_print(&m, text), "aabb.cc00.1122");
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                if (mac_parse(bad[i], &m))
                        fail_msg("\"%s\" parses", bad[i]);
        assert_string_equal(mac_print(&m, text), "aabb.cc00.1122");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(prints_what_it_parsed),
                cmocka_unit_test(refuses_other_forms),
                cmocka_unit_test(orders_by_family_then_number),
                cmocka_unit_test(masks),
                cmocka_unit_test(prefixes),
                cmocka_unit_test(sources_that_cannot_be),
                cmocka_unit_test(multicast),
                cmocka_unit_test(macs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
