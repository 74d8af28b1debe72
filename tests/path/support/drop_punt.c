/* Why a packet ends on its way to an engine or a proxy, and why what they end is dropped. */
#include "tests/path/support/path_drop.h"

#include "platform/base/mem.h"
#include "tests/path/support/path_conf.h"

static const char tftp_policy[] = "class-map inspection_default\n"
                                  " match default-inspection-traffic\n"
                                  "policy-map global_policy\n"
                                  " class inspection_default\n"
                                  "  inspect tftp\n"
                                  "service-policy global_policy global\n";
static const char proxy_policy[] = PX_TLS_PROXY "policy-map global_policy\n" PX_MMP;

static void syn_to_proxy(uint16_t sport)
{
        px_tcp(&drop_fx, 0, CLIENT, sport, SERVER, 5443, PB_SYN, 1, 0);
}

/* Half of the ring is for those who are in already. */
static void punt_ring(void)
{
        px_config(&drop_fx, proxy_policy);
        drop_fx.lazy = true;
        for (uint16_t i = 0; i < PUNT_RING_SLOTS / 2 + 1; i++)
                syn_to_proxy((uint16_t)(1024 + i));
        assert_int_equal(conn_count(drop_fx.w->conns), PUNT_RING_SLOTS / 2);
        drop_fx.lazy = false;
}

static void punt_id(void)
{
        struct punt *p = drop_fx.w->punt;

        px_config(&drop_fx, proxy_policy);
        drop_fx.w->punt = NULL;
        syn_to_proxy(1024);
        drop_fx.w->punt = p;
        assert_int_equal(conn_count(drop_fx.w->conns), 0);
}

static void punt_stale(void)
{
        struct pb p = pb_of("240.0.0.1", 5, "240.1.2.3", 32768, IPPROTO_TCP_);

        p.flags = PB_ACK;
        px_send_tun(&drop_fx, p);
}

static void tftp(uint16_t sport, const void *pay, size_t n)
{
        struct pb p = px_pb(&drop_fx, 0, CLIENT, sport, SERVER, 69, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = n;
        px_send_pb(&drop_fx, 0, p);
}

static void inspect(void)
{
        px_config(&drop_fx, tftp_policy);
        tftp(1, "\0\7nonsense", 10);
        assert_true(px_quiet(&drop_fx));
}

/* The announcement of the flow has a place in it, too. */
static void inspect_ring(void)
{
        px_config(&drop_fx, tftp_policy);
        drop_fx.lazy = true;
        for (unsigned i = 0; i < PUNT_RING_SLOTS * 3 / 4; i++)
                tftp(1, "\0\1file\0octet", 13);
        drop_fx.lazy = false;
        for (unsigned i = 0; i < 8; i++)
                px_settle(&drop_fx);
        px_advance(&drop_fx, 5000); /* nobody waits for a neighbour any more */
        assert_int_equal(pkt_pool_used(drop_fx.w->pkts), 0);
}

/* A TFTP session that cannot even begin: no memory for its state. */
static void flow_inspect(void)
{
        px_config(&drop_fx, tftp_policy);
        drop_fx.lazy = true;
        tftp(1, "\0\1file\0octet", 13);
        mem_fail_nth(2, true);
        proxy_step(drop_fx.parts.proxy[0], 0);
        mem_fail_nth(0, false);
        drop_fx.lazy = false;
        px_settle(&drop_fx);
}

/* The client's SYN goes to the private kernel, which hears nothing more of it. */
static void flow_tls_client(void)
{
        px_config(&drop_fx, proxy_policy);
        syn_to_proxy(1024);
        px_advance(&drop_fx, 20000);
        assert_true(px_logged(&drop_fx, "client did not finish its handshake in time"));
}

/* These need a TLS client or server: proxy_session_test sees the proxy worker send them, here the dataplane counts
 * them. */
static void flow_server(void)
{
        struct punt_msg m = { .kind = PUNT_END, .reason = CONN_END_RESET_I, .drop = (uint8_t)drop_making };
        struct conn *c;

        px_config(&drop_fx, proxy_policy);
        syn_to_proxy(1024);
        drop_fx.lazy = true;
        c = conn_at(drop_fx.w->conns, 0, 1);
        assert_non_null(c);
        m.flow = c->flow;
        m.gen = c->generation;
        assert_true(ring_push(drop_fx.parts.link[0][0].to_dp, &m));
        px_settle(&drop_fx);
        assert_true(c->ending);
        drop_fx.lazy = false;
}

const struct drop_row drop_punt[] = {
        { DROP_PUNT_RING, .make = punt_ring },
        { DROP_PUNT_ID, .make = punt_id },
        { DROP_PUNT_HELD, .absent = "512 clients whose servers do not answer (path_held_test)" },
        { DROP_PUNT_STALE, .make = punt_stale },
        { DROP_INSPECT, .make = inspect },
        { DROP_INSPECT_RING, .make = inspect_ring, .pkts = PUNT_RING_SLOTS },
        { DROP_FLOW_INSPECT, .make = flow_inspect },
        { DROP_FLOW_TLS_CLIENT, .make = flow_tls_client },
        { DROP_FLOW_LIMIT, .make = flow_server },
        { DROP_FLOW_TLS_SERVER, .make = flow_server },
        { DROP_FLOW_SERVER_UNVERIFIED, .make = flow_server },
        { DROP_FLOW_SERVER_REFUSED, .make = flow_server },
        { 0 },
};
