/* Service policies: which class takes a flow, what it does with it, how many it lets in. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static uint8_t f[2048];

static int prepare(void **state)
{
        (void)state;
        pf_init(&p);
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
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

static bool syn(uint16_t sport, uint16_t dport)
{
        return send(0, pb_tcp(f, sizeof f, CLIENT, sport, SERVER, dport, PB_SYN, 1, 0, NULL, 0));
}

static struct class_conf *port_class(const char *name, uint8_t l4, uint16_t port)
{
        struct class_conf *c = pf_class_map(&p, name, CM_PORT);

        c->l4 = l4;
        c->port = (struct port_spec){ .op = PORT_EQ, .lo = port };
        return c;
}

static struct flow_plan classify(uint16_t in, uint16_t out, uint8_t proto, uint16_t dport, struct policy_verdict *v)
{
        struct flow_plan plan = { .in_iface = in, .out_iface = out };
        struct acl_key k = {
                .src = pb_addr(CLIENT), .dst = pb_addr(SERVER), .proto = proto, .sport = 40000, .dport = dport
        };

        *v = policy_match(policy_rt(p.wf.w->snap), &k, &plan);
        return plan;
}

static void mmp_goes_to_the_proxy(void **state)
{
        struct class_action_conf *a;
        struct inspect_conf *i;

        (void)state;
        port_class("cuma", 6, 5443);
        a = pf_class(&p, "outside", "cuma");
        i = pf_inspect(a, INSPECT_MMP, "cuma_proxy");
        pf_start(&p);
        assert_false(syn(40000, 5443));
        assert_int_equal(p.taken, 1);
        assert_int_equal(p.last_taken->action, CONN_PUNT);
        assert_int_equal(p.last_taken->engine, INSPECT_MMP);
        assert_true(p.last_taken->accept_first);
        assert_int_equal(p.last_taken->tls_proxy_id, 77);
        assert_int_equal(p.last_taken->class_id, a->o.id);
        assert_int_equal(p.last_taken->inspect_line, i->o.id);
        assert_int_equal(atomic_load(&policy_inspect_count(p.wf.w->policy, i->o.id)->conns), 1);
        assert_true(syn(40001, 5444)); /* another port is forwarded */
}

static void a_missing_tls_proxy_refuses_the_flow(void **state)
{
        uint64_t packets, drops, resets;
        struct inspect_conf *i;

        (void)state;
        port_class("cuma", 6, 5443);
        i = pf_inspect(pf_class(&p, "outside", "cuma"), INSPECT_MMP, "gone");
        p.target.tls_proxy_id = 0;
        pf_start(&p);
        assert_false(syn(40000, 5443));
        assert_int_equal(p.taken, 0);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(wf_drops(&p.wf, DROP_INSPECT), 1);
        assert_true(pf_logged(&p, "780002: TLS proxy: session from outside:192.0.2.50/40000 to inside:10.1.1.2/5443 "
                                  "refused: the inspection names no existing tls-proxy"));
        policy_inspect_read(p.wf.w->policy, i->o.id, &packets, &drops, &resets);
        assert_int_equal(drops, 1);
        pf_trace(&p, WF_OUTSIDE, f, pb_tcp(f, sizeof f, CLIENT, 1, SERVER, 5443, PB_SYN, 1, 0, NULL, 0));
        assert_int_equal(p.trace.drop, DROP_INSPECT);
        assert_string_equal(pf_phase(&p, "INSPECT")->subtype, "inspect-mmp");
        assert_false(pf_phase(&p, "INSPECT")->allow);
}

/* Whoever sends SYNs does not fill the log with them. */
static void refusals_are_told_ten_times_a_second(void **state)
{
        (void)state;
        port_class("cuma", 6, 5443);
        pf_inspect(pf_class(&p, "outside", "cuma"), INSPECT_MMP, "gone");
        p.target.tls_proxy_id = 0;
        pf_start(&p);
        wf_advance(&p.wf, 5000);
        for (uint16_t i = 0; i < 500; i++)
                assert_false(syn((uint16_t)(40000 + i), 5443));
        assert_true(pf_logged(&p, "192.0.2.50/40009 to"));
        assert_false(pf_logged(&p, "192.0.2.50/40010 to"));
        wf_advance(&p.wf, 1000);
        assert_false(syn(41000, 5443));
        assert_true(pf_logged(&p, "780003: TLS proxy: 490 more sessions were refused and not told one by one"));
        assert_true(pf_logged(&p, "192.0.2.50/41000 to"));
}

