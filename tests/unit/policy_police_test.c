/* Token buckets of classes: whole numbers, exact rates, what survives a commit. */
#include "tests/support/test.h"

#include "policy/police.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"
#define S UINT64_C(1000000000)

/* ---- the bucket ---- */

static void a_burst_then_the_rate(void **state)
{
        struct police_bucket b = { 0 };

        (void)state;
        police_bucket_set(&b, 8000, 3000, 7 * S);
        for (unsigned i = 0; i < 3; i++)
                assert_true(police_bucket_take(&b, 7 * S, 1000));
        assert_false(police_bucket_take(&b, 7 * S, 1));
        assert_false(police_bucket_take(&b, 7 * S + S - 1, 1000)); /* 1000 bytes a second, not a nanosecond early */
        assert_true(police_bucket_take(&b, 8 * S, 1000));
        assert_false(police_bucket_take(&b, 8 * S, 1));
        assert_true(police_bucket_take(&b, 8 * S + 1000000, 1));
        assert_true(police_bucket_take(&b, 1000 * S, 3000)); /* never more than the burst */
        assert_false(police_bucket_take(&b, 1000 * S, 1));
}

/* Asked far more often than a byte needs, nothing is rounded away. */
static void no_bit_is_lost(void **state)
{
        static const uint32_t rate[] = { 8000, 8001, 192000, 999999937, 2000000000 };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(rate); i++) {
                struct police_bucket b = { 0 };
                uint64_t bytes = 0, t = 0;

                police_bucket_set(&b, rate[i], 1500, 0);
                while (police_bucket_take(&b, 0, 1))
                        ;
                for (unsigned n = 0; n < 200000; n++) {
                        t += 37 + n % 11;
                        while (police_bucket_take(&b, t, 1))
                                bytes++;
                }
                assert_int_equal(bytes, t * rate[i] / (8 * S));
        }
}

static void extremes_do_not_overflow(void **state)
{
        struct police_bucket b = { 0 };

        (void)state;
        police_bucket_set(&b, 2000000000, 512000000, 0);
        for (unsigned i = 0; i < 7812; i++)
                assert_true(police_bucket_take(&b, 0, 65536));
        assert_false(police_bucket_take(&b, 0, 65536));
        assert_true(police_bucket_take(&b, UINT64_MAX / 2, 65536));
        assert_true(police_bucket_take(&b, UINT64_MAX / 2, 65536));
        assert_int_equal(b.left, (INT64_C(512000000) - 131072) * 8 * (int64_t)S);
}

/* It passes when the bucket is full, and what follows waits until it is paid off. */
static void larger_than_the_burst(void **state)
{
        struct police_bucket b = { 0 };

        (void)state;
        police_bucket_set(&b, 80000, 1000, 0);
        assert_true(police_bucket_take(&b, 0, 5000));
        assert_false(police_bucket_take(&b, 4 * S / 10, 1));
        assert_true(police_bucket_take(&b, 4 * S / 10 + S / 10, 1000));
        assert_false(police_bucket_take(&b, S / 2 + S / 10 - 1, 5000));
        assert_true(police_bucket_take(&b, S / 2 + S / 10, 5000));
}

static void a_new_line_keeps_what_is_left(void **state)
{
        struct police_bucket b = { 0 };

        (void)state;
        police_bucket_set(&b, 8000, 4000, 0);
        assert_true(police_bucket_take(&b, 0, 3000));
        police_bucket_set(&b, 16000, 4000, S); /* a second at the old rate: 2000 bytes */
        assert_int_equal(b.left, 2000 * 8 * (int64_t)S);
        police_bucket_set(&b, 16000, 1000, S);
        assert_int_equal(b.left, 1000 * 8 * (int64_t)S);
        police_bucket_set(&b, 16000, 9000, S); /* more room is not more tokens */
        assert_int_equal(b.left, 1000 * 8 * (int64_t)S);
}

static void the_burst_that_was_not_typed(void **state)
{
        struct police_conf c = { .rate = 192000 };

        (void)state;
        assert_int_equal(police_burst(&c), 6000);
        c.rate = 8000;
        assert_int_equal(police_burst(&c), 1500);
        c.burst = 1000;
        assert_int_equal(police_burst(&c), 1000);
}

/* ---- in the path ---- */

static struct policy_fixture p;
static uint8_t f[4096];

static int prepare(void **state)
{
        (void)state;
        pf_init(&p);
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_stop(&p);
        return 0;
}

/* A datagram of 100 bytes from IP header to end. */
static bool udp(uint16_t sport, uint16_t dport, bool back)
{
        static const uint8_t pay[72];
        unsigned port = back ? 1 : 0;
        size_t n = back ? pb_udp(f, sizeof f, SERVER, sport, CLIENT, dport, pay, sizeof pay)
                        : pb_udp(f, sizeof f, CLIENT, sport, SERVER, dport, pay, sizeof pay);

        f[5] = (uint8_t)(2 + port);
        wf_send(&p.wf, port, f, n);
        return wf_clear(&p.wf) == 1;
}

