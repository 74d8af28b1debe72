/* Connections through the policy layer's own path: lookup, state, age, ends, what the operator sees. */
#include "tests/support/test.h"

#include "policy/conn_check.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static uint8_t f[2048];
static struct pb_view v;

static int start(void **state)
{
        (void)state;
        pf_init(&p);
        pf_ace(&p, "in", "permit ip any any");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_stop(&p);
        return 0;
}

/* Each port has its own MAC. */
static void send(unsigned port, size_t n)
{
        f[5] = (uint8_t)(2 + port);
        wf_send(&p.wf, port, f, n);
}

/* True when exactly one frame came out of the port; it is in v. */
static bool came_out(unsigned port)
{
        size_t n = wf_take(&p.wf, port, f, sizeof f);

        return n && pb_parse(f, n, false, &v) && !wf_take(&p.wf, port, f + 1600, 400);
}

static bool from_client(uint8_t flags, uint32_t seq, uint32_t ack, unsigned pay)
{
        static const uint8_t data[1400];

        send(0, pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 80, flags, seq, ack, data, pay));
        return came_out(1);
}

static bool from_server(uint8_t flags, uint32_t seq, uint32_t ack, unsigned pay)
{
        static const uint8_t data[1400];

        send(1, pb_tcp(f, sizeof f, SERVER, 80, CLIENT, 40000, flags, seq, ack, data, pay));
        return came_out(0);
}

static void handshake(void)
{
        assert_true(from_client(PB_SYN, 100, 0, 0));
        assert_true(from_server(PB_SYN | PB_ACK, 900, 101, 0));
        assert_true(from_client(PB_ACK, 101, 901, 0));
}

static const char *flags(void)
{
        static struct conn_row r;
        uint32_t cursor = 0;
        bool end;

        memset(&r, 0, sizeof r);
        assert_int_equal(conn_walk(p.wf.w, &cursor, NULL, &r, 1, &end), 1);
        return r.flags;
}

static uint32_t count(void)
{
        return conn_count(p.wf.w->conns);
}

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

static void echo(unsigned from, bool reply, uint16_t seq)
{
        send(from, pb_echo(f, sizeof f, from ? SERVER : CLIENT, from ? CLIENT : SERVER, reply, 77, seq));
}

static void inspect_icmp(void)
{
        pf_inspect(pf_class(&p, "global", "inspection_default"), INSPECT_ICMP, NULL);
        pf_commit(&p);
}

/* One answer for each request, in any order, of the last 64. */
static void an_answer_passes_once(void **state)
{
        (void)state;
        inspect_icmp();
        for (uint16_t seq = 65530; seq != 70; seq++) {
                echo(1, false, seq);
                assert_true(came_out(0));
        }
        echo(0, true, 69);
        assert_true(came_out(1));
        echo(0, true, 6);
        assert_true(came_out(1));
        echo(0, true, 5); /* too long ago */
        echo(0, true, 69);
        echo(0, true, 70); /* not asked yet */
        assert_false(came_out(1));
        assert_int_equal(wf_drops(&p.wf, DROP_ICMP_NO_CONN), 3);
        assert_true(pf_logged(&p, "%ASA-4-313004: Denied ICMP type=0, from 192.0.2.50 on interface outside to "
                                  "10.1.1.2:no matching session"));
        echo(1, false, 65000); /* counts anew */
        assert_true(came_out(0));
        echo(0, true, 68);
        assert_false(came_out(1));
        echo(0, true, 65000);
        assert_true(came_out(1));
}

/* An identifier of 0 makes the keys of both directions alike. */
static void a_request_is_no_answer(void **state)
{
        (void)state;
        send(1, pb_echo(f, sizeof f, SERVER, CLIENT, false, 0, 1));
        assert_true(came_out(0));
        send(0, pb_echo(f, sizeof f, CLIENT, SERVER, false, 0, 1));
        assert_false(came_out(1));
        assert_int_equal(wf_drops(&p.wf, DROP_ICMP_NO_CONN), 1);
}

/* Without inspection the lists say what comes back; what nobody asked for is like any other packet and leaves
 * nothing. */
static void an_answer_is_judged_by_the_lists(void **state)
{
        (void)state;
        echo(0, true, 9);
        assert_true(came_out(1));
        assert_int_equal(count(), 0);
        echo(1, false, 1);
        assert_true(came_out(0));
        assert_int_equal(count(), 1);
        echo(0, true, 1);
        assert_true(came_out(1));
        echo(0, true, 1);
        assert_true(came_out(1));
        pf_ace(&p, "no", "deny icmp any any 0");
        pf_bind(&p, "no", "in", "outside");
        pf_commit(&p);
        echo(0, true, 1);
        assert_false(came_out(1));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1);
}

