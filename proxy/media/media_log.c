/* Log lines about packets, a few a second of each: who can send packets could otherwise fill the log. */
#include "proxy/media/media_int.h"

static bool may_log(struct media_table *t, enum media_logged what)
{
        struct media_limit *l = &t->limit[what];

        if (t->w->now_ms - l->since_ms >= 1000) {
                l->since_ms = t->w->now_ms;
                l->n = 0;
        }
        return l->n++ < MEDIA_LOGS_PER_S;
}

/* Our address lives on the interface the packet came by, or on one beside it: either way it is the box. */
void media_log(struct media_table *t, enum media_logged what, const struct pkt *pk)
{
        static const enum log_msg id[MEDIA_LOGS] = {
                [MEDIA_LOG_DECRYPT] = LOG_337002, [MEDIA_LOG_TAG] = LOG_337004, [MEDIA_LOG_SEAL] = LOG_337001
        };
        const char *ifc = iface_name(net_rt(t->w->snap), pk->iface);
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (!may_log(t, what))
                return;
        if (what == MEDIA_LOG_NO_SESSION)
                log_msg(t->w->log, LOG_337005, LA(&dst), LU(pk->key.dport), LS(ifc), LA(&src), LU(pk->key.sport),
                        LS("identity"), LA(&dst), LU(pk->key.dport));
        else
                log_msg(t->w->log, id[what], LS(ifc), LA(&src), LU(pk->key.sport), LS("identity"), LA(&dst),
                        LU(pk->key.dport));
}

/* Of a connection through the box: to where it leads. */
void media_log_watched(struct media_table *t, bool rtcp, const struct pkt *pk, const char *reason, uint32_t value)
{
        const struct net_rt *n = net_rt(t->w->snap);
        const struct flow_key *to = &pk->conn->side[!pk->side].key;
        struct addr src = flow_src(&pk->key), dst = flow_src(to);

        if (may_log(t, rtcp ? MEDIA_LOG_RTCP : MEDIA_LOG_RTP))
                log_msg(t->w->log, rtcp ? LOG_431002 : LOG_431001, LS(iface_name(n, pk->iface)), LA(&src),
                        LU(pk->key.sport), LS(iface_name(n, to->iface)), LA(&dst), LU(to->sport), LS(reason),
                        LU(value));
}

void media_log_conformance(struct media_table *t, bool rtcp, const struct pkt *pk, const char *reason, uint32_t value)
{
        const char *ifc = iface_name(net_rt(t->w->snap), pk->iface);
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (may_log(t, rtcp ? MEDIA_LOG_RTCP : MEDIA_LOG_RTP))
                log_msg(t->w->log, rtcp ? LOG_431002 : LOG_431001, LS(ifc), LA(&src), LU(pk->key.sport),
                        LS("identity"), LA(&dst), LU(pk->key.dport), LS(reason), LU(value));
}
