/* `reload`: the guard starts the appliance anew. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <string.h>

struct reload_state {
        struct session *s;
        bool noconfirm, save;
};

static bool is_dirty(struct box *b)
{
        bool dirty;

        pthread_mutex_lock(&b->conf_lock);
        dirty = b->conf_dirty;
        pthread_mutex_unlock(&b->conf_lock);
        return dirty;
}

static enum dialog_next go(struct dialog *d, struct session *s)
{
        struct box *b = session_box(s);
        struct err e;

        if (!b->stop) {
                err_set(&e, ERR_STATE, "nothing can restart this process");
                return dialog_fail(d, &e);
        }
        dialog_say(d, "\n\n***\n*** --- START GRACEFUL SHUTDOWN ---\n***\n*** --- SHUTDOWN NOW ---\n");
        b->stop(b, BOX_RELOAD);
        session_stop(s);
        return DIALOG_DONE;
}

static enum dialog_next save_now(struct dialog *d, struct reload_state *st)
{
        struct saved done;
        struct err e;

        if (save_startup(st->s, &done, &e))
                return dialog_fail(d, &e);
        return DIALOG_ASK;
}

enum { AT_START, AT_SAVE, AT_PROCEED };

static enum dialog_next reload_step(struct dialog *d, const char *answer)
{
        struct reload_state *st = d->state;
        struct box *b = session_box(st->s);

        if (d->at == AT_START && is_dirty(b) && !st->save && !st->noconfirm) {
                d->at = AT_SAVE;
                return dialog_ask(d, DIALOG_YESNO, "no", "System config has been modified. Save? [Y]es/[N]o: ");
        }
        if (d->at == AT_PROCEED)
                return !strcmp(answer, "yes") ? go(d, st->s) : DIALOG_DONE;
        if ((d->at == AT_START && st->save) || (d->at == AT_SAVE && !strcmp(answer, "yes")))
                if (save_now(d, st) != DIALOG_ASK)
                        return DIALOG_DONE;
        if (st->noconfirm)
                return go(d, st->s);
        d->at = AT_PROCEED;
        return dialog_ask(d, DIALOG_CONFIRM, "yes", "Proceed with reload? [confirm]");
}

static const struct dialog_row reload_dialog = { "reload", sizeof(struct reload_state), reload_step, NULL };

static int do_reload(struct session *s, const struct args *a, struct err *e)
{
        struct reload_state st = { .s = s, .noconfirm = arg_has(a, "noconfirm"), .save = arg_has(a, "save-config") };

        return session_ask(s, &reload_dialog, &st, e);
}

const struct exec_row exec_reload[] = {
        { "reload [quick] [save-config] [noconfirm]", "Restart the appliance", 15, do_reload },
        { 0 },
};
