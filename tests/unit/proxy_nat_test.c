/* Addresses in payloads as the other side must see them, and where the holes of an engine open. */
#include "tests/support/test.h"

#include "tests/support/proxy_bare.h"

#define TCP IPPROTO_TCP_
#define UDP IPPROTO_UDP_

static struct bare b;
static struct psession s; /* client outside, server inside; a test may turn it round */

static int up(void **state UNUSED)
{
        bare_up(&b);
        bare_session(&b, &s);
        return 0;
}

static int down(void **state UNUSED)
{
        bare_down(&b);
        return 0;
}

static void commit(void)
{
        bare_commit(&b);
}

/* A client inside calls a server outside. */
static void outbound(const char *client, uint16_t cport, const char *seen_as, uint16_t seen_port)
{
        s.info.iface[0] = WF_INSIDE;
        s.info.iface[1] = WF_OUTSIDE;
        s.info.client_real = (struct endpoint){ pb_addr(client), cport };
        s.info.client_mapped = (struct endpoint){ pb_addr(seen_as), seen_port };
        s.info.server_real = s.info.server_mapped = (struct endpoint){ pb_addr("198.51.100.7"), 5060 };
}

/* "a:port", or "-" where it cannot be said. */
static const char *seen(enum inspect_dir from, uint8_t proto, const char *a, uint16_t port)
{
        static char text[ADDR_TEXT_MAX + 8];
        struct endpoint in = { pb_addr(a), port }, out = { pb_addr("203.0.113.99"), 99 };
        char buf[ADDR_TEXT_MAX];

        if (!s.ctx.ops->translate(&s.ctx, from, proto, &in, &out)) {
                assert_int_equal(out.port, 99); /* not set */
                return "-";
        }
        snprintf(text, sizeof text, "%s:%u", addr_print(&out.a, buf), out.port);
        return text;
}

#define C2S(proto, a, port, want) assert_string_equal(seen(DIR_C2S, proto, a, port), want)
#define S2C(proto, a, port, want) assert_string_equal(seen(DIR_S2C, proto, a, port), want)

static void without_rules_everything_is_itself(void **state UNUSED)
{
        outbound("10.1.1.7", 40000, "10.1.1.7", 40000);
        C2S(UDP, "10.1.1.7", 20000, "10.1.1.7:20000");
        C2S(UDP, "10.1.1.8", 20000, "10.1.1.8:20000");
        C2S(UDP, "198.51.100.7", 9, "198.51.100.7:9");
        S2C(UDP, "198.51.100.7", 20000, "198.51.100.7:20000");
        S2C(UDP, "10.1.1.7", 20000, "10.1.1.7:20000");
}

static void a_static_host_both_ways(void **state UNUSED)
{
        nf_host(&b.nat, "srv", "10.1.1.2");
        nf_static(&b.nat, "srv", "inside", "outside", "192.0.2.140");
        commit();
        S2C(UDP, "10.1.1.2", 20000, "192.0.2.140:20000");    /* what the server calls itself */
        C2S(UDP, "192.0.2.140", 20000, "10.1.1.2:20000");    /* what the client calls it */
        S2C(UDP, "192.0.2.140", 20000, "192.0.2.140:20000"); /* known by that name only outside */
        C2S(UDP, "10.1.1.2", 20000, "10.1.1.2:20000");
        S2C(UDP, "10.1.1.3", 20000, "10.1.1.3:20000"); /* another host has no rule */
}

static void a_static_subnet_keeps_the_host_part(void **state UNUSED)
{
        nf_subnet(&b.nat, "phones", "10.1.1.0", 24);
        nf_static(&b.nat, "phones", "inside", "outside", "203.0.113.0");
        commit();
        outbound("10.1.1.7", 40000, "203.0.113.7", 40000);
        C2S(UDP, "10.1.1.7", 16400, "203.0.113.7:16400");     /* itself, at another port */
        C2S(UDP, "10.1.1.201", 16400, "203.0.113.201:16400"); /* a phone it speaks for */
        S2C(UDP, "203.0.113.201", 16400, "10.1.1.201:16400");
        S2C(UDP, "203.0.113.7", 40000, "10.1.1.7:40000");
        C2S(UDP, "10.1.2.1", 16400, "10.1.2.1:16400"); /* outside of the subnet */
}

static void a_static_service_moves_one_port(void **state UNUSED)
{
        nf_host(&b.nat, "srv", "10.1.1.2");
        nf_service(&b.nat, "srv", "inside", "outside", "192.0.2.140", TCP, 5060, 5061);
        commit();
        S2C(TCP, "10.1.1.2", 5060, "192.0.2.140:5061"); /* the flow's own end says so, too */
        s.info.server_real.port = s.info.server_mapped.port = 9;
        S2C(TCP, "10.1.1.2", 5060, "192.0.2.140:5061");
        C2S(TCP, "192.0.2.140", 5061, "10.1.1.2:5060");
        C2S(TCP, "192.0.2.140", 5060, "192.0.2.140:5060");
        S2C(UDP, "10.1.1.2", 5060, "10.1.1.2:5060"); /* another protocol, another port: no rule */
        S2C(TCP, "10.1.1.2", 5062, "10.1.1.2:5062");
}

