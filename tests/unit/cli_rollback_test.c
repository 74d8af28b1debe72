/* Ways back: saved configurations, configuration sessions, changes that go unless confirmed, reloads at a time. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/session/console.h"
#include "cli/session/plan.h"
#include "cli/conf/store.h"
#include "cli/ssh/xfer.h"
#include "pki/keystore.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "tests/support/console_fixture.h"
#include "tests/support/test.h"
#include "tests/support/transcript.h"

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

static void pass(unsigned seconds)
{
        clock_advance_ms(&f.time, (uint64_t)seconds * 1000);
        plan_poll(&f.box);
}

/* ---- saved configurations ---- */
static void each_save_that_changes_something_is_kept(void **state UNUSED)
{
        const char *t;

        has(cf_priv(&f, "show rollback\nrollback 1\n"), "No configuration was saved yet\n");
        has(f.out, "ERROR: no configuration was saved yet\n");
        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\nwrite memory\nhostname two\nwrite memory\n");
        t = cf_priv(&f, "show rollback\nrollback 3\n");
        has(t, "\n  1  ");
        has(t, "\n  2  ");
        has(t, "by enable_15 at ");
        has_not(t, "\n  3  ");
        has(t, "ERROR: there are 2 saved configurations, 1 is the newest\n");
}

static void only_the_last_ones_are_kept(void **state UNUSED)
{
        char line[64];
        const char *t;

        for (unsigned i = 0; i < 13; i++) {
                snprintf(line, sizeof line, "configure terminal\nhostname h%u\nwrite memory\n", i);
                cf_priv(&f, line);
        }
        t = cf_priv(&f, "show rollback\ndir disk0:/rollback\n");
        has(t, "\n 10  ");
        has_not(t, "\n 11  ");
        has_not(t, " 00000003\n");
        has(t, " 00000004\n");
        has(t, " 00000013\n");
        cf_priv(&f, "rollback 10 noconfirm\n");
        assert_string_equal(f.box.store->sys.hostname, "h3");
}

static void going_back_asks_and_does_it(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nhostname one\naccess-list a extended permit ip any any\nwrite memory\n"
                    "hostname two\nno access-list a extended permit ip any any\nwrite memory\n");
        has(cf_priv(&f, "rollback 2\nn\n"), "Go back to saved configuration 2? [confirm]");
        assert_string_equal(f.box.store->sys.hostname, "two");
        cf_priv(&f, "rollback 2\n\n");
        assert_string_equal(f.box.store->sys.hostname, "one");
        has(cf_priv(&f, "show running-config access-list\n"), "access-list a extended permit ip any any\n");
        assert_true(f.box.conf_dirty);
        has(cf_priv(&f, "rollback 2 noconfirm\n"), "INFO: nothing differs\n");
}

static void a_damaged_copy_is_refused(void **state UNUSED)
{
        static const char *const how[] = { "r+", "a" }; /* written over, and longer than it was */
        char path[128];
        FILE *w;

        snprintf(path, sizeof path, "%s/rollback/00000001", f.dir);
        for (size_t i = 0; i < ARRAY_LEN(how); i++) {
                cf_priv(&f, "configure terminal\nhostname one\nwrite memory\n");
                w = fopen(path, how[i]);
                assert_non_null(w);
                fseek(w, 700, SEEK_SET); /* behind the comments */
                fputs("hostname evil\nhostname worse\nhostname none\n", w);
                fclose(w);
                has(cf_priv(&f, "rollback 1 noconfirm\n"), "ERROR: the saved configuration is damaged");
                assert_string_equal(f.box.store->sys.hostname, "one");
                cf_priv(&f, "write erase\n\n");
        }
}

static void erasing_takes_them_along(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\nwrite erase\n\n");
        has(cf_priv(&f, "show rollback\n"), "No configuration was saved yet\n");
        assert_null(cf_file(&f, "rollback/00000001"));
}

