/* Connections of ICMP: echoes, answers, errors. */
#include "tests/support/conn_rig.h"

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

#define T(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(pings_are_flows_for_two_seconds),
                T(an_answer_passes_once),
                T(a_request_is_no_answer),
                T(an_answer_is_judged_by_the_lists),
                T(other_messages_pass_one_by_one),
                T(icmp_errors_must_fit_a_connection),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
