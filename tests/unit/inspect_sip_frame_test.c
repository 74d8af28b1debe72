/* Where SIP messages begin and end on a stream, however the bytes arrive. */
#include "tests/support/sip_text.h"

#define HEAD                                                                                                         \
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a.b\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: "           \
        "x\r\nCSeq: 1 OPTIONS\r\n"

struct row {
        const char *what, *bytes;
        size_t lead, total; /* of the first message */
        const char *why;    /* not NULL: refused */
};
#define FITS(what, lead, head, body)                                                                                 \
        {                                                                                                            \
                what, lead head body, sizeof(lead) - 1, sizeof(head body) - 1, NULL                                  \
        }
#define BAD(what, bytes, why)                                                                                        \
        {                                                                                                            \
                what, bytes, 0, 0, why                                                                               \
        }

static const struct row rows[] = {
        FITS("no body", "", HEAD "Content-Length: 0\r\n\r\n", ""),
        FITS("body", "", HEAD "Content-Length: 3\r\n\r\n", "abc"),
        FITS("compact", "", HEAD "l:3\r\n\r\n", "abc"),
        FITS("compact in capitals", "", HEAD "L: 3\r\n\r\n", "abc"),
        FITS("blank before the colon", "", HEAD "CONTENT-length \t: 3\r\n\r\n", "abc"),
        FITS("folded", "", HEAD "Content-Length:\r\n 3\r\n\r\n", "abc"),
        FITS("zeros in front", "", HEAD "Content-Length: 0000000003\r\n\r\n", "abc"),
        FITS("not the last header", "", HEAD "Content-Length: 3\r\nExpires: 1\r\n\r\n", "abc"),
        FITS("body of line ends", "", HEAD "l: 6\r\n\r\n", "\r\n\r\n\r\n"),
        FITS("body with bare ends", "", HEAD "l: 4\r\n\r\n", "\n\r\r\n"),
        FITS("keepalive in front", "\r\n", HEAD "l: 1\r\n\r\n", "x"),
        FITS("ping in front", "\r\n\r\n", HEAD "l: 1\r\n\r\n", "x"),
        FITS("response", "", "SIP/2.0 200 OK\r\nl: 0\r\n\r\n", ""),
        FITS("name that begins the same", "", HEAD "Content-Length-X: 9\r\nl: 0\r\n\r\n", ""),
        BAD("no length", HEAD "\r\n", "no Content-Length on a stream"),
        BAD("no headers", "OPTIONS sip:a@b SIP/2.0\r\n\r\n", "no Content-Length on a stream"),
        BAD("length twice", HEAD "l: 0\r\nContent-Length: 0\r\n\r\n", "more than one Content-Length"),
        BAD("two lengths", HEAD "l: 0\r\nl: 3\r\n\r\nabc", "more than one Content-Length"),
        BAD("list", HEAD "l: 3, 3\r\n\r\nabc", "malformed Content-Length"),
        BAD("negative", HEAD "l: -1\r\n\r\n", "malformed Content-Length"),
        BAD("plus", HEAD "l: +1\r\n\r\na", "malformed Content-Length"),
        BAD("hexadecimal", HEAD "l: 0x1\r\n\r\na", "malformed Content-Length"),
        BAD("letters", HEAD "l: 3 bytes\r\n\r\nabc", "malformed Content-Length"),
        BAD("empty", HEAD "l:\r\n\r\n", "malformed Content-Length"),
        BAD("blanks inside", HEAD "l: 1 0\r\n\r\n", "malformed Content-Length"),
        BAD("fold inside", HEAD "l: 1\r\n 0\r\n\r\n", "malformed Content-Length"),
        BAD("eleven digits", HEAD "l: 00000000003\r\n\r\nabc", "malformed Content-Length"),
        BAD("2^32 + 3", HEAD "l: 4294967299\r\n\r\nabc", "body too long"),
        BAD("2^64 + 3", HEAD "l: 18446744073709551619\r\n\r\nabc", "malformed Content-Length"),
        BAD("one more than the maximum", HEAD "l: 65537\r\n\r\n", "body too long"),
        BAD("bare LF", "OPTIONS sip:a@b SIP/2.0\nl: 0\r\n\r\n", "bare CR or LF"),
        BAD("bare LF in a header", HEAD "Subject: a\nl: 0\r\n\r\n", "bare CR or LF"),
        BAD("bare CR in a header", HEAD "Subject: a\rl: 0\r\n\r\n", "bare CR or LF"),
        BAD("LF ends the head", HEAD "l: 0\r\n\n", "bare CR or LF"),
        BAD("CR CR LF", HEAD "l: 0\r\r\n\r\n", "bare CR or LF"),
        BAD("LF in front", "\nOPTIONS sip:a@b SIP/2.0\r\n", "bare CR or LF"),
        BAD("CR in front", "\rOPTIONS sip:a@b SIP/2.0\r\n", "bare CR or LF"),
        BAD("TLS", "\x16\x03\x01\x02", "not SIP"),
        BAD("blank in front", " OPTIONS sip:a@b SIP/2.0\r\n", "not SIP"),
        BAD("HTTP", "GET / HTTP/1.1\r\n", "malformed request line"),
        BAD("words", "hello world\r\n", "malformed request line"),
        BAD("version 3", "OPTIONS sip:a@b SIP/3.0\r\n", "version is not SIP/2.0"),
        BAD("line without a colon", HEAD "nonsense\r\nl: 0\r\n\r\n", "malformed header line"),
        BAD("line of blanks", HEAD "Subject: a\r\n \t\r\nl: 0\r\n\r\n", "line of blanks in the headers"),
};

