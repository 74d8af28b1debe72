/* Flow ids of the dataplane side: FLOW_NEW, END, GONE in every order, full rings, generations. The test is the proxy.
 */
#include "platform/base/mem.h"
#include "tests/support/punt_rig.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static void start(unsigned nlinks)
{
        punt_rig_init();
        inspected("mmp", IPPROTO_TCP_, 5443, INSPECT_MMP, "cuma_proxy");
        inspected("tftp", IPPROTO_UDP_, 69, INSPECT_TFTP, NULL);
        punt_rig_start(nlinks);
}

static int up(void **state)
{
        (void)state;
        start(1);
        return 0;
}

static int down(void **state)
{
        (void)state;
        punt_rig_stop();
        return 0;
}

/* ---- helpers ---- */

static bool heard(struct punt_msg *m)
{
        return ring_pop(link_[0].to_proxy, m);
}

static void silent(void)
{
        struct punt_msg m;

        if (heard(&m))
                fail_msg("unexpected message %u about %u", m.kind, m.flow);
}

static struct punt_msg expect_msg(enum punt_kind kind)
{
        struct punt_msg m;

        if (!heard(&m))
                fail_msg("nothing was said");
        if (m.kind != kind)
                fail_msg("message %u instead of %u", m.kind, kind);
        return m;
}

static void say(enum punt_kind kind, uint32_t flow, uint8_t gen)
{
        struct punt_msg m = { .kind = (uint8_t)kind, .flow = flow, .gen = gen, .reason = CONN_END_PROXY };

        assert_true(ring_push(link_[0].to_dp, &m));
}

static void step(void)
{
        worker_step(p.wf.w);
}

static void syn(uint16_t sport)
{
        uint8_t f[200];

        wf_send(&p.wf, 0, f, pb_tcp(f, sizeof f, CLIENT, sport, SERVER, 5443, PB_SYN, 1000, 0, NULL, 0));
}

static struct punt_msg flow_new(uint16_t sport)
{
        syn(sport);
        return expect_msg(PUNT_FLOW_NEW);
}

static void clear_conns(void)
{
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(p.wf.w, &cursor, NULL, CONN_END_CLEARED, &end);
}

static struct punt_stat stat_of(void)
{
        struct punt_stat s;

        punt_stat(p.wf.w->punt, &s);
        return s;
}

/* The conn is gone, both sides know. */
static void end_flow(const struct punt_msg *m)
{
        struct punt_msg end;

        clear_conns();
        end = expect_msg(PUNT_END);
        assert_int_equal(end.flow, m->flow);
        assert_int_equal(end.gen, m->gen);
        say(PUNT_GONE, m->flow, m->gen);
        step();
}

/* ---- life ---- */

static void a_new_flow_is_announced_with_everything(void **state)
{
        struct punt_msg m = flow_new(40000);
        const struct punt_flow_info *i = &m.info;
        struct addr client = pb_addr(CLIENT), server = pb_addr(SERVER);

        (void)state;
        assert_int_equal(m.flow, 3);
        assert_int_equal(i->proto, IPPROTO_TCP_);
        assert_int_equal(i->engine, INSPECT_MMP);
        assert_int_equal(i->action, CONN_PUNT);
        assert_true(i->accept_first);
        assert_int_equal(i->tls_proxy_id, 77);
        assert_int_equal(i->iface[0], WF_OUTSIDE);
        assert_int_equal(i->iface[1], WF_INSIDE);
        assert_true(addr_eq(&i->client_real.a, &client) && addr_eq(&i->client_mapped.a, &client));
        assert_true(addr_eq(&i->server_real.a, &server) && addr_eq(&i->server_mapped.a, &server));
        assert_int_equal(i->client_real.port, 40000);
        assert_int_equal(i->server_mapped.port, 5443);
        assert_non_null(conn_at(p.wf.w->conns, i->conn_slot, i->conn_id));
        assert_int_equal(stat_of().flows, 1);
        syn(40000); /* again: the same flow */
        silent();
        assert_int_equal(flow_new(40001).flow, 4);
        assert_int_equal(stat_of().most, 2);
}

static void the_conn_ends_first(void **state)
{
        struct punt_msg m = flow_new(40000), end;

        (void)state;
        clear_conns();
        end = expect_msg(PUNT_END);
        assert_int_equal(end.flow, m.flow);
        assert_int_equal(end.gen, m.gen);
        assert_int_equal(end.reason, CONN_END_CLEARED);
        assert_int_equal(stat_of().waiting_gone, 1);
        assert_int_equal(stat_of().flows, 1); /* the id is not free yet */
        assert_int_not_equal(flow_new(40001).flow, m.flow);
        say(PUNT_GONE, m.flow, m.gen);
        step();
        silent();
        assert_int_equal(stat_of().waiting_gone, 0);
        assert_int_equal(stat_of().flows, 1);
}

