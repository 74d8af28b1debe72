/* Streams: both half-channels of a passThroughPartyId of one session. When they begin, when they end. */
#include "inspect/sccp/sccp_int.h"

#include "platform/base/mem.h"

/* ---- finding ---- */

struct party_key {
        uint64_t phone;
        uint32_t party, pad;
};

static uint64_t key_of(const struct sccp_shared *sh, const struct sccp_phone *p, uint32_t party)
{
        const struct party_key k = { .phone = pool_index(sh->phones, p), .party = party };

        return hash_bytes(&k, sizeof k, sh->seed[0]);
}

/* An old acknowledgement names no call; one that names another call means another stream. */
static bool same_call(const struct sccp_stream *s, const struct sccp_fields *v)
{
        return !v->has_call || !v->call || !s->call || s->call == v->call;
}

struct sccp_stream *sccp_stream_find(const struct sccp_work *x)
{
        if (!x->v.has_party)
                return NULL;
        hash_each_match(n, &x->sh->stream_by_party, key_of(x->sh, x->phone, x->v.party)) {
                struct sccp_stream *s = container_of(n, struct sccp_stream, node);

                if (s->phone == x->phone && s->party == x->v.party && same_call(s, &x->v))
                        return s;
        }
        return NULL;
}

/* ---- beginning ---- */

static struct sccp_stream *stream_get(struct sccp_work *x)
{
        uint32_t most = x->c->phone ? SCCP_PHONE_STREAMS : SCCP_BRIDGE_STREAMS;
        struct sccp_stream *s = x->c->anchor && !sccp_is_video(x->f) ? sccp_rest_take(x->phone) : NULL;

        if (s)
                return s;
        s = x->phone->nstreams < most ? pool_get(x->sh->streams) : NULL;
        if (!s)
                return NULL;
        s->sh = x->sh;
        s->gen = ++x->sh->gen;
        return s;
}

static struct sccp_stream *stream_new(struct sccp_work *x)
{
        struct sccp_shared *sh = x->sh;
        struct sccp_stream *s = stream_get(x);

        if (!s)
                return NULL;
        s->phone = x->phone;
        s->party = x->v.party;
        s->t_media = x->map->t_media;
        hash_add(&sh->stream_by_party, &s->node, key_of(sh, x->phone, s->party));
        list_add_tail(&x->phone->streams, &s->link);
        x->phone->nstreams++;
        sccp_count(x->c, SCCP_N_STREAMS);
        return s;
}

struct sccp_stream *sccp_stream_make(struct sccp_work *x)
{
        x->stream = sccp_stream_find(x);
        if (!x->stream) {
                x->stream = stream_new(x);
                if (x->stream && x->stream->relay)
                        sccp_relay_is(x);
        }
        if (!x->stream) {
                sccp_count(x->c, SCCP_N_STREAM_FULL);
                x->why = "too many streams";
                return NULL;
        }
        x->stream->conf = x->v.conf;
        if (x->v.has_call && x->v.call)
                x->stream->call = x->v.call;
        return x->stream;
}

/* ---- end ---- */

static void unlink_phone(struct sccp_stream *s)
{
        if (!s->phone)
                return;
        hash_del(&s->sh->stream_by_party, &s->node);
        list_del(&s->link);
        s->phone->nstreams--;
        s->phone = NULL;
}

void sccp_stream_end(struct sccp_stream *s)
{
        struct sccp_shared *sh = s->sh;

        unlink_phone(s);
        sccp_rest_forget(s);
        for (unsigned by = 0; by < 2; by++)
                sccp_groups_close(s, by);
        if (s->relay)
                sh->ops->media_close(sh->host_worker, s->relay);
        mem_wipe(s, sizeof *s);
        pool_put(sh->streams, s);
}

static void both_shut(struct sccp_stream *s)
{
        struct sccp_phone *p = s->phone;

        unlink_phone(s);
        if (!sccp_rest(s, p))
                sccp_stream_end(s);
}

void sccp_stream_shut(struct sccp_stream *s, unsigned by)
{
        struct media_side *phone = &s->spec.side[BY_PHONE], *peer = &s->spec.side[BY_PEER];

        if (by == BY_PHONE) {
                s->rx_open = false;
                mem_wipe(&phone->tx, sizeof phone->tx);
                mem_wipe(&peer->rx, sizeof peer->rx);
        } else {
                s->tx_open = false;
                mem_wipe(&phone->rx, sizeof phone->rx);
                mem_wipe(&peer->tx, sizeof peer->tx);
        }
        if (by == BY_PHONE)
                s->source = (struct endpoint){ 0 };
        s->at[by] = (struct endpoint){ 0 };
        s->spec.side[by].remote = by == BY_PEER ? s->source : (struct endpoint){ 0 };
        sccp_groups_close(s, by);
        if (!s->rx_open && !s->tx_open && !s->reserved)
                both_shut(s);
        else if (sccp_relay_push(s) < 0)
                sccp_stream_end(s);
}

void sccp_streams_end(struct sccp_phone *p)
{
        sccp_history_end(p);
        sccp_rest_end(p);
        list_each_safe(it, tmp, &p->streams)
                sccp_stream_end(list_entry(it, struct sccp_stream, link));
}

/* The connection is lost: the phone keeps its call, and its media go on until they have been silent. */
void sccp_streams_orphan(struct sccp_phone *p)
{
        sccp_history_end(p);
        sccp_rest_end(p);
        list_each_safe(it, tmp, &p->streams) {
                struct sccp_stream *s = list_entry(it, struct sccp_stream, link);

                if (s->relay && s->spec.idle_s && (s->rx_open || s->tx_open))
                        unlink_phone(s);
                else
                        sccp_stream_end(s);
        }
}

void sccp_media_event(void *shared, uint64_t cookie, uint8_t side, enum media_event ev, const struct media_stat *stat)
{
        struct sccp_shared *sh = shared;
        uint32_t idx = (uint32_t)(cookie >> 32);
        struct sccp_stream *s =
                idx < SCCP_STREAMS_MAX && pool_live(sh->streams, idx) ? pool_at(sh->streams, idx) : NULL;

        (void)side, (void)stat;
        if (!s || s->gen != (uint32_t)cookie || !s->relay)
                return;
        if (ev == MEDIA_EV_TIMEOUT || ev == MEDIA_EV_KEY_LIMIT || ev == MEDIA_EV_CLEARED)
                sccp_stream_end(s);
}
