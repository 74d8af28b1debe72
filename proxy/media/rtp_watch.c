#include "proxy/media/rtp_watch.h"

#include "platform/base/pool.h"
#include "policy/pinhole.h"
#include "proxy/media/media_int.h"

/* Packets that arrive on one side of the connection. */
struct rtp_way {
        struct rtp_source source;
        struct media_trial probation;
        struct rtp_rule rule; /* of the end they go to */
};
struct rtp_watch {
        struct rtp_way way[2];
};

size_t rtp_watch_size(void)
{
        return sizeof(struct rtp_watch);
}

enum pkt_verdict rtp_watch_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct rtp_watch *x;

        if (!plan->rtp.on || !pk->conn || !w->media)
                return PKT_NEXT;
        x = pool_get(w->media->watches);
        if (!x) { /* nothing goes unwatched */
                conn_end(w, pk->conn, CONN_END_INSPECT);
                return dp_drop(pk, DROP_CONN_TABLE);
        }
        x->way[0].rule = x->way[1].rule = plan->rtp;
        x->way[1].rule.enforce = false; /* what the other end asks for is in its own pinhole: ask_again() */
        x->way[1].rule.npts = 0;
        pk->conn->rtp_watch = pool_index(w->media->watches, x) + 1;
        return PKT_NEXT;
}

void rtp_watch_conn_end(struct worker *w, struct conn *c)
{
        if (!c->rtp_watch)
                return;
        pool_put(w->media->watches, pool_at(w->media->watches, c->rtp_watch - 1));
        c->rtp_watch = 0;
}

/* ---- a packet ---- */

struct look {
        struct worker *w;
        struct pkt *pk;
        struct rtp_way *way;
        const uint8_t *p;
        size_t n;
        const char *reason;
        uint32_t value;
};

static bool asked_for(const struct rtp_rule *r, uint8_t pt)
{
        for (unsigned i = 0; i < r->npts; i++)
                if (r->pts[i] == pt)
                        return true;
        return false;
}

/* The end may have spoken, or spoken anew, since the connection began: there is a pinhole to it then. */
static void ask_again(const struct look *l)
{
        struct rtp_rule now;

        if (pinhole_rule(l->w, &l->pk->key, &now) && now.on && !now.rtcp)
                l->way->rule = now;
}

static enum drop_reason refuse(struct look *l, const char *reason, uint32_t value, enum drop_reason why)
{
        l->reason = reason;
        l->value = value;
        return why;
}

static enum drop_reason look_rtcp(struct look *l)
{
        static const enum drop_reason why[] = { [RTCP_BAD_LENGTH] = DROP_RTCP_LENGTH,
                                                [RTCP_BAD_VERSION] = DROP_RTCP_VERSION,
                                                [RTCP_BAD_TYPE] = DROP_RTCP_TYPE };
        enum rtcp_fault f;

        if (l->n < 8)
                return refuse(l, "Invalid length", (uint32_t)l->n, DROP_RTCP_LENGTH);
        if (l->way->rule.secure) /* the first header is all that can be read */
                f = l->p[0] >> 6 != 2 ? RTCP_BAD_VERSION : !rtp_is_rtcp(l->p, l->n) ? RTCP_BAD_TYPE : RTCP_FINE;
        else
                f = rtcp_check(l->p, l->n, true);
        if (!f)
                return DROP_NONE;
        return refuse(l,
                      f == RTCP_BAD_VERSION ? "Incorrect version"
                      : f == RTCP_BAD_TYPE  ? "Invalid payload-type"
                                            : "Invalid length",
                      f == RTCP_BAD_VERSION ? l->p[0] >> 6
                      : f == RTCP_BAD_TYPE  ? l->p[1]
                                            : (uint32_t)l->n,
                      why[f]);
}

static enum drop_reason look_rtp(struct look *l)
{
        struct rtp_way *way = l->way;
        struct rtp_hdr h;
        enum rtp_fault f = rtp_parse(l->p, l->n, &h);
        enum drop_reason why;

        if (f == RTP_BAD_VERSION)
                return refuse(l, "Incorrect version", l->p[0] >> 6, DROP_RTP_VERSION);
        if (f || (!way->rule.secure && !rtp_padding_fits(l->p, l->n, &h)))
                return refuse(l, "Invalid length", (uint32_t)l->n, DROP_RTP_LENGTH);
        if (!way->rule.npts) /* it had not spoken yet */
                ask_again(l);
        if (way->rule.enforce && !asked_for(&way->rule, h.pt))
                ask_again(l);
        if (way->rule.enforce && !asked_for(&way->rule, h.pt))
                return refuse(l, "Invalid payload-type", h.pt, DROP_RTP_PAYLOAD_TYPE);
        why = media_source_conforms(&way->source, &way->probation, &h, &l->reason, &l->value);
        if (why != DROP_RTP_SSRC && why != DROP_RTP_PROBATION)
                rtp_source_seen(&way->source, &h, 0);
        return why;
}

static void look(struct worker *w, struct pkt *pk)
{
        struct rtp_watch *x = pool_at(w->media->watches, pk->conn->rtp_watch - 1);
        struct look l = {
                .w = w, .pk = pk, .way = &x->way[pk->side], .p = pk->buf + pk->pay, .n = pk->end - pk->pay
        };
        bool rtcp = l.way->rule.rtcp || rtp_is_rtcp(l.p, l.n); /* RFC 5761: they may share a port */
        enum drop_reason why;

        if (pk->csum.gso_type) /* several datagrams in one: no such is media */
                why = refuse(&l, "Invalid length", (uint32_t)l.n, DROP_RTP_LENGTH);
        else
                why = rtcp ? look_rtcp(&l) : look_rtp(&l);
        if (!why)
                return;
        media_log_watched(w->media, rtcp, pk, l.reason, l.value);
        dp_drop(pk, why);
}

void rtp_watch_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                const struct conn *c = b->pk[i]->conn;

                if (unlikely(c && c->rtp_watch) && !c->dead && b->pk[i]->key.proto == IPPROTO_UDP_)
                        look(w, b->pk[i]);
        }
}
