/* HTTP requests: what is taken, what waits for more, what is refused and why. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/base/attr.h"
#include "platform/svc/http_req.h"

static struct http_req r;
static struct http_refusal no;
static size_t used;

static enum parse parse(const char *text)
{
        size_t n = strlen(text);
        char *exact = malloc(n ? n : 1); /* so that reading past its end is seen */
        enum parse got;

        memcpy(exact, text, n);
        used = 0;
        no = (struct http_refusal){ 0 };
        got = http_parse(exact, n, &r, &used, &no);
        free(exact);
        return got;
}

static const char full[] = "POST /admin/exec/show%20version?x=1 HTTP/1.1\r\n"
                           "Host: fw.example.com:8443\r\n"
                           "Authorization: \tBasic YTpi \r\n"
                           "Accept: text/plain, application/json\r\n"
                           "Origin: https://fw.example.com:8443\r\n"
                           "sec-fetch-site: same-origin\r\n"
                           "Content-Length: 5\r\n"
                           "Expect: 100-continue\r\n"
                           "X-Other: caf\xc3\xa9\r\n"
                           "\r\n"
                           "hello";

static void a_whole_request(void **state UNUSED)
{
        assert_int_equal(parse(full), PARSE_OK);
        assert_int_equal(used, sizeof full - 1 - 5);
        assert_int_equal(r.method, HTTP_POST);
        assert_true(r.v11 && r.keep_alive && r.expect_continue);
        assert_int_equal(r.body, 5);
        assert_string_equal(r.target, "/admin/exec/show%20version?x=1");
        assert_string_equal(r.host, "fw.example.com:8443");
        assert_string_equal(r.authorization, "Basic YTpi");
        assert_string_equal(r.accept, "text/plain, application/json");
        assert_string_equal(r.origin, "https://fw.example.com:8443");
        assert_string_equal(r.fetch_site, "same-origin");
}

static void every_prefix_waits(void **state UNUSED)
{
        size_t head = sizeof full - 1 - 5;

        for (size_t n = 0; n < head; n++) {
                char *exact = malloc(n ? n : 1);

                memcpy(exact, full, n);
                used = 99;
                assert_int_equal(http_parse(exact, n, &r, &used, &no), PARSE_MORE);
                assert_int_equal(used, 99);
                free(exact);
        }
}

struct good {
        const char *text;
        enum http_method method;
        const char *target;
        bool keep_alive;
};

