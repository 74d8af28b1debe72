/* Relays of streams. Towards the phone with keys of ours, unless its TLS does not encrypt; towards the cluster as its
 * call manager says. */
#include "inspect/sccp/sccp_int.h"

#include <stdio.h>

#include "platform/base/mem.h"

/* ---- one ---- */

static bool open_relay(struct sccp_work *x)
{
        const struct inspect_host *ops = x->c->ops;
        struct sccp_stream *s = x->stream;
        uint64_t cookie = (uint64_t)pool_index(x->sh->streams, s) << 32 | s->gen;
        char call[64];

        if (x->c->dry || !ops || !ops->media_open || !ops->media_update || !ops->media_close || !ops->random)
                return false;
        snprintf(call, sizeof call, "%s/%08x-%08x", x->phone->device[0] ? x->phone->device : "skinny", s->conf,
                 s->party);
        return ops->media_open(x->c, call, cookie, s->local, &s->relay) == 0 && s->relay;
}

void sccp_relay_is(struct sccp_work *x)
{
        const struct phone_params *p = x->c->phone;
        struct media_spec *m = &x->stream->spec;

        m->no_rtcp = p && p->no_rtcp;
        m->conformance = x->map->rtp_conformance;
        m->idle_s = x->map->t_media;
        m->side[BY_PHONE].transport = inspect_private(x->c, 0) ? MEDIA_SRTP : MEDIA_RTP;
        m->side[BY_PEER].transport = MEDIA_RTP;
        for (unsigned i = 0; i < 2; i++)
                m->side[i].known = true;
        m->side[BY_PHONE].latch = true;
        m->side[BY_PEER].any_port = true;
}

bool sccp_relay(struct sccp_work *x)
{
        if (x->stream->relay)
                return true;
        if (!open_relay(x)) {
                sccp_count(x->c, SCCP_N_MEDIA_FULL);
                x->why = "no media session";
                return false;
        }
        sccp_relay_is(x);
        sccp_count(x->c, SCCP_N_MEDIA);
        return true;
}

int sccp_relay_push(struct sccp_stream *s)
{
        struct media_side *side = s->spec.side;

        if (!s->relay)
                return 0;
        side[BY_PHONE].receives = side[BY_PEER].sends = s->rx_open;
        side[BY_PHONE].sends = side[BY_PEER].receives = s->tx_open;
        side[BY_PEER].latch = !side[BY_PEER].remote.a.fam; /* nobody said who speaks: learned, as behind NAT */
        return s->sh->ops->media_update(s->sh->host_worker, s->relay, &s->spec);
}

/* ---- keys ---- */

static enum sccp_fate refuse(struct sccp_work *x, enum sccp_counter n, const char *why)
{
        sccp_count(x->c, n);
        return sccp_drop(x, why);
}

static bool make_key(const struct sccp_work *x, enum srtp_suite suite, struct srtp_master *m)
{
        const struct srtp_suite_info *info = srtp_suite_info(suite);
        const struct inspect_host *ops = x->c->ops;

        *m = (struct srtp_master){ .suite = (uint8_t)suite };
        return ops->random(x->sh->host_worker, m->key, info->key_len) == 0 &&
               ops->random(x->sh->host_worker, m->salt, info->salt_len) == 0;
}

/* The two halves towards the cluster are both clear, or both encrypted. */
static bool fits_other_half(const struct sccp_stream *s, unsigned half, bool keyed)
{
        const struct media_side *peer = &s->spec.side[BY_PEER];
        bool open = half == BY_PHONE ? s->tx_open : s->rx_open;
        const struct srtp_master *other = half == BY_PHONE ? &peer->tx : &peer->rx;

        return !open || (other->suite != SRTP_SUITE_NONE) == keyed;
}

enum sccp_fate sccp_key(struct sccp_work *x, unsigned half)
{
        struct media_side *side = x->stream->spec.side;
        struct srtp_master *ours = half == BY_PHONE ? &side[BY_PHONE].tx : &side[BY_PHONE].rx;
        struct srtp_master *theirs = half == BY_PHONE ? &side[BY_PEER].rx : &side[BY_PEER].tx;
        const struct sccp_keys *k = &x->v.keys;
        bool keyed = k->at && k->algorithm != SCCP_ALG_NONE;

        if (inspect_private(x->c, 0) && !k->at)
                return refuse(x, SCCP_N_NO_KEY_PLACE, "no room for keys");
        mem_wipe(theirs, sizeof *theirs);
        if ((keyed && !sccp_keys_master(k, theirs)) || !fits_other_half(x->stream, half, keyed))
                return refuse(x, SCCP_N_KEYS, "keys that the box does not speak");
        side[BY_PEER].transport = keyed ? MEDIA_SRTP : MEDIA_RTP;
        if (!inspect_private(x->c, 0)) {
                sccp_put_keys(&x->out, k, NULL);
                return SCCP_FORWARD;
        }
        if (!make_key(x, keyed ? (enum srtp_suite)theirs->suite : SRTP_AES_CM_128_32, ours))
                return refuse(x, SCCP_N_MEDIA_FULL, "no random numbers for a key");
        sccp_put_keys(&x->out, k, ours);
        return SCCP_FORWARD;
}

/* ---- payload types ---- */

static void add_type(struct media_spec *m, uint8_t pt, const char *name, bool event)
{
        struct media_pt *p = &m->pts[m->npts];

        for (unsigned i = 0; i < m->npts; i++)
                if (m->pts[i].pt == pt)
                        return;
        if (m->npts == MEDIA_PTS_MAX)
                return;
        *p = (struct media_pt){ .pt = pt, .event = event, .clock = 8000 };
        snprintf(p->name, sizeof p->name, "%s", name);
        m->npts++;
}

/* What a dynamic codec is sent as is not said: nothing is enforced then. */
void sccp_payloads(struct sccp_work *x)
{
        struct media_spec *m = &x->stream->spec;
        const char *name = NULL;
        int pt = x->v.has_payload && !x->stream->video ? sccp_rtp_type(x->v.payload, &name) : -1;

        x->stream->keyed = x->v.keys.at && x->v.keys.algorithm;
        m->kind = x->stream->video ? MEDIA_VIDEO : MEDIA_AUDIO;
        if (!x->stream->rx_open || !x->stream->tx_open) {
                m->npts = 0;
                m->enforce_payloadtype = x->map->enforce_payloadtype;
        }
        if (pt < 0)
                m->enforce_payloadtype = false;
        else
                add_type(m, (uint8_t)pt, name, false);
        if (x->v.rfc2833 && x->v.rfc2833 < 128)
                add_type(m, (uint8_t)x->v.rfc2833, "tel-event", true);
}
