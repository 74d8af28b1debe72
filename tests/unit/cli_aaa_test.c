/* Who comes in, and what is remembered of it. Virtual time. */
#include "tests/support/test.h"
#include "tests/support/transcript.h"

#include <stdlib.h>

#include "cli/aaa/aaa_int.h"
#include "cli/conf/passwd.h"
#include "platform/base/mem.h"
#include "tests/support/console_fixture.h"

#define DAY_MS 86400000ull

static struct console_fixture f;
static struct aaa_identity id;
static struct addr far;

static int setup(void **state)
{
        (void)state;
        cf_open(&f);
        far = addr_v4(0xc0000207); /* 192.0.2.7 */
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        cf_close(&f);
        return 0;
}

static void type(const char *lines)
{
        char script[2048];
        const char *t;

        snprintf(script, sizeof script, "configure terminal\n%s", lines);
        t = cf_priv(&f, script);
        if (strstr(t, "ERROR"))
                fail_msg("%s", t);
}

static const char *show(const char *line)
{
        char script[200];

        log_step(f.box.log);
        snprintf(script, sizeof script, "%s\n", line);
        return cf_priv(&f, script);
}

static bool in(enum aaa_line line, const char *user, const char *password)
{
        const struct addr to = addr_v4(0xc0000201);
        struct aaa_who w = { .line = line, .user = user };
        struct err e = { 0 };

        if (line == AAA_SSH || line == AAA_HTTP) {
                w.from = &far;
                w.from_port = 40000;
                w.ifc = "outside";
                w.to = &to;
        }
        if (aaa_login(&f.box, &w, password, &id, &e) == 0)
                return true;
        assert_int_equal(e.code, ERR_STATE);
        assert_string_equal(e.text, "Login incorrect"); /* whatever the reason */
        assert_int_equal(id.privilege, 0);
        return false;
}

/* ---- passwords of all forms, at all lines ---- */

static void all_forms_open(void **state)
{
        static const struct {
                const char *user, *password;
                bool good;
        } rows[] = {
                { "clear", "secret1", true },  { "clear", "secret2", false },  { "admin", "admin", true },
                { "admin", "Admin", false },   { "tester", "test", true },     { "tester", "", false },
                { "cat", "hashcat", true },    { "cat", "hashcaT", false },    { "chap", "p4ss", true },
                { "chap", "p4st", false },     { "guest", "", true },          { "guest", "whatever", true },
                { "nobody", "", false },       { "nobody", "secret1", false }, { "", "", false },
                { "Clear", "secret1", false },
        };

        (void)state;
        type("aaa authentication ssh console LOCAL\n"
             "username clear password secret1 privilege 7\n"
             "username admin password eY/fQXw7Ure8Qrz7 encrypted privilege 15\n"
             "username tester password DLaUiAX3l78qgoB5c7iVNw== nt-encrypted\n"
             "username cat password $sha512$1000$ODQyMDEwNjQyODY=$MKaHNWXUsuJB3IEwBHbm3w== pbkdf2\n"
             "username chap password p4ss mschap\nusername guest nopassword privilege 0\n");
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                if (in(AAA_SSH, rows[i].user, rows[i].password) != rows[i].good)
                        fail_msg("%s/%s", rows[i].user, rows[i].password);
                assert_int_equal(in(AAA_SERIAL, rows[i].user, rows[i].password), rows[i].good);
        }
        assert_true(in(AAA_SSH, "clear", "secret1"));
        assert_int_equal(id.privilege, 7);
        assert_int_equal(id.start, 1);
        assert_string_equal(id.source, "192.0.2.7");
        assert_string_equal(id.ifc, "outside");
        has(show("show running-config username"), "username chap password ");
        has(show("show running-config username chap"), "== nt-encrypted\n");
        has(show("show running-config username clear"), "username clear password $sha512$1$");
}

static void lines_open_when_told(void **state)
{
        (void)state;
        type("username u password secret1\nenable password letmein\n");
        assert_false(in(AAA_SSH, "u", "secret1"));
        assert_true(in(AAA_SERIAL, "u", "secret1"));
        assert_false(in(AAA_HTTP, "u", "secret1"));
        assert_true(in(AAA_HTTP, "", "letmein")); /* as the ASA: no name and the enable password */
        assert_int_equal(id.privilege, 15);
        assert_false(in(AAA_HTTP, "", "secret1"));
        type("aaa authentication ssh console LOCAL\naaa authentication http console LOCAL\n");
        assert_true(in(AAA_SSH, "u", "secret1"));
        assert_true(in(AAA_HTTP, "u", "secret1"));
        assert_false(in(AAA_HTTP, "", "letmein"));
}

