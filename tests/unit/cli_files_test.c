/* What SCP and SFTP clients say: names, the lines of SCP, the packets of SFTP. */
#include "tests/support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exec/save.h"
#include "cli/ssh/scp.h"
#include "cli/ssh/sftp.h"
#include "platform/base/file.h"

/* ---- names ---- */

static void names_stay_below_flash(void **state UNUSED)
{
        static const char *const rows[][2] = {
                { "a", "a" },
                { "/a", "a" },
                { "disk0:a", "a" },
                { "disk0:/a", "a" },
                { "FLASH:/a/b", "a/b" },
                { "./a//b/.", "a/b" },
                { "a/../b", "b" },
                { "../../b", "b" },
                { "a/b/../../..", "" },
                { "", "" },
                { "/", "" },
                { "disk0:", "" },
                { "/disk0:/x", "x" },
                { "...", "..." },
                { "a/disk0:b", "a/disk0:b" },
        };
        char out[XFER_NAME_MAX + 1], longest[XFER_NAME_MAX + 2];

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                assert_true(xfer_name(rows[i][0], strlen(rows[i][0]), out));
                assert_string_equal(out, rows[i][1]);
        }
        assert_false(xfer_name("a\nb", 3, out));
        assert_false(xfer_name("a\0b", 3, out));
        assert_false(xfer_name("a\x7f", 2, out));
        memset(longest, 'x', sizeof longest);
        assert_true(xfer_name(longest, XFER_NAME_MAX, out));
        assert_false(xfer_name(longest, XFER_NAME_MAX + 1, out));
}

static void lines_of_scp(void **state UNUSED)
{
        static const char *const bad[] = { "",
                                           "C",
                                           "C0644",
                                           "C0644 ",
                                           "C0644 5",
                                           "C0644 5 ",
                                           "C0644  x",
                                           "C0644 5 a/b",
                                           "C0644 5 ..",
                                           "C0644 5 .",
                                           "C08 5 x",
                                           "D0755 0 x",
                                           "C0644 -1 x",
                                           "C0644 5x",
                                           "C 5 x",
                                           "T0 0 0 0",
                                           "C0644 9999999999999999999 x" };
        char name[8];
        uint64_t size;

        assert_true(scp_file_line("C0644 12 a b", 12, &size, name, sizeof name));
        assert_string_equal(name, "a b");
        assert_int_equal(size, 12);
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
                assert_false(scp_file_line(bad[i], strlen(bad[i]), &size, name, sizeof name));
        assert_false(scp_file_line("C0644 5 12345678", 16, &size, name, sizeof name));
        assert_true(scp_is_command("scp -v -t disk0:/x") && scp_is_command("scp -f x"));
        assert_false(scp_is_command("show version") || scp_is_command("scp x") || scp_is_command("scpx -t"));
}

/* ---- a flash of its own ---- */

struct flash {
        struct box b;
        struct sftp *s;
        struct text out;
};

static int setup(void **state)
{
        struct flash *f = calloc(1, sizeof *f);

        strcpy(f->b.flash, "/tmp/voxgate-files-XXXXXX");
        assert_non_null(mkdtemp(f->b.flash));
        f->b.clk = &clock_system;
        f->s = sftp_new(&f->b, NULL, NULL);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct flash *f = *state;
        char cmd[300];

        sftp_free(f->s);
        text_fini(&f->out);
        snprintf(cmd, sizeof cmd, "rm -rf %s", f->b.flash);
        assert_int_equal(system(cmd), 0);
        free(f);
        return 0;
}

static size_t put32(uint8_t *p, uint32_t v)
{
        p[0] = (uint8_t)(v >> 24);
        p[1] = (uint8_t)(v >> 16);
        p[2] = (uint8_t)(v >> 8);
        p[3] = (uint8_t)v;
        return 4;
}

