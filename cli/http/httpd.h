/*
 * The HTTPS server: a door (door.h) and a thread per connection that speaks TLS, reads requests
 * (platform/svc/http_req.h) and answers them. `http server enable` opens it, the `http NET
 * MASK IFC` lines say who may connect, aaa.h who may log in. docs/http.md.
 */
#ifndef VOXGATE_CLI_HTTP_HTTPD_H
#define VOXGATE_CLI_HTTP_HTTPD_H

#include "cli/box/box.h"
#include "cli/door/places.h"
#include "cli/conf/sysconf.h"
#include "platform/net/conf.h"

struct httpd;

/* A connection, for people. */
struct httpd_info {
        struct place_info at;
        char version[12], cipher[48];
        uint64_t last_ms; /* on the box's clock: its last request, or its begin */
        uint64_t requests;
};

/* What happened since the start. */
struct httpd_counts {
        uint64_t refused;            /* connections: too many of an address, or of all */
        uint64_t tls_ok, tls_failed; /* handshakes */
        uint64_t answers[6];         /* by the first digit of their status */
};

/* NULL with e set. The box must outlive it. */
struct httpd *httpd_start(struct box *b, struct err *e) MUST_USE;
void httpd_stop(struct httpd *d); /* NULL is legal */
/* What was typed of it has changed: `http` lines, the name of the box. Any thread; does not wait. NULL is legal. */
void httpd_look(struct httpd *d);
/* The port that is open now; 0: none. NULL is legal. */
unsigned httpd_port(struct httpd *d);
/* Connections in the order of their numbers; how many were stored. */
unsigned httpd_list(struct httpd *d, struct httpd_info *out, unsigned max);
unsigned httpd_sessions(struct httpd *d); /* logged in */
void httpd_counts(struct httpd *d, struct httpd_counts *out);
/* false: there is none of this number. */
bool httpd_disconnect(struct httpd *d, unsigned id);
/* "SHA256 aa:bb:..." of the certificate that is shown on an interface, and whose it is; false: there is none yet. */
#define HTTPD_PRINT_TEXT 104
/* Can a certificate of our own have the name of the box? */
int httpd_certificate_check(struct box *b, struct err *e);
bool httpd_certificate(struct box *b, const char *nameif, char *trustpoint, size_t cap, char print[HTTPD_PRINT_TEXT]);

#endif
