/* Users: passwords, levels, and the keys they come with. */
#include <ctype.h>
#include <mbedtls/base64.h>
#include <stdio.h>

#include "cli/aaa/aaa_state.h"
#include "cli/cmd/aaa_rows.h"
#include "cli/cmd/passwd_rows.h"
#include "cli/conf/dialog.h"
#include "cli/conf/nested.h"

#define U struct user_conf
#define ATTR struct user_attr_conf

/* ---- messages: only what somebody types is news ---- */
static struct log_src *news(const struct conf_ctx *c)
{
        return c->box && c->store == c->box->store && !c->late && !c->replace ? c->box->log_src : NULL;
}

static void log_user(struct conf_ctx *c, const U *old, const U *now)
{
        struct log_src *l = news(c);

        if (!old)
                log_msg(l, LOG_502101, LS(now->o.name), LU(now->privilege), LS("*****"));
        else if (!now)
                log_msg(l, LOG_502102, LS(old->o.name), LU(old->privilege), LS("*****"));
        else if (old->privilege != now->privilege)
                log_msg(l, LOG_502103, LS(now->o.name), LU(old->privilege), LU(now->privilege));
}

/* ---- the user ---- */
static void init_user(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((U *)obj)->privilege = 2;
}

static int check_user(struct conf_ctx *c, void *obj, struct err *e)
{
        U *u = obj;

        if (!u->nopassword) {
                bool clear = u->form == PASSWD_CLEAR || u->form == PASSWD_MSCHAP;

                if (clear && password_policy_check(c, u->o.name, u->hash, e) < 0)
                        return -1;
                if (passwd_settle(c, u->hash, sizeof u->hash, &u->form, u->o.name, e) < 0)
                        return -1;
        }
        log_user(c, conf_list_find(&c->store->sys.users, u->o.name), u);
        return 0;
}

static int remove_user(struct conf_ctx *c, void *obj, struct err *e)
{
        U *u = obj;
        struct conf_obj *attr = conf_list_find(&c->store->sys.user_attrs, u->o.name);

        (void)e;
        if (attr)
                conf_list_del(&c->store->sys.user_attrs, attr);
        log_user(c, u, NULL);
        return 0;
}

static void after_user(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (no_form && c->box && c->store == c->box->store &&
            c->box->aaa) /* another user of the name is another user */
                aaa_state_sync(c->box, c->box->aaa);
        warn_no_way_in(c);
}

static const struct cmd_bind user_bind[] = {
        BIND_OPTFLAG("nopassword", U, nopassword),
        HASHED("PASSWORD", U, hash, BIND_ATTR),
        BIND_FORM("encrypted", U, form, PASSWD_ENCRYPTED),
        BIND_FORM("pbkdf2", U, form, PASSWD_PBKDF2),
        BIND_FORM("nt-encrypted", U, form, PASSWD_NT),
        BIND_FORM("mschap", U, form, PASSWD_MSCHAP),
        BIND_OPT("LEVEL", U, privilege, 2),
        { 0 },
};

/* ---- attributes ---- */
static void init_attr(struct conf_ctx *c, void *obj)
{
        (void)c;
        user_attr_conf_init(obj);
}

static int check_attr(struct conf_ctx *c, void *obj, struct err *e)
{
        const ATTR *a = obj;

        if (conf_list_find(&c->store->sys.users, a->o.name))
                return 0;
        return err_set(e, ERR_REF, "user %s does not exist; make him first: username %s password ...", a->o.name,
                       a->o.name);
}

/* Keys of SSH begin with the length and the name of their kind. */
static bool is_key(const unsigned char *der, size_t n)
{
        size_t kind = n > 4 ? (size_t)der[0] << 24 | (size_t)der[1] << 16 | (size_t)der[2] << 8 | der[3] : 0;

        return kind > 3 && kind < n - 4 && kind < 64 &&
               (!memcmp(der + 4, "ssh-", 4) || !memcmp(der + 4, "ecdsa-", MIN_OF(kind, 6u)));
}

