/*
 * Every row of drop.def is produced on the real path here, or stands in this table with the reason why it cannot be.
 * A new row that does neither makes the test fail.
 */
#include "tests/support/test.h"

#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_media.h"

#define CLIENT "192.0.2.10"
#define SERVER "10.0.0.9"
#define ISN 1000u
#define SERVER_ISN 7000u

static struct path_fixture fx;
static enum drop_reason making;

static const char open_list[] = "access-list outside_in extended permit ip any any\n"
                                "access-group outside_in in interface outside\n";
static const char tftp_policy[] = "class-map inspection_default\n"
                                  " match default-inspection-traffic\n"
                                  "policy-map global_policy\n"
                                  " class inspection_default\n"
                                  "  inspect tftp\n"
                                  "service-policy global_policy global\n";
static const char proxy_policy[] = PX_TLS_PROXY "policy-map global_policy\n" PX_MMP;

/* ---- the frame every byte row starts from ---- */

struct edit {
        uint8_t proto;
        int at; /* offset in the frame; -1 none */
        uint8_t n, val[6];
        size_t cut;   /* frame length; 0 whole */
        bool fix_sum; /* of the IP header, after the edit */
};

static size_t good_frame(uint8_t proto, uint8_t *out, size_t cap)
{
        struct pb p = px_pb(&fx, 0, CLIENT, 1024, SERVER, 80, proto);

        p.flags = PB_SYN;
        p.icmp_type = 8;
        p.pay = "abcd";
        p.npay = 4;
        return pb_build(out, cap, &p);
}

static void send_edited(const struct edit *e)
{
        uint8_t f[256];
        size_t n = good_frame(e->proto, f, sizeof f);
        uint16_t sum;

        if (e->at >= 0)
                memcpy(f + e->at, e->val, e->n);
        if (e->fix_sum) {
                f[24] = f[25] = 0;
                sum = pb_csum(f + 14, 20);
                f[24] = (uint8_t)(sum >> 8);
                f[25] = (uint8_t)sum;
        }
        px_send(&fx, 0, f, e->cut ? e->cut : n);
}

/* ---- an open TCP connection ---- */

static void to_server(uint8_t flags, uint32_t seq, uint32_t ack)
{
        px_tcp(&fx, 0, CLIENT, 1024, SERVER, 80, flags, seq, ack);
}

static void to_client(uint8_t flags, uint32_t seq, uint32_t ack)
{
        px_tcp(&fx, 1, SERVER, 80, CLIENT, 1024, flags, seq, ack);
}

static void handshake(void)
{
        to_server(PB_SYN, ISN, 0);
        to_client(PB_SYN | PB_ACK, SERVER_ISN, ISN + 1);
        to_server(PB_ACK, ISN + 1, SERVER_ISN + 1);
        assert_int_equal(conn_count(fx.w->conns), 1);
}

static void tcp_seq(void)
{
        handshake();
        to_server(PB_ACK, ISN + 200000, SERVER_ISN + 1);
}

static void tcp_ack(void)
{
        handshake();
        to_server(PB_ACK, ISN + 1, SERVER_ISN + 100000);
}

static void tcp_rst_seq(void)
{
        handshake();
        to_server(PB_RST, ISN + 5000, 0);
        assert_int_equal(conn_count(fx.w->conns), 1);
}

static void tcp_flags(void)
{
        handshake();
        to_server(PB_SYN | PB_FIN, ISN + 1, 0);
}

static void tcp_data_first(void)
{
        to_server(PB_SYN, ISN, 0);
        to_server(PB_ACK | PB_PSH, ISN + 1, 1);
}

static void tcp_not_syn(void)
{
        to_server(PB_ACK, ISN, 1);
        assert_true(px_logged(
                &fx, "%ASA-6-106015: Deny TCP (no connection) from 192.0.2.10/1024 to 10.0.0.9/80 flags ACK"));
}

/* ---- configuration decides ---- */

