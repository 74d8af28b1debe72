/* Header edits: what changes, what stays, and that every checksum is right afterwards. */
#include "nat/rewrite.h"

#include <stdlib.h>

#include "platform/net/csum.h"
#include "platform/net/decode.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define FRAME_MAX 1600

struct bench {
        struct pkt_pool *pool;
        struct pkt *pk;
        uint64_t state; /* of the random packets */
};

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);

        b->pool = pkt_pool_new(4, 1);
        b->state = 88172645463325252u;
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        if (b->pk)
                pkt_put(b->pk);
        pkt_pool_free(b->pool);
        free(b);
        return 0;
}

static uint32_t draw(struct bench *b)
{
        b->state ^= b->state << 13;
        b->state ^= b->state >> 7;
        b->state ^= b->state << 17;
        return (uint32_t)(b->state >> 16);
}

static struct pkt *load(struct bench *b, const void *frame, size_t n)
{
        if (b->pk)
                pkt_put(b->pk);
        b->pk = pkt_get(b->pool, (uint32_t)n);
        assert_non_null(b->pk);
        memcpy(pkt_frame(b->pk), frame, n);
        b->pk->len = (uint32_t)n;
        b->pk->iface = 1;
        b->pk->has_l2 = true;
        assert_int_equal(decode_frame(b->pk), DROP_NONE);
        return b->pk;
}

static struct pkt *load_partial(struct bench *b, const void *frame, size_t n, uint16_t csum_offset)
{
        struct pkt *pk = load(b, frame, n);

        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)pk->l4, .csum_offset = csum_offset };
        return pk;
}

static struct pb_view view(const struct pkt *pk)
{
        struct pb_view v;

        assert_true(pb_parse(pkt_frame(pk), pk->len, false, &v));
        return v;
}

static struct flow_key key(const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t proto)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);
        struct flow_key k = { .proto = proto, .fam = (uint8_t)s.fam, .sport = sport, .dport = dport };

        memcpy(k.src, s.w, sizeof k.src);
        memcpy(k.dst, d.w, sizeof k.dst);
        return k;
}

static void assert_header(const struct pkt *pk, const struct flow_key *k)
{
        struct pb_view v = view(pk);
        struct addr src = flow_src(k), dst = flow_dst(k);

        assert_true(addr_eq(&v.src, &src) && addr_eq(&v.dst, &dst));
        assert_int_equal(v.sport, k->sport);
        assert_int_equal(v.dport, k->dport);
        assert_true(v.ip_ok);
        assert_memory_equal(pk->key.src, k->src, sizeof k->src);
        assert_memory_equal(pk->key.dst, k->dst, sizeof k->dst);
        assert_int_equal(pk->key.sport, k->sport);
        assert_int_equal(pk->key.dport, k->dport);
        assert_int_equal(pk->key.iface, 1);
}

static void test_tcp_full(void **state)
{
        struct bench *b = *state;
        struct flow_key k = key("198.51.100.7", 40000, "10.1.1.2", 5443, IPPROTO_TCP_);
        uint8_t f[FRAME_MAX];
        size_t n = pb_tcp(f, sizeof f, "203.0.113.7", 49152, "192.0.2.140", 443, PB_ACK, 1, 2, "hello", 5);
        struct pkt *pk = load(b, f, n);

        rewrite_packet(pk, &k);
        assert_header(pk, &k);
        assert_true(view(pk).l4_ok);
        assert_memory_equal(view(pk).pay, "hello", 5);
}

static void test_tcp_partial(void **state)
{
        struct bench *b = *state;
        struct flow_key k = key("198.51.100.7", 40000, "10.1.1.2", 5443, IPPROTO_TCP_);
        struct pb p = pb_of("203.0.113.7", 49152, "192.0.2.140", 443, IPPROTO_TCP_);
        uint8_t f[FRAME_MAX];

        p.flags = PB_ACK;
        p.partial = true;
        p.pay = "hello";
        p.npay = 5;
        struct pkt *pk = load_partial(b, f, pb_build(f, sizeof f, &p), 16);

        rewrite_packet(pk, &k);
        assert_header(pk, &k);
        assert_true(view(pk).l4_partial);
        csum_complete(pkt_frame(pk), pk->len, pk->l4 - pk->off, 16);
        assert_true(view(pk).l4_ok);
}

