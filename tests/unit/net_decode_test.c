/* Every lie about length and address, one row each: what is changed in a good frame, and why it dies. */
#include "platform/net/decode.h"

#include <stdlib.h>

#include "platform/net/csum.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

enum kind { TCP, UDP, ECHO };

/* fix: the IP header checksum is made right again after the edit, so that it is not the reason. */
struct row {
        const char *what;
        enum kind kind;
        int at; /* offset in the frame of the byte(s) to change; -1 none */
        uint8_t n, val[6];
        int cut; /* frame length; 0 whole */
        bool fix;
        enum drop_reason why;
};

static size_t good(enum kind k, uint8_t *f, size_t cap)
{
        if (k == TCP)
                return pb_tcp(f, cap, "10.1.1.9", 1024, "192.0.2.9", 80, PB_SYN, 7, 0, "abcd", 4);
        if (k == UDP)
                return pb_udp(f, cap, "10.1.1.9", 1024, "192.0.2.9", 53, "abcd", 4);
        return pb_echo(f, cap, "10.1.1.9", "192.0.2.9", false, 5, 6);
}

static const struct row rows[] = {
        { "good tcp", TCP, -1, 0, { 0 }, 0, 0, DROP_NONE },
        { "good udp", UDP, -1, 0, { 0 }, 0, 0, DROP_NONE },
        { "good echo", ECHO, -1, 0, { 0 }, 0, 0, DROP_NONE },
        { "no Ethernet header", UDP, -1, 0, { 0 }, 13, 0, DROP_L2_SHORT },
        { "cut tag", UDP, 12, 2, { 0x81, 0x00 }, 17, 0, DROP_L2_SHORT },
        { "two tags", UDP, 12, 6, { 0x81, 0x00, 0x00, 0x05, 0x81, 0x00 }, 0, 0, DROP_BAD_VLAN },
        { "QinQ", UDP, 12, 2, { 0x88, 0xa8 }, 0, 0, DROP_BAD_VLAN },
        { "LLC", UDP, 12, 2, { 0x00, 0x26 }, 0, 0, DROP_UNKNOWN_ETHERTYPE },
        { "IPv6", UDP, 12, 2, { 0x86, 0xdd }, 0, 0, DROP_NO_IPV6 },
        { "IPv6 inside", UDP, 14, 1, { 0x65 }, 0, 1, DROP_NO_IPV6 },
        { "version 5", UDP, 14, 1, { 0x55 }, 0, 1, DROP_BAD_IP_VERSION },
        { "no IP byte", UDP, -1, 0, { 0 }, 14, 0, DROP_BAD_IP_LENGTH },
        { "cut IP header", UDP, -1, 0, { 0 }, 33, 0, DROP_BAD_IP_LENGTH },
        { "header of 16", UDP, 14, 1, { 0x44 }, 0, 1, DROP_BAD_IP_HEADER },
        { "header of 0", UDP, 14, 1, { 0x40 }, 0, 0, DROP_BAD_IP_HEADER },
        { "header longer than frame", UDP, 14, 1, { 0x4f }, 0, 0, DROP_BAD_IP_LENGTH },
        { "total below header", UDP, 16, 2, { 0, 19 }, 0, 1, DROP_BAD_IP_LENGTH },
        { "total zero", UDP, 16, 2, { 0, 0 }, 0, 1, DROP_BAD_IP_LENGTH },
        { "total one above the frame", UDP, 16, 2, { 0, 33 }, 0, 1, DROP_BAD_IP_LENGTH },
        { "frame one short", UDP, -1, 0, { 0 }, 45, 0, DROP_BAD_IP_LENGTH },
        { "header sum", UDP, 24, 1, { 0x5a }, 0, 0, DROP_BAD_IP_CSUM },
        { "TTL 0", UDP, 22, 1, { 0 }, 0, 1, DROP_TTL },
        { "more fragments", UDP, 20, 2, { 0x20, 0 }, 0, 1, DROP_NONE },
        { "last fragment", UDP, 20, 2, { 0, 1 }, 0, 1, DROP_NONE },
        { "DF is fine", UDP, 20, 2, { 0x40, 0 }, 0, 1, DROP_NONE },
        { "source 0.0.0.0", UDP, 26, 4, { 0, 0, 0, 0 }, 0, 1, DROP_BAD_IP_ADDR },
        { "source loopback", UDP, 26, 4, { 127, 0, 0, 1 }, 0, 1, DROP_BAD_IP_ADDR },
        { "source multicast", UDP, 26, 4, { 224, 0, 0, 1 }, 0, 1, DROP_BAD_IP_ADDR },
        { "source broadcast", UDP, 26, 4, { 255, 255, 255, 255 }, 0, 1, DROP_BAD_IP_ADDR },
        { "source pseudo", UDP, 26, 4, { 240, 0, 0, 1 }, 0, 1, DROP_BAD_IP_ADDR },
        { "destination pseudo", UDP, 30, 4, { 240, 0, 0, 1 }, 0, 1, DROP_BAD_IP_ADDR },
        { "destination loopback", UDP, 30, 4, { 127, 0, 0, 1 }, 0, 1, DROP_BAD_IP_ADDR },
        { "destination multicast", UDP, 30, 4, { 224, 0, 0, 5 }, 0, 1, DROP_BAD_IP_ADDR },
        { "destination is source", UDP, 30, 4, { 10, 1, 1, 9 }, 0, 1, DROP_LAND },
        { "link broadcast", UDP, 0, 1, { 0xff }, 0, 0, DROP_L2_DST },
        { "UDP length one less", UDP, 38, 2, { 0, 11 }, 0, 0, DROP_BAD_UDP_LENGTH },
        { "UDP length one more", UDP, 38, 2, { 0, 13 }, 0, 0, DROP_BAD_UDP_LENGTH },
        { "UDP length 0", UDP, 38, 2, { 0, 0 }, 0, 0, DROP_BAD_UDP_LENGTH },
        { "UDP length 7", UDP, 38, 2, { 0, 7 }, 0, 0, DROP_BAD_UDP_LENGTH },
        { "UDP header cut", UDP, 16, 2, { 0, 27 }, 0, 1, DROP_BAD_UDP_LENGTH },
        { "TCP header of 16", TCP, 46, 1, { 0x40 }, 0, 0, DROP_BAD_TCP_HEADER },
        { "TCP header of 0", TCP, 46, 1, { 0x00 }, 0, 0, DROP_BAD_TCP_HEADER },
        { "TCP header past the end", TCP, 46, 1, { 0x70 }, 0, 0, DROP_BAD_TCP_HEADER },
        { "TCP header cut", TCP, 16, 2, { 0, 39 }, 0, 1, DROP_BAD_TCP_HEADER },
        { "TCP without data", TCP, 16, 2, { 0, 40 }, 0, 1, DROP_NONE },
        { "ICMP cut", ECHO, 16, 2, { 0, 27 }, 0, 1, DROP_BAD_ICMP },
        { "unknown protocol", UDP, 23, 1, { 89 }, 0, 1, DROP_NONE },
};

