/*
 * Leased ports at the dataplane: blocks out of the pool, what they stand for, and both sides together with everything
 * else that takes ports of the same address. Inside hosts share 192.0.2.9; two proxy workers.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "policy/policy_rt.h"
#include "proxy/punt/pat.h"
#include "proxy/punt/punt_int.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define UDP IPPROTO_UDP_
#define TCP IPPROTO_TCP_
#define SHARED "192.0.2.9"
#define PROXIES 2u

static struct worker_fixture f;
static struct nat_fixture n;
static struct punt_link link_[PROXIES], *links[PROXIES] = { &link_[0], &link_[1] };
static struct punt *punt;

static void (*const drain[])(struct worker *) = { punt_drain, NULL };

static int up(void **state UNUSED)
{
        struct snap_part *net = snap_part_new();
        struct err e = { 0 };

        memset(&f, 0, sizeof f);
        wf_init(&f);
        nf_init(&n);
        nf_subnet(&n, "all", "10.1.1.0", 24);
        nf_dynamic(&n, "all", "inside", "outside", SHARED);
        f.part[SNAP_POLICY] = snap_part_new();
        assert_int_equal(net_compile(net, &f.conf, &f.bind, NULL), 0);
        assert_int_equal(policy_compile(f.part[SNAP_POLICY], &n.objs, net->root, NULL, NULL, NULL), 0);
        snap_part_put(net);
        f.part[SNAP_NAT] = nf_compile(&n, &f);
        f.path.drain = drain;
        wf_start(&f);
        f.w->xlates = xlate_table_new(f.w);
        assert_non_null(f.w->xlates);
        for (unsigned i = 0; i < PROXIES; i++)
                assert_int_equal(punt_link_init(&link_[i], f.w, &e), 0);
        punt = f.w->punt = punt_new(f.w, links, PROXIES);
        assert_non_null(punt);
        return 0;
}

static int down(void **state UNUSED)
{
        f.w->punt = NULL;
        punt_free(punt);
        for (unsigned i = 0; i < PROXIES; i++)
                punt_link_fini(&link_[i]);
        xlate_table_free(f.w->xlates);
        f.w->xlates = NULL;
        wf_stop(&f);
        nf_fini(&n);
        return 0;
}

/* ---- what is said ---- */

static void say(unsigned link, struct punt_msg m)
{
        assert_true(ring_push(link_[link].to_dp, &m));
        worker_step(f.w);
}

static bool hears(unsigned link, struct punt_msg *m)
{
        return ring_pop(link_[link].to_proxy, m);
}

static struct punt_msg heard(unsigned link, enum punt_kind kind)
{
        struct punt_msg m;

        if (!hears(link, &m))
                fail_msg("nothing was said instead of %u", kind);
        if (m.kind != kind)
                fail_msg("message %u instead of %u", m.kind, kind);
        return m;
}

static void silent(void)
{
        struct punt_msg m;

        for (unsigned i = 0; i < PROXIES; i++)
                if (hears(i, &m))
                        fail_msg("unexpected message %u", m.kind);
}

static void ask(unsigned link, uint8_t proto)
{
        say(link, (struct punt_msg){ .kind = PUNT_LEASE_ASK,
                                     .lease = { .iface = OUT, .proto = proto, .n = 32, .addr = pb_addr(SHARED) } });
}

static struct punt_lease leased(unsigned link, uint8_t proto)
{
        ask(link, proto);
        return heard(link, PUNT_LEASE).lease;
}

static void give(unsigned link, const struct punt_lease *l)
{
        say(link, (struct punt_msg){ .kind = PUNT_LEASE_GIVE, .lease = *l });
}

static struct punt_map mapping(uint8_t proto, uint16_t real, uint16_t mapped, bool pair, uint16_t gen)
{
        return (struct punt_map){ .x = { .real_if = IN,
                                         .mapped_if = OUT,
                                         .proto = proto,
                                         .rule = nat_rule_at(nat_rt(f.w->snap), 0)->id,
                                         .real = { pb_addr("10.1.1.5"), real },
                                         .mapped = { pb_addr(SHARED), mapped } },
                                  .pair = pair,
                                  .gen = gen };
}

static void tell(unsigned link, enum punt_kind kind, const struct punt_map *map)
{
        say(link, (struct punt_msg){ .kind = (uint8_t)kind, .map = *map });
}

