/* The stage runner: verdicts, drops, deferred frees, transmit, what replay is told. */
#include "platform/net/dp.h"

#include "platform/net/arp.h"
#include "platform/net/egress.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static struct pkt *some_pkt(struct worker_fixture *f, uint32_t tag)
{
        struct pkt *pk = pkt_get(f->w->pkts, 100);

        assert_non_null(pk);
        pk->frame_no = tag;
        pk->iface = WF_OUTSIDE;
        return pk;
}

struct ends {
        unsigned n;
        struct {
                uint32_t frame;
                enum pkt_verdict v;
                uint16_t drop, out;
                const char *why;
        } e[16];
};

static void note_end(void *ctx, const struct pkt *pk, enum pkt_verdict v)
{
        struct ends *x = ctx;

        assert_true(x->n < ARRAY_LEN(x->e));
        x->e[x->n].frame = pk->frame_no;
        x->e[x->n].v = v;
        x->e[x->n].drop = pk->drop;
        x->e[x->n].out = pk->out_iface;
        x->e[x->n++].why = pk->consumed;
}

static void odd_dropped(struct worker *w, struct burst *b)
{
        (void)w;
        for (unsigned i = 0; i < b->n; i++)
                if (b->pk[i]->frame_no & 1)
                        dp_drop(b->pk[i], DROP_ACL);
}

static void only_even_left(struct worker *w, struct burst *b)
{
        (void)w;
        assert_int_equal(b->n, 2);
        assert_int_equal(b->pk[0]->frame_no, 2);
        dp_consume(b->pk[0], "test");
        dp_consume(b->pk[1], "test");
}

static void test_compacts(void **state)
{
        static const struct fast_stage list[] = { { "a", odd_dropped }, { "b", only_even_left }, { 0 } };
        struct worker_fixture f;
        struct burst b = { .n = 4 };
        struct ends x = { 0 };

        (void)state;
        wf_init(&f);
        wf_start(&f);
        f.w->verdict = note_end;
        f.w->verdict_ctx = &x;
        for (uint32_t i = 0; i < 4; i++)
                b.pk[i] = some_pkt(&f, i + 1);
        dp_run(f.w, list, &b);
        assert_int_equal(b.n, 0);
        assert_int_equal(wf_drops(&f, DROP_ACL), 2);
        assert_int_equal(f.ifstat[WF_OUTSIDE].drops, 2);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        assert_int_equal(x.n, 4);
        assert_int_equal(x.e[0].v, PKT_DROP);
        assert_int_equal(x.e[0].drop, DROP_ACL);
        assert_int_equal(x.e[2].v, PKT_TAKEN);
        assert_string_equal(x.e[2].why, "test");
        wf_stop(&f);
}

/* Hands its packets to an inner run which drops them, and only then marks them taken. */
static const struct fast_stage drop_all[];

static void inner(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct burst one = { .n = 1, .pk = { b->pk[i] } };

                dp_run(w, drop_all, &one);
                assert_true(pkt_pool_used(w->pkts) > 0);
                assert_ptr_not_equal(pkt_get(w->pkts, 100), b->pk[i]); /* not given out again while we look at it */
                dp_taken(b->pk[i]);
        }
}

static void dropper(struct worker *w, struct burst *b)
{
        (void)w;
        for (unsigned i = 0; i < b->n; i++)
                dp_drop(b->pk[i], DROP_TCP_SEQ);
}

static const struct fast_stage drop_all[] = { { "drop", dropper }, { 0 } };

static void test_nested_runs_free_late(void **state)
{
        static const struct fast_stage list[] = { { "inner", inner }, { 0 } };
        struct worker_fixture f;
        struct burst b = { .n = 1 };

        (void)state;
        wf_init(&f);
        wf_start(&f);
        b.pk[0] = some_pkt(&f, 1);
        dp_run(f.w, list, &b);
        assert_int_equal(wf_drops(&f, DROP_TCP_SEQ), 1);
        assert_int_equal(pkt_pool_used(f.w->pkts), 1); /* the one inner() took */
        wf_stop(&f);
}

static void test_discard_outside_a_run(void **state)
{
        struct worker_fixture f;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        dp_discard(f.w, some_pkt(&f, 1), DROP_NO_BUFFER);
        assert_int_equal(wf_drops(&f, DROP_NO_BUFFER), 1);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        dp_count(f.w, DROP_FLOW_LIMIT);
        assert_int_equal(wf_drops(&f, DROP_FLOW_LIMIT), 1);
        wf_stop(&f);
}

/* A packet-tracer packet leaves no mark but its trace. */
static void test_dry_drop(void **state)
{
        struct worker_fixture f;
        struct trace t = { .allow = true };
        struct pkt *pk;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        pk = some_pkt(&f, 1);
        pk->dry = true;
        pk->trace = &t;
        dp_discard(f.w, pk, DROP_ACL);
        assert_int_equal(wf_drops(&f, DROP_ACL), 0);
        assert_int_equal(f.ifstat[WF_OUTSIDE].drops, 0);
        assert_false(t.allow);
        assert_int_equal(t.drop, DROP_ACL);
        wf_stop(&f);
}