/* The frame in a buffer of exactly its size, so that the sanitizer sees a read past the end. */
static enum drop_reason decode_exact(const uint8_t *f, size_t n, struct pkt *pk)
{
        uint8_t *copy = malloc(n ? n : 1);
        enum drop_reason why;

        assert_non_null(copy);
        memcpy(copy, f, n);
        *pk = (struct pkt){ .buf = copy, .cap = (uint32_t)n, .len = (uint32_t)n, .iface = 2 };
        why = decode_frame(pk);
        pk->buf = NULL;
        free(copy);
        return why;
}

static void fix_sum(uint8_t *f)
{
        uint16_t sum = 0;
        size_t hlen = (f[14] & 15) * 4u;

        memcpy(f + 24, &sum, 2);
        sum = csum_ip_header(f + 14, hlen);
        memcpy(f + 24, &sum, 2);
}

static void test_rows(void **state)
{
        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];
                uint8_t f[200];
                size_t n = good(r->kind, f, sizeof f);
                struct pkt pk;
                enum drop_reason why;

                if (r->at >= 0)
                        memcpy(f + r->at, r->val, r->n);
                if (r->fix)
                        fix_sum(f);
                why = decode_exact(f, r->cut ? (size_t)r->cut : n, &pk);
                if (why != r->why)
                        fail_msg("%s: %s, not %s", r->what, drop_key(why), drop_key(r->why));
        }
}