static uint32_t used(uint8_t proto)
{
        struct addr a = pb_addr(SHARED);

        return portpool_used(f.w, &a, proto);
}

/* A flow of 10.1.1.5:port; its port outside, 0 none. */
static uint32_t flow(uint8_t proto, uint16_t port, uint16_t *seen)
{
        struct addr real = pb_addr("10.1.1.5"), a = pb_addr(SHARED);
        enum drop_reason why;

        *seen = 0;
        return xlate_pat_new(f.w, nat_rule_at(nat_rt(f.w->snap), 0), IN, OUT, proto, &real, port, &a, seen, &why);
}

static void clear_xlates(void)
{
        uint32_t cursor = 0x80000000u; /* no conns here */
        bool end = false;

        while (!end)
                xlate_clear(f.w, &cursor, &end);
}

/* ---- leases ---- */

static void a_block_leaves_the_pool_and_comes_back(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP), other;
        uint16_t seen;

        assert_int_equal(l.n, LEASE_PORTS);
        assert_true(l.first >= 1024 && l.first % 2 == 0);
        assert_int_equal(l.iface, OUT);
        assert_int_equal(l.proto, UDP);
        assert_int_equal(used(UDP), LEASE_PORTS);
        for (unsigned i = 0; i < LEASE_PORTS; i++) { /* nobody else gets one, however much it would like to */
                assert_int_not_equal(flow(UDP, (uint16_t)(l.first + i), &seen), 0);
                assert_true(seen < l.first || seen >= l.first + LEASE_PORTS);
        }
        other = leased(1, UDP);
        assert_true(other.first + LEASE_PORTS <= l.first || other.first >= l.first + LEASE_PORTS);
        assert_int_equal(used(UDP), 3 * LEASE_PORTS);
        give(1, &l); /* who did not lease it cannot give it */
        assert_int_equal(used(UDP), 3 * LEASE_PORTS);
        give(0, &l);
        give(0, &l);
        assert_int_equal(used(UDP), 2 * LEASE_PORTS);
        give(1, &other);
        assert_int_equal(used(UDP), LEASE_PORTS);
        assert_int_equal(used(TCP), 0);
        silent();
}

static void each_protocol_has_ports_of_its_own(void **state UNUSED)
{
        struct punt_lease udp = leased(0, UDP), tcp = leased(0, TCP);

        assert_int_equal(used(UDP), LEASE_PORTS);
        assert_int_equal(used(TCP), LEASE_PORTS);
        give(0, &tcp);
        assert_int_equal(used(TCP), 0);
        give(0, &udp);
        assert_int_equal(used(UDP), 0);
}

static void a_crowded_address_leases_less_and_then_nothing(void **state UNUSED)
{
        struct addr a = pb_addr(SHARED);

        while (portpool_take(f.w, OUT, &a, UDP, 0))
                continue;
        assert_int_equal(leased(0, UDP).n, 0);
        for (unsigned i = 0; i < 6; i++)
                portpool_give(f.w, &a, UDP, (uint16_t)(2048 + i));
        assert_int_equal(leased(0, UDP).n, 4);
        assert_int_equal(leased(1, UDP).n, 2);
        assert_int_equal(leased(1, UDP).n, 0);
}

static void the_table_of_blocks_ends(void **state UNUSED)
{
        for (unsigned i = 0; i < LEASES_MAX; i++)
                assert_int_equal(leased(i % PROXIES, i % 4 < 2 ? UDP : TCP).n, LEASE_PORTS);
        assert_int_equal(leased(0, UDP).n, 0);
        assert_int_equal(used(UDP) + used(TCP), LEASES_MAX * LEASE_PORTS);
}

static void an_answer_that_does_not_fit_leases_nothing(void **state UNUSED)
{
        struct punt_msg junk = { .kind = 99 }, m;

        while (ring_push(link_[0].to_proxy, &junk))
                continue;
        ask(0, UDP);
        assert_int_equal(used(UDP), 0);
        while (hears(0, &m))
                assert_int_equal(m.kind, 99);
        assert_int_equal(leased(0, UDP).n, LEASE_PORTS);
}

/* ---- the first ports of a flow ---- */

static struct punt_flow_info phone_calls(uint8_t proto, enum inspect_id engine)
{
        return (struct punt_flow_info){ .proto = proto,
                                        .engine = (uint8_t)engine,
                                        .iface = { IN, OUT },
                                        .client_real = { pb_addr("10.1.1.5"), 5060 },
                                        .server_real = { pb_addr("198.51.100.7"), 5060 } };
}