static void test_udp_zero_stays_zero(void **state)
{
        struct bench *b = *state;
        struct flow_key k = key("198.51.100.7", 40000, "10.1.1.2", 69, IPPROTO_UDP_);
        struct pb p = pb_of("203.0.113.7", 49152, "192.0.2.140", 6969, IPPROTO_UDP_);
        uint8_t f[FRAME_MAX];

        p.no_csum = true;
        struct pkt *pk = load(b, f, pb_build(f, sizeof f, &p));

        rewrite_packet(pk, &k);
        assert_header(pk, &k);
        assert_int_equal(view(pk).l4_csum, 0);
}

/* Among all source ports there is exactly one whose sum comes out as zero; it must be written as ones. */
static void test_udp_result_zero_is_ones(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n = pb_udp(f, sizeof f, "203.0.113.7", 49152, "192.0.2.140", 69, "x", 1);
        struct flow_key k = key("203.0.113.7", 0, "192.0.2.140", 69, IPPROTO_UDP_);
        unsigned ones = 0;

        for (uint32_t port = 1; port < 65536; port++) {
                struct pkt *pk = load(b, f, n);

                k.sport = (uint16_t)port;
                rewrite_packet(pk, &k);
                assert_int_not_equal(view(pk).l4_csum, 0);
                assert_true(view(pk).l4_ok);
                ones += view(pk).l4_csum == 0xFFFF;
        }
        assert_int_equal(ones, 1);
}

static void test_echo_id(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n = pb_echo(f, sizeof f, "10.1.1.5", "203.0.113.7", false, 77, 3);
        struct flow_key k = key("192.0.2.9", 1234, "203.0.113.7", 0, IPPROTO_ICMP_);
        struct pkt *pk = load(b, f, n);

        rewrite_packet(pk, &k);
        assert_int_equal(view(pk).icmp_rest, 1234u << 16 | 3);
        assert_true(view(pk).l4_ok && view(pk).ip_ok);
        n = pb_echo(f, sizeof f, "203.0.113.7", "192.0.2.9", true, 1234, 3);
        k = key("203.0.113.7", 0, "10.1.1.5", 77, IPPROTO_ICMP_);
        pk = load(b, f, n);
        rewrite_packet(pk, &k);
        assert_int_equal(view(pk).icmp_rest, 77u << 16 | 3);
        assert_true(view(pk).l4_ok && view(pk).ip_ok);
}

static void random_key(struct bench *b, struct flow_key *k)
{
        k->src[0] = 0x0B000000 | (draw(b) & 0xFFFFFF);
        k->dst[0] = 0x62000000 | (draw(b) & 0xFFFFFF);
        k->sport = (uint16_t)draw(b) | 1;
        k->dport = (uint16_t)draw(b) | 1;
        if (k->proto == IPPROTO_ICMP_)
                k->dport = 0;
}

static size_t random_frame(struct bench *b, uint8_t *f)
{
        static const uint8_t protos[] = { IPPROTO_TCP_, IPPROTO_UDP_, IPPROTO_ICMP_ };
        static const uint8_t edge[] = { 0, 0xFF };
        struct pb p = pb_of("10.0.0.1", (uint16_t)draw(b), "10.0.0.2", (uint16_t)draw(b), protos[draw(b) % 3]);
        uint8_t pay[64];

        for (unsigned i = 0; i < sizeof pay; i++)
                pay[i] = draw(b) % 4 ? (uint8_t)draw(b) : edge[draw(b) % 2];
        p.src.v4 = 0x0A000000 | (draw(b) & 0xFFFFFF);
        p.dst.v4 = 0xC0000000 | (draw(b) & 0xFFFFFF);
        p.flags = PB_ACK;
        p.seq = draw(b);
        p.ack = draw(b);
        p.icmp_type = 8;
        p.icmp_rest = draw(b);
        p.id = (uint16_t)draw(b);
        p.tos = (uint8_t)draw(b);
        p.pay = pay;
        p.npay = draw(b) % sizeof pay;
        return pb_build(f, FRAME_MAX, &p);
}

/* Incremental equals full; there and back are the original bytes. */
static void test_random_there_and_back(void **state)
{
        struct bench *b = *state;

        for (unsigned round = 0; round < 20000; round++) {
                uint8_t f[FRAME_MAX];
                size_t n = random_frame(b, f);
                struct pkt *pk = load(b, f, n);
                struct flow_key was = pk->key, to = was;

                random_key(b, &to);
                rewrite_packet(pk, &to);
                assert_true(view(pk).ip_ok && view(pk).l4_ok);
                assert_int_equal(decode_frame(pk), DROP_NONE);
                assert_memory_equal(&pk->key.src, &to.src, sizeof to.src);
                assert_int_equal(pk->key.sport, to.sport);
                assert_int_equal(pk->key.dport, to.dport);
                rewrite_packet(pk, &was);
                assert_memory_equal(pkt_frame(pk), f, n);
        }
}

