/*
 * What the lines of an MMP head mean. Known headers are checked, others pass and are counted.
 *
 *   first line  = [ ( "MMP" / "version" [":"] ) SP ] "OLWP-" 1*2DIGIT "." 1*2DIGIT   ; once, opens the direction
 *   session-id  = 1*64( ALPHA / DIGIT / "_" / "-" )
 *   status      = 100-599
 *   content-length = "0" / ( %x31-39 *DIGIT )
 *   content-type   = "http/1.1" / "http/1.0" / "oml" / "oml/1.0" / anything well-formed
 */
#ifndef VOXGATE_INSPECT_MMP_HEAD_H
#define VOXGATE_INSPECT_MMP_HEAD_H

#include "inspect/mmp/frame.h"

#define MMP_HEADERS_MAX 64u
#define MMP_SESSION_ID_MAX 64u

enum mmp_field { MMP_F_VERSION, MMP_F_SESSION_ID, MMP_F_STATUS, MMP_F_TYPE, MMP_F_LENGTH, MMP_F_OTHER };
enum mmp_kind { MMP_KIND_NONE, MMP_KIND_HTTP, MMP_KIND_OML, MMP_KIND_UNKNOWN };

/* What a direction must keep to. */
struct mmp_rules {
        uint32_t head_max, content_max;
        bool needs_version; /* the first line of the direction must be the version; else it may be */
        bool any_version;   /* not only OLWP-2.0 */
};

struct mmp_head { /* zeroed: nothing read yet */
        uint32_t lines, headers, unknown;
        uint32_t seen; /* bit per enum mmp_field */
        uint32_t content_length;
        enum mmp_kind kind;
        char session_id[MMP_SESSION_ID_MAX + 1];
};

/* One line read: what it was and its value as sent (borrowed). */
struct mmp_item {
        enum mmp_field field;
        struct cur value;
};

/* Takes a non-empty line into the head. first: this is the head that opens the direction. OK or BAD. */
enum parse mmp_head_line(struct mmp_head *h, struct mmp_frame *f, const struct mmp_rules *r, bool first,
                         struct cur line, struct mmp_item *out, struct mmp_why *why);
/* The empty line was read: do the headers fit together? OK or BAD. */
enum parse mmp_head_end(const struct mmp_head *h, struct mmp_why *why);

#endif
