/* NAT on the way of packets: PAT. */
#include "tests/support/nat_bench.h"

static void hole_to(uint16_t out, const char *real, uint16_t port)
{
        hole_out = out;
        hole_dst = (struct endpoint){ pb_addr(real), port };
}

/* ---- the server with a static address, and everybody behind PAT ---- */

static bool echo(struct bench *b, unsigned port, const char *src, const char *dst, bool reply, uint16_t id)
{
        uint8_t f[FRAME_MAX];
        size_t n = pb_echo(f, sizeof f, src, dst, reply, id, 1);

        f[5] = (uint8_t)(2 + port);
        return through(b, port, f, n);
}

static void end_all_conns(struct bench *b)
{
        static const struct conn_filter all;
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(b->f.w, &cursor, &all, CONN_END_CLEARED, &end);
}

/* ---- PAT ---- */

static void test_pat_shares_an_address(void **state)
{
        struct bench *b = *state;
        uint16_t other;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_from_to(b, PAT, 5060, PEER, 4000);
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000));
        other = b->v.sport;
        assert_int_not_equal(other, 5060);
        assert_true(other >= 1024);
        assert_from_to(b, PAT, other, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, PAT, other));
        assert_from_to(b, PEER, 4000, "10.1.1.6", 5060);
        assert_true(udp(b, 0, PEER, 4000, PAT, 5060));
        assert_from_to(b, PEER, 4000, "10.1.1.5", 5060);
        assert_int_equal(dynamic_count(b), 2);
        assert_int_equal(logged(b, "%ASA-6-305011: Built dynamic UDP translation from inside:10.1.1.5/5060 to "
                                   "outside:192.0.2.9/5060"),
                         1);
}

/* Signalling has said that this port of the shared address is that source. */
static struct xlate_lease announced(struct bench *b, const char *real, uint16_t rport, uint16_t mport)
{
        struct xlate_lease l = { .real_if = IN,
                                 .mapped_if = OUT,
                                 .proto = IPPROTO_UDP_,
                                 .real = { pb_addr(real), rport },
                                 .mapped = { pb_addr(PAT), mport } };

        assert_true(xlate_keep(b->f.w, &l));
        return l;
}

/* Media that signalling announced: whoever speaks first is translated by the rules, and the answers find back. */
static void test_pinholes_are_translated(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l;

        use_rules(b);
        hole_to(OUT, PEER, 5000);
        assert_true(udp(b, 1, SRV, 4000, PEER, 5000));
        assert_from_to(b, SRV_MAPPED, 4000, PEER, 5000);
        assert_true(udp(b, 1, "10.1.1.6", 4000, PEER, 5000));
        assert_from_to(b, PAT, 4000, PEER, 5000);
        l = announced(b, "10.1.1.5", 4000, 30000);
        assert_int_equal(logged(b, "%ASA-6-305011: Built dynamic UDP translation from inside:10.1.1.5/4000 to "
                                   "outside:192.0.2.9/30000"),
                         1);
        hole_to(IN, "10.1.1.5", 4000);
        assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        assert_from_to(b, PEER, 5000, "10.1.1.5", 4000);
        assert_true(udp(b, 1, "10.1.1.5", 4000, PEER, 5000));
        assert_from_to(b, PAT, 30000, PEER, 5000);
        assert_int_equal(dynamic_count(b), 2);
        xlate_unkeep(b->f.w, &l);
        hole_dst.port = 0;
        wf_advance(&b->f, 185000);
        assert_int_equal(dynamic_count(b), 0);
}

/* A conn holds what was announced for it, however long it lives. */
static void test_pinhole_holds_its_translation(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l;

        use_rules(b);
        l = announced(b, "10.1.1.5", 4000, 30000);
        hole_to(IN, "10.1.1.5", 4000);
        assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        xlate_unkeep(b->f.w, &l);
        for (unsigned i = 0; i < 10; i++) {
                wf_advance(&b->f, 60000);
                assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        }
        assert_int_equal(dynamic_count(b), 1);
        end_all_conns(b);
        wf_advance(&b->f, 31000);
        assert_int_equal(dynamic_count(b), 0);
}

/* One source port, two destinations: one translation. */
static void test_pat_same_source_same_port(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        assert_from_to(b, PAT, 5060, PEER2, 4000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(conn_count(b->f.w->conns), 2);
}

static void test_pat_port_groups(void **state)
{
        struct bench *b = *state;
        static const uint16_t port[] = { 500, 600, 2000 }, lo[] = { 1, 512, 1024 }, hi[] = { 511, 1023, 65535 };

        use_rules(b);
        for (unsigned i = 0; i < ARRAY_LEN(port); i++) {
                assert_true(udp(b, 1, "10.1.1.5", port[i], PEER, 4000));
                assert_int_equal(b->v.sport, port[i]);
                assert_true(udp(b, 1, "10.1.1.6", port[i], PEER, 4000));
                assert_true(b->v.sport != port[i] && b->v.sport >= lo[i] && b->v.sport <= hi[i]);
        }
}

static void test_pat_rests_then_goes(void **state)
{
        struct bench *b = *state;
        struct addr pat = pb_addr(PAT);

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        end_all_conns(b);
        wf_advance(&b->f, 29000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 1);
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000)); /* not its port yet */
        assert_int_not_equal(b->v.sport, 5060);
        wf_advance(&b->f, 1100);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 1);
        assert_int_equal(logged(b, "%ASA-6-305012: Teardown dynamic UDP translation from inside:10.1.1.5/5060 to "
                                   "outside:192.0.2.9/5060 duration 0:00:30"),
                         1);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_int_equal(b->v.sport, 5060);
}

