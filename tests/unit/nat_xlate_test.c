/* Tables of live translations and ports by themselves: limits, handles, memory that is not there. */
#include "nat/xlate.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "platform/base/mem.h"
#include "policy/policy_rt.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define UDP IPPROTO_UDP_

struct bench {
        struct worker_fixture f;
        struct nat_fixture n;
        struct addr pat;
};

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);
        struct snap_part *net = snap_part_new();

        wf_init(&b->f);
        nf_init(&b->n);
        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", "192.0.2.9");
        b->pat = pb_addr("192.0.2.9");
        b->f.part[SNAP_POLICY] = snap_part_new();
        assert_int_equal(net_compile(net, &b->f.conf, &b->f.bind, NULL), 0);
        assert_int_equal(policy_compile(b->f.part[SNAP_POLICY], &b->n.objs, net->root, NULL, NULL, NULL), 0);
        snap_part_put(net);
        b->f.part[SNAP_NAT] = nf_compile(&b->n, &b->f);
        wf_start(&b->f);
        b->f.w->xlates = xlate_table_new(b->f.w);
        assert_non_null(b->f.w->xlates);
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        xlate_table_free(b->f.w->xlates);
        wf_stop(&b->f);
        nf_fini(&b->n);
        free(b);
        return 0;
}

static uint32_t take(struct bench *b, const char *real, uint16_t rport, uint16_t *mport)
{
        const struct nat_rule_rt *r = nat_rule_at(nat_rt(b->f.w->snap), 0);
        struct addr a = pb_addr(real);
        enum drop_reason why = DROP_NONE;
        uint32_t h = xlate_pat_new(b->f.w, r, IN, OUT, UDP, &a, rport, &b->pat, mport, &why);

        assert_true(h || why == DROP_NAT_XLATE);
        return h;
}

static void test_handles(void **state)
{
        struct bench *b = *state;
        uint16_t port;
        uint32_t h = take(b, "10.1.1.5", 5060, &port), again;

        assert_int_not_equal(h, 0);
        assert_int_equal(take(b, "10.1.1.5", 5060, &port), h);
        assert_int_equal(xlate_at(b->f.w->xlates, h)->refs, 2);
        xlate_release(b->f.w, h);
        xlate_release(b->f.w, h);
        xlate_release(b->f.w, h); /* once too often is harmless */
        xlate_hold(b->f.w, h);
        wf_advance(&b->f, 40000);
        assert_non_null(xlate_at(b->f.w->xlates, h));
        xlate_release(b->f.w, h);
        wf_advance(&b->f, 40000);
        assert_null(xlate_at(b->f.w->xlates, h));
        xlate_release(b->f.w, h); /* an old handle means nothing */
        xlate_hold(b->f.w, h);
        again = take(b, "10.1.1.6", 5060, &port);
        assert_true(again && again != h);
        assert_null(xlate_at(b->f.w->xlates, 0));
}

/* Every port of the address, no port twice, then refusal; what comes back can be had again. */
static void test_all_ports(void **state)
{
        struct bench *b = *state;
        static bool seen[65536];
        uint16_t port;
        unsigned n = 0;

        memset(seen, 0, sizeof seen);
        /* two hosts want each port in turn */
        for (; take(b, n % 2 ? "10.1.1.6" : "10.1.1.5", (uint16_t)(1024 + n / 2), &port); n++) {
                assert_true(port >= 1024 && !seen[port]);
                seen[port] = true;
        }
        assert_int_equal(n, 64512);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 64512);
        assert_int_equal(take(b, "10.1.1.7", 5060, &port), 0);
        portpool_give(b->f.w, &b->pat, UDP, 4242);
        portpool_give(b->f.w, &b->pat, UDP, 4242); /* only once */
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 64511);
        assert_int_not_equal(take(b, "10.1.1.7", 5060, &port), 0);
        assert_int_equal(port, 4242);
}

/* ---- leased ports ---- */

static struct xlate_lease ended[8];
static unsigned nended;

static void on_end(struct worker *w, const struct xlate_lease *l)
{
        assert_non_null(w);
        assert_true(nended < ARRAY_LEN(ended));
        ended[nended++] = *l;
}

