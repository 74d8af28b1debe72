/* URIs, name-addr, Via, parameters. */
#include "tests/support/sip_text.h"

#include "platform/base/addr.h"

static struct str held(const char *s)
{
        static uint8_t *copy;

        free(copy);
        copy = exact_copy(s, strlen(s));
        return (struct str){ (char *)copy, strlen(s) };
}

static void assert_addr(const struct addr *a, const char *want)
{
        char text[ADDR_TEXT_MAX];

        assert_string_equal(a->fam == ADDR_NONE ? "" : addr_print(a, text), want);
}

/* ---- URIs ---- */

struct uri_row {
        const char *text; /* "" user, "" address: none */
        const char *user, *host, *hostport, *addr;
        uint16_t port;
        const char *transport, *maddr, *params, *headers;
};
static const struct uri_row uri_rows[] = {
        { "sip:example.net", "", "example.net", "example.net", "", 0, "", "", "", "" },
        { "SIPS:bob@example.net.", "bob", "example.net.", "example.net.", "", 0, "", "", "", "" },
        { "sip:bob:pw@192.0.2.1:5070", "bob:pw", "192.0.2.1", "192.0.2.1:5070", "192.0.2.1", 5070, "", "", "", "" },
        { "sip:b@[2001:db8::1]:65535;transport=TLS", "b", "2001:db8::1", "[2001:db8::1]:65535", "2001:db8::1", 65535,
          "TLS", "", ";transport=TLS", "" },
        { "sip:[::ffff:192.0.2.10]", "", "::ffff:192.0.2.10", "[::ffff:192.0.2.10]", "::ffff:192.0.2.10", 0, "", "",
          "", "" },
        { "sip:[2001:db8:::192.0.2.1]", "", "2001:db8:::192.0.2.1", "[2001:db8:::192.0.2.1]", "2001:db8::c000:201", 0,
          "", "", "", "" },
        { "sip:a;b?c/d&e=+$,@h;lr;maddr=10.0.0.1?x=y&z=", "a;b?c/d&e=+$,", "h", "h", "", 0, "", "10.0.0.1",
          ";lr;maddr=10.0.0.1", "x=y&z=" },
        { "sip:%00%40@h?Replaces=a%40b%3Bto-tag%3D1", "%00%40", "h", "h", "", 0, "", "", "",
          "Replaces=a%40b%3Bto-tag%3D1" },
        { "sip:h_x-1.a2", "", "h_x-1.a2", "h_x-1.a2", "", 0, "", "", "", "" },
        { "sip:1a.2b", "", "1a.2b", "1a.2b", "", 0, "", "", "", "" },
};

static void uris(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof uri_rows / sizeof *uri_rows; i++) {
                const struct uri_row *r = &uri_rows[i];
                struct sip_uri u;

                if (!sip_uri_parse(&u, held(r->text)))
                        fail_msg("%s", r->text);
                assert_true(u.is_sip);
                assert_text(u.all, r->text);
                assert_text(u.user, r->user);
                assert_text(u.host, r->host);
                assert_text(u.hostport, r->hostport);
                assert_int_equal(u.has_addr, *r->addr != 0);
                assert_addr(&u.ep.a, r->addr);
                assert_int_equal(u.ep.port, r->port);
                assert_text(u.transport, r->transport);
                assert_text(u.maddr, r->maddr);
                assert_text(u.params, r->params);
                assert_text(u.headers, r->headers);
        }
}

static void refused_uris(void **state)
{
        static const char *const row[] = {
                "",
                "sip",
                "sip:",
                ":a",
                "1sip:a",
                "sip:@h",
                "sip:a@",
                "sip::pw@h",
                "sip:h:",
                "sip:h:0",
                "sip:h:65536",
                "sip:h:123456",
                "sip:h:5x",
                "sip:a@b@c",
                "sip:a@b?x=c@d",
                "sip:[2001:db8::1",
                "sip:2001:db8::1",
                "sip:[192.0.2.1]",
                "sip:[h]",
                "sip:[]",
                "sip:h h",
                "sip:h\t",
                "sip:<h>",
                "sip:\"h\"",
                "sip:h/x",
                "sip:h,x",
                "sip:192.0.2.256",
                "sip:192.0.02.1",
                "sip:010.1.1.1",
                "sip:1",
                "sip:3221225985",
                "sip:0x7f000001",
                "sip:0x7f.1",
                "sip:127.1",
                "sip:a.0X1",
                "sip:h..",
                "sip:.",
                "sip:h;transport=a;transport=b",
                "sip:h;maddr=1.1.1.1;MADDR=2.2.2.2",
                "tel:",
                "tel:;x",
                "http:",
                "sip:h\x01",
                "sip:h\x7f",
                "sip:h%",
        };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                struct sip_uri u;

                if (sip_uri_parse(&u, held(row[i])))
                        fail_msg("%s is taken", row[i]);
        }
}

