/* Punted flows: their life, full rings, faults. */
#include "tests/support/punt_flow_rig.h"

/* ---- helpers ---- */

static void syn(uint16_t sport)
{
        uint8_t f[200];

        wf_send(&p.wf, 0, f, pb_tcp(f, sizeof f, CLIENT, sport, SERVER, 5443, PB_SYN, 1000, 0, NULL, 0));
}

static struct punt_msg flow_new(uint16_t sport)
{
        syn(sport);
        return expect_msg(PUNT_FLOW_NEW);
}

/* The conn is gone, both sides know. */
static void end_flow(const struct punt_msg *m)
{
        struct punt_msg end;

        clear_conns();
        end = expect_msg(PUNT_END);
        assert_int_equal(end.flow, m->flow);
        assert_int_equal(end.gen, m->gen);
        say(PUNT_GONE, m->flow, m->gen);
        step();
}

/* ---- life ---- */

static void a_new_flow_is_announced_with_everything(void **state)
{
        struct punt_msg m = flow_new(40000);
        const struct punt_flow_info *i = &m.info;
        struct addr client = pb_addr(CLIENT), server = pb_addr(SERVER);

        (void)state;
        assert_int_equal(m.flow, 3);
        assert_int_equal(i->proto, IPPROTO_TCP_);
        assert_int_equal(i->engine, INSPECT_MMP);
        assert_int_equal(i->action, CONN_PUNT);
        assert_true(i->accept_first);
        assert_int_equal(i->tls_proxy_id, 77);
        assert_int_equal(i->iface[0], WF_OUTSIDE);
        assert_int_equal(i->iface[1], WF_INSIDE);
        assert_true(addr_eq(&i->client_real.a, &client) && addr_eq(&i->client_mapped.a, &client));
        assert_true(addr_eq(&i->server_real.a, &server) && addr_eq(&i->server_mapped.a, &server));
        assert_int_equal(i->client_real.port, 40000);
        assert_int_equal(i->server_mapped.port, 5443);
        assert_non_null(conn_at(p.wf.w->conns, i->conn_slot, i->conn_id));
        assert_int_equal(stat_of().flows, 1);
        syn(40000); /* again: the same flow */
        silent();
        assert_int_equal(flow_new(40001).flow, 4);
        assert_int_equal(stat_of().most, 2);
}

static void the_conn_ends_first(void **state)
{
        struct punt_msg m = flow_new(40000), end;

        (void)state;
        clear_conns();
        end = expect_msg(PUNT_END);
        assert_int_equal(end.flow, m.flow);
        assert_int_equal(end.gen, m.gen);
        assert_int_equal(end.reason, CONN_END_CLEARED);
        assert_int_equal(stat_of().waiting_gone, 1);
        assert_int_equal(stat_of().flows, 1); /* the id is not free yet */
        assert_int_not_equal(flow_new(40001).flow, m.flow);
        say(PUNT_GONE, m.flow, m.gen);
        step();
        silent();
        assert_int_equal(stat_of().waiting_gone, 0);
        assert_int_equal(stat_of().flows, 1);
}

/* Last segments still pass for a while; then the conn ends and the proxy is answered. */
static void the_proxy_ends_first(void **state)
{
        struct punt_msg m = flow_new(40000), gone;

        (void)state;
        say(PUNT_END, m.flow, m.gen);
        step();
        silent();
        assert_true(pf_conn(&p)->ending);
        wf_advance(&p.wf, PUNT_LINGER_MS - 500);
        silent();
        wf_advance(&p.wf, 600);
        gone = expect_msg(PUNT_GONE);
        assert_int_equal(gone.flow, m.flow);
        assert_int_equal(gone.gen, m.gen);
        silent();
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(stat_of().flows, 0);
        assert_true(pf_logged(&p, "302014"));
}

