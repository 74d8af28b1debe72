/* ICMP to the box: who may ask, what is answered; ping from the console. */
#include "platform/net/icmp_box.h"

#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static void line(struct worker_fixture *f, bool permit, const char *net, uint8_t len, int type, const char *nameif)
{
        struct icmp_conf *c = conf_list_add(&f->conf.icmps, "");

        assert_non_null(c);
        c->permit = permit;
        if (net)
                c->net = pb_addr(net);
        c->len = len;
        c->type = (int16_t)type;
        strcpy(c->nameif, nameif);
}

static bool permitted(struct worker_fixture *f, uint16_t iface, const char *src, uint8_t type)
{
        struct addr a = pb_addr(src);

        wf_commit(f);
        worker_step(f->w);
        return icmp_permitted(net_rt(f->w->snap), iface, &a, type);
}

static void test_lines(void **state)
{
        struct worker_fixture f;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        assert_true(permitted(&f, WF_OUTSIDE, "8.8.8.8", 8)); /* no line: everything */
        line(&f, false, "10.1.1.7", 32, 8, "inside");
        assert_false(permitted(&f, WF_INSIDE, "10.1.1.7", 8));
        assert_false(permitted(&f, WF_INSIDE, "10.1.1.8", 8)); /* one line, and the rest is denied */
        assert_true(permitted(&f, WF_OUTSIDE, "8.8.8.8", 8));  /* on that interface only */
        line(&f, true, "10.1.1.0", 24, 8, "inside");
        line(&f, true, NULL, 0, 3, "inside");
        assert_false(permitted(&f, WF_INSIDE, "10.1.1.7", 8)); /* the first match decides */
        assert_true(permitted(&f, WF_INSIDE, "10.1.1.8", 8));
        assert_false(permitted(&f, WF_INSIDE, "10.1.2.8", 8));
        assert_true(permitted(&f, WF_INSIDE, "10.1.2.8", 3));
        assert_false(permitted(&f, WF_INSIDE, "10.1.1.8", 13));
        wf_stop(&f);
}

static size_t echo(uint8_t *fr, size_t cap, const char *src, const char *dst, size_t npay, unsigned port)
{
        static const uint8_t data[4000];
        struct pb p = pb_of(src, 0, dst, 0, IPPROTO_ICMP_);

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.icmp_type = 8;
        p.icmp_rest = 7 << 16 | 9;
        p.pay = data;
        p.npay = npay;
        p.ttl = 3;
        return pb_build(fr, cap, &p);
}

static void test_echo(void **state)
{
        struct worker_fixture f;
        struct pb_view v;
        uint8_t fr[2048];
        size_t n;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
        wf_send(&f, 0, fr, echo(fr, sizeof fr, "8.8.8.8", "192.0.2.1", 33, 0));
        n = wf_take(&f, 0, fr, sizeof fr);
        assert_true(n && pb_parse(fr, n, false, &v));
        assert_int_equal(v.icmp_type, 0);
        assert_int_equal(v.icmp_rest, 7 << 16 | 9);
        assert_int_equal(v.src.v4, 0xC0000201);
        assert_int_equal(v.dst.v4, 0x08080808);
        assert_int_equal(v.ttl, 64);
        assert_int_equal(v.npay, 33);
        assert_int_equal(v.dmac.b[5], 254);
        assert_true(v.ip_ok && v.l4_ok);
        wf_send(&f, 0, fr, echo(fr, sizeof fr, "192.0.2.9", "10.1.1.1", 3, 0)); /* the far side of the box */
        assert_int_equal(wf_drops(&f, DROP_BOX_DENIED), 1);
        line(&f, false, NULL, 0, 8, "outside");
        wf_commit(&f);
        wf_send(&f, 0, fr, echo(fr, sizeof fr, "8.8.8.8", "192.0.2.1", 33, 0));
        assert_int_equal(wf_drops(&f, DROP_BOX_DENIED), 2);
        wf_send(&f, 1, fr, echo(fr, sizeof fr, "8.8.8.8", "10.1.1.1", 33, 1)); /* no way back there */
        assert_int_equal(wf_drops(&f, DROP_NO_ROUTE), 1);
        assert_int_equal(wf_clear(&f), 0);
        wf_stop(&f);
}

