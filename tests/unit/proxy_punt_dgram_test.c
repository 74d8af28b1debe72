/* Punted datagrams, and which proxy worker a pair of hosts has. */
#include "tests/support/punt_flow_rig.h"

/* ---- datagrams ---- */

static const char rrq[] = "\0\1abc\0octet\0";

static void request(uint16_t sport)
{
        uint8_t f[200];

        wf_send(&p.wf, 0, f, pb_udp(f, sizeof f, CLIENT, sport, SERVER, 69, rrq, sizeof rrq - 1));
}

static struct punt_msg dgram_new(uint16_t sport)
{
        struct punt_msg m;

        request(sport);
        expect_msg(PUNT_FLOW_NEW);
        m = expect_msg(PUNT_DGRAM);
        assert_non_null(m.pk);
        assert_int_equal(m.dir, DIR_C2S);
        assert_memory_equal(m.pk->buf + m.pk->pay, rrq, sizeof rrq - 1);
        return m;
}

static void give_back(struct punt_msg *m, enum punt_kind verdict)
{
        m->kind = (uint8_t)verdict;
        assert_true(ring_push(link_[0].to_dp, m));
        step();
}

static void a_released_datagram_goes_on(void **state)
{
        struct punt_msg m = dgram_new(40000);
        uint8_t f[2048];
        struct pb_view v;
        size_t n;

        (void)state;
        assert_int_equal(wf_take(&p.wf, 1, f, sizeof f), 0); /* not before its engine has seen it */
        give_back(&m, PUNT_DGRAM);
        n = wf_take(&p.wf, 1, f, sizeof f);
        assert_true(n && pb_parse(f, n, false, &v) && v.l4_ok && v.dport == 69);
        assert_int_equal(v.npay, sizeof rrq - 1);
        request(40000);
        m = expect_msg(PUNT_DGRAM); /* the same flow */
        give_back(&m, PUNT_DGRAM_DROP);
        assert_int_equal(wf_take(&p.wf, 1, f, sizeof f), 0);
        assert_int_equal(wf_drops(&p.wf, DROP_INSPECT), 1);
}

static void a_datagram_whose_flow_has_ended_is_freed(void **state)
{
        struct punt_msg m = dgram_new(40000);
        uint8_t f[2048];

        (void)state;
        clear_conns();
        expect_msg(PUNT_END);
        give_back(&m, PUNT_DGRAM);
        assert_int_equal(wf_take(&p.wf, 1, f, sizeof f), 0);
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_STALE), 1);
        assert_int_equal(stat_of().stale, 1);
        say(PUNT_GONE, m.flow, m.gen);
        step();
        assert_int_equal(stat_of().flows, 0);
}

/* What an engine keeps back of a stream or of datagrams is in the count of its inspect line. */
static void dropped_messages_are_counted(void **state)
{
        struct punt_msg m = dgram_new(40000);
        struct punt_msg told = { .kind = PUNT_REFUSED, .flow = m.flow, .gen = m.gen, .n = 3 };
        uint32_t line = pf_conn(&p)->inspect_line;
        uint64_t packets, before, drops, resets;

        (void)state;
        assert_true(line);
        policy_inspect_read(p.wf.w->policy, line, &packets, &before, &resets);
        assert_true(ring_push(link_[0].to_dp, &told));
        give_back(&m, PUNT_DGRAM_DROP);
        policy_inspect_read(p.wf.w->policy, line, &packets, &drops, &resets);
        assert_int_equal(drops - before, 4);
        told.gen++;
        assert_true(ring_push(link_[0].to_dp, &told));
        step();
        policy_inspect_read(p.wf.w->policy, line, &packets, &drops, &resets);
        assert_int_equal(drops - before, 4);
}

