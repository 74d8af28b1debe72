/* `clear configure SECTION`, every section there is: what it showed is gone, and nothing else. */
#include <stdlib.h>

#include "cli/lang/grammar.h"
#include "platform/net/iface.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static struct conf_fixture f;

static int prepare(void **state UNUSED)
{
        conf_fixture_init(&f);
        return 0;
}

static int stop(void **state UNUSED)
{
        conf_fixture_fini(&f);
        return 0;
}

static const char ports[] =
        "interface g0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n no shutdown\nexit\n"
        "interface g0/1\n nameif inside\n ip address 10.0.0.1 255.255.255.0\n no shutdown\nexit\n";

/* What makes the section say something; "" it has nothing that could go. */
static const struct {
        const char *section, *lines;
} rows[] = {
        { "hostname", "hostname fw\n" },
        { "domain-name", "domain-name example.com\n" },
        { "enable", "enable password secret\n" },
        { "passwd", "passwd secret\n" },
        { "names", "no names\n" },
        { "name", "name 10.0.0.9 server\n" },
        { "interface", "" }, /* below */
        { "banner", "banner motd one\nbanner motd two\nbanner login x\n" },
        { "clock", "clock timezone CET 1\n" },
        { "dns", "dns domain-lookup inside\ndns server-group DefaultDNS\n domain-name example.com\n" },
        { "dns-group", "dns server-group other\n name-server 10.0.0.54\ndns-group other\n" },
        { "same-security-traffic", "same-security-traffic permit inter-interface\n"
                                   "same-security-traffic permit intra-interface\n" },
        { "object", "object network a\n host 10.0.0.2\nobject network b\n subnet 10.1.0.0 255.255.0.0\n"
                    "object service s\n service tcp destination eq 80\nobject network c\n host 10.0.0.3\n"
                    " nat (inside,outside) static 192.0.2.3\n" },
        { "nat", "object network c\n host 10.0.0.3\n nat (inside,outside) static 192.0.2.3\n"
                 "nat (inside,outside) source static c c\nnat (any,outside) after-auto source dynamic any interface\n" },
        { "object-group", "object-group network in\n network-object host 10.0.0.2\nobject-group network mid\n"
                          " group-object in\nobject-group network out\n group-object mid\n"
                          "object-group service p tcp\n port-object eq 80\n" },
        { "access-list", "access-list a extended permit ip any any\naccess-list a remark x\n"
                         "access-list a extended deny ip any any log\naccess-list b extended permit tcp any any\n" },
        { "access-group", "access-list a extended permit ip any any\naccess-group a in interface outside\n"
                          "access-group a global\n" },
        { "pager", "pager lines 30\n" },
        { "terminal", "terminal width 100\n" },
        { "logging", "logging enable\nlogging timestamp\nlogging list l level errors\nlogging buffered l\n"
                     "logging host inside 10.0.0.5\nno logging message 106023\n" },
        { "mtu", "mtu outside 1400\n" },
        { "fragment", "fragment size 300\nfragment chain 8 outside\nfragment timeout 9 inside\n" },
        { "arp", "arp outside 192.0.2.9 0200.0000.0009\narp timeout 100\n" },
        { "icmp", "icmp permit any outside\n" },
        { "route", "route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\nroute inside 10.2.0.0 255.255.0.0 10.0.0.2 1\n" },
        { "timeout", "timeout conn 2:00:00\ntimeout xlate 0:10:00\n" },
        { "aaa", "aaa authentication serial console LOCAL\naaa authentication ssh console LOCAL\n" },
        { "password-policy", "password-policy minimum-length 8\npassword-policy username-check\n" },
        { "privilege", "privilege show level 5 command conn\nprivilege level 3 command ping\n" },
        { "username", "username u password secret privilege 15\nusername v nopassword\nusername u attributes\n service-type admin\n" },
        { "ssh", "ssh 10.0.0.0 255.0.0.0 inside\nssh timeout 30\nssh version 2\nssh key-exchange group dh-group14-sha1\n"
               "ssh key-exchange hostkey eddsa\n" },
        { "quota", "quota management-session 9\n" },
        { "telnet", "telnet timeout 7\n" },
        { "console", "console timeout 7\n" },
        { "http", "http server enable\nhttp 10.0.0.0 255.0.0.0 inside\n" },
        { "snmp-server", "snmp-server community c\nsnmp-server location here\nno snmp-server enable\nsnmp-server enable traps snmp linkup\n" },
        { "call-home", "call-home reporting anonymous\n" },
        { "crypto", "crypto ca trustpoint t\n enrollment terminal\ncrypto ca trustpoint u\n enrollment self\n"
                    "crypto ikev1 policy 1\n hash sha\ncrypto ikev1 enable outside\ncrypto map m 1 match address a\n" },
        { "tls-proxy", "crypto ca trustpoint t\ntls-proxy p\n server trust-point t\ntls-proxy maximum-session 7\n" },
        { "ntp", "ntp server 10.0.0.9\nntp authenticate\n" },
        { "ssl", "ssl server-version tlsv1-only\nssl encryption aes128-sha1\n" },
        { "class-map", "regex r abc\nclass-map type regex match-any k\n match regex r\nclass-map c\n match any\nclass-map d\n match port tcp eq 80\n" },
        { "policy-map", "policy-map p\n class inspection_default\n  inspect tftp\n  priority\n"
                        "policy-map type inspect http h\n parameters\n  protocol-violation action log\n" },
        { "service-policy", "policy-map p\nservice-policy p interface outside\n" },
        { "prompt", "prompt hostname domain\n" },
        { "sysopt", "sysopt noproxyarp inside\nsysopt connection x\n" },
        { "user-identity", "user-identity default-domain d\n" },
        { "dynamic-access-policy-record", "dynamic-access-policy-record d\n" },
        { "service", "service x\n" },
        { "ip", "ip audit x\nip verify reverse-path interface outside\n" },
        { "asdm", "asdm image disk0:x\n" },
        { "boot", "boot system disk0:x\nboot config disk0:/y\n" },
        { "tftp-server", "tftp-server inside 10.0.0.9 fw.cfg\n" },
        { "management-access", "management-access inside\n" },
        { "license", "license model 5510\n" },
        { "ctl-file", "ctl-file c\n" },
        { "media-termination", "media-termination m\n" },
        { "phone-proxy", "phone-proxy p\n" },
        { "threat-detection", "threat-detection statistics access-list\n" },
        { "regex", "regex r abc\n" },
        { "xlate", "xlate per-session deny tcp any any\n" },
        { "dns-guard", "dns-guard\n" },
        { "jumbo-frame", "jumbo-frame reservation\n" },
        { "time-range", "time-range t\n periodic daily 8:00 to 17:00\n" },
        { "tcp-map", "tcp-map t\n  tcp-options range 6 7 allow\n" },
        { "flow-export", "flow-export destination inside 10.0.0.9 2055\n" },
        { "failover", "failover\nfailover lan unit primary\n" },
        { "monitor-interface", "monitor-interface inside\n" },
        { "nat-control", "nat-control\n" },
        { "global", "global (outside) 1 interface\n" },
        { "static", "static (inside,outside) 192.0.2.9 10.0.0.9 netmask 255.255.255.255\n" },
        { "alias", "alias (inside) 10.0.0.9 192.0.2.9 255.255.255.255\n" },
        { "snmp", "snmp cpu threshold rising 80 5\n" },
        { "wccp", "wccp web-cache\n" },
        { "ipv6-vpn-addr-assign", "no ipv6-vpn-addr-assign aaa\n" },
        { "cluster-interface-mode", "cluster-interface-mode spanned\n" },
        { "compression", "compression anyconnect-ssl\n" },
        { "license-server", "license-server address 10.0.0.9 secret s\n" },
        { "mount", "mount m type cifs\n share x\n" },
        { "object-group-search", "object-group-search access-control\n" },
        { "prefix-list", "prefix-list p seq 5 permit 10.0.0.0/8\n" },
        { "route-map", "route-map m permit 10\n match ip address a\n" },
        { "router", "router ospf 1\n network 10.0.0.0 255.0.0.0 area 0\nrouter rip\n" },
        { "multicast-routing", "multicast-routing\n" },
        { "pim", "pim rp-address 10.0.0.9\n" },
        { "ipv6", "ipv6 route inside ::/0 fe80::1\n" },
        { "ldap", "ldap attribute-map m\n map-name memberOf IETF-Radius-Class\n" },
        { "aaa-server", "aaa-server t protocol tacacs+\naaa-server t (inside) host 10.0.0.9\n key k\n" },
        { "sla", "sla monitor 1\n type echo protocol ipIcmpEcho 192.0.2.9 interface outside\n  frequency 5\n"
                 "sla monitor schedule 1 life forever\n" },
        { "auth-prompt", "auth-prompt prompt x\n" },
        { "virtual", "virtual http 192.0.2.8\n" },
        { "fixup", "fixup protocol sip 5060\n" },
        { "url-server", "url-server (inside) host 10.0.0.9\n" },
        { "url-block", "url-block block 128\n" },
        { "url-cache", "url-cache dst 128\n" },
        { "filter", "filter url http 0 0 0 0\n" },
        { "established", "established tcp 0 0\n" },
        { "config-register", "config-register 0x1\n" },
        { "coredump", "coredump enable\n" },
        { "mac-address", "mac-address auto\n" },
        { "track", "track 1 rtr 1 reachability\n" },
        { "vpn-addr-assign", "vpn-addr-assign local reuse-delay 5\n" },
        { "vpn-sessiondb", "vpn-sessiondb max-session-limit 5\n" },
        { "vpdn", "vpdn group g request dialout pppoe\n" },
        { "dhcpd", "dhcpd address 10.0.0.100-10.0.0.110 inside\ndhcpd enable inside\n" },
        { "dhcprelay", "dhcprelay server 10.0.0.9 inside\n" },
        { "priority-queue", "priority-queue outside\n queue-limit 100\n" },
        { "dynamic-filter", "dynamic-filter enable\n" },
        { "webvpn", "webvpn\n enable outside\n no anyconnect-essentials\n" },
        { "group-policy", "group-policy p internal\ngroup-policy p attributes\n webvpn\n  url-list none\n" },
        { "tunnel-group", "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n"
                          " ikev1 pre-shared-key k\n" },
        { "smtp-server", "smtp-server 10.0.0.9\n" },
        { "hpm", "hpm topN enable\n" },
        { "vpn", "vpn load-balancing\n interface lbpublic outside\n" },
        { "dhcp-client", "dhcp-client client-id interface outside\n" },
        { "ctl-provider", "ctl-provider p\n client interface inside 10.0.0.9\n ctl install\n" },
        { "tunnel-group-map", "tunnel-group-map enable rules\n" },
        { "checkheaps", "checkheaps check-interval 60\n" },
        { "crashinfo", "crashinfo save disable\n" },
        { "firewall", "firewall transparent\n" },
        { "mode", "mode single\n" },
        { "dynamic-access-policy-config", "dynamic-access-policy-config activate\n" },
};

