/* Bytes encrypted under a passphrase as a CMS file (RFC 5652, PasswordRecipientInfo of RFC 3211): whoever has it
 * opens the file with `openssl cms -decrypt -inform DER -pwri_password KEY`. */
#ifndef VOXGATE_PKI_SEAL_H
#define VOXGATE_PKI_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"
#include "platform/base/err.h"

#define SEAL_BYTES_MAX (64u << 20)

/* AES-256 in GCM, the key wrapped under PBKDF2. The caller frees *der with mem_free(). */
int seal_with_password(const void *data, size_t n, const char *pass, uint8_t **der, size_t *len,
                       struct err *e) MUST_USE;

#endif