static void other_messages_pass_one_by_one(void **state)
{
        struct pb b = pb_of(SERVER, 0, CLIENT, 0, IPPROTO_ICMP_);

        (void)state;
        b.icmp_type = 13;
        for (unsigned i = 0; i < 2; i++) {
                send(1, pb_build(f, sizeof f, &b));
                assert_true(came_out(0));
                assert_int_equal(v.icmp_type, 13);
                assert_int_equal(count(), 0);
        }
}

static void pings_are_flows_for_two_seconds(void **state)
{
        (void)state;
        inspect_icmp();
        send(1, pb_echo(f, sizeof f, SERVER, CLIENT, false, 77, 1));
        assert_true(came_out(0));
        send(0, pb_echo(f, sizeof f, CLIENT, SERVER, true, 77, 1));
        assert_true(came_out(1));
        assert_true(pf_logged(
                &p,
                "302020: Built outbound ICMP connection for faddr 192.0.2.50/0 gaddr 10.1.1.2/77 laddr 10.1.1.2/77"));
        wf_advance(&p.wf, 2100);
        assert_int_equal(count(), 0);
        send(0, pb_echo(f, sizeof f, CLIENT, SERVER, true, 77, 1));
        assert_false(came_out(1));
        assert_int_equal(wf_drops(&p.wf, DROP_ICMP_NO_CONN), 1);
}

static void send_error(uint32_t quoted_seq)
{
        uint8_t q[100];
        struct pb b = pb_of(CLIENT, 40000, SERVER, 80, IPPROTO_TCP_);
        size_t n;

        b.l3 = true;
        b.flags = PB_ACK;
        b.seq = quoted_seq;
        n = pb_build(q, sizeof q, &b);
        assert_true(n >= 28);
        send(1, pb_icmp_error(f, sizeof f, SERVER, CLIENT, 3, 1, 0, q, 28));
}

static void icmp_errors_must_fit_a_connection(void **state)
{
        (void)state;
        send_error(101);
        assert_false(came_out(0));
        assert_int_equal(wf_drops(&p.wf, DROP_ICMP_NO_CONN), 1);
        handshake();
        assert_true(from_client(PB_ACK, 101, 901, 10));
        send_error(101 + 9999);
        assert_false(came_out(0)); /* quotes what was never sent */
        assert_int_equal(wf_drops(&p.wf, DROP_ICMP_NO_CONN), 2);
        send_error(105);
        assert_true(came_out(0));
        assert_int_equal(v.icmp_type, 3);
        assert_int_equal(count(), 1);
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

static void the_table_has_a_hard_end(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 4100; i++) {
                size_t n = pb_udp(f, sizeof f, SERVER, (uint16_t)(1024 + i), CLIENT, 53, "x", 1);

                send(1, n);
                wf_clear(&p.wf);
        }
        assert_int_equal(count(), 4096);
        assert_int_equal(conn_most(p.wf.w->conns), 4096);
        assert_int_equal(wf_drops(&p.wf, DROP_CONN_TABLE), 4);
        wf_advance(&p.wf, 121000);
        assert_int_equal(count(), 0);
        handshake();
}

static void walks_and_clears_by_filter(void **state)
{
        struct conn_filter by_port = { .port_lo = 40000, .port_hi = 40001 };
        struct conn_filter by_addr = { .proto = IPPROTO_UDP_, .lo = pb_addr("10.1.1.0"), .hi = pb_addr("10.1.1.2") };
        struct conn_row r[8];
        uint32_t cursor = 0;
        bool end = false;

        (void)state;
        handshake();
        for (uint16_t i = 0; i < 5; i++)
                send(1, pb_udp(f, sizeof f, SERVER, (uint16_t)(5000 + i), CLIENT, 53, "x", 1));
        assert_int_equal(conn_walk(p.wf.w, &cursor, &by_port, r, 8, &end), 1);
        assert_true(end);
        assert_int_equal(r[0].proto, IPPROTO_TCP_);
        assert_int_equal(r[0].real_port[0], 40000);
        assert_int_equal(r[0].timeout_ms, 3600000);
        cursor = 0;
        assert_int_equal(conn_walk(p.wf.w, &cursor, NULL, r, 4, &end), 4);
        assert_false(end);
        assert_int_equal(conn_walk(p.wf.w, &cursor, NULL, r, 4, &end), 2);
        assert_true(end);
        cursor = 0;
        assert_int_equal(conn_clear(p.wf.w, &cursor, &by_addr, CONN_END_CLEARED, &end), 5);
        assert_int_equal(count(), 1);
        cursor = 0;
        assert_int_equal(conn_clear(p.wf.w, &cursor, NULL, CONN_END_CLEARED, &end), 1);
        assert_true(pf_logged(&p, "Connection cleared by operator"));
}