/* What the factory made is in use: it stays, and that is told. */
static bool stays(const char *section)
{
        return !strcmp(section, "class-map") || !strcmp(section, "policy-map");
}

static void type_quietly(const char *line)
{
        enum cli_code code = conf_type(&f, line);

        if (code != CLI_OK || strstr(text_str(&f.shown), "ERROR"))
                fail_msg("%s\n%s", line, text_str(&f.shown));
}

static void clear(const char *section, const char *line)
{
        if (!stays(section))
                type_quietly(line);
        else if (conf_type(&f, line) != CLI_OK || !strstr(text_str(&f.shown), "is being used"))
                fail_msg("%s\n%s", line, text_str(&f.shown));
}

static void every_section_is_cleared(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char line[80], *empty, *others;

                conf_fixture_fini(&f);
                conf_fixture_init(&f);
                conf_accept(&f, ports);
                empty = strdup(conf_running(&f, rows[i].section, true));
                if (!strcmp(rows[i].section, "service-policy"))
                        *empty = 0; /* the factory's goes as well */
                conf_accept(&f, rows[i].lines);
                if (*rows[i].lines)
                        assert_string_not_equal(conf_running(&f, rows[i].section, true), empty);
                snprintf(line, sizeof line, "clear configure %s", rows[i].section);
                clear(rows[i].section, line);
                if (strcmp(rows[i].section, "interface") != 0)
                        assert_string_equal(conf_running(&f, rows[i].section, true), empty);
                others = strdup(conf_running(&f, NULL, true));
                clear(rows[i].section, line); /* again: nothing to do, and nothing wrong */
                assert_string_equal(conf_running(&f, NULL, true), others);
                free(empty);
                free(others);
        }
}

