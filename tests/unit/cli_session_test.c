/* Sessions fed with scripts: the transcript must read like a console log. */
#include "tests/support/test.h"
#include "tests/support/transcript.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/conf/clock_file.h"
#include "cli/conf/commit.h"
#include "cli/session/plan.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "tests/support/console_fixture.h"

static struct console_fixture f;

static int setup(void **state UNUSED)
{
        cf_open(&f);
        return 0;
}

static int teardown(void **state UNUSED)
{
        cf_close(&f);
        return 0;
}

/* ---- commands without a terminal ---- */

/* What comes out of an exec channel, and its status, when the n-th allocation fails; 0: none does. */
static int exec_failing(unsigned nth, const char *lines, char *out, size_t cap)
{
        const struct session_opts o = { .privileged = true };
        struct session *s;
        struct term *t;
        int fd[2], rc;
        ssize_t n;

        assert_int_equal(pipe(fd), 0);
        t = term_open_fds(-1, fd[1], NULL, NULL);
        assert_non_null(t);
        s = session_new(&f.box, t, &o);
        assert_non_null(s);
        mem_fail_nth(nth, false);
        rc = session_exec(s, lines);
        mem_fail_nth(0, false);
        session_free(s);
        term_close(t);
        n = read(fd[0], out, cap - 1);
        out[n > 0 ? n : 0] = 0;
        close(fd[0]);
        return rc;
}

static int exec_of(const char *lines, char *out, size_t cap)
{
        return exec_failing(0, lines, out, cap);
}

/* A configuration that was taken and is not in force is no success to a program. */
static void a_commit_that_fails_is_a_failure(void **state UNUSED)
{
        char out[4096];
        unsigned failed = 0;

        for (unsigned n = 1; n < 120; n++) {
                int rc = exec_failing(n,
                                      n % 2 ? "configure terminal\ninterface g0/0\nno shutdown"
                                            : "configure terminal\ninterface g0/0\nshutdown",
                                      out, sizeof out);

                if (!strstr(out, "ERROR: the configuration is not in force: "))
                        continue;
                assert_int_equal(rc, 1);
                failed++;
                assert_int_equal(exec_of("show curpriv", out, sizeof out), 0); /* which tried again */
        }
        assert_true(failed > 3);
}

static void commands_without_a_terminal(void **state UNUSED)
{
        char out[4096];

        assert_int_equal(exec_of("show curpriv", out, sizeof out), 0);
        assert_string_equal(out, "Username : enable_15\nCurrent privilege level : 15\nCurrent Mode/s : P_PRIV\n");
        assert_int_equal(exec_of("configure terminal\r\nhostname by-exec\r\nend\nshow running-config hostname", out,
                                 sizeof out),
                         0);
        assert_string_equal(out, "hostname by-exec\n");
        assert_int_equal(exec_of("show nonsense", out, sizeof out), 1);
        has(out, "     ^\nERROR: % Invalid input detected at '^' marker.");
        assert_int_equal(exec_of("show nonsense\nshow curpriv", out, sizeof out), 1);
        has(out, "Current privilege level");
        assert_int_equal(exec_of("exit\nshow curpriv", out, sizeof out), 0);
        has_not(out, "privilege");
        assert_int_equal(exec_of("", out, sizeof out), 0);
        assert_string_equal(out, "");
        assert_int_equal(exec_of("show version | include (", out, sizeof out), 1);
        assert_int_equal(exec_of("no crypto ca trustpoint missing", out, sizeof out), 1);
        assert_int_equal(exec_of("enable 3\nreload", out, sizeof out), 1); /* a question, and nobody to answer */
        assert_int_equal(f.stops, 0);
}

/* ---- modes and privilege ---- */

static void a_session_reads_like_a_log(void **state UNUSED)
{
        assert_string_equal(cf_run(&f, "enable\n\nshow curpriv\nconfigure terminal\nhostname fw\ninterface g0/0\n"
                                       "nameif outside\nexit\nend\nexit\n"),
                            "Type help or '?' for a list of available commands.\n"
                            "ciscoasa> enable\n"
                            "Password: \n"
                            "ciscoasa# show curpriv\n"
                            "Username : enable_15\n"
                            "Current privilege level : 15\n"
                            "Current Mode/s : P_PRIV\n"
                            "ciscoasa# configure terminal\n"
                            "ciscoasa(config)# hostname fw\n"
                            "fw(config)# interface g0/0\n"
                            "fw(config-if)# nameif outside\n"
                            "INFO: Security level for \"outside\" set to 0 by default.\n"
                            "fw(config-if)# exit\n"
                            "fw(config)# end\n"
                            "fw# exit\n"
                            "\nLogoff\n\n"
                            "Type help or '?' for a list of available commands.\n"
                            "fw> \n");
}