/* A wrong checksum is not made right: the damage stays visible to the receiver. */
static void test_damage_is_kept(void **state)
{
        struct bench *b = *state;
        struct flow_key k = key("198.51.100.7", 40000, "10.1.1.2", 5443, IPPROTO_TCP_);
        uint8_t f[FRAME_MAX];
        size_t n = pb_tcp(f, sizeof f, "203.0.113.7", 49152, "192.0.2.140", 443, PB_ACK, 1, 2, "hello", 5);
        struct pkt *pk = load(b, f, n);

        pkt_frame(pk)[n - 1] ^= 0x40;
        rewrite_packet(pk, &k);
        assert_false(view(pk).l4_ok);
}

static struct pkt *load_syn(struct bench *b, const void *opt, size_t nopt)
{
        struct pb p = pb_of("203.0.113.7", 49152, "192.0.2.140", 443, IPPROTO_TCP_);
        uint8_t f[FRAME_MAX];

        p.flags = PB_SYN;
        p.opt = opt;
        p.nopt = nopt;
        return load(b, f, pb_build(f, sizeof f, &p));
}

static void test_mss(void **state)
{
        struct bench *b = *state;
        static const uint8_t even[] = { 2, 4, 0x05, 0xB4, 1, 1, 4, 2 };
        static const uint8_t odd[] = { 1, 2, 4, 0x05, 0xB4, 1, 1, 1 };
        static const uint8_t cut[] = { 1, 1, 1, 2 };
        static const uint8_t lies[] = { 3, 0, 2, 4, 5, 0xB4, 1, 1 };
        struct pkt *pk = load_syn(b, even, sizeof even);

        rewrite_mss(pk, 1380);
        assert_true(view(pk).l4_ok);
        assert_memory_equal(view(pk).opt + 2, "\x05\x64", 2);
        rewrite_mss(pk, 1400); /* never up */
        assert_memory_equal(view(pk).opt + 2, "\x05\x64", 2);
        pk = load_syn(b, odd, sizeof odd);
        rewrite_mss(pk, 1380);
        assert_true(view(pk).l4_ok);
        assert_memory_equal(view(pk).opt + 3, "\x05\x64", 2);
        pk = load_syn(b, cut, sizeof cut);
        rewrite_mss(pk, 500);
        assert_memory_equal(view(pk).opt, cut, sizeof cut);
        pk = load_syn(b, lies, sizeof lies);
        rewrite_mss(pk, 500);
        assert_memory_equal(view(pk).opt, lies, sizeof lies);
        pk = load_syn(b, NULL, 0);
        rewrite_mss(pk, 500);
        assert_true(view(pk).l4_ok);
}

static void test_dscp(void **state)
{
        struct bench *b = *state;
        struct pb p = pb_of("203.0.113.7", 1, "192.0.2.140", 2, IPPROTO_UDP_);
        uint8_t f[FRAME_MAX];

        p.tos = 0x03; /* ECN stays */
        struct pkt *pk = load(b, f, pb_build(f, sizeof f, &p));

        rewrite_dscp(pk, 46);
        assert_int_equal(view(pk).tos, 46 << 2 | 3);
        assert_true(view(pk).ip_ok);
        assert_int_equal(pk->dscp, 46);
}

/* ---- ICMP errors ---- */

/* An error from `from` to `to` that quotes the first nquote bytes of the datagram of p. */
static struct pkt *load_error(struct bench *b, const char *from, const char *to, const struct pb *p, size_t nquote)
{
        uint8_t inner[FRAME_MAX], f[FRAME_MAX];
        struct pb q = *p;
        size_t n;

        q.l3 = true;
        n = pb_build(inner, sizeof inner, &q);
        assert_true(n > 0);
        n = pb_icmp_error(f, sizeof f, from, to, 3, 3, 0, inner, MIN_OF(n, nquote));
        return load(b, f, n);
}

