/* The configuration as text. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <stdio.h>
#include <string.h>

#include "cli/running.h"
#include "cli/store.h"
#include "platform/base/file.h"

/* Written under the lock, shown without it: the pager may wait. */
static int show(struct session *s, const struct running_opts *o, struct err *e)
{
        struct box *b = session_box(s);
        struct text t = { 0 };
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = running_write(b->store, o, &t, e);
        pthread_mutex_unlock(&b->conf_lock);
        if (!rc)
                out(s, "%s", text_str(&t));
        text_fini(&t);
        return rc;
}

static int show_running(struct session *s, const struct args *a, struct err *e)
{
        const char *section = arg_str(a, "SECTION");
        const struct running_opts o = { .all = arg_has(a, "all"), .filter = section, .envelope = !section };

        return show(s, &o, e);
}

static int show_groups(struct session *s, const struct args *a, struct err *e)
{
        char words[CONF_NAME_MAX + 32];
        const char *name = arg_str(a, "NAME");
        const struct running_opts o = { .filter = words };

        snprintf(words, sizeof words, "object-group%s%s", name ? " id " : "", name ? name : "");
        return show(s, &o, e);
}

static int write_terminal(struct session *s, const struct args *a UNUSED, struct err *e)
{
        const struct running_opts o = { .envelope = true };

        return show(s, &o, e);
}

/* `more system:running-config` shows secrets. */
static int more_running(struct session *s, const struct args *a UNUSED, struct err *e)
{
        const struct running_opts o = { .envelope = true, .plain = true };

        return show(s, &o, e);
}

static int show_startup(struct session *s, const struct args *a UNUSED, struct err *e)
{
        uint8_t *p;
        size_t n;
        char path[512];

        if (startup_path(session_box(s), path, sizeof path, e))
                return -1;
        if (file_read(path, FLASH_FILE_MAX, &p, &n, NULL)) {
                out(s, "No Configuration\n");
                return 0;
        }
        out(s, "%s", (const char *)p);
        mem_free_secret(p);
        return 0;
}

static int show_startup_errors(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        const char *text = session_box(s)->startup_errors;

        out(s, "%s", *text ? text : "INFO: No configuration errors\n");
        return 0;
}

static int show_checksum(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        char sum[33], groups[36];

        pthread_mutex_lock(&b->conf_lock);
        running_checksum(b->store, sum);
        pthread_mutex_unlock(&b->conf_lock);
        out(s, "Cryptochecksum: %s \n", checksum_groups(sum, groups));
        return 0;
}

const struct exec_row exec_show_run[] = {
        { "show running-config [all] [SECTION:section]", "Show the configuration in force", 15, show_running },
        { "show object-group [id NAME:word(64)]", "Show object groups", 15, show_groups },
        { "show startup-config", "Show the saved configuration", 15, show_startup },
        { "show startup-config errors", "Show what loading the saved configuration reported", 15,
          show_startup_errors },
        { "show checksum", "Show the checksum of the configuration", 0, show_checksum },
        { "write terminal", "The same as show running-config", 15, write_terminal },
        { "more system:running-config", "Show the configuration with its secrets", 15, more_running },
        { 0 },
};