static const struct good taken[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", true },
        { "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", true },
        { "\nHEAD /metrics HTTP/1.1\nHost: a\n\n", HTTP_HEAD, "/metrics", true },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", HTTP_GET, "/", false },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close ,y\r\n\r\n", HTTP_GET, "/", false },
        { "GET / HTTP/1.0\r\n\r\n", HTTP_GET, "/", false },
        { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", HTTP_GET, "/", true },
        { "GET / HTTP/1.9\r\nHost:\r\n\r\n", HTTP_GET, "/", true },
        { "GET https://fw/metrics HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/metrics", true },
        { "GET HTTP://fw HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_GET, "/", true },
        { "get / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OTHER, "/", true }, /* methods are case-sensitive */
        { "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_OTHER, "/x", true },
        { "GET / HTTP/1.1\r\nHost: a\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n", HTTP_GET, "/", true },
};

static void rows_taken(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
                assert_int_equal(parse(taken[i].text), PARSE_OK);
                assert_int_equal(used, strlen(taken[i].text));
                assert_int_equal(r.method, taken[i].method);
                assert_string_equal(r.target, taken[i].target);
                assert_int_equal(r.keep_alive, taken[i].keep_alive);
        }
}

static const struct {
        const char *text;
        unsigned status;
} refused[] = {
        { "\r\n\r\n", 400 },
        { "GET /\r\n\r\n", 400 },
        { "GET / FTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
        { "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400 },
        { "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },                       /* no Host */
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 }, /* two of them */
        { "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },           /* blank before the colon */
        { "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400 },
        { "GET / HTTP/1.1\rHost: a\r\n\r\n", 400 }, /* a bare CR */
        { "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", 400 },
        { "\x16\x03\x01\x02", 400 }, /* no end is waited for */
        { "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n", 413 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n\r\n", 413 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4294967301\r\n\r\n", 413 }, /* 5 in 32 bits */
        { "\rXGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501 },
};

static void rows_refused(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
                if (parse(refused[i].text) != PARSE_BAD || no.status != refused[i].status)
                        fail_msg("row %zu: status %u", i, no.status);
                assert_non_null(no.why);
                assert_string_not_equal(http_status_text(no.status), "Error");
        }
}

/* ---- what is too long ---- */

static char *repeat(const char *head, char c, size_t n, const char *tail)
{
        size_t h = strlen(head), t = strlen(tail);
        char *out = malloc(h + n + t + 1);

        memcpy(out, head, h);
        memset(out + h, c, n);
        memcpy(out + h + n, tail, t + 1);
        return out;
}

static void check(char *text, enum parse want, unsigned status)
{
        assert_int_equal(parse(text), want);
        assert_int_equal(no.status, status);
        free(text);
}

static void bounds(void **state UNUSED)
{
        const char *end = " HTTP/1.1\r\nHost: a\r\n\r\n";

        check(repeat("GET /", 'x', HTTP_TARGET_MAX - 1, end), PARSE_OK, 0);
        check(repeat("GET /", 'x', HTTP_TARGET_MAX, end), PARSE_BAD, 414);
        check(repeat("", 'x', HTTP_TARGET_MAX + 32, ""), PARSE_MORE, 0);
        check(repeat("", 'x', HTTP_TARGET_MAX + 33, ""), PARSE_BAD, 414); /* without an end */
        check(repeat("GET / HTTP/1.1\r\nHost: a\r\nX: ", 'y', HTTP_HEAD_MAX, ""), PARSE_BAD, 431);
        check(repeat("GET / HTTP/1.1\r\nHost: a\r\nX: ", 'y', HTTP_HEAD_MAX, "\r\n\r\n"), PARSE_BAD, 431);
        check(repeat("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ", 'y', HTTP_FIELD_KEPT, "\r\n\r\n"), PARSE_OK, 0);
        check(repeat("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ", 'y', HTTP_FIELD_KEPT + 1, "\r\n\r\n"), PARSE_BAD,
              431);
}

static void too_many_fields(void **state UNUSED)
{
        char text[2048] = "GET / HTTP/1.1\r\nHost: a\r\n";

        for (unsigned i = 1; i < HTTP_FIELDS_MAX; i++)
                strcat(text, "a: b\r\n");
        check(repeat(text, 'c', 0, "\r\n"), PARSE_OK, 0);
        check(repeat(text, 'c', 1, ": d\r\n\r\n"), PARSE_BAD, 431);
}

/* ---- text ---- */

static void escapes(void **state UNUSED)
{
        char out[16];

        assert_true(http_decode("show%20run+x%2F", 15, false, out, sizeof out));
        assert_string_equal(out, "show run+x/");
        assert_true(http_decode("show+run%2b", 11, true, out, sizeof out));
        assert_string_equal(out, "show run+");
        assert_true(http_decode("", 0, true, out, sizeof out));
        assert_string_equal(out, "");
        assert_true(http_decode("%c3%A9", 6, true, out, sizeof out));
        assert_string_equal(out, "\xc3\xa9");
        assert_false(http_decode("%", 1, true, out, sizeof out));
        assert_false(http_decode("%2", 2, true, out, sizeof out));
        assert_false(http_decode("%41", 2, true, out, sizeof out)); /* what is behind it is another's */
        assert_false(http_decode("%2x", 3, true, out, sizeof out));
        assert_false(http_decode("a%0Ab", 5, true, out, sizeof out));
        assert_false(http_decode("%00", 3, true, out, sizeof out));
        assert_false(http_decode("%7f", 3, true, out, sizeof out));
        assert_true(http_decode("123456789012345", 15, true, out, sizeof out));
        assert_false(http_decode("1234567890123456", 16, true, out, sizeof out));
}

static void credentials(void **state UNUSED)
{
        char user[8], password[8];

        assert_true(http_basic("Basic YTpi", user, sizeof user, password, sizeof password)); /* a:b */
        assert_string_equal(user, "a");
        assert_string_equal(password, "b");
        assert_true(http_basic("basic  OmE6Yg==", user, sizeof user, password, sizeof password)); /* :a:b */
        assert_string_equal(user, "");
        assert_string_equal(password, "a:b");
        assert_false(http_basic("", user, sizeof user, password, sizeof password));
        assert_false(http_basic("Bearer YTpi", user, sizeof user, password, sizeof password));
        assert_false(http_basic("Basic YQ==", user, sizeof user, password, sizeof password)); /* no colon */
        assert_false(http_basic("Basic !!!", user, sizeof user, password, sizeof password));
        assert_false(http_basic("Basic YQo6Yg==", user, sizeof user, password, sizeof password)); /* a LF : b */
        assert_false(http_basic("Basic MTIzNDU2Nzg6Yg==", user, sizeof user, password, sizeof password)); /* long */
}

static void media_types(void **state UNUSED)
{
        const char *json = "application/json";

        assert_true(http_accepts("application/json", json));
        assert_true(http_accepts("text/plain, Application/JSON;q=0.5", json));
        assert_true(http_accepts("application/json ; charset=utf-8", json));
        assert_false(http_accepts("", json));
        assert_false(http_accepts("*/*", json));
        assert_false(http_accepts("application/jsonx", json));
        assert_false(http_accepts("text/plain, application/json;q=0", json));
        assert_false(http_accepts("application/json; q=0.000, text/plain", json));
        assert_true(http_accepts("application/json; q=0.001, text/plain", json));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_whole_request), cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(rows_taken),      cmocka_unit_test(rows_refused),
                cmocka_unit_test(bounds),          cmocka_unit_test(too_many_fields),
                cmocka_unit_test(escapes),         cmocka_unit_test(credentials),
                cmocka_unit_test(media_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