static void check_error(struct bench *b, const struct pb *p, size_t nquote)
{
        struct pkt *pk = load_error(b, "203.0.113.7", "192.0.2.9", p, nquote);
        struct flow_key k = key("10.1.1.5", 3333, "203.0.113.7", 53, p->proto);
        struct addr src = pb_addr("203.0.113.7"), dst = pb_addr("10.1.1.5");
        struct icmp_quote q;
        struct pb_view v;

        if (p->proto == IPPROTO_ICMP_)
                k.dport = 0;
        rewrite_icmp_error(pk, &src, &dst, &k);
        v = view(pk);
        assert_true(v.ip_ok && v.l4_ok);
        assert_true(addr_eq(&v.dst, &dst) && addr_eq(&v.src, &src));
        assert_int_equal(decode_frame(pk), DROP_NONE);
        assert_true(decode_icmp_quote(pk, &q));
        assert_memory_equal(q.key.src, k.src, sizeof k.src);
        assert_memory_equal(q.key.dst, k.dst, sizeof k.dst);
        assert_int_equal(q.key.sport, k.sport);
        assert_int_equal(q.key.dport, k.dport);
        assert_int_equal(pb_csum(pk->buf + q.l3, q.l4 - q.l3), 0);
}

static void test_quotes_of_every_length(void **state)
{
        struct bench *b = *state;
        static const uint8_t protos[] = { IPPROTO_TCP_, IPPROTO_UDP_, IPPROTO_ICMP_ };

        for (unsigned i = 0; i < ARRAY_LEN(protos); i++) {
                struct pb p = pb_of("192.0.2.9", 61000, "203.0.113.7", 53, protos[i]);

                p.flags = PB_SYN;
                p.icmp_type = 8;
                p.icmp_rest = 61000u << 16 | 9;
                p.pay = "some payload of an odd length..";
                p.npay = 31;
                if (p.proto == IPPROTO_ICMP_)
                        p.sport = p.dport = 0;
                for (size_t n = 28; n < 80; n++)
                        check_error(b, &p, n);
        }
}

/* The whole quoted packet must be as its sender made it, its own checksum included. */
static void test_quote_is_what_was_sent(void **state)
{
        struct bench *b = *state;
        uint8_t sent[FRAME_MAX];
        struct pb out = pb_of("192.0.2.9", 61000, "203.0.113.7", 53, IPPROTO_UDP_);
        struct pb in = pb_of("10.1.1.5", 3333, "203.0.113.7", 53, IPPROTO_UDP_);
        struct flow_key k = key("10.1.1.5", 3333, "203.0.113.7", 53, IPPROTO_UDP_);
        struct addr src = pb_addr("203.0.113.1"), dst = pb_addr("10.1.1.5");
        size_t n;

        out.pay = in.pay = "question";
        out.npay = in.npay = 8;
        in.l3 = true;
        n = pb_build(sent, sizeof sent, &in);
        struct pkt *pk = load_error(b, "203.0.113.1", "192.0.2.9", &out, 1000);

        rewrite_icmp_error(pk, &src, &dst, &k);
        assert_true(view(pk).l4_ok);
        assert_int_equal(view(pk).npay, n);
        assert_memory_equal(view(pk).pay, sent, n);
}

/* An unusable quote (too short) leaves it alone; the outer header is still right. */
static void test_short_quote(void **state)
{
        struct bench *b = *state;
        struct pb p = pb_of("192.0.2.9", 61000, "203.0.113.7", 53, IPPROTO_UDP_);
        struct flow_key k = key("10.1.1.5", 3333, "203.0.113.7", 53, IPPROTO_UDP_);
        struct addr src = pb_addr("203.0.113.1"), dst = pb_addr("10.1.1.5");
        struct pkt *pk = load_error(b, "203.0.113.1", "192.0.2.9", &p, 24);
        uint8_t before[24];

        memcpy(before, view(pk).pay, sizeof before);
        rewrite_icmp_error(pk, &src, &dst, &k);
        assert_true(view(pk).ip_ok && view(pk).l4_ok);
        assert_memory_equal(view(pk).pay, before, sizeof before);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_tcp_full),
                T(test_tcp_partial),
                T(test_udp_zero_stays_zero),
                T(test_udp_result_zero_is_ones),
                T(test_echo_id),
                T(test_random_there_and_back),
                T(test_damage_is_kept),
                T(test_mss),
                T(test_dscp),
                T(test_quotes_of_every_length),
                T(test_quote_is_what_was_sent),
                T(test_short_quote),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
