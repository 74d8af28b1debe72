#include "cli/conf/clock_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/base/str.h"

#define FILE_MAX 64u
#define HEAD "ns "
#define YEARS_100_NS 3155760000000000000u

/* "ns -3600000000000" and a newline: a file without it was cut short. */
static bool parse(char *p, size_t n, int64_t *out)
{
        bool minus;
        uint64_t v;

        if (n <= strlen(HEAD) || p[n - 1] != '\n' || strncmp(p, HEAD, strlen(HEAD)) != 0)
                return false;
        p[n - 1] = 0;
        p += strlen(HEAD);
        minus = *p == '-';
        if (!str_u64(p + minus, 0, YEARS_100_NS, &v))
                return false;
        *out = minus ? -(int64_t)v : (int64_t)v;
        return true;
}

static bool path_of(const char *dir, char *path, size_t cap)
{
        return *dir && (size_t)snprintf(path, cap, "%s/" CLOCK_FILE, dir) < cap;
}

int clock_file_load(const char *dir, struct clock_own *o, struct err *e)
{
        char path[512];
        int64_t offset;
        uint8_t *p;
        size_t n;
        int rc = 0;

        if (!path_of(dir, path, sizeof path) || (access(path, F_OK) < 0 && errno == ENOENT))
                return 0;
        if (file_read(path, FILE_MAX, &p, &n, e) < 0)
                return -1;
        if (parse((char *)p, n, &offset))
                clock_own_step(o, offset, CLOCK_USER);
        else
                rc = err_set(e, ERR_SYNTAX, CLOCK_FILE " on flash is damaged: set the clock again: clock set");
        mem_free_secret(p);
        return rc;
}

int clock_file_save(const char *dir, int64_t offset_ns, struct err *e)
{
        char path[512], text[FILE_MAX];
        int n;

        if (!path_of(dir, path, sizeof path))
                return err_set(e, ERR_STATE, "there is no flash directory");
        if (!offset_ns) {
                if (unlink(path) == 0 || errno == ENOENT)
                        return 0;
                return err_set(e, ERR_IO, CLOCK_FILE ": %s", strerror(errno));
        }
        n = snprintf(text, sizeof text, HEAD "%" PRId64 "\n", offset_ns);
        return file_write_atomic(path, text, (size_t)n, 0600, false, e);
}
