/* The life of a configuration: where it is saved, what is merged into it, the factory's. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/conf/boot_config.h"
#include "cli/conf/store.h"
#include "cli/ssh/xfer.h"
#include "platform/base/file.h"
#include "tests/support/console_fixture.h"

static struct console_fixture f;

static int prepare(void **state UNUSED)
{
        cf_open(&f);
        return 0;
}

static int stop(void **state UNUSED)
{
        cf_close(&f);
        return 0;
}

static void has(const char *text, const char *words)
{
        if (!strstr(text, words))
                fail_msg("no \"%s\" in:\n%s", words, text);
}

static void lacks(const char *text, const char *words)
{
        if (strstr(text, words))
                fail_msg("\"%s\" in:\n%s", words, text);
}

static void put(const char *name, const char *text)
{
        char path[512];

        snprintf(path, sizeof path, "%s/%s", f.dir, name);
        assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, false, NULL), 0);
}

static void file_has(const char *name, const char *words)
{
        char *text = cf_file(&f, name);

        if (!text)
                fail_msg("there is no %s", name);
        has(text, words);
        free(text);
}

static bool is_there(const char *name)
{
        char *text = cf_file(&f, name);

        free(text);
        return text != NULL;
}

/* ---- boot config ---- */

static void names_that_can_be_saved_to(void **state UNUSED)
{
        static const char *const good[] = { "a",         "a/b",           "startup-config", "a b",
                                            "rollbacks", "clock-offsets", "k\xc3\xa4se.cfg" };
        static const char *const bad[] = {
                "",   ".boot-config", "a/.b",       "pki/x",     "pki",          "a/",        "a//b",          "../x",
                "/a", "rollback",     "rollback/1", "aaa-state", "clock-offset", "crashinfo", "clock-offset/x"
        };
        char longest[BOOT_NAME_MAX + 2];

        for (size_t i = 0; i < ARRAY_LEN(good); i++)
                assert_true(boot_config_ok(good[i]));
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                if (boot_config_ok(bad[i]))
                        fail_msg("\"%s\"", bad[i]);
        memset(longest, 'x', sizeof longest);
        longest[BOOT_NAME_MAX + 1] = 0;
        assert_false(boot_config_ok(longest));
        longest[BOOT_NAME_MAX] = 0;
        assert_true(boot_config_ok(longest));
}

static void a_save_goes_where_the_line_says(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "write memory\nconfigure terminal\nhostname second\nboot config flash:b.cfg\nend\n"
                            "show bootvar\nwrite memory\nshow bootvar\nshow startup-config | include ^hostname\n");

        has(t, "INFO: Converting flash:b.cfg to disk0:/b.cfg\n");
        has(t, "INFO: disk0:/b.cfg is not there yet; write memory makes it");
        has(t, "CONFIG_FILE variable = \nCurrent CONFIG_FILE variable = disk0:/b.cfg\n");
        has(t, "CONFIG_FILE variable = disk0:/b.cfg\nCurrent CONFIG_FILE variable = disk0:/b.cfg\n");
        has(t, "hostname second\n");
        file_has("b.cfg", "hostname second\n");
        file_has("b.cfg", "\nboot config disk0:/b.cfg\n");
        file_has("startup-config", "hostname ciscoasa\n");
        t = cf_priv(
                &f,
                "configure terminal\nno boot config\nhostname third\nend\nshow startup-config | include ^hostname\n"
                "write memory\nshow startup-config | include ^hostname\nshow bootvar\n");
        has(t, "hostname second\n");
        has(t, "hostname third\n");
        has(t, "CONFIG_FILE variable = \nCurrent CONFIG_FILE variable = \n");
        file_has("startup-config", "hostname third\n");
        file_has("b.cfg", "hostname second\n");
}

