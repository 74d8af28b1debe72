/* The current directory, names seen from it, and what is told of files. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <utime.h>

#include "cli/conf/flash_name.h"
#include "cli/ssh/xfer.h"
#include "platform/base/clock_own.h"
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
        char cmd[128];

        snprintf(cmd, sizeof cmd, "rm -rf %s/*/", f.dir);
        assert_int_equal(system(cmd), 0);
        cf_close(&f);
        return 0;
}

static void has(const char *text, const char *words)
{
        if (!strstr(text, words))
                fail_msg("no \"%s\" in:\n%s", words, text);
}

static void put(const char *name, const char *data, size_t n)
{
        char path[512];

        snprintf(path, sizeof path, "%s/%s", f.dir, name);
        assert_int_equal(file_write_atomic(path, data, n, 0600, false, NULL), 0);
}

/* ---- names ---- */

static void names_as_they_are_typed(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "disk0:/a", "a" }, { "disk0:a", "a" }, { "FLASH:/a/b", "a/b" },
                { "disk0", "" },     { "disk0:", "" },   { "flash:", "" },
                { "a", "a" },        { "d", "d" },       { "disk", "disk" },
                { "/a", "a" },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_string_equal(flash_name(rows[i][0]), rows[i][1]);
        assert_true(is_flash_url("a") && is_flash_url("disk0") && is_flash_url("flash:a"));
        assert_false(is_flash_url("disk1:/a") || is_flash_url("tftp://a") || is_flash_url("d:"));
}

static void names_as_seen_from_a_directory(void **state UNUSED)
{
        static const struct {
                const char *cwd, *typed, *name; /* NULL: nothing is called that */
        } rows[] = {
                { "", "a", "a" },        { "x", "a", "x/a" },         { "x/y", "../a", "x/a" },
                { "x/y", "../..", "" },  { "x/y", "../../..", NULL }, { "x", "disk0:/a", "a" },
                { "x", "disk0:a", "a" }, { "x", "/a", "a" },          { "x", "flash:", "" },
                { "x", ".", "x" },       { "x", "./b//c/", "x/b/c" }, { "x", "", "x" },
                { "", "..", NULL },      { "", "disk0:/../a", NULL }, { "", "disk0:/a/../b", "b" },
                { "", "a\nb", NULL },    { "", "a b", "a b" },        { "", "k\xc3\xa4se", "k\xc3\xa4se" },
        };
        char name[FLASH_NAME_MAX + 1], longest[FLASH_NAME_MAX + 2];

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_int_equal(flash_resolve(rows[i].cwd, rows[i].typed, name), rows[i].name != NULL);
                if (rows[i].name)
                        assert_string_equal(name, rows[i].name);
        }
        memset(longest, 'x', sizeof longest);
        longest[FLASH_NAME_MAX + 1] = 0;
        assert_false(flash_resolve("", longest, name));
        assert_true(flash_resolve("", longest + 1, name));
        assert_false(flash_resolve("y", longest + 1, name));
}

/* ---- the current directory ---- */

static void commands_see_files_from_there(void **state UNUSED)
{
        const char *t = cf_priv(
                &f, "pwd\nmkdir sub\ncd sub\npwd\nmkdir deep\ncopy /noconfirm running-config a.cfg\n"
                    "copy /noconfirm a.cfg deep/\nrename a.cfg b.cfg\ncd deep\npwd\nmore a.cfg | include ^hostname\n"
                    "dir\ncopy /noconfirm ../b.cfg disk0:/top\ndelete /noconfirm ../b.cfg\n"
                    "verify a.cfg\ncd ..\ndir\nshow flash:\ncd\npwd\n");
        char *top;

        has(t, "# pwd\ndisk0:/\n");
        has(t, "Created dir disk0:/sub\n");
        has(t, "# pwd\ndisk0:/sub/\n");
        has(t, "Created dir disk0:/sub/deep\n");
        has(t, "# pwd\ndisk0:/sub/deep/\n");
        has(t, "\nhostname ciscoasa\n");
        has(t, "Directory of disk0:/sub/deep\n");
        has(t, "verify /MD5 (disk0:/sub/deep/a.cfg) = ");
        has(t, "Directory of disk0:/sub\n\n1      drwx  ");
        has(t, "# show flash:\n\nDirectory of disk0:/\n");
        has(t, "# cd\nciscoasa# pwd\ndisk0:/\n");
        assert_null(strstr(t, "ERROR"));
        assert_null(strstr(t, "%Error"));
        top = cf_file(&f, "top");
        assert_non_null(top);
        free(top);
        assert_null(cf_file(&f, "sub/b.cfg"));
}

