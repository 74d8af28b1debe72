/* TFTP on the wire: what is written is read back, options have ranges, nothing is read past its end. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "inspect/tftp/codec.h"
#include "platform/base/attr.h"

static struct tftp_request request(const char *bytes, size_t n)
{
        struct tftp_request r;
        const char *why;

        assert_int_equal(tftp_request_parse(cur_of(bytes, n), &r, &why), PARSE_OK);
        return r;
}
#define REQUEST(tail) request("\0\1a\0octet\0" tail, sizeof("\0\1a\0octet\0" tail) - 1)

static void options_have_ranges(void **state UNUSED)
{
        assert_int_equal(REQUEST("blksize\0"
                                 "1428\0")
                                 .opt.blksize,
                         1428);
        assert_int_equal(REQUEST("BlkSize\0"
                                 "8\0")
                                 .opt.blksize,
                         8);
        assert_int_equal(REQUEST("blksize\0"
                                 "7\0")
                                 .opt.blksize,
                         0);
        assert_int_equal(REQUEST("blksize\0"
                                 "0\0")
                                 .opt.blksize,
                         0);
        assert_int_equal(REQUEST("blksize\0"
                                 "-1\0")
                                 .opt.blksize,
                         0);
        assert_int_equal(REQUEST("blksize\0"
                                 "65465\0")
                                 .opt.blksize,
                         65464);
        assert_int_equal(REQUEST("blksize\0"
                                 "99999999999999999999999\0")
                                 .opt.blksize,
                         65464);
        assert_int_equal(REQUEST("blksize\0"
                                 "12x\0")
                                 .opt.blksize,
                         0);
        assert_int_equal(REQUEST("timeout\0"
                                 "255\0")
                                 .opt.timeout_s,
                         255);
        assert_int_equal(REQUEST("timeout\0"
                                 "256\0")
                                 .opt.timeout_s,
                         0);
        assert_int_equal(REQUEST("timeout\0"
                                 "0\0")
                                 .opt.timeout_s,
                         0);
        assert_int_equal(REQUEST("windowsize\0"
                                 "1\0")
                                 .opt.windowsize,
                         1);
        assert_int_equal(REQUEST("windowsize\0"
                                 "0\0")
                                 .opt.windowsize,
                         0);
        assert_int_equal(REQUEST("windowsize\0"
                                 "65536\0")
                                 .opt.windowsize,
                         65535);
        assert_true(REQUEST("tsize\0"
                            "0\0")
                            .opt.has_tsize);
        assert_false(REQUEST("tsize\0"
                             "x\0")
                             .opt.has_tsize);
        assert_false(REQUEST("").opt.has_tsize);
        assert_true(request("\0\1a\0OCTET\0", 10).octet);
        assert_false(request("\0\1a\0netascii\0", 13).octet);
}

static void what_is_written_is_read(void **state UNUSED)
{
        const struct tftp_options all = {
                .blksize = 1000, .windowsize = 4, .timeout_s = 3, .has_tsize = true, .tsize = 123456789012
        };
        uint8_t room[600];
        struct wbuf w = wbuf_of(room, sizeof room);
        struct tftp_request r;
        struct tftp_packet p;
        const char *why;

        tftp_request_write(&w, "SEP001122334455.cnf.xml", &all);
        assert_int_equal(tftp_request_parse(cur_of(room, w.len), &r, &why), PARSE_OK);
        assert_int_equal(r.op, TFTP_RRQ);
        assert_memory_equal(r.name.p, "SEP001122334455.cnf.xml", r.name.left);
        assert_memory_equal(&r.opt, &all, sizeof all);
        w = wbuf_of(room, sizeof room);
        tftp_oack_write(&w, &all);
        assert_int_equal(tftp_packet_parse(cur_of(room, w.len), &p), PARSE_OK);
        assert_int_equal(p.op, TFTP_OACK);
        assert_memory_equal(&p.opt, &all, sizeof all);
        w = wbuf_of(room, sizeof room);
        tftp_data_write(&w, 65535, "abc", 3);
        assert_int_equal(tftp_packet_parse(cur_of(room, w.len), &p), PARSE_OK);
        assert_int_equal(p.op, TFTP_DATA);
        assert_int_equal(p.block, 65535);
        assert_int_equal(p.data.left, 3);
        w = wbuf_of(room, sizeof room);
        tftp_error_write(&w, TFTP_E_NOT_FOUND, "no");
        assert_memory_equal(room, "\0\5\0\1no\0", w.len);
        assert_int_equal(tftp_packet_parse(cur_of(room, w.len), &p), PARSE_OK);
        assert_int_equal(p.code, 1);
        assert_int_equal(p.data.left, 2);
        w = wbuf_of(room, sizeof room);
        tftp_ack_write(&w, 258);
        assert_memory_equal(room, "\0\4\1\2", w.len);
}

static void packets_that_are_none(void **state UNUSED)
{
        static const struct {
                const char *bytes;
                size_t n;
        } bad[] = { { "", 0 },        { "\0", 1 },           { "\0\3", 2 },      { "\0\3\0", 3 },   { "\0\4\0", 3 },
                    { "\0\5\0", 3 },  { "\0\1a\0octet", 9 }, { "\0\7\0\0", 4 },  { "\1\3\0\0", 4 }, { "\0\6a", 3 },
                    { "\0\6a\0", 4 }, { "\0\6a\0b", 5 },     { "\0\6a\0\0", 5 }, { "\0\0\0\0", 4 } };
        struct tftp_packet p;

        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_int_equal(tftp_packet_parse(cur_of(bad[i].bytes, bad[i].n), &p), PARSE_BAD);
        assert_int_equal(tftp_packet_parse(cur_of("\0\5\0\1half", 8), &p), PARSE_OK);
        assert_int_equal(p.data.left, 4);
        assert_int_equal(tftp_packet_parse(cur_of("\0\6", 2), &p), PARSE_OK);
}

/* Each prefix stands at the end of its memory: reading on would be seen. */
static void every_prefix(void **state UNUSED)
{
        static const char ask[] = "\0\1SEP001122334455.cnf.xml\0octet\0blksize\0"
                                  "1428\0tsize\0"
                                  "0";
        static const char oack[] = "\0\6blksize\0"
                                   "1428\0windowsize\0"
                                   "4";

        for (size_t n = 0; n < sizeof ask; n++) {
                uint8_t *p = malloc(n ? n : 1);
                struct tftp_request r;
                const char *why;

                memcpy(p, ask, n);
                assert_int_equal(tftp_request_parse(cur_of(p, n), &r, &why),
                                 n == 32 || n == 45 ? PARSE_OK : PARSE_BAD);
                free(p);
        }
        for (size_t n = 0; n < sizeof oack; n++) {
                uint8_t *p = malloc(n ? n : 1);
                struct tftp_packet k;

                memcpy(p, oack, n);
                assert_int_equal(tftp_packet_parse(cur_of(p, n), &k), n == 2 || n == 15 ? PARSE_OK : PARSE_BAD);
                free(p);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(options_have_ranges),
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(packets_that_are_none),
                cmocka_unit_test(every_prefix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
