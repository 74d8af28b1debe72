/* Writing with edits: what is not edited stays as it is, lengths follow, nothing overlaps. */
#include "tests/support/sip_text.h"

static struct sip_msg m, again;
static struct sip_edits e;
static uint8_t out[2 * SIP_MESSAGE_MAX];
static struct wbuf w;
static uint8_t *held;

#define START "INVITE sip:bob@example.net SIP/2.0\r\n"
#define MUST "f: <sip:a@10.0.0.1>;tag=1\r\nTo : <sip:b@c>\r\ni: x@10.0.0.1\r\nCSeq: 1 INVITE\r\n"
#define VIA "v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa\r\n"

static void begin(const char *text, bool datagram)
{
        const char *why = "";

        free(held);
        held = exact_copy(text, strlen(text));
        if (sip_parse(&m, held, strlen(text), datagram, &why) != SIP_OK)
                fail_msg("%s:\n%s", why, text);
        sip_edits_reset(&e);
        w = wbuf_of(out, sizeof out);
}

static const struct str same = { NULL, 0 };

static void expect(struct str body, const char *want)
{
        const char *why = "";

        w.len = 0;
        if (!sip_write(&m, &e, body, &w))
                fail_msg("not written");
        if (w.len != strlen(want) || memcmp(out, want, w.len))
                fail_msg("got:\n%.*s\nnot:\n%s", (int)w.len, (char *)out, want);
        assert_int_equal(sip_parse(&again, out, w.len, m.content_length < 0 && !e.stream, &why), SIP_OK);
}

static int release(void **state)
{
        (void)state;
        free(held);
        held = NULL;
        return 0;
}

/* ---- lengths ---- */

static void nothing_edited(void **state)
{
        static const char text[] = START VIA MUST "Content-Length : 0003\r\n\r\nabc";

        (void)state;
        begin(text, false);
        expect(same, text);
        expect(text_of("xyz"), START VIA MUST "Content-Length : 0003\r\n\r\nxyz");
        w.len = 0;
        assert_true(sip_write(&m, NULL, same, &w));
        assert_memory_equal(out, text, sizeof text - 1);
}

static void length_in_its_place(void **state)
{
        (void)state;
        begin(START "l:\t3 \r\n" VIA MUST "\r\nabc", false);
        expect(text_of("0123456789"), START "l:\t10 \r\n" VIA MUST "\r\n0123456789");
        begin(START VIA MUST "CONTENT-LENGTH :\r\n  3\r\n\r\nabc", false);
        expect(text_of("a"), START VIA MUST "CONTENT-LENGTH :\r\n  1\r\n\r\na");
}

static void length_added(void **state)
{
        (void)state;
        begin(START VIA MUST "\r\nabc", true);
        expect(text_of("abcd"), START VIA MUST "\r\nabcd");
        e.stream = true;
        expect(text_of("abcd"), START VIA MUST "Content-Length: 4\r\n\r\nabcd");
        expect(same, START VIA MUST "Content-Length: 3\r\n\r\nabc");
        begin(START VIA MUST "l: 1\r\n\r\nabc", true);
        e.stream = true;
        expect(same, START VIA MUST "l: 1\r\n\r\na");
}

static void body_vanishes(void **state)
{
        (void)state;
        begin(START VIA "c: application/sdp;\r\n x=y\r\n" MUST "l: 3\r\n\r\nabc", false);
        expect(text_of(""), START VIA MUST "l: 0\r\n\r\n");
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_CONTENT_TYPE, 0));
        expect(text_of(""), START VIA MUST "l: 0\r\n\r\n");
        expect(same, START VIA MUST "l: 3\r\n\r\nabc");
        begin(START VIA MUST "l: 3\r\n\r\nabc", false);
        expect(text_of(""), START VIA MUST "l: 0\r\n\r\n");
}

/* ---- edits ---- */

