#include "tests/support/test.h"

#include "policy/object.h"
#include "tests/support/policy_fixture.h"

static struct policy_conf conf;

static int start(void **state)
{
        (void)state;
        pf_conf_init(&conf);
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_conf_fini(&conf);
        return 0;
}

static struct addr_vec addrs(int kind, const char *name)
{
        struct addr_spec s = { .kind = kind };
        struct addr_vec v = { 0 };
        struct err e;

        snprintf(s.name, sizeof s.name, "%s", name);
        assert_int_equal(object_expand_addr(&conf, NULL, &s, &v, &e), 0);
        return v;
}

static void a_group_holds_what_its_members_hold(void **state)
{
        struct group_conf *in, *out;
        struct group_member *m;
        struct addr_vec v;

        (void)state;
        pf_conf_host(&conf, "srv", "10.1.1.2");
        in = pf_conf_group(&conf, "inner", GROUP_NETWORK, 0);
        m = pf_conf_member(in, GM_ADDR);
        m->addr.kind = AS_OBJECT;
        snprintf(m->addr.name, sizeof m->addr.name, "srv");
        out = pf_conf_group(&conf, "outer", GROUP_NETWORK, 0);
        m = pf_conf_member(out, GM_ADDR);
        m->addr.kind = AS_SUBNET;
        m->addr.a = pb_addr("10.2.3.4");
        m->addr.len = 16;
        m = pf_conf_member(out, GM_GROUP);
        snprintf(m->name, sizeof m->name, "inner");
        v = addrs(AS_GROUP, "outer");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[0].lo.v4, 0x0A020000);
        assert_int_equal(v.v[0].hi.v4, 0x0A02FFFF);
        assert_int_equal(v.v[1].lo.v4, 0x0A010102);
        addr_vec_fini(&v);
}

static void a_circle_of_groups_ends(void **state)
{
        struct group_conf *a = pf_conf_group(&conf, "a", GROUP_NETWORK, 0);
        struct group_conf *b = pf_conf_group(&conf, "b", GROUP_NETWORK, 0);
        struct group_member *m;
        struct addr_vec v;

        (void)state;
        snprintf(pf_conf_member(a, GM_GROUP)->name, OBJ_NAME_MAX, "b");
        snprintf(pf_conf_member(b, GM_GROUP)->name, OBJ_NAME_MAX, "a");
        m = pf_conf_member(b, GM_ADDR);
        m->addr.kind = AS_HOST;
        m->addr.a = pb_addr("10.0.0.1");
        v = addrs(AS_GROUP, "a");
        assert_int_equal(v.n, 1);
        addr_vec_fini(&v);
}

static void what_does_not_exist_is_nothing(void **state)
{
        struct netobj_conf *o = pf_conf_host(&conf, "later", "10.0.0.1");
        struct addr_vec v;

        (void)state;
        o->kind = NETOBJ_FQDN;
        v = addrs(AS_OBJECT, "later");
        assert_int_equal(v.n, 0);
        v = addrs(AS_GROUP, "none");
        assert_int_equal(v.n, 0);
        v = addrs(AS_IFACE, "outside");
        assert_int_equal(v.n, 0);
}

static struct svc_vec ports(enum port_op op, uint16_t lo, uint16_t hi)
{
        struct proto_spec p = { .kind = PS_NUM, .num = 6 };
        struct port_spec any = { .op = PORT_NONE }, d = { .op = op, .lo = lo, .hi = hi };
        struct svc_vec v = { 0 };
        struct err e;

        assert_int_equal(object_expand_service(&conf, &p, &any, &d, -1, -1, &v, &e), 0);
        return v;
}

static void port_operators(void **state)
{
        static const struct {
                enum port_op op;
                uint16_t lo, hi;
                unsigned n;
                struct port_range want[2];
        } row[] = {
                { PORT_NONE, 0, 0, 1, { { 0, 65535 } } },  { PORT_EQ, 80, 0, 1, { { 80, 80 } } },
                { PORT_RANGE, 10, 20, 1, { { 10, 20 } } }, { PORT_LT, 1024, 0, 1, { { 0, 1023 } } },
                { PORT_LT, 0, 0, 0, { { 0, 0 } } },        { PORT_GT, 1023, 0, 1, { { 1024, 65535 } } },
                { PORT_GT, 65535, 0, 0, { { 0, 0 } } },    { PORT_NEQ, 80, 0, 2, { { 0, 79 }, { 81, 65535 } } },
                { PORT_NEQ, 0, 0, 1, { { 1, 65535 } } },   { PORT_NEQ, 65535, 0, 1, { { 0, 65534 } } },
        };

        (void)state;
        for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
                struct svc_vec v = ports(row[i].op, row[i].lo, row[i].hi);

                assert_int_equal(v.n, row[i].n);
                for (unsigned k = 0; k < v.n; k++) {
                        assert_int_equal(v.v[k].dport.lo, row[i].want[k].lo);
                        assert_int_equal(v.v[k].dport.hi, row[i].want[k].hi);
                }
                svc_vec_fini(&v);
        }
}

static struct svc_vec services(const struct proto_spec *p, enum port_op op, const char *group)
{
        struct port_spec any = { .op = PORT_NONE }, d = { .op = op, .lo = 5060 };
        struct svc_vec v = { 0 };
        struct err e;

