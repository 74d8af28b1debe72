/* The slow stages: who may talk to whom, which way, and what is said about a refusal. */
#include "tests/support/test.h"

#include "policy/live_int.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static uint8_t f[2048];

static int prepare(void **state)
{
        (void)state;
        pf_init(&p);
        return 0;
}

static int stop(void **state)
{
        (void)state;
        pf_stop(&p);
        return 0;
}

static bool send(unsigned port, size_t n)
{
        f[5] = (uint8_t)(2 + port);
        wf_send(&p.wf, port, f, n);
        return wf_clear(&p.wf) == 1;
}

static bool udp(unsigned port, const char *src, const char *dst, uint16_t dport)
{
        return send(port, pb_udp(f, sizeof f, src, 5000, dst, dport, "x", 1));
}

static bool syn(unsigned port, const char *src, const char *dst, uint16_t dport)
{
        return send(port, pb_tcp(f, sizeof f, src, 5000, dst, dport, PB_SYN, 1, 0, NULL, 0));
}

static bool ping(unsigned port, const char *src, const char *dst)
{
        return send(port, pb_echo(f, sizeof f, src, dst, false, 5, 1));
}

/* ---- security levels ---- */

static void higher_levels_reach_lower_ones(void **state)
{
        (void)state;
        pf_start(&p);
        assert_true(udp(1, SERVER, CLIENT, 53));
        assert_true(syn(1, SERVER, CLIENT, 80));
        assert_true(ping(1, SERVER, CLIENT));
}

static void lower_levels_do_not_reach_higher_ones(void **state)
{
        (void)state;
        pf_start(&p);
        assert_false(syn(0, CLIENT, SERVER, 80));
        assert_false(udp(0, CLIENT, SERVER, 53));
        assert_false(ping(0, CLIENT, SERVER));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 3);
        assert_true(pf_logged(
                &p, "%ASA-2-106001: Inbound TCP connection denied from 192.0.2.50/5000 to 10.1.1.2/80 flags "
                    "SYN  on interface outside"));
        assert_true(pf_logged(
                &p, "%ASA-2-106006: Deny inbound UDP from 192.0.2.50/5000 to 10.1.1.2/53 on interface outside"));
        assert_true(pf_logged(
                &p, "%ASA-3-106014: Deny inbound icmp src outside:192.0.2.50 dst inside:10.1.1.2 (type 8, code 0)"));
        assert_int_equal(conn_count(p.wf.w->conns), 0);
}

static void equal_levels_need_permission(void **state)
{
        struct iface_conf *i;

        (void)state;
        i = conf_list_find(&p.wf.conf.ifaces, "GigabitEthernet0/1");
        i->level = 0;
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside"); /* a list does not change it */
        pf_start(&p);
        assert_false(udp(0, CLIENT, SERVER, 53));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1);
        p.wf.conf.same_inter = true;
        pf_commit(&p);
        assert_true(udp(0, CLIENT, SERVER, 53));
}

static void hairpins_need_permission(void **state)
{
        (void)state;
        wf_route(&p.wf, "inside", "10.8.0.0", 16, "10.1.1.3");
        pf_start(&p);
        assert_false(udp(1, SERVER, "10.8.0.1", 53));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1);
        p.wf.conf.same_intra = true;
        pf_commit(&p);
        assert_true(udp(1, SERVER, "10.8.0.1", 53));
}

/* ---- lists ---- */

static void a_list_replaces_the_levels(void **state)
{
        struct ace_conf *a;

        (void)state;
        a = pf_ace(&p, "outside_in", "permit tcp any host 10.1.1.2 eq 80");
        pf_ace(&p, "inside_in", "deny udp any any eq 53");
        pf_bind(&p, "outside_in", "in", "outside");
        pf_bind(&p, "inside_in", "in", "inside");
        pf_start(&p);
        assert_true(syn(0, CLIENT, SERVER, 80));
        assert_false(syn(0, CLIENT, SERVER, 81));
        assert_false(udp(1, SERVER, CLIENT, 53));
        assert_false(udp(1, SERVER, CLIENT, 54)); /* the implicit deny of the inside list */
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 3);
        assert_int_equal(hit_get(p.wf.w->acl_hits, a->o.id), 1);
        assert_true(pf_logged(&p, "%ASA-4-106023: Deny tcp src outside:192.0.2.50/5000 dst inside:10.1.1.2/81 by "
                                  "access-group \"outside_in\" [0x0, 0x0]"));
}

