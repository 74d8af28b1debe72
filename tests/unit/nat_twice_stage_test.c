/* Twice NAT on the way of packets: exemptions, both ends, sections, and what a commit leaves alone. */
#include "tests/support/nat_bench.h"

#define BRANCH "203.0.113.7"
#define ELSEWHERE "198.18.0.9"
#define LAN_HOST "10.1.1.5"

static void objects(struct bench *b)
{
        nf_subnet(&b->n, "lan", "10.1.1.0", 24);
        nf_subnet(&b->n, "branch", "203.0.113.0", 24);
        nf_subnet(&b->n, "there", "10.99.0.0", 24);
        nf_subnet(&b->n, "shown", "198.51.100.0", 24);
        nf_host(&b->n, "pat", PAT);
        nf_host(&b->n, "srv", SRV);
}

static struct twice_nat_conf *after_auto_pat(struct bench *b)
{
        struct twice_nat_conf *c = nf_twice(&b->n, 3, "inside", "outside", "any", "interface");

        c->dynamic = true;
        return c;
}

static struct twice_nat_conf *exemption(struct bench *b)
{
        return nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "branch", "branch");
}

static void hits(struct bench *b, uint32_t id, uint64_t translate, uint64_t untranslate)
{
        uint64_t t, u;

        nat_hits(b->f.w, id, &t, &u);
        assert_int_equal(t, translate);
        assert_int_equal(u, untranslate);
}

static void the_last_section_takes_what_is_left(void **state)
{
        struct bench *b = *state;
        uint32_t id;

        objects(b);
        nf_static(&b->n, "srv", "inside", "outside", SRV_MAPPED);
        id = after_auto_pat(b)->o.id;
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, LAN_HOST, 4000, ELSEWHERE, 53));
        assert_from_to(b, "192.0.2.1", 4000, ELSEWHERE, 53);
        assert_true(udp(b, 0, ELSEWHERE, 53, "192.0.2.1", 4000));
        assert_from_to(b, ELSEWHERE, 53, LAN_HOST, 4000);
        assert_true(udp(b, 1, SRV, 4000, ELSEWHERE, 53));
        assert_from_to(b, SRV_MAPPED, 4000, ELSEWHERE, 53);
        hits(b, id, 1, 0);
        assert_int_equal(dynamic_count(b), 1);
}

static void an_exemption_passes_as_it_is(void **state)
{
        struct bench *b = *state;
        uint32_t id;

        objects(b);
        id = exemption(b)->o.id;
        after_auto_pat(b);
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, LAN_HOST, 4000, BRANCH, 53));
        assert_from_to(b, LAN_HOST, 4000, BRANCH, 53);
        assert_true(udp(b, 0, BRANCH, 53, LAN_HOST, 4000));
        assert_from_to(b, BRANCH, 53, LAN_HOST, 4000);
        hits(b, id, 1, 1);
        assert_int_equal(dynamic_count(b), 0);
        assert_true(udp(b, 1, LAN_HOST, 4000, ELSEWHERE, 53));
        assert_from_to(b, "192.0.2.1", 4000, ELSEWHERE, 53);
}

/* The branch calls in; from elsewhere the answers would be translated, which is refused. */
static void an_exemption_is_called(void **state)
{
        struct bench *b = *state;

        objects(b);
        exemption(b);
        after_auto_pat(b);
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, BRANCH, 4000, LAN_HOST, 5060));
        assert_from_to(b, BRANCH, 4000, LAN_HOST, 5060);
        assert_true(udp(b, 1, LAN_HOST, 5060, BRANCH, 4000));
        assert_from_to(b, LAN_HOST, 5060, BRANCH, 4000);
        assert_int_equal(wf_drops(&b->f, DROP_NAT_RPF), 0);
        assert_false(udp(b, 0, ELSEWHERE, 4000, LAN_HOST, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_RPF), 1);
}

/* Who is to see a host by another address does not reach it by its own; who is not in the line does. */
static void the_real_address_is_refused_to_the_peer(void **state)
{
        struct bench *b = *state;

        objects(b);
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "branch", "branch");
        nf_commit(&b->n, &b->f);
        assert_false(udp(b, 0, BRANCH, 4000, LAN_HOST, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_RPF), 1);
        assert_true(udp(b, 0, ELSEWHERE, 4000, LAN_HOST, 5060));
        assert_from_to(b, ELSEWHERE, 4000, LAN_HOST, 5060);
        assert_true(udp(b, 0, BRANCH, 4000, "198.51.100.5", 5060));
        assert_from_to(b, BRANCH, 4000, LAN_HOST, 5060);
}

static void both_ends_are_translated(void **state)
{
        struct bench *b = *state;

        objects(b);
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "there", "branch");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, LAN_HOST, 4000, "10.99.0.7", 53));
        assert_from_to(b, "198.51.100.5", 4000, BRANCH, 53);
        assert_true(udp(b, 0, BRANCH, 53, "198.51.100.5", 4000));
        assert_from_to(b, "10.99.0.7", 53, LAN_HOST, 4000);
        assert_true(udp(b, 0, BRANCH, 60, "198.51.100.5", 70));
        assert_from_to(b, "10.99.0.7", 60, LAN_HOST, 70);
        assert_true(udp(b, 1, LAN_HOST, 70, "10.99.0.7", 60));
        assert_from_to(b, "198.51.100.5", 70, BRANCH, 60);
        /* who asks for the real address gets no answer that was meant for another */
        assert_true(udp(b, 1, LAN_HOST, 4001, BRANCH, 53));
        assert_from_to(b, LAN_HOST, 4001, BRANCH, 53);
}

