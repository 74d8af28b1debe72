/* Two packet ports on the ends of a veth pair in a namespace of the test's own. */
#include <poll.h>
#include <sys/socket.h>

#include "platform/net/link.h"
#include "platform/net/port.h"
#include "tests/support/netns.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

struct bench {
        struct pkt_pool *pool;
        struct port *a, *b;
        struct burst out, in;
};

static void open_pair(struct bench *t)
{
        struct err e;

        memset(t, 0, sizeof *t);
        CHECK(link_add_veth("va", "vb", &e) == 0);
        CHECK(link_up("va", 0, 0, false, &e) == 0 && link_up("vb", 0, 0, false, &e) == 0);
        t->pool = pkt_pool_new(4096, 8);
        t->a = port_afpacket_open("va", -1, &clock_system, &e);
        if (!t->a)
                fprintf(stderr, "%s\n", e.text);
        CHECK(t->pool && t->a);
        t->b = port_afpacket_open("vb", -1, &clock_system, &e);
        CHECK(t->b);
}

static void clear(struct burst *b)
{
        while (b->n)
                pkt_put(b->pk[--b->n]);
}

/* The kernel tells of carrier a little later than it has it; a quiet port looks once in 64 times. */
static bool link_becomes(struct bench *t, struct port *p, bool up)
{
        for (int i = 0; i < 64 * 5000 && p->link != up; i++) {
                p->ops->rx(p, t->pool, &t->in);
                clear(&t->in);
                if (i % 64 == 63)
                        poll(NULL, 0, 1);
        }
        return p->link == up;
}

static struct pkt *put(struct bench *t, const void *frame, size_t n)
{
        struct pkt *pk = pkt_get(t->pool, (uint32_t)n);

        CHECK(pk);
        memcpy(pkt_frame(pk), frame, n);
        pk->len = (uint32_t)n;
        t->out.pk[t->out.n++] = pk;
        return pk;
}

/* IPv6 of the namespace may speak up on a fresh device: only what was sent to our port 7777 counts. */
static bool ours(const struct pkt *pk)
{
        struct pb_view v;

        return pb_parse(pkt_frame(pk), pk->len, false, &v) && v.dport == 7777;
}

static void receive(struct bench *t, struct port *p, unsigned want)
{
        for (int round = 0; round < 6000 && t->in.n < want; round++) {
                struct pollfd pfd = { .fd = p->ops->fd(p), .events = POLLIN };
                unsigned n = 0;

                p->ops->rx(p, t->pool, &t->in);
                for (unsigned i = 0; i < t->in.n; i++) {
                        if (ours(t->in.pk[i]))
                                t->in.pk[n++] = t->in.pk[i];
                        else
                                pkt_put(t->in.pk[i]);
                }
                t->in.n = n;
                if (n < want)
                        poll(&pfd, 1, 10);
        }
        CHECK(t->in.n == want);
}

static struct pkt *put_udp(struct bench *t, uint16_t sport)
{
        uint8_t f[100];

        return put(t, f, pb_udp(f, sizeof f, "10.0.0.1", sport, "10.0.0.2", 7777, "payload", 7));
}

static void burst_both_ways(void *arg)
{
        struct bench t;
        uint8_t f[100];

        (void)arg;
        open_pair(&t);
        CHECK(t.a->mtu == 1500 && !t.a->l3 && link_becomes(&t, t.a, true));
        CHECK(memcmp(t.a->mac.b, t.b->mac.b, 6) != 0);
        for (uint16_t i = 0; i < 64; i++)
                put_udp(&t, i);
        memcpy(f, pkt_frame(t.out.pk[63]), t.out.pk[63]->len);
        t.a->ops->tx(t.a, &t.out);
        CHECK(t.out.n == 0 && t.a->stat.tx_pkts == 64 && t.a->stat.tx_drop == 0);
        receive(&t, t.b, 64);
        CHECK(t.in.pk[63]->len == 49 && memcmp(pkt_frame(t.in.pk[63]), f, 49) == 0);
        CHECK(t.in.pk[0]->has_l2 && !t.in.pk[0]->csum.partial && t.in.pk[0]->rx_ns > 1500000000ull * 1000000000);
        t.b->ops->tx(t.b, &t.in);
        receive(&t, t.a, 64);
        clear(&t.in);
        CHECK(pkt_pool_used(t.pool) == 0);
        t.a->ops->close(t.a);
        t.b->ops->close(t.b);
        pkt_pool_free(t.pool);
}

