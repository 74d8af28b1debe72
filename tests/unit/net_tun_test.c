/* The punt glue in both its forms: sockets of the private kernel talk to pseudo addresses that the test answers for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "platform/net/tun.h"
#include "tests/support/netns.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define PEER "244.0.0.5" /* some flow of leg 0, worker 4 */
#define KERNEL "240.0.0.1"
#define PEER_PORT 33000

struct bench {
        struct pkt_pool *pool;
        struct port *tun;
        struct burst in;
        uint8_t f[66000];
};

static void open_glue(struct bench *t, bool veth)
{
        struct err e = { .text = "" };

        memset(t, 0, sizeof *t);
        CHECK(tun_tune_namespace(&e) == 0);
        t->pool = pkt_pool_new(1024, 16);
        t->tun = tun_open("punt0", 1500, veth, &clock_system, &e);
        if (!t->tun)
                fprintf(stderr, "%s\n", e.text);
        CHECK(t->pool && t->tun);
        CHECK(t->tun->l3 && t->tun->mtu == 1500 && t->tun->link);
        CHECK(!veth || strcmp(t->tun->ops->kind, "veth") == 0);
}

static void close_glue(struct bench *t)
{
        t->tun->ops->close(t->tun);
        CHECK(pkt_pool_used(t->pool) == 0);
        pkt_pool_free(t->pool);
}

static struct sockaddr_in at(const char *ip, uint16_t port)
{
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

        CHECK(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
        return a;
}

static int sock(int type, const char *ip, uint16_t port)
{
        struct sockaddr_in a = at(ip, port);
        int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

        CHECK(fd >= 0);
        CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EINPROGRESS);
        return fd;
}

/* The next packet from the private kernel, taken apart. */
static struct pkt *next(struct bench *t, struct pb_view *v)
{
        for (int i = 0; i < 6000; i++) {
                struct pollfd pfd = { .fd = t->tun->ops->fd(t->tun), .events = POLLIN };
                struct pkt *pk;

                if (!t->in.n)
                        t->tun->ops->rx(t->tun, t->pool, &t->in);
                if (t->in.n) {
                        pk = t->in.pk[0];
                        memmove(t->in.pk, t->in.pk + 1, --t->in.n * sizeof pk);
                        CHECK(!pk->has_l2 && pb_parse(pkt_frame(pk), pk->len, true, v));
                        return pk;
                }
                poll(&pfd, 1, 10);
        }
        CHECK(!"a packet from the private kernel");
        return NULL;
}

static void answer(struct bench *t, const struct pb *p, uint16_t gso_size)
{
        struct burst b = { .n = 1 };
        struct pkt *pk;
        size_t n = pb_build(t->f, sizeof t->f, p);

        pk = pkt_get(t->pool, (uint32_t)n);
        CHECK(n && pk);
        memcpy(pkt_frame(pk), t->f, n);
        pk->len = (uint32_t)n;
        pk->csum.partial = p->partial;
        pk->csum.csum_start = (uint16_t)(pk->off + 20);
        pk->csum.csum_offset = p->proto == IPPROTO_TCP_ ? 16 : 6;
        pk->csum.gso_type = gso_size ? 1 : 0;
        pk->csum.gso_size = gso_size;
        b.pk[0] = pk;
        t->tun->ops->tx(t->tun, &b);
        CHECK(t->tun->stat.tx_drop == 0);
}

static void wait_for(int fd, short events)
{
        struct pollfd pfd = { .fd = fd, .events = events };

        CHECK(poll(&pfd, 1, 60000) == 1);
}

static void udp(void *arg)
{
        struct bench t;
        struct pb_view v;
        struct pb p = pb_of(PEER, PEER_PORT, KERNEL, 0, IPPROTO_UDP_);
        struct pkt *pk;
        char buf[20];
        int fd;

        open_glue(&t, *(bool *)arg);
        fd = sock(SOCK_DGRAM, PEER, PEER_PORT);
        for (int round = 0; round < 2; round++) {
                CHECK(send(fd, "ping", 4, 0) == 4);
                pk = next(&t, &v);
                CHECK(v.proto == IPPROTO_UDP_ && v.npay == 4 && memcmp(v.pay, "ping", 4) == 0);
                pkt_put(pk);
                CHECK(v.dst.v4 == pseudo_addr(0, 4, 5) && v.src.v4 == PSEUDO_KERNEL && v.dport == PEER_PORT);
                p.l3 = true;
                p.dport = v.sport;
                p.pay = round ? "full" : "part";
                p.npay = 4;
                p.partial = !round;
                answer(&t, &p, 0);
                wait_for(fd, POLLIN);
                CHECK(recv(fd, buf, sizeof buf, 0) == 4 && memcmp(buf, p.pay, 4) == 0);
        }
        close(fd);
        close_glue(&t);
}

