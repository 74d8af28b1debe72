/* What MMP inspection lets through, what it ends, and that neither depends on how the bytes arrive. */
#include "tests/support/test.h"

#include "inspect/mmp/mmp.h"
#include "platform/base/mem.h"
#include "tests/support/engine_feed.h"

#define OPEN "OLWP-2.0\r\n\r\n"
#define SESSION "session-id: ABCD_1234\r\nstatus: 201\r\n\r\n"

enum expect { PASSES, WAITS, ENDS };

struct row {
        const char *what;
        const char *before; /* whole messages that pass */
        const char *bytes;
        size_t n;
        enum expect expect;
        const char *counter; /* one more of these */
};
#define ROW(what_, before_, bytes_, expect_, counter_)                                                               \
        {                                                                                                            \
                what_, before_, bytes_, sizeof(bytes_) - 1, expect_, counter_                                        \
        }
#define BAD(what_, bytes_) ROW(what_, OPEN, bytes_, ENDS, "malformed header")

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

/* ---- helpers ---- */

static void open_mmp(struct feed *f)
{
        feed_open(f, &inspect_mmp, NULL);
}

static void passes(struct feed *f, enum inspect_dir dir, const void *p, size_t n)
{
        size_t before = f->side[dir].nout;

        assert_int_equal(feed(f, dir, p, n), ENGINE_ACCEPT);
        assert_int_equal(f->side[dir].nout, before + n);
        assert_memory_equal(f->side[dir].out + before, p, n);
}

static void passes_text(struct feed *f, enum inspect_dir dir, const char *s)
{
        passes(f, dir, s, strlen(s));
}

/* Feeds pieces of at most `piece` bytes, the first one `first` bytes long. Stops when the session ends. */
static enum engine_verdict feed_pieces(struct feed *f, enum inspect_dir dir, const char *p, size_t n, size_t first,
                                       size_t piece)
{
        enum engine_verdict v = ENGINE_ACCEPT;

        for (size_t off = 0, len = MIN_OF(first, n); off < n && v != ENGINE_CLOSE; off += len) {
                if (off)
                        len = MIN_OF(piece, n - off);
                v = feed(f, dir, p + off, len);
        }
        return v;
}

static void check_row(const struct row *r, size_t first, size_t piece)
{
        struct feed f;
        enum engine_verdict v;
        size_t before, went;
        uint64_t had;

        open_mmp(&f);
        if (r->before[0])
                passes_text(&f, DIR_C2S, r->before);
        before = f.side[DIR_C2S].nout;
        had = r->counter ? feed_count(&f, r->counter) : 0;
        v = feed_pieces(&f, DIR_C2S, r->bytes, r->n, first, piece);
        went = f.side[DIR_C2S].nout - before;
        if (v != (r->expect == PASSES  ? ENGINE_ACCEPT
                  : r->expect == WAITS ? ENGINE_MORE
                                       : ENGINE_CLOSE) ||
            (r->expect == PASSES && went != r->n) || (r->expect == WAITS && went))
                fail_msg("%s, pieces of %zu then %zu: verdict %d, %zu of %zu bytes went on (%s)", r->what, first,
                         piece, v, went, r->n, f.c.reason);
        if (went)
                assert_memory_equal(f.side[DIR_C2S].out + before, r->bytes, went);
        if (r->counter && feed_count(&f, r->counter) != had + 1)
                fail_msg("%s: %s counted %d times", r->what, r->counter, (int)(feed_count(&f, r->counter) - had));
        assert_int_equal(feed_count(&f, "resets"), r->expect == ENDS);
        feed_close(&f);
}

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

/* ---- the server ---- */

struct server_row {
        const char *what, *bytes;
        size_t n;
        bool parsed;
};
#define SROW(what_, bytes_, parsed_)                                                                                 \
        {                                                                                                            \
                what_, bytes_, sizeof(bytes_) - 1, parsed_                                                           \
        }

static const struct server_row server_rows[] = {
        SROW("sample", SESSION, true),
        SROW("with version", "OLWP-2.0\r\n" SESSION, true),
        SROW("another version", "OLWP-3.1\r\n" SESSION, true),
        SROW("content over 4096", "content-type: http/1.1\r\ncontent-length: 5000\r\n\r\nHTTP/1.1 200 OK\r\n", true),
        SROW("content of 2^31 - 1", "content-type: oml\r\ncontent-length: 2147483647\r\n\r\n<", true),
        SROW("content of 2^31", "content-type: oml\r\ncontent-length: 2147483648\r\n\r\n<", false),
        SROW("binary", "\x00\x01\x02", false),
        SROW("no space", "status:201\r\n\r\n", false),
        SROW("version late", SESSION "version: OLWP-2.0\r\n\r\n", false),
        SROW("empty head", "\r\n", false),
};

