/*
 * The small office: one public address, the appliance's own. Call managers, TFTP, CAPF and the trust service stand
 * behind it by static PAT, one object for each port. What is for a class with a phone proxy is terminated, and
 * dialled on with the port in clear; all else is translated and passes where an access list says so, and nowhere
 * else.
 */
#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "policy/conn.h"
#include "tests/path/support/path_calls.h"
#include "tests/path/support/path_fixture.h"
#include "tests/support/sccp_feed.h"

#define CLIENT "192.0.2.10"
#define OWN "192.0.2.1"
#define CM "10.0.0.5"
#define CM2 "10.0.0.6"
#define MAPPED "192.0.2.140"
#define A_OWN 0xc0000201u
#define A_CM 0x0a000005u
#define A_CM2 0x0a000006u

#define PAT(name, host, line)                                                                                        \
        "object network " name "\n host " host "\n nat (inside,outside) static interface service " line "\n"
#define PATS                                                                                                         \
        PAT("cm-tftp", CM, "udp tftp tftp")                                                                          \
        PAT("cm-sccp", CM, "tcp 2000 2000")                                                                          \
        PAT("cm-sccps", CM, "tcp 2443 2443")                                                                         \
        PAT("cm-sip", CM, "tcp sip sip")                                                                             \
        PAT("cm-sipu", CM, "udp sip sip")                                                                            \
        PAT("cm-sips", CM, "tcp 5061 5061")                                                                          \
        PAT("cm-capf", CM, "tcp 3804 3804")                                                                          \
        PAT("cm-tvs", CM, "tcp 2445 2445")                                                                           \
        "object network all\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"
#define BOUND "access-group office in interface outside\n"
#define LIST                                                                                                         \
        "access-list office extended permit udp any host " CM " eq tftp\n"                                           \
        "access-list office extended permit tcp any host " CM " eq 2000\n"                                           \
        "access-list office extended permit tcp any host " CM " eq 2443\n"                                           \
        "access-list office extended permit tcp any host " CM " eq sip\n"                                            \
        "access-list office extended permit udp any host " CM " eq sip\n"                                            \
        "access-list office extended permit tcp any host " CM " eq 5061\n"                                           \
        "access-list office extended permit tcp any host " CM " eq 3804\n"                                           \
        "access-list office extended permit tcp any host " CM " eq 2445\n"                                           \
        "access-list office extended permit tcp any host " CM2 " range 7000 7443\n"                                  \
        "access-list office extended permit tcp any host " CM2 " eq 2000\n"                                          \
        "access-list office extended permit tcp any host " CM2 " eq 2443\n" BOUND
#define UNINSPECTED "no service-policy global_policy global\n"
#define PROXY                                                                                                        \
        "crypto ca trustpoint ours\n enrollment self\n subject-name cn=ccm\n"                                        \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "tls-proxy pp_tls\n server trust-point ours\n" PC_PHONE_PROXY                                                \
        "class-map sec_sccp\n match port tcp eq 2443\n"                                                              \
        "class-map sec_sccp2\n match port tcp eq 7443\n"                                                             \
        "class-map sec_sip\n match port tcp eq 5061\n"                                                               \
        "policy-map pp_policy\n"                                                                                     \
        " class sec_sccp\n  inspect skinny phone-proxy mypp\n"                                                       \
        " class sec_sccp2\n  inspect skinny phone-proxy mypp\n"                                                      \
        " class sec_sip\n  inspect sip phone-proxy mypp\n"                                                           \
        "service-policy pp_policy interface outside\n"
/* The second call manager at ports of its own, and with the usual ones that are others outside. */
#define OTHER_PORTS PAT("cm2-sccp", CM2, "tcp 7000 7000") PAT("cm2-sccps", CM2, "tcp 7443 7443")
#define USUAL_PORTS PAT("cm2-sccp", CM2, "tcp 2000 7000") PAT("cm2-sccps", CM2, "tcp 2443 7443")

static struct path_fixture fx;

static void start(const char *more, const char *list)
{
        static char conf[16384];

        snprintf(conf, sizeof conf, "%s%s%s", px_base, more, list);
        px_start(&fx, conf, true);
}

static struct conn_row only_conn(void)
{
        struct conn_row row[2];
        uint32_t cursor = 0;
        bool end = false;

        assert_int_equal(conn_walk(fx.w, &cursor, NULL, row, 2, &end), 1);
        return row[0];
}

static bool is_addr(const struct addr *a, const char *text)
{
        struct addr b = pb_addr(text);

        return addr_eq(a, &b);
}

