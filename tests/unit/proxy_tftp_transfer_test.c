/* Both machines of a transfer, over a line that loses and doubles, on a clock of its own. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/tftp/tftp_fetch.h"

#define LOG_MAX 64u

struct line { /* what one end has sent */
        unsigned n;
        uint64_t total;
        size_t len[LOG_MAX];
        uint8_t pkt[LOG_MAX][4 + TFTP_OUR_BLKSIZE];
};

static void keep(void *ctx, const void *p, size_t n)
{
        struct line *l = ctx;

        assert_true(n <= sizeof l->pkt[0]);
        l->total++;
        if (l->n == LOG_MAX)
                return;
        memcpy(l->pkt[l->n], p, n);
        l->len[l->n++] = n;
}

static uint16_t word(const struct line *l, unsigned i, unsigned at)
{
        assert_true(i < l->n && at + 2 <= l->len[i]);
        return (uint16_t)(l->pkt[i][at] << 8 | l->pkt[i][at + 1]);
}
#define OP(l, i) word(l, i, 0)
#define BLOCK(l, i) word(l, i, 2)

static struct cur ack(uint16_t block)
{
        static uint8_t room[4];

        room[0] = 0, room[1] = 4, room[2] = (uint8_t)(block >> 8), room[3] = (uint8_t)block;
        return cur_of(room, 4);
}

static uint8_t file[200000];
static struct line out, back;
static struct tftp_send snd;

static void send_of(size_t n, struct tftp_options asked)
{
        memset(&out, 0, sizeof out);
        for (size_t i = 0; i < n; i++)
                file[i] = (uint8_t)(i * 7 + i / 251);
        snd = (struct tftp_send){ .put = keep, .ctx = &out };
        tftp_send_start(&snd, &asked, file, n, 0);
}
#define NONE ((struct tftp_options){ 0 })

static void a_plain_read(void **state UNUSED)
{
        send_of(1000, NONE);
        assert_int_equal(OP(&out, 0), TFTP_DATA);
        assert_int_equal(BLOCK(&out, 0), 1);
        assert_int_equal(out.len[0], 516);
        assert_int_equal(tftp_send_input(&snd, ack(1), 5), TFTP_GOING);
        assert_int_equal(out.len[1], 4 + 488);
        assert_memory_equal(out.pkt[1] + 4, file + 512, 488);
        assert_int_equal(tftp_send_input(&snd, ack(2), 6), TFTP_DONE);
        assert_int_equal(out.n, 2);
}

static void a_multiple_of_the_block_ends_with_an_empty_one(void **state UNUSED)
{
        send_of(1024, NONE);
        tftp_send_input(&snd, ack(1), 0);
        assert_int_equal(tftp_send_input(&snd, ack(2), 0), TFTP_GOING);
        assert_int_equal(out.len[2], 4);
        assert_int_equal(tftp_send_input(&snd, ack(3), 0), TFTP_DONE);
        send_of(0, NONE);
        assert_int_equal(out.len[0], 4);
        assert_int_equal(tftp_send_input(&snd, ack(1), 0), TFTP_DONE);
}

/* The sorcerer's apprentice: an acknowledgement that comes twice brings nothing forth. */
static void doubled_acknowledgements_are_not_answered(void **state UNUSED)
{
        send_of(5000, NONE);
        tftp_send_input(&snd, ack(1), 0);
        tftp_send_input(&snd, ack(1), 0);
        tftp_send_input(&snd, ack(0), 0);
        tftp_send_input(&snd, ack(7), 0);
        tftp_send_input(&snd, ack(65535), 0);
        assert_int_equal(out.n, 2);
}

