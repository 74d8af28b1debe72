/* MMP: the server, content handlers, random conversations. */
#include "tests/support/mmp_rig.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(server_is_never_cut_off),
                cmocka_unit_test(server_head_is_bounded_by_memory_only),
                cmocka_unit_test(server_may_speak_first_and_client_need_not_wait),
                cmocka_unit_test(other_versions_pass_when_the_map_says_so),
                cmocka_unit_test(handlers_look_and_pass),
                cmocka_unit_test(http_stream_runs_over_entities),
                cmocka_unit_test(every_oml_entity_is_looked_at),
                cmocka_unit_test(random_pipelining),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
