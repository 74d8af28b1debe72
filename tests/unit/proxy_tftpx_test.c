/* The TFTP proxy of a proxy worker on virtual time: what it serves, whom it asks, and how long it waits. */
#include "tests/support/tftp_rig.h"

#define XML                                                                                                          \
        "<device><deviceProtocol>SCCP</deviceProtocol><devicePool><callManagerGroup><members><member "               \
        "priority=\"0\">"                                                                                            \
        "<callManager><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>"                                    \
        "<processNodeName>ucm-0</processNodeName></callManager></member></members></callManagerGroup></devicePool>"  \
        "<deviceSecurityMode>1</deviceSecurityMode></device>"

static uint8_t big[6000];

/* ---- what is served ---- */

TFTP_TEST(the_ctl_comes_from_a_port_of_its_own)
{
        int phone = phone_flow(t, 3, PHONE_IP), near;
        size_t n;

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        CHECK(t->secures == 1 && t->secure.iface == WF_OUTSIDE && t->secure.timeout_ms == 300000);
        CHECK(t->secure.at.fam == ADDR_V4 && t->secure.at.v4 == addr_v4(PHONE_IP).v4);
        CHECK(t->asked.iface == WF_OUTSIDE && t->asked.peer.port == 1027 && !t->asked.local_port);
        near = last_box(t)->fd;
        n = take_file(t, near, 1, 512, out, sizeof out);
        CHECK(n == t->ctl_n && !memcmp(out, t->ctl, n));
        RIG_UNTIL(r, COUNT(t, served) == 1);
        CHECK(COUNT(t, ctl) == 1 && COUNT(t, bytes) == n);
        nothing_held(t);
        CHECK(phone_count(r->p->phones) == 1);
        rig_advance(r, 3900);
        CHECK(!t->ended[3] && pool_used(tftpx_of(t)->pool) == 1); /* late packets meet it */
        rig_advance(r, 200);
        CHECK(t->ended[3] && t->closes == 1);
}

TFTP_TEST(or_from_the_port_that_was_asked)
{
        int phone = phone_flow(t, 3, PHONE_IP);

        r->pp->tftp_same_port = true;
        rig_commit(r);
        ASK(phone, "CTL" DEVICE ".tlv");
        CHECK(take_file(t, phone, 1, 512, out, sizeof out) == t->ctl_n && !memcmp(out, t->ctl, t->ctl_n));
        CHECK(!t->opens);
        rig_advance(r, 4100);
        CHECK(t->ended[3]);
}

TFTP_TEST(a_configuration_is_fetched_edited_and_signed)
{
        int phone = phone_flow(t, 3, PHONE_IP), server;
        struct ctl_head h;
        struct cur p;
        size_t n;

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(r, t->opens == 1);
        CHECK(t->asked.iface == WF_INSIDE && t->asked.peer.port == 69 && t->asked.local_port);
        server = server_asked(t, CONFIG);
        CHECK(memmem(t->got, t->got_n, "blksize\0001428", 13) && memmem(t->got, t->got_n, "tsize\0000", 8) &&
              memmem(t->got, t->got_n, "windowsize\0008", 13));
        CHECK(!t->secures); /* it has no file yet */
        server_serves(t, server, (const uint8_t *)XML, sizeof XML - 1);
        RIG_UNTIL(r, t->opens == 2);
        CHECK(t->secures == 1 && t->closes == 1); /* the server's flow has gone */
        n = take_file(t, last_box(t)->fd, 1, 512, out, sizeof out);
        CHECK(sgn_verify(out, n, assets.server) && sgn_strip(out, n, &p, &h, NULL) == 0);
        CHECK(memmem(p.p, p.left, "<deviceSecurityMode>3<", 22) && memmem(p.p, p.left, ">ucm-0<", 7));
        CHECK(COUNT(t, config) == 1);
        rig_advance(r, 4100);
        CHECK(t->ended[3]);
}