static void what_means_the_saved_one_means_that_file(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\nboot config disk0:/b.cfg\nend\nwrite memory\nwrite memory\n"
                                    "configure terminal\nhostname typed\nend\nshow running-config diff\n"
                                    "copy /noconfirm startup-config running-config\nshow running-config hostname\n"
                                    "copy /noconfirm running-config disk0:/other\n"
                                    "copy /noconfirm disk0:/other startup-config\n");

        has(t, "-hostname ciscoasa\n+hostname typed\n");
        has(t, "\nhostname ciscoasa\n");
        assert_true(is_there("b.cfg") && is_there("b.cfg.prev") && !is_there("startup-config"));
        assert_int_equal(xfer_write(&f.box, "startup-config", "hostname sent\n", 14), XFER_OK);
        file_has("b.cfg", "hostname sent\n");
        assert_false(is_there("startup-config"));
        has(cf_priv(&f, "write erase\n\nshow bootvar\nshow startup-config\n"), "No Configuration\n");
        assert_false(is_there("b.cfg") || is_there("b.cfg.prev") || is_there(".boot-config"));
}

static void no_other_file_can_be_meant(void **state UNUSED)
{
        static const char *const bad[] = { "tftp://10.0.0.1/x",   "disk0:",   "disk0:/../x", "disk0:/pki/x",
                                           "disk0:/.boot-config", "disk1:/x", "disk0:/x/" };
        char script[200];

        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                snprintf(script, sizeof script, "configure terminal\nboot config %s\nshow running-config boot\n",
                         bad[i]);
                has(cf_priv(&f, script), "is not the name of a file on flash: disk0:/FILE\n");
                assert_string_equal(f.box.store->sys.boot_config, "");
        }
}

/* What the appliance keeps for itself nobody writes over, whatever the command. */
static void its_own_files_are_nobody_elses(void **state UNUSED)
{
        static const char *const lines[] = {
                "configure terminal\nboot config",
                "copy /noconfirm startup-config",
                "copy /noconfirm running-config",
                "rename /noconfirm disk0:/startup-config",
                "mkdir /noconfirm",
                "show tech-support file",
        };
        static const char *const own[] = { "disk0:/clock-offset", "disk0:/rollback/1", "flash:crashinfo" };
        char script[160];

        cf_priv(&f, "write memory\n");
        put("clock-offset", "ns 1\n");
        for (size_t k = 0; k < ARRAY_LEN(own); k++) {
                for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
                        snprintf(script, sizeof script, "%s %s\n", lines[i], own[k]);
                        has(cf_priv(&f, script), ", nothing else\n");
                        assert_string_equal(f.box.store->sys.boot_config, "");
                }
                assert_int_equal(xfer_write(&f.box, flash_name(own[k]), "x", 1), XFER_DENIED);
        }
        file_has("clock-offset", "ns 1\n");
        assert_false(is_there("crashinfo"));
}

static void a_file_that_cannot_be_written_changes_nothing(void **state UNUSED)
{
        char path[512], name[BOOT_NAME_MAX + 1];

        has(cf_priv(&f, "write memory\nconfigure terminal\nboot config disk0:/no/b.cfg\nend\nwrite memory\n"),
            "ERROR: disk0:/no/b.cfg: cannot create b.cfg: No such file or directory\n");
        assert_true(boot_config_get(f.dir, name));
        assert_string_equal(name, "startup-config");
        has(cf_priv(&f, "configure terminal\nboot config disk0:/no/b.cfg\n"),
            "WARNING: there is no directory disk0:/no: make it (mkdir) before write memory\n");
        has(cf_priv(&f, "mkdir /noconfirm sub\nconfigure terminal\nboot config disk0:/sub\nend\nwrite memory\n"),
            "WARNING: disk0:/sub is a directory: write memory cannot save there\n");
        has(cf_priv(&f, "write memory\n"),
            "ERROR: disk0:/sub is a directory: choose another name with boot config\n");
        assert_true(boot_config_get(f.dir, name));
        assert_string_equal(name, "startup-config");
        /* what says where it is cannot be written */
        snprintf(path, sizeof path, "%s/.boot-config", f.dir);
        assert_int_equal(mkdir(path, 0700), 0);
        has(cf_priv(&f, "configure terminal\nboot config disk0:/b.cfg\nend\nwrite memory\n"),
            "ERROR: disk0:/b.cfg is written, but the next start reads disk0:/startup-config: ");
        rmdir(path);
}

static void what_is_damaged_is_not_believed(void **state UNUSED)
{
        static const char *const bad[] = { "", "b.cfg", "b.cfg\nx", "../x\n", "pki/key\n", "\n", "b.cfg\n\n" };
        char name[BOOT_NAME_MAX + 1];

        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
                put(".boot-config", bad[i]);
                assert_false(boot_config_get(f.dir, name));
                assert_string_equal(name, "startup-config");
        }
        put(".boot-config", "a/b.cfg\n");
        assert_true(boot_config_get(f.dir, name));
        assert_string_equal(name, "a/b.cfg");
}