static void end_all(void)
{
        px_show(&fx, "clear conn all");
        px_settle(&fx);
        assert_int_equal(conn_count(fx.w->conns), 0);
}

static void forget_frames(void)
{
        uint8_t buf[2048];
        struct pb_view v;

        while (px_take(&fx, 0, &v) || px_take(&fx, 1, &v) || px_take_tun(&fx, buf, sizeof buf, &v))
                ;
}

/* ---- what passes ---- */

/* A TCP handshake through, the answer from where the client asked. */
static void passes_at(const char *dialled, uint16_t port, const char *real, uint16_t real_port)
{
        struct pb_view v;

        px_tcp(&fx, 0, CLIENT, 40000, dialled, port, PB_SYN, 100, 0);
        if (!px_take(&fx, 1, &v) || !px_is(&v, CLIENT, 40000, real, real_port))
                fail_msg("%s:%u does not lead to %s:%u", dialled, port, real, real_port);
        px_tcp(&fx, 1, real, real_port, CLIENT, 40000, PB_SYN | PB_ACK, 500, 101);
        assert_true(px_take(&fx, 0, &v) && px_is(&v, dialled, port, CLIENT, 40000));
        px_tcp(&fx, 0, CLIENT, 40000, dialled, port, PB_ACK, 101, 501);
        assert_true(px_take(&fx, 1, &v));
        assert_int_equal(only_conn().action, CONN_FORWARD);
        assert_int_equal(only_conn().engine, INSPECT_NONE);
        end_all();
}

static void is_refused(const char *dialled, uint16_t port)
{
        uint64_t before = px_drops(&fx, DROP_ACL);

        px_tcp(&fx, 0, CLIENT, 40000, dialled, port, PB_SYN, 100, 0);
        if (!px_quiet(&fx) || px_drops(&fx, DROP_ACL) != before + 1)
                fail_msg("%s:%u is not refused by the list", dialled, port);
        assert_int_equal(conn_count(fx.w->conns), 0);
}

static const uint16_t provisioning[] = { 3804, 2445 }; /* CAPF, trust service */

/* Behind the outside interface's address, and behind one of their own; a phone proxy changes nothing about it. */
static void capf_and_trust_service_pass(void **state UNUSED)
{
        static const struct {
                const char *conf, *dialled;
        } row[] = {
                { PATS, OWN },
                { PATS PROXY, OWN },
                { "object network ccm\n host " CM "\n nat (inside,outside) static " MAPPED "\n", MAPPED },
                { "object network ccm\n host " CM "\n nat (inside,outside) static " MAPPED "\n" PROXY, MAPPED },
                { PAT("a", CM, "tcp 3804 3804") PAT("b", CM, "tcp 2445 2445") PROXY, OWN },
                { "object network a\n host " CM "\n nat (inside,outside) static " MAPPED " service tcp 3804 3804\n"
                  "object network b\n host " CM "\n nat (inside,outside) static " MAPPED " service tcp 2445 2445\n",
                  MAPPED },
        };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                start(row[i].conf, LIST);
                for (unsigned p = 0; p < ARRAY_LEN(provisioning); p++)
                        passes_at(row[i].dialled, provisioning[p], CM, provisioning[p]);
                px_stop(&fx);
        }
}

/* Nothing opens them but the list: not the translation, not the phone proxy, not a list that permits the other. */
static void only_the_list_opens_them(void **state UNUSED)
{
        start(PATS PROXY, "access-list office extended permit tcp any host " CM " eq 2443\n"
                          "access-list office extended permit tcp any host " CM " eq 5061\n" BOUND);
        for (unsigned p = 0; p < ARRAY_LEN(provisioning); p++)
                is_refused(OWN, provisioning[p]);
        px_config(&fx, "access-list office extended permit tcp any host " CM " eq 3804\n");
        passes_at(OWN, 3804, CM, 3804);
        is_refused(OWN, 2445);
        px_config(&fx, "access-list office extended permit tcp any host " OWN " eq 2445\n"); /* 8.3: real addresses */
        is_refused(OWN, 2445);
        px_stop(&fx);
}

static void another_port_at_the_interface(void **state UNUSED)
{
        start(PAT("capf", CM, "tcp 3804 13804") PROXY, LIST);
        passes_at(OWN, 13804, CM, 3804);
        px_tcp(&fx, 0, CLIENT, 40000, OWN, 3804, PB_SYN, 100, 0); /* the appliance's own port: nothing there */
        assert_int_equal(conn_count(fx.w->conns), 0);
        px_stop(&fx);
}

