/* Who a phone says it is, and how long the registrar lets it stay. */
#include "tests/support/test.h"

#include "inspect/sip/sip_int.h"
#include "tests/support/sip_feed.h"

#define DEVICE "SEP001122334455"
#define VICTIM "SEP00112233AAAA"
#define NAME(n) ";+u.sip!devicename.ccm.cisco.com=\"" n "\""
#define INSTANCE(mac) ";+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-" mac ">\""

static struct world w;
static struct feed f;
static unsigned cseq;
static struct log *lg;
static struct log_src *src;
static char lines[1024];

static void on_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        (void)ctx, (void)dest, (void)level, (void)id;
        snprintf(lines, sizeof lines, "%s", line);
}

/* Is it in the last line? */
static bool logged(const char *text)
{
        while (log_step(lg))
                continue;
        return strstr(lines, text) != NULL;
}

static void begin(const struct phone_params *p, const char *device)
{
        struct leg_setup l = { .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = p, .anchor = true, .device = device };

        world_begin(&w);
        world_session(&f, &l, NULL);
        f.c.log = src;
        cseq = 0;
}

static void end(void)
{
        feed_close(&f);
        world_end(&w);
        logged("");
}

static const char *reg(const char *user, const char *contact, const char *expires)
{
        char head[1024];

        snprintf(head, sizeof head,
                 "REGISTER sip:203.0.113.5 SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK%u\r\n"
                 "From: <sip:%s@203.0.113.5>;tag=a\r\nTo: <sip:%s@203.0.113.5>\r\nCall-ID: r\r\nCSeq: %u REGISTER\r\n"
                 "Max-Forwards: 70\r\n%s%s%s%s",
                 cseq + 1, user, user, cseq + 1, contact ? "Contact: " : "", contact ? contact : "",
                 contact ? "\r\n" : "", expires);
        cseq++;
        return sip_say(&f, DIR_C2S, sip_text(head, ""));
}

static const char *answer(unsigned status, const char *extra)
{
        char head[1024];

        snprintf(
                head, sizeof head,
                "SIP/2.0 %u x\r\nVia: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK%u\r\n"
                "From: <sip:x@10.1.1.5>;tag=a\r\nTo: <sip:x@10.1.1.5>;tag=b\r\nCall-ID: r\r\nCSeq: %u REGISTER\r\n%s",
                status, cseq, cseq, extra);
        return sip_say(&f, DIR_S2C, sip_text(head, ""));
}

struct row {
        const char *what, *certificate;
        bool any;
        const char *user, *params; /* of Contact */
        bool admitted;
};

