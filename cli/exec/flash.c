/* Files on flash: dir, delete, mkdir, rmdir, rename. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/base/str.h"

#define DEPTH_MAX 8 /* of directories in directories */

/* ---- dir ---- */

static void dir_row(struct session *s, const struct tz *z, const char *name, const struct stat *st, unsigned n)
{
        const int64_t modified = box_file_time(session_box(s), st->st_mtime);
        struct tm tm = tz_tm(z, (time_t)modified);
        char when[40], shown[300];
        bool is_dir = S_ISDIR(st->st_mode);

        strftime(when, sizeof when, "%H:%M:%S %b %d %Y", &tm);
        ROW(s, "%-6s %s  %-11s %s  %s\n", cell_num("number", n),
            cell_as(cell_bool("directory", is_dir), is_dir ? "drwx" : "-rwx"),
            cell_num("bytes", is_dir ? 0 : (uint64_t)st->st_size),
            cell_as(cell_time("modified", modified * NS_PER_S), when),
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
        /* `show flash:` is all of it */
        const char *typed = arg_str(a, "FILE") ? arg_str(a, "FILE") : arg_has(a, "dir") ? "" : "disk0:", *name;
        struct statvfs v;
        struct tz z;
        struct listing l = { .s = s, .z = &z, .recursive = arg_has(a, "/recursive") };
        char path[512], url[FLASH_URL_MAX];

        if (flash_url(s, typed, url, e) < 0)
                return -1;
        name = flash_name(url);
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

/* ---- delete ---- */

struct delete_state {
        struct session *s;
        char name[FLASH_URL_MAX]; /* disk0:/FILE */
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
        struct err e;

        if (st->noconfirm)
                return delete_now(d, st);
        if (!answer) {
                dialog_say(d, "\n");
                return dialog_ask(d, DIALOG_LINE, "", "Delete filename [%.200s]? ", flash_name(st->name));
        }
        if (!d->at++) {
                if (*answer && flash_url(st->s, answer, st->name, &e) < 0)
                        return dialog_fail(d, &e);
                dialog_say(d, "\n");
                return dialog_ask(d, DIALOG_CONFIRM, "yes", "Delete disk0:/%.200s? [confirm]", flash_name(st->name));
        }
        return strcmp(answer, "yes") ? DIALOG_DONE : delete_now(d, st);
}

static const struct dialog_row delete_dialog = { "delete", sizeof(struct delete_state), delete_step, NULL };

static int do_delete(struct session *s, const struct args *a, struct err *e)
{
        struct delete_state st = { .s = s, .noconfirm = arg_has(a, "/noconfirm") };

        if (flash_url(s, arg_str(a, "FILE"), st.name, e) < 0)
                return -1;
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
        char path[512], url[FLASH_URL_MAX];

        if (flash_url(s, arg_str(a, "DIRECTORY"), url, e) || flash_path_write(session_box(s), url, path, sizeof path, e))
                return -1;
        if (mkdir(path, 0700))
                return told(s, "creating", url, -1);
        out(s, "Created dir disk0:/%s\n", flash_name(url));
        return 0;
}

static int do_rmdir(struct session *s, const struct args *a, struct err *e)
{
        char path[512], url[FLASH_URL_MAX];

        if (flash_url(s, arg_str(a, "DIRECTORY"), url, e) || flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        return told(s, "removing", url, rmdir(path));
}

static int do_rename(struct session *s, const struct args *a, struct err *e)
{
        char x[512], y[512], from[FLASH_URL_MAX], to[FLASH_URL_MAX];

        if (flash_url(s, arg_str(a, "FROM"), from, e) || flash_url(s, arg_str(a, "TO"), to, e) ||
            flash_path_write(session_box(s), from, x, sizeof x, e) ||
            flash_path_write(session_box(s), to, y, sizeof y, e))
                return -1;
        if (!access(y, F_OK)) {
                errno = EEXIST;
                return told(s, "renaming to", to, -1);
        }
        return told(s, "renaming", from, rename(x, y));
}

const struct exec_row exec_flash[] = {
        { "dir [{/all [/recursive]|/recursive [/all]}] [FILE:word]", "List files on flash", 15 | EXEC_TABLE, do_dir },
        { "show {flash:|disk0:}", "The same as dir", 15 | EXEC_TABLE, do_dir },
        { "delete [/noconfirm] FILE:word", "Delete a file", 15, do_delete },
        { "mkdir [/noconfirm] DIRECTORY:word", "Make a directory on flash", 15, do_mkdir },
        { "rmdir [/noconfirm] DIRECTORY:word", "Remove an empty directory", 15, do_rmdir },
        { "rename [/noconfirm] FROM:word TO:word", "Give a file another name", 15, do_rename },
        { 0 },
};
