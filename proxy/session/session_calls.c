/* What engines tell of calls goes to the history of their worker, and to `debug call`. */
#include "proxy/worker/worker_int.h"

#include "proxy/worker/calls.h"

uint32_t ctx_call_open(struct inspect_ctx *c, const struct call_about *about)
{
        struct psession *s = c->host;
        struct proxy_worker *w = s->w;
        struct call_head h = { .engine = (uint8_t)s->engine->id,
                               .phone = c->phone || s->engine->id == INSPECT_SKINNY,
                               .session_id = c->session_id,
                               .about = *about,
                               .client = c->client,
                               .server = c->server,
                               .via = { (uint8_t)c->via[0], (uint8_t)c->via[1] },
                               .began_ns = w->env.clk->wall_ns(w->env.clk->ctx),
                               .began_ms = c->now_ms };

        memcpy(h.device, c->device, sizeof h.device);
        memcpy(h.client_if, c->client_if, sizeof h.client_if);
        memcpy(h.server_if, c->server_if, sizeof h.server_if);
        return call_table_open(w->calls, &h);
}

static uint64_t now_of(const struct proxy_worker *w)
{
        return tmr_now(evl_timers(w->evl));
}

void host_call_event(void *host_worker, uint32_t call, const struct call_event *e)
{
        struct proxy_worker *w = host_worker;
        struct call_event mine = *e;

        mine.at_ms = now_of(w);
        call_table_event(w->calls, call, &mine);
}

void host_call_state(void *host_worker, uint32_t call, enum call_state state)
{
        struct proxy_worker *w = host_worker;

        call_table_state(w->calls, call, state, now_of(w));
}

void host_call_parties(void *host_worker, uint32_t call, const char *from, const char *to)
{
        struct proxy_worker *w = host_worker;

        call_table_parties(w->calls, call, from, to);
}

/* ---- views ---- */

unsigned proxy_calls_walk(const struct proxy_worker *w, uint32_t *cursor, struct call_head *rows, unsigned max,
                          bool *end)
{
        return call_table_walk(w->calls, cursor, now_of(w), rows, max, end);
}

bool proxy_call_get(const struct proxy_worker *w, uint32_t id, struct call_head *head, struct call_event *ev,
                    unsigned *n)
{
        return call_table_get(w->calls, id, now_of(w), head, ev, n);
}

uint64_t proxy_calls_untold(const struct proxy_worker *w)
{
        return call_table_untold(w->calls);
}
