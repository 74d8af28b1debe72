/*
 * Answers where media is relayed here: what the answerer says meets what the offerer said, and both sides of the
 * relay are in force before the answer goes on. Early dialogs are told apart; the first 2xx decides.
 */
#include <strings.h>

#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

static unsigned slot_of(const struct sip_work *x)
{
        return x->fork < 0 ? 0 : (unsigned)x->fork;
}

/* Another branch than the one that won has no say any more. */
static bool lost(const struct sip_work *x)
{
        return x->call->winner >= 0 && x->fork >= 0 && x->fork != x->call->winner;
}

/* The line of a list that the answer takes up: same tag, same suite. */
static bool choose(const struct sdp_media *m, struct sip_media *md, unsigned side, struct sip_side *a)
{
        for (unsigned i = 0; i < m->ncrypto; i++) {
                const struct sdp_crypto *c = &m->crypto[i];

                if (c->tag != c->m.suite || !md->own[side][c->m.suite].suite)
                        continue;
                a->side.rx = c->m;
                a->side.tx = md->own[side][c->m.suite];
                a->tag = c->tag;
                return true;
        }
        return false;
}

/* What was offered bounds what may be answered; the phone never falls back to clear media. */
static bool acceptable(const struct sdp_media *m, struct sip_media *md, unsigned side, struct sip_side *a)
{
        bool keys = md->offered_keys[!side];

        if (a->refused || !sip_proto_is_rtp((enum sdp_proto)a->proto) ||
            !sip_proto_is_rtp((enum sdp_proto)md->offered_proto[!side]))
                return !a->refused && a->proto == md->offered_proto[!side];
        if (keys && a->side.transport == MEDIA_SRTP)
                return choose(m, md, side, a);
        if (keys)
                return side == 1;
        if (a->proto == SDP_RTP_SAVP || a->proto == SDP_RTP_SAVPF)
                return false;
        a->side.transport = MEDIA_RTP;
        memset(&a->side.rx, 0, sizeof a->side.rx);
        return true;
}

static void answer_text(struct sip_media *md, unsigned by, struct sip_line *line)
{
        const struct sip_side *o = &md->offer[by];

        line->at = md->local[by];
        line->proto = o->proto;
        if (o->side.transport != MEDIA_SRTP)
                return;
        line->key[0].tag = o->tag;
        line->key[0].unpadded = o->unpadded;
        line->key[0].m = &md->own[by][o->side.rx.suite];
        line->nkeys = 1;
}

static bool takes(const struct media_side *s, const struct media_pt *p)
{
        for (unsigned i = 0; i < s->npts; i++) {
                const struct media_pt *o = &s->pts[i];

                if (p->name[0] ? !strcasecmp(o->name, p->name) && o->clock == p->clock : o->pt == p->pt)
                        return true;
        }
        return false;
}

/* What was offered and not answered is not sent (RFC 3264, 6.1); formats are the same by name, not by number. */
static void keep_answered(struct media_side *offer, const struct media_side *answer)
{
        unsigned n = 0;

        for (unsigned i = 0; i < offer->npts; i++)
                if (takes(answer, &offer->pts[i]))
                        offer->pts[n++] = offer->pts[i];
        offer->npts = n ? (uint8_t)n : offer->npts;
}

/* Both sides in force. */
static bool agree(struct sip_media *md, unsigned by, const struct sip_side *a)
{
        struct media_spec *spec = &md->spec;
        const struct sip_side *o = &md->offer[by];

        spec->kind = md->kind;
        spec->enforce_payloadtype = md->enforce_payloadtype && !o->more_pts && !a->more_pts;
        spec->side[by] = o->side;
        spec->side[!by] = a->side;
        keep_answered(&spec->side[by], &spec->side[!by]);
        if (o->side.transport == MEDIA_SRTP)
                spec->side[by].tx = md->own[by][o->side.rx.suite];
        spec->side[0].rtcp_mux = spec->side[1].rtcp_mux = o->side.rtcp_mux && a->side.rtcp_mux;
        md->agreed = true;
        return sip_media_push(md) == 0;
}

static bool in_step(const struct sip_work *x, unsigned by)
{
        return x->late || x->call->offer_cseq[by] == x->m->cseq;
}

/* An answer before the end of a re-INVITE does not change what is in force. */
static bool counts(const struct sip_work *x, const struct sip_media *md, unsigned by, bool final)
{
        return !lost(x) && (final || !md->agreed || x->call->state == SIP_CALL_INIT) && in_step(x, by);
}

static bool answer_line(struct sip_work *x, unsigned i, bool final, struct sip_line *line)
{
        unsigned side = x->dir == DIR_C2S ? 0 : 1, by = !side;
        const struct sdp_media *m = &x->sh->sdp.m[i];
        struct sip_media *md = i < x->call->nmedia ? x->call->media[i] : NULL;
        struct sip_side *a;

        if (i < x->call->offer_lines[by] && sip_proto_is_rtp(m->proto) &&
            sip_proto_is_rtp((enum sdp_proto)x->call->offer_proto[by][i]))
                line->proto = x->call->offer_proto[by][i];
        if (!md || !md->offer[by].valid)
                return false;
        a = &md->answer[slot_of(x)];
        sip_side_of(x, i, side, a);
        if (!a->refused && !md->offer[by].refused && !acceptable(m, md, side, a)) {
                a->refused = true;
                sip_media_untaken(x, i, "the answer does not fit the offer");
        }
        a->refused |= md->offer[by].refused;
        if (a->refused)
                return false;
        answer_text(md, by, line);
        if (!counts(x, md, by, final))
                return true;
        return agree(md, by, a);
}

/* Lines that this answer ends: refused by either side, or not there any more. */
static void close_refused(struct sip_work *x, unsigned by, const struct sip_line *line)
{
        for (unsigned i = 0; i < x->call->nmedia; i++) {
                struct sip_media *md = x->call->media[i];

                if (md && md->offer[by].valid && (i >= x->sh->sdp.nmedia || line[i].refuse))
                        sip_media_free(md);
        }
}

void sip_anchor_answer(struct sip_work *x, bool final, struct sip_line *line)
{
        unsigned by = x->dir == DIR_C2S ? 1 : 0;
        const struct sdp *s = &x->sh->sdp;

        for (unsigned i = 0; i < s->nmedia; i++) {
                line[i] = (struct sip_line){ .proto = (uint8_t)s->m[i].proto };
                line[i].refuse = !answer_line(x, i, final, &line[i]);
                if (line[i].refuse)
                        line[i].nkeys = 0;
        }
        if (final && !lost(x) && in_step(x, by))
                close_refused(x, by, line);
}

void sip_answer_settled(struct sip_work *x, enum inspect_dir offerer)
{
        unsigned by = offerer == DIR_C2S ? 0 : 1;

        if (lost(x) || !in_step(x, by))
                return;
        for (unsigned i = 0; i < x->call->nmedia; i++) {
                struct sip_media *md = x->call->media[i];
                const struct sip_side *a = md ? &md->answer[slot_of(x)] : NULL;

                if (!md || !md->offer[by].valid || !a->valid)
                        continue;
                if (a->refused || !agree(md, by, a))
                        sip_media_free(md);
        }
}
