/* The host keys of the SSH server: the default pairs of `crypto key generate`, from the key store. */
#include "cli/ssh/sshd_int.h"

#include <string.h>

#include "cli/conf/store.h"
#include "pki/keypair.h"
#include "pki/keystore.h"
#include "pki/enroll.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define DEFAULT_BITS 2048

static const struct {
        const char *label, *name, *command;
        enum keypair_kind kind;
} host[SSHD_KEYS] = {
        [SSHD_RSA] = { DEFAULT_RSA_KEY, "RSA", "crypto key generate rsa", KEYPAIR_RSA },
        [SSHD_ECDSA] = { DEFAULT_ECDSA_KEY, "ECDSA", "crypto key generate ecdsa", KEYPAIR_EC },
        [SSHD_EDDSA] = { DEFAULT_EDDSA_KEY, "EdDSA", "crypto key generate eddsa", KEYPAIR_ED25519 },
};

const char *sshd_key_name(enum sshd_key which)
{
        return host[which].name;
}

const char *sshd_key_command(enum sshd_key which)
{
        return host[which].command;
}

/* A pair of another kind under the label is none. */
static struct keypair *host_pair(struct keystore *keys, enum sshd_key which)
{
        struct keypair *k = keys ? keystore_key_get(keys, host[which].label) : NULL;

        if (!k || keypair_kind(k) == host[which].kind)
                return k;
        keypair_put(k);
        return NULL;
}

bool sshd_key_is(struct keystore *keys, enum sshd_key which)
{
        struct keypair *k = host_pair(keys, which);

        keypair_put(k);
        return k != NULL;
}

bool sshd_key_exists(struct keystore *keys)
{
        bool some = false;

        for (enum sshd_key i = 0; i < SSHD_KEYS; i++)
                some = some || sshd_key_is(keys, i);
        return some;
}

int sshd_key_make(struct box *b, struct err *e)
{
        struct keypair *k = keypair_generate(DEFAULT_BITS, clock_wall_s(b->clk), keystore_rng(b->keys), e);
        int rc = k ? keystore_key_put(b->keys, DEFAULT_RSA_KEY, k, e) : -1;

        keypair_put(k);
        return rc;
}

static int import_key(ssh_bind bind, const struct keypair *k, struct err *e)
{
        ssh_key key = sshd_key_of(k, e);

        if (!key)
                return -1;
        if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK)
                return 0; /* it is the bind's now */
        ssh_key_free(key);
        return err_set(e, ERR_CRYPTO, "host key: %s", ssh_get_error(bind));
}

/* `ssh key-exchange hostkey`: that kind and no other. */
static bool is_shown(unsigned only, enum sshd_key which)
{
        return !only || only == which + 1u;
}

int sshd_keys_import(struct box *b, ssh_bind bind, struct err *e)
{
        bool some = false;
        unsigned only;

        pthread_mutex_lock(&b->conf_lock);
        only = b->store->sys.ssh.hostkey;
        pthread_mutex_unlock(&b->conf_lock);
        for (enum sshd_key i = 0; i < SSHD_KEYS; i++) {
                struct keypair *k = is_shown(only, i) ? host_pair(b->keys, i) : NULL;
                int rc = k ? import_key(bind, k, e) : 0;

                some = some || k;
                keypair_put(k);
                if (rc < 0)
                        return -1;
        }
        return some ? 0
                    : err_set(e, ERR_REF, "there is no host key: %s", sshd_key_command(only ? only - 1 : SSHD_RSA));
}

bool sshd_fingerprint(struct box *b, enum sshd_key which, char *out, size_t cap)
{
        struct keypair *k = host_pair(b->keys, which);
        unsigned char *hash = NULL;
        struct err e;
        ssh_key key = k ? sshd_key_of(k, &e) : NULL;
        char *text = NULL;
        size_t n;
        bool ok;

        keypair_put(k);
        if (key && ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n) == 0)
                text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, n);
        ok = text && str_copy(out, cap, text);
        ssh_string_free_char(text);
        ssh_clean_pubkey_hash(&hash);
        ssh_key_free(key);
        return ok;
}