/* A configuration as somebody asks for it; the server has no signed one. What the dataplane was told is in t->secure.
 */
static void configured(uint32_t flow, const char *name, const char *xml)
{
        int phone = phone_flow(t, flow, PHONE_IP);
        unsigned opens = t->opens, secures = t->secures;
        char sgn[PHONE_FILE_MAX + 1];

        snprintf(sgn, sizeof sgn, "%s.sgn", name);
        ASK(phone, sgn);
        RIG_UNTIL(t->r, t->opens == opens + 1);
        if (t->r->pp->mixed) {
                server_says(t, server_asked(t, sgn), "\0\5\0\1none", 9);
                opens++;
                RIG_UNTIL(t->r, t->opens == opens + 1);
        }
        server_serves(t, server_asked(t, name), (const uint8_t *)xml, strlen(xml));
        RIG_UNTIL(t->r, t->opens == opens + 2);
        CHECK(t->secures == secures + 1);
        take_file(t, last_box(t)->fd, 1, 512, out, sizeof out);
        rig_advance(t->r, 4100);
}

static void thinks(uint8_t told, uint8_t clear, enum phone_mode mode)
{
        CHECK(t->secure.told == told && t->secure.clear == clear);
        CHECK(phone_mode(t->r->p->phones, t->r->phone_proxy_id, DEVICE) == mode);
}

static const char *xml_of(const char *protocol, char mode)
{
        static char xml[sizeof XML + 8];
        static const char model[] = XML;
        const char *at = strstr(model, "SCCP");

        snprintf(xml, sizeof xml, "%.*s%s%s", (int)(at - model), model, protocol, at + 4);
        strstr(xml, "SecurityMode>")[13] = mode;
        return xml;
}

TFTP_TEST(what_a_mixed_cluster_thinks_of_the_phone_is_told)
{
        configured(3, CONFIG, xml_of("SCCP", '1'));
        thinks(SECURE_SCCP, 0, PHONE_MODE_UNKNOWN); /* a nonsecure cluster thinks nothing */
        r->pp->mixed = true;
        rig_commit(r);
        configured(4, CONFIG, xml_of("SCCP", '1'));
        thinks(SECURE_SCCP, SECURE_SCCP, PHONE_MODE_CLEAR);
        configured(5, "XMLDefault.cnf.xml", xml_of("SCCP", '3'));
        thinks(SECURE_SCCP, 0, PHONE_MODE_CLEAR);
        CHECK(!t->secure.timeout_ms); /* everybody's: nobody is known for it */
        for (char mode = '2'; mode <= '3'; mode++) {
                configured((uint32_t)mode, CONFIG, xml_of("SCCP", mode));
                thinks(SECURE_SCCP, 0, PHONE_MODE_SECURE);
                CHECK(t->secure.timeout_ms == 300000);
        }
        configured(6, CONFIG, xml_of("SIP", '1'));
        thinks(SECURE_SIP, SECURE_SIP, PHONE_MODE_CLEAR);
}