        snprintf(d.name, sizeof d.name, "%s", group);
        assert_int_equal(object_expand_service(&conf, p, &any, &d, -1, -1, &v, &e), 0);
        return v;
}

static void a_service_group_of_every_kind(void **state)
{
        struct proto_spec p = { .kind = PS_GROUP, .name = "mix" };
        struct group_conf *g = pf_conf_group(&conf, "mix", GROUP_SERVICE, 0);
        struct svcobj_conf *o = conf_list_add(&conf.svcobjs, "obj");
        struct group_member *m;
        struct svc_vec v;

        (void)state;
        m = pf_conf_member(g, GM_SERVICE);
        m->svc = (struct service_spec){ .proto = 17, .dst = { .op = PORT_EQ, .lo = 69 }, .icmp_type = -1 };
        o->defined = true;
        o->s = (struct service_spec){ .proto = 1, .icmp_type = 8, .icmp_code = 0 };
        snprintf(pf_conf_member(g, GM_SVCOBJ)->name, OBJ_NAME_MAX, "obj");
        v = services(&p, PORT_NONE, "");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[0].proto_lo, 17);
        assert_int_equal(v.v[0].dport.hi, 69);
        assert_int_equal(v.v[1].proto_lo, 1);
        assert_int_equal(v.v[1].dport.lo, 8);
        assert_int_equal(v.v[1].dport.hi, 8);
        assert_int_equal(v.v[1].sport.hi, 0); /* the code */
        svc_vec_fini(&v);
}

static void a_tcp_udp_member_stands_for_both(void **state)
{
        struct proto_spec p = { .kind = PS_GROUP, .name = "voice" };
        struct group_conf *g = pf_conf_group(&conf, "voice", GROUP_SERVICE, 0);
        struct svc_vec v;

        (void)state;
        pf_conf_member(g, GM_SERVICE)->svc = (struct service_spec){
                .proto = PROTO_TCP_UDP, .dst = { .op = PORT_EQ, .lo = 5060 }, .icmp_type = -1, .icmp_code = -1
        };
        v = services(&p, PORT_NONE, "");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[0].proto_lo, 6);
        assert_int_equal(v.v[0].dport.hi, 5060);
        assert_int_equal(v.v[1].proto_lo, 17);
        assert_int_equal(v.v[1].proto_hi, 17);
        assert_int_equal(v.v[1].dport.lo, 5060);
        svc_vec_fini(&v);
}

static void tcp_udp_ports_stand_for_both(void **state)
{
        struct proto_spec p = { .kind = PS_GROUP, .name = "sip" };
        struct group_conf *g = pf_conf_group(&conf, "sip", GROUP_SERVICE, 23);
        struct svc_vec v;

        (void)state;
        pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_EQ, .lo = 5060 };
        v = services(&p, PORT_NONE, "");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[0].proto_lo, 6);
        assert_int_equal(v.v[1].proto_lo, 17);
        svc_vec_fini(&v);
}

static void a_port_group_behind_a_protocol(void **state)
{
        struct proto_spec p = { .kind = PS_NUM, .num = 6 };
        struct group_conf *g = pf_conf_group(&conf, "web", GROUP_SERVICE, 6);
        struct svc_vec v;

        (void)state;
        pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_EQ, .lo = 80 };
        pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_RANGE, .lo = 8000, .hi = 8080 };
        v = services(&p, PORT_GROUP, "web");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[1].dport.hi, 8080);
        svc_vec_fini(&v);
}

static void a_protocol_group_with_ports(void **state)
{
        struct proto_spec p = { .kind = PS_GROUP, .name = "TCPUDP" };
        struct group_conf *g = pf_conf_group(&conf, "TCPUDP", GROUP_PROTOCOL, 0);
        struct svc_vec v;

        (void)state;
        pf_conf_member(g, GM_PROTO)->num = 6;
        pf_conf_member(g, GM_PROTO)->num = 17;
        v = services(&p, PORT_EQ, "");
        assert_int_equal(v.n, 2);
        assert_int_equal(v.v[0].dport.lo, 5060);
        assert_int_equal(v.v[1].proto_lo, 17);
        assert_int_equal(v.v[1].dport.lo, 5060);
        svc_vec_fini(&v);
}

static void too_many_elements_is_an_error(void **state)
{
        struct group_conf *g = pf_conf_group(&conf, "odd", GROUP_SERVICE, 6);
        struct port_spec s = { .op = PORT_GROUP, .name = "odd" };
        struct proto_spec p = { .kind = PS_NUM, .num = 6 };
        struct svc_vec v = { 0 };
        struct err e;

        (void)state;
        for (unsigned i = 0; i < 300; i++)
                pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_EQ, .lo = (uint16_t)(2 * i) };
        assert_int_equal(object_expand_service(&conf, &p, &s, &s, -1, -1, &v, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        svc_vec_fini(&v);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_group_holds_what_its_members_hold), T(a_circle_of_groups_ends),
                T(what_does_not_exist_is_nothing),      T(port_operators),
                T(a_service_group_of_every_kind),       T(tcp_udp_ports_stand_for_both),
                T(a_tcp_udp_member_stands_for_both),
                T(a_port_group_behind_a_protocol),      T(a_protocol_group_with_ports),
                T(too_many_elements_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