static void test_trace(void **state)
{
        struct trace t = { 0 };
        struct pkt pk = { .trace = &t };
        struct trace_phase *ph = trace_add(&pk, "ACCESS-LIST", "log", true);

        (void)state;
        trace_info(ph, "line %d", 7);
        assert_string_equal(t.phase[0].info, "line 7");
        assert_string_equal(t.phase[0].type, "ACCESS-LIST");
        for (int i = 0; i < 100; i++)
                trace_info(trace_add(&pk, "X", "", false), "%0300d", 1);
        assert_int_equal(t.n, TRACE_PHASES_MAX);
        pk.trace = NULL;
        assert_null(trace_add(&pk, "X", "", true));
        trace_info(NULL, "nothing");
}

static void test_transmit(void **state)
{
        struct worker_fixture f;
        struct ends x = { 0 };
        struct pkt *pk;
        uint8_t fr[100];

        (void)state;
        wf_init(&f);
        wf_start(&f);
        memset(f.ifstat, 0, sizeof f.ifstat);
        f.w->verdict = note_end;
        f.w->verdict_ctx = &x;
        for (uint32_t i = 0; i < 200; i++) { /* more than a burst */
                pk = some_pkt(&f, i);
                pk->from_box = i > 0;
                pk->len = 60;
                memset(pkt_frame(pk), (int)i, 60);
                pk->out_iface = WF_INSIDE;
                dp_transmit(f.w, pk);
        }
        assert_int_equal(wf_take(&f, 1, fr, sizeof fr), 0);
        dp_flush(f.w);
        for (uint32_t i = 0; i < 200; i++) {
                assert_int_equal(wf_take(&f, 1, fr, sizeof fr), 60);
                assert_int_equal(fr[0], i & 0xFF);
        }
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        assert_int_equal(f.ifstat[WF_INSIDE].out_pkts, 200);
        assert_int_equal(f.ifstat[WF_INSIDE].out_bytes, 12000);
        assert_int_equal(x.n, 1); /* ours are no input */
        assert_int_equal(x.e[0].v, PKT_NEXT);
        assert_int_equal(x.e[0].out, WF_INSIDE);
        pk = some_pkt(&f, 5);
        pk->out_iface = 9;
        dp_transmit(f.w, pk);
        assert_int_equal(wf_drops(&f, DROP_IFACE_DOWN), 1);
        wf_stop(&f);
}

static void test_to_tun(void **state)
{
        struct worker_fixture f;
        struct ends x = { 0 };
        uint8_t fr[200];
        struct pkt *pk;
        struct pb_view v;
        size_t n;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        f.w->verdict = note_end;
        f.w->verdict_ctx = &x;
        pk = some_pkt(&f, 1);
        pk->consumed = "inspect mmp";
        dp_to_tun(f.w, pk); /* replay: there is no kernel */
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        assert_string_equal(x.e[0].why, "inspect mmp");
        f.w->tun = port_mem_new("tun", true);
        pk = some_pkt(&f, 2);
        pk->len = (uint32_t)pb_udp(pkt_frame(pk), 100, "10.0.0.1", 1, "10.0.0.2", 2, "a", 1) + 20;
        pk->has_l2 = true;
        pk->l3 = pk->off + 14;
        pk->end = pk->off + pk->len - 20;
        dp_to_tun(f.w, pk);
        dp_flush(f.w);
        n = port_mem_take(f.w->tun, fr, sizeof fr, NULL);
        assert_int_equal(n, 29);
        assert_true(pb_parse(fr, n, true, &v) && v.l4_ok);
        wf_stop(&f);
}

static void test_no_snapshot(void **state)
{
        struct worker_fixture f;
        struct err e;
        uint8_t fr[100];
        size_t n = pb_udp(fr, sizeof fr, "192.0.2.9", 1, "10.1.1.9", 2, "", 0);

        (void)state;
        wf_init(&f);
        f.w = worker_new(0, &f.env, &e);
        f.port[0] = port_mem_new("a", false);
        assert_int_equal(worker_add_port(f.w, 0, f.port[0], &e), 0);
        assert_int_equal(worker_add_port(f.w, 0, f.port[0], &e), -1);
        assert_int_equal(worker_add_port(f.w, WORKER_PORTS_MAX, f.port[0], &e), -1);
        wf_send(&f, 0, fr, n);
        assert_int_equal(wf_drops(&f, DROP_NO_SNAPSHOT), 1);
        wf_stop(&f);
}

static void test_drop_names(void **state)
{
        (void)state;
        assert_string_equal(drop_key(DROP_ACL), "acl-drop");
        assert_string_equal(drop_text(DROP_ACL), "Flow is denied by configured rule");
        assert_false(drop_is_flow(DROP_ACL));
        assert_true(drop_is_flow(DROP_FLOW_LIMIT));
        assert_string_equal(drop_key(9999), "unknown");
        for (unsigned i = 0; i < DROP_REASONS; i++)
                assert_true(drop_key(i)[0] && drop_text(i)[0]);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_compacts),
                cmocka_unit_test(test_nested_runs_free_late),
                cmocka_unit_test(test_discard_outside_a_run),
                cmocka_unit_test(test_dry_drop),
                cmocka_unit_test(test_trace),
                cmocka_unit_test(test_transmit),
                cmocka_unit_test(test_to_tun),
                cmocka_unit_test(test_no_snapshot),
                cmocka_unit_test(test_drop_names),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