/* Parts: 's' a string and its length, 'u' four octets, 'q' eight, 'h' a handle. The kind of the answer. */
static unsigned ask(struct flash *f, uint8_t type, const char *form, ...)
{
        uint8_t p[9000] = { type };
        size_t n = 1;
        va_list ap;

        va_start(ap, form);
        n += put32(p + n, 77);
        for (; *form; form++) {
                if (*form == 's') {
                        const char *s = va_arg(ap, const char *);
                        size_t len = va_arg(ap, size_t);

                        n += put32(p + n, (uint32_t)len);
                        memcpy(p + n, s, len);
                        n += len;
                        continue;
                }
                if (*form == 'q')
                        n += put32(p + n, 0);
                if (*form == 'h')
                        n += put32(p + n, 4);
                n += put32(p + n, va_arg(ap, unsigned));
        }
        va_end(ap);
        text_cut(&f->out, 0);
        assert_true(sftp_packet(f->s, p, n, &f->out));
        assert_true(f->out.n >= 9);
        assert_int_equal((uint8_t)f->out.p[8], 77);
        return (uint8_t)f->out.p[4];
}

static unsigned word_at(const struct flash *f, size_t at)
{
        const uint8_t *p = (const uint8_t *)f->out.p + at;

        assert_true(f->out.n >= at + 4);
        return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

static void greet(struct flash *f)
{
        static const uint8_t hello[] = { 1, 0, 0, 0, 6 };

        text_cut(&f->out, 0);
        assert_true(sftp_packet(f->s, hello, sizeof hello, &f->out));
        assert_int_equal(word_at(f, 5), 3);
}

enum {
        OPEN = 3,
        CLOSE,
        READ,
        WRITE,
        LSTAT,
        FSTAT,
        OPENDIR = 11,
        READDIR,
        REMOVE,
        MKDIR,
        RMDIR,
        REALPATH,
        STAT,
        RENAME
};
enum { STATUS = 101, HANDLE, DATA, NAME, ATTRS };

static unsigned status_of(struct flash *f, unsigned type)
{
        assert_int_equal(type, STATUS);
        return word_at(f, 9);
}

static unsigned open_file(struct flash *f, const char *name, unsigned flags)
{
        assert_int_equal(ask(f, OPEN, "suu", name, strlen(name), flags, 0u), HANDLE);
        return word_at(f, 13);
}

static void files_are_there_when_they_are_closed(void **state)
{
        struct flash *f = *state;
        struct xfer_stat st;
        unsigned h;

        greet(f);
        h = open_file(f, "disk0:/f", 0x1a);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "hello ", (size_t)6)), 0);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 6u, "world", (size_t)5)), 0);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 4u, "0 W", (size_t)3)), 0);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_NONE);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 0);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 5);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_OK);
        assert_int_equal(st.size, 11);
        h = open_file(f, "/f", 1);
        assert_int_equal(ask(f, READ, "hqu", h, 2u, 100u), DATA);
        assert_int_equal(word_at(f, 9), 9);
        assert_memory_equal(f->out.p + 13, "ll0 World", 9);
        assert_int_equal(status_of(f, ask(f, READ, "hqu", h, 11u, 1u)), 1);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "x", (size_t)1)), 5);
        assert_int_equal(ask(f, FSTAT, "h", h), ATTRS);
        h = open_file(f, "f", 0x2 | 0x4);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "!", (size_t)1)), 0);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 0);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_OK);
        assert_int_equal(st.size, 12);
}

/* A client that is told no closes the file all the same. */
static void a_file_that_was_refused_in_part_replaces_nothing(void **state)
{
        struct flash *f = *state;
        char big[8192] = { 0 };
        struct text got = { 0 };
        unsigned h;

        greet(f);
        assert_int_equal(xfer_write(&f->b, "f", "old", 3), XFER_OK);
        h = open_file(f, "f", 0x1a);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "new", (size_t)3)), 0);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 20u, "hole", (size_t)4)), 4);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 3u, "!", (size_t)1)), 0);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 4);
        h = open_file(f, "f", 0x1a);
        for (uint32_t at = 0; at < FLASH_FILE_MAX; at += sizeof big)
                assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, at, big, sizeof big)), 0);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, FLASH_FILE_MAX, "x", (size_t)1)), 4);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 4);
        assert_int_equal(xfer_read(&f->b, "f", &got), XFER_OK);
        assert_string_equal(text_str(&got), "old");
        text_fini(&got);
}

