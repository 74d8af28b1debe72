/*
 * Log messages by mail (`logging mail`): what comes within a while goes in one mail to each recipient, by SMTP over
 * flows of the box, in a thread of its own. The log thread never waits for it: so many messages wait, one more is
 * dropped.
 */
#ifndef VOXGATE_SVC_MAIL_SEND_H
#define VOXGATE_SVC_MAIL_SEND_H

#include "platform/base/addr.h"
#include "platform/base/err.h"
#include "platform/base/log.h"

#define MAIL_ADDRESS_MAX 127u
#define MAIL_HOST_MAX 200u
#define MAIL_TO_MAX 5u
#define MAIL_SERVERS_MAX 2u
#define MAIL_WAIT 128u        /* messages */
#define MAIL_LINE_MAX 900u    /* octets of one; the rest is cut off */
#define MAIL_COLLECT_MS 1000u /* what follows a message so soon goes with it */
#define MAIL_GAP_MS 10000u    /* between two mails */
#define MAIL_RETRY_MS 60000u  /* when no server took it */
#define MAIL_TRIES 3u

struct mail_to {
        char address[MAIL_ADDRESS_MAX + 1];
        int level; /* and what is more urgent; LOG_L_NONE: all */
};
struct mail_conf {
        char host[MAIL_HOST_MAX + 1]; /* who the appliance is */
        char from[MAIL_ADDRESS_MAX + 1];
        unsigned nto, nservers;
        struct mail_to to[MAIL_TO_MAX];
        struct addr server[MAIL_SERVERS_MAX]; /* asked in this order */
};
/* May stand in a header and in a command: no blank, no control character, no bracket. */
bool mail_address_ok(const char *s);

struct mail {
        const char *host, *from, *to;
        const char *text; /* with its header, CR LF at the end of each line */
        size_t len;
        void *ctx;
        bool (*stop)(void *ctx); /* is it to be given up? */
};
struct mail_env {
        struct log *log;
        const struct clock *clk;
        void *ctx;
        /* 0: the server has taken it. */
        int (*send)(void *ctx, const struct addr *server, const struct mail *m, struct err *e);
};

struct mail_send;
/* Takes what is for LOG_TO_MAIL. NULL when out of memory. */
struct mail_send *mail_send_new(const struct mail_env *env) MUST_USE;
void mail_send_free(struct mail_send *m); /* NULL is legal. Its thread has ended. */
/* Any thread. Without a sender, a recipient and a server nothing is kept. */
void mail_send_configure(struct mail_send *m, const struct mail_conf *c);

/* One round of its thread: sends what is due. Returns in how many milliseconds there will be something, or -1. */
int mail_send_step(struct mail_send *m);
void mail_send_run(struct mail_send *m); /* until mail_send_stop(), any thread */
void mail_send_stop(struct mail_send *m);

struct mail_status {
        uint64_t sent, failed; /* mails: taken by a server; by none */
        uint64_t dropped;      /* messages that are in no mail */
        unsigned waiting;
        char why[160]; /* of the last that failed, or what is missing; "" */
};
void mail_send_status(struct mail_send *m, struct mail_status *out);

struct box_net;
/* Through the dataplane; net is borrowed. */
int box_mail(void *net, const struct addr *server, const struct mail *m, struct err *e);

#endif
