/* What a SIP message is taken apart into, and what is refused. Saved messages: tests/data/sip. */
#include "tests/support/sip_text.h"

static struct sip_msg m;
static struct sip_edits none;
static uint8_t written[2 * SIP_MESSAGE_MAX];

/* From its start line to its end, unchanged. */
static void check_unchanged(const uint8_t *p, size_t n)
{
        struct wbuf w = wbuf_of(written, sizeof written);
        const uint8_t *start = (const uint8_t *)m.start_line.p;

        sip_edits_reset(&none);
        assert_true(m.total <= n);
        assert_true(sip_write(&m, &none, (struct str){ NULL, 0 }, &w));
        assert_int_equal(w.len, (size_t)(p + m.total - start));
        assert_memory_equal(w.buf, start, w.len);
}

static enum sip_parse_result parse_text(const char *text, bool datagram, const char **why)
{
        static uint8_t *held;

        free(held);
        held = NULL;
        if (!text)
                return SIP_MORE;
        held = exact_copy(text, strlen(text));
        return sip_parse(&m, held, strlen(text), datagram, why);
}

/* ---- saved messages ---- */

struct saved {
        const char *name, *why, *strict; /* NULL: fine */
};
static const struct saved saved[] = {
        { "valid_blanks", NULL, NULL },
        { "valid_odd_characters", NULL, NULL },
        { "valid_escapes", NULL, NULL },
        { "valid_escaped_nul", NULL, NULL },
        { "valid_escape_is_no_method", NULL, NULL },
        { "valid_no_blank_before_bracket", NULL, NULL },
        { "valid_no_reason", NULL, NULL },
        { "valid_reason_utf8", NULL, NULL },
        { "valid_semicolon_in_user", NULL, NULL },
        { "valid_transports", NULL, NULL },
        { "valid_old_rfc2543", NULL, NULL },
        { "valid_unknown_schemes", NULL, NULL },
        { "valid_ipv6", NULL, NULL },
        { "valid_ipv6_three_colons", NULL, NULL },
        { "valid_ipv6_mapped", NULL, NULL },
        { "valid_multipart", NULL, NULL },
        { "valid_nothing_known", NULL, NULL },
        { "valid_auth_commas", NULL, NULL },
        { "valid_phone_register", NULL, NULL },
        { "valid_star", NULL, NULL },
        { "valid_long_values", NULL, NULL },
        { "valid_extra_bytes", NULL, NULL },
        { "valid_lead", NULL, NULL },
        { "bad_via_separators", "empty element of a list", NULL },
        { "bad_length_too_big", "Content-Length is more than there is", NULL },
        { "bad_length_negative", "malformed Content-Length", NULL },
        { "bad_length_twice", "a header that may stand once is repeated", NULL },
        { "bad_length_differs", "a header that may stand once is repeated", NULL },
        { "bad_length_list", "malformed Content-Length", NULL },
        { "bad_length_overflow", "body too long", NULL },
        { "bad_length_hex", "malformed Content-Length", NULL },
        { "bad_length_plus", "malformed Content-Length", NULL },
        { "bad_length_empty", "malformed Content-Length", NULL },
        { "bad_cseq_overflow", "malformed CSeq", NULL },
        { "bad_cseq_2_31", "malformed CSeq", NULL },
        { "bad_cseq_method", "CSeq names another method", NULL },
        { "bad_cseq_method_case", "CSeq names another method", NULL },
        { "bad_cseq_missing_method", "malformed CSeq", NULL },
        { "bad_quotes_to", "malformed To", NULL },
        { "bad_bracketed_request_uri", "malformed request line", NULL },
        { "bad_blank_in_request_uri", "malformed request line", NULL },
        { "bad_two_blanks", "malformed request line", NULL },
        { "bad_trailing_blank", "malformed request line", NULL },
        { "bad_version", "version is not SIP/2.0", NULL },
        { "bad_via_version", "malformed Via", NULL },
        { "bad_status", "malformed status line", NULL },
        { "bad_status_700", "malformed status line", NULL },
        { "bad_missing_fields", "no From", NULL },
        { "bad_repeated_fields", "a header that may stand once is repeated", NULL },
        { "bad_spaces_in_addr", "malformed To", NULL },
        { "bad_comma_in_display", "malformed From", NULL },
        { "bad_uri_port", "malformed Request-URI", NULL },
        { "bad_uri_two_at", "malformed Request-URI", NULL },
        { "bad_uri_number_host", "malformed Request-URI", NULL },
        { "bad_tag_twice", "malformed From", NULL },
        { "bad_nul_in_header", "control character in a header", NULL },
        { "bad_nul_in_method", "control character in the start line", NULL },
        { "bad_line_without_colon", "malformed header line", NULL },
        { "bad_fold_after_start", "malformed header line", NULL },
        { "bad_blank_fold", "line of blanks in the headers", NULL },
        { "bad_http", "malformed request line", NULL },
        { "bad_bare_lf", "bare CR or LF", NULL },
        { "bad_bare_cr", "bare CR or LF", NULL },
        { "bad_only_lf", "bare CR or LF", NULL },
        { "strict_uri_headers", NULL, "headers in the Request-URI" },
        { "strict_date", NULL, "malformed Date" },
        { "strict_contact_question", NULL, "malformed URI" },
        { "strict_no_max_forwards", NULL, "no Max-Forwards" },
        { "strict_max_forwards_256", NULL, "number out of range" },
        { "strict_no_contact", NULL, "no Contact" },
        { "strict_no_content_type", NULL, "no Content-Type" },
        { "strict_bad_escape", NULL, "malformed Request-URI" },
        { "strict_empty_params", NULL, "malformed parameter" },
        { "strict_star_in_invite", NULL, "* is not the only Contact of a REGISTER" },
        { "strict_star_expires", NULL, "Contact * without Expires 0" },
        { "strict_star_and_more", NULL, "* is not the only Contact of a REGISTER" },
        { "strict_display", NULL, "malformed display name" },
        { "strict_second_via", NULL, "malformed Via" },
        { "strict_received", NULL, "malformed received" },
        { "strict_expires", NULL, "number out of range" },
        { "strict_no_reason_blank", NULL, "malformed status line" },
        { "strict_required_blank", NULL, "malformed token" },
        { "strict_content_type", NULL, "malformed Content-Type" },
};

