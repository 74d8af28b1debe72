/*
 * The framing of MMP heads: lines and the two parts of a header line. Incremental: each byte is looked at once,
 * however a head is split over packets.
 *
 *   head   = *( line EOL ) EOL
 *   EOL    = CRLF / LF              ; one of the two per direction
 *   line   = name [":"] SP value    ; with or without the colon, one of the two per direction
 *   name   = ALPHA *63( ALPHA / DIGIT / "-" )
 *   value  = 1*( %x20-7E )          ; no blank at either end
 */
#ifndef VOXGATE_INSPECT_MMP_FRAME_H
#define VOXGATE_INSPECT_MMP_FRAME_H

#include "platform/base/cur.h"

#define MMP_NAME_MAX 64u

enum mmp_fault {
        MMP_FAULT_NONE,
        MMP_FAULT_MALFORMED,
        MMP_FAULT_HEAD_LONG,
        MMP_FAULT_CONTENT_LONG,
        MMP_FAULT_VERSION
};

/* Why something was not accepted. */
struct mmp_why {
        enum mmp_fault fault;
        const char *text; /* static */
};

enum mmp_form { MMP_FORM_OPEN, MMP_FORM_PLAIN, MMP_FORM_FULL }; /* not seen yet; LF or no colon; CRLF or colon */

struct mmp_frame {                /* zeroed: at the beginning of a direction */
        uint32_t scanned;         /* bytes of this head already looked at */
        uint32_t line;            /* where the line under way begins */
        bool cr;                  /* the last byte was CR */
        enum mmp_form eol, colon; /* fixed by the first line and header of the direction */
};

struct mmp_header {
        struct cur name, value; /* borrowed from the line */
};

/*
 * The next line of the head that begins at head.p, without its EOL; an empty one ends the head, which is then
 * f->scanned bytes long. MORE: none is complete; call again with the same head, longer. BAD: *why tells. max: longest
 * head, blank line included.
 */
enum parse mmp_line_next(struct mmp_frame *f, struct cur head, uint32_t max, struct cur *line, struct mmp_why *why);
/* To be called when a head is done with: the next byte begins another. */
void mmp_frame_next(struct mmp_frame *f);
/* Splits a header line. OK or BAD. */
enum parse mmp_header_split(struct mmp_frame *f, struct cur line, struct mmp_header *h, struct mmp_why *why);
/* Header text is case-insensitive. */
bool mmp_text_is(struct cur text, const char *lower_case);

/* Fills *why and answers PARSE_BAD. */
enum parse mmp_bad(struct mmp_why *why, enum mmp_fault fault, const char *text);

#endif
