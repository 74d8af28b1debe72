#include "cli/exec/save.h"

#include <sys/stat.h>

#include "cli/box/box_lock.h"
#include "cli/conf/boot_config.h"
#include "cli/conf/commit.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "cli/conf/versions.h"
#include "platform/base/clock_own.h"
#include "platform/base/file.h"

static int no_flash(struct err *e)
{
        return err_set(e, ERR_STATE, "there is no flash directory");
}

int64_t box_file_time(const struct box *b, int64_t host_s)
{
        return host_s + (b->own ? clock_own_offset(b->own) / 1000000000 : 0);
}

int startup_path(const struct box *b, char *path, size_t cap, struct err *e)
{
        char name[BOOT_NAME_MAX + 1];

        if (!*b->flash)
                return no_flash(e);
        boot_config_get(b->flash, name);
        snprintf(path, cap, "%s/%s", b->flash, name);
        return 0;
}

bool is_startup_path(const struct box *b, const char *path)
{
        char saved[512];
        struct err e;

        return !startup_path(b, saved, sizeof saved, &e) && !strcmp(saved, path);
}

int flash_path(const struct box *b, const char *url, char *path, size_t cap, struct err *e)
{
        const char *name = flash_name(url);

        if (!*b->flash)
                return no_flash(e);
        if (!is_flash_url(url))
                return err_set(e, ERR_SUPPORT, "%s: unknown file system", url);
        if (!flash_name_ok(name))
                return err_set(e, ERR_SYNTAX, "%s is not the name of a file on flash", url);
        if ((size_t)snprintf(path, cap, "%s/%s", b->flash, name) >= cap)
                return err_set(e, ERR_RANGE, "%s: the name is too long", url);
        return 0;
}

int flash_url(struct session *s, const char *typed, char url[FLASH_URL_MAX], struct err *e)
{
        char name[FLASH_NAME_MAX + 1];

        if (!is_flash_url(typed))
                return str_copy(url, FLASH_URL_MAX, typed) ? 0 : err_set(e, ERR_RANGE, "the name is too long");
        if (!flash_resolve(session_cwd(s), typed, name))
                return err_set(e, ERR_SYNTAX, "%s is not the name of a file on flash", typed);
        snprintf(url, FLASH_URL_MAX, "disk0:/%s", name);
        return 0;
}

int flash_path_write(const struct box *b, const char *url, char *path, size_t cap, struct err *e)
{
        const char *name = flash_name(url);

        if (flash_name_holds(name))
                return err_set(e, ERR_REF, "%s: %s", url, flash_name_holds(name));
        return flash_path(b, url, path, cap, e);
}

char *checksum_groups(const char sum[33], char *out)
{
        snprintf(out, 36, "%.8s %.8s %.8s %.8s", sum, sum + 8, sum + 16, sum + 24);
        return out;
}

void copied_text(const struct saved *d, struct text *out)
{
        uint64_t ms = d->ms ? d->ms : 1;

        if (d->unconfirmed)
                text_add(out, "WARNING: a change that waits for `commit confirm` was saved as well\n");
        if (*d->no_version)
                text_printf(out, "WARNING: it was saved, but is not among those to roll back to: %s\n",
                            d->no_version);
        if (d->released)
                text_add(out, "INFO: through traffic is no longer held\n");
        text_printf(out, "%zu bytes copied in %llu.%03llu secs (%llu bytes/sec)\n", d->bytes,
                    (unsigned long long)(d->ms / 1000), (unsigned long long)(d->ms % 1000),
                    (unsigned long long)(d->bytes * 1000u / ms));
}