static void iface_down(void)
{
        px_config(&fx, "interface GigabitEthernet0/0\n shutdown\n");
        px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void iface_unconfigured(void)
{
        px_udp(&fx, 2, CLIENT, 1, SERVER, 53, "x");
}

static void bad_vlan(void)
{
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);

        p.tagged = true;
        p.tci = 99;
        px_send_pb(&fx, 0, p);
}

static void ip_option(void)
{
        static const uint8_t source_route[4] = { 131, 3, 4, 0 };
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);

        p.ipopt = source_route;
        p.nipopt = 4;
        px_send_pb(&fx, 0, p);
}

static void ttl(void)
{
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pb_view v;

        p.ttl = 1;
        px_send_pb(&fx, 0, p);
        assert_true(px_take(&fx, 0, &v) && v.icmp_type == 11);
}

static void bad_l4_csum(void)
{
        uint8_t f[128];
        size_t n = pb_echo(f, sizeof f, CLIENT, "192.0.2.1", false, 1, 1);

        memcpy(f, fx.port[0]->mac.b, 6);
        f[n - 1] ^= 1;
        px_send(&fx, 0, f, n);
}

static void bad_arp(void)
{
        uint8_t f[64];
        size_t n = pb_arp(f, sizeof f, 1, pb_mac(9), "172.16.0.1", pb_mac(0), "192.0.2.1");

        px_send(&fx, 0, f, n);
}

static void acl(void)
{
        px_config(&fx, "access-list no extended deny udp any any\naccess-group no in interface outside\n");
        px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void security_level(void)
{
        px_udp(&fx, 0, CLIENT, 1, "10.0.0.255", 53, "x"); /* a shout into a network from afar */
}

static void spoof(void)
{
        px_udp(&fx, 0, "10.0.0.77", 1, SERVER, 53, "x");
        assert_true(px_logged(&fx, "%ASA-2-106016: Deny IP spoof from (10.0.0.77) to 10.0.0.9 on interface outside"));
}

static void land(void)
{
        px_udp(&fx, 0, CLIENT, 53, CLIENT, 53, "x");
        assert_true(px_logged(&fx, "%ASA-2-106017: Deny IP due to Land Attack from 192.0.2.10 to 192.0.2.10"));
}

static void no_route(void)
{
        px_config(&fx, "no route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n");
        px_udp(&fx, 1, SERVER, 1, "198.51.100.1", 53, "x");
}

static void no_adjacency(void)
{
        fx.silent[1] = true;
        px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x");
        px_advance(&fx, 5000);
        fx.silent[1] = false;
}

static void mtu(void)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pb_view v;

        px_config(&fx, "mtu inside 600\n");
        p.frag = 0x4000;
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&fx, 0, p);
        assert_true(px_take(&fx, 0, &v) && v.icmp_type == 3 && v.icmp_code == 4 && (v.icmp_rest & 0xFFFF) == 600);
}

/* The packet takes the last buffer; its fragments find none. */
static void no_buffer(void)
{
        static uint8_t pay[900];
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pkt *all[1100], *pk;
        unsigned n = 0;

        px_config(&fx, "mtu inside 600\n");
        px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x"); /* the neighbour is known now */
        while (n < ARRAY_LEN(all) && (pk = pkt_get(fx.w->pkts, 100)))
                all[n++] = pk;
        assert_true(n && n < ARRAY_LEN(all));
        pkt_put(all[--n]);
        p.pay = pay;
        p.npay = sizeof pay;
        px_send_pb(&fx, 0, p);
        while (n)
                pkt_put(all[--n]);
}

static void nat_pool(void)
{
        px_config(&fx,
                  "object network all\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic 192.0.2.200\n");
        px_tcp(&fx, 0, CLIENT, 1, "192.0.2.200", 80, PB_SYN, 1, 0);
}

/* What has no ports cannot share the address. */
static void nat_xlate(void)
{
        struct pb p = px_pb(&fx, 1, SERVER, 0, "198.51.100.1", 0, 47);

        px_config(&fx,
                  "object network all\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic 192.0.2.200\n");
        px_send_pb(&fx, 1, p);
        assert_true(px_logged(&fx, "%ASA-3-305006: portmap translation creation failed"));
}