static void options_are_granted_and_clamped(void **state UNUSED)
{
        struct tftp_packet p;

        send_of(9000,
                (struct tftp_options){ .blksize = 65464, .windowsize = 1000, .timeout_s = 2, .has_tsize = true });
        assert_int_equal(out.n, 1);
        assert_int_equal(tftp_packet_parse(cur_of(out.pkt[0], out.len[0]), &p), PARSE_OK);
        assert_int_equal(p.op, TFTP_OACK);
        assert_int_equal(p.opt.blksize, TFTP_OUR_BLKSIZE);
        assert_int_equal(p.opt.windowsize, TFTP_OUR_WINDOW);
        assert_int_equal(p.opt.timeout_s, 2);
        assert_int_equal(p.opt.tsize, 9000);
        assert_int_equal(tftp_send_input(&snd, ack(5), 0), TFTP_GOING); /* of nothing: the options come first */
        assert_int_equal(out.n, 1);
        tftp_send_input(&snd, ack(0), 0);
        assert_int_equal(out.n, 1 + 7); /* the whole file is one window */
        assert_int_equal(tftp_send_input(&snd, ack(7), 0), TFTP_DONE);
        send_of(10, (struct tftp_options){ .timeout_s = 200 });
        assert_int_equal(OP(&out, 0), TFTP_DATA); /* nothing is granted: nothing is told */
        send_of(0, (struct tftp_options){ .has_tsize = true });
        assert_int_equal(OP(&out, 0), TFTP_DATA); /* the size of an empty file neither */
        send_of(0, (struct tftp_options){ .blksize = 600, .has_tsize = true });
        assert_int_equal(tftp_packet_parse(cur_of(out.pkt[0], out.len[0]), &p), PARSE_OK);
        assert_int_equal(p.op, TFTP_OACK);
        assert_false(p.opt.has_tsize);
}

static void a_window_goes_on_where_the_client_is(void **state UNUSED)
{
        send_of(512 * 10, (struct tftp_options){ .windowsize = 4 });
        tftp_send_input(&snd, ack(0), 0);
        assert_int_equal(out.n, 5);
        tftp_send_input(&snd, ack(2), 0); /* 3 was lost */
        assert_int_equal(out.n, 9);
        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(BLOCK(&out, 5 + i), 3 + i);
}

static void silence_is_asked_a_few_times_with_longer_pauses(void **state UNUSED)
{
        uint64_t now = 0, pauses[8];
        unsigned n = 0;

        send_of(5000, NONE);
        for (enum tftp_step st = TFTP_GOING; st == TFTP_GOING; n++) {
                assert_true(n < 8);
                pauses[n] = snd.due_ms - now;
                assert_int_equal(tftp_send_tick(&snd, snd.due_ms - 1), TFTP_GOING);
                now = snd.due_ms;
                st = tftp_send_tick(&snd, now);
        }
        assert_int_equal(n, TFTP_TRIES);
        assert_int_equal(out.n, TFTP_TRIES);
        assert_int_equal(pauses[0], 1000);
        assert_int_equal(pauses[1], 2000);
        assert_int_equal(pauses[2], 4000);
        assert_true(snd.why[0]);
}

static void an_error_of_the_client_ends_it(void **state UNUSED)
{
        send_of(5000, NONE);
        assert_int_equal(tftp_send_input(&snd, cur_of("\0\5\0\3\x1b[2Jfull\0", 13), 0), TFTP_FAILED);
        assert_non_null(strstr(snd.why, "error 3"));
        assert_null(strchr(snd.why, 0x1b));
}

static void block_numbers_wrap(void **state UNUSED)
{
        send_of(70000 * 2, NONE);
        snd.blksize = 2; /* smaller than any client may ask for */
        snd.last = 70001;
        for (uint32_t b = 1; b <= 70000; b++) {
                out.n = 0;
                assert_int_equal(tftp_send_input(&snd, ack((uint16_t)b), 0), TFTP_GOING);
                assert_int_equal(BLOCK(&out, 0), (uint16_t)(b + 1));
        }
        assert_int_equal(tftp_send_input(&snd, ack((uint16_t)70001), 0), TFTP_DONE);
}

/* ---- the other machine ---- */

static struct tftp_budget budget;
static struct tftp_fetch f;

static void fetch_of(size_t max)
{
        memset(&back, 0, sizeof back);
        budget = (struct tftp_budget){ .max = 4u << 20 };
        f = (struct tftp_fetch){ .put = keep, .ctx = &back, .budget = &budget, .max = max };
        tftp_fetch_start(&f, "a.txt", 0);
        assert_int_equal(OP(&back, 0), TFTP_RRQ);
}

