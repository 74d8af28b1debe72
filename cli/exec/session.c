/* Privilege, modes and leaving. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/parse.h"
#include "cli/conf/store.h"
#include "platform/base/str.h"

#define TRIES 3

/* ---- enable ---- */

struct enable_state {
        struct session *s;
        unsigned level, tries;
};

static bool by_enable_password(struct session *s, const char *password, unsigned level)
{
        struct box *b = session_box(s);
        const struct aaa_identity *id = session_identity(s);
        bool may = !id || id->may_enable; /* who may not is not told that he knows it: his is a wrong one */
        unsigned delay_ms;
        bool ok = aaa_enable_ok(b, id ? id->source : "console", level, may ? password : "\n", &delay_ms);

        aaa_wait(b, delay_ms);
        return ok && may;
}

/* With `aaa authentication enable console LOCAL` the user's own password counts and gives his own level, else the
 * enable password of the level. */
static bool enable_ok(struct session *s, const char *password, unsigned *level)
{
        struct box *b = session_box(s);
        const struct aaa_identity *id = session_identity(s);
        struct aaa_identity now;
        bool by_user;

        pthread_mutex_lock(&b->conf_lock);
        by_user = b->store->sys.aaa.enable && id;
        pthread_mutex_unlock(&b->conf_lock);
        if (!by_user)
                return by_enable_password(s, password, *level);
        if (session_aaa(s, AAA_ENABLE, id->user, password, &now) < 0)
                return false;
        *level = MIN_OF(*level, now.privilege);
        return true;
}

/* Who comes from afar and does not know it has to come again. */
static void denied(struct session *s, unsigned tries)
{
        struct box *b = session_box(s);
        const struct aaa_identity *id = session_identity(s);

        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_308001, LU(tries), LS(id ? id->source : "console"));
        pthread_mutex_unlock(&b->conf_lock);
        if (id && id->remote)
                session_leave(s);
}

static enum dialog_next enable_step(struct dialog *d, const char *answer)
{
        struct enable_state *st = d->state;

        if (!answer)
                return dialog_ask(d, DIALOG_PASSWORD, "", "Password: ");
        if (enable_ok(st->s, answer, &st->level)) {
                session_set_priv(st->s, st->level);
                return DIALOG_DONE;
        }
        dialog_say(d, "Invalid password\n");
        if (++st->tries < TRIES)
                return dialog_ask(d, DIALOG_PASSWORD, "", "Password: ");
        dialog_say(d, "Access denied.\n");
        denied(st->s, st->tries);
        return DIALOG_DONE;
}

static const struct dialog_row enable_dialog = { "enable", sizeof(struct enable_state), enable_step, NULL };

static int do_enable(struct session *s, const struct args *a, struct err *e)
{
        struct enable_state st = { .s = s, .level = arg_u32(a, "LEVEL", 15) };

        if (st.level > session_priv(s))
                return session_ask(s, &enable_dialog, &st, e);
        session_set_priv(s, st.level);
        return 0;
}

/* Down only: the way up has a password. */
static int do_disable(struct session *s, const struct args *a, struct err *e)
{
        uint32_t level = arg_u32(a, "LEVEL", 1);

        if (level > session_priv(s))
                return err_set(e, ERR_STATE, "level %u is above yours: enable %u", level, level);
        session_set_priv(s, level);
        return 0;
}

/* ---- login ---- */

struct login_state {
        struct session *s;
        unsigned tries;
        char name[USERNAME_MAX + 1];
};

static enum dialog_next login_step(struct dialog *d, const char *answer)
{
        struct login_state *st = d->state;
        const struct aaa_identity *was = session_identity(st->s);
        struct aaa_identity id;

        if (!answer)
                return dialog_ask(d, DIALOG_LINE, "", "Username: ");
        if (!*st->name) {
                if (!str_copy(st->name, sizeof st->name, *answer ? answer : " "))
                        strcpy(st->name, " ");
                return dialog_ask(d, DIALOG_PASSWORD, "", "Password: ");
        }
        if (session_aaa(st->s, was ? was->line : AAA_SERIAL, st->name, answer, &id) == 0) {
                id.start = id.may_enable && id.privilege > 1 ? id.privilege : 1;
                session_set_identity(st->s, &id);
                return DIALOG_DONE;
        }
        dialog_say(d, "Login incorrect\n");
        st->name[0] = 0;
        if (++st->tries < TRIES)
                return dialog_ask(d, DIALOG_LINE, "", "Username: ");
        dialog_say(d, "Access denied.\n");
        return DIALOG_DONE;
}

static const struct dialog_row login_dialog = { "login", sizeof(struct login_state), login_step, NULL };

static int do_login(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct login_state st = { .s = s };

        return session_ask(s, &login_dialog, &st, e);
}

/* ---- modes ---- */

static int do_configure(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        session_configure(s);
        return 0;
}

static int do_exit(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        session_leave(s);
        return 0;
}

static int show_curpriv(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        bool high = session_priv(s) > 1;

        PUT(s, "Username : %s\n", cell_str("username", session_user(s)));
        PUT(s, "Current privilege level : %s\n", cell_num("privilege", session_priv(s)));
        PUT(s, "Current Mode/s : %s%s\n", cell_str("mode", high ? "P_PRIV" : "P_UNPR"),
            cell_as(cell_bool("configuring", session_in_config(s)), session_in_config(s) ? " P_CONF" : ""));
        return 0;
}

/* Rows do not change while the program runs: no lock. */
static int do_help(struct session *s, const struct args *a, struct err *e)
{
        const struct cli_tree *tree = session_box(s)->store->tree;
        const char *words = arg_str(a, "COMMAND");
        struct text t = { 0 };
        bool some = true;

        if (words)
                some = cli_help_command(tree, session_priv(s), words, &t);
        else
                text_add(&t, "\n?\t\tWhat may stand here; behind a word: the words that begin so\n"
                             "help COMMAND\tUsage, description and syntax of a command\n\n");
        out(s, "%s", text_str(&t));
        text_fini(&t);
        return some ? 0 : err_set(e, ERR_REF, "%% there is no command \"%.100s\"", words);
}

static int show_history(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        const char *line;

        table_list(session_table(s), "commands");
        for (unsigned i = 0; (line = session_history(s, i)); i++)
                ITEM(s, "  %s\n", cell_str(NULL, line));
        table_close(session_table(s));
        return 0;
}

const struct exec_row exec_session[] = {
        { "enable [LEVEL:u32(0-15)]", "Turn on privileged commands; a new appliance has an empty password", 0,
          do_enable },
        { "disable [LEVEL:u32(0-15)]", "Turn off privileged commands", 0, do_disable },
        { "login", "Log in as a particular user", 0, do_login },
        { "configure [terminal]", "Configure from the terminal", CONF_PRIV, do_configure },
        { "exit", "Exit from the EXEC", 0, do_exit },
        { "quit", "Leave the EXEC, as exit does", 0, do_exit },
        { "logout", "Log out, as exit does", 0, do_exit },
        { "help [COMMAND:line]", "Usage, description and syntax of a command", 0, do_help },
        { "show curpriv", "Show the current user and privilege level", 0 | EXEC_TABLE, show_curpriv },
        { "show history", "Show the last commands of this session", 0 | EXEC_TABLE, show_history },
        { 0 },
};
