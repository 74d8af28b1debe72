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

/* The first m-line that lives. */
void sip_history_media(struct sip_work *x)
{
        const struct sdp *s = &x->sh->sdp;
        unsigned i = 0;

        while (i + 1 < s->nmedia && !s->m[i].port)
                i++;
        if (i >= s->nmedia)
                return;
        x->said_line = i;
        x->said = x->shown = sdp_media_rtp(s, i);
        x->hold = s->m[i].c.zero || (!s->m[i].c.present && s->c.zero) || s->m[i].dir != SDP_SENDRECV;
}

/* Held: what was said last of its media says so. */
static enum call_state state_of(const struct sip_work *x)
{
        static const uint8_t as[] = {
                [SIP_CALL_INIT] = CALL_SETUP, [SIP_CALL_ACTIVE] = CALL_ACTIVE, [SIP_CALL_TERMINATING] = CALL_ENDING
        };

        if (x->said.port && x->call->state == SIP_CALL_ACTIVE)
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
        if (x->said.port) {
                e.said = x->said;
                e.shown = x->shown;
                e.hold = x->hold;
        }
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
