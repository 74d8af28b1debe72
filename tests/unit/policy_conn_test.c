/* Connections: how they live and end, by TCP and UDP. */
#include "tests/support/conn_rig.h"

static void a_tcp_connection_lives_and_dies(void **state)
{
        (void)state;
        assert_true(from_client(PB_SYN, 100, 0, 0));
        assert_string_equal(flags(), "SaAB");
        assert_true(from_server(PB_SYN | PB_ACK, 900, 101, 0));
        assert_string_equal(flags(), "aB");
        assert_true(from_client(PB_ACK, 101, 901, 0));
        assert_string_equal(flags(), "UB");
        assert_true(from_client(PB_ACK | PB_PSH, 101, 901, 10));
        assert_string_equal(flags(), "UIB");
        assert_true(from_server(PB_ACK | PB_PSH, 901, 111, 20));
        assert_string_equal(flags(), "UIOB");
        assert_true(from_client(PB_FIN | PB_ACK, 111, 921, 0));
        assert_string_equal(flags(), "UFIOB");
        assert_true(from_server(PB_FIN | PB_ACK, 921, 112, 0));
        assert_string_equal(flags(), "UfFrIOB");
        clock_advance_ms(&p.wf.time, 4000);
        assert_true(from_client(PB_ACK, 112, 922, 0));
        assert_int_equal(count(), 0);
        assert_true(pf_logged(
                &p, "302013: Built inbound TCP connection 1 for outside:192.0.2.50/40000 (192.0.2.50/40000) "
                    "to inside:10.1.1.2/80 (10.1.1.2/80)"));
        assert_true(pf_logged(&p,
                              "302014: Teardown TCP connection 1 for outside:192.0.2.50/40000 to inside:10.1.1.2/80 "
                              "duration 0:00:04 bytes 30 TCP FINs"));
}

static void an_outbound_flow_names_the_outside_first(void **state)
{
        (void)state;
        send(1, pb_tcp(f, sizeof f, SERVER, 1500, CLIENT, 80, PB_SYN, 1, 0, NULL, 0));
        assert_true(came_out(0));
        assert_string_equal(flags(), "saA");
        assert_true(pf_logged(&p,
                              "302013: Built outbound TCP connection 1 for outside:192.0.2.50/80 (192.0.2.50/80) to "
                              "inside:10.1.1.2/1500 (10.1.1.2/1500)"));
        send(0, pb_tcp(f, sizeof f, CLIENT, 80, SERVER, 1500, PB_SYN | PB_ACK, 7, 2, NULL, 0));
        assert_string_equal(flags(), "A");
}

static void a_reset_ends_it_at_once(void **state)
{
        (void)state;
        handshake();
        assert_true(from_server(PB_RST, 901, 0, 0));
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p, "bytes 0 TCP Reset-I"));
        handshake();
        assert_true(from_client(PB_RST, 101, 0, 0));
        assert_true(pf_logged(&p, "bytes 0 TCP Reset-O"));
}

static void packets_without_a_connection(void **state)
{
        (void)state;
        assert_false(from_client(PB_ACK, 100, 1, 0));
        assert_int_equal(wf_drops(&p.wf, DROP_TCP_NOT_SYN), 1);
        assert_true(pf_logged(&p, "106015: Deny TCP (no connection) from 192.0.2.50/40000 to 10.1.1.2/80 flags ACK  "
                                  "on interface outside"));
        assert_false(from_client(PB_SYN, 100, 0, 5));
        assert_int_equal(wf_drops(&p.wf, DROP_TCP_NOT_SYN), 2);
        assert_int_equal(count(), 0);
}

static void outside_the_window_is_dropped(void **state)
{
        (void)state;
        handshake();
        assert_false(from_client(PB_ACK, 101 + 100000, 901, 5));
        assert_int_equal(wf_drops(&p.wf, DROP_TCP_SEQ), 1);
        assert_int_equal(pf_conn(&p)->side[0].pkts, 2);
}

