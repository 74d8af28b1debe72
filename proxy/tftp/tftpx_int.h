/* Private to proxy/tftp/tftpx*.c. */
#ifndef VOXGATE_PROXY_TFTP_TFTPX_INT_H
#define VOXGATE_PROXY_TFTP_TFTPX_INT_H

#include <netinet/in.h>

#include "platform/base/log_limit.h"
#include "platform/base/pool.h"
#include "proxy/tftp/tftp_fetch.h"
#include "proxy/tftp/tftp_name.h"
#include "proxy/tftp/tftp_send.h"
#include "proxy/tftp/tftpx.h"
#include "proxy/worker/worker_int.h"

enum transfer_state {
        TR_SECURING,  /* the dataplane has yet to say that the phone is known */
        TR_QUEUED,    /* others are being fetched */
        TR_FAR_OPEN,  /* a flow to the TFTP server is asked for */
        TR_FETCH,     /* the file is on its way to us */
        TR_NAMES,     /* it is here; names in it are being asked for */
        TR_NEAR_OPEN, /* a flow to the phone with a port of its own is asked for */
        TR_SEND,      /* the file is on its way to the phone */
        TR_OVER,      /* late packets of the phone find nobody strange */
};

/* One request of a phone and what comes of it. */
struct transfer {
        struct tftpx *t;
        struct psession *s; /* the flow of the request; NULL: it has gone, the answer has a flow of its own */
        struct list work;   /* in tftpx.work, or self-linked */
        struct list line;   /* in tftpx.over or tftpx.queue, or self-linked */
        uint64_t cookie;    /* of the last message to the dataplane */
        enum transfer_state state;
        uint8_t nlink;
        struct phone_file file;
        struct tftp_options asked;
        uint32_t phone_proxy_id;
        struct endpoint client, server; /* real */
        char client_if[49], server_if[49];
        uint16_t client_iface;
        struct addr source;            /* counted against, while it is under way */
        bool same_port, again;         /* answers come from the port asked; the other name was tried */
        uint8_t told, clear;           /* struct punt_secure: what the file says of the phone's mode */
        char want[PHONE_FILE_MAX + 1]; /* of the server */
        /* towards the server */
        struct evl_fd ev;
        struct punt_far far;
        struct sockaddr_in far_to, far_tid;
        bool far_has_tid, fetching;
        struct tftp_fetch fetch;
        /* towards the phone */
        struct punt_far near;
        struct sockaddr_in near_to;
        struct tftp_send send;
        uint8_t *data; /* owned, of the budget */
        size_t n, room;
        struct tmr tmr;
        uint64_t born_ms, until_ms;
        unsigned news; /* of the name service, when it was asked last */
        bool readable, due, counted;
        bool naming; /* it is one of those that wait for names */
};

struct source_rate {
        struct addr a;
        uint64_t since_ms;
        uint32_t n;
};
#define SOURCE_RATES 4096u

struct tftpx {
        struct proxy_worker *w;
        struct evl_fd ev; /* the phones' socket */
        bool readable;
        struct pool *pool;
        struct transfer **near_flow[8]; /* per link: by id of the flow with a port of its own, reserved */
        struct list work, over, queue;  /* over: the oldest first; queue: the first to come */
        uint32_t nfetches, nnaming;
        uint64_t cookies;
        struct tftp_budget budget;
        struct tftpx_counts c;
        struct log_limit not_found, unsigned_log, no_name;
        struct source_rate *rate; /* [SOURCE_RATES] */
};

#define FLOW_ID_FIRST 3u
#define TFTPX_ASK_MS 500u /* an answer of the dataplane takes no longer, or was lost */

/* tftpx.c */
uint64_t transfer_now(const struct tftpx *t);
void transfer_arm(struct transfer *x, uint64_t due_ms);
void transfer_on_timer(struct tmr *m, uint64_t now_ms);
void transfer_work(struct transfer *x); /* is looked at in the next round */
void transfer_free(struct transfer *x);
/* Its end: late packets of the phone are met for so long, then the flow of the request goes. */
void transfer_over(struct transfer *x, uint32_t ms);
void transfer_finish(struct transfer *x); /* ... and the flow of the request */
void transfer_answer_error(struct transfer *x, uint16_t code, const char *text);
bool transfer_take(struct transfer *x, const void *p, size_t n); /* contents of x; false: no memory */
void transfer_secure(struct transfer *x); /* asks the dataplane; goes on when it has answered */
void transfer_ask_flow(struct transfer *x, struct punt_far *f);
void transfer_drop_fetch(struct transfer *x);
void transfer_leave_server(struct transfer *x); /* what it gave is kept */
struct sockaddr_in transfer_pseudo(const struct transfer *x, unsigned leg, uint32_t flow, uint8_t gen);
void transfer_put(int fd, const struct sockaddr_in *to, const void *p, size_t n);

/* tftpx_far.c */
void transfer_fetch(struct transfer *x, const char *name);
void far_queue(struct tftpx *t); /* those whose turn it is */
bool far_turn(const struct tftpx *t);
void far_begin(struct transfer *x); /* its flow is there */
void far_step(struct transfer *x, enum tftp_step step);
void far_read(struct transfer *x);

/* tftpx_near.c */
void transfer_send(struct transfer *x); /* x->data goes to the phone */
void near_begin(struct transfer *x);
void near_step(struct transfer *x, enum tftp_step step);
unsigned near_read(struct tftpx *t);
void near_answer_error(struct tftpx *t, const struct psession *s, uint16_t code, const char *text);

/* tftpx_file.c: what is to be done */
void file_begin(struct transfer *x);
void file_secured(struct transfer *x);
void file_fetched(struct transfer *x);
void file_named(struct transfer *x, bool late); /* TR_NAMES: a look for answers */
void file_missing(struct transfer *x); /* x->fetch says why */

#define pp_event(x, ...) debug_line((x)->t->w->log, DBG_PP_TFTP_EVENTS, __VA_ARGS__)
#define pp_error(x, ...) debug_line((x)->t->w->log, DBG_PP_TFTP_ERRORS, __VA_ARGS__)

#endif