/* Anybody can ask with a registered phone's name: what is told of its boot stays. */
TFTP_TEST(a_stranger_does_not_touch_the_boot_of_a_registered_phone)
{
        struct addr home = addr_v4(PHONE_IP + 1);
        struct phone_row row = { .phone_proxy_id = r->phone_proxy_id,
                                 .iface = WF_OUTSIDE,
                                 .at = { home, 40000 },
                                 .device = DEVICE,
                                 .timeout_ms = 300000,
                                 .session = 7 };
        struct boot_row boot;
        uint32_t cursor = 0;
        bool end;

        CHECK(phone_seen(r->p->phones, &row) == PHONE_OK);
        boot_note(r->p->boots, DEVICE, WF_OUTSIDE, &home, BOOT_REGISTER, 1000, true, "registered");
        ASK(phone_flow(t, 3, PHONE_IP), "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n);
        ASK(phone_flow(t, 4, PHONE_IP), DEVICE ".cnf.xml.enc.sgn"); /* nor does one that is refused */
        for (unsigned i = 0; i < 5; i++)
                rig_step(r);
        CHECK(boot_walk(r->p->boots, &cursor, &boot, 1, &end) == 1);
        CHECK(addr_eq(&boot.at, &home) && boot.step[BOOT_REGISTER].when == 1000 && boot.step[BOOT_REGISTER].ok);
        CHECK(!boot.step[BOOT_CTL].when && !boot.step[BOOT_FILE].when);
        rig_advance(r, 4100);
        cursor = 0; /* its own does */
        row.at.a = addr_v4(PHONE_IP);
        CHECK(phone_seen(r->p->phones, &row) == PHONE_OK);
        ASK(phone_flow(t, 6, PHONE_IP), "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 2);
        CHECK(boot_walk(r->p->boots, &cursor, &boot, 1, &end) == 1);
        CHECK(boot.step[BOOT_CTL].ok && !boot.step[BOOT_REGISTER].when && boot.at.v4 == row.at.a.v4);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n);
        rig_advance(r, 15000);
}

TFTP_TEST(windows_and_large_blocks_are_granted)
{
        int phone = phone_flow(t, 3, PHONE_IP), server, near;
        size_t at = 0;

        ASK_WITH(phone, "Ring1.raw", "blksize\0001000\0windowsize\0003");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, "Ring1.raw");
        server_serves(t, server, big, 5500);
        RIG_UNTIL(r, t->opens == 2);
        near = last_box(t)->fd;
        hear(t, near);
        CHECK(got16(t, 0) == TFTP_OACK && memmem(t->got, t->got_n, "blksize\0001000", 13));
        CHECK(memmem(t->got, t->got_n, "windowsize\0003", 13));
        say16(near, TFTP_ACK, 0);
        for (unsigned b = 1; b <= 3; b++)
                hear_op(t, near, TFTP_DATA, b);
        hear_nothing(t, near);
        say16(near, TFTP_ACK, 2); /* the third was lost */
        for (unsigned b = 3; b <= 5; b++) {
                hear_op(t, near, TFTP_DATA, b);
                CHECK(t->got_n == 1004 && !memcmp(t->got + 4, big + 1000 * (b - 1), 1000));
        }
        hear_nothing(t, near);
        say16(near, TFTP_ACK, 5);
        hear_op(t, near, TFTP_DATA, 6);
        at = t->got_n - 4;
        CHECK(at == 500 && !memcmp(t->got + 4, big + 5000, at));
        say16(near, TFTP_ACK, 6);
        RIG_UNTIL(r, COUNT(t, plain) == 1 && COUNT(t, served) == 1);
        rig_advance(r, 4100);
}

TFTP_TEST(a_file_is_signed_where_a_phone_asks)
{
        int phone = phone_flow(t, 3, PHONE_IP);
        struct cur p;
        size_t n;

        ASK(phone, "Ringlist.xml.sgn");
        RIG_UNTIL(r, t->opens == 1);
        server_serves(t, server_asked(t, "Ringlist.xml"), big, 700);
        RIG_UNTIL(r, t->opens == 2);
        n = take_file(t, last_box(t)->fd, 1, 512, out, sizeof out);
        CHECK(sgn_verify(out, n, assets.server) && sgn_strip(out, n, &p, NULL, NULL) == 0);
        CHECK(p.left == 700 && !memcmp(p.p, big, 700));
        CHECK(COUNT(t, signed_files) == 1 && !t->secures);
        rig_advance(r, 4100);
}

/* The envelope is tried where the bare file is not; then the phone hears of it. */
TFTP_TEST(a_file_that_is_not_there_is_asked_for_by_its_other_name)
{
        static const uint8_t none[] = "\0\5\0\1no such file";
        int phone = phone_flow(t, 3, PHONE_IP);

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(r, t->opens == 1);
        server_says(t, server_asked(t, CONFIG), none, sizeof none);
        RIG_UNTIL(r, t->opens == 2);
        server_says(t, server_asked(t, CONFIG ".sgn"), none, sizeof none);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_NOT_FOUND);
        CHECK(COUNT(t, not_found) == 1 && rig_logged(r, "337007"));
        rig_advance(r, 600);
        CHECK(t->ended[3] && t->closes == 2);
}