static void rights(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername adm password secret1 privilege 15\n"
             "username nas password secret1 privilege 15\nusername nas attributes\nservice-type nas-prompt\nexit\n"
             "username vpn password secret1 privilege 15\nusername vpn attributes\nservice-type remote-access\n");
        assert_true(in(AAA_SSH, "vpn", "secret1")); /* nobody asked for rights */
        type("aaa authorization exec LOCAL auto-enable\nlogging enable\nlogging buffered debugging\n");
        assert_true(in(AAA_SSH, "adm", "secret1"));
        assert_true(id.start == 15 && id.may_enable && aaa_level(&id) == 15);
        assert_true(in(AAA_SSH, "nas", "secret1"));
        assert_true(id.start == 1 && !id.may_enable && aaa_level(&id) == 1); /* also where he types no `enable` */
        assert_false(in(AAA_ENABLE, "nas", "secret1"));
        assert_false(in(AAA_SSH, "vpn", "secret1"));
        has(show("show logging"),
            "%ASA-3-113021: Attempted console login failed user vpn did NOT have appropriate Admin Rights.\n");
}

/* ---- lockout ---- */

static void lockout(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\nusername ann password secret1 "
             "privilege 15\n"
             "aaa local authentication attempts max-fail 3\nlogging enable\nlogging buffered debugging\n");
        for (int i = 0; i < 3; i++) {
                assert_false(in(AAA_SSH, "bob", "wrong"));
                assert_false(in(AAA_SSH, "ann", "wrong"));
        }
        assert_false(in(AAA_SSH, "bob", "secret1"));
        assert_false(in(AAA_SERIAL, "bob", "secret1"));
        assert_false(in(AAA_SSH, "ann", "secret1"));
        has(show("show logging"),
            "%ASA-6-113006: User bob locked out on exceeding 3 successive failed authentication attempts\n");
        has(show("show logging"), "%ASA-6-113015: AAA user authentication Rejected: reason = Account has been locked "
                                  "out: local database: user = bob: user IP = 192.0.2.7\n");
        has(show("show aaa local user"), "Lock-time  Failed-attempts   Locked    User\n"
                                         "    22:13                 3        Y    bob\n");
        has(show("show aaa local user locked"), "Y    ann\n");
        /* Somebody has to mend it. */
        assert_true(in(AAA_SERIAL, "ann", "secret1"));
        assert_true(in(AAA_SSH, "ann", "secret1"));
        has(show("clear aaa local user lockout username nobody"), "ERROR: there is no such user: nobody\n");
        show("clear aaa local user lockout username bob");
        has(show("show logging"), "%ASA-6-113007: User bob unlocked by enable_15\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
}

static void lockouts_end(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\n"
             "aaa local authentication attempts max-fail 2\n");
        assert_false(in(AAA_SSH, "bob", "wrong"));
        assert_true(in(AAA_SSH, "bob", "secret1")); /* a success forgets failures */
        assert_false(in(AAA_SSH, "bob", "wrong"));
        show("clear aaa local user fail-attempts all");
        assert_false(in(AAA_SSH, "bob", "wrong"));
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_false(in(AAA_SSH, "bob", "wrong"));
        assert_false(in(AAA_SSH, "bob", "wrong"));
        clock_advance_ms(&f.time, (AAA_LOCK_S - 1) * 1000u);
        assert_false(in(AAA_SSH, "bob", "secret1"));
        clock_advance_ms(&f.time, 1000);
        assert_true(in(AAA_SSH, "bob", "secret1"));
}

/* ---- waiting says nothing about users ---- */

static void delays(void **state)
{
        static const unsigned want[] = { 1000, 2000, 4000, 8000, 8000 };
        static const char *const who[] = { "bob", "nobody", "locked", "bob", "nobody" };

        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\n");
        for (size_t i = 0; i < ARRAY_LEN(want); i++) {
                assert_false(in(AAA_SSH, who[i], "wrong"));
                assert_int_equal(id.delay_ms, want[i]);
        }
        assert_false(in(AAA_SERIAL, "bob", "wrong")); /* from elsewhere */
        assert_int_equal(id.delay_ms, 1000);
        clock_advance_ms(&f.time, 601000);
        assert_false(in(AAA_SSH, "bob", "wrong"));
        assert_int_equal(id.delay_ms, 1000);
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_int_equal(id.delay_ms, 0);
        for (unsigned i = 0; i < 3 * AAA_SOURCES; i++) { /* more sources than are remembered */
                far = addr_v4(0x0a000000 + i);
                assert_false(in(AAA_SSH, "bob", "wrong"));
                assert_int_equal(id.delay_ms, 1000);
                clock_advance_ms(&f.time, 1);
        }
}