/* Whatever a server says goes on; what cannot be followed is counted once and no longer looked at. */
static void server_is_never_cut_off(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(server_rows); i++) {
                const struct server_row *r = &server_rows[i];

                for (size_t k = 1; k <= r->n; k++) {
                        struct feed f;

                        open_mmp(&f);
                        assert_int_equal(feed_pieces(&f, DIR_S2C, r->bytes, r->n, k, k), ENGINE_ACCEPT);
                        assert_int_equal(f.side[DIR_S2C].nout, r->n);
                        assert_memory_equal(f.side[DIR_S2C].out, r->bytes, r->n);
                        if (feed_count(&f, "server stream passed unparsed") != !r->parsed)
                                fail_msg("%s at %zu", r->what, k);
                        assert_int_equal(feed_count(&f, "resets"), 0);
                        if (!r->parsed)
                                passes_text(&f, DIR_S2C, "anything\n\n\n");
                        assert_int_equal(feed_count(&f, "server stream passed unparsed"), !r->parsed);
                        passes_text(&f, DIR_C2S, OPEN); /* the client is looked at as before */
                        assert_int_equal(feed(&f, DIR_C2S, "\r\n", 2), ENGINE_CLOSE);
                        feed_close(&f);
                }
        }
}

static void server_head_is_bounded_by_memory_only(void **state)
{
        (void)state;
        for (size_t n = 65536; n <= 65537; n++) {
                /* 66 lines of 1000 exceed the number of headers: longer ones. */
                char *p = malloc(n);
                struct feed f;

                assert_non_null(p);
                memset(p, 'v', n);
                memcpy(p, "x: ", 3);
                memcpy(p + n - 4, "\r\n\r\n", 4);
                for (size_t piece = 5000; piece <= 70000; piece += 65000) {
                        open_mmp(&f);
                        assert_int_equal(feed_pieces(&f, DIR_S2C, p, n, piece, piece), ENGINE_ACCEPT);
                        assert_int_equal(f.side[DIR_S2C].nout, n);
                        assert_memory_equal(f.side[DIR_S2C].out, p, n);
                        assert_int_equal(feed_count(&f, "server messages"), n == 65536);
                        assert_int_equal(feed_count(&f, "server stream passed unparsed"), n != 65536);
                        feed_close(&f);
                }
                free(p);
        }
}

static void server_may_speak_first_and_client_need_not_wait(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        passes_text(&f, DIR_S2C, SESSION);
        passes_text(&f, DIR_C2S, OPEN "session-id: ABCD_1234\r\n\r\n");
        assert_int_equal(feed_count(&f, "session-id mismatch"), 0);
        passes_text(&f, DIR_C2S, "session-id: abcd_1234\r\n\r\n");
        assert_int_equal(feed_count(&f, "session-id mismatch"), 1);
        feed_close(&f);
        open_mmp(&f);
        passes_text(&f, DIR_C2S, OPEN "session-id: x\r\n\r\ncontent-type: oml\r\ncontent-length: 1\r\n\r\n<");
        assert_int_equal(feed_count(&f, "session-id mismatch"), 0);
        assert_int_equal(feed_count(&f, "client messages"), 3);
        feed_close(&f);
}

