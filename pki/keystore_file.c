#include "pki/keystore_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pki/pem.h"
#include "pki/rsa_alt.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define FILE_NAME_MAX 240 /* room for the temporary file's ending */
#define KEY_FILE_MAX 16384u
#define CERT_PEM_MAX (CERT_DER_MAX / 3 * 4 + CERT_DER_MAX / 48 + 128)
#define TP_FILE_MAX ((TRUSTPOINT_CAS_MAX + 1) * CERT_PEM_MAX)

static const struct {
        const char *dir, *ending;
} layout[] = { [ASSET_KEY] = { "keys", ".key" }, [ASSET_TP] = { "certs", ".pem" }, [ASSET_CTL] = { "ctl", ".tlv" } };

/* ---- names ---- */

static bool is_plain(char c)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int asset_path(const char *top, enum asset_kind kind, const char *name, char out[PATH_MAX], struct err *e)
{
        char esc[FILE_NAME_MAX + 4];
        size_t used = 0;

        if (!*name || strlen(name) > ASSET_NAME_MAX)
                return err_set(e, ERR_RANGE, "a name of %zu characters is outside 1-%d", strlen(name),
                               ASSET_NAME_MAX);
        for (const char *p = name; *p; p++) {
                if (used + 3 > FILE_NAME_MAX)
                        return err_set(e, ERR_RANGE, "the name %.40s... is too long for a file", name);
                used += (size_t)snprintf(esc + used, sizeof esc - used, is_plain(*p) ? "%c" : "%%%02X",
                                         (unsigned char)*p);
        }
        if (snprintf(out, PATH_MAX, "%s/%s/%s%s", top, layout[kind].dir, esc, layout[kind].ending) >= PATH_MAX)
                return err_set(e, ERR_RANGE, "file name %s is too long", esc);
        return 0;
}

