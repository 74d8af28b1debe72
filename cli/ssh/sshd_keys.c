/* The host keys of the SSH server: the default pairs of `crypto key generate`, from the key store. */
#include "cli/ssh/sshd_int.h"

#include <mbedtls/base64.h>
#include <string.h>

#include "pki/keypair.h"
#include "pki/keystore.h"
#include "pki/enroll.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define DEFAULT_BITS 2048

static const char *const label[SSHD_KEYS] = { [SSHD_RSA] = DEFAULT_RSA_KEY, [SSHD_ECDSA] = DEFAULT_ECDSA_KEY };

/* A pair of the other kind under the label is none. */
static struct keypair *host_pair(struct keystore *keys, enum sshd_key which)
{
        struct keypair *k = keys ? keystore_key_get(keys, label[which]) : NULL;

        if (!k || keypair_is_rsa(k) == (which == SSHD_RSA))
                return k;
        keypair_put(k);
        return NULL;
}

bool sshd_key_exists(struct keystore *keys)
{
        bool some = false;

        for (enum sshd_key i = 0; i < SSHD_KEYS; i++) {
                struct keypair *k = host_pair(keys, i);

                some = some || k;
                keypair_put(k);
        }
        return some;
}

int sshd_key_make(struct box *b, struct err *e)
{
        struct keypair *k = keypair_generate(DEFAULT_BITS, clock_wall_s(b->clk), keystore_rng(b->keys), e);
        int rc = k ? keystore_key_put(b->keys, DEFAULT_RSA_KEY, k, e) : -1;

        keypair_put(k);
        return rc;
}

/* PEM, as libssh reads it; freed with mem_free_secret(). */
static char *pem_of(const uint8_t *der, size_t n)
{
        static const char head[] = "-----BEGIN PRIVATE KEY-----\n", foot[] = "-----END PRIVATE KEY-----\n";
        size_t cap = n / 3 * 4 + 8 + n / 48 + sizeof head + sizeof foot, at = sizeof head - 1;
        char *pem = mem_alloc(MEM_KEY, cap);

        if (!pem)
                return NULL;
        memcpy(pem, head, at);
        for (size_t i = 0; i < n; i += 48) {
                size_t out = 0;

                mbedtls_base64_encode((unsigned char *)pem + at, cap - at, &out, der + i, MIN_OF(n - i, (size_t)48));
                at += out;
                pem[at++] = '\n';
        }
        memcpy(pem + at, foot, sizeof foot);
        return pem;
}

static ssh_key key_of(const struct keypair *k, struct err *e)
{
        ssh_key key = NULL;
        uint8_t *der;
        size_t n;
        char *pem;

        if (keypair_export(k, &der, &n, e) < 0)
                return NULL;
        pem = pem_of(der, n);
        mem_free_secret(der);
        if (!pem || ssh_pki_import_privkey_base64(pem, NULL, NULL, NULL, &key) != SSH_OK)
                err_set(e, ERR_CRYPTO, "the host key is of no use for SSH");
        mem_free_secret(pem);
        return key;
}

static int import_key(ssh_bind bind, const struct keypair *k, struct err *e)
{
        ssh_key key = key_of(k, e);

        if (!key)
                return -1;
        if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK)
                return 0; /* it is the bind's now */
        ssh_key_free(key);
        return err_set(e, ERR_CRYPTO, "host key: %s", ssh_get_error(bind));
}

int sshd_keys_import(struct box *b, ssh_bind bind, struct err *e)
{
        bool some = false;

        for (enum sshd_key i = 0; i < SSHD_KEYS; i++) {
                struct keypair *k = host_pair(b->keys, i);
                int rc = k ? import_key(bind, k, e) : 0;

                some = some || k;
                keypair_put(k);
                if (rc < 0)
                        return -1;
        }
        return some ? 0 : err_set(e, ERR_REF, "there is no host key: crypto key generate rsa");
}

bool sshd_fingerprint(struct box *b, enum sshd_key which, char *out, size_t cap)
{
        struct keypair *k = host_pair(b->keys, which);
        unsigned char *hash = NULL;
        struct err e;
        ssh_key key = k ? key_of(k, &e) : NULL;
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