static void other_versions_pass_when_the_map_says_so(void **state)
{
        static const struct mmp_params any = { .any_version = true };
        struct feed f;

        (void)state;
        feed_open(&f, &inspect_mmp, &any);
        passes_text(&f, DIR_C2S, "OLWP-1.0\r\n\r\n");
        feed_close(&f);
        feed_open(&f, &inspect_mmp, &any);
        assert_int_equal(feed(&f, DIR_C2S, "OLWP-x.0\r\n\r\n", 12), ENGINE_CLOSE);
        feed_close(&f);
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

/* ---- handlers ---- */

struct content_row {
        const char *type, *content, *counter; /* counter NULL: nothing can be said yet */
};

static const struct content_row content_rows[] = {
        { "http/1.1", "GET /a HTTP/1.1\r\nHost: b\r\n\r\n", "http request streams" },
        { "http/1.0", "POST /a%20b HTTP/1.0\n", "http request streams" },
        { "http/1.1", "HTTP/1.1 200 OK\r\n", "http response streams" },
        { "http/1.1", "HTTP/1.1 404\r\n", "http response streams" },
        { "http/1.1", "HTTP/1.1 2000 OK\r\n", "http streams not recognised" },
        { "http/1.1", "GET  /a HTTP/1.1\r\n", "http streams not recognised" },
        { "http/1.1", "GET /a HTTP/2.0\r\n", "http streams not recognised" },
        { "http/1.1", "GET /a\r\n", "http streams not recognised" },
        { "http/1.1", "G(T /a HTTP/1.1\r\n", "http streams not recognised" },
        { "http/1.1", "GET /a HTTP/1.1\rX\n", "http streams not recognised" },
        { "http/1.1", "GET /a HTTP/1.1 \r\n", "http streams not recognised" },
        { "http/1.1", "\r\n", "http streams not recognised" },
        { "http/1.1", "GET /a HTTP/1.1", NULL },
        { "oml", "<?xml version=\"1.0\"?>", "oml markup" },
        { "OML/1.0", " \r\n\t<oml/>", "oml markup" },
        { "oml", "no markup", "oml not recognised" },
        { "oml", "\r\n ", NULL },
        { "text/xml", "<a/>", NULL },
};

/* Each handler sees the bytes however they are cut, and never holds any back. */
static void handlers_look_and_pass(void **state)
{
        static const char *const all[] = { "http request streams", "http response streams",
                                           "http streams not recognised", "oml markup", "oml not recognised" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(content_rows); i++)
                for (size_t piece = 1; piece < 4; piece++) {
                        const struct content_row *r = &content_rows[i];
                        char m[300];
                        struct feed f;
                        int n = snprintf(m, sizeof m, OPEN "content-type: %s\r\ncontent-length: %zu\r\n\r\n%s",
                                         r->type, strlen(r->content), r->content);

                        open_mmp(&f);
                        assert_int_equal(feed_pieces(&f, DIR_C2S, m, (size_t)n, piece, piece), ENGINE_ACCEPT);
                        assert_int_equal(f.side[DIR_C2S].nout, n);
                        for (size_t k = 0; k < ARRAY_LEN(all); k++)
                                if (feed_count(&f, all[k]) != (r->counter && !strcmp(all[k], r->counter)))
                                        fail_msg("%s: %s", r->content, all[k]);
                        feed_close(&f);
                }
}

/* One HTTP stream may be spread over entities; what follows its start line is HTTP's affair. */
static void http_stream_runs_over_entities(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        passes_text(&f, DIR_C2S, OPEN "content-type: http/1.1\r\ncontent-length: 5\r\n\r\nGET /");
        passes_text(&f, DIR_C2S, "content-type: http/1.1\r\ncontent-length: 11\r\n\r\n HTTP/1.1\r\n");
        passes_text(&f, DIR_C2S, "content-type: http/1.1\r\ncontent-length: 3\r\n\r\n\1\2\3");
        assert_int_equal(feed_count(&f, "http entities"), 3);
        assert_int_equal(feed_count(&f, "http request streams"), 1);
        assert_int_equal(feed_count(&f, "http streams not recognised"), 0);
        feed_close(&f);
}

static void every_oml_entity_is_looked_at(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        passes_text(&f, DIR_C2S, OPEN "content-type: oml\r\ncontent-length: 1\r\n\r\n<");
        passes_text(&f, DIR_C2S, "content-type: oml\r\ncontent-length: 1\r\n\r\n<");
        passes_text(&f, DIR_C2S, "content-type: oml\r\ncontent-length: 1\r\n\r\n>");
        assert_int_equal(feed_count(&f, "oml markup"), 2);
        assert_int_equal(feed_count(&f, "oml not recognised"), 1);
        feed_close(&f);
}

/* ---- random conversations ---- */

static uint32_t seed;

static uint32_t any(uint32_t n) /* 0 .. n-1 */
{
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 8) % n;
}

struct talk { /* one direction, and how much of it may have gone on after so many bytes */
        char p[20000];
        size_t n;
        size_t may[20001];
};

static void say(struct talk *t, size_t head, size_t content)
{
        size_t at = t->n;

        for (size_t i = 0; i < head; i++)
                t->may[at + i] = at;
        for (size_t i = head; i <= head + content; i++)
                t->may[at + i] = at + i;
        t->n = at + head + content;
}

