/*
 * A SIP message parsed in place: everything points into the caller's bytes. RFC 3261.
 * Two steps: sip_frame() says where the message ends on a stream, sip_parse() takes it apart. A message is re-emitted from
 * the parsed form (edit.h): what the filter reads is what the far end reads.
 */
#ifndef VOXGATE_INSPECT_SIP_MSG_H
#define VOXGATE_INSPECT_SIP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/media_spec.h"
#include "platform/base/str.h"

#define SIP_HEAD_MAX 16384u /* start line and headers, blank line included */
#define SIP_BODY_MAX 65536u
#define SIP_HEADERS_MAX 256u
#define SIP_VIAS_MAX 70u
#define SIP_MESSAGE_MAX (SIP_HEAD_MAX + SIP_BODY_MAX)

enum sip_method {
        SIP_M_UNKNOWN, SIP_M_ACK, SIP_M_BYE, SIP_M_CANCEL, SIP_M_INFO, SIP_M_INVITE, SIP_M_MESSAGE, SIP_M_NOTIFY,
        SIP_M_OPTIONS, SIP_M_PRACK, SIP_M_PUBLISH, SIP_M_REFER, SIP_M_REGISTER, SIP_M_SUBSCRIBE, SIP_M_UPDATE,
        SIP_METHODS
};
const char *sip_method_name(enum sip_method m);

/* Headers somebody looks at or edits; names, compact forms and list property are rows of hdr.def. */
enum sip_hdr {
        SIP_H_OTHER,
#define SIP_HDR(id, name, compact, flags) SIP_H_##id,
#include "inspect/sip/hdr.def"
#undef SIP_HDR
        SIP_HDRS
};
#define SIP_HF_LIST 1u /* comma joins values; each value is a header of its own here */
#define SIP_HF_ONCE 2u /* a second one makes the message malformed */
#define SIP_HF_ADDR 4u /* values are name-addr / addr-spec with an endpoint to translate */

struct sip_header { /* one value: `Via: a, b` is two of them */
        uint8_t id;         /* enum sip_hdr */
        bool joined;        /* not the first of its line: a comma stands before it */
        bool folded;        /* the value holds line folds: unfold when read or re-emitted */
        struct str name, value;
        struct str line;    /* the whole line of the first value, CRLF included; empty for joined ones */
};

struct sip_msg {
        bool request;
        enum sip_method method; /* of the request, or of CSeq in a response */
        struct str method_text; /* request: start line; response: CSeq */
        struct str uri;         /* request */
        unsigned status;        /* response, 100-699 */
        struct str reason;
        struct str start_line;  /* CRLF included */
        unsigned nheaders;
        struct sip_header h[SIP_HEADERS_MAX];
        uint16_t first[SIP_HDRS]; /* 1 + index of the first header of each id; 0 none */
        struct str call_id;       /* "" when there is none: never after a successful parse */
        struct str from_tag, to_tag, branch; /* branch of the top Via */
        uint32_t cseq;
        int64_t content_length;   /* -1: absent */
        struct str body;
        size_t total;             /* bytes of the whole message */
};

enum sip_parse_result { SIP_OK, SIP_MORE, SIP_BAD };

/*
 * Finds the next message of a stream: p[*lead .. *lead + *total). *pos remembers what earlier calls saw of these same bytes, so
 * that each is looked at once: opaque, 0 at first, kept in the session while the answer is SIP_MORE; set to 0 otherwise.
 * SIP_MORE consumes nothing. *lead: CRLFs (keepalives) in front of the message. *total 0: only the lead can be taken so far;
 * what is behind it, if anything, is the beginning of a message. SIP_BAD: cannot be resynchronised; *why says what.
 */
enum sip_parse_result sip_frame(const uint8_t *p, size_t n, size_t *pos, size_t *lead, size_t *total,
                                const char **why);
/*
 * datagram: Content-Length may be absent or smaller than what is there. The message must be whole: SIP_MORE for a part of a
 * stream's message, SIP_BAD for a part of a datagram. CRLFs in front are no part of the message but counted in total. Bytes
 * behind it are left alone.
 * What is refused here is what two readers could read in two ways, in any mode: bare CR or LF, control characters, lines of
 * blanks, unclosed quotes and brackets in lists, repeated once-only headers, start lines, To, From, CSeq, Call-ID and top Via
 * that do not parse.
 */
enum sip_parse_result sip_parse(struct sip_msg *m, const uint8_t *p, size_t n, bool datagram, const char **why);
/* strict-header-validation: every rule of its syntax and the mandatory headers. NULL: valid. */
const char *sip_validate_strict(const struct sip_msg *m);

unsigned sip_hdr_flags(enum sip_hdr id);

/* i-th value of a header: NULL behind the last. Use: for (i = 0; (h = sip_header_at(m, SIP_H_VIA, i)); i++) */
const struct sip_header *sip_header_at(const struct sip_msg *m, enum sip_hdr id, unsigned i);

/* ---- addresses in values ---- */
struct sip_uri { /* slices of the value, so that edits can name them */
        struct str all;      /* scheme to the last URI parameter and header */
        struct str scheme;   /* "sip", "sips", "tel", ... */
        struct str user;     /* with password; empty: none. Of tel: the number */
        struct str host;     /* without [] */
        struct str hostport; /* host and port as written, [] included: what an edit replaces */
        bool is_sip;         /* sip or sips: host is parsed */
        bool has_addr;       /* host is an IP literal */
        struct endpoint ep;  /* port 0: none written */
        struct str transport, maddr; /* parameters' values */
        struct str params;   /* from the first ; */
        struct str headers;  /* behind ? */
};
bool sip_uri_parse(struct sip_uri *u, struct str text);

struct sip_nameaddr {
        struct str display;
        struct sip_uri uri;
        bool star;         /* Contact: * */
        bool brackets;
        struct str params; /* of the header, from the first ; outside <> */
        struct str tag;
        int64_t expires;   /* -1: absent */
};
bool sip_nameaddr_parse(struct sip_nameaddr *a, struct str value);

struct sip_via {
        struct str protocol;  /* "SIP/2.0/UDP" as written */
        struct str transport; /* "UDP" */
        struct str sent_by;   /* host[:port] as written */
        struct str host;
        bool has_addr;
        struct endpoint ep;
        struct str params, branch, received, rport; /* rport: value; empty also when valueless */
        bool has_rport;
};
bool sip_via_parse(struct sip_via *v, struct str value);

/*
 * Value of ;name or ;name=value in a parameter list: the first of that name. Quotes are respected: a quoted value comes without
 * them, its escapes as they are. value may be NULL.
 */
bool sip_param(struct str params, const char *name, struct str *value);

#endif
