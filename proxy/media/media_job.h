/* A burst on its way through the relay: private to media_stage.c and media_crypt.c. */
#ifndef VOXGATE_PROXY_MEDIA_MEDIA_JOB_H
#define VOXGATE_PROXY_MEDIA_MEDIA_JOB_H

#include "proxy/media/media_int.h"

/* A packet under way. */
struct media_job {
        struct pkt *pk; /* NULL: it has met its end */
        struct media_session *s;
        const struct media_way *way; /* known once it is admitted */
        uint8_t side; /* it came from */
        bool rtcp;
        struct rtp_hdr h;
        uint8_t *p;
        size_t len;
};

struct media_relay {
        struct worker *w;
        struct media_table *t;
        unsigned n;
        struct media_job job[BURST_MAX];
        unsigned nsrtp;
        struct srtp_job srtp[BURST_MAX];
        uint8_t who[BURST_MAX]; /* job of each SRTP job */
};

static inline void end(struct media_job *j, enum drop_reason why)
{
        dp_drop(j->pk, why);
        j->pk = NULL;
}

static inline struct media_leg *leg_in(const struct media_job *j)
{
        return &j->s->leg[j->side];
}

static inline struct media_leg *leg_out(const struct media_job *j)
{
        return &j->s->leg[!j->side];
}

/* Opens what is SRTP, seals what is to be SRTP: in one call for all of the burst. What fails has met its end. */
void media_open_all(struct media_relay *r);
void media_seal_all(struct media_relay *r);

#endif
