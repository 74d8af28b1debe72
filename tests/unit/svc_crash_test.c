/* The record of a crash, and the names of functions in it. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/svc/crash.h"
#include "platform/svc/symbols.h"
#include "platform/svc/threads_cpu.h"
#include "tests/support/test.h"

static char dir[] = "/tmp/vgcrash-XXXXXX";

static int make_dir(void **state)
{
        (void)state;
        memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
        return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
        char path[64];

        (void)state;
        snprintf(path, sizeof path, "%s/" CRASH_FILE, dir);
        unlink(path);
        snprintf(path, sizeof path, "%s/." CRASH_FILE, dir);
        unlink(path);
        return rmdir(dir);
}

__attribute__((noinline)) static void fall_over(int sig)
{
        raise(sig);
        __asm__ volatile("" ::: "memory"); /* no tail call: the frame is to be seen */
}

/* The record that a child leaves which dies of the signal; false: none. */
static bool crash_of(int sig, struct crash_info *out)
{
        char path[64];
        struct err e;
        uint8_t *p;
        size_t n;
        int status;
        pid_t child = fork();

        if (!child) {
                struct rlimit none = { 0, 0 };

                setrlimit(RLIMIT_CORE, &none);
                signal(sig, SIG_DFL); /* not the test program's own handler */
                if (!freopen("/dev/null", "w", stderr))
                        _exit(2);
                if (crash_install(dir, "1.2.3", &clock_system, &e) < 0)
                        _exit(1);
                fall_over(sig);
                _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 1); /* a sanitizer ends with 1 */
        snprintf(path, sizeof path, "%s/" CRASH_FILE, dir);
        if (file_read(path, 65536, &p, &n, &e) < 0)
                return false;
        assert_int_equal(crash_parse((const char *)p, n, out), 0);
        mem_free(p);
        unlink(path);
        return true;
}

static void a_crash_leaves_where_it_was(void **state)
{
        static const int sigs[] = { SIGSEGV, SIGABRT, SIGFPE };
        struct symbols *names;
        struct crash_info c;
        struct err e = { 0 };
        char build[41], name[128];

        (void)state;
        crash_build_id(build);
        assert_int_equal(strlen(build), 40);
        assert_int_equal(symbols_open("/proc/self/exe", &names, &e), 0);
        for (size_t i = 0; i < ARRAY_LEN(sigs); i++) {
                bool named = false;

                assert_true(crash_of(sigs[i], &c));
                assert_int_equal(c.signal, sigs[i]);
                assert_string_equal(c.version, "1.2.3");
                assert_string_equal(c.build, build);
                assert_string_equal(c.thread, "svc_crash_test");
                assert_true(c.when_s > 1700000000);
                for (unsigned k = 0; k < c.nframes; k++) {
                        symbols_name(names, c.frame[k].offset, name, sizeof name);
                        named |= !*c.frame[k].module && !strncmp(name, "fall_over+0x", 12);
                }
                assert_true(named);
        }
        symbols_close(names);
}

static void an_orderly_end_leaves_nothing(void **state)
{
        struct err e;

        (void)state;
        assert_int_equal(crash_install(dir, "1", &clock_system, &e), 0);
        crash_uninstall(); /* remove_dir() finds the directory empty */
        assert_int_equal(crash_install("/nonexistent", "1", &clock_system, &e), -1);
}

static void a_record_of_anything_is_read_without_harm(void **state)
{
        static const char good[] = "crash 1\nsignal 11\ntime 1700000000\nthread 17 vg-proxy\nversion 1\nbuild 00ff\n"
                                   "frame 1234 \nframe ab libc.so.6\nframe 7 ?\n";
        struct crash_info c;
        char bad[4096];

        (void)state;
        assert_int_equal(crash_parse(good, sizeof good - 1, &c), 0);
        assert_int_equal(c.tid, 17);
        assert_string_equal(c.thread, "vg-proxy");
        assert_int_equal(c.nframes, 3);
        assert_int_equal(c.frame[0].offset, 0x1234);
        assert_string_equal(c.frame[0].module, "");
        assert_string_equal(c.frame[1].module, "libc.so.6");
        for (size_t n = 0; n < sizeof good - 1; n++)
                crash_parse(good, n, &c);
        assert_int_equal(crash_parse("signal 0\n", 9, &c), -1);
        assert_int_equal(crash_parse("signal 9999\n", 12, &c), -1);
        memset(bad, 'f', sizeof bad);
        assert_int_equal(crash_parse(bad, sizeof bad, &c), -1);
        strcpy(bad, "signal 6\n");
        for (unsigned i = 0; i < 200; i++)
                strcat(bad, "frame 1 a\033[2J\n");
        assert_int_equal(crash_parse(bad, strlen(bad), &c), 0);
        assert_int_equal(c.nframes, CRASH_FRAMES_MAX);
        assert_null(strchr(c.frame[0].module, '\033'));
}

static void a_file_that_is_no_program_has_no_names(void **state)
{
        struct symbols *s;
        struct err e = { 0 };
        char path[64];
        uint8_t *p;
        size_t n;

        (void)state;
        snprintf(path, sizeof path, "%s/" CRASH_FILE, dir);
        assert_int_equal(symbols_open(path, &s, &e), -1);
        assert_int_equal(file_read("/proc/self/exe", 512u << 20, &p, &n, &e), 0);
        for (size_t len = 0; len < 4096; len += 61) { /* cut short anywhere in its head */
                assert_int_equal(file_write_atomic(path, p, len, 0600, false, &e), 0);
                assert_int_equal(symbols_open(path, &s, &e), -1);
        }
        mem_free_secret(p);
}

/* ---- threads ---- */
static void put(const char *tid, const char *file, const char *text)
{
        char path[96];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", dir, tid);
        mkdir(path, 0700);
        snprintf(path, sizeof path, "%s/%s/%s", dir, tid, file);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static void drop(const char *tid)
{
        char path[96];

        snprintf(path, sizeof path, "%s/%s/comm", dir, tid);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s/schedstat", dir, tid);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s", dir, tid);
        rmdir(path);
}

static void threads_are_read_with_name_and_run_time(void **state)
{
        struct thread_cpu t[THREADS_CPU_MAX];

        (void)state;
        put("200", "comm", "vg-proxy\n");
        put("200", "schedstat", "123456789 5 6\n");
        put("30", "comm", "voxgate\n");
        put("30", "schedstat", "7 0 0\n");
        put("31", "comm", "half\n"); /* ended between two looks */
        put("32", "comm", "odd\n");
        put("32", "schedstat", "x 0 0\n");
        assert_int_equal(threads_cpu_read(dir, t), 2);
        assert_int_equal(t[0].tid, 30);
        assert_int_equal(t[0].ns, 7);
        assert_int_equal(t[1].tid, 200);
        assert_string_equal(t[1].name, "vg-proxy");
        assert_int_equal(t[1].ns, 123456789);
        assert_int_equal(threads_cpu_read("/nonexistent", t), 0);
        drop("200");
        drop("30");
        drop("31");
        drop("32");
        assert_true(threads_cpu_read("/proc/self/task", t) >= 1);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
        const struct CMUnitTest tests[] = {
                ROW(a_crash_leaves_where_it_was),
                ROW(an_orderly_end_leaves_nothing),
                ROW(a_record_of_anything_is_read_without_harm),
                ROW(a_file_that_is_no_program_has_no_names),
                ROW(threads_are_read_with_name_and_run_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
