/* Interfaces, routes, ICMP and ARP lines as typed -> what the packet path asks. */
#include "platform/net/route.h"

#include "platform/base/mem.h"
#include "platform/base/rng.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static struct snap_part *compile(struct worker_fixture *f)
{
        struct snap_part *p = snap_part_new();
        struct err e;

        assert_non_null(p);
        assert_int_equal(net_compile(p, &f->conf, &f->bind, &e), 0);
        return p;
}

static const struct route_entry *look(const struct snap_part *p, const char *a)
{
        struct addr x = pb_addr(a);

        return route_lookup(p->root, &x);
}

static void test_longest_prefix(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;

        (void)state;
        wf_init(&f);
        wf_route(&f, "inside", "10.0.0.0", 8, "10.1.1.2");
        wf_route(&f, "inside", "10.1.1.128", 25, "10.1.1.3");
        wf_route(&f, "outside", "10.1.1.130", 32, "192.0.2.7");
        p = compile(&f);
        assert_true(look(p, "10.1.1.5")->connected);
        assert_int_equal(look(p, "10.1.1.5")->iface, WF_INSIDE);
        assert_int_equal(look(p, "10.2.0.1")->gw.v4, 0x0A010102);
        assert_int_equal(look(p, "10.1.1.129")->gw.v4, 0x0A010103);
        assert_int_equal(look(p, "10.1.1.130")->iface, WF_OUTSIDE);
        assert_int_equal(look(p, "8.8.8.8")->gw.v4, 0xC00002FE);
        assert_null(look(p, "2001:db8::1"));
        snap_part_put(p);
        wf_stop(&f);
}

static void test_equal_prefixes(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        struct route_conf *far;
        struct addr a = pb_addr("172.16.0.9");

        (void)state;
        wf_init(&f);
        wf_route(&f, "outside", "172.16.0.0", 16, "192.0.2.8");
        far = conf_list_add(&f.conf.routes, "");
        far->metric = 200;
        strcpy(far->nameif, "inside");
        far->net = pb_addr("172.16.0.0");
        far->len = 16;
        far->gw = pb_addr("10.1.1.7");
        wf_route(&f, "inside", "10.1.1.0", 24, "10.1.1.8"); /* loses against the connected one */
        p = compile(&f);
        assert_int_equal(route_lookup(p->root, &a)->iface, WF_OUTSIDE);
        assert_int_equal(route_lookup_iface(p->root, &a, WF_INSIDE)->gw.v4, 0x0A010107);
        assert_int_equal(route_lookup_iface(p->root, &a, WF_INSIDE)->distance, 200);
        assert_true(look(p, "10.1.1.9")->connected);
        a = pb_addr("9.9.9.9");
        assert_null(route_lookup_iface(p->root, &a, WF_INSIDE));
        snap_part_put(p);
        wf_stop(&f);
}

/* Against a linear search over random routes. */
static void test_against_linear_search(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        const struct net_rt *n;

        (void)state;
        wf_init(&f);
        for (int i = 0; i < 500; i++) {
                struct route_conf *c = conf_list_add(&f.conf.routes, "");

                assert_non_null(c);
                c->len = (uint8_t)rng_below(&f.rng, 33);
                c->net = addr_v4(rng_below(&f.rng, 1 << 16) << 16 | rng_below(&f.rng, 1 << 8));
                c->net.v4 &= len_to_mask(c->len);
                c->gw = addr_v4((uint32_t)i);
                c->metric = 1;
                strcpy(c->nameif, i & 1 ? "inside" : "outside");
        }
        p = compile(&f);
        n = p->root;
        for (int i = 0; i < 5000; i++) {
                struct addr a = addr_v4(i & 1 ? rng_below(&f.rng, UINT32_MAX)
                                              : n->routes->e[rng_below(&f.rng, n->routes->n)].dst.a.v4 + (i & 3));
                const struct route_entry *got = route_lookup(n, &a);
                int best = -1;

                for (unsigned k = 0; k < n->routes->n; k++)
                        if (prefix_has(&n->routes->e[k].dst, &a) && n->routes->e[k].dst.len > best)
                                best = n->routes->e[k].dst.len;
                assert_int_equal(got ? got->dst.len : -1, best);
                if (got)
                        assert_true(prefix_has(&got->dst, &a));
        }
        snap_part_put(p);
        wf_stop(&f);
}

static void test_down_interfaces_have_no_routes(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        struct iface_conf *c;
        struct addr own = pb_addr("192.0.2.1");

        (void)state;
        wf_init(&f);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->shutdown = true;
        p = compile(&f);
        assert_null(look(p, "8.8.8.8"));
        assert_null(look(p, "192.0.2.9"));
        assert_null(iface_by_addr(p->root, &own));
        assert_non_null(iface_by_name(p->root, "outside"));
        snap_part_put(p);
        wf_stop(&f);
}