static void wrong_enable_passwords(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nenable password letmein\n");
        assert_string_equal(cf_run(&f, "enable\na\nb\nc\nenable\nletmein\n"),
                            "Type help or '?' for a list of available commands.\n"
                            "ciscoasa> enable\n"
                            "Password: \n"
                            "Invalid password\n"
                            "Password: \n"
                            "Invalid password\n"
                            "Password: \n"
                            "Invalid password\n"
                            "Access denied.\n"
                            "ciscoasa> enable\n"
                            "Password: \n"
                            "ciscoasa# \n");
        cf_priv(&f, "configure terminal\nlogging enable\nlogging buffered informational\ndisable\nenable\na\nb\n"
                    "letmein\ndisable\nenable\na\nb\nc\nenable\nletmein\n");
        log_step(f.box.log);
        has(cf_priv(&f, "show logging\n"),
            "%ASA-6-308001: console enable password incorrect for 3 tries (from console)\n");
}

/* What was said already is not said again, and other stores are not the appliance's. */
static void interfaces_that_go_down_and_come_up_are_told(void **state UNUSED)
{
        const char *t,
                *up = "%ASA-4-411003: Interface GigabitEthernet0/0, changed state to administratively up\n",
                *down = "%ASA-4-411004: Interface GigabitEthernet0/0, changed state to administratively down\n";

        cf_priv(&f, "configure terminal\nlogging enable\nlogging buffered warnings\ninterface GigabitEthernet0/0\n"
                    "shutdown\nno shutdown\nno shutdown\nshutdown\n");
        log_step(f.box.log);
        t = strstr(cf_priv(&f, "show logging\n"), up);
        assert_non_null(t);
        assert_memory_equal(t + strlen(up), down, strlen(down));
        has_not(t + strlen(up), up);
        has_not(t + strlen(up) + strlen(down), down);
}

/* Nobody is shown what a higher level or another user has typed. */
static void history_goes_with_its_user(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, "configure terminal\nusername joe password joepass privilege 1\n"
                    "username ann password annpass privilege 15\n");
        t = cf_run(&f, "enable\n\nshow clock\nlogin\njoe\njoepass\nshow version | include nothing\nshow history\n");
        has(t, "show history\n  show version | include nothing\n  show history\n");
        t = cf_run(&f, "enable\n\nlogin\nann\nannpass\nconfigure terminal\nsnmp-server community HISECRET\nend\n"
                       "show mode\ndisable\nshow history\n");
        has(t, "show history\n  show history\n");
        t = cf_priv(&f, "show clock\nlogin\nann\nannpass\nshow history\n");
        has(t, "show history\n  show history\n");
        has(cf_priv(&f, "enable 15\nshow clock\nenable 15\nshow history\n"),
            "  enable 15\n  show clock\n  enable 15\n  show history\n");
}

static void login_where_configured(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nusername admin password secret privilege 15\n"
                    "aaa authentication serial console LOCAL\naaa authentication enable console LOCAL\n");
        has(cf_run(&f, "admin\nsecret\nenable\nsecret\nshow curpriv\n"),
            "Username: admin\nPassword: \nUser admin logged in to ciscoasa\n"
            "Logins over the last 90 days: 0.  Last login: Never\nFailed logins since the last login: 0.\nType help "
            "or '?' for a list of available commands.\nciscoasa> enable\n"
            "Password: \nciscoasa# show curpriv\nUsername : admin\n");
        has(cf_run(&f, "admin\nwrong\nnobody\nsecret\nx\nx\n"), "Login incorrect\nUsername: nobody\n");
        has(cf_priv(&f, "disable\nlogin\nadmin\nsecret\nshow curpriv\n"),
            "Username : admin\nCurrent privilege level : 15\n");
}

static void user_mode_has_fewer_commands(void **state UNUSED)
{
        const char *t = cf_run(&f, "show running-config\nconfigure terminal\nshow version\n");

        has(t, "ERROR: % Invalid input detected at '^' marker.\nciscoasa> configure terminal\n");
        has(t, "Software Version 9.3(1)");
}