/* Last segments still pass for a while; then the conn ends and the proxy is answered. */
static void the_proxy_ends_first(void **state)
{
        struct punt_msg m = flow_new(40000), gone;

        (void)state;
        say(PUNT_END, m.flow, m.gen);
        step();
        silent();
        assert_true(pf_conn(&p)->ending);
        wf_advance(&p.wf, PUNT_LINGER_MS - 500);
        silent();
        wf_advance(&p.wf, 600);
        gone = expect_msg(PUNT_GONE);
        assert_int_equal(gone.flow, m.flow);
        assert_int_equal(gone.gen, m.gen);
        silent();
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(stat_of().flows, 0);
        assert_true(pf_logged(&p, "302014"));
}

static void a_reset_from_the_wire_ends_it_before_that(void **state)
{
        struct punt_msg m = flow_new(40000);
        uint8_t f[200];

        (void)state;
        say(PUNT_END, m.flow, m.gen);
        step();
        wf_send(&p.wf, 0, f, pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 5443, PB_RST, 1001, 0, NULL, 0));
        wf_advance(&p.wf, 20);
        expect_msg(PUNT_GONE);
        assert_int_equal(stat_of().flows, 0);
}

static void ends_that_cross_are_each_others_answer(void **state)
{
        struct punt_msg m = flow_new(40000);

        (void)state;
        say(PUNT_END, m.flow, m.gen); /* in its ring when the conn ends */
        clear_conns();
        expect_msg(PUNT_END);
        step();
        silent();
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(stat_of().waiting_gone, 0);
}

static void the_next_life_has_another_generation(void **state)
{
        struct punt_msg first, m;

        (void)state;
        /* FIFO: an id rests until all others were used; here by hand. */
        first = flow_new(40000);
        end_flow(&first);
        for (unsigned life = 1; life < 600; life++) {
                struct punt_flow *f = NULL;
                uint8_t gen, before = first.gen;
                uint32_t id;

                for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++) {
                        id = punt_flow_take(p.wf.w->punt, &f, &gen);
                        assert_int_not_equal(id, 0);
                        punt_flow_give(p.wf.w->punt, f);
                        if (id == first.flow)
                                break;
                }
                assert_int_equal(id, first.flow);
                assert_int_equal(gen, (uint8_t)(before + 1));
                first.gen = gen;
                if (life == 3)
                        life = 598; /* the wrap at 256 is the same addition */
        }
        m = flow_new(40001);
        assert_int_not_equal(m.flow, first.flow);
}

static void stale_messages_do_nothing(void **state)
{
        struct punt_msg m = flow_new(40000);
        static const uint32_t ids[] = { 0, 1, 2, 4, 70000, 0xFFFFFFFF };

        (void)state;
        say(PUNT_END, m.flow, (uint8_t)(m.gen + 1));
        say(PUNT_GONE, m.flow, (uint8_t)(m.gen + 1));
        say(PUNT_GONE, m.flow, m.gen); /* nobody asked */
        say((enum punt_kind)99, m.flow, m.gen);
        for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
                say(PUNT_END, ids[i], m.gen);
                say(PUNT_GONE, ids[i], m.gen);
        }
        step();
        silent();
        assert_false(pf_conn(&p)->ending);
        assert_int_equal(stat_of().flows, 1);
        end_flow(&m);
        say(PUNT_GONE, m.flow, m.gen); /* twice */
        say(PUNT_END, m.flow, m.gen);
        step();
        silent();
        assert_int_equal(stat_of().flows, 0);
}

static void a_thousand_lives_leave_nothing(void **state)
{
        uint64_t live = 0;

        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                struct punt_msg m = flow_new((uint16_t)(40000 + i));

                if (i == 10)
                        live = mem_live_blocks();
                if (i % 3 == 0) {
                        end_flow(&m);
                } else if (i % 3 == 1) {
                        say(PUNT_END, m.flow, m.gen);
                        step();
                        clear_conns();
                        expect_msg(PUNT_GONE);
                } else {
                        say(PUNT_END, m.flow, m.gen);
                        clear_conns();
                        expect_msg(PUNT_END);
                        step();
                }
                silent();
                assert_int_equal(stat_of().flows, 0);
                if (i > 10)
                        assert_int_equal(mem_live_blocks(), live);
        }
        assert_int_equal(conn_count(p.wf.w->conns), 0);
}

/* ---- full rings ---- */

static unsigned fill_ring(void)
{
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        while (ring_push(link_[0].to_proxy, &junk))
                n++;
        return n;
}

static void drain_ring(unsigned n)
{
        struct punt_msg m;

        for (unsigned i = 0; i < n; i++)
                assert_true(heard(&m) && m.kind == 99);
}