static void hosts(void **state)
{
        struct endpoint v4 = { addr_v4(0xc0000201), 5061 }, v6 = { { .fam = ADDR_V6 }, 5061 };
        struct sip_nameaddr a;
        struct sip_via v;

        (void)state;
        assert_true(addr_parse("2001:db8::1", &v6.a));
        begin(START VIA MUST "m: \"x\" <sip:a@10.0.0.1:5060;lr>;q=1 ,\r\n <sip:[::1]>\r\nl: 0\r\n\r\n", false);
        assert_true(sip_nameaddr_parse(&a, sip_header_at(&m, SIP_H_CONTACT, 1)->value));
        v4.port = 0;
        sip_edit_hostport(&e, a.uri.hostport, &v4);
        assert_true(sip_nameaddr_parse(&a, sip_header_at(&m, SIP_H_CONTACT, 0)->value));
        sip_edit_hostport(&e, a.uri.hostport, &v6);
        v4.port = 65535;
        assert_true(sip_via_parse(&v, sip_header_at(&m, SIP_H_VIA, 0)->value));
        sip_edit_hostport(&e, v.sent_by, &v4);
        sip_edit_replace(&e, m.uri, "sip:%s@h%u", "z", 7u);
        expect(same, "INVITE sip:z@h7 SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:65535;branch=z9hG4bKa\r\n" MUST
                     "m: \"x\" <sip:a@[2001:db8::1]:5061;lr>;q=1 ,\r\n <sip:192.0.2.1>\r\nl: 0\r\n\r\n");
}

static void inserted(void **state)
{
        const struct sip_header *h;

        (void)state;
        begin(START VIA MUST "l: 0\r\n\r\n", false);
        h = sip_header_at(&m, SIP_H_VIA, 0);
        sip_edit_replace_str(&e, (struct str){ h->line.p + 1, 0 }, text_of("ia"));
        sip_edit_replace_str(&e, (struct str){ h->line.p, 1 }, text_of("V"));
        sip_edit_replace_str(&e, (struct str){ h->line.p, 0 }, text_of("A: 1\r\n"));
        sip_edit_replace_str(&e, (struct str){ h->line.p, 0 }, text_of("B: 2\r\n"));
        expect(same, START "A: 1\r\nB: 2\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa\r\n" MUST "l: 0\r\n\r\n");
}

static void overlaps_are_refused(void **state)
{
        struct str u;

        (void)state;
        begin(START VIA MUST "l: 3\r\n\r\nabc", false);
        u = m.uri;
        sip_edit_replace_str(&e, (struct str){ u.p, 5 }, text_of("x"));
        sip_edit_replace_str(&e, (struct str){ u.p + 4, 3 }, text_of("y"));
        assert_false(sip_write(&m, &e, same, &w));
        sip_edits_reset(&e);
        w.len = 0;
        sip_edit_replace_str(&e, (struct str){ u.p, 5 }, text_of("x"));
        sip_edit_replace_str(&e, (struct str){ u.p + 3, 0 }, text_of("y")); /* inside what goes */
        assert_false(sip_write(&m, &e, same, &w));
        sip_edits_reset(&e);
        sip_edit_replace_str(&e, (struct str){ u.p, 5 }, text_of("x"));
        sip_edit_replace_str(&e, (struct str){ u.p, 5 }, text_of("y"));
        assert_false(sip_write(&m, &e, same, &w));
        sip_edits_reset(&e);
        sip_edit_replace_str(&e, m.body, text_of("y")); /* not of the head */
        assert_false(sip_write(&m, &e, same, &w));
        sip_edits_reset(&e);
        sip_edit_replace_str(&e, (struct str){ m.start_line.p - 1, 1 }, text_of("y"));
        assert_false(sip_write(&m, &e, same, &w));
        sip_edits_reset(&e);
        w = wbuf_of(out, sizeof out);
        sip_edit_replace_str(&e, (struct str){ u.p, 5 }, text_of("x"));
        sip_edit_replace_str(&e, (struct str){ u.p + 5, 2 }, text_of("y")); /* side by side */
        assert_true(sip_write(&m, &e, same, &w));
}

/* ---- headers taken out: every subset of every line ---- */

/* The same done on text: lines of values, those whose bit is set are left out. */
static void remaining(char *text, const unsigned *count, unsigned lines, unsigned gone)
{
        unsigned k = 0;

        strcpy(text, START VIA);
        for (unsigned l = 0; l < lines; l++) {
                bool any = false;

                for (unsigned i = 0; i < count[l]; i++, k++) {
                        if (gone >> k & 1)
                                continue;
                        sprintf(text + strlen(text), "%s<sip:c%u@d>;x=\",\"", any ? ", " : "Route: ", k);
                        any = true;
                }
                strcat(text, any ? "\r\n" : "");
        }
        strcat(text, MUST "l: 0\r\n\r\n");
}