static void test_interface_lookups(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        const struct net_rt *n;
        struct iface_conf *c;
        struct addr a = pb_addr("10.20.0.1");
        struct iface_rt p2p;

        (void)state;
        wf_init(&f);
        c = wf_iface(&f, "GigabitEthernet0/1.20", "voice", -1, "10.20.0.1", 16);
        c->vlan = 20;
        c->mtu = 0;
        c->management_only = true;
        p = compile(&f);
        n = p->root;
        assert_int_equal(iface_by_addr(n, &a)->idx, 3);
        a = pb_addr("10.20.0.2");
        assert_null(iface_by_addr(n, &a));
        assert_true(iface_connects(&n->iface[3], &a));
        assert_false(iface_connects(&n->iface[2], &a));
        a = pb_addr("10.20.255.255");
        assert_true(iface_is_broadcast(&n->iface[3], &a));
        a = pb_addr("10.20.0.0");
        assert_true(iface_is_broadcast(&n->iface[3], &a));
        p2p = n->iface[3];
        p2p.mask_len = 31; /* RFC 3021: both are hosts */
        assert_false(iface_is_broadcast(&p2p, &a));
        p2p.mask_len = 32;
        assert_false(iface_is_broadcast(&p2p, &p2p.ip));
        assert_int_equal(iface_by_vlan(n, 1, 20)->idx, 3);
        assert_int_equal(iface_by_vlan(n, 1, 0)->idx, WF_INSIDE);
        assert_null(iface_by_vlan(n, 0, 20));
        assert_null(iface_by_vlan(n, 0xFFFF, 0));
        assert_string_equal(iface_name(n, IFACE_BOX), "identity");
        assert_string_equal(iface_name(n, 3), "voice");
        assert_string_equal(iface_name(n, 60), "");
        assert_null(iface_by_name(n, ""));
        assert_int_equal(n->iface[3].level, 0);
        assert_int_equal(n->iface[3].mtu, 1500);
        assert_true(n->iface[3].management_only);
        assert_int_equal(n->iface[3].mac.b[5], 3); /* its parent's */
        snap_part_put(p);
        wf_stop(&f);
}

static void test_subinterface_falls_with_parent(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        struct iface_conf *c, *parent;

        (void)state;
        wf_init(&f);
        c = wf_iface(&f, "GigabitEthernet0/1.20", "voice", 50, "10.20.0.1", 16);
        p = compile(&f);
        assert_false(((const struct net_rt *)p->root)->iface[3].up); /* no VLAN yet */
        snap_part_put(p);
        c->vlan = 20;
        parent = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/1");
        parent->nameif[0] = 0; /* a trunk needs no name */
        p = compile(&f);
        assert_true(((const struct net_rt *)p->root)->iface[3].up);
        snap_part_put(p);
        parent->shutdown = true;
        p = compile(&f);
        assert_false(((const struct net_rt *)p->root)->iface[3].up);
        snap_part_put(p);
        wf_stop(&f);
}

/* The index of an interface stays the same over commits: live state keeps it. */
static void test_indices_stay(void **state)
{
        struct worker_fixture f;
        struct snap_part *p;
        char name[40];

        (void)state;
        wf_init(&f);
        conf_list_del(&f.conf.ifaces, conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0"));
        p = compile(&f);
        assert_null(iface_by_idx(p->root, WF_OUTSIDE));
        assert_string_equal(iface_by_idx(p->root, WF_INSIDE)->nameif, "inside");
        assert_int_equal(((const struct net_rt *)p->root)->port_iface[0], 0);
        snap_part_put(p);
        for (unsigned i = 0; i < IFACES_MAX; i++) {
                snprintf(name, sizeof name, "GigabitEthernet1/%u", i);
                assert_int_equal(iface_bind(&f.bind, name) != NULL, i < IFACES_MAX - 3);
        }
        wf_stop(&f);
}

/* Out of memory at any allocation: refused, nothing leaks, the next try works. */
static void test_torture(void **state)
{
        struct worker_fixture f;
        struct err e;
        int rc = -1;

        (void)state;
        wf_init(&f);
        for (uint64_t nth = 1; rc < 0; nth++) {
                struct snap_part *p;
                uint64_t before = mem_live_blocks();

                mem_fail_nth(nth, false);
                p = snap_part_new();
                rc = p ? net_compile(p, &f.conf, &f.bind, &e) : -1;
                mem_fail_nth(0, false);
                if (p && rc < 0)
                        assert_int_equal(e.code, ERR_NOMEM);
                snap_part_put(p);
                assert_int_equal(mem_live_blocks(), before);
                assert_true(nth < 100);
        }
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_longest_prefix),        cmocka_unit_test(test_equal_prefixes),
                cmocka_unit_test(test_against_linear_search), cmocka_unit_test(test_down_interfaces_have_no_routes),
                cmocka_unit_test(test_interface_lookups),     cmocka_unit_test(test_subinterface_falls_with_parent),
                cmocka_unit_test(test_indices_stay),          cmocka_unit_test(test_torture),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
