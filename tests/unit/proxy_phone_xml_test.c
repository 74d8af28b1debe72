/* What becomes of a phone's file, byte for byte. */
#include "proxy/phone/phone_xml.h"

#include "platform/base/attr.h"
#include "tests/support/test.h"

/* ---- a translation table ---- */

struct table {
        const char *from, *to; /* to NULL: not known yet; from NULL: the end */
        uint16_t sccp, sip, sips, port;
};
struct asked {
        const struct table *t;
        unsigned n;
        struct phone_xml_host h[16];
};

static int look_up(void *ctx, struct phone_xml_host *h, struct err *e)
{
        struct asked *a = ctx;

        if (a->n < ARRAY_LEN(a->h))
                a->h[a->n++] = *h;
        for (const struct table *t = a->t; t && t->from; t++)
                if (!strcmp(t->from, h->text)) {
                        if (!t->to)
                                return 1;
                        snprintf(h->text, sizeof h->text, "%s", t->to);
                        h->sccp = t->sccp ? t->sccp : h->sccp;
                        h->sip = t->sip ? t->sip : h->sip;
                        h->sips = t->sips ? t->sips : h->sips;
                        h->port = t->port ? t->port : h->port;
                        return 0;
                }
        return err_set(e, ERR_REF, "%s cannot be reached by phones", h->text);
}

static const struct table one[] = { { .from = "10.0.0.26", .to = "192.0.2.26" }, { 0 } };

/* The usual rules: nonsecure cluster. */
#define RULES(a)                                                                                                     \
        {                                                                                                            \
                .security_mode = 3, .translate = look_up, .ctx = (a)                                                 \
        }
#define KEEP(a)                                                                                                      \
        {                                                                                                            \
                .security_mode = 3, .keep_settings = true, .translate = look_up, .ctx = (a)                          \
        }

static char text[PHONE_XML_OUT_MAX + 1];

static int edit(const struct phone_xml_rules *r, const char *in, struct phone_xml_seen *seen, struct err *e)
{
        struct wbuf w = wbuf_of(text, sizeof text);
        int ret = phone_xml_edit(r, in, strlen(in), &w, seen, e);

        if (ret)
                assert_int_equal(w.len, 0);
        text[w.len] = 0;
        return ret;
}

#define OFF "<pcPort>1</pcPort><garp>1</garp><voiceVlanAccess>1</voiceVlanAccess><webAccess>1</webAccess>"
#define SETTINGS OFF "<spanToPCPort>1</spanToPCPort>"
#define CMG(x) "<devicePool><callManagerGroup><members>" x "</members></callManagerGroup></devicePool>"
#define MEMBER(ports, host)                                                                                          \
        "<member priority=\"0\"><callManager><name>a</name>" ports "<processNodeName>" host                          \
        "</processNodeName></callManager></member>"

/* ---- rows: in, out ---- */