static const struct row rows[] = {
        { "name", DEVICE, false, "1001", NAME(DEVICE), true },
        { "name in lower case", DEVICE, false, "1001", NAME("sep001122334455"), true },
        { "instance", DEVICE, false, "1001", INSTANCE("001122334455"), true },
        { "user", DEVICE, false, DEVICE, "", true },
        { "all three", DEVICE, false, DEVICE, INSTANCE("001122334455") NAME(DEVICE), true },
        { "another name", DEVICE, false, "1001", NAME("SEP00112233AAAA"), false },
        { "another instance", DEVICE, false, "1001", INSTANCE("00112233AAAA"), false },
        { "another user", DEVICE, false, "SEP00112233AAAA", "", false },
        { "one of three wrong", DEVICE, false, DEVICE, INSTANCE("00112233AAAA") NAME(DEVICE), false },
        { "another name where any may come", DEVICE, true, "1001", NAME("SEP00112233AAAA"), false },
        { "a name without a certificate's", "", true, "1001", NAME(DEVICE), false },
        { "no name", DEVICE, false, "1001", "", false },
        { "no name where any may come", "", true, "1001", "", true },
        { "a random instance", "", true, "1001", ";+sip.instance=\"<urn:uuid:7f4c2a10-1111-2222-3333-001122334455>\"",
          true },
        { "a random instance where phones are named", DEVICE, false, "1001",
          ";+sip.instance=\"<urn:uuid:7f4c2a10-1111-2222-3333-001122334455>\"", false },
        { "empty name", DEVICE, false, "1001", NAME(""), false },
        { "user that only begins like a device", "", true, "SEPARATE", "", true },
        { "two names", DEVICE, false, "1001", NAME(DEVICE) NAME(VICTIM), false },
        { "the same name twice", DEVICE, false, "1001", NAME(DEVICE) NAME(DEVICE), false },
        { "two instances", DEVICE, false, "1001", INSTANCE("001122334455") INSTANCE("00112233AAAA"), false },
        { "a list that cannot be read", DEVICE, false, "1001", NAME(DEVICE) ";x=\"a\"\"", false },
        { "quoted pairs in the instance", DEVICE, false, "1001", NAME(DEVICE) INSTANCE("00112233AA\\A\\A"), false },
        { "quoted pairs, and the right one", DEVICE, false, "1001", INSTANCE("00112233445\\5"), true },
        { "escapes in the instance", DEVICE, false, "1001", NAME(DEVICE) INSTANCE("00112233AA%41A"), false },
        { "no hyphens in the instance", DEVICE, false, "1001",
          NAME(DEVICE) ";+sip.instance=\"<urn:uuid:0000000000000000000000112233AAAA>\"", false },
        { "instance in capitals", DEVICE, false, "1001",
          NAME(DEVICE) ";+SIP.Instance=\"<URN:UUID:00000000-0000-0000-0000-00112233AAAA>\"", false },
        { "instance without quotes", DEVICE, false, "1001",
          NAME(DEVICE) ";+sip.instance=<urn:uuid:00000000-0000-0000-0000-00112233AAAA>", false },
        { "instance that is no UUID", DEVICE, false, "1001", NAME(DEVICE) INSTANCE("00112233AAAA-1"), false },
        { "an instance of another kind", DEVICE, false, "1001",
          NAME(DEVICE) ";+sip.instance=\"<urn:gsma:imei:90420156-025763-0>\"", true },
        { "quoted pairs in the name", DEVICE, false, "1001", NAME("SEP00112233445\\5"), true },
        { "escaped user", DEVICE, false, "%53EP00112233AAAA", NAME(DEVICE), false },
        { "user all escaped", DEVICE, false, "%53%45%50%30%30%31%31%32%32%33%33%41%41%41%41", NAME(DEVICE), false },
        { "user with a password", DEVICE, false, VICTIM ":x", NAME(DEVICE), false },
        { "user with an escaped colon", DEVICE, false, VICTIM "%3ax", NAME(DEVICE), false },
        { "user with a parameter", DEVICE, false, VICTIM ";x=y", NAME(DEVICE), false },
        { "its own user with a password", DEVICE, false, DEVICE ":x", NAME(DEVICE), true },
        { "a second contact of another", DEVICE, false, "1001", NAME(DEVICE) ", <sip:x@198.51.100.10>" NAME(VICTIM),
          false },
        { "a second contact that does not parse", DEVICE, false, "1001",
          NAME(DEVICE) ", <sip:x@198.51.100.10>" NAME(VICTIM) ";expires=1;expires=1", false },
        { "a second contact with two @", DEVICE, false, "1001", NAME(DEVICE) ", <sip:a@b@198.51.100.10>" NAME(VICTIM),
          false },
        { "contact's user", DEVICE, false, "1001", NAME(DEVICE) ", <sip:" VICTIM "@198.51.100.10>", false },
        { "contact's user, escaped", DEVICE, false, "1001", NAME(DEVICE) ", <sips:SE%5000112233AAAA@198.51.100.10>",
          false },
        { "a name in the URI", DEVICE, false, "1001",
          NAME(DEVICE) ", <sip:x@198.51.100.10;+u.sip!devicename.ccm.cisco.com=" VICTIM ">", false },
};

static void who_may_register(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];
                char contact[256];

                begin(r->any ? &world_phone : &world_strict, r->certificate);
                snprintf(contact, sizeof contact, "<sip:uuid@198.51.100.10:5061;transport=tls>%s", r->params);
                if ((reg(r->user, contact, "") != NULL) != r->admitted || f.closed == r->admitted ||
                    feed_count(&f, "device mismatch") + feed_count(&f, "malformed") != !r->admitted)
                        fail_msg("%s: %s", r->what, f.c.reason);
                end();
        }
}

/* ---- other requests ---- */

/* In a dialog of its own where to is a tag. */
static const char *ask(const char *method, const char *from, const char *to_tag, const char *more)
{
        char head[1024];

        cseq++;
        snprintf(head, sizeof head,
                 "%s sip:2001@203.0.113.5 SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK%u\r\n"
                 "From: <sip:%s@203.0.113.5>;tag=f\r\nTo: <sip:" VICTIM "@203.0.113.5>%s\r\nCall-ID: c\r\n"
                 "CSeq: %u %s\r\nMax-Forwards: 70\r\n%s",
                 method, cseq, from, to_tag, cseq, method, more);
        return sip_say(&f, DIR_C2S, sip_text(head, ""));
}

