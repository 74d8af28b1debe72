/* SCCP that lies, comes in pieces, or comes when nobody waits for it: from either side, to every kind of session. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "inspect/sccp/msg.h"
#include "tests/support/sccp_feed.h"

#define NAME "SEP001122334455"
#define PEER 0x0a010163u /* 10.1.1.99, inside */
#define HOME 0xc0a80105u /* what a phone at home calls itself */
#define V 17u

static const struct sccp_alg clear;
static const struct leg_setup kinds[] = {
        { .via = { VIA_TCP, VIA_TCP }, .no_nat = true },
        { .via = { VIA_TCP, VIA_TCP } },
        { .via = { VIA_TLS, VIA_TCP }, .phone = &world_strict, .anchor = true, .device = NAME },
        { .via = { VIA_TLS, VIA_TLS }, .phone = &world_mixed, .anchor = true, .device = NAME },
};

static struct world w;

static void begin(struct feed *f, unsigned kind)
{
        struct leg_setup setup = kinds[kind];

        sccp_world_begin(&w);
        setup.w = &w;
        sccp_session(f, &setup, NULL);
}

static void end(struct feed *f)
{
        feed_close(f);
        assert_int_equal(sccp_streams(w.shared), 0);
        sccp_world_end(&w); /* nothing is left of it */
}

/* ---- pieces ---- */

struct said {
        enum inspect_dir dir;
        struct sccp_bytes b;
};

/* A call, with every message that is rewritten. */
static unsigned a_call(struct said *s)
{
        const struct said all[] = {
                { DIR_C2S, sb_register(NAME, HOME) },
                { DIR_S2C, sb_register_ack(V) },
                { DIR_S2C, sb_open(V, PARTY, clear) },
                { DIR_C2S, sb_open_ack(V, PARTY, 0, HOME, 20000) },
                { DIR_S2C, sb_start(V, PARTY, PEER, 24680, clear) },
                { DIR_C2S, sb_start_ack(V, PARTY, HOME, 20000) },
                { DIR_C2S, sb_empty(0) },
                { DIR_S2C, sb_empty(0x100) },
                { DIR_S2C, sb_end(V, 0x106, PARTY) },
                { DIR_S2C, sb_end(V, 0x8b, PARTY) },
        };

        memcpy(s, all, sizeof all);
        return ARRAY_LEN(all);
}

struct went {
        uint8_t p[2][4096];
        size_t n[2];
};

static void take(const struct feed *f, struct went *o)
{
        for (unsigned i = 0; i < 2; i++) {
                assert_true(f->side[i].nout <= sizeof o->p[i] && !f->side[i].nwait);
                o->n[i] = f->side[i].nout;
                memcpy(o->p[i], f->side[i].out, o->n[i]);
        }
}

/* The call again, message k in pieces of `piece` bytes behind a first one of `first`. */
static void call_in_pieces(unsigned kind, const struct said *s, unsigned n, unsigned k, size_t first, size_t piece,
                           struct went *o)
{
        struct feed f;

        begin(&f, kind);
        for (unsigned i = 0; i < n; i++) {
                size_t at = i == k ? first : s[i].b.n;

                feed(&f, s[i].dir, s[i].b.p, at);
                for (; at < s[i].b.n; at += MIN_OF(piece, s[i].b.n - at))
                        feed(&f, s[i].dir, s[i].b.p + at, MIN_OF(piece, s[i].b.n - at));
        }
        take(&f, o);
        end(&f);
}

static void every_message_may_be_cut_anywhere(void **state UNUSED)
{
        static struct said s[16];
        static struct went whole, cut;
        unsigned n = a_call(s);

        for (unsigned kind = 0; kind < ARRAY_LEN(kinds) - 1; kind++) {
                call_in_pieces(kind, s, n, n, 0, 1, &whole);
                assert_true(whole.n[0] && whole.n[1]);
                for (unsigned k = 0; k < n; k++)
                        for (size_t at = 0; at < s[k].b.n; at++) {
                                call_in_pieces(kind, s, n, k, at, s[k].b.n, &cut);
                                assert_memory_equal(&cut, &whole, sizeof cut);
                        }
                for (unsigned k = 0; k < n; k++) {
                        call_in_pieces(kind, s, n, k, 1, 1, &cut);
                        assert_memory_equal(&cut, &whole, sizeof cut);
                }
        }
}