static void what_is_not_closed_is_forgotten(void **state)
{
        struct flash *f = *state;
        struct xfer_stat st;
        unsigned h;

        greet(f);
        h = open_file(f, "f", 0x1a);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "x", (size_t)1)), 0);
        sftp_free(f->s);
        f->s = sftp_new(&f->b, NULL, NULL);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_NONE);
}

static void directories_and_names(void **state)
{
        struct flash *f = *state;
        char pki[300];
        unsigned h;

        greet(f);
        snprintf(pki, sizeof pki, "%s/pki", f->b.flash);
        mkdir(pki, 0700);
        assert_int_equal(status_of(f, ask(f, MKDIR, "su", "d", (size_t)1, 0u)), 0);
        assert_int_equal(xfer_write(&f->b, "d/x", "1", 1), XFER_OK);
        assert_int_equal(ask(f, REALPATH, "s", "d/../d/./x", (size_t)10), NAME);
        assert_memory_equal(f->out.p + 17, "/d/x", 4);
        assert_int_equal(ask(f, OPENDIR, "s", "", (size_t)0), HANDLE);
        h = word_at(f, 13);
        assert_int_equal(ask(f, READDIR, "h", h), NAME);
        assert_int_equal(word_at(f, 9), 1);
        assert_int_equal(status_of(f, ask(f, READDIR, "h", h)), 1);
        assert_int_equal(status_of(f, ask(f, OPENDIR, "s", "pki", (size_t)3)), 3);
        assert_int_equal(status_of(f, ask(f, STAT, "s", "pki/keys", (size_t)8)), 3);
        assert_int_equal(status_of(f, ask(f, OPEN, "suu", "pki/k", (size_t)5, 0x1au, 0u)), 3);
        assert_int_equal(status_of(f, ask(f, RENAME, "ss", "d/x", (size_t)3, "pki/x", (size_t)5)), 3);
        assert_int_equal(status_of(f, ask(f, RENAME, "ss", "d", (size_t)1, "aaa-state", (size_t)9)), 3);
        assert_int_equal(status_of(f, ask(f, RMDIR, "s", "d", (size_t)1)), 4);
        assert_int_equal(status_of(f, ask(f, REMOVE, "s", "d", (size_t)1)), 4);
        assert_int_equal(status_of(f, ask(f, REMOVE, "s", "d/x", (size_t)3)), 0);
        assert_int_equal(status_of(f, ask(f, RMDIR, "s", "d", (size_t)1)), 0);
        assert_int_equal(status_of(f, ask(f, RMDIR, "s", "", (size_t)0)), 3);
        assert_int_equal(status_of(f, ask(f, 200, "")), 8);
}

static void handles_are_few(void **state)
{
        struct flash *f = *state;

        greet(f);
        for (unsigned i = 0; i < SFTP_HANDLES; i++)
                open_file(f, "f", 0x1a);
        assert_int_equal(status_of(f, ask(f, OPEN, "suu", "f", (size_t)1, 0x1au, 0u)), 4);
}

