/* Passwords: what is typed in clear becomes a hash before anybody can see it. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/passwd.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* field holds what was typed: a password, or a hash that is called one. */
static int settle(char *field, size_t size, uint8_t *form, const char *user, struct err *e)
{
        char hash[PASSWD_HASH_LEN + 1];

        if (*form != PASSWD_CLEAR) {
                if (passwd_hash_valid(field))
                        return 0;
                return err_set(e, ERR_SYNTAX, "%s is not an encrypted password", *user ? "this" : "the value");
        }
        passwd_hash(field, user, hash);
        mem_wipe(field, size);
        str_copy(field, size, hash);
        *form = PASSWD_ENCRYPTED;
        return 0;
}

static int check_enable(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;

        (void)obj;
        return settle(s->enable_hash, sizeof s->enable_hash, &s->enable_form, "", e);
}

static int check_passwd(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;

        (void)obj;
        if (!*s->passwd_hash)
                return 0;
        return settle(s->passwd_hash, sizeof s->passwd_hash, &s->passwd_form, "", e);
}

#define HASHED(nm, st, f, more)                                                                                      \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .flags = BIND_HASHED | (more)                                             \
        }
#define FORMS "[{encrypted|pbkdf2}]"
static const struct cmd_bind enable_bind[] = {
        HASHED("PASSWORD", struct store, sys.enable_hash, 0),
        BIND_KEY("encrypted", struct store, sys.enable_form, PASSWD_ENCRYPTED),
        BIND_KEY("pbkdf2", struct store, sys.enable_form, PASSWD_PBKDF2),
        { 0 },
};
static const struct cmd_bind passwd_bind[] = {
        HASHED("PASSWORD", struct store, sys.passwd_hash, 0),
        BIND_KEY("encrypted", struct store, sys.passwd_form, PASSWD_ENCRYPTED),
        BIND_KEY("pbkdf2", struct store, sys.passwd_form, PASSWD_PBKDF2),
        { 0 },
};

#define NO_TELNET "there is no telnet server"

const struct cmd_row rows_enable[] = {
        { ROW_LEAF, "enable password PASSWORD:secret(160) " FORMS " [level LEVEL:u32(15-15)]",
          "Password for the privileged level", enable_bind, DIRTY_SYS, .check = check_enable },
        { ROW_LEAF, "passwd PASSWORD:secret(160) " FORMS, "Change Telnet console access password", passwd_bind,
          DIRTY_SYS, .check = check_passwd, .inert = NO_TELNET },
        { ROW_LEAF, "password PASSWORD:secret(160) " FORMS, "Change Telnet console access password", passwd_bind,
          DIRTY_SYS, .check = check_passwd, .inert = NO_TELNET, .flags = ROW_HIDDEN },
        END,
};

/* ---- username ---- */
static void init_user(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((struct user_conf *)obj)->privilege = 2;
}

static int check_user(struct conf_ctx *c, void *obj, struct err *e)
{
        struct user_conf *u = obj;

        (void)c;
        if (u->nopassword)
                return 0;
        return settle(u->hash, sizeof u->hash, &u->form, u->o.name, e);
}

static const struct cmd_bind user_bind[] = {
        BIND_OPTFLAG("nopassword", struct user_conf, nopassword),
        HASHED("PASSWORD", struct user_conf, hash, BIND_ATTR),
        { .name = "encrypted",
          FIELD_(struct user_conf, form),
          .val = PASSWD_ENCRYPTED,
          .flags = BIND_KEYWORD | BIND_ATTR },
        { .name = "pbkdf2", FIELD_(struct user_conf, form), .val = PASSWD_PBKDF2, .flags = BIND_KEYWORD | BIND_ATTR },
        BIND_OPT("LEVEL", struct user_conf, privilege, 2),
        { 0 },
};

const struct cmd_row rows_username[] = {
        { ROW_LIST,
          "username NAME:newname(64) {nopassword|password PASSWORD:secret(160) " FORMS "} [privilege LEVEL:u32(0-15)]",
          "Configure user authentication local database", user_bind, DIRTY_SYS, STORE(sys.users), .init = init_user,
          .check = check_user, .key = key_name },
        END,
};
