/* Base64 of keys. RFC 4648 section 4; padding may be left out. */
#ifndef VOXGATE_INSPECT_SIP_B64_H
#define VOXGATE_INSPECT_SIP_B64_H

#include <stdbool.h>

#include "platform/base/str.h"
#include "platform/base/wbuf.h"

/* Exactly n bytes. *padded: nothing is missing at its end. false: other characters, another length, bits left over.
 */
bool b64_decode(struct str text, uint8_t *out, size_t n, bool *padded);
void b64_write(struct wbuf *w, const uint8_t *p, size_t n);

#endif
