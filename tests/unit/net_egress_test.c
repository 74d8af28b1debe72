/* The way out: TTL, MTU, fragments, ICMP errors about it all, resets, datagrams of our own. */
#include "platform/net/egress.h"

#include "platform/net/decode.h"
#include "platform/net/tun.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static void begin(struct worker_fixture *f)
{
        wf_init(f);
        f->conf.unreach_rate = 100;
        f->conf.unreach_burst = 10;
        wf_start(f);
        wf_neighbour(f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        wf_neighbour(f, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
}

static bool take(struct worker_fixture *f, unsigned port, struct pb_view *v)
{
        static uint8_t fr[70000];
        size_t n = wf_take(f, port, fr, sizeof fr);

        if (!n)
                return false;
        assert_true(pb_parse(fr, n, false, v));
        return true;
}

static struct pb inside_udp(size_t n)
{
        static uint8_t data[65000];
        struct pb p = pb_of("10.1.1.9", 1111, "8.8.8.8", 53, IPPROTO_UDP_);

        for (size_t i = 0; i < sizeof data; i++)
                data[i] = (uint8_t)(i * 7 + (i >> 8));
        p.dmac = pb_mac(3);
        p.pay = data;
        p.npay = n;
        return p;
}

static void send_pb(struct worker_fixture *f, unsigned port, const struct pb *p)
{
        static uint8_t fr[70000];
        size_t n = pb_build(fr, sizeof fr, p);

        assert_true(n > 0);
        wf_send(f, port, fr, n);
}

static void test_ttl(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        struct pb_view v, q;

        (void)state;
        begin(&f);
        for (unsigned ttl = 2; ttl < 256; ttl++) { /* the sum is followed whatever it was */
                p.ttl = (uint8_t)ttl;
                p.id = (uint16_t)(ttl * 259);
                send_pb(&f, 1, &p);
                assert_true(take(&f, 0, &v));
                assert_true(v.ip_ok && v.l4_ok);
                assert_int_equal(v.ttl, ttl - 1);
        }
        p.ttl = 1;
        send_pb(&f, 1, &p);
        assert_int_equal(wf_drops(&f, DROP_TTL), 1);
        assert_false(take(&f, 0, &v));
        assert_true(take(&f, 1, &v));
        assert_int_equal(v.icmp_type, 11);
        assert_int_equal(v.icmp_code, 0);
        assert_int_equal(v.src.v4, 0x0A010101);
        assert_int_equal(v.dst.v4, 0x0A010109);
        assert_true(v.ip_ok && v.l4_ok);
        assert_true(pb_parse(v.pay, v.npay, true, &q));
        assert_int_equal(q.sport, 1111);
        assert_int_equal(q.ttl, 1);
        assert_true(q.ip_ok && q.l4_ok);
        wf_stop(&f);
}

static void test_frag_needed(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(1473);
        struct pb_view v;

        (void)state;
        begin(&f);
        p.frag = 0x4000;
        send_pb(&f, 1, &p);
        assert_int_equal(wf_drops(&f, DROP_MTU), 1);
        assert_false(take(&f, 0, &v));
        assert_true(take(&f, 1, &v));
        assert_int_equal(v.icmp_type, 3);
        assert_int_equal(v.icmp_code, 4);
        assert_int_equal(v.icmp_rest, 1500);
        assert_int_equal(v.ip_len, 576);
        assert_true(v.l4_ok);
        p.npay = 1472; /* fits exactly */
        send_pb(&f, 1, &p);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.ip_len, 1500);
        wf_stop(&f);
}

static void check_fragments(struct worker_fixture *f, const struct pb *p, unsigned mtu)
{
        static uint8_t whole[70000];
        size_t total = 0, end = 0;
        struct pb_view v;
        uint16_t id = 0;
        uint8_t fr[2048];
        size_t n;

        memset(whole, 0, sizeof whole);
        while ((n = wf_take(f, 0, fr, sizeof fr))) {
                size_t at, len;

                assert_true(pb_parse(fr, n, false, &v) && v.ip_ok);
                assert_true(v.ip_len <= mtu);
                len = v.ip_len - 20;
                at = (v.frag & 0x1FFFu) * 8u;
                memcpy(whole + 20 + at, v.ip + 20, len);
                if (at == 0) {
                        memcpy(whole, v.ip, 20);
                        id = v.id;
                }
                assert_int_equal(v.id, id);
                if (!(v.frag & 0x2000))
                        end = at + len;
                else
                        assert_int_equal(len % 8, 0);
                total += len;
        }
        assert_int_equal(total, end);
        assert_int_equal(end, p->npay + 8);
        whole[2] = (uint8_t)((end + 20) >> 8);
        whole[3] = (uint8_t)(end + 20);
        whole[6] = whole[7] = 0;
        assert_true(pb_parse(whole, end + 20, true, &v) && v.l4_ok);
        assert_memory_equal(v.pay, p->pay, p->npay);
}

static void test_fragments(void **state)
{
        static const size_t sizes[] = { 1473, 1480, 2952, 4000, 64000 };
        static const uint16_t mtus[] = { 1500, 1499, 1493, 576,
                                         300 }; /* pieces are multiples of eight all the same */
        struct worker_fixture f;
        struct iface_conf *c;

        (void)state;
        begin(&f);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
                struct pb p = inside_udp(sizes[i]);

                c->mtu = mtus[i];
                wf_commit(&f);
                p.id = (uint16_t)(i * 3); /* the first has none */
                send_pb(&f, 1, &p);
                check_fragments(&f, &p, mtus[i]);
        }
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        wf_stop(&f);
}

