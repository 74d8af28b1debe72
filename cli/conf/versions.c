#include "cli/conf/versions.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/conf/running.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static void dir_path(const char *flash, char *out)
{
        snprintf(out, PATH_MAX, "%s/" VERSIONS_DIR, flash);
}

static void file_path(const char *flash, uint32_t seq, char *out)
{
        snprintf(out, PATH_MAX, "%s/" VERSIONS_DIR "/%08" PRIu32, flash, seq);
}

/* ---- which there are ---- */
static int newest_first(const void *x, const void *y)
{
        uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

        return a < b ? 1 : a > b ? -1 : 0;
}

#define FILES_MAX 64      /* more than are ever kept */
#define SEQ_MAX 99999999u /* what eight digits hold */

static unsigned numbers(const char *flash, uint32_t seq[FILES_MAX])
{
        char path[PATH_MAX];
        struct dirent *de;
        unsigned n = 0;
        DIR *d;

        dir_path(flash, path);
        d = opendir(path);
        while (d && n < FILES_MAX && (de = readdir(d)))
                if (strlen(de->d_name) == 8 && str_u32(de->d_name, 1, SEQ_MAX, &seq[n]))
                        n++;
        if (d)
                closedir(d);
        qsort(seq, n, sizeof *seq, newest_first);
        return n;
}

static void copy_line(char *out, size_t cap, const char *text, const char *head)
{
        const char *at = strstr(text, head);

        out[0] = 0;
        if (at)
                snprintf(out, cap, "%.*s", (int)strcspn(at + strlen(head), "\n"), at + strlen(head));
}

static bool describe(const char *flash, uint32_t seq, struct version *out)
{
        char path[PATH_MAX];
        uint8_t *p;
        size_t n;

        file_path(flash, seq, path);
        if (file_read(path, VERSION_BYTES_MAX, &p, &n, NULL))
                return false;
        *out = (struct version){ .seq = seq };
        copy_line(out->written, sizeof out->written, (const char *)p, ": Written ");
        copy_line(out->sum, sizeof out->sum, (const char *)p, "\nCryptochecksum:");
        mem_free_secret(p);
        return true;
}

unsigned versions_list(const char *flash, struct version out[VERSIONS_KEPT])
{
        uint32_t seq[FILES_MAX];
        unsigned n = numbers(flash, seq), k = 0;

        for (unsigned i = 0; i < n && k < VERSIONS_KEPT; i++)
                k += describe(flash, seq[i], &out[k]);
        return k;
}

/* ---- keeping ---- */

/* After the last number there is they begin anew: the oldest becomes 1, in order, so that none meets another. */
static int renumber(const char *flash, uint32_t *seq, unsigned n, struct err *e)
{
        char from[PATH_MAX], to[PATH_MAX];

        for (unsigned i = n; i-- > 0; seq[i] = n - i) {
                file_path(flash, seq[i], from);
                file_path(flash, n - i, to);
                if (rename(from, to))
                        return err_set(e, ERR_IO, VERSIONS_DIR ": %s", strerror(errno));
        }
        return 0;
}

int versions_add(const char *flash, const char *text, size_t n, struct err *e)
{
        uint32_t seq[FILES_MAX];
        unsigned there = numbers(flash, seq);
        char path[PATH_MAX], sum[33];
        struct version last;

        if (running_text_checksum(text, n, sum) != RUNNING_SUM_RIGHT)
                return err_set(e, ERR_SYNTAX, "the configuration has no checksum of its own");
        if (there && describe(flash, seq[0], &last) && !strcmp(last.sum, sum))
                return 0;
        dir_path(flash, path);
        if (dir_make(path, 0700, e) < 0)
                return -1;
        if (there && seq[0] == SEQ_MAX && renumber(flash, seq, there, e) < 0)
                return -1;
        file_path(flash, there ? seq[0] + 1 : 1, path);
        if (file_write_atomic(path, text, n, 0600, false, e) < 0)
                return -1;
        for (unsigned i = VERSIONS_KEPT - 1; i < there; i++) {
                file_path(flash, seq[i], path);
                unlink(path);
        }
        return 0;
}

static bool is_as_written(const char *text, size_t n)
{
        static const char end[] = ": end\n";
        char sum[33];

        return n >= sizeof end - 1 && !strcmp(text + n - (sizeof end - 1), end) &&
               running_text_checksum(text, n, sum) == RUNNING_SUM_RIGHT;
}

int versions_read(const char *flash, unsigned number, uint8_t **text, size_t *n, struct err *e)
{
        struct version v[VERSIONS_KEPT];
        unsigned there = versions_list(flash, v);
        char path[PATH_MAX];

        if (!there)
                return err_set(e, ERR_REF, "no configuration was saved yet");
        if (!number || number > there)
                return err_set(e, ERR_RANGE, "there are %u saved configurations, 1 is the newest", there);
        file_path(flash, v[number - 1].seq, path);
        if (file_read(path, VERSION_BYTES_MAX, text, n, e) < 0)
                return -1;
        if (is_as_written((const char *)*text, *n))
                return 0;
        mem_free_secret(*text);
        return err_set(e, ERR_SYNTAX, "the saved configuration is damaged: its checksum does not match");
}

int versions_erase(const char *flash, struct err *e)
{
        uint32_t seq[FILES_MAX];
        char path[PATH_MAX];

        for (unsigned n; (n = numbers(flash, seq));)
                for (unsigned i = 0; i < n; i++) {
                        file_path(flash, seq[i], path);
                        if (unlink(path))
                                return err_set(e, ERR_IO, VERSIONS_DIR ": %s", strerror(errno));
                }
        dir_path(flash, path);
        rmdir(path); /* files of somebody else's may be in it */
        return 0;
}
