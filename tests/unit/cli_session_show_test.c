/* What a session shows of an idle box, and what it logs. */
#include "tests/support/session_rig.h"

#include <unistd.h>

/* ---- logs and debugs ---- */

static void logs_reach_the_console(void **state UNUSED)
{
        const struct session_opts o = { .serial = true };
        int in[2], outp[2];
        char buf[4096];
        ssize_t n;
        struct term *t;
        struct session *s;

        assert_int_equal(pipe(in), 0);
        assert_int_equal(pipe(outp), 0);
        t = term_open_fds(in[0], outp[1], NULL, NULL);
        s = session_new(&f.box, t, &o);
        console_join(f.box.consoles, s);
        session_set_priv(s, 15);
        session_line(s, "configure terminal");
        session_line(s, "logging enable");
        session_line(s, "logging console informational");
        session_line(s, "debug mmp");
        assert_true(debug_is_set(f.box.log, DBG_MMP));
        log_msg(f.box.log_src, LOG_611101, LS("10.0.0.1"), LS("somebody"));
        debug_line(f.box.log_src, DBG_MMP, "MMP:: version OLWP-2.0");
        log_step(f.box.log);
        session_line(s, "undebug all");
        assert_false(debug_is_set(f.box.log, DBG_MMP));
        term_show_async(t);
        term_flush(t);
        n = read(outp[0], buf, sizeof buf - 1);
        assert_true(n > 0);
        buf[n] = 0;
        has(buf, "debug mmp  enabled at level 1\n");
        has(buf, "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: somebody\n");
        has(buf, "MMP:: version OLWP-2.0\n");
        console_leave(f.box.consoles, s);
        session_free(s);
        term_close(t);
        close(in[1]);
        close(outp[0]);
}

static void commands_are_audited_without_secrets(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ninterface g0/1\nnameif inside\nexit\n"
                                    "logging enable\nlogging buffered debugging\n"
                                    "show mode\nusername bob password hunter2\nshow clock\n"
                                    "username ann pa hunter3 privilege 2\nenable pas hunter4\npasswd \"hunter 5\"\n"
                                    "crypto ca trustpoint tp9\npassw hunter6\nexit\n"
                                    "crypto ca import tp9 pkc hunter7 nointeractive\nquit\n"
                                    "ntp authentication-k 1 md5 hunter8\nsnmp-server comm hunter9\n"
                                    "snmp-server host inside 10.0.0.9 community hunter10\n");

        has_not(t, "Invalid input");
        log_step(f.box.log);
        t = cf_priv(&f, "show logging\n");
        has(t, "%ASA-5-111008: User 'enable_15' executed the 'username bob password *****' command.\n");
        has(t, "%ASA-7-111009: User 'enable_15' executed cmd: show clock\n");
        has(t, "executed the 'username ann pa ***** privilege 2' command.\n");
        has(t, "executed the 'enable pas *****' command.\n");
        has(t, "executed the 'passwd *****' command.\n");
        has(t, "executed the 'passw *****' command.\n");
        has(t, "executed the 'crypto ca import tp9 pkc ***** nointeractive' command.\n");
        has(t, "executed the 'ntp authentication-k 1 md5 *****' command.\n");
        has(t, "executed the 'snmp-server comm *****' command.\n");
        has_not(t, "hunter");
}

/* ---- shows on an idle box ---- */

static void shows_of_an_idle_box(void **state UNUSED)
{
        static const char *const cmds[] = { "show version",
                                            "show inventory",
                                            "show running-config all",
                                            "show startup-config errors",
                                            "show checksum",
                                            "show interface",
                                            "show interface ip brief",
                                            "show nameif",
                                            "show ip",
                                            "show route",
                                            "show arp",
                                            "show conn",
                                            "show conn detail",
                                            "show conn count",
                                            "show xlate",
                                            "show nat detail",
                                            "show access-list",
                                            "show asp drop",
                                            "show service-policy",
                                            "show crypto ca certificates",
                                            "show crypto ca trustpoints",
                                            "show crypto key mypubkey rsa",
                                            "show crypto key mypubkey ecdsa",
                                            "show ssh ciphers",
                                            "show tls-proxy",
                                            "show tls-proxy session",
                                            "show tls-proxy session detail",
                                            "show tls-proxy session count",
                                            "show tls-proxy session statistics",
                                            "show mmp",
                                            "show sip",
                                            "show phone-proxy",
                                            "show phone-proxy secure-phones",
                                            "show phone-proxy media-sessions detail",
                                            "show phone-proxy signaling-sessions detail",
                                            "show media-termination",
                                            "clear sip",
                                            "clear phone-proxy secure-phones",
                                            "show counters",
                                            "show logging",
                                            "show logging queue",
                                            "show memory",
                                            "show memory detail",
                                            "show capture",
                                            "show debug",
                                            "show configuration inert",
                                            "show curpriv",
                                            "show history",
                                            "show pager",
                                            "terminal pager 0",
                                            "terminal width 511",
                                            "no terminal pager",
                                            "terminal monitor",
                                            "terminal no monitor",
                                            "clear conn",
                                            "clear xlate",
                                            "clear arp",
                                            "clear asp drop",
                                            "clear counters",
                                            "clear interface",
                                            "clear interface g0/0",
                                            "clear nat counters",
                                            "clear service-policy",
                                            "clear logging buffer",
                                            "clear capture /all",
                                            "clear tls-proxy session",
                                            "undebug all" };

        for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
                char script[80];
                const char *t;

                snprintf(script, sizeof script, "%s\n", cmds[i]);
                t = cf_priv(&f, script);
                if (strstr(t, "ERROR"))
                        fail_msg("%s", t);
        }
}

