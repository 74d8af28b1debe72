/* Rules compiled: their order, which one a flow gets in either direction, and whom we answer ARP for. */
#include "nat/nat_rt.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define DMZ 3u
#define TCP IPPROTO_TCP_

struct bench {
        struct worker_fixture f;
        struct nat_fixture n;
        struct snap_part *net, *nat;
        struct snapshot snap; /* only its parts are looked at */
};

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);
        struct iface_binding *bind;

        wf_init(&b->f);
        wf_iface(&b->f, "GigabitEthernet0/2", "dmz", 50, "172.16.0.1", 24);
        bind = iface_bind(&b->f.bind, "GigabitEthernet0/2");
        bind->port = 2;
        bind->link = true;
        nf_init(&b->n);
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        snap_part_put(b->nat);
        snap_part_put(b->net);
        nf_fini(&b->n);
        wf_stop(&b->f);
        free(b);
        return 0;
}

static const struct nat_rt *compile(struct bench *b)
{
        struct err e;

        snap_part_put(b->nat);
        snap_part_put(b->net);
        b->net = snap_part_new();
        assert_int_equal(net_compile(b->net, &b->f.conf, &b->f.bind, &e), 0);
        b->nat = nf_compile(&b->n, &b->f);
        b->snap.part[SNAP_NET] = b->net;
        b->snap.part[SNAP_NAT] = b->nat;
        return nat_rt(&b->snap);
}

static const char *source(const struct bench *b, uint16_t from, uint16_t to, const char *real, uint16_t port)
{
        struct addr a = pb_addr(real);
        const struct nat_rule_rt *r = nat_match_source(nat_rt(&b->snap), from, to, TCP, &a, port, NULL);

        return r ? r->object : "-";
}

/* "object real:port" of an address called on `in`, "-" when no rule answers for it. */
static const char *dest(const struct bench *b, uint16_t in, const char *mapped, uint16_t mport)
{
        static char text[128];
        char buf[ADDR_TEXT_MAX];
        struct addr a = pb_addr(mapped), real;
        uint16_t port;
        const struct nat_rule_rt *r =
                nat_match_dest(nat_rt(&b->snap), net_rt(&b->snap), in, TCP, &a, mport, NULL, &real, &port);

        if (!r)
                return "-";
        snprintf(text, sizeof text, "%s %s:%u", r->object, addr_print(&real, buf), port);
        return text;
}

static bool answers(const struct bench *b, uint16_t iface, const char *ip)
{
        struct addr a = pb_addr(ip);

        return nat_proxy_arp(&b->snap, iface, &a);
}

/* Whatever a line maps (the interface may have got its address later), neighbours keep theirs. */
static void test_own_subnet_is_not_answered_for(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "net", "10.2.0.0", 24);
        nf_static(&b->n, "net", "inside", "outside", "192.0.2.0");
        nf_host(&b->n, "srv", "10.1.1.8");
        nf_static(&b->n, "srv", "inside", "outside", "192.0.2.8");
        compile(b);
        assert_false(answers(b, WF_OUTSIDE, "192.0.2.99"));
        assert_false(answers(b, WF_OUTSIDE, "192.0.2.1"));
        assert_true(answers(b, WF_OUTSIDE, "192.0.2.8"));
}