static void test_pat_taken_up_again_while_resting(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        end_all_conns(b);
        wf_advance(&b->f, 20000);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        wf_advance(&b->f, 20000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(logged(b, "305012"), 0);
}

static void test_pat_to_interface_and_echo(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
        nf_commit(&b->n, &b->f);
        assert_true(echo(b, 1, "10.1.1.5", PEER, false, 77));
        assert_int_equal(b->v.icmp_rest >> 16, 77);
        assert_true(echo(b, 1, "10.1.1.6", PEER, false, 77));
        uint16_t id = (uint16_t)(b->v.icmp_rest >> 16);
        assert_int_not_equal(id, 77);
        assert_from_to(b, "192.0.2.1", 0, PEER, 0);
        assert_true(echo(b, 0, PEER, "192.0.2.1", true, id));
        assert_from_to(b, PEER, 0, "10.1.1.6", 0);
        assert_int_equal(b->v.icmp_rest >> 16, 77);
        assert_int_equal(logged(b, "Built dynamic ICMP translation from inside:10.1.1.5/77 to outside:192.0.2.1/77"),
                         1);
}

/* Scenario 2: everybody outside is seen inside as one address. */
static void test_outside_pat(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_static(&b->n, "srv", "inside", "outside", SRV_MAPPED);
        nf_subnet(&b->n, "obj-0.0.0.0-01", "0.0.0.0", 0);
        nf_dynamic(&b->n, "obj-0.0.0.0-01", "outside", "inside", "10.1.1.183");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 49152, SRV_MAPPED, 5443));
        assert_from_to(b, "10.1.1.183", 49152, SRV, 5443);
        assert_true(udp(b, 1, SRV, 5443, "10.1.1.183", 49152));
        assert_from_to(b, SRV_MAPPED, 5443, PEER, 49152);
        assert_int_equal(logged(b, "from outside:203.0.113.7/49152 to inside:10.1.1.183/49152"), 1);
}

static void take_all_low(struct bench *b, const char *ip)
{
        struct addr a = pb_addr(ip);

        for (unsigned i = 1; i <= 511; i++)
                assert_int_not_equal(portpool_take(b->f.w, OUT, &a, IPPROTO_UDP_, 1), 0);
        assert_int_equal(portpool_take(b->f.w, OUT, &a, IPPROTO_UDP_, 1), 0);
}

static void test_pool_exhausted(void **state)
{
        struct table_use use[XLATE_USES];
        struct bench *b = *state;

        use_rules(b);
        take_all_low(b, PAT);
        assert_false(udp(b, 1, "10.1.1.5", 123, PEER, 123));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_XLATE), 1);
        assert_int_equal(
                logged(b, "%ASA-3-305006: portmap translation creation failed for udp src inside:10.1.1.5/123 dst "
                          "outside:203.0.113.7/123"),
                1);
        assert_int_equal(logged(b, "%ASA-3-202010: PAT pool exhausted for " PAT ", port range [1-511]. Unable to "
                                   "create UDP connection from inside:10.1.1.5/123 to outside:203.0.113.7/123"),
                         1);
        xlate_use(b->f.w, use);
        assert_int_equal(use[1].denied, 1);
        assert_int_equal(use[1].current, 511);
        assert_int_equal(dynamic_count(b), 0);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 123)); /* the other groups are not touched */
}

static void test_fallback_to_interface(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", PAT)->iface_fallback = true;
        nf_commit(&b->n, &b->f);
        take_all_low(b, PAT);
        assert_true(udp(b, 1, "10.1.1.5", 123, PEER, 123));
        assert_from_to(b, "192.0.2.1", 123, PEER, 123);
}

static void test_static_service_port_is_reserved(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_service(&b->n, "srv", "inside", "outside", "interface", IPPROTO_UDP_, 69, 6969);
        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, "10.1.1.5", 6969, PEER, 4000));
        assert_int_not_equal(b->v.sport, 6969);
}

static void test_refused_flow_keeps_nothing(void **state)
{
        struct bench *b = *state;
        struct addr pat = pb_addr(PAT);

        use_rules(b);
        refuse_late = true;
        assert_false(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_int_equal(wf_drops(&b->f, DROP_CONN_LIMIT), 1);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 0);
        refuse_late = false;
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        refuse_late = true; /* a second flow of the same source must not take the first one's away */
        assert_false(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        assert_int_equal(dynamic_count(b), 1);
        assert_true(udp(b, 0, PEER, 4000, PAT, 5060));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_pat_shares_an_address),
                T(test_pinholes_are_translated),
                T(test_pinhole_holds_its_translation),
                T(test_pat_same_source_same_port),
                T(test_pat_port_groups),
                T(test_pat_rests_then_goes),
                T(test_pat_taken_up_again_while_resting),
                T(test_pat_to_interface_and_echo),
                T(test_outside_pat),
                T(test_pool_exhausted),
                T(test_fallback_to_interface),
                T(test_static_service_port_is_reserved),
                T(test_refused_flow_keeps_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