static int key_hash(const char *base64, char out[AAA_KEY_TEXT], struct err *e)
{
        unsigned char der[2048];
        size_t n;

        if (mbedtls_base64_decode(der, sizeof der, &n, (const unsigned char *)base64, strlen(base64)) ||
            !is_key(der, n))
                return err_set(e, ERR_SYNTAX, "this is not the base64 of an SSH public key");
        aaa_key_text(der, n, out);
        return 0;
}

static bool is_hash(const char *s)
{
        size_t i;

        for (i = 0; s[i]; i++)
                if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
                        return false;
        return i == SSH_KEY_TEXT;
}

static int check_publickey(struct conf_ctx *c, void *obj, struct err *e)
{
        ATTR *a = obj;
        char text[AAA_KEY_TEXT];

        (void)c;
        if (!*a->publickey)
                return 0;
        if (a->publickey_hashed)
                return is_hash(a->publickey) ? 0 : err_set(e, ERR_SYNTAX, "this is not the hash of a key");
        if (key_hash(a->publickey, text, e) < 0)
                return -1;
        str_copy(a->publickey, sizeof a->publickey, text);
        a->publickey_hashed = true;
        return 0;
}

static int check_pkf(struct conf_ctx *c, void *obj, struct err *e)
{
        ATTR *a = obj;

        (void)c;
        return !*a->pkf || is_hash(a->pkf) ? 0 : err_set(e, ERR_SYNTAX, "this is not the hash of a key");
}

/* ---- RFC 4716, or the one line of OpenSSH ---- */

/* The base64 of a pasted key: headers (and what continues them) are left out. */
static bool pkf_body(const char *text, char *out, size_t cap)
{
        size_t n = 0;
        bool header = false;

        for (size_t len; *text; text += len + (text[len] == '\n')) {
                bool was = header;

                len = strcspn(text, "\n");
                header = (was || memchr(text, ':', len)) && len && text[len - 1] == '\\';
                if (was || memchr(text, ':', len) || !strncmp(text, "----", 4))
                        continue;
                if (n + len >= cap)
                        return false;
                for (size_t i = 0; i < len; i++)
                        if (!isspace((unsigned char)text[i]))
                                out[n++] = text[i];
        }
        out[n] = 0;
        return n > 0;
}

static bool openssh_body(const char *text, char *out, size_t cap)
{
        const char *key = strchr(text, ' ');
        size_t n = key ? strcspn(key + 1, " \n") : 0;

        if (strncmp(text, "ssh-", 4) != 0 && strncmp(text, "ecdsa-", 6) != 0)
                return false;
        if (!n || n >= cap)
                return false;
        memcpy(out, key + 1, n);
        out[n] = 0;
        return true;
}

static enum dialog_next pkf_keep(struct dialog *d, const char *hash)
{
        ATTR *a;

        dialog_lock(d);
        a = conf_object(d->conf);
        if (a && d->conf->depth && !strcmp(conf_prompt(d->conf), "config-username")) {
                str_copy(a->pkf, sizeof a->pkf, hash);
                a->pkf_hashed = true;
                d->conf->store->edits++;
                d->conf->store->dirty |= DIRTY_SYS;
                d->changed = true;
        }
        dialog_unlock(d);
        dialog_say(d, "INFO: Import of an SSH public key formatted file %s.\n", a ? "SUCCEEDED" : "FAILED");
        return DIALOG_DONE;
}

static enum dialog_next pkf_step(struct dialog *d, const char *answer)
{
        char body[3000], hash[AAA_KEY_TEXT];
        struct err e = { 0 };