/* The ports in clear of phones that register before they have a certificate, where nothing inspects them. */
static void clear_ports_pass(void **state UNUSED)
{
        struct pb_view v;

        start(PATS OTHER_PORTS PROXY, LIST UNINSPECTED);
        passes_at(OWN, 2000, CM, 2000);
        passes_at(OWN, 5060, CM, 5060);
        passes_at(OWN, 7000, CM2, 7000);
        px_udp(&fx, 0, CLIENT, 40000, OWN, 5060, "x");
        assert_true(px_take(&fx, 1, &v) && px_is(&v, CLIENT, 40000, CM, 5060));
        px_stop(&fx);
}

/* The server answers from a port of its own: the transfer is of the client that asked. */
static void tftp_behind_the_interface(void **state UNUSED)
{
        struct pb p;
        struct pb_view v;

        start(PATS PROXY "class-map inspection_default\n match default-inspection-traffic\n"
                         "policy-map global_policy\n class inspection_default\n  inspect tftp\n"
                         "service-policy global_policy global\n",
              LIST);
        p = px_pb(&fx, 0, CLIENT, 40000, OWN, 69, IPPROTO_UDP_);
        p.pay = "\0\1CTLSEP.tlv\0octet";
        p.npay = 19;
        px_send_pb(&fx, 0, p);
        assert_true(px_take(&fx, 1, &v) && px_is(&v, CLIENT, 40000, CM, 69));
        px_udp(&fx, 1, CM, 33000, CLIENT, 40000, "data");
        assert_true(px_take(&fx, 0, &v));
        assert_true(px_is(&v, OWN, v.sport, CLIENT, 40000));
        px_udp(&fx, 0, CLIENT, 40000, OWN, v.sport, "ack");
        assert_true(px_take(&fx, 1, &v) && px_is(&v, CLIENT, 40000, CM, 33000));
        px_stop(&fx);
}

/* ---- what is terminated ---- */

/* The private kernel answers for the call manager: its last segment. */
static struct pb handshake(uint16_t dialled)
{
        uint8_t buf[2048];
        struct pb_view v;
        struct pb p;

        px_tcp(&fx, 0, CLIENT, 40000, OWN, dialled, PB_SYN, 100, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = (struct pb){ .src = v.dst, .dst = v.src, .sport = v.dport, .dport = v.sport, .proto = IPPROTO_TCP_ };
        p.ttl = 64;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 500;
        p.ack = 101;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &v) && px_is(&v, OWN, dialled, CLIENT, 40000));
        px_tcp(&fx, 0, CLIENT, 40000, OWN, dialled, PB_ACK, 101, 501);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        return p;
}

/* ... and dials it with the port in clear. */
static void proxied(uint16_t dialled, enum inspect_id engine, const char *server, uint16_t port)
{
        struct pb_view v;
        struct pb p = handshake(dialled);
        struct conn_row r = only_conn();

        assert_int_equal(r.action, CONN_PUNT);
        assert_int_equal(r.engine, engine);
        assert_true(is_addr(&r.real[1], server));
        assert_int_equal(r.real_port[1], port);
        assert_int_equal(r.mapped_port[1], dialled);
        p.dst.w[0] |= 1u << 27; /* leg 1 */
        p.sport = 50000;
        p.flags = PB_SYN;
        p.seq = 900;
        p.ack = 0;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 1, &v));
        assert_true(px_is(&v, CLIENT, 40000, server, port));
        end_all();
        forget_frames();
}

static void secure_ports_are_proxied(void **state UNUSED)
{
        start(PATS PROXY, LIST);
        proxied(2443, INSPECT_SKINNY, CM, 2000);
        proxied(5061, INSPECT_SIP, CM, 5060);
        px_tcp(&fx, 0, CLIENT, 40000, OWN, 7443, PB_SYN, 100, 0); /* nobody is there */
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_int_equal(px_drops(&fx, DROP_BOX_NO_SERVICE), 1);
        px_stop(&fx);
}

static void two_call_managers_share_the_address(void **state UNUSED)
{
        start(PATS OTHER_PORTS PROXY, LIST);
        proxied(2443, INSPECT_SKINNY, CM, 2000);
        proxied(7443, INSPECT_SKINNY, CM2, 7000);
        px_stop(&fx);
}

/* Classes match the real port, as lists do. */
static void the_second_has_the_usual_ports_inside(void **state UNUSED)
{
        start(PATS USUAL_PORTS PROXY, LIST UNINSPECTED);
        proxied(2443, INSPECT_SKINNY, CM, 2000);
        proxied(7443, INSPECT_SKINNY, CM2, 2000);
        passes_at(OWN, 7000, CM2, 2000);
        px_stop(&fx);
}

