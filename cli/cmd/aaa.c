/* aaa, privilege, password-policy. */
#include <ctype.h>
#include <string.h>

#include "cli/aaa/aaa.h"
#include "cli/cmd/aaa_rows.h"
#include "platform/base/str.h"

#define LEAF(g, hlp, b, ...)                                                                                         \
        {                                                                                                            \
                ROW_LEAF, g, hlp, .bind = b, .dirty = DIRTY_SYS, ##__VA_ARGS__                                       \
        }
#define KEPT(g, hlp, why, ...)                                                                                       \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = STORE(sys.inert), .inert = why, ##__VA_ARGS__                             \
        }

/* ---- who could mend anything at the serial console ---- */
void warn_no_way_in(struct conf_ctx *c)
{
        const struct sys_conf *s = &c->store->sys;
        bool users = false;

        if (!s->aaa.serial || c->late || c->replace)
                return;
        conf_each(struct user_conf, u, &s->users) {
                const struct user_attr_conf *a = conf_list_find(&s->user_attrs, u->o.name);

                if (u->privilege == 15 && !(s->aaa.exec && a && a->service > SERVICE_ADMIN))
                        return;
                users = true;
        }
        if (!users)
                conf_warning(c, "local database is empty! Use 'username' command to define local users.");
        conf_warning(c, "no user with privilege 15 can log in at the serial console: when this session has ended, "
                        "nobody may be able to configure this unit");
}

static void after_login_rule(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        (void)no_form;
        warn_no_way_in(c);
}

static void after_users_wanted(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (!no_form && !c->late && !c->replace && !c->store->sys.users.n)
                conf_warning(c, "local database is empty! Use 'username' command to define local users.");
}

/* ---- rules that passwords in clear must obey ---- */
struct kinds {
        unsigned lower, upper, numeric, special;
};

static struct kinds count_kinds(const char *s)
{
        struct kinds k = { 0 };

        for (; *s; s++) {
                k.lower += islower((unsigned char)*s) != 0;
                k.upper += isupper((unsigned char)*s) != 0;
                k.numeric += isdigit((unsigned char)*s) != 0;
                k.special += !isalnum((unsigned char)*s);
        }
        return k;
}

static int too_few(struct err *e, unsigned want, const char *what)
{
        return err_set(e, ERR_RANGE, "Password must contain a minimum of %u %s character%s (password-policy)", want,
                       what, want == 1 ? "" : "s");
}

static bool holds_ci(const char *text, const char *word)
{
        size_t n = strlen(word);

        for (; n && *text; text++)
                if (!strncasecmp(text, word, n))
                        return true;
        return false;
}

int password_policy_check(struct conf_ctx *c, const char *user, const char *password, struct err *e)
{
        const struct password_policy_conf *p = &c->store->sys.password_policy;
        struct kinds k = count_kinds(password);

        if (strlen(password) < p->min_length)
                return err_set(e, ERR_RANGE, "Password must have a minimum length of %u (password-policy)",
                               p->min_length);
        if (k.lower < p->min_lower)
                return too_few(e, p->min_lower, "lowercase");
        if (k.upper < p->min_upper)
                return too_few(e, p->min_upper, "uppercase");
        if (k.numeric < p->min_numeric)
                return too_few(e, p->min_numeric, "numeric");
        if (k.special < p->min_special)
                return too_few(e, p->min_special, "special");
        if (p->username_check && holds_ci(password, user))
                return err_set(e, ERR_RANGE, "Password must not contain the user's name (password-policy)");
        if (p->reuse_interval && c->box && aaa_password_used(c->box, user, password, p->reuse_interval))
                return err_set(e, ERR_RANGE, "Password is one of the last %u of this user (password-policy)",
                               p->reuse_interval);
        return 0;
}

/* ---- aaa ---- */
#define NO_SERVERS "there are no AAA servers"
#define ASKED(what)                                                                                                  \
        static const struct cmd_bind what##_bind[] = { BIND_FLAG(#what, struct store, sys.aaa.what),                 \
                                                       BIND("GROUP", struct store, sys.aaa.what##_group),            \
                                                       { 0 } };                                                      \
        static const char *what##_group(const struct store *s, const void *obj)                                      \
        {                                                                                                            \
                (void)obj;                                                                                           \
                return *s->sys.aaa.what##_group ? "`GROUP`: " NO_SERVERS ", LOCAL is asked" : NULL;                  \
        }
ASKED(serial)
ASKED(enable)
ASKED(ssh)
ASKED(http)
ASKED(command)
static const struct cmd_bind telnet_bind[] = { BIND_FLAG("telnet", struct store, sys.aaa.telnet),
                                               BIND("GROUP", struct store, sys.aaa.telnet_group),
                                               { 0 } };

