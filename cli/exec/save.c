#include "cli/exec/save.h"

#include "cli/aaa/aaa_state.h"
#include "cli/conf/commit.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "cli/conf/versions.h"
#include "platform/base/file.h"

static int no_flash(struct err *e)
{
        return err_set(e, ERR_STATE, "there is no flash directory");
}

int startup_path(const struct box *b, char *path, size_t cap, struct err *e)
{
        if (!*b->flash)
                return no_flash(e);
        snprintf(path, cap, "%s/%s", b->flash, STARTUP_FILE);
        return 0;
}

const char *flash_name(const char *url)
{
        if (is_word("disk0:", url) || !strncasecmp(url, "disk0:", 6))
                url += strcspn(url, ":") + 1;
        else if (!strncasecmp(url, "flash:", 6))
                url += 6;
        return url + strspn(url, "/");
}

bool is_flash_url(const char *url)
{
        return !strncasecmp(url, "disk0:", 6) || !strncasecmp(url, "flash:", 6) || !strchr(url, ':');
}

/* Every component is a plain name. */
static bool name_ok(const char *name)
{
        for (const char *p = name; *p;) {
                size_t n = strcspn(p, "/");

                if (!n || p[0] == '.')
                        return false;
                p += n + (p[n] == '/');
        }
        return *name && strncmp(name, "pki/", 4) != 0 && strcmp(name, "pki") != 0 && strcmp(name, AAA_FILE) != 0;
}

int flash_path(const struct box *b, const char *url, char *path, size_t cap, struct err *e)
{
        const char *name = flash_name(url);

        if (!*b->flash)
                return no_flash(e);
        if (!is_flash_url(url))
                return err_set(e, ERR_SUPPORT, "%s: unknown file system", url);
        if (!name_ok(name))
                return err_set(e, ERR_SYNTAX, "%s is not the name of a file on flash", url);
        if ((size_t)snprintf(path, cap, "%s/%s", b->flash, name) >= cap)
                return err_set(e, ERR_RANGE, "%s: the name is too long", url);
        return 0;
}

int flash_path_write(const struct box *b, const char *url, char *path, size_t cap, struct err *e)
{
        const char *name = flash_name(url);

        if (!strcmp(name, VERSIONS_DIR) || !strncmp(name, VERSIONS_DIR "/", sizeof VERSIONS_DIR))
                return err_set(e, ERR_REF, "%s: " VERSIONS_DIR "/ holds what `write memory` saved, nothing else",
                               url);
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

/* The text and its checksum belong together: both under one lock. */
static int running_text(struct session *s, const char *written, struct text *t, char sum[33], struct err *e)
{
        struct box *b = session_box(s);
        const struct running_opts o = { .plain = true, .envelope = true, .written = written };
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = running_write(b->store, &o, t, e);
        running_checksum(b->store, sum);
        pthread_mutex_unlock(&b->conf_lock);
        return rc || t->bad ? err_set(e, ERR_NOMEM, "out of memory while writing the configuration") : 0;
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

        pthread_mutex_lock(&b->conf_lock);
        out->released = b->store->policy.hold;
        if (out->released) {
                b->store->policy.hold = false;
                b->store->dirty |= DIRTY_ACL;
                rc = b->commit ? commit_run(b->commit, e) : 0;
        }
        pthread_mutex_unlock(&b->conf_lock);
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

int save_startup(struct session *s, struct saved *out, struct err *e)
{
        struct box *b = session_box(s);
        struct text t = { 0 };
        struct tz z;
        char path[512], when[64], written[160];
        uint64_t start = clock_mono_ms(b->clk);
        int rc;

        if (startup_path(b, path, sizeof path, e))
                return -1;
        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_111001, LS(session_source(s)), LS("memory"));
        pthread_mutex_unlock(&b->conf_lock);
        box_tz(b, &z);
        snprintf(written, sizeof written, "by %s at %s", session_user(s),
                 tz_clock(&z, b->clk->wall_ns(b->clk->ctx), when));
        rc = running_text(s, written, &t, out->checksum, e);
        if (!rc)
                rc = file_write_atomic(path, text_str(&t), t.n, 0600, true, e);
        if (!rc)
                keep_version(b, &t, out);
        out->bytes = t.n;
        out->ms = clock_mono_ms(b->clk) - start;
        text_fini(&t);
        log_saved(s, !rc);
        return rc ? rc : release(b, out, e);
}
