#include "platform/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where flash is on the host is nobody's business: the name alone, that of the file a temporary one becomes. */
static int io_error(struct err *e, const char *what, const char *path)
{
        const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
        const char *tmp = strstr(name, ".tmp");
        int n = tmp && strlen(tmp) >= 10 ? (int)(tmp - name) : (int)strlen(name);

        return err_set(e, ERR_IO, "cannot %s %.*s: %s", what, n, name, strerror(errno));
}

static int write_all(int fd, const uint8_t *p, size_t n)
{
        ssize_t put;

        while (n) {
                put = write(fd, p, n);
                if (put < 0 && errno == EINTR)
                        continue;
                if (put < 0)
                        return -1;
                p += put;
                n -= (size_t)put;
        }
        return 0;
}

/* The directory part of path in dir. */
static void parent_of(const char *path, char dir[PATH_MAX])
{
        const char *slash = strrchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : 0;

        if (!slash)
                strcpy(dir, ".");
        else if (!n)
                strcpy(dir, "/");
        else
                snprintf(dir, PATH_MAX, "%.*s", (int)n, path);
}

/* The names in a directory are data of the directory: without this a rename may be undone by a power cut. */
static int sync_parent(const char *path, struct err *e)
{
        char dir[PATH_MAX];
        int fd, ret = 0;

        parent_of(path, dir);
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) < 0)
                ret = io_error(e, "sync directory", dir);
        if (fd >= 0)
                close(fd);
        return ret;
}

/* mkostemp() makes the file 0600; a wider mode comes when the content is complete. */
static int write_temp(char *tmp, const void *data, size_t n, mode_t mode, struct err *e)
{
        int fd = mkostemp(tmp, O_CLOEXEC), bad;

        if (fd < 0)
                return io_error(e, "create", tmp);
        bad = write_all(fd, data, n) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0;
        if (bad)
                io_error(e, "write", tmp);
        if (close(fd) < 0 && !bad)
                bad = io_error(e, "close", tmp);
        if (bad)
                unlink(tmp);
        return bad ? -1 : 0;
}

/* A second name for the old content, set by rename so that a .prev exists at every moment. */
static int keep_prev(const char *path, const char *tmp, struct err *e)
{
        char prev[PATH_MAX], link_name[PATH_MAX];

        if (snprintf(prev, sizeof prev, "%s.prev", path) >= PATH_MAX ||
            snprintf(link_name, sizeof link_name, "%s.prev", tmp) >= PATH_MAX)
                return err_set(e, ERR_RANGE, "file name %s is too long", path);
        if (link(path, link_name) < 0)
                return errno == ENOENT ? 0 : io_error(e, "keep previous", path);
        if (rename(link_name, prev) < 0) {
                unlink(link_name);
                return io_error(e, "keep previous", path);
        }
        return 0;
}

int file_write_atomic(const char *path, const void *data, size_t n, mode_t mode, bool keep_previous, struct err *e)
{
        char tmp[PATH_MAX];

        if (snprintf(tmp, sizeof tmp, "%s.tmpXXXXXX", path) >= PATH_MAX)
                return err_set(e, ERR_RANGE, "file name %s is too long", path);
        if (write_temp(tmp, data, n, mode, e) < 0)
                return -1;
        if (keep_previous && keep_prev(path, tmp, e) < 0) {
                unlink(tmp);
                return -1;
        }
        if (rename(tmp, path) < 0) {
                io_error(e, "replace", path);
                unlink(tmp);
                return -1;
        }
        return sync_parent(path, e);
}

/* NAME.tmpXXXXXX as made by mkostemp(), or the link to the previous content beside it. */
static bool is_temp(const char *name)
{
        const char *t = strstr(name, ".tmp"), *end;

        if (!t || t == name)
                return false;
        t += 4;
        end = t + strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
        return end - t == 6 && (!*end || strcmp(end, ".prev") == 0);
}

void file_sweep(const char *dir)
{
        DIR *d = opendir(dir);
        struct dirent *de;

        if (!d)
                return;
        while ((de = readdir(d)))
                if (is_temp(de->d_name))
                        unlinkat(dirfd(d), de->d_name, 0);
        closedir(d);
}

/* Room for one byte more; the old block may hold a key, so it is wiped, not realloc()ed. */
static uint8_t *grow(uint8_t *old, size_t n, size_t *cap)
{
        size_t more = *cap * 2;
        uint8_t *p = mem_alloc(MEM_MISC, more);

        if (p)
                memcpy(p, old, n);
        mem_free_secret(old);
        *cap = more;
        return p;
}

/* Reads to the end into a block that always has room for the NUL. fd stays the caller's. */
static int read_all(int fd, const char *path, size_t max, uint8_t **out, size_t *n, struct err *e)
{
        struct stat st = { 0 };
        size_t cap, len = 0;
        ssize_t got = 1;
        uint8_t *p;

        if (fstat(fd, &st) < 0)
                return io_error(e, "read", path);
        cap = st.st_size > 0 && (size_t)st.st_size <= max ? (size_t)st.st_size + 2 : 4096;
        p = mem_alloc(MEM_MISC, cap);
        while (p && got && len <= max) {
                got = read(fd, p + len, MIN_OF(cap - 1 - len, max + 1 - len));
                if (got < 0 && errno != EINTR)
                        break;
                len += got > 0 ? (size_t)got : 0;
                if (len == cap - 1)
                        p = grow(p, len, &cap);
        }
        if (p && got == 0 && len <= max) {
                *out = p;
                *n = len;
                return 0;
        }
        mem_free_secret(p);
        if (!p)
                return err_nomem(e, "reading a file");
        if (got < 0)
                return io_error(e, "read", path);
        return err_set(e, ERR_LIMIT, "file %s is larger than %zu bytes", path, max);
}

int file_read(const char *path, size_t max, uint8_t **out, size_t *n, struct err *e)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

        if (fd < 0)
                return io_error(e, "open", path);
        ret = read_all(fd, path, max, out, n, e);
        close(fd);
        return ret;
}

int dir_make(const char *path, mode_t mode, struct err *e)
{
        char part[PATH_MAX];
        struct stat st;

        if (!*path || strlen(path) >= sizeof part)
                return err_set(e, ERR_RANGE, "directory name is empty or longer than %d bytes", PATH_MAX - 1);
        for (const char *p = path + 1;; p++) {
                if (*p && *p != '/')
                        continue;
                snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
                if (mkdir(part, mode) < 0 && errno != EEXIST)
                        return io_error(e, "create directory", part);
                if (!*p)
                        break;
        }
        if (stat(path, &st) < 0)
                return io_error(e, "create directory", path);
        return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_EXISTS, "%s exists and is not a directory", path);
}