static struct conn_faults faults_now(void)
{
        struct conn_faults sum = { 0 };
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_check(p.wf.w, &cursor, &sum, &end);
        return sum;
}

/* What a self check would tell of a damaged table. */
static void a_self_check_finds_damage(void **state)
{
        struct conn_faults sum;
        struct conn *c;

        (void)state;
        handshake();
        c = pf_conn(&p);
        send(1, pb_udp(f, sizeof f, SERVER, 5000, CLIENT, 53, "x", 1));
        sum = faults_now();
        assert_int_equal(sum.seen, 2);
        assert_int_equal(sum.lost + sum.strange + sum.counts, 0);
        c->side[1].key.dport ^= 1;
        c->id = 0;
        sum = faults_now();
        assert_int_equal(sum.lost, 1);
        assert_int_equal(sum.strange, 1);
        c->side[1].key.dport ^= 1;
        c->id = 1;
}

static void open_flows(unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                send(1, pb_udp(f, sizeof f, SERVER, (uint16_t)(1024 + i), CLIENT, 53, "x", 1));
                wf_clear(&p.wf);
        }
        assert_int_equal(count(), n);
}

/* A console that asks about many must not keep packets waiting: each call is short, and the next goes on behind it.
 */
static void a_call_of_a_walk_is_bounded(void **state)
{
        const struct conn_filter nobody = { .lo = pb_addr("203.0.113.1") };
        struct conn_row r[8];
        uint32_t cursor = 0;
        unsigned calls = 0, ended = 0;
        bool end = false;

        (void)state;
        open_flows(1500);
        for (; !end; calls++)
                assert_int_equal(conn_walk(p.wf.w, &cursor, &nobody, r, 8, &end), 0);
        assert_in_range(calls, 3, 6);
        end = false;
        for (cursor = 0; !end; calls++) {
                unsigned n = conn_clear(p.wf.w, &cursor, NULL, CONN_END_CLEARED, &end);

                assert_in_range(n, 0, 128);
                ended += n;
        }
        assert_int_equal(ended, 1500);
        assert_int_equal(count(), 0);
}

static void what_is_the_boxs_own_can_be_left_out(void **state)
{
        const struct conn_filter through = { .through = true };
        struct conn_row r[4];
        uint32_t cursor = 0;
        bool end = false;

        (void)state;
        handshake();
        pf_conn(&p)->action = CONN_BOX;
        for (uint16_t port = 1024; port < 1026; port++)
                send(1, pb_udp(f, sizeof f, SERVER, port, CLIENT, 53, "x", 1));
        assert_int_equal(conn_walk(p.wf.w, &cursor, &through, r, 4, &end), 2);
        assert_int_equal(r[0].proto, IPPROTO_UDP_);
        cursor = 0;
        assert_int_equal(conn_clear(p.wf.w, &cursor, &through, CONN_END_CLEARED, &end), 2);
        assert_int_equal(count(), 1);
        assert_int_equal(pf_conn(&p)->action, CONN_BOX);
}

static void the_table_is_as_large_as_memory_allows(void **state)
{
        (void)state;
        assert_int_equal(conns_max_for(0), CONNS_LEAST_MAX);
        assert_int_equal(conns_max_for(64ull << 30), CONNS_MOST_MAX);
        assert_in_range(conns_max_for(2ull << 30), 262144, 600000);
        assert_true(conns_max_for(2ull << 30) * (uint64_t)sizeof(struct conn) <= (2ull << 30) / 8);
}

static void a_slot_and_an_id_name_one_life(void **state)
{
        struct conn_table *t = p.wf.w->conns;
        struct conn *c;
        uint32_t slot;
        uint64_t id;

        (void)state;
        handshake();
        c = pf_conn(&p);
        slot = conn_slot(t, c);
        id = c->id;
        assert_ptr_equal(conn_at(t, slot, id), c);
        assert_null(conn_at(t, slot, id + 1));
        assert_null(conn_at(t, 999999, id));
        conn_end(p.wf.w, c, CONN_END_CLEARED);
        conn_end(p.wf.w, c, CONN_END_CLEARED); /* harmless */
        assert_null(conn_at(t, slot, id));
        worker_step(p.wf.w);
        handshake();
        assert_null(conn_at(t, slot, id));
}