/* Of another kind: nothing to translate. */
static void other_schemes(void **state)
{
        struct sip_uri u;

        (void)state;
        assert_true(sip_uri_parse(&u, held("tel:+1-201-555-0123;phone-context=example.net")));
        assert_text(u.user, "+1-201-555-0123");
        assert_text(u.params, ";phone-context=example.net");
        assert_false(u.is_sip || u.has_addr);
        assert_true(sip_uri_parse(&u, held("urn:x-cisco-remotecc:callinfo")));
        assert_text(u.scheme, "urn");
        assert_false(u.is_sip);
        assert_false(sip_uri_parse(&u, held("%73ip:h")));
}

/* ---- name-addr ---- */

struct na_row {
        const char *text, *display, *uri, *params, *tag;
        bool brackets;
        int64_t expires;
};
static const struct na_row na_rows[] = {
        { "<sip:a@b>", "", "sip:a@b", "", "", true, -1 },
        { "sip:a@b", "", "sip:a@b", "", "", false, -1 },
        { "sip:a@b;tag=1;x", "", "sip:a@b", ";tag=1;x", "1", false, -1 },
        { "sip:a@b ; tag = 1", "", "sip:a@b", "; tag = 1", "1", false, -1 },
        { "<sip:a@b;tag=2>;TAG=1", "", "sip:a@b;tag=2", ";TAG=1", "1", true, -1 },
        { "\"a <b>, \\\"c\" <sip:a@b>;expires=60", "a <b>, \\\"c", "sip:a@b", ";expires=60", "", true, 60 },
        { "\"\"<sip:a@b>", "", "sip:a@b", "", "", true, -1 },
        { "J. R.  Smith<sip:a@b>", "J. R.  Smith", "sip:a@b", "", "", true, -1 },
        { "Bob\r\n  <sip:a@b>\r\n ;\r\n tag\r\n =\r\n x", "Bob", "sip:a@b", ";\r\n tag\r\n =\r\n x", "x", true, -1 },
        { "<sip:a@b>;p=\"a;tag=9\";tag=1", "", "sip:a@b", ";p=\"a;tag=9\";tag=1", "1", true, -1 },
        { "<sip:a@b>;expires=4294967295", "", "sip:a@b", ";expires=4294967295", "", true, 4294967295 },
        { "<sip:a@b>;expires=4294967296", "", "sip:a@b", ";expires=4294967296", "", true, -1 },
        { "<sip:a@b>;expires=soon", "", "sip:a@b", ";expires=soon", "", true, -1 },
        { "<urn:x:y>; security=None", "", "urn:x:y", "; security=None", "", true, -1 },
        { "<sip:a@b>;;x", "", "sip:a@b", ";;x", "", true, -1 },
};

static void nameaddrs(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof na_rows / sizeof *na_rows; i++) {
                const struct na_row *r = &na_rows[i];
                struct sip_nameaddr a;

                if (!sip_nameaddr_parse(&a, held(r->text)))
                        fail_msg("%s", r->text);
                assert_text(a.display, r->display);
                assert_text(a.uri.all, r->uri);
                assert_text(a.params, r->params);
                assert_text(a.tag, r->tag);
                assert_int_equal(a.brackets, r->brackets);
                assert_true(a.expires == r->expires);
                assert_false(a.star);
        }
}

static void star(void **state)
{
        struct sip_nameaddr a;

        (void)state;
        assert_true(sip_nameaddr_parse(&a, held(" * ")));
        assert_true(a.star);
        assert_false(sip_nameaddr_parse(&a, held("*;x")));
        assert_false(sip_nameaddr_parse(&a, held("**")));
}

static void refused_nameaddrs(void **state)
{
        static const char *const row[] = {
                "",
                "<>",
                "<sip:a@b",
                "sip:a@b>",
                "<sip:a@b>x",
                "<sip:a@b> x",
                "\"a <sip:a@b>",
                "\"a\" sip:a@b",
                "\"a\"",
                "\"a\"x <sip:a@b>",
                "a, b <sip:a@b>",
                "a: b <sip:a@b>",
                "a; b <sip:a@b>",
                "< sip:a@b>",
                "<sip:a@b >",
                "<sip:a@b>;tag=1;tag=1",
                "<sip:a@b>;tag",
                "<sip:a@b>;tag=",
                "<sip:a@b>,<sip:c@d>",
                "sip:a@b,sip:c@d",
                "<sip:a@b>;x=\"a",
                "<sip:a<@b>",
                "<sip:a@b>;expires=1;expires=2",
                "<sip:a@b>;x\"y\"",
                "sip:a@b x",
                "a b",
                "<sip:a@b>;x=\"a\"b\"",
        };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                struct sip_nameaddr a;

                if (sip_nameaddr_parse(&a, held(row[i])))
                        fail_msg("%s is taken", row[i]);
        }
}

/* ---- Via ---- */