static void a_half_full_ring_refuses_new_flows(void **state)
{
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        (void)state;
        for (; n < PUNT_RING_SLOTS / 2; n++)
                assert_true(ring_push(link_[0].to_proxy, &junk));
        syn(40000);
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_RING), 1);
        assert_int_equal(stat_of().refused_ring, 1);
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        drain_ring(n);
        silent();
        flow_new(40000);
}

static void control_messages_wait_for_room(void **state)
{
        struct punt_msg a = flow_new(40000), b = flow_new(40001), m;
        unsigned n = fill_ring();

        (void)state;
        say(PUNT_END, b.flow, b.gen);
        step();
        clear_conns(); /* a owes END, b owes GONE */
        step();
        drain_ring(n);
        silent();
        step();
        for (unsigned i = 0; i < 2; i++) {
                assert_true(heard(&m));
                assert_int_equal(m.kind, m.flow == a.flow ? PUNT_END : PUNT_GONE);
        }
        silent();
        say(PUNT_GONE, a.flow, a.gen);
        step();
        assert_int_equal(stat_of().flows, 0);
}

/* Our END was still waiting when theirs came: it will never be sent, so theirs is answered. */
static void an_end_that_crosses_one_not_sent_yet_is_answered(void **state)
{
        struct punt_msg a = flow_new(40000), m;
        unsigned n = fill_ring();

        (void)state;
        clear_conns();
        say(PUNT_END, a.flow, a.gen);
        step();
        drain_ring(n);
        step();
        m = expect_msg(PUNT_GONE);
        assert_int_equal(m.flow, a.flow);
        silent();
        assert_int_equal(stat_of().flows, 0);
        assert_int_equal(stat_of().waiting_gone, 0);
}

static void ids_are_limited_and_come_back_in_turn(void **state)
{
        static struct punt_flow *f[PUNT_FLOWS_MAX];
        struct punt *punt = p.wf.w->punt;
        struct punt_flow *none;
        uint8_t gen;

        (void)state;
        for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++)
                assert_int_equal(punt_flow_take(punt, &f[i], &gen), i + 3);
        assert_int_equal(punt_flow_take(punt, &none, &gen), 0);
        assert_int_equal(stat_of().refused_id, 1);
        syn(40000);
        assert_int_equal(wf_drops(&p.wf, DROP_PUNT_ID), 1);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        punt_flow_give(punt, f[7]);
        punt_flow_give(punt, f[5]);
        assert_int_equal(punt_flow_take(punt, &f[7], &gen), 10);
        assert_int_equal(gen, 2);
        assert_int_equal(punt_flow_take(punt, &f[5], &gen), 8);
        for (unsigned i = 0; i < PUNT_FLOWS_MAX; i++)
                punt_flow_give(punt, f[i]);
        assert_int_equal(stat_of().flows, 0);
}

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

/* ---- faults ---- */

static void rings_and_tables_need_their_memory(void **state)
{
        struct err e = { 0 };
        struct punt_link l;
        struct punt *punt = NULL;
        uint64_t live = mem_live_blocks();
        bool linked = false;

        (void)state;
        for (unsigned n = 1; !linked; n++) {
                assert_true(n < 20);
                mem_fail_nth(n, false);
                linked = punt_link_init(&l, p.wf.w, &e) == 0;
                if (!linked)
                        assert_true(e.code == ERR_NOMEM && mem_live_blocks() == live);
        }
        punt_link_fini(&l);
        for (unsigned n = 1; !punt; n++) {
                assert_true(n < 20);
                mem_fail_nth(n, false);
                punt = punt_new(p.wf.w, links, 1);
        }
        mem_fail_nth(0, false);
        punt_free(punt);
        punt_free(NULL);
        assert_int_equal(mem_live_blocks(), live);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_new_flow_is_announced_with_everything),
                T(the_conn_ends_first),
                T(the_proxy_ends_first),
                T(a_reset_from_the_wire_ends_it_before_that),
                T(ends_that_cross_are_each_others_answer),
                T(the_next_life_has_another_generation),
                T(stale_messages_do_nothing),
                T(a_thousand_lives_leave_nothing),
                T(a_half_full_ring_refuses_new_flows),
                T(control_messages_wait_for_room),
                T(an_end_that_crosses_one_not_sent_yet_is_answered),
                T(ids_are_limited_and_come_back_in_turn),
                T(a_released_datagram_goes_on),
                T(a_datagram_whose_flow_has_ended_is_freed),
                T(dropped_messages_are_counted),
                T(datagrams_leave_a_quarter_of_the_ring),
                T(a_pinhole_lives_as_long_as_its_conn),
                T(the_proxy_ends_a_datagram_flow_at_once),
                cmocka_unit_test(a_pair_of_hosts_has_one_worker),
                T(a_box_flow_is_a_conn_with_a_pseudo_address),
                T(a_closed_tcp_flow_of_the_box_lingers),
                T(the_id_of_a_dead_box_flow_waits_for_its_owner),
                T(the_box_needs_a_route),
                T(rings_and_tables_need_their_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
