/*
 * What this box does not do: lines and whole blocks of a pasted configuration are kept, printed where the ASA prints
 * them, and said not to be in force. A table of heads for each place; the lines inside a block are text
 * (conf/apply_kept.c).
 */
#include "cli/cmd/rows.h"
#include "cli/conf/running.h"
#include "cli/conf/mask.h"

#define B struct inert_block_conf
#define LINE(g, hlp, why) KEPT_IN(STORE(sys.inert), g, hlp, why)
#define REST " WHAT:keptline(400)"
#define BLOCK(g, hlp, id, md, why, ...)                                                                              \
        {                                                                                                            \
                ROW_MODE, g, hlp, .dirty = DIRTY_SYS, .list = STORE(sys.kept[KEPT_##id]), .mode = &md##_mode,        \
                                  .inert = why, .init = init_block, .flags = ROW_KEPT, ##__VA_ARGS__                 \
        }

/* ---- inside a block ---- */
static void write_lines(struct running *r, const struct cmd_row *row, const void *obj)
{
        const B *b = obj;

        conf_each(struct inert_conf, i, &b->lines) {
                struct text t = { 0 };

                text_printf(&t, "%*s", (int)r->depth, "");
                if (r->plain)
                        text_add(&t, i->o.name);
                else
                        mask_text(i->o.name, &t);
                running_raw(r, row, text_str(&t));
                r->bad |= t.bad;
                text_fini(&t);
        }
}

#define ROWS(id, begin)                                                                                              \
        static const struct cmd_row id##_rows[] = {                                                                  \
                { ROW_INERT, "WHAT:keptline(400)", "Any line: it is kept", .list = offsetof(B, lines),               \
                  .inert = "nor is its section", .flags = ROW_ANY, .words = begin, .write = write_lines },           \
                END,                                                                                                 \
        }
#define MODE(id, shown, what, begin)                                                                                 \
        ROWS(id, begin);                                                                                             \
        static const struct cmd_mode id##_mode = { shown, what " commands, kept only:", id##_rows }
MODE(time_range, "config-time-range", "Time range", "absolute periodic");
MODE(tcp_map, "config-tcp-map", "TCP map",
     "check-retransmission checksum-verification exceed-mss invalid-ack queue-limit reserved-bits seq-past-window "
     "syn-data synack-data tcp-options ttl-evasion-protection urgent-flag window-variation");
MODE(router, "config-router", "Router",
     "address-family area auto-summary bgp default-information default-metric distance distribute-list eigrp "
     "log-adj-changes maximum-paths neighbor network passive-interface redistribute router-id summary-address timers "
     "version");
MODE(route_map, "config-route-map", "Route map", "match set");
MODE(aaa_server, "config-aaa-server", "AAA server",
     "accounting-mode accounting-port acl-netmask-convert ad-agent-mode authentication-port "
     "interim-accounting-update kerberos-realm key ldap-attribute-map ldap-base-dn ldap-group-base-dn ldap-login-dn "
     "ldap-login-password ldap-naming-attribute ldap-over-ssl ldap-scope max-failed-attempts merge-dacl "
     "mschapv2-capable nt-auth-domain-controller radius-common-pw reactivation-mode retry-interval sasl-mechanism "
     "sdi-pre-5-slave sdi-version server-port server-type timeout");
MODE(ldap_map, "config-ldap-attribute-map", "LDAP attribute map", "map-name map-value");
MODE(sla, "config-sla-monitor", "SLA monitor", "frequency num-packets request-data-size threshold timeout tos type");
MODE(proposal, "config-ipsec-proposal", "IPsec proposal", "protocol");
MODE(profile, "config-ipsec-profile", "IPsec profile", "set responder-only");
MODE(cert_map, "config-ca-cert-map", "Certificate map", "extended-key-usage issuer-name subject-name");
MODE(ike, "config-ike-policy", "IKE policy", "authentication encryption group hash integrity lifetime prf");
MODE(queue, "config-priority-queue", "Priority queue", "queue-limit tx-ring-limit");
MODE(dap, "config-dynamic-access-policy-record", "Access policy",
     "action always-on-vpn description network-acl priority user-message");
MODE(load_balancing, "config-load-balancing", "Load balancing", "cluster interface nat participate priority");
MODE(ctl_provider, "config-ctl-provider", "CTL provider", "client ctl export service");
MODE(group, "config-object-group", "Object group", "description group-object security-group user user-group");
MODE(webvpn, "config-webvpn", "WebVPN",
     "anyconnect anyconnect-essentials cache character-encoding csd default-idle-timeout dtls enable error-recovery "
     "http-proxy https-proxy keepout memory-size port port-forward smart-tunnel svc tunnel-group-list "
     "tunnel-group-preference");
MODE(group_policy, "config-group-policy", "Group policy",
     "address-pools anyconnect default-domain dhcp-network-scope dns-server group-lock gateway-fqdn ip-comp "
     "ipsec-udp ipsec-udp-port nem password-storage pfs re-xauth split-dns split-tunnel-all-dns "
     "split-tunnel-network-list split-tunnel-policy user-authentication vpn-access-hours vpn-filter "
     "vpn-idle-timeout vpn-session-timeout vpn-simultaneous-logins vpn-tunnel-protocol wins-server");
MODE(tunnel_group, "config-tunnel", "Tunnel group",
     "accounting-server-group address-pool authentication authentication-server-group authorization-required "
     "authorization-server-group default-group-policy dhcp-server group-alias group-url ikev1 ikev2 isakmp "
     "password-management peer-id-validate ppp pre-shared-key strip-group strip-realm trust-point");
MODE(inspect_class, "config-cmap", "Class map", "match");
MODE(inspect_map, "config-pmap", "Inspection", "match parameters");
ROWS(user_webvpn, "activex-relay anyconnect appl-acl customization file-browsing file-entry filter hidden-shares "
                  "homepage html-content-filter http-comp http-proxy keep-alive-ignore port-forward post-max-size "
                  "smart-tunnel sso-server svc unix-auth-gid unix-auth-uid upload-max-size url-entry url-list");
const struct cmd_mode kept_webvpn_mode = { "config-username-webvpn", "WebVPN commands, kept only:", user_webvpn_rows };
ROWS(match, "drop drop-connection enforce-tsig log mask reset");
const struct cmd_mode kept_match_mode = { "config-pmap-c", "Action commands, kept only:", match_rows };
MODE(management_map, "config-pmap", "Management policy", "class");
MODE(trustpool, "config-ca-trustpool", "Trust pool", "auto-import crl cabundle-source revocation-check");
MODE(dynamic_list, "config-llist", "Host list", "address name");
MODE(mount, "config-mount-cifs", "Mounted directory", "domain password server share status username path");
MODE(call_home, "cfg-call-home", "Call home",
     "alert-group alert-group-config contact-email-addr contact-name customer-id mail-server phone-number "
     "profile rate-limit sender site-id street-address");

/* Those without a name are one each. */
static const struct cmd_bind webvpn_bind[] = { BIND_FLAG("webvpn", B, parameters), { 0 } };
static const struct cmd_bind load_balancing_bind[] = { BIND_FLAG("load-balancing", B, parameters), { 0 } };
static const struct cmd_bind trustpool_bind[] = { BIND_FLAG("policy", B, parameters), { 0 } };
static const struct cmd_bind mount_bind[] = {
        BIND("NAME", B, rest), BIND_WORD("cifs", B, word), BIND_WORD("ftp", B, word), { 0 }
};
static const struct cmd_bind list_bind[] = { BIND_WORD("blacklist", B, word), BIND_WORD("whitelist", B, word), { 0 } };
static const struct cmd_bind call_home_bind[] = { BIND_FLAG("call-home", B, parameters), { 0 } };

/* ---- the heads, place by place ---- */
#define NO_VPN "there is no VPN: no tunnel is built, and nothing is protected by one"

const struct cmd_row rows_kept_xlate[] = {
        LINE("xlate per-session" REST, "Translations that end with their session",
             "translations end by their timeout, not with the session"),
        END,
};

const struct cmd_row rows_kept_pool[] = {
        LINE("dns-guard", "One answer to each question of DNS",
             "there is no engine for DNS: answers are not counted"),
        LINE("ip local pool" REST, "Addresses of VPN clients", NO_VPN),
        LINE("jumbo-frame reservation", "Room for long frames", "the host decides how long frames may be"),
        END,
};

const struct cmd_row rows_kept_time_range[] = {
        BLOCK("time-range NAME:word(64)", "Times of access list lines", TIME_RANGE, time_range,
              "there are no time ranges: nothing begins or ends by them"),
        END,
};

const struct cmd_row rows_kept_tcp_map[] = {
        BLOCK("tcp-map NAME:word(64)", "How TCP is made normal", TCP_MAP, tcp_map,
              "segments are not changed by a TCP map"),
        LINE("access-list NAME:newname(241) {ethertype|webtype}" REST, "A list of frames, or of web addresses",
             "only lists of packets are matched"),
        LINE("access-list {alert-interval|deny-flow-max}" REST, "Limits of flows that are logged",
             "flows that are logged have their own limits"),
        LINE("flow-export" REST, "NetFlow", "no NetFlow is sent"),
        END,
};

const struct cmd_row rows_kept_nat[] = {
        LINE("nat-control", "Refuse what is not translated", "what is not translated passes as it is"),
        END,
};

#define NO_ROUTING "there are no routing protocols: only connected and static routes stand"
const struct cmd_row rows_kept_routing[] = {
        LINE("prefix-list" REST, "Networks of a routing protocol", NO_ROUTING),
        BLOCK("route-map NAME:line(200)", "Rules of a routing protocol", ROUTE_MAP, route_map, NO_ROUTING),
        BLOCK("router NAME:line(200)", "Routing protocols", ROUTER, router, NO_ROUTING),
        LINE("multicast-routing", "Forward multicast", "multicast is not forwarded"),
        LINE("pim" REST, "Routing of multicast", "multicast is not forwarded"),
        LINE("ipv6" REST, "The Internet Protocol, version 6", "IPv6 is not forwarded"),
        END,
};

const struct cmd_row rows_kept_tunneled[] = {
        LINE("route null0 NET:net MASK:netmask [METRIC:u32(1-255)]", "A network whose packets are thrown away",
             "packets are not thrown away by a route: use an access list"),
        LINE("route IFC:nameif NET:net MASK:netmask GW:addr [METRIC:u32(1-255)] tunneled", "A route of tunnels",
             "there is no VPN: routes of tunnels are not installed"),
        END,
};

const struct cmd_row rows_kept_aaa[] = {
        BLOCK("ldap attribute-map NAME:word(64)", "Attributes of LDAP", LDAP_MAP, ldap_map,
              "there are no AAA servers"),
        BLOCK("dynamic-access-policy-record NAME:word(64)", "VPN access policy", DAP, dap, NO_VPN),
        LINE("dynamic-access-policy-config [WHAT:line(100)]", "VPN access policies that are in use", NO_VPN),
        LINE("user-identity {action|ad-agent|domain|enable|inactive-user-timer|logout-probe|monitor|"
             "poll-import-user-group-timer|static|update|user-not-found} [WHAT:keptline(200)]",
             "What the identity firewall does", "there is no identity firewall"),
        BLOCK("aaa-server NAME:keptline(200)", "Servers that know users", AAA_SERVER, aaa_server,
              "there are no AAA servers: only users of LOCAL can log in"),
        END,
};

const struct cmd_row rows_kept_services[] = {
        BLOCK("sla monitor NAME:word(64)", "Watch a host", SLA, sla,
              "nothing is watched: tracked routes always stand"),
        LINE("sla monitor schedule" REST, "When a host is watched", "nothing is watched"),
        LINE("auth-prompt" REST, "Words of a login", "users of connections do not log in"),
        LINE("virtual" REST, "Addresses to log in at", "users of connections do not log in"),
        LINE("fixup protocol" REST, "Inspections of old", "use `inspect` in a policy-map"),
        LINE("url-server" REST, "Servers that know web sites", "web sites are not filtered"),
        LINE("url-block" REST, "Answers of web sites that wait", "web sites are not filtered"),
        LINE("url-cache" REST, "Answers of servers that know web sites", "web sites are not filtered"),
        LINE("filter" REST, "Web sites that are asked for", "web sites are not filtered"),
        LINE("established" REST, "Connections that others allow", "only access lists allow connections"),
        LINE("config-register" REST, "How the unit starts", "the host chooses the program"),
        LINE("coredump" REST, "Memory of a crash", "the host keeps it"),
        LINE("arp rate-limit" REST, "Packets of ARP a second", "ARP is asked for as often as it has to be"),
        LINE("checkheaps" REST, "Checks of memory", "the host looks after memory"),
        LINE("crashinfo" REST, "Where a crash is told", "the host keeps it"),
        LINE("firewall" REST, "How packets are forwarded", "packets are routed"),
        LINE("mode" REST, "One or many contexts", "there is one context"),
        LINE("cluster-interface-mode" REST, "Several units as one", "there are no other units"),
        LINE("compression" REST, "Compressed tunnels", NO_VPN),
        LINE("license-server" REST, "Licenses of several units", "licenses are not needed"),
        BLOCK("mount NAME:word(64)  type {cifs|ftp}", "Directories of servers", MOUNT, mount,
              "files of servers are copied with `copy`", .bind = mount_bind, .key = key_words),
        LINE("object-group-search" REST, "How groups are matched", "how groups are matched is not for choice"),
        LINE("mac-address auto [WHAT:keptline(400)]", "Addresses of interfaces",
             "interfaces keep the addresses of the host"),
        END,
};

const struct cmd_row rows_kept_crypto[] = {
        LINE("crypto ipsec" REST, "Protection of packets", NO_VPN),
        BLOCK("crypto ipsec ikev2 ipsec-proposal NAME:word(64)", "Ciphers of tunnels", PROPOSAL, proposal, NO_VPN),
        BLOCK("crypto ipsec profile NAME:word(64)", "Protection of a tunnel interface", PROFILE, profile, NO_VPN),
        LINE("crypto dynamic-map" REST, "IPsec tunnels of anybody", NO_VPN),
        LINE("crypto map" REST, "IPsec tunnels", NO_VPN),
        END,
};

const struct cmd_row rows_kept_ike[] = {
        BLOCK("crypto ca trustpool policy", "How certificates of the trust pool are looked at", TRUSTPOOL, trustpool,
              "there is no trust pool", .bind = trustpool_bind, .key = key_words),
        BLOCK("crypto ca certificate map NAME:line(100)", "Which certificates are whose", CERT_MAP, cert_map, NO_VPN),
        KEPT_BOTH(STORE(sys.inert), "crypto isakmp" REST, "IKE as it was before 8.4", NO_VPN),
        BLOCK("crypto isakmp policy NAME:word(64)", "How keys are exchanged", ISAKMP, ike, NO_VPN),
        BLOCK("crypto ikev2 policy NAME:word(64)", "How keys are exchanged by IKE version 2", IKEV2, ike, NO_VPN),
        LINE("crypto ikev2" REST, "IKE version 2", NO_VPN),
        LINE("crypto ikev1" REST, "IKE version 1", NO_VPN),
        BLOCK("crypto ikev1 policy NAME:word(64)", "How keys are exchanged by IKE version 1", IKEV1, ike, NO_VPN),
        LINE("track" REST, "Watch a route", "nothing is watched: tracked routes always stand"),
        END,
};

const struct cmd_row rows_kept_dhcp[] = {
        KEPT_BOTH(STORE(sys.inert), "ipv6-vpn-addr-assign" REST, "Where VPN clients have IPv6 addresses from", NO_VPN),
        KEPT_BOTH(STORE(sys.inert), "vpn-addr-assign" REST, "Where VPN clients have addresses from", NO_VPN),
        BLOCK("vpn load-balancing", "VPN clients of several units", LOAD_BALANCING, load_balancing, NO_VPN,
              .bind = load_balancing_bind, .key = key_words),
        LINE("dhcp-client" REST, "Questions of the DHCP client", "no address is asked for"),
        LINE("vpn-sessiondb" REST, "Sessions of VPN clients", NO_VPN),
        LINE("vpdn" REST, "PPPoE", "there is no PPPoE: the interface needs an address"),
        LINE("dhcpd" REST, "DHCP server", "there is no DHCP server: hosts have to get their addresses elsewhere"),
        LINE("dhcprelay" REST, "DHCP relay", "questions of DHCP are not passed on"),
        BLOCK("priority-queue NAME:word(48)", "Queues of an interface", QUEUE, queue,
              "there are no queues: packets leave in the order they came in"),
        LINE("dynamic-filter" REST, "Names of bad hosts", "bad hosts are not known"),
        BLOCK("dynamic-filter {blacklist|whitelist}", "Hosts that are known to be bad, or good", HOST_LIST,
              dynamic_list, "bad hosts are not known", .bind = list_bind, .key = key_words),
        LINE("wccp" REST, "Web caches", "web sites are not asked of caches"),
        END,
};

const struct cmd_row rows_kept_webvpn[] = {
        BLOCK("webvpn", "VPN of browsers", WEBVPN, webvpn, NO_VPN, .bind = webvpn_bind, .key = key_words),
        BLOCK("group-policy NAME:keptline(200)", "Rules of VPN clients", GROUP_POLICY, group_policy, NO_VPN),
        END,
};

const struct cmd_row rows_kept_ctl_provider[] = {
        BLOCK("ctl-provider NAME:word(64)", "CTL client of a call manager", CTL_PROVIDER, ctl_provider,
              "no CTL client can log in: import its trust list, or make one with ctl-file"),
        END,
};

#define NO_IDENTITY "users and groups of an identity firewall are not known: nothing matches them"
const struct cmd_row rows_kept_group[] = {
        BLOCK("object-group user NAME:word(64)", "A group of users", USER_GROUP, group, NO_IDENTITY),
        BLOCK("object-group security NAME:word(64)", "A group of security tags", SECURITY_GROUP, group, NO_IDENTITY),
        END,
};

const struct cmd_row rows_kept_tunnel_group[] = {
        LINE("tunnel-group-map" REST, "Whose certificate belongs to which tunnel", NO_VPN),
        BLOCK("tunnel-group NAME:keptline(200)", "Tunnels", TUNNEL_GROUP, tunnel_group, NO_VPN),
        END,
};

#define NOT_INSPECTED "there is no engine for this protocol: it is not inspected"
#define ENGINES(words)                                                                                               \
        "{" words "diameter|esmtp|ftp|gtp|h323|http|im|ip-options|ipsec-pass-thru|ipv6|lisp|mgcp|"                   \
        "netbios|radius-accounting|rtsp|scansafe|snmp|waas}"
static const struct cmd_bind engine_bind[] = {
#define ENGINE(w) BIND_WORD(w, B, word)
        ENGINE("dcerpc"),     ENGINE("diameter"),    ENGINE("dns"),  ENGINE("esmtp"),
        ENGINE("ftp"),        ENGINE("gtp"),         ENGINE("h323"), ENGINE("http"),
        ENGINE("im"),         ENGINE("ip-options"),  ENGINE("ipv6"), ENGINE("ipsec-pass-thru"),
        ENGINE("lisp"),       ENGINE("mgcp"),        ENGINE("rtsp"), ENGINE("radius-accounting"),
        ENGINE("netbios"),    ENGINE("scansafe"),    ENGINE("snmp"), ENGINE("waas"),
        ENGINE("management"), BIND("REST", B, rest), { 0 },
};

/* Behind the classes and maps of the engines that are there. */
const struct cmd_row rows_kept_class[] = {
        BLOCK("class-map type inspect " ENGINES("dcerpc|dns|") " REST:line(100)",
              "A class of traffic of one protocol", INSPECT_CLASS, inspect_class, NOT_INSPECTED, .bind = engine_bind,
              .key = key_words),
        BLOCK("class-map type management REST:line(100)", "A class of traffic to the appliance", MANAGEMENT_CLASS,
              inspect_class, "traffic to the appliance is not classified", .bind = engine_bind, .key = key_words),
        END,
};

const struct cmd_row rows_kept_map[] = {
        BLOCK("policy-map type inspect " ENGINES("dcerpc|") " REST:line(100)", "Parameters of an inspection",
              INSPECT_MAP, inspect_map, NOT_INSPECTED, .bind = engine_bind, .key = key_words),
        END,
};

const struct cmd_row rows_kept_management[] = {
        BLOCK("policy-map type management NAME:word(64)", "What is done with traffic to the appliance", MANAGEMENT_MAP,
              management_map, "traffic to the appliance is not classified"),
        END,
};

static const struct cmd_bind smtp_bind[] = {
        BIND("A", struct store, sys.smtp_server[0]),
        BIND("B", struct store, sys.smtp_server[1]),
        { 0 },
};

const struct cmd_row rows_kept_smtp[] = {
        { ROW_LEAF, "smtp-server A:addr [B:addr]", "Servers that take mail: logging mail", .bind = smtp_bind,
          .dirty = DIRTY_LOG },
        { ROW_INERT, "smtp-server HOST:word(127) [BACKUP:word(127)]", "Servers that take mail",
          .list = STORE(sys.inert), .inert = "mail goes to servers that are named by their addresses",
          .flags = ROW_SINGLE },
        END,
};

const struct cmd_row rows_kept_call_home[] = {
        { ROW_INERT, "call-home reporting anonymous", "Tell the maker anonymously", .list = STORE(sys.inert),
          .inert = "nobody is told", .flags = ROW_SINGLE },
        BLOCK("call-home", "Messages to the maker", CALL_HOME, call_home, "nobody is told", .bind = call_home_bind,
              .key = key_words),
        LINE("hpm" REST, "Hosts with most traffic", "hosts are not counted"),
        END,
};
