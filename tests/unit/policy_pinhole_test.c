#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "policy/pinhole_int.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static uint8_t f[2048];

static int start(void **state)
{
        (void)state;
        pf_init(&p);
        pf_start(&p);
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_stop(&p);
        return 0;
}

static bool udp(unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        size_t n = pb_udp(f, sizeof f, src, sport, dst, dport, "x", 1);

        f[5] = (uint8_t)(2 + port);
        wf_send(&p.wf, port, f, n);
        return wf_clear(&p.wf) == 1;
}

/* A flow from the client to a port of the server, which no list permits. */
static struct pinhole_spec hole(const char *src, uint16_t sport, uint16_t dport)
{
        struct pinhole_spec s = { .proto = IPPROTO_UDP_,
                                  .in_iface = WF_OUTSIDE,
                                  .dst = pb_addr(SERVER),
                                  .sport = sport,
                                  .dport = dport,
                                  .out_iface = WF_INSIDE,
                                  .timeout_s = 30,
                                  .owner = 4711,
                                  .once = true };

        if (src)
                s.src = pb_addr(src);
        return s;
}

static int open_hole(struct pinhole_spec s)
{
        return pinhole_add(p.wf.w, &s);
}

static uint32_t count(void)
{
        return pinhole_count(p.wf.w->pinholes);
}

static void an_expected_flow_passes_once(void **state)
{
        (void)state;
        assert_false(udp(0, CLIENT, 7000, SERVER, 20000));
        assert_int_equal(open_hole(hole(CLIENT, 7000, 20000)), 0);
        assert_true(udp(0, CLIENT, 7000, SERVER, 20000));
        assert_int_equal(count(), 0);
        assert_int_equal(pf_conn(&p)->parent, 4711);
        assert_true(udp(0, CLIENT, 7000, SERVER, 20000)); /* the flow goes on */
        assert_false(udp(0, CLIENT, 7001, SERVER, 20000));
}

static void a_lasting_hole_admits_several(void **state)
{
        struct pinhole_spec s = hole(CLIENT, 0, 20000);

        (void)state;
        s.once = false;
        assert_int_equal(open_hole(s), 0);
        assert_true(udp(0, CLIENT, 7000, SERVER, 20000));
        assert_true(udp(0, CLIENT, 7001, SERVER, 20000));
        assert_false(udp(0, "192.0.2.51", 7001, SERVER, 20000));
        assert_false(udp(0, CLIENT, 7001, SERVER, 20001));
        assert_int_equal(count(), 1);
}

/* What came of a hole is told by what opened it. */
static void media_of_skinny_are_flagged(void **state)
{
        static const struct {
                enum inspect_id opener;
                const char *flags;
        } rows[] = { { INSPECT_NONE, "-" }, { INSPECT_SIP, "-" }, { INSPECT_SKINNY, "k" } };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct pinhole_spec s = hole(CLIENT, 0, (uint16_t)(20000 + i));
                uint32_t cursor = 0;
                struct conn_row r;
                bool end;

                s.opener = rows[i].opener;
                assert_int_equal(open_hole(s), 0);
                assert_true(udp(0, CLIENT, 7000, SERVER, (uint16_t)(20000 + i)));
                assert_int_equal(conn_walk(p.wf.w, &cursor, NULL, &r, 1, &end), 1);
                assert_string_equal(r.flags, rows[i].flags);
                conn_end(p.wf.w, pf_conn(&p), CONN_END_CLEARED);
                wf_advance(&p.wf, 1);
        }
}

static const struct pinhole *find(const char *src, uint16_t sport, uint16_t dport)
{
        struct addr a = pb_addr(src), b = pb_addr(SERVER);
        struct flow_key k = {
                .iface = WF_OUTSIDE, .proto = IPPROTO_UDP_, .fam = ADDR_V4, .sport = sport, .dport = dport
        };

        k.src[0] = a.v4;
        k.dst[0] = b.v4;
        return pinhole_find(p.wf.w->pinholes, &k);
}

static void the_narrowest_hole_is_taken(void **state)
{
        struct pinhole_spec any = hole(NULL, 0, 0), port = hole(NULL, 0, 20000), src = hole(CLIENT, 0, 20000),
                            exact = hole(CLIENT, 7000, 20000);

        (void)state;
        any.owner = 1, port.owner = 2, src.owner = 3, exact.owner = 4;
        open_hole(any);
        open_hole(port);
        open_hole(src);
        open_hole(exact);
        assert_int_equal(find(CLIENT, 7000, 20000)->spec.owner, 4);
        assert_int_equal(find(CLIENT, 7001, 20000)->spec.owner, 3);
        assert_int_equal(find("192.0.2.77", 7000, 20000)->spec.owner, 2);
        assert_int_equal(find("192.0.2.77", 7000, 20001)->spec.owner, 1);
}

static void a_hole_closes_in_time(void **state)
{
        (void)state;
        open_hole(hole(CLIENT, 7000, 20000));
        wf_advance(&p.wf, 20000);
        open_hole(hole(CLIENT, 7000, 20000)); /* asked for again: one hole, a fresh wait */
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 20000);
        assert_int_equal(count(), 1);
        wf_advance(&p.wf, 10100);
        assert_int_equal(count(), 0);
        assert_false(udp(0, CLIENT, 7000, SERVER, 20000));
}

static void the_owners_end_closes_what_it_opened(void **state)
{
        struct pinhole_spec s;
        struct conn *c;

        (void)state;
        assert_true(udp(1, SERVER, 5000, CLIENT, 5060));
        c = pf_conn(&p);
        for (uint16_t i = 0; i < 10; i++) {
                s = hole(CLIENT, 0, (uint16_t)(20000 + i));
                s.owner = i < 7 ? c->id : 99;
                open_hole(s);
        }
        assert_int_equal(count(), 10);
        conn_end(p.wf.w, c, CONN_END_CLEARED);
        assert_int_equal(count(), 3);
}