static const struct cmd_bind aaa_bind[] = {
        BIND("FAILS", struct store, sys.aaa.max_fail),
        BIND("IDLE", struct store, sys.aaa.inactive_days),
        BIND_DFLT("DAYS", struct store, sys.aaa.history_days, AAA_HISTORY_DAYS),
        { 0 },
};
static const struct cmd_bind exec_bind[] = {
        BIND_KEY("LOCAL", struct store, sys.aaa.exec, EXEC_LOCAL),
        BIND_KEY("authentication-server", struct store, sys.aaa.exec, EXEC_SERVER),
        BIND_FLAG("auto-enable", struct store, sys.aaa.auto_enable),
        { 0 },
};
#define AUTH(what, hlp, ...)                                                                                         \
        LEAF("aaa authentication " #what " console [GROUP:word(64)] =LOCAL", hlp, what##_bind, ##__VA_ARGS__)

const struct cmd_row rows_aaa[] = {
        AUTH(serial, "Users of the serial console log in", .after = after_login_rule, .inert_if = serial_group),
        AUTH(enable, "enable asks for the user's own password", .after = after_users_wanted,
             .inert_if = enable_group),
        AUTH(ssh, "Users of SSH log in", .after = after_users_wanted, .inert_if = ssh_group),
        AUTH(telnet, "Users of telnet log in", .after = after_users_wanted, .inert = "there is no telnet server"),
        AUTH(http, "Users of HTTPS log in", .after = after_users_wanted, .inert_if = http_group),
        KEPT("aaa authentication {enable|http|serial|ssh|telnet} console GROUP:word(64)",
             "Users are known to servers",
             NO_SERVERS ", and nobody has to log in by this line: put LOCAL behind the group"),
        { ROW_FIXED, "aaa authentication login-history", "Logins are remembered", .flags = ROW_QUIET | ROW_NO_NO },
        LEAF("aaa authentication login-history duration DAYS:u32(1-365)",
             "Days whose logins the greeting and show aaa login-history count", aaa_bind),
        LEAF("aaa authorization exec {=LOCAL|authentication-server} [auto-enable]",
             "service-type says who gets a console", exec_bind, .after = after_login_rule),
        LEAF("aaa authorization command [GROUP:word(64)] =LOCAL", "Each command needs its privilege level",
             command_bind, .inert_if = command_group),
        LEAF("aaa local authentication attempts max-fail FAILS:u32(1-16)", "Failures that lock a user out", aaa_bind),
        LEAF("aaa local authentication inactivity IDLE:u32(0-3650)",
             "Days after which an account that nobody uses is disabled; 0: never", aaa_bind),
        KEPT("aaa authorization WHAT:line(200)", "Authorize commands", "there are no AAA servers"),
        KEPT_IN(STORE(sys.inert), "aaa {mac-exempt|proxy-limit} WHAT:line(200)", "Users of connections",
                "users of connections do not log in"),
        KEPT_IN(STORE(sys.inert),
                "aaa authentication {include|exclude|match|listener|secure-http-client} [WHAT:line(200)]",
                "Connections whose users log in", "users of connections do not log in"),
        KEPT("aaa accounting WHAT:line(200)", "Account commands", "there is no accounting"),
        { ROW_INERT, "user-identity default-domain DOMAIN:word(127)", "Identity firewall", .list = STORE(sys.inert),
          .inert = "there is no identity firewall", .flags = ROW_SINGLE },
        END,
};

/* ---- password-policy ---- */
#define P sys.password_policy
static const struct cmd_bind policy_bind[] = {
        BIND("DAYS", struct store, P.lifetime_days),
        BIND("LENGTH", struct store, P.min_length),
        BIND("LOWER", struct store, P.min_lower),
        BIND("UPPER", struct store, P.min_upper),
        BIND("NUMERIC", struct store, P.min_numeric),
        BIND("SPECIAL", struct store, P.min_special),
        BIND("CHANGES", struct store, P.min_changes),
        BIND("REUSE", struct store, P.reuse_interval),
        BIND_FLAG("username-check", struct store, P.username_check),
        { 0 },
};
#define RULE(g, hlp) LEAF("password-policy " g, hlp, policy_bind)

const struct cmd_row rows_password_policy[] = {
        RULE("lifetime DAYS:u32(0-65535)", "Days until a password must be changed; 0: never"),
        RULE("minimum-changes CHANGES:u32(0-64)", "Characters that differ from the password before"),
        RULE("minimum-length LENGTH:u32(3-64)", "Least length of a password"),
        RULE("minimum-lowercase LOWER:u32(0-64)", "Least number of lower-case letters"),
        RULE("minimum-numeric NUMERIC:u32(0-64)", "Least number of digits"),
        RULE("minimum-special SPECIAL:u32(0-64)", "Least number of other characters"),
        RULE("minimum-uppercase UPPER:u32(0-64)", "Least number of upper-case letters"),
        RULE("reuse-interval REUSE:u32(2-7)", "How many passwords of before may not come back"),
        RULE("username-check", "A password may not hold the name of its user"),
        END,
};

/* ---- privilege ---- */
static int check_command(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct privilege_conf *p = obj;

        (void)c;
        (void)e;
        return *p->command ? 0 : err_set(e, ERR_SYNTAX, "a command is needed");
}

static const struct cmd_bind privilege_bind[] = {
        BIND_KEY("show", struct privilege_conf, form, PRIV_SHOW),
        BIND_KEY("clear", struct privilege_conf, form, PRIV_CLEAR),
        BIND_KEY("cmd", struct privilege_conf, form, PRIV_CMD),
        BIND_KEY("form-configure", struct privilege_conf, form, PRIV_CONFIGURE),
        { .name = "LEVEL", FIELD_(struct privilege_conf, level), .flags = BIND_ALWAYS | BIND_ATTR },
        BIND_KEY("exec", struct privilege_conf, mode, PRIV_MODE_EXEC),
        BIND_KEY("enable", struct privilege_conf, mode, PRIV_MODE_EXEC),
        BIND_KEY("mode-configure", struct privilege_conf, mode, PRIV_MODE_CONFIGURE),
        BIND("COMMAND", struct privilege_conf, command),
        { 0 },
};

const struct cmd_row rows_privilege[] = {
        { ROW_LIST,
          "privilege [{show|clear|cmd|configure@form-configure}] level LEVEL:u32(0-15) [mode "
          "{exec|configure@mode-configure|enable}] "
          "command "
          "COMMAND:line(127)",
          "Level that a command needs", privilege_bind, DIRTY_SYS, STORE(sys.privileges), .check = check_command },
        END,
};