static void nobody_else_writes_among_them(void **state UNUSED)
{
        static const char *const lines[] = {
                "copy /noconfirm running-config disk0:/rollback/99999999",
                "copy /noconfirm startup-config flash:rollback/00000007",
                "copy /noconfirm running-config disk0:rollback",
                "copy /noconfirm running-config disk0:///rollback/x",
                "rename disk0:/startup-config disk0:/rollback/00000007",
                "rename rollback/00000001 disk0:/x",
                "rename rollback other",
                "mkdir disk0:/rollback/00000007",
                "show tech-support file disk0:/rollback/00000007",
        };
        char line[128];

        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\n");
        for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
                snprintf(line, sizeof line, "%s\n", lines[i]);
                has(cf_priv(&f, line), "rollback/ holds what `write memory` saved, nothing else\n");
        }
        assert_int_equal(xfer_writable(&f.box, "rollback/00000007"), XFER_DENIED);
        assert_int_equal(xfer_write(&f.box, "rollback/00000007", "x", 1), XFER_DENIED);
        assert_int_equal(xfer_write(&f.box, "rollback", "x", 1), XFER_DENIED);
        assert_int_equal(xfer_mkdir(&f.box, "rollback/00000007"), XFER_DENIED);
        assert_int_equal(xfer_rename(&f.box, "startup-config", "rollback/00000007"), XFER_DENIED);
        assert_int_equal(xfer_rename(&f.box, "rollback/00000001", "x"), XFER_DENIED);
        has(cf_priv(&f, "more disk0:/rollback/00000001\n"), "\nhostname one\n");
        has(cf_priv(&f, "copy /noconfirm disk0:/rollback/00000001 disk0:/rollback.cfg\n"), " bytes copied in ");
        has(cf_priv(&f, "show rollback\n"), "\n  1  ");
        has_not(f.out, "\n  2  ");
}

/* Names that are not of eight digits are not ours: nothing is counted from them. */
static void other_files_do_not_count(void **state UNUSED)
{
        char path[128];
        FILE *w;

        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\n");
        snprintf(path, sizeof path, "%s/rollback/77", f.dir);
        w = fopen(path, "w");
        assert_non_null(w);
        fclose(w);
        cf_priv(&f, "configure terminal\nhostname two\nwrite memory\n");
        has(cf_priv(&f, "dir disk0:/rollback\n"), " 00000002\n");
        assert_int_equal(unlink(path), 0);
}

/* A directory with the last number there is, from wherever it came, goes on being kept. */
static void numbers_begin_anew_after_the_last(void **state UNUSED)
{
        char from[128], to[128];

        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\nhostname two\nwrite memory\n");
        snprintf(from, sizeof from, "%s/rollback/00000002", f.dir);
        snprintf(to, sizeof to, "%s/rollback/99999999", f.dir);
        assert_int_equal(rename(from, to), 0);
        cf_priv(&f, "configure terminal\nhostname three\nwrite memory\nhostname four\nwrite memory\n");
        has(f.out, "[OK]\n");
        has(cf_priv(&f, "show rollback\ndir disk0:/rollback\n"), "\n  4  ");
        has(f.out, " 00000004\n");
        has_not(f.out, "99999999");
        cf_priv(&f, "rollback 2 noconfirm\n");
        assert_string_equal(f.box.store->sys.hostname, "three");
        cf_priv(&f, "rollback 3 noconfirm\n");
        assert_string_equal(f.box.store->sys.hostname, "two");
        cf_priv(&f, "rollback 4 noconfirm\n");
        assert_string_equal(f.box.store->sys.hostname, "one");
}

/* ---- comparing ---- */
static void differences_are_shown_without_secrets(void **state UNUSED)
{
        const char *t;

        has(cf_priv(&f, "show running-config diff\n"), "ERROR: there is no startup-config: write memory makes one\n");
        cf_priv(&f, "configure terminal\nwrite memory\n");
        assert_string_equal(cf_priv(&f, "show running-config diff\n"), "ciscoasa# show running-config diff\n");
        t = cf_priv(&f, "configure terminal\nhostname x\ninterface g0/0\nnameif outside\nend\n"
                        "snmp-server community Topsecret\nconfigure terminal\nsnmp-server community Topsecret\n"
                        "show running-config diff\nshow running-config diff | include hostname\n");
        t = strstr(t, "show running-config diff\n");
        has(t, "-hostname ciscoasa\n+hostname x\n");
        has(t, " interface GigabitEthernet0/0\n");
        has(t, "+ nameif outside\n");
        has_not(t, "Topsecret");
        has(t, "diff | include hostname\n-hostname ciscoasa\n+hostname x\n");
        cf_priv(&f, "copy /noconfirm running-config disk0:/a.cfg\nconfigure terminal\nhostname y\n");
        has(cf_priv(&f, "show running-config diff file disk0:/a.cfg\n"), "a.cfg\n-hostname x\n+hostname y\n");
}

