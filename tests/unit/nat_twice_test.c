/* Twice NAT compiled: the order of the sections, which rule a flow between two ends gets, and what is left out. */
#include "tests/support/twice_bench.h"

/* ---- order ---- */

static void sections_stand_in_order(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 3, "inside", "outside", "any", "pat"));
        dynamic(nf_twice(&b->n, 3, "inside", "outside", "lan", "interface"));
        nf_static(&b->n, "srv", "inside", "outside", "192.0.2.140");
        nf_static(&b->n, "lan2", "inside", "outside", "198.51.100.0");
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "srv", "srv"), "branch", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 80), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.8.0.9", 80), "2/0 192.0.2.140:80");
        assert_string_equal(source(b, IN, OUT, "10.1.3.7", 80, "10.7.0.9", 80), "2/0 198.51.100.7:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.9", 80, "10.7.0.9", 80), "3/1 192.0.2.9");
        assert_string_equal(source(b, IN, DMZ, "10.1.1.2", 80, "10.7.0.9", 80), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.140", 80, "10.8.0.9", 7), "2/0 10.1.1.2:80");
}

/* The broad line in front hides the exemption, as it is written. */
static void lines_stand_in_order(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat"));
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "any", "any"), "branch", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 80), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.9", 80), "1/1 10.1.3.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.8.0.9", 80), "-");
}

static void inactive_is_left_out(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat"))->inactive = true;
        nf_twice(&b->n, 1, "nowhere", "outside", "lan", "lan");
        compile(b);
        assert_null(nat_rule_at(nat_rt(&b->snap), 0));
}

/* ---- identity ---- */

static void an_exemption_keeps_both_ends(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "branch", "branch");
        pat_for_all(b);
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 443), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "8.8.8.8", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.9", 443), "2/0 interface");
        assert_string_equal(dest(b, IN, "10.7.0.9", 443, "10.1.1.2", 80), "1/0 10.7.0.9:443");
        assert_string_equal(dest(b, IN, "10.7.0.9", 443, "10.1.3.2", 80), "-");
        assert_string_equal(dest(b, IN, "10.8.0.9", 443, "10.1.1.2", 80), "-");
        /* the other way round */
        assert_string_equal(dest(b, OUT, "10.1.1.2", 80, "10.7.0.9", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, OUT, "10.1.1.2", 80, "10.8.0.9", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.9", 443, "10.1.1.2", 80), "1/0 10.7.0.9:443");
        assert_string_equal(source(b, OUT, IN, "10.7.0.9", 443, "10.1.3.2", 80), "-");
}

/* Nobody knows who the other end is: the line says nothing. */
static void an_unknown_peer_is_none(void **state)
{
        struct bench *b = *state;
        struct addr a = pb_addr("10.1.1.2"), m = pb_addr("10.7.0.9"), real;
        uint16_t port;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "branch", "branch");
        compile(b);
        assert_null(nat_match_source(nat_rt(&b->snap), IN, OUT, TCP, &a, 80, NULL));
        assert_null(nat_match_dest(nat_rt(&b->snap), net_rt(&b->snap), IN, TCP, &m, 80, NULL, &real, &port));
}

static void groups_are_exempt(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "any", "outside", "ours", "ours"), "theirs", "theirs");
        pat_for_all(b);
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.8.255.255", 443), "1/0 10.1.3.2:80");
        assert_string_equal(source(b, DMZ, OUT, "10.1.1.2", 80, "10.7.0.0", 443), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.2.2", 80, "10.7.0.9", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.9.0.0", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.6.255.255", 443), "2/0 interface");
        assert_string_equal(dest(b, OUT, "10.1.3.2", 80, "10.7.0.1", 443), "1/0 10.1.3.2:80");
        assert_string_equal(dest(b, OUT, "10.1.3.2", 80, "10.6.0.1", 443), "-");
}

/* any to any says nothing about the far end. */
static void any_destination_is_none(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "any", "any");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "8.8.8.8", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, IN, "8.8.8.8", 443, "10.1.1.2", 80), "-");
        assert_string_equal(source(b, OUT, IN, "8.8.8.8", 443, "10.1.1.2", 80), "-");
}

/* ---- translation of both ends ---- */

static void both_ends_are_translated(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "there", "branch");
        pat_for_all(b);
        compile(b);
        assert_string_equal(dest(b, IN, "10.99.3.4", 443, "10.1.1.2", 80), "1/0 10.7.3.4:443");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.99.3.4", 443), "1/0 198.51.100.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.3.4", 443), "2/0 interface");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.7.3.4", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.99.3.4", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "198.51.100.2", 80), "1/0 10.99.3.4:443");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "10.1.1.2", 80), "-");
        assert_true(answers(b, IN, "10.99.3.4"));
        assert_true(answers(b, OUT, "198.51.100.2"));
        assert_false(answers(b, OUT, "10.99.3.4"));
}

static void static_without_a_destination(void **state)
{
        struct bench *b = *state;

        nf_twice(&b->n, 1, "inside", "outside", "lan", "shown")->no_proxy_arp = true;
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.7", 80, "8.8.8.8", 443), "1/0 198.51.100.7:80");
        assert_string_equal(dest(b, OUT, "198.51.100.7", 80, "8.8.8.8", 443), "1/0 10.1.1.7:80");
        assert_false(answers(b, OUT, "198.51.100.7"));
}

