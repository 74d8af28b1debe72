/* What the files of the HTTPS server share. */
#ifndef VOXGATE_CLI_HTTP_HTTPD_INT_H
#define VOXGATE_CLI_HTTP_HTTPD_INT_H

#include <mbedtls/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "cli/aaa/aaa.h"
#include "cli/door/door.h"
#include "cli/http/httpd.h"
#include "cli/session/session.h"
#include "cli/lang/text.h"
#include "platform/svc/http_req.h"

#define HTTPD_CONNS_MAX 96u               /* threads */
#define HTTPD_SESSIONS_MAX 32u            /* connections that have logged in */
#define HTTPD_SESSIONS_USER 8u            /* of these of one user: he does not keep others out */
#define HTTPD_STARTUPS_MAX 48u            /* that have not; then the oldest gives way */
#define HTTPD_STARTUPS_SOURCE 12u         /* of one address */
#define HTTPD_GRACE_MS 30000u             /* time to log in */
#define HTTPD_REQUEST_MS 30000u           /* time to send a request that has begun */
#define HTTPD_STALL_MS 30000u             /* time to take something of an answer */
#define HTTPD_ANSWER_MS 600000u           /* time to take all of it */
#define HTTPD_TRIES 3u                    /* wrong passwords */
#define HTTPD_KEY "<HTTPS-Server-Key>"    /* of the certificate that it makes for itself ... */
#define HTTPD_TRUSTPOINT "<HTTPS-Server>" /* ... in the key store under this name */

/* What it shows: read when the connection begins, so that the next one has what is configured then. */
struct httpd_tls {
        mbedtls_ssl_config conf;
        mbedtls_x509_crt own;
        struct keypair *key;
        mbedtls_ssl_context ssl;
        bool up; /* keys are agreed on */
};

struct httpd_conn {
        struct guest guest;     /* first: of door.h */
        struct httpd_info info; /* under the door's lock; without `at` */
        /* its own thread's */
        struct httpd *d;
        struct httpd_tls tls;
        uint64_t deadline; /* of what is being waited for */
        bool late;         /* it has passed */
        bool broken;       /* nothing can be sent any more */
        /* who is in */
        bool in;
        unsigned tries; /* wrong passwords */
        struct aaa_identity who;
        uint8_t nonce[16], proof[32]; /* of the credentials that opened the door ... */
        uint64_t edits;               /* ... to the configuration of then */
        const void *store;
        struct session *seat; /* for `who` */
        struct term *seat_term;
        /* the request */
        uint8_t buf[HTTP_HEAD_MAX + 1024];
        size_t n;
        struct http_req req;
        char *body; /* NULL: none */
        /* the answer */
        bool close, chunked, answered;
        uint64_t answer_until;
};

#define HTTPD_NAME_TEXT 256 /* of the box, in its certificate */

struct httpd {
        struct box *box;
        struct door *door;
        /* of the door's thread: what was looked at last */
        unsigned port;
        char name[HTTPD_NAME_TEXT];
        struct httpd_counts counts; /* under the door's lock; `refused` is the door's */
};

/* ---- httpd.c ---- */
/* A place among those that are logged in; else the line that says why there is none. */
const char *httpd_admit(struct httpd_conn *c);

/* ---- httpd_conn.c ---- */
void httpd_serve(struct guest *g);
uint64_t httpd_now(const struct httpd_conn *c);

/* ---- httpd_tls.c ---- */
/* The name that a certificate of our own has by what is configured. */
void httpd_certificate_name(struct box *b, char *out, size_t cap);
/* Makes the certificate that is shown where none is configured. Its key stays. Takes its time: job thread. */
int httpd_certificate_make(struct box *b, struct err *e);
/* Is there one, with this name? */
bool httpd_certificate_fits(struct box *b, const char *name);
int httpd_tls_open(struct httpd_conn *c, struct err *e);
void httpd_tls_close(struct httpd_conn *c);

/* ---- httpd_io.c: by c->deadline at latest ---- */
bool httpd_handshake(struct httpd_conn *c);
/* Octets read, or 0: the peer has closed, it is too late or the connection shall end. */
size_t httpd_read(struct httpd_conn *c, void *p, size_t cap);
bool httpd_write(struct httpd_conn *c, const void *p, size_t n);
/* Waits for events on a descriptor of ours, the connection staying. -1: it has gone, or shall end. */
int httpd_watch(struct httpd_conn *c, int fd, short events);

/* ---- httpd_reply.c ---- */
#define HTTPD_TEXT "text/plain; charset=utf-8"
#define HTTPD_CHUNKED (-1)
/* length: of the body, or HTTPD_CHUNKED. more: fields, each with its line end; "" none. */
void httpd_head(struct httpd_conn *c, unsigned status, const char *type, const char *more, int64_t length);
bool httpd_body(struct httpd_conn *c, const void *p, size_t n);
void httpd_end(struct httpd_conn *c);
/* The whole of an answer that is one line. */
void httpd_line(struct httpd_conn *c, unsigned status, const char *more, const char *line);

/* ---- httpd_auth.c ---- */
/* Is it somebody who may ask? Else he has been answered. */
bool httpd_authenticate(struct httpd_conn *c);
void httpd_logout(struct httpd_conn *c);
/* Level at which requests run. */
unsigned httpd_level(const struct httpd_conn *c);

/* ---- httpd_run.c ---- */
/* Runs commands and answers with what they say, as `type`. `strict`: one command that needs no more than a level. */
void httpd_run(struct httpd_conn *c, const char *lines, const char *type, bool strict);
/* May the user run this EXEC line? Audited. */
bool httpd_may(struct httpd_conn *c, const char *line);

/* ---- httpd_pages.c ---- */
void httpd_answer(struct httpd_conn *c);

#endif
