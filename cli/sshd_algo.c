/* Algorithms that the SSH server offers: today's; older ones only where the configuration names them. */
#include "cli/sshd_int.h"

#include <stdio.h>

#include "cli/store.h"

#define KEX                                                                                                          \
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"   \
        "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
#define HOST_KEYS "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
#define USER_KEYS "ssh-ed25519," HOST_KEYS
#define CIPHERS                                                                                                      \
        "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-"  \
        "ctr"
#define MACS "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"

struct choice {
        enum ssh_bind_options_e what;
        const char *names;
};

static const char *const old_kex[] = { [SSH_GROUP_UNSET] = "",
                                       [SSH_GROUP1_SHA1] = ",diffie-hellman-group1-sha1",
                                       [SSH_GROUP14_SHA1] = ",diffie-hellman-group14-sha1" };

static enum ssh_group group_of(struct box *b)
{
        enum ssh_group g;

        pthread_mutex_lock(&b->conf_lock);
        g = b->store->sys.ssh.group;
        pthread_mutex_unlock(&b->conf_lock);
        return g;
}

int sshd_algo_set(struct box *b, ssh_bind bind, struct err *e)
{
        char kex[512];
        const struct choice c[] = {
                { SSH_BIND_OPTIONS_KEY_EXCHANGE, kex },
                { SSH_BIND_OPTIONS_CIPHERS_C_S, CIPHERS },
                { SSH_BIND_OPTIONS_CIPHERS_S_C, CIPHERS },
                { SSH_BIND_OPTIONS_HMAC_C_S, MACS },
                { SSH_BIND_OPTIONS_HMAC_S_C, MACS },
                { SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, HOST_KEYS },
                { SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, USER_KEYS },
        };

        snprintf(kex, sizeof kex, "%s%s", KEX, old_kex[group_of(b)]);
        for (size_t i = 0; i < ARRAY_LEN(c); i++)
                if (ssh_bind_options_set(bind, c[i].what, c[i].names) < 0)
                        return err_set(e, ERR_SUPPORT, "SSH algorithms: %s", ssh_get_error(bind));
        return 0;
}
