/* The file system itself: where one is in it, what it is, and what is not done to it from here. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "platform/base/file.h"

/* ---- pwd, cd ---- */

static int do_pwd(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        const char *cwd = session_cwd(s);

        out(s, "disk0:/%s%s\n", cwd, *cwd ? "/" : "");
        return 0;
}

static int do_cd(struct session *s, const struct args *a, struct err *e)
{
        char path[512], url[FLASH_URL_MAX];
        const char *name;
        struct stat st = { .st_mode = 0 };

        if (flash_url(s, arg_str(a, "DIRECTORY") ? arg_str(a, "DIRECTORY") : "disk0:", url, e) < 0)
                return -1;
        name = flash_name(url);
        if (!is_flash_url(url) || *name) {
                if (flash_path(session_box(s), url, path, sizeof path, e) < 0)
                        return -1;
                if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
                        out(s, "%%Error changing to disk0:/%s (%s)\n", name, strerror(st.st_mode ? ENOTDIR : errno));
                        return 0;
                }
        }
        session_set_cwd(s, name);
        return 0;
}

/* ---- show file ---- */

static int show_system(struct session *s, const struct args *a UNUSED, struct err *e)
{
        const struct box *b = session_box(s);
        struct statvfs v;

        if (!*b->flash || statvfs(b->flash, &v))
                return err_set(e, ERR_STATE, "there is no flash directory");
        out(s, "\nFile Systems:\n\n       Size(b)       Free(b)      Type  Flags  Prefixes\n");
        table_list(session_table(s), "file_systems");
        ROW(s, "* %12s  %12s      %s     %s   %s flash:\n", cell_num("size_bytes", (uint64_t)v.f_blocks * v.f_frsize),
            cell_num("free_bytes", (uint64_t)v.f_bavail * v.f_frsize), cell_str("type", "disk"),
            cell_str("flags", "rw"), cell_str("prefix", "disk0:"));
        table_close(session_table(s));
        return 0;
}

static bool is_text(const uint8_t *p, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if ((p[i] < ' ' && !strchr("\t\n\r\f", p[i])) || !p[i] || p[i] == 0x7f)
                        return false;
        return true;
}

static const char *kind_of(const uint8_t *p, size_t n)
{
        if (!is_text(p, n))
                return "data";
        return memmem(p, n, "\nASA Version ", 13) ? "configuration" : "text";
}

static int show_information(struct session *s, const struct args *a, struct err *e)
{
        char path[512], url[FLASH_URL_MAX];
        struct stat st;
        uint8_t *p;
        size_t n;

        if (flash_url(s, arg_str(a, "FILE"), url, e) || flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        if (stat(path, &st)) {
                out(s, "%%Error opening disk0:/%s (%s)\n", flash_name(url), strerror(errno));
                return 0;
        }
        if (!S_ISREG(st.st_mode)) {
                out(s, "disk0:/%s:\n  type is directory\n", flash_name(url));
                return 0;
        }
        if (file_read(path, FLASH_FILE_MAX, &p, &n, e))
                return -1;
        out(s, "disk0:/%s:\n  type is %s\n  file size is %zu bytes\n", flash_name(url), kind_of(p, n), n);
        mem_free_secret(p);
        return 0;
}

/* Files are read and written as a whole: none is open between two commands. */
static int show_descriptors(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        out(s, "No open file descriptors\n");
        return 0;
}

/* ---- what the host does ---- */

static int do_fsck(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        out(s,
            "INFO: disk0: is a directory of the host, which checks its file systems itself: there is nothing to do\n"
            "      here. verify FILE looks whether a file is what it should be.\n");
        return 0;
}

static int no_format(struct session *s UNUSED, const struct args *a UNUSED, struct err *e)
{
        return err_set(e, ERR_SUPPORT,
                       "disk0: is a directory of the host and is not formatted from here; delete and rmdir remove "
                       "what is in it, write erase the saved configuration");
}

const struct exec_row exec_file_system[] = {
        { "pwd", "Show the current directory", 15, do_pwd },
        { "cd [DIRECTORY:word]", "Change the current directory, to disk0:/ without another", 15, do_cd },
        { "show file system", "Show the file systems there are", 15 | EXEC_TABLE, show_system },
        { "show file information FILE:word", "Show of which kind a file is", 15, show_information },
        { "show file descriptors", "Show files that are open", 15, show_descriptors },
        { "fsck [/noconfirm] {disk0:|flash:}", "Not needed: the host checks its file systems", 15, do_fsck },
        { "format [/noconfirm] {disk0:|flash:}", "Not done from here", 15, no_format },
        { "erase [/noconfirm] {disk0:|flash:}", "Not done from here, as format", 15, no_format },
        { 0 },
};
