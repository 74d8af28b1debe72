/* What a start makes of startup-config: whole, cut short, edited behind the appliance's back, beyond compiling. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/conf/passwd.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/boot/startup.h"
#include "tests/path/support/path_fixture.h"
#include "tests/support/test.h"

#define INSIDE "10.0.0.9"
#define OUTSIDE "192.0.2.10"

static const char closed[] = "enable password topsecret\n"
                             "username ann password annspass privilege 15\n"
                             "access-list inside_in extended deny ip any any\n"
                             "access-group inside_in in interface inside\n";

static struct path_fixture fx;
static char dir[64];

static const char *flash_name(const char *name)
{
        static char path[128];

        snprintf(path, sizeof path, "%s/%s", dir, name);
        return path;
}

static int prepare(void **state UNUSED)
{
        strcpy(dir, "/tmp/vg-startup-XXXXXX");
        assert_non_null(mkdtemp(dir));
        return 0;
}

static int clean(void **state UNUSED)
{
        char mine[160];

        for (unsigned i = 1; i < 10; i++) { /* what was saved has a way back */
                snprintf(mine, sizeof mine, "%s/%08u", flash_name("rollback"), i);
                unlink(mine);
        }
        rmdir(flash_name("rollback"));
        unlink(flash_name("startup-config"));
        unlink(flash_name("startup-config.prev"));
        return rmdir(dir);
}

/* A unit that had the policy and saved it `times` times. */
static void save(const char *policy, unsigned times)
{
        px_start(&fx, px_base, false);
        strcpy(fx.box.flash, dir);
        px_config(&fx, policy);
        while (times--)
                assert_non_null(strstr(px_show(&fx, "write memory"), "[OK]"));
        px_stop(&fx);
}

static char *read_startup(void)
{
        uint8_t *text = NULL;
        size_t n;

        assert_int_equal(file_read(flash_name("startup-config"), 1 << 20, &text, &n, NULL), 0);
        return (char *)text;
}

static void write_startup(const char *text, size_t n)
{
        assert_int_equal(file_write_atomic(flash_name("startup-config"), text, n, 0600, false, NULL), 0);
}

static void cut_before(const char *words)
{
        char *text = read_startup(), *at = strstr(text, words);

        assert_non_null(at);
        write_startup(text, (size_t)(at - text));
        mem_free_secret(text);
}

static void change(const char *from, const char *to)
{
        char *text = read_startup(), *at = strstr(text, from);

        assert_non_null(at);
        assert_int_equal(strlen(from), strlen(to));
        memcpy(at, to, strlen(to));
        write_startup(text, strlen(text));
        mem_free_secret(text);
}

static void start(void)
{
        struct err e = { 0 };

        px_open(&fx, false);
        strcpy(fx.box.flash, dir);
        box_load_startup(&fx.box, &fx.setup);
        if (box_first_commit(&fx.box, &e) < 0)
                fail_msg("%s", e.text);
        px_settle(&fx);
}

static bool passes(void)
{
        struct pb_view v;
        static uint16_t port = 2000;

        px_udp(&fx, 1, INSIDE, port++, OUTSIDE, 53, "x");
        return px_take(&fx, 0, &v);
}

static bool said(const char *words)
{
        return strstr(fx.box.startup_errors, words) != NULL;
}

static void a_whole_file_is_in_force_silently(void **state UNUSED)
{
        save("hostname kept\n", 1);
        start();
        assert_false(said("WARNING") || said("ERROR"));
        assert_true(passes());
        px_stop(&fx);
}

