/* What sessions make of aaa: levels, authorization, rules for passwords, greetings, listings. */
#include "tests/support/test.h"
#include "tests/support/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "cli/aaa/aaa_int.h"
#include "cli/conf/passwd.h"
#include "cli/lang/privilege.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/console_fixture.h"

#define DAY_MS 86400000ull

static struct console_fixture f;

static int setup(void **state)
{
        (void)state;
        cf_open(&f);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        cf_close(&f);
        return 0;
}

static const char *type(const char *lines)
{
        char script[2048];

        snprintf(script, sizeof script, "configure terminal\n%s", lines);
        return cf_priv(&f, script);
}

/* ---- levels ---- */

static void every_level_has_its_password(void **state)
{
        const char *t;

        (void)state;
        has_not(type("enable password topmost\nenable password five55 level 5\n"), "ERROR");
        t = cf_run(&f, "enable 5\nfive55\nshow curpriv\nenable 5\nenable\nfive55\ntopmost\nshow curpriv\ndisable 3\n"
                       "show curpriv\ndisable\nenable 4\nfive55\ntopmost\nshow curpriv\n");
        has(t, "ciscoasa> enable 5\nPassword: \nciscoasa# show curpriv\nUsername : enable_15\n"
               "Current privilege level : 5\n");
        has(t,
            "ciscoasa# enable 5\nciscoasa# enable\nPassword: \nInvalid password\nPassword: \nciscoasa# show curpriv\n"
            "Username : enable_15\nCurrent privilege level : 15\n");
        has(t, "ciscoasa# disable 3\nciscoasa# show curpriv\nUsername : enable_15\nCurrent privilege level : 3\n");
        has(t, "ciscoasa> enable 4\nPassword: \nInvalid password\nPassword: \nciscoasa# show curpriv\n");
        t = cf_run(&f, "disable 15\nenable 5\nfive55\ndisable 6\nshow curpriv\n"); /* down only */
        has(t, "ciscoasa> disable 15\nERROR: level 15 is above yours: enable 15\nciscoasa> enable 5\n");
        has(t, "ERROR: level 6 is above yours: enable 6\nciscoasa# show curpriv\nUsername : enable_15\n"
               "Current privilege level : 5\n");
        t = type("show running-config enable\nno enable password level 5\nshow running-config enable\n"
                 "no enable password level 5\n");
        has(t, " level 5 pbkdf2\n");
        has(t, "ERROR: there is no password for level 5\n");
        t = strstr(t, "no enable password level 5");
        has_not(t, " level 5 pbkdf2\n");
}

/* His own password gives a user his own level, however much he asks for. */
static char waited[200];

static void note_pause(struct box *b, unsigned ms)
{
        (void)b;
        snprintf(waited + strlen(waited), sizeof waited - strlen(waited), "%u ", ms);
}

static void the_enable_password_is_not_guessed_for_nothing(void **state)
{
        struct aaa_identity bob = {
                .user = "bob", .line = AAA_SSH, .remote = true, .start = 1, .may_enable = true, .source = "192.0.2.7"
        };
        const struct session_opts far = { .ssh = true, .user = bob.user, .id = &bob };
        char *t;

        (void)state;
        type("enable password topmost\n");
        f.box.pause = note_pause;
        t = strdup(cf_run(&f, "enable\na\nb\nc\nenable\nd\ne\ntopmost\ndisable\nenable\na\ntopmost\nshow curpriv\n"));
        has(t, "Access denied.\nciscoasa> enable\n"); /* the console stays */
        has(t, "Current privilege level : 15\n");
        assert_string_equal(waited, "1000 2000 4000 8000 8000 1000 ");
        free(t);
        *waited = 0;
        t = console_script(&f.box, &far, "enable\na\nb\nc\nenable\na\nb\nc\nshow curpriv\n");
        assert_string_equal(waited, "1000 2000 4000 8000 8000 8000 "); /* the next session waits no less */
        has(t, "Invalid password\nAccess denied.\n\nLogoff\n\n");
        has_not(t, "Invalid password\nAccess denied.\nciscoasa>");
        free(t);
}