static const struct row {
        const char *what, *in, *out;
        bool settings; /* vendorConfig is set too */
        const char *proxy;
        struct table t[4];
} rows[] = {
        { "mode is raised", "<device><deviceSecurityMode>1</deviceSecurityMode></device>",
          "<device><deviceSecurityMode>3</deviceSecurityMode></device>", .t = { { 0 } } },
        { "authenticated becomes encrypted", "<device><deviceSecurityMode> 2\n</deviceSecurityMode></device>",
          "<device><deviceSecurityMode> 3\n</deviceSecurityMode></device>", .settings = false },
        { "a mode is added", "<device>\n <a/>\n</device>\n",
          "<device>\n <a/>\n<deviceSecurityMode>3</deviceSecurityMode></device>\n", .settings = false },
        { "an empty element gets a value", "<device><deviceSecurityMode/></device>",
          "<device><deviceSecurityMode>3</deviceSecurityMode></device>", .settings = false },
        { "a mode elsewhere is none", "<device><x><deviceSecurityMode>1</deviceSecurityMode></x></device>",
          "<device><x><deviceSecurityMode>1</deviceSecurityMode></x><deviceSecurityMode>3</deviceSecurityMode>"
          "</device>",
          .settings = false },
        { "SIP goes to TLS",
          "<device><deviceProtocol>SIP</deviceProtocol><transportLayerProtocol>2</transportLayerProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><deviceProtocol>SIP</deviceProtocol><transportLayerProtocol>3</transportLayerProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = false },
        { "the transport comes before the protocol",
          "<device><transportLayerProtocol>2</transportLayerProtocol><deviceProtocol>SIP</deviceProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><transportLayerProtocol>3</transportLayerProtocol><deviceProtocol>SIP</deviceProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = false },
        { "the transport's other name",
          "<device><deviceProtocol>SIP</deviceProtocol><transportLayerSecurityProtocol>2"
          "</transportLayerSecurityProtocol><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><deviceProtocol>SIP</deviceProtocol><transportLayerSecurityProtocol>3"
          "</transportLayerSecurityProtocol><deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = false },
        { "a SIP load without a protocol gets a transport",
          "<device><loadInformation>SIP45.9-4-2</loadInformation><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><loadInformation>SIP45.9-4-2</loadInformation><deviceSecurityMode>3</deviceSecurityMode>"
          "<transportLayerProtocol>3</transportLayerProtocol></device>",
          .settings = false },
        { "SCCP keeps its transport",
          "<device><deviceProtocol>SCCP</deviceProtocol><transportLayerProtocol>1</transportLayerProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><deviceProtocol>SCCP</deviceProtocol><transportLayerProtocol>1</transportLayerProtocol>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = false },
        { "encryption of the file is off, its hash gone",
          "<device><deviceSecurityMode>3</deviceSecurityMode><encrConfig>true</encrConfig>"
          "<certHash>0a1b</certHash></device>",
          "<device><deviceSecurityMode>3</deviceSecurityMode><encrConfig>false</encrConfig>"
          "<certHash></certHash></device>",
          .settings = false },
        { "settings are switched off and completed",
          "<device><vendorConfig>\n<pcPort>0</pcPort><x>0</x>\n</vendorConfig>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><vendorConfig>\n<pcPort>1</pcPort><x>0</x>\n<garp>1</garp><voiceVlanAccess>1</voiceVlanAccess>"
          "<webAccess>1</webAccess><spanToPCPort>1</spanToPCPort></vendorConfig>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = true },
        { "settings into an empty element",
          "<device><vendorConfig /><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><vendorConfig >" SETTINGS "</vendorConfig><deviceSecurityMode>3</deviceSecurityMode></device>",
          .settings = true },
        { "settings are added", "<device><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><deviceSecurityMode>3</deviceSecurityMode><vendorConfig>" SETTINGS "</vendorConfig></device>",
          .settings = true },
        { "the proxy server is written",
          "<device><proxyServerURL></proxyServerURL><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><proxyServerURL>192.0.2.80:8080</proxyServerURL><deviceSecurityMode>3</deviceSecurityMode>"
          "</device>",
          .proxy = "192.0.2.80:8080" },
        { "the proxy server is added", "<device><deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><deviceSecurityMode>3</deviceSecurityMode><proxyServerURL>192.0.2.80:8080</proxyServerURL>"
          "</device>",
          .proxy = "192.0.2.80:8080" },
        { "a call manager",
          "<device>" CMG(MEMBER("<ports><ethernetPhonePort>2000</ethernetPhonePort></ports>",
                                "10.0.0.26")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device>" CMG(MEMBER("<ports><ethernetPhonePort>2000</ethernetPhonePort></ports>",
                                "192.0.2.26")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "10.0.0.26", .to = "192.0.2.26" } } },
        { "port address translation",
          "<device>" CMG(MEMBER("<ports><sipPort>5060</sipPort><mgcpPorts><listen>2427</listen></mgcpPorts></ports>",
                                "10.0.0.27")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device>" CMG(MEMBER("<ports><sipPort>5062</sipPort><mgcpPorts><listen>2427</listen></mgcpPorts>"
                                "<ethernetPhonePort>7000</ethernetPhonePort><securedSipPort>7061</securedSipPort>"
                                "</ports>",
                                "192.0.2.1")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "10.0.0.27", .to = "192.0.2.1", .sccp = 7000, .sip = 5062, .sips = 7061 } } },
        { "ports where there were none",
          "<device>" CMG(MEMBER("", "cm.example.com")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device>" CMG(MEMBER("<ports><ethernetPhonePort>7000</ethernetPhonePort></ports>",
                                "192.0.2.1")) "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "cm.example.com", .to = "192.0.2.1", .sccp = 7000 } } },
        { "ports behind the host",
          "<device>" CMG("<member><callManager><processNodeName>h</processNodeName><ports><sipPort>5060</sipPort>"
                         "</ports></callManager></member>") "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device>" CMG("<member><callManager><processNodeName>i</processNodeName><ports><sipPort>6060</sipPort>"
                         "</ports></callManager></member>") "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "h", .to = "i", .sip = 6060 } } },
        { "several members, one as it is",
          "<device>" CMG(MEMBER("", "10.0.0.1") MEMBER("", "10.0.0.2")) "<deviceSecurityMode>3"
                                                                        "</deviceSecurityMode></device>",
          "<device>" CMG(MEMBER("", "10.0.0.1") MEMBER("", "192.0.2.2")) "<deviceSecurityMode>3"
                                                                         "</deviceSecurityMode></device>",
          .t = { { .from = "10.0.0.1", .to = "10.0.0.1" }, { .from = "10.0.0.2", .to = "192.0.2.2" } } },
        { "survivable site telephony",
          "<device><devicePool><srstInfo><ipAddr1>10.0.0.1</ipAddr1><port1>2000</port1><ipAddr2></ipAddr2>"
          "<port2>2000</port2><sipIpAddr1>10.0.0.2</sipIpAddr1><sipPort1>5060</sipPort1></srstInfo></devicePool>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><devicePool><srstInfo><ipAddr1>192.0.2.1</ipAddr1><port1>2002</port1><ipAddr2></ipAddr2>"
          "<port2>2000</port2><sipIpAddr1>192.0.2.2</sipIpAddr1><sipPort1>5062</sipPort1></srstInfo></devicePool>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "10.0.0.1", .to = "192.0.2.1", .sccp = 2002 },
                 { .from = "10.0.0.2", .to = "192.0.2.2", .sip = 5062 } } },
        { "enrolment and trust verification",
          "<device><capfList><capf><phonePort>3804</phonePort><processNodeName>10.0.0.1</processNodeName></capf>"
          "</capfList><TVS><members><member><port>2445</port><address>10.0.0.2</address></member></members></TVS>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          "<device><capfList><capf><phonePort>3805</phonePort><processNodeName>192.0.2.1</processNodeName></capf>"
          "</capfList><TVS><members><member><port>2446</port><address>192.0.2.2</address></member></members></TVS>"
          "<deviceSecurityMode>3</deviceSecurityMode></device>",
          .t = { { .from = "10.0.0.1", .to = "192.0.2.1", .port = 3805 },
                 { .from = "10.0.0.2", .to = "192.0.2.2", .port = 2446 } } },
        { "an old call manager's file",
          "<device  xsi:type=\"axl:XIPPhone\" ctiid=\"14\" uuid=\"{1-2}\">\r\n" CMG(MEMBER(
                  "", "10.0.0.1")) "\r\n<loadInformation model='Cisco > 7912'>CP7912</loadInformation></device>\r\n",
          "<device  xsi:type=\"axl:XIPPhone\" ctiid=\"14\" uuid=\"{1-2}\">\r\n" CMG(
                  MEMBER("", "192.0.2.1")) "\r\n<loadInformation model='Cisco > 7912'>CP7912</loadInformation>"
                                           "<deviceSecurityMode>3</deviceSecurityMode></device>\r\n",
          .t = { { .from = "10.0.0.1", .to = "192.0.2.1" } } },
        { "comments, instructions and CDATA stay",
          "<?xml version=\"1.0\"?><!-- <device> --><device><!--<deviceSecurityMode>1</deviceSecurityMode>-->"
          "<a><![CDATA[</device>]]></a><u>&amp;<x/></u><deviceSecurityMode>1</deviceSecurityMode></device><!-- x -->",
          "<?xml version=\"1.0\"?><!-- <device> --><device><!--<deviceSecurityMode>1</deviceSecurityMode>-->"
          "<a><![CDATA[</device>]]></a><u>&amp;<x/></u><deviceSecurityMode>3</deviceSecurityMode></device><!-- x "
          "-->",
          .settings = false },
};

static void each_element_is_edited_in_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct asked a = { .t = rows[i].t };
                struct phone_xml_rules r = KEEP(&a);
                struct err e = { 0 };

                r.keep_settings = !rows[i].settings;
                r.proxy_url = rows[i].proxy;
                if (edit(&r, rows[i].in, NULL, &e) != 0)
                        fail_msg("%s: %s", rows[i].what, e.text);
                if (strcmp(text, rows[i].out) != 0)
                        fail_msg("%s:\n%s\n%s", rows[i].what, text, rows[i].out);
                /* What was edited stays so. */
                a.t = (struct table[]){ { .from = "192.0.2.1", .to = "192.0.2.1" },
                                        { .from = "192.0.2.2", .to = "192.0.2.2" },
                                        { .from = "192.0.2.26", .to = "192.0.2.26" },
                                        { .from = "10.0.0.1", .to = "10.0.0.1" },
                                        { .from = "i", .to = "i" },
                                        { 0 } };
                assert_int_equal(edit(&r, rows[i].out, NULL, &e), 0);
                assert_string_equal(text, rows[i].out);
        }
}

