/* Configurations and files on flash, saved and fetched in a session. */
#include "tests/support/session_rig.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/conf/running.h"

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
        has(cf_priv(&f, "write memory\n"),
            "ERROR: disk0:/startup-config: cannot create startup-config: No such file or directory\n");
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
                                    "snmp-server host inside 10.0.0.7 version 2c Snmp77\n"
                                    "snmp-server host inside 10.0.0.8 community Snmp88 version 2c\n"
                                    "snmp-server user u g v3 auth sha Snmp99\nsnmp-server loc Room 5\n"
                                    "ntp authentication-key 1 m Snmp11\n");

        has_not(t, "Invalid input");
        t = cf_priv(&f, "show running-config\nshow configuration inert\n");
        has_not(t, "Snmp");
        has(t, "snmp-server community *****\n");
        has(t, "snmp-server host inside 10.0.0.9 *****\n");
        has(t, "snmp-server host inside 10.0.0.8 community ***** version 2c\n");
        has(t, "snmp-server host inside 10.0.0.7 version 2c *****\n");
        has(t, "snmp-server user u *****\n");
        has(t, "snmp-server location Room 5\n");
        has(t, "ntp authentication-key 1 md5 *****\n");
        has(cf_priv(&f, "more system:running-config\n"), "snmp-server community Snmp55\n");
}

/* Behind the two lines of comment and the three of the session with snmpd. */
static void the_file_of_snmpd_opens_what_is_configured(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "snmp-server community S1\n", "# Nobody may ask: there is no snmp-server host that may.\n" },
                { "snmp-server host inside 10.0.0.9 poll\n", "rocommunity COMMUNITY 10.0.0.9 -V voxgate voxgate\n" },
                { "name 10.0.0.8 nms\nsnmp-server host inside nms version 2c udp-port 1162\n",
                  "rocommunity COMMUNITY 10.0.0.8 -V voxgate voxgate\ntrap2sink 10.0.0.8:1162 COMMUNITY\n" },
                { "snmp-server host inside nowhere\n",
                  "trap2sink 10.0.0.8:1162 COMMUNITY\n# snmp-server host inside nowhere: no address\n" },
                { "clear configure snmp-server\nsnmp-server user ann staff v3 auth sha S2 priv aes 128 S3\n"
                  "snmp-server user bob staff v3 auth sha S4\nsnmp-server host inside 10.0.0.7 trap version 3 ann\n",
                  "# with the user's own words: trapsess -v 3 -u USER -l LEVEL -n voxgate 10.0.0.7:162\n"
                  "# Nobody may ask: there is no snmp-server host that may.\n" },
                { "snmp-server host inside 10.0.0.7 poll version 3 ann\nsnmp-server listen-port 1161\n",
                  "# createUser ann AUTH AUTHPASSWORD PRIV PRIVPASSWORD\nrouser ann priv -V voxgate voxgate\n"
                  "# createUser bob AUTH AUTHPASSWORD\nrouser bob auth -V voxgate voxgate\nagentAddress udp:1161\n" },
        };
        char script[512], want[512];

        cf_priv(&f, "configure terminal\ninterface g0/1\nnameif inside\n");
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                snprintf(script, sizeof script, "configure terminal\n%send\nshow snmp-server snmpd\n", rows[i][0]);
                snprintf(want, sizeof want, "view voxgate included .1\n%s", rows[i][1]);
                if (i != 2 && i != 3)
                        has(cf_priv(&f, script), want);
                else
                        has(cf_priv(&f, script), rows[i][1]);
        }
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

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(write_memory),
                T(a_flash_that_is_gone_is_told),
                T(copy_to_startup),
                T(copy_to_flash_and_back),
                T(files_on_flash),
                T(erase_and_reload),
                T(erasing_leaves_nothing),
                T(clearing_asks_nobody),
                T(kept_secrets_are_masked),
                T(the_file_of_snmpd_opens_what_is_configured),
                T(kept_secrets_are_masked_however_they_are_typed),
                T(interfaces_by_any_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