/* Configuration mode ends with the privilege for it, whichever way that goes. */
static void lower_levels_do_not_configure(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, "configure terminal\nenable password topsecret\nusername joe password joepass privilege 1\n");
        t = cf_run(&f, "enable\ntopsecret\nconfigure terminal\ninterface g0/0\nlogin\njoe\njoepass\nshow curpriv\n"
                       "enable password mine\nhostname hacked\n");
        has(t, "Current privilege level : 1\nCurrent Mode/s : P_UNPR\n");
        has(t, "ciscoasa> enable password mine\n");
        has(t, "ciscoasa> hostname hacked\n           ^\nERROR: % Invalid input");
        t = cf_run(&f, "enable\ntopsecret\nconfigure terminal\ndisable\nusername evil password evil privilege 15\n");
        has(t, "ciscoasa> username evil");
        t = cf_priv(&f, "configure terminal\nenable 5\nhostname hacked\nenable\ntopsecret\nhostname\n");
        has(t, "ciscoasa# hostname hacked\n           ^\n");
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
        assert_null(conf_list_find(&f.box.store->sys.users, "evil"));
}

/* The parser itself judges: no way of getting into a mode is a way around it. */
static void configuration_rows_have_a_level(void **state UNUSED)
{
        struct cli_result r;
        struct conf_ctx c;

        conf_ctx_init(&c, f.box.store);
        c.hash_rounds = 1;
        c.priv = 14;
        cli_result_init(&r);
        assert_int_equal(conf_line(&c, "hostname hacked", &r), -1);
        assert_int_equal(r.code, CLI_INVALID);
        cli_result_fini(&r);
        conf_ctx_fini(&c);
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
}

/* ---- refusals ---- */

static void the_caret_points_at_the_character(void **state UNUSED)
{
        assert_string_equal(cf_priv(&f, "show cdp neighbors\nshow\nshow i\n"),
                            "ciscoasa# show cdp neighbors\n"
                            "                ^\n"
                            "ERROR: % Invalid input detected at '^' marker.\n"
                            "ciscoasa# show\n"
                            "ERROR: % Incomplete command\n"
                            "ciscoasa# show i\n"
                            "ERROR: % Ambiguous command:  \"show i\"\n");
}

static void filters(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "show running-config | include hostname\nshow run | grep -v .\nshow run | beg ^: end\n"
                            "show run | frob x\n");

        has(t, "| include hostname\nhostname ciscoasa\n");
        has(t, "| grep -v .\nciscoasa# ");
        has(t, "| beg ^: end\n: end\nciscoasa# ");
        has(t, "ERROR: % Unknown filter \"frob\": include, exclude, begin, grep or json\n");
}

static void tables_as_documents(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show resource usage all | json\nshow nameif|json \nsh interface nope | j\n"
                                    "show tech-support | json\nshow conn | json | include x\nshow frob | json\n"
                                    "show | json\nshow nameif\nconf t\nshow nameif | json\n");

        has(t, "usage all | json\n{\"resources\": []}\nciscoasa# ");
        has(t, "show nameif|json \n{\"interfaces\": []}\nciscoasa# ");
        has(t, "nope | j\n{\"interfaces\": [], \"error\": \"interface nope does not exist\"}\nciscoasa# ");
        has(t, "ERROR: \"show tech-support\" has no table; it is shown as text only, without | json\nciscoasa# ");
        has(t, "ERROR: % json stands alone: no filter and no word behind it\nciscoasa# ");
        has(t, "ERROR: % Invalid input detected at '^' marker.\nciscoasa# show | json\n");
        has(t, "ERROR: % Incomplete command\nciscoasa# show nameif\nInterface   ");
        has(t, "(config)# show nameif | json\n{\"interfaces\": []}\n");
}

static void help_behind_the_bar(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show nameif | ?\nshow tech-support | ?\nshow nameif |i?\nshow nameif | include ?\n"
                                    "show nameif ?\nping ?\n");

        has(t, "show nameif | ?\n  begin    Begin with the line that matches\n  exclude  ");
        has(t, "  json     The table as one JSON document\nciscoasa# show tech-support | ?\n  begin ");
        has(t, "  include  Include lines that match\nciscoasa# show nameif |i?\n  include\nciscoasa# ");
        has(t, "| include ?\n  LINE  Regular expression\nciscoasa# ");
        has(t, "show nameif ?\nexec mode commands/options:\n  |     Output modifiers\n  <cr>\n");
}

static void help_on_a_pipe(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show clo?\nconfigure terminal\nhost?\n");

        has(t, "show clo?\n");
        has(t, "clock");
        has(t, "hostname");
        has(t, "ciscoasa(config)# ");
}