static const bool glue_tun = false, glue_veth = true;

static void test_udp_tun(void **state)
{
        (void)state;
        NETNS_TEST(udp, (void *)(uintptr_t)&glue_tun);
}

static void test_udp_veth(void **state)
{
        (void)state;
        NETNS_TEST(udp, (void *)(uintptr_t)&glue_veth);
}

static uint8_t pattern(size_t i)
{
        return (uint8_t)(i * 31 + i / 253);
}

/* The test's end of the kernel's connection: enough TCP to carry bytes over a wire that loses nothing. */
struct tcp_peer {
        struct bench *t;
        struct pb p;
        uint32_t rcv, snd; /* next expected, next to send */
        int fd;
};

static void tcp_connect(struct tcp_peer *c, struct bench *t)
{
        static const uint8_t mss[] = { 2, 4, 1400 >> 8, 1400 & 255 };
        struct pb_view v;

        c->t = t;
        c->snd = 5000;
        c->fd = sock(SOCK_STREAM, PEER, PEER_PORT);
        pkt_put(next(t, &v));
        CHECK(v.flags == PB_SYN && v.src.v4 == PSEUDO_KERNEL && v.dport == PEER_PORT);
        c->rcv = v.seq + 1;
        c->p = pb_of(PEER, PEER_PORT, KERNEL, v.sport, IPPROTO_TCP_);
        c->p.l3 = c->p.partial = true;
        c->p.flags = PB_SYN | PB_ACK;
        c->p.seq = c->snd++;
        c->p.ack = c->rcv;
        c->p.opt = mss;
        c->p.nopt = sizeof mss;
        answer(t, &c->p, 0);
        wait_for(c->fd, POLLOUT);
        pkt_put(next(t, &v));
        CHECK(v.flags == PB_ACK && v.ack == c->snd && v.seq == c->rcv);
        c->p.nopt = 0;
        c->p.flags = PB_ACK;
}

/* Takes `total` bytes of the pattern; true when some came in a super-segment, marked as such. */
static bool tcp_take(struct tcp_peer *c, size_t total)
{
        uint32_t first = c->rcv;
        bool super = false;
        struct pb_view v;

        while (c->rcv - first < total) {
                struct pkt *pk = next(c->t, &v);

                CHECK(v.seq == c->rcv && v.ip_ok);
                for (size_t i = 0; i < v.npay; i++)
                        CHECK(v.pay[i] == pattern(c->rcv - first + i));
                CHECK(pk->csum.partial ? v.l4_partial : v.l4_ok);
                if (pk->csum.partial)
                        CHECK(pk->csum.csum_start == pk->off + 20 && pk->csum.csum_offset == 16);
                if (v.npay > 1400) {
                        CHECK(pk->csum.gso_type == 1 && pk->csum.gso_size <= 1400 && pk->csum.partial);
                        super = true;
                }
                pkt_put(pk);
                c->rcv += (uint32_t)v.npay;
                c->p.ack = c->rcv;
                c->p.seq = c->snd;
                c->p.npay = 0;
                answer(c->t, &c->p, 0);
        }
        return super;
}

static void tcp_send(struct tcp_peer *c, const uint8_t *data, size_t n, bool partial)
{
        c->p.seq = c->snd;
        c->p.flags = PB_ACK | PB_PSH;
        c->p.pay = data;
        c->p.npay = n;
        c->p.partial = partial;
        answer(c->t, &c->p, n > 1400 ? 1400 : 0);
        c->snd += (uint32_t)n;
}

static void expect_bytes(int fd, const uint8_t *want, size_t n)
{
        static uint8_t buf[65536];
        size_t got = 0;

        while (got < n) {
                ssize_t k;

                wait_for(fd, POLLIN);
                k = recv(fd, buf + got, n - got, 0);
                CHECK(k > 0);
                got += (size_t)k;
        }
        CHECK(memcmp(buf, want, n) == 0);
}

static void tcp(void *arg)
{
        static uint8_t data[50000];
        struct tcp_peer c;
        struct bench t;
        int sndbuf = 200000;

        for (size_t i = 0; i < sizeof data; i++)
                data[i] = pattern(i);
        open_glue(&t, *(bool *)arg);
        tcp_connect(&c, &t);
        CHECK(setsockopt(c.fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf) == 0);
        CHECK(send(c.fd, data, sizeof data, 0) == sizeof data);
        CHECK(tcp_take(&c, sizeof data));
        tcp_send(&c, data, 1000, false);
        expect_bytes(c.fd, data, 1000);
        tcp_send(&c, data, 30000, true); /* written as one, longer than the MTU */
        expect_bytes(c.fd, data, 30000);
        tcp_send(&c, data + 1, 1400, true);
        expect_bytes(c.fd, data + 1, 1400);
        while (t.in.n)
                pkt_put(t.in.pk[--t.in.n]);
        close(c.fd);
        close_glue(&t);
}

