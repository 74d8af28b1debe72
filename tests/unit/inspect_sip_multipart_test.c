/* Which part of a body is SDP. */
#include "inspect/sip/sdp.h"
#include "tests/support/sip_text.h"

static struct sip_msg m;
static uint8_t *held;

static void begin(const char *type, const char *body, size_t n)
{
        char head[1024];
        const char *why = "";
        size_t used;

        free(held);
        snprintf(head, sizeof head,
                 "MESSAGE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h.x\r\nf: <sip:a@b>\r\nt: <sip:a@b>\r\ni: 1\r\nCSeq: 1 "
                 "MESSAGE\r\n%s%s"
                 "l: %zu\r\n\r\n",
                 type, *type ? "\r\n" : "", n);
        used = strlen(head);
        held = malloc(used + n);
        memcpy(held, head, used);
        memcpy(held + used, body, n);
        assert_int_equal(sip_parse(&m, held, used + n, false, &why), SIP_OK);
}

static int release(void **state)
{
        (void)state;
        free(held);
        held = NULL;
        return 0;
}

struct row {
        const char *type, *body;
        size_t n;
        unsigned parts;
        const char *content, *length;
};
#define ROW(type, body, parts, content, length)                                                                      \
        {                                                                                                            \
                type, body, sizeof(body) - 1, parts, content, length                                                 \
        }
#define MIXED "c: multipart/mixed;boundary=b1"
#define SDP "Content-Type: application/sdp\r\n"

static const struct row rows[] = {
        ROW("Content-Type: application/sdp", "v=0\r\n", 1, "v=0\r\n", ""),
        ROW("c:APPLICATION / SDP ;charset=x", "v=0\r\n", 1, "v=0\r\n", ""),
        ROW("Content-Type: application/sdp", "", 0, "", ""),
        ROW("Content-Type: application/sdpx", "v=0\r\n", 0, "", ""),
        ROW("Content-Type: text/sdp", "v=0\r\n", SIP_PARTS_UNCLEAR, "", ""),
        ROW("Content-Type: application/sdp x", "v=0\r\n", 1, "v=0\r\n", ""),
        ROW("", "v=0\r\n", 1, "v=0\r\n", ""),
        ROW("", "V=0\r\n<v=0>", 1, "V=0\r\n<v=0>", ""),
        ROW("", "x=0\r\nv=0\r\n", 0, "", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0\r\n--b1--\r\n", 1, "v=0", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0\r\n\r\n--b1--", 1, "v=0\r\n", ""),
        ROW("c: multipart/related; x=y; boundary=\"b1\"", "--b1\r\n" SDP "\r\nv=0\r\n\r\n--b1--", 1, "v=0\r\n", ""),
        ROW(MIXED, "before\r\n--b1 \t\r\n" SDP "\r\nv=0\r\n--b1-- \r\nbehind\r\n--b1\r\n" SDP "\r\nv=1\r\n", 1, "v=0",
            ""),
        ROW(MIXED,
            "--b1\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b1\r\nc :\r\n application/sdp\r\nL: "
            "3\r\n\r\nv=0\r\n--b1--",
            1, "v=0", "3"),
        ROW(MIXED, "--b1\r\nContent-Type: a/b\r\n\r\n\0\r\n\r\n--b1x\r\n--b\r\n--b1\r\n" SDP "\r\nv=0\r\n--b1--", 1,
            "v=0", ""),
        ROW(MIXED,
            "--b1\n"
            "Content-Type: application/sdp\n\nv=0\n--b1--\n",
            1, "v=0", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0\r\n--b1x\r\ns=-\r\n--b1--", 1, "v=0\r\n--b1x\r\ns=-", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0\r\n--b1--x\r\ns=-\r\n--b1--", 1, "v=0\r\n--b1--x\r\ns=-", ""),
        ROW(MIXED, "--b1\r\n\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\n\r\n--b1--", 1, "", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\n--b1--", 1, "", ""),
        ROW(MIXED, "--b1--\r\n" SDP "\r\nv=0\r\n", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b2\r\n" SDP "\r\nv=0\r\n--b2--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "x--b1\r\n" SDP "\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0 without an end\r\n", 1, "v=0 without an end\r\n", ""),
        ROW("c: multipart/mixed", "--b1\r\n" SDP "\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED ";boundary=b2", "--b1\r\n" SDP "\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\nc: a/b\r\n" SDP "\r\nv=0\r\n--b1--", 1, "v=0", ""),
        ROW(MIXED, "--b1\r\n" SDP "c: a/b\r\n\r\nv=0\r\n--b1--", 1, "v=0", ""),
        ROW("c: multipart/mixed;boundary=\"\"", "--\r\n" SDP "\r\nv=0\r\n----", SIP_PARTS_UNCLEAR, "", ""),
        ROW("c: text/mixed;boundary=b1", "--b1\r\n" SDP "\r\nv=0\r\n--b1--", 0, "", ""),
        ROW("c: multipart/mixed;boundary=\"a\\b\"", "--ab\r\n" SDP "\r\nv=0\r\n--ab--", SIP_PARTS_UNCLEAR, "", ""),
        ROW("c: multipart/mixed;boundary=\"ab \"", "--ab\r\n" SDP "\r\nv=0\r\n--ab--", SIP_PARTS_UNCLEAR, "", ""),
        ROW("c: multipart/mixed;boundary=\" ab\"", "-- ab\r\n" SDP "\r\nv=0\r\n-- ab--", SIP_PARTS_UNCLEAR, "", ""),
        ROW("c: multipart/mixed;boundary=\"a b\"", "--a b\r\n" SDP "\r\nv=0\r\n--a b--", 1, "v=0", ""),
        ROW("c: multipart/mixed;boundary=a%b", "--a%b\r\n" SDP "\r\nv=0\r\n--a%b--", SIP_PARTS_UNCLEAR, "", ""),
        ROW("Content-Type: \"application/sdp\"", "v=0\r\n", SIP_PARTS_UNCLEAR, "", ""),
        ROW("Content-Type:", "v=0\r\n", SIP_PARTS_UNCLEAR, "", ""),
        ROW("Content-Type: sdp", "v=0\r\n", SIP_PARTS_UNCLEAR, "", ""),
        ROW("", "\r\nv=0\r\n", 1, "\r\nv=0\r\n", ""),
        ROW("", " \nv=0\r\n", 1, " \nv=0\r\n", ""),
        ROW(MIXED, "--b1\r\nc: \"application/sdp\"\r\n\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\nc: x/SDP\r\n\r\nv=0\r\n--b1--", SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\nc: multipart/x;boundary=b2\r\n\r\n--b3\r\n" SDP "\r\nv=0\r\n--b3--\r\n--b1--",
            SIP_PARTS_UNCLEAR, "", ""),
        ROW(MIXED, "--b1\r\n" SDP "\r\nv=0\r\n--b1\r\n" SDP "\r\nv=1\r\n--b1--", 2, "v=0", ""),
        ROW(MIXED, "--b1\r\nc: multipart/alternative;boundary=b2\r\n\r\n--b2\r\n" SDP "\r\nv=0\r\n--b2--\r\n--b1--",
            1, "v=0", ""),
        ROW(MIXED,
            "--b1\r\nc: multipart/alternative;boundary=b2\r\n\r\n--b2\r\nc: a/b\r\n\r\n--b2--\r\n--b1\r\n" SDP
            "\r\nv=0\r\n--b1--",
            1, "v=0", ""),
        ROW(MIXED,
            "--b1\r\nc: multipart/x;boundary=b2\r\n\r\n--b2\r\nc: multipart/x;boundary=b3\r\n\r\n--b3\r\nc: "
            "multipart/x;"
            "boundary=b4\r\n\r\n--b4\r\n" SDP "\r\nv=4\r\n--b4--\r\n--b3--\r\n--b2--\r\n--b1--",
            1, "v=4", ""),
};

static void parts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *r = &rows[i];
                struct sip_part p;
                struct str only;

                begin(r->type, r->body, r->n);
                if (sip_sdp_parts(&m, &p) != r->parts)
                        fail_msg("row %zu: %u parts", i, sip_sdp_parts(&m, &p));
                assert_text(p.content, r->content);
                assert_text(p.length, r->length);
                assert_int_equal(sip_sdp_part(&m, &only), r->parts > 0);
                assert_text(only, r->parts == 1 ? r->content : "");
        }
}