/* A new section has to appear in the table. */
static void the_table_is_complete(void **state UNUSED)
{
        const struct tree_mode *m = tree_global(f.tree);
        unsigned missing = 0;

        for (unsigned i = 0; i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];
                const struct gram_part *first = tr->g->pos[tr->g->first[0]];
                bool there = false;

                if (tr->conf->kind == ROW_CALL || tr->conf->kind == ROW_FIXED || (tr->conf->flags & ROW_HIDDEN))
                        continue;
                for (size_t k = 0; k < ARRAY_LEN(rows); k++)
                        there |= !strcmp(rows[k].section, first->text);
                if (!there)
                        print_error("no row for section %s (%s)\n", first->text, tr->conf->line);
                missing += !there;
        }
        assert_int_equal(missing, 0);
}

static void nat_goes_and_its_objects_stay(void **state UNUSED)
{
        conf_accept(&f, ports);
        conf_accept(&f, "object network web\n host 10.0.0.3\n nat (inside,outside) static 192.0.2.3\n"
                        "object network all\n subnet 10.0.0.0 255.0.0.0\n nat (inside,outside) dynamic interface\n");
        type_quietly("clear configure nat");
        assert_string_equal(conf_running(&f, "nat", true), "");
        assert_non_null(strstr(conf_running(&f, "object", true), "object network web\n host 10.0.0.3\n"));
        assert_non_null(strstr(conf_running(&f, "object", true), "object network all\n"));
}