/* ---- accounts that nobody uses ---- */

static void inactive(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\nusername ann password secret1 "
             "privilege 15\n"
             "aaa local authentication inactivity 30\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        clock_advance_ms(&f.time, 29 * DAY_MS);
        assert_true(in(AAA_SSH, "bob", "secret1")); /* which counts from here on */
        clock_advance_ms(&f.time, 29 * DAY_MS);
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_false(in(AAA_SSH, "ann", "secret1")); /* never here since the account was made */
        has(show("show aaa local user locked"), "ann (disabled: not used for too long)\n");
        clock_advance_ms(&f.time, 30 * DAY_MS);
        assert_false(in(AAA_SSH, "bob", "secret1"));
        assert_false(in(AAA_SERIAL, "bob", "secret1"));
        assert_true(in(AAA_SERIAL, "ann", "secret1")); /* the console always lets an administrator in */
        show("clear aaa local user lockout username bob");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        clock_advance_ms(&f.time, 400 * DAY_MS);
        type("aaa local authentication inactivity 0\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
}

/* ---- what the greeting and the history tell ---- */

static void history(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1 privilege 5\n"
             "aaa authentication login-history duration 10\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_true(id.logins == 0 && !id.last_login_s && id.days == 10 && !id.failed);
        for (unsigned i = 0; i < 20; i++) {
                clock_advance_ms(&f.time, DAY_MS);
                assert_true(in(AAA_SERIAL, "bob", "secret1"));
        }
        assert_int_equal(id.logins, 9); /* of today and nine days before, without this one */
        assert_false(in(AAA_SSH, "bob", "x"));
        assert_false(in(AAA_SSH, "bob", "x"));
        type("username bob password secret1 privilege 6\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_int_equal(id.failed, 2);
        assert_string_equal(id.last_source, "console");
        assert_int_equal(id.last_privilege, 5);
        assert_int_equal(id.privilege, 6);
        has(show("show aaa login-history user bob"),
            "Login history for user:         bob\n"
            "Logins in last 10 days:         11\n"
            "Last successful login:          22:13:20 UTC Dec 4 2023 from 192.0.2.7\n"
            "Failures since last login:      0\n"
            "Last failed login:              22:13:20 UTC Dec 4 2023 from 192.0.2.7\n"
            "Privilege level:                6\n"
            "Privilege level changed from 5 to 6 at: 22:13:20 UTC Dec 4 2023\n");
        has(show("show aaa login-history user eve"), "ERROR: there is no such user: eve\n");
        clock_advance_ms(&f.time, 500 * DAY_MS);
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_int_equal(id.logins, 0);
}

/* ---- on flash ---- */

static void restart(void)
{
        console_set_free(f.box.consoles);
        assert_null(f.box.aaa);
        assert_non_null(console_set_new(&f.box));
}

static void it_outlives_a_restart(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\n"
             "aaa local authentication attempts max-fail 2\naaa local authentication inactivity 30\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        clock_advance_ms(&f.time, 5 * DAY_MS);
        assert_false(in(AAA_SSH, "bob", "x"));
        restart();
        assert_false(in(AAA_SSH, "bob", "x"));
        assert_false(in(AAA_SSH, "bob", "secret1")); /* one failure before, one after */
        restart();
        assert_false(in(AAA_SSH, "bob", "secret1"));
        clock_advance_ms(&f.time, AAA_LOCK_S * 1000u);
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_int_equal(id.logins, 1);
        assert_int_equal(id.failed, 2);
        clock_advance_ms(&f.time, 31 * DAY_MS);
        restart();
        assert_false(in(AAA_SSH, "bob", "secret1"));
        type("no username bob\n");
        restart();
        type("username bob password secret1\n");
        assert_true(in(AAA_SSH, "bob", "secret1")); /* another user of that name */
        assert_int_equal(id.logins, 0);
}

/* Success is written at once; failures alone at most once a minute, so that guessing wears no flash. */
static void flash_is_spared(void **state)
{
        char *a, *b;

        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        a = cf_file(&f, AAA_FILE);
        assert_non_null(a);
        for (int i = 0; i < 10; i++)
                assert_false(in(AAA_SSH, "bob", "x"));
        b = cf_file(&f, AAA_FILE);
        assert_string_equal(a, b);
        free(b);
        clock_advance_ms(&f.time, AAA_SAVE_S * 1000u);
        assert_false(in(AAA_SSH, "nobody", "x"));
        b = cf_file(&f, AAA_FILE);
        has(b, " counts 10 10 2 2 0\n");
        free(a);
        free(b);
}

static const char sample[] = "user bob\n times 1 2 3 4 5 6\n counts 7 8 9 10 11\n from console 192.0.2.1\n"
                             " hash 8Ry2YjIyt7RRXU24\n old one\n old two\n day 19000 3\nuser ann\n"
                             " times 0 0 0 0 0 0\n counts 0 0 0 0 0\n from - -\nend\n";

static void state_init(struct aaa_state *st)
{
        memset(st, 0, sizeof *st);
        list_init(&st->records);
}

static void state_clear(struct aaa_state *st)
{
        list_each_safe(it, next, &st->records)
                mem_free_secret(list_entry(it, struct aaa_record, link));
}

static void the_file_reads_back(void **state)
{
        struct aaa_state *st = mem_alloc(MEM_CLI, sizeof *st);
        struct text t = { 0 };
        struct err e = { 0 };

        (void)state;
        state_init(st);
        assert_int_equal(aaa_state_read(st, sample, &e), 0);
        aaa_state_write(st, &t);
        assert_string_equal(text_str(&t), sample);
        text_fini(&t);
        state_clear(st);
        mem_free(st);
}

/* A file that was cut anywhere is told, and what stands before the cut is kept. */
static void every_cut_is_told(void **state)
{
        struct aaa_state *st = mem_alloc(MEM_CLI, sizeof *st);
        char cut[sizeof sample];

        (void)state;
        for (size_t n = 0; n < sizeof sample - 1; n++) {
                struct err e = { 0 };

                state_init(st);
                memcpy(cut, sample, n);
                cut[n] = 0;
                assert_int_equal(aaa_state_read(st, cut, &e), -1);
                assert_int_equal(e.code, ERR_SYNTAX);
                assert_int_equal(aaa_record_find(st, "bob") != NULL, n >= 9);
                state_clear(st);
        }
        mem_free(st);
}

static void foreign_lines_are_told(void **state)
{
        static const char *const bad[] = {
                "x\nend\n",
                " times 1 2 3 4 5 6\nend\n", /* nobody's */
                "user\nend\n",
                "user a b\nend\n",
                "user a\nuser a\nend\n",
                "user a\n times 1 2 3 4 5\nend\n",
                "user a\n times 1 2 3 4 5 99999999999999999999\nend\n",
                "user a\n counts 1 2 3 4 -1\nend\n",
                "user a\n day 70000 1\nend\n",
                "user a\n old 1\n old 2\n old 3\n old 4\n old 5\n old 6\n old 7\n old 8\nend\n",
                "user a\n from x\nend\n",
                "user a\n hash\nend\n",
                "user a\n\nend\n",
        };
        struct aaa_state *st = mem_alloc(MEM_CLI, sizeof *st);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                struct err e = { 0 };

                state_init(st);
                if (aaa_state_read(st, bad[i], &e) != -1)
                        fail_msg("%s", bad[i]);
                state_clear(st);
        }
        mem_free(st);
}

/* ---- keys ---- */
/* A key of no use but as an example: wire form of ssh-ed25519 with 32 zero octets. */
#define KEY64 "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
static const unsigned char key[51] = {
        0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32
};

static bool by_key(const char *user, const void *k, size_t n)
{
        const struct aaa_who w = { .line = AAA_SSH, .user = user, .from = &far };
        struct err e = { 0 };

        return aaa_login_key(&f.box, &w, k, n, &id, &e) == 0;
}

static void keys(void **state)
{
        static const char *const ways[] = {
                "ssh authentication publickey " KEY64,
                "ssh authentication pkf\nssh-ed25519 " KEY64 " bob@host\nquit",
                "ssh authentication pkf nointeractive\n---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"a key\\\n of "
                "bob\"\n"
                "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                "---- END SSH2 PUBLIC KEY ----\nquit",
        };
        unsigned char other[sizeof key];

        (void)state;
        memcpy(other, key, sizeof key);
        other[50] = 1;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1 privilege 3\n");
        for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
                char lines[600];

                assert_false(aaa_key_known(&f.box, "bob", key, sizeof key));
                assert_false(by_key("bob", key, sizeof key));
                snprintf(lines, sizeof lines, "username bob attributes\n%s\n", ways[i]);
                type(lines);
                assert_true(aaa_key_known(&f.box, "bob", key, sizeof key));
                assert_true(by_key("bob", key, sizeof key));
                assert_int_equal(id.privilege, 3);
                assert_false(by_key("bob", other, sizeof other));
                assert_false(by_key("bob", key, sizeof key - 1));
                assert_false(by_key("eve", key, sizeof key));
                assert_false(aaa_key_known(&f.box, "eve", key, sizeof key));
                has(show("show running-config username"), " hashed\n");
                type("no username bob attributes\n");
        }
        has(cf_priv(&f, "configure terminal\nusername bob attributes\nssh authentication publickey AAAA\n"),
            "ERROR: this is not the base64 of an SSH public key\n");
        has(cf_priv(&f, "configure terminal\nusername bob attributes\nssh authentication pkf\nhello\nquit\n"),
            "ERROR: ");
        has(cf_priv(&f, "configure terminal\nusername eve attributes\n"), "ERROR: user eve does not exist");
}

