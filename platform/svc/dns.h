/*
 * The DNS client (c-ares): IPv4 addresses of names from the servers of `dns server-group`, never from the host's
 * resolver. Each question has a channel, sockets and flows of its own, so its port on the wire and its id are random.
 * Answers are kept for as long as they say, within limits; refusals and silence for a short while. One thread runs
 * dns_step(); everybody else asks the cache and never waits.
 */
#ifndef VOXGATE_SVC_DNS_H
#define VOXGATE_SVC_DNS_H

#include "platform/base/clock.h"
#include "platform/net/conf.h"
#include "platform/svc/box_net.h"
#include "proxy/conf/names.h"

#define DNS_SERVERS_MAX 6u
#define DNS_IFACES_MAX 16u
#define DNS_NAME_MAX 253u /* a name without its last dot */
#define DNS_LABEL_MAX 63u
#define DNS_CACHE_MAX 512u /* names; the one that was asked for longest ago makes room */
#define DNS_ACTIVE_MAX 32u /* questions under way; others wait for their turn */

#define DNS_TTL_MIN_S 5u /* an answer for once is good for whoever has asked */
#define DNS_TTL_MAX_S 86400u
#define DNS_NEGATIVE_S 30u      /* there is no such name, or it has no address */
#define DNS_QUERY_MAX_MS 60000u /* a question, whatever timeout and retries say */
#define DNS_SILENT_S 5u         /* no server has said anything */

#define DNS_TIMEOUT_DEFAULT 2u
#define DNS_RETRIES_DEFAULT 2u
#define DNS_EXPIRE_DEFAULT 1u
#define DNS_POLL_DEFAULT 240u
#define DNS_GROUP_DEFAULT "DefaultDNS"

struct dns_conf {
        char group[65];   /* in use */
        char domain[128]; /* behind names without a dot; "": none */
        unsigned nservers, nifaces;
        struct addr server[DNS_SERVERS_MAX];         /* asked in this order */
        char nameif[DNS_IFACES_MAX][NAMEIF_MAX + 1]; /* where servers may be asked */
        uint32_t timeout_s;                          /* doubles with each round */
        uint32_t retries;                            /* rounds over the servers after the first one */
        uint32_t expire_min; /* an answer whose time is over still stands this long while no server answers */
};

/* How a question gets to a server. Injected; box_dns_way() is the product's. */
struct dns_way {
        void *ctx;
        /* Where to connect to for that server: out->pseudo, out->pseudo_port. */
        int (*open)(void *ctx, const struct dns_conf *c, const struct addr *server, uint8_t proto,
                    struct box_flow *out, struct err *e);
        void (*close)(void *ctx, const struct box_flow *f);
};

struct dns;
/* clk and way's ctx are borrowed. NULL when out of memory. */
struct dns *dns_new(const struct clock *clk, const struct dns_way *way, struct err *e) MUST_USE;
/* NULL is legal. Its thread has ended. */
void dns_free(struct dns *d);
/* Where `debug dns` lines of its thread go; before that thread starts. */
void dns_set_log(struct dns *d, struct log_src *log);
/* Any thread. What is known is forgotten when another server, group or domain would be asked now. */
void dns_configure(struct dns *d, const struct dns_conf *c);

/* One round of its thread: waits at most wait_ms. */
void dns_step(struct dns *d, unsigned wait_ms);
/* Rounds until dns_stop() (any thread); questions under way end without an answer. */
void dns_run(struct dns *d);
void dns_stop(struct dns *d);

/* What names.h says. A name of digits and dots is its own answer. */
enum name_state dns_ask(struct dns *d, const char *name, struct name_answer *out);
struct name_service dns_service(struct dns *d);
/* The name as it is asked for and kept: lower case, without the last dot, with the domain where it has no dot. */
int dns_canon(const char *name, const char *domain, char out[DNS_NAME_MAX + 1], struct err *e);

/* ---- views (any thread) ---- */
struct dns_row {
        char name[DNS_NAME_MAX + 1];
        enum name_state state; /* of the question */
        bool stale;            /* its time is over, no server has answered since */
        struct name_answer a;
        uint32_t left_s; /* until it is asked for anew */
        uint32_t idle_s; /* since it was asked for */
};
/* The rows from *cursor on, 64 at most. Returns how many; *end: there are no more. */
unsigned dns_walk(struct dns *d, uint32_t *cursor, struct dns_row *rows, unsigned max, bool *end);
/* Forgets one name, or all of them (NULL). */
void dns_clear(struct dns *d, const char *name);
void dns_get_conf(struct dns *d, struct dns_conf *out);

struct dns_counts {
        uint64_t asked, known, none, silent; /* questions; their ends: an address, a refusal, no answer */
        uint64_t stray;                      /* datagrams that answered none of our questions */
        uint64_t unusable;                   /* addresses that no host can have */
        uint64_t hits, full;                 /* asked for and at hand; refused: all is in use */
};
void dns_counts(struct dns *d, struct dns_counts *out);

/* Through the dataplane: by the route to the server, if `dns domain-lookup` names the interface. */
struct dns_way box_dns_way(const struct box_net *net);

#endif