/* ---- merging ---- */

static void the_saved_one_is_merged(void **state UNUSED)
{
        const char *t = cf_priv(&f, "write memory\nconfigure terminal\nhostname typed\nbanner motd kept\nend\n"
                                    "configure memory\nshow running-config hostname\nshow running-config banner\n");

        has(t, " bytes copied in ");
        has(t, "Cryptochecksum (changed): "); /* the banner is not in the saved one */
        has(t, " lines are kept but not in force: show configuration inert\n");
        lacks(t, "WARNING"); /* they were told when they were typed */
        has(t, "\nhostname ciscoasa\n");
        has(t, "\nbanner motd kept\n");
        has(cf_priv(&f, "configure terminal\nno banner motd\nend\nwrite memory\nconfigure memory\n"),
            "Cryptochecksum (unchanged): ");
        has(cf_priv(&f, "write erase\n\nconfigure memory\n"),
            "%Error opening disk0:/startup-config (No such file or directory)\n");
        put(".boot-config", "gone.cfg\n"); /* the file that is missing is named */
        has(cf_priv(&f, "configure memory\n"), "%Error opening disk0:/gone.cfg (No such file or directory)\n");
        put(".boot-config", "startup-config\n");
        put("startup-config", "hostname merged\nnonsense here\n");
        t = cf_priv(&f, "configure memory\nshow running-config hostname\n");
        has(t, "line 2: ERROR: % Invalid input detected at \"nonsense\": nonsense here\n");
        has(t, "\nhostname merged\n");
}

static void places_on_servers(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "configure net\n", "ERROR: the server is not known: type SERVER:FILE, or configure tftp-server" },
                { "configure net 10.0.0.9:\n", "ERROR: the name of the file is not known: " },
                { "configure net fw.cfg\n", "ERROR: SERVER:FILE, :FILE or a URL expected: fw.cfg has no \":\"" },
                { "write net\n", "ERROR: the server is not known: " },
                { "configure net 10.0.0.9:fw.cfg\n", "%Error reading tftp://10.0.0.9/fw.cfg (no dataplane)" },
                { "configure net tftp://10.0.0.9:6969/a/fw.cfg\n",
                  "%Error reading tftp://10.0.0.9:6969/a/fw.cfg (no dataplane)" },
                { "configure net tftp://10.0.0.9\n", "ERROR: tftp://HOST/FILE expected" },
                { "configure net disk://x/y\n", "ERROR: disk://x/y: running-config" },
                { "write net 10.0.0.9:fw.cfg\n", "%Error writing tftp://10.0.0.9/fw.cfg (no dataplane)" },
                { "configure http://joe:secret@10.0.0.9/fw.cfg\n",
                  "%Error reading http://10.0.0.9/fw.cfg (no dataplane)" },
                { "configure https://10.0.0.9\n", "ERROR: http[s]://[USER[:PASSWORD]@]HOST[:PORT]/FILE expected" },
                { "configure htxp://10.0.0.9/x\n", "Invalid input detected" },
                { "configure terminal\ntftp-server inside 10.0.0.9 /dir/fw.cfg\nend\nshow running-config "
                  "tftp-server\n",
                  "\ntftp-server inside 10.0.0.9 /dir/fw.cfg\n" },
                { "configure net\n", "%Error reading tftp://10.0.0.9//dir/fw.cfg (no dataplane)" },
                { "configure net :other\n", "%Error reading tftp://10.0.0.9/other (no dataplane)" },
                { "write net 10.0.0.7:\n", "%Error writing tftp://10.0.0.7//dir/fw.cfg (no dataplane)" },
                { "write net :\n", "Building configuration...\nCryptochecksum: " },
        };

        cf_priv(&f, "configure terminal\ninterface g0/0\nnameif inside\nend\n");
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                has(cf_priv(&f, rows[i][0]), rows[i][1]);
                lacks(cf_priv(&f, rows[i][0]), "ERROR: %Error");
        }
}

/* ---- the factory's ---- */

