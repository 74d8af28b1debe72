/*
 * TFTP as a client (RFC 1350, octet mode; blksize and tsize of RFC 2348 and 2349 when reading): flows of the box
 * itself through our own dataplane.
 */
#ifndef VOXGATE_SVC_TFTP_CLIENT_H
#define VOXGATE_SVC_TFTP_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "platform/base/addr.h"
#include "platform/base/err.h"
#include "platform/svc/box_net.h"

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

/* A file under way, in the caller's thread. */
struct tftp_job {
        const char *file;
        void *ctx;
        /* Asked again and again: true ends it. May be NULL. */
        bool (*stop)(void *ctx);
        /* Reading: the next bytes, in order. -1 with e set ends it. */
        int (*take)(void *ctx, const void *p, size_t n, struct err *e);
        /* Writing: n more bytes have arrived. May be NULL. */
        void (*sent)(void *ctx, size_t n);
        /* Reading: the size that the server has told, before any byte. May be NULL. -1 ends it. */
        int (*size)(void *ctx, uint64_t n, struct err *e);
};

#define TFTP_CLIENT_PORT 69u

/* Through the dataplane, in the private namespace of the calling thread; nameif "": by route. 0, or -1 with the
 * reason. */
int tftp_put(const struct box_net *n, const char *nameif, const struct addr *server, uint16_t port,
             const struct tftp_job *job, const void *data, size_t len, struct err *e);
int tftp_get(const struct box_net *n, const char *nameif, const struct addr *server, uint16_t port,
             const struct tftp_job *job, struct err *e);
/* The same over any net. */
int tftp_put_over(const struct tftp_net *net, const struct tftp_job *job, const void *data, size_t len,
                  struct err *e);
int tftp_get_over(const struct tftp_net *net, const struct tftp_job *job, struct err *e);

#endif
