/* strict-header-validation, header by header. Whole messages: inspect_sip_msg_test.c. */
#include "tests/support/sip_text.h"

static struct sip_msg m;

#define REQ "OPTIONS sip:a@example.net SIP/2.0\r\n"
#define MUST                                                                                                         \
        "v: SIP/2.0/UDP h.x;branch=z9hG4bKa\r\nf: <sip:a@b>;tag=1\r\nt: <sip:a@b>\r\ni: 1\r\nCSeq: 1 "               \
        "OPTIONS\r\nMax-Forwards: 70\r\n"

static const char *strict(const char *start, const char *lines)
{
        char text[4096];
        const char *why = "", *got;
        uint8_t *p;

        snprintf(text, sizeof text, "%s%s%sl: 0\r\n\r\n", start, MUST, lines);
        p = exact_copy(text, strlen(text));
        if (sip_parse(&m, p, strlen(text), false, &why) != SIP_OK)
                fail_msg("%s: %s", why, text);
        got = sip_validate_strict(&m);
        free(p);
        return got;
}

static void fine(void **state)
{
        static const char *const row[] = {
                "",
                "m: <sip:a%40b:p;w@h;x;y=%41[]/:&+$?h=1&i=%20>;q=0.5;expires=0\r\n",
                "m: a b.c!%* <sip:a@b>\r\n",
                "m: \"\xc3\xa9 @:;,\" <sip:a@b>;+sip.instance=\"<urn:uuid:1>\";+u.sip!d.x=\"SEP\"\r\n",
                "m: sip:a@b;q=1\r\n",
                "m: <tel:+1-201;phone-context=x>, <mailto:a@b.c>\r\n",
                "Route: <sip:[2001:db8::1]:5060;lr>, <sips:h;lr>\r\n",
                ("v: SIP/2.0/TCP [::1]:5;received=[2001:db8::1];rport=5;maddr=1.2.3.4\r\nv: SIP/2.0/UDP "
                 "h;received=::1;rport\r\n"),
                "Expires: 4294967295\r\n",
                "Expires: 0\r\n",
                "Date: Sat, 21 Nov 2026 14:00:00 GMT\r\n",
                "k:\r\n",
                "Supported: a.b, c-d\r\n",
                "Allow: INVITE,ACK\r\n",
                "c: multipart/mixed ; boundary=\"a b\";x=y\r\n",
                "Subject: \"odd < , ;; @\r\n",
                "Call-Info: <http://h/p?q=1#f>;purpose=icon\r\n",
                "RSeq: 1\r\n",
                "Referred-By: <sip:a@b>;cid=\"1@2\"\r\n",
        };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++)
                if (strict(REQ, row[i]))
                        fail_msg("%s: %s", row[i], strict(REQ, row[i]));
}

#define ADDR "malformed address"
#define URI "malformed URI"
#define PARAM "malformed parameter"
#define NAME "malformed display name"
#define RANGE "number out of range"

