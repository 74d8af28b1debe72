#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/cur.h"

static void reads_both_orders(void **state)
{
        struct cur c = cur_of("\1\2\3\4\5\6\7\10\11\12\13\14\15", 13);

        (void)state;
        assert_int_equal(cur_u8(&c), 1);
        assert_int_equal(cur_be16(&c), 0x0203);
        assert_int_equal(cur_be32(&c), 0x04050607);
        assert_int_equal(cur_le16(&c), 0x0908);
        assert_int_equal(cur_le32(&c), 0x0d0c0b0a);
        assert_int_equal(c.left, 0);
        assert_false(c.bad);
}

static void reading_past_the_end_is_sticky(void **state)
{
        struct cur c = cur_of("\1\2\3", 3);
        uint8_t out[4] = { 9, 9, 9, 9 };

        (void)state;
        assert_int_equal(cur_be32(&c), 0);
        assert_true(c.bad);
        assert_int_equal(c.left, 3);
        assert_int_equal(cur_u8(&c), 0);
        assert_false(cur_copy(&c, out, 1));
        assert_int_equal(out[0], 9);
        assert_null(cur_take(&c, 0));
}

static void a_child_cannot_leave_its_bounds(void **state)
{
        struct cur c = cur_of("\1\2\3\4", 4), child = cur_child(&c, 2), too_long;

        (void)state;
        assert_int_equal(cur_be16(&child), 0x0102);
        assert_int_equal(cur_u8(&child), 0);
        assert_true(child.bad);
        assert_false(c.bad);
        assert_int_equal(cur_u8(&c), 3);
        too_long = cur_child(&c, SIZE_MAX);
        assert_true(too_long.bad && c.bad);
        assert_null(cur_take(&too_long, 0));
}

/* Each prefix on the heap in its own size: ASan sees a byte too many. */
static void every_prefix_is_safe(void **state)
{
        (void)state;
        for (size_t n = 0; n <= 13; n++) {
                uint8_t *b = calloc(1, n ? n : 1);
                struct cur c = cur_of(b, n);

                cur_u8(&c);
                cur_be16(&c);
                cur_be32(&c);
                cur_le16(&c);
                cur_le32(&c);
                assert_int_equal(c.bad, n < 13);
                free(b);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_both_orders),
                cmocka_unit_test(reading_past_the_end_is_sticky),
                cmocka_unit_test(a_child_cannot_leave_its_bounds),
                cmocka_unit_test(every_prefix_is_safe),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