static void enable_by_the_users_own(void **state)
{
        (void)state;
        type("enable password topmost\nusername five password secret5 privilege 5\nusername nas password secret6 "
             "privilege 15\n"
             "username nas attributes\nservice-type nas-prompt\nexit\naaa authentication serial console LOCAL\n"
             "aaa authentication enable console LOCAL\naaa authorization exec LOCAL\n");
        has(cf_run(&f, "five\nsecret5\nenable\ntopmost\nsecret5\nshow curpriv\n"),
            "enable\nPassword: \nInvalid password\nPassword: \nciscoasa# show curpriv\nUsername : five\n"
            "Current privilege level : 5\n");
        has(cf_run(&f, "nas\nsecret6\nenable\nsecret6\nsecret6\nsecret6\nshow curpriv\n"), "Access denied.\n");
        type("no aaa authentication enable console LOCAL\n");
        has(cf_run(&f, "nas\nsecret6\nenable\ntopmost\ntopmost\ntopmost\nshow curpriv\n"), "Access denied.\n");
        has(cf_run(&f, "five\nsecret5\nenable\ntopmost\nshow curpriv\n"), "Current privilege level : 15\n");
}

static void auto_enable(void **state)
{
        (void)state;
        type("username ann password secret1 privilege 15\naaa authentication serial console LOCAL\n"
             "aaa authorization exec LOCAL auto-enable\n");
        has(cf_run(&f, "ann\nsecret1\nshow curpriv\n"), "ciscoasa# show curpriv\nUsername : ann\n");
}

/* ---- authorization ---- */

