/* What operators paste and what we print: PEM, bare base64, blank lines, CRLF. Decoded bytes live in secret blocks.
 */
#ifndef VOXGATE_PKI_PEM_H
#define VOXGATE_PKI_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"
#include "platform/base/wbuf.h"

/*
 * The bytes of exactly one pasted object. label is what its armour line must say ("CERTIFICATE", "PKCS12"); text
 * without any armour is taken as bare base64. Text in front of the BEGIN line and behind the END line is ignored. The
 * caller frees *out with mem_free_secret(). max: bytes after decoding. One line of cause in e on failure.
 */
int paste_decode(const char *text, size_t n, const char *label, size_t max, uint8_t **out, size_t *len,
                 struct err *e);
/* Base64 in lines of 64 characters, each ended by a newline. */
void base64_write(const uint8_t *der, size_t n, struct wbuf *w);
/* The same between BEGIN and END lines. */
void pem_write(const char *label, const uint8_t *der, size_t n, struct wbuf *w);

#endif