TFTP_TEST(names_that_are_answered_here)
{
        static const struct {
                const char *name;
                unsigned error;
        } row[] = { { "ITL" DEVICE ".tlv", TFTP_E_NOT_FOUND },
                    { CONFIG, TFTP_E_ACCESS },
                    { "XMLDefault.cnf.xml", TFTP_E_ACCESS },
                    { CONFIG ".enc.sgn", TFTP_E_ACCESS },
                    { "../" CONFIG ".sgn", TFTP_E_ACCESS },
                    { "/etc/passwd", TFTP_E_ACCESS },
                    { "a/../../b", TFTP_E_ACCESS },
                    { "..\\x", TFTP_E_ACCESS },
                    { "a/b/c/d/e", TFTP_E_ACCESS },
                    { "", TFTP_E_ILLEGAL } };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP);

                ASK(phone, row[i].name);
                hear_op(t, phone, TFTP_ERROR, row[i].error);
                close(phone);
        }
        CHECK(!t->opens && !t->secures); /* no server was asked, nobody is known for that */
        CHECK(COUNT(t, unsigned_config) == 2 && COUNT(t, names) == 5);
        rig_advance(r, 600);
        for (unsigned i = 0; i < ARRAY_LEN(row); i++)
                CHECK(t->ended[3 + i]);
}

/* A CTL that phones must not have: they would do without us no more. */
TFTP_TEST(without_a_ctl_file_nothing_is_signed)
{
        static const char *const names[] = { "CTL" DEVICE ".tlv", CONFIG ".sgn" };

        r->pp->ctl_file[0] = 0;
        rig_commit(r);
        for (unsigned i = 0; i < 2; i++) {
                int phone = phone_flow(t, 3 + i, PHONE_IP);

                ASK(phone, names[i]);
                hear_op(t, phone, TFTP_ERROR, TFTP_E_NOT_FOUND);
                CHECK(strstr((char *)t->got + 4, "there is no CTL file"));
        }
        CHECK(!t->opens);
        rig_advance(r, 600);
}

TFTP_TEST(a_phone_proxy_that_is_gone_serves_nobody)
{
        int phone;

        r->phone_proxy_id = 4711;
        phone = phone_flow(t, 3, PHONE_IP);
        ASK(phone, "CTL" DEVICE ".tlv");
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(strstr((char *)t->got + 4, "no longer exists"));
        rig_advance(r, 600);
}

/* ---- the server ---- */

/* It answers from a port of its own; who else speaks is told off and changes nothing. */
TFTP_TEST(the_server_is_the_one_that_answered_first)
{
        int phone = phone_flow(t, 3, PHONE_IP), server, stranger;

        ASK(phone, "Ring1.raw");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, "Ring1.raw");
        server_data(t, server, 1, big, 512);
        hear_op(t, server, TFTP_ACK, 1);
        stranger = udp_at((struct sockaddr_in){ .sin_family = AF_INET,
                                                .sin_addr.s_addr = htonl(pseudo_addr(1, 0, last_box(t)->far.flow)) });
        server_data(t, stranger, 2, "not this", 8);
        hear_op(t, stranger, TFTP_ERROR, TFTP_E_TID);
        CHECK(COUNT(t, stray) == 1 && !COUNT(t, plain));
        server_data(t, server, 2, big + 512, 100);
        RIG_UNTIL(r, t->opens == 2);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == 612 && !memcmp(out, big, 612));
        rig_advance(r, 4100);
}