/* A request of the server. */
static const char *told(const char *method)
{
        char head[1024];

        cseq++;
        snprintf(head, sizeof head,
                 "%s sip:1001@10.1.1.254:20001;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP "
                 "10.1.1.5:5060;branch=z9hG4bKs%u\r\n"
                 "From: <sip:2001@10.1.1.5>;tag=s\r\nTo: <sip:1001@10.1.1.5>\r\nCall-ID: t\r\n"
                 "CSeq: %u %s\r\nMax-Forwards: 70\r\n",
                 method, cseq, cseq, method);
        return sip_say(&f, DIR_S2C, sip_text(head, ""));
}

static void registered(void)
{
        assert_non_null(reg(DEVICE, "<sip:1001@198.51.100.10:5061>", ""));
        assert_non_null(answer(200, ""));
}

static void refused(const char *why, const char *out)
{
        assert_null(out);
        assert_true(f.closed);
        assert_int_equal(feed_count(&f, "device mismatch"), 1);
        assert_string_equal(f.c.reason, why);
        assert_int_equal(sip_calls(w.shared), 0);
}

static void nobody_without_a_device(void **st)
{
        static const char *const method[] = {
                "INVITE", "REGISTER", "MESSAGE", "OPTIONS", "SUBSCRIBE", "REFER", "FOO"
        };

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(method); i++) {
                begin(&world_strict, "");
                refused("certificate names no device", ask(method[i], "1001", "", ""));
                end();
        }
        begin(&world_strict, "");
        assert_null(
                sip_say(&f, DIR_C2S,
                        sip_text("SIP/2.0 200 x\r\nVia: SIP/2.0/TLS 1.1.1.1\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n"
                                 "Call-ID: c\r\nCSeq: 1 INVITE\r\n",
                                 "")));
        assert_true(f.closed);
        end();
        begin(&world_phone, "");
        assert_non_null(ask("INVITE", "1001", "", ""));
        end();
}

static void no_call_before_a_registration(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        assert_non_null(ask("OPTIONS", "1001", "", ""));
        refused("call before a registration", ask("INVITE", "1001", "", ""));
        end();
        begin(&world_strict, DEVICE);
        refused("call before a registration", ask("INVITE", "1001", ";tag=x", ""));
        end();
        begin(&world_strict, DEVICE);
        assert_non_null(reg(DEVICE, "<sip:1001@198.51.100.10:5061>", ""));
        answer(403, "");
        assert_null(ask("INVITE", "1001", "", ""));
        end();
        begin(&world_strict, DEVICE);
        registered();
        assert_non_null(ask("INVITE", "1001", "", ""));
        end();
        begin(&world_strict, DEVICE); /* another session of this phone registered */
        w.known = true;
        assert_non_null(ask("INVITE", "1001", "", ""));
        end();
        begin(&world_strict, DEVICE);
        registered();
        reg(DEVICE, "*", "Expires: 0\r\n");
        answer(200, "");
        assert_null(ask("INVITE", "1001", "", ""));
        end();
}

/* The entry has aged, or the operator cleared it. */
static void no_call_after_the_entry_is_gone(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        registered();
        w.known = false;
        assert_non_null(ask("OPTIONS", "1001", "", ""));
        refused("call before a registration", ask("INVITE", "1001", "", ""));
        end();
        begin(&world_strict, DEVICE);
        registered();
        w.known = false;
        refused("call before a registration", told("INVITE"));
        end();
        begin(&world_strict, DEVICE);
        registered();
        assert_non_null(told("INVITE"));
        w.known = false;
        assert_non_null(reg(DEVICE, "<sip:1001@198.51.100.10:5061>", ""));
        assert_non_null(answer(200, ""));
        assert_non_null(ask("INVITE", "1001", "", ""));
        end();
        begin(&world_phone, "");
        assert_non_null(told("INVITE"));
        end();
}

struct named {
        const char *what, *user, *contact, *mac;
};

/* The log names the device that was wrong, not the last one of the message. */
static void the_log_names_the_wrong_device(void **st)
{
        static const struct named named[] = {
                { "the contact's user, before a right name", "1001", "<sip:" VICTIM "@198.51.100.10>" NAME(DEVICE),
                  "source MAC 0011.2233.aaaa due" },
                { "a name behind a right user", DEVICE, "<sip:" DEVICE "@198.51.100.10>" NAME(VICTIM),
                  "source MAC 0011.2233.aaaa due" },
                { "the first of two", "SEPBBBBBBBBBBBB", "<sip:" VICTIM "@198.51.100.10>",
                  "source MAC 0011.2233.aaaa due" },
                { "none: the certificate's", "1001", "<sip:1001@198.51.100.10>", "source MAC 0011.2233.4455 due" },
        };

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(named); i++) {
                begin(&world_strict, DEVICE);
                assert_null(reg(named[i].user, named[i].contact, ""));
                if (!logged(named[i].mac))
                        fail_msg("%s: %s", named[i].what, lines);
                end();
        }
        begin(&world_strict, DEVICE);
        assert_null(ask("INVITE", "1001", "", ""));
        assert_true(logged("source MAC 0011.2233.4455 due"));
        end();
        begin(&world_strict, "");
        assert_null(ask("INVITE", "1001", "", ""));
        assert_true(logged("source MAC unknown due"));
        end();
}