static void a_locked_user_has_no_key(void **state)
{
        (void)state;
        type("aaa authentication ssh console LOCAL\nusername bob password secret1\nusername bob attributes\n"
             "ssh authentication publickey " KEY64 "\nexit\naaa local authentication attempts max-fail 1\n");
        assert_true(by_key("bob", key, sizeof key));
        assert_false(in(AAA_SSH, "bob", "x"));
        assert_false(by_key("bob", key, sizeof key));
}

/* ---- words for the log ---- */

static void messages(void **state)
{
        const char *t;

        (void)state;
        type("aaa authentication ssh console LOCAL\nlogging enable\nlogging buffered debugging\n"
             "username bob password secret1 privilege 5\nusername bob password secret1 privilege 6\n");
        assert_true(in(AAA_SSH, "bob", "secret1"));
        assert_false(in(AAA_SSH, "eve", "x"));
        assert_true(in(AAA_SERIAL, "bob", "secret1"));
        assert_false(in(AAA_SERIAL, "eve", "x"));
        aaa_logout(&f.box, &id);
        type("no username bob\n");
        t = show("show logging");
        has(t, "%ASA-5-502101: New user added to local dbase: Uname: bob Priv: 5 Encpass: *****\n");
        has(t, "%ASA-5-502103: User priv level changed: Uname: bob From: 5 To: 6\n");
        has(t, "%ASA-5-502102: User deleted from local dbase: Uname: bob Priv: 6 Encpass: *****\n");
        has(t, "%ASA-6-113012: AAA user authentication Successful: local database: user = bob\n");
        has(t,
            "%ASA-6-113015: AAA user authentication Rejected: reason = Invalid password: local database: user = eve: "
            "user IP = 192.0.2.7\n");
        has(t, "%ASA-6-605005: Login permitted from 192.0.2.7/40000 to outside:192.0.2.1/ssh for user \"bob\"\n");
        has(t, "%ASA-6-605004: Login denied from 192.0.2.7/40000 to outside:192.0.2.1/ssh for user \"eve\"\n");
        has(t, "%ASA-6-605005: Login permitted from serial to console for user \"bob\"\n");
        has(t, "%ASA-6-605004: Login denied from serial to console for user \"eve\"\n");
        has(t, "%ASA-6-611101: User authentication succeeded: IP address: 192.0.2.7, Uname: bob\n");
        has(t, "%ASA-6-611102: User authentication failed: IP address: console, Uname: eve\n");
        has(t, "%ASA-5-611103: User logged out: Uname: eve\n");
        has(t, "%ASA-5-111010: User 'enable_15', running 'CLI' from IP 0.0.0.0, executed 'no username bob'\n");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(all_forms_open),
                T(lines_open_when_told),
                T(rights),
                T(lockout),
                T(lockouts_end),
                T(delays),
                T(inactive),
                T(history),
                T(it_outlives_a_restart),
                T(flash_is_spared),
                T(keys),
                T(a_locked_user_has_no_key),
                T(messages),
                cmocka_unit_test(the_file_reads_back),
                cmocka_unit_test(every_cut_is_told),
                cmocka_unit_test(foreign_lines_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
