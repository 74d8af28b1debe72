/* What the files of the SDP parser share. Nobody else includes this. */
#ifndef VOXGATE_INSPECT_SIP_SDP_INT_H
#define VOXGATE_INSPECT_SIP_SDP_INT_H

#include "inspect/sip/lex.h"
#include "inspect/sip/sdp.h"

static inline bool sdp_bad(const char **why, const char *text)
{
        *why = text;
        return false;
}

/* One line: all with its end, value behind "x=" without it. */
struct sdp_line {
        char type;
        struct str all, value;
};
enum sdp_got { SDP_LINE, SDP_END, SDP_MALFORMED };
/* Takes a line. Blank lines may only stand at the end of a body. */
enum sdp_got sdp_line_next(struct str *in, struct sdp_line *l, const char **why);
/* Name of an a= value; *value behind its ':'. */
struct str sdp_attr_name(struct str attr, struct str *value);
/* The next word between blanks; empty behind the last. */
struct str sdp_word(struct str *in);

/* nettype addrtype address; *has: a literal of the family it says. false: malformed. */
bool sdp_address(struct str nettype, struct str addrtype, struct str address, bool *has, struct addr *a);
bool sdp_conn_parse(struct sdp_conn *c, const struct sdp_line *l, const char **why);

/* sdp_media.c: the lines of an m-block. */
bool sdp_media_line(struct sdp_media *m, const struct sdp_line *l, const char **why);
bool sdp_media_attr(struct sdp_media *m, const struct sdp_line *l, const char **why);
bool sdp_direction(struct str name, enum sdp_dir *dir);

#endif
