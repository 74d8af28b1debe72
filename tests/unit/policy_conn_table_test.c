/* The table of connections: its end, walks, sweeps, ids. */
#include "tests/support/conn_rig.h"

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

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
