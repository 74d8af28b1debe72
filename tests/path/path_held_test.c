/* Connect first: the client's SYN waits in the dataplane for its server. The test is client, private kernel and proxy
 * worker. */
#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "proxy/punt/punt_int.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define SERVED "192.0.2.140" /* 10.0.0.5 */

static const char config[] = "object network cucm\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static 192.0.2.140\n"
                             "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5060\n"
                             "access-group outside_in in interface outside\n"
                             "class-map sip_port\n"
                             " match port tcp eq 5060\n"
                             "policy-map global_policy\n"
                             " class sip_port\n"
                             "  inspect sip\n"
                             "service-policy global_policy global\n";

static struct path_fixture fx;
static struct pb_view v;
static uint8_t buf[2048];
static uint32_t idle_pkts; /* buffers in use when nothing waits */

static int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, true);
        fx.lazy = true; /* the test answers for the proxy worker */
        idle_pkts = pkt_pool_used(fx.w->pkts);
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

static struct punt_stat stat(void)
{
        struct punt_stat st;

        punt_stat(fx.w->punt, &st);
        return st;
}

static bool heard(struct punt_msg *m)
{
        return ring_pop(fx.parts.link[0][0].to_proxy, m);
}

static struct punt_msg expect_msg(enum punt_kind kind)
{
        struct punt_msg m;

        if (!heard(&m))
                fail_msg("nothing was said");
        assert_int_equal(m.kind, kind);
        return m;
}

static void silent(void)
{
        struct punt_msg m;

        assert_false(heard(&m));
}

static void say(enum punt_kind kind, const struct punt_msg *flow, enum conn_end_reason why)
{
        struct punt_msg m = { .kind = (uint8_t)kind, .flow = flow->flow, .gen = flow->gen, .reason = (uint8_t)why };

        assert_true(ring_push(fx.parts.link[0][0].to_dp, &m));
        px_settle(&fx);
}

static void client(uint16_t sport, uint8_t flags, uint32_t seq)
{
        px_tcp(&fx, 0, CLIENT, sport, SERVED, 5060, flags, seq, 0);
}

static struct punt_msg held(uint16_t sport)
{
        client(sport, PB_SYN, 1000);
        return expect_msg(PUNT_FLOW_NEW);
}

static bool to_kernel(void)
{
        return px_take_tun(&fx, buf, sizeof buf, &v);
}

static void nothing_is_left(void)
{
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(stat().flows, 0);
        assert_int_equal(stat().waiting_gone, 0);
        assert_int_equal(fx.w->punt->nheld, 0);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts);
        silent();
}

/* A reset of the address that was dialled, which the client must accept (RFC 9293, 3.10.7.3). */
static void client_is_reset(uint16_t sport)
{
        assert_true(px_take(&fx, 0, &v));
        assert_true(px_is(&v, SERVED, 5060, CLIENT, sport));
        assert_int_equal(v.flags, PB_RST | PB_ACK);
        assert_int_equal(v.ack, 1001);
}

static void a_syn_waits_for_its_server(void **state UNUSED)
{
        struct punt_msg m = held(40000);

        assert_false(m.info.accept_first);
        assert_int_equal(m.info.engine, INSPECT_SIP);
        assert_false(to_kernel());
        assert_int_equal(fx.w->punt->nheld, 1);
        client(40000, PB_SYN, 1000); /* retransmitted: one of them waits */
        silent();
        assert_int_equal(fx.w->punt->nheld, 1);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts + 1);
        say(PUNT_CONNECTED, &m, 0);
        assert_true(to_kernel());
        assert_int_equal(v.flags, PB_SYN);
        assert_int_equal(v.seq, 1000);
        assert_int_equal(v.src.v4, pseudo_addr(0, 0, m.flow));
        assert_int_equal(v.sport, pseudo_port(m.gen));
        assert_int_equal(v.dport, PUNT_LISTEN_PORT);
        assert_true(v.ip_ok && v.l4_ok);
        assert_false(to_kernel());
        assert_true(px_quiet(&fx)); /* nobody was reset, and the server hears from its own leg only */
        client(40000, PB_SYN, 1000);
        assert_true(to_kernel());   /* from now on everything goes straight there */
        say(PUNT_CONNECTED, &m, 0); /* twice is once */
        assert_false(to_kernel());
        assert_int_equal(fx.w->punt->nheld, 0);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts);
}

