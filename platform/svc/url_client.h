/*
 * HTTP, HTTPS, FTP, SCP and SMTP as a client (libcurl): TCP flows of the box itself through our own dataplane.
 * Nothing of the host is used: no resolver, no proxy, no certificates, no keys, no known hosts.
 */
#ifndef VOXGATE_SVC_URL_CLIENT_H
#define VOXGATE_SVC_URL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/svc/box_net.h"

enum url_scheme { URL_HTTP, URL_HTTPS, URL_FTP, URL_SCP, URL_SMTP };

/* How connections reach the server. */
struct url_net {
        void *ctx;
        /* A flow to that port of the server; where to connect to: out->pseudo, out->pseudo_port. */
        int (*open)(void *ctx, uint16_t port, struct box_flow *out, struct err *e);
        void (*close)(void *ctx, const struct box_flow *f);
};

/* A file under way, in the caller's thread. Texts are borrowed. */
struct url_job {
        enum url_scheme scheme;
        const char *host;            /* as it was typed: the name in a certificate, in a request */
        uint16_t port;               /* 0: the scheme's */
        const char *path;            /* behind host and slash, as it was typed; FTP, SCP: from where a login leads, or
                                        "/from/the/root"; SMTP: who the client is */
        const char *user, *password; /* NULL: none */
        const char *from, *to;       /* SMTP: addresses without brackets; data is the mail */
        const char *anchors;         /* HTTPS: PEM certificates that are trusted */
        bool put;                    /* data goes to the server; else it comes to take() */
        const void *data;
        size_t len;
        void *ctx;
        /* Asked about once a second, and with each piece: true ends it. May be NULL. */
        bool (*stop)(void *ctx);
        /* The next bytes, in order. -1 with e set ends it. */
        int (*take)(void *ctx, const void *p, size_t n, struct err *e);
        /* The size that the server has told, before any byte. May be NULL. -1 ends it. */
        int (*size)(void *ctx, uint64_t n, struct err *e);
        /* n bytes have been sent. May be NULL. */
        void (*sent)(void *ctx, size_t n);
        /* SCP: is this the key of the server? */
        int (*host_key)(void *ctx, const void *key, size_t n, struct err *e);
};

uint16_t url_default_port(enum url_scheme s);
/* 0, or -1 with the reason. */
int url_transfer_over(const struct url_net *net, const struct url_job *job, struct err *e);
/* The same through the dataplane, in the private namespace of the calling thread; nameif "": by route. */
int url_transfer(const struct box_net *n, const char *nameif, const struct addr *server, const struct url_job *job,
                 struct err *e);

#endif
