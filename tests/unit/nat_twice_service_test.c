/* Twice NAT: ports of services, and the lines that are not in force. */
#include "tests/support/twice_bench.h"

static void a_port_of_the_source(void **state)
{
        struct bench *b = *state;

        nf_ports(&b->n, "real", TCP, 3389, 0);
        nf_ports(&b->n, "seen", TCP, 13389, 0);
        service(nf_there(nf_twice(&b->n, 1, "inside", "outside", "srv", "interface"), "branch", "branch"), "real",
                "seen");
        compile(b);
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.7.0.1", 4000), "1/0 10.1.1.2:3389");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 3389, "10.7.0.1", 4000), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.8.0.1", 4000), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 13389), "1/0 10.7.0.1:4000");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 3389), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.2", 13389), "-");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 3389, "10.7.0.1", 4000), "1/0 192.0.2.1:13389");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 3390, "10.7.0.1", 4000), "-");
        b->proto = UDP;
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.7.0.1", 4000), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 13389), "-");
}

/* The first object has the destination's port as it is asked for. */
static void a_port_of_the_destination(void **state)
{
        struct bench *b = *state;

        nf_ports(&b->n, "asked", TCP, 0, 80);
        nf_ports(&b->n, "is", TCP, 0, 8080);
        service(nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat")), "there", "branch"), "asked",
                "is");
        compile(b);
        assert_string_equal(dest(b, IN, "10.99.0.1", 80, "10.1.1.2", 4000), "1/0 10.7.0.1:8080");
        assert_string_equal(dest(b, IN, "10.99.0.1", 81, "10.1.1.2", 4000), "-");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 4000, "10.99.0.1", 80), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 4000, "10.99.0.1", 8080), "-");
}

/* A port that a static line has is not given to others. */
static void ports_are_reserved(void **state)
{
        struct bench *b = *state;
        struct addr own = pb_addr("192.0.2.1");

        nf_ports(&b->n, "p", TCP, 3389, 0);
        service(nf_twice(&b->n, 1, "inside", "outside", "srv", "interface"), "p", "p");
        compile(b);
        assert_true(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, TCP, &own, 3389));
        assert_false(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, TCP, &own, 3390));
}

/* To one peer alone it is reserved too: a source that has the port already would stand in the server's way. */
static void ports_are_reserved_for_one_peer(void **state)
{
        struct bench *b = *state;
        struct addr own = pb_addr("192.0.2.1");

        nf_ports(&b->n, "p", UDP, 5000, 0);
        service(nf_there(nf_twice(&b->n, 1, "inside", "outside", "srv", "interface"), "branch", "branch"), "p", "p");
        nf_twice(&b->n, 1, "inside", "outside", "srv", "pat");
        pat_for_all(b);
        compile(b);
        assert_true(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, UDP, &own, 5000));
        assert_false(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, UDP, &own, 5001));
        assert_false(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, TCP, &own, 5000));
        own = pb_addr("192.0.2.9");
        assert_false(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, UDP, &own, 5000));
}

/* ---- what is not in force ---- */

static const char *why(struct bench *b, const struct twice_nat_conf *c)
{
        const char *w = nat_twice_why_not(c, &b->n.objs, &b->f.conf);

        return w ? w : "";
}

#define WHY(c, words) assert_non_null(strstr(why(b, c), words))

static void what_cannot_be_translated(void **state)
{
        struct bench *b = *state;
        struct twice_nat_conf *c;

        nf_subnet(&b->n, "six", "2001:db8::", 120);
        nf_group(&b->n, "empty", "");
        nf_ports(&b->n, "src", TCP, 1, 0);
        nf_ports(&b->n, "dst", TCP, 0, 1);
        nf_ports(&b->n, "udp", UDP, 1, 0);
        nf_ports(&b->n, "none", TCP, 0, 0);
        WHY(nf_twice(&b->n, 1, "any", "any", "lan", "branch"), "differ in size");
        WHY(nf_twice(&b->n, 1, "any", "any", "lan", "six"), "IPv4 and IPv6");
        WHY(nf_twice(&b->n, 1, "any", "any", "ours", "shown"), "to itself only");
        WHY(nf_twice(&b->n, 1, "any", "any", "empty", "empty"), "no address");
        WHY(nf_twice(&b->n, 1, "inside", "outside", "lan", "interface"), "one host");
        WHY(nf_twice(&b->n, 1, "any", "outside", "srv", "interface"), "both interfaces");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "lan", "pool")), "one mapped address");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "empty", "pat")), "no address");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "six", "pat")), "IPv4 and IPv6");
        WHY(nf_there(nf_twice(&b->n, 1, "any", "any", "lan", "lan"), "lan", "branch"), "differ in size");
        WHY(nf_there(nf_twice(&b->n, 1, "any", "any", "lan", "lan"), "interface", "srv"), "both interfaces");
        c = dynamic(nf_twice(&b->n, 1, "any", "any", "lan", "pat"));
        c->mapped.kind = NAT_END_POOL;
        assert_string_equal(why(b, c), "");
        c->round_robin = true;
        WHY(c, "pat-pool");
        c = dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "interface"));
        c->ipv6 = true;
        WHY(c, "ipv6");
        c = nf_twice(&b->n, 1, "inside", "outside", "srv", "pat");
        service(c, "src", "udp");
        WHY(c, "one port");
        service(c, "src", "dst");
        WHY(c, "one port");
        service(c, "none", "none");
        WHY(c, "without a port");
        service(c, "dst", "dst");
        WHY(c, "needs a destination");
        service(dynamic(c), "src", "src");
        WHY(c, "needs a static source");
        conf_list_fini(&b->n.conf.twice);
        conf_list_init(&b->n.conf.twice, sizeof(struct twice_nat_conf), NULL);
        nf_twice(&b->n, 1, "any", "any", "lan", "branch");
        compile(b);
        assert_null(nat_rule_at(nat_rt(&b->snap), 0));
}

/* The box's own address is `interface`: a line that takes it by number would cut its subnet off. */
static void own_addresses_are_not_mapped(void **state)
{
        struct bench *b = *state;
        struct twice_nat_conf *c;

        nf_subnet(&b->n, "own", "192.0.2.0", 24);
        nf_host(&b->n, "own1", "192.0.2.1");
        nf_host(&b->n, "gate", "10.1.1.1");
        WHY(nf_twice(&b->n, 1, "inside", "outside", "lan", "own"), "overlaps with an interface address");
        WHY(nf_twice(&b->n, 1, "any", "any", "srv", "own1"), "overlaps with an interface address");
        WHY(dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "own1")), "overlaps with an interface address");
        WHY(nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "gate", "pat"), "overlaps with");
        compile(b);
        assert_null(nat_rule_at(nat_rt(&b->snap), 0));
        assert_false(answers(b, OUT, "192.0.2.99"));
        c = nf_twice(&b->n, 1, "inside", "dmz", "lan", "own"); /* another interface's */
        assert_string_equal(why(b, c), "");
        c = nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "own", "own");
        assert_string_equal(why(b, c), "");
        c = nf_twice(&b->n, 1, "outside", "any", "own", "own");
        assert_string_equal(why(b, c), "");
        compile(b);
        assert_non_null(nat_rule_at(nat_rt(&b->snap), 3));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                T(a_port_of_the_source),      T(a_port_of_the_destination),
                T(ports_are_reserved),        T(ports_are_reserved_for_one_peer),
                T(what_cannot_be_translated), T(own_addresses_are_not_mapped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