static void boundary_of_70(void **state)
{
        char type[200], body[300], b[80];
        struct str part;

        (void)state;
        memset(b, 'x', sizeof b);
        for (unsigned n = 70; n <= 71; n++) {
                snprintf(type, sizeof type, "c: multipart/mixed;boundary=%.*s", n, b);
                snprintf(body, sizeof body, "--%.*s\r\n" SDP "\r\nv=0\r\n--%.*s--", n, b, n, b);
                begin(type, body, strlen(body));
                assert_true(sip_sdp_part(&m, &part));
                assert_text(part, n == 70 ? "v=0" : "");
        }
}

/* Deeper than anybody nests: not looked into, and said. */
static void depth_is_limited(void **state)
{
        static char body[8192];
        struct sip_part part;
        size_t n = 0;

        (void)state;
        for (unsigned i = 1; i < 60; i++)
                n += (size_t)sprintf(body + n, "--b%u\r\nc: multipart/x;boundary=b%u\r\n\r\n", i, i + 1);
        n += (size_t)sprintf(body + n, "--b60\r\n" SDP "\r\nv=0\r\n");
        begin(MIXED, body, n);
        assert_int_equal(sip_sdp_parts(&m, &part), SIP_PARTS_UNCLEAR);
}

/* A part that is edited goes back into its place. */
static void part_is_replaced(void **state)
{
        static const char body[] =
                "--b1\r\nc: a/b\r\n\r\n\0x\r\n--b1\r\n" SDP "Content-Length: 5\r\n\r\nv=0\r\n\r\n--b1--\r\n";
        static const char want[] =
                "--b1\r\nc: a/b\r\n\r\n\0x\r\n--b1\r\n" SDP "Content-Length: 8\r\n\r\nv=0\r\ns=\n\r\n--b1--\r\n";
        static struct sip_edits e;
        struct sip_part p;
        char out[512];
        struct wbuf w = wbuf_of(out, sizeof out);

        (void)state;
        begin(MIXED, body, sizeof body - 1);
        assert_int_equal(sip_sdp_parts(&m, &p), 1);
        sip_edits_reset(&e);
        sip_edit_replace_str(&e, p.content, text_of("v=0\r\ns=\n"));
        sip_edit_replace(&e, p.length, "%u", 8u);
        assert_true(sip_edits_apply(&e, m.body, &w));
        assert_int_equal(w.len, sizeof want - 1);
        assert_memory_equal(out, want, w.len);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(parts),
                cmocka_unit_test(boundary_of_70),
                cmocka_unit_test(depth_is_limited),
                cmocka_unit_test(part_is_replaced),
        };

        return cmocka_run_group_tests(tests, NULL, release);
}