/* ---- what is said inside ---- */

static struct sccp_bytes servers(uint32_t first, uint16_t first_port, uint32_t second, uint16_t second_port)
{
        struct sccp_bytes b = sb_begin(17, 0x9e);

        sb_fill(&b, 0, 240);
        sb_u32(&b, first_port);
        sb_u32(&b, second_port);
        sb_fill(&b, 0, 12);
        sb_ip(&b, 17, first);
        sb_ip(&b, 17, second);
        sb_fill(&b, 0, 60);
        return sb_done(b);
}

static void hear_in(struct proxy_worker *w UNUSED, void *arg)
{
        struct pc_phone *p = arg;
        ssize_t n = leg_read(p->far[p->dir == DIR_C2S ? 1 : 0], p->text, p->n);

        p->n = n > 0 ? (size_t)n : 0;
}

/* What the other side reads of it. */
static struct sccp_bytes says(struct pc_phone *phone, enum inspect_dir dir, struct sccp_bytes b)
{
        struct sccp_bytes got = { .n = 0 };

        phone->dir = dir;
        phone->text = (char *)b.p;
        phone->n = b.n;
        proxy_call(phone->proxy, pc_say_in, phone);
        assert_true(phone->ok);
        px_settle(&fx);
        phone->text = (char *)got.p;
        phone->n = sizeof got.p;
        proxy_call(phone->proxy, hear_in, phone);
        got.n = phone->n;
        return got;
}

/* What a phone that dialled this port reads when its call manager says that. */
static void reads(uint16_t dialled, struct sccp_bytes said, struct sccp_bytes want)
{
        struct pc_phone phone = { .proxy = fx.parts.proxy[0], .port = 40000 };
        struct sccp_bytes got;

        handshake(dialled);
        assert_true(pc_connect(&phone));
        says(&phone, DIR_C2S, sb_register("SEP001122334455", 0xc000020au));
        says(&phone, DIR_S2C, sb_register_ack(17));
        got = says(&phone, DIR_S2C, said);
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.p, want.p, want.n);
        pc_drop(&phone, true);
        px_settle(&fx);
        px_advance(&fx, 5 * 60 * 1000);
        forget_frames();
}

/* A phone learns its call managers as they are dialled from outside: one address, each its own secure port. */
static void the_list_of_call_managers(void **state UNUSED)
{
        static const struct {
                const char *pats;
                uint16_t second;
        } row[] = { { OTHER_PORTS, 7000 }, { USUAL_PORTS, 2000 } };

        for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
                char conf[8192];

                snprintf(conf, sizeof conf, "%s%s%s", PATS, row[i].pats, PROXY);
                start(conf, LIST);
                reads(2443, servers(A_CM, 2000, A_CM2, row[i].second), servers(A_OWN, 2443, A_OWN, 7443));
                reads(7443, servers(A_CM2, row[i].second, A_CM, 2000), servers(A_OWN, 7443, A_OWN, 2443));
                px_stop(&fx);
        }
}

static void what_packet_tracer_says(void **state UNUSED)
{
        const char *text;

        start(PATS OTHER_PORTS PROXY, LIST);
        text = px_show(&fx, "packet-tracer input outside tcp " CLIENT " 40000 " OWN " 7443");
        assert_non_null(strstr(text, "Untranslate " OWN "/7443 to " CM2 "/7443"));
        assert_non_null(strstr(text, "inspect skinny"));
        assert_non_null(strstr(text, "Action: allow"));
        text = px_show(&fx, "packet-tracer input outside tcp " CLIENT " 40000 " OWN " 3804");
        assert_non_null(strstr(text, "Untranslate " OWN "/3804 to " CM "/3804"));
        assert_null(strstr(text, "INSPECT"));
        assert_non_null(strstr(text, "Action: allow"));
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(capf_and_trust_service_pass),
                cmocka_unit_test(only_the_list_opens_them),
                cmocka_unit_test(another_port_at_the_interface),
                cmocka_unit_test(clear_ports_pass),
                cmocka_unit_test(tftp_behind_the_interface),
                cmocka_unit_test(secure_ports_are_proxied),
                cmocka_unit_test(two_call_managers_share_the_address),
                cmocka_unit_test(the_second_has_the_usual_ports_inside),
                cmocka_unit_test(the_list_of_call_managers),
                cmocka_unit_test(what_packet_tracer_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
