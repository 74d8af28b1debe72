/* What an engine may ask of its session. */
#include "proxy/worker/worker_int.h"

#include <stdio.h>

static int push_pinhole(struct psession *s, enum punt_kind kind, const struct pinhole_req *r)
{
        struct punt_msg m = { .kind = (uint8_t)kind, .flow = s->flow, .gen = s->gen };
        struct ring *to = s->w->env.link[s->nlink]->to_dp;

        if (!hole_of(s, r, &m.pinhole) || ring_space(to) < 2) /* the last place is the datagram's */
                return -1;
        m.pinhole.group = pat_group_holes(s->w->pat, r->group);
        return ring_push(to, &m) ? 0 : -1;
}

static int ctx_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        return push_pinhole(c->host, PUNT_PINHOLE, r);
}

/* What does not fit the ring ends of age. */
static void ctx_end_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        push_pinhole(c->host, PUNT_PINHOLE_END, r);
}

static uint32_t ctx_group_open(struct inspect_ctx *c)
{
        struct psession *s = c->host;

        return pat_group_open(s->w->pat, s->nlink);
}

static void host_group_close(void *host_worker, uint32_t group)
{
        struct proxy_worker *w = host_worker;

        pat_group_close(w->pat, group);
}

static void ctx_count(struct inspect_ctx *c, const char *name, uint64_t n)
{
        struct psession *s = c->host;
        struct proxy_worker *w = s->w;

        for (unsigned i = 0; i < w->ncounters; i++)
                if (w->counter[i].name == name) {
                        w->counter[i].value += n;
                        return;
                }
        if (w->ncounters < ENGINE_COUNTERS_MAX)
                w->counter[w->ncounters++] =
                        (struct engine_counter){ .engine = inspect_name(s->engine->id), .name = name, .value = n };
}

/* Without room in the ring it is told along with the next one. */
static void ctx_dropped(struct inspect_ctx *c)
{
        struct psession *s = c->host;
        struct punt_msg m = { .kind = PUNT_REFUSED, .flow = s->flow, .gen = s->gen, .n = ++s->drops_owed };
        struct punt_link *l = s->w->env.link[s->nlink];

        if (ring_space(l->to_dp) < 2 || !ring_push(l->to_dp, &m))
                return;
        s->drops_owed = 0;
        worker_wake(l->dp);
}

/* The engine may be in the middle of something: it ends in a turn of its own. */
static void host_end_session(void *host, const char *why)
{
        struct psession *s = host;

        if (s->dead || !psession_is_stream(s))
                return;
        s->silent = why;
        proxy_queue_busy(s);
}

static bool ctx_answer(struct inspect_ctx *c, enum inspect_dir dir, const void *p, size_t n)
{
        struct psession *s = c->host;
        struct half *h = &s->half[dir == DIR_C2S ? 0 : 1];
        struct sbuf *o = &h->out;
        size_t room;
        uint8_t *to = psession_is_stream(s) && !h->fin_wanted ? sbuf_room(o, n, &room) : NULL;

        if (!to)
                return false;
        memcpy(to, p, n);
        o->len += n;
        return true;
}

static int host_random(void *host_worker, void *buf, size_t n)
{
        struct proxy_worker *w = host_worker;

        return rng_fill(w->env.rng, buf, n);
}

const struct inspect_host proxy_host = {
        .open_pinhole = ctx_open_pinhole,
        .end_pinhole = ctx_end_pinhole,
        .translate = ctx_translate,
        .announce = ctx_announce,
        .group_open = ctx_group_open,
        .group_close = host_group_close,
        .media_open = ctx_media_open,
        .media_update = host_media_update,
        .media_close = host_media_close,
        .random = host_random,
        .phone_seen = ctx_phone_seen,
        .phone_known = ctx_phone_known,
        .phone_boot = ctx_phone_boot,
        .end_session = host_end_session,
        .answer = ctx_answer,
        .count = ctx_count,
        .dropped = ctx_dropped,
        .call_open = ctx_call_open,
        .call_event = host_call_event,
        .call_state = host_call_state,
        .call_parties = host_call_parties,
};

static void names(struct psession *s)
{
        const struct net_rt *n = s->w->snap ? net_rt(s->w->snap) : NULL;

        if (!n)
                return;
        snprintf(s->ctx.client_if, sizeof s->ctx.client_if, "%s", iface_name(n, s->info.iface[0]));
        snprintf(s->ctx.server_if, sizeof s->ctx.server_if, "%s", iface_name(n, s->info.iface[1]));
}

static enum inspect_transport via(const struct psession *s, unsigned leg)
{
        if (!psession_is_stream(s))
                return VIA_UDP;
        return s->tls[leg] ? VIA_TLS : VIA_TCP;
}

void psession_ctx_now(struct psession *s)
{
        s->ctx.now_ms = tmr_now(evl_timers(s->w->evl));
        s->ctx.params = inspect_params(s->w->snap, s->engine->id, s->info.map_id);
}

void psession_ctx_init(struct psession *s)
{
        struct inspect_ctx *c = &s->ctx;

        c->host = s;
        c->log = s->w->log;
        c->session_id = s->info.conn_id;
        c->client = s->info.client_real;
        c->server = s->info.server_real;
        c->client_mapped = s->info.client_mapped;
        c->server_mapped = s->info.server_mapped;
        c->host_worker = s->w;
        c->ops = &proxy_host;
        names(s);
}

int psession_ctx_open(struct psession *s)
{
        struct inspect_ctx *c = &s->ctx;

        if (!s->engine || s->engine->stream != psession_is_stream(s))
                return -1;
        c->shared = shared_of(s->w, s->engine);
        c->state = mem_alloc(MEM_ENGINE, s->engine->state_size);
        if (!c->state)
                return inspect_refuse_text(c, "out of memory for inspection state"), -1;
        psession_ctx_now(s);
        return s->engine->open ? s->engine->open(c) : 0;
}

void psession_ctx_legs(struct psession *s)
{
        s->ctx.via[0] = via(s, 0);
        s->ctx.via[1] = via(s, 1);
}