static void mmp_without_a_tls_proxy_is_refused_too(void **state)
{
        (void)state;
        port_class("cuma", 6, 5443);
        pf_inspect(pf_class(&p, "outside", "cuma"), INSPECT_MMP, NULL);
        pf_start(&p);
        assert_false(syn(40000, 5443));
        assert_int_equal(wf_drops(&p.wf, DROP_INSPECT), 1);
}

static void default_traffic_goes_by_each_protocols_port(void **state)
{
        struct class_action_conf *a = pf_class(&p, "global", "inspection_default");
        struct policy_verdict v;
        struct flow_plan plan;

        (void)state;
        pf_inspect(a, INSPECT_CTIQBE, NULL); /* has no engine: does not inspect */
        pf_inspect(a, INSPECT_TFTP, NULL);
        pf_start(&p);
        plan = classify(WF_OUTSIDE, WF_INSIDE, 17, 69, &v);
        assert_true(v.inspect);
        assert_int_equal(plan.engine, INSPECT_TFTP);
        assert_int_equal(plan.action, CONN_INSPECT);
        assert_false(plan.accept_first);
        plan = classify(WF_OUTSIDE, WF_INSIDE, 6, 2748, &v);
        assert_false(v.inspect);
        assert_int_equal(plan.action, CONN_FORWARD);
        classify(WF_OUTSIDE, WF_INSIDE, 6, 69, &v); /* TFTP is UDP */
        assert_false(v.inspect);
}

static void the_interface_comes_before_the_global_policy(void **state)
{
        struct class_action_conf *near, *far, *global;
        struct policy_verdict v;
        struct flow_plan plan;

        (void)state;
        port_class("t", 17, 69);
        global = pf_class(&p, "global", "inspection_default");
        pf_inspect(global, INSPECT_TFTP, NULL);
        near = pf_class(&p, "outside", "t");
        pf_inspect(near, INSPECT_TFTP, NULL);
        far = pf_class(&p, "inside", "t");
        pf_inspect(far, INSPECT_TFTP, NULL);
        pf_start(&p);
        plan = classify(WF_OUTSIDE, WF_INSIDE, 17, 69, &v);
        assert_int_equal(plan.class_id, near->o.id);
        plan = classify(WF_INSIDE, WF_OUTSIDE, 17, 69, &v);
        assert_int_equal(plan.class_id, far->o.id);
        plan = classify(5, WF_OUTSIDE, 17, 69, &v); /* what leaves by it is its business as well */
        assert_int_equal(plan.class_id, near->o.id);
        plan = classify(5, 6, 17, 69, &v);
        assert_int_equal(plan.class_id, global->o.id);
}

static void a_feature_type_each(void **state)
{
        struct class_action_conf *limits, *inspects, *late;
        struct policy_verdict v;
        struct flow_plan plan;

        (void)state;
        port_class("a", 17, 69);
        limits = pf_class(&p, "outside", "a");
        limits->conn_max = 5;
        inspects = pf_class(&p, "global", "class-default");
        pf_inspect(inspects, INSPECT_TFTP, NULL);
        inspects->conn_max = 9; /* comes too late for its settings */
        late = pf_class(&p, "global", "inspection_default");
        pf_inspect(late, INSPECT_TFTP, NULL);
        pf_start(&p);
        plan = classify(WF_OUTSIDE, WF_INSIDE, 17, 69, &v);
        assert_true(v.settings);
        assert_int_equal(plan.set.conn_max, 5);
        assert_int_equal(plan.set.class_id, limits->o.id);
        assert_int_equal(plan.class_id, inspects->o.id);
}

static void a_class_may_match_by_list(void **state)
{
        struct policy_verdict v;
        struct class_conf *c;

        (void)state;
        pf_ace(&p, "who", "deny udp any any eq 70");
        pf_ace(&p, "who", "permit udp any host 10.1.1.2");
        c = pf_class_map(&p, "k", CM_ACL);
        snprintf(c->acl, sizeof c->acl, "who");
        pf_inspect(pf_class(&p, "global", "k"), INSPECT_TFTP, NULL);
        c = pf_class_map(&p, "dangling", CM_ACL);
        snprintf(c->acl, sizeof c->acl, "no-such-list");
        pf_inspect(pf_class(&p, "outside", "dangling"), INSPECT_TFTP, NULL);
        pf_start(&p);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 6969, &v);
        assert_true(v.inspect);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 70, &v);
        assert_false(v.inspect);
}