/* ---- refusals ---- */

static const struct {
        const char *in, *why;
} bad[] = {
        { "", "it is empty" },
        { "hello", "it is not whole" },
        { "<phone></phone>", "it is not one <device>" },
        { "<device></device><device></device>", "it is not one <device>" },
        { "<device></device>x", "something follows its end" },
        { "<!DOCTYPE device [<!ENTITY a \"b\">]><device></device>", "it holds a declaration (DOCTYPE or the like)" },
        { "<device><!ENTITY a \"b\"></device>", "it holds a declaration (DOCTYPE or the like)" },
        { "<device><a></b></device>", "an element ends inside another one" },
        { "<device></device></device>", "an element ends that has not begun" },
        { "<device><a b='></device>", "it holds a tag that does not end" },
        { "<device><a <b></device>", "it holds a tag that does not end" },
        { "<device><a //></device>", "it holds a tag that does not end" },
        { "<device><a /b></device>", "it holds a tag that does not end" },
        { "<device>< ></device>", "it holds a tag without a name" },
        { "<device><!-- </device>", "it ends in the middle of a comment" },
        { "<device><deviceSecurityMode>1</deviceSecurityMode><deviceSecurityMode>1</deviceSecurityMode></device>",
          "an element that may stand once stands twice" },
        { "<device><deviceSecurityMode><a/></deviceSecurityMode></device>",
          "an element that holds a value holds others" },
        { "<device>" CMG(MEMBER("<ports><sipPort>0</sipPort></ports>", "10.0.0.26")) "</device>",
          "a port in it is not a number of 1-65535" },
        { "<device>" CMG(MEMBER("<ports><sipPort>65536</sipPort></ports>", "10.0.0.26")) "</device>",
          "a port in it is not a number of 1-65535" },
        { "<device>" CMG(MEMBER("", "10.0.0.26 10.0.0.27")) "</device>",
          "an address in it is neither an address nor a name" },
        { "<device>" CMG(MEMBER("", "&cm;")) "</device>", "an address in it is neither an address nor a name" },
};

