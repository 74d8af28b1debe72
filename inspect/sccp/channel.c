/* Messages of half-channels: the receiving one opens and closes, the sending one starts and stops. */
#include "inspect/sccp/sccp_int.h"

/* What could not be made must not stay half made. */
static enum sccp_fate undo(struct sccp_work *x, unsigned half)
{
        if (x->stream)
                sccp_stream_shut(x->stream, half);
        x->stream = NULL;
        return SCCP_DROP;
}

static enum sccp_fate push(struct sccp_work *x)
{
        if (sccp_relay_push(x->stream) == 0)
                return SCCP_FORWARD;
        sccp_count(x->c, SCCP_N_MEDIA_FULL);
        return sccp_drop(x, "the media session cannot be changed");
}

/* An address that nobody may be sent media at: where the phone is is learned then. */
static bool may_be_relayed(const struct endpoint *e)
{
        return e->a.fam && e->port && !addr_is_martian_source(&e->a);
}

/* ---- receiving ---- */

/* Music that the phone is only to hear has no other word of its speaker than this. */
static void spoken_from(struct sccp_work *x)
{
        struct sccp_stream *s = x->stream;
        const struct endpoint e = sccp_endpoint(x, 0, 0);

        s->source = may_be_relayed(&e) ? e : (struct endpoint){ 0 };
        if (!s->tx_open)
                s->spec.side[BY_PEER].remote = s->source;
}

static enum sccp_fate anchor_open(struct sccp_work *x)
{
        struct sccp_stream *s = x->stream;

        if (!sccp_relay(x) || sccp_key(x, BY_PHONE) != SCCP_FORWARD)
                return SCCP_DROP;
        spoken_from(x);
        s->rx_open = true;
        if (x->v.nips && x->v.ip[0].a.fam && sccp_write_endpoint(x, 0, 0, &s->local[BY_PHONE]) != SCCP_FORWARD)
                return SCCP_DROP;
        return push(x);
}

/* What goes on to nobody is answered in the phone's place: a call manager would wait, and the caller with it. */
static enum sccp_fate refuse_channel(struct sccp_work *x)
{
        const struct inspect_host *ops = x->c->ops;
        uint8_t ack[SCCP_OPEN_ACK_MAX];
        size_t n;

        if (!x->c->anchor || x->c->dry || !ops || !ops->answer || !x->v.has_party)
                return SCCP_DROP;
        n = sccp_open_refusal(ack, x->f->version, sccp_is_video(x->f), x->v.party, x->v.call);
        if (!ops->answer(x->c, x->dir, ack, n))
                sccp_count(x->c, SCCP_N_NO_ANSWER);
        return SCCP_DROP;
}

enum sccp_fate sccp_open_channel(struct sccp_work *x)
{
        if (!sccp_stream_make(x))
                return refuse_channel(x);
        x->stream->video = sccp_is_video(x->f);
        sccp_payloads(x);
        if (x->c->anchor && anchor_open(x) == SCCP_FORWARD)
                return SCCP_FORWARD;
        if (x->c->anchor) {
                undo(x, BY_PHONE);
                return refuse_channel(x);
        }
        x->stream->rx_open = true;
        return sccp_translate_field(x, 0, 0, 0);
}

/* Until it has been heard, a phone is where its connection comes from: what it calls itself at home leads nowhere. */
static struct endpoint reached_at(const struct sccp_work *x, const struct endpoint *e)
{
        if (!may_be_relayed(e))
                return (struct endpoint){ 0 };
        return (struct endpoint){ x->c->client.a, e->port };
}

/* Where the phone listens, by its own word; the call manager is told where its peer will be heard. */
static enum sccp_fate listens(struct sccp_work *x, uint16_t rtcp)
{
        struct sccp_stream *s = x->stream;
        struct endpoint e = sccp_endpoint(x, 0, 0);
        enum sccp_fate f;

        s->at[BY_PHONE] = e;
        s->far = !addr_eq(&e.a, &x->c->client.a);
        if (x->c->anchor) {
                s->spec.side[BY_PHONE].remote = reached_at(x, &e);
                f = push(x);
                return f == SCCP_FORWARD ? sccp_write_endpoint(x, 0, 0, &s->local[BY_PEER]) : f;
        }
        f = sccp_translate_field(x, sccp_group(x, BY_PHONE), 0, 0);
        if (f == SCCP_FORWARD)
                sccp_hole(x, BY_PHONE, &e, rtcp);
        return f;
}

