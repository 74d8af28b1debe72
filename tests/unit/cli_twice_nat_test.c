/* Lines of twice NAT as they are typed, printed, numbered, changed and removed. */
#include <stdlib.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static const char base[] = "interface g0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
                           "interface g0/1\n nameif inside\n ip address 10.0.0.1 255.255.255.0\n"
                           "object network lan\n subnet 10.0.0.0 255.255.255.0\n"
                           "object network branch\n subnet 10.7.0.0 255.255.0.0\n"
                           "object network srv\n host 10.0.0.5\n nat (inside,outside) static 192.0.2.5\n"
                           "object network seen\n host 192.0.2.6\n"
                           "object network int\n host 10.0.0.6\n"
                           "object service rdp\n service tcp source eq 3389\n"
                           "object-group network both\n network-object object branch\n network-object host 10.9.0.9\n"
                           "exit\n";

static int set_up(void **state)
{
        struct conf_fixture *f = calloc(1, sizeof *f);

        conf_fixture_init(f);
        conf_accept(f, base);
        *state = f;
        return 0;
}

static int tear_down(void **state)
{
        conf_fixture_fini(*state);
        free(*state);
        return 0;
}

/* Typed, and printed the same; nothing is said about it. */
static void stands(struct conf_fixture *f, const char *line)
{
        char want[400];

        assert_int_equal(conf_type(f, line), CLI_OK);
        assert_null(strstr(text_str(&f->shown), "WARNING"));
        snprintf(want, sizeof want, "%s\n", line);
        if (!strstr(conf_running(f, "nat", true), want))
                fail_msg("\"%s\" is not in\n%s", line, conf_running(f, "nat", true));
}

static void refused(struct conf_fixture *f, const char *line, const char *why)
{
        assert_int_not_equal(conf_type(f, line), CLI_OK);
        assert_non_null(strstr(text_str(&f->shown), why));
}

static void warned(struct conf_fixture *f, const char *line, const char *why)
{
        assert_int_equal(conf_type(f, line), CLI_OK);
        if (!strstr(text_str(&f->shown), why))
                fail_msg("%s: %s", line, text_str(&f->shown));
}

static void all_forms_are_in_force(void **state)
{
        struct conf_fixture *f = *state;

        stands(f,
               "nat (inside,outside) source static lan lan destination static both both no-proxy-arp route-lookup");
        stands(f, "nat source static lan lan");
        stands(f, "nat (inside,outside) source static any any destination static branch branch");
        stands(f, "nat (inside,outside) source static srv seen unidirectional description the server");
        stands(f, "nat (inside,outside) source static srv interface service rdp rdp");
        stands(f, "nat (inside,outside) source dynamic lan seen interface");
        stands(f, "nat (inside,outside) source dynamic lan seen destination static both both");
        stands(f, "nat (inside,outside) source dynamic lan pat-pool seen");
        stands(f, "nat (inside,outside) source dynamic any interface destination static seen branch inactive");
        stands(f, "nat (inside,outside) after-auto source dynamic any interface");
        stands(f, "nat (inside,outside) after-auto source static int int destination static both both");
}

static void section_2_stands_in_between(void **state)
{
        struct conf_fixture *f = *state;
        const char *t, *first, *object, *last;

        conf_accept(f, "nat (inside,outside) after-auto source dynamic any interface\n"
                       "nat (inside,outside) source static lan lan destination static branch branch\n");
        t = conf_running(f, NULL, true);
        first = strstr(t, "nat (inside,outside) source static lan");
        object = strstr(t, "object network srv\n nat (inside,outside) static 192.0.2.5\n");
        last = strstr(t, "!\nnat (inside,outside) after-auto source");
        assert_true(first && object && last && first < object && object < last);
        assert_string_equal(conf_running(f, "nat", true),
                            "nat (inside,outside) source static lan lan destination static branch branch\n"
                            "object network srv\n nat (inside,outside) static 192.0.2.5\n"
                            "nat (inside,outside) after-auto source dynamic any interface\n");
}

