/*
 * Edits of a message or an SDP body: a list of {slice of the original, replacement}, in any order, never overlapping. Writing
 * goes through the original once, so every byte without a reason to change stays as it is. The body comes first, Content-Length
 * last.
 */
#ifndef VOXGATE_INSPECT_SIP_EDIT_H
#define VOXGATE_INSPECT_SIP_EDIT_H

#include "inspect/sip/msg.h"
#include "platform/base/wbuf.h"

#define SIP_EDITS_MAX 512u
#define SIP_EDIT_TEXT_MAX 16384u

struct sip_edits {
        unsigned n;
        bool full;   /* sticky: more than the maxima; the message must be refused */
        bool stream; /* set by the caller: the message goes onto a stream and gets a Content-Length if it has none */
        struct sip_edit {
                struct str where; /* of the original; len 0: insert in front of where.p */
                uint32_t off, len; /* in text */
                uint16_t line;     /* removal of values: 1 + the first header of their line */
        } e[SIP_EDITS_MAX];
        bool gone[SIP_HEADERS_MAX]; /* headers removed */
        size_t used;
        char text[SIP_EDIT_TEXT_MAX];
};
void sip_edits_reset(struct sip_edits *e);
void sip_edit_replace(struct sip_edits *e, struct str where, const char *fmt, ...) PRINTF_LIKE(3, 4);
void sip_edit_replace_str(struct sip_edits *e, struct str where, struct str with);
/*
 * Removes one value of a header, with its comma or its whole line. A removed value must not be edited as well. Twice is once.
 */
void sip_edit_remove_header(struct sip_edits *e, const struct sip_msg *m, const struct sip_header *h);
/* "192.0.2.1:5060", "[2001:db8::1]:5061"; port 0: none. */
void sip_edit_hostport(struct sip_edits *e, struct str where, const struct endpoint *ep);
/* Original with edits applied. false: e->full, a full w, edits that overlap or are not of the original. */
bool sip_edits_apply(const struct sip_edits *e, struct str original, struct wbuf *w);
/*
 * The whole message: head with its edits, body (the new one, or the original when body.p is NULL), Content-Length corrected in
 * its place and own form, added when a stream needs it and there was none. body "" removes Content-Type too. Begins at the
 * start line; without edits that is what was parsed, byte for byte. false: as above, or the result would be over the maxima
 * that the parser keeps.
 */
bool sip_write(const struct sip_msg *m, const struct sip_edits *head, struct str body, struct wbuf *w);

#endif