static void a_flow_finds_ports_before_its_first_byte(void **state UNUSED)
{
        struct punt_flow_info i = phone_calls(UDP, INSPECT_MMP);

        punt_lease_first(punt, 0, &i);
        silent(); /* speaks of no ports */
        i = phone_calls(UDP, INSPECT_SIP);
        punt_lease_first(punt, 0, &i);
        assert_int_equal(heard(0, PUNT_LEASE).lease.proto, UDP);
        punt_lease_first(punt, 0, &i);
        silent(); /* has some */
        i.proto = TCP;
        punt_lease_first(punt, 0, &i);
        assert_int_equal(heard(0, PUNT_LEASE).lease.proto, TCP); /* for contacts; media is UDP */
        punt_lease_first(punt, 1, &i);
        assert_int_equal(heard(1, PUNT_LEASE).lease.proto, UDP);
        assert_int_equal(heard(1, PUNT_LEASE).lease.proto, TCP);
        silent();
}

/* ---- mappings ---- */

static void a_pair_stands_for_a_source(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 4000, l.first, true, 5);
        struct punt_msg g;
        uint16_t seen;

        tell(0, PUNT_MAP, &m);
        assert_int_equal(xlate_count(f.w), 2);
        flow(UDP, 4000, &seen);
        assert_int_equal(seen, l.first);
        flow(UDP, 4001, &seen);
        assert_int_equal(seen, l.first + 1);
        flow(UDP, 4002, &seen);
        assert_int_equal(seen, 4002);
        tell(0, PUNT_UNMAP, &m);
        silent(); /* connections use both */
        clear_xlates();
        silent();
        assert_int_equal(xlate_count(f.w), 3);
        tell(0, PUNT_MAP, &m); /* again: the same */
        assert_int_equal(xlate_count(f.w), 3);
        tell(0, PUNT_UNMAP, &m);
        for (uint16_t port = 4000; port < 4002; port++) {
                uint32_t h = flow(UDP, port, &seen);

                silent(); /* both must have ended */
                xlate_release(f.w, h);
                xlate_release(f.w, h);
                wf_advance(&f, 31000);
        }
        g = heard(0, PUNT_MAP_GONE);
        assert_int_equal(g.map.gen, 5);
        assert_int_equal(g.map.x.mapped.port, l.first);
        assert_int_equal(g.map.x.mapped_if, OUT);
        assert_int_equal(g.map.x.proto, UDP);
        silent();
        assert_int_equal(used(UDP), LEASE_PORTS + 1); /* the ports are the lessee's all the time */
}

static void what_nothing_used_goes_at_once(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 5061, (uint16_t)(l.first + 1), false, 9);

        tell(0, PUNT_MAP, &m);
        assert_int_equal(xlate_count(f.w), 1);
        tell(0, PUNT_UNMAP, &m);
        assert_int_equal(heard(0, PUNT_MAP_GONE).map.gen, 9);
        assert_int_equal(xlate_count(f.w), 0);
        tell(0, PUNT_UNMAP, &m);
        silent();
}

static void only_the_lessee_maps(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 4000, l.first, true, 1);

        tell(1, PUNT_MAP, &m);
        assert_int_equal(xlate_count(f.w), 0);
        m.x.mapped.port = (uint16_t)(l.first + LEASE_PORTS);
        tell(0, PUNT_MAP, &m);
        assert_int_equal(xlate_count(f.w), 0);
        silent();
}

static void clearing_tells_the_lessee(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 4000, l.first, true, 3);

        tell(0, PUNT_MAP, &m);
        clear_xlates();
        worker_step(f.w);
        assert_int_equal(xlate_count(f.w), 0);
        assert_int_equal(heard(0, PUNT_MAP_GONE).map.gen, 3);
        silent();
        assert_int_equal(used(UDP), LEASE_PORTS);
        m.gen = 4;
        tell(0, PUNT_MAP, &m);
        assert_int_equal(xlate_count(f.w), 2);
}

