/*
 * The SSH server: a door (door.h), a thread per connection that speaks SSH (libssh), and a thread per channel that
 * runs a session on its terminal. Who may connect say the `ssh NET MASK IFC` lines, who may log in says aaa.h. Our
 * names begin with sshd_, because ssh_ is libssh's.
 */
#ifndef VOXGATE_CLI_SSH_SSHD_H
#define VOXGATE_CLI_SSH_SSHD_H

#include "cli/box/box.h"
#include "cli/door/places.h"
#include "cli/conf/sysconf.h"
#include "platform/net/conf.h"

struct sshd;

#define SSHD_SESSIONS_DEFAULT 5u /* as the ASA; `quota management-session` changes it */

/* A connection, for people. */
struct sshd_info {
        struct place_info at;
        char cipher_in[40], cipher_out[40], mac_in[40], mac_out[40], kex[40];
};

/* NULL with e set. The box must outlive it; connections end with sshd_stop(). */
struct sshd *sshd_start(struct box *b, struct err *e) MUST_USE;
void sshd_stop(struct sshd *d); /* NULL is legal */
/* `ssh` lines have changed: makes a host key where one is needed by now. Any thread; does not wait. NULL is legal. */
void sshd_look(struct sshd *d);
/* Connections in the order of their numbers; how many were stored. */
unsigned sshd_list(struct sshd *d, struct sshd_info *out, unsigned max);
unsigned sshd_sessions(struct sshd *d); /* logged in */
/* false: there is none of this number. */
bool sshd_disconnect(struct sshd *d, unsigned id);
/* A list with ":" between names, of ciphers or of message authentication codes: -1, one of them is not spoken. */
int sshd_algo_check(const char *names, bool macs, struct err *e);
/* The names of a level (enum ssh_strength but CUSTOM), "," between them. */
const char *sshd_algo_level(unsigned strength, bool macs);
/* What is offered by the configuration; room for SSHD_ALGO_TEXT octets. */
void sshd_algo_in_force(const struct ssh_conf *c, bool macs, char *out, size_t cap);
#define SSHD_ALGO_TEXT (SSH_CUSTOM_MAX + 200)

/* Host keys: pairs of the key store under their default names. */
enum sshd_key { SSHD_RSA, SSHD_ECDSA, SSHD_EDDSA, SSHD_KEYS };
/* "RSA", "ECDSA", "EdDSA". */
const char *sshd_key_name(enum sshd_key which);
/* The command that makes it. */
const char *sshd_key_command(enum sshd_key which);
/* One of them at least? keys may be NULL. */
bool sshd_key_exists(struct keystore *keys);
/* Is this one there? keys may be NULL. */
bool sshd_key_is(struct keystore *keys, enum sshd_key which);
/* "SHA256:..." of a host key; false: there is none. */
bool sshd_fingerprint(struct box *b, enum sshd_key which, char *out, size_t cap);

#endif