static void test_fragments_complete_the_sum(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(3000);
        struct pkt_csum c = { .partial = true, .csum_start = 34, .csum_offset = 6 };
        uint8_t fr[4000];

        (void)state;
        begin(&f);
        p.partial = true;
        p.id = 5;
        wf_send_csum(&f, 1, fr, pb_build(fr, sizeof fr, &p), &c);
        check_fragments(&f, &p, 1500);
        wf_stop(&f);
}

static void test_no_buffers_no_half_datagram(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(30000);
        struct pkt *hold[1100];
        unsigned n = 0;

        (void)state;
        begin(&f);
        while ((hold[n] = pkt_get(f.w->pkts, 100)))
                n++;
        for (unsigned i = 0; i < 5; i++)
                pkt_put(hold[--n]);
        send_pb(&f, 1, &p);
        assert_int_equal(wf_drops(&f, DROP_NO_BUFFER), 1);
        assert_int_equal(wf_clear(&f), 0);
        while (n)
                pkt_put(hold[--n]);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        wf_stop(&f);
}

static void test_super_frames(void **state)
{
        struct worker_fixture f;
        struct pb p = pb_of("10.1.1.9", 1111, "8.8.8.8", 80, IPPROTO_TCP_);
        struct pkt_csum c = { .partial = true, .csum_start = 34, .csum_offset = 16, .gso_type = 1, .gso_size = 1460 },
                        out;
        static uint8_t fr[70000], data[20000];
        struct pb_view v;
        size_t n;

        (void)state;
        begin(&f);
        p.dmac = pb_mac(3);
        p.partial = true;
        p.frag = 0x4000;
        p.pay = data;
        p.npay = sizeof data;
        n = pb_build(fr, sizeof fr, &p);
        wf_send_csum(&f, 1, fr, n, &c);
        n = port_mem_take(f.port[0], fr, sizeof fr, &out); /* whole, with what the sender needs to cut it */
        assert_true(pb_parse(fr, n, false, &v) && v.ip_ok && v.l4_partial);
        assert_int_equal(v.npay, sizeof data);
        assert_true(out.partial);
        assert_int_equal(out.gso_size, 1460);
        assert_int_equal(out.csum_start, 34);
        c.gso_size = 1461; /* its pieces would not fit */
        n = pb_build(fr, sizeof fr, &p);
        wf_send_csum(&f, 1, fr, n, &c);
        assert_int_equal(wf_drops(&f, DROP_MTU), 1);
        assert_true(take(&f, 1, &v));
        assert_int_equal(v.icmp_code, 4);
        wf_stop(&f);
}

static void test_interface_and_broadcast(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        struct iface_conf *c;

        (void)state;
        begin(&f);
        p.dst = pb_addr("192.0.2.255");
        send_pb(&f, 1, &p);
        assert_int_equal(wf_drops(&f, DROP_BAD_IP_ADDR), 1);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->shutdown = true;
        wf_commit(&f);
        p.dst = pb_addr("8.8.8.8");
        send_pb(&f, 1, &p);
        assert_int_equal(wf_drops(&f, DROP_NO_ROUTE), 1);
        assert_int_equal(wf_clear(&f), 0);
        wf_stop(&f);
}

/* ---- ICMP errors ---- */