static void a_torn_file_lets_nothing_pass(void **state UNUSED)
{
        save(closed, 1);
        cut_before("access-group");
        start();
        assert_true(said("cut short"));
        assert_false(passes());
        assert_int_equal(px_drops(&fx, DROP_CONFIG_HOLD), 1);
        assert_non_null(
                strstr(px_show(&fx, "packet-tracer input inside udp 10.0.0.9 1000 192.0.2.10 53"), "config-hold"));
        assert_non_null(strstr(px_show(&fx, "write memory"), "INFO: through traffic is no longer held"));
        assert_true(passes());
        assert_null(strstr(px_show(&fx, "write memory"), "held"));
        px_stop(&fx);
        start();
        assert_false(said("WARNING") || said("ERROR"));
        assert_true(passes());
        px_stop(&fx);
}

/* "eq 8443" cut to "eq 8" would be another rule. */
static void a_line_cut_in_the_middle_is_not_read(void **state UNUSED)
{
        save("access-list a extended permit tcp any any eq 8443\n", 1);
        cut_before("443");
        start();
        assert_true(said("ERROR: cut off, not read"));
        assert_null(strstr(px_show(&fx, "show running-config"), "eq 8"));
        px_stop(&fx);
}

static void passwords_outlive_a_torn_file(void **state UNUSED)
{
        save(closed, 2);
        cut_before("enable password");
        start();
        assert_true(passwd_check(fx.box.store->sys.enable_hash, "", "topsecret"));
        assert_non_null(conf_list_find(&fx.box.store->sys.users, "ann"));
        assert_true(said("INFO: 2 lines about passwords and users were taken from startup-config.prev"));
        assert_false(passes());
        px_stop(&fx);
}

static void an_unreadable_file_keeps_passwords(void **state UNUSED)
{
        save(closed, 2);
        unlink(flash_name("startup-config"));
        assert_int_equal(mkdir(flash_name("startup-config"), 0700), 0);
        start();
        assert_true(said("ERROR: startup-config: "));
        assert_true(passwd_check(fx.box.store->sys.enable_hash, "", "topsecret"));
        px_stop(&fx);
        rmdir(flash_name("startup-config"));
}

static void a_refused_rule_lets_nothing_pass(void **state UNUSED)
{
        save(closed, 1);
        change("extended deny ip any any", "extended dxny ip any any");
        start();
        assert_true(said("a line that says who may pass is refused"));
        assert_false(passes());
        px_stop(&fx);
}

/* The greeting stands in front of the login. */
static void a_refused_line_does_not_tell_its_secret(void **state UNUSED)
{
        save("username bob password Hidden1\n", 1);
        change("username bob password", "username bob passxord");
        start();
        assert_true(said("Invalid input detected at word 3: username *****\n"));
        assert_null(strstr(fx.box.startup_errors, "encrypted"));
        px_stop(&fx);
}

static void a_refused_line_of_another_kind_holds_nothing(void **state UNUSED)
{
        save("logging timestamp\n", 1);
        change("logging timestamp", "logging timestump");
        start();
        assert_true(said("ERROR"));
        assert_true(passes());
        px_stop(&fx);
}

static void a_flipped_bit_is_told(void **state UNUSED)
{
        save(closed, 1);
        change("extended deny ip any any", "extended deny 89 any any");
        start();
        assert_true(said("WARNING: startup-config is not what was saved: its checksum is "));
        px_stop(&fx);
        save(closed, 1);
        change("\nCryptochecksum:", "\n!ryptochecksum:"); /* nothing to compare with: a file by hand */
        start();
        assert_false(said("WARNING") || said("ERROR"));
        px_stop(&fx);
}

static void beyond_compiling_comes_up_and_forwards_nothing(void **state UNUSED)
{
        struct err e = { 0 };

        px_start(&fx, px_base, false);
        assert_true(passes());
        strcpy(fx.box.flash, dir);
        fx.box.store->dirty = DIRTY_ALL;
        mem_fail_nth(1, false);
        assert_int_equal(box_first_commit(&fx.box, &e), 0);
        mem_fail_nth(0, false);
        assert_true(said("ERROR: startup-config cannot be put in force, nothing is forwarded: "));
        assert_false(passes());
        px_show(&fx, "show clock"); /* every command compiles first what is typed */
        assert_true(passes());
        px_stop(&fx);
}