static void answers_are_seen_from_there_too(void **state UNUSED)
{
        const char *t =
                cf_priv(&f, "mkdir sub\ncd sub\ncopy running-config x\n\nb.cfg\ncopy running-config b.cfg\n\n\nn\n"
                            "delete nothing\nb.cfg\n\ndir b.cfg\n");

        has(t, "Destination filename [sub/x]? b.cfg\n");
        has(t, "%Warning:There is a file already existing with this name\n");
        has(t, "Delete filename [sub/nothing]? b.cfg\n");
        has(t, "Delete disk0:/sub/b.cfg? [confirm]\n");
        has(t, "%Error opening disk0:/sub/b.cfg (No such file or directory)\n");
}

static void what_is_no_directory(void **state UNUSED)
{
        put("plain", "x", 1);
        has(cf_priv(&f, "cd plain\n"), "%Error changing to disk0:/plain (Not a directory)\n");
        has(cf_priv(&f, "cd none\n"), "%Error changing to disk0:/none (No such file or directory)\n");
        has(cf_priv(&f, "cd ..\n"), "ERROR: .. is not the name of a file on flash\n");
        has(cf_priv(&f, "cd pki\n"), "ERROR: disk0:/pki is not the name of a file on flash\n");
        has(cf_priv(&f, "cd disk1:/x\n"), "ERROR: disk1:/x: unknown file system\n");
        has(cf_priv(&f, "mkdir sub\ncd sub\nmore ../../x\ncd ../pki\ncd ../plain\npwd\n"), "# pwd\ndisk0:/sub/\n");
        has(cf_priv(&f, "mkdir sub\ncd sub\nrmdir ../sub\npwd\ndir\n"),
            "%Error opening disk0:/sub (No such file or directory)\n");
}

static void a_directory_is_the_sessions_own(void **state UNUSED)
{
        cf_priv(&f, "mkdir sub\ncd sub\n");
        has(cf_priv(&f, "pwd\n"), "# pwd\ndisk0:/\n");
}

/* ---- what is in files ---- */

static void files_as_text_and_as_octets(void **state UNUSED)
{
        static const char octets[] = "Hello\0\x7f\xc8\x85\x93\x93\x96\x4b\xff plus";
        const char *t;

        put("o", octets, sizeof octets - 1);
        t = cf_priv(&f, "more /binary o\nmore /ebcdic o\nmore /ascii o\n");
        has(t, "00000000:   48656c6c 6f007fc8 85939396 4bff2070   Hello.......K. p\n");
        has(t, "00000010:   6c7573                                lus\n");
        has(t, "00000000:   48656c6c 6f007fc8 85939396 4bff2070   ..%%?.\"Hello....\n");
        has(t, "Hello\\x00\\x7f");
        put("e", "", 0);
        has(cf_priv(&f, "more /binary e\nshow file information e\n"), "  type is text\n  file size is 0 bytes\n");
}