static void refused(void **state)
{
        static const struct {
                const char *lines, *why;
        } row[] = {
                { "m: sip:a@b,sip:c@d?x=1\r\n", URI },
                { "m: a@b\r\n", ADDR },
                { "m: <a@b>\r\n", ADDR },
                { "m: <sip:a@b> x\r\n", ADDR },
                { "m: <sip:a@192.0.2.300>\r\n", ADDR },
                { "m: a@b <sip:a@b>\r\n", NAME },
                { "m: \xc3\xa9 <sip:a@b>\r\n", NAME },
                { "m: <sip:a%4@b>\r\n", URI },
                { "m: <sip:a%@b>\r\n", URI },
                { "m: <sip:a%g1@b>\r\n", URI },
                { "m: <sip:a{}@b>\r\n", URI },
                { "m: <sip:\xc3\xa9@b>\r\n", URI },
                { "m: <sip:a@b;;x>\r\n", URI },
                { "m: <sip:a@b;x=%zz>\r\n", URI },
                { "m: <sip:a@b?x=%1>\r\n", URI },
                { "m: sip:a@b?x=1\r\n", URI },
                { "m: <sip:a@b>;;x\r\n", PARAM },
                { "m: <sip:a@b>;x=\r\n", PARAM },
                { "m: <sip:a@b>;x=a@b\r\n", PARAM },
                { "m: <sip:a@b>;x y\r\n", PARAM },
                { "m: <sip:a@b>;=y\r\n", PARAM },
                { "m: <sip:a@b>;\r\n", PARAM },
                { "Route: *\r\n", "* outside Contact" },
                { "m: *\r\n", "* is not the only Contact of a REGISTER" },
                { "v: SIP/1.0/UDP h\r\n", "malformed Via" },
                { "v: SIP/2.0/UDP h;;\r\n", "malformed Via parameter" },
                { "v: SIP/2.0/UDP h;received=h.x\r\n", "malformed received" },
                { "v: SIP/2.0/UDP h;received=1.2.3\r\n", "malformed received" },
                { "Expires: 4294967296\r\n", RANGE },
                { "Expires: -1\r\n", RANGE },
                { "Expires: soon\r\n", RANGE },
                { "Expires:\r\n", RANGE },
                { "RSeq: x\r\n", RANGE },
                { "Date: Sat, 21 Nov 2026 14:00:00 CET\r\n", "malformed Date" },
                { "Date:\r\n", "malformed Date" },
                { "Date: GMT\r\n", "malformed Date" },
                { "k: a b\r\n", "malformed token" },
                { "Require: a=b\r\n", "malformed token" },
                { "Allow: (x)\r\n", "malformed token" },
                { "c: text\r\n", "malformed Content-Type" },
                { "c: text/plain;\r\n", "malformed Content-Type" },
                { "c: text/plain x\r\n", "malformed Content-Type" },
        };
        const char *why;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                why = strict(REQ, row[i].lines);
                if (!why || strcmp(why, row[i].why))
                        fail_msg("%s: %s", row[i].lines, why ? why : "fine");
        }
}

static void start_lines(void **state)
{
        static const struct {
                const char *line, *why;
        } row[] = {
                { "OPTIONS sip:a%41@b;x?y=1 SIP/2.0\r\n", "headers in the Request-URI" },
                { "OPTIONS sip:a%4x@b SIP/2.0\r\n", "malformed Request-URI" },
                { "OPTIONS sip:a{@b SIP/2.0\r\n", "malformed Request-URI" },
                { "OPTIONS urn:service:sos SIP/2.0\r\n", NULL },
                { "OPTIONS tel:+1;x=y sip/2.0\r\n", NULL },
                { "SIP/2.0 200 \r\n", NULL },
                { "SIP/2.0 200\r\n", "malformed status line" },
                { "SIP/2.0 699 a\xc3\xa9 \r\n", NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                const char *why = strict(row[i].line, "");

                if (row[i].why ? !why || strcmp(why, row[i].why) : why != NULL)
                        fail_msg("%s: %s", row[i].line, why ? why : "fine");
        }
}

/* A Contact is asked of INVITE and what accepts it, of nothing else. */
static void who_needs_contact(void **state)
{
        static const struct {
                const char *start, *method;
                bool needs;
        } row[] = {
                { "INVITE sip:a@b SIP/2.0", "INVITE", true }, { "SIP/2.0 200 OK", "INVITE", true },
                { "SIP/2.0 299 OK", "INVITE", true },         { "SIP/2.0 300 x", "INVITE", false },
                { "SIP/2.0 180 x", "INVITE", false },         { "SIP/2.0 200 x", "BYE", false },
                { "BYE sip:a@b SIP/2.0", "BYE", false },
        };
        char text[512];
        const char *why = "", *got;

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                snprintf(text, sizeof text,
                         "%s\r\nv: SIP/2.0/UDP h\r\nf: <sip:a@b>\r\nt: <sip:a@b>\r\ni: 1\r\nCSeq: 1 "
                         "%s\r\nMax-Forwards: 0\r\nl: 0\r\n\r\n",
                         row[i].start, row[i].method);
                assert_int_equal(sip_parse(&m, (uint8_t *)text, strlen(text), false, &why), SIP_OK);
                got = sip_validate_strict(&m);
                if (row[i].needs ? !got || strcmp(got, "no Contact") : got != NULL)
                        fail_msg("%s: %s", row[i].start, got ? got : "fine");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fine),
                cmocka_unit_test(refused),
                cmocka_unit_test(start_lines),
                cmocka_unit_test(who_needs_contact),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
