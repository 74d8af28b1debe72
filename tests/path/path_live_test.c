/* What commits, commands and time do to flows that live; engines with secondary connections; flows of the box itself.
 */
#include "tests/path/support/path_services.h"

#include "nat/xlate.h"
#include "platform/boot/path.h"

/* A client outside and the server behind its static address, open. */
static void web_session(uint16_t sport)
{
        px_tcp(&fx, 0, CLIENT, sport, MAPPED, 80, PB_SYN, 1000, 0);
        out_is(1, CLIENT, sport, SERVER, 80);
        px_tcp(&fx, 1, SERVER, 80, CLIENT, sport, PB_SYN | PB_ACK, 7000, 1001);
        out_is(0, MAPPED, 80, CLIENT, sport);
        px_tcp(&fx, 0, CLIENT, sport, MAPPED, 80, PB_ACK, 1001, 7001);
        out_is(1, CLIENT, sport, SERVER, 80);
}

static bool still_passes(uint16_t sport)
{
        px_tcp(&fx, 0, CLIENT, sport, MAPPED, 80, PB_ACK, 1001, 7001);
        return px_take(&fx, 1, &v);
}

static bool syn_passes(uint16_t sport)
{
        px_tcp(&fx, 0, CLIENT, sport, MAPPED, 80, PB_SYN, 1, 0);
        return px_take(&fx, 1, &v);
}

static struct pb_view punted(uint16_t sport, uint8_t *buf)
{
        px_tcp(&fx, 0, CLIENT, sport, MAPPED, 5443, PB_SYN, 1000, 0);
        assert_true(px_take_tun(&fx, buf, 2048, &v));
        return v;
}

/* ---- commits ---- */

static void an_access_list_edit_is_for_new_flows(void **state UNUSED)
{
        web_session(1000);
        px_config(&fx, "no access-list outside_in extended permit tcp any host 10.0.0.5 eq 80\n");
        assert_true(still_passes(1000));
        assert_false(syn_passes(1001));
        assert_int_equal(px_drops(&fx, DROP_ACL), 1);
}

static void a_removed_nat_rule_lives_on_in_its_flows(void **state UNUSED)
{
        px_udp(&fx, 1, "10.0.0.9", 1000, "198.51.100.1", 53, "x");
        out_is(0, PAT, 0, "198.51.100.1", 53);
        px_config(&fx, "object network all\n no nat (inside,outside) dynamic 192.0.2.200\n");
        px_udp(&fx, 1, "10.0.0.9", 1000, "198.51.100.1", 53, "x");
        out_is(0, PAT, 0, "198.51.100.1", 53);
        px_udp(&fx, 1, "10.0.0.9", 1001, "198.51.100.1", 53, "x");
        out_is(0, "10.0.0.9", 1001, "198.51.100.1", 53);
}

static void a_removed_static_rule_lives_on_in_its_flows(void **state UNUSED)
{
        web_session(1000);
        px_config(&fx, "object network srv\n no nat (inside,outside) static 192.0.2.140\n");
        assert_true(still_passes(1000));
        assert_false(syn_passes(1001));
}

static void policy_edits_are_for_new_flows(void **state UNUSED)
{
        uint8_t buf[2048];

        punted(1000, buf);
        px_config(&fx, "policy-map global_policy\n class cuma_proxy\n  no inspect mmp tls-proxy cuma_proxy\n");
        px_tcp(&fx, 0, CLIENT, 1000, MAPPED, 5443, PB_SYN, 1000, 0); /* once more: still for the private kernel */
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_true(px_quiet(&fx));
        px_tcp(&fx, 0, CLIENT, 1001, MAPPED, 5443, PB_SYN, 1000, 0);
        out_is(1, CLIENT, 1001, SERVER, 5443);
}

static void a_shut_interface_ends_its_flows(void **state UNUSED)
{
        uint8_t buf[2048];

        web_session(1000);
        punted(1001, buf);
        assert_int_equal(conns(), 2);
        px_config(&fx, "interface GigabitEthernet0/0\n shutdown\n");
        px_advance(&fx, 1000);
        assert_int_equal(conns(), 0);
        assert_int_equal(flows(), 0);
        assert_true(px_logged(
                &fx, "%ASA-6-302014: Teardown TCP connection 1 for outside:192.0.2.10/1000 to inside:10.0.0.5/80"));
        assert_true(px_logged(&fx, "Interface down"));
        px_config(&fx, "interface GigabitEthernet0/0\n no shutdown\n");
        assert_false(still_passes(1000));
        assert_true(syn_passes(1002));
}

static void a_new_address_ends_the_flows(void **state UNUSED)
{
        web_session(1000);
        px_config(&fx, "interface GigabitEthernet0/1\n ip address 10.0.0.2 255.255.255.0\n");
        px_advance(&fx, 1000);
        assert_int_equal(conns(), 0);
}