static void test_tcp_tun(void **state)
{
        (void)state;
        NETNS_TEST(tcp, (void *)(uintptr_t)&glue_tun);
}

static void test_tcp_veth(void **state)
{
        (void)state;
        NETNS_TEST(tcp, (void *)(uintptr_t)&glue_veth);
}

/* One listener for every pseudo address; the peer's name tells the flow. */
static void accept_any(void *arg)
{
        struct bench t;
        struct pb_view v;
        struct pb p = pb_of("248.0.3.4", pseudo_port(7), KERNEL, 5061, IPPROTO_TCP_);
        struct sockaddr_in own = at("0.0.0.0", 5061), peer;
        socklen_t n = sizeof peer;
        int fd = socket(AF_INET, SOCK_STREAM, 0), conn;
        uint32_t a;

        open_glue(&t, *(bool *)arg);
        CHECK(bind(fd, (struct sockaddr *)&own, sizeof own) == 0 && listen(fd, 10) == 0);
        p.l3 = true;
        p.flags = PB_SYN;
        p.seq = 100;
        answer(&t, &p, 0);
        pkt_put(next(&t, &v));
        CHECK(v.flags == (PB_SYN | PB_ACK) && v.ack == 101 && v.dport == pseudo_port(7));
        p.flags = PB_ACK;
        p.seq = 101;
        p.ack = v.seq + 1;
        answer(&t, &p, 0);
        wait_for(fd, POLLIN);
        conn = accept(fd, (struct sockaddr *)&peer, &n);
        a = ntohl(peer.sin_addr.s_addr);
        CHECK(conn >= 0 && pseudo_leg(a) == 1 && pseudo_worker(a) == 0 && pseudo_flow(a) == 0x000304);
        CHECK(ntohs(peer.sin_port) == PSEUDO_PORT_BASE + 7);
        close(conn);
        close(fd);
        for (int i = 0; i < 2 && t.tun->ops->rx(t.tun, t.pool, &t.in); i++)
                while (t.in.n)
                        pkt_put(t.in.pk[--t.in.n]);
        close_glue(&t);
}

static void test_accept_any(void **state)
{
        (void)state;
        NETNS_TEST(accept_any, (void *)(uintptr_t)&glue_tun);
        NETNS_TEST(accept_any, (void *)(uintptr_t)&glue_veth);
}

static void sysctl_is(const char *key, const char *want)
{
        char path[100], got[100] = "";
        FILE *f;

        snprintf(path, sizeof path, "/proc/sys/net/%s", key);
        f = fopen(path, "r");
        CHECK(f && fgets(got, sizeof got, f));
        fclose(f);
        got[strcspn(got, "\n")] = 0;
        CHECK(strcmp(got, want) == 0);
}

static void tuned(void *arg)
{
        struct bench t;

        (void)arg;
        open_glue(&t, false);
        sysctl_is("core/somaxconn", "16384");
        sysctl_is("ipv4/ip_local_port_range", "1024\t65535");
        sysctl_is("ipv4/tcp_orphan_retries", "1");
        sysctl_is("ipv4/conf/punt0/rp_filter", "0");
        close_glue(&t);
}

static void test_tuned(void **state)
{
        (void)state;
        NETNS_TEST(tuned, NULL);
}

/* Nobody outside the namespace is reached, and opening the same name twice is refused with the cause. */
static void twice(void *arg)
{
        struct bench t;
        struct err e;

        (void)arg;
        open_glue(&t, true);
        CHECK(!tun_open("punt0", 1500, true, &clock_system, &e) && e.code == ERR_IO);
        close_glue(&t);
        open_glue(&t, true); /* closing has removed the pair */
        close_glue(&t);
}

static void test_twice(void **state)
{
        (void)state;
        NETNS_TEST(twice, NULL);
}

static void test_pseudo_addresses(void **state)
{
        (void)state;
        assert_int_equal(pseudo_addr(1, 7, 0xFFFFFF), 0xFFFFFFFF);
        assert_int_equal(pseudo_addr(0, 0, 3), 0xF0000003);
        assert_int_equal(pseudo_leg(pseudo_addr(1, 3, 77)), 1);
        assert_int_equal(pseudo_worker(pseudo_addr(1, 3, 77)), 3);
        assert_int_equal(pseudo_flow(pseudo_addr(1, 3, 77)), 77);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pseudo_addresses),
                cmocka_unit_test(test_udp_tun),
                cmocka_unit_test(test_udp_veth),
                cmocka_unit_test(test_tcp_tun),
                cmocka_unit_test(test_tcp_veth),
                cmocka_unit_test(test_accept_any),
                cmocka_unit_test(test_tuned),
                cmocka_unit_test(test_twice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