static void nobody_calls_as_another_phone(void **st)
{
        static const char *const more[] = {
                "Contact: <sip:" VICTIM "@198.51.100.10>\r\n",
                "Contact: <sip:1001@198.51.100.10>" NAME(VICTIM) "\r\n",
                "P-Preferred-Identity: <sip:1001@203.0.113.5>, <sip:" VICTIM "@203.0.113.5>\r\n",
                "P-Asserted-Identity: <sip:" VICTIM "@203.0.113.5>\r\n",
                "Remote-Party-ID: <sip:" VICTIM "@203.0.113.5>;party=calling\r\n",
        };
        static const struct phone_params *const mode[] = { &world_strict, &world_phone };

        (void)st;
        for (unsigned k = 0; k < ARRAY_LEN(mode); k++) {
                for (unsigned i = 0; i < ARRAY_LEN(more); i++) {
                        begin(mode[k], DEVICE);
                        registered();
                        refused("device name is not the certificate's", ask("INVITE", "1001", "", more[i]));
                        end();
                }
                begin(mode[k], DEVICE);
                registered();
                refused("device name is not the certificate's", ask("MESSAGE", VICTIM, "", ""));
                end();
                begin(mode[k], DEVICE);
                registered();
                refused("device name is not the certificate's", ask("INVITE", VICTIM, ";tag=unknown", ""));
                end();
        }
        begin(&world_phone, "");
        refused("device name is not the certificate's", ask("INVITE", VICTIM, "", ""));
        end();
}

/* To of a REGISTER is who is registered. */
static void nobody_registers_another_phone(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        refused("device name is not the certificate's",
                ask("REGISTER", "1001", "", "Contact: <sip:1001@198.51.100.10>" NAME(DEVICE) "\r\n"));
        end();
}

/* Whom it calls, and who it was when it was called, is not its own name. */
static void a_phone_may_call_another(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        registered();
        assert_non_null(ask("INVITE", DEVICE, "", "Contact: <sip:" DEVICE "@198.51.100.10>\r\n"));
        assert_non_null(ask("BYE", VICTIM, ";tag=f", ""));
        end();
}

static void granted_time_counts(void **st)
{
        static const struct {
                const char *what, *contact, *expires, *answer;
                uint32_t wanted;
        } row[] = {
                { "contact's", "<sip:1@198.51.100.10:5061>", "Expires: 3600\r\n",
                  "Contact: <sip:1@10.1.1.254:20001;transport=tcp>;expires=120\r\n", 120 },
                { "header's", "<sip:1@198.51.100.10:5061>", "Expires: 3600\r\n", "Expires: 90\r\n", 90 },
                { "asked for", "<sip:1@198.51.100.10:5061>", "Expires: 77\r\n", "", 77 },
                { "asked for in the contact", "<sip:1@198.51.100.10:5061>;expires=66", "Expires: 77\r\n", "", 66 },
                { "nobody says", "<sip:1@198.51.100.10:5061>", "", "", 3600 },
                { "others are listed too", "<sip:1@198.51.100.10:5061>", "Expires: 3600\r\n",
                  "Contact: <sip:1@10.1.1.254:33333>;expires=1, <sip:1@10.1.1.254:20001>;expires=50\r\n", 50 },
                { "keepalive to a backup", "<sip:1@198.51.100.10:5061>", "Expires: 0\r\n", "Expires: 0\r\n",
                  SIP_KEEPALIVE_S },
        };

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                begin(&world_strict, DEVICE);
                assert_non_null(reg(DEVICE, row[i].contact, row[i].expires));
                assert_int_equal(w.seen, 0); /* asked is not granted */
                assert_non_null(answer(200, row[i].answer));
                if (w.seen != 1 || w.expires != row[i].wanted)
                        fail_msg("%s: %u times, %u s", row[i].what, w.seen, w.expires);
                assert_string_equal(w.device, DEVICE);
                end();
        }
}

static void leaves(const char *contact, const char *expires)
{
        begin(&world_strict, DEVICE);
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "Expires: 3600\r\n");
        answer(200, "Contact: <sip:1@10.1.1.254:20001>;expires=120\r\n");
        assert_int_equal(w.expires, 120);
        reg(DEVICE, contact, expires);
        answer(200, "");
        assert_int_equal(w.seen, 2);
        assert_int_equal(w.expires, 0);
        end();
}