/* ---- the operator ---- */

static void clear_conn(void **state UNUSED)
{
        uint8_t buf[2048];

        web_session(1000);
        web_session(1001);
        punted(1002, buf);
        px_show(&fx, "clear conn address 192.0.2.10 port 1000");
        assert_int_equal(conns(), 2);
        px_show(&fx, "clear conn all");
        assert_int_equal(conns(), 0);
        assert_int_equal(flows(), 0);
        assert_false(still_passes(1001));
        assert_int_equal(px_drops(&fx, DROP_TCP_NOT_SYN), 1);
}

/* Translations go with their connections; the next flow gets one of its own. */
static void clear_xlate(void **state UNUSED)
{
        px_udp(&fx, 1, "10.0.0.9", 1000, "198.51.100.1", 53, "x");
        out_is(0, PAT, 0, "198.51.100.1", 53);
        px_show(&fx, "clear xlate");
        assert_int_equal(conns(), 0);
        assert_non_null(strstr(px_show(&fx, "show xlate"), "1 in use")); /* the static one */
        px_udp(&fx, 0, "198.51.100.1", 53, PAT, v.sport, "late");
        assert_true(px_quiet(&fx));
}

/* ---- limits and time ---- */

static void half_open_connections_age(void **state UNUSED)
{
        uint8_t buf[2048];

        px_tcp(&fx, 0, CLIENT, 1000, MAPPED, 80, PB_SYN, 1000, 0);
        punted(1001, buf);
        px_advance(&fx, 14000);
        assert_int_equal(conns(), 2);
        px_advance(&fx, 40000); /* 30 s embryonic; the proxied one: 15 s for its handshake, 15 s to linger */
        assert_int_equal(conns(), 0);
        assert_int_equal(flows(), 0);
        assert_true(px_logged(&fx, "SYN Timeout"));
}

static void a_reset_ends_the_connection(void **state UNUSED)
{
        web_session(1000);
        px_tcp(&fx, 1, SERVER, 80, CLIENT, 1000, PB_RST | PB_ACK, 7001, 1001);
        out_is(0, MAPPED, 80, CLIENT, 1000);
        assert_int_equal(conns(), 0);
        assert_true(px_logged(&fx, "TCP Reset-I"));
}

static void fins_end_the_connection(void **state UNUSED)
{
        web_session(1000);
        px_tcp(&fx, 0, CLIENT, 1000, MAPPED, 80, PB_FIN | PB_ACK, 1001, 7001);
        px_tcp(&fx, 1, SERVER, 80, CLIENT, 1000, PB_FIN | PB_ACK, 7001, 1002);
        px_tcp(&fx, 0, CLIENT, 1000, MAPPED, 80, PB_ACK, 1002, 7002);
        assert_int_equal(conns(), 0);
        assert_true(px_logged(&fx, "TCP FINs"));
}

static void embryonic_limit(void **state UNUSED)
{
        px_config(&fx, "class-map few\n match any\npolicy-map global_policy\n class few\n"
                       "  set connection embryonic-conn-max 1\n");
        web_session(1000); /* open: not counted */
        assert_true(syn_passes(1001));
        assert_false(syn_passes(1002));
        assert_int_equal(px_drops(&fx, DROP_CONN_LIMIT), 1);
}

/* ---- packet-tracer and path.c ---- */

static const struct probe {
        const char *ask;
        unsigned port;
        uint8_t proto;
        const char *src, *dst;
        uint16_t dport;
} probes[] = {
        { "input outside tcp 192.0.2.10 1000 192.0.2.140 80", 0, IPPROTO_TCP_, CLIENT, MAPPED, 80 },
        { "input outside tcp 192.0.2.10 1000 192.0.2.140 81", 0, IPPROTO_TCP_, CLIENT, MAPPED, 81 },
        { "input outside tcp 192.0.2.10 1000 192.0.2.140 5443", 0, IPPROTO_TCP_, CLIENT, MAPPED, 5443 },
        { "input outside tcp 192.0.2.10 1000 10.0.0.5 80", 0, IPPROTO_TCP_, CLIENT, SERVER, 80 },
        { "input outside udp 192.0.2.10 1000 192.0.2.140 69", 0, IPPROTO_UDP_, CLIENT, MAPPED, 69 },
        { "input outside udp 10.0.0.77 1000 192.0.2.140 69", 0, IPPROTO_UDP_, "10.0.0.77", MAPPED, 69 },
        { "input outside udp 192.0.2.10 1000 192.0.2.200 53", 0, IPPROTO_UDP_, CLIENT, PAT, 53 },
        { "input outside tcp 192.0.2.10 1000 192.0.2.1 22", 0, IPPROTO_TCP_, CLIENT, "192.0.2.1", 22 },
        { "input inside udp 10.0.0.9 1000 198.51.100.1 53", 1, IPPROTO_UDP_, "10.0.0.9", "198.51.100.1", 53 },
        { "input inside tcp 10.0.0.5 1000 198.51.100.1 80", 1, IPPROTO_TCP_, SERVER, "198.51.100.1", 80 },
        { "input inside udp 10.0.0.9 1000 10.0.0.77 53", 1, IPPROTO_UDP_, "10.0.0.9", "10.0.0.77", 53 },
};