static void test_burst_both_ways(void **state)
{
        (void)state;
        NETNS_TEST(burst_both_ways, NULL);
}

/* What others send out of the same device is no frame received on it. */
static void only_received(void *arg)
{
        struct bench t;
        struct port *other;

        (void)arg;
        open_pair(&t);
        other = port_afpacket_open("va", -1, &clock_system, NULL);
        CHECK(other);
        put_udp(&t, 1);
        other->ops->tx(other, &t.out);
        receive(&t, t.b, 1);
        clear(&t.in);
        while (t.a->ops->rx(t.a, t.pool, &t.in)) {
                for (unsigned i = 0; i < t.in.n; i++)
                        CHECK(!ours(t.in.pk[i]));
                clear(&t.in);
        }
}

static void test_only_received(void **state)
{
        (void)state;
        NETNS_TEST(only_received, NULL);
}

static void put_super(struct bench *t, uint16_t sport, const uint8_t *pay, size_t n)
{
        static uint8_t f[66000];
        struct pb p = pb_of("10.0.0.1", sport, "10.0.0.2", 7777, IPPROTO_TCP_);
        struct pkt *pk;

        p.partial = true;
        p.flags = PB_ACK;
        p.pay = pay;
        p.npay = n;
        pk = put(t, f, pb_build(f, sizeof f, &p));
        pk->csum = (struct pkt_csum){ .partial = true,
                                      .gso_type = 1,
                                      .gso_size = 1400,
                                      .csum_start = (uint16_t)(pk->off + 34),
                                      .csum_offset = 16 };
}

static void super_frames(void *arg)
{
        static uint8_t pay[60000];
        struct bench t;
        struct pkt_pool *poor;
        struct pb_view v;
        const struct pkt *pk;

        (void)arg;
        open_pair(&t);
        for (size_t i = 0; i < sizeof pay; i++)
                pay[i] = (uint8_t)(i * 7 + i / 251);
        put_udp(&t, 1);
        put_super(&t, 2, pay, sizeof pay);
        put_udp(&t, 3);
        t.a->ops->tx(t.a, &t.out);
        CHECK(t.a->stat.tx_drop == 0);
        receive(&t, t.b, 3);
        pk = t.in.pk[1];
        CHECK(pb_parse(pkt_frame(pk), pk->len, false, &v));
        CHECK(v.sport == 2 && v.npay == sizeof pay && memcmp(v.pay, pay, sizeof pay) == 0);
        CHECK(pk->csum.partial && pk->csum.gso_type == 1 && pk->csum.gso_size == 1400);
        CHECK(pk->csum.csum_start == pk->off + 34 && pk->csum.csum_offset == 16 && v.l4_partial);
        CHECK(pb_parse(pkt_frame(t.in.pk[2]), t.in.pk[2]->len, false, &v) && v.sport == 3);
        clear(&t.in);

        /* without a buffer one is lost and counted; the next comes whole and is the right one */
        put_super(&t, 4, pay, 20000);
        put_super(&t, 5, pay + 1, 30000);
        put_udp(&t, 6);
        t.a->ops->tx(t.a, &t.out);
        poor = t.pool;
        t.pool = pkt_pool_new(70, 1);
        pk = pkt_get(t.pool, PKT_BIG_FRAME);
        t.in.n = BURST_MAX - 1; /* take one slot, with no big buffer free */
        for (unsigned i = 0; i < t.in.n; i++)
                t.in.pk[i] = pkt_get(t.pool, 1);
        t.b->ops->rx(t.b, t.pool, &t.in);
        CHECK(t.b->stat.rx_nobuf >= 1);
        clear(&t.in);
        pkt_put((struct pkt *)(uintptr_t)pk);
        pkt_pool_free(t.pool);
        t.pool = poor;
        put_super(&t, 7, pay + 1, 30000);
        t.a->ops->tx(t.a, &t.out);
        receive(&t, t.b, 1);
        CHECK(pb_parse(pkt_frame(t.in.pk[0]), t.in.pk[0]->len, false, &v));
        CHECK(v.sport == 7 && v.npay == 30000 && memcmp(v.pay, pay + 1, 30000) == 0);
        CHECK(t.b->stat.rx_trunc == 0);
}