/* Outside of configuration mode, too, names that are there are offered, and aliases are taken. */
static void names_are_known_in_exec_mode(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ninterface g0/0\nnameif outside\nexit\n"
                                    "name 192.0.2.7 branch\nend\nping ?\nshow mmp branch\n"
                                    "show mmp bunch\n");

        has(t, "\n  outside              Name of an interface\n");
        has(t, "# show mmp branch\nciscoasa# ");
        has(t, "# show mmp bunch\n                   ^\nERROR: % Invalid input");
}

static void help_for_a_command(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "help packet-tracer\nconfigure terminal\nhelp access-group\nhelp frobnicate\nhelp\n");

        has(t, "USAGE:\n\n\tpacket-tracer input IFC tcp SRC SPORT DST DPORT [detailed]\n");
        has(t, "DESCRIPTION:\n\n\tpacket-tracer input: Show what would happen to a packet\n");
        has(t, "SYNTAX:\n\n\tIFC          Current available interface(s): Name of an interface\n");
        has(t, "\tTYPE         <0-255>: ICMP type\n");
        has(t, "\t[no] access-group ACL {{in|out} interface IFC [control-plane]|global}\n");
        has(t, "ERROR: % there is no command \"frobnicate\"\n");
        has_not(cf_run(&f, "help configure\n"), "USAGE");
}

static void the_tls_library_is_told(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show ssl\nconfigure terminal\ninterface g0/0\nnameif outside\nexit\n"
                                    "crypto ca trustpoint one\ncrypto ca trustpoint two\nexit\n"
                                    "ssl trust-point one outside\nssl trust-point two\nshow ssl\nshow version\n");

        has(t, "TLS library: mbed TLS 2.28.");
        has(t, "\nCipher suites that it lacks:");
        has(t, "SSL trust-points:\n  none\n");
        has(t, "  outside: one\n");
        has(t, "  all other interfaces: two\n");
        has(t, "TLS Library                       : ");
}

static void history_is_kept(void **state UNUSED)
{
        has(cf_priv(&f, "show clock\nshow mode\n\nshow mode\nshow history\n"),
            "show history\n  show clock\n  show mode\n  show history\n");
}

/* ---- configuration ---- */

static void exec_commands_work_in_every_mode(void **state UNUSED)
{
        has(cf_priv(&f, "configure terminal\ninterface g0/0\nshow clock\nend\n"),
            "ciscoasa(config-if)# show clock\n22:13:20.000 UTC Tue Nov 14 2023\nciscoasa(config-if)# ");
}

/* What the kernel says of its clock differs from host to host; that it is the host's does not. */
static void the_clock_is_the_hosts(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show clock detail\nshow ntp status\n");

        has(t, "UTC Tue Nov 14 2023\nTime source is the host's clock, which ");
        has(t, " the host's clock");
        has(cf_priv(&f, "show ntp associations\n"),
            "No associations: there is no ntp server, the clock is the host's\n");
        has(cf_priv(&f, "clock set 1:00:00 1 jan 2024\n"), "ERROR: there is no clock here that could be set\n");
}

static void own_clock(struct clock_own *own, struct clock *clk)
{
        clock_own_init(own, &f.clk);
        *clk = clock_of_own(own);
        f.box.own = own;
        f.box.clk = clk;
}

static void hosts_clock(struct clock_own *own)
{
        clock_own_fini(own);
        f.box.own = NULL;
        f.box.clk = &f.clk;
}

