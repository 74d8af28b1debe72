/* Why a packet ends as part of a connection, or because there may be no more of them. */
#include "tests/path/support/path_drop.h"

#define ISN 1000u
#define SERVER_ISN 7000u

/* ---- an open TCP connection ---- */

static void to_server(uint8_t flags, uint32_t seq, uint32_t ack)
{
        px_tcp(&drop_fx, 0, CLIENT, 1024, SERVER, 80, flags, seq, ack);
}

static void to_client(uint8_t flags, uint32_t seq, uint32_t ack)
{
        px_tcp(&drop_fx, 1, SERVER, 80, CLIENT, 1024, flags, seq, ack);
}

static void handshake(void)
{
        to_server(PB_SYN, ISN, 0);
        to_client(PB_SYN | PB_ACK, SERVER_ISN, ISN + 1);
        to_server(PB_ACK, ISN + 1, SERVER_ISN + 1);
        assert_int_equal(conn_count(drop_fx.w->conns), 1);
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
        assert_int_equal(conn_count(drop_fx.w->conns), 1);
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
                &drop_fx, "%ASA-6-106015: Deny TCP (no connection) from 192.0.2.10/1024 to 10.0.0.9/80 flags ACK"));
}

/* ---- new ones ---- */

static void conn_limit(void)
{
        px_config(&drop_fx,
                  "class-map few\n match any\npolicy-map global_policy\n class few\n  set connection conn-max 2\n"
                  "service-policy global_policy global\n");
        for (uint16_t i = 1; i <= 3; i++)
                px_udp(&drop_fx, 0, CLIENT, i, SERVER, 53, "x");
        assert_int_equal(conn_count(drop_fx.w->conns), 2);
        assert_true(px_logged(&drop_fx,
                              "%ASA-3-201011: Connection limit exceeded 2/2 for input packet from 192.0.2.10/3 to "
                              "10.0.0.9/53 on interface outside"));
}

static void rate_exceeded(void)
{
        px_config(&drop_fx,
                  "class-map slow\n match any\npolicy-map global_policy\n class slow\n  police input 8000 1000\n"
                  "service-policy global_policy global\n");
        for (unsigned i = 0; i < 35; i++) /* of 29 bytes */
                px_udp(&drop_fx, 0, CLIENT, 1, SERVER, 53, "x");
}

static void conn_table(void)
{
        for (uint16_t i = 1; i <= 9; i++)
                px_udp(&drop_fx, 0, CLIENT, i, SERVER, 53, "x");
        assert_int_equal(conn_count(drop_fx.w->conns), 8);
}

static void unknown_proto(void)
{
        px_send_pb(&drop_fx, 0, px_pb(&drop_fx, 0, CLIENT, 0, SERVER, 0, 47));
}

static void icmp_no_conn(void)
{
        px_config(&drop_fx, "policy-map global_policy\n class inspection_default\n  inspect icmp\n"
                            "service-policy global_policy global\n");
        px_echo(&drop_fx, 0, CLIENT, SERVER, true, 7);
}

const struct drop_row drop_flows[] = {
        { DROP_TCP_NOT_SYN, .make = tcp_not_syn },
        { DROP_TCP_SEQ, .make = tcp_seq },
        { DROP_TCP_ACK, .make = tcp_ack },
        { DROP_TCP_RST_SEQ, .make = tcp_rst_seq },
        { DROP_TCP_FLAGS, .make = tcp_flags },
        { DROP_TCP_DATA_FIRST, .make = tcp_data_first },
        { DROP_CONN_LIMIT, .make = conn_limit },
        { DROP_RATE_EXCEEDED, .make = rate_exceeded },
        { DROP_CONN_TABLE, .make = conn_table, .conns = 8 },
        { DROP_ICMP_NO_CONN, .make = icmp_no_conn },
        { DROP_UNKNOWN_PROTO, .make = unknown_proto },
        { 0 },
};