static void a_closed_port_is_closed_to_the_client(void **state UNUSED)
{
        struct punt_msg m = held(40000);

        say(PUNT_END, &m, CONN_END_RESET_I);
        client_is_reset(40000);
        assert_false(to_kernel());
        expect_msg(PUNT_GONE);
        nothing_is_left();
        m = held(40000); /* its next try is a new flow */
        say(PUNT_END, &m, CONN_END_PROXY_FULL);
        client_is_reset(40000);
        expect_msg(PUNT_GONE);
        nothing_is_left();
}

/* The server leg speaks while the client waits. */
static void the_server_leg_does_not_let_the_client_in(void **state UNUSED)
{
        struct punt_msg m = held(40000);
        struct pb p = pb_of("240.0.0.1", 55555, "240.0.0.1", pseudo_port(m.gen), IPPROTO_TCP_);

        p.dst.v4 = pseudo_addr(1, 0, m.flow);
        p.flags = PB_SYN;
        p.seq = 5000;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 1, &v));
        assert_true(px_is(&v, CLIENT, 40000, "10.0.0.5", 5060));
        p = px_pb(&fx, 1, "10.0.0.5", 5060, CLIENT, 40000, IPPROTO_TCP_);
        p.flags = PB_RST | PB_ACK;
        p.ack = 5001;
        px_send_pb(&fx, 1, p);
        assert_true(to_kernel()); /* the refusal, to our socket */
        assert_int_equal(v.dport, 55555);
        assert_false(to_kernel());
        assert_true(px_quiet(&fx));
        assert_int_equal(conn_count(fx.w->conns), 1);
        say(PUNT_END, &m, CONN_END_RESET_I);
        client_is_reset(40000);
        expect_msg(PUNT_GONE);
        nothing_is_left();
}

static void an_end_after_the_client_was_let_in_lingers(void **state UNUSED)
{
        struct punt_msg m = held(40000);

        say(PUNT_CONNECTED, &m, 0);
        assert_true(to_kernel());
        say(PUNT_END, &m, CONN_END_RESET_I);
        assert_true(px_quiet(&fx)); /* its socket's kernel says so */
        assert_int_equal(conn_count(fx.w->conns), 1);
        px_advance(&fx, PUNT_LINGER_MS + 500);
        expect_msg(PUNT_GONE);
        nothing_is_left();
}

static void a_client_that_changes_its_mind_ends_it(void **state UNUSED)
{
        struct punt_msg m = held(40000), end;

        client(40000, PB_RST, 1001);
        end = expect_msg(PUNT_END);
        assert_int_equal(end.flow, m.flow);
        assert_int_equal(end.reason, CONN_END_RESET_O);
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_true(px_quiet(&fx));
        say(PUNT_CONNECTED, &m, 0); /* was on its way: too late */
        assert_false(to_kernel());
        say(PUNT_GONE, &m, 0);
        nothing_is_left();
}

static void a_conn_that_is_cleared_gives_its_packet_back(void **state UNUSED)
{
        struct punt_msg m = held(40000);

        px_show(&fx, "clear conn all");
        expect_msg(PUNT_END);
        assert_int_equal(fx.w->punt->nheld, 0);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts);
        say(PUNT_CONNECTED, &m, 0);
        assert_false(to_kernel());
        say(PUNT_GONE, &m, 0);
        assert_true(px_quiet(&fx));
        nothing_is_left();
}

/* Nobody answers: the half-open time of the conn. */
static void a_syn_does_not_wait_for_ever(void **state UNUSED)
{
        struct punt_msg m = held(40000);

        px_advance(&fx, 60000);
        expect_msg(PUNT_END);
        say(PUNT_GONE, &m, 0);
        assert_false(to_kernel());
        nothing_is_left();
}

