/* MMP: what clients send, whole and in pieces. */
#include "tests/support/mmp_rig.h"

static const struct row client_rows[] = {
        /* the version */
        ROW("version alone", "", OPEN, PASSES, "version"),
        ROW("version behind MMP", "", "MMP OLWP-2.0\r\n\r\n", PASSES, "version"),
        ROW("version as a header", "", "version: OLWP-2.0\r\n\r\n", PASSES, "version"),
        ROW("version as a header without colon", "", "Version OLWP-2.0\n\n", PASSES, "version"),
        ROW("version in lower case", "", "olwp-2.0\r\n\r\n", PASSES, "version"),
        ROW("version with headers and content", "", "OLWP-2.0\r\ncontent-type: oml\r\ncontent-length: 3\r\n\r\n<a>",
            PASSES, "oml markup"),
        ROW("no version", "", "content-type: oml\r\n\r\n", ENDS, "malformed header"),
        ROW("blank line for a version", "", "\r\n", ENDS, "malformed header"),
        ROW("version 2.1", "", "OLWP-2.1\r\n\r\n", ENDS, "unsupported version"),
        ROW("version 1.0", "", "OLWP-1.0\r\n\r\n", ENDS, "unsupported version"),
        ROW("version 02.0", "", "OLWP-02.0\r\n\r\n", ENDS, "unsupported version"),
        ROW("version 2", "", "OLWP-2\r\n\r\n", ENDS, "malformed header"),
        ROW("version 2.", "", "OLWP-2.\r\n\r\n", ENDS, "malformed header"),
        ROW("version 2.000", "", "OLWP-2.000\r\n\r\n", ENDS, "malformed header"),
        ROW("version with something behind", "", "OLWP-2.0 x\r\n\r\n", ENDS, "malformed header"),
        ROW("blank before the version", "", " OLWP-2.0\r\n\r\n", ENDS, "malformed header"),
        ROW("two blanks before the version", "", "MMP  OLWP-2.0\r\n\r\n", ENDS, "malformed header"),
        ROW("HTTP", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ENDS, "malformed header"),
        ROW("TLS in TLS", "", "\x16\x03\x01\x02\x00\x01\x00", ENDS, "malformed header"),
        BAD("second version", OPEN),
        BAD("second version as MMP", "MMP OLWP-2.0\r\n\r\n"),
        BAD("second version as header", "version: OLWP-2.0\r\n\r\n"),
        ROW("second version in the head", "", "OLWP-2.0\r\nOLWP-2.0\r\n\r\n", ENDS, "malformed header"),
        ROW("second version header in the head", "", "OLWP-2.0\r\nversion: OLWP-2.0\r\n\r\n", ENDS,
            "malformed header"),
        /* the header as the sample shows it */
        ROW("http", OPEN, "content-type: http/1.1\r\ncontent-length: 4\r\n\r\nGET ", PASSES, "http entities"),
        ROW("no colon, bare LF", "OLWP-2.0\n\n", "content-type http/1.1\ncontent-length 4\n\nGET ", PASSES,
            "http entities"),
        ROW("no colon, CRLF", OPEN, "content-type oml\r\ncontent-length 1\r\n\r\n<", PASSES, "oml markup"),
        ROW("other case", OPEN, "CONTENT-Type: HTTP/1.1\r\nContent-LENGTH: 1\r\n\r\nG", PASSES, "http entities"),
        ROW("unknown header", OPEN, "x-trace: a b:c =d\r\n\r\n", PASSES, "unknown header"),
        ROW("unknown content-type", OPEN, "content-type: text/plain\r\ncontent-length: 1\r\n\r\nx", PASSES,
            "unknown content-type"),
        ROW("session resumed", OPEN, "session-id: a-Z_9\r\n\r\n", PASSES, "session-id"),
        ROW("type without content", OPEN, "content-type: oml\r\n\r\n", PASSES, "oml entities"),
        /* line ends */
        BAD("bare LF after CRLF", "status: 201\n\n"),
        ROW("CRLF after bare LF", "OLWP-2.0\n\n", "status: 201\r\n\r\n", ENDS, "malformed header"),
        BAD("bare CR", "status: 201\rsession-id: a\r\n\r\n"),
        BAD("CR CR LF", "status: 201\r\r\n\r\n"),
        BAD("LF CR", "status: 201\n\r\n\r"),
        BAD("blank line ended by CR CR", "status: 201\r\n\r\r"),
        BAD("blank line with a blank", "status: 201\r\n \r\n"),
        BAD("empty head", "\r\n"),
        BAD("NUL", "x: a\0b\r\n\r\n"),
        BAD("8-bit octet", "x: \xc3\xa9\r\n\r\n"),
        BAD("DEL", "x: \x7f\r\n\r\n"),
        BAD("folded line", "x: a\r\n b\r\n\r\n"),
        BAD("folded by tab", "x: a\r\n\tb\r\n\r\n"),
        /* name and value */
        BAD("no space", "content-length:40\r\n\r\n"),
        BAD("two spaces", "content-length:  40\r\n\r\n"),
        BAD("tab", "content-length:\t40\r\n\r\n"),
        BAD("space before the colon", "content-length : 40\r\n\r\n"),
        BAD("space after the value", "x: a \r\n\r\n"),
        BAD("colon twice", "x:: a\r\n\r\n"),
        BAD("empty name", ": a\r\n\r\n"),
        BAD("name with underscore", "content_length: 40\r\n\r\n"),
        BAD("name begins with digit", "1x: a\r\n\r\n"),
        BAD("name begins with hyphen", "-x: a\r\n\r\n"),
        BAD("header without value", "x:\r\n\r\n"),
        BAD("header with a blank for a value", "x: \r\n\r\n"),
        BAD("header without anything", "x\r\n\r\n"),
        BAD("forms mixed", "x: a\r\ny b\r\n\r\n"),
        BAD("forms mixed the other way", "x a\r\ny: b\r\n\r\n"),
        ROW("forms mixed over messages", OPEN "x: a\r\n\r\n", "x a\r\n\r\n", ENDS, "malformed header"),
        ROW("name of 64", OPEN, "x23456789012345678901234567890123456789012345678901234567890abcd: a\r\n\r\n", PASSES,
            "unknown header"),
        BAD("name of 65", "x23456789012345678901234567890123456789012345678901234567890abcde: a\r\n\r\n"),
        /* content-length */
        BAD("sign +", "content-type: oml\r\ncontent-length: +40\r\n\r\n"),
        BAD("sign -", "content-type: oml\r\ncontent-length: -1\r\n\r\n"),
        BAD("leading zero", "content-type: oml\r\ncontent-length: 040\r\n\r\n"),
        BAD("two zeros", "content-type: oml\r\ncontent-length: 00\r\n\r\n"),
        BAD("hexadecimal", "content-type: oml\r\ncontent-length: 0x28\r\n\r\n"),
        BAD("blank inside", "content-type: oml\r\ncontent-length: 4 0\r\n\r\n"),
        BAD("list", "content-type: oml\r\ncontent-length: 40,40\r\n\r\n"),
        BAD("same length twice", "content-type: oml\r\ncontent-length: 4\r\ncontent-length: 4\r\n\r\n"),
        BAD("two lengths", "content-type: oml\r\ncontent-length: 4\r\nContent-Length: 5\r\n\r\n"),
        BAD("two types", "content-type: oml\r\ncontent-type: http/1.1\r\n\r\n"),
        BAD("two session-ids", "session-id: a\r\nsession-id: a\r\n\r\n"),
        BAD("two statuses", "status: 200\r\nstatus: 200\r\n\r\n"),
        BAD("content without type", "content-length: 4\r\n\r\nabcd"),
        ROW("no content, no type", OPEN, "content-length: 0\r\n\r\n", PASSES, "client messages"),
        ROW("no content, type", OPEN, "content-type: oml\r\ncontent-length: 0\r\n\r\n", PASSES, "oml entities"),
        ROW("4097", OPEN, "content-type: oml\r\ncontent-length: 4097\r\n\r\n", ENDS, "content too long"),
        ROW("2^32 + 40", OPEN, "content-type: oml\r\ncontent-length: 4294967336\r\n\r\n", ENDS, "content too long"),
        ROW("2^64 + 40", OPEN, "content-type: oml\r\ncontent-length: 18446744073709551656\r\n\r\n", ENDS,
            "content too long"),
        ROW("4097 ends at its line", OPEN, "content-length: 4097\r\n", ENDS, "content too long"),
        /* other values */
        BAD("session-id with a blank", "session-id: a b\r\n\r\n"),
        BAD("session-id with a dot", "session-id: a.b\r\n\r\n"),
        BAD("session-id of 65",
            "session-id: x23456789012345678901234567890123456789012345678901234567890abcde\r\n\r\n"),
        ROW("session-id of 64", OPEN,
            "session-id: x23456789012345678901234567890123456789012345678901234567890abcd\r\n\r\n", PASSES,
            "session-id"),
        BAD("status of 2 digits", "status: 20\r\n\r\n"),
        BAD("status of 4 digits", "status: 2000\r\n\r\n"),
        BAD("status 099", "status: 099\r\n\r\n"),
        BAD("status 600", "status: 600\r\n\r\n"),
        BAD("status 2x0", "status: 2x0\r\n\r\n"),
        ROW("status 599", OPEN, "status: 599\r\n\r\n", PASSES, "client messages"),
        /* messages */
        ROW("content that looks like a head", OPEN,
            "content-type: oml\r\ncontent-length: 24\r\n\r\ncontent-length: 9999\r\n\r\nx: y\r\n\r\n", PASSES,
            "unknown header"),
        ROW("content of any octet", OPEN, "content-type: a/b\r\ncontent-length: 5\r\n\r\n\0\r\n\n\xff", PASSES,
            "unknown content-type"),
        ROW("content 0, then a head", OPEN, "content-type: oml\r\ncontent-length: 0\r\n\r\nx: y\r\n\r\n", PASSES,
            "unknown header"),
        ROW("junk behind the content", OPEN, "content-type: oml\r\ncontent-length: 1\r\n\r\n<?\r\n", ENDS,
            "malformed header"),
        ROW("head not complete", OPEN, "content-type: oml\r\n", WAITS, NULL),
        ROW("content not complete", OPEN, "content-type: oml\r\ncontent-length: 2\r\n\r\n<", PASSES, "oml markup"),
};