static void check_saved(const struct saved *s, bool datagram)
{
        const char *why = "", *strict;
        size_t n;
        uint8_t *p = saved_message(s->name, &n);
        enum sip_parse_result got = sip_parse(&m, p, n, datagram, &why);
        bool waits = !datagram && s->why && !strcmp(s->why, "Content-Length is more than there is");

        if (s->why && (got != (waits ? SIP_MORE : SIP_BAD) || strcmp(why, s->why)))
                fail_msg("%s: %d \"%s\"", s->name, got, why);
        if (!s->why && got != SIP_OK)
                fail_msg("%s: %d \"%s\"", s->name, got, why);
        if (got == SIP_OK) {
                check_unchanged(p, n);
                strict = sip_validate_strict(&m);
                if (s->strict ? !strict || strcmp(strict, s->strict) : strict != NULL)
                        fail_msg("%s: strict \"%s\"", s->name, strict ? strict : "");
        }
        free(p);
}

static void saved_messages(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
                bool ends = !strncmp(saved[i].name, "bad_only_lf", 11);

                check_saved(&saved[i], true);
                if (!ends)
                        check_saved(&saved[i], false);
        }
}

/* No row is missing for a file that somebody saved. */
static void every_file_has_a_row(void **state)
{
        struct dirent *de;
        DIR *d = opendir(TEST_DATA "/sip");
        unsigned files = 0;

        (void)state;
        assert_non_null(d);
        while ((de = readdir(d)))
                files += strstr(de->d_name, ".sip") != NULL;
        closedir(d);
        assert_int_equal(files, sizeof saved / sizeof *saved);
}

/* On a stream a part is waited for, in a datagram it is refused. */
static void every_prefix_waits(void **state)
{
        const char *why;
        size_t n;

        (void)state;
        for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
                uint8_t *p;
                size_t whole;

                if (saved[i].why)
                        continue;
                p = saved_message(saved[i].name, &n);
                assert_int_equal(sip_parse(&m, p, n, false, &why), SIP_OK);
                whole = m.total;
                for (size_t cut = 0; cut < whole; cut++) {
                        uint8_t *part = exact_copy(p, cut);

                        assert_int_equal(sip_parse(&m, part, cut, false, &why), SIP_MORE);
                        assert_int_equal(sip_parse(&m, part, cut, true, &why), SIP_BAD);
                        free(part);
                }
                free(p);
        }
}