static struct xlate_lease lease(struct bench *b, const char *real, uint16_t rport, uint16_t mport)
{
        nended = 0;
        xlate_on_lease_end(b->f.w, on_end);
        return (struct xlate_lease){ .real_if = IN,
                                     .mapped_if = OUT,
                                     .proto = UDP,
                                     .rule = nat_rule_at(nat_rt(b->f.w->snap), 0)->id,
                                     .real = { pb_addr(real), rport },
                                     .mapped = { b->pat, mport } };
}

static void test_blocks(void **state)
{
        struct bench *b = *state;
        unsigned n = 32;
        uint16_t first = portpool_take_block(b->f.w, OUT, &b->pat, UDP, &n), port;

        assert_true(n == 32 && first >= 1024 && first % 32 == 0);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 32);
        for (unsigned i = 0; i < 32; i++) {
                assert_int_not_equal(take(b, "10.1.1.5", (uint16_t)(first + i), &port), 0);
                assert_true(port < first || port >= first + 32);
        }
        for (unsigned i = 0; i < 32; i++)
                portpool_give(b->f.w, &b->pat, UDP, (uint16_t)(first + i));
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 32);
}

/* A crowded address gives less, and nothing when no two neighbours are free. */
static void test_crowded_blocks(void **state)
{
        struct bench *b = *state;
        unsigned n = 32;

        for (unsigned k = 0; k < 64512; k += 2) /* one of each pair is taken */
                assert_int_not_equal(portpool_take(b->f.w, OUT, &b->pat, UDP, (uint16_t)(1024 + k)), 0);
        assert_int_equal(portpool_take_block(b->f.w, OUT, &b->pat, UDP, &n), 0);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 32256);
        for (unsigned k = 40000; k < 40010; k += 2)
                portpool_give(b->f.w, &b->pat, UDP, (uint16_t)k);
        n = 32;
        assert_int_equal(portpool_take_block(b->f.w, OUT, &b->pat, UDP, &n), 40000);
        assert_int_equal(n, 8); /* 40000 to 40007 */
        n = 32;
        assert_int_equal(portpool_take_block(b->f.w, OUT, &b->pat, UDP, &n), 40008);
        assert_int_equal(n, 2);
}

/* Kept it waits without end; used, it rests after its last connection; the port stays the lessee's all the time. */
static void test_kept(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l = lease(b, "10.1.1.5", 4000, 30000);
        uint16_t port;
        uint32_t h;

        assert_true(xlate_keep(b->f.w, &l) && xlate_keep(b->f.w, &l));
        assert_int_equal(xlate_count(b->f.w), 1);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 0);
        wf_advance(&b->f, 3600000);
        h = take(b, "10.1.1.5", 4000, &port);
        assert_int_equal(port, 30000);
        xlate_at(b->f.w->xlates, h)->proven = true;
        xlate_release(b->f.w, h);
        wf_advance(&b->f, 3600000);
        assert_int_equal(nended, 0);
        h = take(b, "10.1.1.5", 4000, &port);
        xlate_unkeep(b->f.w, &l);
        wf_advance(&b->f, 3600000);
        xlate_release(b->f.w, h);
        wf_advance(&b->f, 29000);
        assert_int_equal(nended, 0);
        wf_advance(&b->f, 2000);
        assert_int_equal(nended, 1);
        assert_true(ended[0].mapped.port == 30000 && ended[0].real.port == 4000 && ended[0].mapped_if == OUT);
        assert_int_equal(xlate_count(b->f.w), 0);
        xlate_unkeep(b->f.w, &l); /* legal */
        assert_int_equal(nended, 1);
}

static void test_never_used_goes_at_once(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l = lease(b, "10.1.1.5", 4000, 30000);

        assert_true(xlate_keep(b->f.w, &l));
        xlate_unkeep(b->f.w, &l);
        assert_int_equal(nended, 1);
        assert_int_equal(xlate_count(b->f.w), 0);
        assert_true(xlate_keep(b->f.w, &l));
        assert_int_equal(xlate_count(b->f.w), 1);
}