static void send_request(const struct probe *r)
{
        struct pb p = px_pb(&fx, r->port, r->src, 1000, r->dst, r->dport, IPPROTO_UDP_);

        p.pay = "\0\1file\0octet";
        p.npay = 13;
        px_send_pb(&fx, r->port, p);
}

static enum drop_reason only_drop(void)
{
        for (unsigned i = 1; i < DROP_REASONS; i++)
                if (px_drops(&fx, i))
                        return i;
        return DROP_NONE;
}

/* What the tracer foretells is what then happens to a packet; foretelling changes nothing. */
static void the_tracer_foretells(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
                char ask[128], told[160];
                enum drop_reason why;

                snprintf(ask, sizeof ask, "packet-tracer %s", probes[i].ask);
                px_show(&fx, ask);
                assert_int_equal(conns(), 0);
                assert_int_equal(flows(), 0);
                assert_int_equal(only_drop(), DROP_NONE);
                assert_true(px_quiet(&fx));
                if (probes[i].proto == IPPROTO_TCP_)
                        px_tcp(&fx, probes[i].port, probes[i].src, 1000, probes[i].dst, probes[i].dport, PB_SYN, 1,
                               0);
                else
                        send_request(&probes[i]);
                why = only_drop();
                if (why)
                        snprintf(told, sizeof told, "Action: drop\nDrop-reason: (%s)", drop_key(why));
                else
                        snprintf(told, sizeof told, "Action: allow\n");
                if (!strstr(fx.text, told))
                        fail_msg("%s: not \"%s\" but\n%s", probes[i].ask, told, fx.text);
                teardown(NULL);
                setup(NULL);
        }
}

static enum pkt_verdict refuse_all(struct worker *w UNUSED, struct pkt *pk, struct flow_plan *plan UNUSED)
{
        return dp_drop(pk, DROP_CONN_LIMIT);
}

/* The order that docs/packet-path.md and the reader of path.c rely on; the tracer and packets follow whatever stands
 * there. */
static void one_table_for_packets_and_tracer(void **state UNUSED)
{
        static const char *const order[] = { "pinhole", "untrans",  "box",         "route",  "secure-phone",
                                             "acl",     "classify", "clear-phone", "police", "tftp",
                                             "nat",     "limit",    "conn",        "rtp",    "punt" };
        struct slow_stage slow[ARRAY_LEN(order) + 2] = { { "refuse", refuse_all } };
        struct dp_path path = appliance_path;

        for (size_t i = 0; i < ARRAY_LEN(order); i++)
                assert_string_equal(appliance_path.slow[i].name, order[i]);
        assert_null(appliance_path.slow[ARRAY_LEN(order)].name);
        assert_ptr_equal(fx.w->env.path, &appliance_path);
        for (size_t at = 0; at < ARRAY_LEN(order) - 3; at++) { /* another stage at each place in front of `conn` */
                memcpy(slow, appliance_path.slow, (at + 1) * sizeof *slow);
                slow[at] = (struct slow_stage){ "refuse", refuse_all };
                memcpy(slow + at + 1, appliance_path.slow + at, (ARRAY_LEN(order) + 1 - at) * sizeof *slow);
                path.slow = slow;
                fx.w->env.path = &path;
                px_show(&fx, "packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 80");
                assert_non_null(strstr(fx.text, "Drop-reason: (conn-limit)"));
                assert_false(syn_passes((uint16_t)(1000 + at)));
                assert_int_equal(px_drops(&fx, DROP_CONN_LIMIT), at + 1);
                fx.w->env.path = &appliance_path;
        }
        assert_int_equal(conns(), 0);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(an_access_list_edit_is_for_new_flows),
                T(a_removed_nat_rule_lives_on_in_its_flows),
                T(a_removed_static_rule_lives_on_in_its_flows),
                T(policy_edits_are_for_new_flows),
                T(a_shut_interface_ends_its_flows),
                T(a_new_address_ends_the_flows),
                T(clear_conn),
                T(clear_xlate),
                T(half_open_connections_age),
                T(a_reset_ends_the_connection),
                T(fins_end_the_connection),
                T(embryonic_limit),
                T(the_tracer_foretells),
                T(one_table_for_packets_and_tracer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