/* ---- rows ---- */

static void client_rows_whole(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(client_rows); i++)
                check_row(&client_rows[i], client_rows[i].n, client_rows[i].n);
}

static void client_rows_at_every_split(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(client_rows); i++) {
                for (size_t k = 1; k < client_rows[i].n; k++)
                        check_row(&client_rows[i], k, client_rows[i].n);
                check_row(&client_rows[i], 1, 1);
                check_row(&client_rows[i], 1, 3);
        }
}

/* A refused head leaves nothing behind at the other side. */
static void nothing_of_a_refused_head_goes_on(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(client_rows); i++) {
                const struct row *r = &client_rows[i];
                struct feed f;

                if (r->expect != ENDS || !strcmp(r->what, "junk behind the content"))
                        continue;
                open_mmp(&f);
                if (r->before[0])
                        passes_text(&f, DIR_C2S, r->before);
                feed_pieces(&f, DIR_C2S, r->bytes, r->n, 1, 1);
                assert_true(f.closed);
                assert_int_equal(f.side[DIR_C2S].nout, strlen(r->before));
                feed_close(&f);
        }
}

static void every_prefix_waits(void **state)
{
        static const char head[] = "content-type: http/1.1\r\ncontent-length: 40\r\n\r\n";
        struct feed f;

        (void)state;
        for (size_t n = 1; n < sizeof head - 1; n++) {
                open_mmp(&f);
                passes_text(&f, DIR_C2S, OPEN);
                assert_int_equal(feed(&f, DIR_C2S, head, n), ENGINE_MORE);
                assert_int_equal(f.side[DIR_C2S].nwait, n);
                assert_int_equal(f.side[DIR_C2S].nout, sizeof OPEN - 1);
                feed_close(&f);
        }
        for (size_t n = 1; n < sizeof OPEN - 1; n++) {
                open_mmp(&f);
                assert_int_equal(feed(&f, DIR_C2S, OPEN, n), ENGINE_MORE);
                assert_int_equal(f.side[DIR_C2S].nout, 0);
                feed_close(&f);
        }
}