static void test_super_frames(void **state)
{
        (void)state;
        NETNS_TEST(super_frames, NULL);
}

enum { SMALL = 172, LARGE = 700 }; /* payloads: the port adds up the one itself, the other it leaves to the kernel */

static struct pkt *put_partial(struct bench *t, uint16_t sport, size_t npay)
{
        static const uint8_t pay[LARGE] = "some words to be added up";
        struct pb p = pb_of("10.0.0.1", sport, "10.0.0.2", 7777, IPPROTO_UDP_);
        uint8_t f[LARGE + 50];
        struct pkt *pk;

        p.partial = true;
        p.pay = pay;
        p.npay = npay;
        pk = put(t, f, pb_build(f, sizeof f, &p));
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)(pk->off + 34), .csum_offset = 6 };
        return pk;
}

/* A small frame needs no header in front, a large one does; in one burst they keep their order. */
static void sums_of_small_frames(void *arg)
{
        static uint8_t pay[20000];
        static const bool left[] = { false, false, true, true, false, false };
        struct bench t;
        struct pb_view v;

        (void)arg;
        open_pair(&t);
        put_udp(&t, 1);
        put_partial(&t, 2, SMALL);
        put_partial(&t, 3, LARGE);
        put_super(&t, 4, pay, sizeof pay);
        put_partial(&t, 5, SMALL);
        put_udp(&t, 6);
        t.a->ops->tx(t.a, &t.out);
        CHECK(t.a->stat.tx_pkts == 6 && t.a->stat.tx_drop == 0);
        receive(&t, t.b, 6);
        for (unsigned i = 0; i < 6; i++) {
                CHECK(pb_parse(pkt_frame(t.in.pk[i]), t.in.pk[i]->len, false, &v) && v.sport == i + 1);
                CHECK(t.in.pk[i]->csum.partial == left[i] && (left[i] || v.l4_ok));
        }
        CHECK(t.a->stat.tx_bytes == t.b->stat.rx_bytes);
        clear(&t.in);
        port_afpacket_plain(t.a, -1); /* with one socket only the kernel is told of every sum */
        put_partial(&t, 7, SMALL);
        put_udp(&t, 8);
        t.a->ops->tx(t.a, &t.out);
        receive(&t, t.b, 2);
        CHECK(t.in.pk[0]->csum.partial && !t.in.pk[1]->csum.partial);
}

static void test_sums_of_small_frames(void **state)
{
        (void)state;
        NETNS_TEST(sums_of_small_frames, NULL);
}

