#include "platform/net/pkt.h"

#include "platform/base/mem.h"
#include "tests/support/test.h"

static void test_get_is_clean(void **state)
{
        struct pkt_pool *p = pkt_pool_new(2, 1);
        struct pkt *pk;

        (void)state;
        assert_non_null(p);
        for (int round = 0; round < 3; round++) {
                pk = pkt_get(p, 100);
                assert_non_null(pk);
                assert_int_equal(pk->off, PKT_HEADROOM);
                assert_int_equal(pk->len, 0);
                assert_true(pk->cap >= PKT_HEADROOM + PKT_SMALL_FRAME + PKT_TAILROOM);
                assert_null(pk->conn);
                assert_false(pk->csum.partial);
                assert_int_equal(pk->key.proto, 0);
                assert_int_equal(pk->verdict, PKT_NEXT);
                memset(pk->buf, 0xAA, pk->cap);
                pk->conn = (struct conn *)pk;
                pk->csum.partial = true;
                pk->key.proto = 6;
                pk->verdict = PKT_DROP;
                pk->off = 7;
                pkt_put(pk);
        }
        pkt_pool_free(p);
}

static void test_exhaustion(void **state)
{
        struct pkt_pool *p = pkt_pool_new(2, 1);
        struct pkt *a, *b, *big;

        (void)state;
        assert_int_equal(pkt_pool_max(p), 3);
        assert_int_equal(pkt_pool_low(p), 3);
        a = pkt_get(p, PKT_SMALL_FRAME);
        b = pkt_get(p, 1);
        assert_true(a && b && a->buf != b->buf);
        assert_null(pkt_get(p, 1)); /* the big pool is not spent on small frames */
        big = pkt_get(p, PKT_SMALL_FRAME + 1);
        assert_non_null(big);
        assert_true(big->cap >= PKT_HEADROOM + PKT_BIG_FRAME + PKT_TAILROOM);
        assert_null(pkt_get(p, PKT_BIG_FRAME));
        assert_int_equal(pkt_pool_used(p), 3);
        pkt_put(b);
        pkt_put(big);
        assert_null(pkt_get(p, PKT_BIG_FRAME + 1));
        assert_int_equal(pkt_pool_used(p), 1);
        assert_int_equal(pkt_pool_low(p), 0);
        big = pkt_get(p, PKT_BIG_FRAME);
        assert_non_null(big);
        memset(pkt_frame(big), 1, PKT_BIG_FRAME + PKT_TAILROOM);
        pkt_put(big);
        pkt_put(a);
        assert_int_equal(pkt_pool_used(p), 0);
        pkt_pool_free(p);
}

static void test_push_pull(void **state)
{
        struct pkt_pool *p = pkt_pool_new(1, 0);
        struct pkt *pk = pkt_get(p, 100);

        (void)state;
        pk->len = 50;
        pkt_pull(pk, 14);
        assert_int_equal(pk->off, PKT_HEADROOM + 14);
        assert_int_equal(pk->len, 36);
        assert_true(pkt_push(pk, 18));
        assert_int_equal(pk->off, PKT_HEADROOM - 4);
        assert_int_equal(pk->len, 54);
        assert_false(pkt_push(pk, PKT_HEADROOM));
        assert_int_equal(pk->len, 54);
        pkt_pull(pk, 1000);
        assert_int_equal(pk->len, 0);
        assert_int_equal(pk->off, PKT_HEADROOM + 50);
        pkt_put(pk);
        pkt_pool_free(p);
}

static void test_out_of_memory(void **state)
{
        uint64_t before = mem_live_blocks();

        (void)state;
        for (unsigned n = 1; n <= 7; n++) {
                mem_fail_nth(n, false);
                assert_null(pkt_pool_new(4, 4));
                assert_int_equal(mem_live_blocks(), before);
        }
        mem_fail_nth(0, false);
        pkt_pool_free(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_get_is_clean),
                cmocka_unit_test(test_exhaustion),
                cmocka_unit_test(test_push_pull),
                cmocka_unit_test(test_out_of_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