/* What follows one another from a side comes in one piece. */
static void messages_may_come_together(void **state UNUSED)
{
        static struct said s[16];
        static struct went whole, together;
        unsigned n = a_call(s);

        for (unsigned kind = 0; kind < ARRAY_LEN(kinds) - 1; kind++) {
                uint8_t all[4096];
                size_t at = 0;
                struct feed f;

                call_in_pieces(kind, s, n, n, 0, 1, &whole);
                begin(&f, kind);
                for (unsigned i = 0; i < n; i++) {
                        memcpy(all + at, s[i].b.p, s[i].b.n);
                        at += s[i].b.n;
                        if (i + 1 < n && s[i + 1].dir == s[i].dir)
                                continue;
                        feed(&f, s[i].dir, all, at);
                        at = 0;
                }
                take(&f, &together);
                end(&f);
                assert_memory_equal(&together, &whole, sizeof whole);
        }
}

/* ---- lies ---- */

static void what_is_no_frame_ends_the_session(void **state UNUSED)
{
        static const struct {
                const char *bytes;
                size_t n;
                const char *reason;
        } row[] = {
                { "\0\0\0\0", 4, "not SCCP: length below 4" },
                { "\3\0\0\0", 4, "not SCCP: length below 4" },
                { "\1\x20\0\0", 4, "not SCCP: length over the maximum" }, /* 8193 */
                { "\xff\xff\xff\xff", 4, "not SCCP: length over the maximum" },
                { "\xf8\xff\xff\xff", 4, "not SCCP: length over the maximum" }, /* with its head it is 0 */
                { "\x16\3\1\0\xa5\1", 6, "not SCCP: length over the maximum" }, /* TLS where none is spoken */
                { "REGISTER sip:a", 14, "not SCCP: length over the maximum" },
                { "\4\0\0\0\x0c\0\0\0", 8, "not SCCP: header version unknown" },
                { "\4\0\0\0\xff\xff\xff\xff", 8, "not SCCP: header version unknown" },
        };

        for (unsigned kind = 0; kind < ARRAY_LEN(kinds); kind++)
                for (unsigned dir = 0; dir < 2; dir++)
                        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                                struct sccp_bytes reg = sb_register(NAME, HOME);
                                struct feed f;
                                size_t before;

                                begin(&f, kind);
                                feed(&f, DIR_C2S, reg.p, reg.n);
                                before = f.side[dir].nout;
                                assert_int_equal(feed(&f, dir, row[i].bytes, row[i].n), ENGINE_CLOSE);
                                assert_string_equal(f.c.reason, row[i].reason);
                                assert_int_equal(f.side[dir].nout, before);
                                end(&f);
                        }
}

/* The longest there is passes, and no more than that is ever kept. */
static void the_longest_frame(void **state UNUSED)
{
        static uint8_t frame[SCCP_FRAME_MAX];
        struct feed f;

        frame[0] = SCCP_L_MAX & 0xff;
        frame[1] = SCCP_L_MAX >> 8;
        frame[8] = 0x2e;
        for (unsigned dir = 0; dir < 2; dir++) {
                begin(&f, 0);
                frame[8] = dir == DIR_C2S ? 0x2e : 0x8f;
                assert_int_equal(feed(&f, dir, frame, sizeof frame - 1), ENGINE_MORE);
                assert_true(f.side[dir].nwait < sizeof frame && !f.side[dir].nout);
                assert_int_equal(feed(&f, dir, frame, 1), ENGINE_ACCEPT);
                assert_int_equal(f.side[dir].nout, sizeof frame);
                end(&f);
        }
}

static struct sccp_bytes with32(struct sccp_bytes b, size_t at, uint32_t v)
{
        assert_true(at + 4 <= b.n);
        for (unsigned i = 0; i < 4; i++)
                b.p[at + i] = (uint8_t)(v >> 8 * i);
        return b;
}

/* So much of nothing behind a head. */
static struct sccp_bytes of(uint32_t version, uint32_t id, size_t body)
{
        struct sccp_bytes b = sb_begin(version, id);

        sb_fill(&b, 0, body);
        return sb_done(b);
}