static void check(const struct row *r, enum sip_parse_result got, size_t pos, size_t lead, size_t total,
                  const char *why)
{
        if (r->why) {
                if (got != SIP_BAD || strcmp(why, r->why))
                        fail_msg("%s: %d \"%s\"", r->what, got, why);
        } else if (got != SIP_OK || lead != r->lead || total != r->total || pos) {
                fail_msg("%s: %d \"%s\" %zu + %zu", r->what, got, why, lead, total);
        }
}

static void rows_at_once(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                size_t n = strlen(rows[i].bytes), pos = 0, lead, total;
                uint8_t *p = exact_copy(rows[i].bytes, n);
                const char *why = "";
                enum sip_parse_result got = sip_frame(p, n, &pos, &lead, &total, &why);

                check(&rows[i], got, pos, lead, total, why);
                free(p);
        }
}

/* Says a stream like a session: what is decided is taken off. */
struct session {
        size_t pos, used;
        size_t leads, messages;
        const char *why;
        enum sip_parse_result last;
        size_t at[64], len[64];
};

static void hear(struct session *s, const uint8_t *p, size_t n)
{
        size_t lead, total;

        while (s->last != SIP_BAD && s->used < n) {
                uint8_t *copy = exact_copy(p + s->used, n - s->used);

                s->last = sip_frame(copy, n - s->used, &s->pos, &lead, &total, &s->why);
                free(copy);
                if (s->last != SIP_OK)
                        return;
                assert_true(lead + total > 0);
                s->leads += lead;
                if (total) {
                        s->at[s->messages] = s->used + lead;
                        s->len[s->messages++] = total;
                }
                s->used += lead + total;
        }
}

/* Two pieces, at every place: the same is decided. */
static void rows_at_every_split(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *r = &rows[i];
                size_t n = strlen(r->bytes);

                for (size_t cut = 0; cut <= n; cut++) {
                        struct session s = { .why = "" };

                        hear(&s, (const uint8_t *)r->bytes, cut);
                        hear(&s, (const uint8_t *)r->bytes, n);
                        if (r->why)
                                check(r, s.last, 0, 0, 0, s.why);
                        else
                                check(r, s.messages == 1 ? SIP_OK : SIP_MORE, s.pos, s.leads, s.len[0], s.why);
                }
        }
}

