/* ssh ...: who may use the SSH server, and how. */
#include <ctype.h>
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/ssh/sshd.h"
#include "pki/enroll.h"
#include "pki/keystore.h"

/* The first line opens the door: what is behind it is said once. */
static void after_access(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (no_form || c->late || !c->box || !c->box->ssh)
                return;
        if (c->keys && !sshd_key_exists(c->keys))
                conf_info(c, "There is no host key: an RSA key pair of 2048 bits named %s is being made.",
                          DEFAULT_RSA_KEY);
        if (!c->store->sys.aaa.ssh)
                conf_info(c, "Nobody can log in by SSH before \"aaa authentication ssh console LOCAL\".");
        sshd_look(c->box->ssh);
}

static const struct cmd_bind ssh_bind[] = {
        BIND_SHOWN("MINUTES", struct store, sys.ssh.timeout_min, 5),
        BIND_KEY("1", struct store, sys.ssh.version, 1),
        BIND_KEY("2", struct store, sys.ssh.version, 2),
        BIND_KEY("dh-group1-sha1", struct store, sys.ssh.group, SSH_GROUP1_SHA1),
        BIND_KEY("dh-group14-sha1", struct store, sys.ssh.group, SSH_GROUP14_SHA1),
        { 0 },
};
static const struct cmd_bind hostkey_bind[] = {
        BIND_KEY("rsa", struct store, sys.ssh.hostkey, SSHD_RSA + 1),
        BIND_KEY("ecdsa", struct store, sys.ssh.hostkey, SSHD_ECDSA + 1),
        BIND_KEY("eddsa", struct store, sys.ssh.hostkey, SSHD_EDDSA + 1),
        { 0 },
};

/* Without that key nobody gets in by SSH any more. */
static void after_hostkey(struct conf_ctx *c, void *obj, bool no_form)
{
        enum sshd_key which = c->store->sys.ssh.hostkey - 1u;

        (void)obj;
        if (!no_form && !c->late && c->keys && !sshd_key_is(c->keys, which))
                conf_warning(c, "There is no %s host key, so nobody can connect by SSH until it is made: %s",
                             sshd_key_name(which), sshd_key_command(which));
}

static const struct cmd_bind quota_bind[] = { BIND("N", struct store, sys.ssh.sessions), { 0 } };

/* ---- ciphers ---- */
static const struct cmd_bind encryption_bind[] = {
        BIND_KEY("all", struct store, sys.ssh.encryption, SSH_ALL),
        BIND_KEY("low", struct store, sys.ssh.encryption, SSH_LOW),
        BIND_KEY("medium", struct store, sys.ssh.encryption, SSH_MEDIUM),
        BIND_KEY("high", struct store, sys.ssh.encryption, SSH_HIGH),
        BIND_KEY("fips", struct store, sys.ssh.encryption, SSH_FIPS),
        BIND_KEY("custom", struct store, sys.ssh.encryption, SSH_CUSTOM),
        BIND("CIPHERS", struct store, sys.ssh.ciphers),
        { 0 },
};
static const struct cmd_bind integrity_bind[] = {
        BIND_KEY("all", struct store, sys.ssh.integrity, SSH_ALL),
        BIND_KEY("low", struct store, sys.ssh.integrity, SSH_LOW),
        BIND_KEY("medium", struct store, sys.ssh.integrity, SSH_MEDIUM),
        BIND_KEY("high", struct store, sys.ssh.integrity, SSH_HIGH),
        BIND_KEY("fips", struct store, sys.ssh.integrity, SSH_FIPS),
        BIND_KEY("custom", struct store, sys.ssh.integrity, SSH_CUSTOM),
        BIND("MACS", struct store, sys.ssh.macs),
        { 0 },
};

static int check_ciphers(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return sshd_algo_check(c->store->sys.ssh.ciphers, false, e);
}

static int check_macs(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return sshd_algo_check(c->store->sys.ssh.macs, true, e);
}

/* ---- servers that files are copied from and to ---- */
void ssh_chain_conf_init(struct ssh_chain_conf *c)
{
        c->there = true;
        conf_list_init(&c->servers, sizeof(struct ssh_server_conf), NULL);
}

void ssh_chain_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct ssh_chain_conf *)(void *)o)->servers);
}

static void init_ssh_chain(struct conf_ctx *c, void *obj)
{
        (void)c;
        ssh_chain_conf_init(obj);
}

