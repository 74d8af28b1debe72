/* What an operator sees of SIP: `show sip`, debug lines, 607xxx messages, counters. */
#include <stdio.h>

#include "inspect/sip/sip_int.h"

static const char *const counter_name[] = {
#define SIP_COUNTER(id, name) [SIP_N_##id] = name,
#include "inspect/sip/counter.def"
#undef SIP_COUNTER
};

void sip_count(struct inspect_ctx *c, unsigned which)
{
        inspect_count(c, counter_name[which], 1);
}

/* ---- show sip ---- */

static const char *state_text(const struct sip_call *call)
{
        static const char *const text[] = {
                [SIP_CALL_INIT] = "Call init",
                [SIP_CALL_ACTIVE] = "Active",
                [SIP_CALL_TERMINATING] = "Call terminating",
        };

        return text[call->state];
}

static void row_media(struct sip_call_row *r, const struct sip_media *md)
{
        unsigned n = r->nmedia++;

        r->media[n] = md->relay;
        for (unsigned i = 0; i < 2; i++) {
                r->local[n][i] = md->local[i];
                r->remote[n][i] = md->spec.side[i].remote;
                r->rx_key[n][i] = md->spec.side[i].rx.suite != SRTP_SUITE_NONE;
                r->tx_key[n][i] = md->spec.side[i].tx.suite != SRTP_SUITE_NONE;
        }
}

static void row_of(struct sip_call_row *r, const struct sip_call *call, uint64_t now_ms)
{
        *r = (struct sip_call_row){ .state = state_text(call), .session_id = call->session_id };
        str_escape(r->call_id, sizeof r->call_id, call->call_id, strlen(call->call_id));
        r->idle_ms = now_ms > call->last_ms ? now_ms - call->last_ms : 0;
        for (unsigned i = 0; i < call->nmedia && r->nmedia < ARRAY_LEN(r->media); i++)
                if (call->media[i] && call->media[i]->relay)
                        row_media(r, call->media[i]);
}

#define WALK_STEPS 4096u /* places looked at per call, live or not */

unsigned sip_walk(const void *shared, uint32_t *cursor, struct sip_call_row *rows, unsigned max, bool *end)
{
        const struct sip_shared *sh = shared;
        uint32_t high = pool_high(sh->calls), i = *cursor;
        unsigned n = 0, steps = 0;

        for (; i < high && n < max && steps < WALK_STEPS; i++, steps++)
                if (pool_live(sh->calls, i))
                        row_of(&rows[n++], pool_at(sh->calls, i), sh->now_ms);
        *cursor = i;
        *end = i >= high;
        return n;
}

uint32_t sip_calls(const void *shared)
{
        return pool_used(((const struct sip_shared *)shared)->calls);
}

void sip_clear(void *shared)
{
        struct sip_shared *sh = shared;

        for (uint32_t i = 0; i < pool_high(sh->calls); i++)
                if (pool_live(sh->calls, i))
                        sip_call_end(pool_at(sh->calls, i));
}

void sip_describe(const void *state, struct wbuf *w)
{
        const struct sip_session *s = state;

        wbuf_printf(w, "calls=%u transactions=%u client-messages=%llu server-messages=%llu", s->ncalls,
                    s->ntxns[0] + s->ntxns[1], (unsigned long long)s->messages[DIR_C2S],
                    (unsigned long long)s->messages[DIR_S2C]);
}

/* ---- debug sip ---- */

/* "INVITE" or "200 INVITE", escaped. */
static const char *what_of(const struct sip_msg *m, char *out, size_t cap)
{
        char method[40];

        str_escape(method, sizeof method, m->method_text.p, m->method_text.n);
        if (m->request)
                snprintf(out, cap, "%s", method);
        else
                snprintf(out, cap, "%u %s", m->status, method);
        return out;
}

void sip_debug_message(const struct sip_work *x, const char *what)
{
        struct inspect_ctx *c = x->c;
        char id[140], name[60];
        struct inspect_way w;

        if (!debug_on(c->log, DBG_SIP))
                return;
        inspect_way_of(c, x->dir, &w);
        str_escape(id, sizeof id, x->m->call_id.p, x->m->call_id.n);
        debug_line(c->log, DBG_SIP, "SIP:: %s -> %s, %s, call-id %s%s%s", w.from, w.to,
                   what_of(x->m, name, sizeof name), id, what ? ", " : "", what ? what : "");
}

void sip_debug_bytes(struct inspect_ctx *c, enum inspect_dir dir, const char *what, const char *why)
{
        struct inspect_way w;

        if (!debug_on(c->log, DBG_SIP))
                return;
        inspect_way_of(c, dir, &w);
        debug_line(c->log, DBG_SIP, "SIP:: %s -> %s, %s: %s", w.from, w.to, what, why);
}

/* ---- syslog ---- */

/* done NULL: only received (607003). */
void sip_log_action(struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m, const char *by,
                    const char *done, const char *info)
{
        bool client = dir == DIR_C2S;
        const struct endpoint *from = client ? &c->client : &c->server, *to = client ? &c->server : &c->client;
        const char *from_if = client ? c->client_if : c->server_if, *to_if = client ? c->server_if : c->client_if;
        const char *kind = !m || m->request ? "Request" : "Response";
        char name[60] = "unknown";

        if (m && m->request)
                what_of(m, name, sizeof name);
        else if (m)
                snprintf(name, sizeof name, "%u", m->status);
        if (done)
                log_msg(c->log, LOG_607002, LS(by), LS(done), LS(kind), LS(name), LS(from_if), LA(&from->a),
                        LU(from->port), LS(to_if), LA(&to->a), LU(to->port), LS(info));
        else
                log_msg(c->log, LOG_607003, LS(by), LS(kind), LS(name), LS(from_if), LA(&from->a), LU(from->port),
                        LS(to_if), LA(&to->a), LU(to->port), LS(info));
}

#define HUSH_MS 1000u

void sip_log_hushed(struct sip_hush *h, struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m,
                    const char *done, const char *why)
{
        char info[200];
        uint32_t held = h->held;

        if (h->told_ms && c->now_ms < h->told_ms + HUSH_MS) {
                h->held++;
                return;
        }
        if (held)
                snprintf(info, sizeof info, "%.150s; %u more were not told before", why, held);
        *h = (struct sip_hush){ .told_ms = c->now_ms };
        sip_log_action(c, dir, m, "SIP Parameter", done, held ? info : why);
}

void sip_log_channel(struct sip_work *x, const char *type, enum inspect_dir writer, const struct endpoint *at)
{
        struct inspect_ctx *c = x->c;
        bool client = writer == DIR_C2S;
        const struct endpoint *peer = client ? &c->server : &c->client;
        char name[60];

        log_msg(c->log, LOG_607001, LS(type), LS(client ? c->client_if : c->server_if), LA(&at->a), LU(at->port),
                LS(client ? c->server_if : c->client_if), LA(&peer->a), LS(what_of(x->m, name, sizeof name)));
}