/* What the frame says is a message is one for the parser, at the same length. */
static void frame_and_parser_agree(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
                size_t n, pos = 0, lead, total;
                const char *why = "", *why2 = "";
                uint8_t *p = saved_message(saved[i].name, &n);
                enum sip_parse_result f = sip_frame(p, n, &pos, &lead, &total, &why);
                enum sip_parse_result got = sip_parse(&m, p, n, false, &why2);

                if (got == SIP_OK) {
                        assert_int_equal(f, SIP_OK);
                        assert_int_equal(lead + total, m.total);
                }
                if (f == SIP_BAD)
                        assert_int_equal(got, SIP_BAD);
                free(p);
        }
}

/* ---- what is found ---- */

#define FIRST "INVITE sip:bob@example.net SIP/2.0\r\n"
#define REST "From: <sip:a@b>;tag=ft\r\nTo: <sip:c@d>;tag=tt\r\nCall-ID: id@h\r\nCSeq: 7 INVITE\r\nl: 0\r\n\r\n"

static void fields(void **state)
{
        const char *why = "";

        (void)state;
        assert_int_equal(parse_text(FIRST "Via: SIP/2.0/UDP h.x;branch=z9hG4bKq\r\n" REST, false, &why), SIP_OK);
        assert_true(m.request);
        assert_int_equal(m.method, SIP_M_INVITE);
        assert_text(m.method_text, "INVITE");
        assert_text(m.uri, "sip:bob@example.net");
        assert_text(m.start_line, FIRST);
        assert_text(m.call_id, "id@h");
        assert_text(m.from_tag, "ft");
        assert_text(m.to_tag, "tt");
        assert_text(m.branch, "z9hG4bKq");
        assert_int_equal(m.cseq, 7);
        assert_int_equal(m.content_length, 0);
        assert_int_equal(m.body.n, 0);
        assert_non_null(m.body.p);
}

static void response_fields(void **state)
{
        const char *why = "";

        (void)state;
        assert_int_equal(parse_text("sip/2.0 183 Session Progress\r\nv:SIP/2.0/UDP h.x\r\n" REST, false, &why),
                         SIP_OK);
        assert_false(m.request);
        assert_int_equal(m.status, 183);
        assert_text(m.reason, "Session Progress");
        assert_int_equal(m.method, SIP_M_INVITE);
        assert_text(m.method_text, "INVITE");
        assert_text(m.branch, "");
}

static void lists(void **state)
{
        static const char text[] = FIRST "Via: SIP/2.0/UDP a.x;branch=1 , SIP/2.0/TCP b.x ,\r\n SIP/2.0/TLS c.x\r\n"
                                         "m: \"a, \\\"b\" <sip:x@y;p=1,2>, <sip:z@y>;q=\"1,2\"\r\n"
                                         "Authorization: Digest a=\"1\", b=\"2\"\r\nVia: SIP/2.0/UDP d.x\r\n"
                                         "Supported: one,,two,\r\nRequire:\r\n" REST;
        const struct sip_header *h;
        const char *why = "";

        (void)state;
        assert_int_equal(parse_text(text, false, &why), SIP_OK);
        assert_text(sip_header_at(&m, SIP_H_VIA, 0)->value, "SIP/2.0/UDP a.x;branch=1");
        assert_text(sip_header_at(&m, SIP_H_VIA, 1)->value, "SIP/2.0/TCP b.x");
        h = sip_header_at(&m, SIP_H_VIA, 2);
        assert_text(h->value, "SIP/2.0/TLS c.x");
        assert_true(h->joined && !h->line.n && !h->folded);
        assert_text(sip_header_at(&m, SIP_H_VIA, 3)->value, "SIP/2.0/UDP d.x");
        assert_null(sip_header_at(&m, SIP_H_VIA, 4));
        assert_text(sip_header_at(&m, SIP_H_CONTACT, 0)->value, "\"a, \\\"b\" <sip:x@y;p=1,2>");
        assert_text(sip_header_at(&m, SIP_H_CONTACT, 1)->value, "<sip:z@y>;q=\"1,2\"");
        assert_text(sip_header_at(&m, SIP_H_AUTHORIZATION, 0)->value, "Digest a=\"1\", b=\"2\"");
        assert_null(sip_header_at(&m, SIP_H_AUTHORIZATION, 1));
        assert_text(sip_header_at(&m, SIP_H_SUPPORTED, 1)->value, "two");
        assert_null(sip_header_at(&m, SIP_H_SUPPORTED, 2));
        assert_text(sip_header_at(&m, SIP_H_REQUIRE, 0)->value, "");
        h = sip_header_at(&m, SIP_H_VIA, 0);
        assert_text(h->line, "Via: SIP/2.0/UDP a.x;branch=1 , SIP/2.0/TCP b.x ,\r\n SIP/2.0/TLS c.x\r\n");
        assert_null(sip_header_at(&m, SIP_H_ROUTE, 0));
        assert_null(sip_header_at(&m, SIP_HDRS, 0));
}