struct via_row {
        const char *text, *protocol, *transport, *sent_by, *host, *addr;
        uint16_t port;
        const char *branch, *received, *rport;
        bool has_rport;
};
static const struct via_row via_rows[] = {
        { "SIP/2.0/UDP h.x", "SIP/2.0/UDP", "UDP", "h.x", "h.x", "", 0, "", "", "", false },
        { "sip/2.0/tls 192.0.2.1:5061;branch=z9hG4bKa;rport", "sip/2.0/tls", "tls", "192.0.2.1:5061", "192.0.2.1",
          "192.0.2.1", 5061, "z9hG4bKa", "", "", true },
        { "SIP / 2.0\r\n / TCP\t[2001:db8::1] : 5070 ; received = 2001:db8::2;rport=99", "SIP / 2.0\r\n / TCP", "TCP",
          "[2001:db8::1] : 5070", "2001:db8::1", "2001:db8::1", 5070, "", "2001:db8::2", "99", true },
        { "SIP/2.0/X-1 h;Branch=a;BRANCHY=b;received=[::1]", "SIP/2.0/X-1", "X-1", "h", "h", "", 0, "a", "[::1]", "",
          false },
        { "SIP/2.0/UDP h;ttl=1;maddr=224.2.0.1;x=\";branch=q\"", "SIP/2.0/UDP", "UDP", "h", "h", "", 0, "", "", "",
          false },
};

static void vias(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof via_rows / sizeof *via_rows; i++) {
                const struct via_row *r = &via_rows[i];
                struct sip_via v;

                if (!sip_via_parse(&v, held(r->text)))
                        fail_msg("%s", r->text);
                assert_text(v.protocol, r->protocol);
                assert_text(v.transport, r->transport);
                assert_text(v.sent_by, r->sent_by);
                assert_text(v.host, r->host);
                assert_addr(&v.ep.a, r->addr);
                assert_int_equal(v.has_addr, *r->addr != 0);
                assert_int_equal(v.ep.port, r->port);
                assert_text(v.branch, r->branch);
                assert_text(v.received, r->received);
                assert_text(v.rport, r->rport);
                assert_int_equal(v.has_rport, r->has_rport);
        }
}

static void refused_vias(void **state)
{
        static const char *const row[] = {
                "",
                "SIP/2.0/UDP",
                "SIP/2.0/UDP ",
                "SIP/2.0 h",
                "SIP/2.0/ h",
                "SIP/3.0/UDP h",
                "HTTP/2.0/UDP h",
                "SIP/2.0/UDP h:",
                "SIP/2.0/UDP h:0",
                "SIP/2.0/UDP h:65536",
                "SIP/2.0/UDP h x",
                "SIP/2.0/UDP 2001:db8::1",
                "SIP/2.0/UDP [2001:db8::1",
                "SIP/2.0/UDP h;branch=a;branch=a",
                "SIP/2.0/UDP h;received=1.1.1.1;received=1.1.1.2",
                "SIP/2.0/UDP h;rport;rport",
                "SIP/2.0/UDP 1.2.3",
                "SIP/2.0/UDP;branch=a",
                "SIP/2.0/UDP h;x=\"",
                "SIP/2.0/UDP h,",
        };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                struct sip_via v;

                if (sip_via_parse(&v, held(row[i])))
                        fail_msg("%s is taken", row[i]);
        }
}

/* ---- parameters ---- */

static void params(void **state)
{
        static const char text[] = ";a;b = 2 ;c=\"x;d=9\\\"\" ; D=; e=[::1]:5;+u.sip!x.y=\"SEP1\";f=\"a\"b;e=2";
        static const struct {
                const char *name, *value;
        } row[] = { { "a", "" },      { "B", "2" },       { "c", "x;d=9\\\"" },
                    { "d", "" },      { "e", "[::1]:5" }, { "+u.sip!x.y", "SEP1" },
                    { "f", "\"a\"b" } };
        struct str value;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                if (!sip_param(held(text), row[i].name, &value))
                        fail_msg("no %s", row[i].name);
                assert_text(value, row[i].value);
        }
        assert_false(sip_param(held(text), "x", &value));
        assert_false(sip_param(held(text), "g", NULL));
        assert_true(sip_param(held(text), "a", NULL));
        assert_false(sip_param(held(""), "a", &value));
        assert_false(sip_param(held("a=1"), "a", &value));
}

static void every_prefix_is_safe(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof na_rows / sizeof *na_rows; i++) {
                for (size_t n = 0; n < strlen(na_rows[i].text); n++) {
                        uint8_t *p = exact_copy(na_rows[i].text, n);
                        struct sip_nameaddr a;
                        struct sip_uri u;
                        struct sip_via v;

                        (void)sip_nameaddr_parse(&a, (struct str){ (char *)p, n });
                        (void)sip_uri_parse(&u, (struct str){ (char *)p, n });
                        assert_false(sip_via_parse(&v, (struct str){ (char *)p, n }));
                        free(p);
                }
        }
        held("");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(uris),          cmocka_unit_test(refused_uris),
                cmocka_unit_test(other_schemes), cmocka_unit_test(nameaddrs),
                cmocka_unit_test(star),          cmocka_unit_test(refused_nameaddrs),
                cmocka_unit_test(vias),          cmocka_unit_test(refused_vias),
                cmocka_unit_test(params),        cmocka_unit_test(every_prefix_is_safe),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
