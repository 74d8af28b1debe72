/*
 * Reading HTTP/1.1 requests (RFC 9112) out of foreign bytes: pure, bounded, nothing allocated. What is ambiguous is
 * refused, not guessed: a bare CR, a blank before a colon, folded lines, two lengths, a coding of the transfer.
 */
#ifndef VOXGATE_SVC_HTTP_REQ_H
#define VOXGATE_SVC_HTTP_REQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/cur.h"

#define HTTP_HEAD_MAX 8192u   /* request line and fields, with their line ends */
#define HTTP_TARGET_MAX 4096u /* of the request line */
#define HTTP_FIELDS_MAX 64u
#define HTTP_FIELD_KEPT 1024u /* of a field that is looked at */
#define HTTP_BODY_MAX 262144u

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_req {
        enum http_method method;
        bool v11;                         /* HTTP/1.1 or later; else 1.0 */
        bool keep_alive;                  /* the client wants to go on with this connection */
        bool expect_continue;             /* it waits for 100 before it sends its body */
        uint32_t body;                    /* octets that follow the head, at most HTTP_BODY_MAX */
        char target[HTTP_TARGET_MAX + 1]; /* path and query as sent; begins with a slash */
        /* fields, "" when absent */
        char host[256], origin[256], fetch_site[32], accept[HTTP_FIELD_KEPT + 1], authorization[HTTP_FIELD_KEPT + 1];
};

/* Why a request is refused: a status code of RFC 9110 and one line for people (static). */
struct http_refusal {
        unsigned status;
        const char *why;
};

/*
 * The head of a request at the start of p: OK with its length in *used, the body follows; MORE when the n octets are
 * the beginning of one; BAD with *no set: the connection is of no use any more.
 */
enum parse http_parse(const void *p, size_t n, struct http_req *r, size_t *used, struct http_refusal *no);

/* The words of a status code. */
const char *http_status_text(unsigned status);

/*
 * %XX of n octets, and + as a blank where `plus`. false: an escape that is none, a control byte in the result, or no
 * room for it with its NUL.
 */
bool http_decode(const char *p, size_t n, bool plus, char *out, size_t cap);

/* "Basic BASE64" apart. false: another scheme, not base64, no colon, control bytes, or no room. */
bool http_basic(const char *authorization, char *user, size_t user_cap, char *password, size_t password_cap);

/* Does a field like Accept name this media type by its full name (with a q that is not 0)? */
bool http_accepts(const char *accept, const char *type);

#endif