static void lists_bound_out_judge_as_well(void **state)
{
        (void)state;
        pf_ace(&p, "to_inside", "permit udp any any eq 53");
        pf_ace(&p, "from_outside", "permit udp any any");
        pf_bind(&p, "to_inside", "out", "inside");
        pf_bind(&p, "from_outside", "in", "outside");
        pf_start(&p);
        assert_true(udp(0, CLIENT, SERVER, 53));
        assert_false(udp(0, CLIENT, SERVER, 54));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1);
}

static void a_global_list_follows_the_interface_list(void **state)
{
        (void)state;
        pf_ace(&p, "own", "deny udp any any eq 53");
        pf_ace(&p, "every", "permit udp any any range 50 60");
        pf_bind(&p, "own", "in", "outside");
        pf_bind(&p, "every", "global", "");
        pf_start(&p);
        assert_false(udp(0, CLIENT, SERVER, 53));
        assert_true(udp(0, CLIENT, SERVER, 54));
        assert_false(udp(0, CLIENT, SERVER, 61));
        assert_false(udp(1, SERVER, CLIENT, 61)); /* inside has the global list only: and its implicit deny */
}

static void logged_lines_tell_flows(void **state)
{
        struct ace_conf *a;

        (void)state;
        a = pf_ace(&p, "in", "permit udp any any log");
        pf_ace(&p, "in", "deny tcp any any log");
        a->log_interval = 60;
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        assert_true(udp(0, CLIENT, SERVER, 53));
        assert_true(pf_logged(&p, "%ASA-6-106100: access-list in permitted udp outside/192.0.2.50(5000) -> "
                                  "inside/10.1.1.2(53) hit-cnt 1 first hit [0x"));
        pf_log_forget(&p);
        for (unsigned i = 0; i < 5; i++)
                assert_false(syn(0, CLIENT, SERVER, 80));
        assert_true(pf_logged(&p,
                              "access-list in denied tcp outside/192.0.2.50(5000) -> inside/10.1.1.2(80) hit-cnt 1 "
                              "first hit"));
        assert_false(pf_logged(&p, "106023")); /* one message is enough */
        pf_log_forget(&p);
        wf_advance(&p.wf, 300100);
        assert_true(pf_logged(&p, "denied tcp outside/192.0.2.50(5000) -> inside/10.1.1.2(80) hit-cnt 4 300-second "
                                  "interval"));
        assert_false(pf_logged(&p, "permitted udp"));
        wf_advance(&p.wf, 300100);
        struct acl_log_stat s;
        acl_log_stat(p.wf.w->policy, &s);
        assert_int_equal(s.flows, 0);
}

/* `log alerts` is an alert, whatever the message is by itself. */
static void a_line_names_its_level(void **state)
{
        struct ace_conf *a = pf_ace(&p, "in", "permit udp any any log");
        char head[64];

        (void)state;
        pf_bind(&p, "in", "in", "outside");
        for (int level = 0; level < 8; level++) {
                a->log_level = (int8_t)level;
                if (level)
                        pf_commit(&p);
                else
                        pf_start(&p);
                pf_log_forget(&p);
                assert_true(udp(0, CLIENT, SERVER, (uint16_t)(100 + level)));
                snprintf(head, sizeof head, "%%ASA-%d-106100: access-list in permitted udp", level);
                assert_true(pf_logged(&p, head));
        }
}

static void a_refused_ping_has_a_type(void **state)
{
        (void)state;
        pf_ace(&p, "in", "permit udp any any");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        assert_false(ping(0, CLIENT, SERVER));
        assert_true(pf_logged(&p,
                              "%ASA-4-106023: Deny icmp src outside:192.0.2.50 dst inside:10.1.1.2 (type 8, code 0) "
                              "by access-group \"in\" [0x"));
}

