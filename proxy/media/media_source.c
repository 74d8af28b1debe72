/* Who may speak on a leg, and where its peer is (M4, M5). docs/media.md, latching. */
#include "platform/net/route.h"
#include "proxy/media/media_int.h"

/* RFC 3264, 6.1: who sends uses the receiver's numbers. Before the receiver has spoken nobody knows better than the
 * sender. */
const struct media_pt *media_pt_of(const struct media_session *s, unsigned side, uint8_t pt)
{
        const struct media_side *to = &s->leg[!side].spec, *from = &s->leg[side].spec;
        const struct media_side *who = to->npts ? to : from;
        const struct media_pt *list = who->npts ? who->pts : s->pts;
        unsigned n = who->npts ? MIN_OF(who->npts, MEDIA_PTS_MAX) : s->npts;

        for (unsigned i = 0; i < n; i++)
                if (list[i].pt == pt)
                        return &list[i];
        return NULL;
}

static struct endpoint source_of(const struct pkt *pk)
{
        return (struct endpoint){ flow_src(&pk->key), pk->key.sport };
}

/* The answer for one source and interface is kept: nearly every packet asks the same. */
static bool routes_back(struct worker *w, struct media_leg *l, const struct pkt *pk)
{
        struct media_way_back *b = &l->back;
        struct addr src;
        const struct route_entry *r;

        if (b->gen == w->snap->gen && b->iface == pk->iface && b->v4 == pk->key.src[0])
                return b->ok;
        src = flow_src(&pk->key);
        r = route_lookup(net_rt(w->snap), &src);
        *b = (struct media_way_back){ w->snap->gen, pk->key.src[0], pk->iface, r && r->iface == pk->iface };
        return b->ok;
}

/*
 * A clear packet proves nothing, so its address must at least belong where it came from. A packet handed round inside
 * the box (from_box) comes from nowhere.
 */
static bool came_right(struct worker *w, struct media_leg *l, bool rtcp, const struct pkt *pk)
{
        if (pk->from_box)
                return true;
        if (l->learned[rtcp])
                return pk->iface == l->seen_iface;
        return routes_back(w, l, pk);
}

static void learn(struct media_leg *l, bool rtcp, const struct endpoint *from, const struct pkt *pk)
{
        if (l->spec.rtcp_mux)
                rtcp = false;
        l->to[rtcp] = *from;
        l->learned[rtcp] = true;
        l->seen_iface = pk->iface;
        if (rtcp)
                return;
        l->stat.latched = true;
        l->latch.set = false;
        if (!l->learned[1]) /* the usual neighbour, until its RTCP says otherwise */
                l->to[1] = l->spec.rtcp_mux ? *from : (struct endpoint){ from->a, (uint16_t)(from->port + 1) };
}

/* Behind NAT: the second of two packets in a row, of an agreed payload type, says where the peer is. */
static bool latch_rtp(struct media_session *s, unsigned side, const struct endpoint *from, const struct pkt *pk,
                      const struct rtp_hdr *h)
{
        struct media_leg *l = &s->leg[side];
        struct media_trial *c = &l->latch;
        bool follows =
                c->set && endpoint_eq(&c->from, from) && c->ssrc == h->ssrc && (uint16_t)(c->seq + 1) == h->seq;

        if (!media_pt_of(s, side, h->pt))
                return false;
        if (follows) {
                learn(l, false, from, pk);
                return true;
        }
        *c = (struct media_trial){ .from = *from, .ssrc = h->ssrc, .seq = h->seq, .set = true };
        return false;
}

/* What has no header to judge: only the port may differ from what was signalled, or from where the peer's RTP comes
 * from. */
static bool latch_port(struct media_leg *l, bool rtcp, const struct endpoint *from, const struct pkt *pk)
{
        const struct addr *a = rtcp && l->learned[0] ? &l->to[0].a : &l->spec.remote.a;

        if (!addr_eq(a, &from->a))
                return false;
        learn(l, rtcp, from, pk);
        return true;
}

bool media_source_ok(struct worker *w, struct media_session *s, unsigned side, bool rtcp, const struct pkt *pk,
                     const struct rtp_hdr *h)
{
        struct media_leg *l = &s->leg[side];
        struct endpoint from = source_of(pk);
        bool which = rtcp && !l->spec.rtcp_mux, settled = l->learned[which];

        if (!came_right(w, l, which, pk))
                return false;
        if (endpoint_eq(&from, &l->to[which])) {
                /* Where signalling says: there it stays, a later stranger is too late. */
                if (!settled && l->spec.latch && h)
                        learn(l, false, &from, pk);
                return true;
        }
        if (l->spec.any_port && !settled && addr_eq(&from.a, &l->to[which].a))
                return true;
        if (settled || !l->spec.latch)
                return false;
        return h ? latch_rtp(s, side, &from, pk, h) : latch_port(l, which, &from, pk);
}

void media_source_follow(struct media_leg *l, bool rtcp, const struct pkt *pk)
{
        struct endpoint from = source_of(pk);
        bool which = rtcp && !l->spec.rtcp_mux;

        if (!l->learned[which] || !endpoint_eq(&l->to[which], &from) || l->seen_iface != pk->iface)
                learn(l, which, &from, pk);
}

/* ---- rtp-conformance ---- */

/* Another sender, or a jump, is believed the second time. */
enum drop_reason media_source_conforms(const struct rtp_source *s, struct media_trial *c, const struct rtp_hdr *h,
                                       const char **reason, uint32_t *value)
{
        bool follows = c->set && c->ssrc == h->ssrc && (uint16_t)(c->seq + 1) == h->seq;

        if (!s->seen)
                return DROP_NONE;
        if (h->ssrc != s->ssrc && !follows) {
                bool same = c->set && c->ssrc == h->ssrc;

                *c = (struct media_trial){ .ssrc = h->ssrc, .seq = h->seq, .set = true };
                *reason = same ? "Out of sequence in packet in probation" : "Incorrect SSRC";
                *value = same ? h->seq : h->ssrc;
                return same ? DROP_RTP_PROBATION : DROP_RTP_SSRC;
        }
        c->set = false;
        if (rtp_source_look(s, h) == RTP_JUMPED) {
                *reason = "Out-of-range sequence number";
                *value = h->seq;
                return DROP_RTP_SEQ;
        }
        return DROP_NONE;
}

enum drop_reason media_conforms(struct media_session *s, unsigned side, const struct rtp_hdr *h, const char **reason,
                                uint32_t *value)
{
        struct media_leg *l = &s->leg[side];

        if (s->enforce_payloadtype && !media_pt_of(s, side, h->pt)) {
                *reason = "Invalid payload-type";
                *value = h->pt;
                return DROP_RTP_PAYLOAD_TYPE;
        }
        return s->conformance ? media_source_conforms(&l->source, &l->probation, h, reason, value) : DROP_NONE;
}
