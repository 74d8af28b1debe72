/* The operator's view on the real path: every number shown is compared before and after traffic. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/box/baseline.h"
#include "tests/path/support/path_fixture.h"
#include "tests/support/console_fixture.h"

static const char config[] = "object network srv\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static 192.0.2.140\n"
                             "object network lan\n"
                             " subnet 10.0.0.0 255.255.255.0\n"
                             " nat (inside,outside) dynamic interface\n"
                             "object-group network servers\n"
                             " network-object host 10.0.0.5\n"
                             " network-object host 10.0.0.6\n"
                             "access-list outside_in remark web\n"
                             "access-list outside_in extended permit tcp any object-group servers eq 80\n"
                             "access-list outside_in extended permit tcp any host 10.0.0.5 eq 443 inactive\n"
                             "access-group outside_in in interface outside\n";

static struct path_fixture fx;
static char *shown;

static int setup(void **state)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, false);
        fx.box.baselines = baselines_new();
        *state = &fx;
        return 0;
}

static int teardown(void **state)
{
        baselines_free(fx.box.baselines);
        px_stop(*state);
        free(shown);
        shown = NULL;
        return 0;
}

static void configure(const char *lines)
{
        const struct session_opts o = { .privileged = true };
        char script[1024];

        assert_true(snprintf(script, sizeof script, "configure terminal\n%s", lines) < (int)sizeof script);
        free(shown);
        shown = console_script(&fx.box, &o, script);
        assert_null(strstr(shown, "ERROR"));
}

static void has(const char *command, const char *part)
{
        px_has(&fx, command, part);
}

static void is(const char *command, const char *text)
{
        assert_string_equal(px_show(&fx, command), text);
}

static struct pb tcp(unsigned port, uint8_t flags, uint32_t seq, uint32_t ack)
{
        struct pb p = port ? px_pb(&fx, 1, "10.0.0.5", 80, "192.0.2.10", 40000, IPPROTO_TCP_)
                           : px_pb(&fx, 0, "192.0.2.10", 40000, "192.0.2.140", 80, IPPROTO_TCP_);

        p.flags = flags;
        p.seq = seq;
        p.ack = ack;
        return p;
}

/* Handshake and ten bytes from the client: 4 packets. */
static void web_session(void)
{
        struct pb p;

        px_send_pb(&fx, 0, tcp(0, PB_SYN, 1000, 0));
        px_send_pb(&fx, 1, tcp(1, PB_SYN | PB_ACK, 7000, 1001));
        px_send_pb(&fx, 0, tcp(0, PB_ACK, 1001, 7001));
        p = tcp(0, PB_ACK | PB_PSH, 1001, 7001);
        p.pay = "0123456789";
        p.npay = 10;
        px_send_pb(&fx, 0, p);
}

static void refused_packet(void)
{
        struct pb p = px_pb(&fx, 0, "192.0.2.10", 41000, "192.0.2.140", 22, IPPROTO_TCP_);

        p.flags = PB_SYN;
        px_send_pb(&fx, 0, p);
}

static void dns_query(void)
{
        struct pb p = px_pb(&fx, 1, "10.0.0.7", 5353, "192.0.2.99", 9999, IPPROTO_UDP_);

        p.pay = "question";
        p.npay = 8;
        px_send_pb(&fx, 1, p);
}

static void connections(void **state UNUSED)
{
        is("show conn", "0 in use, 0 most used\n");
        web_session();
        px_advance(&fx, 65000);
        is("show conn count", "1 in use, 1 most used\n");
        has("show conn",
            "1 in use, 1 most used\nTCP outside 192.0.2.10:40000 inside 10.0.0.5:80, idle 0:01:05, bytes ");
        has("show conn", ", flags UIB\n");
        has("show conn detail",
            "TCP outside: 192.0.2.10/40000 (192.0.2.10/40000) inside: 10.0.0.5/80 (192.0.2.140/80),\n"
            "    flags UIB, idle 1m5s, uptime 1m5s, timeout 1h0m, bytes ");
        has("show conn detail", "  Initiator: 192.0.2.10, Responder: 10.0.0.5\n");
        dns_query();
        has("show conn protocol udp", "UDP outside 192.0.2.99:9999 inside 10.0.0.7:5353, idle 0:00:00, bytes ");
        assert_null(strstr(px_show(&fx, "show conn protocol udp"), "TCP"));
        assert_null(strstr(px_show(&fx, "show conn address 10.0.0.7"), "TCP"));
        has("show conn address 10.0.0.1-10.0.0.6 port 80", "TCP outside");
        has("show conn address nonsense", "ERROR: nonsense is not an address or a range of addresses\n");
        is("clear conn address 10.0.0.7", "1 connection(s) deleted.\n");
        is("clear conn", "1 connection(s) deleted.\n");
        is("show conn", "0 in use, 2 most used\n");
}