static void refused_headers(void **state)
{
        static const struct {
                const char *line, *why;
        } row[] = {
                { "Contact: <sip:a@b>, \r\n", "empty element of a list" },
                { "Contact: ,<sip:a@b>\r\n", "empty element of a list" },
                { "Route: <sip:a@b>,,<sip:c@d>\r\n", "empty element of a list" },
                { "Via:\r\n", "empty element of a list" },
                { "Contact: \"a <sip:a@b>\r\n", "quotes that do not close" },
                { "Contact: <sip:a@b\r\n", "brackets that do not close" },
                { "Contact: <sip:a<@b>\r\n", "brackets that do not close" },
                { "Contact: <sip:a\"@b>, \"<sip:c@d>\r\n", "quotes that do not close" },
                { "Expires: 1\r\nexpires: 1\r\n", "a header that may stand once is repeated" },
                { "c: a/b\r\nContent-Type: a/b\r\n", "a header that may stand once is repeated" },
                { "Date: a\r\nDate: a\r\n", "a header that may stand once is repeated" },
                { "r: <sip:a@b>\r\nRefer-To: <sip:a@b>\r\n", "a header that may stand once is repeated" },
                { "Max-Forwards: 1\r\nMax-Forwards: 1\r\n", "a header that may stand once is repeated" },
                { "Event: a\r\no: a\r\n", "a header that may stand once is repeated" },
                { "Sub ject: a\r\n", "malformed header line" },
                { ": a\r\n", "malformed header line" },
                { "Sub@ject: a\r\n", "malformed header line" },
                { "Subject: \x01\r\n", "control character in a header" },
                { "Subject: \\\x01\r\n", "control character in a header" },
                { "Subject: \"\x01\"\r\n", "control character in a header" },
                { "Subject: \x7f\r\n", "control character in a header" },
        };
        char text[2048];
        const char *why;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                snprintf(text, sizeof text, FIRST "Via: SIP/2.0/UDP h.x\r\n%s" REST, row[i].line);
                why = "";
                if (parse_text(text, false, &why) != SIP_BAD || strcmp(why, row[i].why))
                        fail_msg("%s -> \"%s\"", row[i].line, why);
        }
        snprintf(text, sizeof text, FIRST "Via: SIP/2.0/UDP h.x\r\nSubject: \"\\\x01\" \xc3\xa9 \xff\r\n" REST);
        assert_int_equal(parse_text(text, false, &why), SIP_OK);
}

static void mandatory_headers(void **state)
{
        static const char *const line[] = { "Via: SIP/2.0/UDP h.x\r\n", "From: <sip:a@b>\r\n", "To: <sip:a@b>\r\n",
                                            "Call-ID: a\r\n", "CSeq: 1 INVITE\r\n" };
        static const char *const reason[] = { "no Via", "no From", "no To", "no Call-ID", "no CSeq" };
        const char *why;

        (void)state;
        for (unsigned left_out = 0; left_out < 5; left_out++) {
                char text[512] = FIRST;

                for (unsigned i = 0; i < 5; i++)
                        if (i != left_out)
                                strcat(text, line[i]);
                strcat(text, "l: 0\r\n\r\n");
                assert_int_equal(parse_text(text, false, &why), SIP_BAD);
                assert_string_equal(why, reason[left_out]);
        }
}

