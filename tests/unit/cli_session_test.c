/* Sessions fed with scripts: the transcript must read like a console log. */
#include "tests/support/session_rig.h"

#include <sys/mman.h>
#include <unistd.h>

#include "platform/base/mem.h"

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

static unsigned paused_ms;

static void note_pause(struct box *b UNUSED, unsigned ms)
{
        paused_ms += ms;
}

/* He may try as often as anybody, and learns no more: neither from the words nor from how long they take. */
static void who_may_not_enable_does_not_hear_that_he_knows_the_password(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nenable password letmein\nlogging enable\nlogging buffered informational\n"
                    "username nas password secret privilege 15\nusername nas attributes\nservice-type nas-prompt\n"
                    "exit\naaa authentication serial console LOCAL\naaa authorization exec LOCAL\n");
        f.box.pause = note_pause;
        paused_ms = 0;
        has(cf_run(&f, "nas\nsecret\nenable\nletmein\nwrong\nletmein\nshow curpriv\n"),
            "ciscoasa> enable\nPassword: \nInvalid password\nPassword: \nInvalid password\nPassword: \n"
            "Invalid password\nAccess denied.\nciscoasa> show curpriv\nUsername : nas\n"
            "Current privilege level : 1\n");
        assert_true(paused_ms > 0);
        paused_ms = 0;
        has(cf_run(&f, "nas\nsecret\nenable\nletmein\n"), "Password: \nInvalid password\n");
        assert_true(paused_ms > 0); /* none of them was right */
        f.box.pause = NULL;
        log_step(f.box.log);
        has(cf_priv(&f, "show logging\n"), "enable password incorrect for 3 tries (from console)\n");
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
        const char *t =
                cf_priv(&f, "show nameif | ?\nshow tech-support | ?\nshow nameif |i?\nshow nameif | include ?\n"
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
                T(who_may_not_enable_does_not_hear_that_he_knows_the_password),
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
                T(every_allocation_may_fail),
                cmocka_unit_test(nothing_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