/* Each side of a secret that was exchanged is a line; neither says what it is. */
static void exchanged_secrets_are_a_difference(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, "configure terminal\nntp authentication-key 1 md5 Onesecret\nwrite memory\n"
                    "ntp authentication-key 1 md5 Twosecret\n");
        t = cf_priv(&f, "show running-config diff\n");
        has(t, "\n-ntp authentication-key 1 md5 *****\n+ntp authentication-key 1 md5 *****\n");
        has_not(t, "secret");
        cf_priv(&f, "configure session w\nntp authentication-key 1 md5 Threesecret\nend\n");
        t = cf_priv(&f, "show configuration session w\n");
        has(t, "-ntp authentication-key 1 md5 *****\n+ntp authentication-key 1 md5 *****\n");
        has_not(t, "secret");
        has(cf_priv(&f, "configure terminal\nntp authentication-key 1 md5 Onesecret\nshow running-config diff\n"),
            "# show running-config diff\n");
        has_not(f.out, "*****");
}

/* Looking at what was saved brings nothing back into force. */
static void a_comparison_leaves_the_key_store_alone(void **state UNUSED)
{
        char script[8192], *serial;
        struct tp_assets a;
        struct err e;
        uint8_t *pem;
        size_t n;

        assert_int_equal(file_read(TEST_DATA "/pki/root.pem", 4096, &pem, &n, &e), 0);
        snprintf(script, sizeof script,
                 "configure terminal\ncrypto ca trustpoint tp\nenrollment terminal\nexit\ncrypto ca authenticate tp\n"
                 "%squit\nyes\nend\nwrite memory\nshow running-config crypto\n",
                 (const char *)pem);
        mem_free_secret(pem);
        serial = strdup(strstr(cf_priv(&f, script), " certificate ca ") + strlen(" certificate ca "));
        serial[strcspn(serial, "\n")] = 0;
        keystore_tp_get(f.box.keys, "tp", &a);
        assert_int_equal(a.nca, 1);
        tp_assets_put(&a);
        snprintf(script, sizeof script,
                 "configure terminal\ncrypto ca certificate chain tp\nno certificate ca %s\nend\n"
                 "show running-config diff\nshow running-config diff rollback 1\nconfigure session w\nend\n",
                 serial);
        has(cf_priv(&f, script), "- certificate ca ");
        keystore_tp_get(f.box.keys, "tp", &a);
        assert_int_equal(a.nca, 0);
        tp_assets_put(&a);
        free(serial);
}

/* ---- configuration sessions ---- */
static void what_is_refused_when_typed_is_refused_aside(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ncrypto ca trustpoint nokey\nexit\ntls-proxy p\nend\n"
                                    "configure session w\ntls-proxy p\nserver trust-point nokey\nexit\n"
                                    "crypto key generate rsa label x modulus 2048\nssl trust-point nokey\n");

        has(t, "server trust-point nokey\nERROR: ");
        has(t, "ERROR: keys and certificates are not made in a configuration session: use configure terminal\n");
        has(t, "WARNING: Trustpoint nokey has not been enrolled");
        has(cf_priv(&f, "configure session w\ncommit\n"), "WARNING: Trustpoint nokey has not been enrolled");
        has(cf_priv(&f, "configure session v\nconfigure session w\nend\nconfigure session v\nhostname v\n"
                        "configure session v\nhostname still\n"),
            "ERROR: configuration session v is open");
        has(f.out, "ciscoasa(config-s)# hostname still\n");
}

