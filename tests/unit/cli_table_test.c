/* What a show tells, as text and as a document. */
#include "tests/support/test.h"

#include <string.h>

#include "cli/lang/table.h"
#include "cli/lang/text.h"

struct sink {
        struct text t;
        unsigned flushes, most; /* most: flushes until the reader has enough; 0: never */
};

static void collect(void *ctx, const char *p, size_t n)
{
        text_addn(&((struct sink *)ctx)->t, p, n);
}

static bool flush(void *ctx)
{
        struct sink *k = ctx;

        k->flushes++;
        return !k->most || k->flushes < k->most;
}

static void begin(struct table *t, struct sink *k, bool json)
{
        const struct table_out out = { collect, flush, k };

        *k = (struct sink){ 0 };
        table_begin(t, &out, json);
}

static void is(struct sink *k, const char *want)
{
        if (strcmp(text_str(&k->t), want) != 0)
                fail_msg("got:\n%s\nwanted:\n%s", text_str(&k->t), want);
        text_fini(&k->t);
}

/* Both faces of one handler. */
static void tell(struct table *t)
{
        const struct addr a = addr_v4(0x0A000001), none = { 0 };

        table_put(t, "%s in use, 100%% %s\n", CELLS(cell_num("in_use", 2), cell_text("known")));
        table_list(t, "rows");
        table_row(t, "[%-6s|%6s|%.2s] %s\n",
                  CELLS(cell_str("name", "abc"), cell_num("count", 18446744073709551615ull), cell_str("cut", "xyz"),
                        cell_addr("address", &a), cell_bool("only_here", true)));
        table_row(t, "%s%s %s\n",
                  CELLS(cell_str("name", NULL), cell_as(cell_addr("address", &none), "unassigned"),
                        cell_int("delta", -5)));
        table_close(t);
        table_object(t, "deep");
        table_put(t, "%s\n", CELLS(cell_as(cell_fix("idle_seconds", 3200, 3), "0:00:03")));
        table_list(t, "empty");
        table_close(t);
        table_list(t, "more");
        table_object(t, NULL);
        table_put(t, "a %s", CELLS(cell_num("a", 1)));
        table_put(t, " b %s\n", CELLS(cell_bool("b", false)));
        table_close(t);
        table_close(t);
        table_close(t);
        table_put(t, "end %s\n", CELLS(cell_null("end")));
        table_end(t, NULL);
}

static void the_text_is_the_lines(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, false);
        tell(&t);
        is(&k, "2 in use, 100% known\n"
               "[abc   |18446744073709551615|xy] 10.0.0.1\n"
               "unassigned -5\n"
               "0:00:03\n"
               "a 1 b false\n"
               "end \n");
}

static void the_document_has_the_values(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, true);
        tell(&t);
        is(&k, "{\"in_use\": 2, \"rows\": [\n"
               "{\"name\": \"abc\", \"count\": 18446744073709551615, \"cut\": \"xyz\", \"address\": \"10.0.0.1\", "
               "\"only_here\": true},\n"
               "{\"name\": null, \"address\": null, \"delta\": -5}\n"
               "], \"deep\": {\"idle_seconds\": 3.2, \"empty\": [], \"more\": [\n"
               "{\"a\": 1, \"b\": false}\n"
               "]}, \"end\": null}\n");
}

static void fractions_and_times(void **state UNUSED)
{
        static const struct {
                struct cell c;
                const char *want;
        } rows[] = {
                { { .name = "v", .kind = CELL_FIX, .v.i = 0, .digits = 3 }, "0" },
                { { .name = "v", .kind = CELL_FIX, .v.i = 7, .digits = 3 }, "0.007" },
                { { .name = "v", .kind = CELL_FIX, .v.i = 100, .digits = 1 }, "10" },
                { { .name = "v", .kind = CELL_FIX, .v.i = 12345, .digits = 1 }, "1234.5" },
                { { .name = "v", .kind = CELL_FIX, .v.i = -1500, .digits = 3 }, "-1.5" },
                { { .name = "v", .kind = CELL_FIX, .v.i = -1, .digits = 3 }, "-0.001" },
                { { .name = "v", .kind = CELL_TIME, .v.i = 1000000000 }, "\"1970-01-01T00:00:01Z\"" },
                { { .name = "v", .kind = CELL_TIME, .v.i = 1700000000007000000 }, "\"2023-11-14T22:13:20.007Z\"" },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char want[64];
                struct table t;
                struct sink k;

                begin(&t, &k, true);
                table_put(&t, "", &rows[i].c, 1);
                table_end(&t, NULL);
                snprintf(want, sizeof want, "{\"v\": %s}\n", rows[i].want);
                is(&k, want);
        }
        assert_int_equal(cell_time("t", 0).kind, CELL_NULL);
}