static void unidirectional_is_not_called(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "there", "branch")->unidirectional = true;
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.99.3.4", 443), "1/0 198.51.100.2:80");
        assert_string_equal(dest(b, IN, "10.99.3.4", 443, "10.1.1.2", 80), "1/0 10.7.3.4:443");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.7.3.4", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "198.51.100.2", 80), "-");
        assert_true(answers(b, OUT, "198.51.100.2")); /* answers come */
}

static void a_shared_source_with_a_destination(void **state)
{
        struct bench *b = *state;

        nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "ours", "pat")), "there", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.99.0.1", 443), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.1", 443), "-");
        assert_string_equal(dest(b, IN, "10.99.0.1", 443, "10.1.1.2", 80), "1/0 10.7.0.1:443");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 443, "192.0.2.9", 80), "-");
}

/* ---- against a plain walk ---- */

static bool in_set(const struct addr_range *r, unsigned n, const struct addr *a)
{
        for (unsigned i = 0; i < n; i++)
                if (range_has(&r[i], a))
                        return true;
        return false;
}

static const struct nat_rule_rt *walk(const struct nat_rt *n, uint16_t from, uint16_t to, const struct addr *a,
                                      const struct endpoint *peer)
{
        const struct nat_rule_rt *r;

        for (unsigned k = 0; (r = nat_rule_at(n, k)); k++)
                if (range_has(&r->real, a) && (!r->real_if || r->real_if == from) &&
                    (!r->mapped_if || r->mapped_if == to) && !(r->far && r->one_way) &&
                    (!r->peer || in_set(r->peer->mapped, r->peer->nmapped, &peer->a)))
                        return r;
        return NULL;
}

static void random_group(struct bench *b, const char *name)
{
        char members[200] = "", one[16], lo_text[ADDR_TEXT_MAX], hi_text[ADDR_TEXT_MAX];
        struct rng *rng = &b->f.rng;

        for (unsigned i = 0, n = 1 + rng_below(rng, 4); i < n; i++) {
                struct addr lo = addr_v4(0x0A000000 + rng_below(rng, 256)), hi = lo;

                hi.v4 += rng_below(rng, 2) ? 0 : rng_below(rng, 32);
                snprintf(one, sizeof one, "%s-%u", name, i);
                addr_print(&hi, hi_text);
                nf_range(&b->n, one, addr_print(&lo, lo_text), hi_text);
                strcat(strcat(members, i ? " " : ""), one);
        }
        nf_group(&b->n, name, members);
}

static void the_index_equals_a_walk(void **state)
{
        struct bench *b = *state;
        static const char *const ifs[] = { "any", "inside", "outside", "dmz" };
        struct rng *rng = &b->f.rng;
        const struct nat_rt *n;
        char here[16], there[16];

        for (unsigned i = 0; i < 120; i++) {
                struct twice_nat_conf *c;

                snprintf(here, sizeof here, "h%u", i);
                snprintf(there, sizeof there, "t%u", i);
                random_group(b, here);
                random_group(b, there);
                c = nf_twice(&b->n, rng_below(rng, 2) ? 1 : 3, ifs[rng_below(rng, 4)], ifs[rng_below(rng, 4)], here,
                             here);
                if (rng_below(rng, 4))
                        nf_there(c, there, there);
                c->unidirectional = !rng_below(rng, 3);
        }
        n = compile(b);
        for (unsigned i = 0; i < 20000; i++) {
                struct addr a = addr_v4(0x0A000000 + rng_below(rng, 300));
                struct endpoint peer = { addr_v4(0x0A000000 + rng_below(rng, 300)), 80 };
                uint16_t from = (uint16_t)(1 + rng_below(rng, 3)), to = (uint16_t)(1 + rng_below(rng, 3));

                assert_ptr_equal(nat_match_source(n, from, to, TCP, &a, 7, &peer), walk(n, from, to, &a, &peer));
        }
}

/* A line with a destination is one entry of its shared address, however many sources it has. */
static void a_shared_address_is_found_once(void **state)
{
        struct bench *b = *state;
        char name[16], ip[16], members[600] = "";
        const struct nat_rt *n;

        for (unsigned i = 0; i < 50; i++) {
                snprintf(name, sizeof name, "h%u", i);
                snprintf(ip, sizeof ip, "10.1.1.%u", 2 * i + 1);
                nf_host(&b->n, name, ip);
                strcat(strcat(members, i ? " " : ""), name);
        }
        nf_group(&b->n, "hosts", members);
        nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "hosts", "pat")), "branch", "branch");
        nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat")), "office", "office");
        n = compile(b);
        assert_int_equal(n->dest.nentries, 4);
        assert_int_equal(n->arp.nentries, 4);
        assert_true(answers(b, OUT, "192.0.2.9"));
        assert_string_equal(source(b, IN, OUT, "10.1.1.99", 4000, "10.7.0.1", 80), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.1.98", 4000, "10.8.0.1", 80), "1/1 192.0.2.9");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                T(sections_stand_in_order),
                T(lines_stand_in_order),
                T(inactive_is_left_out),
                T(an_exemption_keeps_both_ends),
                T(an_unknown_peer_is_none),
                T(groups_are_exempt),
                T(any_destination_is_none),
                T(both_ends_are_translated),
                T(static_without_a_destination),
                T(unidirectional_is_not_called),
                T(a_shared_source_with_a_destination),
                T(a_shared_address_is_found_once),
                T(the_index_equals_a_walk),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
