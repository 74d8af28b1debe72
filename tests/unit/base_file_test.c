#include "tests/support/test.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/base/file.h"

static char dir[64];

static char *in_dir(const char *name)
{
        static char path[4][128];
        static unsigned turn;
        char *p = path[turn++ % 4];

        snprintf(p, sizeof path[0], "%s/%s", dir, name);
        return p;
}

static int make_dir(void **state)
{
        (void)state;
        strcpy(dir, "/tmp/vg_file_test.XXXXXX");
        return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
        char cmd[96];

        (void)state;
        snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
        return system(cmd);
}

static unsigned files_in_dir(void)
{
        DIR *d = opendir(dir);
        unsigned n = 0;

        for (struct dirent *e; (e = readdir(d));)
                n += e->d_name[0] != '.';
        closedir(d);
        return n;
}

static void check_content(const char *name, const char *want)
{
        struct err e = { 0 };
        uint8_t *p;
        size_t n;

        if (file_read(in_dir(name), 1 << 20, &p, &n, &e) < 0)
                fail_msg("%s", e.text);
        assert_int_equal(n, strlen(want));
        assert_string_equal((char *)p, want);
        mem_free_secret(p);
}

static void replaces_whole_files(void **state)
{
        struct stat st;
        struct err e;

        (void)state;
        assert_int_equal(file_write_atomic(in_dir("cfg"), "one", 3, 0644, true, &e), 0);
        check_content("cfg", "one");
        assert_int_equal(files_in_dir(), 1);
        assert_int_equal(file_write_atomic(in_dir("cfg"), "second", 6, 0600, true, &e), 0);
        check_content("cfg", "second");
        check_content("cfg.prev", "one");
        assert_int_equal(file_write_atomic(in_dir("cfg"), "third", 5, 0600, true, &e), 0);
        check_content("cfg.prev", "second");
        assert_int_equal(file_write_atomic(in_dir("cfg"), "", 0, 0600, false, &e), 0);
        check_content("cfg", "");
        check_content("cfg.prev", "second");
        assert_int_equal(files_in_dir(), 2);
        assert_int_equal(stat(in_dir("cfg"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
}

static void modes_do_not_depend_on_the_umask(void **state)
{
        mode_t old = umask(0);
        struct stat st;
        struct err e;

        (void)state;
        assert_int_equal(file_write_atomic(in_dir("key"), "k", 1, 0600, false, &e), 0);
        umask(077);
        assert_int_equal(file_write_atomic(in_dir("pub"), "p", 1, 0644, false, &e), 0);
        umask(old);
        assert_int_equal(stat(in_dir("key"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(stat(in_dir("pub"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0644);
}

/* The target is a directory: the rename fails after everything else was done. */
static void failure_leaves_nothing_behind(void **state)
{
        unsigned before;
        struct err e;

        (void)state;
        assert_int_equal(mkdir(in_dir("taken"), 0700), 0);
        before = files_in_dir();
        assert_int_equal(file_write_atomic(in_dir("taken"), "x", 1, 0600, false, &e), -1);
        assert_int_equal(e.code, ERR_IO);
        assert_int_equal(file_write_atomic(in_dir("taken"), "x", 1, 0600, true, &e), -1);
        assert_int_equal(files_in_dir(), before);
        assert_int_equal(file_write_atomic(in_dir("none/x"), "x", 1, 0600, false, &e), -1);
        assert_non_null(strstr(e.text, "No such file"));
}

/* The file size limit of the process plays the full disk. */
static void a_full_disk_keeps_the_old_file(void **state)
{
        struct rlimit old, small;
        char big[5000] = { 0 };
        unsigned before;
        struct err e;
        int ret;

        (void)state;
        assert_int_equal(file_write_atomic(in_dir("full"), "old", 3, 0600, false, &e), 0);
        before = files_in_dir();
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &old);
        small = old;
        small.rlim_cur = 1000;
        setrlimit(RLIMIT_FSIZE, &small);
        ret = file_write_atomic(in_dir("full"), big, sizeof big, 0600, false, &e);
        setrlimit(RLIMIT_FSIZE, &old);
        assert_int_equal(ret, -1);
        assert_non_null(strstr(e.text, "File too large"));
        check_content("full", "old");
        assert_int_equal(files_in_dir(), before);
}

static void reads_up_to_a_limit(void **state)
{
        struct err e;
        uint8_t *p;
        size_t n;

        (void)state;
        assert_int_equal(file_write_atomic(in_dir("ten"), "0123456789", 10, 0600, false, &e), 0);
        assert_int_equal(file_read(in_dir("ten"), 10, &p, &n, &e), 0);
        assert_int_equal(n, 10);
        mem_free_secret(p);
        assert_int_equal(file_read(in_dir("ten"), 9, &p, &n, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        assert_int_equal(file_read(in_dir("absent"), 9, &p, &n, &e), -1);
        assert_int_equal(e.code, ERR_IO);
        assert_int_equal(file_read(dir, 9, &p, &n, &e), -1);
        mem_fail_nth(1, false);
        assert_int_equal(file_read(in_dir("ten"), 10, &p, &n, &e), -1);
        mem_fail_nth(0, false);
        assert_int_equal(e.code, ERR_NOMEM);
        assert_int_equal(mem_live_blocks(), 0);
}

/* A pipe with n bytes and its end, by a name that can be opened. The reading descriptor is left in *fd. */
static const char *pipe_of(size_t n, int *fd)
{
        static char name[32];
        uint8_t b[1000];
        int end[2];

        assert_int_equal(pipe(end), 0);
        memset(b, 'p', sizeof b);
        for (size_t put = 0; put < n; put += sizeof b)
                assert_int_equal(write(end[1], b, sizeof b), sizeof b);
        close(end[1]);
        *fd = end[0];
        snprintf(name, sizeof name, "/proc/self/fd/%d", end[0]);
        return name;
}

/* Without a size in the inode the block grows while reading. */
static void reads_what_has_no_size(void **state)
{
        struct err e;
        uint8_t *p;
        size_t n;
        int fd;

        (void)state;
        assert_int_equal(file_read("/dev/zero", 100000, &p, &n, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        assert_int_equal(file_read(pipe_of(20000, &fd), 20000, &p, &n, &e), 0);
        close(fd);
        assert_int_equal(n, 20000);
        assert_int_equal(strspn((char *)p, "p"), n);
        mem_free_secret(p);
        mem_fail_nth(2, false);
        assert_int_equal(file_read(pipe_of(20000, &fd), 20000, &p, &n, &e), -1);
        mem_fail_nth(0, false);
        close(fd);
        assert_int_equal(e.code, ERR_NOMEM);
        assert_int_equal(mem_live_blocks(), 0);
}

static void makes_directories(void **state)
{
        struct stat st;
        struct err e;

        (void)state;
        assert_int_equal(dir_make(in_dir("a/b/c"), 0700, &e), 0);
        assert_int_equal(dir_make(in_dir("a/b/c"), 0700, &e), 0);
        assert_int_equal(dir_make(in_dir("a//b/d/"), 0700, &e), 0);
        assert_int_equal(stat(in_dir("a/b/d"), &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_int_equal(file_write_atomic(in_dir("plain"), "x", 1, 0600, false, &e), 0);
        assert_int_equal(dir_make(in_dir("plain"), 0700, &e), -1);
        assert_int_equal(e.code, ERR_EXISTS);
        assert_int_equal(dir_make(in_dir("plain/x"), 0700, &e), -1);
        assert_int_equal(dir_make("", 0700, &e), -1);
        assert_int_equal(dir_make("/", 0700, &e), 0);
}

static void sweeps_what_a_crash_left(void **state)
{
        static const char *const kept[] = { "startup",      "startup.prev", "x.tmp",          "x.tmp12345",
                                            "x.tmp1234567", ".tmp123456",   "x.tmp12345.pem", "x.tmp123456.pem" };
        static const char *const gone[] = { "startup.tmpaZ09xy", "startup.tmpaZ09xy.prev" };
        struct err e;
        struct stat st;

        (void)state;
        assert_int_equal(dir_make(in_dir("swept"), 0700, &e), 0);
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
                char name[64];

                snprintf(name, sizeof name, "swept/%s", kept[i]);
                assert_int_equal(file_write_atomic(in_dir(name), "x", 1, 0600, false, &e), 0);
        }
        for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
                char name[64];

                snprintf(name, sizeof name, "swept/%s", gone[i]);
                assert_int_equal(file_write_atomic(in_dir(name), "x", 1, 0600, false, &e), 0);
        }
        file_sweep(in_dir("swept"));
        file_sweep(in_dir("not there"));
        for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
                char name[64];

                snprintf(name, sizeof name, "swept/%s", kept[i]);
                assert_int_equal(unlink(in_dir(name)), 0);
        }
        assert_int_equal(rmdir(in_dir("swept")), 0);
        assert_int_equal(stat(in_dir("swept"), &st), -1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replaces_whole_files),
                cmocka_unit_test(modes_do_not_depend_on_the_umask),
                cmocka_unit_test(failure_leaves_nothing_behind),
                cmocka_unit_test(a_full_disk_keeps_the_old_file),
                cmocka_unit_test(reads_up_to_a_limit),
                cmocka_unit_test(reads_what_has_no_size),
                cmocka_unit_test(makes_directories),
                cmocka_unit_test(sweeps_what_a_crash_left),
        };

        return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
