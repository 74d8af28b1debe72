/* Pinholes where media is not relayed here: RTP, RTCP, and signalling to other ports than this flow's (N4). */
#include "inspect/sip/sip_int.h"

#define PRIVILEGED 1024u

static bool may_open(const struct endpoint *e)
{
        return e->a.fam && e->port >= PRIVILEGED && !addr_is_martian_source(&e->a);
}

static bool open_hole(struct sip_work *x, enum inspect_dir writer, const struct pinhole_req *r, const char *type)
{
        if (x->c->dry || !may_open(&r->dst))
                return false;
        if (inspect_open_pinhole(x->c, r) < 0) {
                if (!x->c->waits)
                        sip_count(x->c, SIP_N_PINHOLE_FULL);
                return false;
        }
        sip_count(x->c, SIP_N_PINHOLES);
        sip_log_channel(x, type, writer, &r->dst);
        return true;
}

/* Who may use it: the peer's media address once known, if it is where the peer signals from; else anybody. */
static const struct addr *source_of(const struct sip_work *x, const struct sip_media *md, unsigned by)
{
        const struct endpoint *peer = by == 0 ? &x->c->server : &x->c->client;

        return md->hole[!by].port && addr_eq(&md->hole[!by].a, &peer->a) ? &peer->a : NULL;
}

static unsigned class_of(const struct sip_msg *m)
{
        return m->request ? 0 : m->status < 200 ? 1 : 2;
}

/* Opened anew for each offer and answer, never for a repetition. */
static bool opened(struct sip_media *md, unsigned by, const struct endpoint *at, const struct sip_msg *m)
{
        bool same =
                endpoint_eq(&md->hole[by], at) && md->hole_cseq[by] == m->cseq && md->hole_class[by] >= class_of(m);

        md->hole[by] = *at;
        md->hole_cseq[by] = m->cseq;
        md->hole_class[by] = (uint8_t)class_of(m);
        return same;
}

/* A re-offer that asks for another place: what is in force stays until it is answered. */
static void stream_moves(struct sip_work *x, struct sip_media *md, unsigned by, const struct endpoint *at)
{
        if (x->call->state != SIP_CALL_ACTIVE || !md->group[by] || endpoint_eq(&md->hole[by], at))
                return;
        sip_group_close(x->sh, &md->next[by]);
        sip_group(x, &md->next[by]);
}

/* What the writer asks to be sent, where the map has its media looked at. A list longer than ours is no list. */
static struct rtp_rule rule_of(const struct sip_work *x, const struct sdp_media *m)
{
        const struct sip_map *map = x->c->params;
        struct rtp_rule r = { .on = map && map->rtp_conformance && sip_proto_is_rtp(m->proto) };

        if (!r.on)
                return r;
        r.secure = m->proto == SDP_RTP_SAVP || m->proto == SDP_RTP_SAVPF || m->ncrypto;
        r.enforce = map->enforce_payloadtype && !m->more_pts;
        for (unsigned i = 0; i < m->npts && r.npts < RTP_RULE_PTS; i++)
                r.pts[r.npts++] = m->pts[i].pt;
        return r;
}

static void media_hole(struct sip_work *x, unsigned i)
{
        const struct sdp *s = &x->sh->sdp;
        unsigned by = x->dir == DIR_C2S ? 0 : 1;
        struct endpoint rtp = sdp_media_rtp(s, i), rtcp = sdp_media_rtcp(s, i);
        struct sip_media *md = i < SDP_MEDIA_MAX ? x->call->media[i] : NULL;
        uint32_t wait = class_of(x->m) == 2 ? x->call->t_media : x->call->t_invite;
        struct pinhole_req r = { .proto = 17, .from = x->dir == DIR_C2S ? DIR_S2C : DIR_C2S };
        const struct addr *from;

        if (s->m[i].proto == SDP_OTHER || !may_open(&rtp))
                return;
        if (!md && !(md = sip_media_new(x, i)))
                return;
        stream_moves(x, md, by, &rtp);
        if (opened(md, by, &rtp, x->m))
                return;
        r.timeout_s = wait ? wait : SIP_T_MEDIA;
        r.group = sip_stream_group(x, i);
        from = source_of(x, md, by);
        if (from)
                r.src.a = *from;
        r.dst = rtp;
        r.rtp = rule_of(x, &s->m[i]);
        if (!open_hole(x, x->dir, &r, "RTP"))
                md->hole_cseq[by] = 0; /* asked again, it is tried again */
        r.dst = rtcp;
        r.rtp.rtcp = true;
        if (sip_proto_is_rtp(s->m[i].proto) && rtcp.port && rtcp.port != rtp.port)
                open_hole(x, x->dir, &r, "RTCP");
}