static void random_talk(struct talk *t, bool lf, bool colon, bool client)
{
        static const char *const type[] = { "oml", "HTTP/1.1", "http/1.0", "x/y", "OML/1.0" };
        const char *eol = lf ? "\n" : "\r\n", *sep = colon ? ": " : " ";
        unsigned messages = 1 + any(8);

        t->n = 0;
        t->may[0] = 0;
        for (unsigned i = 0; i < messages; i++) {
                char *p = t->p + t->n;
                size_t len = any(4) ? any(30) : any(1500);
                int h = 0;

                if (client && !i)
                        h += sprintf(p, "%sOLWP-2.0%s", any(2) ? "MMP " : "", eol);
                for (unsigned k = any(4); k; k--)
                        h += sprintf(p + h, "x-%u%s%u%s", k, sep, any(1000000), eol);
                h += sprintf(p + h, "Content-Type%s%s%scontent-length%s%zu%s%s", sep, type[any(5)], eol, sep, len,
                             eol, eol);
                for (size_t k = 0; k < len; k++)
                        p[(size_t)h + k] = "x: y\r\n\r\n\n\0\xff<GET /"[any(17)];
                say(t, (size_t)h, len);
        }
}

/* Both directions cut at random and mixed: bytes go on unchanged, contents at once, heads whole. */
static void random_pipelining(void **state)
{
        static struct talk talk[2];

        (void)state;
        for (uint32_t run = 0; run < 400; run++) {
                size_t off[2] = { 0, 0 };
                struct feed f;

                seed = run;
                for (unsigned d = 0; d < 2; d++)
                        random_talk(&talk[d], any(2), any(2), d == DIR_C2S);
                open_mmp(&f);
                while (off[0] < talk[0].n || off[1] < talk[1].n) {
                        unsigned d = any(2);
                        size_t most = any(3) ? 1 + any(20) : 1 + any(3000), n = MIN_OF(most, talk[d].n - off[d]);

                        if (feed(&f, d, talk[d].p + off[d], n) == ENGINE_CLOSE)
                                fail_msg("seed %u: %s", run, f.c.reason);
                        off[d] += n;
                        if (f.side[d].nout != talk[d].may[off[d]])
                                fail_msg("seed %u: after %zu bytes %zu went on", run, off[d], f.side[d].nout);
                }
                for (unsigned d = 0; d < 2; d++)
                        assert_memory_equal(f.side[d].out, talk[d].p, talk[d].n);
                assert_int_equal(feed_count(&f, "server stream passed unparsed"), 0);
                feed_close(&f);
        }
}

/* ---- what the operator sees ---- */

static char heard[8192];

static void on_debug(void *ctx, enum debug_family family, const char *line)
{
        size_t n = strlen(heard);

        (void)ctx;
        assert_int_equal(family, DBG_MMP);
        snprintf(heard + n, sizeof heard - n, "%s\n", line);
}

static void on_log(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        size_t n = strlen(heard);

        (void)ctx;
        (void)dest;
        (void)level;
        if (id == 780001)
                snprintf(heard + n, sizeof heard - n, "%s\n", line);
}

static struct clock_virtual virtual_time;
static struct clock clk;
static struct log *lg;
static struct log_src *src;

static int log_up(void **state)
{
        struct log_conf conf;

        (void)state;
        clk = clock_of_virtual(&virtual_time);
        lg = log_new(&clk, 1024);
        src = lg ? log_src_new(lg, "test") : NULL;
        if (!src)
                return -1;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_CONSOLE].level = LOG_L_DEBUG;
        heard[0] = 0;
        log_set_debug_sink(lg, on_debug, NULL);
        log_set_sink(lg, LOG_TO_CONSOLE, on_log, NULL);
        debug_set(lg, DBG_MMP, true);
        return log_configure(lg, &conf, NULL);
}

static int log_down(void **state)
{
        (void)state;
        log_free(lg);
        return 0;
}

/* The conversation of the ASA's guide: 60 bytes, an answer, 80 bytes of which 40 are content. */
static void debug_lines_of_the_sample(void **state)
{
        char m[81];
        struct feed f;
        int n;

        (void)state;
        open_mmp(&f);
        f.c.log = src;
        n = snprintf(m, sizeof m, "OLWP-2.0\r\nx-pad: %038d\r\n\r\n", 0);
        assert_int_equal(n, 59);
        n = snprintf(m, sizeof m, "OLWP-2.0\r\nx-pad: %039d\r\n\r\n", 0);
        passes(&f, DIR_C2S, m, (size_t)n);
        passes_text(&f, DIR_S2C, SESSION);
        n = snprintf(m, sizeof m, "Content-Type: http/1.1\r\ncontent-length: 34\r\n\r\n%034d", 0);
        assert_int_equal(n, 80);
        passes(&f, DIR_C2S, m, (size_t)n);
        log_step(lg);
        assert_string_equal(heard, "MMP:: received 60 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: version OLWP-2.0\n"
                                   "MMP:: forward 60/60 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: received 38 bytes from inside:2.2.2.2/5443 to outside:1.1.1.1/2000\n"
                                   "MMP:: session-id: ABCD_1234\n"
                                   "MMP:: status: 201\n"
                                   "MMP:: forward 38/38 bytes from inside:2.2.2.2/5443 to outside:1.1.1.1/2000\n"
                                   "MMP:: received 80 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: content-type: http/1.1\n"
                                   "MMP:: content-length: 34\n"
                                   "MMP:: forward 80/80 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n");
        feed_close(&f);
}