static void methods(void **state)
{
        char text[512];
        const char *why;

        (void)state;
        for (unsigned i = SIP_M_UNKNOWN + 1; i < SIP_METHODS; i++) {
                const char *name = sip_method_name((enum sip_method)i);

                snprintf(text, sizeof text,
                         "%s sip:a@b SIP/2.0\r\nv:SIP/2.0/UDP h.x\r\nf:<sip:a@b>\r\nt:<sip:a@b>\r\ni:1\r\nCSeq: "
                         "2147483647 %s\r\nl:0\r\n\r\n",
                         name, name);
                assert_int_equal(parse_text(text, false, &why), SIP_OK);
                assert_int_equal(m.method, i);
                assert_int_equal(m.cseq, 2147483647);
        }
        assert_string_equal(sip_method_name(SIP_M_UNKNOWN), "");
        assert_string_equal(sip_method_name(SIP_METHODS), "");
}

/* ---- limits ---- */

static char *many(const char *line, unsigned n)
{
        char *p = malloc(4096 + n * strlen(line)), *q = p;

        q += sprintf(q, FIRST);
        for (unsigned i = 0; i < n; i++)
                q += sprintf(q, "%s", line);
        sprintf(q, REST);
        return p;
}

static void header_and_via_limits(void **state)
{
        const char *why = "";
        char *p;

        (void)state;
        for (unsigned over = 0; over < 2; over++) {
                p = many("v: SIP/2.0/UDP h.x\r\n", SIP_VIAS_MAX + over);
                assert_int_equal(parse_text(p, false, &why), over ? SIP_BAD : SIP_OK);
                free(p);
        }
        assert_string_equal(why, "too many Via");
        for (unsigned over = 0; over < 2; over++) {
                char *q;

                p = many("Ab: y\r\n", SIP_HEADERS_MAX - 6 + over);
                q = malloc(strlen(p) + 64);
                sprintf(q, FIRST "v: SIP/2.0/UDP h.x\r\n%s", p + strlen(FIRST));
                assert_int_equal(parse_text(q, false, &why), over ? SIP_BAD : SIP_OK);
                if (!over)
                        assert_int_equal(m.nheaders, SIP_HEADERS_MAX);
                free(p);
                free(q);
        }
        assert_string_equal(why, "too many headers");
}

static void datagram_lengths(void **state)
{
        static const char head[] = "OPTIONS sip:a@b SIP/2.0\r\nv:SIP/2.0/UDP "
                                   "h.x\r\nf:<sip:a@b>\r\nt:<sip:a@b>\r\ni:1\r\nCSeq: 1 OPTIONS\r\n";
        const char *why = "";
        char text[1024];

        (void)state;
        snprintf(text, sizeof text, "%s\r\nabc", head);
        assert_int_equal(parse_text(text, true, &why), SIP_OK);
        assert_text(m.body, "abc");
        assert_int_equal(m.content_length, -1);
        assert_int_equal(m.total, strlen(text));
        assert_int_equal(parse_text(text, false, &why), SIP_BAD);
        snprintf(text, sizeof text, "%sl: 2\r\n\r\nabc", head);
        assert_int_equal(parse_text(text, true, &why), SIP_OK);
        assert_text(m.body, "ab");
        assert_int_equal(m.total, strlen(text) - 1);
        snprintf(text, sizeof text, "%sl: 4\r\n\r\nabc", head);
        assert_int_equal(parse_text(text, true, &why), SIP_BAD);
        assert_int_equal(parse_text(text, false, &why), SIP_MORE);
        parse_text(NULL, false, &why);
}

/* ---- random messages: what was put in is what is found ---- */

struct want {
        enum sip_hdr id;
        char value[160];
        bool joined;
};
static struct want want[SIP_HEADERS_MAX];
static unsigned nwant;

static const char *blank(struct lcg *r)
{
        static const char *const b[] = { "", " ", "\t ", "\r\n ", " \r\n\t\t", "   " };

        return b[lcg_below(r, 6)];
}

