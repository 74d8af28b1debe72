/* Password hashes of the command language. Clear text is wiped by the caller and never stored. */
#ifndef VOXGATE_CLI_CONF_PASSWD_H
#define VOXGATE_CLI_CONF_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/conf/sysconf.h"
#include "platform/base/err.h"
#include "platform/base/rng.h"

#define PASSWD_HASH_LEN 16
#define PASSWD_TEXT_MAX (PASSWORD_HASH_MAX + 1)
#define PASSWD_CLEAR_MAX 127u
#define PASSWD_EMPTY_HASH "8Ry2YjIyt7RRXU24"
/* Rounds of new hashes: some 20 ms of one core, which a console does not notice and who guesses does. */
#define PASSWD_ROUNDS 50000u

/* The 16 characters printed before "encrypted"; user "" for enable and passwd. */
void passwd_hash(const char *password, const char *user, char out[PASSWD_HASH_LEN + 1]);
/* $sha512$ROUNDS$SALT$HASH with a fresh salt, as printed before "pbkdf2". */
int passwd_new(const struct rng *rng, uint32_t rounds, const char *password, char out[PASSWD_TEXT_MAX],
               struct err *e);
/* As printed before "nt-encrypted"; false when it cannot be made: not UTF-8, or no MD4 in libcrypto. */
bool passwd_nt(const char *password, char out[PASSWD_TEXT_MAX]);
/* Constant-time. hash: 16 characters, $sha512$ROUNDS$SALT$HASH or base64 of MD4; "" never matches. */
bool passwd_check(const char *hash, const char *user, const char *password);
/* The same, but takes as long as a hash of so many rounds would, whatever the hash is. */
bool passwd_check_level(const char *hash, const char *user, const char *password, uint32_t rounds);
/* Rounds of a pbkdf2 hash; 0 for the others. */
uint32_t passwd_rounds(const char *hash);
/* What kind of hash it looks like; PASSWD_CLEAR: none. */
enum passwd_form passwd_form_of(const char *hash);

#endif
