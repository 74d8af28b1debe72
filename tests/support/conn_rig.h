/* A client outside, a server inside, and connections between them. */
#ifndef VOXGATE_CONN_RIG_H
#define VOXGATE_CONN_RIG_H

#include "tests/support/test.h"

#include "policy/conn_check.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static uint8_t f[2048];
static struct pb_view v;

static inline int start(void **state)
{
        (void)state;
        pf_init(&p);
        pf_ace(&p, "in", "permit ip any any");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        return 0;
}

static inline int stop(void **state)
{
        (void)state;
        pf_stop(&p);
        return 0;
}

/* Each port has its own MAC. */
static inline void send(unsigned port, size_t n)
{
        f[5] = (uint8_t)(2 + port);
        wf_send(&p.wf, port, f, n);
}

/* True when exactly one frame came out of the port; it is in v. */
static inline bool came_out(unsigned port)
{
        size_t n = wf_take(&p.wf, port, f, sizeof f);

        return n && pb_parse(f, n, false, &v) && !wf_take(&p.wf, port, f + 1600, 400);
}

static inline bool from_client(uint8_t flags, uint32_t seq, uint32_t ack, unsigned pay)
{
        static const uint8_t data[1400];

        send(0, pb_tcp(f, sizeof f, CLIENT, 40000, SERVER, 80, flags, seq, ack, data, pay));
        return came_out(1);
}

static inline bool from_server(uint8_t flags, uint32_t seq, uint32_t ack, unsigned pay)
{
        static const uint8_t data[1400];

        send(1, pb_tcp(f, sizeof f, SERVER, 80, CLIENT, 40000, flags, seq, ack, data, pay));
        return came_out(0);
}

static inline void handshake(void)
{
        assert_true(from_client(PB_SYN, 100, 0, 0));
        assert_true(from_server(PB_SYN | PB_ACK, 900, 101, 0));
        assert_true(from_client(PB_ACK, 101, 901, 0));
}

static inline const char *flags(void)
{
        static struct conn_row r;
        uint32_t cursor = 0;
        bool end;

        memset(&r, 0, sizeof r);
        assert_int_equal(conn_walk(p.wf.w, &cursor, NULL, &r, 1, &end), 1);
        return r.flags;
}

static inline uint32_t count(void)
{
        return conn_count(p.wf.w->conns);
}

#endif