static void test_options(void **state)
{
        static const struct {
                uint8_t opt[8];
                enum drop_reason why;
        } o[] = {
                { { 1, 1, 1, 0 }, DROP_NONE },
                { { 148, 4, 0, 0, 1, 1, 0, 9 }, DROP_NONE }, /* behind EOL anything may stand */
                { { 0, 7, 7, 7 }, DROP_NONE },
                { { 131, 3, 4, 0 }, DROP_IP_OPTION }, /* loose source route */
                { { 7, 3, 4, 0 }, DROP_IP_OPTION },   /* record route */
                { { 148, 3, 0, 0 }, DROP_IP_OPTION }, /* a router alert is four bytes long */
                { { 1, 1, 1, 131 }, DROP_BAD_IP_HEADER },
                { { 131, 0, 0, 0 }, DROP_BAD_IP_HEADER },
                { { 131, 1, 0, 0 }, DROP_BAD_IP_HEADER },
                { { 131, 9, 0, 0, 0, 0, 0, 0 }, DROP_BAD_IP_HEADER },
        };

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(o); i++) {
                struct pb p = pb_of("10.1.1.9", 5, "192.0.2.9", 6, IPPROTO_UDP_);
                uint8_t f[200];
                struct pkt pk;
                enum drop_reason why;

                p.ipopt = o[i].opt;
                p.nipopt = 8;
                why = decode_exact(f, pb_build(f, sizeof f, &p), &pk);
                if (why != o[i].why)
                        fail_msg("options row %u: %s", i, drop_key(why));
        }
}

/* Cut anywhere, a frame is refused for its length: never read past, never half believed. */
static void test_every_prefix_is_refused(void **state)
{
        (void)state;
        for (enum kind k = TCP; k <= ECHO; k++) {
                uint8_t f[200];
                size_t n = good(k, f, sizeof f);

                for (size_t cut = 0; cut < n; cut++) {
                        struct pkt pk;
                        enum drop_reason why = decode_exact(f, cut, &pk);

                        assert_true(why == DROP_L2_SHORT || why == DROP_BAD_IP_LENGTH);
                }
        }
}

static void test_fields(void **state)
{
        struct pb p = pb_of("10.1.1.9", 1024, "192.0.2.9", 80, IPPROTO_TCP_);
        static const uint8_t mss[] = { 2, 4, 5, 0xb4 };
        uint8_t f[200];
        struct pkt pk;

        (void)state;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 0x11223344;
        p.ack = 0x55667788;
        p.win = 777;
        p.opt = mss;
        p.nopt = 4;
        p.tos = 0xb8;
        p.id = 99;
        p.frag = 0x4000;
        p.ttl = 33;
        p.tagged = true;
        p.tci = 0x6014;
        p.pay = "hello";
        p.npay = 5;
        p.pad_to = 100;
        assert_int_equal(decode_exact(f, pb_build(f, sizeof f, &p), &pk), DROP_NONE);
        assert_int_equal(pk.vlan_tci & 0x0FFF, 0x14);
        assert_true(pk.vlan_tci & 0x1000);
        assert_int_equal(pk.l3, 18);
        assert_int_equal(pk.l4, 38);
        assert_int_equal(pk.pay, 62);
        assert_int_equal(pk.end, 67);
        assert_int_equal(pk.tot_pay, 5);
        assert_int_equal(pk.key.iface, 2);
        assert_int_equal(pk.key.fam, ADDR_V4);
        assert_int_equal(pk.key.src[0], 0x0A010109);
        assert_int_equal(pk.key.dst[0], 0xC0000209);
        assert_int_equal(pk.key.sport, 1024);
        assert_int_equal(pk.key.dport, 80);
        assert_int_equal(pk.tcp_seq, 0x11223344);
        assert_int_equal(pk.tcp_ack, 0x55667788);
        assert_int_equal(pk.tcp_win, 777);
        assert_int_equal(pk.tcp_flags, PB_SYN | PB_ACK);
        assert_int_equal(pk.dscp, 46);
        assert_int_equal(pk.ip_id, 99);
        assert_int_equal(pk.ttl, 33);
        assert_true(pk.df && !pk.is_frag && !pk.l2_bcast && pk.has_l2);
}

