/*
 * Syslog to the hosts of `logging host`, a datagram or a line of TCP each: a sink of the log for LOG_TO_TRAP. Never
 * blocks on the network; what cannot be sent is counted, per host. A host that could not be reached is tried anew
 * every few seconds. While one by TCP is down the log is held (log_set_hold()).
 */
#ifndef VOXGATE_SVC_SYSLOG_SEND_H
#define VOXGATE_SVC_SYSLOG_SEND_H

#include "platform/base/log.h"
#include "platform/net/conf.h"
#include "pki/ref_identity.h"
#include "platform/svc/box_net.h"

#define SYSLOG_HOSTS_MAX 16u
#define SYSLOG_PORT 514u
#define SYSLOG_TCP_PORT 1470u

struct tls_profile;

struct syslog_host {
        char nameif[NAMEIF_MAX + 1];
        struct addr addr;
        uint16_t port;                /* 0: 514, by TCP 1470 */
        bool tcp, tls;                /* tls: over TCP */
        bool emblem;                  /* in that format, by UDP */
        struct ref_identity identity; /* TLS: one of these names, where there are any */
};

/* The way to a host: a descriptor of a connected datagram socket, or of a stream that begins to connect. Injected;
 * box_syslog_way() is the product's. */
struct syslog_way {
        void *ctx;
        /* slot: this host's number, for the implementation's own state. -1 with *e. */
        int (*open)(void *ctx, unsigned slot, const struct syslog_host *h, struct err *e);
        bool (*alive)(void *ctx, unsigned slot);
        void (*close)(void *ctx, unsigned slot); /* the descriptor is closed already */
        /* What the server sees of us, for messages. NULL: not known. */
        void (*local)(void *ctx, unsigned slot, struct addr *a, uint16_t *port);
};

struct syslog_send;
/* Installs itself as the log's sink. log, clk and way's ctx are borrowed. NULL when out of memory. */
struct syslog_send *syslog_send_new(struct log *log, const struct clock *clk, const struct syslog_way *way) MUST_USE;
void syslog_send_free(struct syslog_send *s); /* NULL is legal */
/* Replaces the hosts; those that stay keep their socket and counters. Any thread. More than 16: the rest is left out.
 */
void syslog_send_hosts(struct syslog_send *s, const struct syslog_host *hosts, unsigned n);

/*
 * What is offered and who is trusted by TLS, from the next connection on; a reference. Until it is set nobody is
 * reached by TLS. Any thread.
 */
void syslog_send_tls(struct syslog_send *s, struct tls_profile *p);
void syslog_send_clear(struct syslog_send *s); /* counters */

/* The log thread, between lines: servers by TCP. */
void syslog_send_step(struct syslog_send *s);

struct syslog_stat {
        struct syslog_host host;
        uint64_t sent, errors, dropped, flaps;
        bool up;        /* a socket is open, connected */
        char cause[80]; /* of the last error, "" none */
};
unsigned syslog_send_stat(struct syslog_send *s, struct syslog_stat out[SYSLOG_HOSTS_MAX]);

/* Through the dataplane. The memory is the caller's to keep while a sender uses it. */
struct box_syslog {
        const struct box_net *net;
        struct box_flow slot[SYSLOG_HOSTS_MAX];
};
struct syslog_way box_syslog_way(struct box_syslog *b, const struct box_net *net);

#endif