/* Flags of a request; what is no file; names that mean something else; what there is no room for. */
static void what_may_be_written(void **state)
{
        struct flash *f = *state;
        struct xfer_stat st;
        char path[300];
        unsigned h;

        greet(f);
        assert_int_equal(status_of(f, ask(f, OPEN, "suu", "f", (size_t)1, 0x2u, 0u)), 2); /* not to be made */
        h = open_file(f, "f", 0x2 | 0x8 | 0x20);
        assert_int_equal(status_of(f, ask(f, WRITE, "hqs", h, 0u, "12345", (size_t)5)), 0);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 0);
        assert_int_equal(status_of(f, ask(f, OPEN, "suu", "f", (size_t)1, 0x2au, 0u)), 4); /* there already */
        h = open_file(f, "f", 0x2 | 0x8);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 0);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_OK);
        assert_int_equal(st.size, 5); /* it was not cut */
        h = open_file(f, "f", 0x2 | 0x8 | 0x10);
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", h)), 0);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_OK);
        assert_int_equal(st.size, 0);
        snprintf(path, sizeof path, "%s/pipe", f->b.flash);
        assert_int_equal(mkfifo(path, 0600), 0);
        snprintf(path, sizeof path, "%s/link", f->b.flash);
        assert_int_equal(symlink("f", path), 0);
        assert_int_not_equal(xfer_writable(&f->b, "pipe"), XFER_OK);
        assert_int_not_equal(xfer_writable(&f->b, "link"), XFER_OK);
        assert_int_equal(xfer_writable(&f->b, "running-config"), XFER_DENIED);
        assert_int_equal(xfer_writable(&f->b, "no/such"), XFER_NONE);
        assert_int_equal(xfer_writable(&f->b, "f/g"), XFER_NONE);
        assert_int_equal(xfer_write(&f->b, "startup-config", "a\0b", 3), XFER_TEXT);
        assert_int_equal(xfer_stat(&f->b, "startup-config", &st), XFER_NONE);
        assert_int_equal(xfer_write(&f->b, "f", "", (size_t)FLASH_FILE_MAX + 1), XFER_FULL);
}

/* A file is in memory until it is closed: there is an end to it. */
static void files_have_a_bound(void **state)
{
        static const char piece[8192];
        struct flash *f = *state;
        unsigned h, status = 0, at = 0;

        greet(f);
        h = open_file(f, "f", 0x1a);
        for (; !status; at += sizeof piece) {
                assert_true(at <= FLASH_FILE_MAX);
                status = status_of(f, ask(f, WRITE, "hqs", h, at, piece, sizeof piece));
        }
        assert_int_equal(status, 4);
}