/* Request and reply are each other's reverse. */
static void test_echo_keys(void **state)
{
        uint8_t f[200];
        struct pkt a, b;
        struct flow_key r;

        (void)state;
        assert_int_equal(decode_exact(f, pb_echo(f, sizeof f, "10.0.0.1", "10.0.0.2", false, 77, 1), &a), DROP_NONE);
        assert_int_equal(decode_exact(f, pb_echo(f, sizeof f, "10.0.0.2", "10.0.0.1", true, 77, 1), &b), DROP_NONE);
        assert_int_equal(a.key.sport, 77);
        assert_int_equal(a.key.dport, 0);
        r = flow_reverse(&a.key, 2);
        assert_memory_equal(&r, &b.key, sizeof r);
}

/* Metadata that points anywhere else than at the L4 header is completed at once. */
static void test_foreign_partial(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct pkt *pk = pkt_get(pool, 200);
        struct pb p = pb_of("10.1.1.9", 5, "192.0.2.9", 6, IPPROTO_UDP_);
        uint8_t before[200];
        uint16_t was;

        (void)state;
        p.pay = "12345678901234567890";
        p.npay = 20;
        pk->len = (uint32_t)pb_build(pkt_frame(pk), 200, &p);
        pk->csum = (struct pkt_csum){ .partial = true,
                                      .csum_start = (uint16_t)(pk->off + 42),
                                      .csum_offset = 8,
                                      .gso_type = 1,
                                      .gso_size = 10 };
        memcpy(&was, pkt_frame(pk) + 50, 2); /* taken for a pseudo-header sum */
        assert_int_equal(decode_frame(pk), DROP_NONE);
        assert_false(pk->csum.partial);
        assert_int_equal(pk->csum.gso_type, 0);
        assert_int_equal(csum_fold(csum_add(was, pkt_frame(pk) + 42, 20)), 0xFFFF);
        /* A position outside the packet touches nothing. */
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = 60000, .csum_offset = 60000 };
        assert_int_equal(decode_frame(pk), DROP_NONE);
        assert_false(pk->csum.partial);
        /* And one inside the IP header must not change an address behind the back of the key. */
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)pk->l3, .csum_offset = 12 };
        memcpy(before, pkt_frame(pk), pk->len);
        assert_int_equal(decode_frame(pk), DROP_NONE);
        assert_memory_equal(before, pkt_frame(pk), pk->len);
        pkt_put(pk);
        pkt_pool_free(pool);
}

static struct pkt *error_about(struct pkt_pool *pool, const uint8_t *inner, size_t n, uint8_t type)
{
        struct pkt *pk = pkt_get(pool, 300);

        assert_non_null(pk);
        pk->len = (uint32_t)pb_icmp_error(pkt_frame(pk), 300, "10.9.9.9", "10.0.0.1", type, 1, 0, inner, n);
        assert_true(pk->len > 0);
        assert_int_equal(decode_frame(pk), DROP_NONE);
        return pk;
}

static void test_quote(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        uint8_t f[200];
        size_t n = pb_udp(f, sizeof f, "10.0.0.1", 1111, "10.0.0.2", 2222, "data", 4) - 14;
        struct icmp_quote q;

        (void)state;
        for (size_t have = 0; have <= n; have++) {
                struct pkt *pk = error_about(pool, f + 14, have, 3);
                bool ok = decode_icmp_quote(pk, &q);

                assert_true(icmp_is_error(pk));
                assert_int_equal(pk->key.sport | pk->key.dport, 0);
                assert_int_equal(ok, have >= 28);
                if (ok) {
                        assert_int_equal(q.key.iface, 0);
                        assert_int_equal(q.key.src[0], 0x0A000001);
                        assert_int_equal(q.key.sport, 1111);
                        assert_int_equal(q.key.dport, 2222);
                        assert_int_equal(q.l3, pk->l4 + 8);
                        assert_int_equal(q.end, q.l3 + have);
                }
                pkt_put(pk);
        }
        pkt_pool_free(pool);
}

