/* Relays of a call: made with the first offer of an m-line, freed with its refusal or the call. */
#include <stdio.h>

#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

bool sip_proto_is_rtp(enum sdp_proto p)
{
        return p <= SDP_RTP_SAVPF;
}

enum sdp_proto sip_proto_as(enum sdp_proto p, bool secure)
{
        bool feedback = p == SDP_RTP_AVPF || p == SDP_RTP_SAVPF;

        if (!sip_proto_is_rtp(p))
                return p;
        if (secure)
                return feedback ? SDP_RTP_SAVPF : SDP_RTP_SAVP;
        return feedback ? SDP_RTP_AVPF : SDP_RTP_AVP;
}

/* ---- one ---- */

static bool open_relay(struct sip_work *x, struct sip_media *md)
{
        const struct inspect_host *ops = x->c->ops;
        uint64_t cookie = (uint64_t)pool_index(x->sh->media, md) << 32 | md->gen;

        return !x->c->dry && ops && ops->media_open && ops->media_update && ops->media_close && ops->random &&
               ops->media_open(x->c, x->call->call_id, cookie, md->local, &md->relay) == 0 && md->relay;
}

struct sip_media *sip_media_new(struct sip_work *x, unsigned index)
{
        struct sip_shared *sh = x->sh;
        struct sip_session *owner = x->call->session;
        struct sip_media *md = NULL;

        if (!owner || owner->nmedia < sip_limits_of(x->c).media)
                md = pool_get(sh->media);
        if (!md) {
                sip_count(x->c, SIP_N_MEDIA_FULL);
                return NULL;
        }
        md->gen = ++sh->gen;
        md->index = (uint8_t)index;
        md->call = x->call;
        if (x->call->anchored && !open_relay(x, md)) {
                sip_count(x->c, SIP_N_MEDIA_FULL);
                pool_put(sh->media, md);
                return NULL;
        }
        if (md->relay)
                sip_count(x->c, SIP_N_MEDIA);
        if (owner)
                owner->nmedia++;
        x->call->media[index] = md;
        x->call->nmedia = (uint8_t)MAX_OF((unsigned)x->call->nmedia, index + 1);
        return md;
}

void sip_media_free(struct sip_media *md)
{
        struct sip_shared *sh = md->call->sh;

        if (md->relay)
                sh->ops->media_close(sh->host_worker, md->relay);
        for (unsigned i = 0; i < 2; i++) {
                sip_group_close(sh, &md->group[i]);
                sip_group_close(sh, &md->next[i]);
        }
        if (md->call->session)
                md->call->session->nmedia--;
        md->call->media[md->index] = NULL;
        mem_wipe(md, sizeof *md);
        pool_put(sh->media, md);
}

bool sip_media_key(struct sip_media *md, unsigned side, enum srtp_suite s)
{
        const struct srtp_suite_info *info = srtp_suite_info(s);
        struct sip_shared *sh = md->call->sh;
        struct srtp_master *m = &md->own[side][s];

        if (m->suite)
                return true;
        if (!info || sh->ops->random(sh->host_worker, m->key, info->key_len) < 0 ||
            sh->ops->random(sh->host_worker, m->salt, info->salt_len) < 0)
                return false;
        m->suite = (uint8_t)s;
        return true;
}

/* ---- in force ---- */

static bool both_ways(const struct media_side *s)
{
        return s->sends && s->receives;
}

/* On hold nobody need say anything for as long as the dialog lives. */
static uint32_t idle_of(const struct sip_media *md)
{
        const struct sip_call *call = md->call;

        if (call->state == SIP_CALL_INIT)
                return call->t_provisional;
        for (unsigned i = 0; i < 2; i++)
                if (md->spec.side[i].known && !both_ways(&md->spec.side[i]))
                        return 0;
        return call->t_media;
}

int sip_media_push(struct sip_media *md)
{
        struct sip_shared *sh = md->call->sh;

        if (!md->relay)
                return 0;
        md->spec.idle_s = idle_of(md);
        md->idle_at = 0;
        return sh->ops->media_update(sh->host_worker, md->relay, &md->spec);
}

void sip_media_retime(struct sip_call *call)
{
        for (unsigned i = 0; i < call->nmedia; i++) {
                struct sip_media *md = call->media[i];

                if (md && md->relay && md->spec.idle_s != idle_of(md) && md->agreed)
                        sip_media_push(md);
        }
}