static size_t put_value(struct lcg *r, char *out, enum sip_hdr id, bool joined)
{
        struct want *w = &want[nwant++];
        unsigned k = lcg_below(r, 10000);

        w->id = id;
        w->joined = joined;
        switch (id) {
        case SIP_H_VIA:
                snprintf(w->value, sizeof w->value, "SIP/2.0/UDP 192.0.2.%u;branch=z9hG4bK%u;x=\"a,<b\"", k % 250, k);
                break;
        case SIP_H_CONTACT:
        case SIP_H_ROUTE:
                snprintf(w->value, sizeof w->value, "\"q,\\\"%u\" <sip:u%u@[2001:db8::%x];lr>;p=\",>\"", k, k, k);
                break;
        case SIP_H_SUPPORTED:
                snprintf(w->value, sizeof w->value, "tag%u", k);
                break;
        default:
                snprintf(w->value, sizeof w->value, "<, free \" text %u", k);
        }
        return (size_t)sprintf(out, "%s", w->value);
}

static size_t put_header(struct lcg *r, char *out)
{
        static const struct {
                enum sip_hdr id;
                const char *name, *other;
        } kind[] = {
                { SIP_H_VIA, "Via", "V" },         { SIP_H_CONTACT, "contact", "m" },
                { SIP_H_ROUTE, "Route", "ROUTE" }, { SIP_H_SUPPORTED, "Supported", "k" },
                { SIP_H_OTHER, "X-Any", "Viaa" },  { SIP_H_USER_AGENT, "User-Agent", "USER-agent" },
        };
        unsigned k = lcg_below(r, 6);
        bool list = sip_hdr_flags(kind[k].id) & SIP_HF_LIST;
        size_t n = (size_t)sprintf(out, "%s%s:", lcg_below(r, 2) ? kind[k].name : kind[k].other,
                                   lcg_below(r, 2) ? "" : " \t");

        n += (size_t)sprintf(out + n, "%s", blank(r));
        n += put_value(r, out + n, kind[k].id, false);
        while (list && lcg_below(r, 3) == 0) {
                n += (size_t)sprintf(out + n, "%s,%s", blank(r), blank(r));
                n += put_value(r, out + n, kind[k].id, true);
        }
        return n + (size_t)sprintf(out + n, "%s\r\n", lcg_below(r, 4) ? "" : "  ");
}

static void check_wanted(void)
{
        unsigned at = 0;

        for (unsigned i = 0; i < nwant; i++, at++) {
                while (m.h[at].id == SIP_H_FROM || m.h[at].id == SIP_H_TO || m.h[at].id == SIP_H_CALL_ID ||
                       m.h[at].id == SIP_H_CSEQ || m.h[at].id == SIP_H_CONTENT_LENGTH)
                        at++;
                assert_int_equal(m.h[at].id, want[i].id);
                assert_int_equal(m.h[at].joined, want[i].joined);
                assert_text(m.h[at].value, want[i].value);
        }
        assert_int_equal(m.nheaders, nwant + 5);
}

static void random_messages(void **state)
{
        static char text[SIP_HEAD_MAX + 1];
        struct lcg r = { 7 };
        const char *why = "";

        (void)state;
        for (unsigned round = 0; round < 1500; round++) {
                unsigned n = 1 + lcg_below(&r, 12);
                size_t used = (size_t)sprintf(text, FIRST "v: ");

                nwant = 0;
                used += put_value(&r, text + used, SIP_H_VIA, false);
                used += (size_t)sprintf(text + used, "\r\n");
                for (unsigned i = 0; i < n; i++)
                        used += put_header(&r, text + used);
                used += (size_t)sprintf(text + used, REST);
                if (parse_text(text, round & 1, &why) != SIP_OK)
                        fail_msg("%s:\n%s", why, text);
                check_wanted();
                check_unchanged((uint8_t *)m.start_line.p, used);
        }
        parse_text(NULL, false, &why);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(saved_messages),
                cmocka_unit_test(every_file_has_a_row),
                cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(frame_and_parser_agree),
                cmocka_unit_test(fields),
                cmocka_unit_test(response_fields),
                cmocka_unit_test(lists),
                cmocka_unit_test(refused_headers),
                cmocka_unit_test(mandatory_headers),
                cmocka_unit_test(methods),
                cmocka_unit_test(header_and_via_limits),
                cmocka_unit_test(datagram_lengths),
                cmocka_unit_test(random_messages),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