static void translations(void **state UNUSED)
{
        is("show nat", "Auto NAT Policies (Section 2)\n"
                       "1 (inside) to (outside) source static srv 192.0.2.140\n"
                       "    translate_hits = 0, untranslate_hits = 0\n"
                       "2 (inside) to (outside) source dynamic lan interface\n"
                       "    translate_hits = 0, untranslate_hits = 0\n");
        web_session();
        dns_query();
        has("show nat", "192.0.2.140\n    translate_hits = 0, untranslate_hits = 1\n");
        has("show nat", "lan interface\n    translate_hits = 1, untranslate_hits = 0\n");
        has("show nat detail", "    Source - Origin: 10.0.0.0/24, Translated: 192.0.2.1/24\n");
        has("show xlate", "2 in use, 2 most used\n");
        has("show xlate",
            "NAT from inside:10.0.0.5 to outside:192.0.2.140\n    flags s idle 0:00:00 timeout 0:00:00\n");
        has("show xlate",
            "UDP PAT from inside:10.0.0.7/5353 to outside:192.0.2.1/5353 flags ri idle 0:00:00 timeout 0:00:30\n");
        is("clear counters", "");
        has("show nat", "192.0.2.140\n    translate_hits = 0, untranslate_hits = 0\n");
        is("clear nat counters", "");
        has("show nat", "lan interface\n    translate_hits = 0, untranslate_hits = 0\n");
        is("clear xlate", "");
        has("show xlate", "1 in use, 2 most used\n");
}

static void lists_and_drops(void **state UNUSED)
{
        has("show access-list", "access-list outside_in; 3 elements; name hash: 0x");
        has("show access-list", "access-list outside_in line 1 remark web\n");
        has("show access-list outside_in",
            "line 2 extended permit tcp any object-group servers eq www (hitcnt=0) 0x");
        has("show access-list outside_in", "inactive (hitcnt=0) (inactive) 0x");
        web_session();
        refused_packet();
        refused_packet();
        has("show access-list outside_in",
            "line 2 extended permit tcp any object-group servers eq www (hitcnt=1) 0x");
        has("show access-list outside_in",
            "\n  access-list outside_in line 2 extended permit tcp any host 10.0.0.5 eq www (hitcnt=1) 0x");
        has("show access-list outside_in",
            "\n  access-list outside_in line 2 extended permit tcp any host 10.0.0.6 eq www (hitcnt=0) 0x");
        is("clear access-list outside_in counters", "");
        has("show access-list outside_in", "object-group servers eq www (hitcnt=0) 0x");
        web_session();
        has("show asp drop",
            "Frame drop:\n  Flow is denied by configured rule (acl-drop)                                 2\n");
        has("show asp drop", "\nLast clearing: Never\n\nFlow drop:\n");
        is("clear asp drop", "");
        assert_null(strstr(px_show(&fx, "show asp drop"), "acl-drop"));
        has("show asp drop frame acl-drop", "(acl-drop)                                 0\n");
        refused_packet();
        has("show asp drop frame acl-drop", "(acl-drop)                                 1\n");
        has("show asp drop", "UTC");
        px_show(&fx, "clear conn");
        web_session();
        has("show access-list outside_in", "object-group servers eq www (hitcnt=1) 0x");
        is("clear counters", "");
        has("show asp drop frame acl-drop", "(acl-drop)                                 0\n");
        has("show access-list outside_in", "object-group servers eq www (hitcnt=0) 0x");
}