static void an_end_that_does_not_fit_is_told_later(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 4000, l.first, true, 3);
        struct punt_msg junk = { .kind = 99 }, g;
        unsigned gones = 0;

        tell(0, PUNT_MAP, &m);
        while (ring_push(link_[0].to_proxy, &junk))
                continue;
        tell(0, PUNT_UNMAP, &m);
        worker_step(f.w);
        while (hears(0, &g))
                assert_int_equal(g.kind, 99);
        worker_step(f.w);
        worker_step(f.w);
        for (; hears(0, &g); gones++)
                assert_int_equal(g.kind, PUNT_MAP_GONE);
        assert_int_equal(gones, 1);
}

/* The rule is gone: what was announced under it stays until it ends, and the block goes back to where it was. */
static void a_rule_that_goes_leaves_what_there_is(void **state UNUSED)
{
        struct punt_lease l = leased(0, UDP);
        struct punt_map m = mapping(UDP, 4000, l.first, true, 3);
        struct punt_flow_info i = phone_calls(UDP, INSPECT_SIP);

        tell(0, PUNT_MAP, &m);
        nf_del(&n, "all");
        nf_commit(&n, &f);
        worker_step(f.w);
        assert_int_equal(xlate_count(f.w), 2);
        punt_lease_first(punt, 1, &i);
        silent(); /* nothing is shared any more */
        tell(0, PUNT_UNMAP, &m);
        heard(0, PUNT_MAP_GONE);
        give(0, &l);
        assert_int_equal(used(UDP), 0);
        assert_int_equal(xlate_count(f.w), 0);
}

/* ---- both sides, with everybody else ---- */

#define GROUPS 24u
#define FLOWS 64u

struct world {
        uint64_t seed;
        struct pat *pat[PROXIES];
        uint32_t group[PROXIES][GROUPS];
        uint32_t flow[FLOWS];
        bool ruled;
};

static uint32_t draw(struct world *w, uint32_t below)
{
        w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
        return (uint32_t)(w->seed >> 33) % below;
}

static void proxies_read(struct world *w)
{
        struct punt_msg m;

        for (unsigned i = 0; i < PROXIES; i++) {
                while (hears(i, &m))
                        pat_msg(w->pat[i], 0, &m);
                pat_pay(w->pat[i]);
        }
}

static struct pat_place place(uint8_t proto)
{
        return (struct pat_place){
                .real_if = IN, .mapped_if = OUT, .proto = proto, .mapped = pb_addr(SHARED), .rule = 1
        };
}

/* Hosts belong to one proxy worker each, as flows do. */
static struct endpoint host_of(struct world *w, unsigned proxy)
{
        struct endpoint e = { addr_v4(0x0a010100u + 10 + proxy * 100 + draw(w, 3)), (uint16_t)(4000 + draw(w, 40)) };

        return e;
}

static void announce(struct world *w, unsigned i)
{
        uint32_t *g = &w->group[i][draw(w, GROUPS)];
        struct pat_place at = place(draw(w, 4) ? UDP : TCP);
        struct endpoint real = host_of(w, i), out, again;
        bool pair = at.proto == UDP && draw(w, 3);

        if (!*g)
                *g = pat_group_open(w->pat[i], 0);
        if (!pat_map(w->pat[i], &at, *g, &real, pair, &out))
                return;
        assert_true(out.port >= 1024);
        if (pair)
                assert_int_equal(out.port % 2, real.port % 2);
        assert_true(pat_map(w->pat[i], &at, *g, &real, pair, &again));
        assert_int_equal(out.port, again.port);
        assert_true(pat_find_real(w->pat[i], 0, OUT, at.proto, &out, &again));
        assert_true(addr_eq(&again.a, &real.a) && again.port == real.port);
}

static void end_something(struct world *w, unsigned i)
{
        uint32_t *g = &w->group[i][draw(w, GROUPS)];

        pat_group_close(w->pat[i], *g);
        *g = 0;
}

static void traffic(struct world *w)
{
        uint32_t *h = &w->flow[draw(w, FLOWS)];
        struct endpoint real = host_of(w, draw(w, PROXIES));
        struct addr a = pb_addr(SHARED);
        enum drop_reason why;
        uint16_t seen;

        if (*h || !w->ruled) {
                xlate_release(f.w, *h);
                *h = 0;
                return;
        }
        *h = xlate_pat_new(f.w, nat_rule_at(nat_rt(f.w->snap), 0), IN, OUT, draw(w, 4) ? UDP : TCP, &real.a,
                           real.port, &a, &seen, &why);
}

