#include "cli/ssh/xfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/conf/boot_config.h"
#include "cli/exec/save.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"

#define RUNNING "running-config"
#define PATH 512

const char *xfer_words(enum xfer_rc rc)
{
        static const char *const words[] = { [XFER_OK] = "Success",
                                             [XFER_NONE] = "No such file or directory",
                                             [XFER_DENIED] = "Permission denied",
                                             [XFER_FULL] = "No space left on device",
                                             [XFER_EXISTS] = "File exists",
                                             [XFER_IS_DIR] = "Is a directory",
                                             [XFER_TEXT] = "Not the text of a configuration",
                                             [XFER_FAILED] = "Failure" };

        return words[rc];
}

static enum xfer_rc rc_of_errno(void)
{
        switch (errno) {
        case ENOENT:
        case ENOTDIR:
                return XFER_NONE;
        case ENOSPC:
        case EDQUOT:
                return XFER_FULL;
        case EEXIST:
        case ENOTEMPTY:
                return XFER_EXISTS;
        case EISDIR:
                return XFER_IS_DIR;
        case EACCES:
        case EPERM:
                return XFER_DENIED;
        default:
                return XFER_FAILED;
        }
}

/* ---- names ---- */

/* Where the part before the last one ends. */
static size_t parent_len(const char *name, size_t n)
{
        while (n && name[n - 1] != '/')
                n--;
        return n ? n - 1 : 0;
}

bool xfer_name(const char *path, size_t n, char out[XFER_NAME_MAX + 1])
{
        size_t at = 0;

        while (n && *path == '/')
                path++, n--;
        if (n >= 6 && (!strncasecmp(path, "disk0:", 6) || !strncasecmp(path, "flash:", 6)))
                path += 6, n -= 6;
        return flash_walk(out, &at, path, n, true);
}

typedef int path_fn(const struct box *b, const char *url, char *path, size_t cap, struct err *e);

/* Under flash; "" is flash. */
static enum xfer_rc path_as(const struct box *b, const char *name, char path[PATH], path_fn *fn)
{
        char url[BOOT_NAME_MAX + 8], saved[BOOT_NAME_MAX + 1];
        struct err e;

        if (!*b->flash)
                return XFER_NONE;
        if (!strcmp(name, STARTUP_FILE)) { /* wherever that is */
                boot_config_get(b->flash, saved);
                name = saved;
        }
        if (!*name)
                return snprintf(path, PATH, "%s", b->flash) < PATH ? XFER_OK : XFER_FAILED;
        snprintf(url, sizeof url, "disk0:/%s", name);
        return fn(b, url, path, PATH, &e) < 0 ? XFER_DENIED : XFER_OK;
}

static enum xfer_rc path_of(const struct box *b, const char *name, char path[PATH])
{
        return path_as(b, name, path, flash_path);
}

static enum xfer_rc path_to_write(const struct box *b, const char *name, char path[PATH])
{
        return path_as(b, name, path, flash_path_write);
}

/* ---- looking ---- */

static bool is_running(const struct box *b, const char *name)
{
        return !strcmp(name, RUNNING) && b->store;
}

static enum xfer_rc running_text(struct box *b, struct text *out)
{
        const struct running_opts o = { .plain = true, .envelope = true };
        struct err e;
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = running_write(b->store, &o, out, &e);
        pthread_mutex_unlock(&b->conf_lock);
        return rc || out->bad ? XFER_FAILED : XFER_OK;
}

static void take_stat(const struct box *b, const struct stat *st, struct xfer_stat *out)
{
        *out = (struct xfer_stat){ .dir = S_ISDIR(st->st_mode),
                                   .size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size,
                                   .mtime = box_file_time(b, st->st_mtime) };
}

enum xfer_rc xfer_stat(struct box *b, const char *name, struct xfer_stat *out)
{
        char path[PATH];
        struct stat st;
        enum xfer_rc rc;

        if (is_running(b, name)) {
                struct text t = { 0 };

                rc = running_text(b, &t);
                *out = (struct xfer_stat){ .size = t.n, .mtime = b->clk->wall_ns(b->clk->ctx) / 1000000000 };
                text_fini(&t);
                return rc;
        }
        rc = path_of(b, name, path);
        if (rc)
                return rc;
        if (lstat(path, &st))
                return rc_of_errno();
        take_stat(b, &st, out);
        return XFER_OK;
}