void sip_media_holes(struct sip_work *x)
{
        for (unsigned i = 0; i < x->sh->sdp.nmedia; i++)
                media_hole(x, i);
}

static bool has_hole(const struct sip_call *call, const struct endpoint *at)
{
        for (unsigned i = 0; i < call->nmedia; i++)
                for (unsigned by = 0; call->media[i] && by < 2; by++)
                        if (endpoint_eq(&call->media[i]->hole[by], at))
                                return true;
        return false;
}

/* A place of several calls (a conference, both halves of a transfer) stays open for the others. */
static bool is_shared(const struct sip_work *x, const struct endpoint *at)
{
        list_each(l, &x->s->calls) {
                const struct sip_call *call = container_of(l, struct sip_call, link);

                if (call != x->call && has_hole(call, at))
                        return true;
        }
        return false;
}

static void end_hole(struct sip_work *x, const struct sip_media *md, unsigned by)
{
        struct pinhole_req r = {
                .proto = 17, .from = by ? DIR_C2S : DIR_S2C, .src = md->hole[!by], .dst = md->hole[by]
        };

        if (!r.dst.port || is_shared(x, &r.dst))
                return;
        x->c->ops->end_pinhole(x->c, &r);
        r.dst.port++;
        r.src.port = (uint16_t)(r.src.port ? r.src.port + 1 : 0);
        x->c->ops->end_pinhole(x->c, &r);
}

void sip_holes_end(struct sip_work *x)
{
        if (x->c->dry || !x->c->ops || !x->c->ops->end_pinhole || x->call->anchored)
                return;
        for (unsigned i = 0; i < x->call->nmedia; i++)
                for (unsigned by = 0; x->call->media[i] && by < 2; by++)
                        end_hole(x, x->call->media[i], by);
}

void sip_signal_hole(struct sip_work *x, enum inspect_dir writer, const struct sip_way_in *way)
{
        bool udp = x->c->via[0] == VIA_UDP;
        struct pinhole_req r = { .proto = udp ? 17 : 6,
                                 .from = writer == DIR_C2S ? DIR_S2C : DIR_C2S,
                                 .dst = way->at,
                                 .timeout_s = way->timeout_s,
                                 .engine = INSPECT_SIP,
                                 .group = way->group,
                                 .lasting = way->lasting };

        open_hole(x, writer, &r, udp ? "SIGNALLING UDP" : "SIGNALLING TCP");
}

/* Where a dialog goes on: the contact of whoever made or answered it. */
void sip_signal_holes(struct sip_work *x)
{
        const struct sip_header *h = sip_header_at(x->m, SIP_H_CONTACT, 0);
        bool makes = x->m->method == SIP_M_INVITE || x->m->method == SIP_M_SUBSCRIBE;
        struct sip_way_in way = { .timeout_s = x->call ? x->call->t_invite : SIP_T_INVITE };
        struct sip_nameaddr a;

        if (!makes || !h || x->again || x->c->anchor || sip_is_terminated(x->c) || x->m->status >= 300 ||
            !sip_nameaddr_parse(&a, h->value) || a.star || !a.uri.has_addr)
                return;
        way.at = a.uri.ep;
        way.at.port = way.at.port ? way.at.port : 5060;
        if (x->call && x->call->signal[x->dir].port && endpoint_eq(&x->call->signal[x->dir], &way.at))
                return;
        if (x->call)
                x->call->signal[x->dir] = way.at;
        way.group = sip_contact_group(x, &way.at);
        sip_signal_hole(x, x->dir, &way);
}