/* Counts that promise more than there is: nobody believes them, and the session goes on. */
static void absurd_numbers(void **state UNUSED)
{
        const struct {
                enum inspect_dir dir;
                struct sccp_bytes b;
                bool goes_on;
        } row[] = {
                { DIR_C2S, with32(of(V, 0x10, 292), 12, 0xffffffff), true },          /* capabilities */
                { DIR_C2S, with32(of(V, 0x30, 1840), 12, 0x80000000), true },         /* audio */
                { DIR_C2S, with32(of(V, 0x44, 2140), 164, 0xffffffff), true },        /* services */
                { DIR_S2C, with32(of(V, 0x97, 96), 16, 0xffffffff), true },           /* buttons */
                { DIR_S2C, with32(of(V, 0x108, 652), 16, 0xffffffff), true },         /* soft keys */
                { DIR_S2C, with32(of(V, 0x9e, 360), 252, 0xffffffff), false },        /* port of a server */
                { DIR_S2C, with32(sb_open(V, PARTY, clear), 132, 65536), false },     /* port of the speaker */
                { DIR_S2C, with32(sb_open(V, PARTY, clear), 40, 99), false },         /* algorithm */
                { DIR_S2C, with32(sb_open(V, PARTY, clear), 44, 0xffffffff), false }, /* lengths of key and salt */
                { DIR_S2C, with32(sb_start(V, PARTY, PEER, 1, clear), 40, 0xffffffff), false },
                { DIR_S2C, with32(sb_start(V, PARTY, PEER, 1, clear), 20, 0xffffffff), false }, /* address type */
                { DIR_C2S, with32(sb_open_ack(V, PARTY, 0, HOME, 1), 36, 0x10000), false },
        };

        for (unsigned kind = 0; kind < 3; kind++) {
                struct feed f;

                begin(&f, kind);
                sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
                sccp_say(&f, DIR_S2C, sb_register_ack(V));
                for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                        struct sccp_went o = sccp_say(&f, row[i].dir, row[i].b);

                        if (o.v != ENGINE_ACCEPT || (kind == 2 && o.n && !row[i].goes_on) ||
                            (row[i].goes_on && o.n != row[i].b.n))
                                fail_msg("kind %u, row %u: verdict %d, %zu bytes", kind, i, o.v, o.n);
                        o = sccp_say(&f, DIR_C2S, sb_empty(0));
                        assert_int_equal(o.n, 12);
                }
                assert_true(kind != 2 || !w.live);
                end(&f);
        }
}

/* ---- out of turn ---- */

#define WORDS 10u
#define LENGTH 4u

static struct said word(unsigned i)
{
        const struct said all[WORDS] = {
                { DIR_C2S, sb_register(NAME, HOME) },
                { DIR_S2C, sb_register_ack(V) },
                { DIR_S2C, sb_open(V, PARTY, clear) },
                { DIR_C2S, sb_open_ack(V, PARTY, 0, HOME, 20000) },
                { DIR_S2C, sb_start(V, PARTY, PEER, 24680, clear) },
                { DIR_C2S, sb_start_ack(V, PARTY, HOME, 20000) },
                { DIR_S2C, sb_end(V, 0x106, PARTY) },
                { DIR_S2C, sb_end(V, 0x8b, PARTY) },
                { DIR_S2C, with32(of(V, 0x118, 4), 12, 0) },
                { DIR_C2S, sb_open_ack(V, PARTY, 2, 0, 0) },
        };

        return all[i];
}

static bool told_to_open(const struct sccp_went *o, uint32_t id)
{
        return o->n && sccp_at32(*o, 8) == id;
}

/* Whatever was said before: media of a secure phone has keys and our address, and no more is held than is spoken of.
 */
static void require_sane(const struct said *s, const struct sccp_went *o, bool secure)
{
        assert_true(o->v == ENGINE_ACCEPT && (!o->n || o->n == s->b.n));
        assert_true(sccp_streams(w.shared) <= 2 && w.live <= 2);
        if (!secure)
                return;
        assert_true(w.nmedia <= LENGTH);
        if (told_to_open(o, 0x105))
                assert_true(sccp_at32(*o, 40) == 1 && sccp_at_ip(*o, 116) == MTA_OUT);
        if (told_to_open(o, 0x8a))
                assert_true(sccp_at32(*o, 72) == 1 && sccp_at_ip(*o, 24) == MTA_OUT);
        if (told_to_open(o, 0x22) && !sccp_at32(*o, 12))
                assert_int_equal(sccp_at_ip(*o, 20), MTA_IN);
        if (told_to_open(o, 0x154))
                assert_int_equal(sccp_at_ip(*o, 28), MTA_IN);
}