enum xfer_rc xfer_read(struct box *b, const char *name, struct text *out)
{
        char path[PATH];
        struct xfer_stat st;
        enum xfer_rc rc = is_running(b, name) ? XFER_OK : xfer_stat(b, name, &st);
        struct err e;
        uint8_t *p;
        size_t n;

        if (is_running(b, name))
                return running_text(b, out);
        if (rc || st.dir)
                return rc ? rc : XFER_IS_DIR;
        rc = path_of(b, name, path);
        if (rc)
                return rc;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, &e) < 0)
                return XFER_FAILED;
        text_addn(out, (const char *)p, n);
        mem_free_secret(p);
        return out->bad ? XFER_FAILED : XFER_OK;
}

enum xfer_rc xfer_list(struct box *b, const char *dir, xfer_each_fn fn, void *ctx)
{
        char path[PATH], below[PATH], name[XFER_NAME_MAX + 258];
        enum xfer_rc rc = path_of(b, dir, path);
        struct dirent *de;
        DIR *d = rc ? NULL : opendir(path);
        struct xfer_stat st;
        bool more = true;

        if (!d)
                return rc ? rc : rc_of_errno();
        while (more && (de = readdir(d))) {
                struct stat fs;

                snprintf(name, sizeof name, "%s%s%s", dir, *dir ? "/" : "", de->d_name);
                if (strlen(name) > XFER_NAME_MAX || path_of(b, name, below) || lstat(below, &fs))
                        continue;
                take_stat(b, &fs, &st);
                more = fn(ctx, de->d_name, &st);
        }
        closedir(d);
        return XFER_OK;
}

/* ---- changing ---- */

uint64_t xfer_room(const struct box *b)
{
        struct statvfs v;

        if (!*b->flash || statvfs(b->flash, &v))
                return 0;
        return MIN_OF((uint64_t)v.f_bavail * v.f_frsize, (uint64_t)FLASH_FILE_MAX);
}

enum xfer_rc xfer_writable(struct box *b, const char *name)
{
        char path[PATH];
        struct stat st;
        enum xfer_rc rc = path_to_write(b, name, path);

        if (rc || !strcmp(name, RUNNING))
                return rc ? rc : XFER_DENIED;
        if (!lstat(path, &st))
                return S_ISREG(st.st_mode) ? XFER_OK : S_ISDIR(st.st_mode) ? XFER_IS_DIR : XFER_DENIED;
        if (errno != ENOENT)
                return rc_of_errno();
        path[parent_len(path, strlen(path))] = 0;
        return stat(path, &st) ? rc_of_errno() : S_ISDIR(st.st_mode) ? XFER_OK : XFER_NONE;
}

enum xfer_rc xfer_write(struct box *b, const char *name, const void *p, size_t n)
{
        bool startup = !strcmp(name, STARTUP_FILE);
        char path[PATH];
        enum xfer_rc rc = xfer_writable(b, name);
        struct err e;

        if (rc)
                return rc;
        if (startup && n && memchr(p, 0, n))
                return XFER_TEXT;
        if (n > xfer_room(b))
                return XFER_FULL;
        if (path_to_write(b, name, path))
                return XFER_DENIED;
        if (!file_write_atomic(path, p, n, 0600, startup, &e))
                return XFER_OK;
        return strstr(e.text, "No space") ? XFER_FULL : XFER_FAILED;
}

enum xfer_rc xfer_remove(struct box *b, const char *name, bool dir)
{
        char path[PATH];
        enum xfer_rc rc = *name ? path_of(b, name, path) : XFER_DENIED;

        if (rc)
                return rc;
        return (dir ? rmdir(path) : unlink(path)) ? rc_of_errno() : XFER_OK;
}

enum xfer_rc xfer_mkdir(struct box *b, const char *name)
{
        char path[PATH];
        enum xfer_rc rc = *name && strcmp(name, RUNNING) ? path_to_write(b, name, path) : XFER_EXISTS;

        if (rc)
                return rc;
        return mkdir(path, 0700) ? rc_of_errno() : XFER_OK;
}

enum xfer_rc xfer_rename(struct box *b, const char *from, const char *to)
{
        char x[PATH], y[PATH];
        enum xfer_rc rc = *from ? path_to_write(b, from, x) : XFER_DENIED;

        if (!rc)
                rc = *to && strcmp(to, RUNNING) ? path_to_write(b, to, y) : XFER_EXISTS;
        if (rc)
                return rc;
        return renameat2(AT_FDCWD, x, AT_FDCWD, y, RENAME_NOREPLACE) ? rc_of_errno() : XFER_OK;
}