static void some_holes_are_never_opened(void **state)
{
        struct pinhole_spec s;

        (void)state;
        assert_int_equal(open_hole(hole(CLIENT, 0, 22)), -1); /* a well-known port */
        s = hole(CLIENT, 0, 20000);
        s.dst = pb_addr("10.1.1.1"); /* the appliance */
        assert_int_equal(open_hole(s), -1);
        s.dst = pb_addr("127.0.0.1");
        assert_int_equal(open_hole(s), -1);
        s.dst = pb_addr("224.0.0.5");
        assert_int_equal(open_hole(s), -1);
        s.dst = (struct addr){ 0 };
        assert_int_equal(open_hole(s), -1);
        s = hole(CLIENT, 0, 20000);
        s.proto = 47;
        assert_int_equal(open_hole(s), -1);
        s = hole("2001:db8::1", 0, 20000); /* families must agree */
        assert_int_equal(open_hole(s), -1);
        assert_int_equal(count(), 0);
}

/* A mapped address that is the interface's own (PAT) leads to a host behind it: that is not the appliance. */
static void through_the_interface_address_to_a_host(void **state)
{
        struct pinhole_spec s = hole(CLIENT, 0, 20000);
        const struct flow_key *k;

        (void)state;
        s.dst = pb_addr("192.0.2.1");
        s.dst_real = pb_addr(SERVER);
        s.dst_real_port = 30000;
        assert_int_equal(open_hole(s), 0);
        udp(0, CLIENT, 7000, "192.0.2.1", 20000);
        k = &pf_conn(&p)->side[1].key;
        assert_int_equal(k->iface, WF_INSIDE);
        assert_int_equal(k->src[0], s.dst_real.v4);
        assert_int_equal(k->sport, 30000);
        assert_int_equal(k->dport, 7000);
}

static void answers_to_the_box_reach_its_socket(void **state)
{
        struct pinhole_spec s = hole(CLIENT, 0, 20000);

        (void)state;
        s.dst = pb_addr("192.0.2.1");
        s.out_iface = IFACE_BOX;
        s.action = CONN_BOX;
        s.box_flow = 12;
        s.box_port = 999;
        assert_int_equal(open_hole(s), 0);
        assert_false(udp(0, CLIENT, 69, "192.0.2.1", 20000));
        assert_int_equal(p.taken, 1);
        assert_int_equal(p.last_taken->action, CONN_BOX);
        assert_int_equal(p.last_taken->side[1].key.iface, IFACE_BOX);
}

/* What an engine takes back is closed at once: the hole, whoever it is for, and the connection that came of it. */
static void what_was_expected_is_over(void **state)
{
        struct pinhole_spec s = hole(CLIENT, 7000, 20000), other = hole(CLIENT, 0, 20000);

        (void)state;
        open_hole(hole(NULL, 0, 20000));
        open_hole(hole(CLIENT, 0, 20000));
        open_hole(hole(CLIENT, 0, 20002));
        other.owner = 4712;
        open_hole(other);
        pinhole_end(p.wf.w, &s);
        assert_int_equal(count(), 2); /* another place, another owner */
        open_hole(hole(CLIENT, 7000, 20004));
        assert_true(udp(0, CLIENT, 7000, SERVER, 20004));
        assert_int_equal(conn_count(p.wf.w->conns), 1);
        s.dport = 20004;
        s.owner = 1;
        pinhole_end(p.wf.w, &s); /* not its own */
        assert_int_equal(conn_count(p.wf.w->conns), 1);
        s.owner = 4711;
        pinhole_end(p.wf.w, &s);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_false(udp(0, CLIENT, 7000, SERVER, 20004));
}

static void a_forged_source_does_not_fit_a_hole(void **state)
{
        (void)state;
        open_hole(hole(NULL, 0, 20000));
        assert_false(udp(0, "10.1.1.3", 7000, SERVER, 20000));
        assert_int_equal(wf_drops(&p.wf, DROP_SPOOF), 1);
        assert_int_equal(count(), 1);
}

static void packet_tracer_does_not_use_up_a_hole(void **state)
{
        (void)state;
        open_hole(hole(CLIENT, 7000, 20000));
        pf_trace(&p, WF_OUTSIDE, f, pb_udp(f, sizeof f, CLIENT, 7000, SERVER, 20000, "x", 1));
        assert_true(p.trace.allow);
        assert_non_null(pf_phase(&p, "FLOW-LOOKUP"));
        assert_int_equal(count(), 1);
}

static void the_table_has_a_hard_end(void **state)
{
        struct pinhole_spec s = hole(CLIENT, 0, 20000);
        unsigned ok = 0;

        (void)state;
        for (uint32_t i = 0; i < PINHOLES_MAX + 5; i++) {
                s.src = addr_v4(0xC6330000 + i);
                ok += open_hole(s) == 0;
        }
        assert_int_equal(ok, PINHOLES_MAX);
        wf_advance(&p.wf, 34000); /* a loop fires a bounded number of timers */
        assert_int_equal(count(), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(an_expected_flow_passes_once),
                T(a_lasting_hole_admits_several),
                T(media_of_skinny_are_flagged),
                T(the_narrowest_hole_is_taken),
                T(a_hole_closes_in_time),
                T(the_owners_end_closes_what_it_opened),
                T(some_holes_are_never_opened),
                T(through_the_interface_address_to_a_host),
                T(answers_to_the_box_reach_its_socket),
                T(what_was_expected_is_over),
                T(a_forged_source_does_not_fit_a_hole),
                T(packet_tracer_does_not_use_up_a_hole),
                T(the_table_has_a_hard_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
