/* Saving and erasing the startup configuration. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include "cli/conf/boot_config.h"
#include "cli/conf/versions.h"
#include "cli/exec/copy_net.h"
#include "cli/exec/net_place.h"

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

/* The file and the save before the last, which is kept beside it. */
static int erase_file(const char *flash, const char *name, struct err *e)
{
        char path[512], before[sizeof path + 8];

        snprintf(path, sizeof path, "%s/%s", flash, name);
        snprintf(before, sizeof before, "%s.prev", path);
        if ((unlink(path) && errno != ENOENT) || (unlink(before) && errno != ENOENT))
                return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
        return 0;
}

/* Whatever a start could read. Where that is, is forgotten last: what breaks off can be done again. */
static int erase(const char *flash, struct err *e)
{
        char name[BOOT_NAME_MAX + 1];

        if (!*flash)
                return err_set(e, ERR_STATE, "there is no flash directory");
        boot_config_get(flash, name);
        if (versions_erase(flash, e) < 0 || erase_file(flash, STARTUP_FILE, e) < 0 || erase_file(flash, name, e) < 0)
                return -1;
        return boot_config_forget(flash, e);
}

static enum dialog_next erase_step(struct dialog *d, const char *answer)
{
        struct erase_state *st = d->state;
        struct err e = { 0 };

        if (!answer)
                return dialog_ask(d, DIALOG_CONFIRM, "yes", "Erase configuration in flash memory? [confirm]");
        if (strcmp(answer, "yes") != 0)
                return DIALOG_DONE;
        if (erase(session_box(st->s)->flash, &e) < 0)
                return dialog_fail(d, &e);
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

/* ---- write net ---- */
static void log_net(struct session *s, enum log_msg id, const char *what)
{
        struct box *b = session_box(s);

        pthread_mutex_lock(&b->conf_lock); /* of the source */
        log_msg(b->log_src, id, LS(session_source(s)), LS(what));
        pthread_mutex_unlock(&b->conf_lock);
}

static int send_net(struct session *s, struct copy_plan *p, const struct text *t, struct err *e)
{
        char url[640];
        int rc;

        log_net(s, LOG_111001, copy_url(&p->dst, url, sizeof url));
        rc = copy_send(s, p, text_str(t), t->n, e);
        log_net(s, LOG_111004, rc ? "FAILED" : "OK");
        return rc;
}

static int write_net(struct session *s, const struct args *a, struct err *e)
{
        struct copy_plan p = { .src = { .kind = COPY_RUNNING } };
        struct text t = { 0 };
        char sum[33], groups[36];
        int rc = net_place(s, arg_str(a, "TARGET"), &p.dst, e);

        if (!rc)
                rc = save_text(s, &t, sum, e);
        if (!rc) {
                out(s, "Building configuration...\nCryptochecksum: %s \n", checksum_groups(sum, groups));
                rc = send_net(s, &p, &t, e);
        }
        if (!rc)
                out(s, "[OK]\n");
        text_fini(&t);
        mem_wipe(&p, sizeof p);
        return rc;
}

const struct exec_row exec_write[] = {
        { "write [memory]", "Save the configuration in force", 15, write_memory },
        { "write erase", "Remove the saved configuration", 15, write_erase },
        { "write net [TARGET:word(400)]", "Save the configuration on a TFTP server", 15, write_net },
        { 0 },
};