static unsigned sent(unsigned n, uint16_t sport, uint16_t dport)
{
        unsigned through = 0;

        for (unsigned i = 0; i < n; i++)
                through += udp(sport, dport, false);
        return through;
}

static struct class_action_conf *tftp_class(const char *nameif, enum police_dir dir)
{
        struct class_conf *c = pf_class_map(&p, "tftp", CM_PORT);
        struct class_action_conf *a = pf_class(&p, nameif, "tftp");

        c->l4 = 17;
        c->port = (struct port_spec){ .op = PORT_EQ, .lo = 69 };
        a->police[dir] = (struct police_conf){ .rate = 8000, .burst = 1000 };
        return a;
}

static struct police_count counts(const struct class_action_conf *a, uint16_t iface, enum police_dir dir)
{
        const struct police_key k = { .class_id = a->o.id, .iface = iface, .dir = (uint16_t)dir };

        return police_read(p.wf.w, &k);
}

static void a_flood_from_one_port(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);
        struct police_count n;

        (void)state;
        pf_start(&p);
        assert_int_equal(sent(25, 40000, 69), 10);
        assert_int_equal(wf_drops(&p.wf, DROP_RATE_EXCEEDED), 15);
        n = counts(a, WF_OUTSIDE, POLICE_INPUT);
        assert_int_equal(n.pkts[POLICE_CONFORMED], 10);
        assert_int_equal(n.bytes[POLICE_CONFORMED], 1000);
        assert_int_equal(n.pkts[POLICE_EXCEEDED], 15);
        assert_int_equal(n.bytes[POLICE_EXCEEDED], 1500);
        assert_int_equal(pf_conn(&p)->side[0].pkts, 10); /* what was dropped has not happened */
        wf_advance(&p.wf, 300);
        assert_int_equal(sent(9, 40000, 69), 3);
        assert_int_equal(sent(20, 40000, 70), 20); /* another class's */
}

/* Each datagram from a port of its own: what exceeds makes no connection. */
static void a_flood_from_many_ports(void **state)
{
        unsigned through = 0;

        (void)state;
        tftp_class("outside", POLICE_INPUT);
        pf_start(&p);
        for (uint16_t i = 0; i < 200; i++)
                through += udp((uint16_t)(40000 + i), 69, false);
        assert_int_equal(through, 10);
        assert_int_equal(conn_count(p.wf.w->conns), 10);
        assert_int_equal(wf_drops(&p.wf, DROP_RATE_EXCEEDED), 190);
}

/* Ten segments in one buffer are ten packets with ten headers. */
static void a_super_frame(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);
        struct pkt pk = { .l3 = 14, .l4 = 34, .pay = 54, .end = 54 + 9001, .tot_pay = 9001 };
        struct burst b = { .n = 1, .pk = { &pk } };
        struct police_count n;

        (void)state;
        a->police[POLICE_INPUT] = (struct police_conf){ .rate = 8000, .burst = 10000 };
        pf_start(&p);
        assert_true(udp(40000, 69, false));
        pk.conn = pf_conn(&p);
        pk.csum.gso_type = 1;
        pk.csum.gso_size = 1000;
        police_stage(p.wf.w, &b);
        assert_int_equal(pk.verdict, PKT_NEXT);
        n = counts(a, WF_OUTSIDE, POLICE_INPUT);
        assert_int_equal(n.pkts[POLICE_CONFORMED], 1 + 10);
        assert_int_equal(n.bytes[POLICE_CONFORMED], 100 + 9001 + 10 * 40);
        police_stage(p.wf.w, &b);
        assert_int_equal(pk.verdict, PKT_DROP);
        assert_int_equal(pk.drop, DROP_RATE_EXCEEDED);
}

/* What leaves an interface, and what enters it, are two things; answers go by their own direction. */
static void directions_are_apart(void **state)
{
        struct class_action_conf *a = tftp_class("inside", POLICE_OUTPUT);

        (void)state;
        a->police[POLICE_INPUT] = (struct police_conf){ .rate = 8000, .burst = 1000 };
        pf_start(&p);
        assert_int_equal(sent(11, 40000, 69), 10);
        assert_int_equal(counts(a, WF_INSIDE, POLICE_OUTPUT).pkts[POLICE_CONFORMED], 10);
        assert_int_equal(counts(a, WF_INSIDE, POLICE_INPUT).pkts[POLICE_CONFORMED], 0);
        for (unsigned i = 0; i < 20; i++)
                assert_true(udp(69, 40000, true)); /* to port 40000 */
        for (unsigned i = 0; i < 20; i++)
                assert_int_equal(udp(5000, 69, true), i < 10); /* to port 69 from inside: input there */
        assert_int_equal(counts(a, WF_INSIDE, POLICE_INPUT).pkts[POLICE_EXCEEDED], 10);
        assert_int_equal(counts(a, WF_OUTSIDE, POLICE_OUTPUT).pkts[POLICE_CONFORMED], 0);
}