static void test_order_of_section_2(void **state)
{
        struct bench *b = *state;
        static const char *const want[] = { "bbb", "ccc", "srv-b", "srv-a", "net", "pat-host", "any-a", "any-b" };
        const struct nat_rt *n;

        nf_subnet(&b->n, "any-b", "0.0.0.0", 0);
        nf_subnet(&b->n, "any-a", "0.0.0.0", 0);
        nf_subnet(&b->n, "net", "10.2.0.0", 24);
        nf_host(&b->n, "pat-host", "10.1.1.1");
        nf_host(&b->n, "srv-a", "10.1.1.9");
        nf_host(&b->n, "srv-b", "10.1.1.8");
        nf_host(&b->n, "ccc", "10.1.1.7");
        nf_host(&b->n, "bbb", "10.1.1.7");
        nf_dynamic(&b->n, "any-b", "inside", "outside", "192.0.2.9");
        nf_dynamic(&b->n, "any-a", "inside", "outside", "interface");
        nf_static(&b->n, "net", "inside", "outside", "198.51.100.0");
        nf_dynamic(&b->n, "pat-host", "inside", "outside", "192.0.2.10");
        nf_static(&b->n, "srv-a", "inside", "outside", "192.0.2.19");
        nf_static(&b->n, "srv-b", "inside", "outside", "192.0.2.18");
        nf_static(&b->n, "ccc", "inside", "outside", "192.0.2.17");
        nf_static(&b->n, "bbb", "inside", "outside", "192.0.2.16");
        n = compile(b);
        for (unsigned i = 0; i < ARRAY_LEN(want); i++)
                assert_string_equal(nat_rule_at(n, i)->object, want[i]);
        assert_null(nat_rule_at(n, ARRAY_LEN(want)));
        assert_string_equal(source(b, IN, OUT, "10.1.1.7", 80), "bbb");
        assert_string_equal(source(b, IN, OUT, "10.1.1.1", 80), "pat-host");
        assert_string_equal(source(b, IN, OUT, "10.9.9.9", 80), "any-a");
        assert_string_equal(source(b, OUT, IN, "10.1.1.7", 80), "-");
        assert_string_equal(source(b, IN, DMZ, "10.1.1.7", 80), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.17", 80), "ccc 10.1.1.7:80");
        assert_string_equal(dest(b, IN, "192.0.2.17", 80), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.9", 80), "-"); /* PAT: nobody to call */
}

static void test_subnets_and_ranges(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "net", "10.2.0.0", 16);
        nf_static(&b->n, "net", "inside", "outside", "198.51.0.77"); /* the mask is the real side's */
        nf_range(&b->n, "range", "10.3.0.3", "10.3.0.9");
        nf_static(&b->n, "range", "inside", "outside", "203.0.113.250");
        compile(b);
        assert_string_equal(dest(b, OUT, "198.51.255.254", 1), "net 10.2.255.254:1");
        assert_string_equal(dest(b, OUT, "198.51.0.0", 1), "net 10.2.0.0:1");
        assert_string_equal(dest(b, OUT, "198.52.0.0", 1), "-");
        assert_string_equal(dest(b, OUT, "203.0.113.250", 1), "range 10.3.0.3:1");
        assert_string_equal(dest(b, OUT, "203.0.113.255", 1), "range 10.3.0.8:1");
        assert_string_equal(dest(b, OUT, "203.0.114.0", 1), "range 10.3.0.9:1");
        assert_string_equal(dest(b, OUT, "203.0.114.1", 1), "-");
        assert_string_equal(source(b, IN, OUT, "10.3.0.2", 1), "-");
        assert_string_equal(source(b, IN, OUT, "10.3.0.3", 1), "range");
        assert_string_equal(source(b, IN, OUT, "10.3.0.9", 1), "range");
        assert_string_equal(source(b, IN, OUT, "10.3.0.10", 1), "-");
}

static void test_static_mapped(void **state)
{
        struct bench *b = *state;
        const struct nat_rt *n;
        struct addr real = pb_addr("10.2.3.4"), mapped, want = pb_addr("198.51.3.4");
        uint16_t port;

        nf_subnet(&b->n, "net", "10.2.0.0", 16);
        nf_static(&b->n, "net", "inside", "outside", "198.51.0.0");
        n = compile(b);
        assert_true(nat_static_mapped(nat_rule_at(n, 0), net_rt(&b->snap), &real, 7, TCP, OUT, &mapped, &port));
        assert_true(addr_eq(&mapped, &want));
        assert_int_equal(port, 7);
        real = pb_addr("10.3.0.0");
        assert_false(nat_static_mapped(nat_rule_at(n, 0), net_rt(&b->snap), &real, 7, TCP, OUT, &mapped, &port));
}

static void test_service_ports(void **state)
{
        struct bench *b = *state;
        struct addr real = pb_addr("10.1.1.3"), mapped, want = pb_addr("192.0.2.1");
        const struct nat_rule_rt *r;
        uint16_t port;

        nf_host(&b->n, "web", "10.1.1.2");
        nf_host(&b->n, "ssl", "10.1.1.3");
        nf_host(&b->n, "own", "10.1.1.4");
        nf_service(&b->n, "web", "inside", "outside", "192.0.2.140", TCP, 80, 8080);
        nf_service(&b->n, "ssl", "inside", "outside", "192.0.2.140", TCP, 443, 8443);
        nf_service(&b->n, "own", "inside", "outside", "interface", TCP, 22, 2222);
        compile(b);
        assert_string_equal(dest(b, OUT, "192.0.2.140", 8080), "web 10.1.1.2:80");
        assert_string_equal(dest(b, OUT, "192.0.2.140", 8443), "ssl 10.1.1.3:443");
        assert_string_equal(dest(b, OUT, "192.0.2.140", 80), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 2222), "own 10.1.1.4:22");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 22), "-");
        assert_string_equal(dest(b, IN, "10.1.1.1", 2222), "-");
        assert_string_equal(source(b, IN, OUT, "10.1.1.3", 443), "ssl");
        assert_string_equal(source(b, IN, OUT, "10.1.1.3", 444), "-");
        real = pb_addr("10.1.1.4");
        r = nat_match_source(nat_rt(&b->snap), IN, OUT, TCP, &real, 22, NULL);
        assert_non_null(r);
        assert_null(nat_match_source(nat_rt(&b->snap), IN, OUT, IPPROTO_UDP_, &real, 22, NULL));
        assert_true(nat_static_mapped(r, net_rt(&b->snap), &real, 22, TCP, OUT, &mapped, &port));
        assert_true(addr_eq(&mapped, &want) && port == 2222);
        assert_false(nat_static_mapped(r, net_rt(&b->snap), &real, 23, TCP, OUT, &mapped, &port));
        assert_false(nat_static_mapped(r, net_rt(&b->snap), &real, 22, IPPROTO_UDP_, OUT, &mapped, &port));
}

