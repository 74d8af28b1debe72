/* The configuration as text. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <stdio.h>
#include <string.h>

#include "cli/exec/text_rows.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"

static void let_others(void *ctx)
{
        struct box *b = ctx;

        pthread_mutex_unlock(&b->conf_lock);
        pthread_mutex_lock(&b->conf_lock);
}

/* Written under the lock, shown without it: the pager may wait. */
static int written(struct box *b, const struct running_opts *o, struct text *t, struct err *e)
{
        struct running_opts in_pieces = *o;
        int rc;

        in_pieces.rest = let_others;
        in_pieces.rest_ctx = b;
        pthread_mutex_lock(&b->conf_lock);
        rc = running_write(b->store, &in_pieces, t, e);
        pthread_mutex_unlock(&b->conf_lock);
        return rc;
}

static int show(struct session *s, const struct running_opts *o, struct err *e)
{
        struct text t = { 0 };
        int rc = written(session_box(s), o, &t, e);

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

/* ---- show object-group ---- */

#define DESCRIPTION " description "

static bool is_member(const char *line)
{
        return *line == ' ' && strncmp(line, DESCRIPTION, sizeof DESCRIPTION - 1) != 0;
}

/* "object-group TYPE NAME [PROTOCOL]" */
static void group_head(struct session *s, const char *line)
{
        char type[16] = "", name[CONF_NAME_MAX + 1] = "", protocol[16] = "";

        sscanf(line, "%*s %15s %64s %15s", type, name, protocol);
        PUT(s, "%s\n", cell_text(line), cell_str("type", type), cell_str("name", name),
            cell_str("protocol", *protocol ? protocol : NULL));
}

/* The lines of one group, and the head of the next; NULL: it was the last. */
static char *show_group(struct session *s, struct text *t, char *head, char **at)
{
        char *line = text_line(t, at);

        table_object(session_table(s), NULL);
        group_head(s, head);
        if (line && *line == ' ' && !is_member(line)) {
                PUT(s, "%s\n", cell_as(cell_str("description", line + sizeof DESCRIPTION - 1), line));
                line = text_line(t, at);
        } else {
                PUT(s, "", cell_null("description"));
        }
        table_list(session_table(s), "members");
        for (; line && is_member(line); line = text_line(t, at))
                ITEM(s, "%s\n", cell_as(cell_str(NULL, line + 1), line));
        table_close(session_table(s));
        table_close(session_table(s));
        return line;
}

static int show_groups(struct session *s, const struct args *a, struct err *e)
{
        char words[CONF_NAME_MAX + 32];
        const char *name = arg_str(a, "NAME");
        const struct running_opts o = { .filter = words };
        struct text t = { 0 };
        char *at = NULL, *line;
        int rc;

        snprintf(words, sizeof words, "object-group%s%s", name ? " id " : "", name ? name : "");
        rc = written(session_box(s), &o, &t, e);
        if (!rc) {
                table_list(session_table(s), "object_groups");
                for (line = text_line(&t, &at); line;)
                        line = show_group(s, &t, line, &at);
                table_close(session_table(s));
        }
        text_fini(&t);
        return rc;
}

/* ---- the whole of it ---- */

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
        struct text t = { 0 };

        text_add(&t, session_box(s)->startup_errors);
        text_items(s, "errors", &t);
        if (!t.n)
                out(s, "INFO: No configuration errors\n");
        text_fini(&t);
        return 0;
}

static int show_checksum(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        char sum[33], groups[36];

        pthread_mutex_lock(&b->conf_lock);
        running_checksum(b->store, sum);
        pthread_mutex_unlock(&b->conf_lock);
        PUT(s, "Cryptochecksum: %s \n", cell_as(cell_str("checksum", sum), checksum_groups(sum, groups)));
        return 0;
}

const struct exec_row exec_show_run[] = {
        { "show running-config [all] [SECTION:section]", "Show the configuration in force", 15, show_running },
        { "show object-group [id NAME:word(64)]", "Show object groups", 15 | EXEC_TABLE, show_groups },
        { "show startup-config", "Show the saved configuration", 15, show_startup },
        { "show startup-config errors", "Show what loading the saved configuration reported", 15 | EXEC_TABLE,
          show_startup_errors },
        { "show checksum", "Show the checksum of the configuration", 0 | EXEC_TABLE, show_checksum },
        { "write terminal", "The same as show running-config", 15, write_terminal },
        { "more system:running-config", "Show the configuration with its secrets", 15, more_running },
        { 0 },
};