static void classes_of_port_ranges_and_nothing(void **state)
{
        struct policy_verdict v;
        struct class_conf *c;

        (void)state;
        c = port_class("r", 17, 100);
        c->port = (struct port_spec){ .op = PORT_RANGE, .lo = 100, .hi = 200 };
        pf_class_map(&p, "empty", CM_NONE);
        pf_inspect(pf_class(&p, "global", "empty"), INSPECT_TFTP, NULL);
        pf_inspect(pf_class(&p, "global", "unknown-class"), INSPECT_TFTP, NULL);
        pf_inspect(pf_class(&p, "global", "r"), INSPECT_TFTP, NULL);
        pf_start(&p);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 99, &v);
        assert_false(v.inspect);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 100, &v);
        assert_true(v.inspect);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 200, &v);
        assert_true(v.inspect);
        classify(WF_OUTSIDE, WF_INSIDE, 17, 201, &v);
        assert_false(v.inspect);
}

/* ---- limits ---- */

static struct class_action_conf *limited(void)
{
        port_class("web", 6, 80);
        return pf_class(&p, "outside", "web");
}

/* logging permit-hostdown: what a syslog server that is down would not hear of does not begin; what exists goes on.
 */
static void nothing_begins_while_the_log_is_held(void **state)
{
        (void)state;
        pf_start(&p);
        assert_true(syn(1001, 80));
        log_set_hold(p.wf.log, true);
        assert_false(syn(1002, 80));
        assert_int_equal(wf_drops(&p.wf, DROP_CONN_LIMIT), 1);
        assert_true(pf_logged(&p, "%ASA-3-201008: Disallowing new connections."));
        log_set_hold(p.wf.log, false);
        assert_true(syn(1002, 80));
}

static void the_class_has_so_many_connections(void **state)
{
        struct class_action_conf *a = limited();
        struct class_use u;

        (void)state;
        a->conn_max = 2;
        pf_start(&p);
        assert_true(syn(1001, 80));
        assert_true(syn(1002, 80));
        assert_false(syn(1003, 80));
        assert_true(syn(1003, 81)); /* not of the class */
        assert_int_equal(wf_drops(&p.wf, DROP_CONN_LIMIT), 1);
        assert_true(pf_logged(&p, "%ASA-3-201011: Connection limit exceeded 2/2 for input packet from "
                                  "192.0.2.50/1003 to 10.1.1.2/80 on interface outside"));
        u = policy_class_use(p.wf.w->policy, a->o.id);
        assert_int_equal(u.conns, 2);
        assert_int_equal(u.drops, 1);
        wf_advance(&p.wf, 30100); /* SYN timeout: room again */
        assert_int_equal(policy_class_use(p.wf.w->policy, a->o.id).conns, 0);
        assert_true(syn(1003, 80));
}

static void half_open_ones_are_counted_until_they_open(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->embryonic_max = 1;
        pf_start(&p);
        assert_true(syn(1001, 80));
        assert_false(syn(1002, 80));
        assert_true(pf_logged(&p, "%ASA-6-201010: Embryonic connection limit exceeded 1/1 for input packet from "
                                  "192.0.2.50/1002 to 10.1.1.2/80 on interface outside"));
        send(1, pb_tcp(f, sizeof f, SERVER, 80, CLIENT, 1001, PB_SYN | PB_ACK, 9, 2, NULL, 0));
        send(0, pb_tcp(f, sizeof f, CLIENT, 1001, SERVER, 80, PB_ACK, 2, 10, NULL, 0));
        assert_int_equal(policy_class_use(p.wf.w->policy, a->o.id).embryonic, 0);
        assert_int_equal(policy_class_use(p.wf.w->policy, a->o.id).conns, 1);
        assert_true(syn(1002, 80));
        wf_advance(&p.wf, 30100);
        assert_int_equal(policy_class_use(p.wf.w->policy, a->o.id).embryonic, 0);
}

static void each_client_has_its_share(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->per_client_max = 1;
        pf_start(&p);
        assert_true(syn(1001, 80));
        assert_false(syn(1002, 80));
        assert_true(pf_logged(&p, "%ASA-3-201013: Per-client connection limit exceeded 1/1 for input packet from "
                                  "192.0.2.50/1002 to 10.1.1.2/80 on interface outside"));
        assert_true(send(0, pb_tcp(f, sizeof f, "198.51.100.7", 1001, SERVER, 80, PB_SYN, 1, 0, NULL, 0)));
        wf_advance(&p.wf, 30100);
        assert_true(syn(1002, 80));
}

static void each_client_has_its_share_of_half_open_ones(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->per_client_embryonic_max = 1;
        pf_start(&p);
        assert_true(syn(1001, 80));
        assert_false(syn(1002, 80));
        assert_true(pf_logged(&p,
                              "%ASA-6-201012: Per-client embryonic connection limit exceeded 1/1 for input packet "
                              "from 192.0.2.50/1002 to 10.1.1.2/80 on interface outside"));
        assert_true(send(0, pb_tcp(f, sizeof f, "198.51.100.7", 1001, SERVER, 80, PB_SYN, 1, 0, NULL, 0)));
        send(1, pb_tcp(f, sizeof f, SERVER, 80, CLIENT, 1001, PB_SYN | PB_ACK, 9, 2, NULL, 0));
        send(0, pb_tcp(f, sizeof f, CLIENT, 1001, SERVER, 80, PB_ACK, 2, 10, NULL, 0));
        assert_true(syn(1002, 80));
}