static void subsets(const unsigned *count, unsigned lines, unsigned total, struct lcg *r)
{
        char whole[2048], want[2048];

        remaining(whole, count, lines, 0);
        for (unsigned gone = 0; gone < 1u << total; gone++) {
                begin(whole, false);
                for (unsigned done = 0; done != gone;) {
                        unsigned k = lcg_below(r, total);

                        if (!(gone >> k & 1) || done >> k & 1)
                                continue;
                        done |= 1u << k;
                        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_ROUTE, k));
                        if (lcg_below(r, 4) == 0)
                                sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_ROUTE, k));
                }
                remaining(want, count, lines, gone);
                expect(same, want);
        }
}

static void any_values_removed(void **state)
{
        static const unsigned shape[][4] = {
                { 1, 0, 0, 0 }, { 2, 0, 0, 0 }, { 5, 0, 0, 0 }, { 1, 1, 1, 1 }, { 2, 3, 1, 2 }
        };
        static const unsigned lines[] = { 1, 1, 1, 4, 4 };
        struct lcg r = { 9 };

        (void)state;
        for (unsigned i = 0; i < 5; i++) {
                unsigned total = 0;

                for (unsigned l = 0; l < lines[i]; l++)
                        total += shape[i][l];
                subsets(shape[i], lines[i], total, &r);
        }
}

static void removed_with_folds(void **state)
{
        (void)state;
        begin(START VIA MUST "k: a,,\r\n b ,\r\n\tc\r\n\td\r\nUser-Agent: x\r\n y\r\nl: 0\r\n\r\n", false);
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_SUPPORTED, 1));
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_USER_AGENT, 0));
        expect(same, START VIA MUST "k: a ,\r\n\tc\r\n\td\r\nl: 0\r\n\r\n");
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_SUPPORTED, 0));
        expect(same, START VIA MUST "k: c\r\n\td\r\nl: 0\r\n\r\n");
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_SUPPORTED, 2));
        expect(same, START VIA MUST "l: 0\r\n\r\n");
        sip_edit_remove_header(&e, &m, sip_header_at(&m, SIP_H_CONTENT_LENGTH, 0));
        e.stream = true;
        expect(same, START VIA MUST "Content-Length: 0\r\n\r\n");
}

/* ---- limits ---- */

static void too_many_edits(void **state)
{
        (void)state;
        begin(START VIA MUST "l: 0\r\n\r\n", false);
        for (unsigned i = 0; i < SIP_EDITS_MAX; i++)
                sip_edit_replace_str(&e, (struct str){ m.uri.p, 0 }, text_of("a"));
        assert_false(e.full);
        assert_true(sip_write(&m, &e, text_of("new"), &w));
        sip_edit_replace_str(&e, (struct str){ m.uri.p, 0 }, text_of("a"));
        assert_true(e.full);
        w.len = 0;
        assert_false(sip_write(&m, &e, same, &w));
        assert_false(sip_edits_apply(&e, m.start_line, &w));
}

static void too_much_text(void **state)
{
        static char big[SIP_EDIT_TEXT_MAX + 1];

        (void)state;
        memset(big, 'x', sizeof big - 1);
        begin(START VIA MUST "l: 0\r\n\r\n", false);
        sip_edit_replace_str(&e, m.uri, (struct str){ big, SIP_EDIT_TEXT_MAX });
        assert_false(e.full);
        assert_false(sip_write(&m, &e, same, &w)); /* over SIP_HEAD_MAX */
        sip_edit_replace_str(&e, m.uri, text_of("x"));
        assert_true(e.full);
        sip_edits_reset(&e);
        sip_edit_replace(&e, m.uri, "%s", big);
        assert_true(e.full);
        sip_edits_reset(&e);
        sip_edit_replace_str(&e, m.uri, (struct str){ big, SIP_EDIT_TEXT_MAX - 2 });
        sip_edit_replace(&e, (struct str){ m.uri.p, 0 }, "%s", "y");
        assert_false(e.full);
        sip_edit_replace(&e, (struct str){ m.uri.p, 0 }, "%s", "y");
        assert_true(e.full);
}