/* All conversations of so many words. */
static void messages_in_any_order(void **state UNUSED)
{
        static struct said said[WORDS];
        unsigned total = 1;

        for (unsigned i = 0; i < WORDS; i++)
                said[i] = word(i);
        for (unsigned i = 0; i < LENGTH; i++)
                total *= WORDS;
        for (unsigned kind = 0; kind < 3; kind += 2)
                for (unsigned n = 0; n < total; n++) {
                        struct feed f;

                        begin(&f, kind);
                        for (unsigned k = 0, rest = n; k < LENGTH; k++, rest /= WORDS) {
                                struct sccp_went o = sccp_say(&f, said[rest % WORDS].dir, said[rest % WORDS].b);

                                require_sane(&said[rest % WORDS], &o, kind == 2);
                        }
                        feed_close(&f);
                        sccp_world_end(&w); /* media may outlive their connection, not the worker */
                }
}

/* The same twice in a row changes nothing that the first did not. */
static void everything_twice(void **state UNUSED)
{
        static struct said s[16];
        unsigned n = a_call(s);

        for (unsigned kind = 0; kind < 3; kind++) {
                struct feed f;

                begin(&f, kind);
                for (unsigned i = 0; i < 2 * n; i++) {
                        struct sccp_went o = sccp_say(&f, s[i / 2].dir, s[i / 2].b);

                        require_sane(&s[i / 2], &o, kind == 2);
                }
                assert_int_equal(feed_count(&f, "framing lost"), 0);
                end(&f);
        }
}

/* A call manager whose call finds no room hears it at once, as from the phone, and so does not the phone. */
static void a_channel_without_room_is_refused_in_the_phones_place(void **state UNUSED)
{
        static const uint32_t versions[] = { 0, 11, 16, 17, 22 };

        for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
                struct sccp_bytes ack = sb_open_ack(versions[i], PARTY, 2, 0, 0);
                struct said s[16];
                struct feed f;

                a_call(s);
                begin(&f, 2);
                sccp_say(&f, s[0].dir, s[0].b);
                sccp_say(&f, s[1].dir, s[1].b);
                w.no_ports = true;
                assert_int_equal(sccp_say(&f, DIR_S2C, sb_open(versions[i], PARTY, clear)).n, 0);
                assert_int_equal(f.answered, DIR_S2C);
                assert_int_equal(f.nanswer, ack.n);
                assert_memory_equal(f.answer, ack.p, ack.n);
                f.nanswer = sizeof f.answer;
                assert_int_equal(sccp_say(&f, DIR_S2C, sb_open(versions[i], PARTY, clear)).n, 0);
                assert_int_equal(feed_count(&f, "answers without room"), 1);
                f.nanswer = 0;
                w.no_ports = false;
                assert_true(sccp_say(&f, DIR_S2C, sb_open(versions[i], PARTY, clear)).n > 0);
                assert_int_equal(f.nanswer, 0);
                sccp_say(&f, DIR_S2C, sb_end(versions[i], 0x106, PARTY));
                end(&f);
                begin(&f, 0); /* a firewall speaks for nobody */
                f.holes_full = true;
                sccp_say(&f, DIR_S2C, sb_open(versions[i], PARTY, clear));
                assert_int_equal(f.nanswer, 0);
                feed_close(&f);
                sccp_world_end(&w);
        }
}

/* Another phone of the same worker does not notice. */
static void other_sessions_go_on(void **state UNUSED)
{
        struct leg_setup setup = kinds[2];
        static struct said s[16];
        unsigned n = a_call(s);
        struct feed good, bad;

        begin(&good, 2);
        setup.w = &w;
        setup.device = "SEP001122334466";
        for (unsigned i = 0; i < n; i++) {
                struct sccp_bytes reg = sb_register("SEP001122334466", HOME);

                assert_int_equal(sccp_say(&good, s[i].dir, s[i].b).n, s[i].b.n);
                sccp_session(&bad, &setup, NULL);
                feed(&bad, DIR_C2S, reg.p, reg.n);
                feed(&bad, DIR_S2C, s[2].b.p, s[2].b.n);
                assert_int_equal(feed(&bad, i & 1 ? DIR_C2S : DIR_S2C, "\xff\xff\xff\xff\xff\xff\xff\xff", 8),
                                 ENGINE_CLOSE);
                feed_close(&bad);
                assert_true(w.live <= 1);
        }
        end(&good);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_message_may_be_cut_anywhere),
                cmocka_unit_test(messages_may_come_together),
                cmocka_unit_test(what_is_no_frame_ends_the_session),
                cmocka_unit_test(the_longest_frame),
                cmocka_unit_test(absurd_numbers),
                cmocka_unit_test(messages_in_any_order),
                cmocka_unit_test(everything_twice),
                cmocka_unit_test(a_channel_without_room_is_refused_in_the_phones_place),
                cmocka_unit_test(other_sessions_go_on),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
