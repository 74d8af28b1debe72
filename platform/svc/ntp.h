/*
 * The NTP client (RFC 5905, client mode): asks the servers of `ntp server`, believes those that agree, and sets the
 * appliance's own clock: by a step when it is far off, else slowly. The host's clock is only read. One thread runs
 * ntp_step(); everybody else looks at copies.
 */
#ifndef VOXGATE_SVC_NTP_H
#define VOXGATE_SVC_NTP_H

#include "platform/base/clock_own.h"
#include "platform/base/log.h"
#include "platform/base/rng.h"
#include "platform/net/conf.h"
#include "platform/svc/box_net.h"
#include "platform/svc/ntp_packet.h"
#include "proxy/conf/names.h"

#define NTP_SERVERS_MAX 10u
#define NTP_KEYS_MAX 32u
#define NTP_HOST_MAX 253u
#define NTP_FILTER 8u

#define NTP_ANSWER_MS 2000u /* an answer is late after that */
#define NTP_POLL_MIN 6u     /* 2^6 s */
#define NTP_POLL_MAX 10u
#define NTP_BURST 4u       /* questions at the beginning, */
#define NTP_BURST_MS 2000u /* so far apart; also the first wait for a server that is silent */
#define NTP_FIT_ANSWERS 3u /* before a server is believed */
#define NTP_GONE_MISSES 3u /* questions without an answer until a server is told to be gone */
#define NTP_STEP_NS 128000000ll
#define NTP_STEP_PATIENCE 3u         /* answers in a row that want a step, of a clock that was right */
#define NTP_DISTANCE_NS 1500000000ll /* servers that may be wrong by more are not believed */
#define NTP_DRIFT_PPM 50             /* how wrong the host's clock may run */

struct ntp_server_conf {
        char host[NTP_HOST_MAX + 1]; /* address or name */
        char nameif[NAMEIF_MAX + 1]; /* "": by route */
        uint32_t key;                /* 0: none */
        bool prefer;
};
struct ntp_key {
        uint32_t id;
        enum ntp_hash hash;
        bool trusted;
        char key[NTP_KEY_MAX + 1];
};
struct ntp_conf {
        bool authenticate; /* only servers with a trusted key are asked */
        unsigned nservers, nkeys;
        struct ntp_server_conf server[NTP_SERVERS_MAX];
        struct ntp_key key[NTP_KEYS_MAX];
};

/* How a question gets to a server. Injected; box_ntp_way() is the product's. */
struct ntp_way {
        void *ctx;
        /* A connected, non-blocking datagram socket, or -1. */
        int (*open)(void *ctx, const char *nameif, const struct addr *server, struct box_flow *out, struct err *e);
        void (*close)(void *ctx, const struct box_flow *f); /* the descriptor is closed already */
};

struct ntp;
struct ntp_env {
        struct clock_own *clock;
        const struct rng *rng;
        struct ntp_way way;
        struct name_service names; /* ask NULL: addresses only */
};
/* What env points to is borrowed. NULL when out of memory. */
struct ntp *ntp_new(const struct ntp_env *env, struct err *e) MUST_USE;
/* NULL is legal. Its thread has ended. */
void ntp_free(struct ntp *n);
/* Before its thread starts. */
void ntp_set_log(struct ntp *n, struct log_src *log);
/* Any thread. Servers whose line and key stay as they are go on; others begin anew. */
void ntp_configure(struct ntp *n, const struct ntp_conf *c);

/* One round of its thread: waits at most wait_ms. */
void ntp_step(struct ntp *n, unsigned wait_ms);
void ntp_run(struct ntp *n); /* until ntp_stop(), any thread */
void ntp_stop(struct ntp *n);

/* ---- views (any thread) ---- */
struct ntp_sample {
        int64_t target_ns; /* what this server's time is ahead of the host's clock */
        int64_t delay_ns, error_ns;
        uint64_t at_ms; /* monotonic */
};
struct ntp_row {
        struct ntp_server_conf conf;
        struct addr addr;      /* ADDR_NONE: its name is not known yet */
        bool master, selected; /* the clock follows it; it agrees with the others */
        bool sane, heard, authentic;
        char why[160];          /* why it is not believed; "" it is */
        struct ntp_packet last; /* header of the last answer, without digest */
        uint64_t org, rcv;      /* our times of that question and answer */
        uint8_t reach;
        uint32_t poll_s;
        int64_t when_s;                                /* since the last answer, -1: none */
        int64_t delay_ns, offset_ns, disp_ns, dist_ns; /* of the best sample; offset from our clock now */
        unsigned nsamples;
        struct ntp_sample sample[NTP_FILTER];      /* newest first; target_ns: from our clock now */
        uint64_t asked, answered, refused, forged; /* forged: not an answer to our question, or a wrong MAC */
};
struct ntp_status {
        bool synchronized;
        unsigned stratum; /* 16: not synchronized */
        struct addr reference;
        uint8_t leap;
        int64_t offset_ns; /* of the last update */
        int64_t root_delay_ns, root_disp_ns, peer_disp_ns;
        int64_t updated_ns; /* by the clock of then; 0: never */
        int64_t slew_ns;    /* still to come */
        uint64_t steps;
        char why[160]; /* not synchronized: why */
};
unsigned ntp_rows(struct ntp *n, struct ntp_row out[NTP_SERVERS_MAX]);
void ntp_status(struct ntp *n, struct ntp_status *out);

/* Through the dataplane. */
struct ntp_way box_ntp_way(const struct box_net *net);

#endif