static void unregisters(void **st)
{
        (void)st;
        leaves("<sip:1@198.51.100.10:5061>", "Expires: 0\r\n");
        leaves("<sip:1@198.51.100.10:5061>;expires=0", "");
        leaves("*", "Expires: 0\r\n");
}

static void refusals_enter_nobody(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(100, "");
        answer(401, "WWW-Authenticate: Digest realm=\"x\"\r\n");
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(423, "Min-Expires: 60\r\n");
        assert_int_equal(w.seen, 0);
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(200, "");
        answer(200, ""); /* again: counts once */
        assert_int_equal(w.seen, 1);
        end();
}

/* Why a phone does not come up is told of the phone that its certificate names, and not once it is up. */
static void a_refused_registration_is_told(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(401, "WWW-Authenticate: Digest realm=\"x\"\r\n");
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(423, "Min-Expires: 60\r\n");
        assert_int_equal(w.boots, 0);
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(403, "");
        assert_string_equal(w.boot, DEVICE " refused by the call manager: 403 x");
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(200, "Expires: 3600\r\n");
        assert_string_equal(w.boot, DEVICE " registered");
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        answer(503, ""); /* of a phone that is up: it tries again */
        assert_string_equal(w.boot, DEVICE " registered");
        end();
        begin(&world_strict, DEVICE);
        reg("1001", "<sip:1@198.51.100.10:5061>" NAME(VICTIM), "");
        assert_string_equal(w.boot, DEVICE " device name is not the certificate's");
        end();
}

static void a_full_table_ends_the_session(void **st)
{
        (void)st;
        begin(&world_strict, DEVICE);
        w.phones_full = true;
        reg(DEVICE, "<sip:1@198.51.100.10:5061>", "");
        assert_null(answer(200, ""));
        assert_true(f.closed);
        assert_non_null(strstr(f.c.reason, "full"));
        end();
}

static void endpoints_go_by_their_record(void **st)
{
        (void)st;
        begin(&world_phone, "");
        reg("alice", "<sip:alice@198.51.100.10:5061>", "");
        answer(200, "");
        assert_string_equal(w.device, "x"); /* of To, as the registrar says */
        end();
        begin(&world_phone, DEVICE);
        reg("alice", "<sip:alice@198.51.100.10:5061>", "");
        answer(200, "");
        assert_string_equal(w.device, DEVICE);
        end();
}

/* The far side of the phone's own NAT: what it calls itself is of no use to the server, and comes back to it. */
static void a_phone_behind_its_own_nat(void **st)
{
        const char *text;

        (void)st;
        begin(&world_phone, "");
        text = reg("alice", "<sip:alice@192.168.1.20:5061;transport=tls>", "");
        assert_non_null(strstr(text, "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>\r\n"));
        text = answer(200, "Contact: <sip:alice@10.1.1.254:20001;transport=tcp>;expires=60\r\n");
        assert_non_null(strstr(text, "Contact: <sip:alice@192.168.1.20:5061;transport=tls>;expires=60\r\n"));
        end();
}

static int log_up(void **st)
{
        struct log_conf conf;

        (void)st;
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_TRAP].level = LOG_L_INFO;
        lg = log_new(&clock_system, 1024);
        assert_non_null(lg);
        log_configure(lg, &conf, NULL);
        log_set_sink(lg, LOG_TO_TRAP, on_line, NULL);
        src = log_src_new(lg, "test");
        return 0;
}

static int log_down(void **st)
{
        (void)st;
        log_free(lg);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_may_register),
                cmocka_unit_test(nobody_without_a_device),
                cmocka_unit_test(no_call_before_a_registration),
                cmocka_unit_test(no_call_after_the_entry_is_gone),
                cmocka_unit_test(the_log_names_the_wrong_device),
                cmocka_unit_test(nobody_calls_as_another_phone),
                cmocka_unit_test(nobody_registers_another_phone),
                cmocka_unit_test(a_phone_may_call_another),
                cmocka_unit_test(granted_time_counts),
                cmocka_unit_test(unregisters),
                cmocka_unit_test(refusals_enter_nobody),
                cmocka_unit_test(a_refused_registration_is_told),
                cmocka_unit_test(a_full_table_ends_the_session),
                cmocka_unit_test(endpoints_go_by_their_record),
                cmocka_unit_test(a_phone_behind_its_own_nat),
        };

        return cmocka_run_group_tests(tests, log_up, log_down);
}