/* The zone has summer time; the clock is kept on flash, and goes back to the host's. */
static void the_clock_can_be_set(void **state UNUSED)
{
        struct clock_own own, next;
        struct clock clk;
        struct err e;
        const char *t;

        own_clock(&own, &clk);
        cf_priv(&f, "configure terminal\nclock timezone EST -5\nclock summer-time EDT recurring\nend\n");
        t = cf_priv(&f, "clock set 12:30:15 jul 4 2024\nshow clock detail\n");
        has(t, "12:30:15.000 EDT Thu Jul 4 2024\nTime source is user configuration\nThe clock is 20110615.000000 ");
        has(t, "seconds ahead of the host's clock\nSummer time starts 02:00:00 EST Sun Mar 10 2024\n"
               "Summer time ends 02:00:00 EDT Sun Nov 3 2024\n");
        clock_own_init(&next, &f.clk); /* after a reload */
        assert_int_equal(clock_file_load(f.dir, &next, &e), 0);
        assert_int_equal(clock_own_offset(&next), clock_own_offset(&own));
        assert_int_equal(clock_own_source(&next), CLOCK_USER);
        clock_own_fini(&next);
        has(cf_priv(&f, "clock set 23:59:59 1 jan 2024\nshow clock\n"), "23:59:59.000 EST Mon Jan 1 2024\n");
        has(cf_priv(&f, "clock set 1:00:00 30 feb 2024\n"), "ERROR: there is no day 30 in that month of 2024\n");
        has(cf_priv(&f, "clock set host\nshow clock detail\n"),
            "17:13:20.000 EST Tue Nov 14 2023\nTime source is the host's");
        clock_own_init(&next, &f.clk);
        assert_int_equal(clock_file_load(f.dir, &next, &e), 0);
        assert_int_equal(clock_own_source(&next), CLOCK_HOST);
        clock_own_fini(&next);
        hosts_clock(&own);
        cf_priv(&f, "configure terminal\nno clock summer-time\nno clock timezone\nend\n");
}

/* A file that was cut short, or is another's, sets nothing. */
static void a_damaged_clock_file_is_told(void **state UNUSED)
{
        static const char *const texts[] = {
                "", "ns 5", "ns \n", "ns 5x\n", "ns -\n", "5\n", "ns 99999999999999999999999\n"
        };
        struct clock_own own;
        char path[600];
        struct err e;

        clock_own_init(&own, &f.clk);
        snprintf(path, sizeof path, "%s/" CLOCK_FILE, f.dir);
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                assert_int_equal(file_write_atomic(path, texts[i], strlen(texts[i]), 0600, false, &e), 0);
                assert_int_equal(clock_file_load(f.dir, &own, &e), -1);
                assert_string_equal(e.text, "clock-offset on flash is damaged: set the clock again: clock set");
                assert_int_equal(clock_own_steps(&own), 0);
        }
        unlink(path);
        clock_own_fini(&own);
}

/* `reload in` means so many minutes, `reload at` what the clock shows. */
static void a_planned_reload_and_a_clock_that_is_set(void **state UNUSED)
{
        struct clock_own own;
        struct clock clk;
        unsigned before = f.stops;

        own_clock(&own, &clk);
        cf_priv(&f, "reload in 30 noconfirm\nclock set 12:00:00 jul 4 2030\n");
        plan_poll(&f.box);
        assert_int_equal(f.stops, before);
        has(cf_priv(&f, "show reload\n"), "Reload scheduled for 12:30:00.000 UTC Thu Jul 4 2030 (in 0:30:00)");
        cf_priv(&f, "reload cancel\nreload at 13:00 noconfirm\n");
        has(cf_priv(&f, "show reload\n"), "Reload scheduled for 13:00:00.000 UTC Thu Jul 4 2030");
        cf_priv(&f, "clock set 13:00:01 jul 4 2030\n");
        plan_poll(&f.box);
        assert_int_equal(f.stops, before + 1);
        cf_priv(&f, "clock set host\n");
        hosts_clock(&own);
}

/* Time stands still here, so only the end of the paste can compile. */
static void a_paste_compiles_once(void **state UNUSED)
{
        size_t n = 0, lines = 3000, cap = lines * 80 + 200;
        char *script = calloc(1, cap);
        struct commit_stats before, after;
        const char *t;

        n += (size_t)snprintf(script, cap, "configure terminal\n");
        for (size_t i = 0; i < lines; i++)
                n += (size_t)snprintf(script + n, cap - n,
                                      "access-list big extended permit tcp any host 10.%zu.%zu.1 eq 80\n", i / 250,
                                      i % 250);
        snprintf(script + n, cap - n, "show access-list big | include elements\n");
        commit_stats(f.box.commit, &before);
        t = cf_priv(&f, script);
        commit_stats(f.box.commit, &after);
        has(t, "access-list big; 3000 elements; name hash: 0x");
        has(cf_priv(&f, "configure terminal\naccess-list std standard permit any\nshow access-list std\n"),
            "access-list std; 0 elements; name hash: 0x");
        assert_in_range(after.commits - before.commits, 1, 2);
        free(script);
}

