/* Pinholes where media go from end to end: RTP and RTCP, for as long as a half-channel is open. */
#include "inspect/sccp/sccp_int.h"

#define PRIVILEGED 1024u

uint32_t sccp_group(struct sccp_work *x, unsigned by)
{
        const struct inspect_host *ops = x->c->ops;
        uint32_t *g = &x->stream->group[by];

        if (!*g && ops && ops->group_open && !x->c->dry)
                *g = ops->group_open(x->c);
        return *g;
}

void sccp_groups_close(struct sccp_stream *s, unsigned by)
{
        const struct inspect_host *ops = s->sh->ops;

        if (s->group[by] && ops && ops->group_close)
                ops->group_close(s->sh->host_worker, s->group[by]);
        s->group[by] = 0;
}

static bool may_open(const struct endpoint *e)
{
        return e->a.fam && e->port >= PRIVILEGED && !addr_is_martian_source(&e->a);
}

/* Who will speak: the other end of the stream where it is known, by its address alone; it may have ports to spare. */
static struct addr speaker(const struct sccp_work *x, unsigned by)
{
        const struct endpoint *other = &x->stream->at[!by];

        if (other->port)
                return other->a;
        return by == BY_PEER ? x->c->client.a : (struct addr){ 0 };
}

/* What is sent there, where the map has it looked at. */
static struct rtp_rule rule_of(const struct sccp_work *x)
{
        const struct media_spec *m = &x->stream->spec;
        struct rtp_rule r = { .on = x->map->rtp_conformance, .secure = x->stream->keyed };

        if (!r.on)
                return r;
        r.enforce = m->enforce_payloadtype;
        for (unsigned i = 0; i < m->npts && r.npts < RTP_RULE_PTS; i++)
                r.pts[r.npts++] = m->pts[i].pt;
        return r;
}

static bool open_one(struct sccp_work *x, unsigned by, const struct pinhole_req *r, const char *type)
{
        if (!may_open(&r->dst))
                return false;
        if (inspect_open_pinhole(x->c, r) < 0) {
                sccp_count(x->c, SCCP_N_PINHOLE_FULL);
                return false;
        }
        sccp_count(x->c, SCCP_N_PINHOLES);
        sccp_log_channel(x, type, by, &r->dst);
        return true;
}

void sccp_hole(struct sccp_work *x, unsigned by, const struct endpoint *at, uint16_t rtcp)
{
        struct pinhole_req r = { .proto = 17,
                                 .from = by == BY_PHONE ? DIR_S2C : DIR_C2S,
                                 .dst = *at,
                                 .timeout_s = x->stream->t_media ? x->stream->t_media : SCCP_T_MEDIA };

        if (x->c->dry || x->c->anchor)
                return;
        r.group = sccp_group(x, by);
        r.src.a = speaker(x, by);
        r.rtp = rule_of(x);
        if (!open_one(x, by, &r, "RTP"))
                return;
        r.rtp.rtcp = true;
        r.dst.port = rtcp ? rtcp : (uint16_t)(at->port + 1);
        if (r.dst.port != at->port)
                open_one(x, by, &r, "RTCP");
}
