/* Which datagrams to port 69 are TFTP requests, and what answer is then expected. */
#include "tests/support/test.h"

#include "inspect/tftp/tftp.h"
#include "platform/base/mem.h"
#include "tests/support/engine_feed.h"

struct row {
        const char *what, *bytes;
        size_t n;
        bool ok;
};
#define ROW(what_, bytes_, ok_)                                                                                      \
        {                                                                                                            \
                what_, bytes_, sizeof(bytes_) - 1, ok_                                                               \
        }

static const struct row rows[] = {
        ROW("read", "\0\1SEP001122334455.cnf.xml\0octet\0", true),
        ROW("write", "\0\2running-config\0netascii\0", true),
        ROW("mode in any case", "\0\1a\0OcTeT\0", true),
        ROW("mail is for writing", "\0\2user\0mail\0", true),
        ROW("mail is not for reading", "\0\1user\0mail\0", false),
        ROW("options",
            "\0\1a\0octet\0blksize\0"
            "1428\0tsize\0"
            "0\0",
            true),
        ROW("option unknown", "\0\1a\0octet\0x\0y\0", true),
        ROW("option repeated",
            "\0\1a\0octet\0tsize\0"
            "0\0TSIZE\0"
            "0\0",
            false),
        ROW("option without value", "\0\1a\0octet\0tsize\0", false),
        ROW("option with empty value", "\0\1a\0octet\0tsize\0\0", false),
        ROW("option value without end",
            "\0\1a\0octet\0tsize\0"
            "0",
            false),
        ROW("nothing", "", false),
        ROW("half an opcode", "\0", false),
        ROW("opcode alone", "\0\1", false),
        ROW("data", "\0\3\0\1abc", false),
        ROW("acknowledgement", "\0\4\0\1", false),
        ROW("error", "\0\5\0\1no\0", false),
        ROW("option acknowledgement",
            "\0\6tsize\0"
            "0\0",
            false),
        ROW("opcode 0", "\0\0a\0octet\0", false),
        ROW("opcode 0x0101", "\1\1a\0octet\0", false),
        ROW("opcode the other way", "\1\0a\0octet\0", false),
        ROW("no name", "\0\1\0octet\0", false),
        ROW("name without end", "\0\1abc", false),
        ROW("no mode", "\0\1a\0", false),
        ROW("empty mode", "\0\1a\0\0", false),
        ROW("mode without end", "\0\1a\0octet", false),
        ROW("mode unknown", "\0\1a\0binary\0", false),
        ROW("mode cut", "\0\1a\0octe\0", false),
        ROW("octet behind", "\0\1a\0octet\0x", false),
        ROW("NUL behind", "\0\1a\0octet\0\0", false),
        ROW("control character in the name", "\0\1a\nb\0octet\0", false),
        ROW("8-bit name", "\0\1caf\xc3\xa9\0octet\0", true),
};

static enum engine_verdict ask(struct feed *f, enum inspect_dir dir, const void *p, size_t n)
{
        size_t used = 99;
        uint8_t *exact = feed_grow(NULL, n), room[16];
        struct wbuf out = wbuf_of(room, sizeof room);
        enum engine_verdict v;

        if (n)
                memcpy(exact, p, n);
        f->c.out = &out;
        v = f->engine->data(&f->c, dir, cur_of(exact, n), false, &used);
        assert_int_equal(out.len, 0);
        assert_int_equal(used, v == ENGINE_ACCEPT ? n : 0);
        free(exact);
        return v;
}

static void datagrams(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];
                struct feed f;

                feed_open(&f, &inspect_tftp, NULL);
                if (ask(&f, DIR_C2S, r->bytes, r->n) != (r->ok ? ENGINE_ACCEPT : ENGINE_CLOSE))
                        fail_msg("%s: %s", r->what, f.c.reason);
                assert_int_equal(f.nholes, r->ok);
                assert_int_equal(feed_count(&f, "requests"), r->ok);
                assert_int_equal(feed_count(&f, "malformed requests"), !r->ok);
                feed_close(&f);
        }
}

/* A request cut anywhere is none, but where an option pair ends. */
static void every_prefix_is_refused(void **state)
{
        static const char m[] = "\0\1abc\0octet\0tsize\0"
                                "0\0";
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        for (size_t n = 0; n < sizeof m - 1; n++)
                if ((ask(&f, DIR_C2S, m, n) == ENGINE_ACCEPT) != (n == 12))
                        fail_msg("%zu", n);
        feed_close(&f);
}

