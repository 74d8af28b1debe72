/* What the files of the SIP parser share. Nobody else includes this. */
#ifndef VOXGATE_INSPECT_SIP_MSG_INT_H
#define VOXGATE_INSPECT_SIP_MSG_INT_H

#include "inspect/sip/lex.h"
#include "inspect/sip/msg.h"

/* All parsers of one message answer this way: *why is static text. */
static inline bool sip_bad(const char **why, const char *text)
{
        *why = text;
        return false;
}

/*
 * Looks at p[*pos..n) for the blank line that ends a head beginning at p. OK: *pos is the length of the head. BAD: a
 * CR or LF that is not part of a line end, or more than SIP_HEAD_MAX.
 */
enum sip_parse_result sip_head_scan(const uint8_t *p, size_t n, size_t *pos, const char **why);
/* CRLFs that p begins with. false: a CR or LF of another kind. */
bool sip_skip_crlf(const uint8_t *p, size_t n, size_t *lead, const char **why);

/* Start line without its CRLF. */
struct sip_start {
        bool request;
        struct str method, uri, reason;
        unsigned status;
        bool bare; /* "SIP/2.0 200" without the blank that belongs behind it */
};
bool sip_start_parse(struct sip_start *s, struct str line, const char **why);

/* One header line with its folds. */
struct sip_hdr_line {
        enum sip_hdr id;
        struct str all, name, value; /* CRLF included; without blanks around */
        bool folded;
};
/* Takes the next line of a head that sip_head_scan() has seen; the blank line ends it: l->all is empty. */
bool sip_hdr_line_next(struct str *head, struct sip_hdr_line *l, const char **why);
/* Takes the next value of a list; *rest empty: it was the last. false: quotes or brackets do not close. */
bool sip_list_next(struct str *rest, struct str *value, const char **why);
/* 1*10DIGIT, at most SIP_BODY_MAX. */
bool sip_content_length(struct str value, int64_t *out, const char **why);
enum sip_method sip_method_find(struct str text);

/* The next parameter of a list. */
struct sip_param_item {
        struct str name, value;
        bool has_value, quoted;
};
enum sip_param_got { SIP_PARAM_OK, SIP_PARAM_EMPTY, SIP_PARAM_END, SIP_PARAM_BAD };
enum sip_param_got sip_param_next(struct str *params, struct sip_param_item *out);
/* At most one of that name. */
bool sip_param_once(struct str params, const char *name, struct str *value, bool *there);

/* type "/" subtype *( ";" parameter ), blanks allowed where RFC 3261 has them. */
struct sip_media_type {
        struct str type, subtype, params;
};
bool sip_media_type_parse(struct sip_media_type *t, struct str value);

#endif
