#include <stdlib.h>

#include "platform/base/mem.h"
#include "platform/net/capture.h"
#include "platform/net/capture_int.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

/* A worker with a clock, two named interfaces and an empty set of captures: all that the taps look at. */
struct bench {
        struct worker w;
        struct clock_virtual v;
        struct clock clk;
        struct net_rt net;
        struct snap_part part;
        struct snapshot snap;
        struct pkt_pool *pool;
        struct burst b;
        uint8_t data[10000];
        struct capture_rec rec;
};

static int setup(void **state)
{
        struct bench *t = calloc(1, sizeof *t);

        if (!t)
                return -1;
        t->v.wall = 1000;
        t->clk = clock_of_virtual(&t->v);
        t->w.clk = &t->clk;
        t->net.nifaces = 3;
        t->net.iface[1].idx = 1;
        strcpy(t->net.iface[1].nameif, "inside");
        t->net.iface[2].idx = 2;
        strcpy(t->net.iface[2].nameif, "outside");
        t->part.root = &t->net;
        t->snap.part[SNAP_NET] = &t->part;
        t->w.snap = &t->snap;
        t->w.caps = capture_set_new();
        t->pool = pkt_pool_new(64, 2);
        *state = t;
        return t->w.caps && t->pool ? 0 : -1;
}

static int teardown(void **state)
{
        struct bench *t = *state;

        while (t->b.n)
                pkt_put(t->b.pk[--t->b.n]);
        capture_set_free(t->w.caps);
        pkt_pool_free(t->pool);
        free(t);
        return 0;
}

static struct pkt *pkt_with(struct bench *t, uint16_t iface, const void *frame, size_t n)
{
        struct pkt *pk = pkt_get(t->pool, (uint32_t)n);

        assert_non_null(pk);
        memcpy(pkt_frame(pk), frame, n);
        pk->len = (uint32_t)n;
        pk->iface = iface;
        pk->has_l2 = true;
        t->b.pk[t->b.n++] = pk;
        return pk;
}

static struct pkt *udp(struct bench *t, uint16_t iface, const char *src, uint16_t sp, const char *dst, uint16_t dp)
{
        uint8_t f[100];

        return pkt_with(t, iface, f, pb_udp(f, sizeof f, src, sp, dst, dp, "0123456789", 10));
}

static uint64_t pkts(struct bench *t, const char *name)
{
        struct capture_stat st[CAPTURES_MAX];
        unsigned n = capture_list(t->w.caps, st);

        for (unsigned i = 0; i < n; i++) {
                if (strcmp(st[i].def.name, name) == 0)
                        return st[i].pkts;
        }
        fail_msg("no capture %s", name);
        return 0;
}

static void define(struct bench *t, const char *name, const char *nameif, const char *a, const char *b, int16_t proto,
                   uint16_t bport)
{
        struct capture_def d;
        struct capture_match *m = d.match;

        capture_def_init(&d, name);
        strcpy(d.nameif, nameif);
        if (a || b || proto >= 0) {
                d.nmatch = 1;
                m->proto = proto;
                if (a)
                        m->a = (struct prefix){ pb_addr(a), 24 };
                if (b)
                        m->b = (struct prefix){ pb_addr(b), 32 };
                m->ap = (struct port_range){ 0, 65535 };
                m->bp = (struct port_range){ bport, bport ? bport : 65535 };
        }
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
}

static void test_defaults_and_limits(void **state)
{
        struct bench *t = *state;
        struct capture_def d;
        struct err e;
        char name[20];

        capture_def_init(&d, "c");
        assert_int_equal(d.buffer, 524288);
        assert_int_equal(d.packet_len, 1518);
        assert_int_equal(d.drop, -1);
        d.buffer = 1533;
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        assert_int_equal(e.code, ERR_RANGE);
        d.buffer = 33554433;
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        d.buffer = 1534;
        d.packet_len = 63;
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        d.packet_len = 9217;
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        d.packet_len = 64;
        for (int i = 0; i < CAPTURES_MAX; i++) {
                snprintf(d.name, sizeof d.name, "c%d", i);
                assert_int_equal(capture_put(t->w.caps, &d, &e), 0);
        }
        strcpy(d.name, "one-more");
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        assert_int_equal(capture_del(t->w.caps, "nope", &e), -1);
        assert_string_equal(e.text, "Capture <nope> does not exist");
        for (int i = CAPTURES_MAX - 1; i >= 0; i--) {
                snprintf(name, sizeof name, "c%d", i);
                assert_int_equal(capture_del(t->w.caps, name, &e), 0);
        }
        assert_int_equal(capture_clear(t->w.caps, "c0", &e), -1);
        assert_int_equal(capture_clear(t->w.caps, NULL, &e), 0);
}

