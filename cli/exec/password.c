/* A user changes his own password: because he wants to, or because it is too old. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/aaa/aaa.h"
#include "cli/cmd/aaa_rows.h"
#include "cli/cmd/passwd_rows.h"
#include "cli/session/session_password.h"

#define WORD_MAX (PASSWD_CLEAR_MAX + 1)

struct state {
        struct session *s;
        bool forced;
        char old[WORD_MAX], fresh[WORD_MAX];
};

enum at { START, OLD, NEW, AGAIN };

/* Characters count as changed when they are nowhere in the password before. */
static unsigned changes(const char *old, const char *fresh)
{
        unsigned n = 0;

        for (; *fresh; fresh++)
                n += !strchr(old, *fresh);
        return n;
}

/* Under conf_lock. */
static int set_password(struct session *s, const char *user, const struct state *st, struct err *e)
{
        struct box *b = session_box(s);
        struct user_conf *u = conf_list_find(&b->store->sys.users, user);
        unsigned want = b->store->sys.password_policy.min_changes;
        char hash[PASSWD_TEXT_MAX];
        struct conf_ctx c;
        int rc;

        if (!u)
                return err_set(e, ERR_REF, "there is no such user any more: %s", user);
        if (changes(st->old, st->fresh) < want)
                return err_set(e, ERR_RANGE,
                               "Password must differ from the one before in %u characters (password-policy)", want);
        conf_ctx_init(&c, b->store);
        c.box = b;
        rc = password_policy_check(&c, user, st->fresh, e);
        conf_ctx_fini(&c);
        if (rc < 0 || passwd_new(b->rng ? b->rng : &rng_system, b->hash_rounds ? b->hash_rounds : PASSWD_ROUNDS,
                                 st->fresh, hash, e) < 0)
                return -1;
        u->nopassword = false;
        u->form = PASSWD_PBKDF2;
        str_copy(u->hash, sizeof u->hash, hash);
        b->store->edits++;
        b->store->dirty |= DIRTY_SYS;
        return 0;
}

static enum dialog_next ask_new(struct dialog *d)
{
        d->at = NEW;
        return dialog_ask(d, DIALOG_PASSWORD, "", "Enter new password: ");
}

static enum dialog_next take_old(struct dialog *d, const char *answer)
{
        struct state *st = d->state;
        struct aaa_identity now;

        if (!str_copy(st->old, sizeof st->old, answer) ||
            session_aaa(st->s, AAA_ENABLE, session_identity(st->s)->user, st->old, &now) < 0) {
                struct err e = { 0 };

                err_set(&e, ERR_STATE, "the old password is another");
                return dialog_fail(d, &e);
        }
        return ask_new(d);
}

static enum dialog_next take_again(struct dialog *d, const char *answer)
{
        struct state *st = d->state;
        struct err e = { 0 };
        int rc = -1;

        if (strcmp(answer, st->fresh) != 0) {
                err_set(&e, ERR_SYNTAX, "the passwords differ");
        } else {
                dialog_lock(d);
                rc = set_password(st->s, session_identity(st->s)->user, st, &e);
                dialog_unlock(d);
        }
        if (rc < 0)
                return dialog_fail(d, &e);
        d->changed = true;
        dialog_say(d, "INFO: the password is changed; write memory keeps it\n");
        return DIALOG_DONE;
}

static enum dialog_next step(struct dialog *d, const char *answer)
{
        struct state *st = d->state;
        struct err e = { 0 };

        switch ((enum at)d->at) {
        case START:
                d->at = OLD;
                if (st->forced)
                        dialog_say(d, "The password of user %s is too old and must be changed now.\n",
                                   session_identity(st->s)->user);
                return dialog_ask(d, DIALOG_PASSWORD, "", "Enter old password: ");
        case OLD:
                return take_old(d, answer);
        case NEW:
                if (!str_copy(st->fresh, sizeof st->fresh, answer)) {
                        err_set(&e, ERR_RANGE, "a password has at most %u characters", PASSWD_CLEAR_MAX);
                        return dialog_fail(d, &e);
                }
                d->at = AGAIN;
                return dialog_ask(d, DIALOG_PASSWORD, "", "Confirm new password: ");
        case AGAIN:
                break;
        }
        return take_again(d, answer);
}

static const struct dialog_row change_dialog = { "change-password", sizeof(struct state), step, NULL };

struct dialog *password_dialog(struct session *s, bool forced)
{
        struct dialog *d = dialog_new(&change_dialog, session_box(s), NULL, NULL);

        if (d) {
                struct state *st = d->state;

                st->s = s;
                st->forced = forced;
        }
        return d;
}

static int do_change(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct state st = { .s = s };

        if (!session_identity(s))
                return err_set(e, ERR_STATE, "nobody has logged in here: use login first");
        return session_ask(s, &change_dialog, &st, e);
}

const struct exec_row exec_password[] = {
        { "change-password", "Change your own password", 0, do_change },
        { 0 },
};
