/* Passwords: what is typed in clear becomes a hash before anybody can see it. */
#include <string.h>

#include "cli/cmd/passwd_rows.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

int passwd_settle(struct conf_ctx *c, char *field, size_t size, uint8_t *form, const char *user, struct err *e)
{
        const struct rng *rng = c->rng ? c->rng : &rng_system;
        char hash[PASSWD_TEXT_MAX] = "";
        int rc = 0;

        if (*form == PASSWD_ENCRYPTED || *form == PASSWD_PBKDF2 || *form == PASSWD_NT) {
                *form = (uint8_t)passwd_form_of(field);
                if (*form != PASSWD_CLEAR)
                        return 0;
                return err_set(e, ERR_SYNTAX, "%s is not an encrypted password", *user ? "this" : "the value");
        }
        if (strlen(field) > PASSWD_CLEAR_MAX)
                return err_set(e, ERR_RANGE, "a password has at most %u characters", PASSWD_CLEAR_MAX);
        if (*form == PASSWD_MSCHAP)
                rc = passwd_nt(field, hash) ? 0 : err_set(e, ERR_SUPPORT, "mschap passwords cannot be made here");
        else
                rc = passwd_new(rng, c->hash_rounds ? c->hash_rounds : PASSWD_ROUNDS, field, hash, e);
        mem_wipe(field, size);
        str_copy(field, size, hash);
        *form = *form == PASSWD_MSCHAP ? PASSWD_NT : PASSWD_PBKDF2;
        return rc;
}

static int check_enable(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;

        (void)obj;
        if (*s->enable_hash)
                return passwd_settle(c, s->enable_hash, sizeof s->enable_hash, &s->enable_form, "", e);
        str_copy(s->enable_hash, sizeof s->enable_hash, PASSWD_EMPTY_HASH);
        s->enable_form = PASSWD_ENCRYPTED;
        return 0;
}

static int check_passwd(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;

        (void)obj;
        if (!*s->passwd_hash)
                return 0;
        return passwd_settle(c, s->passwd_hash, sizeof s->passwd_hash, &s->passwd_form, "", e);
}

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

/* ---- levels below 15 ---- */
static void key_level(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        text_printf(out, "level %u", arg_u32(a, "LEVEL", 0));
}

static int check_level(struct conf_ctx *c, void *obj, struct err *e)
{
        struct enable_conf *en = obj;

        return passwd_settle(c, en->hash, sizeof en->hash, &en->form, "", e);
}

static int call_no_level(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        struct text key = { 0 };
        struct enable_conf *en;

        (void)no_form;
        key_level(c, a, NULL, &key);
        en = conf_list_find(&c->store->sys.enables, text_str(&key));
        text_fini(&key);
        if (!en)
                return err_set(e, ERR_REF, "there is no password for level %u", arg_u32(a, "LEVEL", 0));
        conf_list_del(&c->store->sys.enables, &en->o);
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

static const struct cmd_bind level_bind[] = {
        HASHED("PASSWORD", struct enable_conf, hash, BIND_ATTR),
        { .name = "LEVEL", FIELD_(struct enable_conf, level), .flags = BIND_ALWAYS },
        BIND_FORM("encrypted", struct enable_conf, form, PASSWD_ENCRYPTED),
        BIND_FORM("pbkdf2", struct enable_conf, form, PASSWD_PBKDF2),
        { 0 },
};

#define NO_TELNET "there is no telnet server"
#define FORMS "[{encrypted|pbkdf2}]"
#define LEVEL_ROW(g, ...)                                                                                            \
        {                                                                                                            \
                ROW_LIST, g, "Password for a level", level_bind, DIRTY_SYS, STORE(sys.enables),                      \
                        .key = key_level, .check = check_level, ##__VA_ARGS__                                        \
        }

const struct cmd_row rows_enable[] = {
        { ROW_LEAF, "enable password PASSWORD:secret(160) " FORMS " [level TOP:u32(15-15)]",
          "Password for the privileged level", enable_bind, DIRTY_SYS, .check = check_enable },
        { ROW_LEAF, "enable password PASSWORD:secret(160) level LEVEL:u32(15-15) {encrypted|pbkdf2}",
          "Password for the privileged level", enable_bind, DIRTY_SYS, .check = check_enable, .flags = ROW_HIDDEN },
        LEVEL_ROW("enable password PASSWORD:secret(160) level LEVEL:u32(0-14) " FORMS),
        LEVEL_ROW("enable password PASSWORD:secret(160) {encrypted|pbkdf2} level LEVEL:u32(0-14)",
                  .flags = ROW_HIDDEN),
        { ROW_CALL, "enable password level LEVEL:u32(0-14)", "No password for a level any more", .call = call_no_level,
          .flags = ROW_NO_ONLY },
        { ROW_LEAF, "passwd PASSWORD:secret(160) " FORMS, "Change Telnet console access password", passwd_bind,
          DIRTY_SYS, .check = check_passwd, .inert = NO_TELNET },
        { ROW_LEAF, "password PASSWORD:secret(160) " FORMS, "Change Telnet console access password", passwd_bind,
          DIRTY_SYS, .check = check_passwd, .inert = NO_TELNET, .flags = ROW_HIDDEN },
        END,
};