static void test_matching(void **state)
{
        struct bench *t = *state;
        uint8_t f[100];

        define(t, "all", "", NULL, NULL, -1, 0);
        define(t, "in", "inside", NULL, NULL, -1, 0);
        define(t, "tcp", "", NULL, NULL, IPPROTO_TCP_, 0);
        define(t, "pair", "", "10.1.1.0", "10.2.2.2", IPPROTO_UDP_, 5060);
        define(t, "v6", "", "2001:db8::", NULL, -1, 0);
        udp(t, 1, "10.1.1.7", 4000, "10.2.2.2", 5060); /* all in pair */
        udp(t, 2, "10.2.2.2", 5060, "10.1.1.9", 4000); /* all pair, the other way */
        udp(t, 2, "10.2.2.2", 4000, "10.1.1.9", 5060); /* all: right addresses, port on the wrong side */
        udp(t, 1, "10.1.2.7", 4000, "10.2.2.2", 5060); /* all in */
        pkt_with(t, 3, f,
                 pb_tcp(f, sizeof f, "2001:db8::1", 1, "2001:db9::1", 2, PB_SYN, 0, 0, NULL, 0)); /* all tcp */
        pkt_with(t, 1, f, pb_arp(f, sizeof f, 1, pb_mac(1), "10.1.1.7", pb_mac(0), "10.1.1.1"));  /* all in */
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(pkts(t, "all"), 6);
        assert_int_equal(pkts(t, "in"), 3);
        assert_int_equal(pkts(t, "tcp"), 1);
        assert_int_equal(pkts(t, "pair"), 2);
        assert_int_equal(pkts(t, "v6"), 1);
        t->w.snap = NULL; /* before the first commit nothing has a name */
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(pkts(t, "all"), 12);
        assert_int_equal(pkts(t, "in"), 3);
        assert_int_equal(capture_clear(t->w.caps, "all", NULL), 0);
        assert_int_equal(pkts(t, "all"), 0);
        assert_int_equal(pkts(t, "in"), 3);
}

static void test_match_looks_at_the_wire(void **state)
{
        struct bench *t = *state;
        struct pkt *pk = udp(t, 1, "10.1.1.7", 4000, "10.2.2.2", 5060);
        struct addr stale = pb_addr("9.9.9.9");

        memcpy(pk->key.src, stale.w, sizeof stale.w); /* metadata of before a rewrite */
        define(t, "new", "outside", "10.1.1.0", NULL, -1, 0);
        define(t, "old", "outside", "9.9.9.0", NULL, -1, 0);
        capture_tx(&t->w, 2, pk);
        assert_int_equal(pkts(t, "new"), 1);
        assert_int_equal(pkts(t, "old"), 0);
}