static void nat_rpf(void)
{
        px_config(&fx, "object network srv\n host 10.0.0.9\n nat (inside,outside) static 192.0.2.140\n");
        px_tcp(&fx, 0, CLIENT, 1, SERVER, 80, PB_SYN, 1, 0);
}

static void conn_limit(void)
{
        px_config(&fx,
                  "class-map few\n match any\npolicy-map global_policy\n class few\n  set connection conn-max 2\n"
                  "service-policy global_policy global\n");
        for (uint16_t i = 1; i <= 3; i++)
                px_udp(&fx, 0, CLIENT, i, SERVER, 53, "x");
        assert_int_equal(conn_count(fx.w->conns), 2);
        assert_true(px_logged(&fx,
                              "%ASA-3-201011: Connection limit exceeded 2/2 for input packet from 192.0.2.10/3 to "
                              "10.0.0.9/53 on interface outside"));
}

static void rate_exceeded(void)
{
        px_config(&fx, "class-map slow\n match any\npolicy-map global_policy\n class slow\n  police input 8000 1000\n"
                       "service-policy global_policy global\n");
        for (unsigned i = 0; i < 35; i++) /* of 29 bytes */
                px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void conn_table(void)
{
        for (uint16_t i = 1; i <= 9; i++)
                px_udp(&fx, 0, CLIENT, i, SERVER, 53, "x");
        assert_int_equal(conn_count(fx.w->conns), 8);
}

static void unknown_proto(void)
{
        px_send_pb(&fx, 0, px_pb(&fx, 0, CLIENT, 0, SERVER, 0, 47));
}

static void icmp_no_conn(void)
{
        px_config(&fx, "policy-map global_policy\n class inspection_default\n  inspect icmp\n"
                       "service-policy global_policy global\n");
        px_echo(&fx, 0, CLIENT, SERVER, true, 7);
}

static void box_no_service(void)
{
        px_tcp(&fx, 0, CLIENT, 1, "192.0.2.1", 443, PB_SYN, 1, 0);
        assert_true(
                px_logged(&fx, "%ASA-7-710005: TCP request discarded from 192.0.2.10/1 to outside:192.0.2.1/443"));
}

static void box_denied(void)
{
        px_config(&fx, "icmp deny any outside\n");
        px_echo(&fx, 0, CLIENT, "192.0.2.1", false, 7);
        assert_true(px_logged(&fx, "%ASA-3-313001: Denied ICMP type=8, code=0 from 192.0.2.10 on interface outside"));
}

static void config_hold(void)
{
        fx.box.store->policy.hold = true;
        fx.box.store->dirty |= DIRTY_ACL;
        px_config(&fx, "");
        px_udp(&fx, 1, SERVER, 1000, "198.51.100.1", 53, "x");
}

static void no_snapshot(void)
{
        px_stop(&fx);
        px_open(&fx, true);
        px_udp(&fx, 0, CLIENT, 1, SERVER, 53, "x");
}

/* ---- fragments ---- */

/* Bytes [from, to) of a datagram of 992 bytes. */
static void fragment(uint8_t host, uint16_t id, size_t from, size_t to)
{
        static uint8_t pay[992];
        uint8_t whole[1100], f[1100];
        struct pb p = px_pb(&fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        size_t n;

        p.src = addr_v4(0xC0000200u | host);
        p.id = id;
        p.pay = pay;
        p.npay = sizeof pay;
        n = pb_build(whole, sizeof whole, &p);
        px_send(&fx, 0, f, pb_fragment(f, sizeof f, whole, n, from, to, to < 1000));
}

static void frag_overlap(void)
{
        fragment(10, 7, 0, 40);
        fragment(10, 7, 32, 1000);
}

static void frag_duplicate(void)
{
        fragment(10, 7, 0, 40);
        fragment(10, 7, 0, 40);
}

static void frag_chain(void)
{
        for (size_t i = 0; i < 25; i++)
                fragment(10, 7, i * 40, i * 40 + 40);
        assert_true(px_logged(&fx, "%ASA-4-209005: Discard IP fragment set with more than 24 elements:  src = "
                                   "192.0.2.10, dest = 10.0.0.9, proto = 17, id = 7"));
}

static void frag_queue(void)
{
        px_config(&fx, "fragment size 2 outside\n");
        for (uint8_t i = 10; i < 13; i++)
                fragment(i, 7, 0, 40);
        assert_true(px_logged(&fx, "%ASA-4-209003: Fragment database limit of 2 exceeded:  src = 192.0.2.12, dest = "
                                   "10.0.0.9, proto = 17, id = 7"));
}

static void frag_source(void)
{
        for (uint16_t i = 0; i < 51; i++)
                fragment(10, i, 0, 40);
}

static void frag_timeout(void)
{
        fragment(10, 7, 0, 40);
        px_advance(&fx, 5100);
}

/* ---- punt and engines ---- */

static void syn_to_proxy(uint16_t sport)
{
        px_tcp(&fx, 0, CLIENT, sport, SERVER, 5443, PB_SYN, 1, 0);
}

/* Half of the ring is for those who are in already. */
static void punt_ring(void)
{
        px_config(&fx, proxy_policy);
        fx.lazy = true;
        for (uint16_t i = 0; i < PUNT_RING_SLOTS / 2 + 1; i++)
                syn_to_proxy((uint16_t)(1024 + i));
        assert_int_equal(conn_count(fx.w->conns), PUNT_RING_SLOTS / 2);
        fx.lazy = false;
}

static void punt_id(void)
{
        struct punt *p = fx.w->punt;

        px_config(&fx, proxy_policy);
        fx.w->punt = NULL;
        syn_to_proxy(1024);
        fx.w->punt = p;
        assert_int_equal(conn_count(fx.w->conns), 0);
}

static void punt_stale(void)
{
        struct pb p = pb_of("240.0.0.1", 5, "240.1.2.3", 32768, IPPROTO_TCP_);

        p.flags = PB_ACK;
        px_send_tun(&fx, p);
}

static void tftp(uint16_t sport, const void *pay, size_t n)
{
        struct pb p = px_pb(&fx, 0, CLIENT, sport, SERVER, 69, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = n;
        px_send_pb(&fx, 0, p);
}

static void inspect(void)
{
        px_config(&fx, tftp_policy);
        tftp(1, "\0\7nonsense", 10);
        assert_true(px_quiet(&fx));
}

/* The announcement of the flow has a place in it, too. */
static void inspect_ring(void)
{
        px_config(&fx, tftp_policy);
        fx.lazy = true;
        for (unsigned i = 0; i < PUNT_RING_SLOTS * 3 / 4; i++)
                tftp(1, "\0\1file\0octet", 13);
        fx.lazy = false;
        for (unsigned i = 0; i < 8; i++)
                px_settle(&fx);
        px_advance(&fx, 5000); /* nobody waits for a neighbour any more */
        assert_int_equal(pkt_pool_used(fx.w->pkts), 0);
}

/* A TFTP session that cannot even begin: no memory for its state. */
static void flow_inspect(void)
{
        px_config(&fx, tftp_policy);
        fx.lazy = true;
        tftp(1, "\0\1file\0octet", 13);
        mem_fail_nth(2, true);
        proxy_step(fx.parts.proxy[0], 0);
        mem_fail_nth(0, false);
        fx.lazy = false;
        px_settle(&fx);
}

/* The client's SYN goes to the private kernel, which hears nothing more of it. */
static void flow_tls_client(void)
{
        px_config(&fx, proxy_policy);
        syn_to_proxy(1024);
        px_advance(&fx, 20000);
        assert_true(px_logged(&fx, "client did not finish its handshake in time"));
}

/* These need a TLS client or server: proxy_session_test sees the proxy worker send them, here the dataplane counts
 * them. */
static void flow_server(void)
{
        struct punt_msg m = { .kind = PUNT_END, .reason = CONN_END_RESET_I, .drop = (uint8_t)making };
        struct conn *c;

        px_config(&fx, proxy_policy);
        syn_to_proxy(1024);
        fx.lazy = true;
        c = conn_at(fx.w->conns, 0, 1);
        assert_non_null(c);
        m.flow = c->flow;
        m.gen = c->generation;
        assert_true(ring_push(fx.parts.link[0][0].to_dp, &m));
        px_settle(&fx);
        assert_true(c->ending);
        fx.lazy = false;
}

/* ---- media ---- */

static struct media_peer phone, desk;

static struct media_spec clear_call(void)
{
        desk = (struct media_peer){ .ssrc = 2, .seq = 100 };
        return spec_of(side_rtp(PM_PHONE, 4000), side_rtp(PM_DESK, 6000));
}

/* The phone speaks SRTP. */
static struct media_spec secure_call(void)
{
        struct srtp_master in = peer_key(SRTP_AES_CM_128_80, 1), out = peer_key(SRTP_AES_CM_128_80, 2);
        struct media_spec s = clear_call();

        s.side[0] = side_srtp(PM_PHONE, 4000, &in, &out);
        phone = (struct media_peer){ .ssrc = 1, .seq = 100 };
        return s;
}

static void media_no_session(void)
{
        struct media_spec s = clear_call();

        px_config(&fx, "media-termination mta\n address " PM_IN " interface inside\n"); /* else only its call is ours */
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_udp(&fx, 1, PM_DESK, 6000, PM_IN, PM_PORT(1), "x", 1);
        assert_true(px_logged(&fx, "%ASA-4-337005: Phone Proxy SRTP: Media session not found for 10.0.0.50/20004 for "
                                   "packet from inside:10.0.0.9/6000 to identity:10.0.0.50/20004"));
}

static void media_sides(void)
{
        struct media_spec s = secure_call();

        if (making == DROP_SRTP_NO_KEY)
                s.side[0].rx.suite = SRTP_SUITE_NONE;
        if (making == DROP_SRTP_SETUP)
                s.side[0].rx.suite = 99;
        if (making == DROP_SRTP_NO_PEER)
                s.side[0].known = false;
        if (making == DROP_SRTP_NO_OUTPUT)
                s.side[1].transport = MEDIA_OPAQUE;
        if (making == DROP_MEDIA_HELD)
                s.side[0].receives = false;
        if (making == DROP_SRTP_ENCRYPT)
                s.side[0].tx.lifetime = 1;
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        if (making == DROP_MEDIA_HELD) {
                pm_desk(&fx, 0, &desk);
        } else if (making == DROP_SRTP_ENCRYPT) {
                pm_desk(&fx, 0, &desk);
                pm_desk(&fx, 0, &desk);
        } else {
                pm_phone(&fx, 0, &phone);
        }
}

static void srtp_tag(void)
{
        struct media_spec s = secure_call();

        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_phone(&fx, 0, &phone); /* in the clear */
        assert_true(px_logged(&fx,
                              "%ASA-3-337004: Phone Proxy SRTP: Authentication tag validation failed on packet from "
                              "outside:192.0.2.10/4000 to identity:192.0.2.50/20000"));
}

static void srtp_decrypt(void)
{
        struct media_spec s = secure_call();

        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_udp(&fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), "\x80\0\0\1\0\0\0\0\0\0\0\1", 12);
        assert_true(px_logged(&fx, "%ASA-3-337002: Phone Proxy SRTP: Decryption failed"));
}

static void srtp_replay(void)
{
        struct media_spec s = secure_call();
        struct srtp_master in = peer_key(SRTP_AES_CM_128_80, 1), out = peer_key(SRTP_AES_CM_128_80, 2);
        uint8_t b[512];
        size_t n;

        pm_push(&fx, 0, MEDIA_OPEN, &s);
        peer_keys(&phone, &in, &out);
        n = peer_rtp(&phone, b);
        pm_udp(&fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), b, n);
        pm_udp(&fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), b, n);
        peer_done(&phone);
}

