/* ssh ...: who may use the SSH server, and how. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/sshd.h"
#include "pki/enroll.h"
#include "pki/keystore.h"

#define A struct box_access_conf
static const struct cmd_bind access_bind[] = {
        BIND("NET", A, net),
        BIND("MASK", A, len),
        BIND("IFC", A, nameif),
        { 0 },
};

static int check_access(struct conf_ctx *c, void *obj, struct err *e)
{
        const A *a = obj;

        (void)c;
        return check_pair(&a->net, a->len, e);
}

static bool has_host_key(struct conf_ctx *c)
{
        struct keypair *k = keystore_key_get(c->keys, DEFAULT_RSA_KEY);

        keypair_put(k);
        return k != NULL;
}

/* The first line opens the door: what is behind it is said once. */
static void after_access(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (no_form || c->late || !c->box || !c->box->ssh)
                return;
        if (c->keys && !has_host_key(c))
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
static const struct cmd_bind quota_bind[] = { BIND("N", struct store, sys.ssh.sessions), { 0 } };

static const char *version_inert(const struct store *s, const void *obj)
{
        (void)obj;
        return s->sys.ssh.version == 1 ? "version 1 of SSH is not spoken, only version 2" : NULL;
}

const struct cmd_row rows_ssh[] = {
        { ROW_FIXED, "ssh stricthostkeycheck", "Refuse unknown SSH servers", .flags = ROW_NO_ONLY | ROW_QUIET },
        { ROW_LIST, "ssh NET:net MASK:netmask IFC:nameif", "Who may use SSH", access_bind, DIRTY_POLICY,
          STORE(policy.box_access[BOX_SSH]), .check = check_access, .after = after_access },
        { ROW_LEAF, "ssh timeout MINUTES:u32(1-60)", "Minutes until an idle SSH session ends", ssh_bind,
          .dirty = DIRTY_SYS },
        { ROW_LEAF, "ssh version {1|2}", "Version of SSH", ssh_bind, .dirty = DIRTY_SYS, .inert_if = version_inert },
        { ROW_LEAF, "ssh key-exchange group {dh-group1-sha1|dh-group14-sha1}",
          "A key exchange for old clients, besides today's", ssh_bind, .dirty = DIRTY_SYS },
        { ROW_INERT, "ssh scopy enable", "Copies over SSH", .list = STORE(sys.inert),
          .inert = "files are copied by \"copy\"", .flags = ROW_SINGLE },
        { ROW_LEAF, "quota management-session N:u32(1-100)", "How many SSH sessions there may be at once", quota_bind,
          .dirty = DIRTY_SYS },
        END,
};