static void names_with_blanks_and_letters_of_all_kinds(void **state UNUSED)
{
        const char *t = cf_priv(
                &f,
                "copy /noconfirm run \"a b.cfg\"\ncopy /noconfirm \"a b.cfg\" disk0:/k\xc3\xa4se.cfg\ndir\n"
                "rename k\xc3\xa4se.cfg \"c d\"\nmore \"c d\" | include ^hostname\ndelete /noconfirm \"a b.cfg\"\n"
                "dir \"a b.cfg\"\nverify \"disk0:/c d\"\n");

        has(t, "  a b.cfg\n");
        has(t, "  k\xc3\xa4se.cfg\n");
        has(t, "\nhostname ciscoasa\n");
        has(t, "%Error opening disk0:/a b.cfg (No such file or directory)\n");
        has(t, "verify /MD5 (disk0:/c d) = ");
        put("bad\xff\x1b[2Jname", "x", 1);
        has(cf_priv(&f, "dir /recursive /all\ndir /all /recursive\n"), "  bad\\xff\\x1b[2Jname\n");
}

static void what_the_file_system_is(void **state UNUSED)
{
        const char *t;

        cf_priv(&f, "copy /noconfirm run c.cfg\nmkdir d\n");
        put("data", "a\0b", 3);
        t = cf_priv(&f, "show file system\nshow file descriptors\nshow file information c.cfg\n"
                        "show file information disk0:/d\nshow file information data\nshow file information none\n");
        has(t, "  disk     rw   disk0: flash:\n");
        has(t, "No open file descriptors\n");
        has(t, "disk0:/c.cfg:\n  type is configuration\n");
        has(t, "disk0:/d:\n  type is directory\n");
        has(t, "disk0:/data:\n  type is data\n  file size is 3 bytes\n");
        has(t, "%Error opening disk0:/none (No such file or directory)\n");
        has(cf_priv(&f, "show file system | json\n"), "\"prefix\": \"disk0:\"");
        has(cf_priv(&f, "fsck /noconfirm disk0:\n"), "INFO: disk0: is a directory of the host");
        has(cf_priv(&f, "format disk0:\n"),
            "ERROR: disk0: is a directory of the host and is not formatted from here");
        has(cf_priv(&f, "erase flash:\n"), "ERROR: disk0: is a directory of the host");
        has(cf_priv(&f, "dir c.cfg\n"), "  c.cfg\n"); /* it is all still there */
}

/* ---- when ---- */

/* The host stamps files; set the appliance's clock, and all it tells of them is of that clock. */
static void dates_are_of_the_clock_that_was_set(void **state UNUSED)
{
        struct clock_own own;
        struct xfer_stat st;
        char path[512];
        const struct utimbuf when = { 1000000000, 1000000000 }; /* 2001-09-09 01:46:40 */

        clock_own_init(&own, &f.clk);
        put("old", "x", 1);
        snprintf(path, sizeof path, "%s/old", f.dir);
        assert_int_equal(utime(path, &when), 0);
        f.box.own = &own;
        has(cf_priv(&f, "dir old\n"), "01:46:40 Sep 09 2001  old\n");
        clock_own_step(&own, 86400ll * 1000000000, CLOCK_USER);
        has(cf_priv(&f, "dir old\n"), "01:46:40 Sep 10 2001  old\n");
        has(cf_priv(&f, "dir old | json\n"), "\"modified\": \"2001-09-10T01:46:40Z\"");
        assert_int_equal(xfer_stat(&f.box, "old", &st), XFER_OK);
        assert_int_equal(st.mtime, 1000000000 + 86400);
        f.box.own = NULL;
        clock_own_fini(&own);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_as_they_are_typed),
                cmocka_unit_test(names_as_seen_from_a_directory),
                T(commands_see_files_from_there),
                T(answers_are_seen_from_there_too),
                T(what_is_no_directory),
                T(a_directory_is_the_sessions_own),
                T(files_as_text_and_as_octets),
                T(names_with_blanks_and_letters_of_all_kinds),
                T(what_the_file_system_is),
                T(dates_are_of_the_clock_that_was_set),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