static void the_log_cache_is_bounded(void **state)
{
        struct acl_log_stat s;

        (void)state;
        pf_ace(&p, "in", "deny udp any any log");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        for (unsigned i = 0; i < 4100; i++)
                udp(0, CLIENT, SERVER, (uint16_t)(1 + i));
        acl_log_stat(p.wf.w->policy, &s);
        assert_int_equal(s.flows, 4096);
        assert_int_equal(s.denied, 4096);
        assert_int_equal(s.full, 4);
}

static void log_disable_is_silent(void **state)
{
        (void)state;
        pf_ace(&p, "in", "deny udp any any")->log_disable = true;
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        assert_false(udp(0, CLIENT, SERVER, 53));
        assert_false(pf_logged(&p, "106023"));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL), 1);
}

static void elements_have_counters(void **state)
{
        struct group_conf *g;
        struct ace_conf *a;

        (void)state;
        g = pf_conf_group(&p.conf, "ports", GROUP_SERVICE, 17);
        pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_EQ, .lo = 53 };
        pf_conf_member(g, GM_PORT)->port = (struct port_spec){ .op = PORT_EQ, .lo = 69 };
        a = pf_ace(&p, "in", "permit udp any any ports ports");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        assert_true(udp(0, CLIENT, SERVER, 69));
        assert_int_equal(hit_get(p.wf.w->acl_hits, a->o.id), 1);
        assert_int_equal(hit_get_elem(p.wf.w->acl_hits, a->o.id, 0), 0);
        assert_int_equal(hit_get_elem(p.wf.w->acl_hits, a->o.id, 1), 1);
}

/* ---- the way ---- */

static void sources_that_route_elsewhere_are_forged(void **state)
{
        (void)state;
        wf_route(&p.wf, "inside", "10.8.0.0", 16, "10.1.1.3");
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
        pf_start(&p);
        assert_false(udp(0, "10.1.1.3", SERVER, 53));
        assert_false(udp(0, "10.8.0.3", SERVER, 53));
        assert_false(udp(0, "10.1.1.1", SERVER, 53)); /* ours */
        assert_false(udp(0, "192.0.2.1", SERVER, 53));
        assert_false(udp(1, "172.16.0.1", CLIENT, 53)); /* inside claims what only outside leads to */
        assert_int_equal(wf_drops(&p.wf, DROP_SPOOF), 5);
        assert_true(pf_logged(&p, "%ASA-2-106016: Deny IP spoof from (10.8.0.3) to 10.1.1.2 on interface outside"));
        assert_true(udp(0, "198.51.100.1", SERVER, 53)); /* by the default route */
}

static void no_way_is_said_so(void **state)
{
        (void)state;
        conf_list_del(&p.wf.conf.routes, list_first(&p.wf.conf.routes.items, struct conf_obj, link));
        pf_start(&p);
        assert_false(udp(1, SERVER, "198.51.100.1", 53));
        assert_int_equal(wf_drops(&p.wf, DROP_NO_ROUTE), 1);
}

static void networks_are_not_shouted_into(void **state)
{
        (void)state;
        pf_start(&p);
        assert_false(udp(1, SERVER, "192.0.2.255", 53));
        assert_int_equal(wf_drops(&p.wf, DROP_SECURITY_LEVEL), 1);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
}

static void other_protocols_are_not_forwarded(void **state)
{
        struct pb b = pb_of(SERVER, 0, CLIENT, 0, 47);

        (void)state;
        pf_start(&p);
        b.pay = "abcd";
        b.npay = 4;
        assert_false(send(1, pb_build(f, sizeof f, &b)));
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(wf_drops(&p.wf, DROP_UNKNOWN_PROTO), 1);
}

/* ---- the box itself ---- */

static void closed_ports_of_the_box_are_silent(void **state)
{
        (void)state;
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
        pf_start(&p);
        assert_false(syn(0, CLIENT, "192.0.2.1", 22));
        assert_false(udp(0, CLIENT, "192.0.2.1", 161));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_NO_SERVICE), 2);
        assert_true(
                pf_logged(&p, "%ASA-7-710005: TCP request discarded from 192.0.2.50/5000 to outside:192.0.2.1/22"));
        assert_true(pf_logged(&p, "710005: UDP request discarded from 192.0.2.50/5000 to outside:192.0.2.1/161"));
}

