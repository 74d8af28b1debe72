/* Memory legs, and the buffers between leg and engine. */
#include "tests/support/test.h"

#include "proxy/leg/leg.h"
#include "proxy/leg/sbuf.h"
#include "tests/support/secret_watch.h"

static void what_one_writes_the_other_reads(void **state)
{
        struct leg *a, *b;
        char buf[20];

        (void)state;
        assert_int_equal(leg_mem_pair(&a, &b, 8), 0);
        assert_int_equal(leg_start(a), 1);
        assert_int_equal(leg_read(b, buf, sizeof buf), LEG_AGAIN);
        assert_int_equal(leg_write(a, "0123456789", 10), 8);
        assert_int_equal(leg_write(a, "89", 2), LEG_AGAIN);
        assert_int_equal(leg_want(a), LEG_WANT_READ | LEG_WANT_WRITE);
        assert_true(leg_pending(b));
        assert_int_equal(leg_read(b, buf, 3), 3);
        assert_memory_equal(buf, "012", 3);
        assert_int_equal(leg_write(a, "89", 2), 2);
        assert_int_equal(leg_want(a), LEG_WANT_READ);
        assert_int_equal(leg_read(b, buf, sizeof buf), 7);
        assert_memory_equal(buf, "3456789", 7);
        assert_false(leg_pending(b));
        assert_int_equal(leg_write(b, "back", 4), 4);
        assert_int_equal(leg_read(a, buf, sizeof buf), 4);
        assert_int_equal(leg_socket_fd(a), -1);
        leg_close(a, false);
        leg_close(b, false);
        leg_close(NULL, false);
}

static void an_orderly_end_comes_after_the_data(void **state)
{
        struct leg *a, *b;
        char buf[8];

        (void)state;
        assert_int_equal(leg_mem_pair(&a, &b, 8), 0);
        leg_write(a, "x", 1);
        assert_int_equal(leg_finish(a), 0);
        assert_int_equal(leg_read(b, buf, 8), 1);
        assert_int_equal(leg_read(b, buf, 8), 0);
        assert_int_equal(leg_write(b, "still", 5), 5); /* the other half lives */
        assert_int_equal(leg_read(a, buf, 8), 5);
        leg_close(a, false);
        leg_close(b, false);
}

static void an_abort_is_seen_as_reset(void **state)
{
        struct leg *a, *b;
        char buf[8];

        (void)state;
        assert_int_equal(leg_mem_pair(&a, &b, 8), 0);
        leg_write(a, "x", 1);
        leg_close(a, true);
        assert_int_equal(leg_read(b, buf, 8), LEG_RESET);
        assert_int_equal(leg_write(b, "x", 1), LEG_RESET);
        assert_true(b->why[0]);
        leg_close(b, true);
}

static void a_pair_needs_all_its_memory(void **state)
{
        uint64_t live = mem_live_blocks(), made;
        struct leg *a, *b;

        (void)state;
        mem_fail_nth(0, false);
        assert_int_equal(leg_mem_pair(&a, &b, 8), 0);
        made = mem_live_blocks() - live;
        leg_close(a, false);
        leg_close(b, false);
        assert_true(made > 2);
        for (uint64_t n = 1; n <= made; n++) {
                mem_fail_nth(n, false);
                assert_int_equal(leg_mem_pair(&a, &b, 8), -1);
                assert_int_equal(mem_live_blocks(), live);
        }
        mem_fail_nth(0, false);
}

/* ---- sbuf ---- */

static void put(struct sbuf *b, const char *s)
{
        size_t n = strlen(s), room = 0;
        uint8_t *p = sbuf_room(b, n, &room);

        assert_non_null(p);
        assert_true(room >= n);
        memcpy(p, s, n);
        b->len += n;
}

static void sbuf_keeps_bytes_in_order(void **state)
{
        struct sbuf b = { .max = 4096 };
        size_t room;

        (void)state;
        put(&b, "hello ");
        put(&b, "world");
        sbuf_used(&b, 6);
        assert_int_equal(b.len, 5);
        assert_memory_equal(sbuf_data(&b), "world", 5);
        assert_non_null(sbuf_room(&b, 4091, &room)); /* moves to the front, grows */
        assert_memory_equal(sbuf_data(&b), "world", 5);
        assert_int_equal(room, 4091);
        assert_null(sbuf_room(&b, 4092, &room));
        sbuf_used(&b, 5);
        assert_int_equal(b.off, 0);
        sbuf_release(&b);
        assert_null(b.p);
        assert_int_equal(b.cap, 0);
        assert_non_null(sbuf_room(&b, 1, &room));
        sbuf_release(&b);
        sbuf_release(&b);
}

static uint32_t seed = 1;

static uint32_t any(uint32_t n)
{
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 8) % n;
}

/* Random fills and uses against a plain counter: byte k of the stream is (uint8_t)k. */
static void sbuf_against_a_model(void **state)
{
        struct sbuf b = { .max = 10000 };
        uint32_t in = 0, out = 0;

        (void)state;
        for (unsigned i = 0; i < 20000; i++) {
                size_t need = 1 + any(3000), room = 0, n;
                uint8_t *p = sbuf_room(&b, need, &room);

                if (b.len + need > b.max)
                        assert_null(p);
                else
                        assert_true(p && room >= need && b.len + room <= b.max);
                n = p ? any((uint32_t)room + 1) : 0;
                for (size_t k = 0; k < n; k++)
                        p[k] = (uint8_t)in++;
                b.len += n;
                n = any((uint32_t)b.len + 1);
                for (size_t k = 0; k < n; k++)
                        if (sbuf_data(&b)[k] != (uint8_t)(out + k))
                                fail_msg("byte %u", out + (unsigned)k);
                sbuf_used(&b, n);
                out += (uint32_t)n;
                assert_int_equal(b.len, in - out);
                if (!b.len && !any(4))
                        sbuf_release(&b);
        }
        sbuf_release(&b);
}

static void sbuf_without_memory_keeps_what_it_has(void **state)
{
        struct sbuf b = { .max = 100000 };
        size_t room;

        (void)state;
        put(&b, "kept");
        mem_fail_nth(1, true);
        assert_null(sbuf_room(&b, 50000, &room));
        mem_fail_nth(0, false);
        assert_memory_equal(sbuf_data(&b), "kept", 4);
        assert_non_null(sbuf_room(&b, 50000, &room));
        assert_memory_equal(sbuf_data(&b), "kept", 4);
        sbuf_release(&b);
}

/* Clear text of calls does not stay in freed memory, not even when the buffer grew. */
static void sbuf_is_wiped(void **state)
{
        static const char needle[] = "clear text of a call";
        struct sbuf b = { .max = 100000 };
        size_t room;

        (void)state;
        if (!secret_watch_start())
                skip();
        secret_watch_add(needle, sizeof needle - 1);
        put(&b, needle);
        assert_non_null(sbuf_room(&b, 50000, &room));
        sbuf_release(&b);
        put(&b, needle);
        sbuf_used(&b, sizeof needle - 1);
        sbuf_release(&b);
        assert_int_equal(secret_watch_stop(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_one_writes_the_other_reads),
                cmocka_unit_test(an_orderly_end_comes_after_the_data),
                cmocka_unit_test(an_abort_is_seen_as_reset),
                cmocka_unit_test(a_pair_needs_all_its_memory),
                cmocka_unit_test(sbuf_keeps_bytes_in_order),
                cmocka_unit_test(sbuf_against_a_model),
                cmocka_unit_test(sbuf_without_memory_keeps_what_it_has),
                cmocka_unit_test(sbuf_is_wiped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
