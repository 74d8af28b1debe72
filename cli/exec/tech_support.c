/* `show tech-support`: what support asks for first, one command after the other. Nothing in it shows secrets. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/exec/save.h"
#include "cli/conf/mask.h"
#include "cli/conf/parse.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "pki/seal.h"
#include "platform/base/file.h"

static const char *const commands[] = {
        "show version",
        "show clock detail",
        "show ntp status",
        "show ntp associations detail",
        "show inventory",
        "show module",
        "show failover",
        "show users",
        "show reload",
        "show crashinfo",
        "show cpu usage detailed",
        "show processes cpu-usage",
        "show memory detail",
        "show blocks",
        "show resource usage all",
        "show perfmon",
        "show nameif",
        "show ip",
        "show interface",
        "show traffic",
        "show arp",
        "show route",
        "show conn count",
        "show xlate count",
        "show nat detail",
        "show access-list",
        "show asp drop",
        "show fragment",
        "show service-policy",
        "show counters",
        "show tls-proxy",
        "show tls-proxy session statistics",
        "show phone-proxy",
        "show phone-proxy secure-phones",
        "show media-termination",
        "show call",
        "show sip",
        "show skinny",
        "show mmp",
        "show ctl-file",
        "show dns statistics",
        "show ssl",
        "show ssh",
        "show ssh sessions",
        "show http",
        "show http sessions",
        "show checkheaps",
        "show capture",
        "show crypto ca trustpoints",
        "show crypto ca certificates",
        "show startup-config errors",
        "show configuration inert",
        "show rollback",
        "show logging setting",
        "show logging queue",
        "show logging message",
        "show logging rate-limit",
};

static bool one(struct session *s, const char *command)
{
        struct box *b = session_box(s);
        struct cli_result r;
        struct err e = { 0 };
        bool more = out(s, "\n------------------ %s ------------------\n\n", command);
        int rc;

        cli_result_init(&r);
        pthread_mutex_lock(&b->conf_lock);
        rc = exec_line(b->store, session_priv(s), command, &r);
        pthread_mutex_unlock(&b->conf_lock);
        if (more && rc == 0 && r.code == CLI_EXEC) {
                if (r.exec->fn(s, r.args, &e) < 0)
                        more = out(s, "ERROR: %s\n", e.text);
        }
        cli_result_fini(&r);
        return more;
}

/* Hashes of passwords, and passwords in URLs, are for configurations, not for other people's disks. */
static void put_line(struct text *out, const char *line, size_t n)
{
        static const char word[] = "password ";
        const char *at = memmem(line, n, word, sizeof word - 1);
        size_t head = at ? (size_t)(at - line) + sizeof word - 1 : n, end = head;
        struct text shown = { 0 };

        while (end < n && line[end] != ' ')
                end++;
        text_printf(&shown, "%.*s%s%.*s\n", (int)head, line, end > head ? "<removed>" : "", (int)(n - end),
                    line + end);
        mask_urls(text_str(&shown), out);
        text_fini(&shown);
}

static int show_config(struct session *s, struct err *e)
{
        struct box *b = session_box(s);
        const struct running_opts o = { .envelope = true };
        struct text t = { 0 }, shown = { 0 };
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = running_write(b->store, &o, &t, e);
        pthread_mutex_unlock(&b->conf_lock);
        for (const char *p = text_str(&t), *nl; !rc && *p; p = nl + (*nl != 0)) {
                nl = strchrnul(p, '\n');
                put_line(&shown, p, (size_t)(nl - p));
        }
        if (!rc)
                out(s, "\n------------------ show running-config ------------------\n\n%s", text_str(&shown));
        text_fini(&t);
        text_fini(&shown);
        return rc;
}

static int show_tech_support(struct session *s, const struct args *a UNUSED, struct err *e)
{
        for (size_t i = 0; i < ARRAY_LEN(commands); i++)
                if (!one(s, commands[i]))
                        return 0;
        return show_config(s, e);
}

/* ---- as a file ---- */

/* What the command shows, as a session of its own writes it: nobody pages, nobody filters. */
static int write_to(struct session *s, int fd, struct err *e)
{
        const struct session_opts opts = { .privileged = true, .user = session_user(s), .mute = true };
        struct term *t = term_open_fds(-1, fd, NULL, e);
        struct session *own = t ? session_new(session_box(s), t, &opts) : NULL;
        int rc = -1;

        if (own)
                rc = session_exec(own, "show tech-support") ? err_set(e, ERR_IO, "show tech-support failed") : 0;
        else if (t)
                err_set(e, ERR_NOMEM, "out of memory");
        session_free(own);
        if (t)
                term_close(t);
        return rc;
}

static int gather(struct session *s, uint8_t **text, size_t *n, struct err *e)
{
        int fd = memfd_create("tech-support", MFD_CLOEXEC), out = fd < 0 ? -1 : dup(fd), rc;
        char path[32];

        *text = NULL;
        if (out < 0) {
                rc = err_set(e, ERR_IO, "no room to gather it: %s", strerror(errno));
        } else {
                snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
                rc = write_to(s, out, e);
                if (!rc)
                        rc = file_read(path, SEAL_BYTES_MAX, text, n, e);
        }
        if (fd >= 0)
                close(fd);
        return rc;
}

static int seal(const char *key, uint8_t **text, size_t *n, struct err *e)
{
        uint8_t *sealed;
        size_t len;

        if (seal_with_password(*text, *n, key, &sealed, &len, e) < 0)
                return -1;
        mem_free_secret(*text);
        *text = sealed;
        *n = len;
        return 0;
}

static int tech_support_file(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *key = arg_str(a, "KEY");
        uint8_t *text = NULL;
        char path[512], url[FLASH_URL_MAX];
        size_t n = 0;
        int rc;

        if (flash_url(s, arg_str(a, "FILE"), url, e) < 0)
                return -1;
        if (!is_flash_url(url))
                return err_set(e, ERR_SYNTAX, "%s is not a file on flash: name it disk0:/NAME, then copy it", url);
        rc = flash_path_write(b, url, path, sizeof path, e);
        if (!rc && (is_startup_path(b, path) || !strcmp(flash_name(url), STARTUP_FILE)))
                rc = err_set(e, ERR_REF, "disk0:/%s is the saved configuration: choose another name",
                             flash_name(url));
        if (!rc)
                rc = gather(s, &text, &n, e);
        if (!rc && key)
                rc = seal(key, &text, &n, e);
        if (!rc)
                rc = file_write_atomic(path, text, n, 0600, false, e);
        if (!rc)
                out(s, "%zu bytes written to disk0:/%s%s\n", n, flash_name(url),
                    key ? ", opened by: openssl cms -decrypt -inform DER -pwri_password KEY" : "");
        mem_free_secret(text);
        return rc;
}

const struct exec_row exec_tech_support[] = {
        { "show tech-support file FILE:word [encrypt KEY:secret(127)]", "Write it to a file on flash", 15,
          tech_support_file },
        { "show tech-support [detail]", "Show what support asks for first, without secrets", 15, show_tech_support },
        { 0 },
};
