/* Engines with secondary connections, the box itself and its own flows, flows that cross the box twice. */
#include "cli/box/baseline.h"
#include "policy/policy_rt.h"
#include "tests/path/support/path_services.h"

/* ---- TFTP ---- */

static void tftp(unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport, const char *pay,
                 size_t n)
{
        struct pb p = px_pb(&fx, port, src, sport, dst, dport, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = n;
        px_send_pb(&fx, port, p);
}

/* The server answers from a port of its own; both ways pass, and only between these two. */
static void tftp_through_static_nat(void **state UNUSED)
{
        tftp(0, CLIENT, 2000, MAPPED, 69, "\0\1file\0octet", 13);
        out_is(1, CLIENT, 2000, SERVER, 69);
        tftp(1, SERVER, 3333, CLIENT, 2000, "\0\3\0\1data", 8);
        out_is(0, MAPPED, 3333, CLIENT, 2000);
        tftp(0, CLIENT, 2000, MAPPED, 3333, "\0\4\0\1", 4);
        out_is(1, CLIENT, 2000, SERVER, 3333);
        tftp(0, CLIENT, 2000, MAPPED, 3334, "\0\4\0\1", 4);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_ACL), 1);
        assert_non_null(strstr(px_show(&fx, "show service-policy"), "Inspect: tftp"));
}

static void tftp_through_pat(void **state UNUSED)
{
        uint16_t mapped;

        tftp(1, "10.0.0.9", 2000, "198.51.100.1", 69, "\0\1file\0octet", 13);
        out_is(0, PAT, 0, "198.51.100.1", 69);
        mapped = v.sport;
        tftp(0, "198.51.100.2", 3333, PAT, mapped, "\0\3\0\1data", 8); /* not who was asked */
        assert_true(px_quiet(&fx));
        tftp(0, "198.51.100.1", 3333, PAT, mapped, "\0\3\0\1data", 8);
        out_is(1, "198.51.100.1", 3333, "10.0.0.9", 2000);
        tftp(1, "10.0.0.9", 2000, "198.51.100.1", 3333, "\0\4\0\1", 4);
        out_is(0, PAT, mapped, "198.51.100.1", 3333);
        tftp(0, "198.51.100.1", 4444, PAT, mapped, "\0\3\0\1data", 8); /* the hole was for one transfer */
        assert_true(px_quiet(&fx));
}

static void tftp_nonsense_is_dropped(void **state UNUSED)
{
        tftp(0, CLIENT, 2000, MAPPED, 69, "\0\1file", 6);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_INSPECT), 1);
        tftp(1, SERVER, 3333, CLIENT, 2000, "\0\3\0\1data",
             8); /* nobody asked: a flow of its own, by levels, under NAT */
        out_is(0, MAPPED, 3333, CLIENT, 2000);
        fx.box.baselines = baselines_new(); /* one for several sessions */
        assert_non_null(strstr(px_show(&fx, "show counters"), "malformed requests                           1 "));
        px_show(&fx, "clear counters");
        assert_non_null(strstr(px_show(&fx, "show counters"), "malformed requests                           0 "));
        baselines_free(fx.box.baselines);
        fx.box.baselines = NULL;
}

/* ---- the box ---- */

static void ping_to_the_box(void **state UNUSED)
{
        px_echo(&fx, 0, CLIENT, "192.0.2.1", false, 7);
        out_is(0, "192.0.2.1", 0, CLIENT, 0);
        assert_int_equal(v.icmp_type, 0);
        px_echo(&fx, 1, "10.0.0.9", "192.0.2.1", false, 7); /* never the far side's address */
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_BOX_DENIED), 1);
        px_config(&fx, "icmp permit host 192.0.2.11 outside\n");
        px_echo(&fx, 0, CLIENT, "192.0.2.1", false, 7);
        assert_true(px_quiet(&fx));
}

/* packet-tracer says what a ping would meet, and does nothing. */
static void a_traced_ping_to_the_box(void **state UNUSED)
{
        static const char from[] = "packet-tracer input outside icmp 192.0.2.10 8 0 192.0.2.1";
        const char *t = px_show(&fx, from);

        assert_non_null(strstr(t, "found egress ifc  identity"));
        assert_non_null(strstr(t, "output-interface: NP Identity Ifc\n"));
        assert_non_null(strstr(t, "Action: allow\n"));
        assert_true(px_quiet(&fx));
        px_config(&fx, "icmp permit host 192.0.2.11 outside\n");
        px_logs_clear(&fx);
        t = px_show(&fx, from);
        assert_non_null(strstr(t, "Type: ACCESS-LIST\n"));
        assert_non_null(strstr(t, "Action: drop\nDrop-reason: (mgmt-denied)"));
        assert_false(px_logged(&fx, "313001"));
}