static void new_snapshot(struct world *w)
{
        if (w->ruled)
                nf_del(&n, "all");
        else
                nf_dynamic(&n, "all", "inside", "outside", SHARED);
        w->ruled = !w->ruled;
        nf_commit(&n, &f);
}

/* The ring to a proxy worker is full for a moment: answers and ends must find their way all the same. */
static void crowd(struct world *w)
{
        struct punt_msg junk = { .kind = PUNT_GONE };
        unsigned i = draw(w, PROXIES);

        while (ring_push(link_[i].to_proxy, &junk))
                continue;
        for (unsigned k = 0; k < 4; k++) {
                announce(w, i);
                end_something(w, i);
        }
        worker_step(f.w);
}

static void happens(struct world *w)
{
        unsigned i = draw(w, PROXIES), what = draw(w, 1000);

        if (what < 400)
                announce(w, i);
        else if (what < 550)
                end_something(w, i);
        else if (what < 750)
                traffic(w);
        else if (what < 900)
                worker_step(f.w);
        else if (what < 960)
                proxies_read(w);
        else if (what < 980)
                pat_tick(w->pat[i], f.w->now_ms, draw(w, 4) == 0);
        else if (what < 992)
                wf_advance(&f, draw(w, 2) ? 40000 : 10);
        else if (what < 995)
                clear_xlates();
        else if (what < 998)
                crowd(w);
        else
                new_snapshot(w);
}

/* No port stands for two. */
static void nobody_shares_a_port(void)
{
        static uint8_t taken[2][65536];
        struct xlate_row rows[64];
        uint32_t cursor = 0;
        bool end = false;

        memset(taken, 0, sizeof taken);
        while (!end) {
                unsigned got = xlate_walk(f.w, &cursor, rows, 64, &end);

                for (unsigned i = 0; i < got; i++) {
                        uint8_t *t = &taken[rows[i].proto == TCP][rows[i].mport];

                        if (*t)
                                fail_msg("port %u stands for two sources", rows[i].mport);
                        *t = 1;
                }
        }
}

static void everything_ends(struct world *w)
{
        for (unsigned i = 0; i < PROXIES; i++)
                for (unsigned k = 0; k < GROUPS; k++)
                        pat_group_close(w->pat[i], w->group[i][k]);
        for (unsigned k = 0; k < FLOWS; k++)
                xlate_release(f.w, w->flow[k]);
        for (unsigned k = 0; k < 8; k++) {
                worker_step(f.w);
                proxies_read(w);
                wf_advance(&f, 40000);
                for (unsigned i = 0; i < PROXIES; i++)
                        pat_tick(w->pat[i], f.w->now_ms, true);
        }
}

static void leased_ports_are_nobody_elses(void **state UNUSED)
{
        struct pat_stat s;

        for (unsigned run = 0; run < 20; run++) {
                struct world w = { .seed = 77 + run, .ruled = true };

                for (unsigned i = 0; i < PROXIES; i++)
                        assert_non_null(w.pat[i] = pat_new(i, (struct punt_link *const *)&links[i], 1, &f.rng));
                for (unsigned k = 0; k < 3000; k++) {
                        happens(&w);
                        if (k % 16 == 0)
                                nobody_shares_a_port();
                }
                if (!w.ruled)
                        new_snapshot(&w);
                everything_ends(&w);
                assert_int_equal(xlate_count(f.w), 0);
                for (unsigned i = 0; i < PROXIES; i++) {
                        pat_stat(w.pat[i], &s);
                        assert_int_equal(s.maps, 0);
                        assert_int_equal(s.groups, 0);
                        assert_int_equal(s.blocks, 0);
                        pat_free(w.pat[i]);
                }
                assert_int_equal(used(UDP), 0);
                assert_int_equal(used(TCP), 0);
        }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_block_leaves_the_pool_and_comes_back),
                T(each_protocol_has_ports_of_its_own),
                T(a_crowded_address_leases_less_and_then_nothing),
                T(the_table_of_blocks_ends),
                T(an_answer_that_does_not_fit_leases_nothing),
                T(a_flow_finds_ports_before_its_first_byte),
                T(a_pair_stands_for_a_source),
                T(what_nothing_used_goes_at_once),
                T(only_the_lessee_maps),
                T(clearing_tells_the_lessee),
                T(an_end_that_does_not_fit_is_told_later),
                T(a_rule_that_goes_leaves_what_there_is),
                T(leased_ports_are_nobody_elses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