static void a_number_is_a_place(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "no object network srv\n"
                       "nat (inside,outside) source static lan lan\n"
                       "nat (inside,outside) 1 source dynamic lan interface\n"
                       "nat (inside,outside) 2 source static seen seen\n"
                       "nat (inside,outside) 9 source static branch branch\n"
                       "nat (inside,outside) after-auto source dynamic any seen\n"
                       "nat (inside,outside) after-auto 1 source dynamic any interface\n");
        assert_string_equal(conf_running(f, "nat", true),
                            "nat (inside,outside) source dynamic lan interface\n"
                            "nat (inside,outside) source static seen seen\n"
                            "nat (inside,outside) source static lan lan\n"
                            "nat (inside,outside) source static branch branch\n"
                            "nat (inside,outside) after-auto source dynamic any interface\n"
                            "nat (inside,outside) after-auto source dynamic any seen\n");
}

/* An option is changed where the line stands. */
static void an_option_is_changed_in_place(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "no object network srv\n"
                       "nat (inside,outside) source static lan lan destination static branch branch\n"
                       "nat (inside,outside) source static seen seen\n"
                       "nat (inside,outside) source static lan lan destination static branch branch route-lookup\n");
        assert_string_equal(
                conf_running(f, "nat", true),
                "nat (inside,outside) source static lan lan destination static branch branch route-lookup\n"
                "nat (inside,outside) source static seen seen\n");
        refused(f, "no nat (inside,outside) source static lan lan destination static branch branch no-proxy-arp",
                "does not exist");
        conf_accept(f, "no nat (inside,outside) source static lan lan destination static branch branch\n");
        assert_string_equal(conf_running(f, "nat", true), "nat (inside,outside) source static seen seen\n");
        conf_accept(f, "no nat (inside,outside) 1 source static seen seen\n");
        assert_string_equal(conf_running(f, "nat", true), "");
        refused(f, "no nat (inside,outside) source static seen seen", "does not exist");
}

static void names_must_be_there(void **state)
{
        struct conf_fixture *f = *state;

        refused(f, "nat (inside,outside) source static lan nobody",
                "ERROR: nobody doesn't match an existing object or object-group");
        refused(f, "nat (inside,outside) source static lan lan destination static branch rdp",
                "ERROR: rdp doesn't match an existing object or object-group");
        refused(f, "nat (inside,outside) source static srv interface service rdp lan", "lan) does not exist");
        refused(f, "nat (inside,nowhere) source static lan lan", "Invalid input");
        refused(f, "nat (inside,any) source dynamic lan interface fallback", "Invalid input");
        refused(f, "nat (inside,any) source dynamic lan seen interface", "interface needs a mapped interface");
        assert_null(strstr(conf_running(f, "nat", true), "source"));
}

/* What a line names stays while it does. */
static void what_is_named_stays(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "nat (inside,outside) source static lan lan destination static both both\n"
                       "nat (inside,outside) source static srv interface service rdp rdp\n");
        refused(f, "no object network lan", "is being used");
        refused(f, "no object service rdp", "is being used");
        refused(f, "no object-group network both", "is being used");
        conf_accept(f, "no nat (inside,outside) source static lan lan destination static both both\n"
                       "no object-group network both\nno object network lan\n");
}

static void what_is_not_done_is_said(void **state)
{
        struct conf_fixture *f = *state;

        warned(f, "nat (inside,outside) source static lan branch", "differ in size: nothing is translated");
        warned(f, "nat (inside,outside) source dynamic any pat-pool seen round-robin", "options of a pat-pool");
        warned(f, "nat (inside,outside) source dynamic lan interface ipv6", "`interface ipv6`");
        warned(f, "nat (inside,outside) source static srv seen dns", "`dns`");
        warned(f, "nat (inside,outside) source static srv interface",
               "All traffic destined to the IP address of the outside interface is being redirected.");
        conf_accept(f, "object network lan\n subnet 10.1.0.0 255.255.0.0\nexit\n"); /* the size is right now */
        conf_type(f, "nat (inside,outside) source static lan branch");
        assert_null(strstr(text_str(&f->shown), "WARNING"));
}