static void partial_and_tags(void *arg)
{
        static const uint8_t pay[LARGE];
        struct bench t;
        struct pb p = pb_of("10.0.0.1", 1, "10.0.0.2", 7777, IPPROTO_UDP_);
        struct pb_view v;
        uint8_t f[LARGE + 100], tag[4] = { 0x88, 0xa8, 0x00, 0x07 };
        struct pkt *pk;
        size_t n;

        (void)arg;
        open_pair(&t);
        p.partial = true;
        p.tagged = true;
        p.pay = pay;
        p.npay = sizeof pay;
        p.tci = 0x6014; /* priority 3, VLAN 20 */
        n = pb_build(f, sizeof f, &p);
        pk = put(&t, f, n);
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)(pk->off + 38), .csum_offset = 6 };
        t.a->ops->tx(t.a, &t.out);
        receive(&t, t.b, 1);
        pk = t.in.pk[0];
        CHECK(pk->len == n - 4 && pk->vlan_tci == (0x1000 | 0x6014));
        CHECK(pb_parse(pkt_frame(pk), pk->len, false, &v) && !v.tagged);
        CHECK(pk->csum.partial && pk->csum.csum_start == pk->off + 34 && pk->csum.csum_offset == 6);
        clear(&t.in);
        /* a service tag is nothing we know: it must not look like a plain VLAN */
        p.partial = false;
        p.tagged = false;
        n = pb_build(f, sizeof f, &p);
        memmove(f + 16, f + 12, n - 12);
        memcpy(f + 12, tag, 4);
        put(&t, f, n + 4);
        t.a->ops->tx(t.a, &t.out);
        CHECK(netns_rx(t.b, t.pool, &t.in, 1));
        pk = t.in.pk[0];
        CHECK(pk->vlan_tci == 0 && pk->len == n + 4 && memcmp(pkt_frame(pk), f, n + 4) == 0);
}

static void test_partial_and_tags(void **state)
{
        (void)state;
        NETNS_TEST(partial_and_tags, NULL);
}

static unsigned drained(struct bench *t)
{
        unsigned n = 0;

        while (t->b->ops->rx(t->b, t->pool, &t->in)) {
                n += t->in.n;
                clear(&t->in);
        }
        return n;
}

/* More than the ring holds, then one frame: the first after a loss tells of it. A busy kernel may lose some on its
 * own. */
static unsigned flooded(struct bench *t)
{
        struct pollfd pfd = { .fd = t->b->ops->fd(t->b), .events = POLLIN };
        unsigned n;

        for (int i = 0; i < 150; i++) {
                while (t->out.n < BURST_MAX)
                        put_udp(t, 9);
                t->a->ops->tx(t->a, &t->out);
        }
        n = drained(t);
        put_udp(t, 9);
        t->a->ops->tx(t->a, &t->out);
        poll(&pfd, 1, 100);
        return n + drained(t);
}

static void refused_and_lost(void *arg)
{
        static uint8_t big[3000];
        struct bench t;
        uint64_t seen = 0;

        (void)arg;
        open_pair(&t);
        put_udp(&t, 1);
        put(&t, big, sizeof big); /* longer than the MTU and not to be segmented */
        put(&t, big, 5);
        put_partial(&t, 2, LARGE)->off = 4; /* no headroom left */
        put_udp(&t, 3);
        t.a->ops->tx(t.a, &t.out);
        CHECK(t.a->stat.tx_pkts == 2 && t.a->stat.tx_drop == 3 && t.out.n == 0);
        receive(&t, t.b, 2);
        clear(&t.in);
        for (int round = 0; round < 100 && t.b->stat.rx_ring_drop <= 1000; round++)
                seen += flooded(&t);
        CHECK(t.b->stat.rx_ring_drop > 1000);
        CHECK(t.b->stat.rx_ring_drop + seen <= t.a->stat.tx_pkts + 100); /* the namespace may speak up, too */
        CHECK(pkt_pool_used(t.pool) == 0);
}

static void test_refused_and_lost(void **state)
{
        (void)state;
        NETNS_TEST(refused_and_lost, NULL);
}

