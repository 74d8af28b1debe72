/* Algorithms that the SSH server offers: today's; older ones only where the configuration names them. */
#include "cli/ssh/sshd_int.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/store.h"

#define KEX                                                                                                          \
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"   \
        "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256"
/* Of the box and of its users. */
#define KEY_TYPES "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
#define CIPHERS                                                                                                      \
        "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-"  \
        "ctr"
#define MACS "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"

#define CBC ",aes256-cbc,aes192-cbc,aes128-cbc"
#define OLD_CIPHERS CBC ",3des-cbc"
#define OLD_MACS ",hmac-sha1-etm@openssh.com,hmac-sha1"

/* By `ssh cipher ...`: what is not said is today's; old ones only where they are asked for. */
static const char *const ciphers[] = {
        [SSH_STRENGTH_UNSET] = CIPHERS,
        [SSH_ALL] = CIPHERS OLD_CIPHERS,
        [SSH_LOW] = CIPHERS OLD_CIPHERS,
        [SSH_MEDIUM] = CIPHERS CBC,
        [SSH_HIGH] = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes256-ctr",
        [SSH_FIPS] = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
};
static const char *const macs[] = {
        [SSH_STRENGTH_UNSET] = MACS,  [SSH_ALL] = MACS OLD_MACS, [SSH_LOW] = MACS OLD_MACS,
        [SSH_MEDIUM] = MACS OLD_MACS, [SSH_HIGH] = MACS,         [SSH_FIPS] = MACS,
};

struct choice {
        enum ssh_bind_options_e what;
        const char *names;
};

static const char *const old_kex[] = { [SSH_GROUP_UNSET] = "",
                                       [SSH_GROUP1_SHA1] = ",diffie-hellman-group1-sha1",
                                       [SSH_GROUP14_SHA1] = ",diffie-hellman-group14-sha1" };

static struct ssh_conf conf_of(struct box *b)
{
        struct ssh_conf c;

        pthread_mutex_lock(&b->conf_lock);
        c = b->store->sys.ssh;
        pthread_mutex_unlock(&b->conf_lock);
        return c;
}

/* The comma-separated form of what is offered; room for SSH_CUSTOM_MAX and any of the lists. */
static const char *offered(const char *const *level, uint8_t strength, const char *custom, char *out, size_t cap)
{
        snprintf(out, cap, "%s", strength == SSH_CUSTOM ? custom : level[strength]);
        for (char *p = out; strength == SSH_CUSTOM && *p; p++)
                if (*p == ':')
                        *p = ',';
        return out;
}

static bool in_list(const char *list, const char *name, size_t n)
{
        for (; *list; list += strcspn(list, ","), list += *list == ',')
                if (strcspn(list, ",") == n && !memcmp(list, name, n))
                        return true;
        return false;
}

int sshd_algo_check(const char *names, bool is_mac, struct err *e)
{
        const char *all = is_mac ? macs[SSH_ALL] : ciphers[SSH_ALL];

        for (size_t n; *names; names += n + (names[n] == ':')) {
                n = strcspn(names, ":");
                if (!in_list(all, names, n))
                        return err_set(e, ERR_SYNTAX, "%.*s is not one of %s", (int)MIN_OF(n, (size_t)60), names,
                                       all);
        }
        return 0;
}

const char *sshd_algo_level(unsigned strength, bool is_mac)
{
        return is_mac ? macs[strength] : ciphers[strength];
}

void sshd_algo_in_force(const struct ssh_conf *c, bool is_mac, char *out, size_t cap)
{
        if (is_mac)
                offered(macs, c->integrity, c->macs, out, cap);
        else
                offered(ciphers, c->encryption, c->ciphers, out, cap);
}

int sshd_algo_set(struct box *b, ssh_bind bind, struct err *e)
{
        const struct ssh_conf conf = conf_of(b);
        char kex[512], enc[SSHD_ALGO_TEXT], mac[SSHD_ALGO_TEXT];
        const struct choice c[] = {
                { SSH_BIND_OPTIONS_KEY_EXCHANGE, kex },
                { SSH_BIND_OPTIONS_CIPHERS_C_S, enc },
                { SSH_BIND_OPTIONS_CIPHERS_S_C, enc },
                { SSH_BIND_OPTIONS_HMAC_C_S, mac },
                { SSH_BIND_OPTIONS_HMAC_S_C, mac },
                { SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, KEY_TYPES },
                { SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, KEY_TYPES },
        };

        snprintf(kex, sizeof kex, "%s%s", KEX, old_kex[conf.group]);
        sshd_algo_in_force(&conf, false, enc, sizeof enc);
        sshd_algo_in_force(&conf, true, mac, sizeof mac);
        for (size_t i = 0; i < ARRAY_LEN(c); i++)
                if (ssh_bind_options_set(bind, c[i].what, c[i].names) < 0)
                        return err_set(e, ERR_SUPPORT, "SSH algorithms: %s", ssh_get_error(bind));
        return 0;
}