/* Whoever is refused again and again does not fill the log; how many were not told is. */
static void refusals_are_told_a_few_a_second(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->per_client_max = 1;
        pf_start(&p);
        assert_true(syn(1001, 80));
        for (uint16_t i = 0; i < 30; i++)
                assert_false(syn((uint16_t)(2000 + i), 80));
        assert_true(pf_logged(&p, "192.0.2.50/2009 to 10.1.1.2/80"));
        assert_false(pf_logged(&p, "192.0.2.50/2010 to 10.1.1.2/80"));
        wf_advance(&p.wf, 1100);
        assert_false(syn(3000, 80));
        assert_true(pf_logged(&p, "%ASA-4-780012: connection limit: 20 more messages of this kind were not told"));
}

static void a_class_may_reset_idle_ones(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->idle_s = 60;
        a->idle_reset = true;
        pf_start(&p);
        assert_true(syn(1001, 80));
        assert_true(pf_conn(&p)->reset_idle);
        assert_int_equal(pf_conn(&p)->idle_ms, 60000);
}

static void timeouts_of_a_class(void **state)
{
        struct class_action_conf *a = limited();

        (void)state;
        a->embryonic_s = 5;
        pf_start(&p);
        assert_true(syn(1001, 80));
        wf_advance(&p.wf, 5100);
        assert_int_equal(conn_count(p.wf.w->conns), 0);
}

static void counters_of_lines_are_bounded(void **state)
{
        uint64_t a, b, c;
        unsigned made = 0;

        (void)state;
        pf_start(&p);
        for (uint32_t id = 1; id < 5000; id++)
                made += policy_inspect_count(p.wf.w->policy, id) != NULL;
        assert_int_equal(made, 3072);
        assert_ptr_equal(policy_inspect_count(p.wf.w->policy, 7), policy_inspect_count(p.wf.w->policy, 7));
        assert_null(policy_inspect_count(p.wf.w->policy, 0));
        policy_inspect_read(p.wf.w->policy, 4999, &a, &b, &c);
        assert_int_equal(a + b + c, 0);
}

static void out_of_memory_is_an_error(void **state)
{
        struct snap_part *part;
        struct err e;
        unsigned fails = 0;
        int rc = -1;

        (void)state;
        pf_inspect(limited(), INSPECT_MMP, "x");
        pf_start(&p);
        for (uint64_t n = 1; rc; n++) {
                mem_fail_nth(n, false);
                part = snap_part_new();
                rc = part ? policy_compile(part, &p.conf, net_rt(p.wf.w->snap), NULL, NULL, &e) : -1;
                if (part && !rc)
                        rc = acl_compile(part, &p.conf, net_rt(p.wf.w->snap), &e);
                mem_fail_nth(0, false);
                snap_part_put(part);
                fails += rc != 0;
        }
        assert_true(fails > 3);
}

static void factory_timeouts(void **state)
{
        struct timeout_conf t;

        (void)state;
        pf_start(&p);
        timeout_conf_init(&t);
        assert_int_equal(t.conn, 3600);
        assert_int_equal(t.half_closed, 600);
        assert_int_equal(t.udp, 120);
        assert_int_equal(t.icmp, 2);
        assert_int_equal(t.xlate, 10800);
        assert_int_equal(t.pat_xlate, 30);
        assert_int_equal(policy_timeouts(policy_rt(p.wf.w->snap))->sip, 1800);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(mmp_goes_to_the_proxy),
                T(a_missing_tls_proxy_refuses_the_flow),
                T(refusals_are_told_ten_times_a_second),
                T(mmp_without_a_tls_proxy_is_refused_too),
                T(default_traffic_goes_by_each_protocols_port),
                T(the_interface_comes_before_the_global_policy),
                T(a_feature_type_each),
                T(a_class_may_match_by_list),
                T(classes_of_port_ranges_and_nothing),
                T(nothing_begins_while_the_log_is_held),
                T(the_class_has_so_many_connections),
                T(half_open_ones_are_counted_until_they_open),
                T(each_client_has_its_share),
                T(each_client_has_its_share_of_half_open_ones),
                T(refusals_are_told_a_few_a_second),
                T(a_class_may_reset_idle_ones),
                T(timeouts_of_a_class),
                T(counters_of_lines_are_bounded),
                T(out_of_memory_is_an_error),
                T(factory_timeouts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