static const char used[] = "configure terminal\nenable password secret1\nhostname used\nusername u password secret2\n"
                           "aaa authentication serial console LOCAL\naaa authentication enable console LOCAL\n"
                           "boot config disk0:/b.cfg\naccess-list a extended permit ip any any\nend\nwrite memory\n";

static void the_factory_lets_the_console_in(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, used);
        t = cf_priv(&f, "configure factory-default\nn\nshow running-config hostname\n");
        has(t, "\nhostname used\n");
        t = cf_priv(&f, "configure terminal\ninterface Management0/0\ninterface g0/0\nconfigure factory-default\n\n"
                        "show running-config\n");
        has(t, "The configuration in force is removed");
        has(t, "Proceed with factory-default configuration? [confirm]\n");
        has(t, "Clear all configuration\n");
        has(t, "Factory-default configuration is completed\n");
        has(t, "\nhostname ciscoasa\n");
        has(t, "\nservice-policy global_policy global\n");
        lacks(t, "access-list a");
        lacks(t, "\nboot config");
        lacks(t, "ERROR");
        lacks(t, "\nExecuting command: interface Management0/0\n"); /* there is no such port */
        lacks(t, "\ninterface Management0/0\n no nameif");
        assert_true(f.box.conf_dirty);
        has(cf_run(&f, "enable\n\nshow curpriv\n"), "Current privilege level : 15\n");
        file_has("b.cfg", "hostname used\n"); /* what is saved stays */
}

static void the_management_port_has_an_address(void **state UNUSED)
{
        struct iface_binding *p = iface_bind(&f.bind, "Management0/0");
        struct err e;
        const char *t;

        p->port = (uint16_t)(f.bind.n - 1);
        assert_int_equal(store_add_ports(f.box.store, &f.bind, &e), 0);
        t = cf_priv(&f, "configure factory-default\n\nshow running-config interface Management0/0\n"
                        "show running-config http\n");
        lacks(t, "ERROR");
        has(t, "Executing command: interface Management0/0\n");
        has(t, "\n nameif management\n security-level 100\n ip address 192.168.1.1 255.255.255.0\n");
        has(t, "\nhttp server enable\nhttp 192.168.1.0 255.255.255.0 management\n");
        has(cf_priv(&f, "configure factory-default 10.5.6.7 255.255.255.128\n\nshow running-config http\n"),
            "\nhttp 10.5.6.0 255.255.255.128 management\n");
        has(cf_priv(&f, "configure factory-default 172.16.0.9\n\nshow running-config interface Management0/0\n"),
            "\n ip address 172.16.0.9 255.255.0.0\n");
        has(cf_priv(&f, "configure factory-default 10.5.6.0 255.255.255.0\n"),
            "ERROR: this is not the address of a host");
        has(cf_priv(&f, "configure factory-default 10.5.6.255 255.255.255.0\n"),
            "ERROR: this is not the address of a host");
        has(cf_priv(&f, "configure factory-default 127.0.0.1 255.0.0.0\n"),
            "ERROR: this is not the address of a host");
}

static void an_address_wants_a_port(void **state UNUSED)
{
        has(cf_priv(&f, "configure factory-default 10.5.6.7\n"), "ERROR: there is no Management port");
        has(cf_priv(&f, "configure session x\nconfigure factory-default\nconfigure memory\n"),
            "ERROR: a configuration session is open: commit or abort it first\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_that_can_be_saved_to),
                cmocka_unit_test_setup_teardown(a_save_goes_where_the_line_says, prepare, stop),
                cmocka_unit_test_setup_teardown(what_means_the_saved_one_means_that_file, prepare, stop),
                cmocka_unit_test_setup_teardown(no_other_file_can_be_meant, prepare, stop),
                cmocka_unit_test_setup_teardown(its_own_files_are_nobody_elses, prepare, stop),
                cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_changes_nothing, prepare, stop),
                cmocka_unit_test_setup_teardown(what_is_damaged_is_not_believed, prepare, stop),
                cmocka_unit_test_setup_teardown(the_saved_one_is_merged, prepare, stop),
                cmocka_unit_test_setup_teardown(places_on_servers, prepare, stop),
                cmocka_unit_test_setup_teardown(the_factory_lets_the_console_in, prepare, stop),
                cmocka_unit_test_setup_teardown(the_management_port_has_an_address, prepare, stop),
                cmocka_unit_test_setup_teardown(an_address_wants_a_port, prepare, stop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
