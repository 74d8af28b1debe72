/* What is in files on flash: more, verify. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <errno.h>
#include <mbedtls/md5.h>
#include <mbedtls/sha512.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/base/file.h"

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
static void show_text(struct session *s, const char *at, size_t n)
{
        char line[2048];

        while (n) {
                const char *nl = memchr(at, '\n', n);
                size_t len = nl ? (size_t)(nl - at) : n;

                if (!out(s, "%s\n", str_escape(line, sizeof line, at, len && at[len - 1] == '\r' ? len - 1 : len)))
                        break;
                at += len + (nl != NULL);
                n -= len + (nl != NULL);
        }
}

/* Letters, digits and the commonest signs of code page 037. */
static char of_ebcdic(uint8_t c)
{
        static const struct {
                uint8_t first;
                const char *text;
        } runs[] = { { 0x40, " " },         { 0x4b, ".<(+|&" },    { 0x5a, "!$*);" },     { 0x60, "-/" },
                     { 0x6b, ",%_>?" },     { 0x7a, ":#@'=\"" },   { 0x81, "abcdefghi" }, { 0x91, "jklmnopqr" },
                     { 0xa2, "stuvwxyz" },  { 0xc1, "ABCDEFGHI" }, { 0xd1, "JKLMNOPQR" }, { 0xe2, "STUVWXYZ" },
                     { 0xf0, "0123456789" } };

        for (size_t i = 0; i < ARRAY_LEN(runs); i++)
                if (c >= runs[i].first && c < runs[i].first + strlen(runs[i].text))
                        return runs[i].text[c - runs[i].first];
        return '.';
}

/* Sixteen octets a line: where they are, in hexadecimal, as characters. */
static bool show_octets(struct session *s, size_t at, const uint8_t *p, size_t n, bool ebcdic)
{
        char hex[64], text[17];
        struct wbuf w = wbuf_of(hex, sizeof hex);

        for (size_t i = 0; i < n; i++) {
                wbuf_printf(&w, "%s%02x", i && i % 4 == 0 ? " " : "", p[i]);
                text[i] = ebcdic ? of_ebcdic(p[i]) : p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '.';
        }
        text[n] = 0;
        return out(s, "%08zx:   %-35s   %s\n", at, wbuf_text(&w), text);
}

static int do_more(struct session *s, const struct args *a, struct err *e)
{
        char path[512], url[FLASH_URL_MAX];
        bool more = true;
        uint8_t *p;
        size_t n;

        if (flash_url(s, arg_str(a, "FILE"), url, e) || flash_path(session_box(s), url, path, sizeof path, e))
                return -1;
        if (!opens(s, url, path))
                return 0;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, e))
                return -1;
        if (!arg_has(a, "/binary") && !arg_has(a, "/ebcdic"))
                show_text(s, (const char *)p, n);
        else
                for (size_t at = 0; at < n && more; at += 16)
                        more = show_octets(s, at, p + at, MIN_OF(n - at, 16u), arg_has(a, "/ebcdic"));
        mem_free_secret(p);
        return 0;
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
        bool sha512 = arg_has(a, "/sha-512");
        char path[512], hex[129], url[FLASH_URL_MAX];
        uint8_t *p;
        size_t n;
        int rc;

        if (flash_url(s, arg_str(a, "FILE"), url, e) || flash_path(session_box(s), url, path, sizeof path, e))
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

const struct exec_row exec_more[] = {
        { "more [{/ascii|/binary|/ebcdic}] FILE:word", "Show a file", 15, do_more },
        { "verify [{/md5|/sha-512}] FILE:word [SUM:word]",
          "Compute the sum of a file, or compare it with what it should be", 15, do_verify },
        { 0 },
};