/* Text, checksum and the file it goes to belong together: all under one lock. name: BOOT_NAME_MAX + 1 bytes. */
static int running_text(struct session *s, struct text *t, char sum[33], char *name, struct err *e)
{
        struct box *b = session_box(s);
        struct tz z;
        char when[64], written[160];
        const struct running_opts o = { .plain = true, .envelope = true, .written = written };
        int rc;

        box_tz(b, &z);
        snprintf(written, sizeof written, "by %s at %s", session_user(s),
                 tz_clock(&z, b->clk->wall_ns(b->clk->ctx), when));
        if (session_lock_whole(s, e) < 0)
                return -1;
        rc = running_write(b->store, &o, t, e);
        snprintf(name, BOOT_NAME_MAX + 1, "%s", boot_config_name(b->store));
        box_unlock_whole(b);
        running_text_checksum(text_str(t), t->n, sum);
        return rc || t->bad ? err_set(e, ERR_NOMEM, "out of memory while writing the configuration") : 0;
}

int save_text(struct session *s, struct text *t, char sum[33], struct err *e)
{
        char name[BOOT_NAME_MAX + 1];

        return running_text(s, t, sum, name, e);
}

static void log_saved(struct session *s, bool ok)
{
        struct box *b = session_box(s);

        pthread_mutex_lock(&b->conf_lock);
        if (ok) {
                log_msg(b->log_src, LOG_111004, LS(session_source(s)), LS("OK"));
                b->conf_dirty = false;
        } else {
                log_msg(b->log_src, LOG_111004, LS(session_source(s)), LS("FAILED"));
        }
        pthread_mutex_unlock(&b->conf_lock);
}

/* Who saves what he sees wants it: the reason to hold traffic back is gone. */
static int release(struct box *b, struct saved *out, struct err *e)
{
        int rc = 0;

        box_lock_whole(b);
        out->released = b->store->policy.hold;
        if (out->released) {
                b->store->policy.hold = false;
                b->store->dirty |= DIRTY_ACL;
                rc = b->commit ? commit_run(b->commit, e) : 0;
        }
        box_unlock_whole(b);
        return rc;
}

/* The configuration is saved whether or not it can be kept for going back to. */
static void keep_version(struct box *b, const struct text *t, struct saved *out)
{
        struct err e = { 0 };

        pthread_mutex_lock(&b->conf_lock);
        out->unconfirmed = b->plan.revert_to != NULL;
        if (versions_add(b->flash, text_str(t), t->n, &e) < 0)
                snprintf(out->no_version, sizeof out->no_version, "%.150s", e.text);
        pthread_mutex_unlock(&b->conf_lock);
}

/* The new file is whole before the next start is told to read it; until then it reads the old one. */
static int write_startup(struct box *b, const char *name, const struct text *t, struct err *e)
{
        struct err why = { 0 };
        struct stat st;
        char path[512];

        snprintf(path, sizeof path, "%s/%s", b->flash, name);
        if (!stat(path, &st) && S_ISDIR(st.st_mode))
                return err_set(e, ERR_IO, "disk0:/%s is a directory: choose another name with boot config", name);
        if (file_write_atomic(path, text_str(t), t->n, 0600, true, &why) < 0)
                return err_set(e, ERR_IO, "disk0:/%s: %s", name, why.text);
        return boot_config_set(b->flash, name, e);
}

int save_startup(struct session *s, struct saved *out, struct err *e)
{
        struct box *b = session_box(s);
        struct text t = { 0 };
        char name[BOOT_NAME_MAX + 1];
        uint64_t start = clock_mono_ms(b->clk);
        int rc;

        if (!*b->flash)
                return no_flash(e);
        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_111001, LS(session_source(s)), LS("memory"));
        pthread_mutex_unlock(&b->conf_lock);
        rc = running_text(s, &t, out->checksum, name, e);
        if (!rc)
                rc = write_startup(b, name, &t, e);
        if (!rc)
                keep_version(b, &t, out);
        out->bytes = t.n;
        out->ms = clock_mono_ms(b->clk) - start;
        text_fini(&t);
        log_saved(s, !rc);
        return rc ? rc : release(b, out, e);
}
