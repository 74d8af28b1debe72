/* What an operator sees of SCCP: `show skinny`, debug lines, 608xxx messages, counters. */
#include "inspect/sccp/sccp_int.h"

#include <stdio.h>

static const char *const counter_name[] = {
#define SCCP_COUNTER(id, name) [SCCP_N_##id] = name,
#include "inspect/sccp/counter.def"
#undef SCCP_COUNTER
};

void sccp_count(struct inspect_ctx *c, enum sccp_counter which)
{
        inspect_count(c, counter_name[which], 1);
}

/* ---- show skinny ---- */

static void row_media(struct sccp_phone_row *r, const struct sccp_stream *s)
{
        struct sccp_media_row *m;

        if (r->nmedia++ >= SCCP_ROW_STREAMS)
                return;
        m = &r->media[r->nmedia - 1];
        *m = (struct sccp_media_row){ .conf = s->conf,
                                      .party = s->party,
                                      .call = s->call,
                                      .relay = s->relay,
                                      .phone = s->at[BY_PHONE],
                                      .peer = s->at[BY_PEER],
                                      .local = { s->local[0], s->local[1] },
                                      .video = s->video };
        for (unsigned i = 0; i < 2; i++) {
                m->rx_key[i] = s->spec.side[i].rx.suite != SRTP_SUITE_NONE;
                m->tx_key[i] = s->spec.side[i].tx.suite != SRTP_SUITE_NONE;
        }
}

static void row_of(struct sccp_phone_row *r, const struct sccp_phone *p, uint64_t now_ms)
{
        *r = (struct sccp_phone_row){ .registered = p->registered,
                                      .version = p->version,
                                      .idle_ms = now_ms > p->last_ms ? now_ms - p->last_ms : 0,
                                      .session_id = p->session_id,
                                      .client = p->client,
                                      .server = p->server };
        memcpy(r->device, p->device, sizeof r->device);
        memcpy(r->client_if, p->client_if, sizeof r->client_if);
        memcpy(r->server_if, p->server_if, sizeof r->server_if);
        list_each(it, &p->streams)
                row_media(r, container_of(it, struct sccp_stream, link));
}

#define WALK_STEPS 4096u /* places looked at per call, live or not */

unsigned sccp_walk(const void *shared, uint32_t *cursor, struct sccp_phone_row *rows, unsigned max, bool *end)
{
        const struct sccp_shared *sh = shared;
        uint32_t high = pool_high(sh->phones), i = *cursor;
        unsigned n = 0, steps = 0;

        for (; i < high && n < max && steps < WALK_STEPS; i++, steps++)
                if (pool_live(sh->phones, i))
                        row_of(&rows[n++], pool_at(sh->phones, i), sh->now_ms);
        *cursor = i;
        *end = i >= high;
        return n;
}

uint32_t sccp_phones(const void *shared)
{
        return pool_used(((const struct sccp_shared *)shared)->phones);
}

uint32_t sccp_streams(const void *shared)
{
        return pool_used(((const struct sccp_shared *)shared)->streams);
}

void sccp_clear(void *shared)
{
        struct sccp_shared *sh = shared;

        for (uint32_t i = 0; i < pool_high(sh->streams); i++)
                if (pool_live(sh->streams, i))
                        sccp_stream_end(pool_at(sh->streams, i));
}

/* ---- debug skinny ---- */

void sccp_debug(const struct sccp_work *x, const char *what)
{
        struct inspect_ctx *c = x->c;
        struct inspect_way w;

        if (!debug_on(c->log, DBG_SKINNY))
                return;
        inspect_way_of(c, x->dir, &w);
        if (x->f->row)
                debug_line(c->log, DBG_SKINNY, "SKINNY:: %s -> %s, %s, length %u, version %u%s%s", w.from, w.to,
                           x->f->row->name, x->f->l, x->f->version, what ? ", " : "", what ? what : "");
        else
                debug_line(c->log, DBG_SKINNY, "SKINNY:: %s -> %s, message id 0x%x, length %u, version %u%s%s",
                           w.from, w.to, x->f->id, x->f->l, x->f->version, what ? ", " : "", what ? what : "");
}

void sccp_debug_broken(struct inspect_ctx *c, enum inspect_dir dir, const char *why)
{
        struct inspect_way w;

        if (!debug_on(c->log, DBG_SKINNY))
                return;
        inspect_way_of(c, dir, &w);
        debug_line(c->log, DBG_SKINNY, "SKINNY:: %s -> %s, %s", w.from, w.to, why);
}

/* ---- syslog ---- */

#define DROP_LOG_MS 1000u

/* What anybody may send any number of is told once a second and worker. */
void sccp_log_drop(struct sccp_work *x, enum log_msg id, uint32_t value)
{
        struct sccp_shared *sh = x->sh;
        const struct inspect_ctx *c = x->c;
        bool client = x->dir == DIR_C2S;
        const struct endpoint *from = client ? &c->client : &c->server, *to = client ? &c->server : &c->client;

        if (sh->log_bad_ms && c->now_ms < sh->log_bad_ms + DROP_LOG_MS)
                return;
        sh->log_bad_ms = c->now_ms;
        log_msg(c->log, id, LS(client ? c->client_if : c->server_if), LA(&from->a), LU(from->port),
                LS(client ? c->server_if : c->client_if), LA(&to->a), LU(to->port), LU(value));
}

void sccp_log_mismatch(struct sccp_work *x, const char *name)
{
        const struct inspect_ctx *c = x->c;

        log_msg(c->log, LOG_780021, LS(c->client_if), LA(&c->client.a), LU(c->client.port), LS(c->server_if),
                LA(&c->server.a), LU(c->server.port), LS(name), LS(c->device[0] ? c->device : "no device"));
}

void sccp_log_channel(struct sccp_work *x, const char *type, unsigned by, const struct endpoint *at)
{
        const struct inspect_ctx *c = x->c;
        const struct endpoint *from = by == BY_PHONE ? &c->server : &c->client;
        struct addr src = x->stream->at[!by].port ? x->stream->at[!by].a : from->a;

        log_msg(c->log, LOG_608001, LS(type), LS(by == BY_PHONE ? c->server_if : c->client_if), LA(&src),
                LS(by == BY_PHONE ? c->client_if : c->server_if), LA(&at->a), LU(at->port), LS(x->f->row->name));
}
