/* Saving and erasing the startup configuration. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include "cli/conf/versions.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int write_memory(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct saved d = { 0 };
        struct text t = { 0 };
        char groups[36];

        out(s, "Building configuration...\n");
        if (save_startup(s, &d, e))
                return -1;
        copied_text(&d, &t);
        out(s, "Cryptochecksum: %s \n\n%s[OK]\n", checksum_groups(d.checksum, groups), text_str(&t));
        text_fini(&t);
        return 0;
}

struct erase_state {
        struct session *s;
};

static void log_erased(struct session *s)
{
        struct box *b = session_box(s);

        pthread_mutex_lock(&b->conf_lock); /* of the source */
        log_msg(b->log_src, LOG_111003, LS(session_source(s)));
        pthread_mutex_unlock(&b->conf_lock);
}

static enum dialog_next erase_step(struct dialog *d, const char *answer)
{
        struct erase_state *st = d->state;
        char path[512], before[sizeof path + 8]; /* the save before the last is kept beside it */
        struct err e = { 0 };

        if (!answer)
                return dialog_ask(d, DIALOG_CONFIRM, "yes", "Erase configuration in flash memory? [confirm]");
        if (strcmp(answer, "yes") != 0)
                return DIALOG_DONE;
        if (startup_path(session_box(st->s), path, sizeof path, &e))
                return dialog_fail(d, &e);
        snprintf(before, sizeof before, "%s.prev", path);
        if (versions_erase(session_box(st->s)->flash, &e) < 0)
                return dialog_fail(d, &e);
        if ((unlink(path) && errno != ENOENT) || (unlink(before) && errno != ENOENT)) {
                err_set(&e, ERR_IO, "startup-config: %s", strerror(errno));
                return dialog_fail(d, &e);
        }
        log_erased(st->s);
        dialog_say(d, "[OK]\n");
        return DIALOG_DONE;
}

static const struct dialog_row erase_dialog = { "write erase", sizeof(struct erase_state), erase_step, NULL };

static int write_erase(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct erase_state st = { .s = s };

        return session_ask(s, &erase_dialog, &st, e);
}

const struct exec_row exec_write[] = {
        { "write [memory]", "Save the configuration in force", 15, write_memory },
        { "write erase", "Remove the saved configuration", 15, write_erase },
        { 0 },
};