static void rtp_shape(void)
{
        struct media_spec s = clear_call();
        bool version = making == DROP_RTP_VERSION || making == DROP_RTCP_VERSION;
        bool rtcp = making >= DROP_RTCP_LENGTH && making <= DROP_RTCP_TYPE;
        uint8_t p[12] = { version ? 0x40 : 0x80, rtcp ? 201 : 0, 0, rtcp ? 2 : 0 };

        if (making == DROP_RTCP_TYPE)
                p[1] = 100;
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_udp(&fx, 1, PM_DESK, (uint16_t)(6000 + rtcp), PM_IN, (uint16_t)(PM_PORT(0) + rtcp), p,
               making == DROP_RTP_LENGTH || making == DROP_RTCP_LENGTH ? 11 : 12);
        assert_true(
                px_logged(&fx, rtcp ? "%ASA-4-431002: RTCP conformance: Dropping RTCP packet from inside:10.0.0.9"
                                    : "%ASA-4-431001: RTP conformance: Dropping RTP packet from inside:10.0.0.9"));
}

static void rtp_conformance(void)
{
        struct media_spec s = clear_call();
        struct media_peer other = { .ssrc = 77, .seq = 9 };

        s.conformance = s.enforce_payloadtype = true;
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_desk(&fx, 0, &desk);
        if (making == DROP_RTP_PAYLOAD_TYPE)
                desk.pt = 55;
        if (making == DROP_RTP_SEQ)
                desk.seq = 40000;
        if (making == DROP_RTP_PAYLOAD_TYPE || making == DROP_RTP_SEQ)
                pm_desk(&fx, 0, &desk);
        else
                pm_desk(&fx, 0, &other);
        if (making != DROP_RTP_PROBATION)
                return;
        other.seq += 5;
        pm_desk(&fx, 0, &other);
}