static void a_handshake_has_thirty_seconds(void **state)
{
        (void)state;
        assert_true(from_client(PB_SYN, 100, 0, 0));
        wf_advance(&p.wf, 20000);
        assert_true(from_client(PB_SYN, 100, 0, 0)); /* trying again does not prolong it */
        wf_advance(&p.wf, 9900);
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 200);
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p, "bytes 0 SYN Timeout"));
}

static void an_idle_connection_has_its_hour(void **state)
{
        (void)state;
        handshake();
        clock_advance_ms(&p.wf.time, 3599000);
        worker_step(p.wf.w);
        assert_true(from_client(PB_ACK, 101, 901, 1));
        clock_advance_ms(&p.wf.time, 3599000);
        wf_advance(&p.wf, 20);
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 1100);
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p, "Conn-timeout"));
}

static void half_closed_has_ten_minutes(void **state)
{
        (void)state;
        handshake();
        clock_advance_ms(&p.wf.time, 100000);
        wf_advance(&p.wf, 50); /* its timer now waits for the idle hour */
        assert_true(from_client(PB_FIN | PB_ACK, 101, 901, 0));
        clock_advance_ms(&p.wf.time, 599000);
        wf_advance(&p.wf, 100);
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 1000);
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p, "FIN Timeout"));
}

/* One reset to each end, where it stands. */
static void an_idle_connection_may_be_reset(void **state)
{
        (void)state;
        handshake();
        assert_true(from_client(PB_ACK, 101, 901, 10));
        assert_true(from_server(PB_ACK, 901, 111, 20));
        assert_true(from_client(PB_ACK, 111, 921, 0));
        pf_conn(&p)->reset_idle = true;
        clock_advance_ms(&p.wf.time, 3600000);
        worker_step(p.wf.w);
        wf_advance(&p.wf, 20);
        assert_int_equal(count(), 0);
        assert_true(came_out(0));
        assert_int_equal(v.flags, PB_RST | PB_ACK);
        assert_int_equal(v.seq, 921);
        assert_int_equal(v.sport, 80);
        assert_int_equal(v.dport, 40000);
        assert_true(v.ip_ok && v.l4_ok);
        assert_true(came_out(1));
        assert_int_equal(v.seq, 111);
        assert_int_equal(v.sport, 40000);
}

static void datagrams_are_flows_for_two_minutes(void **state)
{
        (void)state;
        send(1, pb_udp(f, sizeof f, SERVER, 5000, CLIENT, 53, "abc", 3));
        assert_true(came_out(0));
        send(0, pb_udp(f, sizeof f, CLIENT, 53, SERVER, 5000, "abcde", 5));
        assert_true(came_out(1));
        assert_string_equal(flags(), "-");
        clock_advance_ms(&p.wf.time, 119000);
        worker_step(p.wf.w);
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 1100);
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p,
                              "302016: Teardown UDP connection 1 for outside:192.0.2.50/53 to inside:10.1.1.2/5000 "
                              "duration 0:02:00 bytes 8"));
}

static void two_packets_of_a_new_flow_in_one_burst(void **state)
{
        size_t n = pb_udp(f, sizeof f, SERVER, 5000, CLIENT, 53, "abc", 3);

        (void)state;
        f[5] = 3;
        port_mem_inject(p.wf.port[1], f, n, NULL);
        send(1, n);
        assert_int_equal(count(), 1);
        assert_int_equal(pf_conn(&p)->side[0].pkts, 2);
        assert_int_equal(wf_clear(&p.wf), 2);
}

/* The last ACK and a new SYN on the same ports, back to back: the second starts a connection of its own. */
static void ports_are_free_again_at_once(void **state)
{
        (void)state;
        handshake();
        from_client(PB_FIN | PB_ACK, 101, 901, 0);
        from_server(PB_FIN | PB_ACK, 901, 102, 0);
        assert_true(from_client(PB_ACK, 102, 902, 0));
        assert_true(from_client(PB_SYN, 70000, 0, 0));
        assert_int_equal(count(), 1);
        assert_int_equal(pf_conn(&p)->id, 2);
}