static void test_interface_pairs(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "to-out", "10.1.1.2");
        nf_host(&b->n, "to-dmz", "10.1.1.2");
        nf_host(&b->n, "to-any", "10.1.1.3");
        nf_host(&b->n, "any-any", "10.1.1.4");
        nf_static(&b->n, "to-out", "inside", "outside", "192.0.2.140");
        nf_static(&b->n, "to-dmz", "inside", "dmz", "172.16.0.140");
        nf_static(&b->n, "to-any", "inside", "any", "192.0.2.141");
        nf_static(&b->n, "any-any", "any", "any", "192.0.2.142");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 1), "to-out");
        assert_string_equal(source(b, IN, DMZ, "10.1.1.2", 1), "to-dmz");
        assert_string_equal(source(b, IN, DMZ, "10.1.1.3", 1), "to-any");
        assert_string_equal(source(b, DMZ, OUT, "10.1.1.3", 1), "-");
        assert_string_equal(source(b, DMZ, OUT, "10.1.1.4", 1), "any-any");
        assert_string_equal(dest(b, OUT, "192.0.2.141", 1), "to-any 10.1.1.3:1");
        assert_string_equal(dest(b, DMZ, "192.0.2.141", 1), "to-any 10.1.1.3:1");
        assert_string_equal(dest(b, DMZ, "192.0.2.140", 1), "-");
        assert_string_equal(dest(b, DMZ, "172.16.0.140", 1), "to-dmz 10.1.1.2:1");
}

