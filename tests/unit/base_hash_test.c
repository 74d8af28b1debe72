#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/hash.h"
#include "platform/base/mem.h"

struct item {
        struct hash_node node;
        uint32_t key;
};

static uint64_t key_hash(uint32_t key)
{
        return hash_bytes(&key, sizeof key, 1);
}

static struct item *find(const struct hash_table *t, uint32_t key)
{
        hash_each_match(it, t, key_hash(key)) {
                struct item *i = container_of(it, struct item, node);

                if (i->key == key)
                        return i;
        }
        return NULL;
}

static void adds_finds_removes(void **state)
{
        enum { N = 5000 };
        struct item *item = calloc(N, sizeof *item);
        struct hash_table t;

        (void)state;
        assert_int_equal(hash_init(&t, 0), 0);
        for (uint32_t i = 0; i < N; i++) {
                item[i].key = i * 7;
                hash_add(&t, &item[i].node, key_hash(item[i].key));
        }
        assert_int_equal(t.count, N);
        assert_true(t.mask >= N / 2); /* it grew */
        for (uint32_t i = 0; i < N; i += 2)
                hash_del(&t, &item[i].node);
        for (uint32_t i = 0; i < N; i++)
                assert_ptr_equal(find(&t, i * 7), i % 2 ? &item[i] : NULL);
        assert_null(find(&t, 3));
        assert_int_equal(t.count, N / 2);
        hash_fini(&t);
        hash_fini(&t);
        assert_null(find(&t, 7));
        free(item);
}

static void equal_hashes_are_all_met(void **state)
{
        struct item a = { .key = 1 }, b = { .key = 2 }, c = { .key = 3 };
        struct hash_table t;
        unsigned met = 0;

        (void)state;
        assert_int_equal(hash_init(&t, 1), 0);
        hash_add(&t, &a.node, 42);
        hash_add(&t, &b.node, 43);
        hash_add(&t, &c.node, 42);
        hash_each_match(it, &t, 42)
                met |= 1u << container_of(it, struct item, node)->key;
        assert_int_equal(met, 1u << 1 | 1u << 3);
        hash_fini(&t);
}

static void fixed_table_never_resizes(void **state)
{
        struct item item[100] = { 0 };
        struct hash_table t;

        (void)state;
        assert_int_equal(hash_init(&t, 5), 0);
        assert_int_equal(t.mask, 7);
        for (uint32_t i = 0; i < 100; i++)
                hash_add(&t, &item[i].node, i);
        assert_int_equal(t.mask, 7);
        hash_fini(&t);
}

static void growing_table_lives_without_memory(void **state)
{
        struct item item[200] = { 0 };
        struct hash_table t;

        (void)state;
        mem_fail_nth(1, false);
        assert_int_equal(hash_init(&t, 0), -1);
        mem_fail_nth(0, false);
        assert_int_equal(hash_init(&t, 0), 0);
        mem_fail_nth(1, true);
        for (uint32_t i = 0; i < 200; i++) {
                item[i].key = i;
                hash_add(&t, &item[i].node, key_hash(i));
        }
        mem_fail_nth(0, false);
        assert_int_equal(t.mask, 63);
        for (uint32_t i = 0; i < 200; i++)
                assert_ptr_equal(find(&t, i), &item[i]);
        hash_fini(&t);
        assert_int_equal(mem_live_blocks(), 0);
}

/* Every bit of the key at every length must count, and so must length and seed. */
static void every_bit_changes_the_hash(void **state)
{
        uint8_t key[70] = { 0 };

        (void)state;
        for (size_t n = 0; n <= sizeof key; n++) {
                uint64_t h = hash_bytes(key, n, 9);

                assert_true(h != hash_bytes(key, n, 10));
                if (n)
                        assert_true(h != hash_bytes(key, n - 1, 9));
                for (size_t bit = 0; bit < n * 8; bit++) {
                        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        assert_true(h != hash_bytes(key, n, 9));
                        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
        }
        assert_true(hash_str("inside", 1) == hash_bytes("inside", 6, 1));
}

/* Flow keys differ in few bits (next address, next port): buckets must fill evenly all the same. */
static void similar_flow_keys_spread(void **state)
{
        enum { BUCKETS = 1024, KEYS = 64 * BUCKETS };
        static unsigned fill[2][BUCKETS];
        uint32_t key[10] = { 4, 0x0a000000, 0, 0, 0, 4, 0xc0a80101, 0, 0, 0 };

        (void)state;
        for (uint32_t i = 0; i < KEYS; i++) {
                uint64_t h;

                key[1] = 0x0a000000 + (i >> 8);
                key[9] = (i & 255) << 16 | 5060;
                h = hash_bytes(key, sizeof key, 0x1234);
                fill[0][h % BUCKETS]++;
                fill[1][h >> 54]++;
        }
        for (unsigned i = 0; i < 2 * BUCKETS; i++)
                assert_in_range(fill[i / BUCKETS][i % BUCKETS], 24, 112); /* 64 +- 6 standard deviations */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(adds_finds_removes),         cmocka_unit_test(equal_hashes_are_all_met),
                cmocka_unit_test(fixed_table_never_resizes),  cmocka_unit_test(growing_table_lives_without_memory),
                cmocka_unit_test(every_bit_changes_the_hash), cmocka_unit_test(similar_flow_keys_spread),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