/* ---- what the operator sees ---- */

static void bytes_are_counted_once(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        feed_pieces(&f, DIR_C2S, OPEN, sizeof OPEN - 1, 1, 1);
        feed_pieces(&f, DIR_S2C, SESSION, sizeof SESSION - 1, 5, 7);
        assert_int_equal(feed_count(&f, "client bytes"), sizeof OPEN - 1);
        assert_int_equal(feed_count(&f, "server bytes"), sizeof SESSION - 1);
        assert_int_equal(feed_count(&f, "connections"), 1);
        feed_close(&f);
}

/* No allocation at all: with none to be had, everything works as before. */
static void works_without_memory(void **state)
{
        mem_fail_nth(1, true);
        client_rows_whole(state);
        random_pipelining(state);
        assert_int_equal(mem_fail_count(), 0);
        mem_fail_nth(0, false);
}

static void is_found_by_its_number(void **state)
{
        (void)state;
        assert_ptr_equal(inspect_engine_find(INSPECT_MMP, 6), &inspect_mmp);
        assert_null(inspect_engine_find(INSPECT_MMP, 17));
        assert_null(inspect_engine_find(INSPECT_NONE, 6));
        assert_int_equal(inspect_mmp.partial_ms, 30000);
        assert_int_equal(inspect_mmp.default_port, 5443);
        for (unsigned i = 0; inspect_engines[i]; i++)
                assert_ptr_equal(inspect_engine_find(inspect_engines[i]->id, inspect_engines[i]->l4), inspect_engines[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(client_rows_whole),
                cmocka_unit_test(client_rows_at_every_split),
                cmocka_unit_test(nothing_of_a_refused_head_goes_on),
                cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(bytes_are_counted_once),
                cmocka_unit_test(works_without_memory),
                cmocka_unit_test(is_found_by_its_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