static void datagrams_leave_a_quarter_of_the_ring(void **state)
{
        struct punt_msg m = dgram_new(40000), other;
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        (void)state;
        while (ring_space(link_[0].to_proxy) > PUNT_RING_SLOTS / 4 && ring_push(link_[0].to_proxy, &junk))
                n++;
        request(40000);
        assert_int_equal(wf_drops(&p.wf, DROP_INSPECT_RING), 1);
        drain_ring(n);
        silent();
        request(40000);
        other = expect_msg(PUNT_DGRAM);
        give_back(&m, PUNT_DGRAM);
        give_back(&other, PUNT_DGRAM);
        assert_int_equal(wf_clear(&p.wf), 2);
}

static void a_pinhole_lives_as_long_as_its_conn(void **state)
{
        struct punt_msg m = dgram_new(40000), hole = { .kind = PUNT_PINHOLE, .flow = m.flow, .gen = m.gen };

        (void)state;
        hole.pinhole = (struct pinhole_spec){ .proto = IPPROTO_UDP_,
                                              .in_iface = WF_INSIDE,
                                              .src = pb_addr(SERVER),
                                              .dst = pb_addr(CLIENT),
                                              .dport = 40000,
                                              .out_iface = WF_OUTSIDE,
                                              .src_mapped = pb_addr(SERVER),
                                              .dst_real = pb_addr(CLIENT),
                                              .timeout_s = 30,
                                              .action = CONN_FORWARD,
                                              .owner = pf_conn(&p)->id,
                                              .once = true };
        assert_true(ring_push(link_[0].to_dp, &hole));
        give_back(&m, PUNT_DGRAM);
        assert_int_equal(pinhole_count(p.wf.w->pinholes), 1);
        clear_conns();
        assert_int_equal(pinhole_count(p.wf.w->pinholes), 0);
        expect_msg(PUNT_END);
        say(PUNT_GONE, m.flow, m.gen);
        step();
}

static void the_proxy_ends_a_datagram_flow_at_once(void **state)
{
        struct punt_msg m = dgram_new(40000);

        (void)state;
        give_back(&m, PUNT_DGRAM);
        say(PUNT_END, m.flow, m.gen);
        step();
        expect_msg(PUNT_GONE);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(stat_of().flows, 0);
}

/* ---- several proxy workers ---- */

static unsigned link_of_udp(const char *src, uint16_t sport, const char *dst, unsigned port)
{
        struct pb b = pb_of(src, sport, dst, 69, IPPROTO_UDP_);
        struct punt_msg m;
        uint8_t f[200];
        unsigned found = 9;

        b.dmac = pb_mac((uint8_t)(2 + port));
        b.pay = rrq;
        b.npay = sizeof rrq - 1;
        wf_send(&p.wf, port, f, pb_build(f, sizeof f, &b));
        for (unsigned i = 0; i < 2; i++)
                while (ring_pop(link_[i].to_proxy, &m)) {
                        found = i;
                        if (m.kind == PUNT_DGRAM) {
                                m.kind = PUNT_DGRAM_DROP;
                                assert_true(ring_push(link_[i].to_dp, &m));
                        }
                }
        step();
        if (found > 1)
                fail_msg("%s to %s: neither", src, dst);
        return found;
}

/* Two hosts meet at one worker, whoever begins; different pairs spread. */
static void a_pair_of_hosts_has_one_worker(void **state)
{
        unsigned used[2] = { 0, 0 };

        (void)state;
        start(2);
        for (unsigned i = 2; i < 40; i++) {
                char client[20];
                unsigned a, b;

                snprintf(client, sizeof client, "192.0.2.%u", i);
                a = link_of_udp(client, 40000, SERVER, 0);
                b = link_of_udp(client, 40001, SERVER, 0);
                assert_int_equal(a, b);
                assert_int_equal(link_of_udp(SERVER, 50000, client, 1), a);
                used[a]++;
        }
        assert_true(used[0] > 5 && used[1] > 5);
        punt_rig_stop();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_released_datagram_goes_on),
                T(a_datagram_whose_flow_has_ended_is_freed),
                T(dropped_messages_are_counted),
                T(datagrams_leave_a_quarter_of_the_ring),
                T(a_pinhole_lives_as_long_as_its_conn),
                T(the_proxy_ends_a_datagram_flow_at_once),
                cmocka_unit_test(a_pair_of_hosts_has_one_worker),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