/* What the source had stays with its connections; new ones take what was announced. */
static void test_kept_replaces(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l = lease(b, "10.1.1.5", 4000, 30000), other = lease(b, "10.1.1.5", 4000, 30002);
        uint16_t port, before;
        uint32_t h = take(b, "10.1.1.5", 4000, &before);

        assert_int_equal(before, 4000);
        assert_true(xlate_keep(b->f.w, &l));
        assert_int_equal(xlate_count(b->f.w), 2);
        take(b, "10.1.1.5", 4000, &port);
        assert_int_equal(port, 30000);
        xlate_release(b->f.w, h);
        wf_advance(&b->f, 31000);
        assert_int_equal(xlate_count(b->f.w), 1);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 0);
        assert_true(xlate_keep(b->f.w, &other)); /* another lessee's word is the last */
        take(b, "10.1.1.5", 4000, &port);
        assert_int_equal(port, 30002);
        assert_int_equal(nended, 0);
}

static void test_idle_is_replaced_at_once(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l = lease(b, "10.1.1.5", 4000, 30000);
        uint16_t port;

        xlate_release(b->f.w, take(b, "10.1.1.5", 4000, &port));
        assert_true(xlate_keep(b->f.w, &l));
        assert_int_equal(xlate_count(b->f.w), 1);
        assert_int_equal(portpool_used(b->f.w, &b->pat, UDP), 0);
}

static void test_pool_of_its_own_per_protocol(void **state)
{
        struct bench *b = *state;

        assert_int_equal(portpool_take(b->f.w, OUT, &b->pat, UDP, 5060), 5060);
        assert_int_equal(portpool_take(b->f.w, OUT, &b->pat, IPPROTO_TCP_, 5060), 5060);
        assert_int_equal(portpool_peek(b->f.w, OUT, &b->pat, IPPROTO_ICMP_, 5060), 5060);
        assert_int_not_equal(portpool_peek(b->f.w, OUT, &b->pat, UDP, 5060), 5060);
        assert_true(portpool_take(b->f.w, OUT, &b->pat, UDP, 0) >= 1024);
        assert_int_equal(portpool_used(b->f.w, &b->pat, IPPROTO_ICMP_), 0);
}

static void test_more_addresses_than_pools(void **state)
{
        struct bench *b = *state;

        for (uint32_t i = 0; i < PORTPOOLS_MAX; i++) {
                struct addr a = addr_v4(0xC6336400 + i);

                assert_int_equal(portpool_take(b->f.w, OUT, &a, UDP, 5060), 5060);
        }
        assert_int_equal(portpool_take(b->f.w, OUT, &b->pat, UDP, 5060), 0);
        portpool_give(b->f.w, &(struct addr){ .fam = ADDR_V4, .w = { 0xC6336400 } }, UDP, 5060);
        assert_int_equal(portpool_take(b->f.w, OUT, &b->pat, UDP, 5060), 5060);
}

static void test_without_memory(void **state)
{
        struct bench *b = *state;
        struct worker *w = b->f.w;
        struct xlate_table *t = NULL;
        uint64_t live = mem_live_blocks();

        for (uint64_t nth = 1; !t; nth++) {
                assert_true(nth < 100);
                mem_fail_nth(nth, false);
                t = xlate_table_new(w);
                mem_fail_nth(0, false);
                assert_true(t || mem_live_blocks() == live);
        }
        xlate_table_free(t);
        assert_int_equal(mem_live_blocks(), live);
}

static void test_compile_without_memory(void **state)
{
        struct bench *b = *state;
        const struct net_rt *net = net_rt(b->f.w->snap);
        unsigned failed = 0;
        char name[16];
        int rc = -1;

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(name, sizeof name, "h%u", i);
                nf_host(&b->n, name, "10.1.1.9");
                nf_static(&b->n, name, "inside", "outside", "192.0.2.99");
        }
        for (uint64_t nth = 1; rc; nth++) {
                struct snap_part *part = snap_part_new();
                struct err e = { 0 };

                assert_true(part && nth < 100);
                mem_fail_nth(nth, false);
                rc = nat_compile(part, &b->n.conf, &b->n.objs, net, &e);
                mem_fail_nth(0, false);
                assert_true(!rc || e.code == ERR_NOMEM);
                assert_true(rc || nat_rule_at(part->root, 0));
                snap_part_put(part);
                failed += rc != 0;
        }
        assert_true(failed > 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_handles),
                T(test_all_ports),
                T(test_blocks),
                T(test_crowded_blocks),
                T(test_kept),
                T(test_never_used_goes_at_once),
                T(test_kept_replaces),
                T(test_idle_is_replaced_at_once),
                T(test_pool_of_its_own_per_protocol),
                T(test_more_addresses_than_pools),
                T(test_without_memory),
                T(test_compile_without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