static void rows_byte_by_byte(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *r = &rows[i];
                struct session s = { .why = "" };

                for (size_t n = 1; n <= strlen(r->bytes); n++)
                        hear(&s, (const uint8_t *)r->bytes, n);
                if (r->why)
                        check(r, s.last, 0, 0, 0, s.why);
                else
                        check(r, s.messages == 1 ? SIP_OK : SIP_MORE, s.pos, s.leads, s.len[0], s.why);
        }
}

/* Neither refused nor taken before its last byte. */
static void every_prefix_waits(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *r = &rows[i];

                if (r->why)
                        continue;
                for (size_t n = r->lead; n < r->lead + r->total; n++) {
                        size_t pos = 0, lead, total;
                        uint8_t *p = exact_copy(r->bytes, n);
                        const char *why = "";
                        enum sip_parse_result got = sip_frame(p, n, &pos, &lead, &total, &why);

                        assert_int_equal(got, r->lead ? SIP_OK : SIP_MORE);
                        assert_int_equal(lead, r->lead);
                        assert_int_equal(total, 0);
                        free(p);
                }
        }
}

static void keepalives_alone(void **state)
{
        size_t pos = 0, lead, total;
        const char *why = "";

        (void)state;
        assert_int_equal(sip_frame((const uint8_t *)"", 0, &pos, &lead, &total, &why), SIP_MORE);
        assert_int_equal(sip_frame((const uint8_t *)"\r", 1, &pos, &lead, &total, &why), SIP_MORE);
        assert_int_equal(lead, 0);
        assert_int_equal(sip_frame((const uint8_t *)"\r\n", 2, &pos, &lead, &total, &why), SIP_OK);
        assert_int_equal(lead, 2);
        assert_int_equal(sip_frame((const uint8_t *)"\r\n\r", 3, &pos, &lead, &total, &why), SIP_OK);
        assert_int_equal(lead, 2);
        assert_int_equal(total, 0);
        assert_int_equal(sip_frame((const uint8_t *)"\r\n\r\n", 4, &pos, &lead, &total, &why), SIP_OK);
        assert_int_equal(lead, 4);
        assert_int_equal(sip_frame((const uint8_t *)"\r\n\r\r", 4, &pos, &lead, &total, &why), SIP_BAD);
}

/* What was seen once is not looked at again: a changed byte back there changes nothing. */
static void bytes_are_seen_once(void **state)
{
        static const char head[] = HEAD "l: 5\r\n\r\n";
        char bytes[sizeof head + 5];
        size_t n = sizeof head - 1;

        (void)state;
        for (size_t cut = 30; cut < n + 5; cut++) {
                size_t pos = 0, lead, total;
                const char *why = "";

                snprintf(bytes, sizeof bytes, "%sabcde", head);
                assert_int_equal(sip_frame((uint8_t *)bytes, cut, &pos, &lead, &total, &why), SIP_MORE);
                memset(bytes, '\n', (cut < n ? cut - 3 : cut));
                if (cut < n) {
                        assert_int_equal(sip_frame((uint8_t *)bytes, n - 1, &pos, &lead, &total, &why), SIP_MORE);
                } else {
                        assert_int_equal(sip_frame((uint8_t *)bytes, n + 5, &pos, &lead, &total, &why), SIP_OK);
                        assert_int_equal(total, n + 5);
                }
        }
}

/* ---- limits ---- */

/* A head of exactly n bytes. */
static char *head_of(size_t n)
{
        static const char end[] = "\r\nl: 0\r\n\r\n";
        char *p = malloc(n + 1);
        int used = snprintf(p, n + 1, "%sX: ", HEAD);

        memset(p + used, 'y', n - (size_t)used);
        memcpy(p + n - sizeof end + 1, end, sizeof end);
        return p;
}

static void head_at_and_over_the_limit(void **state)
{
        (void)state;
        for (size_t over = 0; over < 2; over++) {
                size_t n = SIP_HEAD_MAX + over, pos = 0, lead, total;
                char *p = head_of(n);
                const char *why = "";
                enum sip_parse_result got = sip_frame((uint8_t *)p, n, &pos, &lead, &total, &why);

                assert_int_equal(got, over ? SIP_BAD : SIP_OK);
                assert_string_equal(why, over ? "headers too long" : "");
                free(p);
        }
}