/* Fewer and more mapped addresses than real ones: pairs in order, then from the start again. */
static void test_uneven_sides(void **state)
{
        struct bench *b = *state;

        nf_range(&b->n, "many", "10.5.0.1", "10.5.0.4");
        nf_range(&b->n, "few", "192.0.2.50", "192.0.2.51");
        nf_host(&b->n, "one", "10.6.0.1");
        nf_range(&b->n, "three", "192.0.2.60", "192.0.2.62");
        nf_static(&b->n, "many", "inside", "outside", "few");
        nf_static(&b->n, "one", "inside", "outside", "three");
        compile(b);
        assert_string_equal(dest(b, OUT, "192.0.2.51", 1), "many 10.5.0.2:1");
        assert_string_equal(dest(b, OUT, "192.0.2.62", 1), "one 10.6.0.1:1");
}

static void test_what_is_not_compiled(void **state)
{
        struct bench *b = *state;
        const struct nat_rt *n;

        nf_host(&b->n, "no-iface", "10.1.1.2");
        nf_host(&b->n, "no-object", "10.1.1.2");
        nf_range(&b->n, "overflow", "10.1.1.2", "10.1.1.9");
        nf_range(&b->n, "pool", "192.0.2.50", "192.0.2.60");
        nf_host(&b->n, "to-pool", "10.1.1.2");
        nf_host(&b->n, "v6", "2001:db8::1");
        nf_static(&b->n, "no-iface", "nowhere", "outside", "192.0.2.3");
        nf_static(&b->n, "no-object", "inside", "outside", "missing");
        nf_static(&b->n, "no-definition", "inside", "outside", "192.0.2.3");
        nf_static(&b->n, "overflow", "inside", "outside", "255.255.255.254");
        nf_dynamic(&b->n, "to-pool", "inside", "outside", "pool");
        nf_static(&b->n, "v6", "inside", "outside", "192.0.2.3");
        n = compile(b);
        assert_null(nat_rule_at(n, 0));
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 1), "-");
}

static void test_ipv6(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "six", "2001:db8:1::", 64);
        nf_static(&b->n, "six", "inside", "outside", "2001:db8:ffff::");
        nf_subnet(&b->n, "all", "::", 0);
        nf_static(&b->n, "all", "any", "any", "::")->no_proxy_arp = true;
        compile(b);
        assert_string_equal(dest(b, OUT, "2001:db8:ffff::42", 1), "six 2001:db8:1::42:1");
        assert_string_equal(source(b, IN, OUT, "2001:db8:1::42", 1), "six");
        assert_string_equal(source(b, IN, OUT, "2001:db8:2::42", 1), "all");
        assert_string_equal(dest(b, IN, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1),
                            "all ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:1");
}

/* Against a plain walk over the rules, on random rules that overlap a lot. */
static void test_index_equals_walk(void **state)
{
        struct bench *b = *state;
        static const char *const ifs[] = { "any", "inside", "outside", "dmz" };
        char name[16], ip[ADDR_TEXT_MAX], map[ADDR_TEXT_MAX];
        struct rng *rng = &b->f.rng;
        const struct nat_rt *n;

        for (unsigned i = 0; i < 400; i++) {
                struct addr lo = addr_v4(0x0A000000 + rng_below(rng, 256)), hi = lo, m = addr_v4(lo.v4 + 0x01000000);
                const char *real_if = ifs[rng_below(rng, 4)], *mapped_if = ifs[rng_below(rng, 4)];

                hi.v4 += rng_below(rng, 3) ? 0 : rng_below(rng, 64);
                snprintf(name, sizeof name, "o%u", i);
                addr_print(&hi, map);
                nf_range(&b->n, name, addr_print(&lo, ip), map);
                addr_print(&m, map);
                if (rng_below(rng, 3))
                        nf_static(&b->n, name, real_if, mapped_if, map);
                else
                        nf_service(&b->n, name, real_if, mapped_if, map, TCP, (uint16_t)rng_below(rng, 4), 9);
        }
        n = compile(b);
        for (unsigned i = 0; i < 20000; i++) {
                struct addr a = addr_v4(0x0A000000 + rng_below(rng, 330));
                uint16_t from = (uint16_t)(1 + rng_below(rng, 3)), to = (uint16_t)(1 + rng_below(rng, 3));
                uint16_t port = (uint16_t)rng_below(rng, 5);
                const struct nat_rule_rt *want = NULL, *r;

                for (unsigned k = 0; !want && (r = nat_rule_at(n, k)); k++) {
                        if (range_has(&r->real, &a) && (!r->real_if || r->real_if == from) &&
                            (!r->mapped_if || r->mapped_if == to) && (!r->svc_proto || r->svc_real == port))
                                want = r;
                }
                assert_ptr_equal(nat_match_source(n, from, to, TCP, &a, port, NULL), want);
        }
}

