/* Why a packet ends that is whole: interfaces, rules, routes, translations, buffers. */
#include "tests/path/support/path_drop.h"

#include "cli/conf/store.h"

static void iface_down(void)
{
        px_config(&drop_fx, "interface GigabitEthernet0/0\n shutdown\n");
        px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void iface_unconfigured(void)
{
        px_udp(&drop_fx, 2, CLIENT, 1, SERVER, 53, "x");
}

static void acl(void)
{
        px_config(&drop_fx, "access-list no extended deny udp any any\naccess-group no in interface outside\n");
        px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void security_level(void)
{
        px_udp(&drop_fx, 0, CLIENT, 1, "10.0.0.255", 53, "x"); /* a shout into a network from afar */
}

static void spoof(void)
{
        px_udp(&drop_fx, 0, "10.0.0.77", 1, SERVER, 53, "x");
        assert_true(px_logged(&drop_fx,
                              "%ASA-2-106016: Deny IP spoof from (10.0.0.77) to 10.0.0.9 on interface outside"));
}

static void land(void)
{
        px_udp(&drop_fx, 0, CLIENT, 53, CLIENT, 53, "x");
        assert_true(px_logged(&drop_fx, "%ASA-2-106017: Deny IP due to Land Attack from 192.0.2.10 to 192.0.2.10"));
}

static void no_route(void)
{
        px_config(&drop_fx, "no route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n");
        px_udp(&drop_fx, 1, SERVER, 1, "198.51.100.1", 53, "x");
}

static void no_adjacency(void)
{
        drop_fx.silent[1] = true;
        px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x");
        px_advance(&drop_fx, 5000);
        drop_fx.silent[1] = false;
}

static void mtu(void)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pb_view v;

        px_config(&drop_fx, "mtu inside 600\n");
        p.frag = 0x4000;
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&drop_fx, 0, p);
        assert_true(px_take(&drop_fx, 0, &v) && v.icmp_type == 3 && v.icmp_code == 4 &&
                    (v.icmp_rest & 0xFFFF) == 600);
}

/* The packet takes the last buffer; its fragments find none. */
static void no_buffer(void)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pkt *all[1100], *pk;
        unsigned n = 0;

        px_config(&drop_fx, "mtu inside 600\n");
        px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x"); /* the neighbour is known now */
        while (n < ARRAY_LEN(all) && (pk = pkt_get(drop_fx.w->pkts, 100)))
                all[n++] = pk;
        assert_true(n && n < ARRAY_LEN(all));
        pkt_put(all[--n]);
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&drop_fx, 0, p);
        while (n)
                pkt_put(all[--n]);
}

static void box_no_service(void)
{
        px_tcp(&drop_fx, 0, CLIENT, 1, "192.0.2.1", 443, PB_SYN, 1, 0);
        assert_true(px_logged(&drop_fx,
                              "%ASA-7-710005: TCP request discarded from 192.0.2.10/1 to outside:192.0.2.1/443"));
}

static void box_denied(void)
{
        px_config(&drop_fx, "icmp deny any outside\n");
        px_echo(&drop_fx, 0, CLIENT, "192.0.2.1", false, 7);
        assert_true(px_logged(&drop_fx,
                              "%ASA-3-313001: Denied ICMP type=8, code=0 from 192.0.2.10 on interface outside"));
}

static void config_hold(void)
{
        drop_fx.box.store->policy.hold = true;
        drop_fx.box.store->dirty |= DIRTY_ACL;
        px_config(&drop_fx, "");
        px_udp(&drop_fx, 1, SERVER, 1000, "198.51.100.1", 53, "x");
}

static void no_snapshot(void)
{
        px_stop(&drop_fx);
        px_open(&drop_fx, true);
        px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x");
}

/* ---- translations ---- */

static void nat_pool(void)
{
        px_config(&drop_fx,
                  "object network all\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic 192.0.2.200\n");
        px_tcp(&drop_fx, 0, CLIENT, 1, "192.0.2.200", 80, PB_SYN, 1, 0);
}

/* What has no ports cannot share the address. */
static void nat_xlate(void)
{
        struct pb p = px_pb(&drop_fx, 1, SERVER, 0, "198.51.100.1", 0, 47);

        px_config(&drop_fx,
                  "object network all\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic 192.0.2.200\n");
        px_send_pb(&drop_fx, 1, p);
        assert_true(px_logged(&drop_fx, "%ASA-3-305006: portmap translation creation failed"));
}

static void nat_rpf(void)
{
        px_config(&drop_fx, "object network srv\n host 10.0.0.9\n nat (inside,outside) static 192.0.2.140\n");
        px_tcp(&drop_fx, 0, CLIENT, 1, SERVER, 80, PB_SYN, 1, 0);
}

const struct drop_row drop_rules[] = {
        { DROP_NONE, .absent = "it is no reason" },
        { DROP_IFACE_DOWN, .make = iface_down },
        { DROP_IFACE_UNCONFIGURED, .make = iface_unconfigured },
        { DROP_LAND, .make = land },
        { DROP_ACL, .make = acl },
        { DROP_SECURITY_LEVEL, .make = security_level },
        { DROP_SPOOF, .make = spoof },
        { DROP_NO_ROUTE, .make = no_route },
        { DROP_NO_ADJACENCY, .make = no_adjacency },
        { DROP_MTU, .make = mtu },
        { DROP_NO_BUFFER, .make = no_buffer },
        { DROP_NAT_POOL, .make = nat_pool },
        { DROP_NAT_XLATE, .make = nat_xlate },
        { DROP_NAT_RPF, .make = nat_rpf },
        { DROP_BOX_NO_SERVICE, .make = box_no_service },
        { DROP_BOX_DENIED, .make = box_denied },
        { DROP_UNEXPECTED, .absent = "a stage list that decides nothing: an assertion in this build (net_dp_test)" },
        { DROP_CONFIG_HOLD, .make = config_hold },
        { DROP_NO_SNAPSHOT, .make = no_snapshot },
        { 0 },
};