/* ---- boot config ---- */

static void drop(const char *name)
{
        unlink(flash_name(name));
}

static void the_named_file_is_read(void **state UNUSED)
{
        save("hostname first\n", 1);
        save("hostname second\nboot config disk0:/b.cfg\n", 1);
        start();
        assert_false(said("WARNING") || said("ERROR"));
        assert_string_equal(fx.box.store->sys.hostname, "second");
        assert_string_equal(fx.box.boot_file, "b.cfg");
        assert_true(passes());
        assert_non_null(strstr(px_show(&fx, "show version"), "Config file at boot was \"disk0:/b.cfg\""));
        px_stop(&fx);
        drop("b.cfg");
        drop(".boot-config");
}

static void a_lost_file_gives_way_to_the_one_before(void **state UNUSED)
{
        save("hostname first\n", 1);
        save("hostname second\nboot config disk0:/b.cfg\n", 1);
        drop("b.cfg");
        start();
        assert_true(said("ERROR: disk0:/b.cfg, which `boot config` names, is not there\n       disk0:/startup-config is read instead"));
        assert_string_equal(fx.box.store->sys.hostname, "first");
        assert_false(passes()); /* who knows what was denied since */
        assert_non_null(strstr(px_show(&fx, "write memory"), "INFO: through traffic is no longer held"));
        assert_true(passes());
        px_stop(&fx);
        start();
        assert_false(said("WARNING") || said("ERROR"));
        px_stop(&fx);
        drop(".boot-config");
}

static void without_any_file_there_is_a_console(void **state UNUSED)
{
        save("hostname second\nboot config disk0:/b.cfg\n", 1);
        drop("b.cfg");
        start();
        assert_true(said("is not there, nor is there a startup-config: nothing is configured"));
        assert_string_equal(fx.box.store->sys.hostname, "ciscoasa");
        px_stop(&fx);
        assert_int_equal(file_write_atomic(flash_name(".boot-config"), "../x\n", 5, 0600, false, NULL), 0);
        save("hostname third\n", 0);
        start();
        assert_true(said("ERROR: which file `boot config` named is not known any more: nothing is configured"));
        px_stop(&fx);
        drop(".boot-config");
}

static void a_torn_named_file_is_as_any(void **state UNUSED)
{
        char *text;
        uint8_t *p;
        size_t n;

        save("enable password topsecret\nboot config disk0:/b.cfg\n", 2);
        assert_int_equal(file_read(flash_name("b.cfg"), 1 << 20, &p, &n, NULL), 0);
        text = (char *)p;
        assert_int_equal(file_write_atomic(flash_name("b.cfg"), text, (size_t)(strstr(text, "enable password") - text), 0600, false, NULL), 0);
        mem_free_secret(p);
        start();
        assert_true(said("ERROR: b.cfg is cut short"));
        assert_true(said("were taken from b.cfg.prev"));
        assert_true(passwd_check(fx.box.store->sys.enable_hash, "", "topsecret"));
        assert_false(passes());
        px_stop(&fx);
        drop("b.cfg");
        drop("b.cfg.prev");
        drop(".boot-config");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, prepare, clean)
        const struct CMUnitTest tests[] = {
                T(a_whole_file_is_in_force_silently),
                T(a_torn_file_lets_nothing_pass),
                T(a_line_cut_in_the_middle_is_not_read),
                T(passwords_outlive_a_torn_file),
                T(an_unreadable_file_keeps_passwords),
                T(a_refused_rule_lets_nothing_pass),
                T(a_refused_line_does_not_tell_its_secret),
                T(a_refused_line_of_another_kind_holds_nothing),
                T(a_flipped_bit_is_told),
                T(beyond_compiling_comes_up_and_forwards_nothing),
                T(the_named_file_is_read),
                T(a_lost_file_gives_way_to_the_one_before),
                T(without_any_file_there_is_a_console),
                T(a_torn_named_file_is_as_any),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
