/* Password hashes of the command language. Clear text is wiped by the caller and never stored. */
#ifndef VOXGATE_CLI_PASSWD_H
#define VOXGATE_CLI_PASSWD_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWD_HASH_LEN 16
#define PASSWD_EMPTY_HASH "8Ry2YjIyt7RRXU24"

/* The 16 characters printed before "encrypted"; user "" for enable and passwd. */
void passwd_hash(const char *password, const char *user, char out[PASSWD_HASH_LEN + 1]);
/* Constant-time. hash: 16 characters or $sha512$ROUNDS$SALT$HASH; "" never matches. */
bool passwd_check(const char *hash, const char *user, const char *password);
/* Is this a hash that passwd_check() understands? */
bool passwd_hash_valid(const char *hash);

#endif