static void management_ports_are_closed(void **state UNUSED)
{
        static const uint16_t port[] = { 22, 23, 80, 443, 5443 };

        for (size_t i = 0; i < ARRAY_LEN(port); i++)
                px_tcp(&fx, 0, CLIENT, 1000, "192.0.2.1", port[i], PB_SYN, 1, 0);
        px_udp(&fx, 1, "10.0.0.9", 1000, "10.0.0.1", 514, "x");
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_BOX_NO_SERVICE), 6);
        assert_int_equal(conns(), 0);
}

static void ssh_listens(const char *lines)
{
        static const struct box_service s = {
                .proto = IPPROTO_TCP_, .port = 22, .box_port = 22, .by_lines = true, .use = BOX_SSH
        };

        assert_int_equal(policy_box_service_set(fx.w->policy, &s), 0);
        px_config(&fx, lines);
}

/* From outside: by its line, to the listener in the private kernel and back; who is there can be asked. */
static void an_ssh_connection_to_the_box(void **state UNUSED)
{
        uint8_t buf[2048];
        struct addr src, client = pb_addr(CLIENT);
        struct flow_key in;
        struct pb p;

        ssh_listens("ssh 192.0.2.8 255.255.255.252 outside\n");
        px_tcp(&fx, 0, CLIENT, 1000, "192.0.2.1", 22, PB_SYN, 1, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_true(v.dst.v4 == PSEUDO_KERNEL && v.dport == 22 && pseudo_leg(v.src.v4) == 0);
        assert_true(punt_box_peer(fx.w, pseudo_flow(v.src.v4), (uint8_t)(v.sport - PSEUDO_PORT_BASE), &in));
        src = flow_src(&in);
        assert_true(addr_eq(&src, &client));
        assert_true(in.sport == 1000 && in.dport == 22);
        assert_false(punt_box_peer(fx.w, pseudo_flow(v.src.v4), (uint8_t)(v.sport - PSEUDO_PORT_BASE + 1), &in));
        p = pb_of("240.0.0.1", 22, "240.0.0.1", v.sport, IPPROTO_TCP_);
        p.dst = v.src;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 7000;
        p.ack = 2;
        px_send_tun(&fx, p);
        out_is(0, "192.0.2.1", 22, CLIENT, 1000);
        px_tcp(&fx, 0, "192.0.2.12", 1000, "192.0.2.1", 22, PB_SYN, 1, 0);
        px_tcp(&fx, 1, "10.0.0.9", 1000, "10.0.0.1", 22, PB_SYN, 1, 0);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_BOX_DENIED), 2);
        px_show(&fx, "clear conn all");
        assert_int_equal(conns(), 0);
        assert_int_equal(flows(), 0);
}

/* The last line that goes closes the door. */
static void without_a_line_there_is_no_ssh(void **state UNUSED)
{
        ssh_listens("ssh 192.0.2.8 255.255.255.252 outside\n");
        px_config(&fx, "no ssh 192.0.2.8 255.255.255.252 outside\n");
        px_tcp(&fx, 0, CLIENT, 1000, "192.0.2.1", 22, PB_SYN, 1, 0);
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_BOX_NO_SERVICE), 1);
        assert_int_equal(conns(), 0);
}