static void a_session_changes_nothing_until_its_commit(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure session work\nhostname aside\ninterface g0/0\nnameif outside\n"
                                    "security-level 7\nexit\nshow configuration session\nexit\n");

        has(t, "ciscoasa(config-s)# hostname aside\n");
        has(t, "ciscoasa(config-s-if)# nameif outside\n");
        has(t, "Configuration session work, open by enable_15\n-hostname ciscoasa\n+hostname aside\n");
        has(t, "+ security-level 7\n");
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
        assert_false(f.box.conf_dirty);
        t = cf_priv(&f, "show configuration session\nconfigure session work\ncommit\nshow nameif\n");
        has(t, "Configuration session work\n");
        has(t, "aside# show nameif\n");
        assert_string_equal(f.box.store->sys.hostname, "aside");
        assert_non_null(store_iface(f.box.store, "outside"));
        assert_true(f.box.conf_dirty);
        has(cf_priv(&f, "show configuration session\n"), "No configuration session\n");
}

static void a_session_can_be_given_up(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "configure session w\nhostname aside\nabort\nhostname x\nshow configuration session\n"
                            "abort\ncommit\n");

        has(t, "ciscoasa# hostname x\n");
        has(t, "No configuration session\n");
        has(t, "ERROR: no configuration session is open: configure session NAME opens one\n");
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
        cf_priv(&f, "configure session w\nhostname aside\nend\nclear configuration session w\n");
        has(cf_priv(&f, "show configuration session w\n"), "ERROR: there is no configuration session w\n");
}

static void what_others_changed_meanwhile_is_not_lost(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "configure session w\nhostname aside\nend\nconfigure terminal\ndomain-name x.org\nend\n"
                            "configure session w\ncommit\n");

        has(t, "ERROR: the running configuration was changed meanwhile");
        assert_string_equal(f.box.store->sys.domain, "x.org");
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
        cf_priv(&f, "configure session w\ncommit force\n");
        assert_string_equal(f.box.store->sys.domain, "");
        assert_string_equal(f.box.store->sys.hostname, "aside");
}

static void sessions_are_few_and_open_once(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure session a\nend\nconfigure session b\nend\nconfigure session c\nend\n"
                                    "configure session d\nconfigure session b\nclear configuration session b\n");

        has(t, "ERROR: there are 3 configuration sessions already");
        has(t, "ERROR: configuration session b is open: user enable_15 has it\n");
}

/* ---- confirmed or taken back ---- */
static void what_nobody_confirms_is_taken_back(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "configure session w\nhostname risky\ncommit revertable 5\nshow configuration session\n");

        has(t, "INFO: it is taken back in 5 minutes unless you type: commit confirm\n");
        has(t, "A change is taken back in 0:05:00 unless it is confirmed: commit confirm\n");
        pass(299);
        assert_string_equal(f.box.store->sys.hostname, "risky");
        pass(1);
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
        has(cf_priv(&f, "commit confirm\n"), "ERROR: no change waits for a confirmation\n");
}

static void going_back_may_be_taken_back_as_well(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\nhostname one\nwrite memory\nhostname two\nend\n"
                                    "rollback 1 noconfirm revertable 5\n");

        has(t, "INFO: it is taken back in 5 minutes unless you type: commit confirm\n");
        assert_string_equal(f.box.store->sys.hostname, "one");
        pass(300);
        assert_string_equal(f.box.store->sys.hostname, "two");
        t = cf_priv(&f, "configure session w\nhostname aside\nrollback 1 noconfirm\n");
        has(t, "ERROR: a configuration session is open: commit or abort it first\n");
        assert_string_equal(f.box.store->sys.hostname, "two");
}

/* ---- what all terminals are told ---- */

/* Somebody else who is logged in; what reached his terminal since the last question. */
struct onlooker {
        int in, out;
        struct term *t;
        struct session *s;
        char text[2048];
};

static void onlooker_open(struct onlooker *o)
{
        const struct session_opts opts = { 0 };
        int in[2], outp[2];

        assert_int_equal(pipe(in), 0);
        assert_int_equal(pipe2(outp, O_NONBLOCK), 0);
        o->in = in[1];
        o->out = outp[0];
        o->t = term_open_fds(in[0], outp[1], NULL, NULL);
        o->s = session_new(&f.box, o->t, &opts);
        console_join(f.box.consoles, o->s);
}