static void media_foreign(void)
{
        struct media_spec s = clear_call();

        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_udp(&fx, 1, PM_DESK, 6001, PM_IN, PM_PORT(0), "\x80\0\0\1\0\0\0\0\0\0\0\1", 12);
}

static void media_no_rtcp(void)
{
        struct media_spec s = clear_call();

        s.no_rtcp = true;
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        pm_udp(&fx, 1, PM_DESK, 6001, PM_IN, (uint16_t)(PM_PORT(0) + 1), "\x80\xc9\0\1\0\0\0\1", 8);
}

/* Round once is two calls that meet; twice would be round for ever. */
static void media_loop(void)
{
        struct media_spec s = clear_call();

        s.side[1].remote = ep(PM_OUT, PM_PORT(1));
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        s.side[0].remote = ep(PM_IN, PM_PORT(0));
        s.side[1].remote = ep(PM_OUT, PM_PORT(0));
        pm_push(&fx, 1, MEDIA_OPEN, &s);
        phone = (struct media_peer){ .ssrc = 1 };
        pm_phone(&fx, 0, &phone);
}

/* ---- the table ---- */

#define EDIT(PROTO, AT, N, ...) .edit = { .proto = PROTO, .at = AT, .n = N, .val = { __VA_ARGS__ } }
#define EDIT_FIX(PROTO, AT, N, ...)                                                                                  \
        .edit = { .proto = PROTO, .at = AT, .n = N, .fix_sum = true, .val = { __VA_ARGS__ } }