/* A connection to SSH whose handshake is complete; the pseudo address that names it is in v. */
static void enter_ssh(uint16_t sport)
{
        uint8_t buf[2048];
        struct pb p;

        px_tcp(&fx, 0, CLIENT, sport, "192.0.2.1", 22, PB_SYN, 1, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = pb_of("240.0.0.1", 22, "240.0.0.1", v.sport, IPPROTO_TCP_);
        p.dst = v.src;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 7000;
        p.ack = 2;
        px_send_tun(&fx, p);
        px_tcp(&fx, 0, CLIENT, sport, "192.0.2.1", 22, PB_ACK, 2, 7001);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
}

static bool is_there(const struct pb_view *who)
{
        struct flow_key in;

        return punt_box_peer(fx.w, pseudo_flow(who->src.v4), (uint8_t)(who->sport - PSEUDO_PORT_BASE), &in);
}

static struct pb_view syn_to_ssh(uint16_t sport)
{
        uint8_t buf[2048];

        px_tcp(&fx, 0, CLIENT, sport, "192.0.2.1", 22, PB_SYN, 1, 0);
        px_take_tun(&fx, buf, sizeof buf, &v);
        return v;
}

/* SYNs that nobody follows up take a share of the flow ids and no more, and of these the oldest gives way. */
static void a_flood_of_syns_to_ssh(void **state UNUSED)
{
        struct pb_view in, first, second, last;

        ssh_listens("ssh 0.0.0.0 0.0.0.0 outside\n");
        first = syn_to_ssh(998);
        enter_ssh(999);
        in = v;
        second = syn_to_ssh(1000);
        for (unsigned i = 1; i < PUNT_INBOUND_MAX - 2; i++)
                last = syn_to_ssh((uint16_t)(1000 + i));
        assert_int_equal(flows(), PUNT_INBOUND_MAX);
        assert_true(is_there(&first));
        syn_to_ssh(60000);
        assert_false(is_there(&first));
        assert_true(is_there(&second));
        syn_to_ssh(60001);
        assert_false(is_there(&second));
        assert_true(is_there(&in));
        assert_true(is_there(&last));
        for (unsigned i = 0; i < PUNT_INBOUND_MAX; i++)
                syn_to_ssh((uint16_t)(5000 + i));
        assert_true(is_there(&in));
        assert_int_equal(flows(), PUNT_INBOUND_MAX);
        assert_int_equal(px_drops(&fx, DROP_PUNT_ID), 0);
        px_tcp(&fx, 0, CLIENT, 900, MAPPED, 5443, PB_SYN, 1, 0); /* other flows go on */
        assert_int_equal(flows(), PUNT_INBOUND_MAX + 1);
        px_show(&fx, "clear conn all");
        px_settle(&fx);
        assert_int_equal(flows(), 0);
        syn_to_ssh(999); /* there is room again */
        assert_int_equal(flows(), 1);
}

/* Who has come is not sent away for one who comes. */
static void all_places_of_ssh_are_taken(void **state UNUSED)
{
        uint8_t buf[2048];

        ssh_listens("ssh 0.0.0.0 0.0.0.0 outside\n");
        for (unsigned i = 0; i < PUNT_INBOUND_MAX; i++)
                enter_ssh((uint16_t)(1000 + i));
        px_tcp(&fx, 0, CLIENT, 900, "192.0.2.1", 22, PB_SYN, 1, 0);
        assert_false(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_int_equal(px_drops(&fx, DROP_PUNT_ID), 1);
        assert_int_equal(flows(), PUNT_INBOUND_MAX);
}

static struct pb kernel_dgram(const struct box_flow *b, const char *pay)
{
        struct pb p = pb_of("240.0.0.1", 47000, "240.0.0.1", b->pseudo_port, IPPROTO_UDP_);

        p.dst = b->pseudo;
        p.pay = pay;
        p.npay = strlen(pay);
        return p;
}

/* A socket of the box asks, the peer answers, from the same and then from another port, as TFTP does. */
static void a_flow_of_the_box(void **state UNUSED)
{
        struct addr peer = pb_addr("10.0.0.7");
        struct err e = { 0 };
        struct box_flow b;
        uint8_t buf[2048];
        uint16_t local;
        struct pb p;

        assert_int_equal(punt_box_open(fx.w, IPPROTO_UDP_, 0, &peer, 69, &b, &e), 0);
        assert_int_equal(punt_box_expect(fx.w, b.flow, b.gen, 0, 10), -1); /* whose socket? */
        px_send_tun(&fx, kernel_dgram(&b, "ask"));
        out_is(1, "10.0.0.1", 0, "10.0.0.7", 69);
        local = v.sport;
        px_udp(&fx, 1, "10.0.0.7", 69, "10.0.0.1", local, "same");
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_true(v.dst.v4 == PSEUDO_KERNEL && v.dport == 47000 && addr_eq(&v.src, &b.pseudo) &&
                    v.sport == b.pseudo_port && v.l4_ok);
        px_udp(&fx, 1, "10.0.0.7", 3333, "10.0.0.1", local, "early");
        assert_false(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_int_equal(punt_box_expect(fx.w, b.flow, b.gen, 47000, 10), 0);
        px_udp(&fx, 1, "10.0.0.7", 3333, "10.0.0.1", local, "other");
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_true(v.dst.v4 == PSEUDO_KERNEL && v.dport == 47000 && !addr_eq(&v.src, &b.pseudo));
        p = pb_of("240.0.0.1", 47000, "240.0.0.1", v.sport, IPPROTO_UDP_);
        p.dst = v.src;
        p.pay = "ack";
        p.npay = 3;
        px_send_tun(&fx, p);
        out_is(1, "10.0.0.1", local, "10.0.0.7", 3333);
        punt_box_close(fx.w, b.flow, b.gen);
        px_show(&fx, "clear conn all");
        px_settle(&fx);
        assert_int_equal(conns(), 0);
        assert_int_equal(flows(), 0);
}

static void a_flow_of_the_box_needs_a_route(void **state UNUSED)
{
        struct addr peer = pb_addr("172.16.0.1");
        struct err e = { 0 };
        struct box_flow b;

        px_config(&fx, "no route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n");
        assert_int_equal(punt_box_open(fx.w, IPPROTO_UDP_, 0, &peer, 514, &b, &e), -1);
        assert_string_equal(e.text, "no route to 172.16.0.1");
        assert_int_equal(flows(), 0);
}

/* Syslog to an inside host while a thousand other flows live. */
static void the_box_among_a_thousand(void **state UNUSED)
{
        struct addr peer = pb_addr("10.0.0.7");
        struct err e = { 0 };
        struct box_flow b;

        for (uint16_t i = 0; i < 1000; i++) {
                px_udp(&fx, 1, "10.0.0.9", (uint16_t)(2000 + i), "198.51.100.1", 53, "x");
                out_is(0, PAT, 0, "198.51.100.1", 53);
        }
        assert_int_equal(punt_box_open(fx.w, IPPROTO_UDP_, 0, &peer, 514, &b, &e), 0);
        px_send_tun(&fx, kernel_dgram(&b, "<166>line"));
        out_is(1, "10.0.0.1", 0, "10.0.0.7", 514);
        assert_int_equal(conns(), 1001);
        punt_box_close(fx.w, b.flow, b.gen);
        assert_int_equal(conns(), 1000);
}

/* ---- twice through the box ---- */

/* An inside client calls the mapped address of an inside server; a router outside sends the packets back to us. */
#define FAR "198.51.100.140" /* not on the outside subnet, where nobody but us would answer for it */
#define FAR_PAT "198.51.100.200"
static const char far[] = "object network srv\n nat (inside,outside) static 198.51.100.140\n"
                          "object network all\n nat (inside,outside) dynamic 198.51.100.200\n";

static void bounce(void)
{
        assert_true(px_take(&fx, 0, &v));
        px_send_pb(&fx, 0,
                   (struct pb){ .dmac = fx.port[0]->mac,
                                .smac = pb_mac(0x54),
                                .src = v.src,
                                .dst = v.dst,
                                .proto = v.proto,
                                .sport = v.sport,
                                .dport = v.dport,
                                .flags = v.flags,
                                .seq = v.seq,
                                .ack = v.ack });
}

static void the_same_flow_twice(void **state UNUSED)
{
        px_config(&fx, far);
        px_tcp(&fx, 1, "10.0.0.9", 1000, FAR, 80, PB_SYN, 1000, 0);
        bounce();
        out_is(1, FAR_PAT, 0, SERVER, 80);
        px_tcp(&fx, 1, SERVER, 80, FAR_PAT, v.sport, PB_SYN | PB_ACK, 7000, 1001);
        bounce();
        out_is(1, FAR, 80, "10.0.0.9", 1000);
        assert_int_equal(conns(), 2);
}

static void the_same_proxied_flow_twice(void **state UNUSED)
{
        uint8_t buf[2048];
        struct pb_view first;
        struct pb p;

        px_config(&fx, far);
        px_tcp(&fx, 1, "10.0.0.9", 1000, FAR, 5443, PB_SYN, 1000, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &first));
        p = pb_of("240.0.0.1", 50000, "240.0.0.1", first.sport, IPPROTO_TCP_);
        p.dst = first.src;
        p.dst.v4 |= 1u << 27;
        p.flags = PB_SYN;
        px_send_tun(&fx, p); /* its server leg */
        bounce();
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        assert_int_equal(pseudo_leg(v.src.v4), 0);
        assert_int_not_equal(pseudo_flow(v.src.v4), pseudo_flow(first.src.v4));
        assert_int_equal(flows(), 2);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(tftp_through_static_nat),
                T(tftp_through_pat),
                T(tftp_nonsense_is_dropped),
                T(ping_to_the_box),
                T(a_traced_ping_to_the_box),
                T(management_ports_are_closed),
                T(an_ssh_connection_to_the_box),
                T(without_a_line_there_is_no_ssh),
                T(a_flood_of_syns_to_ssh),
                T(all_places_of_ssh_are_taken),
                T(a_flow_of_the_box),
                T(a_flow_of_the_box_needs_a_route),
                T(the_box_among_a_thousand),
                T(the_same_flow_twice),
                T(the_same_proxied_flow_twice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