/* Behind a shared address only the pair of this flow is known. */
static void a_shared_address_answers_for_its_own_pair_only(void **state UNUSED)
{
        nf_subnet(&b.nat, "phones", "10.1.1.0", 24);
        nf_dynamic(&b.nat, "phones", "inside", "outside", "interface");
        commit();
        outbound("10.1.1.7", 40000, "192.0.2.1", 1025);
        C2S(TCP, "10.1.1.7", 40000, "192.0.2.1:1025");
        S2C(TCP, "192.0.2.1", 1025, "10.1.1.7:40000");
        C2S(UDP, "10.1.1.7", 16400, "-"); /* the same address, another port */
        C2S(UDP, "10.1.1.8", 16400, "-");
        S2C(UDP, "192.0.2.1", 1026, "192.0.2.1:1026"); /* the box's own address, as far as anybody knows */
        C2S(UDP, "10.9.9.9", 16400, "10.9.9.9:16400"); /* no rule */
}

static void a_dynamic_address_that_kept_its_port(void **state UNUSED)
{
        nf_host(&b.nat, "phone", "10.1.1.7");
        nf_dynamic(&b.nat, "phone", "inside", "outside", "192.0.2.200");
        commit();
        outbound("10.1.1.7", 40000, "192.0.2.200", 40000);
        C2S(TCP, "10.1.1.7", 40000, "192.0.2.200:40000");
        C2S(TCP, "10.1.1.7", 40001, "-"); /* which proves nothing for the next one */
}

static void without_configuration_only_the_own_pair_is_known(void **state UNUSED)
{
        b.p->snap = NULL;
        C2S(TCP, "198.51.100.7", 40000, "10.1.1.1:1025");
        C2S(TCP, "198.51.100.7", 40001, "-");
}

/* ---- holes ---- */

static struct pinhole_req req(enum inspect_dir from, const char *src, const char *dst, uint16_t dport)
{
        struct pinhole_req r = { .proto = UDP, .from = from, .timeout_s = 30, .dst = { pb_addr(dst), dport } };

        if (src)
                r.src.a = pb_addr(src);
        return r;
}

static void is(const struct addr *a, const char *want)
{
        char buf[ADDR_TEXT_MAX];

        assert_string_equal(addr_print(a, buf), want);
}

static void a_hole_is_as_its_first_packet_will_be(void **state UNUSED)
{
        struct pinhole_req r;
        struct pinhole_spec p;

        nf_host(&b.nat, "srv", "10.1.1.2");
        nf_static(&b.nat, "srv", "inside", "outside", "192.0.2.140");
        commit();
        r = req(DIR_C2S, "198.51.100.7", "10.1.1.2", 20000); /* the client will call the server */
        assert_true(hole_of(&s, &r, &p));
        assert_true(p.in_iface == WF_OUTSIDE && p.out_iface == WF_INSIDE && p.proto == UDP && p.once);
        is(&p.dst, "192.0.2.140");
        assert_int_equal(p.dport, 20000);
        is(&p.dst_real, "10.1.1.2");
        assert_int_equal(p.dst_real_port, 20000);
        is(&p.src, "198.51.100.7");
        is(&p.src_mapped, "10.1.1.1"); /* as the flow's client is seen inside */
        assert_true(p.owner == 4711 && p.timeout_s == 30 && p.action == CONN_FORWARD);
        r = req(DIR_S2C, "10.1.1.2", "198.51.100.7", 4000); /* the other way */
        assert_true(hole_of(&s, &r, &p));
        assert_true(p.in_iface == WF_INSIDE && p.out_iface == WF_OUTSIDE);
        is(&p.src, "10.1.1.2");
        is(&p.src_mapped, "192.0.2.140");
        is(&p.dst_real, "198.51.100.7");
        r.dst.port = 40000; /* the flow's own end */
        assert_true(hole_of(&s, &r, &p));
        is(&p.dst, "10.1.1.1");
        assert_int_equal(p.dport, 1025);
        assert_int_equal(p.dst_real_port, 40000);
}

static void a_hole_for_somebody_else_or_for_an_engine(void **state UNUSED)
{
        struct pinhole_req r = req(DIR_S2C, NULL, "198.51.100.9", 4000);
        struct pinhole_spec p;


        assert_int_equal(p.src.fam, ADDR_NONE); /* anybody there */
        assert_int_equal(p.src_mapped.fam, ADDR_NONE);
        nf_host(&b.nat, "gw", "10.1.1.3");
        nf_static(&b.nat, "gw", "inside", "outside", "192.0.2.141");
        commit();
        r.src.a = pb_addr("10.1.1.3"); /* a host the server speaks for */
        assert_true(hole_of(&s, &r, &p));
        is(&p.src, "10.1.1.3");
        is(&p.src_mapped, "192.0.2.141");
        r.engine = INSPECT_SIP;
        assert_true(hole_of(&s, &r, &p) && p.action == CONN_INSPECT);
        r.proto = TCP;
        assert_true(hole_of(&s, &r, &p) && p.action == CONN_PUNT && p.engine == INSPECT_SIP);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(without_rules_everything_is_itself),
                T(a_static_host_both_ways),
                T(a_static_subnet_keeps_the_host_part),
                T(a_static_service_moves_one_port),
                T(a_shared_address_answers_for_its_own_pair_only),
                T(a_dynamic_address_that_kept_its_port),
                T(without_configuration_only_the_own_pair_is_known),
                T(a_hole_is_as_its_first_packet_will_be),
                T(a_hole_for_somebody_else_or_for_an_engine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