static void strings_are_escaped(void **state UNUSED)
{
        static const struct {
                const char *s, *want;
        } rows[] = {
                { "", "" },
                { "plain /path", "plain /path" },
                { "\"\\", "\\\"\\\\" },
                { "a\nb\tc\x01\x7f", "a\\u000ab\\u0009c\\u0001\\u007f" },
                { "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x93\x9e", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x93\x9e" },
                { "\xc2\x9b", "\\u009b" },                   /* a control sequence introducer of one byte */
                { "x\xff\xfey", "x\\ufffd\\ufffdy" },        /* never UTF-8 */
                { "\xc3", "\\ufffd" },                       /* cut short */
                { "\xe2\x82", "\\ufffd\\ufffd" },            /* the same */
                { "\xf0\x9f\x93", "\\ufffd\\ufffd\\ufffd" }, /* the same */
                { "\xc0\xaf", "\\ufffd\\ufffd" },            /* longer than need be */
                { "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" }, /* the same */
                { "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" }, /* half of a pair */
                { "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* behind the last one */
                { "\x80z", "\\ufffdz" },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char want[128];
                struct table t;
                struct sink k;

                begin(&t, &k, true);
                table_put(&t, "", CELLS(cell_str("s", rows[i].s)));
                table_end(&t, NULL);
                snprintf(want, sizeof want, "{\"s\": \"%s\"}\n", rows[i].want);
                is(&k, want);
        }
}

static void nothing_told_is_an_empty_object(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, true);
        table_end(&t, NULL);
        is(&k, "{}\n");
}

static void what_goes_wrong_ends_the_document(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, true);
        table_list(&t, "rows");
        table_object(&t, NULL);
        table_put(&t, "", CELLS(cell_num("a", 1)));
        table_end(&t, "no \"memory\"");
        is(&k, "{\"rows\": [\n{\"a\": 1}\n], \"error\": \"no \\\"memory\\\"\"}\n");
}

/* Every row is given away before the next one is made, and who has enough is not told more. */
static void rows_are_not_kept(void **state UNUSED)
{
        for (int json = 0; json < 2; json++) {
                const struct cell bare = cell_num(NULL, 3);
                struct table t;
                struct sink k;

                begin(&t, &k, json);
                k.most = 4;
                table_list(&t, "rows");
                assert_true(table_row(&t, "%s\n", CELLS(cell_num("a", 1))));
                assert_int_equal(k.flushes, 1);
                assert_true(table_put(&t, "", NULL, 0));
                assert_true(table_item(&t, "%s\n", &bare));
                assert_false(table_row(&t, "%s\n", CELLS(cell_num("a", 4))));
                assert_false(table_put(&t, "", NULL, 0));
                assert_false(table_item(&t, "%s\n", &bare));
                assert_false(table_close(&t));
                text_fini(&k.t);
        }
}

static void bare_values_stand_in_lists(void **state UNUSED)
{
        for (int json = 0; json < 2; json++) {
                const struct cell one = cell_str(NULL, "o\"ne"), two = cell_num(NULL, 2);
                struct table t;
                struct sink k;

                begin(&t, &k, json);
                table_list(&t, "values");
                table_item(&t, "<%s>\n", &one);
                table_item(&t, "<%s>\n", &two);
                table_close(&t);
                table_end(&t, NULL);
                is(&k, json ? "{\"values\": [\n\"o\\\"ne\",\n2\n]}\n" : "<o\"ne>\n<2>\n");
        }
}

/* A mistake in a handler, too. */
static void no_nesting_is_too_deep(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, true);
        for (unsigned i = 0; i < 3 * TABLE_DEPTH; i++)
                table_object(&t, "o");
        table_end(&t, NULL);
        assert_true(k.t.n > 3 * TABLE_DEPTH);
        text_fini(&k.t);
}

/* A line with fewer cells than places is a mistake in a handler, and does no harm. */
static void too_few_cells_print_nothing(void **state UNUSED)
{
        struct table t;
        struct sink k;

        begin(&t, &k, false);
        table_put(&t, "%s and %s.\n", CELLS(cell_num("a", 1)));
        is(&k, "1 and .\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_text_is_the_lines),
                cmocka_unit_test(the_document_has_the_values),
                cmocka_unit_test(fractions_and_times),
                cmocka_unit_test(strings_are_escaped),
                cmocka_unit_test(nothing_told_is_an_empty_object),
                cmocka_unit_test(what_goes_wrong_ends_the_document),
                cmocka_unit_test(rows_are_not_kept),
                cmocka_unit_test(bare_values_stand_in_lists),
                cmocka_unit_test(no_nesting_is_too_deep),
                cmocka_unit_test(too_few_cells_print_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
