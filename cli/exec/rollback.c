/* Saved configurations: comparing the running one with them, and going back to one. */
#include "cli/exec/rollback.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"
#include "cli/exec/text_rows.h"

#include "cli/box/box_lock.h"
#include "cli/conf/commit.h"
#include "cli/conf/conf_diff.h"
#include "cli/conf/conf_replace.h"
#include "cli/session/plan.h"
#include "cli/conf/versions.h"
#include "platform/base/file.h"

/* ---- show rollback ---- */
static int show_rollback(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct version v[VERSIONS_KEPT];
        unsigned n = *b->flash ? versions_list(b->flash, v) : 0;

        table_list(session_table(s), "versions");
        for (unsigned i = 0; i < n; i++)
                if (!ROW(s, "%3s  %-32s %s\n", cell_num("number", i + 1),
                         cell_as(cell_str("checksum", *v[i].sum ? v[i].sum : NULL), *v[i].sum ? v[i].sum : "damaged"),
                         cell_str("written", v[i].written)))
                        return 0;
        table_close(session_table(s));
        if (!n)
                out(s, "No configuration was saved yet\n");
        return 0;
}

/* ---- which other configuration ---- */
struct saved_text {
        uint8_t *p;
        size_t n;
};

static int read_startup(struct box *b, struct saved_text *t, struct err *e)
{
        char path[512];

        if (startup_path(b, path, sizeof path, e) < 0)
                return -1;
        return file_read(path, VERSION_BYTES_MAX, &t->p, &t->n, NULL)
                       ? err_set(e, ERR_REF, "there is no startup-config: write memory makes one")
                       : 0;
}

static int read_other(struct session *s, const struct args *a, struct saved_text *t, struct err *e)
{
        struct box *b = session_box(s);
        char path[512], url[FLASH_URL_MAX];

        if (arg_has(a, "N"))
                return *b->flash ? versions_read(b->flash, arg_u32(a, "N", 1), &t->p, &t->n, e)
                                 : err_set(e, ERR_STATE, "there is no flash directory");
        if (!arg_has(a, "FILE"))
                return read_startup(b, t, e);
        if (flash_url(s, arg_str(a, "FILE"), url, e) < 0 || flash_path(b, url, path, sizeof path, e) < 0)
                return -1;
        return file_read(path, VERSION_BYTES_MAX, &t->p, &t->n, e);
}

/* The store of a saved text; the caller has conf_lock. */
static struct store *store_of(struct box *b, const struct saved_text *t, struct err *e)
{
        struct store *s;
        struct conf_ctx c;

        conf_ctx_of_box(&c, b);
        s = conf_store_of(&c, (const char *)t->p, t->n, e);
        conf_ctx_fini(&c);
        return s;
}

/* ---- show running-config diff ---- */
/* Secrets are compared, and not shown. */
int diff_stores(const struct store *was, const struct store *now, struct text *out, struct err *e)
{
        struct conf_lines x = { 0 }, y = { 0 };
        int rc = conf_lines_of(was, true, &x, e);

        if (!rc)
                rc = conf_lines_of(now, true, &y, e);
        if (!rc)
                rc = conf_lines_mask(was, &x, e);
        if (!rc)
                rc = conf_lines_mask(now, &y, e);
        if (!rc)
                rc = conf_diff_text(&x, &y, out, e);
        conf_lines_fini(&x);
        conf_lines_fini(&y);
        return rc;
}

static int show_diff(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct saved_text t = { 0 };
        struct text d = { 0 };
        struct store *other;
        int rc = -1;

        if (read_other(s, a, &t, e) < 0)
                return -1;
        pthread_mutex_lock(&b->conf_lock);
        other = store_of(b, &t, e);
        if (other)
                rc = diff_stores(other, b->store, &d, e);
        store_free(other);
        pthread_mutex_unlock(&b->conf_lock);
        mem_free_secret(t.p);
        if (!rc)
                diff_rows(s, "differences", &d);
        text_fini(&d);
        return rc;
}