static void what_the_appliance_is_and_has_not(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show module\nshow activation-key\nshow license\nshow firewall\nshow failover\n"
                                    "show shun\nshow terminal\nshow checkheaps\ntelnet 10.0.0.1\n"
                                    "test aaa-server authentication corp username u password geheim\n"
                                    "configure terminal\nname 10.0.0.7 pbx\nend\nshow names\nshow name\n");

        has(t, "Mod  Card Type                                    Model              Serial No. \n---- ");
        has(t, "\n   0 Up Sys             Not Applicable         \n");
        has(t, "\nRunning Permanent Activation Key: none\n");
        has(t, "Firewall mode: Router\n");
        has(t, "Configured objects by name      : ");
        has(t, "Connections by their packets    : 0 checked, 0 faulty\n");
        assert_null(strstr(strstr(t, "Checkheaps stats"), " checked, 1 faulty"));
        has(t, "Failover Off \nFailover unit Primary\nFailover LAN Interface: not Configured\n");
        has(t, "show shun\nciscoasa# show terminal\n\nWidth = ");
        has(t, "ERROR: there is no Telnet, neither to the appliance nor from it: use SSH to reach it");
        has(t, "ERROR: aaa-server group corp does not exist: users are those of this configuration");
        has(t, "show names\nname 10.0.0.7 pbx\n");
        has(t, "show name\nname 10.0.0.7 pbx\n");
}

static void what_it_is_as_documents(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "configure terminal\nname 10.0.0.7 pbx description the one\nname 10.0.0.8 b\n"
                            "no logging message 106023\nlogging message 302013 level errors\n"
                            "logging rate-limit 5 10 message 302014\nlogging rate-limit unlimited level 6\nend\n"
                            "show names\nshow names | json\nshow logging message\nshow logging message | json\n"
                            "show logging rate-limit\nshow logging rate-limit | json\n"
                            "show module | json\nshow checkheaps | json\n");

        has(t, "show names\nname 10.0.0.7 pbx description the one\nname 10.0.0.8 b\n");
        has(t, "{\"address\": \"10.0.0.7\", \"name\": \"pbx\", \"description\": \"the one\"}");
        has(t, "{\"address\": \"10.0.0.8\", \"name\": \"b\", \"description\": null}");
        has(t, "syslog 106023: default-level warnings (disabled)\n");
        has(t, "syslog 302013: default-level informational, current-level errors (enabled)\n");
        has(t, "{\"message\": 106023, \"default_level\": \"warnings\", \"current_level\": \"warnings\", "
               "\"enabled\": false}");
        has(t, "{\"message\": 302013, \"default_level\": \"informational\", \"current_level\": \"errors\", "
               "\"enabled\": true}");
        has(t, "message 302014                5         10            0\n");
        has(t, "level informational   unlimited          0            0\n");
        has(t, "{\"message\": 302014, \"at_most\": 5, \"seconds\": 10, \"suppressed\": 0}");
        has(t, "{\"level\": \"informational\", \"at_most\": null, \"seconds\": null, \"suppressed\": 0}");
        has(t, "\"module\": 0, \"card_type\": \"Voxgate\", \"model\": \"VOXGATE\", \"serial_number\": \"0200");
        has(t, "\"status\": \"Up Sys\", \"data_plane_status\": null");
        has(t, "{\"check\": \"Connection tables\", \"checked\": 0, \"faulty\": 0}");
        has(t, "\"duration_seconds\": ");
}

static void what_does_not_exist_is_named(void **state UNUSED)
{
        has(cf_priv(&f, "show access-list nope\n"), "ERROR: access-list <nope> does not exist\n");
        has(cf_priv(&f, "show capture nope\n"), "ERROR: Capture <nope> does not exist\n");
        has(cf_priv(&f, "no capture nope\n"), "ERROR: Capture <nope> does not exist\n");
        has(cf_priv(&f, "copy /pcap capture:nope disk0:x\n\n\n"), "ERROR: Capture <nope> does not exist\n");
        has(cf_priv(&f, "copy /noconfirm /pcap capture:nope disk0:/startup-config\n"),
            "ERROR: a capture is no configuration\n");
        has(cf_priv(&f, "copy /pcap run disk0:x\n"), "ERROR: /pcap is for captures\n");
        has(cf_priv(&f, "capture c interface nope\n"), "ERROR: interface nope does not exist\n");
        has(cf_priv(&f, "capture c match tcp any\n"), "ERROR: % Incomplete command: address expected\n");
        has(cf_priv(&f, "capture c buffer 7\n"), "ERROR: buffer 7 is outside 1534-33554432\n");
        has(cf_priv(&f, "capture c match tcp any lt 1 any\n"), "ERROR: no port is less than 1\n");
        has(cf_priv(&f, "capture c match tcp any gt 65535 any\n"), "ERROR: no port is greater than 65535\n");
        has(cf_priv(&f, "capture c match udp any any range 20 10\n"),
            "ERROR: port range 20-10 ends before it begins\n");
        has(cf_priv(&f, "capture c frob\n"), "ERROR: % Invalid input: frob\n");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(logs_reach_the_console),
                T(commands_are_audited_without_secrets),
                T(shows_of_an_idle_box),
                T(what_the_appliance_is_and_has_not),
                T(what_it_is_as_documents),
                T(what_does_not_exist_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