static void an_interface_that_changes_ends_its_connections(void **state)
{
        struct iface_conf *i;

        (void)state;
        handshake();
        pf_commit(&p); /* nothing changed */
        wf_advance(&p.wf, 50);
        assert_int_equal(count(), 1);
        i = conf_list_find(&p.wf.conf.ifaces, "GigabitEthernet0/1");
        i->ip = pb_addr("10.1.1.9");
        pf_commit(&p);
        wf_advance(&p.wf, 50);
        assert_int_equal(count(), 0);
        assert_true(pf_logged(&p, "Interface down"));
        handshake(); /* the new address is as good */
        wf_advance(&p.wf, 50);
        assert_int_equal(count(), 1);
}

/* What is built under the new address in the very loop that saw the commit is not swept with the old. */
static void the_sweep_spares_what_is_newer(void **state)
{
        struct iface_conf *i = conf_list_find(&p.wf.conf.ifaces, "GigabitEthernet0/1");
        size_t n;

        (void)state;
        handshake();
        i->ip = pb_addr("10.1.1.9");
        n = pb_udp(f, sizeof f, SERVER, 5000, CLIENT, 53, "x", 1);
        f[5] = 3;
        assert_int_equal(port_mem_inject(p.wf.port[1], f, n, NULL), 0);
        pf_commit(&p);
        wf_advance(&p.wf, 50);
        assert_int_equal(count(), 1);
        assert_int_equal(pf_conn(&p)->proto, IPPROTO_UDP_);
}

static void a_sweep_of_many_takes_its_time(void **state)
{
        struct iface_conf *i = conf_list_find(&p.wf.conf.ifaces, "GigabitEthernet0/1");

        (void)state;
        open_flows(2500);
        i->ip = pb_addr("10.1.1.9");
        pf_commit(&p);
        for (unsigned ticks = 0, was = 2500; was; ticks++) {
                assert_in_range(ticks, 0, 10);
                wf_advance(&p.wf, 10);
                assert_in_range(was - count(), 0, 2 * 1024); /* two turns of the wheel at most */
                was = count();
        }
}

static void a_route_that_changes_is_followed(void **state)
{
        (void)state;
        wf_neighbour(&p.wf, WF_INSIDE, "10.1.1.3", pb_mac(0x23));
        wf_route(&p.wf, "inside", "10.9.0.0", 16, "10.1.1.2");
        pf_commit(&p);
        send(0, pb_udp(f, sizeof f, CLIENT, 5000, "10.9.0.1", 53, "x", 1));
        assert_true(came_out(1));
        assert_int_equal(v.dmac.b[5], 0x22);
        conf_list_del(&p.wf.conf.routes, list_entry(p.wf.conf.routes.items.prev, struct conf_obj, link));
        wf_route(&p.wf, "inside", "10.9.0.0", 16, "10.1.1.3");
        pf_commit(&p);
        send(0, pb_udp(f, sizeof f, CLIENT, 5000, "10.9.0.1", 53, "x", 1));
        assert_true(came_out(1));
        assert_int_equal(v.dmac.b[5], 0x23);
        conf_list_del(&p.wf.conf.routes, list_entry(p.wf.conf.routes.items.prev, struct conf_obj, link));
        pf_commit(&p);
        send(0, pb_udp(f, sizeof f, CLIENT, 5000, "10.9.0.1", 53, "x", 1));
        assert_false(came_out(1));
        assert_int_equal(wf_drops(&p.wf, DROP_NO_ROUTE), 1);
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
                T(pings_are_flows_for_two_seconds),
                T(an_answer_passes_once),
                T(a_request_is_no_answer),
                T(an_answer_is_judged_by_the_lists),
                T(other_messages_pass_one_by_one),
                T(icmp_errors_must_fit_a_connection),
                T(two_packets_of_a_new_flow_in_one_burst),
                T(ports_are_free_again_at_once),
                T(a_lingering_flow_makes_room),
                T(the_table_has_a_hard_end),
                T(walks_and_clears_by_filter),
                T(a_self_check_finds_damage),
                T(a_call_of_a_walk_is_bounded),
                T(what_is_the_boxs_own_can_be_left_out),
                T(the_table_is_as_large_as_memory_allows),
                T(a_slot_and_an_id_name_one_life),
                T(an_interface_that_changes_ends_its_connections),
                T(the_sweep_spares_what_is_newer),
                T(a_sweep_of_many_takes_its_time),
                T(a_route_that_changes_is_followed),
                T(packet_tracer_leaves_nothing_behind),
                T(refused_plans_are_told),
                T(every_reason_has_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