#define TCP IPPROTO_TCP_
#define UDP IPPROTO_UDP_
#define ICMP IPPROTO_ICMP_

static const struct row {
        enum drop_reason why;
        void (*make)(void);
        struct edit edit;   /* where there is no function */
        const char *absent; /* why no frame can end like this */
        uint32_t conns, pkts;
} rows[] = {
        { DROP_NONE, .absent = "it is no reason" },
        { DROP_L2_SHORT, .edit = { .proto = UDP, .at = -1, .cut = 13 } },
        { DROP_L2_DST, EDIT(UDP, 5, 1, 0x77) },
        { DROP_UNKNOWN_ETHERTYPE, EDIT(UDP, 12, 2, 0x88, 0xCC) },
        { DROP_BAD_VLAN, .make = bad_vlan },
        { DROP_IFACE_DOWN, .make = iface_down },
        { DROP_IFACE_UNCONFIGURED, .make = iface_unconfigured },
        { DROP_BAD_IP_VERSION, EDIT_FIX(UDP, 14, 1, 0x55) },
        { DROP_BAD_IP_HEADER, EDIT_FIX(UDP, 14, 1, 0x44) },
        { DROP_BAD_IP_LENGTH, EDIT_FIX(UDP, 16, 2, 0x05, 0) },
        { DROP_BAD_IP_CSUM, EDIT(UDP, 24, 1, 0x5A) },
        { DROP_BAD_IP_ADDR, EDIT_FIX(UDP, 26, 4, 127, 0, 0, 1) },
        { DROP_IP_OPTION, .make = ip_option },
        { DROP_LAND, .make = land },
        { DROP_TTL, .make = ttl },
        { DROP_FRAGMENT, .make = frag_overlap },
        { DROP_FRAG_INVALID, EDIT_FIX(UDP, 20, 2, 0x20, 0) }, /* 12 bytes, and more to come */
        { DROP_FRAG_TINY, EDIT_FIX(TCP, 20, 2, 0, 1) },
        { DROP_FRAG_SIZE, EDIT_FIX(UDP, 20, 2, 0x1F, 0xFF) },
        { DROP_FRAG_OVERLAP, .make = frag_overlap },
        { DROP_FRAG_DUPLICATE, .make = frag_duplicate },
        { DROP_FRAG_CHAIN, .make = frag_chain },
        { DROP_FRAG_QUEUE, .make = frag_queue },
        { DROP_FRAG_SOURCE, .make = frag_source },
        { DROP_FRAG_TIMEOUT, .make = frag_timeout },
        { DROP_BAD_TCP_HEADER, EDIT(TCP, 46, 1, 0x40) },
        { DROP_BAD_UDP_LENGTH, EDIT(UDP, 38, 2, 0, 99) },
        { DROP_BAD_ICMP, EDIT_FIX(ICMP, 16, 2, 0, 27) },
        { DROP_BAD_L4_CSUM, .make = bad_l4_csum },
        { DROP_BAD_ARP, .make = bad_arp },
        { DROP_NO_IPV6, EDIT(UDP, 12, 2, 0x86, 0xDD) },
        { DROP_ACL, .make = acl },
        { DROP_SECURITY_LEVEL, .make = security_level },
        { DROP_SPOOF, .make = spoof },
        { DROP_TCP_NOT_SYN, .make = tcp_not_syn },
        { DROP_TCP_SEQ, .make = tcp_seq },
        { DROP_TCP_ACK, .make = tcp_ack },
        { DROP_TCP_RST_SEQ, .make = tcp_rst_seq },
        { DROP_TCP_FLAGS, .make = tcp_flags },
        { DROP_TCP_DATA_FIRST, .make = tcp_data_first },
        { DROP_NO_ROUTE, .make = no_route },
        { DROP_NO_ADJACENCY, .make = no_adjacency },
        { DROP_MTU, .make = mtu },
        { DROP_NO_BUFFER, .make = no_buffer },
        { DROP_NAT_POOL, .make = nat_pool },
        { DROP_NAT_XLATE, .make = nat_xlate },
        { DROP_NAT_RPF, .make = nat_rpf },
        { DROP_CONN_LIMIT, .make = conn_limit },
        { DROP_RATE_EXCEEDED, .make = rate_exceeded },
        { DROP_CONN_TABLE, .make = conn_table, .conns = 8 },
        { DROP_PUNT_RING, .make = punt_ring },
        { DROP_PUNT_ID, .make = punt_id },
        { DROP_PUNT_HELD, .absent = "512 clients whose servers do not answer (path_held_test)" },
        { DROP_PUNT_STALE, .make = punt_stale },
        { DROP_INSPECT, .make = inspect },
        { DROP_INSPECT_RING, .make = inspect_ring, .pkts = PUNT_RING_SLOTS },
        { DROP_BOX_NO_SERVICE, .make = box_no_service },
        { DROP_BOX_DENIED, .make = box_denied },
        { DROP_ICMP_NO_CONN, .make = icmp_no_conn },
        { DROP_MEDIA_NO_SESSION, .make = media_no_session },
        { DROP_SRTP_NO_KEY, .make = media_sides },
        { DROP_SRTP_SETUP, .make = media_sides },
        { DROP_SRTP_NO_PEER, .make = media_sides },
        { DROP_SRTP_NO_OUTPUT, .make = media_sides },
        { DROP_SRTP_TAG, .make = srtp_tag },
        { DROP_SRTP_DECRYPT, .make = srtp_decrypt },
        { DROP_SRTP_REPLAY, .make = srtp_replay },
        { DROP_SRTP_ENCRYPT, .make = media_sides },
        { DROP_RTP_LENGTH, .make = rtp_shape },
        { DROP_RTP_VERSION, .make = rtp_shape },
        { DROP_RTP_PAYLOAD_TYPE, .make = rtp_conformance },
        { DROP_RTP_SSRC, .make = rtp_conformance },
        { DROP_RTP_SEQ, .make = rtp_conformance },
        { DROP_RTP_PROBATION, .make = rtp_conformance },
        { DROP_RTCP_LENGTH, .make = rtp_shape },
        { DROP_RTCP_VERSION, .make = rtp_shape },
        { DROP_RTCP_TYPE, .make = rtp_shape },
        { DROP_MEDIA_FOREIGN, .make = media_foreign },
        { DROP_MEDIA_HELD, .make = media_sides },
        { DROP_MEDIA_NO_RTCP, .make = media_no_rtcp },
        { DROP_MEDIA_LOOP, .make = media_loop },
        { DROP_UNKNOWN_PROTO, .make = unknown_proto },
        { DROP_UNEXPECTED, .absent = "a stage list that decides nothing: an assertion in this build (net_dp_test)" },
        { DROP_CONFIG_HOLD, .make = config_hold },
        { DROP_NO_SNAPSHOT, .make = no_snapshot },
        { DROP_FLOW_INSPECT, .make = flow_inspect },
        { DROP_FLOW_TLS_CLIENT, .make = flow_tls_client },
        { DROP_FLOW_LIMIT, .make = flow_server },
        { DROP_FLOW_TLS_SERVER, .make = flow_server },
        { DROP_FLOW_SERVER_UNVERIFIED, .make = flow_server },
        { DROP_FLOW_SERVER_REFUSED, .make = flow_server },
};