static void what_is_no_phones_file_is_refused(void **state)
{
        struct asked a = { .t = one };
        struct phone_xml_rules r = RULES(&a);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                char why[256];
                struct err e = { 0 };

                snprintf(why, sizeof why, "the phone's file is refused: %s", bad[i].why);
                if (edit(&r, bad[i].in, NULL, &e) != -1)
                        fail_msg("taken: %s", bad[i].in);
                assert_string_equal(e.text, why);
        }
}

static void nul_bytes_and_long_files_are_refused(void **state)
{
        static char big[PHONE_XML_MAX + 1];
        struct phone_xml_rules r = { 0 };
        struct wbuf w = wbuf_of(text, sizeof text);

        (void)state;
        assert_int_equal(phone_xml_edit(&r, "<device>\0</device>", 18, &w, NULL, NULL), -1);
        memset(big, ' ', sizeof big);
        memcpy(big, "<device>", 8);
        memcpy(big + PHONE_XML_MAX - 9, "</device>", 9);
        assert_int_equal(phone_xml_edit(&r, big, PHONE_XML_MAX, &w, NULL, NULL), 0);
        assert_true(w.len > PHONE_XML_MAX); /* vendorConfig was added */
        assert_int_equal(phone_xml_edit(&r, big, sizeof big, &w, NULL, NULL), -1);
}

