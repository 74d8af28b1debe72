/* How proxied flows end on both sides of the rings: who says END, who GONE, what happens when both do, when an id
 * comes back. */
#include "tests/support/test.h"

#include "proxy/punt/punt_int.h"
#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define SERVER "10.0.0.5"

static const char config[] =
        "access-list outside_in extended permit ip any any\n"
        "access-group outside_in in interface outside\n" PX_TLS_PROXY "policy-map global_policy\n" PX_MMP;

static struct path_fixture fx;
static struct pb_view v;
static uint8_t buf[2048];

static int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, true);
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

static uint32_t sessions(void)
{
        struct session_row row[16];
        uint32_t cursor = 0, n = 0;
        bool end = false;

        while (!end)
                n += proxy_walk(fx.parts.proxy[0], &cursor, row, ARRAY_LEN(row), &end);
        return n;
}

static void syn(uint16_t sport)
{
        px_tcp(&fx, 0, CLIENT, sport, SERVER, 5443, PB_SYN, 1000, 0);
        if (!px_take_tun(&fx, buf, sizeof buf, &v))
                fail_msg("not punted\n%s", px_logs(&fx));
}

static struct conn *the_conn(void)
{
        struct flow_key k = { .iface = fx.w->snap ? iface_by_name(net_rt(fx.w->snap), "outside")->idx : 0,
                              .proto = IPPROTO_TCP_,
                              .fam = ADDR_V4,
                              .src = { pb_addr(CLIENT).v4 },
                              .dst = { pb_addr(SERVER).v4 },
                              .sport = 1000,
                              .dport = 5443 };
        unsigned side;

        return conn_find(fx.w->conns, &k, &side);
}

/* A segment of the private kernel on a leg of the flow that v has shown. */
static void kernel(const struct pb_view *to, uint8_t flags, uint32_t seq, uint32_t ack)
{
        struct pb p = pb_of("240.0.0.1", PUNT_LISTEN_PORT, "240.0.0.1", to->sport, IPPROTO_TCP_);

        p.dst = to->src;
        p.flags = flags;
        p.seq = seq;
        p.ack = ack;
        px_send_tun(&fx, p);
}

static void the_dataplane_ends(void **state UNUSED)
{
        syn(1000);
        assert_int_equal(sessions(), 1);
        px_show(&fx, "clear conn all");
        assert_int_equal(stat().flows, 0);
        assert_int_equal(stat().waiting_gone, 0);
        assert_int_equal(sessions(), 0);
}

/* The conn lingers, so that the client is told by the private kernel's reset; then everything goes. */
static void the_proxy_ends(void **state UNUSED)
{
        struct pb_view flow, w;

        syn(1000);
        flow = v;
        px_show(&fx, "clear tls-proxy session");
        assert_non_null(the_conn());
        assert_true(the_conn()->ending);
        assert_int_equal(stat().flows, 1);
        kernel(&flow, PB_RST | PB_ACK, 0, 1001);
        assert_true(px_take(&fx, 0, &w));
        assert_true(px_is(&w, SERVER, 5443, CLIENT, 1000) && (w.flags & PB_RST));
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(stat().flows, 0);
        assert_int_equal(sessions(), 0);
}

static void nobody_closes_the_legs(void **state UNUSED)
{
        syn(1000);
        px_show(&fx, "clear tls-proxy session");
        px_advance(&fx, PUNT_LINGER_MS - 1000);
        assert_non_null(the_conn());
        px_advance(&fx, 2000);
        assert_null(the_conn());
        assert_int_equal(stat().flows, 0);
        assert_int_equal(sessions(), 0);
}

