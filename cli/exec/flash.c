/* Files on flash: dir, more, delete, verify. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md5.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "platform/base/clock_own.h"
#include "platform/base/file.h"
#include "platform/base/str.h"

/* ---- dir ---- */

/* The host has stamped it; shown as the appliance's clock would have. */
static time_t file_time(struct session *s, const struct stat *st)
{
        const struct clock_own *own = session_box(s)->own;

        return st->st_mtime + (own ? (time_t)(clock_own_offset(own) / 1000000000) : 0);
}

static void dir_row(struct session *s, const struct tz *z, const char *name, const struct stat *st, unsigned n)
{
        struct tm tm = tz_tm(z, file_time(s, st));
        char when[40], shown[300];
        bool is_dir = S_ISDIR(st->st_mode);

        strftime(when, sizeof when, "%H:%M:%S %b %d %Y", &tm);
        ROW(s, "%-6s %s  %-11s %s  %s\n", cell_num("number", n),
            cell_as(cell_bool("directory", is_dir), is_dir ? "drwx" : "-rwx"),
            cell_num("bytes", is_dir ? 0 : (uint64_t)st->st_size),
            cell_as(cell_time("modified", st->st_mtime * NS_PER_S), when),
            cell_as(cell_str("name", name), str_escape(shown, sizeof shown, name, strlen(name))));
}

static int list_dir(struct session *s, const char *path, const struct tz *z, struct err *e)
{
        DIR *d = opendir(path);
        struct dirent *de;
        struct stat st;
        unsigned n = 0;

        if (!d)
                return err_set(e, ERR_IO, "%%Error opening disk0:/ (%s)", strerror(errno));
        table_list(session_table(s), "files");
        while ((de = readdir(d))) {
                if (de->d_name[0] == '.' || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW))
                        continue;
                if (!strcmp(de->d_name, "pki"))
                        continue;
                dir_row(s, z, de->d_name, &st, ++n);
        }
        closedir(d);
        table_close(session_table(s));
        if (!n)
                out(s, "No files in directory\n");
        return 0;
}

static void list_file(struct session *s, const char *name, const struct tz *z, const struct stat *st)
{
        table_list(session_table(s), "files");
        dir_row(s, z, name, st, 1);
        table_close(session_table(s));
}

static int list_one(struct session *s, const char *path, const char *name, const struct tz *z, struct err *e)
{
        struct stat st;

        if (stat(path, &st))
                PUT(s, "%%Error opening disk0:/%s (%s)\n", cell_str("failed", name),
                    cell_str("error", "No such file or directory"));
        else if (S_ISDIR(st.st_mode))
                return list_dir(s, path, z, e);
        else
                list_file(s, name, z, &st);
        return 0;
}

static int do_dir(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *url = arg_str(a, "FILE") ? arg_str(a, "FILE") : "disk0:";
        const char *name = flash_name(url);
        struct statvfs v;
        struct tz z;
        char path[512];

        if (!is_flash_url(url) || !*b->flash) {
                PUT(s, "%%Error opening %s (%s)\n", cell_str("failed", url), cell_str("error", "No such device"));
                return 0;
        }
        box_tz(b, &z);
        PUT(s, "\nDirectory of disk0:/%s\n\n", cell_str("directory", name));
        if (*name) {
                if (flash_path(b, url, path, sizeof path, e) || list_one(s, path, name, &z, e))
                        return -1;
        } else if (list_dir(s, b->flash, &z, e)) {
                return -1;
        }
        if (!statvfs(b->flash, &v))
                PUT(s, "\n%s bytes total (%s bytes free/%s%% free)\n",
                    cell_num("total_bytes", (uint64_t)v.f_blocks * v.f_frsize),
                    cell_num("free_bytes", (uint64_t)v.f_bavail * v.f_frsize),
                    cell_num("free_percent", v.f_blocks ? v.f_bavail * 100 / v.f_blocks : 0));
        return 0;
}

/* A file that is not there is told by the name the operator knows. */
static bool opens(struct session *s, const char *url, const char *path)
{
        struct stat st;
        const char *why = stat(path, &st) || access(path, R_OK) ? strerror(errno)
                          : S_ISDIR(st.st_mode)                 ? strerror(EISDIR)
                                                                : NULL;

        if (why)
                out(s, "%%Error opening disk0:/%s (%s)\n", flash_name(url), why);
        return !why;
}

/* ---- more ---- */

/* Files are foreign text: what is not printable is escaped, line by line. */
static int do_more(struct session *s, const struct args *a, struct err *e)
{
        char path[512], line[2048];
        uint8_t *p;
        size_t n;
        const char *at;

        if (flash_path(session_box(s), arg_str(a, "FILE"), path, sizeof path, e))
                return -1;
        if (!opens(s, arg_str(a, "FILE"), path))
                return 0;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, e))
                return -1;
        at = (const char *)p;
        while (n) {
                const char *nl = memchr(at, '\n', n);
                size_t len = nl ? (size_t)(nl - at) : n;

                if (!out(s, "%s\n", str_escape(line, sizeof line, at, len && at[len - 1] == '\r' ? len - 1 : len)))
                        break;
                at += len + (nl != NULL);
                n -= len + (nl != NULL);
        }
        mem_free_secret(p);
        return 0;
}