static enum tftp_step data(uint16_t block, const void *p, size_t n)
{
        uint8_t room[TFTP_PACKET_MAX + 8];
        struct wbuf w = wbuf_of(room, sizeof room);

        tftp_data_write(&w, block, p, n);
        return tftp_fetch_input(&f, cur_of(room, w.len), 0);
}

static enum tftp_step oack(struct tftp_options o)
{
        uint8_t room[100];
        struct wbuf w = wbuf_of(room, sizeof room);

        tftp_oack_write(&w, &o);
        return tftp_fetch_input(&f, cur_of(room, w.len), 0);
}

static void done(void)
{
        tftp_fetch_fini(&f);
        assert_int_equal(budget.used, 0);
}

static void a_server_without_options(void **state UNUSED)
{
        fetch_of(10000);
        assert_int_equal(data(1, file, 512), TFTP_GOING);
        assert_int_equal(BLOCK(&back, 1), 1);
        assert_int_equal(data(1, file, 512), TFTP_GOING); /* once more: told again, not kept again */
        assert_int_equal(data(2, file + 512, 88), TFTP_DONE);
        assert_int_equal(f.n, 600);
        assert_memory_equal(f.buf, file, 600);
        done();
}

static void a_server_with_options(void **state UNUSED)
{
        fetch_of(10000);
        assert_int_equal(
                oack((struct tftp_options){ .blksize = 1428, .windowsize = 2, .has_tsize = true, .tsize = 3000 }),
                TFTP_GOING);
        assert_int_equal(BLOCK(&back, 1), 0);
        data(1, file, 1428);
        assert_int_equal(back.n, 2); /* half a window */
        data(2, file + 1428, 1428);
        assert_int_equal(BLOCK(&back, 2), 2);
        assert_int_equal(data(3, file + 2856, 144), TFTP_DONE);
        assert_int_equal(BLOCK(&back, 3), 3);
        assert_memory_equal(f.buf, file, 3000);
        done();
}

static void a_gap_in_a_window_is_told_once(void **state UNUSED)
{
        fetch_of(100000);
        oack((struct tftp_options){ .windowsize = 8 });
        data(1, file, 512);
        data(3, file, 512);
        data(4, file, 512);
        assert_int_equal(back.n, 3);
        assert_int_equal(BLOCK(&back, 2), 1);
        assert_int_equal(f.n, 512);
        done();
}

static void limits(void **state UNUSED)
{
        fetch_of(1000);
        assert_int_equal(oack((struct tftp_options){ .has_tsize = true, .tsize = 1001 }), TFTP_FAILED);
        assert_int_equal(f.lack, TFTP_LACK_SPACE);
        assert_int_equal(OP(&back, 1), TFTP_ERROR);
        done();
        fetch_of(1000);
        data(1, file, 512);
        assert_int_equal(data(2, file, 512), TFTP_FAILED);
        assert_int_equal(f.lack, TFTP_LACK_SPACE);
        done();
        fetch_of(1u << 22);
        budget.max = 1000;
        assert_int_equal(data(1, file, 512), TFTP_FAILED); /* others have the memory */
        done();
        fetch_of(1000);
        assert_int_equal(data(1, file, 513), TFTP_FAILED);
        done();
        fetch_of(1000);
        assert_int_equal(oack((struct tftp_options){ .blksize = 1429 }), TFTP_FAILED);
        assert_int_equal(BLOCK(&back, 1), TFTP_E_OPTION);
        done();
}

static void a_server_that_refuses_options_is_asked_without(void **state UNUSED)
{
        fetch_of(1000);
        assert_int_equal(tftp_fetch_input(&f, cur_of("\0\5\0\10no\0", 7), 0), TFTP_GOING);
        assert_memory_equal(back.pkt[1], "\0\1a.txt\0octet\0", back.len[1]);
        assert_int_equal(tftp_fetch_input(&f, cur_of("\0\5\0\10no\0", 7), 0), TFTP_FAILED);
        done();
}

static void not_found_is_known_as_such(void **state UNUSED)
{
        fetch_of(1000);
        assert_int_equal(tftp_fetch_input(&f, cur_of("\0\5\0\1no\0", 7), 0), TFTP_FAILED);
        assert_int_equal(f.lack, TFTP_LACK_FILE);
        done();
}