static void interfaces_and_neighbours(void **state UNUSED)
{
        has("show interface outside",
            "  Hardware is mem:GigabitEthernet0/0, BW 0 unknown, DLY 10 usec\n\tAuto-Duplex, Auto-Speed\n");
        has("show interface outside", "Traffic Statistics for \"outside\":\n\t0 packets input, 0 bytes\n");
        web_session();
        refused_packet();
        has("show interface outside", "Interface GigabitEthernet0/0 \"outside\", is up, line protocol is up\n");
        has("show interface g0/1", "Interface GigabitEthernet0/1 \"inside\", is up");
        has("show interface nope", "ERROR: interface nope does not exist\n");
        has("show interface outside", "\t1 packets dropped\n");
        assert_null(strstr(px_show(&fx, "show interface outside"), "\t0 packets input"));
        is("clear interface g0/1", "");
        has("show interface outside", "\t1 packets dropped\n");
        has("show interface inside", "Traffic Statistics for \"inside\":\n\t0 packets input, 0 bytes\n");
        is("clear interface", "");
        has("show interface outside", "\t0 packets dropped\n");
        has("show interface outside", "\"outside\":\n\t0 packets input, 0 bytes\n\t0 packets output, 0 bytes\n");
        web_session();
        assert_null(strstr(px_show(&fx, "show interface outside"), "\t0 packets input"));
        has("clear interface nope", "ERROR: interface nope does not exist\n");
        has("show interface ip brief",
            "GigabitEthernet0/0         192.0.2.1       YES manual up                    up\n");
        has("show nameif", "GigabitEthernet0/1       inside                   100\n");
        has("show ip", "GigabitEthernet0/0       outside                192.0.2.1       255.255.255.0   manual\n");
        has("show arp", "\tinside 10.0.0.5 0200.0a00.0005 0\n");
        is("clear arp", "");
        is("show arp", "");
        has("show route", "Gateway of last resort is ");
        has("show route", "C        10.0.0.0 255.255.255.0 is directly connected, inside\n");
}

/* Both blocks of `show interface`, all its counters. */
static char *counters(const char *ifc)
{
        char cmd[64];

        snprintf(cmd, sizeof cmd, "show interface %s", ifc);
        return strdup(px_show(&fx, cmd));
}

static void probes_are_no_traffic(void **state UNUSED)
{
        char *before = counters("outside"), *drops = strdup(px_show(&fx, "show asp drop")), *after;

        web_session();
        after = counters("outside");
        assert_string_not_equal(before, after);
        free(before);
        before = after;
        for (int i = 0; i < 3; i++)
                px_show(&fx, "packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 80");
        px_show(&fx, "packet-tracer input outside tcp 192.0.2.1 1000 192.0.2.140 80"); /* our own address */
        after = counters("outside");
        assert_string_equal(before, after);
        is("show asp drop", drops);
        free(before);
        free(after);
        free(drops);
}

static void tracer_knows_what_is_down(void **state UNUSED)
{
        configure("interface GigabitEthernet0/5\nnameif far\nip address 10.5.0.1 255.255.255.0\n"
                  "no shutdown\ninterface GigabitEthernet0/6\nnameif farther\nip address 10.6.0.1 255.255.255.0\n"
                  "no shutdown\n");
        is("packet-tracer input far tcp 10.5.0.9 1234 8.8.8.8 80",
           "\nResult:\ninput-interface: far\ninput-status: down\ninput-line-status: down\nAction: drop\n"
           "Drop-reason: (interface-down) Interface is down\n\n");
        is("packet-tracer input bogus tcp 10.5.0.9 1234 8.8.8.8 80", "ERROR: interface bogus does not exist\n");
}

static char *with_name(const char *text, const char *from, const char *to)
{
        struct text t = { 0 };
        char *ret;

        for (const char *p; (p = strstr(text, from)); text = p + strlen(from))
                text_printf(&t, "%.*s%s", (int)(p - text), text, to);
        text_add(&t, text);
        ret = strdup(text_str(&t));
        text_fini(&t);
        return ret;
}

/* Rules, connections and captures of an interface stay its own under another name. */
static void another_name_changes_nothing(void **state UNUSED)
{
        static const char open[] = "packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 80";
        static const char closed[] = "packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 81";
        char *before[2], *now;

        px_show(&fx, "capture cap interface outside");
        web_session();
        before[0] = with_name(px_show(&fx, open), "input-interface: outside", "input-interface: wan");
        before[1] = with_name(px_show(&fx, closed), "input-interface: outside", "input-interface: wan");
        for (int i = 0; i < 2; i++) {
                char *first = before[i];

                before[i] = with_name(first, "in interface outside", "in interface wan");
                free(first);
                first = before[i];
                before[i] = with_name(first, ",outside)", ",wan)");
                free(first);
        }
        assert_non_null(strstr(before[0], "Action: allow"));
        assert_non_null(strstr(before[1], "Action: drop"));
        has("show conn count", "1 in use");
        configure("interface g0/0\nnameif wan\n");
        px_advance(&fx, 1000); /* what a commit ends is swept by then */
        has("show conn count", "1 in use");
        for (int i = 0; i < 2; i++) {
                now = with_name(px_show(&fx, i ? "packet-tracer input wan tcp 192.0.2.10 1000 192.0.2.140 81"
                                               : "packet-tracer input wan tcp 192.0.2.10 1000 192.0.2.140 80"),
                                "NAT divert to egress interface outside", "NAT divert to egress interface wan");
                if (strcmp(now, before[i]) != 0 && !(strstr(now, "with id") && strlen(now) == strlen(before[i])))
                        fail_msg("before: %s\nnow: %s", before[i], now);
                free(now);
                free(before[i]);
        }
        has("show capture", "capture cap type raw-data interface wan [Capturing - ");
        assert_null(strstr(px_show(&fx, "show capture"), "Capturing - 0 bytes"));
        configure("interface g0/0\nno nameif\nnameif outside\n");
        px_advance(&fx, 1000);
        has("show conn count", "0 in use");
}