static void the_far_side_of_the_box_is_out_of_reach(void **state)
{
        (void)state;
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
        pf_start(&p);
        assert_false(ping(0, CLIENT, "10.1.1.1"));
        assert_false(syn(0, CLIENT, "10.1.1.1", 22));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_DENIED), 2);
        assert_true(ping(0, CLIENT, "192.0.2.1")); /* the near side answers */
}

static void may_use_ssh(const char *name, const char *net, uint8_t len, const char *nameif)
{
        struct box_access_conf *c = conf_list_add(&p.conf.box_access[BOX_SSH], name);

        assert_non_null(c);
        c->net = pb_addr(net);
        c->len = len;
        snprintf(c->nameif, sizeof c->nameif, "%s", nameif);
}

static const struct box_service ssh_service = {
        .proto = IPPROTO_TCP_, .port = 22, .box_port = 2222, .by_lines = true, .use = BOX_SSH
};

/* Without a line the port is as closed as any other; with one, who is not named is told apart (710003). */
static void a_service_without_lines_does_not_listen(void **state)
{
        (void)state;
        pf_start(&p);
        assert_int_equal(policy_box_service_set(p.wf.w->policy, &ssh_service), 0);
        assert_false(syn(1, SERVER, "10.1.1.1", 22));
        assert_int_equal(p.taken, 0);
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_NO_SERVICE), 1);
        assert_true(pf_logged(&p, "%ASA-7-710005: TCP request discarded from 10.1.1.2/5000 to inside:10.1.1.1/22"));
}

static void a_line_lets_a_network_in_on_its_interface_only(void **state)
{
        (void)state;
        may_use_ssh("1", "192.0.2.48", 29, "outside");
        may_use_ssh("2", "10.1.1.0", 24, "gone");
        may_use_ssh("3", "10.1.1.0", 24, "outside");
        pf_start(&p);
        assert_int_equal(policy_box_service_set(p.wf.w->policy, &ssh_service), 0);
        assert_false(syn(1, SERVER, "10.1.1.1", 22)); /* its lines are for other interfaces */
        assert_false(syn(0, "192.0.2.56", "192.0.2.1", 22));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_DENIED), 2);
        assert_int_equal(p.taken, 0);
        assert_false(syn(0, "192.0.2.55", "192.0.2.1", 22));
        assert_int_equal(p.taken, 1);
}

static void a_service_of_the_box_gets_its_flow(void **state)
{
        (void)state;
        may_use_ssh("1", SERVER, 32, "inside");
        pf_start(&p);
        assert_int_equal(policy_box_service_set(p.wf.w->policy, &ssh_service), 0);
        assert_false(syn(1, SERVER, "10.1.1.1", 22));
        assert_int_equal(p.taken, 1);
        assert_int_equal(p.last_taken->action, CONN_BOX);
        assert_int_equal(p.last_taken->side[1].key.iface, IFACE_BOX);
        assert_true(pf_logged(&p,
                              "302013: Built inbound TCP connection 1 for inside:10.1.1.2/5000 (10.1.1.2/5000) to "
                              "identity:10.1.1.1/22 (10.1.1.1/22)"));
        assert_false(syn(1, "10.1.1.3", "10.1.1.1", 22));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_DENIED), 1);
        assert_true(
                pf_logged(&p, "%ASA-3-710003: TCP access denied by ACL from 10.1.1.3/5000 to inside:10.1.1.1/22"));
        policy_box_service_del(p.wf.w->policy, IPPROTO_TCP_, 22);
        assert_null(policy_box_service_find(p.wf.w->policy, IPPROTO_TCP_, 22));
}