static void a_server_that_dies(void **state UNUSED)
{
        unsigned n = 0;

        fetch_of(10000);
        data(1, file, 512);
        while (tftp_fetch_tick(&f, f.due_ms) == TFTP_GOING)
                assert_true(++n < 10);
        assert_int_equal(f.lack, TFTP_LACK_SILENT);
        assert_non_null(strstr(f.why, "middle"));
        done();
        fetch_of(10000);
        while (tftp_fetch_tick(&f, f.due_ms) == TFTP_GOING)
                assert_true(++n < 20);
        assert_non_null(strstr(f.why, "does not answer"));
        done();
}

static void both_wraps_of_a_server(void **state UNUSED)
{
        for (unsigned to_1 = 0; to_1 < 2; to_1++) {
                fetch_of(1u << 20);
                f.blksize = 8; /* as if agreed */
                f.answered = true;
                for (uint32_t b = 1; b <= 65600; b++)
                        assert_int_equal(data((uint16_t)(to_1 ? (b - 1) % 65535 + 1 : b), file, 8), TFTP_GOING);
                assert_int_equal(f.n, 65600 * 8);
                done();
        }
}

/* Everything against everything: the file arrives whole whatever the line loses. */
static void a_lossy_line(void **state UNUSED)
{
        for (unsigned seed = 1; seed < 40; seed++) {
                struct tftp_options ask = { .blksize = 1428, .windowsize = 8, .has_tsize = true };
                uint32_t rnd = seed * 2654435761u;
                enum tftp_step a = TFTP_GOING, b = TFTP_GOING;
                uint64_t now = 0;
                size_t n = 1000 + seed * 3000;

                fetch_of(1u << 20);
                send_of(n, ask);
                for (unsigned round = 0; a == TFTP_GOING && round < 5000; round++) {
                        struct line to_f = out, to_s = back;

                        out.n = back.n = 0;
                        for (unsigned i = 0; i < to_f.n && a == TFTP_GOING; i++)
                                if ((rnd = rnd * 1664525 + 1013904223) >> 29)
                                        a = tftp_fetch_input(&f, cur_of(to_f.pkt[i], to_f.len[i]), now);
                        for (unsigned i = 0; i < to_s.n && b == TFTP_GOING; i++)
                                if ((rnd = rnd * 1664525 + 1013904223) >> 29)
                                        b = tftp_send_input(&snd, cur_of(to_s.pkt[i], to_s.len[i]), now);
                        now += 500;
                        if (b == TFTP_GOING)
                                b = tftp_send_tick(&snd, now);
                        if (a == TFTP_GOING)
                                a = tftp_fetch_tick(&f, now);
                }
                assert_int_equal(a, TFTP_DONE);
                assert_int_equal(f.n, n);
                assert_memory_equal(f.buf, file, n);
                done();
        }
}

static void without_memory(void **state UNUSED)
{
        fetch_of(10000);
        mem_fail_nth(1, false);
        assert_int_equal(data(1, file, 512), TFTP_FAILED);
        mem_fail_nth(0, false);
        done();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_plain_read),
                cmocka_unit_test(a_multiple_of_the_block_ends_with_an_empty_one),
                cmocka_unit_test(doubled_acknowledgements_are_not_answered),
                cmocka_unit_test(options_are_granted_and_clamped),
                cmocka_unit_test(a_window_goes_on_where_the_client_is),
                cmocka_unit_test(silence_is_asked_a_few_times_with_longer_pauses),
                cmocka_unit_test(an_error_of_the_client_ends_it),
                cmocka_unit_test(block_numbers_wrap),
                cmocka_unit_test(a_server_without_options),
                cmocka_unit_test(a_server_with_options),
                cmocka_unit_test(a_gap_in_a_window_is_told_once),
                cmocka_unit_test(limits),
                cmocka_unit_test(a_server_that_refuses_options_is_asked_without),
                cmocka_unit_test(not_found_is_known_as_such),
                cmocka_unit_test(a_server_that_dies),
                cmocka_unit_test(both_wraps_of_a_server),
                cmocka_unit_test(a_lossy_line),
                cmocka_unit_test(without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