static void test_quote_refused(void **state)
{
        static const struct {
                const char *what;
                uint8_t at, val;
        } r[] = {
                { "version", 0, 0x65 },          { "short header", 0, 0x44 }, { "header past the end", 0, 0x4f },
                { "total below header", 3, 19 }, { "later fragment", 7, 1 },  { "protocol", 9, 89 },
                { "icmp error in error", 9, 1 },
        };
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct icmp_quote q;

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(r); i++) {
                uint8_t f[200];
                size_t n = pb_udp(f, sizeof f, "10.0.0.1", 0x0301, "10.0.0.2", 2222, "data", 4) - 14;
                struct pkt *pk;

                f[14 + 2] = 0;
                f[14 + r[i].at] = r[i].val;
                pk = error_about(pool, f + 14, n, 3);
                if (decode_icmp_quote(pk, &q))
                        fail_msg("%s is accepted", r[i].what);
                pkt_put(pk);
        }
        pkt_pool_free(pool);
}

static void test_quote_ends_at_its_total(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        uint8_t f[200];
        size_t n = pb_udp(f, sizeof f, "10.0.0.1", 1, "10.0.0.2", 2, "data", 4) - 14;
        struct icmp_quote q;
        struct pkt *pk;

        (void)state;
        memset(f + 14 + n, 0xee, 40); /* RFC 4884 extension */
        pk = error_about(pool, f + 14, n + 40, 11);
        assert_true(decode_icmp_quote(pk, &q));
        assert_int_equal(q.end, q.l3 + n);
        pkt_put(pk);
        pkt_pool_free(pool);
}

/* ---- the stage: what needs the snapshot ---- */

static void expect_drop(struct worker_fixture *f, unsigned port, const void *frame, size_t n, enum drop_reason why)
{
        uint64_t before = wf_drops(f, why);

        wf_send(f, port, frame, n);
        if (wf_drops(f, why) != before + 1)
                fail_msg("not dropped for %s", drop_key(why));
}

static void test_stage_destination_mac(void **state)
{
        struct worker_fixture f;
        struct pb p = pb_of("192.0.2.9", 1, "10.1.1.9", 2, IPPROTO_UDP_);
        uint8_t fr[200];

        (void)state;
        wf_init(&f);
        wf_start(&f);
        p.dmac = pb_mac(77);
        expect_drop(&f, 0, fr, pb_build(fr, sizeof fr, &p), DROP_L2_DST);
        p.dmac = pb_mac(2);
        wf_send(&f, 0, fr, pb_build(fr, sizeof fr, &p));
        assert_int_equal(wf_drops(&f, DROP_L2_DST), 1);
        assert_int_equal(f.ifstat[WF_OUTSIDE].in_pkts, 2);
        assert_int_equal(f.ifstat[WF_OUTSIDE].drops, 1);
        wf_stop(&f);
}

static void test_stage_own_source(void **state)
{
        struct worker_fixture f;
        uint8_t fr[200];

        (void)state;
        wf_init(&f);
        wf_start(&f);
        expect_drop(&f, 0, fr, pb_udp(fr, sizeof fr, "192.0.2.1", 1, "10.1.1.9", 2, "", 0), DROP_SPOOF);
        expect_drop(&f, 0, fr, pb_udp(fr, sizeof fr, "10.1.1.1", 1, "10.1.1.9", 2, "", 0), DROP_SPOOF);
        expect_drop(&f, 0, fr, pb_udp(fr, sizeof fr, "192.0.2.255", 1, "10.1.1.9", 2, "", 0), DROP_BAD_IP_ADDR);
        expect_drop(&f, 0, fr, pb_udp(fr, sizeof fr, "192.0.2.9", 1, "192.0.2.255", 2, "", 0), DROP_BAD_IP_ADDR);
        wf_stop(&f);
}