/* Asked five times with longer pauses, then the phone hears why. Other phones are served meanwhile. */
TFTP_TEST(a_server_that_is_silent)
{
        int phone = phone_flow(t, 3, PHONE_IP), other = phone_flow(t, 4, PHONE_IP + 1), server;
        unsigned asked = 0;

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, CONFIG);
        ASK(other, "CTLSEP001122334466.tlv");
        RIG_UNTIL(r, t->opens == 2);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) == t->ctl_n);
        rig_advance(r, 14900); /* 1, 2, 4 and 8 s */
        while (heard(t, server))
                asked += got16(t, 0) == TFTP_RRQ;
        CHECK(asked == 3 && !heard(t, phone));
        rig_advance(r, 8300);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(strstr((char *)t->got + 4, "does not answer") && COUNT(t, silent) == 1);
        nothing_held(t);
        rig_advance(r, 600);
        CHECK(t->ended[3] && t->ended[4]);
}

/* Half a file is no file. */
TFTP_TEST(a_server_that_dies_in_the_middle)
{
        int phone = phone_flow(t, 3, PHONE_IP), server;
        unsigned again = 0;

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, CONFIG);
        server_data(t, server, 1, big, 512);
        hear_op(t, server, TFTP_ACK, 1);
        CHECK(tftpx_of(t)->budget.used);
        rig_advance(r, 24000);
        while (heard(t, server))
                again += got16(t, 0) == TFTP_ACK && got16(t, 2) == 1;
        CHECK(again == TFTP_TRIES - 1);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(strstr((char *)t->got + 4, "stopped in the middle"));
        nothing_held(t);
        CHECK(!COUNT(t, config) && t->opens == 1);
        rig_advance(r, 600);
}

/* It goes on, but never comes to an end. */
TFTP_TEST(a_server_that_takes_too_long)
{
        int phone = phone_flow(t, 3, PHONE_IP), server;
        unsigned block = 0;

        ASK(phone, "Ring1.raw");
        RIG_UNTIL(r, t->opens == 1);
        server = server_asked(t, "Ring1.raw");
        while (block < 61) {
                server_data(t, server, ++block, big, 512);
                hear_op(t, server, TFTP_ACK, block);
                rig_advance(r, 990);
                if (heard(t, phone))
                        break;
        }
        CHECK(block >= 59 && got16(t, 0) == TFTP_ERROR && strstr((char *)t->got + 4, "too slow"));
        nothing_held(t);
        rig_advance(r, 600);
}

/* ---- the phone ---- */

TFTP_TEST(a_phone_that_falls_silent)
{
        static const unsigned due[] = { 1000, 3000, 7000, 15000 };
        unsigned now = 0;
        int phone = phone_flow(t, 3, PHONE_IP), near;

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        near = last_box(t)->fd;
        hear_op(t, near, TFTP_DATA, 1);
        for (unsigned i = 0; i < ARRAY_LEN(due); i++) {
                rig_advance(r, due[i] - 100 - now);
                hear_nothing(t, near);
                rig_advance(r, 200);
                hear_op(t, near, TFTP_DATA, 1);
                now = due[i] + 100;
        }
        rig_advance(r, 8000);
        CHECK(!heard(t, near) && COUNT(t, given_up) == 1 && COUNT(t, resent) == 4);
        nothing_held(t);
        rig_advance(r, 4100);
        CHECK(t->ended[3]);
}

TFTP_TEST(a_phone_that_takes_too_long)
{
        int phone = phone_flow(t, 3, PHONE_IP), near;

        ASK_WITH(phone, "Ring1.raw", "blksize\0008");
        RIG_UNTIL(r, t->opens == 1);
        server_serves(t, server_asked(t, "Ring1.raw"), big, 5500);
        RIG_UNTIL(r, t->opens == 2);
        near = last_box(t)->fd;
        hear(t, near);
        say16(near, TFTP_ACK, 0);
        for (unsigned block = 1; block < 400 && !COUNT(t, given_up); block++) {
                hear_op(t, near, TFTP_DATA, block);
                rig_advance(r, 900);
                say16(near, TFTP_ACK, block);
                rig_step(r);
        }
        CHECK(COUNT(t, given_up) == 1);
        nothing_held(t);
        rig_advance(r, 4100);
        CHECK(t->ended[3]);
}

