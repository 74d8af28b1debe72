/* TFTP upload (RFC 1350, octet mode) from the box to a server: a flow of the box itself through our own dataplane. */
#ifndef VOXGATE_SVC_TFTP_PUT_H
#define VOXGATE_SVC_TFTP_PUT_H

#include <netinet/in.h>
#include <stddef.h>

#include "platform/base/addr.h"
#include "platform/base/cur.h"
#include "platform/base/err.h"

struct worker;

/* How datagrams reach the server. */
struct tftp_net {
        void *ctx;
        /* Where the socket sends the request to. */
        int (*open)(void *ctx, struct sockaddr_in *to, struct err *e);
        /* The socket has this local port: from now on the server may answer to it from another port. */
        void (*bound)(void *ctx, uint16_t port);
        void (*close)(void *ctx);
        unsigned timeout_ms, tries; /* per block; 0: 2000 and 5 */
};

/* Through a dataplane worker, in the private namespace of the calling thread. 0, or -1 with the reason. */
int tftp_put(struct worker *w, const struct addr *server, const char *file, const void *data, size_t n,
             struct err *e);
/* The same over any net. */
int tftp_put_over(const struct tftp_net *net, const char *file, const void *data, size_t n, struct err *e);

enum tftp_reply { TFTP_REPLY_ACK, TFTP_REPLY_ERROR, TFTP_REPLY_BAD };
/* One datagram of the server; text (cap bytes) gets the words of an error, escaped. */
enum tftp_reply tftp_put_parse(struct cur in, uint16_t *block, char *text, size_t cap);

#endif