/* ---- what a side says of itself ---- */

/* The call goes on without it: nobody would know why one hears nothing. The message is told once a second. */
void sip_media_untaken(struct sip_work *x, unsigned i, const char *why)
{
        char text[120];

        snprintf(text, sizeof text, "m= line %u refused: %s", i + 1, why);
        sip_count(x->c, SIP_N_MEDIA_UNTAKEN);
        sip_debug_message(x, text);
        if (x->c->phone)
                debug_line(x->c->log, DBG_PP_MEDIA_ERRORS, "PP: %s", text);
        sip_log_hushed(&x->sh->log_media, x->c, x->dir, x->m, "Refused media of", text);
}

/* NULL: it can be carried. */
static const char *transport_of(struct sip_work *x, const struct sdp_media *m, unsigned side, struct sip_side *out)
{
        bool secure_leg = inspect_private(x->c, side), keys = m->ncrypto && secure_leg;
        const char *no_key = m->crypto_fault ? m->crypto_fault : "no key";

        switch (m->proto) {
        case SDP_RTP_SAVP:
        case SDP_RTP_SAVPF:
                out->side.transport = MEDIA_SRTP;
                return keys ? NULL : secure_leg ? no_key : "keys in clear text";
        case SDP_RTP_AVP:
        case SDP_RTP_AVPF:
                out->side.transport = keys ? MEDIA_SRTP : MEDIA_RTP;
                if (keys || side || !secure_leg)
                        return NULL;
                sip_count(x->c, SIP_N_MEDIA_CLEAR);
                return m->crypto_fault ? m->crypto_fault : "media without encryption";
        case SDP_UDPTL:
        case SDP_UDP_OTHER:
                out->side.transport = MEDIA_OPAQUE;
                return NULL;
        case SDP_DTLS:
                return "keys by DTLS";
        case SDP_OTHER:
                break;
        }
        return "not over UDP";
}

static bool zero_addr(const struct addr *a)
{
        return a->fam == ADDR_V4 ? !a->v4 : a->fam == ADDR_V6 && !(a->w[0] | a->w[1] | a->w[2] | a->w[3]);
}

/* Media towards oneself, everybody or nobody is never relayed, and the relay speaks IPv4 only. NULL: it may be. */
static const char *place_of(const struct endpoint *e)
{
        if (!e->a.fam)
                return "no address in c=";
        if (zero_addr(&e->a))
                return NULL;
        if (e->a.fam == ADDR_V6)
                return "IPv6 address in c=";
        return addr_is_martian_source(&e->a) ? "an address in c= that is no host's" : NULL;
}

void sip_side_of(struct sip_work *x, unsigned i, unsigned side, struct sip_side *out)
{
        const struct sdp *s = &x->sh->sdp;
        const struct sdp_media *m = &s->m[i];
        struct media_side *to = &out->side;

        *out = (struct sip_side){ .proto = (uint8_t)m->proto, .valid = true };
        to->remote = sdp_media_rtp(s, i);
        to->known = true;
        to->latch = side == 0;
        to->rtcp_mux = m->rtcp_mux;
        to->sends = m->dir == SDP_SENDRECV || m->dir == SDP_SENDONLY;
        to->receives = m->dir == SDP_SENDRECV || m->dir == SDP_RECVONLY;
        to->npts = (uint8_t)MIN_OF(m->npts, MEDIA_PTS_MAX);
        memcpy(to->pts, m->pts, to->npts * sizeof to->pts[0]);
        out->more_pts = m->more_pts;
        if (m->rtcp_line.n)
                to->remote_rtcp = sdp_media_rtcp(s, i);
        out->zero = zero_addr(&to->remote.a);
        if (out->zero)
                to->receives = false;
        if (m->port) {
                out->why = transport_of(x, m, side, out);
                if (!out->why)
                        out->why = place_of(&to->remote);
        }
        out->refused = !m->port || out->why;
        if (out->why)
                sip_media_untaken(x, i, out->why);
        if (!out->refused && to->transport == MEDIA_SRTP) {
                to->rx = m->crypto[0].m;
                out->tag = m->crypto[0].tag;
                out->unpadded = !m->crypto[0].padded;
        }
}