        if (!answer) {
                if (!arg_has(d->args, "nointeractive"))
                        dialog_say(d, "Enter an SSH public key formatted file.\n"
                                      "End with the word \"quit\" on a line by itself:\n");
                return dialog_paste(d);
        }
        if (!openssh_body(answer, body, sizeof body) && !pkf_body(answer, body, sizeof body))
                err_set(&e, ERR_SYNTAX, "Import of an SSH public key formatted file FAILED.");
        else if (key_hash(body, hash, &e) == 0)
                return pkf_keep(d, hash);
        return dialog_fail(d, &e);
}

static const struct dialog_row pkf_dialog = { "ssh authentication pkf", 0, pkf_step, NULL };

static const struct cmd_bind attr_bind[] = {
        BIND_KEY("admin", ATTR, service, SERVICE_ADMIN),
        BIND_KEY("nas-prompt", ATTR, service, SERVICE_NAS_PROMPT),
        BIND_KEY("remote-access", ATTR, service, SERVICE_REMOTE_ACCESS),
        { 0 },
};
static const struct cmd_bind publickey_bind[] = { HASHED("SSHKEY", ATTR, publickey, 0),
                                                  BIND_FLAG("hashed", ATTR, publickey_hashed),
                                                  { 0 } };
static const struct cmd_bind pkf_bind[] = { HASHED("SSHHASH", ATTR, pkf, 0),
                                            BIND_FLAG("hashed", ATTR, pkf_hashed),
                                            { 0 } };

static const struct cmd_bind webvpn_bind[] = { BIND_FLAG("webvpn", struct inert_block_conf, parameters), { 0 } };

static const struct cmd_row attr_rows[] = {
        { ROW_LEAF, "service-type {nas-prompt|remote-access|admin}", "What the user may use this box for", attr_bind,
          .dirty = DIRTY_SYS },
        { ROW_LEAF, "ssh authentication publickey SSHKEY:word(1399) [hashed]", "Public key the user logs in with",
          publickey_bind, DIRTY_SYS, .check = check_publickey },
        { ROW_LEAF, "ssh authentication pkf SSHHASH:word(95) hashed", "The same, by its hash", pkf_bind,
          DIRTY_SYS, .check = check_pkf },
        { ROW_CALL, "ssh authentication pkf [nointeractive]", "Paste a public key the user logs in with",
          .dialog = &pkf_dialog, .flags = ROW_NO_NO },
        { ROW_INERT,
          "{vpn-group-policy|vpn-access-hours|vpn-simultaneous-logins|vpn-idle-timeout|vpn-session-timeout|vpn-"
          "filter|"
          "vpn-framed-ip-address|vpn-tunnel-protocol|group-lock|memberof|password-storage} WHAT:line(200)",
          "What a VPN user gets", .list = offsetof(ATTR, inert), .inert = "there is no VPN" },
        { ROW_MODE, "webvpn", "What a user of browser VPN gets", webvpn_bind, DIRTY_SYS, offsetof(ATTR, webvpn),
          &kept_webvpn_mode, .inert = "there is no VPN", .init = init_block, .key = key_words, .flags = ROW_KEPT },
        END,
};
static const struct cmd_mode attr_mode = { "config-username",
                                           "Username attributes configuration commands:", attr_rows };

#define USER_ROW(forms, ...)                                                                                         \
        {                                                                                                            \
                ROW_LIST,                                                                                            \
                        "username NAME:newname(64) {nopassword|password PASSWORD:secret(160) " forms                 \
                        "} [privilege LEVEL:u32(0-15)]",                                                             \
                        "Configure user authentication local database", user_bind, DIRTY_SYS, STORE(sys.users),      \
                        .init = init_user, .check = check_user, .remove = remove_user, .after = after_user,          \
                        .key = key_name, ##__VA_ARGS__                                                               \
        }

const struct cmd_row rows_username[] = {
        USER_ROW("[{encrypted|pbkdf2|nt-encrypted|mschap}]"),
        { ROW_MODE, "username NAME:newname(64) attributes", "Attributes of a user", NULL, DIRTY_SYS,
          STORE(sys.user_attrs), &attr_mode, .init = init_attr, .check = check_attr },
        END,
};
