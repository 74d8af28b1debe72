/* A TAP device in a namespace of the test's own: the kernel sits at the other end of the cable. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "platform/net/link.h"
#include "platform/net/port.h"
#include "tests/support/netns.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

struct bench {
        struct pkt_pool *pool;
        struct port *tap;
        struct burst in;
};

/* The next frame of this ethertype; IPv6 of the fresh device talks in between. */
static struct pkt *next(struct bench *t, uint16_t type, struct pb_view *v)
{
        for (int i = 0; i < 6000; i++) {
                struct pollfd pfd = { .fd = t->tap->ops->fd(t->tap), .events = POLLIN };

                while (t->in.n) {
                        struct pkt *pk = t->in.pk[--t->in.n];

                        if (pb_parse(pkt_frame(pk), pk->len, false, v) && v->ethertype == type)
                                return pk;
                        pkt_put(pk);
                }
                if (!t->tap->ops->rx(t->tap, t->pool, &t->in))
                        poll(&pfd, 1, 10);
        }
        CHECK(!"a frame from the kernel");
        return NULL;
}

static void answer(struct bench *t, const void *frame, size_t n)
{
        struct burst b = { .n = 1 };
        struct pkt *pk = pkt_get(t->pool, (uint32_t)n);

        memcpy(pkt_frame(pk), frame, n);
        pk->len = (uint32_t)n;
        b.pk[0] = pk;
        t->tap->ops->tx(t->tap, &b);
        CHECK(t->tap->stat.tx_drop == 0);
}

static void talk(struct bench *t)
{
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5060) };
        struct pollfd pfd = { .fd = socket(AF_INET, SOCK_DGRAM, 0), .events = POLLIN };
        struct pb p;
        struct pb_view v;
        uint8_t f[200];
        char buf[10];
        struct pkt *pk;

        CHECK(inet_pton(AF_INET, "10.9.9.2", &to.sin_addr) == 1);
        CHECK(sendto(pfd.fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof to) == 5);
        pk = next(t, 0x0806, &v);
        CHECK(v.arp_op == 1 && v.tpa.v4 == 0x0A090902 && pk->has_l2);
        CHECK(memcmp(v.sha.b, t->tap->mac.b, 6) != 0);
        answer(t, f, pb_arp(f, sizeof f, 2, t->tap->mac, "10.9.9.2", v.sha, "10.9.9.1"));
        pkt_put(pk);
        pk = next(t, 0x0800, &v);
        CHECK(v.npay == 5 && memcmp(v.dmac.b, t->tap->mac.b, 6) == 0);
        CHECK(pk->csum.partial && pk->csum.csum_start == pk->off + 34 && v.l4_partial);
        p = pb_of("10.9.9.2", 5060, "10.9.9.1", v.sport, IPPROTO_UDP_);
        p.dmac = v.smac;
        p.smac = t->tap->mac;
        p.pay = "back";
        p.npay = 4;
        pkt_put(pk);
        answer(t, f, pb_build(f, sizeof f, &p));
        CHECK(poll(&pfd, 1, 60000) == 1 && recv(pfd.fd, buf, sizeof buf, 0) == 4 && memcmp(buf, "back", 4) == 0);
        close(pfd.fd);
}

static void both_ends(void *arg)
{
        struct bench t = { .pool = pkt_pool_new(256, 2) };
        struct addr ip = pb_addr("10.9.9.1");
        struct err e;

        (void)arg;
        t.tap = port_tap_open("tap7", -1, &e);
        if (!t.tap && access("/dev/net/tun", R_OK | W_OK) != 0) {
                fprintf(stderr, "SKIPPED: %s\n", e.text);
                _exit(77);
        }
        CHECK(t.tap && strcmp(t.tap->ops->kind, "tap") == 0 && !t.tap->l3);
        CHECK(link_add_addr("tap7", &ip, 24, &e) == 0);
        talk(&t);
        t.tap->ops->close(t.tap);
        CHECK(link_up("tap7", 0, 0, false, &e) == -1 && e.code == ERR_REF); /* gone with its descriptor */
}

static void test_both_ends(void **state)
{
        (void)state;
        NETNS_TEST(both_ends, NULL);
}

static void refusals(void *arg)
{
        struct err e;

        (void)arg;
        if (access("/dev/net/tun", R_OK | W_OK) != 0) {
                fprintf(stderr, "SKIPPED: /dev/net/tun: %s\n", strerror(errno));
                _exit(77);
        }
        CHECK(port_tap_socket("a-name-with-more-than-15", &e) == -1 && e.code == ERR_RANGE);
        CHECK(!port_tap_open("x", dup(0), &e) && e.code == ERR_SUPPORT);
        CHECK(link_add_veth("taken", "other", &e) == 0);
        CHECK(port_tap_socket("taken", &e) == -1 && e.code == ERR_IO);
        CHECK(link_add_veth("taken", "third", &e) == -1 && strstr(e.text, "File exists"));
        CHECK(link_del("nobody", &e) == -1);
}

static void test_refusals(void **state)
{
        (void)state;
        NETNS_TEST(refusals, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_ends),
                cmocka_unit_test(test_refusals),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