static void test_contents(void **state)
{
        struct bench *t = *state;
        struct capture_def d;
        struct pkt *pk = udp(t, 1, "10.1.1.7", 4000, "10.2.2.2", 5060);
        struct pb_view v;

        capture_def_init(&d, "c");
        d.packet_len = 64;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        pk->rx_ns = 777;
        capture_in_stage(&t->w, &t->b);
        assert_true(capture_read(t->w.caps, "c", 0, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.wall_ns, 777);
        assert_int_equal(t->rec.len, pk->len);
        assert_int_equal(t->rec.caplen, pk->len);
        assert_false(t->rec.l3);
        assert_memory_equal(t->data, pkt_frame(pk), pk->len);
        capture_tx(&t->w, 2, pk);
        assert_true(capture_read(t->w.caps, "c", 1, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.wall_ns, 1000); /* leaving is now */
        assert_false(capture_read(t->w.caps, "c", 2, &t->rec, t->data, sizeof t->data));
        assert_false(capture_read(t->w.caps, "x", 0, &t->rec, t->data, sizeof t->data));
        pk->has_l2 = false;
        pkt_pull(pk, 14);
        capture_tx(&t->w, 2, pk);
        assert_true(capture_read(t->w.caps, "c", 2, &t->rec, t->data, sizeof t->data));
        assert_true(t->rec.l3);
        assert_true(pb_parse(t->data, t->rec.caplen, true, &v));
        assert_int_equal(v.sport, 4000);
        pk->len = 2000;
        capture_tx(&t->w, 2, pk);
        assert_true(capture_read(t->w.caps, "c", 3, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.caplen, 64);
        assert_int_equal(t->rec.len, 2000);
}

/* What the port took off or left open is put right in the copy; the packet itself stays as it is. */
static void test_tag_and_partial_sum(void **state)
{
        struct bench *t = *state;
        struct pb p = pb_of("10.1.1.7", 1000, "10.2.2.2", 443, IPPROTO_TCP_);
        static uint8_t pay[3000], f[3100], before[3100];
        struct pb_view v;
        struct pkt *pk;

        p.partial = true;
        p.pay = pay;
        p.npay = 3000;
        memset(pay, 0x5A, sizeof pay);
        pk = pkt_with(t, 1, f, pb_build(f, sizeof f, &p));
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)(pk->off + 34), .csum_offset = 16 };
        pk->vlan_tci = 0x1000 | 20;
        memcpy(before, pkt_frame(pk), pk->len);
        define(t, "c", "", NULL, NULL, -1, 0);
        t->w.caps->cap[0]->def.packet_len = 9216;
        capture_in_stage(&t->w, &t->b);
        assert_memory_equal(before, pkt_frame(pk), pk->len);
        assert_true(capture_read(t->w.caps, "c", 0, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.len, pk->len + 4);
        assert_true(pb_parse(t->data, t->rec.caplen, false, &v));
        assert_true(v.tagged);
        assert_int_equal(v.tci, 20);
        assert_int_equal(v.dport, 443);
        assert_true(v.l4_ok);
        /* cut in the middle the sum is still that of the whole */
        t->w.caps->cap[0]->def.packet_len = 100;
        memcpy(t->data + 5000, t->data, 100);
        capture_in_stage(&t->w, &t->b);
        assert_true(capture_read(t->w.caps, "c", 1, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.caplen, 100);
        assert_memory_equal(t->data, t->data + 5000, 100);
}

static void test_tag_left_in_frame(void **state)
{
        struct bench *t = *state;
        struct pb p = pb_of("10.1.1.7", 1000, "10.2.2.2", 443, IPPROTO_UDP_);
        uint8_t f[100];
        struct pkt *pk;

        p.tagged = true;
        p.tci = 20;
        pk = pkt_with(t, 1, f, pb_build(f, sizeof f, &p));
        pk->vlan_tci = 0x1000 | 20; /* the decoder noted it and left it there */
        define(t, "c", "", NULL, NULL, -1, 0);
        capture_in_stage(&t->w, &t->b);
        assert_true(capture_read(t->w.caps, "c", 0, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.len, pk->len);
        assert_memory_equal(t->data, f, pk->len);
}

static void small(struct bench *t, bool circular)
{
        struct capture_def d;

        capture_def_init(&d, "c");
        d.buffer = 1534;
        d.circular = circular;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        for (uint16_t i = 1; i <= 60; i++) {
                while (t->b.n)
                        pkt_put(t->b.pk[--t->b.n]);
                udp(t, 1, "10.1.1.7", i, "10.2.2.2", 5060); /* 52 bytes and 16: 22 fit */
                capture_in_stage(&t->w, &t->b);
        }
}

static uint16_t sport_at(struct bench *t, uint64_t idx)
{
        struct pb_view v;

        memset(t->data, 0, 100);
        assert_true(capture_read(t->w.caps, "c", idx, &t->rec, t->data, sizeof t->data));
        assert_true(pb_parse(t->data, t->rec.caplen, false, &v));
        assert_true(v.l4_ok);
        return v.sport;
}

static void test_linear_stops(void **state)
{
        struct bench *t = *state;
        struct capture_stat st[CAPTURES_MAX];
        struct capture_def d;

        small(t, false);
        assert_int_equal(capture_list(t->w.caps, st), 1);
        assert_int_equal(st[0].pkts, 22);
        assert_int_equal(st[0].bytes, 22 * 68);
        assert_true(st[0].full);
        for (uint64_t i = 0; i < 22; i++)
                assert_int_equal(sport_at(t, i), i + 1);
        /* a larger buffer keeps what was captured and goes on */
        d = st[0].def;
        d.buffer = 1600;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        capture_in_stage(&t->w, &t->b);
        capture_list(t->w.caps, st);
        assert_int_equal(st[0].pkts, 23);
        assert_int_equal(sport_at(t, 22), 60);
        assert_int_equal(sport_at(t, 0), 1);
        assert_int_equal(capture_clear(t->w.caps, "c", NULL), 0);
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(pkts(t, "c"), 1);
}

static void test_circular_keeps_the_newest(void **state)
{
        struct bench *t = *state;
        struct capture_stat st[CAPTURES_MAX];
        struct capture_def d;

        small(t, true);
        capture_list(t->w.caps, st);
        assert_int_equal(st[0].pkts, 22);
        assert_false(st[0].full);
        for (uint64_t i = 0; i < 22; i++)
                assert_int_equal(sport_at(t, i), 39 + i);
        assert_int_equal(sport_at(t, 20), 59);
        assert_int_equal(sport_at(t, 3), 42); /* backwards */
        /* the remembered place survives that the oldest go away under it */
        assert_int_equal(sport_at(t, 4), 43);
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(sport_at(t, 5), 45);
        assert_int_equal(sport_at(t, 0), 40);
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(sport_at(t, 0), 41);
        d = st[0].def;
        d.circular = false;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        assert_int_equal(sport_at(t, 0), 41);
        assert_int_equal(pkts(t, "c"), 22);
}

static void test_drops(void **state)
{
        struct bench *t = *state;
        struct pkt *pk = udp(t, 1, "10.1.1.7", 4000, "10.2.2.2", 5060);
        struct capture_def d;

        capture_def_init(&d, "all");
        d.type = CAPTURE_ASP_DROP;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        strcpy(d.name, "acl");
        d.drop = DROP_ACL;
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        define(t, "raw", "", NULL, NULL, -1, 0);
        capture_drop(&t->w, pk, DROP_TTL);
        capture_drop(&t->w, pk, DROP_ACL);
        assert_int_equal(pkts(t, "all"), 2);
        assert_int_equal(pkts(t, "acl"), 1);
        assert_int_equal(pkts(t, "raw"), 0);
        assert_true(capture_read(t->w.caps, "all", 0, &t->rec, t->data, sizeof t->data));
        assert_int_equal(t->rec.drop, DROP_TTL);
        capture_in_stage(&t->w, &t->b);
        assert_int_equal(pkts(t, "all"), 2);
        assert_int_equal(pkts(t, "raw"), 1);
        assert_int_equal(capture_del(t->w.caps, "all", NULL), 0);
        capture_drop(&t->w, pk, DROP_ACL);
        assert_int_equal(pkts(t, "acl"), 2);
}

static struct flow_key key_of(uint16_t iface, const char *src, const char *dst)
{
        struct addr a = pb_addr(src), b = pb_addr(dst);
        struct flow_key k = {
                .iface = iface, .proto = IPPROTO_TCP_, .fam = (uint8_t)a.fam, .sport = 2443, .dport = 5061
        };

        memcpy(k.src, a.w, sizeof a.w);
        memcpy(k.dst, b.w, sizeof b.w);
        return k;
}

static void test_cleartext(void **state)
{
        struct bench *t = *state;
        struct flow_key k = key_of(2, "10.1.1.7", "10.2.2.2"), k6 = key_of(2, "2001:db8::1", "2001:db8::2");
        struct capture_def d;
        static uint8_t text[3001];
        uint32_t seq = 0xFFFFFFF0;
        struct pb_view v;

        memset(text, 'a', sizeof text);
        capture_cleartext(t->w.caps, &t->net, &k, &seq, 9, text, 16, 5);
        assert_int_equal(seq, 0); /* runs on unseen, too */
        capture_def_init(&d, "c");
        d.type = CAPTURE_TLS_PROXY;
        strcpy(d.nameif, "outside");
        assert_int_equal(capture_put(t->w.caps, &d, NULL), 0);
        capture_cleartext(t->w.caps, &t->net, &k, &seq, 9, text, sizeof text, 5);
        assert_int_equal(seq, 3001);
        k.iface = 1;
        capture_cleartext(t->w.caps, &t->net, &k, &seq, 9, text, sizeof text, 5);
        capture_cleartext(t->w.caps, &t->net, &k6, &seq, 9, "z", 1, 5);
        assert_int_equal(pkts(t, "c"), 4);
        assert_true(capture_read(t->w.caps, "c", 2, &t->rec, t->data, sizeof t->data));
        assert_true(pb_parse(t->data, t->rec.caplen, false, &v));
        assert_true(v.ip_ok && v.l4_ok);
        assert_int_equal(v.seq, 2920);
        assert_int_equal(v.ack, 9);
        assert_int_equal(v.npay, 81);
        assert_int_equal(v.sport, 2443);
        assert_int_equal(v.dst.v4, 0x0A020202);
        assert_int_equal(v.flags, PB_PSH | PB_ACK);
        assert_int_equal(v.pay[80], 'a');
        assert_true(capture_read(t->w.caps, "c", 3, &t->rec, t->data, sizeof t->data));
        assert_true(pb_parse(t->data, t->rec.caplen, false, &v));
        assert_true(v.l4_ok && v.src.fam == ADDR_V6);
        assert_int_equal(v.seq, 6002);
}

/* Whatever is cut off, the tuple says no more than what is there. */
static void test_tuple_prefixes(void **state)
{
        struct pb p = pb_of("10.1.1.7", 1000, "10.2.2.2", 443, IPPROTO_UDP_);
        uint8_t f[100], *cut;
        struct capture_tuple t;
        size_t n;

        (void)state;
        p.tagged = true;
        p.ipopt = "\1\1\1\1";
        p.nipopt = 4;
        n = pb_build(f, sizeof f, &p);
        for (size_t i = 0; i <= n; i++) {
                cut = malloc(i ? i : 1);
                memcpy(cut, f, i);
                capture_tuple_of(cut, i, false, &t);
                assert_int_equal(t.src.fam, i >= 38 ? ADDR_V4 : ADDR_NONE);
                assert_int_equal(t.ports, i >= 46);
                assert_int_equal(t.dport, i >= 46 ? 443 : 0);
                free(cut);
        }
        f[18 + 7] = 1; /* a later fragment */
        capture_tuple_of(f, n, false, &t);
        assert_int_equal(t.proto, IPPROTO_UDP_);
        assert_false(t.ports);
        capture_tuple_of(f + 18, n - 18, true, &t);
        assert_int_equal(t.src.v4, 0x0A010107);
}

static void test_out_of_memory(void **state)
{
        struct bench *t = *state;
        struct capture_def d;
        struct err e;
        uint64_t live = mem_live_blocks();

        capture_def_init(&d, "c");
        for (unsigned n = 1; n <= 2; n++) {
                mem_fail_nth(n, false);
                assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
                assert_int_equal(e.code, ERR_NOMEM);
                assert_int_equal(mem_live_blocks(), live);
        }
        mem_fail_nth(0, false);
        assert_int_equal(capture_put(t->w.caps, &d, &e), 0);
        udp(t, 1, "10.1.1.7", 4000, "10.2.2.2", 5060);
        capture_in_stage(&t->w, &t->b);
        d.buffer = 100000;
        mem_fail_nth(1, false);
        assert_int_equal(capture_put(t->w.caps, &d, &e), -1);
        mem_fail_nth(0, false);
        assert_int_equal(pkts(t, "c"), 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_defaults_and_limits),
                T(test_matching),
                T(test_match_looks_at_the_wire),
                T(test_contents),
                T(test_tag_and_partial_sum),
                T(test_tag_left_in_frame),
                T(test_linear_stops),
                T(test_circular_keeps_the_newest),
                T(test_drops),
                T(test_cleartext),
                T(test_tuple_prefixes),
                T(test_out_of_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