/* A parsed packet as a stage would hold it. */
static struct pkt *parsed(struct worker_fixture *f, const struct pb *p, uint16_t iface)
{
        struct pkt *pk = pkt_get(f->w->pkts, 2000);

        assert_non_null(pk);
        pk->len = (uint32_t)pb_build(pkt_frame(pk), 2000, p);
        pk->iface = iface;
        assert_int_equal(decode_frame(pk), DROP_NONE);
        return pk;
}

static unsigned errors_about(struct worker_fixture *f, const struct pb *p)
{
        struct pkt *pk = parsed(f, p, WF_INSIDE);

        icmp_send_error(f->w, pk, 3, 1, 0);
        pkt_put(pk);
        dp_flush(f->w);
        return wf_clear(f);
}

static void test_no_error_about(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        uint8_t quote[100];

        (void)state;
        begin(&f);
        assert_int_equal(errors_about(&f, &p), 1);
        p.proto = IPPROTO_ICMP_;
        p.icmp_type = 8;
        assert_int_equal(errors_about(&f, &p), 1);
        p.icmp_type = 3;
        p.pay = quote;
        p.npay = sizeof quote;
        memset(quote, 0, sizeof quote);
        assert_int_equal(errors_about(&f, &p), 0);
        p = inside_udp(4);
        p.src = pb_addr("8.8.4.4"); /* does not live behind this interface */
        assert_int_equal(errors_about(&f, &p), 0);
        wf_stop(&f);
}

static void test_error_flags(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        struct pkt *pk;

        (void)state;
        begin(&f);
        pk = parsed(&f, &p, WF_INSIDE);
        pk->l2_bcast = true;
        icmp_send_error(f.w, pk, 3, 1, 0);
        pk->l2_bcast = false;
        pk->is_frag = true;
        pk->buf[pk->l3 + 7] = 1; /* a later one */
        icmp_send_error(f.w, pk, 3, 1, 0);
        pk->buf[pk->l3 + 7] = 0;
        pk->is_frag = false;
        pk->dry = true;
        icmp_send_error(f.w, pk, 3, 1, 0);
        pk->dry = false;
        pk->from_box = true; /* our own, and not the kernel's */
        icmp_send_error(f.w, pk, 3, 1, 0);
        dp_flush(f.w);
        assert_int_equal(wf_clear(&f), 0);
        pkt_put(pk);
        wf_stop(&f);
}