/* What makes a line fall out of force names it. */
static void a_change_that_takes_lines_out_is_said(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "no object network srv\n"
                       "object network hq\n range 10.0.0.100 10.0.0.149\n"
                       "object network hqm\n range 198.51.100.100 198.51.100.149\nexit\n"
                       "nat (inside,outside) source static hq hqm\n"
                       "nat (inside,outside) source static int seen inactive\n"
                       "nat (inside,outside) after-auto source static seen int service rdp rdp\n"
                       "object network hq\n");
        warned(f, "range 10.0.0.100 10.0.0.254",
               "WARNING: \"nat (inside,outside) source static hq hqm\" is not in force: real and mapped object "
               "differ");
        conf_type(f, "range 10.0.0.100 10.0.0.254"); /* it is so already */
        assert_null(strstr(text_str(&f->shown), "WARNING"));
        conf_accept(f, "object network hqm\n");
        conf_type(f, "range 198.51.100.100 198.51.100.254");
        assert_null(strstr(text_str(&f->shown), "WARNING"));
        conf_accept(f, "object network int\n");
        conf_type(f, "host 10.0.0.7"); /* of lines that can be, or are not meant to */
        assert_null(strstr(text_str(&f->shown), "WARNING"));
        conf_accept(f, "object network hqm\n");
        warned(f, "host 192.0.2.1", "source static hq hqm\" is not in force");
        warned(f, "fqdn hq.example.com", "source static hq hqm\" is not in force: an object has no address");
        conf_accept(f, "object service rdp\n");
        warned(f, "service icmp", "after-auto source static seen int service rdp rdp\" is not in force: a service");
}

/* A line that does nothing redirects nothing. */
static void one_thing_is_said(void **state)
{
        struct conf_fixture *f = *state;

        warned(f, "nat (inside,outside) source static lan interface", "one host: nothing is translated");
        assert_null(strstr(text_str(&f->shown), "redirected"));
        conf_accept(f, "object network own\n host 192.0.2.1\nexit\n");
        warned(f, "nat (inside,outside) source static srv own", "overlaps with an interface address");
        stands(f, "nat (outside,inside) source static own srv");
        stands(f, "nat (outside,inside) source static own own");
}

/* Of a group with a name only the rest is translated. */
static void names_in_groups_are_told(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "object network fq\n fqdn www.example.com\n"
                       "object-group network gfq\n network-object host 10.0.0.8\n network-object object fq\n"
                       "object-group network outer\n group-object gfq\n network-object host 10.0.0.9\nexit\n");
        warned(f, "nat (inside,outside) source static gfq gfq",
               "A part of this line is kept but not in force: `fqdn`");
        warned(f, "nat (inside,outside) source static lan lan destination static outer outer", "`fqdn`");
        stands(f, "nat (inside,outside) source static both both");
}

/* A name that exists is no abbreviation: `int` is the host, not the interface. */
static void a_name_beats_an_abbreviation(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "object network an\n host 10.0.0.8\nexit\n");
        stands(f, "nat (inside,outside) source static an int");
        conf_accept(f, "no object network srv\nnat (inside,outside) source dynamic a inter\n");
        assert_non_null(strstr(conf_running(f, "nat", true), "source dynamic any interface\n"));
}

/* The interface takes its lines along. */
static void another_name_is_followed(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f,
                    "no object network srv\nnat (inside,outside) source static lan lan destination static both both\n"
                    "nat (inside,outside) after-auto source dynamic any interface\n"
                    "interface g0/1\n nameif core\nexit\n");
        assert_string_equal(conf_running(f, "nat", true),
                            "nat (core,outside) source static lan lan destination static both both\n"
                            "nat (core,outside) after-auto source dynamic any interface\n");
        conf_accept(f, "no nat (core,outside) source static lan lan destination static both both\n"
                       "interface g0/1\n no nameif\nexit\n");
        assert_string_equal(conf_running(f, "nat", true), "");
}

static void all_of_it_is_cleared(void **state)
{
        struct conf_fixture *f = *state;

        conf_accept(f, "nat (inside,outside) source static lan lan\n"
                       "nat (inside,outside) after-auto source dynamic any interface\nclear configure nat\n");
        assert_string_equal(conf_running(f, "nat", true), "");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                T(all_forms_are_in_force),
                T(section_2_stands_in_between),
                T(a_number_is_a_place),
                T(an_option_is_changed_in_place),
                T(names_must_be_there),
                T(what_is_named_stays),
                T(what_is_not_done_is_said),
                T(a_name_beats_an_abbreviation),
                T(another_name_is_followed),
                T(all_of_it_is_cleared),
                T(one_thing_is_said),
                T(names_in_groups_are_told),
                T(a_change_that_takes_lines_out_is_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
