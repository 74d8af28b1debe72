/* Flows of the box itself. */
#include "tests/support/punt_flow_rig.h"

/* ---- flows of the box itself ---- */

static struct box_flow box_open(uint8_t proto)
{
        struct addr peer = pb_addr(SERVER);
        struct box_flow b;
        struct err e = { 0 };

        if (punt_box_open(p.wf.w, proto, 0, &peer, 514, &b, &e) < 0)
                fail_msg("%s", e.text);
        return b;
}

static void a_box_flow_is_a_conn_with_a_pseudo_address(void **state)
{
        struct box_flow b = box_open(IPPROTO_UDP_);
        struct conn *c = pf_conn(&p);

        (void)state;
        assert_non_null(c);
        assert_int_equal(c->action, CONN_BOX);
        assert_int_equal(c->flow, b.flow);
        assert_int_equal(b.pseudo.v4, pseudo_addr(1, 0, b.flow));
        assert_int_equal(b.pseudo_port, 32768 + b.gen);
        assert_int_equal(c->side[1].key.iface, WF_INSIDE);
        assert_true(punt_box_alive(p.wf.w, b.flow, b.gen));
        assert_false(punt_box_alive(p.wf.w, b.flow, (uint8_t)(b.gen + 1)));
        assert_int_equal(punt_box_expect(p.wf.w, b.flow, b.gen, 0, 5), -1); /* whose socket? */
        silent();                                                           /* no proxy worker has to do with it */
        punt_box_close(p.wf.w, b.flow, b.gen);
        assert_false(punt_box_alive(p.wf.w, b.flow, b.gen));
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(stat_of().flows, 0);
        punt_box_close(p.wf.w, b.flow, b.gen); /* twice */
        silent();
}

/* The last segments of a TCP flow still pass after its socket was closed. */
static void a_closed_tcp_flow_of_the_box_lingers(void **state)
{
        struct box_flow b = box_open(IPPROTO_TCP_);

        (void)state;
        punt_box_close(p.wf.w, b.flow, b.gen);
        assert_true(pf_conn(&p)->ending);
        assert_int_equal(stat_of().flows, 1);
        wf_advance(&p.wf, PUNT_LINGER_MS + 100);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(stat_of().flows, 0);
        silent();
}

/* The conn is cleared under a socket that still holds the flow: the id stays with its owner. */
static void the_id_of_a_dead_box_flow_waits_for_its_owner(void **state)
{
        struct box_flow b = box_open(IPPROTO_UDP_), other;

        (void)state;
        clear_conns();
        assert_false(punt_box_alive(p.wf.w, b.flow, b.gen));
        assert_int_equal(stat_of().flows, 1);
        other = box_open(IPPROTO_UDP_);
        assert_int_not_equal(other.flow, b.flow);
        punt_box_close(p.wf.w, b.flow, b.gen);
        punt_box_close(p.wf.w, other.flow, other.gen);
        assert_int_equal(stat_of().flows, 0);
}

static void the_box_needs_a_route(void **state)
{
        struct addr v6 = pb_addr("2001:db8::1"), peer = pb_addr(SERVER);
        struct box_flow b;
        struct err e = { 0 };

        (void)state;
        assert_int_equal(punt_box_open(p.wf.w, IPPROTO_UDP_, 0, &v6, 53, &b, &e), -1);
        assert_non_null(strstr(e.text, "no route to 2001:db8::1"));
        assert_int_equal(punt_box_open(p.wf.w, IPPROTO_UDP_, WF_OUTSIDE + 40, &peer, 53, &b, &e), -1);
        assert_int_equal(stat_of().flows, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_box_flow_is_a_conn_with_a_pseudo_address),
                T(a_closed_tcp_flow_of_the_box_lingers),
                T(the_id_of_a_dead_box_flow_waits_for_its_owner),
                T(the_box_needs_a_route),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