/* What is pasted behind `logging enable` is logged as what is typed. */
static void a_paste_is_logged_by_its_own_lines(void **state UNUSED)
{
        configure("no logging enable\n");
        px_logs_clear(&fx);
        configure("hostname before\nlogging buffered debugging\nlogging enable\nhostname behind\n"
                  "username x password Secret1 privilege 1\n");
        log_step(fx.parts.log);
        has("show logging", "111008: User 'enable_15' executed the 'logging enable' command.");
        has("show logging", "111008: User 'enable_15' executed the 'hostname behind' command.");
        has("show logging", "111008: User 'enable_15' executed the 'username x password ***** privilege 1' command.");
        assert_null(strstr(px_show(&fx, "show logging"), "hostname before"));
        configure("no logging enable\nhostname ciscoasa\nno logging buffered\nno username x\n");
}

/* Groups of services and of ICMP types decide about packets, not only about text. */
static void groups_of_services_are_in_force(void **state UNUSED)
{
        configure("object-group service S2\nservice-object tcp destination eq 443\n"
                  "service-object udp\nobject-group icmp-type I\nicmp-object echo\nexit\n"
                  "access-list outside_in extended permit object-group S2 any host 10.0.0.5\n"
                  "access-list outside_in extended permit icmp any host 10.0.0.5 object-group I\n");
        has("packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 443", "Action: allow\n");
        has("packet-tracer input outside udp 192.0.2.10 1000 192.0.2.140 9", "Action: allow\n");
        has("packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 444", "Action: drop\n");
        has("packet-tracer input outside icmp 192.0.2.10 8 0 192.0.2.140", "Action: allow\n");
        has("packet-tracer input outside icmp 192.0.2.10 13 0 192.0.2.140", "Action: drop\n");
        has("show access-list outside_in", "extended permit tcp any host 10.0.0.5 eq https (hitcnt");
        has("show access-list outside_in", "extended permit icmp any host 10.0.0.5 echo (hitcnt");
}

/* No list, no way up: a rule like any other. */
static void the_implicit_rule_is_named(void **state UNUSED)
{
        configure("no access-group outside_in in interface outside\n");
        has("packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 80",
            "Action: drop\nDrop-reason: (acl-drop) Flow is denied by configured rule\n");
        refused_packet();
        has("show asp drop", "  Flow is denied by configured rule (acl-drop) ");
        assert_null(strstr(px_show(&fx, "show asp drop"), "sp-security-failed"));
}

static void icmp_codes_are_in_force(void **state UNUSED)
{
        configure("object-group service T\nservice-object icmp 15 3\nexit\n"
                  "access-list outside_in extended permit icmp any host 10.0.0.5 13 2\n"
                  "access-list outside_in extended permit object-group T any host 10.0.0.5\n");
        has("packet-tracer input outside icmp 192.0.2.10 13 2 192.0.2.140", "Action: allow\n");
        has("packet-tracer input outside icmp 192.0.2.10 13 0 192.0.2.140", "Action: drop\n");
        has("packet-tracer input outside icmp 192.0.2.10 15 3 192.0.2.140", "Action: allow\n");
        has("show access-list outside_in", "extended permit icmp any host 10.0.0.5 timestamp-request 2 (hitcnt=0)");
        has("show access-list outside_in", "extended permit icmp any host 10.0.0.5 information-request 3 (hitcnt=0)");
        is("show object-group id T", "object-group service T\n service-object icmp information-request 3\n");
        has("show object-group", "object-group service T\n");
}

