/* What is told of calls for `show call`: one event a message, parties by their addresses of record. */
#include "inspect/sip/sip_int.h"

#include <stdio.h>

static void party(const struct sip_work *x, enum sip_hdr id, char out[CALL_PARTY_MAX])
{
        const struct sip_header *h = sip_header_at(x->m, id, 0);
        struct sip_nameaddr a;
        struct str s;

        out[0] = 0;
        if (!h || !sip_nameaddr_parse(&a, h->value))
                return;
        s = a.uri.user.n ? a.uri.user : a.uri.hostport;
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] == ':' && a.uri.user.n)
                        s.n = i; /* what follows is a password */
        str_escape(out, CALL_PARTY_MAX, s.p, s.n);
}

/* The message made the call. */
void sip_history_open(struct sip_work *x)
{
        const struct inspect_host *ops = x->c->ops;
        struct call_about about;

        if (x->c->dry || !ops || !ops->call_open)
                return;
        str_escape(about.name, sizeof about.name, x->m->call_id.p, x->m->call_id.n);
        party(x, SIP_H_FROM, about.from);
        party(x, SIP_H_TO, about.to);
        x->history = x->call->history = ops->call_open(x->c, &about);
}

static bool is_held(const struct sdp *s, const struct sdp_media *m)
{
        return m->c.zero || (!m->c.present && s->c.zero) || m->dir != SDP_SENDRECV;
}

/* The m-lines that live; a call is held when the first of them is. */
void sip_history_media(struct sip_work *x)
{
        const struct sdp *s = &x->sh->sdp;

        x->nstreams = 0;
        for (unsigned i = 0; i < s->nmedia && x->nstreams < CALL_STREAMS; i++) {
                struct endpoint at = sdp_media_rtp(s, i);

                if (!at.port)
                        continue;
                if (!x->nstreams)
                        x->hold = is_held(s, &s->m[i]);
                x->stream_line[x->nstreams] = (uint8_t)i;
                x->stream[x->nstreams++] = (struct call_stream){ .kind = s->m[i].kind, .said = at, .shown = at };
        }
}

void sip_history_shown(struct sip_work *x, unsigned line, const struct endpoint *at)
{
        for (unsigned k = 0; k < x->nstreams; k++)
                if (x->stream_line[k] == line)
                        x->stream[k].shown = *at;
}

/* Held: what was said last of its media says so. */
static enum call_state state_of(const struct sip_work *x)
{
        static const uint8_t as[] = {
                [SIP_CALL_INIT] = CALL_SETUP, [SIP_CALL_ACTIVE] = CALL_ACTIVE, [SIP_CALL_TERMINATING] = CALL_ENDING
        };

        if (x->nstreams && x->call->state == SIP_CALL_ACTIVE)
                x->call->held = x->hold;
        return x->call->held && x->call->state == SIP_CALL_ACTIVE ? CALL_HELD : as[x->call->state];
}

/* A number, or the name of a method, is all that is kept of the start line. */
void sip_history_note(const struct sip_work *x, enum sip_fate f)
{
        const struct inspect_host *ops = x->c->ops;
        struct call_event e = { .dir = (uint8_t)x->dir, .dropped = f != SIP_FORWARD, .again = x->again };
        char method[20];

        if (!x->history || !ops || !ops->call_event)
                return;
        str_escape(method, sizeof method, x->m->method_text.p, x->m->method_text.n);
        if (x->m->request)
                snprintf(e.label, sizeof e.label, "%s", method);
        else
                snprintf(e.label, sizeof e.label, "%u %s", x->m->status, method);
        e.hold = x->nstreams && x->hold;
        e.nstreams = (uint8_t)x->nstreams;
        memcpy(e.stream, x->stream, sizeof e.stream);
        ops->call_event(x->sh->host_worker, x->history, &e);
        if (x->call)
                sip_history_state(x->call, state_of(x));
}

void sip_history_state(const struct sip_call *call, enum call_state st)
{
        const struct inspect_host *ops = call->sh->ops;

        if (call->history && ops && ops->call_state)
                ops->call_state(call->sh->host_worker, call->history, st);
}
