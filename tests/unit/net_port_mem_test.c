#include <poll.h>

#include "platform/base/mem.h"
#include "platform/net/port.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

static bool readable(const struct port *p)
{
        struct pollfd pfd = { .fd = p->ops->fd(p), .events = POLLIN };

        return poll(&pfd, 1, 0) == 1;
}

static void test_pair_both_ways(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(100, 2);
        struct port *a, *b;
        struct burst in = { .n = 0 };
        uint8_t f[200];
        size_t n = pb_udp(f, sizeof f, "10.0.0.1", 1, "10.0.0.2", 2, "hello", 5);

        (void)state;
        assert_int_equal(port_mem_pair(&a, &b, NULL), 0);
        assert_memory_not_equal(a->mac.b, b->mac.b, 6);
        for (unsigned i = 0; i < 70; i++) {
                f[20] = (uint8_t)i;
                assert_int_equal(port_mem_inject(b, f, n, NULL), 0);
        }
        assert_true(readable(b));
        assert_int_equal(b->ops->rx(b, pool, &in), BURST_MAX);
        assert_int_equal(in.pk[63]->len, n);
        assert_int_equal(pkt_frame(in.pk[63])[20], 63);
        assert_true(in.pk[0]->has_l2);
        b->ops->tx(b, &in); /* back to a */
        assert_int_equal(in.n, 0);
        assert_int_equal(pkt_pool_used(pool), 0);
        assert_int_equal(a->ops->rx(a, pool, &in), 64);
        assert_false(readable(a));
        assert_true(readable(b));
        in.n = 60; /* room for 4 only */
        for (unsigned i = 60; i < 64; i++)
                pkt_put(in.pk[i]);
        assert_int_equal(b->ops->rx(b, pool, &in), 4);
        a->ops->tx(a, &in);
        a->ops->close(a);
        assert_int_equal(b->ops->rx(b, pool, &in), 64); /* what was under way still arrives */
        b->ops->tx(b, &in);
        b->ops->close(b);
        pkt_pool_free(pool);
}

static void test_csum_is_relative(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 2);
        struct port *p = port_mem_new("wire", true);
        struct pkt_csum c = { .partial = true, .csum_start = 20, .csum_offset = 16, .gso_type = 1, .gso_size = 1400 },
                        got;
        struct burst b = { .n = 0 };
        static uint8_t f[60000], g[60000];

        (void)state;
        memset(f, 0x45, sizeof f);
        assert_int_equal(port_mem_inject(p, f, sizeof f, &c), 0);
        assert_int_equal(p->ops->rx(p, pool, &b), 1);
        assert_false(b.pk[0]->has_l2);
        assert_int_equal(b.pk[0]->csum.csum_start, PKT_HEADROOM + 20);
        pkt_push(b.pk[0], 14);
        p->ops->tx(p, &b);
        assert_int_equal(port_mem_take(p, g, 10, &got), 60014);
        assert_int_equal(got.csum_start, 34);
        assert_int_equal(got.gso_size, 1400);
        assert_int_equal(port_mem_take(p, g, sizeof g, &got), 0);
        p->ops->close(p);
        pkt_pool_free(pool);
}

static void test_limits(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(1, 0);
        struct port *p = port_mem_new("wire", false), *a, *b;
        struct burst bu = { .n = 0 };
        static uint8_t f[PKT_BIG_FRAME + 1];
        struct err e;

        (void)state;
        assert_int_equal(port_mem_inject(p, f, sizeof f, NULL), -1);
        assert_int_equal(port_mem_inject(p, f, 60, NULL), 0);
        assert_int_equal(port_mem_inject(p, f, 60, NULL), 0);
        assert_int_equal(p->ops->rx(p, pool, &bu), 1);
        assert_int_equal(p->stat.rx_nobuf, 1);
        mem_fail_nth(1, false);
        assert_int_equal(port_mem_inject(p, f, 60, NULL), -1);
        mem_fail_nth(1, false);
        p->ops->tx(p, &bu);
        assert_int_equal(p->stat.tx_drop, 1);
        assert_int_equal(pkt_pool_used(pool), 0);
        p->ops->close(p);
        for (unsigned n = 1; n <= 3; n++) {
                uint64_t live = mem_live_blocks();

                mem_fail_nth(n, false);
                assert_int_equal(port_mem_pair(&a, &b, &e), -1);
                assert_int_equal(e.code, ERR_NOMEM);
                assert_null(a);
                assert_int_equal(mem_live_blocks(), live);
        }
        mem_fail_nth(0, false);
        pkt_pool_free(pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pair_both_ways),
                cmocka_unit_test(test_csum_is_relative),
                cmocka_unit_test(test_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