static void down_and_up(void *arg)
{
        struct bench t;
        struct pollfd pfd;
        struct err e;

        (void)arg;
        open_pair(&t);
        CHECK(link_down("vb", &e) == 0);
        put_udp(&t, 1);
        t.b->ops->tx(t.b, &t.out);
        CHECK(t.b->stat.tx_drop == 1);
        CHECK(link_becomes(&t, t.a, false) && link_becomes(&t, t.b, false));
        pfd = (struct pollfd){ .fd = t.b->ops->fd(t.b), .events = POLLIN };
        CHECK(poll(&pfd, 1, 0) == 0); /* the error is gone: no busy loop */
        CHECK(link_up("vb", 1400, 0, false, &e) == 0);
        CHECK(link_becomes(&t, t.a, true) && link_becomes(&t, t.b, true) && t.b->mtu == 1400);
        put_udp(&t, 1);
        t.a->ops->tx(t.a, &t.out);
        receive(&t, t.b, 1);
        t.b->ops->tx(t.b, &t.in);
        receive(&t, t.a, 1);
        clear(&t.in);
        CHECK(link_del("va", &e) == 0);
        CHECK(link_becomes(&t, t.a, false));
        put_udp(&t, 1);
        t.a->ops->tx(t.a, &t.out);
        CHECK(t.a->stat.tx_drop == 1);
        t.a->ops->close(t.a);
}

static void test_down_and_up(void **state)
{
        (void)state;
        NETNS_TEST(down_and_up, NULL);
}

/* As the guard does it: the socket is made outside and used in another namespace. */
static void from_elsewhere(void *arg)
{
        struct bench t;
        struct addr ip = pb_addr("192.0.2.9"), got;
        struct port_medium m;
        struct err e;
        int fd, plain, counters, other;

        (void)arg;
        open_pair(&t);
        t.b->ops->close(t.b);
        CHECK(link_add_addr("vb", &ip, 24, &e) == 0);
        fd = port_afpacket_socket("vb", &e);
        plain = port_afpacket_socket("vb", &e);
        counters = port_counter_socket(&e);
        CHECK(fd >= 0 && plain >= 0 && counters >= 0);
        put_udp(&t, 1); /* before the port is open: not ours */
        t.a->ops->tx(t.a, &t.out);
        other = socket(AF_INET, SOCK_DGRAM, 0);
        CHECK(netns_enter());
        CHECK(port_afpacket_socket("vb", &e) == -1 && e.code == ERR_REF);
        t.b = port_afpacket_open("outside", fd, &clock_system, &e);
        if (!t.b)
                fprintf(stderr, "%s\n", e.text);
        CHECK(t.b);
        port_afpacket_plain(t.b, plain);
        t.b->ops->medium(t.b, &m);
        CHECK(!m.errors_known); /* this namespace has no such device */
        port_afpacket_counters(t.b, counters);
        t.b->ops->medium(t.b, &m);
        CHECK(m.errors_known && !m.in_errors && !m.crc);
        t.a->ops->medium(t.a, &m);
        CHECK(m.errors_known);
        CHECK(t.b->mtu == 1500 && link_becomes(&t, t.b, true) && strcmp(t.b->name, "outside") == 0);
        put_udp(&t, 2);
        t.a->ops->tx(t.a, &t.out);
        receive(&t, t.b, 1);
        CHECK(pkt_frame(t.in.pk[0])[35] == 2);
        t.b->ops->tx(t.b, &t.in);
        receive(&t, t.a, 1);
        CHECK(port_afpacket_kernel_addr(t.b, &got) && addr_eq(&got, &ip));
        CHECK(!port_afpacket_kernel_addr(t.a, &got));
        CHECK(!port_afpacket_open("udp", other, &clock_system, &e) && e.code == ERR_IO);
}

static void test_from_elsewhere(void **state)
{
        (void)state;
        NETNS_TEST(from_elsewhere, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_burst_both_ways),  cmocka_unit_test(test_only_received),
                cmocka_unit_test(test_super_frames),     cmocka_unit_test(test_partial_and_tags),
                cmocka_unit_test(test_refused_and_lost), cmocka_unit_test(test_down_and_up),
                cmocka_unit_test(test_from_elsewhere),   cmocka_unit_test(test_sums_of_small_frames),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