static void head_at_the_limit(void **state)
{
        static char big[SIP_HEAD_MAX];
        size_t room;

        (void)state;
        memset(big, 'x', sizeof big);
        begin(START VIA MUST "l: 0\r\n\r\n", false);
        room = SIP_HEAD_MAX - m.total + m.uri.n;
        sip_edit_replace_str(&e, m.uri, (struct str){ big, room });
        assert_true(sip_write(&m, &e, same, &w));
        assert_int_equal(w.len, SIP_HEAD_MAX);
        sip_edits_reset(&e);
        w.len = 0;
        sip_edit_replace_str(&e, m.uri, (struct str){ big, room + 1 });
        assert_false(sip_write(&m, &e, same, &w));
}

static void body_over_the_limit(void **state)
{
        static char big[SIP_BODY_MAX + 1];

        (void)state;
        begin(START VIA MUST "l: 0\r\n\r\n", false);
        assert_true(sip_write(&m, &e, (struct str){ big, SIP_BODY_MAX }, &w));
        w.len = 0;
        assert_false(sip_write(&m, &e, (struct str){ big, SIP_BODY_MAX + 1 }, &w));
}

static void little_room(void **state)
{
        static const char text[] = START VIA MUST "l: 3\r\n\r\nabc";

        (void)state;
        begin(text, false);
        for (size_t n = 0; n < sizeof text - 1; n++) {
                w = wbuf_of(out, n);
                assert_false(sip_write(&m, &e, same, &w));
                assert_true(w.len <= n);
        }
        w = wbuf_of(out, sizeof text - 1);
        assert_true(sip_write(&m, &e, same, &w));
}

/* ---- any edits: the same done by hand ---- */

static void random_edits(void **state)
{
        struct lcg r = { 12 };

        (void)state;
        for (unsigned round = 0; round < 3000; round++) {
                char original[200], want[4096], texts[20][8];
                size_t n = lcg_below(&r, 200), at = 0, used = 0;
                struct piece {
                        size_t off, len;
                        unsigned order;
                } p[20];
                unsigned count = 0;
                uint8_t *copy;

                for (size_t i = 0; i < n; i++)
                        original[i] = (char)lcg_below(&r, 256);
                copy = exact_copy(original, n);
                while (count < 20) { /* in order, then said in another */
                        size_t skip = lcg_below(&r, 12), len = lcg_below(&r, 2) * lcg_below(&r, 9);

                        skip += count && !len; /* what is inserted at one place keeps the order it was said in */
                        if (at + skip + len > n)
                                break;
                        p[count] = (struct piece){ at + skip, len, count };
                        memcpy(want + used, original + at, skip);
                        snprintf(texts[count], 8, "%u", lcg_below(&r, 2) ? lcg_below(&r, 1000000) : 0);
                        memcpy(want + used + skip, texts[count], strlen(texts[count]));
                        used += skip + strlen(texts[count]);
                        at += skip + len;
                        count++;
                }
                memcpy(want + used, original + at, n - at);
                used += n - at;
                sip_edits_reset(&e);
                for (unsigned left = count; left; left--) {
                        unsigned k = lcg_below(&r, left);
                        struct piece x = p[k];

                        p[k] = p[left - 1];
                        sip_edit_replace_str(&e, (struct str){ (char *)copy + x.off, x.len },
                                             text_of(texts[x.order]));
                }
                w = wbuf_of(out, sizeof out);
                assert_true(sip_edits_apply(&e, (struct str){ (char *)copy, n }, &w));
                assert_int_equal(w.len, used);
                assert_memory_equal(out, want, used);
                free(copy);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_edited),
                cmocka_unit_test(length_in_its_place),
                cmocka_unit_test(length_added),
                cmocka_unit_test(body_vanishes),
                cmocka_unit_test(hosts),
                cmocka_unit_test(inserted),
                cmocka_unit_test(overlaps_are_refused),
                cmocka_unit_test(any_values_removed),
                cmocka_unit_test(removed_with_folds),
                cmocka_unit_test(too_many_edits),
                cmocka_unit_test(too_much_text),
                cmocka_unit_test(head_at_the_limit),
                cmocka_unit_test(body_over_the_limit),
                cmocka_unit_test(little_room),
                cmocka_unit_test(random_edits),
        };

        return cmocka_run_group_tests(tests, NULL, release);
}
