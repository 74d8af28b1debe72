/* Flows of the box itself: built, seen, ended from either side, and given back. */
#include "platform/svc/box_net.h"

#include <stdlib.h>
#include <unistd.h>

#include "nat/nat_rt.h"
#include "platform/net/tun.h"
#include "platform/svc/dns.h"
#include "policy/policy_rt.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

struct bench {
        struct worker_fixture f;
        struct policy_conf policy;
        struct box_net net;
        struct addr peer;
};

static void (*const ends[])(struct worker *, struct conn *) = { punt_conn_end, NULL };

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);
        struct snap_part *net = snap_part_new();

        wf_init(&b->f);
        timeout_conf_init(&b->policy.timeouts);
        b->f.part[SNAP_POLICY] = snap_part_new();
        assert_int_equal(net_compile(net, &b->f.conf, &b->f.bind, NULL), 0);
        assert_int_equal(policy_compile(b->f.part[SNAP_POLICY], &b->policy, net->root, NULL, NULL, NULL), 0);
        snap_part_put(net);
        b->f.path.conn_end = ends;
        wf_start(&b->f);
        b->f.w->policy = policy_live_new();
        b->f.w->conns = conn_table_new(b->f.w, 64);
        b->f.w->punt = punt_new(b->f.w, NULL, 0);
        b->net.w = b->f.w;
        b->peer = pb_addr("10.1.1.9");
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        punt_free(b->f.w->punt);
        conn_table_free(b->f.w->conns);
        policy_live_free(b->f.w->policy);
        wf_stop(&b->f);
        free(b);
        return 0;
}

static unsigned flows(struct bench *b)
{
        struct punt_stat st;

        punt_stat(b->f.w->punt, &st);
        return st.flows;
}

static void test_open_and_close(void **state)
{
        struct bench *b = *state;
        static const struct conn_filter all;
        struct addr own = pb_addr("10.1.1.1");
        struct conn_row row[4];
        struct box_flow f;
        struct err e;
        uint32_t cursor = 0;
        bool end;

        assert_int_equal(box_open(&b->net, "inside", &b->peer, 514, IPPROTO_UDP_, &f, &e), 0);
        assert_int_equal(f.pseudo.v4, pseudo_addr(1, 0, f.flow));
        assert_int_equal(f.pseudo_port, pseudo_port(f.gen));
        assert_true(box_alive(&b->net, &f));
        assert_int_equal(conn_walk(b->f.w, &cursor, &all, row, 4, &end), 1);
        assert_int_equal(row[0].action, CONN_BOX);
        assert_true(addr_eq(&row[0].mapped[0], &own) && addr_eq(&row[0].real[1], &b->peer));
        assert_int_equal(row[0].real_port[1], 514);
        box_close(&b->net, &f);
        assert_int_equal(conn_count(b->f.w->conns), 0);
        assert_int_equal(flows(b), 0);
        assert_false(box_alive(&b->net, &f));
        box_close(&b->net, &f); /* twice is harmless */
}

static void test_by_route(void **state)
{
        struct bench *b = *state;
        struct box_flow f;
        struct err e;

        b->peer = pb_addr("203.0.113.9");
        assert_int_equal(box_open(&b->net, "", &b->peer, 53, IPPROTO_UDP_, &f, &e), 0);
        box_close(&b->net, &f);
        assert_int_equal(box_open(&b->net, "inside", &b->peer, 53, IPPROTO_UDP_, &f, &e), -1);
        assert_string_equal(e.text, "no route to 203.0.113.9");
        assert_int_equal(box_open(&b->net, "dmz", &b->peer, 53, IPPROTO_UDP_, &f, &e), -1);
        assert_string_equal(e.text, "interface dmz does not exist");
        assert_int_equal(flows(b), 0);
}

/* clear conn under a socket: the owner learns of it and gives the id back. */
static void test_conn_ends_first(void **state)
{
        struct bench *b = *state;
        static const struct conn_filter all;
        struct box_flow f;
        uint32_t cursor = 0;
        struct err e;
        bool end;

        assert_int_equal(box_open(&b->net, "inside", &b->peer, 514, IPPROTO_UDP_, &f, &e), 0);
        assert_int_equal(conn_clear(b->f.w, &cursor, &all, CONN_END_CLEARED, &end), 1);
        assert_false(box_alive(&b->net, &f));
        assert_int_equal(flows(b), 1);
        box_close(&b->net, &f);
        assert_int_equal(flows(b), 0);
}

static void test_many_and_no_leak(void **state)
{
        struct bench *b = *state;
        struct box_flow f[64], extra;
        struct err e;

        for (unsigned round = 0; round < 3; round++) {
                for (unsigned i = 0; i < 64; i++)
                        assert_int_equal(box_open(&b->net, "inside", &b->peer, 514, IPPROTO_UDP_, &f[i], &e), 0);
                assert_int_equal(box_open(&b->net, "inside", &b->peer, 514, IPPROTO_UDP_, &extra, &e), -1);
                for (unsigned i = 0; i < 64; i++)
                        box_close(&b->net, &f[i]);
                wf_advance(&b->f, 20); /* memory of dead conns comes back with the timers */
                assert_int_equal(flows(b), 0);
        }
}

/* A DNS server is asked where its route leads, and only if that interface is named. */
static void test_dns_way(void **state)
{
        struct bench *b = *state;
        struct dns_way way = box_dns_way(&b->net);
        struct dns_conf c = { .nifaces = 1, .nameif = { "inside" } };
        struct addr far = pb_addr("203.0.113.53");
        struct box_flow f;
        struct err e;

        assert_int_equal(way.open(way.ctx, &c, &b->peer, IPPROTO_UDP_, &f, &e), 0);
        assert_true(box_alive(&b->net, &f));
        way.close(way.ctx, &f);
        assert_int_equal(flows(b), 0);
        assert_int_equal(way.open(way.ctx, &c, &far, IPPROTO_UDP_, &f, &e), -1);
        assert_string_equal(e.text, "203.0.113.53 is behind interface outside, which has no dns domain-lookup");
        strcpy(c.nameif[c.nifaces++], "outside");
        assert_int_equal(way.open(way.ctx, &c, &far, IPPROTO_TCP_, &f, &e), 0);
        assert_true(box_alive(&b->net, &f));
        way.close(way.ctx, &f);
        wf_advance(&b->f, 20000); /* its last segments had their time */
        assert_int_equal(flows(b), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_open_and_close),   T(test_by_route), T(test_conn_ends_first),
                T(test_many_and_no_leak), T(test_dns_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