/* More elements than any buffer holds: all are shown, with the last one right. */
static void a_rule_of_many_elements_is_shown(void **state UNUSED)
{
        struct text t = { 0 };

        text_add(&t, "configure terminal\n");
        for (unsigned g = 1; g <= 2; g++) {
                text_printf(&t, "object-group network g%u\n", g);
                for (unsigned i = 0; i < 300; i++)
                        text_printf(&t, "network-object host 10.%u.%u.%u\n", g, i / 250, i % 250);
        }
        text_add(&t, "access-list big extended permit ip object-group g1 object-group g2\n"
                     "show access-list big | include elements|host 10.1.1.49 host 10.2.1.49 |host 10.1.0.0 host "
                     "10.2.0.0 \n");
        has(cf_priv(&f, text_str(&t)), "access-list big; 90000 elements; name hash: 0x");
        has(f.out, "  access-list big line 1 extended permit ip host 10.1.0.0 host 10.2.0.0 (hitcnt=0) 0x");
        has(f.out, "  access-list big line 1 extended permit ip host 10.1.1.49 host 10.2.1.49 (hitcnt=0) 0x");
        text_fini(&t);
}

static void a_cut_paste_changes_nothing(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ncrypto ca trustpoint tp\nenrollment terminal\nexit\n"
                                    "crypto ca authenticate tp\nMIIB\n");

        has(t, "crypto ca authenticate tp\n");
        has(cf_priv(&f, "show crypto ca trustpoints\n"), "Trustpoint tp:\n    Not authenticated.\n");
}

/* ---- saving ---- */

static void write_memory(void **state UNUSED)
{
        char sum[33], want[64];
        const char *t;
        char *file;

        cf_priv(&f, "configure terminal\nhostname saved\n");
        assert_true(f.box.conf_dirty);
        t = cf_priv(&f, "write memory\nshow startup-config | include ^hostname\n");
        running_checksum(f.box.store, sum);
        snprintf(want, sizeof want, "Cryptochecksum: %.8s %.8s %.8s %.8s \n\n", sum, sum + 8, sum + 16, sum + 24);
        has(t, "Building configuration...\nCryptochecksum: ");
        has(t, want);
        has(t, " bytes copied in 0.000 secs (");
        has(t, "\n[OK]\n");
        has(t, "hostname saved\n");
        assert_false(f.box.conf_dirty);
        file = cf_file(&f, "startup-config");
        assert_non_null(file);
        snprintf(want, sizeof want, "Cryptochecksum:%s\n: end\n", sum);
        has(file, want);
        has(file, ": Written by enable_15 at 22:13:20.000 UTC Tue Nov 14 2023\n");
        free(file);
}

/* Where flash is on the host is not told. */
static void a_flash_that_is_gone_is_told(void **state UNUSED)
{
        strcpy(f.box.flash, "/nonexistent/flash");
        has(cf_priv(&f, "write memory\n"), "ERROR: cannot create startup-config: No such file or directory\n");
        has_not(f.out, "nonexistent");
        strcpy(f.box.flash, f.dir);
}

static void copy_to_startup(void **state UNUSED)
{
        const char *t = cf_priv(&f, "copy running-config startup-config\n\ncopy /noconfirm run start\n");

        has(t, "copy running-config startup-config\n\nSource filename [running-config]? \nCryptochecksum: ");
        has(t, "bytes/sec)\n");
        has_not(t, "ERROR");
}

static void copy_to_flash_and_back(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "copy running-config disk0:/a.cfg\n\nb.cfg\ncopy /noconfirm run disk0:a.cfg\n"
                            "copy run disk0:a.cfg\n\n\nn\nmore disk0:/b.cfg | include ^hostname\nconfigure terminal\n"
                            "hostname other\ncopy /noconfirm disk0:/b.cfg running-config\n");

        has(t, "Destination filename [a.cfg]? b.cfg\n");
        has(t, "%Warning:There is a file already existing with this name\nDo you want to over write? [confirm]n\n");
        has(t, "include ^hostname\nhostname ciscoasa\n");
        has(t, "other(config)# copy /noconfirm disk0:/b.cfg running-config\n");
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
}

static void files_on_flash(void **state UNUSED)
{
        const char *t = cf_priv(&f, "copy /noconfirm run disk0:a.cfg\ndir\ndir disk0:/a.cfg\ndir disk0:/nope\n"
                                    "verify /md5 disk0:/a.cfg\ndelete disk0:/a.cfg\n\n\ndir\ndelete /noconfirm nope\n"
                                    "more disk0:/../../etc/passwd\nmore disk0:/pki/keys/x.key\n");

        has(t, "Directory of disk0:/\n\n1      -rwx  ");
        has(t, "a.cfg\n\n");
        has(t, "% free)\n");
        has(t, "%Error opening disk0:/nope (No such file or directory)\n");
        has(t, "verify /MD5 (disk0:/a.cfg) = ");
        has(t, "Delete filename [a.cfg]? \n\nDelete disk0:/a.cfg? [confirm]\n");
        has(t, "No files in directory\n");
        has(t, "\n%Error deleting disk0:/nope (No such file or directory)\n");
        has(t, "ERROR: disk0:/../../etc/passwd is not the name of a file on flash\n");
        has(t, "ERROR: disk0:/pki/keys/x.key is not the name of a file on flash\n");
}