static int hex_digit(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The label of a file name; false for a file that is none of ours. */
static bool name_of_file(const char *file, enum asset_kind kind, char out[ASSET_NAME_MAX + 1])
{
        size_t n = strlen(file), end = strlen(layout[kind].ending), used = 0;

        if (n <= end || strcmp(file + n - end, layout[kind].ending))
                return false;
        for (size_t i = 0; i < n - end; i++) {
                int c = (unsigned char)file[i];

                if (file[i] == '%' && i + 2 < n - end && hex_digit(file[i + 1]) >= 0 && hex_digit(file[i + 2]) >= 0) {
                        c = hex_digit(file[i + 1]) << 4 | hex_digit(file[i + 2]);
                        i += 2;
                } else if (!is_plain(file[i])) {
                        return false;
                }
                if (!c || used == ASSET_NAME_MAX)
                        return false;
                out[used++] = (char)c;
        }
        out[used] = 0;
        return used > 0;
}

int asset_dirs(const char *top, struct err *e)
{
        char path[PATH_MAX];

        for (unsigned i = 0; i < ARRAY_LEN(layout); i++) {
                if (snprintf(path, sizeof path, "%s/%s", top, layout[i].dir) >= PATH_MAX)
                        return err_set(e, ERR_RANGE, "file name %.200s is too long", top);
                if (dir_make(path, 0700, e) < 0)
                        return -1;
        }
        return 0;
}

/* ---- contents ---- */

void asset_blob_free(struct asset_blob *b)
{
        mem_free_secret(b->p);
        b->p = NULL;
        b->n = 0;
}

static int blob_new(struct asset_blob *b, size_t cap, struct wbuf *w, struct err *e)
{
        b->p = mem_alloc(MEM_KEY, cap);
        if (!b->p)
                return err_nomem(e, "saving keys and certificates");
        *w = wbuf_of(b->p, cap);
        return 0;
}

static int blob_done(struct asset_blob *b, const struct wbuf *w, struct err *e)
{
        b->n = w->len;
        if (!w->full)
                return 0;
        asset_blob_free(b);
        return err_set(e, ERR_LIMIT, "the keys or certificates are too large to be saved");
}

int asset_render_key(const struct keypair *kp, struct asset_blob *b, struct err *e)
{
        struct wbuf w;
        uint8_t *der;
        size_t n;

        if (keypair_export(kp, &der, &n, e) < 0)
                return -1;
        if (blob_new(b, KEY_FILE_MAX, &w, e) < 0) {
                mem_free_secret(der);
                return -1;
        }
        wbuf_printf(&w, "created %lld\n", (long long)keypair_created(kp));
        pem_write("PRIVATE KEY", der, n, &w);
        mem_free_secret(der);
        return blob_done(b, &w, e);
}

int asset_render_tp(const struct tp_assets *a, struct asset_blob *b, struct err *e)
{
        struct wbuf w;

        if (blob_new(b, (a->nca + 1) * CERT_PEM_MAX, &w, e) < 0)
                return -1;
        if (a->id) {
                wbuf_str(&w, "identity\n");
                cert_pem(a->id, &w);
        }
        for (unsigned i = 0; i < a->nca; i++) {
                wbuf_str(&w, "ca\n");
                cert_pem(a->ca[i], &w);
        }
        return blob_done(b, &w, e);
}

int asset_write(const struct asset_blob *b, struct err *e)
{
        if (b->p)
                return file_write_atomic(b->path, b->p, b->n, 0600, false, e);
        if (unlink(b->path) < 0 && errno != ENOENT)
                return err_set(e, ERR_IO, "cannot remove %s: %s", b->path, strerror(errno));
        return 0;
}

/* ---- loading ---- */

static int read_key(const struct asset_reader *r, const char *name, const char *text, size_t n, struct err *e)
{
        struct keypair *kp;
        long long created = 0;
        uint8_t *der;
        size_t len;

        if (sscanf(text, "created %lld", &created) != 1)
                return err_set(e, ERR_SYNTAX, "the first line is not \"created\"");
        if (paste_decode(text, n, "PRIVATE KEY", KEY_FILE_MAX, &der, &len, e) < 0)
                return -1;
        kp = keypair_from_der(der, len, (time_t)created, e);
        mem_free_secret(der);
        return kp ? r->key(r->ctx, name, kp, e) : -1;
}

/* The certificate that begins at *text, moving behind it. */
static struct cert *next_cert(const char **text, bool *ca, struct err *e)
{
        static const char last[] = "-----END CERTIFICATE-----\n";
        const char *end = strstr(*text, last);
        struct cert *c;

        *ca = !strncmp(*text, "ca\n", 3);
        if (!end || (!*ca && strncmp(*text, "identity\n", 9))) {
                err_set(e, ERR_SYNTAX, "a certificate is neither \"identity\" nor \"ca\", or is cut off");
                return NULL;
        }
        c = cert_from_text(*text, (size_t)(end - *text) + sizeof last - 1, e);
        *text = end + sizeof last - 1;
        return c;
}

static int read_tp(const struct asset_reader *r, const char *name, const char *text, struct err *e)
{
        struct tp_assets a = { 0 };
        struct cert *c;
        bool ca;

        while (*text) {
                c = next_cert(&text, &ca, e);
                if (!c)
                        goto fail;
                if (ca && a.nca < TRUSTPOINT_CAS_MAX) {
                        a.ca[a.nca++] = c;
                } else if (!ca && !a.id) {
                        a.id = c;
                } else {
                        cert_put(c);
                        err_set(e, ERR_LIMIT, "more certificates than a trustpoint can hold");
                        goto fail;
                }
        }
        return r->tp(r->ctx, name, &a, e);
fail:
        tp_assets_put(&a);
        return -1;
}

static int read_asset(const struct asset_reader *r, enum asset_kind kind, const char *name, const char *path,
                      struct err *e)
{
        uint8_t *text;
        size_t n;
        int ret;

        if (file_read(path, kind == ASSET_KEY ? KEY_FILE_MAX : TP_FILE_MAX, &text, &n, e) < 0)
                return -1;
        if (kind == ASSET_CTL)
                ret = r->ctl(r->ctx, name, text, n, e);
        else if (strlen((const char *)text) != n)
                ret = err_set(e, ERR_SYNTAX, "it holds a zero byte");
        else if (kind == ASSET_KEY)
                ret = read_key(r, name, (const char *)text, n, e);
        else
                ret = read_tp(r, name, (const char *)text, e);
        mem_free_secret(text);
        return ret;
}

/* One file of the directory: a damaged one is noted and passed over, a leftover of a power cut is removed. */
static int load_file(const char *dir, const char *file, enum asset_kind kind, const struct asset_reader *r,
                     struct err *e)
{
        char path[PATH_MAX], name[ASSET_NAME_MAX + 1];
        struct err why = { 0 };

        if (snprintf(path, sizeof path, "%s/%s", dir, file) >= PATH_MAX)
                return 0;
        if (strstr(file, ".tmp")) {
                if (!r->dry)
                        unlink(path);
                return 0;
        }
        if (!name_of_file(file, kind, name) || read_asset(r, kind, name, path, &why) == 0)
                return 0;
        if (why.code == ERR_NOMEM)
                return err_nomem(e, "loading keys and certificates");
        if (r->warn && r->warn->code == ERR_NONE)
                err_set(r->warn, why.code, "%s is damaged and was skipped: %.200s", path, why.text);
        return 0;
}

int asset_load(const char *top, const struct asset_reader *r, struct err *e)
{
        for (unsigned kind = 0; kind < ARRAY_LEN(layout); kind++) {
                char dir[PATH_MAX];
                struct dirent *de;
                int ret = 0;
                DIR *d;

                if (snprintf(dir, sizeof dir, "%s/%s", top, layout[kind].dir) >= PATH_MAX)
                        return err_set(e, ERR_RANGE, "file name %.200s is too long", top);
                d = opendir(dir);
                if (!d && r->dry && errno == ENOENT)
                        continue;
                if (!d)
                        return err_set(e, ERR_IO, "cannot read %s: %s", dir, strerror(errno));
                while (ret == 0 && (de = readdir(d)))
                        ret = load_file(dir, de->d_name, (enum asset_kind)kind, r, e);
                closedir(d);
                if (ret < 0)
                        return -1;
        }
        return 0;
}