static const char *onlooker_saw(struct onlooker *o)
{
        ssize_t n;

        term_show_async(o->t);
        term_flush(o->t);
        n = read(o->out, o->text, sizeof o->text - 1);
        o->text[n > 0 ? n : 0] = 0;
        return o->text;
}

static void onlooker_close(struct onlooker *o)
{
        console_leave(f.box.consoles, o->s);
        session_free(o->s);
        term_close(o->t);
        close(o->in);
        close(o->out);
}

static void everybody_is_told_what_is_taken_back(void **state UNUSED)
{
        struct onlooker o;

        onlooker_open(&o);
        cf_priv(&f, "configure session w\nhostname risky\ncommit revertable 7\n");
        pass(119);
        assert_string_equal(onlooker_saw(&o), "");
        pass(1);
        has(onlooker_saw(&o), "*** --- CHANGE TAKEN BACK within 5 minutes unless you type: commit confirm ---\n");
        pass(239);
        assert_string_equal(onlooker_saw(&o), "");
        pass(1);
        has(onlooker_saw(&o), "within 1 minute unless");
        pass(59);
        assert_string_equal(onlooker_saw(&o), "");
        pass(1);
        has(onlooker_saw(&o), "*** --- CHANGE TAKEN BACK: nobody typed commit confirm ---\n");
        cf_priv(&f, "configure session w\nhostname risky\ncommit revertable 1\ncommit confirm\n");
        pass(60);
        assert_string_equal(onlooker_saw(&o), "");
        onlooker_close(&o);
}

static void everybody_is_told_of_a_reload(void **state UNUSED)
{
        struct onlooker o;

        onlooker_open(&o);
        cf_priv(&f, "reload in 5 noconfirm reason new image\n");
        has(onlooker_saw(&o), "*** --- SHUTDOWN at ");
        has(o.text, ": new image ---\n");
        pass(239);
        assert_string_equal(onlooker_saw(&o), "");
        pass(1);
        has(onlooker_saw(&o), "*** --- SHUTDOWN in 0:01:00: new image ---\n");
        cf_priv(&f, "reload cancel\n");
        has(onlooker_saw(&o), "*** --- SHUTDOWN ABORTED ---\n");
        cf_priv(&f, "reload in 1 noconfirm\n");
        onlooker_saw(&o);
        pass(60);
        has(onlooker_saw(&o), "*** --- SHUTDOWN NOW ---\n");
        onlooker_close(&o);
}

static void what_is_confirmed_stays(void **state UNUSED)
{
        cf_priv(&f, "configure session w\nhostname fine\ncommit revertable 5\ncommit confirm\n");
        pass(3600);
        assert_string_equal(f.box.store->sys.hostname, "fine");
        cf_priv(&f, "configure session w\nhostname bad\ncommit revertable 5\ncommit revert\n");
        assert_string_equal(f.box.store->sys.hostname, "fine");
}

/* The second change in a row: what comes back is what was there before the first. */
static void the_way_back_is_that_of_the_first_change(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nhostname saved\nwrite memory\nend\nconfigure session w\nhostname one\n"
                    "commit revertable 5\nconfigure session w\nhostname two\ncommit revertable 5\n");
        pass(300);
        assert_string_equal(f.box.store->sys.hostname, "saved");
        cf_priv(&f, "configure terminal\nhostname other\nend\nrollback 1 noconfirm revertable 1\n");
        assert_string_equal(f.box.store->sys.hostname, "saved");
        pass(60);
        assert_string_equal(f.box.store->sys.hostname, "other");
}

/* A second change that fails leaves the way back of the first. */
static void a_failed_change_takes_no_way_back_away(void **state UNUSED)
{
        char name[HWNAME_MAX + 1];

        cf_priv(&f, "configure session w\nhostname risky\ncommit revertable 5\nconfigure session w\n"
                    "interface g0/1.7\nvlan 7\nend\n");
        for (unsigned i = f.bind.n; i < IFACES_MAX - 1; i++) { /* no room is left meanwhile */
                snprintf(name, sizeof name, "GigabitEthernet1/%u", i);
                assert_non_null(iface_bind(&f.bind, name));
                f.bind.b[i].port = 0;
        }
        has(cf_priv(&f, "configure session w\ncommit revertable 60\n"), "cannot be configured: at most");
        assert_string_equal(f.box.store->sys.hostname, "risky");
        pass(300);
        assert_string_equal(f.box.store->sys.hostname, "ciscoasa");
}