static void test_error_rate(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        unsigned n = 0;

        (void)state;
        wf_init(&f);
        f.conf.unreach_rate = 2;
        f.conf.unreach_burst = 3;
        wf_start(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        for (unsigned i = 0; i < 10; i++)
                n += errors_about(&f, &p);
        assert_int_equal(n, 3);
        wf_advance(&f, 490);
        assert_int_equal(errors_about(&f, &p), 0);
        wf_advance(&f, 10);
        assert_int_equal(errors_about(&f, &p), 1);
        assert_int_equal(errors_about(&f, &p), 0);
        wf_advance(&f, 60000);
        for (n = 0; errors_about(&f, &p);)
                n++;
        assert_int_equal(n, 3);
        wf_stop(&f);
}

static struct flow_key original;

static unsigned key_questions;

static bool original_key(const struct worker *w, const struct pkt *pk, struct flow_key *out)
{
        assert_non_null(w);
        assert_non_null(pk->conn);
        key_questions++;
        *out = original;
        return true;
}

/* After NAT: the source is told about the packet it sent, not about what became of it. */
static void test_error_after_nat(void **state)
{
        static const uint8_t protos[] = { IPPROTO_TCP_, IPPROTO_UDP_, IPPROTO_ICMP_ };
        struct worker_fixture f;
        struct pb_view v, q;

        (void)state;
        wf_init(&f);
        f.env.wire_key = original_key;
        f.conf.unreach_rate = 100;
        f.conf.unreach_burst = 10;
        wf_start(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        for (unsigned i = 0; i < 3; i++) {
                struct pb p = pb_of("10.1.1.9", 1111, "192.0.2.140", 2222, protos[i]);
                struct pkt *pk;
                int conn;

                p.icmp_type = 8;
                p.icmp_rest = 1111 << 16 | 1;
                p.pay = "payload";
                p.npay = 7;
                p.dmac = pb_mac(3);
                pk = parsed(&f, &p, WF_INSIDE);
                original = pk->key;
                pkt_put(pk);
                p.src = pb_addr("203.0.113.77"); /* as translated, sums right */
                p.dst = pb_addr("172.31.0.1");
                p.sport = 40000;
                p.dport = 50000;
                p.icmp_rest = 40000u << 16 | 1;
                pk = parsed(&f, &p, WF_INSIDE);
                pk->conn = (struct conn *)&conn;
                icmp_send_error(f.w, pk, 3, 13, 0);
                pkt_put(pk);
                dp_flush(f.w);
                assert_true(take(&f, 1, &v));
                assert_int_equal(v.dst.v4, 0x0A010109);
                assert_true(v.l4_ok);
                assert_true(pb_parse(v.pay, v.npay, true, &q));
                assert_int_equal(q.src.v4, 0x0A010109);
                assert_int_equal(q.dst.v4, 0xC000028C);
                if (protos[i] == IPPROTO_ICMP_) {
                        assert_int_equal(q.icmp_rest >> 16, 1111);
                } else {
                        assert_int_equal(q.sport, 1111);
                        assert_int_equal(q.dport, 2222);
                }
                assert_true(q.ip_ok && q.l4_ok);
        }
        wf_stop(&f);
}

/* The conn may be gone by the time a waiting packet is given up: what it knew is asked for at once, and never again.
 */
static void test_error_after_waiting(void **state)
{
        struct worker_fixture f;
        struct pb p = pb_of("10.1.1.9", 1111, "192.0.2.140", 2222, IPPROTO_UDP_);
        struct pb_view v, q;
        struct pkt *pk;
        int conn;

        (void)state;
        wf_init(&f);
        f.env.wire_key = original_key;
        wf_start(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        pk = parsed(&f, &p, WF_INSIDE);
        original = pk->key;
        pkt_put(pk);
        p.src = pb_addr("203.0.113.77");
        pk = parsed(&f, &p, WF_INSIDE);
        pk->conn = (struct conn *)&conn;
        pk->out_iface = WF_OUTSIDE;
        pk->next_hop = pb_addr("192.0.2.7");
        key_questions = 0;
        egress_send(f.w, pk);
        wf_advance(&f, 4000);
        assert_int_equal(key_questions, 1);
        assert_true(take(&f, 1, &v));
        assert_int_equal(v.dst.v4, 0x0A010109);
        assert_true(pb_parse(v.pay, v.npay, true, &q));
        assert_int_equal(q.src.v4, 0x0A010109);
        wf_stop(&f);
}

/* What the private kernel sent cannot leave: it hears so itself, by its own pseudo pair, as often as it takes. */
static void test_error_to_kernel(void **state)
{
        struct worker_fixture f;
        struct pb p = pb_of("240.0.0.1", 5000, "248.0.0.7", 32768, IPPROTO_TCP_);
        struct pb_view v, q;
        uint8_t fr[2000];
        size_t n;

        (void)state;
        begin(&f);
        f.w->tun = port_mem_new("tun", true);
        p.l3 = true;
        for (unsigned i = 0; i < 20; i++) {
                struct pkt *pk = pkt_get(f.w->pkts, 2000);

                pk->len = (uint32_t)pb_build(pkt_frame(pk), 2000, &p);
                pk->from_box = true;
                assert_int_equal(decode_l3(pk), DROP_NONE);
                if (i & 1)
                        icmp_send_error(f.w, pk, 3, 4, 1400);
                else
                        tcp_send_rst(f.w, pk);
                pkt_put(pk);
                dp_flush(f.w);
                n = port_mem_take(f.w->tun, fr, sizeof fr, NULL);
                assert_true(n && pb_parse(fr, n, true, &v));
                assert_int_equal(v.dst.v4, PSEUDO_KERNEL);
                assert_int_equal(v.src.v4, 0xF8000007);
                assert_true(v.ip_ok && v.l4_ok);
                if (i & 1) {
                        assert_int_equal(v.icmp_rest, 1400);
                        assert_true(pb_parse(v.pay, v.npay, true, &q) && q.sport == 5000);
                } else {
                        assert_int_equal(v.flags & PB_RST, PB_RST);
                        assert_int_equal(v.dport, 5000);
                }
        }
        assert_int_equal(wf_clear(&f), 0);
        wf_stop(&f);
}

/* ---- resets ---- */

static void test_rst(void **state)
{
        static const struct {
                uint8_t flags;
                size_t npay;
                bool answered;
                uint8_t rflags;
                uint32_t rseq, rack;
        } r[] = {
                { PB_SYN, 0, true, PB_RST | PB_ACK, 0, 101 },
                { PB_SYN | PB_FIN, 3, true, PB_RST | PB_ACK, 0, 105 },
                { PB_ACK, 3, true, PB_RST, 900, 0 },
                { PB_SYN | PB_ACK, 0, true, PB_RST, 900, 0 },
                { PB_RST, 0, false, 0, 0, 0 },
                { PB_RST | PB_ACK, 0, false, 0, 0, 0 },
        };
        struct worker_fixture f;

        (void)state;
        begin(&f);
        for (unsigned i = 0; i < ARRAY_LEN(r); i++) {
                struct pb p = pb_of("10.1.1.9", 1111, "8.8.8.8", 80, IPPROTO_TCP_);
                struct pkt *pk;
                struct pb_view v;

                p.flags = r[i].flags;
                p.seq = 100;
                p.ack = 900;
                p.pay = "abc";
                p.npay = r[i].npay;
                pk = parsed(&f, &p, WF_INSIDE);
                tcp_send_rst(f.w, pk);
                pkt_put(pk);
                dp_flush(f.w);
                assert_int_equal(take(&f, 1, &v), r[i].answered);
                if (!r[i].answered)
                        continue;
                assert_true(v.ip_ok && v.l4_ok);
                assert_int_equal(v.src.v4, 0x08080808);
                assert_int_equal(v.sport, 80);
                assert_int_equal(v.dport, 1111);
                assert_int_equal(v.flags, r[i].rflags);
                assert_int_equal(v.seq, r[i].rseq);
                assert_int_equal(v.ack, r[i].rack);
        }
        wf_stop(&f);
}

/* ---- datagrams of our own ---- */

static void test_box_send(void **state)
{
        static const uint8_t udp[] = { 0x03, 0xe8, 0x02, 0x02, 0x00, 0x0c, 0x00, 0x00, 's', 'y', 's', 'l' };
        struct worker_fixture f;
        struct addr dst = pb_addr("8.8.8.8"), src = pb_addr("192.0.2.140");
        struct pb_view v;

        (void)state;
        begin(&f);
        assert_int_equal(box_send_ip(f.w, 0, NULL, &dst, IPPROTO_UDP_, udp, sizeof udp), 0);
        dp_flush(f.w);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.src.v4, 0xC0000201);
        assert_int_equal(v.dst.v4, 0x08080808);
        assert_int_equal(v.sport, 1000);
        assert_int_equal(v.dport, 514);
        assert_int_equal(v.ttl, 64);
        assert_int_equal(v.dmac.b[5], 254);
        assert_true(v.ip_ok && v.l4_ok && v.l4_csum);
        assert_int_equal(box_send_ip(f.w, WF_INSIDE, NULL, &dst, IPPROTO_UDP_, udp, sizeof udp), -1);
        assert_int_equal(box_send_ip(f.w, WF_OUTSIDE, &src, &dst, IPPROTO_UDP_, udp, sizeof udp), 0);
        dp_flush(f.w);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.src.v4, src.v4);
        wf_stop(&f);
}

/* packet-tracer's packet ends at egress and moves nothing. */
static void test_dry(void **state)
{
        struct worker_fixture f;
        struct pb p = inside_udp(4);
        struct trace t = { 0 };
        struct burst b = { .n = 1 };

        (void)state;
        begin(&f);
        b.pk[0] = parsed(&f, &p, WF_INSIDE);
        b.pk[0]->dry = true;
        b.pk[0]->trace = &t;
        b.pk[0]->out_iface = WF_OUTSIDE;
        dp_run(f.w, f.path.output, &b);
        assert_true(t.allow);
        assert_int_equal(t.out_iface, WF_OUTSIDE);
        dp_flush(f.w);
        assert_int_equal(wf_clear(&f), 0);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_ttl),
                cmocka_unit_test(test_frag_needed),
                cmocka_unit_test(test_fragments),
                cmocka_unit_test(test_fragments_complete_the_sum),
                cmocka_unit_test(test_no_buffers_no_half_datagram),
                cmocka_unit_test(test_super_frames),
                cmocka_unit_test(test_interface_and_broadcast),
                cmocka_unit_test(test_no_error_about),
                cmocka_unit_test(test_error_flags),
                cmocka_unit_test(test_error_rate),
                cmocka_unit_test(test_error_after_nat),
                cmocka_unit_test(test_error_after_waiting),
                cmocka_unit_test(test_error_to_kernel),
                cmocka_unit_test(test_rst),
                cmocka_unit_test(test_box_send),
                cmocka_unit_test(test_dry),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