static const struct row *row_of(unsigned why)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (rows[i].why == why)
                        return &rows[i];
        return NULL;
}

static void every_reason_has_a_row(void **state UNUSED)
{
        for (unsigned why = 0; why < DROP_REASONS; why++)
                if (!row_of(why) || (!row_of(why)->make && !row_of(why)->edit.proto && !row_of(why)->absent))
                        fail_msg("nobody produces %s (%s)", drop_key(why), drop_text(why));
}

/* The counter moves by one, the operator sees it, and the interface it came in by counts it where there was one. */
static void run(const struct row *r)
{
        char conf[4096], line[64];

        snprintf(conf, sizeof conf, "%s%s%s", px_base, open_list, PM_MTA);
        fx.conf.conns_max = r->conns;
        fx.conf.pkts_small = r->pkts;
        px_start(&fx, conf, true);
        making = r->why;
        if (r->make)
                r->make();
        else
                send_edited(&r->edit);
        if (px_drops(&fx, r->why) != 1)
                fail_msg("%s: counted %u times\n%s", drop_key(r->why), (unsigned)px_drops(&fx, r->why),
                         px_show(&fx, "show asp drop"));
        snprintf(line, sizeof line, "(%s) ", drop_key(r->why));
        if (!strstr(px_show(&fx, "show asp drop"), line))
                fail_msg("%s is not shown:\n%s", drop_key(r->why), fx.text);
        px_stop(&fx);
}

static void every_reason_is_counted_once(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (!rows[i].absent)
                        run(&rows[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_reason_has_a_row),
                cmocka_unit_test(every_reason_is_counted_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
