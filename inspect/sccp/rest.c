/*
 * A relay rests for a moment when its stream has ended, and the phone's next stream takes it over. The router of a
 * phone at home lets in only what comes from where the phone has sent to: music on hold and announcements, which the
 * phone only hears, reach it at the ports of the stream before. Nothing is relayed meanwhile. docs/sccp.md.
 */
#include "inspect/sccp/sccp_int.h"

static void on_rested(struct tmr *t, uint64_t now_ms)
{
        (void)now_ms;
        sccp_stream_end(container_of(t, struct sccp_stream, rest));
}

bool sccp_rest(struct sccp_stream *s, struct sccp_phone *p)
{
        if (!p || !s->relay || !s->far || s->video)
                return false;
        s->spec.side[BY_PEER].remote = s->local[BY_PEER]; /* nobody: who spoke there is forgotten */
        if (sccp_relay_push(s) < 0)
                return false;
        sccp_rest_end(p);
        p->rested = s;
        s->rests_of = p;
        s->rest.fn = on_rested;
        tmr_set(s->sh->wheel, &s->rest, SCCP_REST_MS);
        return true;
}

/* It begins anew, but for where its ends are. */
struct sccp_stream *sccp_rest_take(struct sccp_phone *p)
{
        struct sccp_stream *s = p->rested, was;

        if (!s)
                return NULL;
        tmr_cancel(s->sh->wheel, &s->rest);
        p->rested = NULL;
        was = *s;
        *s = (struct sccp_stream){ .sh = was.sh, .gen = was.gen, .relay = was.relay, .far = was.far };
        s->local[BY_PHONE] = was.local[BY_PHONE];
        s->local[BY_PEER] = was.local[BY_PEER];
        return s;
}

void sccp_rest_forget(struct sccp_stream *s)
{
        tmr_cancel(s->sh->wheel, &s->rest);
        if (s->rests_of)
                s->rests_of->rested = NULL;
}

void sccp_rest_end(struct sccp_phone *p)
{
        if (p->rested)
                sccp_stream_end(p->rested);
}