static void note(void *ctx, uint16_t iface, const struct addr *a)
{
        char *text = ctx, ip[ADDR_TEXT_MAX];

        sprintf(text + strlen(text), "%u:%s ", iface, addr_print(a, ip));
}

static void test_proxy_arp(void **state)
{
        struct bench *b = *state;
        char text[4096] = "";

        nf_host(&b->n, "srv", "10.1.1.2");
        nf_host(&b->n, "quiet", "10.1.1.3");
        nf_host(&b->n, "far", "10.1.1.4");
        nf_subnet(&b->n, "same", "10.1.1.0", 24);
        nf_subnet(&b->n, "all", "0.0.0.0", 0);
        nf_subnet(&b->n, "all2", "0.0.0.0", 0);
        nf_static(&b->n, "srv", "inside", "outside", "192.0.2.140");
        nf_static(&b->n, "quiet", "inside", "outside", "192.0.2.141")->no_proxy_arp = true;
        nf_static(&b->n, "far", "inside", "outside", "203.0.113.5");
        nf_static(&b->n, "same", "any", "any", "10.1.1.0");
        nf_static(&b->n, "all", "any", "any", "0.0.0.0");
        nf_dynamic(&b->n, "all2", "outside", "inside", "10.1.1.183");
        compile(b);
        assert_true(answers(b, OUT, "192.0.2.140"));
        assert_false(answers(b, IN, "192.0.2.140"));
        assert_false(answers(b, OUT, "192.0.2.141"));
        assert_true(answers(b, OUT, "203.0.113.5"));
        assert_false(answers(b, OUT, "192.0.2.1"));
        assert_false(answers(b, OUT, "192.0.2.99"));
        assert_false(answers(b, IN, "10.1.1.77")); /* a real neighbour there */
        assert_true(answers(b, OUT, "10.1.1.77")); /* not on this side */
        assert_true(answers(b, IN, "10.1.1.183")); /* PAT */
        assert_false(answers(b, OUT, "8.8.8.8"));
        nat_proxy_arp_each(&b->snap, note, text);
        assert_string_equal(text, "1:192.0.2.140 2:10.1.1.183 ");
}

static void test_noproxyarp(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", "10.1.1.2");
        nf_static(&b->n, "srv", "inside", "outside", "192.0.2.140");
        assert_non_null(conf_list_add(&b->f.conf.noproxyarp, "outside"));
        compile(b);
        assert_false(answers(b, OUT, "192.0.2.140"));
}