/* The client takes its old port again while the old flow lingers: a new flow, another id. */
static void a_new_syn_replaces_a_lingering_flow(void **state UNUSED)
{
        uint32_t old;

        syn(1000);
        old = v.src.v4;
        px_show(&fx, "clear tls-proxy session");
        px_tcp(&fx, 0, CLIENT, 1000, SERVER, 5443, PB_SYN, 99000, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_int_not_equal(v.src.v4, old);
        assert_int_equal(stat().flows, 1);
        assert_int_equal(sessions(), 1);
}

/* Both say END before they hear the other. */
static void ends_that_cross(void **state UNUSED)
{
        syn(1000);
        fx.lazy = true;
        assert_int_equal(proxy_clear(fx.parts.proxy[0], 0), 1); /* its END is on the way */
        conn_end(fx.w, the_conn(), CONN_END_CLEARED);           /* and so is ours */
        assert_int_equal(stat().waiting_gone, 1);
        fx.lazy = false;
        px_settle(&fx);
        assert_int_equal(stat().flows, 0);
        assert_int_equal(stat().waiting_gone, 0);
        assert_int_equal(sessions(), 0);
        syn(1001);
        assert_int_equal(sessions(), 1);
}

/* No room for END: it is owed, the id stays taken, and both come right when there is room. */
static void a_full_ring_delays_the_end(void **state UNUSED)
{
        struct punt_msg junk = { .kind = PUNT_GONE, .flow = 60000 };

        syn(1000);
        fx.lazy = true;
        while (ring_push(fx.parts.link[0][0].to_proxy, &junk))
                continue;
        px_show(&fx, "clear conn all");
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(stat().flows, 1);
        assert_int_equal(stat().waiting_gone, 1);
        fx.lazy = false;
        px_settle(&fx);
        assert_int_equal(stat().flows, 0);
        assert_int_equal(sessions(), 0);
}

/* Ids go round; whoever speaks of an id's former life is not heard. */
static void an_id_comes_back_with_another_generation(void **state UNUSED)
{
        struct pb_view before;
        struct punt_flow *f;
        uint64_t stale;
        uint32_t id;
        uint8_t gen;

        syn(1000);
        before = v;
        px_show(&fx, "clear conn all");
        for (;;) { /* once round the pool */
                id = punt_flow_take(fx.w->punt, &f, &gen);
                assert_true(id);
                punt_flow_give(fx.w->punt, f);
                if (id % (PUNT_FLOWS_MAX) == (pseudo_flow(before.src.v4) + PUNT_FLOWS_MAX - 1) % PUNT_FLOWS_MAX)
                        break;
        }
        while (v.src.v4 != before.src.v4 || v.sport == before.sport) {
                syn((uint16_t)(2000 + stat().flows));
                assert_true(stat().flows < 8);
        }
        assert_int_equal(v.sport, before.sport + 1);
        stale = px_drops(&fx, DROP_PUNT_STALE);
        kernel(&before, PB_SYN | PB_ACK, 1, 1001);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_PUNT_STALE), stale + 1);
        kernel(&v, PB_SYN | PB_ACK, 1, 1001);
        assert_false(px_quiet(&fx));
}

/* A thousand flows opened and aborted by the client: nothing is left. */
static void a_thousand_aborted_flows(void **state UNUSED)
{
        for (uint16_t i = 0; i < 1000; i++) {
                syn((uint16_t)(2000 + i));
                if (i % 3 == 0)
                        px_tcp(&fx, 0, CLIENT, (uint16_t)(2000 + i), SERVER, 5443, PB_RST, 1001, 0);
                while (px_take_tun(&fx, buf, sizeof buf, &v))
                        continue;
                if (i % 100 == 99)
                        px_show(&fx, i % 200 == 99 ? "clear conn all" : "clear tls-proxy session");
        }
        px_advance(&fx, 40000);
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(stat().flows, 0);
        assert_int_equal(sessions(), 0);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(the_dataplane_ends),
                T(the_proxy_ends),
                T(nobody_closes_the_legs),
                T(a_new_syn_replaces_a_lingering_flow),
                T(ends_that_cross),
                T(a_full_ring_delays_the_end),
                T(an_id_comes_back_with_another_generation),
                T(a_thousand_aborted_flows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