/* A request that is cut short is answered or ends it; nothing behind its end is read. */
static void every_prefix_is_refused(void **state)
{
        static const uint8_t write[] = { WRITE, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0,   1,  0,
                                         0,     0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b' };
        struct flash *f = *state;
        struct xfer_stat st;

        greet(f);
        assert_int_equal(open_file(f, "f", 0x1a), 1);
        for (size_t n = 0; n < sizeof write; n++) {
                uint8_t *exact = malloc(n ? n : 1);

                memcpy(exact, write, n);
                text_cut(&f->out, 0);
                assert_int_equal(sftp_packet(f->s, exact, n, &f->out), n >= 5);
                assert_true(n < 5 || word_at(f, 9) == 5);
                free(exact);
        }
        assert_int_equal(status_of(f, ask(f, CLOSE, "h", 1u)), 0);
        assert_int_equal(xfer_stat(&f->b, "f", &st), XFER_OK);
        assert_int_equal(st.size, 0);
}

static void nothing_before_the_greeting_and_no_second_one(void **state)
{
        static const uint8_t hello[] = { 1, 0, 0, 0, 3 }, stat[] = { STAT, 0, 0, 0, 1, 0, 0, 0, 1, 'a' };
        struct flash *f = *state;

        assert_false(sftp_packet(f->s, stat, sizeof stat, &f->out));
        greet(f);
        assert_false(sftp_packet(f->s, hello, sizeof hello, &f->out));
}

/* ---- SCP over bytes in memory ---- */

struct wire {
        const char *in;
        size_t n, at;
        struct text out;
};

static bool wire_get(void *ctx, void *p, size_t n)
{
        struct wire *w = ctx;

        if (w->n - w->at < n)
                return false;
        memcpy(p, w->in + w->at, n);
        w->at += n;
        return true;
}

static bool wire_put(void *ctx, const void *p, size_t n)
{
        text_addn(&((struct wire *)ctx)->out, p, n);
        return true;
}

static char noted[64]; /* what the log is told of the last command */

static void wire_note(void *ctx UNUSED, const char *what, const char *name)
{
        snprintf(noted, sizeof noted, "%s %s", what, name);
}

static int scp(struct flash *f, const char *command, const char *in, size_t n, struct text *out)
{
        struct wire w = { .in = in, .n = n };
        const struct scp_io io = { .ctx = &w, .get = wire_get, .put = wire_put, .note = wire_note };
        int rc;

        noted[0] = 0;
        rc = scp_serve(&f->b, command, NULL, &io);

        *out = w.out;
        return rc;
}

static void scp_takes_whole_files_only(void **state)
{
        static const char in[] = "T0 0 0 0\nC0644 5 name\nhello\0C0644 0 zero\n\0";
        struct flash *f = *state;
        struct xfer_stat st;
        struct text out;

        for (size_t n = 0; n < sizeof in; n++) {
                scp(f, "scp -p -t disk0:/got", in, n, &out);
                text_fini(&out);
                assert_int_equal(xfer_stat(&f->b, "got", &st), n < 28 ? XFER_NONE : XFER_OK);
        }
        assert_int_equal(scp(f, "scp -t -- '/'", in, sizeof in - 1, &out), 0);
        assert_memory_equal(out.p, "\0\0\0\0\0\0", 6);
        text_fini(&out);
        assert_int_equal(xfer_stat(&f->b, "name", &st), XFER_OK);
        assert_int_equal(st.size, 5);
        assert_int_equal(xfer_stat(&f->b, "zero", &st), XFER_OK);
        assert_int_equal(scp(f, "scp -f name", "\0\0\0", 3, &out), 0);
        assert_memory_equal(out.p, "C0600 5 name\nhello\0", 19);
        assert_string_equal(noted, "get name");
        text_fini(&out);
        assert_int_equal(scp(f, "scp -f none", "\0", 1, &out), 1);
        assert_memory_equal(out.p, "\1scp: none: No such file", 24);
        text_fini(&out);
        assert_int_equal(scp(f, "scp -t 'with blank'", in + 9, sizeof in - 10, &out), 0);
        text_fini(&out);
        assert_int_equal(xfer_stat(&f->b, "with blank", &st), XFER_OK);
        assert_string_equal(noted, "put with blank");
        assert_int_equal(scp(f, "scp -t kept", "C0644 5 kept\nhello\2", 19, &out), 1); /* the client takes it back */
        text_fini(&out);
        assert_int_equal(xfer_stat(&f->b, "kept", &st), XFER_NONE);
        assert_string_equal(noted, "");
        assert_int_equal(scp(f, "scp -p x", "", 0, &out), 1);
        assert_memory_equal(out.p, "\1scp: ", 6);
        text_fini(&out);
        assert_int_equal(scp(f, "scp -t -f x", "", 0, &out), 1);
        assert_memory_equal(out.p, "\1scp: the command", 16);
        text_fini(&out);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_stay_below_flash),
                cmocka_unit_test(lines_of_scp),
                cmocka_unit_test_setup_teardown(files_are_there_when_they_are_closed, setup, teardown),
                cmocka_unit_test_setup_teardown(a_file_that_was_refused_in_part_replaces_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_not_closed_is_forgotten, setup, teardown),
                cmocka_unit_test_setup_teardown(directories_and_names, setup, teardown),
                cmocka_unit_test_setup_teardown(handles_are_few, setup, teardown),
                cmocka_unit_test_setup_teardown(what_may_be_written, setup, teardown),
                cmocka_unit_test_setup_teardown(files_have_a_bound, setup, teardown),
                cmocka_unit_test_setup_teardown(every_prefix_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(nothing_before_the_greeting_and_no_second_one, setup, teardown),
                cmocka_unit_test_setup_teardown(scp_takes_whole_files_only, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
