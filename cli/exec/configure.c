/* `configure memory`, `configure net`, `configure http://...`: lines from elsewhere on top of those in force. */
#include "cli/exec/copy_io.h"
#include "cli/exec/net_place.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"

struct merge_state {
        struct session *s;
        struct copy_plan plan;
};

/* The checksum of what is in force now, and whether it is that of the saved configuration. */
static void say_checksum(struct dialog *d, struct box *b)
{
        char path[512], now[33], saved[33] = "", groups[36];
        struct err e;
        uint8_t *p;
        size_t n;

        dialog_lock(d);
        running_checksum(b->store, now);
        dialog_unlock(d);
        if (!startup_path(b, path, sizeof path, &e) && !file_read(path, FLASH_FILE_MAX, &p, &n, NULL)) {
                running_text_checksum((const char *)p, n, saved);
                mem_free_secret(p);
        }
        dialog_say(d, "Cryptochecksum (%s): %s \n", strcmp(now, saved) ? "changed" : "unchanged",
                   checksum_groups(now, groups));
}

static enum dialog_next merge_step(struct dialog *d, const char *answer UNUSED)
{
        struct merge_state *st = d->state;
        struct err e;

        if (copy_run(st->s, &st->plan, &d->out, &d->changed, &e) < 0) {
                if (*e.text != '%')
                        return dialog_fail(d, &e);
                dialog_say(d, "%s\n", e.text);
                d->failed = true;
                return DIALOG_DONE;
        }
        say_checksum(d, session_box(st->s));
        return DIALOG_DONE;
}

static const struct dialog_row merge_dialog = { "configure", sizeof(struct merge_state), merge_step, NULL };

static int merge(struct session *s, const struct copy_plan *p, struct err *e)
{
        struct merge_state st = { .s = s, .plan = *p };
        int rc = session_candidate(s)
                         ? err_set(e, ERR_STATE, "a configuration session is open: commit or abort it first")
                         : session_ask(s, &merge_dialog, &st, e);

        mem_wipe(&st, sizeof st);
        return rc;
}

static int configure_memory(struct session *s, const struct args *a UNUSED, struct err *e)
{
        const struct copy_plan p = { .src = { .kind = COPY_STARTUP }, .dst = { .kind = COPY_RUNNING } };

        return merge(s, &p, e);
}

static int configure_net(struct session *s, const struct args *a, struct err *e)
{
        struct copy_plan p = { .dst = { .kind = COPY_RUNNING } };
        int rc = net_place(s, arg_str(a, "SOURCE"), &p.src, e);

        if (!rc)
                rc = merge(s, &p, e);
        mem_wipe(&p, sizeof p);
        return rc;
}

static int configure_url(struct session *s, const struct args *a, struct err *e)
{
        struct copy_plan p = { .dst = { .kind = COPY_RUNNING } };
        int rc = copy_parse(arg_str(a, "URL"), &p.src, e);

        if (!rc && (!*p.src.host || !*p.src.name))
                rc = err_set(e, ERR_SYNTAX, "http[s]://[USER[:PASSWORD]@]HOST[:PORT]/FILE expected");
        if (!rc)
                rc = merge(s, &p, e);
        mem_wipe(&p, sizeof p);
        return rc;
}

const struct exec_row exec_configure[] = {
        { "configure memory", "Merge the saved configuration into the one in force", 15, configure_memory },
        { "configure net [SOURCE:word(400)]", "Merge a configuration from a TFTP server into the one in force", 15,
          configure_net },
        { "configure URL:url(400)", "Merge a configuration from a web server into the one in force", 15,
          configure_url },
        { 0 },
};
