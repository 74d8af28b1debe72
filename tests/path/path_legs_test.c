/* What a proxied leg's packets look like on the wire: segment size, DSCP, and whose socket may speak. */
#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "proxy/punt/punt_int.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define SERVED "192.0.2.140" /* 10.0.0.5 */

static struct path_fixture fx;
static struct pb_view v;
static uint8_t buf[2048];

static int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%smtu inside 1300\n", px_base, px_services);
        px_start(&fx, text, true);
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

static bool to_kernel(void)
{
        return px_take_tun(&fx, buf, sizeof buf, &v);
}

static const uint8_t mss_9000[] = { 2, 4, 0x23, 0x28 };

static unsigned mss_of(void)
{
        assert_true(v.nopt >= 4 && v.opt[0] == 2 && v.opt[1] == 4);
        assert_true(v.ip_ok && v.l4_ok);
        return v.opt[2] << 8 | v.opt[3];
}

/* The client's SYN as the private kernel gets it: who it is there. */
static struct pb_view begin(uint16_t sport, uint8_t tos)
{
        struct pb p = px_pb(&fx, 0, CLIENT, sport, SERVED, 5443, IPPROTO_TCP_);

        p.flags = PB_SYN;
        p.seq = 1000;
        p.tos = tos;
        p.opt = mss_9000;
        p.nopt = sizeof mss_9000;
        px_send_pb(&fx, 0, p);
        assert_true(to_kernel());
        return v;
}

/* A segment of one of our sockets on leg 0 or 1. */
static struct pb ours(const struct pb_view *syn, unsigned leg, uint16_t sport, uint8_t flags)
{
        struct pb p = pb_of("240.0.0.1", sport, "240.0.0.1", syn->sport, IPPROTO_TCP_);

        p.dst = syn->src;
        p.dst.v4 |= leg << 27;
        p.flags = flags;
        p.seq = 5000;
        p.ack = flags & PB_ACK ? 1001 : 0;
        return p;
}

static void segments_fit_the_wire_they_go_to(void **state UNUSED)
{
        struct pb_view syn = begin(40000, 0);
        struct pb p = ours(&syn, 0, PUNT_LISTEN_PORT, PB_SYN | PB_ACK);

        p.opt = mss_9000;
        p.nopt = sizeof mss_9000;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &v));
        assert_int_equal(mss_of(), 1460);
        p = ours(&syn, 1, 50000, PB_SYN);
        p.opt = mss_9000;
        p.nopt = sizeof mss_9000;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 1, &v));
        assert_int_equal(mss_of(), 1260);
}

/* What the peer may send us must fit the TUN. */
static void segments_fit_the_tun(void **state UNUSED)
{
        begin(40000, 0);
        assert_int_equal(mss_of(), 1460);
}

static void dscp_goes_to_the_other_wire(void **state UNUSED)
{
        struct pb_view syn = begin(40000, 0x60); /* CS3 */
        struct pb p = ours(&syn, 1, 50000, PB_SYN);

        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 1, &v));
        assert_true(px_is(&v, CLIENT, 40000, "10.0.0.5", 5443));
        assert_int_equal(v.tos & 0xFC, 0x60);
        p = px_pb(&fx, 1, "10.0.0.5", 5443, CLIENT, 40000, IPPROTO_TCP_);
        p.flags = PB_SYN | PB_ACK;
        p.seq = 77;
        p.ack = 5001;
        p.tos = 0xB8; /* EF */
        px_send_pb(&fx, 1, p);
        px_send_tun(&fx, ours(&syn, 0, PUNT_LISTEN_PORT, PB_SYN | PB_ACK));
        assert_true(px_take(&fx, 0, &v));
        assert_int_equal(v.tos & 0xFC, 0xB8);
}

/* The first packet of a leg tells its socket; another socket of the private kernel has no business there. */
static void another_socket_does_not_speak_for_the_flow(void **state UNUSED)
{
        struct pb_view syn = begin(40000, 0);
        uint64_t stale = px_drops(&fx, DROP_PUNT_STALE);

        px_send_tun(&fx, ours(&syn, 1, 50000, PB_SYN));
        assert_true(px_take(&fx, 1, &v));
        px_send_tun(&fx, ours(&syn, 1, 50001, PB_SYN));
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_PUNT_STALE), stale + 1);
        px_send_tun(&fx, ours(&syn, 0, PUNT_LISTEN_PORT + 1, PB_SYN | PB_ACK));
        assert_true(px_quiet(&fx));
        assert_int_equal(px_drops(&fx, DROP_PUNT_STALE), stale + 2);
        px_send_tun(&fx, ours(&syn, 1, 50000, PB_SYN)); /* its own may */
        assert_true(px_take(&fx, 1, &v));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(segments_fit_the_wire_they_go_to),
                T(segments_fit_the_tun),
                T(dscp_goes_to_the_other_wire),
                T(another_socket_does_not_speak_for_the_flow),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
