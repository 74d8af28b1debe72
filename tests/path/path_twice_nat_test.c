/* Twice NAT as an operator sees it: what is shown of the lines, their translations, and what packet-tracer says. */
#include "tests/support/test.h"

#include "cli/box/baseline.h"
#include "tests/path/support/path_fixture.h"

static const char config[] = "object network lan\n"
                             " subnet 10.0.0.0 255.255.255.0\n"
                             "object network branch\n"
                             " subnet 198.51.100.0 255.255.255.0\n"
                             "object network old\n"
                             " subnet 198.18.1.0 255.255.255.0\n"
                             "object network srv\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static 192.0.2.140\n"
                             "object-group network both\n"
                             " network-object object branch\n"
                             " network-object object old\n"
                             "nat (inside,outside) source static lan lan destination static both both no-proxy-arp "
                             "route-lookup\n"
                             "nat (inside,outside) after-auto source dynamic any interface\n"
                             "access-list outside_in extended permit ip any any\n"
                             "access-group outside_in in interface outside\n";

static struct path_fixture fx;

static int setup(void **state)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, false);
        fx.box.baselines = baselines_new();
        *state = &fx;
        return 0;
}

static int teardown(void **state)
{
        baselines_free(fx.box.baselines);
        px_stop(*state);
        return 0;
}

static void has(const char *command, const char *part)
{
        px_has(&fx, command, part);
}

static void query(const char *to, uint16_t port)
{
        struct pb p = px_pb(&fx, 1, "10.0.0.7", port, to, 9999, IPPROTO_UDP_);

        p.pay = "question";
        p.npay = 8;
        px_send_pb(&fx, 1, p);
}

static void the_sections_are_shown(void **state UNUSED)
{
        assert_string_equal(px_show(&fx, "show nat"),
                            "Manual NAT Policies (Section 1)\n"
                            "1 (inside) to (outside) source static lan lan   destination static both both"
                            " no-proxy-arp route-lookup\n"
                            "    translate_hits = 0, untranslate_hits = 0\n"
                            "\n"
                            "Auto NAT Policies (Section 2)\n"
                            "1 (inside) to (outside) source static srv 192.0.2.140\n"
                            "    translate_hits = 0, untranslate_hits = 0\n"
                            "\n"
                            "Manual NAT Policies (Section 3)\n"
                            "1 (inside) to (outside) source dynamic any interface\n"
                            "    translate_hits = 0, untranslate_hits = 0\n");
        query("198.51.100.9", 5000);
        query("192.0.2.99", 5001);
        has("show nat", "route-lookup\n    translate_hits = 1, untranslate_hits = 1\n");
        has("show nat", "any interface\n    translate_hits = 1, untranslate_hits = 0\n");
        has("show nat detail", "    Source - Origin: 10.0.0.0/24, Translated: 10.0.0.0/24\n"
                               "    Destination - Origin: 198.18.1.0/24, 198.51.100.0/24, "
                               "Translated: 198.18.1.0/24, 198.51.100.0/24\n");
        has("show nat detail", "    Source - Origin: 0.0.0.0/0, Translated: 192.0.2.1/24\n");
        has("show xlate", "NAT from inside:10.0.0.0/24 to outside:10.0.0.0/24\n    flags sIT idle ");
        has("show xlate", "NAT from outside:198.51.100.0/24 to inside:198.51.100.0/24\n    flags sIT idle ");
        has("show xlate", "NAT from inside:10.0.0.5 to outside:192.0.2.140\n    flags s idle ");
        has("show xlate", "UDP PAT from inside:10.0.0.7/5001 to outside:192.0.2.1/5001 flags ri idle ");
        assert_null(strstr(px_show(&fx, "show xlate"), "10.0.0.7/5000"));
        has("show conn", "UDP outside 198.51.100.9:9999 inside 10.0.0.7:5000, ");
        px_show(&fx, "clear nat counters");
        has("show nat", "route-lookup\n    translate_hits = 0, untranslate_hits = 0\n");
}

static void the_tracer_names_the_line(void **state UNUSED)
{
        static const char exempt[] = "packet-tracer input inside udp 10.0.0.7 1000 198.51.100.9 53";
        static const char line[] = "nat (inside,outside) source static lan lan destination static both both "
                                   "no-proxy-arp route-lookup\n";

        has(exempt, line);
        has(exempt, "Untranslate 198.51.100.9/53 to 198.51.100.9/53");
        has(exempt, "Static translate 10.0.0.7/1000 to 10.0.0.7/1000");
        has("packet-tracer input inside udp 10.0.0.7 1000 192.0.2.99 53",
            "nat (inside,outside) after-auto source dynamic any interface\n");
        has("packet-tracer input inside udp 10.0.0.7 1000 192.0.2.99 53",
            "Dynamic translate 10.0.0.7/1000 to 192.0.2.1/1000");
        has("packet-tracer input inside udp 10.0.0.5 1000 198.51.100.9 53", line);
        has("packet-tracer input inside udp 10.0.0.5 1000 192.0.2.99 53", "nat (inside,outside) static 192.0.2.140");
        has("packet-tracer input outside udp 198.51.100.9 53 10.0.0.7 1000", "Action: allow");
        has("packet-tracer input outside udp 192.0.2.99 53 10.0.0.7 1000", "(nat-rpf-failed)");
        has("show nat", "route-lookup\n    translate_hits = 0, untranslate_hits = 0\n");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        const struct CMUnitTest tests[] = { T(the_sections_are_shown), T(the_tracer_names_the_line) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