static void ends_that_cross_free_it_once(void **state UNUSED)
{
        struct punt_msg m = held(40000), end = { .kind = PUNT_END, .flow = m.flow, .gen = m.gen };

        assert_true(ring_push(fx.parts.link[0][0].to_dp, &end)); /* not read yet */
        px_show(&fx, "clear conn all");
        px_settle(&fx);
        expect_msg(PUNT_END);
        nothing_is_left();
}

static void another_generation_lets_nobody_in(void **state UNUSED)
{
        struct punt_msg m = held(40000), old = m;

        old.gen++;
        say(PUNT_CONNECTED, &old, 0);
        assert_false(to_kernel());
        assert_int_equal(fx.w->punt->nheld, 1);
        say(PUNT_END, &m, CONN_END_PROXY);
        client_is_reset(40000);
        expect_msg(PUNT_GONE);
        nothing_is_left();
}

/* Beyond the limit a SYN is dropped; its retransmission finds a place, or its server has answered meanwhile. */
static void only_so_many_wait(void **state UNUSED)
{
        static struct punt_msg m[PUNT_HELD_MAX + 2];
        uint64_t drops = px_drops(&fx, DROP_PUNT_HELD);

        for (unsigned i = 0; i < ARRAY_LEN(m); i++)
                m[i] = held((uint16_t)(20000 + i));
        assert_int_equal(fx.w->punt->nheld, PUNT_HELD_MAX);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts + PUNT_HELD_MAX);
        assert_int_equal(px_drops(&fx, DROP_PUNT_HELD), drops + 2);
        assert_true(px_logged(&fx, "%ASA-5-321001: Resource 'waiting SYNs' limit of 512 reached."));
        client(20000, PB_SYN, 1000); /* one of those that wait comes again: not counted as dropped */
        assert_int_equal(px_drops(&fx, DROP_PUNT_HELD), drops + 2);
        say(PUNT_CONNECTED, &m[PUNT_HELD_MAX], 0);
        assert_false(to_kernel());
        client(20000 + PUNT_HELD_MAX, PB_SYN, 1000);
        assert_true(to_kernel());
        say(PUNT_CONNECTED, &m[0], 0); /* makes room */
        assert_true(to_kernel());
        client(20001 + PUNT_HELD_MAX, PB_SYN, 1000);
        assert_int_equal(fx.w->punt->nheld, PUNT_HELD_MAX);
        say(PUNT_CONNECTED, &m[PUNT_HELD_MAX + 1], 0);
        assert_true(to_kernel());
        assert_int_equal(v.sport, pseudo_port(m[PUNT_HELD_MAX + 1].gen));
        assert_int_equal(v.src.v4, pseudo_addr(0, 0, m[PUNT_HELD_MAX + 1].flow));
        px_show(&fx, "clear conn all");
        assert_int_equal(fx.w->punt->nheld, 0);
        assert_int_equal(pkt_pool_used(fx.w->pkts), idle_pkts);
}

/* Stopped while some wait: the teardown sees whether anything is left. */
static void a_stop_leaves_nothing(void **state UNUSED)
{
        for (uint16_t i = 0; i < 20; i++)
                held((uint16_t)(40000 + i));
        assert_int_equal(fx.w->punt->nheld, 20);
}

/* A dropped SYN was never held: END leaves nothing, and the next SYN begins anew. */
static void an_end_without_a_held_syn(void **state UNUSED)
{
        struct punt_msg m;

        fx.w->punt->nheld = PUNT_HELD_MAX;
        m = held(40000);
        fx.w->punt->nheld = 0;
        say(PUNT_END, &m, CONN_END_RESET_I);
        assert_true(px_quiet(&fx));
        expect_msg(PUNT_GONE);
        nothing_is_left();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_syn_waits_for_its_server),
                T(a_closed_port_is_closed_to_the_client),
                T(the_server_leg_does_not_let_the_client_in),
                T(an_end_after_the_client_was_let_in_lingers),
                T(a_client_that_changes_its_mind_ends_it),
                T(a_conn_that_is_cleared_gives_its_packet_back),
                T(a_syn_does_not_wait_for_ever),
                T(ends_that_cross_free_it_once),
                T(another_generation_lets_nobody_in),
                T(only_so_many_wait),
                T(a_stop_leaves_nothing),
                T(an_end_without_a_held_syn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