static void erasing_leaves_nothing(void **state UNUSED)
{
        char *left;

        cf_priv(&f, "write memory\nconfigure terminal\nhostname z\nwrite memory\n");
        left = cf_file(&f, "startup-config.prev");
        assert_non_null(left);
        free(left);
        cf_priv(&f, "write erase\n\n");
        assert_null(cf_file(&f, "startup-config.prev"));
        assert_null(cf_file(&f, "startup-config"));
}

static void kept_secrets_are_masked_however_they_are_typed(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ninterface g0/1\nnameif inside\nexit\n"
                                    "snmp-server com Snmp55\nsnmp-s host inside 10.0.0.9 comm Snmp66\n"
                                    "snmp-server host inside 10.0.0.9 version 2c Snmp77\n"
                                    "snmp-server host inside 10.0.0.8 community Snmp88 version 2c\n"
                                    "snmp-server user u g v3 auth sha Snmp99\nsnmp-server loc Room 5\n"
                                    "ntp authentication-key 1 m Snmp11\n");

        has_not(t, "Invalid input");
        t = cf_priv(&f, "show running-config\nshow configuration inert\n");
        has_not(t, "Snmp");
        has(t, "snmp-server community *****\n");
        has(t, "snmp-server host inside 10.0.0.9 *****\n");
        has(t, "snmp-server host inside 10.0.0.8 community ***** version 2c\n");
        has(t, "snmp-server host inside 10.0.0.9 version 2c *****\n");
        has(t, "snmp-server user u *****\n");
        has(t, "snmp-server location Room 5\n");
        has(t, "ntp authentication-key 1 md5 *****\n");
        has(cf_priv(&f, "more system:running-config\n"), "snmp-server community Snmp55\n");
}

static void kept_secrets_are_masked(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, "configure terminal\nsnmp-server community s3cr3t\nntp authentication-key 1 md5 s3cr3t\n");
        t = cf_priv(&f, "show running-config\nshow configuration inert\n");
        has_not(t, "s3cr3t");
        has(t, "snmp-server community *****\n");
        has(t, "ntp authentication-key 1 md5 *****\n");
        has(cf_priv(&f, "more system:running-config\n"), "snmp-server community s3cr3t\n");
}

/* The questions of the lines that it types are not answered under the lock that it holds. */
static void clearing_asks_nobody(void **state UNUSED)
{
        const char *t;

        alarm(60);
        t = cf_priv(&f, "configure terminal\ncrypto ca trustpoint t\nexit\nclear configure crypto\n"
                        "crypto ca trustpoint u\nexit\nclear configure crypto ca trustpoint\nhostname alive\n"
                        "show running-config crypto\n");
        alarm(0);
        has(t, "alive(config)#");
        has_not(t, "ERROR");
        has_not(t, "\ncrypto ca trustpoint");
}

static void interfaces_by_any_name(void **state UNUSED)
{
        static const char *const names[] = { "g0/0", "GigabitEthernet0/0", "gigabitEthernet 0/0", "outside" };
        char script[128];

        cf_priv(&f, "configure terminal\ninterface g0/0\nnameif outside\n");
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                snprintf(script, sizeof script, "show running-config interface %s\n", names[i]);
                has(cf_priv(&f, script), "\ninterface GigabitEthernet0/0\n");
                has_not(f.out, "interface GigabitEthernet0/1");
                snprintf(script, sizeof script, "show interface %s\n", names[i]);
                has(cf_priv(&f, script), "\nInterface GigabitEthernet0/0 \"outside\"");
        }
}

