#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/mem.h"
#include "platform/base/wbuf.h"

static void writes_in_network_order(void **state)
{
        uint8_t b[32];
        struct wbuf w = wbuf_of(b, sizeof b);

        (void)state;
        wbuf_u8(&w, 1);
        wbuf_be16(&w, 0x0203);
        wbuf_be32(&w, 0x04050607);
        wbuf_str(&w, "ab");
        wbuf_printf(&w, "%d", 42);
        assert_int_equal(w.len, 11);
        assert_memory_equal(b, "\1\2\3\4\5\6\7ab42", 11);
        assert_false(w.full);
}

/* On the heap and exactly as large as told, so that ASan sees one byte too many. */
static void every_capacity_holds(void **state)
{
        static const char text[] = "12345-abc";

        (void)state;
        for (size_t cap = 0; cap <= sizeof text; cap++) {
                uint8_t *b = malloc(cap ? cap : 1);
                struct wbuf w = wbuf_of(b, cap);

                wbuf_printf(&w, "%d-%s", 12345, "abc");
                assert_int_equal(w.full, cap < sizeof text - 1);
                assert_int_equal(w.len, w.full ? 0 : sizeof text - 1);
                assert_memory_equal(b, text, w.len);
                free(b);
        }
}

static void full_is_sticky(void **state)
{
        uint8_t b[4];
        struct wbuf w = wbuf_of(b, sizeof b);

        (void)state;
        wbuf_be16(&w, 1);
        wbuf_be32(&w, 2);
        assert_true(w.full);
        wbuf_u8(&w, 3);
        wbuf_printf(&w, "x");
        assert_null(wbuf_room(&w, 0));
        assert_int_equal(w.len, 2);
}

static void text_always_ends(void **state)
{
        uint8_t b[4];
        struct wbuf w = wbuf_of(b, sizeof b), none = wbuf_of(b, 0);

        (void)state;
        wbuf_str(&w, "abc");
        assert_string_equal(wbuf_text(&w), "abc");
        wbuf_str(&w, "d");
        assert_string_equal(wbuf_text(&w), "abc");
        assert_true(w.full);
        assert_string_equal(wbuf_text(&none), "");
}

static void exact_fit_without_memory_is_full(void **state)
{
        uint8_t b[3];
        struct wbuf w = wbuf_of(b, sizeof b);

        (void)state;
        mem_fail_nth(1, false);
        wbuf_printf(&w, "%s", "abc");
        mem_fail_nth(0, false);
        assert_true(w.full);
        assert_int_equal(w.len, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_in_network_order),
                cmocka_unit_test(every_capacity_holds),
                cmocka_unit_test(full_is_sticky),
                cmocka_unit_test(text_always_ends),
                cmocka_unit_test(exact_fit_without_memory_is_full),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