/* Nothing opened it: nothing is opened for it. */
static enum sccp_fate of_no_stream(struct sccp_work *x)
{
        sccp_count(x->c, SCCP_N_NO_STREAM);
        if (x->c->anchor)
                return sccp_drop(x, "acknowledges no stream");
        return sccp_translate_field(x, 0, 0, 0);
}

static enum sccp_fate open_failed(struct sccp_work *x)
{
        const struct endpoint none = { 0 };
        enum sccp_fate f = x->c->anchor ? sccp_write_endpoint(x, 0, 0, &none) : sccp_translate_field(x, 0, 0, 0);

        sccp_stream_shut(x->stream, BY_PHONE);
        x->stream = NULL;
        return f;
}

enum sccp_fate sccp_open_ack(struct sccp_work *x)
{
        x->stream = sccp_stream_find(x);
        if (!x->stream || !x->stream->rx_open)
                return of_no_stream(x);
        return x->v.status ? open_failed(x) : listens(x, 0);
}

/* Before version 3 a phone listens where it once said, and acknowledges nothing. */
enum sccp_fate sccp_open_old(struct sccp_work *x)
{
        const struct endpoint e = { x->c->client.a, x->phone->rtp_port };

        if (x->c->anchor) {
                sccp_count(x->c, SCCP_N_NO_KEY_PLACE);
                return sccp_drop(x, "no room for keys");
        }
        if (!sccp_stream_make(x))
                return SCCP_DROP;
        x->stream->rx_open = true;
        x->stream->at[BY_PHONE] = e;
        sccp_hole(x, BY_PHONE, &e, 0);
        return SCCP_FORWARD;
}

enum sccp_fate sccp_ip_port(struct sccp_work *x)
{
        x->phone->rtp_port = (uint16_t)x->v.port[0].value;
        return SCCP_FORWARD;
}

/* ---- ports asked for ahead ---- */

enum sccp_fate sccp_port_req(struct sccp_work *x)
{
        if (!sccp_stream_make(x))
                return SCCP_DROP;
        x->stream->reserved = true;
        return SCCP_FORWARD;
}

enum sccp_fate sccp_port_res(struct sccp_work *x)
{
        struct endpoint rtcp = sccp_endpoint(x, 0, 1);
        enum sccp_fate f;

        x->stream = sccp_stream_find(x);
        if (!x->stream || (!x->stream->reserved && !x->stream->rx_open))
                return of_no_stream(x);
        if (x->c->anchor && !sccp_relay(x))
                return SCCP_DROP;
        f = listens(x, rtcp.port);
        if (f != SCCP_FORWARD || x->v.nports < 2 || !rtcp.port)
                return f;
        if (x->c->anchor)
                rtcp.port = (uint16_t)(x->stream->local[BY_PEER].port + 1);
        else if (!sccp_translate(x, 17, x->stream->group[BY_PHONE], &rtcp, &rtcp))
                rtcp.port = 0;
        sccp_put_u32(&x->out, x->v.port[1].at, rtcp.port);
        return SCCP_FORWARD;
}

enum sccp_fate sccp_port_close(struct sccp_work *x)
{
        struct sccp_stream *s = sccp_stream_find(x);

        if (s) {
                s->reserved = false;
                if (!s->rx_open)
                        sccp_stream_shut(s, BY_PHONE);
        }
        return SCCP_FORWARD;
}

/* ---- sending ---- */

static enum sccp_fate anchor_start(struct sccp_work *x, const struct endpoint *e)
{
        struct sccp_stream *s = x->stream;

        if (!may_be_relayed(e))
                return sccp_drop(x, "media to nowhere");
        if (!sccp_relay(x) || sccp_key(x, BY_PEER) != SCCP_FORWARD)
                return SCCP_DROP;
        s->tx_open = true;
        s->spec.side[BY_PEER].remote = *e;
        if (sccp_write_endpoint(x, 0, 0, &s->local[BY_PHONE]) != SCCP_FORWARD)
                return SCCP_DROP;
        return push(x);
}

enum sccp_fate sccp_start(struct sccp_work *x)
{
        struct endpoint e = sccp_endpoint(x, 0, 0);
        enum sccp_fate f;

        if (!sccp_stream_make(x))
                return SCCP_DROP;
        x->stream->video = sccp_is_video(x->f);
        x->stream->at[BY_PEER] = e;
        sccp_payloads(x);
        if (x->c->anchor)
                return anchor_start(x, &e) == SCCP_FORWARD ? SCCP_FORWARD : undo(x, BY_PEER);
        x->stream->tx_open = true;
        f = sccp_translate_field(x, sccp_group(x, BY_PEER), 0, 0);
        if (f == SCCP_FORWARD)
                sccp_hole(x, BY_PEER, &e, 0);
        return f;
}