static void rows_have_levels(void **state)
{
        static const struct {
                const char *line, *grammar;
                uint8_t priv;
                unsigned want;
        } rows[] = {
                { "privilege show level 5 command conn", "show conn [count]", 15, 5 },
                { "privilege show level 5 command conn", "show connection", 15, 15 },
                { "privilege show level 5 command conn", "clear conn", 15, 15 },
                { "privilege level 6 command conn", "clear conn", 15, 6 },
                { "privilege clear level 7 mode exec command conn", "clear conn", 15, 7 },
                { "privilege clear level 7 mode configure command conn", "clear conn", 15, 15 },
                { "privilege cmd level 3 command ping", "ping [IFC:nameif] HOST:word", 15, 3 },
                { "privilege cmd level 3 command ping", "show ping", 15, 15 },
                { "privilege show level 9 command version", "show version", 1, 9 },
                { "privilege show level 5 command running-config\nprivilege show level 8 command running-config "
                  "access-list",
                  "show running-config access-list", 15, 8 },
                { "privilege show level 8 command running-config access-list\nprivilege show level 5 command "
                  "running-config",
                  "show running-config access-list", 15, 8 },
                { "privilege show level 5 command CONN", "show conn", 15, 5 },
                { "privilege show level 5 command conn detail", "show conn [detail]", 15, 15 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const struct exec_row row = { .grammar = rows[i].grammar, .priv = rows[i].priv };
                struct conf_fixture c;

                conf_fixture_init(&c);
                conf_accept(&c, rows[i].line);
                if (privilege_of_exec(&c.s->sys, &row) != rows[i].want)
                        fail_msg("%s / %s: %u", rows[i].line, rows[i].grammar, privilege_of_exec(&c.s->sys, &row));
                conf_fixture_fini(&c);
        }
}

static void commands_are_authorized(void **state)
{
        const char *t;

        (void)state;
        type("username five password secret5 privilege 5\naaa authentication serial console LOCAL\n"
             "aaa authorization exec LOCAL auto-enable\naaa authorization command LOCAL\n"
             "privilege show level 5 command interface\nprivilege cmd level 5 command configure\n"
             "privilege configure level 5 command interface\nprivilege show level 6 command version\n");
        t = cf_run(
                &f,
                "five\nsecret5\nshow interface\nshow running-config\nshow version\nconfigure terminal\n"
                "hostname hacked\nusername five password secret5 privilege 15\nno aaa authorization command LOCAL\n"
                "interface GigabitEthernet0/0\nnameif outside\nhostname hacked\nexit\nshow running-config\nend\n"
                "show curpriv\n");
        has(t, "ciscoasa# show interface\nInterface GigabitEthernet0/0");
        has(t, "show running-config\nERROR: Command authorization failed\n");
        has(t, "show version\nERROR: Command authorization failed\n");
        has(t, "(config)# hostname hacked\nERROR: Command authorization failed\n");
        has(t, "privilege 15\nERROR: Command authorization failed\n");
        has(t, "no aaa authorization command LOCAL\nERROR: Command authorization failed\n");
        has(t, "(config-if)# nameif outside\nINFO");
        has(t, "(config-if)# hostname hacked\nERROR: Command authorization failed\n");
        has(t, "(config)# show running-config\nERROR: Command authorization failed\n");
        has(t, "(config)# end\nciscoasa# show curpriv\n");
        type("no aaa authorization command LOCAL\n");
        t = cf_run(&f, "five\nsecret5\nshow interface\nshow version\n");
        has(t, "show interface\n                 ^\nERROR: % Invalid input"); /* levels of the rows again */
        has(t, "Software Version");
}

static void lines_are_printed(void **state)
{
        static const char lines[] = "privilege show level 5 command conn\n"
                                    "privilege cmd level 3 mode exec command ping\n"
                                    "privilege configure level 7 mode configure command interface\n"
                                    "privilege clear level 0 command logging buffer\n"
                                    "privilege level 4 command capture\n";
        struct conf_fixture c;

        (void)state;
        conf_fixture_init(&c);
        conf_accept(&c, lines);
        assert_string_equal(conf_running(&c, "privilege", true), lines);
        conf_accept(&c, "privilege show level 6 command conn"); /* the same command has another level */
        has(conf_running(&c, "privilege", true), "privilege show level 6 command conn\n");
        has_not(conf_running(&c, "privilege", true), "level 5");
        conf_fixture_fini(&c);
}

/* ---- rules for passwords ---- */

static void policy(void **state)
{
        static const struct {
                const char *rule, *password, *why;
        } rows[] = {
                { "minimum-length 8", "secret7", "a minimum length of 8" },
                { "minimum-length 8", "secret78", NULL },
                { "minimum-lowercase 2", "ABCDe1", "a minimum of 2 lowercase characters" },
                { "minimum-lowercase 2", "ABCde1", NULL },
                { "minimum-uppercase 1", "abcde1", "a minimum of 1 uppercase character (" },
                { "minimum-uppercase 1", "abcdE1", NULL },
                { "minimum-numeric 2", "abcde1", "a minimum of 2 numeric characters" },
                { "minimum-numeric 2", "abcd12", NULL },
                { "minimum-special 1", "abcd12", "a minimum of 1 special character (" },
                { "minimum-special 1", "abcd1!", NULL },
                { "username-check", "xxBOByy", "the user's name" },
                { "username-check", "xxB0Byy", NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct conf_fixture c;
                char line[200];
                enum cli_code code;

                conf_fixture_init(&c);
                snprintf(line, sizeof line, "password-policy %s", rows[i].rule);
                conf_accept(&c, line);
                snprintf(line, sizeof line, "username bob password %s", rows[i].password);
                code = conf_type(&c, line);
                assert_int_equal(code, rows[i].why ? CLI_ERROR : CLI_OK);
                if (rows[i].why)
                        has(text_str(&c.shown), rows[i].why);
                /* What is a hash already was judged elsewhere. */
                conf_accept(&c, "username bob password eY/fQXw7Ure8Qrz7 encrypted");
                conf_fixture_fini(&c);
        }
}

static void old_passwords_do_not_come_back(void **state)
{
        (void)state;
        has_not(type("password-policy reuse-interval 3\nusername bob password first1\nusername bob password second2\n"
                     "username bob password third3\n"),
                "ERROR");
        has(type("username bob password first1\n"), "ERROR: Password is one of the last 3 of this user");
        has(type("username bob password third3\n"), "ERROR: Password is one of the last 3 of this user");
        has_not(type("username bob password fourth4\nusername bob password first1\n"), "ERROR");
}

static void a_password_grows_old(void **state)
{
        const char *t;

        (void)state;
        type("username bob password secret1 privilege 15\naaa authentication serial console LOCAL\n"
             "password-policy lifetime 30\npassword-policy minimum-changes 3\n");
        has_not(cf_run(&f, "bob\nsecret1\n"), "too old");
        clock_advance_ms(&f.time, 30 * DAY_MS);
        t = cf_run(&f, "bob\nsecret1\nsecret1\nsecret22\nsecret22\nx\nx\nx\nx\n");
        has(t, "The password of user bob is too old and must be changed now.\nEnter old password: \n"
               "Enter new password: \nConfirm new password: \n"
               "ERROR: Password must differ from the one before in 3 characters");
        has_not(t, "ciscoasa>");
        t = cf_run(&f, "bob\nsecret1\nsecret1\nXYZ-new\nXYZ-other\n");
        has(t, "ERROR: the passwords differ\n");
        t = cf_run(&f, "bob\nsecret1\nsecret2\n");
        has(t, "ERROR: the old password is another\n");
        t = cf_run(&f, "bob\nsecret1\nsecret1\nXYZ-new\nXYZ-new\nshow curpriv\n");
        has(t, "INFO: the password is changed; write memory keeps it\n");
        has(t, "ciscoasa> show curpriv\nUsername : bob\n");
        assert_true(f.box.conf_dirty);
        t = cf_run(&f, "bob\nXYZ-new\nchange-password\nXYZ-new\nABC+123\nABC+123\n");
        has(t, "ciscoasa> change-password\nEnter old password: \n");
        has_not(t, "too old");
        has(cf_run(&f, "bob\nABC+123\nshow curpriv\n"), "Username : bob\n");
        has(cf_priv(&f, "change-password\n"), "ERROR: nobody has logged in here");
}

/* ---- warnings ---- */

static void nobody_is_shut_out_unwarned(void **state)
{
        static const char empty[] =
                "WARNING: local database is empty! Use 'username' command to define local users.\n";
        static const char gone[] = "WARNING: no user with privilege 15 can log in at the serial console";
        const char *t;

        (void)state;
        t = type("aaa authentication serial console LOCAL\n");
        has(t, empty);
        has(t, gone);
        t = type("username low password secret1\n");
        has(t, gone);
        has_not(t, empty);
        has_not(type("username adm password secret1 privilege 15\nusername adm2 password secret1 privilege 15\n"
                     "no username adm2\n"),
                "WARNING");
        has(type("no username adm\n"), gone);
        type("username adm password secret1 privilege 15\n");
        has(type("username adm password secret1 privilege 14\n"), gone);
        has_not(type("no aaa authentication serial console LOCAL\nno username low\n"), "WARNING");
        type("no username adm\n");
        has(type("aaa authentication ssh console LOCAL\n"), empty);
}

/* ---- greeting and listing ---- */

static void the_greeting(void **state)
{
        (void)state;
        type("hostname fw\nclock timezone CET 1\nusername bob password secret1 privilege 5\n"
             "aaa authentication serial console LOCAL\nusername bob attributes\nservice-type admin\n");
        has(cf_run(&f, "bob\nsecret1\n"),
            "User bob logged in to fw\nLogins over the last 90 days: 0.  Last login: Never\n"
            "Failed logins since the last login: 0.\nType help or '?' for a list of available commands.\nfw> ");
        clock_advance_ms(&f.time, 60000);
        type("username bob password secret1 privilege 6\n");
        has(cf_run(&f, "bob\nwrong\nbob\nsecret1\n"),
            "Login incorrect\nUsername: bob\nPassword: \n"
            "User bob logged in to fw\nLogins over the last 90 days: 1.  Last login: 23:13:20 CET Nov 14 2023 from "
            "console\nFailed logins since the last login: 1.\n"
            "The privilege level for user bob is 6. At the previous login it was 5.\nType help");
}

static void who_is_here(void **state)
{
        (void)state;
        type("username bob password secret1 privilege 5\naaa authentication serial console LOCAL\n");
        has(cf_run(&f, "bob\nsecret1\nwho\n"),
            "  No Line    User             Level  From             Since\n"
            "* 0  serial  bob                  1  console          22:13:20 UTC Nov 14 2023\n");
        has(cf_priv(&f, "show users\n"), "* 0  serial  enable_15           15  console ");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(every_level_has_its_password),
                T(the_enable_password_is_not_guessed_for_nothing),
                T(enable_by_the_users_own),
                T(auto_enable),
                cmocka_unit_test(rows_have_levels),
                T(commands_are_authorized),
                cmocka_unit_test(lines_are_printed),
                cmocka_unit_test(policy),
                T(old_passwords_do_not_come_back),
                T(a_password_grows_old),
                T(nobody_is_shut_out_unwarned),
                T(the_greeting),
                T(who_is_here),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
