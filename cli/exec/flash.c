/* Files on flash: dir, more, delete, verify. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md5.h>
#include <mbedtls/sha512.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "platform/base/clock_own.h"
#include "platform/base/file.h"
#include "platform/base/str.h"

#define DEPTH_MAX 8 /* of directories in directories */

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

struct listing {
        struct session *s;
        const struct tz *z;
        bool recursive;
        unsigned n;
};

/* below: its name in front of those in it, with a slash. */
static int list_dir(struct listing *l, const char *path, const char *below, unsigned depth)
{
        DIR *d = opendir(path);
        char name[512], sub[768];
        struct dirent *de;
        struct stat st;

        if (!d)
                return -1;
        while ((de = readdir(d))) {
                if (de->d_name[0] == '.' || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW))
                        continue;
                if (!depth && !strcmp(de->d_name, "pki"))
                        continue;
                snprintf(name, sizeof name, "%s%s", below, de->d_name);
                dir_row(l->s, l->z, name, &st, ++l->n);
                if (!l->recursive || !S_ISDIR(st.st_mode) || depth >= DEPTH_MAX)
                        continue;
                snprintf(name, sizeof name, "%s%s/", below, de->d_name);
                snprintf(sub, sizeof sub, "%.500s/%.255s", path, de->d_name);
                list_dir(l, sub, name, depth + 1);
        }
        closedir(d);
        return 0;
}

static int list_all(struct listing *l, const char *path, bool root, struct err *e)
{
        int rc;

        table_list(session_table(l->s), "files");
        rc = list_dir(l, path, "", root ? 0 : 1);
        table_close(session_table(l->s));
        if (rc < 0)
                return err_set(e, ERR_IO, "%%Error opening disk0:/ (%s)", strerror(errno));
        if (!l->n)
                out(l->s, "No files in directory\n");
        return 0;
}

static void list_file(struct session *s, const char *name, const struct tz *z, const struct stat *st)
{
        table_list(session_table(s), "files");
        dir_row(s, z, name, st, 1);
        table_close(session_table(s));
}

static int list_one(struct listing *l, const char *path, const char *name, struct err *e)
{
        struct stat st;

        if (stat(path, &st))
                PUT(l->s, "%%Error opening disk0:/%s (%s)\n", cell_str("failed", name),
                    cell_str("error", "No such file or directory"));
        else if (S_ISDIR(st.st_mode))
                return list_all(l, path, false, e);
        else
                list_file(l->s, name, l->z, &st);
        return 0;
}

static int do_dir(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *url = arg_str(a, "FILE") ? arg_str(a, "FILE") : "disk0:";
        const char *name = flash_name(url);
        struct statvfs v;
        struct tz z;
        struct listing l = { .s = s, .z = &z, .recursive = arg_has(a, "/recursive") };
        char path[512];

        if (!is_flash_url(url) || !*b->flash) {
                PUT(s, "%%Error opening %s (%s)\n", cell_str("failed", url), cell_str("error", "No such device"));
                return 0;
        }
        box_tz(b, &z);
        PUT(s, "\nDirectory of disk0:/%s\n\n", cell_str("directory", name));
        if (*name) {
                if (flash_path(b, url, path, sizeof path, e) || list_one(&l, path, name, e))
                        return -1;
        } else if (list_all(&l, b->flash, true, e)) {
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

        if (flash_path_write(session_box(s), url, path, sizeof path, e))
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

        if (flash_path_write(session_box(s), from, x, sizeof x, e) ||
            flash_path_write(session_box(s), to, y, sizeof y, e))
                return -1;
        if (!access(y, F_OK)) {
                errno = EEXIST;
                return told(s, "renaming to", to, -1);
        }
        return told(s, "renaming", from, rename(x, y));
}

/* ---- verify ---- */

static int sum_of(const uint8_t *p, size_t n, bool sha512, char *hex)
{
        uint8_t sum[64];
        unsigned len = sha512 ? 64 : 16;

        if (sha512 ? mbedtls_sha512_ret(p, n, sum, 0) : mbedtls_md5_ret(p, n, sum))
                return -1;
        for (unsigned i = 0; i < len; i++)
                snprintf(hex + (size_t)2 * i, 3, "%02x", sum[i]);
        return 0;
}

/* Alone, the sum; with what it should be, whether it is. */
static void show_sum(struct session *s, const char *name, bool sha512, const char *hex, const char *want)
{
        if (!want)
                out(s, "verify /%s (disk0:/%s) = %s\n", sha512 ? "SHA-512" : "MD5", name, hex);
        else if (!strcasecmp(want, hex))
                out(s, "Verified (disk0:/%s) = %s\n", name, hex);
        else
                out(s, "%%Error verifying disk0:/%s\nComputed signature  = %s\nSubmitted signature = %s\n", name, hex,
                    want);
}

static int do_verify(struct session *s, const struct args *a, struct err *e)
{
        const char *url = arg_str(a, "FILE");
        bool sha512 = arg_has(a, "/sha-512");
        char path[512], hex[129];
        uint8_t *p;
        size_t n;
        int rc;

        if (flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        if (!opens(s, url, path))
                return 0;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, e))
                return -1;
        rc = sum_of(p, n, sha512, hex);
        mem_free_secret(p);
        if (rc)
                return err_set(e, ERR_CRYPTO, "the sum cannot be computed");
        show_sum(s, flash_name(url), sha512, hex, arg_str(a, "SUM"));
        return 0;
}

const struct exec_row exec_flash[] = {
        { "dir [/all] [/recursive] [FILE:word]", "List files on flash", 15 | EXEC_TABLE, do_dir },
        { "show {flash:|disk0:}", "The same as dir", 15 | EXEC_TABLE, do_dir },
        { "more FILE:word", "Show a file", 15, do_more },
        { "delete [/noconfirm] FILE:word", "Delete a file", 15, do_delete },
        { "mkdir [/noconfirm] DIRECTORY:word", "Make a directory on flash", 15, do_mkdir },
        { "rmdir [/noconfirm] DIRECTORY:word", "Remove an empty directory", 15, do_rmdir },
        { "rename [/noconfirm] FROM:word TO:word", "Give a file another name", 15, do_rename },
        { "verify [{/md5|/sha-512}] FILE:word [SUM:word]",
          "Compute the sum of a file, or compare it with what it should be", 15, do_verify },
        { 0 },
};