enum sccp_fate sccp_start_ack(struct sccp_work *x)
{
        struct sccp_stream *s = x->stream = sccp_stream_find(x);

        if (!s || !s->tx_open)
                return of_no_stream(x);
        if (x->c->anchor)
                return sccp_write_endpoint(x, 0, 0, &s->local[BY_PEER]);
        return sccp_translate_field(x, s->group[BY_PHONE], 0, 0);
}

/* ---- ends ---- */

/* Media that came through its pinholes end with it. */
static void end_media(struct sccp_work *x, const struct sccp_stream *s, unsigned by)
{
        struct pinhole_req r = {
                .proto = 17, .from = by == BY_PHONE ? DIR_S2C : DIR_C2S, .src = s->at[!by], .dst = s->at[by]
        };

        if (x->c->dry || x->c->anchor || !r.dst.port || !x->c->ops || !x->c->ops->end_pinhole)
                return;
        for (unsigned i = 0; i < 2; i++) {
                x->c->ops->end_pinhole(x->c, &r);
                r.dst.port++;
                r.src.port = (uint16_t)(r.src.port ? r.src.port + 1 : 0);
        }
}

static void shut(struct sccp_work *x, struct sccp_stream *s, unsigned by)
{
        end_media(x, s, by);
        sccp_stream_shut(s, by);
}

/* Call managers before version 3 name the conference alone. */
static void shut_all(struct sccp_work *x, unsigned by)
{
        list_each_safe(it, tmp, &x->phone->streams) {
                struct sccp_stream *s = list_entry(it, struct sccp_stream, link);

                if (s->conf == x->v.conf && (by == BY_PHONE ? s->rx_open : s->tx_open))
                        shut(x, s, by);
        }
}

static enum sccp_fate ends(struct sccp_work *x, unsigned by)
{
        struct sccp_stream *s = sccp_stream_find(x);

        if (s && (by == BY_PHONE ? s->rx_open : s->tx_open))
                shut(x, s, by);
        else if (!x->v.has_party)
                shut_all(x, by);
        return SCCP_FORWARD;
}

enum sccp_fate sccp_close_channel(struct sccp_work *x)
{
        return ends(x, BY_PHONE);
}

enum sccp_fate sccp_stop(struct sccp_work *x)
{
        return ends(x, BY_PEER);
}

/* ---- what only speaks of them ---- */

/* The peer as the phone was told, back to what the call manager wrote. */
static enum sccp_fate back(struct sccp_work *x)
{
        struct sccp_stream *s = x->stream = sccp_stream_find(x);

        if (!s || !s->at[BY_PEER].a.fam)
                return sccp_drop(x, "speaks of no stream");
        return sccp_write_endpoint(x, 0, 0, &s->at[BY_PEER]);
}

enum sccp_fate sccp_failure(struct sccp_work *x)
{
        return x->c->anchor ? back(x) : sccp_translate_field(x, 0, 0, 0);
}

enum sccp_fate sccp_multicast(struct sccp_work *x)
{
        if (!x->c->anchor)
                return sccp_translate_field(x, 0, 0, 0);
        sccp_count(x->c, SCCP_N_MULTICAST);
        return sccp_drop(x, "multicast has no keys");
}

/* The call manager waits for an acknowledgement: it is told in the phone's place that there is no reception. */
enum sccp_fate sccp_multicast_open(struct sccp_work *x)
{
        const struct inspect_host *ops = x->c->ops;
        uint8_t ack[SCCP_MULTICAST_ACK];

        if (x->c->anchor && !x->c->dry && ops && ops->answer && x->v.has_party) {
                sccp_multicast_ack(ack, x->f->version, x->v.party, x->v.call);
                if (!ops->answer(x->c, x->dir, ack, sizeof ack))
                        sccp_count(x->c, SCCP_N_NO_ANSWER);
        }
        return sccp_multicast(x);
}

enum sccp_fate sccp_remote(struct sccp_work *x)
{
        struct endpoint e = sccp_endpoint(x, 0, 0);

        if (!x->c->anchor)
                return sccp_translate_field(x, 0, 0, 0);
        if (!e.a.fam)
                return SCCP_FORWARD;
        if (x->dir == DIR_C2S)
                return back(x);
        x->stream = sccp_stream_find(x);
        if (x->stream && x->stream->relay)
                return sccp_write_endpoint(x, 0, 0, &x->stream->local[BY_PHONE]);
        e.a = *sccp_own_seen(x);
        return sccp_write_endpoint(x, 0, 0, &e);
}