/* forward n/m: of m bytes at hand n went on. */
static void debug_lines_of_an_incomplete_message(void **state)
{
        struct feed f;

        (void)state;
        open_mmp(&f);
        f.c.log = src;
        feed(&f, DIR_C2S, OPEN "status: 1", sizeof OPEN - 1 + 9);
        feed(&f, DIR_C2S, "00\r\n", 4);
        feed(&f, DIR_C2S, "\r\n", 2);
        log_step(lg);
        assert_string_equal(heard, "MMP:: received 21 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: version OLWP-2.0\n"
                                   "MMP:: forward 12/21 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: received 4 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: status: 100\n"
                                   "MMP:: received 2 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n"
                                   "MMP:: forward 15/15 bytes from outside:1.1.1.1/2000 to inside:2.2.2.2/5443\n");
        feed_close(&f);
}

static void a_violation_is_logged_once(void **state)
{
        struct feed f;

        (void)state;
        debug_set(lg, DBG_MMP, false);
        open_mmp(&f);
        f.c.log = src;
        feed(&f, DIR_C2S, "nonsense\r\nmore\r\n", 16);
        log_step(lg);
        assert_string_equal(heard, "%ASA-4-780001: MMP: terminating session from outside:1.1.1.1/2000 to "
                                   "inside:2.2.2.2/5443: no version line\n");
        feed_close(&f);
}

static void describe_counts_both_ways(void **state)
{
        char text[160];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct feed f;

        (void)state;
        open_mmp(&f);
        inspect_mmp.describe(f.c.state, &w);
        assert_string_equal(wbuf_text(&w), "session-id=unknown\ndata:: rx-bytes=0, tx-bytes=0");
        passes_text(&f, DIR_C2S, OPEN);
        passes_text(&f, DIR_S2C, SESSION);
        feed(&f, DIR_C2S, "status", 6);
        w = wbuf_of(text, sizeof text);
        inspect_mmp.describe(f.c.state, &w);
        assert_string_equal(wbuf_text(&w), "session-id=ABCD_1234\ndata:: rx-bytes=56, tx-bytes=50");
        feed_close(&f);
}

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
                cmocka_unit_test(client_head_limit_is_4096),
                cmocka_unit_test(one_line_may_fill_the_head),
                cmocka_unit_test(a_head_without_end_is_met_at_4097),
                cmocka_unit_test(first_head_has_the_same_limit),
                cmocka_unit_test(headers_limit_is_64),
                cmocka_unit_test(client_content_limit_is_4096),
                cmocka_unit_test(server_is_never_cut_off),
                cmocka_unit_test(server_head_is_bounded_by_memory_only),
                cmocka_unit_test(server_may_speak_first_and_client_need_not_wait),
                cmocka_unit_test(other_versions_pass_when_the_map_says_so),
                cmocka_unit_test(an_unfinished_message_is_dropped_at_the_end),
                cmocka_unit_test(an_end_between_messages_is_no_fault),
                cmocka_unit_test(an_end_inside_content_is_counted),
                cmocka_unit_test(data_after_the_end_closes),
                cmocka_unit_test(handlers_look_and_pass),
                cmocka_unit_test(http_stream_runs_over_entities),
                cmocka_unit_test(every_oml_entity_is_looked_at),
                cmocka_unit_test(random_pipelining),
                cmocka_unit_test_setup_teardown(debug_lines_of_the_sample, log_up, log_down),
                cmocka_unit_test_setup_teardown(debug_lines_of_an_incomplete_message, log_up, log_down),
                cmocka_unit_test_setup_teardown(a_violation_is_logged_once, log_up, log_down),
                cmocka_unit_test(describe_counts_both_ways),
                cmocka_unit_test(bytes_are_counted_once),
                cmocka_unit_test(works_without_memory),
                cmocka_unit_test(is_found_by_its_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