TFTP_TEST(a_request_that_comes_again_changes_nothing)
{
        int phone = phone_flow(t, 3, PHONE_IP), near;

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(r, t->opens == 1);
        ASK(phone, CONFIG ".sgn"); /* it is being fetched */
        server_serves(t, server_asked(t, CONFIG), (const uint8_t *)XML, sizeof XML - 1);
        RIG_UNTIL(r, t->opens == 2);
        near = last_box(t)->fd;
        hear_op(t, near, TFTP_DATA, 1);
        ASK(phone, CONFIG ".sgn"); /* the first block was lost, or is late */
        hear_nothing(t, near);
        CHECK(t->opens == 2 && COUNT(t, config) == 1);
        say16(near, TFTP_ACK, 1);
        hear_op(t, near, TFTP_DATA, 2);
        ASK(phone, CONFIG ".sgn"); /* now it begins anew: another one from the same port */
        RIG_UNTIL(r, t->opens == 3);
        CHECK(t->closes == 2);
        server_serves(t, server_asked(t, CONFIG), (const uint8_t *)XML, sizeof XML - 1);
        RIG_UNTIL(r, t->opens == 4);
        CHECK(take_file(t, last_box(t)->fd, 1, 512, out, sizeof out) > 512);
        rig_advance(r, 4100);
}

TFTP_TEST(a_phone_that_has_enough)
{
        static const uint8_t enough[] = "\0\5\0\0enough";
        int phone = phone_flow(t, 3, PHONE_IP), near;

        ASK(phone, "CTL" DEVICE ".tlv");
        RIG_UNTIL(r, t->opens == 1);
        near = last_box(t)->fd;
        hear_op(t, near, TFTP_DATA, 1);
        phone_says(near, enough, sizeof enough);
        RIG_UNTIL(r, COUNT(t, given_up) == 1);
        nothing_held(t);
        rig_advance(r, 4100);
}

TFTP_TEST(a_flow_without_a_request_ends)
{
        phone_flow(t, 3, PHONE_IP);
        rig_advance(r, 9900);
        CHECK(!t->ended[3]);
        rig_advance(r, 200);
        CHECK(t->ended[3]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_ctl_comes_from_a_port_of_its_own),
                cmocka_unit_test(or_from_the_port_that_was_asked),
                cmocka_unit_test(a_configuration_is_fetched_edited_and_signed),
                cmocka_unit_test(what_a_mixed_cluster_thinks_of_the_phone_is_told),
                cmocka_unit_test(a_stranger_does_not_touch_the_boot_of_a_registered_phone),
                cmocka_unit_test(windows_and_large_blocks_are_granted),
                cmocka_unit_test(a_file_is_signed_where_a_phone_asks),
                cmocka_unit_test(a_file_that_is_not_there_is_asked_for_by_its_other_name),
                cmocka_unit_test(names_that_are_answered_here),
                cmocka_unit_test(without_a_ctl_file_nothing_is_signed),
                cmocka_unit_test(a_phone_proxy_that_is_gone_serves_nobody),
                cmocka_unit_test(the_server_is_the_one_that_answered_first),
                cmocka_unit_test(a_server_that_is_silent),
                cmocka_unit_test(a_server_that_dies_in_the_middle),
                cmocka_unit_test(a_server_that_takes_too_long),
                cmocka_unit_test(a_phone_that_falls_silent),
                cmocka_unit_test(a_phone_that_takes_too_long),
                cmocka_unit_test(a_request_that_comes_again_changes_nothing),
                cmocka_unit_test(a_phone_that_has_enough),
                cmocka_unit_test(a_flow_without_a_request_ends),
        };

        for (size_t i = 0; i < sizeof big; i++)
                big[i] = (uint8_t)(i * 7 + i / 251);
        return cmocka_run_group_tests(tests, load, unload);
}