static void test_interface_address_follows(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "own", "10.1.1.4");
        nf_service(&b->n, "own", "inside", "outside", "interface", TCP, 22, 2222);
        compile(b);
        assert_string_equal(dest(b, OUT, "192.0.2.1", 2222), "own 10.1.1.4:22");
        /* the interface part changes alone */
        conf_each(struct iface_conf, c, &b->f.conf.ifaces) {
                if (strcmp(c->nameif, "outside") == 0)
                        c->ip = pb_addr("192.0.2.77");
        }
        snap_part_put(b->net);
        b->net = snap_part_new();
        assert_int_equal(net_compile(b->net, &b->f.conf, &b->f.bind, &(struct err){ 0 }), 0);
        b->snap.part[SNAP_NET] = b->net;
        assert_string_equal(dest(b, OUT, "192.0.2.77", 2222), "own 10.1.1.4:22");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 2222), "-");
}

static const char *check(struct bench *b, const struct object_nat_conf *c)
{
        static struct err e;

        e.text[0] = 0;
        assert_true((nat_check(c, &b->n.objs, &b->f.conf, &e) == 0) == (e.text[0] == 0));
        return e.text;
}

static void test_check(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", "10.1.1.2");
        nf_subnet(&b->n, "own-net", "10.1.1.0", 24);
        nf_range(&b->n, "pool", "192.0.2.50", "192.0.2.60");
        nf_range(&b->n, "around", "192.0.2.0", "192.0.2.9");
        assert_string_equal(check(b, nf_static(&b->n, "srv", "inside", "outside", "192.0.2.140")), "");
        assert_string_equal(check(b, nf_static(&b->n, "srv", "inside", "outside", "192.0.2.1")),
                            "Address 192.0.2.1 overlaps with outside interface address.\n"
                            "ERROR: NAT Policy is not downloaded");
        assert_string_equal(check(b, nf_static(&b->n, "srv", "inside", "dmz", "192.0.2.1")), "");
        assert_string_equal(check(b, nf_static(&b->n, "srv", "inside", "outside", "pool")), "");
        assert_non_null(
                strstr(check(b, nf_static(&b->n, "srv", "inside", "outside", "around")), "192.0.2.1 overlaps"));
        assert_non_null(strstr(check(b, nf_static(&b->n, "srv", "any", "any", "172.16.0.1")), "dmz interface"));
        assert_string_equal(check(b, nf_static(&b->n, "own-net", "inside", "any", "10.1.1.0")), "");
        /* a subnet or a range takes as many addresses as it has */
        assert_non_null(strstr(check(b, nf_static(&b->n, "own-net", "inside", "outside", "192.0.2.0")),
                               "Address 192.0.2.1 overlaps"));
        assert_non_null(strstr(check(b, nf_static(&b->n, "own-net", "inside", "outside", "192.0.2.77")),
                               "Address 192.0.2.1 overlaps"));
        assert_string_equal(check(b, nf_static(&b->n, "own-net", "inside", "outside", "192.0.3.0")), "");
        assert_non_null(strstr(check(b, nf_static(&b->n, "pool", "inside", "outside", "192.0.1.250")), "192.0.2.1 "));
        assert_string_equal(check(b, nf_static(&b->n, "pool", "inside", "outside", "192.0.1.245")), "");
        assert_string_equal(check(b, nf_static(&b->n, "srv", "inside", "outside", "nothing")),
                            "nothing doesn't match an existing object or object-group");
        assert_string_equal(check(b, nf_dynamic(&b->n, "srv", "inside", "outside", "interface")), "");
        assert_int_not_equal(check(b, nf_dynamic(&b->n, "srv", "inside", "any", "interface"))[0], 0);
        assert_int_not_equal(check(b, nf_dynamic(&b->n, "srv", "inside", "outside", "pool"))[0], 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_order_of_section_2),
                T(test_own_subnet_is_not_answered_for),
                T(test_subnets_and_ranges),
                T(test_static_mapped),
                T(test_service_ports),
                T(test_interface_pairs),
                T(test_uneven_sides),
                T(test_what_is_not_compiled),
                T(test_ipv6),
                T(test_index_equals_walk),
                T(test_proxy_arp),
                T(test_noproxyarp),
                T(test_interface_address_follows),
                T(test_check),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