static void saving_what_waits_is_told(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure session w\nhostname risky\ncommit revertable 5\nwrite memory\n"
                                    "commit confirm\nwrite memory\n");
        static const char line[] = "WARNING: a change that waits for `commit confirm` was saved as well\n";

        has(t, line);
        assert_null(strstr(strstr(t, line) + 1, line));
}

/* ---- what is saved is a configuration ---- */
static void file_has(const char *name, const char *text)
{
        char *t = cf_file(&f, name);

        has(t, text);
        free(t);
}

static void nothing_else_takes_the_place_of_the_saved_one(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nhostname one\nwrite memory\nhostname two\nend\nmkdir disk0:/d\n");
        has(cf_priv(&f, "show tech-support file disk0:/startup-config\n"),
            "ERROR: disk0:/startup-config is the saved configuration: choose another name\n");
        assert_int_equal(xfer_write(&f.box, "d/startup-config", "a\0b", 3), XFER_OK);
        has(cf_priv(&f, "copy /noconfirm disk0:/d/startup-config disk0:\n"), "it has NUL bytes\n");
        has(cf_priv(&f, "copy disk0:/d/startup-config disk0:/x\n\nstartup-config\n\n"), "it has NUL bytes\n");
        file_has("startup-config", "\nhostname one\n");
        has(cf_priv(&f, "copy /noconfirm running-config disk0:/d/startup-config\n"), " bytes copied in ");
        has(cf_priv(&f, "copy /noconfirm disk0:/d/startup-config disk0:\n"), " bytes copied in ");
        file_has("startup-config", "\nhostname two\n");
        file_has("startup-config.prev", "\nhostname one\n");
}

/* ---- reload at a time ---- */
static void a_reload_comes_at_its_time_or_is_cancelled(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "configure terminal\nlogging enable\nlogging buffered debugging\nend\n"
                            "show reload\nreload cancel\nreload in 10 noconfirm reason new cables\nshow reload\n");

        has(t, "No reload is scheduled.\n");
        has(t, "ERROR: no reload is scheduled\n");
        has(t, "*** --- SHUTDOWN at ");
        has(t, " (in 0:10:00)\nReload reason: new cables\n");
        pass(599);
        assert_int_equal(f.stops, 0);
        pass(1);
        assert_int_equal(f.stops, 1);
        assert_int_equal(f.stop_how, BOX_RELOAD);
        log_step(f.box.log);
        t = cf_priv(&f, "show logging\n");
        has(t, "%ASA-5-199006: Orderly reload started at ");
        has(t, " by enable_15. Reload reason: new cables\n");
        has(cf_priv(&f, "reload in 1:30 noconfirm\nshow reload\nreload cancel\n"), "*** --- SHUTDOWN ABORTED ---\n");
        has(f.out, "(in 1:30:00)");
        pass(3 * 3600);
        assert_int_equal(f.stops, 1);
        has(cf_priv(&f, "reload in 0\nreload at 24:00\nreload at 25\nreload in 1:60\n"),
            "ERROR: 0: minutes or HHH:MM expected\n");
        has(f.out, "ERROR: 24:00: HH:MM expected\n");
        has(f.out, "ERROR: 1:60: minutes or HHH:MM expected\n");
}

static void a_time_of_day_is_the_next_one(void **state UNUSED)
{
        cf_priv(&f, "configure terminal\nclock timezone TST 2\nend\nreload at 3:15 noconfirm\n");
        has(f.out, "SHUTDOWN at 03:15:00.000 TST ");
        for (unsigned h = 0; h < 24 && !f.stops; h++)
                pass(3600);
        assert_int_equal(f.stops, 1);
}