static void what_is_used_stays_and_is_told(void **state UNUSED)
{
        conf_accept(&f, "object network a\n host 10.0.0.2\nobject network b\n host 10.0.0.3\n"
                        "access-list x extended permit ip object a any\n");
        conf_type(&f, "clear configure object");
        assert_non_null(strstr(text_str(&f.shown), "ERROR: "));
        assert_non_null(strstr(conf_running(&f, "object", true), "object network a\n"));
        assert_null(strstr(conf_running(&f, "object", true), "object network b\n"));
}

static void words_narrow_a_section(void **state UNUSED)
{
        conf_accept(&f, "access-list a extended permit ip any any\naccess-list b extended permit ip any any\n");
        type_quietly("clear conf access-list a");
        assert_string_equal(conf_running(&f, "access-list", true), "access-list b extended permit ip any any\n");
        assert_int_not_equal(conf_type(&f, "clear configure nosuch"), CLI_OK);
}

static void interfaces_are_as_delivered(void **state UNUSED)
{
        struct iface_bindings bind = { .n = 0 };
        char *fresh;
        struct err e = { 0 };

        iface_bind(&bind, "GigabitEthernet0/0")->port = 0;
        iface_bind(&bind, "GigabitEthernet0/1")->port = 1;
        f.c.bind = &bind;
        assert_int_equal(store_add_ports(f.s, &bind, &e), 0);
        fresh = strdup(conf_running(&f, NULL, true));
        conf_accept(&f, ports);
        conf_accept(&f, "interface g0/1.7\n vlan 7\n nameif dmz\n ip address 10.7.0.1 255.255.255.0\n"
                        "route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n");
        type_quietly("clear configure interface GigabitEthernet 0/1.7");
        assert_null(strstr(conf_running(&f, NULL, true), "dmz"));
        assert_non_null(strstr(conf_running(&f, NULL, true), "nameif inside"));
        type_quietly("clear configure interface g0/0");
        assert_null(strstr(conf_running(&f, NULL, true), "outside")); /* the route as well */
        assert_non_null(strstr(conf_running(&f, NULL, true), "nameif inside"));
        conf_accept(&f, "interface Ethernet0/3\n description of another box\n");
        type_quietly("clear configure interface"); /* in the mode of one that goes */
        assert_string_equal(conf_running(&f, NULL, true), fresh);
        conf_type(&f, "description nobody's");
        assert_string_equal(conf_running(&f, NULL, true), fresh);
        conf_accept(&f, "interface Vlan1\n nameif inside\nexit\ninterface g0/1\n description x\n");
        type_quietly("clear configure all");
        assert_string_equal(conf_running(&f, NULL, true), fresh);
        assert_int_equal(conf_type(&f, "clear configure interface g0/7"), CLI_ERROR);
        free(fresh);
        f.c.bind = NULL;
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)
        const struct CMUnitTest tests[] = {
                T(the_table_is_complete),  T(nat_goes_and_its_objects_stay), T(what_is_used_stays_and_is_told),
                T(words_narrow_a_section), T(interfaces_are_as_delivered),   T(every_section_is_cleared),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