/* ---- rollback ---- */
struct rollback_state {
        struct session *s;
        struct saved_text t;
        unsigned number, minutes;
        bool noconfirm;
};

static void rollback_fini(void *state)
{
        struct rollback_state *st = state;

        mem_free_secret(st->t.p);
}

void say_replaced(struct dialog *d, enum replace_how how)
{
        if (how == REPLACE_NOTHING)
                dialog_say(d, "INFO: nothing differs\n");
        if (how == REPLACE_ALL)
                dialog_say(d, "INFO: lines alone did not lead there: the configuration was loaded as a whole, and "
                              "calls and "
                              "sessions under it began anew\n");
}

void say_revertable(struct dialog *d, unsigned minutes)
{
        dialog_say(d, "INFO: it is taken back in %u minute%s unless you type: commit confirm\n", minutes,
                   minutes == 1 ? "" : "s");
}

static int go_back(struct rollback_state *st, enum replace_how *how, struct text *warnings, struct err *e)
{
        struct box *b = session_box(st->s);
        uint64_t before = b->plan.revert_at_ms;
        struct store *want = store_of(b, &st->t, e);
        struct conf_ctx c;
        int rc = want ? 0 : -1;

        if (!rc && st->minutes)
                rc = plan_revert(b, st->minutes, e);
        if (!rc) {
                conf_ctx_of_box(&c, b);
                rc = conf_replace(&c, want, how, warnings, e);
                conf_ctx_fini(&c);
                if (rc && st->minutes)
                        plan_revert_undo(b, before);
        }
        store_free(want);
        return rc;
}

static enum dialog_next rollback_step(struct dialog *d, const char *answer)
{
        struct rollback_state *st = d->state;
        enum replace_how how;
        struct err e;
        int rc;

        if (!answer && !st->noconfirm)
                return dialog_ask(d, DIALOG_CONFIRM, "yes", "Go back to saved configuration %u? [confirm]",
                                  st->number);
        if (answer && strcmp(answer, "yes") != 0)
                return DIALOG_DONE;
        if (session_lock_whole(st->s, &e) < 0)
                return dialog_fail(d, &e);
        rc = go_back(st, &how, &d->out, &e);
        box_unlock_whole(d->box);
        if (rc)
                return dialog_fail(d, &e);
        d->changed = how != REPLACE_NOTHING;
        say_replaced(d, how);
        if (st->minutes)
                say_revertable(d, st->minutes);
        return DIALOG_DONE;
}

static const struct dialog_row rollback_dialog = { "rollback", sizeof(struct rollback_state), rollback_step,
                                                   rollback_fini };

static int do_rollback(struct session *s, const struct args *a, struct err *e)
{
        struct rollback_state st = { .s = s,
                                     .number = arg_u32(a, "N", 1),
                                     .minutes = arg_u32(a, "MINUTES", 0),
                                     .noconfirm = arg_has(a, "noconfirm") };

        if (session_candidate(s))
                return err_set(e, ERR_STATE, "a configuration session is open: commit or abort it first");
        if (read_other(s, a, &st.t, e) < 0)
                return -1;
        if (session_ask(s, &rollback_dialog, &st, e) == 0)
                return 0;
        mem_free_secret(st.t.p);
        return -1;
}

const struct exec_row exec_rollback[] = {
        { "show rollback", "Show the configurations that were saved last", 15 | EXEC_TABLE, show_rollback },
        { "show running-config diff [{startup-config|rollback N:u32(1-10)|file FILE:word}]",
          "Show how the running configuration differs from a saved one", 15 | EXEC_TABLE, show_diff },
        { "rollback N:u32(1-10) [noconfirm] [revertable MINUTES:u32(1-1440)]", "Go back to a saved configuration", 15,
          do_rollback },
        { 0 },
};