static void a_control_plane_list_guards_the_box(void **state)
{
        struct box_service s = { .proto = IPPROTO_TCP_, .port = 22, .box_port = 2222 };

        (void)state;
        pf_ace(&p, "cp", "deny tcp host 192.0.2.50 any");
        pf_ace(&p, "cp", "deny icmp host 192.0.2.50 any");
        pf_bind(&p, "cp", "control", "outside");
        pf_start(&p);
        policy_box_service_set(p.wf.w->policy, &s);
        assert_false(syn(0, CLIENT, "192.0.2.1", 22));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_DENIED), 1);
        assert_true(pf_logged(&p, "710003: TCP access denied by ACL from 192.0.2.50/5000 to outside:192.0.2.1/22"));
        assert_false(ping(0, CLIENT, "192.0.2.1"));
        assert_true(pf_logged(&p, "%ASA-3-313001: Denied ICMP type=8, code=0 from 192.0.2.50 on interface outside"));
        assert_false(pf_logged(&p, "710003: IP "));
        assert_int_equal(wf_drops(&p.wf, DROP_BOX_DENIED), 2);
        assert_false(syn(0, "192.0.2.254", "192.0.2.1", 22));
        assert_int_equal(p.taken, 1);
}

static void the_list_of_services_is_bounded(void **state)
{
        struct box_service s = { .proto = IPPROTO_UDP_ };

        (void)state;
        pf_start(&p);
        for (unsigned i = 0; i < BOX_SERVICES_MAX; i++) {
                s.port = (uint16_t)(i + 1);
                assert_int_equal(policy_box_service_set(p.wf.w->policy, &s), 0);
        }
        assert_int_equal(policy_box_service_set(p.wf.w->policy, &s), 0); /* replaces */
        s.port = 999;
        assert_int_equal(policy_box_service_set(p.wf.w->policy, &s), -1);
}

/* ---- packet-tracer ---- */

static void the_tracer_names_the_reason(void **state)
{
        struct ace_conf *a;

        (void)state;
        a = pf_ace(&p, "in", "deny tcp any any eq 25 log");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        pf_trace(&p, WF_OUTSIDE, f, pb_tcp(f, sizeof f, CLIENT, 5000, SERVER, 25, PB_SYN, 1, 0, NULL, 0));
        assert_false(p.trace.allow);
        assert_int_equal(p.trace.drop, DROP_ACL);
        assert_int_equal(p.trace.in_iface, WF_OUTSIDE);
        assert_int_equal(p.trace.out_iface, WF_INSIDE);
        assert_int_equal(pf_phase(&p, "ACCESS-LIST")->ref_id, a->o.id);
        assert_string_equal(pf_phase(&p, "ACCESS-LIST")->subtype, "log");
        pf_trace(&p, WF_OUTSIDE, f, pb_tcp(f, sizeof f, CLIENT, 5000, SERVER, 26, PB_SYN, 1, 0, NULL, 0));
        assert_string_equal(pf_phase(&p, "ACCESS-LIST")->info, "Implicit Rule");
        pf_trace(&p, WF_OUTSIDE, f, pb_tcp(f, sizeof f, "10.1.1.9", 5000, SERVER, 25, PB_SYN, 1, 0, NULL, 0));
        assert_int_equal(p.trace.drop, DROP_SPOOF);
        assert_false(pf_logged(&p, "ASA-2-106016")); /* a question is no event */
        assert_false(pf_logged(&p, "106100"));
        assert_int_equal(wf_drops(&p.wf, DROP_ACL) + wf_drops(&p.wf, DROP_SPOOF), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(higher_levels_reach_lower_ones),
                T(lower_levels_do_not_reach_higher_ones),
                T(equal_levels_need_permission),
                T(hairpins_need_permission),
                T(a_list_replaces_the_levels),
                T(lists_bound_out_judge_as_well),
                T(a_global_list_follows_the_interface_list),
                T(logged_lines_tell_flows),
                T(a_line_names_its_level),
                T(a_refused_ping_has_a_type),
                T(the_log_cache_is_bounded),
                T(log_disable_is_silent),
                T(elements_have_counters),
                T(sources_that_route_elsewhere_are_forged),
                T(no_way_is_said_so),
                T(networks_are_not_shouted_into),
                T(other_protocols_are_not_forwarded),
                T(closed_ports_of_the_box_are_silent),
                T(the_far_side_of_the_box_is_out_of_reach),
                T(a_service_without_lines_does_not_listen),
                T(a_line_lets_a_network_in_on_its_interface_only),
                T(a_service_of_the_box_gets_its_flow),
                T(a_control_plane_list_guards_the_box),
                T(the_list_of_services_is_bounded),
                T(the_tracer_names_the_reason),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