/* Refused at the first byte over, not before and without waiting for an end. */
static void endless_head(void **state)
{
        size_t pos = 0, lead, total;
        char *p = head_of(SIP_HEAD_MAX + 64);
        const char *why = "";

        (void)state;
        assert_int_equal(sip_frame((uint8_t *)p, SIP_HEAD_MAX, &pos, &lead, &total, &why), SIP_MORE);
        assert_int_equal(sip_frame((uint8_t *)p, SIP_HEAD_MAX + 1, &pos, &lead, &total, &why), SIP_BAD);
        assert_string_equal(why, "headers too long");
        free(p);
}

static void endless_start_line(void **state)
{
        size_t pos = 0, lead, total;
        char *p = malloc(SIP_HEAD_MAX + 1);
        const char *why = "";

        (void)state;
        memset(p, 'A', SIP_HEAD_MAX + 1);
        assert_int_equal(sip_frame((uint8_t *)p, SIP_HEAD_MAX, &pos, &lead, &total, &why), SIP_MORE);
        assert_int_equal(sip_frame((uint8_t *)p, SIP_HEAD_MAX + 1, &pos, &lead, &total, &why), SIP_BAD);
        free(p);
}

static void body_at_the_limit(void **state)
{
        static const char head[] = HEAD "l: 65536\r\n\r\n";
        size_t n = sizeof head - 1 + SIP_BODY_MAX, pos = 0, lead, total;
        uint8_t *p = calloc(1, n);
        const char *why = "";

        (void)state;
        memcpy(p, head, sizeof head - 1);
        assert_int_equal(sip_frame(p, n - 1, &pos, &lead, &total, &why), SIP_MORE);
        assert_int_equal(sip_frame(p, n, &pos, &lead, &total, &why), SIP_OK);
        assert_int_equal(total, n);
        free(p);
}

/* ---- many messages, any cuts: an oracle that knows where they begin ---- */

static size_t random_stream(struct lcg *r, char *out, size_t *at, size_t *len, size_t *leads, unsigned messages)
{
        size_t n = 0;

        *leads = 0;
        for (unsigned i = 0; i < messages; i++) {
                unsigned pings = lcg_below(r, 3), body = lcg_below(r, 40);

                for (unsigned k = 0; k < pings; k++, *leads += 2)
                        n += (size_t)sprintf(out + n, "\r\n");
                at[i] = n;
                n += (size_t)sprintf(out + n, "%s%s%u\r\n\r\n", HEAD,
                                     lcg_below(r, 2) ? "l: " : "Content-Length :\r\n\t", body);
                for (unsigned k = 0; k < body; k++)
                        out[n++] = "\r\nOPTIONS: 0"[lcg_below(r, 12)];
                len[i] = n - at[i];
        }
        return n;
}

static void random_streams(void **state)
{
        static char bytes[16384];
        struct lcg r = { 41 };

        (void)state;
        for (unsigned round = 0; round < 400; round++) {
                struct session s = { .why = "" };
                size_t at[8], len[8], leads, n = random_stream(&r, bytes, at, len, &leads, 8);

                for (size_t have = 0; have < n;) {
                        have += 1 + lcg_below(&r, 200);
                        have = have < n ? have : n;
                        hear(&s, (uint8_t *)bytes, have);
                        assert_true(s.last != SIP_BAD);
                }
                assert_int_equal(s.used, n);
                assert_int_equal(s.leads, leads);
                assert_int_equal(s.messages, 8);
                assert_memory_equal(s.at, at, sizeof at);
                assert_memory_equal(s.len, len, sizeof len);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_at_once),
                cmocka_unit_test(rows_at_every_split),
                cmocka_unit_test(rows_byte_by_byte),
                cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(keepalives_alone),
                cmocka_unit_test(bytes_are_seen_once),
                cmocka_unit_test(head_at_and_over_the_limit),
                cmocka_unit_test(endless_head),
                cmocka_unit_test(endless_start_line),
                cmocka_unit_test(body_at_the_limit),
                cmocka_unit_test(random_streams),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