/* Forwarded packets pass unverified, whatever is for the box is checked. */
static void test_stage_l4_sum(void **state)
{
        struct worker_fixture f;
        uint8_t fr[200];
        size_t n;

        (void)state;
        wf_init(&f);
        wf_start(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        n = pb_udp(fr, sizeof fr, "192.0.2.9", 1, "10.1.1.9", 2, "abc", 3);
        fr[n - 1] ^= 1;
        wf_send(&f, 0, fr, n);
        assert_int_equal(wf_clear(&f), 1);
        n = pb_udp(fr, sizeof fr, "192.0.2.9", 1, "192.0.2.1", 2, "abc", 3);
        fr[n - 1] ^= 1;
        expect_drop(&f, 0, fr, n, DROP_BAD_L4_CSUM);
        assert_int_equal(f.ifstat[WF_OUTSIDE].in_errors, 1);
        wf_stop(&f);
}

static void test_stage_vlan(void **state)
{
        struct worker_fixture f;
        struct pb p = pb_of("10.20.0.9", 1, "10.1.1.9", 2, IPPROTO_UDP_);
        uint8_t fr[200];
        struct pb_view v;
        struct iface_conf *c;
        size_t n;

        (void)state;
        wf_init(&f);
        c = wf_iface(&f, "GigabitEthernet0/0.20", "voice", 50, "10.20.0.1", 16);
        c->vlan = 20;
        c = wf_iface(&f, "GigabitEthernet0/0.30", "", 0, NULL, 0);
        c->vlan = 30;
        wf_start(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        wf_neighbour(&f, 3, "10.20.0.9", pb_mac(8));
        p.tagged = true;
        p.tci = 0xa014; /* priority bits do not matter */
        wf_send(&f, 0, fr, pb_build(fr, sizeof fr, &p));
        assert_int_equal(f.ifstat[3].in_pkts, 1);
        n = wf_take(&f, 1, fr, sizeof fr);
        assert_true(pb_parse(fr, n, false, &v) && !v.tagged);
        p.tci = 21;
        expect_drop(&f, 0, fr, pb_build(fr, sizeof fr, &p), DROP_BAD_VLAN);
        expect_drop(&f, 1, fr, pb_build(fr, sizeof fr, &p), DROP_BAD_VLAN);
        p.tci = 30;
        expect_drop(&f, 0, fr, pb_build(fr, sizeof fr, &p), DROP_IFACE_UNCONFIGURED);
        p.tci = 0x8000; /* VLAN 0: the physical interface, where 10.20.0.9 is as good as any source */
        wf_send(&f, 0, fr, pb_build(fr, sizeof fr, &p));
        assert_int_equal(f.ifstat[WF_OUTSIDE].in_pkts, 1);
        assert_int_equal(wf_clear(&f), 1);
        /* and out again with the tag */
        n = pb_udp(fr, sizeof fr, "10.1.1.9", 1, "10.20.0.9", 2, "", 0);
        fr[5] = 3;
        wf_send(&f, 1, fr, n);
        n = wf_take(&f, 0, fr, sizeof fr);
        assert_true(pb_parse(fr, n, false, &v) && v.tagged);
        assert_int_equal(v.tci, 20);
        assert_int_equal(v.smac.b[5], 2);
        assert_int_equal(v.dmac.b[5], 8);
        wf_stop(&f);
}

static void test_stage_interface_state(void **state)
{
        struct worker_fixture f;
        struct iface_conf *c;
        uint8_t fr[200];
        size_t n = pb_udp(fr, sizeof fr, "192.0.2.9", 1, "10.1.1.9", 2, "", 0);

        (void)state;
        wf_init(&f);
        wf_start(&f);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->shutdown = true;
        wf_commit(&f);
        expect_drop(&f, 0, fr, n, DROP_IFACE_DOWN);
        c->shutdown = false;
        c->nameif[0] = 0;
        wf_commit(&f);
        expect_drop(&f, 0, fr, n, DROP_IFACE_UNCONFIGURED);
        conf_list_del(&f.conf.ifaces, &c->o);
        wf_commit(&f);
        expect_drop(&f, 0, fr, n, DROP_IFACE_UNCONFIGURED);
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_options),
                cmocka_unit_test(test_every_prefix_is_refused),
                cmocka_unit_test(test_fields),
                cmocka_unit_test(test_echo_keys),
                cmocka_unit_test(test_foreign_partial),
                cmocka_unit_test(test_quote),
                cmocka_unit_test(test_quote_refused),
                cmocka_unit_test(test_quote_ends_at_its_total),
                cmocka_unit_test(test_stage_destination_mac),
                cmocka_unit_test(test_stage_own_source),
                cmocka_unit_test(test_stage_l4_sum),
                cmocka_unit_test(test_stage_vlan),
                cmocka_unit_test(test_stage_interface_state),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