static void a_reset_from_the_wire_ends_it_before_that(void **state)
{
        struct punt_msg m = flow_new(40000);
        uint8_t f[200];

        (void)state;
        say(PUNT_END, m.flow, m.gen);
        step();
        wf_send(&p.wf, 0, f, pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 5443, PB_RST, 1001, 0, NULL, 0));
        wf_advance(&p.wf, 20);
        expect_msg(PUNT_GONE);
        assert_int_equal(stat_of().flows, 0);
}

static void ends_that_cross_are_each_others_answer(void **state)
{
        struct punt_msg m = flow_new(40000);

        (void)state;
        say(PUNT_END, m.flow, m.gen); /* in its ring when the conn ends */
        clear_conns();
        expect_msg(PUNT_END);
        step();
        silent();
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(stat_of().waiting_gone, 0);
}

static void the_next_life_has_another_generation(void **state)
{
        struct punt_msg first, m;

        (void)state;
        /* FIFO: an id rests until all others were used; here by hand. */
        first = flow_new(40000);
        end_flow(&first);
        for (unsigned life = 1; life < 600; life++) {
                struct punt_flow *f = NULL;
                uint8_t gen, before = first.gen;
                uint32_t id;

                for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++) {
                        id = punt_flow_take(p.wf.w->punt, &f, &gen);
                        assert_int_not_equal(id, 0);
                        punt_flow_give(p.wf.w->punt, f);
                        if (id == first.flow)
                                break;
                }
                assert_int_equal(id, first.flow);
                assert_int_equal(gen, (uint8_t)(before + 1));
                first.gen = gen;
                if (life == 3)
                        life = 598; /* the wrap at 256 is the same addition */
        }
        m = flow_new(40001);
        assert_int_not_equal(m.flow, first.flow);
}

static void stale_messages_do_nothing(void **state)
{
        struct punt_msg m = flow_new(40000);
        static const uint32_t ids[] = { 0, 1, 2, 4, 70000, 0xFFFFFFFF };

        (void)state;
        say(PUNT_END, m.flow, (uint8_t)(m.gen + 1));
        say(PUNT_GONE, m.flow, (uint8_t)(m.gen + 1));
        say(PUNT_GONE, m.flow, m.gen); /* nobody asked */
        say((enum punt_kind)99, m.flow, m.gen);
        for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
                say(PUNT_END, ids[i], m.gen);
                say(PUNT_GONE, ids[i], m.gen);
        }
        step();
        silent();
        assert_false(pf_conn(&p)->ending);
        assert_int_equal(stat_of().flows, 1);
        end_flow(&m);
        say(PUNT_GONE, m.flow, m.gen); /* twice */
        say(PUNT_END, m.flow, m.gen);
        step();
        silent();
        assert_int_equal(stat_of().flows, 0);
}

static void a_thousand_lives_leave_nothing(void **state)
{
        uint64_t live = 0;

        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                struct punt_msg m = flow_new((uint16_t)(40000 + i));

                if (i == 10)
                        live = mem_live_blocks();
                if (i % 3 == 0) {
                        end_flow(&m);
                } else if (i % 3 == 1) {
                        say(PUNT_END, m.flow, m.gen);
                        step();
                        clear_conns();
                        expect_msg(PUNT_GONE);
                } else {
                        say(PUNT_END, m.flow, m.gen);
                        clear_conns();
                        expect_msg(PUNT_END);
                        step();
                }
                silent();
                assert_int_equal(stat_of().flows, 0);
                if (i > 10)
                        assert_int_equal(mem_live_blocks(), live);
        }
        assert_int_equal(conn_count(p.wf.w->conns), 0);
}

/* ---- full rings ---- */

static unsigned fill_ring(void)
{
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        while (ring_push(link_[0].to_proxy, &junk))
                n++;
        return n;
}

static void a_half_full_ring_refuses_new_flows(void **state)
{
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        (void)state;
        for (; n < PUNT_RING_SLOTS / 2; n++)
                assert_true(ring_push(link_[0].to_proxy, &junk));
        syn(40000);
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_RING), 1);
        assert_int_equal(stat_of().refused_ring, 1);
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        drain_ring(n);
        silent();
        flow_new(40000);
}