static void limits(void **state)
{
        char m[600] = { 0, 1 };
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        for (size_t n = 255; n <= 256; n++) {
                memset(m + 2, 'n', n);
                memcpy(m + 2 + n, "\0octet", 7);
                assert_int_equal(ask(&f, DIR_C2S, m, 2 + n + 7), n == 255 ? ENGINE_ACCEPT : ENGINE_CLOSE);
        }
        for (size_t n = 512; n <= 513; n++) {
                memcpy(m + 2, "a\0octet\0o", 10);
                memset(m + 12, 'v', n - 13);
                m[11] = 0;
                m[n - 1] = 0;
                assert_int_equal(ask(&f, DIR_C2S, m, n), n == 512 ? ENGINE_ACCEPT : ENGINE_CLOSE);
        }
        for (unsigned n = 16; n <= 17; n++) {
                memcpy(m + 2, "a\0octet", 8);
                for (unsigned i = 0; i < n; i++)
                        memcpy(m + 10 + 4 * i, (char[]){ (char)('a' + i), 0, 'v', 0 }, 4);
                assert_int_equal(ask(&f, DIR_C2S, m, 10 + 4 * n), n == 16 ? ENGINE_ACCEPT : ENGINE_CLOSE);
        }
        feed_close(&f);
}

static const char request[] = "\0\1abc\0octet\0";

static void the_answer_is_expected(void **state)
{
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        assert_int_equal(ask(&f, DIR_C2S, request, sizeof request - 1), ENGINE_ACCEPT);
        assert_int_equal(f.nholes, 1);
        assert_int_equal(f.hole[0].proto, 17);
        assert_int_equal(f.hole[0].from, DIR_S2C);
        assert_true(addr_eq(&f.hole[0].src.a, &f.c.server.a));
        assert_int_equal(f.hole[0].src.port, 0);
        assert_true(addr_eq(&f.hole[0].dst.a, &f.c.client.a));
        assert_int_equal(f.hole[0].dst.port, 2000);
        assert_int_equal(f.hole[0].engine, INSPECT_NONE);
        assert_true(f.hole[0].timeout_s > 0);
        feed_close(&f);
}

static void without_room_the_request_is_dropped(void **state)
{
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        f.holes_full = true;
        assert_int_equal(ask(&f, DIR_C2S, request, sizeof request - 1), ENGINE_CLOSE);
        assert_int_equal(feed_count(&f, "transfers refused"), 1);
        assert_int_equal(feed_count(&f, "requests"), 0);
        f.holes_full = false;
        assert_int_equal(ask(&f, DIR_C2S, request, sizeof request - 1), ENGINE_ACCEPT);
        feed_close(&f);
}

static void a_dry_run_opens_nothing(void **state)
{
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        f.c.dry = true;
        assert_int_equal(ask(&f, DIR_C2S, request, sizeof request - 1), ENGINE_ACCEPT);
        assert_int_equal(f.nholes, 0);
        feed_close(&f);
}

static void answers_do_not_come_from_port_69(void **state)
{
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        assert_int_equal(ask(&f, DIR_S2C, "\0\3\0\1abc", 7), ENGINE_CLOSE);
        assert_int_equal(ask(&f, DIR_S2C, request, sizeof request - 1), ENGINE_CLOSE);
        assert_int_equal(feed_count(&f, "answers from port 69"), 2);
        feed_close(&f);
}

static void parsed_name_and_options(void **state)
{
        static const char m[] = "\0\2abc\0octet\0a\0b\0c\0d\0";
        struct tftp_request r;
        const char *why;

        (void)state;
        assert_int_equal(tftp_request_parse(cur_of(m, sizeof m - 1), &r, &why), PARSE_OK);
        assert_int_equal(r.op, TFTP_WRQ);
        assert_int_equal(r.name.left, 3);
        assert_memory_equal(r.name.p, "abc", 3);
        assert_int_equal(r.noptions, 2);
}

static void describe_and_number(void **state)
{
        char text[160];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_tftp, NULL);
        ask(&f, DIR_C2S, request, sizeof request - 1);
        inspect_tftp.describe(f.c.state, &w);
        assert_string_equal(wbuf_text(&w), "requests=1");
        assert_ptr_equal(inspect_engine_find(INSPECT_TFTP, 17), &inspect_tftp);
        assert_false(inspect_tftp.stream);
        feed_close(&f);
}

static void works_without_memory(void **state)
{
        mem_fail_nth(1, true);
        datagrams(state);
        assert_int_equal(mem_fail_count(), 0);
        mem_fail_nth(0, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(datagrams),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(limits),
                cmocka_unit_test(the_answer_is_expected),
                cmocka_unit_test(without_room_the_request_is_dropped),
                cmocka_unit_test(a_dry_run_opens_nothing),
                cmocka_unit_test(answers_do_not_come_from_port_69),
                cmocka_unit_test(parsed_name_and_options),
                cmocka_unit_test(describe_and_number),
                cmocka_unit_test(works_without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
