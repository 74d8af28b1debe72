/* MMP: limits of heads and content, and the end of a direction. */
#include "tests/support/mmp_rig.h"

/* ---- limits ---- */

/* A head of exactly n bytes out of lines of at most 1000. */
static char *head_of(size_t n)
{
        char *p = malloc(n + 1);
        size_t at = 0;

        assert_non_null(p);
        while (n - at > 2) {
                size_t line = MIN_OF(n - 2 - at, (size_t)1000);

                if (n - 2 - at - line > 0 && n - 2 - at - line < 6)
                        line -= 6;
                memcpy(p + at, "x: ", 3);
                memset(p + at + 3, 'v', line - 5);
                memcpy(p + at + line - 2, "\r\n", 2);
                at += line;
        }
        memcpy(p + at, "\r\n", 2);
        p[n] = 0;
        return p;
}

static void client_head_limit_is_4096(void **state)
{
        static const size_t piece[] = { 1, 100, 4095, 4096, 8000 };

        (void)state;
        for (size_t n = 4090; n <= 4100; n++)
                for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
                        char *p = head_of(n);
                        struct row r = { "head",
                                         OPEN,
                                         p,
                                         n,
                                         n <= 4096 ? PASSES : ENDS,
                                         n <= 4096 ? "client messages" : "header too long" };

                        check_row(&r, piece[i], piece[i]);
                        free(p);
                }
}

static void one_line_may_fill_the_head(void **state)
{
        char p[5000];

        (void)state;
        for (size_t n = 4096; n <= 4097; n++) {
                struct row r = { "line",
                                 OPEN,
                                 p,
                                 n,
                                 n <= 4096 ? PASSES : ENDS,
                                 n <= 4096 ? "unknown header" : "header too long" };

                memset(p, 'v', n);
                memcpy(p, "x: ", 3);
                memcpy(p + n - 4, "\r\n\r\n", 4);
                check_row(&r, n, n);
                check_row(&r, 1, 1);
        }
}

/* The limit is met as soon as byte 4097 is there, wherever the head would have ended. */
static void a_head_without_end_is_met_at_4097(void **state)
{
        char p[4097];
        struct feed f;

        (void)state;
        memset(p, 'v', sizeof p);
        memcpy(p, "x: ", 3);
        open_mmp(&f);
        passes_text(&f, DIR_C2S, OPEN);
        assert_int_equal(feed(&f, DIR_C2S, p, 4096), ENGINE_MORE);
        assert_int_equal(feed(&f, DIR_C2S, p + 4096, 1), ENGINE_CLOSE);
        assert_int_equal(feed_count(&f, "header too long"), 1);
        assert_string_equal(f.c.reason, "header too long");
        feed_close(&f);
}

/* The version line belongs to its head. */
static void first_head_has_the_same_limit(void **state)
{
        static const char version[] = "OLWP-2.0\r\n";
        size_t v = sizeof version - 1;
        char p[4097];

        (void)state;
        for (size_t n = 4096; n <= 4097; n++) {
                char *rest = head_of(n - v);
                struct row r = {
                        "first head", "", p, n, n <= 4096 ? PASSES : ENDS, n <= 4096 ? "version" : "header too long"
                };

                memcpy(p, version, v);
                memcpy(p + v, rest, n - v);
                check_row(&r, n, n);
                free(rest);
        }
}

static void headers_limit_is_64(void **state)
{
        char p[1000];

        (void)state;
        for (unsigned n = 64; n <= 65; n++) {
                struct row r = { "headers",
                                 OPEN,
                                 p,
                                 0,
                                 n <= 64 ? PASSES : ENDS,
                                 n <= 64 ? "client messages" : "malformed header" };

                for (unsigned i = 0; i < n; i++)
                        memcpy(p + 6 * i, "x: y\r\n", 6);
                memcpy(p + 6 * n, "\r\n", 2);
                r.n = 6 * n + 2;
                check_row(&r, r.n, r.n);
        }
}

static void client_content_limit_is_4096(void **state)
{
        static const char head[] = "content-type: a/b\r\ncontent-length: 4096\r\n\r\n";
        size_t h = sizeof head - 1, n = h + 4096;
        char *p = malloc(n);
        struct row r = { "content of 4096", OPEN, p, n, PASSES, "client messages" };

        (void)state;
        assert_non_null(p);
        memcpy(p, head, h);
        memset(p + h, '\n', 4096);
        check_row(&r, n, n);
        check_row(&r, 1, 1);
        check_row(&r, 100, 1000);
        free(p);
}

/* ---- the end of a direction ---- */

static void an_unfinished_message_is_dropped_at_the_end(void **state)
{
        static const char part[] = "content-type: oml\r\n";
        struct feed f;

        (void)state;
        for (unsigned late = 0; late < 2; late++) {
                open_mmp(&f);
                passes_text(&f, DIR_C2S, OPEN);
                if (late)
                        assert_int_equal(feed(&f, DIR_C2S, part, sizeof part - 1), ENGINE_MORE);
                assert_int_equal(feed_fin(&f, DIR_C2S, part, late ? 0 : sizeof part - 1, true), ENGINE_ACCEPT);
                assert_int_equal(f.side[DIR_C2S].nout, sizeof OPEN - 1);
                assert_int_equal(f.side[DIR_C2S].nwait, 0);
                assert_int_equal(feed_count(&f, "incomplete message"), 1);
                passes_text(&f, DIR_S2C, SESSION); /* the other half goes on */
                feed_close(&f);
        }
}

static void an_end_between_messages_is_no_fault(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        assert_int_equal(feed_fin(&f, DIR_C2S, OPEN, sizeof OPEN - 1, true), ENGINE_ACCEPT);
        assert_int_equal(f.side[DIR_C2S].nout, sizeof OPEN - 1);
        assert_int_equal(feed_fin(&f, DIR_S2C, "", 0, true), ENGINE_ACCEPT);
        assert_int_equal(feed_count(&f, "incomplete message"), 0);
        feed_close(&f);
}

static void an_end_inside_content_is_counted(void **state)
{
        static const char m[] = "content-type: oml\r\ncontent-length: 2\r\n\r\n<";
        struct feed f;

        (void)state;
        open_mmp(&f);
        passes_text(&f, DIR_C2S, OPEN);
        assert_int_equal(feed_fin(&f, DIR_C2S, m, sizeof m - 1, true), ENGINE_ACCEPT);
        assert_int_equal(feed_count(&f, "incomplete message"), 1);
        feed_close(&f);
}

static void data_after_the_end_closes(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        assert_int_equal(feed_fin(&f, DIR_C2S, OPEN, sizeof OPEN - 1, true), ENGINE_ACCEPT);
        assert_int_equal(feed(&f, DIR_C2S, "x: y\r\n\r\n", 8), ENGINE_CLOSE);
        assert_int_equal(f.side[DIR_C2S].nout, sizeof OPEN - 1);
        feed_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(client_head_limit_is_4096),
                cmocka_unit_test(one_line_may_fill_the_head),
                cmocka_unit_test(a_head_without_end_is_met_at_4097),
                cmocka_unit_test(first_head_has_the_same_limit),
                cmocka_unit_test(headers_limit_is_64),
                cmocka_unit_test(client_content_limit_is_4096),
                cmocka_unit_test(an_unfinished_message_is_dropped_at_the_end),
                cmocka_unit_test(an_end_between_messages_is_no_fault),
                cmocka_unit_test(an_end_inside_content_is_counted),
                cmocka_unit_test(data_after_the_end_closes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