/* A global policy has a bucket for each interface; that of the interface goes before it. */
static void a_global_policy(void **state)
{
        struct class_action_conf *g = tftp_class("global", POLICE_INPUT), *i;

        (void)state;
        pf_start(&p);
        assert_int_equal(sent(12, 40000, 69), 10);
        assert_true(udp(5000, 69, true));
        assert_int_equal(counts(g, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_EXCEEDED], 2);
        assert_int_equal(counts(g, WF_INSIDE, POLICE_INPUT).pkts[POLICE_CONFORMED], 1);
        i = tftp_class("outside", POLICE_INPUT);
        pf_commit(&p);
        assert_int_equal(sent(12, 40000, 69), 10); /* a flow that is there already */
        assert_int_equal(counts(i, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_CONFORMED], 10);
        assert_int_equal(counts(g, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_CONFORMED], 10);
}

static void actions_are_free(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);

        (void)state;
        a->police[POLICE_INPUT].exceed = POLICE_TRANSMIT;
        pf_start(&p);
        assert_int_equal(sent(15, 40000, 69), 15);
        assert_int_equal(counts(a, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_EXCEEDED], 5);
        a->police[POLICE_INPUT].conform = POLICE_DROP;
        pf_commit(&p);
        wf_advance(&p.wf, 100);
        assert_int_equal(sent(3, 40000, 69), 2); /* the first conforms, and that is what is not wanted */
}

static void a_commit_fills_no_bucket(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);

        (void)state;
        pf_start(&p);
        assert_int_equal(sent(10, 40000, 69), 10);
        pf_commit(&p);
        assert_int_equal(sent(5, 40000, 69), 0);
        assert_int_equal(sent(5, 40001, 69), 0);
        a->police[POLICE_INPUT].rate = 80000;
        pf_commit(&p);
        assert_int_equal(sent(5, 40000, 69), 0);
        wf_advance(&p.wf, 20);
        assert_int_equal(sent(5, 40000, 69), 2);
        a->police[POLICE_INPUT].rate = 0;
        pf_commit(&p);
        assert_int_equal(sent(50, 40000, 69), 50);
        assert_int_equal(counts(a, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_CONFORMED], 12);
}

static void rates_are_measured_and_counters_cleared(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);
        struct police_key k = { .iface = WF_OUTSIDE, .dir = POLICE_INPUT };
        struct police_count n;

        (void)state;
        pf_start(&p);
        k.class_id = a->o.id;
        sent(1, 40000, 69);
        for (unsigned i = 0; i < 100; i++) {
                wf_advance(&p.wf, 50);
                sent(2, 40000, 69); /* 32000 bps are offered, 8000 pass */
        }
        wf_advance(&p.wf, 5000);
        n = counts(a, WF_OUTSIDE, POLICE_INPUT);
        assert_in_range(n.bps[POLICE_CONFORMED] + n.bps[POLICE_EXCEEDED], 1, 33000);
        police_clear(p.wf.w, &k);
        n = police_read(p.wf.w, &k);
        assert_int_equal(n.pkts[POLICE_CONFORMED] + n.pkts[POLICE_EXCEEDED], 0);
        assert_int_equal(n.bytes[POLICE_CONFORMED] + n.bytes[POLICE_EXCEEDED], 0);
}

static void packet_tracer_takes_nothing(void **state)
{
        struct class_action_conf *a = tftp_class("outside", POLICE_INPUT);
        size_t n;

        (void)state;
        pf_start(&p);
        for (unsigned i = 0; i < 30; i++) {
                n = pb_udp(f, sizeof f, CLIENT, 1, SERVER, 69, f + 2048, 72);
                pf_trace(&p, WF_OUTSIDE, f, n);
                assert_true(p.trace.allow);
        }
        assert_string_equal(pf_phase(&p, "QOS")->info, "police input 8000 1000");
        assert_int_equal(pf_phase(&p, "QOS")->ref_id, a->o.id);
        assert_int_equal(sent(11, 40000, 69), 10);
        n = pb_udp(f, sizeof f, CLIENT, 1, SERVER, 69, f + 2048, 72);
        pf_trace(&p, WF_OUTSIDE, f, n);
        assert_int_equal(p.trace.drop, DROP_RATE_EXCEEDED);
        assert_false(pf_phase(&p, "QOS")->allow);
        assert_int_equal(counts(a, WF_OUTSIDE, POLICE_INPUT).pkts[POLICE_EXCEEDED], 1);
}

#define P(t) cmocka_unit_test_setup_teardown(t, prepare, stop)
int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_burst_then_the_rate),
                cmocka_unit_test(no_bit_is_lost),
                cmocka_unit_test(extremes_do_not_overflow),
                cmocka_unit_test(larger_than_the_burst),
                cmocka_unit_test(a_new_line_keeps_what_is_left),
                cmocka_unit_test(the_burst_that_was_not_typed),
                P(a_flood_from_one_port),
                P(a_flood_from_many_ports),
                P(a_super_frame),
                P(directions_are_apart),
                P(a_global_policy),
                P(actions_are_free),
                P(a_commit_fills_no_bucket),
                P(rates_are_measured_and_counters_cleared),
                P(packet_tracer_takes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
