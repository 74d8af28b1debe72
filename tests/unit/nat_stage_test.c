/* NAT on the way of packets: static translations, commits, ICMP errors. */
#include "tests/support/nat_bench.h"

/* ---- static ---- */

static void test_static_inbound(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_int_equal(
                logged(b, "%ASA-6-305009: Built static translation from inside:10.1.1.2 to outside:192.0.2.140"), 1);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        assert_true(udp(b, 1, SRV, 5060, PEER, 4000));
        assert_from_to(b, SRV_MAPPED, 5060, PEER, 4000);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &t, &u);
        assert_int_equal(t, 0);
        assert_int_equal(u, 1);
        assert_int_equal(dynamic_count(b), 0);
}

static void test_static_outbound(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_true(udp(b, 1, SRV, 5060, PEER, 4000));
        assert_from_to(b, SRV_MAPPED, 5060, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &t, &u);
        assert_int_equal(t, 1);
        assert_int_equal(u, 0);
}

static void test_static_service_of_interface(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_service(&b->n, "srv", "inside", "outside", "interface", IPPROTO_UDP_, 69, 6969);
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4000, "192.0.2.1", 6969));
        assert_from_to(b, PEER, 4000, SRV, 69);
        assert_true(udp(b, 1, SRV, 69, PEER, 4000));
        assert_from_to(b, "192.0.2.1", 6969, PEER, 4000);
}

/* The rule, not the routing table, says where the server is. */
static void test_rule_decides_egress(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "far", "198.18.0.5"); /* the default route leads outside */
        nf_static(&b->n, "far", "inside", "outside", SRV_MAPPED);
        wf_route(&b->f, "inside", "198.18.0.0", 16, "10.1.1.5");
        wf_route(&b->f, "outside", "198.18.0.0", 24, "192.0.2.77");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, "198.18.0.5", 5060);
        assert_int_equal(b->v.dmac.b[5], 0x15);
}

/* ---- who is refused ---- */

static void test_real_address_is_refused(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_false(udp(b, 0, PEER, 4000, SRV, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_RPF), 1);
        assert_int_equal(
                logged(b, "%ASA-5-305013: Asymmetric NAT rules matched for forward and reverse flows; Connection "
                          "udp src outside:203.0.113.7/4000 dst inside:10.1.1.2/5060 denied due to NAT "
                          "reverse path failure"),
                1);
}

static void test_pat_address_cannot_be_called(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_false(udp(b, 0, PEER, 4000, PAT, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_POOL), 1);
}

/* ---- commits ---- */

static void test_removed_rule(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        nf_del(&b->n, "all");
        nf_del(&b->n, "srv");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000)); /* what lives, lives on */
        assert_from_to(b, PAT, 5060, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        assert_true(udp(b, 1, "10.1.1.5", 5061, PEER, 4000)); /* nothing new */
        assert_from_to(b, "10.1.1.5", 5061, PEER, 4000);
        assert_int_equal(dynamic_count(b), 1);
}

static void test_hits_survive_commits(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        nf_host(&b->n, "another", "10.1.1.1");
        nf_static(&b->n, "another", "inside", "outside", "192.0.2.150");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4001, SRV_MAPPED, 5060));
        for (unsigned i = 0; nat_rule_at(nat_rt(b->f.w->snap), i); i++) {
                const struct nat_rule_rt *r = nat_rule_at(nat_rt(b->f.w->snap), i);

                nat_hits(b->f.w, r->id, &t, &u);
                assert_int_equal(u, strcmp(r->object, "srv") == 0 ? 2 : 0);
        }
        assert_int_equal(logged(b, "305009"), 2);
        assert_int_equal(logged(b, "305010"), 0);
}

static void test_statics_come_and_go(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        nf_host(&b->n, "another", "10.1.1.1");
        nf_static(&b->n, "another", "inside", "outside", "192.0.2.150");
        nf_commit(&b->n, &b->f);
        wf_advance(&b->f, 5000);
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "305010"), 0);
        nf_del(&b->n, "srv");
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "%ASA-6-305010: Teardown static translation from inside:10.1.1.2 to "
                                   "outside:192.0.2.140 duration 0:00:05"),
                         1);
        assert_int_equal(logged(b, "305010"), 1);
        nf_host(&b->n, "another", "10.1.1.9"); /* the same rule, another address: one ends and one begins */
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "Teardown static translation from inside:10.1.1.1 to outside:192.0.2.150"), 1);
        assert_int_equal(logged(b, "Built static translation from inside:10.1.1.9 to outside:192.0.2.150"), 1);
        assert_int_equal(logged(b, "305009"), 3);
        assert_int_equal(logged(b, "305010"), 2);
}

/* ---- ICMP errors ---- */

static size_t error_about(struct bench *b, uint8_t *f, const char *from, const char *to)
{
        size_t n = (size_t)(b->v.ip - b->frame) + b->v.ip_len;

        return pb_icmp_error(f, FRAME_MAX, from, to, 3, 3, 0, b->v.ip, n - (size_t)(b->v.ip - b->frame));
}

static void test_error_from_the_far_end(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX], sent[64];
        struct pb p = pb_of("10.1.1.6", 5060, PEER, 4000, IPPROTO_UDP_);
        size_t n, nsent;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000)); /* so that the other one's port changes */
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000));
        n = error_about(b, f, PEER, PAT);
        assert_true(through(b, 0, f, n));
        assert_from_to(b, PEER, 0, "10.1.1.6", 0);
        p.l3 = true;
        p.ttl = 63; /* as it left */
        p.pay = "voice";
        p.npay = 5;
        nsent = pb_build(sent, sizeof sent, &p);
        assert_int_equal(b->v.npay, nsent);
        assert_memory_equal(b->v.pay, sent, nsent);
}

static void test_error_from_a_router(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        n = error_about(b, f, "198.51.100.1", PAT);
        assert_true(through(b, 0, f, n));
        assert_from_to(b, "198.51.100.1", 0, "10.1.1.5", 0);
}

static void test_error_from_the_server(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        n = error_about(b, f, SRV, PEER);
        f[5] = 3;
        assert_true(through(b, 1, f, n));
        assert_from_to(b, SRV_MAPPED, 0, PEER, 0);
}

/* ---- partial checksums ---- */

static void test_partial_stays_partial(void **state)
{
        struct bench *b = *state;
        struct pb p = pb_of("10.1.1.5", 5060, PEER, 4000, IPPROTO_UDP_);
        struct pkt_csum c = { .partial = true, .csum_start = 14 + 20, .csum_offset = 6 };
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        p.dmac = pb_mac(3);
        p.partial = true;
        p.pay = "voice";
        p.npay = 5;
        n = pb_build(f, sizeof f, &p);
        wf_send_csum(&b->f, 1, f, n, &c);
        n = wf_take(&b->f, 0, f, sizeof f);
        assert_true(n > 0 && pb_parse(f, n, false, &b->v));
        assert_true(b->v.l4_partial && b->v.ip_ok);
        assert_from_to(b, PAT, 5060, PEER, 4000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_static_inbound),
                T(test_static_outbound),
                T(test_static_service_of_interface),
                T(test_rule_decides_egress),
                T(test_real_address_is_refused),
                T(test_pat_address_cannot_be_called),
                T(test_removed_rule),
                T(test_hits_survive_commits),
                T(test_statics_come_and_go),
                T(test_error_from_the_far_end),
                T(test_error_from_a_router),
                T(test_error_from_the_server),
                T(test_partial_stays_partial),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
