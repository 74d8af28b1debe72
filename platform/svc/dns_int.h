/* Inside the DNS client: the cache (dns.c) and its questions (dns_query.c). */
#ifndef VOXGATE_SVC_DNS_INT_H
#define VOXGATE_SVC_DNS_INT_H

#include <ares.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "platform/svc/dns.h"

#define DNS_SOCKS_MAX 14u /* of one question: UDP and TCP of each server, and some more */

struct dns_sock {
        int fd; /* -1: free */
        bool stream, connected;
        struct sockaddr_in server; /* as c-ares knows it */
        struct box_flow flow;
};

/* How a question ended. */
enum dns_end { DNS_END_KNOWN, DNS_END_NONE, DNS_END_SILENT };

struct dns_query {
        struct dns *d; /* NULL: free */
        ares_channel ch;
        uint64_t until_ms;
        bool done;
        enum dns_end end;
        unsigned entry; /* in the cache */
        struct dns_conf conf; /* as it was when the question was put */
        struct dns_sock sock[DNS_SOCKS_MAX];
        int id;               /* of the datagrams */
        bool heard;           /* a server has answered: */
        struct addr heard_of; /* this one last, */
        unsigned rcode;       /* with that */
        char trouble[160];    /* the last server that could not be asked, and why */
        struct name_answer a;
        uint32_t ttl_s;
};

enum dns_state { DNS_FREE, DNS_WANTED, DNS_ASKING, DNS_KNOWN, DNS_NONE };

struct dns_entry {
        char name[DNS_NAME_MAX + 1];
        uint8_t state; /* enum dns_state */
        bool stale;
        bool forget; /* when its question ends: it was cleared, or other servers know better */
        struct name_answer a;
        uint64_t used_ms, fresh_ms, keep_ms; /* asked for last; good until; its addresses may stand until */
};

struct dns {
        const struct clock *clk;
        struct dns_way way;
        struct log_src *log; /* NULL: none */
        int wake_fd;
        atomic_bool stop;
        atomic_uint news;
        pthread_mutex_t lock; /* all below but the queries */
        struct dns_conf conf;
        struct dns_counts c;
        struct dns_entry cache[DNS_CACHE_MAX];
        /* of its thread */
        struct dns_query query[DNS_ACTIVE_MAX];
        struct pollfd poll[1 + DNS_ACTIVE_MAX * DNS_SOCKS_MAX];
};

/* Puts the question; -1: it has ended at once (q->end, q->a.why). */
int dns_query_start(struct dns *d, struct dns_query *q, const char *name);
void dns_query_free(struct dns_query *q);
/* What its sockets wait for, into p (DNS_SOCKS_MAX at most); *wait_ms is lowered to its next timeout. */
unsigned dns_query_poll(const struct dns_query *q, struct pollfd *p, unsigned *wait_ms);
/* What is ready or due. */
void dns_query_serve(struct dns_query *q, const struct pollfd *p, unsigned n);

#endif