/* A flow whose proxy is done lingers for last segments; a new SYN of its client begins a new flow. */
static void a_lingering_flow_makes_room(void **state)
{
        struct conn *c;

        (void)state;
        handshake();
        c = pf_conn(&p);
        c->action = CONN_PUNT;
        c->ending = true;
        c->end_reason = CONN_END_PROXY;
        from_client(PB_SYN, 100, 0, 0); /* a copy of the old SYN is late, no more */
        assert_int_equal(pf_conn(&p)->id, 1);
        assert_true(from_client(PB_SYN, 88888, 0, 0));
        assert_int_equal(pf_conn(&p)->id, 2);
        assert_true(pf_logged(&p, "Flow closed by proxy"));
}

static void packet_tracer_leaves_nothing_behind(void **state)
{
        size_t n = pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 80, PB_SYN, 1, 0, NULL, 0);

        (void)state;
        pf_trace(&p, WF_OUTSIDE, f, n);
        assert_true(p.trace.allow);
        assert_int_equal(p.trace.out_iface, WF_INSIDE);
        assert_non_null(pf_phase(&p, "ROUTE-LOOKUP"));
        assert_non_null(pf_phase(&p, "FLOW-CREATION"));
        assert_int_equal(pf_phase(&p, "ACCESS-LIST")->ref, TRACE_REF_ACE);
        assert_int_equal(count(), 0);
        assert_int_equal(hit_get(p.wf.w->acl_hits, pf_phase(&p, "ACCESS-LIST")->ref_id), 0);
        assert_int_equal(wf_clear(&p.wf), 0);
        handshake();
        n = pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 80, PB_SYN, 1, 0, NULL, 0);
        pf_trace(&p, WF_OUTSIDE, f, n);
        assert_true(p.trace.allow);
        assert_string_equal(pf_phase(&p, "FLOW-LOOKUP")->info, "Found flow with id 1, using existing flow");
        assert_int_equal(pf_conn(&p)->side[0].pkts, 2);
}

/* What a plan held is given back by whoever made it, exactly when no conn came of it. */
static unsigned refusals;

static void on_refused(struct worker *w, const struct flow_plan *plan)
{
        (void)w;
        (void)plan;
        refusals++;
}

static void refused_plans_are_told(void **state)
{
        (void)state;
        refusals = 0;
        conn_on_refused(p.wf.w->conns, on_refused);
        handshake();
        assert_int_equal(refusals, 0);
        send(0, pb_udp(f, sizeof f, CLIENT, 5000, "172.16.0.1", 53, "x", 1));
        assert_int_equal(refusals, 1);
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1); /* back out where it came in */
        p.drop_late = true; /* a stage behind the conn: the conn's end gives back what the plan held */
        send(0, pb_udp(f, sizeof f, CLIENT, 5000, SERVER, 53, "x", 1));
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_RING), 1);
        assert_int_equal(count(), 1);
        assert_int_equal(refusals, 1);
}

static void every_reason_has_words(void **state)
{
        (void)state;
        for (unsigned i = 0; i < CONN_END_REASONS; i++)
                assert_true(strlen(conn_end_text((enum conn_end_reason)i)) > 3);
        assert_string_equal(conn_end_text((enum conn_end_reason)99), "Unknown");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_tcp_connection_lives_and_dies),
                T(an_outbound_flow_names_the_outside_first),
                T(a_reset_ends_it_at_once),
                T(packets_without_a_connection),
                T(outside_the_window_is_dropped),
                T(a_handshake_has_thirty_seconds),
                T(an_idle_connection_has_its_hour),
                T(half_closed_has_ten_minutes),
                T(an_idle_connection_may_be_reset),
                T(datagrams_are_flows_for_two_minutes),
                T(two_packets_of_a_new_flow_in_one_burst),
                T(ports_are_free_again_at_once),
                T(a_lingering_flow_makes_room),
                T(packet_tracer_leaves_nothing_behind),
                T(refused_plans_are_told),
                T(every_reason_has_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
