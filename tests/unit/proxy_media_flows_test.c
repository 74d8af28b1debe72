/* Media sessions as the operator sees connections: rows, filters, bounded pieces, clearing. */
#include "tests/support/test.h"

#include "proxy/media/media_int.h"
#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9"
#define DESK "10.1.1.9"

static struct media_fixture f;

static int setup(void **state UNUSED)
{
        mf_start(&f);
        return 0;
}

static int teardown(void **state UNUSED)
{
        mf_stop(&f);
        return 0;
}

static struct media_spec clear_spec(void)
{
        struct media_spec s = spec_of(side_rtp(PHONE, 4000), side_rtp(DESK, 6000));

        s.idle_s = 120;
        return s;
}

static void open_slot(unsigned slot, enum inspect_id engine)
{
        struct media_spec s = clear_spec();
        struct media_msg m = mf_msg(slot, MEDIA_OPEN, &s);

        m.engine = (uint8_t)engine;
        mf_push(&f, &m);
}

/* All rows that pass, `max` a call. */
static unsigned rows(const struct conn_filter *filter, struct conn_row *row, unsigned max)
{
        uint32_t cursor = 0;
        unsigned n = 0;
        bool end = false;

        while (!end)
                n += media_flow_walk(f.w, &cursor, filter, row + n, max, &end);
        return n;
}

static struct conn_filter only(const char *lo, const char *hi, uint8_t proto, uint16_t port)
{
        struct conn_filter c = { .proto = proto, .port_lo = port, .port_hi = port };

        if (lo)
                c.lo = pb_addr(lo);
        if (hi)
                c.hi = pb_addr(hi);
        return c;
}

static void test_rows(void **state UNUSED)
{
        struct conn_row r[4];
        struct media_peer p = { .ssrc = 1, .seq = 1 };
        struct addr phone = pb_addr(PHONE), desk = pb_addr(DESK), out = pb_addr(MF_OUT), in = pb_addr(MF_IN);
        uint8_t b[512];

        open_slot(3, INSPECT_SIP);
        wf_advance(&f.wf, 5000);
        mf_udp(&f, 0, PHONE, 4000, MF_PORT(3), b, peer_rtp(&p, b));
        wf_advance(&f.wf, 7000);
        assert_int_equal(rows(NULL, r, 4), 2);
        assert_true(addr_eq(&r[0].real[0], &phone) && addr_eq(&r[0].real[1], &out) && r[0].inbound);
        assert_int_equal(r[0].real_port[0], 4000);
        assert_int_equal(r[0].real_port[1], MF_PORT(3));
        assert_int_equal(r[0].iface[0], WF_OUTSIDE);
        assert_int_equal(r[0].iface[1], WF_OUTSIDE); /* where our address is */
        assert_int_equal(r[1].iface[0], WF_INSIDE);
        assert_int_equal(r[1].iface[1], WF_INSIDE);
        assert_true(addr_eq(&r[1].real[0], &desk) && addr_eq(&r[1].real[1], &in) && r[1].inbound);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(r[i].proto, IPPROTO_UDP_);
                assert_string_equal(r[i].flags, "m");
                assert_int_equal(r[i].bytes, RTP_HDR_MIN + PEER_PAYLOAD);
                assert_int_equal(r[i].timeout_ms, 120000);
                assert_in_range(r[i].idle_ms, 7000, 7900);
                assert_in_range(r[i].uptime_ms, 12000, 12900);
        }
        mf_close(&f, 3);
        assert_int_equal(rows(NULL, r, 4), 0);
}

static void test_skinny_and_unknown_peers(void **state UNUSED)
{
        struct conn_row r[4];
        struct media_spec s = clear_spec();

        open_slot(1, INSPECT_SKINNY);
        assert_int_equal(rows(NULL, r, 4), 2);
        assert_string_equal(r[0].flags, "k");
        mf_close(&f, 1);
        s.side[1] = (struct media_side){ .transport = MEDIA_RTP };
        mf_open(&f, 2, &s);
        assert_int_equal(rows(NULL, r, 4), 1);
        mf_close(&f, 2);
}

static void test_filters(void **state UNUSED)
{
        const struct {
                struct conn_filter f;
                unsigned n;
        } row[] = {
                { only(NULL, NULL, 0, 0), 4 },
                { only(NULL, NULL, IPPROTO_UDP_, 0), 4 },
                { only(NULL, NULL, IPPROTO_TCP_, 0), 0 },
                { only(PHONE, NULL, 0, 0), 2 },
                { only(MF_IN, NULL, 0, 0), 2 },
                { only("10.1.1.0", "10.1.1.255", 0, 0), 2 },
                { only("10.1.2.0", "10.1.2.255", 0, 0), 0 },
                { only(NULL, NULL, 0, 6000), 2 },
                { only(NULL, NULL, 0, MF_PORT(130)), 2 },
                { only(PHONE, NULL, 0, MF_PORT(130)), 1 },
                { only(DESK, NULL, 0, 4000), 0 },
        };
        struct conn_row r[8];

        open_slot(3, INSPECT_SIP);
        open_slot(130, INSPECT_SIP);
        for (unsigned i = 0; i < ARRAY_LEN(row); i++)
                if (rows(&row[i].f, r, 1) != row[i].n)
                        fail_msg("row %u: %u", i, rows(&row[i].f, r, 1));
        mf_close(&f, 3);
        mf_close(&f, 130);
}

static void test_pieces_are_bounded(void **state UNUSED)
{
        struct conn_row r[64];
        uint32_t cursor = 0;
        unsigned n = 0, calls = 0;
        bool end = false;

        for (unsigned i = 0; i < 300; i++)
                open_slot(8 * i, INSPECT_SIP);
        for (; !end; calls++) {
                unsigned got = media_flow_walk(f.w, &cursor, NULL, r, 64, &end);

                assert_true(got <= 64);
                n += got;
        }
        assert_int_equal(n, 600);
        assert_in_range(calls, 10, 20);
        for (unsigned i = 0; i < 300; i++)
                mf_close(&f, 8 * i);
}

static void test_clearing_asks_the_owner(void **state UNUSED)
{
        struct conn_filter phone = only(NULL, NULL, 0, MF_PORT(3));
        uint32_t cursor = 0;
        bool end;

        open_slot(3, INSPECT_SIP);
        open_slot(5, INSPECT_SIP);
        assert_int_equal(media_flow_clear(f.w, &cursor, &phone, &end), 2);
        assert_true(end);
        wf_advance(&f.wf, 20);
        assert_true(mf_reported(&f, MEDIA_EV_CLEARED, 3, 0)); /* once, for both legs */
        mf_close(&f, 3);
        assert_true(mf_reported(&f, MEDIA_EV_CLOSED, 3, 0));
        mf_close(&f, 5);
        assert_true(mf_reported(&f, MEDIA_EV_CLOSED, 5, 0));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_rows),
                T(test_skinny_and_unknown_peers),
                T(test_filters),
                T(test_pieces_are_bounded),
                T(test_clearing_asks_the_owner),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