/* ---- delete ---- */

struct delete_state {
        struct session *s;
        char name[256];
        bool noconfirm;
};

static enum dialog_next delete_now(struct dialog *d, struct delete_state *st)
{
        char path[512];
        struct err e;

        if (flash_path(session_box(st->s), st->name, path, sizeof path, &e))
                return dialog_fail(d, &e);
        if (unlink(path)) {
                dialog_say(d, "%%Error deleting disk0:/%s (%s)\n", flash_name(st->name), strerror(errno));
                d->failed = true;
        }
        return DIALOG_DONE;
}

static enum dialog_next delete_step(struct dialog *d, const char *answer)
{
        struct delete_state *st = d->state;

        if (st->noconfirm)
                return delete_now(d, st);
        if (!answer) {
                dialog_say(d, "\n");
                return dialog_ask(d, DIALOG_LINE, "", "Delete filename [%.200s]? ", flash_name(st->name));
        }
        if (!d->at++) {
                if (*answer && !str_copy(st->name, sizeof st->name, answer))
                        return DIALOG_DONE;
                dialog_say(d, "\n");
                return dialog_ask(d, DIALOG_CONFIRM, "yes", "Delete disk0:/%.200s? [confirm]", flash_name(st->name));
        }
        return strcmp(answer, "yes") ? DIALOG_DONE : delete_now(d, st);
}

static const struct dialog_row delete_dialog = { "delete", sizeof(struct delete_state), delete_step, NULL };

static int do_delete(struct session *s, const struct args *a, struct err *e)
{
        struct delete_state st = { .s = s, .noconfirm = arg_has(a, "/noconfirm") };

        if (!str_copy(st.name, sizeof st.name, arg_str(a, "FILE")))
                return err_set(e, ERR_RANGE, "file name of more than %zu characters", sizeof st.name - 1);
        return session_ask(s, &delete_dialog, &st, e);
}

/* ---- mkdir, rmdir, rename ---- */

/* A refusal of the file system in its own form; 0: the row has said what there is to say. */
static int told(struct session *s, const char *what, const char *url, int rc)
{
        if (rc)
                out(s, "%%Error %s disk0:/%s (%s)\n", what, flash_name(url), strerror(errno));
        return 0;
}

static int do_mkdir(struct session *s, const struct args *a, struct err *e)
{
        const char *url = arg_str(a, "DIRECTORY");
        char path[512];

        if (flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        if (mkdir(path, 0700))
                return told(s, "creating", url, -1);
        out(s, "Created dir disk0:/%s\n", flash_name(url));
        return 0;
}

static int do_rmdir(struct session *s, const struct args *a, struct err *e)
{
        const char *url = arg_str(a, "DIRECTORY");
        char path[512];

        if (flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        return told(s, "removing", url, rmdir(path));
}

static int do_rename(struct session *s, const struct args *a, struct err *e)
{
        const char *from = arg_str(a, "FROM"), *to = arg_str(a, "TO");
        char x[512], y[512];

        if (flash_path(session_box(s), from, x, sizeof x, e) || flash_path(session_box(s), to, y, sizeof y, e))
                return -1;
        if (!access(y, F_OK)) {
                errno = EEXIST;
                return told(s, "renaming to", to, -1);
        }
        return told(s, "renaming", from, rename(x, y));
}

/* ---- verify ---- */

static int do_verify(struct session *s, const struct args *a, struct err *e)
{
        const char *url = arg_str(a, "FILE");
        uint8_t *p, sum[16];
        char path[512], hex[33];
        size_t n;
        int rc;

        if (flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        if (!opens(s, url, path))
                return 0;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, e))
                return -1;
        rc = mbedtls_md5_ret(p, n, sum);
        mem_free_secret(p);
        if (rc)
                return err_set(e, ERR_CRYPTO, "MD5 failed");
        for (unsigned i = 0; i < 16; i++)
                snprintf(hex + 2 * i, 3, "%02x", sum[i]);
        out(s, "verify /MD5 (disk0:/%s) = %s\n", flash_name(url), hex);
        return 0;
}

const struct exec_row exec_flash[] = {
        { "dir [/all] [FILE:word]", "List files on flash", 15 | EXEC_TABLE, do_dir },
        { "show {flash:|disk0:}", "The same as dir", 15 | EXEC_TABLE, do_dir },
        { "more FILE:word", "Show a file", 15, do_more },
        { "delete [/noconfirm] FILE:word", "Delete a file", 15, do_delete },
        { "mkdir [/noconfirm] DIRECTORY:word", "Make a directory on flash", 15, do_mkdir },
        { "rmdir [/noconfirm] DIRECTORY:word", "Remove an empty directory", 15, do_rmdir },
        { "rename [/noconfirm] FROM:word TO:word", "Give a file another name", 15, do_rename },
        { "verify /md5 FILE:word", "Compute the MD5 sum of a file", 15, do_verify },
        { 0 },
};