static void control_messages_wait_for_room(void **state)
{
        struct punt_msg a = flow_new(40000), b = flow_new(40001), m;
        unsigned n = fill_ring();

        (void)state;
        say(PUNT_END, b.flow, b.gen);
        step();
        clear_conns(); /* a owes END, b owes GONE */
        step();
        drain_ring(n);
        silent();
        step();
        for (unsigned i = 0; i < 2; i++) {
                assert_true(heard(&m));
                assert_int_equal(m.kind, m.flow == a.flow ? PUNT_END : PUNT_GONE);
        }
        silent();
        say(PUNT_GONE, a.flow, a.gen);
        step();
        assert_int_equal(stat_of().flows, 0);
}

/* Our END was still waiting when theirs came: it will never be sent, so theirs is answered. */
static void an_end_that_crosses_one_not_sent_yet_is_answered(void **state)
{
        struct punt_msg a = flow_new(40000), m;
        unsigned n = fill_ring();

        (void)state;
        clear_conns();
        say(PUNT_END, a.flow, a.gen);
        step();
        drain_ring(n);
        step();
        m = expect_msg(PUNT_GONE);
        assert_int_equal(m.flow, a.flow);
        silent();
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(stat_of().waiting_gone, 0);
}

static void ids_are_limited_and_come_back_in_turn(void **state)
{
        static struct punt_flow *f[PUNT_FLOWS_MAX];
        struct punt *punt = p.wf.w->punt;
        struct punt_flow *none;
        uint8_t gen;

        (void)state;
        for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++)
                assert_int_equal(punt_flow_take(punt, &f[i], &gen), i + 3);
        assert_int_equal(punt_flow_take(punt, &none, &gen), 0);
        assert_int_equal(stat_of().refused_id, 1);
        syn(40000);
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_ID), 1);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        punt_flow_give(punt, f[7]);
        punt_flow_give(punt, f[5]);
        assert_int_equal(punt_flow_take(punt, &f[7], &gen), 10);
        assert_int_equal(gen, 2);
        assert_int_equal(punt_flow_take(punt, &f[5], &gen), 8);
        for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++)
                punt_flow_give(punt, f[i]);
        assert_int_equal(stat_of().flows, 0);
}

/* ---- faults ---- */

static void rings_and_tables_need_their_memory(void **state)
{
        struct err e = { 0 };
        struct punt_link l;
        struct punt *punt = NULL;
        uint64_t live = mem_live_blocks();
        bool linked = false;

        (void)state;
        for (unsigned n = 1; !linked; n++) {
                assert_true(n < 20);
                mem_fail_nth(n, false);
                linked = punt_link_init(&l, p.wf.w, &e) == 0;
                if (!linked)
                        assert_true(e.code == ERR_NOMEM && mem_live_blocks() == live);
        }
        punt_link_fini(&l);
        for (unsigned n = 1; !punt; n++) {
                assert_true(n < 20);
                mem_fail_nth(n, false);
                punt = punt_new(p.wf.w, links, 1);
        }
        mem_fail_nth(0, false);
        punt_free(punt);
        punt_free(NULL);
        assert_int_equal(mem_live_blocks(), live);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_new_flow_is_announced_with_everything),
                T(the_conn_ends_first),
                T(the_proxy_ends_first),
                T(a_reset_from_the_wire_ends_it_before_that),
                T(ends_that_cross_are_each_others_answer),
                T(the_next_life_has_another_generation),
                T(stale_messages_do_nothing),
                T(a_thousand_lives_leave_nothing),
                T(a_half_full_ring_refuses_new_flows),
                T(control_messages_wait_for_room),
                T(an_end_that_crosses_one_not_sent_yet_is_answered),
                T(ids_are_limited_and_come_back_in_turn),
                T(rings_and_tables_need_their_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