static void tracer_sees_what_packets_see(void **state UNUSED)
{
        const char *t = px_show(&fx, "packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 80");

        assert_non_null(
                strstr(t, "\nPhase: 1\nType: UN-NAT\nSubtype: static\nResult: ALLOW\nConfig:\nobject network srv\n"
                          " nat (inside,outside) static 192.0.2.140\nAdditional Information:\n"));
        assert_non_null(strstr(t, "Config:\naccess-group outside_in in interface outside\n"
                                  "access-list outside_in extended permit tcp any object-group servers eq www \n"));
        assert_non_null(
                strstr(t, "output-interface: inside\noutput-status: up\noutput-line-status: up\nAction: allow\n"));
        has("packet-tracer input outside tcp 192.0.2.10 1000 192.0.2.140 22",
            "Action: drop\nDrop-reason: (acl-drop) Flow is denied by configured rule\n");
        has("packet-tracer input inside udp 10.0.0.7 53 192.0.2.99 53",
            "lan\n nat (inside,outside) dynamic interface\n");
        has("packet-tracer input inside icmp 10.0.0.7 8 0 192.0.2.99", "Action: allow\n");
        /* nothing has happened */
        is("show conn", "0 in use, 0 most used\n");
        assert_null(strstr(px_show(&fx, "show asp drop"), "acl-drop"));
        has("show access-list", "(hitcnt=0)");
        assert_null(strstr(px_show(&fx, "show access-list"), "(hitcnt=1)"));
}

static void captures(void **state UNUSED)
{
        is("capture wire interface outside match tcp any host 192.0.2.140 eq 80", "");
        is("capture drops type asp-drop acl-drop circular-buffer", "");
        is("capture all interface inside buffer 2000 packet-length 64", "");
        web_session();
        refused_packet();
        has("show capture", "capture wire type raw-data interface outside [Capturing - ");
        has("show capture", "  match tcp any host 192.0.2.140 eq 80 \n");
        has("show capture", "capture drops type asp-drop acl-drop circular-buffer [Capturing - ");
        has("show capture", "capture all type raw-data buffer 2000 packet-length 64 interface inside [Capturing - ");
        has("show capture wire", "\n4 packets captured\n\n   1: ");
        has("show capture wire", "       192.0.2.10.40000 > 192.0.2.140.80: S 1000:1000(0) win 65535 \n   2: ");
        has("show capture wire", ": P 1001:1011(10) ack 7001 win 65535 \n4 packets shown\n");
        has("show capture wire count 2", "2 packets shown\n");
        has("show capture wire packet-number 4 dump",
            "0x0030\t 3839                                    \t89\n1 packet shown\n");
        has("show capture drops", "S 0:0(0) win 65535 Drop-reason: (acl-drop) Flow is denied by configured rule\n");
        has("capture wire type tls-proxy", "ERROR: the type of an existing capture cannot change\n");
        is("clear capture wire", "");
        is("show capture wire", "\n0 packet captured\n\n0 packet shown\n");
        is("no capture wire", "");
        assert_null(strstr(px_show(&fx, "show capture"), "wire"));
}

static void a_capture_becomes_a_file(void **state UNUSED)
{
        char dir[] = "/tmp/vg-path-XXXXXX", path[64];
        FILE *fp;
        uint32_t magic = 0;

        assert_non_null(mkdtemp(dir));
        strcpy(fx.box.flash, dir);
        px_show(&fx, "capture wire interface outside match tcp any any");
        web_session();
        has("copy /noconfirm /pcap capture:wire disk0:wire.pcap", "\n4 packets copied in ");
        snprintf(path, sizeof path, "%s/wire.pcap", dir);
        fp = fopen(path, "r");
        assert_non_null(fp);
        assert_int_equal(fread(&magic, 4, 1, fp), 1);
        assert_true(magic == 0xA1B2C3D4 || magic == 0xA1B23C4D);
        fseek(fp, 0, SEEK_END);
        assert_true(ftell(fp) > 24 + 4 * (16 + 54));
        fclose(fp);
        unlink(path);
        rmdir(dir);
        fx.box.flash[0] = 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(connections),
                T(translations),
                T(lists_and_drops),
                T(interfaces_and_neighbours),
                T(tracer_sees_what_packets_see),
                T(probes_are_no_traffic),
                T(tracer_knows_what_is_down),
                T(another_name_changes_nothing),
                T(a_paste_is_logged_by_its_own_lines),
                T(groups_of_services_are_in_force),
                T(the_implicit_rule_is_named),
                T(icmp_codes_are_in_force),
                T(captures),
                T(a_capture_becomes_a_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