/* Requests and their answers, including those nobody asked for. */
static void test_ping(void **state)
{
        struct worker_fixture f;
        struct addr dst = pb_addr("192.0.2.9");
        struct pb_view v;
        uint8_t fr[2048], back[2048];
        uint32_t rtt = 0;
        uint16_t id;
        unsigned h;
        size_t n;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        h = ping_start(f.w, 0, &dst, 100);
        assert_true(h > 0);
        assert_int_equal(ping_send(f.w, h, 1), 0);
        assert_int_equal(ping_poll(f.w, h, 1, &rtt), 0);
        dp_flush(f.w);
        n = wf_take(&f, 0, fr, sizeof fr);
        assert_true(n && pb_parse(fr, n, false, &v));
        assert_int_equal(v.icmp_type, 8);
        assert_int_equal(v.ip_len, 100);
        assert_int_equal(v.icmp_rest & 0xFFFF, 1);
        assert_true(v.l4_ok);
        id = (uint16_t)(v.icmp_rest >> 16);
        clock_advance_ms(&f.time, 7);
        wf_send(&f, 0, back, pb_echo(back, sizeof back, "192.0.2.8", "192.0.2.1", true, id, 1)); /* a stranger */
        wf_send(&f, 0, back, pb_echo(back, sizeof back, "192.0.2.9", "192.0.2.1", true, (uint16_t)(id + 1), 1));
        wf_send(&f, 0, back, pb_echo(back, sizeof back, "192.0.2.9", "192.0.2.1", true, id, 2));
        assert_int_equal(wf_drops(&f, DROP_ICMP_NO_CONN), 3);
        assert_int_equal(ping_poll(f.w, h, 1, &rtt), 0);
        wf_send(&f, 0, back, pb_echo(back, sizeof back, "192.0.2.9", "192.0.2.1", true, id, 1));
        assert_int_equal(ping_poll(f.w, h, 1, &rtt), 1);
        assert_int_equal(rtt, 7000);
        wf_send(&f, 0, back, pb_echo(back, sizeof back, "192.0.2.9", "192.0.2.1", true, id, 1)); /* once only */
        assert_int_equal(wf_drops(&f, DROP_ICMP_NO_CONN), 4);
        assert_int_equal(ping_send(f.w, h, 2), 0);
        dp_flush(f.w);
        n = wf_take(&f, 0, fr, sizeof fr);
        wf_send(&f, 0, back, pb_icmp_error(back, sizeof back, "192.0.2.254", "192.0.2.1", 3, 1, 0, fr + 14, n - 14));
        assert_int_equal(ping_poll(f.w, h, 2, &rtt), 2);
        ping_stop(f.w, h);
        assert_int_equal(ping_send(f.w, h, 3), -1);
        assert_int_equal(ping_poll(f.w, h, 2, &rtt), 0);
        wf_stop(&f);
}

static void test_ping_limits(void **state)
{
        struct worker_fixture f;
        struct addr dst = pb_addr("192.0.2.9"), far = pb_addr("8.8.8.8");
        uint32_t rtt;
        unsigned h;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        for (unsigned i = 0; i < 16; i++)
                assert_int_equal(ping_start(f.w, 0, &dst, 0), i + 1);
        assert_int_equal(ping_start(f.w, 0, &dst, 0), 0);
        ping_stop(f.w, 5);
        assert_int_equal(ping_start(f.w, WF_INSIDE, &far, 0), 0); /* no route there */
        h = ping_start(f.w, WF_OUTSIDE, &far, 65535);
        assert_int_equal(h, 5);
        assert_int_equal(ping_poll(f.w, 0, 1, &rtt), 0);
        assert_int_equal(ping_poll(f.w, 17, 1, &rtt), 0);
        assert_int_equal(ping_send(f.w, 99, 1), -1);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
        assert_int_equal(ping_send(f.w, h, 1), 0); /* fragmented */
        dp_flush(f.w);
        assert_int_equal(wf_clear(&f), (65535 - 20 + 1479) / 1480);
        wf_stop(&f);
}

/* Our own unresolved neighbour needs no error message to be noticed: the ping just gets no answer. */
static void test_ping_nobody(void **state)
{
        struct worker_fixture f;
        struct addr dst = pb_addr("192.0.2.9");
        uint32_t rtt;
        unsigned h;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        h = ping_start(f.w, 0, &dst, 100);
        assert_int_equal(ping_send(f.w, h, 1), 0);
        wf_advance(&f, 5000);
        assert_int_equal(ping_poll(f.w, h, 1, &rtt), 0);
        assert_int_equal(wf_drops(&f, DROP_NO_ADJACENCY), 1);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_lines),       cmocka_unit_test(test_echo),        cmocka_unit_test(test_ping),
                cmocka_unit_test(test_ping_limits), cmocka_unit_test(test_ping_nobody),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