/* 32 octets in hexadecimal, colons between them. */
static int check_hash(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct ssh_server_conf *s = obj;
        size_t i;

        (void)c;
        for (i = 0; s->hash[i]; i++)
                if (i % 3 == 2 ? s->hash[i] != ':' : !isxdigit((unsigned char)s->hash[i]))
                        break;
        if (!*s->hash || i == SSH_KEY_TEXT)
                return 0;
        return err_set(e, ERR_SYNTAX,
                       "this is not the SHA-256 of a key: 32 octets in hexadecimal, colons between them");
}

static const struct cmd_bind hash_bind[] = { BIND("SSHHASH", struct ssh_server_conf, hash), { 0 } };
static const struct cmd_row server_rows[] = {
        { ROW_LEAF, "key-hash sha256 SSHHASH:word(95)", "SHA-256 of the server's key", hash_bind, DIRTY_SYS,
          .check = check_hash },
        END,
};
static const struct cmd_mode server_mode = { "config-ssh-pubkey-server",
                                             "SSH server configuration commands:", server_rows };
static const struct cmd_row pubkey_rows[] = {
        { ROW_MODE, "server NAME:newname(64)", "An SSH server by its address or name", NULL, DIRTY_SYS,
          offsetof(struct ssh_chain_conf, servers), &server_mode, .flags = 0 },
        END,
};
static const struct cmd_mode pubkey_mode = { "config-ssh-pubkey-chain",
                                             "SSH pubkey-chain configuration commands:", pubkey_rows };

static const struct cmd_bind chain_bind[] = { BIND_FLAG("pubkey-chain", struct ssh_chain_conf, there), { 0 } };

static const struct cmd_bind scopy_bind[] = { BIND_FLAG("enable", struct store, sys.ssh.scopy), { 0 } };
static const struct cmd_bind strict_bind[] = { BIND_FLAG("stricthostkeycheck", struct store, sys.ssh.any_key),
                                               { 0 } };

static const char *version_inert(const struct store *s, const void *obj)
{
        (void)obj;
        return s->sys.ssh.version == 1 ? "version 1 of SSH is not spoken, only version 2" : NULL;
}

const struct cmd_row rows_ssh[] = {
        { ROW_LEAF, "ssh stricthostkeycheck", "Refuse unknown SSH servers when files are copied", strict_bind,
          .dirty = DIRTY_SYS, .flags = ROW_INVERSE },
        { ROW_LIST, "ssh NET:net MASK:netmask IFC:nameif", "Who may use SSH", box_access_bind, DIRTY_POLICY,
          STORE(policy.box_access[BOX_SSH]), .check = check_box_access, .after = after_access },
        { ROW_LEAF, "ssh timeout MINUTES:u32(1-60)", "Minutes until an idle SSH session ends", ssh_bind,
          .dirty = DIRTY_SYS },
        { ROW_LEAF, "ssh version {1|2}", "Version of SSH", ssh_bind, .dirty = DIRTY_SYS, .inert_if = version_inert },
        { ROW_LEAF, "ssh key-exchange group {dh-group1-sha1|dh-group14-sha1}",
          "A key exchange for old clients, besides today's", ssh_bind, .dirty = DIRTY_SYS },
        { ROW_LEAF, "ssh key-exchange hostkey {rsa|ecdsa|eddsa}",
          "The one host key that is shown; without it the client chooses", hostkey_bind, .dirty = DIRTY_SYS,
          .after = after_hostkey },
        { ROW_LEAF, "ssh cipher encryption {all|low|medium|high|fips|custom CIPHERS:word(300)}",
          "Ciphers of the SSH server", encryption_bind, .dirty = DIRTY_SYS, .check = check_ciphers },
        { ROW_LEAF, "ssh cipher integrity {all|low|medium|high|fips|custom MACS:word(300)}",
          "Message authentication of the SSH server", integrity_bind, .dirty = DIRTY_SYS, .check = check_macs },
        { ROW_LEAF, "ssh scopy enable", "Files on flash by SCP and SFTP, for users of level 15", scopy_bind,
          .dirty = DIRTY_SYS },
        { ROW_MODE, "ssh pubkey-chain", "Keys of SSH servers that files are copied from and to", chain_bind,
          DIRTY_SYS, STORE(sys.ssh_chain), &pubkey_mode, .init = init_ssh_chain, .key = key_words },
        { ROW_LEAF, "quota management-session N:u32(1-100)", "How many SSH sessions there may be at once", quota_bind,
          .dirty = DIRTY_SYS },
        END,
};