static void a_shared_source_and_a_port(void **state)
{
        struct bench *b = *state;
        struct twice_nat_conf *c;

        objects(b);
        nf_ports(&b->n, "asked", IPPROTO_UDP_, 0, 53);
        nf_ports(&b->n, "is", IPPROTO_UDP_, 0, 5353);
        c = nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat"), "there", "branch");
        c->dynamic = true;
        strcpy(c->svc_first, "asked");
        strcpy(c->svc_second, "is");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, LAN_HOST, 4000, "10.99.0.7", 53));
        assert_from_to(b, PAT, 4000, BRANCH, 5353);
        assert_true(udp(b, 0, BRANCH, 5353, PAT, 4000));
        assert_from_to(b, "10.99.0.7", 53, LAN_HOST, 4000);
}

/* The rule says where the branch is; with route-lookup the routing table does. */
static void the_line_decides_egress(void **state)
{
        for (unsigned looked_up = 0; looked_up < 2; looked_up++) {
                struct bench *b = *state;
                struct twice_nat_conf *c;

                if (looked_up) {
                        tear_down(state);
                        set_up(state);
                        b = *state;
                }
                objects(b);
                nf_subnet(&b->n, "net", "198.18.0.0", 24);
                wf_route(&b->f, "inside", "198.18.0.0", 24, "10.1.1.6");
                c = nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "net", "net");
                c->route_lookup = looked_up;
                b->f.conf.same_intra = true;
                nf_commit(&b->n, &b->f);
                assert_int_equal(udp(b, 1, LAN_HOST, 4000, ELSEWHERE, 53), !looked_up);
        }
}

/* Another line in front: what has begun stays as it is. */
static void a_commit_leaves_flows_alone(void **state)
{
        struct bench *b = *state;
        unsigned before;

        objects(b);
        after_auto_pat(b);
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, LAN_HOST, 4000, BRANCH, 53));
        assert_from_to(b, "192.0.2.1", 4000, BRANCH, 53);
        before = dynamic_count(b);
        exemption(b);
        nf_commit(&b->n, &b->f);
        assert_int_equal(dynamic_count(b), before);
        assert_true(udp(b, 1, LAN_HOST, 4000, BRANCH, 53));
        assert_from_to(b, "192.0.2.1", 4000, BRANCH, 53);
        assert_true(udp(b, 0, BRANCH, 53, "192.0.2.1", 4000));
        assert_from_to(b, BRANCH, 53, LAN_HOST, 4000);
        assert_true(udp(b, 1, LAN_HOST, 4001, BRANCH, 53));
        assert_from_to(b, LAN_HOST, 4001, BRANCH, 53);
}

/* Each side is a translation of its own: told once, and only when it changes. */
static void static_ones_are_told(void **state)
{
        struct bench *b = *state;
        struct conf_obj *o;

        objects(b);
        o = &exemption(b)->o;
        nf_commit(&b->n, &b->f);
        assert_int_equal(xlate_count(b->f.w), 2);
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "Built static translation from inside:10.1.1.0 to outside:10.1.1.0"), 1);
        assert_int_equal(logged(b, "Built static translation from outside:203.0.113.0 to inside:203.0.113.0"), 1);
        conf_list_del(&b->n.conf.twice, o);
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "Teardown static translation from"), 2);
        assert_int_equal(xlate_count(b->f.w), 0);
}

/* What is ours is still answered by us: a line never takes the address of the interface that was asked. */
static void our_own_address_stays_ours(void **state)
{
        struct bench *b = *state;
        struct flow_plan plan = { .in_iface = IN };
        struct pkt pk = { .iface = IN };

        objects(b);
        nf_there(nf_twice(&b->n, 1, "any", "any", "lan", "lan"), "lan", "lan");
        nf_commit(&b->n, &b->f);
        plan.in = (struct flow_key){ .iface = IN, .proto = IPPROTO_UDP_, .fam = ADDR_V4, .sport = 5, .dport = 161 };
        plan.in.src[0] = pb_addr(LAN_HOST).v4;
        plan.in.dst[0] = pb_addr("10.1.1.1").v4;
        assert_int_equal(untrans_stage(b->f.w, &pk, &plan), PKT_NEXT);
        assert_int_equal(plan.untrans_rule, 0);
        plan.in.dst[0] = pb_addr(SRV).v4;
        assert_int_equal(untrans_stage(b->f.w, &pk, &plan), PKT_NEXT);
        assert_int_not_equal(plan.untrans_rule, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                T(the_last_section_takes_what_is_left),
                T(an_exemption_passes_as_it_is),
                T(an_exemption_is_called),
                T(the_real_address_is_refused_to_the_peer),
                T(both_ends_are_translated),
                T(a_shared_source_and_a_port),
                T(the_line_decides_egress),
                T(a_commit_leaves_flows_alone),
                T(static_ones_are_told),
                T(our_own_address_stays_ours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