static void erase_and_reload(void **state UNUSED)
{
        const char *t = cf_priv(&f, "write memory\nwrite erase\nn\nwrite erase\n\nshow startup-config\n");

        has(t, "Erase configuration in flash memory? [confirm]n\nciscoasa# ");
        has(t, "Erase configuration in flash memory? [confirm]\n[OK]\n");
        has(t, "No Configuration\n");
        t = cf_priv(&f, "configure terminal\nhostname x\nreload\nmaybe\nyes\nn\n");
        has(t, "System config has been modified. Save? [Y]es/[N]o: maybe\n% Please answer 'yes' or 'no'.\n");
        has(t, "Proceed with reload? [confirm]n\n");
        assert_int_equal(f.stops, 0);
        assert_false(f.box.conf_dirty);
        t = cf_run(&f, "enable\n\nreload noconfirm\nshow clock\n");
        t = strstr(t, "*** --- SHUTDOWN NOW ---\n");
        assert_non_null(t);
        assert_string_equal(t, "*** --- SHUTDOWN NOW ---\n"); /* no prompt behind it */
        assert_int_equal(f.stops, 1);
        assert_int_equal(f.stop_how, BOX_RELOAD);
}

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

/* ---- memory ---- */

static void run_starved(const char *script, uint64_t nth)
{
        const struct session_opts o = { .privileged = true };
        int in = memfd_create("script", MFD_CLOEXEC), outp = memfd_create("transcript", MFD_CLOEXEC);
        struct term *t;
        struct session *s;

        assert_int_equal(write(in, script, strlen(script)), (ssize_t)strlen(script));
        lseek(in, 0, SEEK_SET);
        mem_fail_nth(nth, false);
        t = term_open_fds(in, outp, NULL, NULL);
        s = t ? session_new(&f.box, t, &o) : NULL;
        if (s)
                session_run(s);
        session_free(s);
        term_close(t);
}

/* Whichever allocation fails: no crash, no leak, and the next session works. */
static void every_allocation_may_fail(void **state UNUSED)
{
        static const char script[] = "show run | include hostname\nconfigure terminal\nhostname fw\n"
                                     "access-list a extended permit tcp any any eq 80\nend\nshow access-list\n"
                                     "show service-policy\nwrite memory\ncopy run disk0:x\n\n\n\nmore disk0:x\n"
                                     "show interface\nshow crypto ca trustpoints\nshow logging\nshow?\n"
                                     "capture c\nreload\nn\nn\nconfigure terminal\nclear configure all\n";
        uint64_t total;

        run_starved(script, UINT64_MAX);
        total = mem_fail_count();
        assert_true(total > 400);
        for (uint64_t n = 1; n <= total; n += n < 400 ? 1 : 13)
                run_starved(script, n);
        mem_fail_nth(0, false);
        has(cf_priv(&f, "show clock\n"), "UTC");
}

static void nothing_is_left(void **state UNUSED)
{
        struct mem_stat st;

        mem_stat(MEM_CLI, &st);
        assert_int_equal(st.live, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(commands_without_a_terminal),
                T(a_commit_that_fails_is_a_failure),
                T(a_session_reads_like_a_log),
                T(wrong_enable_passwords),
                T(interfaces_that_go_down_and_come_up_are_told),
                T(login_where_configured),
                T(user_mode_has_fewer_commands),
                T(lower_levels_do_not_configure),
                T(configuration_rows_have_a_level),
                T(the_caret_points_at_the_character),
                T(filters),
                T(tables_as_documents),
                T(help_behind_the_bar),
                T(help_on_a_pipe),
                T(names_are_known_in_exec_mode),
                T(help_for_a_command),
                T(the_tls_library_is_told),
                T(history_is_kept),
                T(history_goes_with_its_user),
                T(exec_commands_work_in_every_mode),
                T(the_clock_is_the_hosts),
                T(the_clock_can_be_set),
                T(a_damaged_clock_file_is_told),
                T(a_planned_reload_and_a_clock_that_is_set),
                T(a_paste_compiles_once),
                T(a_rule_of_many_elements_is_shown),
                T(a_cut_paste_changes_nothing),
                T(write_memory),
                T(a_flash_that_is_gone_is_told),
                T(copy_to_startup),
                T(copy_to_flash_and_back),
                T(files_on_flash),
                T(erase_and_reload),
                T(erasing_leaves_nothing),
                T(clearing_asks_nobody),
                T(kept_secrets_are_masked),
                T(kept_secrets_are_masked_however_they_are_typed),
                T(interfaces_by_any_name),
                T(logs_reach_the_console),
                T(commands_are_audited_without_secrets),
                T(shows_of_an_idle_box),
                T(what_the_appliance_is_and_has_not),
                T(what_it_is_as_documents),
                T(what_does_not_exist_is_named),
                T(every_allocation_may_fail),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