/* The virtual clock begins on Nov 14 2023. */
static void a_time_of_a_date_may_be_next_year(void **state UNUSED)
{
        cf_priv(&f, "reload at 3:15 jan 5 noconfirm\nreload cancel\nreload at 23:59 14 november noconfirm\n");
        has(f.out, "SHUTDOWN at 03:15:00.000 UTC Fri Jan 5 2024 ---");
        has(f.out, "SHUTDOWN at 23:59:00.000 UTC Tue Nov 14 2023 ---");
        cf_priv(&f,
                "reload cancel\nreload at 0:00 nov 14 noconfirm\nreload cancel\nreload at 1:00 29 feb noconfirm\n");
        has(f.out, "SHUTDOWN at 00:00:00.000 UTC Thu Nov 14 2024 ---");
        has(f.out, "SHUTDOWN at 01:00:00.000 UTC Thu Feb 29 2024 ---");
        has(cf_priv(&f, "reload cancel\nreload at 1:00 feb 30 noconfirm\nshow reload\nreload at 1:00 feb\n"),
            "ERROR: there is no day 30 in that month\n");
        has(f.out, "No reload is scheduled.\n");
        has(f.out, "ERROR: % Incomplete command\n");
        cf_priv(&f, "reload at 23:59 14 nov save-config noconfirm reason cables\n");
        has(cf_priv(&f, "show reload\n"), "Reload reason: cables\n");
        for (unsigned h = 0; h < 2 && !f.stops; h++)
                pass(3600);
        assert_int_equal(f.stops, 1);
}

/* ---- files ---- */
static void directories_and_names(void **state UNUSED)
{
        const char *t = cf_priv(&f, "mkdir disk0:/old\nmkdir old\ncopy /noconfirm running-config disk0:/a.cfg\n"
                                    "rename a.cfg disk0:/old/b.cfg\ndir old\nrename nope x\nrmdir old\n"
                                    "copy /noconfirm running-config disk0:/c\nrename c old/b.cfg\n"
                                    "delete /noconfirm old/b.cfg\nrmdir old\ndir old\nmkdir ../x\nrename c pki/x\n");

        has(t, "Created dir disk0:/old\n");
        has(t, "%Error creating disk0:/old (File exists)\n");
        has(t, "Directory of disk0:/old\n\n1      -rwx  ");
        has(t, " b.cfg\n");
        has(t, "%Error renaming disk0:/nope (No such file or directory)\n");
        has(t, "%Error removing disk0:/old (Directory not empty)\n");
        has(t, "%Error renaming to disk0:/old/b.cfg (File exists)\n");
        has(t, "%Error opening disk0:/old (No such file or directory)\n");
        has(t, "ERROR: ../x is not the name of a file on flash\n");
        has(t, "ERROR: disk0:/pki/x is not the name of a file on flash\n");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                ROW(each_save_that_changes_something_is_kept),
                ROW(only_the_last_ones_are_kept),
                ROW(going_back_asks_and_does_it),
                ROW(a_damaged_copy_is_refused),
                ROW(erasing_takes_them_along),
                ROW(nobody_else_writes_among_them),
                ROW(nothing_else_takes_the_place_of_the_saved_one),
                ROW(other_files_do_not_count),
                ROW(numbers_begin_anew_after_the_last),
                ROW(differences_are_shown_without_secrets),
                ROW(exchanged_secrets_are_a_difference),
                ROW(a_comparison_leaves_the_key_store_alone),
                ROW(what_is_refused_when_typed_is_refused_aside),
                ROW(a_failed_change_takes_no_way_back_away),
                ROW(saving_what_waits_is_told),
                ROW(a_session_changes_nothing_until_its_commit),
                ROW(a_session_can_be_given_up),
                ROW(what_others_changed_meanwhile_is_not_lost),
                ROW(sessions_are_few_and_open_once),
                ROW(what_nobody_confirms_is_taken_back),
                ROW(going_back_may_be_taken_back_as_well),
                ROW(everybody_is_told_what_is_taken_back),
                ROW(everybody_is_told_of_a_reload),
                ROW(what_is_confirmed_stays),
                ROW(the_way_back_is_that_of_the_first_change),
                ROW(a_reload_comes_at_its_time_or_is_cancelled),
                ROW(a_time_of_day_is_the_next_one),
                ROW(a_time_of_a_date_may_be_next_year),
                ROW(directories_and_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
