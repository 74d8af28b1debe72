/* Inside the NTP client: its servers (ntp_peer.c), whom to believe (ntp_select.c), the clock and the thread (ntp.c).
 */
#ifndef VOXGATE_SVC_NTP_INT_H
#define VOXGATE_SVC_NTP_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/svc/ntp.h"

struct ntp_peer {
        struct ntp_server_conf conf;
        struct ntp_key key; /* id 0: none */
        bool barred;        /* never asked, for `why` */
        struct addr addr;
        char why[160];
        /* a question under way */
        int fd; /* -1: none */
        struct box_flow flow;
        uint64_t cookie;   /* what the answer has to bring back: random, and no time */
        uint64_t asked_ns; /* monotonic */
        int64_t asked_host_ns;
        /* when the next one is due */
        uint64_t next_ms;
        unsigned burst, misses, calm;
        uint8_t poll;
        bool gone; /* told */
        /* what it has said */
        bool heard, sane, master, selected;
        struct ntp_packet last;
        uint64_t org, rcv, heard_ms;
        uint8_t reach;
        unsigned good; /* answers that count, since it began or came back */
        unsigned nsamples;
        struct ntp_sample sample[NTP_FILTER]; /* newest first */
        uint64_t asked, answered, refused, forged;
};

struct ntp {
        struct ntp_env env;
        struct log_src *log; /* NULL: none */
        int wake_fd;
        atomic_bool stop;
        pthread_mutex_t lock; /* the new configuration and what is looked at */
        bool news;
        struct ntp_conf conf;
        unsigned nrows;
        struct ntp_row row[NTP_SERVERS_MAX];
        struct ntp_status shown;
        /* of its thread */
        unsigned npeers;
        struct ntp_peer peer[NTP_SERVERS_MAX];
        struct ntp_status status;
        unsigned steps_seen, far;
        int64_t host_bias_ns; /* the host's clock less the monotonic one: jumps when somebody sets it */
        bool biased;
};

/* ---- ntp_peer.c ---- */
void ntp_peer_init(struct ntp_peer *p, const struct ntp_server_conf *c, const struct ntp_conf *all);
void ntp_peer_close(struct ntp *n, struct ntp_peer *p);
/* From the beginning: its answers so far mean nothing any more. */
void ntp_peer_restart(struct ntp_peer *p, uint64_t now_ms);
/* Asks when it is time, and gives up on late answers. */
void ntp_peer_tick(struct ntp *n, struct ntp_peer *p, uint64_t now_ms);
/* Reads what has come; true: an answer that says what time it is. */
bool ntp_peer_serve(struct ntp *n, struct ntp_peer *p);
uint64_t ntp_peer_due_ms(const struct ntp_peer *p);
/* Its best sample: short way there and back, and young. NULL: none. */
const struct ntp_sample *ntp_peer_best(const struct ntp_peer *p, uint64_t now_ms);
/* How wrong it may be at most, all the way to the root. */
int64_t ntp_peer_distance(const struct ntp_peer *p, const struct ntp_sample *s, uint64_t now_ms);
bool ntp_peer_fit(const struct ntp_peer *p);

/* ---- ntp_select.c ---- */
struct ntp_candidate {
        bool fit, prefer;
        unsigned stratum;
        int64_t target_ns, dist_ns;
        bool agrees; /* out */
};
#define NTP_NOBODY (-1)
/* The best of those that most agree with, or NTP_NOBODY. current: whom the clock follows, or NTP_NOBODY; it stays if
 * no other is clearly better. */
int ntp_select(struct ntp_candidate *c, unsigned n, int current);

#endif