static void deep_nesting_is_refused(void **state)
{
        struct phone_xml_rules r = { .keep_settings = true };
        char in[4096] = "<device>";
        struct err e = { 0 };

        (void)state;
        for (unsigned i = 1; i < PHONE_XML_DEPTH; i++)
                strcat(in, "<a>");
        for (unsigned i = 1; i < PHONE_XML_DEPTH; i++)
                strcat(in, "</a>");
        strcat(in, "</device>");
        assert_int_equal(edit(&r, in, NULL, &e), 0);
        memmove(in + 11, in + 8, strlen(in + 8) + 1);
        memcpy(in + 8, "<a>", 3);
        assert_int_equal(edit(&r, in, NULL, &e), -1);
        assert_string_equal(e.text, "the phone's file is refused: its elements are nested too deep");
}

/* More places than a file can have: bounded, not cut. */
static void too_many_places_are_refused(void **state)
{
        static char in[60000];
        struct asked a = { .t = one };
        struct phone_xml_rules r = RULES(&a);
        struct err e = { 0 };

        (void)state;
        strcpy(in, "<device><capfList>");
        for (unsigned i = 0; i < 200; i++)
                strcat(in, "<capf><processNodeName>10.0.0.26</processNodeName></capf>");
        strcat(in, "</capfList></device>");
        assert_int_equal(edit(&r, in, NULL, &e), -1);
        assert_string_equal(e.text, "the phone's file is refused: it names too many places");
}

static void a_buffer_that_is_too_small_is_left_alone(void **state)
{
        struct phone_xml_rules r = { .keep_settings = true };
        char small[20];
        struct wbuf w = wbuf_of(small, sizeof small);

        (void)state;
        wbuf_str(&w, "abc");
        assert_int_equal(phone_xml_edit(&r, "<device>12</device>", 19, &w, NULL, NULL), -1);
        assert_int_equal(w.len, 3);
        assert_false(w.full);
        assert_int_equal(phone_xml_edit(&r, "<device></device>", 17, &w, NULL, NULL), 0);
        assert_memory_equal(small, "abc<device></device>", 20);
}

/* ---- the callback ---- */

static void a_place_that_is_refused_refuses_the_file(void **state)
{
        struct asked a = { .t = one };
        struct phone_xml_rules r = RULES(&a);
        struct err e = { 0 };

        (void)state;
        assert_int_equal(edit(&r, "<device>" CMG(MEMBER("", "10.9.9.9")) "</device>", NULL, &e), -1);
        assert_string_equal(e.text, "10.9.9.9 cannot be reached by phones");
}

static void names_that_are_being_resolved_are_all_asked_first(void **state)
{
        static const struct table later[] = {
                { .from = "a" }, { .from = "b", .to = "192.0.2.2" }, { .from = "c" }, { 0 }
        };
        struct asked a = { .t = later };
        struct phone_xml_rules r = RULES(&a);
        struct phone_xml_seen seen;

        (void)state;
        assert_int_equal(
                edit(&r, "<device>" CMG(MEMBER("", "a") MEMBER("", "b") MEMBER("", "c")) "</device>", &seen, NULL),
                1);
        assert_int_equal(a.n, 3);
        assert_int_equal(seen.call_managers, 3);
}

