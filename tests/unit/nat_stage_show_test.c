/* NAT in packet-tracer, show and clear. */
#include "tests/support/nat_bench.h"

/* ---- packet-tracer ---- */

static void trace(struct bench *b, struct trace *t, uint16_t iface, const char *src, const char *dst)
{
        struct pkt *pk = pkt_get(b->f.w->pkts, 100);
        struct pb p = pb_of(src, 49152, dst, 5443, IPPROTO_UDP_);
        struct burst burst = { .n = 1, .pk = { pk } };

        memset(t, 0, sizeof *t);
        p.dmac = pb_mac((uint8_t)(1 + iface));
        pk->len = (uint32_t)pb_build(pkt_frame(pk), 100, &p);
        pk->iface = iface;
        pk->has_l2 = pk->dry = true;
        pk->trace = t;
        dp_run(b->f.w, wire, &burst);
}

static const struct trace_phase *phase(const struct trace *t, const char *type, const char *subtype)
{
        for (unsigned i = 0; i < t->n; i++) {
                if (strcmp(t->phase[i].type, type) == 0 && strcmp(t->phase[i].subtype, subtype) == 0)
                        return &t->phase[i];
        }
        return NULL;
}

static void test_trace(void **state)
{
        struct bench *b = *state;
        static struct trace t;
        const struct trace_phase *ph;
        uint64_t tr, un;

        use_rules(b);
        trace(b, &t, OUT, PEER, SRV_MAPPED);
        assert_true(t.allow);
        ph = phase(&t, "UN-NAT", "static");
        assert_non_null(ph);
        assert_string_equal(ph->info, "NAT divert to egress interface inside\n"
                                      "Untranslate 192.0.2.140/5443 to 10.1.1.2/5443");
        assert_int_equal(ph->ref, TRACE_REF_NAT);
        assert_int_equal(ph->ref_id, nat_rule_at(nat_rt(b->f.w->snap), 0)->id);
        trace(b, &t, IN, "10.1.1.5", PEER);
        assert_true(t.allow);
        ph = phase(&t, "NAT", "");
        assert_non_null(ph);
        assert_string_equal(ph->info, "Dynamic translate 10.1.1.5/49152 to 192.0.2.9/49152");
        trace(b, &t, IN, SRV, PEER);
        assert_string_equal(phase(&t, "NAT", "")->info, "Static translate 10.1.1.2/49152 to 192.0.2.140/49152");
        trace(b, &t, OUT, PEER, SRV);
        assert_false(t.allow);
        assert_int_equal(t.drop, DROP_NAT_RPF);
        ph = phase(&t, "NAT", "rpf-check");
        assert_true(ph && !ph->allow);
        trace(b, &t, OUT, PEER, PAT);
        assert_int_equal(t.drop, DROP_NAT_POOL);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(conn_count(b->f.w->conns), 0);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &tr, &un);
        assert_int_equal(tr + un, 0);
        assert_int_equal(logged(b, "305013") + logged(b, "305006") + logged(b, "305011"), 0);
}

/* packet-tracer tells the port a real packet would get. */
static void test_trace_foresees(void **state)
{
        struct bench *b = *state;
        static struct trace t;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.6", 49152, PEER2, 1));
        trace(b, &t, IN, "10.1.1.6", PEER); /* shares the live one */
        assert_string_equal(phase(&t, "NAT", "")->info, "Dynamic translate 10.1.1.6/49152 to 192.0.2.9/49152");
        trace(b, &t, IN, "10.1.1.5", PEER); /* another port */
        assert_null(strstr(phase(&t, "NAT", "")->info, "192.0.2.9/49152"));
}

/* ---- show and clear ---- */

static unsigned walk(struct bench *b, struct xlate_row *rows, unsigned max)
{
        uint32_t cursor = 0;
        unsigned n = 0;
        bool end = false;

        while (!end)
                n += xlate_walk(b->f.w, &cursor, rows + n, MIN_OF(2u, max - n), &end);
        return n;
}

static void test_walk(void **state)
{
        struct bench *b = *state;
        struct xlate_row rows[16];
        struct addr srv = pb_addr(SRV), mapped = pb_addr(SRV_MAPPED), pat = pb_addr(PAT);

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.6", 7000, PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        wf_advance(&b->f, 5000);
        assert_int_equal(walk(b, rows, 16), 3);
        assert_false(rows[0].dynamic);
        assert_true(addr_eq(&rows[0].real, &srv) && addr_eq(&rows[0].mapped, &mapped));
        assert_int_equal(rows[0].len, 32);
        assert_int_equal(rows[0].idle_ms, 5000);
        assert_int_equal(rows[0].timeout_ms, 0);
        assert_true(rows[1].dynamic && rows[1].portmap && rows[1].rport == 5060 && rows[1].mport == 5060);
        assert_true(rows[1].real_if == IN && rows[1].mapped_if == OUT && addr_eq(&rows[1].mapped, &pat));
        assert_int_equal(rows[1].timeout_ms, 30000);
        assert_true(rows[2].dynamic && rows[2].rport == 7000);
        assert_int_equal(xlate_count(b->f.w), 3);
        assert_int_equal(xlate_most(b->f.w), 3);
}

static void test_clear(void **state)
{
        struct bench *b = *state;
        uint32_t cursor = 0;
        bool end = false;
        unsigned n = 0;

        use_rules(b);
        for (uint16_t i = 0; i < 200; i++)
                assert_true(udp(b, 1, "10.1.1.5", (uint16_t)(5000 + i), PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        while (!end)
                n += xlate_clear(b->f.w, &cursor, &end);
        assert_int_equal(n, 200);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(conn_count(b->f.w->conns), 0); /* that of the static translation as well */
        assert_int_equal(logged(b, "305012"), 200);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_trace),
                T(test_trace_foresees),
                T(test_walk),
                T(test_clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
