/*
 * Offers where media is relayed here: the offer of one side becomes our offer to the other. Towards the phone always
 * with keys, towards the cluster as it is run; a re-offer changes nothing in force before its answer.
 */
#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

/* May keys be written to that side, and must they? */
static bool keys_towards(const struct sip_work *x, unsigned side, const struct sip_side *offer)
{
        const struct phone_params *p = x->c->phone;

        if (!inspect_private(x->c, side) || !sip_proto_is_rtp((enum sdp_proto)offer->proto))
                return false;
        return side == 0 || (p && p->mixed && offer->side.transport == MEDIA_SRTP);
}

/* Every suite in order of preference, each under a key of its own. */
static bool offer_keys(struct sip_media *md, unsigned side, struct sip_line *line)
{
        for (unsigned s = 1; s < SRTP_SUITES; s++) {
                if (!sip_media_key(md, side, (enum srtp_suite)s))
                        return false;
                line->key[line->nkeys].tag = s;
                line->key[line->nkeys++].m = &md->own[side][s];
        }
        return true;
}

static bool same_offer(const struct sip_call *call, const struct sip_work *x)
{
        return x->again && call->offer_cseq[x->dir] == x->m->cseq;
}

/* Before anything was agreed the offerer's side is in force at once: early media must find it. */
static bool first_offer(struct sip_media *md, unsigned by)
{
        struct media_spec *spec = &md->spec;
        const struct sip_side *o = &md->offer[by];

        spec->kind = md->kind;
        spec->enforce_payloadtype = md->enforce_payloadtype && !o->more_pts;
        spec->side[by] = o->side;
        spec->side[!by] = (struct media_side){ .transport = o->side.transport, .latch = by == 1 };
        if (o->side.transport != MEDIA_OPAQUE)
                spec->side[!by].transport = md->offered_keys[by] ? MEDIA_SRTP : MEDIA_RTP;
        if (o->side.transport == MEDIA_SRTP)
                spec->side[by].tx = md->own[by][o->side.rx.suite];
        return sip_media_push(md) == 0;
}

static void note_spec(struct sip_work *x, struct sip_media *md, const struct sdp_media *m)
{
        const struct sip_map *map = x->c->params;

        md->kind = m->kind;
        md->spec.no_rtcp = x->c->phone && x->c->phone->no_rtcp;
        md->spec.conformance = map && map->rtp_conformance;
        md->enforce_payloadtype = map && map->enforce_payloadtype;
}

static bool offer_line(struct sip_work *x, unsigned i, struct sip_line *line)
{
        unsigned by = x->dir == DIR_C2S ? 0 : 1;
        const struct sdp_media *m = &x->sh->sdp.m[i];
        struct sip_media *md = x->call->media[i];
        struct sip_side o;
        bool ok;

        sip_side_of(x, i, by, &o);
        if (!md && !o.refused)
                md = sip_media_new(x, i);
        if (!md) {
                mem_wipe(&o, sizeof o);
                return false;
        }
        md->offer[by] = o;
        if (!same_offer(x->call, x))
                md->answer[x->fork < 0 ? 0 : x->fork].valid = false;
        mem_wipe(&o, sizeof o);
        if (md->offer[by].refused)
                return false;
        note_spec(x, md, m);
        md->offered_keys[by] = keys_towards(x, !by, &md->offer[by]);
        md->offered_proto[by] = (uint8_t)sip_proto_as(m->proto, md->offered_keys[by]);
        line->at = md->local[!by];
        line->proto = md->offered_proto[by];
        ok = (!md->offered_keys[by] || offer_keys(md, !by, line)) &&
             (md->offer[by].side.transport != MEDIA_SRTP ||
              sip_media_key(md, by, (enum srtp_suite)md->offer[by].side.rx.suite)) &&
             (md->agreed || same_offer(x->call, x) || first_offer(md, by));
        md->offer[by].refused = !ok;
        return ok;
}

/* A refused line tells a leg in clear text nothing of keys; its answer is put back as it was offered. */
enum sdp_proto sip_proto_refused(const struct sip_work *x, enum sdp_proto p)
{
        return inspect_private(x->c, x->dir == DIR_C2S ? 1 : 0) ? p : sip_proto_as(p, false);
}

void sip_anchor_offer(struct sip_work *x, struct sip_line *line)
{
        const struct sdp *s = &x->sh->sdp;
        unsigned by = x->dir == DIR_C2S ? 0 : 1;

        for (unsigned i = 0; i < s->nmedia; i++) {
                line[i] = (struct sip_line){ .proto = (uint8_t)s->m[i].proto };
                line[i].refuse = !offer_line(x, i, &line[i]);
                x->call->offer_proto[by][i] = (uint8_t)s->m[i].proto;
                if (!line[i].refuse)
                        continue;
                line[i].nkeys = 0;
                line[i].proto = (uint8_t)sip_proto_refused(x, s->m[i].proto);
        }
        x->call->offer_lines[by] = (uint8_t)s->nmedia;
        for (unsigned i = s->nmedia; i < x->call->nmedia; i++)
                if (x->call->media[i])
                        x->call->media[i]->offer[by] = (struct sip_side){ .valid = true, .refused = true };
        x->call->offer_cseq[by] = x->m->cseq;
}

void sip_offer_failed(struct sip_call *call, enum inspect_dir dir)
{
        unsigned by = dir == DIR_C2S ? 0 : 1;

        if (!call->anchored) {
                sip_streams_reverted(call);
                return;
        }
        for (unsigned i = 0; i < call->nmedia; i++) {
                struct sip_media *md = call->media[i];

                if (!md)
                        continue;
                mem_wipe(&md->offer[by], sizeof md->offer[by]);
                if (!md->agreed)
                        sip_media_free(md);
        }
}