static void the_callback_sees_what_the_file_has(void **state)
{
        static const struct table none[] = { { .from = "10.0.0.1", .to = "x" }, { 0 } };
        struct asked a = { .t = none };
        struct phone_xml_rules r = RULES(&a);

        (void)state;
        assert_int_equal(
                edit(&r,
                     "<device>" CMG(MEMBER("<ports><ethernetPhonePort>2000</ethernetPhonePort><sipPort>5060"
                                           "</sipPort><securedSipPort>5061</securedSipPort></ports>",
                                           "\n10.0.0.1 ")) "<capfList><capf><phonePort>3804</"
                                                           "phonePort><processNodeName>10.0.0.1</processNodeName>"
                                                           "</capf></capfList></device>",
                     NULL, NULL),
                0);
        assert_int_equal(a.n, 2);
        assert_string_equal(a.h[0].text, "10.0.0.1");
        assert_int_equal(a.h[0].kind, PHONE_XML_CM);
        assert_int_equal(a.h[0].sccp, 2000);
        assert_int_equal(a.h[0].sip, 5060);
        assert_int_equal(a.h[0].sips, 5061);
        assert_int_equal(a.h[0].port, 0);
        assert_int_equal(a.h[1].kind, PHONE_XML_CAPF);
        assert_int_equal(a.h[1].port, 3804);
        assert_non_null(strstr(text, "\nx </processNodeName>"));
}

/* ---- what was seen ---- */

static void what_the_file_was_is_told(void **state)
{
        static const struct {
                const char *in;
                struct phone_xml_seen want;
        } row[] = {
                { "<device></device>", { .full = true } },
                { "<device><fullConfig>false</fullConfig><encrConfig>true</encrConfig></device>",
                  { .encrypted = true } },
                { "<device><deviceProtocol>SIP</deviceProtocol><deviceSecurityMode>2</deviceSecurityMode></device>",
                  { .sip = true, .full = true, .security_mode = 2 } },
                { "<device><deviceProtocol>SCCP</deviceProtocol><sipProfile/></device>", { .full = true } },
                { "<device><sipProfile/></device>", { .sip = true, .full = true } },
                { "<device><loadInformation>CIPC-8-6-1-0</loadInformation></device>",
                  { .softphone = true, .full = true } },
                { "<device><deviceSecurityMode>7</deviceSecurityMode></device>", { .full = true } },
        };
        struct phone_xml_rules r = { .security_mode = 3, .softphone_mode = 2 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct phone_xml_seen s;

                assert_int_equal(edit(&r, row[i].in, &s, NULL), 0);
                assert_int_equal(s.sip, row[i].want.sip);
                assert_int_equal(s.full, row[i].want.full);
                assert_int_equal(s.encrypted, row[i].want.encrypted);
                assert_int_equal(s.softphone, row[i].want.softphone);
                assert_int_equal(s.security_mode, row[i].want.security_mode);
                assert_non_null(strstr(text, s.softphone ? "<deviceSecurityMode>2<" : "<deviceSecurityMode>3<"));
        }
}

static void every_prefix_is_refused(void **state)
{
        static const char in[] = "<?xml version=\"1.0\"?><device><!-- a -->" CMG(
                MEMBER("<ports><ethernetPhonePort>2000</ethernetPhonePort></ports>",
                       "10.0.0.26")) "<vendorConfig><pcPort>0</pcPort></vendorConfig><certHash/><x a='b'/></device>";

        (void)state;
        for (size_t n = 0; n < sizeof in; n++) {
                struct asked a = { .t = one };
                struct phone_xml_rules r = RULES(&a);
                struct wbuf w = wbuf_of(text, sizeof text);

                assert_int_equal(phone_xml_edit(&r, in, n, &w, NULL, NULL), n == sizeof in - 1 ? 0 : -1);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_element_is_edited_in_place),
                cmocka_unit_test(what_is_no_phones_file_is_refused),
                cmocka_unit_test(nul_bytes_and_long_files_are_refused),
                cmocka_unit_test(deep_nesting_is_refused),
                cmocka_unit_test(too_many_places_are_refused),
                cmocka_unit_test(a_buffer_that_is_too_small_is_left_alone),
                cmocka_unit_test(a_place_that_is_refused_refuses_the_file),
                cmocka_unit_test(names_that_are_being_resolved_are_all_asked_first),
                cmocka_unit_test(the_callback_sees_what_the_file_has),
                cmocka_unit_test(what_the_file_was_is_told),
                cmocka_unit_test(every_prefix_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
