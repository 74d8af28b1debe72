/* Probes with few hops to live, and what their errors say. */
#include "platform/net/traceroute.h"

#include "platform/net/icmp_box.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

struct bench {
        struct worker_fixture f;
        struct addr dst;
        unsigned h;
        uint8_t sent[2048], back[2048];
        size_t n;
        struct pb_view v;
};

static void begin(struct bench *b, uint16_t port)
{
        memset(b, 0, sizeof *b);
        wf_init(&b->f);
        wf_start(&b->f);
        wf_neighbour(&b->f, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
        b->dst = pb_addr("198.51.100.9");
        b->h = traceroute_start(b->f.w, 0, &b->dst, port);
        assert_true(b->h > 0);
}

static void probe(struct bench *b, uint16_t seq, uint8_t ttl)
{
        assert_int_equal(traceroute_send(b->f.w, b->h, seq, ttl), 0);
        dp_flush(b->f.w);
        b->n = wf_take(&b->f, 0, b->sent, sizeof b->sent);
        assert_true(b->n && pb_parse(b->sent, b->n, false, &b->v));
        assert_true(b->v.ip_ok && b->v.l4_ok && b->v.ttl == ttl);
}

/* The probe that was sent last comes back quoted. */
static void error_from(struct bench *b, const char *who, uint8_t type, uint8_t code)
{
        size_t n = pb_icmp_error(b->back, sizeof b->back, who, "192.0.2.1", type, code, 0, b->sent + 14, b->n - 14);

        wf_send(&b->f, 0, b->back, n);
}

static struct hop hop(struct bench *b, uint16_t seq)
{
        return traceroute_poll(b->f.w, b->h, seq);
}

static void test_datagrams(void **state)
{
        struct addr router = pb_addr("192.0.2.254");
        struct bench b;
        struct hop h;
        uint16_t sport;

        (void)state;
        begin(&b, TRACE_PORT);
        probe(&b, 0, 1);
        assert_true(b.v.proto == IPPROTO_UDP_ && b.v.dport == TRACE_PORT);
        sport = b.v.sport;
        assert_int_equal(hop(&b, 0).kind, HOP_SILENT);
        clock_advance_ms(&b.f.time, 3);
        error_from(&b, "192.0.2.254", 11, 0);
        h = hop(&b, 0);
        assert_true(h.kind == HOP_PASSED && addr_eq(&h.from, &router) && h.rtt_us == 3000);
        error_from(&b, "192.0.2.253", 11, 0); /* once only */
        assert_int_equal(wf_drops(&b.f, DROP_BOX_NO_SERVICE), 1);
        h = hop(&b, 0);
        assert_true(addr_eq(&h.from, &router));
        probe(&b, 1, 2);
        assert_true(b.v.sport == sport && b.v.dport == TRACE_PORT + 1);
        error_from(&b, "198.51.100.1", 3, 1);
        h = hop(&b, 1);
        assert_true(h.kind == HOP_UNREACHABLE && h.code == 1);
        probe(&b, 2, 3);
        error_from(&b, "198.51.100.9", 3, 3);
        assert_int_equal(hop(&b, 2).kind, HOP_REACHED);
        probe(&b, 3, 4);
        error_from(&b, "198.51.100.1", 3, 3); /* a firewall on the way, not the host */
        assert_int_equal(hop(&b, 3).kind, HOP_UNREACHABLE);
        traceroute_stop(b.f.w, b.h);
        assert_int_equal(hop(&b, 3).kind, HOP_SILENT);
        assert_int_equal(traceroute_send(b.f.w, b.h, 4, 4), -1);
        wf_stop(&b.f);
}

static void test_echoes(void **state)
{
        struct bench b;
        uint16_t id;

        (void)state;
        begin(&b, 0);
        probe(&b, 0, 1);
        assert_true(b.v.proto == IPPROTO_ICMP_ && b.v.icmp_type == 8 && (b.v.icmp_rest & 0xffff) == 0);
        error_from(&b, "192.0.2.254", 11, 0);
        assert_int_equal(hop(&b, 0).kind, HOP_PASSED);
        probe(&b, 1, 2);
        id = (uint16_t)(b.v.icmp_rest >> 16);
        wf_send(&b.f, 0, b.back, pb_echo(b.back, sizeof b.back, "198.51.100.8", "192.0.2.1", true, id, 1));
        wf_send(&b.f, 0, b.back, pb_echo(b.back, sizeof b.back, "198.51.100.9", "192.0.2.1", true, id, 9));
        assert_int_equal(hop(&b, 1).kind, HOP_SILENT);
        wf_send(&b.f, 0, b.back, pb_echo(b.back, sizeof b.back, "198.51.100.9", "192.0.2.1", true, id, 1));
        assert_int_equal(hop(&b, 1).kind, HOP_REACHED);
        wf_stop(&b.f);
}

/* Errors about datagrams that are none of ours. */
static void test_strangers(void **state)
{
        struct bench b;

        (void)state;
        begin(&b, TRACE_PORT);
        probe(&b, 5, 1);
        b.sent[14 + 20] ^= 1; /* another source port */
        error_from(&b, "192.0.2.254", 11, 0);
        b.sent[14 + 20] ^= 1;
        b.sent[14 + 23] ^= 1; /* another destination port */
        error_from(&b, "192.0.2.254", 11, 0);
        b.sent[14 + 23] ^= 1;
        b.sent[14 + 19] ^= 1; /* another host */
        error_from(&b, "192.0.2.254", 11, 0);
        assert_int_equal(hop(&b, 5).kind, HOP_SILENT);
        b.sent[14 + 19] ^= 1;
        error_from(&b, "192.0.2.254", 12, 0); /* parameter problem: says nothing of the way */
        assert_int_equal(hop(&b, 5).kind, HOP_SILENT);
        error_from(&b, "192.0.2.254", 11, 0);
        assert_int_equal(hop(&b, 5).kind, HOP_PASSED);
        assert_int_equal(hop(&b, 5 + 64).kind, HOP_SILENT);
        wf_stop(&b.f);
}

static void test_limits(void **state)
{
        struct addr far = pb_addr("198.51.100.9");
        struct bench b;

        (void)state;
        begin(&b, TRACE_PORT);
        for (unsigned i = 1; i < 16; i++)
                assert_int_equal(traceroute_start(b.f.w, 0, &far, 0), i + 1);
        assert_int_equal(traceroute_start(b.f.w, 0, &far, 0), 0);
        traceroute_stop(b.f.w, 3);
        assert_int_equal(traceroute_start(b.f.w, WF_INSIDE, &far, 0), 0); /* no route there */
        assert_int_equal(traceroute_start(b.f.w, WF_OUTSIDE, &far, 0), 3);
        assert_int_equal(traceroute_send(b.f.w, 0, 1, 1), -1);
        assert_int_equal(traceroute_send(b.f.w, 17, 1, 1), -1);
        wf_stop(&b.f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_datagrams),
                cmocka_unit_test(test_echoes),
                cmocka_unit_test(test_strangers),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
